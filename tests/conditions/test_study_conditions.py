"""The conditions of a study: which columns they may use, and where a refused one stands."""

from dataclasses import replace

import pytest
from pyspark.sql import SparkSession

from reference.studies import study_with
from tradegains.conditions.columns import column_of
from tradegains.conditions.judging import read_conditions, usable_columns
from tradegains.conditions.meaning import read_condition
from tradegains.errors import StudyError
from tradegains.study import Population, Restriction

TYPES = {
    "establishment_id": "string",
    "industry": "bigint",
    "employment": "double",
    "sales": "double",
    "exports": "double",
    "leftover": "string",
}
DERIVED = {"industry": "string", "industry_group": "string", "domestic_sales": "double"}


def study(populations: tuple[str, ...] = (), restrictions: tuple[str, ...] = ()):
    base = study_with(
        populations=tuple(Population(f"p{n}", where, "") for n, where in enumerate(populations)),
        restrictions=tuple(Restriction(f"r{n}", where, "") for n, where in enumerate(restrictions)),
    )
    return replace(base, inputs=replace(base.inputs, tariff_cuts=None))


def test_columns_that_a_condition_may_use() -> None:
    asked = study()
    mapped = {name: TYPES[name] for name in TYPES if name in asked.census.columns}
    assert "exports" in mapped
    assert "leftover" not in mapped
    assert usable_columns(asked, TYPES) == {**mapped, **DERIVED, "exporter": "boolean"}
    without = {name: type_ for name, type_ in TYPES.items() if name != "exports"}
    assert usable_columns(asked, without) == {
        **{name: type_ for name, type_ in mapped.items() if name != "exports"},
        **DERIVED,
    }
    cuts = replace(asked, inputs=replace(asked.inputs, tariff_cuts="cuts.csv"))
    assert usable_columns(cuts, TYPES)["tariff_cut"] == "double"


def test_every_condition_is_read_by_its_name() -> None:
    found = read_conditions(study(("sales > 1", "sales / employment > 1"), ("exporter",)), TYPES)
    assert list(found.populations) == ["p0", "p1"]
    assert list(found.restrictions) == ["r0"]
    assert [name for name, _ in found.dividing] == ["p1"]


def test_every_refused_condition_is_told_with_its_place() -> None:
    with pytest.raises(StudyError) as refused:
        read_conditions(study(("sales > 1", "sales >"), ("nobody > 1",)), TYPES)
    assert [each.where for each in refused.value.problems] == [
        "[[populations]] p1, where",
        "[[restrictions]] r0, where",
    ]
    assert all(each.cure for each in refused.value.problems)


def test_the_rest_of_a_long_text_is_all_of_it(spark: SparkSession) -> None:
    text = "ab" * 500
    rows = spark.createDataFrame([(text,)], "owner string")
    rest = read_condition(f"substr(owner, 2) = '{text[1:]}'", {"owner": "string"})
    assert rows.select(column_of(rest).alias("holds")).collect()[0].holds is True
