"""A small planted census, drawn once for all tests of this folder."""

import pytest
from drawn_census import ESTABLISHMENTS, SEED, Drawn, read_drawn

from tradegains.synthetic import write_synthetic_census


@pytest.fixture(scope="session")
def drawn(spark, tmp_path_factory) -> Drawn:
    folder = tmp_path_factory.mktemp("synthetic")
    return read_drawn(
        write_synthetic_census(spark, folder, establishments=ESTABLISHMENTS, seed=SEED)
    )
