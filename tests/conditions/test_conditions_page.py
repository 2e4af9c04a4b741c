"""The page on conditions: its tables are read, and what they say must hold."""

import ast
import math
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from reference.conditions import answer
from tradegains.conditions.columns import column_of
from tradegains.conditions.foreign import ConditionError
from tradegains.conditions.meaning import FUNCTIONS, read_condition

PAGE = (Path(__file__).parents[2] / "docs" / "conditions.md").read_text(encoding="utf-8")
TYPES = {
    "employment": "double", "sales": "double", "exports": "double", "count": "bigint",
    "year": "int", "owner": "string", "exporter": "boolean", "born": "date",
}  # fmt: skip
ARROW = {"double": pa.float64(), "bigint": pa.int64(), "string": pa.string()}
ANSWERS = {"true": True, "false": False, "missing": None}


def table(mark: str) -> list[list[str]]:
    """Cells of the table after a mark, without the backquotes around them."""
    part = PAGE.split(f"<!-- {mark} -->")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in row] for row in rows]


def stated(row: str) -> dict[str, Any]:
    """`exports 5.0, owner 'a'` as values by column."""
    named = {"missing": None, "NaN": math.nan}
    pairs = (part.split(" ", 1) for part in row.split(", "))
    return {
        name: named[value] if value in named else ast.literal_eval(value) for name, value in pairs
    }


def test_answers_on_the_page_hold(spark: SparkSession) -> None:
    rows = table("answers")
    assert len(rows) >= 15
    for condition, where, told in rows:
        row, expression = stated(where), read_condition(condition, TYPES)
        assert answer(expression, row) is ANSWERS[told], condition
        arrays = {name: pa.array([value], ARROW[TYPES[name]]) for name, value in row.items()}
        found = spark.createDataFrame(pa.table(arrays)).select(column_of(expression))
        assert found.collect()[0][0] is ANSWERS[told], condition


def test_what_not_to_write_is_refused_and_the_other_is_not() -> None:
    rows = table("instead")
    assert len(rows) >= 30
    for refused, taken in rows:
        with pytest.raises(ConditionError) as raised:
            read_condition(refused, TYPES)
        assert raised.value.cure, refused
        assert read_condition(taken, TYPES).kind == "truth", taken


def test_the_page_lists_every_function() -> None:
    part = PAGE.split("| function | gives |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)\(", part, re.MULTILINE) == list(FUNCTIONS)
