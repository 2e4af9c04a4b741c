"""The census under other industry codes, worked by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reference.run import publish_study, with_inputs
from reference.studies import study_with
from reference.welfare import Small
from tradegains.engines.start import Engine
from tradegains.errors import Problem
from tradegains.inputs.reading import judge_inputs
from tradegains.inputs.small import SmallInputs, code_problems
from tradegains.study import Decomposition, JobFlows, Window

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


# 0101 becomes 2201, 3301 and 3302; a and b are in it, c is in 3301, d moves there from 0101.
SPLIT = [
    {"old": "0101", "new": code, "weight": weight}
    for code, weight in (("2201", 0.25), ("3301", 0.45), ("3302", 0.3))
]


def split_census() -> list[dict[str, Any]]:
    ends = zip(
        "abcd", ("0101", "0101", "3301", "0101"), ("0101", None, "3301", "3301"), strict=True
    )
    census = []
    for name, start, end in ends:
        census.append(row(name, 2000, start) | {"sales": 100.01, "exports": 10.0})
        if end:
            census.append(row(name, 2001, end) | {"sales": 250.0, "employment": 12.0})
    return census


def at_industries(tables: Any, status: str, year: int) -> dict[str, tuple[int, float, float]]:
    """Establishments, employment and sales by 4-digit industry."""
    return {
        each["industry"]: (each["establishments"], each["employment"], each["sales"])
        for each in tables["demography"]
        if (each["level"], each["status"], each["year"]) == ("industry4", status, year)
        and each["window"] == "only"
    }


def test_an_old_code_is_split_by_weights(engine: Engine, tmp_path) -> None:
    asked = with_inputs(STUDY, split_census(), tmp_path, small=Small(concordance=SPLIT))
    tables = publish_study(engine, asked, tmp_path / "output")
    # a and d of 0101 have 20 jobs and 20002 hundredths: 5000.5, 9000.9 and 6000.6 of them; the two
    # that are left when these are cut go to .9 and .6. c adds 10 jobs and 100.01 to 3301.
    assert at_industries(tables, "continuing", 2000) == {
        "2201": (0, 5.0, 50.0),
        "3301": (3, 19.0, 90.01 + 100.01),
        "3302": (0, 6.0, 60.01),
    }
    # b leaves with 10 jobs and 100.01: 2500.25, 4500.45, 3000.3; the hundredth left is for .45.
    assert at_industries(tables, "exiter", 2000) == {
        "2201": (0, 2.5, 25.0),
        "3301": (1, 4.5, 45.01),
        "3302": (0, 3.0, 30.0),
    }
    # 2001: a is split, 12 jobs; c and d are in 3301 whole.
    assert at_industries(tables, "continuing", 2001) == {
        "2201": (0, 3.0, 62.5),
        "3301": (3, 5.4 + 24.0, 112.5 + 500.0),
        "3302": (0, 3.6, 75.0),
    }
    # Productivity is undivided: all are described in the industry with the largest weight.
    assert {each["industry"] for each in tables["industry_medians"]} == {"3301"}


UNDIVIDED = ("industry_medians", "moments", "histograms", "decompositions")


# On Spark once: which year's industry it is, the embedded engine tells.
in_own_year, at_start = (
    pytest.param(name, marks=pytest.mark.only("embedded")) for name in ("own_year", "start")
)


@pytest.mark.parametrize("industry_at", [in_own_year, at_start, "end"])
def test_a_split_leaves_every_total_as_it_was(engine: Engine, tmp_path, industry_at: str) -> None:
    study = replace(
        STUDY,
        matching=replace(STUDY.matching, industry_at=industry_at),
        job_flows=JobFlows(productivity_quartiles=True),
        decomposition=Decomposition(
            ("only",), ("employment", "sales"), ("fhk", "olley_pakes"), ("total", "industry4")
        ),
    )
    merged = [{"old": "0101", "new": "3301"}]
    found = []
    for number, concordance in enumerate((merged, SPLIT)):
        folder = tmp_path / str(number)
        asked = with_inputs(study, split_census(), folder, small=Small(concordance=concordance))
        tables = publish_study(engine, asked, folder / "output")
        found.append(
            {
                name: [
                    {key: value for key, value in each.items() if key != "run_id"}
                    for each in rows
                    if name in UNDIVIDED
                    or (each.get("level", "total") == "total" and each.get("industry") is None)
                ]
                for name, rows in tables.items()
            }
        )
        by_group = [each for each in tables["demography"] if each["level"] == "industry2"]
        for status, year in (("continuing", 2000), ("continuing", 2001), ("exiter", 2000)):
            total = [
                (each["employment"], each["sales"], each["establishments"])
                for each in tables["demography"]
                if (each["level"], each["status"], each["year"]) == ("total", status, year)
            ]
            parts = [each for each in by_group if (each["status"], each["year"]) == (status, year)]
            sums = [
                sum(round(100 * each[name]) for each in parts)
                for name in ("employment", "sales", "establishments")
            ]
            assert [tuple(round(100 * value) for value in total[0])] == [tuple(sums)]
    # Output per worker adds up deflated money in doubles, an industry at a time.
    growth = [[each["delta_ln"] for each in one.pop("productivity_growth")] for one in found]
    assert growth[0] == pytest.approx(growth[1], rel=1e-13)
    assert found[0] == found[1]


def test_industry_of_another_year_is_split_by_its_own_weights(engine: Engine, tmp_path) -> None:
    # With the industry of 2000, d counts in the parts of 0101 in 2001 too: of 3 in it, 2 stay.
    study = replace(STUDY, matching=replace(STUDY.matching, industry_at="start"))
    asked = with_inputs(study, split_census(), tmp_path, small=Small(concordance=SPLIT))
    tables = publish_study(engine, asked, tmp_path / "output")
    # a and d: 24 jobs and 500; c adds 12 jobs and 250 to 3301.
    assert at_industries(tables, "continuing", 2001) == {
        "2201": (0, 6.0, 125.0),
        "3301": (3, 10.8 + 12.0, 225.0 + 250.0),
        "3302": (0, 7.2, 150.0),
    }


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([("0101", "2201", 0.6), ("0101", "2202", 0.41)], "do not add up to 1"),
        ([("0101", "2201", 1.0), ("0101", "2202", 1.0)], "do not add up to 1"),
        ([("0101", "2201", 0.6)], "do not add up to 1"),
        ([("0101", "2201", 0.9999)], "do not add up to 1; the farthest to 0.9999"),
        (
            [("0101", f"220{n}", 0.333) for n in (1, 2, 3)],
            "do not add up to 1; the farthest to 0.999",
        ),
        ([("0101", "22", 1.0)], "new codes are not codes of the census"),
    ],
)
def test_concordances_that_are_refused(rows: list[tuple[str, str, float]], what: str) -> None:
    links = [{"old": old, "new": new, "weight": weight} for old, new, weight in rows]
    (problem,) = code_problems(STUDY, SmallInputs(concordance=links))
    assert what in problem.what
    assert problem.where == "input concordance"


@pytest.mark.parametrize("decimals", [4, 6, 10])
def test_rounded_thirds_are_thirds(engine: Engine, tmp_path, decimals: int) -> None:
    thirds = [
        {"old": "0101", "new": code, "weight": round(1 / 3, decimals)}
        for code in ("2201", "2202", "3301")
    ]
    census = [row("a", year, "0101") | {"employment": 9.0, "sales": 900.0} for year in (2000, 2001)]
    asked = with_inputs(STUDY, census, tmp_path, small=Small(concordance=thirds))
    tables = publish_study(engine, asked, tmp_path / "output")
    found = at_industries(tables, "continuing", 2000)
    assert {code: amounts[1:] for code, amounts in found.items()} == {
        "2201": (3.0, 300.0),
        "2202": (3.0, 300.0),
        "3301": (3.0, 300.0),
    }


# 2610 was glass, now 2310, and is electronics, which was 3230.
REVISED = [{"old": "2610", "new": "2310"}, {"old": "3230", "new": "2610"}]


def revised_census(*, glass: str, electronics: str) -> list[dict[str, Any]]:
    """Two makers of glass and one of electronics: in old codes, then in these."""
    first = [row("a", 2000, "2610"), row("b", 2000, "2610"), row("c", 2000, "3230")]
    return [*first, row("a", 2001, glass), row("b", 2001, glass), row("c", 2001, electronics)]


@pytest.mark.parametrize("form", ["to_year", "both", "split"])
def test_a_census_that_changes_its_codes(engine: Engine, tmp_path, form: str) -> None:
    census = revised_census(glass="2310", electronics="2610")
    years = {"to_year": 2000} if form == "to_year" else {"from_year": 1990, "to_year": 2000}
    codes = [{**each, **years} for each in REVISED]
    if form == "split":
        codes = [{**each, "weight": 0.75} for each in codes]
        codes += [{**each, "new": "9999", "weight": 0.25} for each in codes]
    asked = with_inputs(STUDY, census, tmp_path, small=Small(concordance=codes))
    tables = publish_study(engine, asked, tmp_path / "output")
    part = 0.75 if form == "split" else 1.0
    for year, share in ((2000, part), (2001, 1.0)):
        found = at_industries(tables, "continuing", year)
        assert found["2310"] == (2, 20.0 * share, 200.0 * share)
        assert found["2610"] == (1, 10.0 * share, 100.0 * share)


def test_a_census_in_old_codes_only_needs_no_years(engine: Engine, tmp_path, caplog) -> None:
    census = revised_census(glass="2610", electronics="3230")
    asked = with_inputs(STUDY, census, tmp_path, small=Small(concordance=REVISED))
    tables = publish_study(engine, asked, tmp_path / "output")
    for year in (2000, 2001):
        counts = {code: each[0] for code, each in at_industries(tables, "continuing", year).items()}
        assert counts == {"2310": 2, "2610": 1}
    (told,) = (each for each in caplog.messages if "concordance" in each)
    said = "old codes that are also new ones of others: 1 (2610); rows under them count as the old"
    assert said in told


def test_codes_that_may_be_old_or_new_are_refused(tmp_path: Path) -> None:
    def problems(census: list[dict[str, Any]], codes: list[dict[str, Any]]) -> list[Problem]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        asked = with_inputs(STUDY, census, folder, small=Small(concordance=codes))
        return [each for error in judge_inputs(asked).errors for each in error.problems]

    changing = revised_census(glass="2310", electronics="2610")
    (problem,) = problems(changing, REVISED)
    assert problem.what == (
        "codes of the census are old ones and new ones of other industries (2610), in years that "
        "have new codes (2001)"
    )
    assert (problem.where, problem.count) == ("input concordance", 1)
    assert "from_year and to_year" in problem.cure
    assert problems(changing, [{**each, "to_year": 2000} for each in REVISED]) == []
    assert problems(revised_census(glass="2610", electronics="3230"), REVISED) == []
    assert problems(revised_census(glass="2310", electronics="3230"), REVISED) == []


@pytest.mark.parametrize(
    ("years", "what"),
    [
        ([(2001, 2000), (2001, 2000)], "from_year is after to_year"),
        ([(1990, 2000), (1990, 2001)], "old codes have rows of other years"),
    ],
)
def test_years_that_are_refused(years: list[tuple[int, int]], what: str) -> None:
    links = [
        {"old": "0101", "new": new, "weight": 0.5, "from_year": first, "to_year": last}
        for new, (first, last) in zip(("2201", "2202"), years, strict=True)
    ]
    (problem,) = code_problems(STUDY, SmallInputs(concordance=links))
    assert problem.what == what
