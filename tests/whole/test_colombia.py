"""Real establishments: 912 Colombian food plants, 1981-1991 (Gandhi, Navarro and Rivers, 2020).

The data are not part of the project: set TRADEGAINS_REAL_DATA to the folder that holds
`colombia_food_plants`, or see them skipped.
"""

import math
from dataclasses import replace
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from reference import measure
from reference.comparison import differences
from reference.run import publish_study
from reference.studies import RULES, study_with
from tradegains.study import Trade, Window

COLUMNS = {
    "establishment_id": "planta",
    "year": "ano",
    "industry": "ciiu",
    "employment": "personal",
    "sales": "produccion",
    "value_added": "valor_agregado",
}

PRINTED = 5e-7
"""The known change of ln X^c/X is printed with six decimals."""

STUDY = study_with(
    census={
        "columns": COLUMNS,
        "industry_digits": 3,
        "industry_group_digits": 2,
        "rules": {rule: action for rule, action in RULES.items() if "exports" not in rule},
    },
    windows=(Window("decade", 1981, 1991),),
    matching={"continuing": ("both_ends", "every_year")},
    productivity={"years": (1981, 1991), "bin_width": 0.2},
    trade=Trade(imports=()),
    welfare={"windows": ("decade",), "difference": None},
    restrictions=(),
)


@pytest.fixture(scope="module")
def plants(real_data: Path) -> Path:
    folder = real_data / "colombia_food_plants" / "parquet"
    if not folder.is_dir():
        pytest.skip("needs colombia_food_plants among the real public data")
    return folder


@pytest.fixture(scope="module")
def published_tables(engine, plants: Path, tmp_path_factory):
    study = replace(STUDY, inputs=replace(STUDY.inputs, census=str(plants)))
    return publish_study(engine, study, tmp_path_factory.mktemp("colombia"))


@pytest.fixture(scope="module")
def reference_tables(plants: Path):
    rows = ds.dataset(plants, partitioning="hive").to_table().to_pylist()
    named = [{name: row[column] for name, column in COLUMNS.items()} for row in rows]
    return measure(named, STUDY)


def check_known_counts(tables):
    """396 continuing, 480 exiters, 15 entrants, 47 rows without productivity, 6,187 rows."""
    counts = {
        (row["status"], row["year"]): row["establishments"]
        for row in tables["demography"]
        if (row["kind"], row["level"], row["continuing"]) == ("window", "total", "both_ends")
    }
    assert counts == {
        ("continuing", 1981): 396,
        ("continuing", 1991): 396,
        ("exiter", 1981): 480,
        ("entrant", 1991): 15,
    }
    rows = {
        rule: sum(row["rows"] for row in tables["quality"] if row["rule"] == rule)
        for rule in ("read", "valid", "nonpositive_value_added", "duplicate")
    }
    expected = {"read": 6187, "valid": 6187, "nonpositive_value_added": 47, "duplicate": 0}
    assert rows == expected


def check_known_welfare(tables):
    """The continuing share is known without imports; welfare is not, and says so."""
    found = [
        row
        for row in tables["welfare"]
        if (row["level"], row["continuing"]) == ("total", "both_ends")
    ]
    assert {row["imports"] for row in found} == {"none"}
    assert {row["welfare_change"] for row in found} == {None}
    assert all(row["note"] for row in found)
    change = found[0]["delta_ln_continuing_share"]
    assert math.isclose(change, 0.260236, rel_tol=0, abs_tol=PRINTED)


def test_the_reference_engine_finds_the_known_counts(reference_tables):
    check_known_counts(reference_tables)


def test_the_reference_engine_finds_the_known_continuing_share(reference_tables):
    check_known_welfare(reference_tables)


def test_a_run_publishes_the_known_counts(published_tables):
    check_known_counts(published_tables)


def test_a_run_publishes_the_known_continuing_share(published_tables):
    check_known_welfare(published_tables)


def test_a_run_agrees_with_the_reference_engine_on_every_number(published_tables, reference_tables):
    lines = [
        line
        for table, rows in reference_tables.items()
        for line in differences(table, rows, published_tables.get(table, []))
    ]
    assert lines == []
