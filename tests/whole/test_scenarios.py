"""Cases worked by hand, one folder each: input.csv, expected.csv, source.md.

A line of expected.csv names a table, the rows meant (column=value, parted by blanks; `null` is a
value), a column and its value. Column `matching_rows` counts the rows meant; value `any` is
anything but null. A folder may hold a study.toml of its own; the others share scenarios/study.toml.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reference import measure
from reference.files import read_rows_csv
from reference.run import publish_study, with_inputs
from reference.welfare import Small
from tradegains.study import Study, read_study

FOLDER = Path(__file__).parents[1] / "scenarios"
SCENARIOS = sorted(path.parent for path in FOLDER.glob("*/input.csv"))

PRINTED = 1e-11
"""Expected values are typed with 12 decimals."""


@dataclass(frozen=True)
class Expectation:
    """One line of expected.csv."""

    table: str
    where: str
    column: str
    value: str

    def found_in(self, tables: dict[str, list[dict[str, Any]]]) -> list[Any]:
        """The distinct values of the column among the rows meant."""
        rows = [row for row in tables[self.table] if self._means(row)]
        if self.column == "matching_rows":
            return [float(len(rows))]
        return list(dict.fromkeys(row[self.column] for row in rows))

    def _means(self, row: dict[str, Any]) -> bool:
        pairs = (part.split("=") for part in self.where.split())
        return all(matches(row[name], value) for name, value in pairs)


def matches(found: Any, written: str) -> bool:
    if found is None or found == "":
        return written == "null"
    if written == "any":
        return True
    if isinstance(found, str):
        return found == written
    return written != "null" and math.isclose(found, float(written), rel_tol=0, abs_tol=PRINTED)


def study_of(scenario: Path) -> Study:
    own = scenario / "study.toml"
    path = own if own.exists() else FOLDER / "study.toml"
    return read_study(path, {"census": str(scenario / "input.csv")})


def small_of(scenario: Path) -> Small:
    names = ("imports", "prices", "elasticities", "tariff_cuts")
    paths = {name: scenario / f"{name}.csv" for name in names}
    return Small(**{name: read_rows_csv(path) for name, path in paths.items() if path.exists()})


def expectations(scenario: Path) -> Iterator[Expectation]:
    with (scenario / "expected.csv").open(newline="", encoding="utf-8") as lines:
        yield from (Expectation(**row) for row in csv.DictReader(lines))


def unmet(scenario: Path, tables: dict[str, list[dict[str, Any]]]) -> str:
    """One line per expectation that the tables do not meet."""
    lines = []
    for each in expectations(scenario):
        found = each.found_in(tables)
        if len(found) != 1 or not matches(found[0], each.value):
            lines.append(f"{each.table} {each.where}: {each.column} is {found}, not {each.value}")
    return "\n".join(lines)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.name)
def test_the_reference_engine_finds_what_was_worked_by_hand(scenario: Path):
    rows = read_rows_csv(scenario / "input.csv")
    tables = measure(rows, study_of(scenario), small_of(scenario))
    assert unmet(scenario, tables) == ""


# On Spark a run takes twenty times as long; there test_generative holds it to the same numbers.
@pytest.mark.only("embedded")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.name)
def test_a_run_publishes_what_was_worked_by_hand(scenario: Path, engine, tmp_path: Path):
    rows = read_rows_csv(scenario / "input.csv")
    study = with_inputs(study_of(scenario), rows, tmp_path, small=small_of(scenario))
    assert unmet(scenario, publish_study(engine, study, tmp_path / "output")) == ""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.name)
def test_every_scenario_says_where_its_numbers_come_from(scenario: Path):
    assert "Source: " in (scenario / "source.md").read_text(encoding="utf-8")
