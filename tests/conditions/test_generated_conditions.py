"""Thousands of dealt conditions on nasty rows: plain Python, and the engine under test, agree."""

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import Column, SparkSession

from conditions.dealt_conditions import TYPES, Dealing
from conditions.nasty_rows import as_table, nasty_rows
from reference.conditions import answer, divides_by_zero, stored
from tradegains.conditions import columns
from tradegains.conditions.expressions import Expression
from tradegains.conditions.foreign import ConditionError
from tradegains.conditions.meaning import MOST_LEVELS, MOST_PARTS, read_condition

CONDITIONS = int(os.environ.get("TRADEGAINS_CONDITIONS", "2000"))
TOGETHER = 250
"""Conditions of one job of the engine: a job with more takes longer to plan than to do."""

ROWS = nasty_rows(120, seed=1)


@pytest.fixture(scope="module")
def dealt() -> list[tuple[Expression, str]]:
    return list(islice(short_enough(), CONDITIONS))


def short_enough() -> Iterator[tuple[Expression, str]]:
    dealing = Dealing(seed=13)
    while True:
        expression, text = dealing.condition()
        if expression.levels <= MOST_LEVELS and expression.size <= MOST_PARTS:
            yield expression, text


def short_values() -> Iterator[tuple[Expression, str]]:
    dealing = Dealing(seed=31)
    while True:
        kind = dealing.chance.choice(("number", "number", "number", "whole", "text"))
        expression, text, _ = dealing.value(kind, dealing.chance.randint(2, 3))
        if expression.parts and expression.levels <= MOST_LEVELS:
            yield expression, text


def test_conditions_are_read_as_they_are_meant(dealt: Sequence[tuple[Expression, str]]) -> None:
    for expression, text in dealt:
        try:
            assert read_condition(text, TYPES) == expression, text
        except ConditionError as refused:
            pytest.fail(f"{text}: {refused.what}")


def test_every_operation_and_answer_is_dealt(dealt: Sequence[tuple[Expression, str]]) -> None:
    operations = {each.operation for expression, _ in dealt for each in expression}
    assert operations == set(columns._TRANSLATED)
    assert {answer(expression, row) for expression, _ in dealt[:50] for row in ROWS} == {
        True, False, None,
    }  # fmt: skip


def test_engine_answers_as_plain_python_does(
    spark: SparkSession, dealt: Sequence[tuple[Expression, str]]
) -> None:
    assert_agreement(
        spark, dealt, columns.column_of, lambda expression, row: answer(expression, row)
    )


def test_engine_computes_values_as_plain_python_does(spark: SparkSession) -> None:
    """Beside their comparisons: of two close numbers, few constants lie between."""
    values = list(islice(short_values(), CONDITIONS // 4))
    frame = spark.createDataFrame(as_table(ROWS))
    for start in range(0, len(values), TOGETHER):
        some = values[start : start + TOGETHER]
        asked = [columns.column_of(each).alias(f"c{n}") for n, (each, _) in enumerate(some)]
        found = frame.select("position", *asked).toArrow().sort_by("position").to_pydict()
        for number, (expression, text) in enumerate(some):
            given = [stored(value) for value in found[f"c{number}"]]
            assert given == [answer(expression, row) for row in ROWS], text


def test_engine_finds_divisions_by_zero(
    spark: SparkSession, dealt: Sequence[tuple[Expression, str]]
) -> None:
    dividing = [pair for pair in dealt if any(each.operation == "/" for each in pair[0])]
    assert any(divides_by_zero(expression, row) for expression, _ in dividing for row in ROWS)
    assert_agreement(spark, dividing, columns.divides_by_zero, divides_by_zero)


def test_case_within_case_is_what_it_says(spark: SparkSession, tmp_path: Path) -> None:
    """In rows of a file: those of the tests above are computed before Spark rearranges anything."""
    texts = ["aß", "ı", "ﬁ", "abc", "STRASSE"]
    pq.write_table(pa.table({"s": texts}), tmp_path / "a.parquet")
    read = read_condition("lower(upper(s)) = s", {"s": "string"})
    frame = spark.read.parquet(str(tmp_path / "a.parquet"))
    found = frame.select("s", columns.column_of(read).alias("holds")).toArrow().to_pylist()
    assert {row["s"] for row in found if row["holds"]} == {"abc"}


def assert_agreement(spark: SparkSession, dealt, column, expected) -> None:
    frame = spark.createDataFrame(as_table(ROWS))
    for start in range(0, len(dealt), TOGETHER):
        some = dealt[start : start + TOGETHER]
        asked: list[Column] = [
            column(expression).alias(f"c{number}") for number, (expression, _) in enumerate(some)
        ]
        found = frame.select("position", *asked).toArrow().sort_by("position").to_pydict()
        for number, (expression, text) in enumerate(some):
            wanted = [expected(expression, row) for row in ROWS]
            differing = [
                (row, given, right)
                for row, given, right in zip(ROWS, found[f"c{number}"], wanted, strict=True)
                if given is not right
            ]
            assert differing[:1] == [], text
