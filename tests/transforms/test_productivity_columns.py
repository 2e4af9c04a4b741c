"""Productivity on the engines is that of the formulas: `flagging`, `productivity`."""

import math
import random
from itertools import product

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from tradegains.formulas.fixed_point import LARGEST_AMOUNT
from tradegains.formulas.productivity import log_labour_productivity, productivity_class
from tradegains.tables import working as w
from tradegains.transforms.flagging import add_log_productivity, flag_rows
from tradegains.transforms.productivity import CUTS, add_productivity_quartile

LAST_BITS = 1e-15
"""The engines' logarithm may differ in its last bit."""

EDGES = [None, math.nan, math.inf, -math.inf, -1.0, -0.0, 0.0, 5e-324, 1e-300, 1e-100, 0.001, 1.0,
         LARGEST_AMOUNT, math.nextafter(LARGEST_AMOUNT, math.inf), 1e300]  # fmt: skip


def measured_rows() -> list[dict[str, float | None]]:
    draw = random.Random(3)
    drawn = [(draw.lognormvariate(8, 3), draw.lognormvariate(3, 2)) for _ in range(300)]
    pairs = [*product(EDGES, EDGES), *drawn]
    return [{"value_added": output, "employment": labour} for output, labour in pairs]


@pytest.mark.parametrize("log_price", [None, -0.25])
def test_log_productivity_is_that_of_the_formula(
    spark: SparkSession, log_price: float | None
) -> None:
    ordinary = {w.ESTABLISHMENT_ID: "1", w.YEAR: 2000, w.INDUSTRY: "1011", "sales": 1.0}
    if log_price is not None:
        ordinary["log_price"] = log_price
    census = pa.Table.from_pylist([ordinary | row for row in measured_rows()])
    flagged = flag_rows(
        spark.createDataFrame(census),
        rules={},
        industry_digits=4,
        measure=("value_added", "employment"),
    )
    named = None if log_price is None else "log_price"
    found = add_log_productivity(
        flagged, numerator="value_added", denominator="employment", log_price=named
    )
    measured = 0
    for row in found.toArrow().to_pylist():
        expected = log_labour_productivity(row["value_added"], row["employment"])
        if expected is not None:
            measured += 1
            expected = pytest.approx(expected - (log_price or 0.0), rel=LAST_BITS, abs=LAST_BITS)
        assert row[w.LOG_PRODUCTIVITY] == expected, (row["value_added"], row["employment"])
    assert measured > 300


def test_quartiles_are_the_classes_of_the_formula(spark: SparkSession) -> None:
    cuts = {
        (2000, 1011): (-1.0, 0.0, 1.0),
        (2001, 1011): (0.0, 0.0, 0.0),
        (2000, 1012): (0.5, 0.5, 2.0),
    }
    near = [math.nextafter(cut, side) for cut in (0.0, 1.0) for side in (-9.0, 9.0)]
    values = [None, -9.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 9.0, *near]
    keys = [(*key, value) for key, value in product(cuts, values)]
    matched = pa.table(
        {
            w.YEAR: pa.array([year for year, _, _ in keys], pa.int32()),
            w.INDUSTRY: pa.array([industry for _, industry, _ in keys], pa.int64()),
            w.LOG_PRODUCTIVITY: pa.array([value for _, _, value in keys], pa.float64()),
        }
    )
    of_industry = pa.table(
        {
            w.YEAR: pa.array([year for year, _ in cuts], pa.int32()),
            w.INDUSTRY: pa.array([industry for _, industry in cuts], pa.int64()),
            **{name: [three[place] for three in cuts.values()] for place, name in enumerate(CUTS)},
        }
    )
    found = add_productivity_quartile(*map(spark.createDataFrame, (matched, of_industry)))
    rows = found.toArrow().to_pylist()
    assert len(rows) == len(keys)
    for row in rows:
        value, three = row[w.LOG_PRODUCTIVITY], cuts[row[w.YEAR], row[w.INDUSTRY]]
        expected = None if value is None else productivity_class(value, three)
        assert row[w.QUARTILE] == expected, (value, three)
