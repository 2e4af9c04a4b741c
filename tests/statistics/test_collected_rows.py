"""Sums of rows on the driver are the engine's, to the last bit."""

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from tradegains.statistics import driver_sums
from tradegains.statistics.collected_rows import CollectedRows
from tradegains.statistics.elementary import C_LIBRARY, STRICT_MATH
from tradegains.statistics.probits import Sandwich, fit_probits
from tradegains.statistics.regression_passes import collect_sums, having
from tradegains.statistics.regressions import (
    Clustering,
    Largest,
    LinearModel,
    Variable,
    collect_products,
    estimate,
)
from tradegains.tables import working as w
from tradegains.transforms.regression_rows import (
    EXPORT_START,
    count_cuts,
    cut_column,
    own_column,
    weigh_cuts,
)

NAMES = ("y", "a", "b", "cut")
BOUNDS = [Variable(name, 64.0) for name in NAMES]
KEYS = ("quartile", "effect")
MODELS = (
    LinearModel("plain", "y", ("a", "b")),
    LinearModel("weighted", "y", ("a", "b"), is_weighted=True),
    LinearModel("instrumented", "y", ("a", "b"), instrument="cut"),
)


def draw(rows: int = 900) -> pa.Table:
    """Rows of four samples; single rows, effects of one outcome only and far tails among them."""
    chance = np.random.default_rng(12)
    a, cut = chance.normal(0.0, 4.0, rows), chance.integers(0, 9, rows) / 3.0
    effect = np.where(np.arange(rows) % 97 == 0, np.arange(rows), chance.integers(1, 9, rows))
    y = (chance.normal(0.0, 4.0, rows) < 2.0 * a + cut - 1.0).astype(float)
    return pa.table(
        {
            "quartile": chance.integers(1, 5, rows),
            "effect": effect,
            "y": np.where(effect == 8, 1.0, y),
            "a": a,
            "b": pa.array(chance.normal(3.0, 1.0, rows), mask=chance.random(rows) < 0.1),
            "cut": cut,
            "regression_weight": chance.integers(1, 10**6, rows),
            "cluster": pa.array([f"id-{number}" for number in chance.integers(0, 300, rows)]),
        }
    )


def both(engine, table: pa.Table):
    """The rows at the engine and on the driver, without those that lack `b`."""
    functions = C_LIBRARY if engine.is_in_process else STRICT_MATH
    at_engine, here = engine.spark.createDataFrame(table), CollectedRows(table, functions)
    return [having(each, "b") for each in (at_engine, here)]


def products(rows):
    return collect_products(
        rows,
        keys=KEYS,
        variables=BOUNDS,
        weightings=(False, True),
        largest_effect=Largest(900, 900 * 10**6),
    )


def test_linear_models_are_the_same(engine):
    at_engine, here = both(engine, draw())
    cells = products(here)
    assert products(at_engine) == cells
    for by in ((), ("quartile",)):
        for clustering in (None, Clustering(900)):
            found = [
                estimate(
                    rows,
                    cells,
                    MODELS,
                    by=by,
                    effect_of=lambda effect: effect,
                    clustering=clustering,
                )
                for rows in (at_engine, here)
            ]
            assert found[0] == found[1]
            assert all(each.errors for each in found[1])


def test_probits_are_the_same(engine, monkeypatch):
    monkeypatch.setattr(driver_sums, "BLOCK", 100)
    at_engine, here = both(engine, draw())
    cells = products(here)
    for by, sandwich in (((), None), (("quartile",), Sandwich("cluster", 900))):
        found = [
            fit_probits(
                rows,
                cells,
                by=by,
                effect_of=lambda effect: effect % 2,
                outcome="y",
                regressors=("a", "b", "cut"),
                cut="cut",
                sandwich=sandwich,
            )
            for rows in (at_engine, here)
        ]
        assert found[0] == found[1]
        assert all(each.effect_error for each in found[1])


def spread(chance, middle: float, rows: int = 2000) -> np.ndarray:
    """Numbers on both sides of one, near it and far."""
    powers = np.concatenate([chance.uniform(low, 2.0, rows) for low in (-300.0, -20.0, -8.0, -1.0)])
    return np.concatenate([middle - 10.0**powers, middle + 10.0**powers])


def test_elementary_functions_have_the_bits_of_the_engines(engine):
    chance = np.random.default_rng(15)
    functions = C_LIBRARY if engine.is_in_process else STRICT_MATH
    exponents = np.concatenate([spread(chance, 0.0), chance.uniform(-745.0, 709.0, 9000)])
    above = np.concatenate([10.0 ** chance.uniform(-300.0, 300.0, 9000), spread(chance, 1.0)])
    above, x = above[above > 0.0], exponents[(exponents > -745.0) & (exponents < 709.0)]
    cases = [
        (functions.exp, F.exp, x),
        (functions.log, F.ln, above),
        (functions.log1p, F.log1p, np.concatenate([x[np.abs(x) < 1.0], above])),
    ]
    if engine.is_in_process:
        del cases[2:]  # Sail's log1p is ln(1 + x); what that loses, rounding hides from every sum
    for here, there, values in cases:
        rows = engine.spark.createDataFrame(pa.table({"x": values}))
        found = rows.select("x", there("x").alias("y")).toArrow()
        mine = here(found["x"].to_numpy()).view(np.int64)
        assert (mine != found["y"].to_numpy().view(np.int64)).sum() == 0, there.__name__
        assert len(found) > 9000


def test_cuts_are_counted_the_same(engine):
    chance, rows, kinds = np.random.default_rng(13), 200, ("home", "foreign")
    columns = {
        w.QUARTILE: chance.integers(1, 5, rows),
        EXPORT_START: chance.integers(0, 2, rows).astype(float),
        w.SALES: chance.integers(0, 10**9, rows),
    }
    for kind in kinds:
        columns[own_column(kind)] = chance.integers(0, 2, rows).astype(float)
        columns[cut_column(kind)] = pa.array(chance.random(rows), mask=chance.random(rows) < 0.3)
    table = pa.table(columns)
    by = (w.QUARTILE, EXPORT_START)
    found = [
        collect_sums(count_cuts, each, by=by, kinds=kinds, places=40)
        for each in (engine.spark.createDataFrame(table), CollectedRows(table))
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 8


def test_cuts_are_weighed_the_same(engine):
    chance, rows, kinds = np.random.default_rng(14), 200, ("home", "input")
    columns = {cut_column(kind): chance.normal(size=rows) for kind in kinds}
    table = pa.table(columns | {w.SALES: chance.integers(0, 10**9, rows)})
    found = [
        collect_sums(weigh_cuts, each, kinds=kinds, places=24)
        for each in (engine.spark.createDataFrame(table), CollectedRows(table))
    ]
    assert found[0] == [{name: found[1][0][name] for name in found[0][0]}]


def test_without_rows_there_are_no_sums():
    empty = draw().slice(0, 0)
    assert products(CollectedRows(empty)).groups == {False: {}, True: {}}
