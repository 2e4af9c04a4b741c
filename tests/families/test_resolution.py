"""What a pass over the rows foresees, and what the match tells: the same choice, matched once."""

import io
from dataclasses import replace
from typing import Any

import pytest

from reference.run import with_inputs
from reference.studies import study_with
from tradegains import pipeline
from tradegains.engines.start import Engine
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.store.census import list_census
from tradegains.store.output import locate_output
from tradegains.store.runs import published_runs
from tradegains.store.storage import has_doubtful_amounts
from tradegains.study import Window

# What is chosen follows from sums that both engines give alike.
pytestmark = pytest.mark.only("embedded")

TABLES = ("quality", "demography", "market_shares", "welfare", "productivity_growth")


def census(scale: float, **first: Any) -> list[dict[str, Any]]:
    """Six establishments in three years; `first` is changed in the first row."""
    rows = [
        {
            "establishment_id": f"{number}",
            "year": year,
            "industry": "1011",
            "employment": 5.0 + number,
            "sales": scale * (900.0 + number),
            "exports": scale * number,
            "value_added": scale * (300.0 + year - 10 * number),
        }
        for number in range(6)
        for year in (2000, 2002, 2004)
        if (number, year) not in ((4, 2000), (5, 2002), (5, 2004))
    ]
    return [rows[0] | first, *rows[1:]]


CASES = {
    "fractions and a gap": (census(1.0 / 7, value_added=None), 3, 1, True),
    "too large for hundredths": (census(1e14), 2, 1, False),
    "a fraction and a duplicate that lacks its sales": (
        [*census(0.001), census(0.001, sales=None)[0]], 4, 4, True,
    ),
}  # fmt: skip
"""Rows, how often they are matched without foresight and with it, and whether a sample shows why.

A duplicate leaves the rows in the match alone: what only it lacks is foreseen in vain.
"""


@pytest.mark.parametrize("case", CASES)
def test_foresight_spares_matches_and_changes_no_number(
    case: str, engine: Engine, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, *matches, is_seen = CASES[case]
    study = study_with(
        matching={"continuing": ("both_ends",), "annual": False},
        windows=(Window("pre", 2000, 2002), Window("post", 2002, 2004)),
        productivity={"median_base": ("same_year",)},
    )
    rules = {**study.census.rules, "duplicate": "quarantine", "invalid_sales": "keep"}
    of = replace(study.census, money_decimals=None, rules=rules)
    study = with_inputs(replace(study, census=of), rows, tmp_path)
    files = list_census(study.inputs.census, study.census.columns, study.years)
    assert has_doubtful_amounts(files) == is_seen
    found = []
    for foresees in (False, True):
        monkeypatch.setattr(pipeline, "has_doubtful_amounts", lambda _, told=foresees: told)
        output, told = str(tmp_path / str(foresees)), io.StringIO()
        run(engine, study, output=output, progress=Progress(stream=told), only=TABLES)
        (row,) = published_runs(locate_output(output).open_tables()).to_pylist()
        found.append(
            (
                {table["name"]: table["digest"] for table in row["tables"]},
                row["study_toml"],
            )
        )
        assert told.getvalue().count("match establishments") == matches[foresees]
    assert found[0] == found[1]
