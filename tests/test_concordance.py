"""The census under other industry codes, worked by hand."""

from typing import Any

import pytest

from reference.run import publish_study, with_inputs
from reference.studies import study_with
from reference.welfare import Small
from tradegains.preparing import SmallInputs, code_problems
from tradegains.session import Engine
from tradegains.study import Window

STUDY = study_with(
    windows=(Window("only", 2000, 2001),),
    matching={"continuing": ("both_ends",), "annual": False},
    productivity={"years": (2000, 2001)},
    welfare={"windows": ("only",), "difference": None},
    restrictions=(),
    report={"figure_years": (2000, 2001), "figure_windows": ("only",)},
)
CODES = [{"old": "0101", "new": "2201"}, {"old": "0102", "new": "2201"}]


def row(identifier: str, year: int, industry: str | None) -> dict[str, Any]:
    return {
        "establishment_id": identifier,
        "year": year,
        "industry": industry,
        "employment": 10.0,
        "sales": 100.0,
        "exports": 0.0,
        "value_added": 50.0,
    }


def test_old_codes_are_counted_under_new_ones(engine: Engine, tmp_path) -> None:
    # a and b merge into 2201, where c is already; d has no counterpart, e no code at all.
    first = zip("abcde", ("0101", "0102", "2201", "0909", None), strict=True)
    census = [row(name, 2000, code) for name, code in first] + [row("c", 2001, "2201")]
    asked = with_inputs(STUDY, census, tmp_path, small=Small(concordance=CODES))
    tables = publish_study(engine, asked, tmp_path / "output")
    counts = {
        (each["industry"], each["status"], each["year"]): each["establishments"]
        for each in tables["demography"]
        if each["level"] == "industry4"
    }
    assert counts == {
        ("2201", "continuing", 2000): 1,
        ("2201", "continuing", 2001): 1,
        ("2201", "exiter", 2000): 2,
    }
    broken = {each["rule"]: each["rows"] for each in tables["quality"] if each["year"] == 2000}
    assert (broken["no_counterpart"], broken["invalid_industry"]) == (1, 2)
    assert broken["quarantined"] == 2


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([("0101", "2201", 0.6), ("0101", "2202", 0.4)], "more than one new industry"),
        ([("0101", "2201", 0.6)], "do not add up to 1"),
        ([("0101", "22", 1.0)], "new codes are not codes of the census"),
    ],
)
def test_concordances_that_are_refused(rows: list[tuple[str, str, float]], what: str) -> None:
    links = [{"old": old, "new": new, "weight": weight} for old, new, weight in rows]
    (problem,) = code_problems(STUDY, SmallInputs(concordance=links))
    assert what in problem.what
    assert problem.where == "input concordance"
