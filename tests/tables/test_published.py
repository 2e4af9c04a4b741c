"""What is declared of the published tables, held to what other rooms call the same."""

from dataclasses import fields
from importlib.util import find_spec

import pytest

from reference.studies import study_with
from tradegains.errors import StudyError
from tradegains.families.measuring import FAMILIES
from tradegains.store.small_tables import SMALL_TABLES
from tradegains.study import model
from tradegains.tables.flags import ROW_RULES
from tradegains.tables.published import MEASURED, TABLES, chosen_tables, tables_of
from tradegains.tables.table import Table, by_name


def test_every_family_makes_tables_and_every_table_has_a_family() -> None:
    assert {TABLES[name].family for name in MEASURED} == {"quality", *FAMILIES}
    for family in {"quality", *FAMILIES}:
        assert find_spec(f"tradegains.families.{family}"), family
    assert set(TABLES) - set(MEASURED) == {"runs"}
    assert tables_of("quality", *FAMILIES) == MEASURED


def test_sections_and_inputs_that_tables_need_are_there() -> None:
    study = study_with()
    for table in TABLES.values():
        if table.section is not None:
            study.has_section(table.section)  # raises where there is none of that name
        assert set(table.inputs) <= set(SMALL_TABLES)
    optional = {field.name for field in fields(model.Study) if "None" in str(field.type)}
    needed = {table.section.split(".")[0] for table in TABLES.values() if table.section}
    assert needed <= optional | {"welfare", "productivity"}


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("demography", "continuing", model.CONTINUING_RULES),
        ("decompositions", "share", model.DECOMPOSITION_SHARES),
        ("decompositions", "method", model.DECOMPOSITION_METHODS),
        ("intra_industry_trade", "matched", model.MATCHED_FLOWS),
        ("joint_distribution", "weighting", model.WEIGHTINGS),
        ("joint_distribution", "numerator", model.NUMERATORS),
        ("market_shares", "imports", (*model.IMPORTS, "none")),
        ("market_shares", "level", model.WELFARE_LEVELS),
        ("moments", "level", model.LEVELS),
        ("moments", "median_base", model.MEDIAN_BASES),
        ("moments", "prices", ("nominal", *model.PRICES[1:])),
        ("quality", "action", model.ACTIONS),
        ("quality", "rule", ("read", "valid", "quarantined", *ROW_RULES)),
        ("regressions", "effects", ("year_industry4", *model.EFFECTS)),
        ("regressions", "errors", ("robust", "information", *model.CLUSTERS)),
        ("welfare", "distribution", model.SIZE_DISTRIBUTIONS),
    ],
)
def test_texts_are_those_that_a_study_may_choose(
    table: str, column: str, words: tuple[str, ...]
) -> None:
    assert set(TABLES[table].column(column).words) == set(words)


def test_a_note_or_a_meaning_says_why_a_number_may_be_null() -> None:
    silent = [
        (table.name, column.name)
        for table in TABLES.values()
        for column in table.columns
        if column.nullable and column.unit != "share" and "note" not in table.names
        if "null" not in column.meaning
    ]
    assert silent == []


def test_tables_are_chosen_once_and_in_the_order_given() -> None:
    assert chosen_tables(["welfare", "quality", "welfare"]) == ("welfare", "quality")
    assert chosen_tables(MEASURED) == MEASURED


def test_a_table_that_no_run_makes_is_refused_with_the_nearest() -> None:
    with pytest.raises(StudyError) as refused:
        chosen_tables(["wellfare", "moments", "runs"])
    first, second = refused.value.problems
    assert "'wellfare'" in first.what
    assert first.cure.startswith("did you mean welfare?")
    assert "'runs'" in second.what
    assert refused.value.exit_code == 2
    with pytest.raises(StudyError, match="no table is named"):
        chosen_tables([])


def test_a_name_declared_twice_is_refused() -> None:
    quality: Table = TABLES["quality"]
    with pytest.raises(ValueError, match="quality is declared twice"):
        by_name([quality, quality])
