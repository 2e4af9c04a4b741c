"""Amounts become whole numbers on the engines as in plain Python: `fix_amounts`."""

import math
import random

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from tradegains.formulas.fixed_point import (
    EMPLOYMENT_UNITS,
    LARGEST_AMOUNT,
    largest_money,
    loses_digits,
    to_fixed_point,
    units_of_money,
)
from tradegains.tables import working as w
from tradegains.tables.flags import FLAG_BITS, ROW_RULES
from tradegains.transforms.flagging import fix_amounts, flag_rows, usable_amounts

# Halves of the last unit and their neighbours, and numbers that have no fraction left.
EDGES = [0.0, 0.005, 0.0049999999999999994, 0.015, 1.005, 2.675, 0.125, 1e-300, 45035996273704.95,
         LARGEST_AMOUNT]  # fmt: skip


def amounts() -> list[float]:
    draw = random.Random(12)
    return EDGES + [draw.lognormvariate(3, 6) for _ in range(500)]


@pytest.mark.parametrize(("sign", "decimals"), [(1, 2), (-1, 2), (1, 7), (-1, -3)])
def test_amounts_are_rounded_as_in_python(spark: SparkSession, sign: int, decimals: int) -> None:
    units = units_of_money(decimals)
    values = [amount for amount in amounts() if amount <= largest_money(decimals)]
    columns = dict.fromkeys(("employment", "sales", "exports"), values)
    signed = [sign * value for value in values]
    rows = pa.table(
        {
            **columns,
            "value_added": signed,
            w.VALID: [True] * len(values),
            w.FLAGS: [0] * len(values),
        }
    )
    frame = spark.createDataFrame(rows)
    fixed = fix_amounts(frame, decimals=decimals, largest_money=largest_money(decimals))
    found = fixed.toArrow().to_pylist()
    names = (w.EMPLOYMENT, w.SALES, w.VALUE_ADDED, w.FLAGS)
    assert [tuple(row[name] for name in names) for row in found] == [
        (
            to_fixed_point(row["employment"], EMPLOYMENT_UNITS),
            to_fixed_point(row["sales"], units),
            to_fixed_point(row["value_added"], units),
            FLAG_BITS["money_rounded"] * loses_digits(row["sales"], decimals)
            + FLAG_BITS["employment_rounded"] * loses_digits(row["employment"], 3),
        )
        for row in found
    ]


# --- amounts times a weight ---------------------------------------------------------------------

HALF = LARGEST_AMOUNT / 2  # twice it is the largest amount, twice the next double is more
ABOVE = math.nextafter(HALF, math.inf)
WEIGHTED_RULES = {
    "employment": "invalid_employment",
    "sales": "invalid_sales",
    "exports": "invalid_exports",
    "value_added": "invalid_value_added",
}


def flags_of(spark: SparkSession, **columns: list[float | None]) -> list[set[str]]:
    """Rules that rows break, clean but for these columns."""
    (length,) = {len(values) for values in columns.values()}
    clean = {"employment": 1.0, "sales": HALF, "exports": 0.0, "value_added": 1.0}
    amounts = {name: pa.array(columns.get(name, [value] * length), pa.float64())
               for name, value in {**clean, "sampling_weight": 2.0}.items()}  # fmt: skip
    # A code without a leading zero: such rows are taken for clean at first sight.
    ids, codes = [f"p{number}" for number in range(length)], ["1111"] * length
    rows = pa.table(
        {"position": range(length), w.ESTABLISHMENT_ID: ids, w.INDUSTRY: codes} | amounts
    )
    flagged = flag_rows(
        spark.createDataFrame(rows),
        rules=dict.fromkeys(ROW_RULES, "keep"),
        industry_digits=4,
        measure=("sales", "employment"),
    )
    found = flagged.toArrow().sort_by("position").to_pydict()[w.FLAGS]
    return [{rule for rule, bit in FLAG_BITS.items() if flags & bit} for flags in found]


@pytest.mark.parametrize("name", WEIGHTED_RULES)
def test_an_amount_too_large_by_its_weight_breaks_its_rule(spark: SparkSession, name: str) -> None:
    found = flags_of(spark, **{name: [HALF, ABOVE, 5e13]})
    rule = WEIGHTED_RULES[name]
    assert [rule in flags for flags in found] == [False, True, True]


def test_a_negative_value_added_too_large_by_its_weight_breaks_its_rule(
    spark: SparkSession,
) -> None:
    found = flags_of(spark, value_added=[-HALF, -ABOVE])
    assert [flags & {"invalid_value_added"} for flags in found] == [set(), {"invalid_value_added"}]


def test_a_negative_weight_leaves_no_amount(spark: SparkSession) -> None:
    columns = {name: [3.0, 3.0] for name in ("employment", "sales", "exports", "value_added")}
    rows = pa.table(columns | {"sampling_weight": [-1.0, 2.0], w.VALID: [True, True]})
    amounts = usable_amounts(spark.createDataFrame(rows), largest_money=LARGEST_AMOUNT)
    found = spark.createDataFrame(rows).select(*(amounts[name].alias(name) for name in columns))
    assert found.toArrow().to_pydict() == {name: [0.0, 6.0] for name in columns}


def test_an_unusable_weight_is_the_fault_of_employment_alone(spark: SparkSession) -> None:
    weights = [None, math.nan, math.inf, -1.0, 1e300, 0.0]
    found = flags_of(spark, sampling_weight=weights)
    assert found == [{"invalid_employment"}] * 5 + [set()]
