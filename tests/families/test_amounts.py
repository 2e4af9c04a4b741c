"""Amounts become whole numbers on the engines as in plain Python: `fix_amounts`."""

import random

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from tradegains.formulas.fixed_point import (
    EMPLOYMENT_UNITS,
    LARGEST_AMOUNT,
    MONEY_UNITS,
    to_fixed_point,
)
from tradegains.tables import working as w
from tradegains.transforms.flagging import fix_amounts

# Halves of the last unit and their neighbours, and numbers that have no fraction left.
EDGES = [0.0, 0.005, 0.0049999999999999994, 0.015, 1.005, 2.675, 0.125, 1e-300, 45035996273704.95,
         LARGEST_AMOUNT]  # fmt: skip


def amounts() -> list[float]:
    draw = random.Random(12)
    return EDGES + [draw.lognormvariate(3, 6) for _ in range(500)]


@pytest.mark.parametrize("sign", [1, -1])
def test_amounts_are_rounded_as_in_python(spark: SparkSession, sign: int) -> None:
    values = amounts()
    columns = dict.fromkeys(("employment", "sales", "exports"), values)
    signed = [sign * value for value in values]
    rows = pa.table({**columns, "value_added": signed, w.VALID: [True] * len(values)})
    fixed = fix_amounts(spark.createDataFrame(rows)).toArrow().to_pylist()
    assert [(row[w.EMPLOYMENT], row[w.SALES], row[w.VALUE_ADDED]) for row in fixed] == [
        (
            to_fixed_point(row["employment"], EMPLOYMENT_UNITS),
            to_fixed_point(row["sales"], MONEY_UNITS),
            to_fixed_point(row["value_added"], MONEY_UNITS),
        )
        for row in fixed
    ]
