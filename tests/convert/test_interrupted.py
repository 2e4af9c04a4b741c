"""A conversion that is stopped, or for which the disk has no room, leaves nothing behind."""

import os
import resource
import signal
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from workshop import Workshop

from tradegains.convert.by_year import YearFiles
from tradegains.engines.signals import ending_cleanly
from tradegains.errors import StorageError

RECIPE_OF = Callable[..., str]
PLANTS = ['name = "plant"\ntype = "whole"', 'name = "sales"\ntype = "number"']


@pytest.fixture
def recipe(workshop: Workshop, recipe_of: RECIPE_OF) -> str:
    """A recipe of a file of half a megabyte."""
    draw = np.random.default_rng(1)
    rows = pa.table({"plant": np.arange(30_000), "sales": draw.random(30_000)})
    pa.csv.write_csv(rows, workshop.folder / "plants.csv")
    return recipe_of(*PLANTS, year="value = 1990")


def left(workshop: Workshop) -> list[str]:
    return sorted(each.name for each in workshop.folder.iterdir())


def test_a_stop_leaves_nothing(
    workshop: Workshop, recipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signal is one of the system, as a scheduler sends it, while rows are written."""
    write = YearFiles._written

    def written_and_stopped(*given: object) -> None:
        write(*given)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(YearFiles, "_written", written_and_stopped)
    with pytest.raises(SystemExit) as stopped, ending_cleanly():
        workshop.converted(recipe)
    assert stopped.value.code == 128 + signal.SIGTERM
    assert left(workshop) == ["plants.csv", "recipe.toml"]


def test_a_full_disk_is_told_and_leaves_nothing(workshop: Workshop, recipe: str) -> None:
    """By a limit of the process, which the system enforces in the middle of a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(StorageError, match=r"cannot be written \(File too large\)"):
            workshop.converted(recipe)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert left(workshop) == ["plants.csv", "recipe.toml"]
