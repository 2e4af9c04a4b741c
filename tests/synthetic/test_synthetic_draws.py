"""Draws depend on their keys alone and follow the distributions they are named for."""

import numpy as np
import pytest
from pyspark.sql import functions as F

from tradegains.synthetic.draws import Draws

DRAWN = 20_000
FIVE_SIGMA = 5 / np.sqrt(DRAWN)


def collect(spark, seed=7, purpose="size", partitions=2):
    draws, key = Draws(seed), F.col("id")
    frame = spark.range(0, DRAWN, 1, partitions).select(
        "id",
        draws.uniform(purpose, key).alias("uniform"),
        draws.normal(purpose, key).alias("normal"),
        draws.normal(f"other {purpose}", key).alias("other"),
    )
    table = frame.toArrow().sort_by("id")
    return {name: table[name].to_numpy() for name in table.column_names}


@pytest.fixture(scope="module")
def sample(spark):
    return collect(spark)


def test_uniforms_fill_the_open_interval(sample):
    uniform = sample["uniform"]
    assert 0.0 < uniform.min() < uniform.max() < 1.0
    assert uniform.mean() == pytest.approx(0.5, abs=FIVE_SIGMA * np.sqrt(1 / 12))
    assert uniform.var() == pytest.approx(1 / 12, abs=FIVE_SIGMA * np.sqrt(1 / 180))


def test_normals_are_standard_and_independent(sample):
    normal, other = sample["normal"], sample["other"]
    assert normal.mean() == pytest.approx(0.0, abs=FIVE_SIGMA)
    assert normal.var() == pytest.approx(1.0, abs=FIVE_SIGMA * np.sqrt(2))
    quantiles = np.quantile(normal, [0.05, 0.25, 0.5, 0.75, 0.95])
    # Standard errors of sample quantiles, sqrt(p(1 - p)/n)/density, are at most 2.1/sqrt(n).
    assert quantiles == pytest.approx([-1.6449, -0.6745, 0, 0.6745, 1.6449], abs=2.2 * FIVE_SIGMA)
    assert np.corrcoef(normal, other)[0, 1] == pytest.approx(0.0, abs=FIVE_SIGMA)


def test_draws_depend_on_keys_alone(spark, sample):
    again = collect(spark, partitions=3)
    assert all((again[name] == sample[name]).all() for name in sample)


def test_a_seed_changes_every_draw(spark, sample):
    assert (collect(spark, seed=8)["uniform"] != sample["uniform"]).all()


def test_both_engines_hash_alike(sample):
    # Hashes are whole numbers: these are the same on the two engines, to the last bit.
    assert sample["uniform"][:2].tolist() == [0.6836300228023902, 0.9010203018551692]
