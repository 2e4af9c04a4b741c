"""The table `decompositions` through an engine: published numbers, and what the census may do."""

import math
from dataclasses import replace
from typing import Any

import pytest

from reference.comparison import differences
from reference.engine import measure
from reference.run import publish_study, with_inputs
from reference.studies import study_with
from tradegains.formulas.decompositions import MOVED_BY_UNIT
from tradegains.results.decompositions import LEVEL_WITH_UNIT, WITH_UNIT
from tradegains.study import Decomposition, Window

# On Spark the generative test holds decompositions to the same numbers, in one run.
pytestmark = pytest.mark.only("embedded")

ALL_METHODS = ("bhc", "bhc_relative", "fhk", "gr", "bg", "df", "mp", "olley_pakes")
CLOSE = 1e-12

# dfvad (R): productivity and share [hundredths] by establishment; the third period repeats the
# first. Log productivity is ln(value added / jobs), so value added is jobs * exp(productivity).
FIRST = {1: (1.95, 33), 2: (1.73, 25), 3: (1.64, 10), 4: (1.85, 12), 5: (1.39, 9), 6: (1.57, 11)}
SECOND = {1: (1.68, 30), 2: (1.76, 21), 3: (1.04, 17), 4: (1.47, 1), 7: (1.17, 25), 8: (1.23, 6)}

DFVAD = {
    ("bhc", "pre"): {"within": -0.1872, "between": -0.2097, "entry": 0.3663, "exit": -0.2978},
    ("bhc", "post"): {"within": 0.1805, "between": 0.2164, "entry": 0.2978, "exit": -0.3663},
    ("gr", "pre"): {
        "within": -0.18385,
        "between": -0.037534,
        "entry": -0.128336,
        "exit": 0.02132,
    },
    ("fhk", "pre"): {
        "within": -0.1872,
        "between": -0.022822,
        "cross": 0.0067,
        "entry": -0.179238,
        "exit": 0.05416,
    },
    ("bg", "post"): {
        "within": 0.18385,
        "between": 0.08307258064516136,
        "entry": 0.06147741935483875,
        "exit": 0.0,
    },
    ("df", "pre"): {
        "within": -0.24779710144927536,
        "between": -0.03607971014492736,
        "entry": -0.11222318840579715,
        "exit": 0.0677,
    },
    ("mp", "pre"): {
        "mean": -0.305,
        "covariance": 0.021123188405797102,
        "entry": -0.11222318840579715,
        "exit": 0.0677,
    },
}


def establishment(number: object, year: int, phi: float, jobs: float, **other: Any) -> dict:
    return {
        "establishment_id": f"{number}",
        "year": year,
        "industry": "1011",
        "employment": float(jobs),
        "sales": 1000.0,
        "exports": 0.0,
        "value_added": jobs * math.exp(phi),
    } | other


def dfvad_census() -> list[dict[str, Any]]:
    periods = {2000: FIRST, 2002: SECOND, 2004: FIRST}
    return [
        establishment(number, year, phi, jobs)
        for year, found in periods.items()
        for number, (phi, jobs) in found.items()
    ]


def decomposing(**changes: Any):
    chosen = {
        "windows": ("pre", "post"),
        "shares": ("employment",),
        "methods": ALL_METHODS,
        "levels": ("total", "industry2", "industry4"),
    }
    return study_with(
        matching={"continuing": ("both_ends",), "annual": False},
        windows=(Window("pre", 2000, 2002), Window("post", 2002, 2004)),
        productivity={"median_base": ("same_year",)},
        decomposition=Decomposition(**(chosen | changes)),
    )


def published(engine, study, rows, folder) -> list[dict[str, Any]]:
    return publish_study(engine, with_inputs(study, rows, folder), folder / "out")["decompositions"]


def terms(rows: list[dict[str, Any]], **where: Any) -> dict[str, float]:
    found = [row for row in rows if all(row[name] == value for name, value in where.items())]
    assert len({row["term"] for row in found}) == len(found)
    return {row["term"]: row["value"] for row in found}


@pytest.fixture(scope="module")
def dfvad(engine, tmp_path_factory):
    return published(engine, decomposing(), dfvad_census(), tmp_path_factory.mktemp("dfvad"))


@pytest.mark.parametrize(("method", "window"), DFVAD)
def test_published_decompositions_of_dfvad(dfvad, method, window):
    found = terms(dfvad, method=method, window=window, level="total")
    assert found == pytest.approx(DFVAD[method, window], abs=CLOSE)


@pytest.mark.parametrize("method", ALL_METHODS[:-1])
def test_every_level_tells_of_the_same_change(dfvad, method):
    # One industry: all levels are one, and nothing shifts between industries.
    total = terms(dfvad, method=method, window="pre", level="total")
    assert math.fsum(total.values()) == pytest.approx(-0.3284, abs=CLOSE)
    assert terms(dfvad, method=method, window="pre", level="industry4") == total
    extra = {"between_industries": 0.0, "industry_entry": 0.0, "industry_exit": 0.0}
    aggregated = terms(dfvad, method=method, window="pre", level="industry2_aggregated")
    assert aggregated == pytest.approx(total | extra, abs=CLOSE)


def test_each_term_shows_the_establishments_behind_it(dfvad):
    rows = [row for row in dfvad if (row["method"], row["window"]) == ("fhk", "pre")]
    counts = {row["term"]: row["establishments"] for row in rows if row["level"] == "total"}
    assert counts == {"within": 4, "between": 4, "cross": 4, "entry": 2, "exit": 2}
    assert {row["left_out"] for row in dfvad} == {row["moved"] for row in dfvad} == {0}


def test_olley_pakes_levels_of_a_year(dfvad):
    # Mean of six in the first period 10.13 / 6; Phi .33*1.95 + .25*1.73 + ... = 1.7598.
    found = terms(dfvad, method="olley_pakes", year=2000, level="total")
    phi = sum(p * s / 100 for p, s in FIRST.values())
    assert found == pytest.approx({"mean": 10.13 / 6, "covariance": phi - 10.13 / 6}, abs=CLOSE)


def unusual_census() -> list[dict[str, Any]]:
    """A mover, one measured at each end only, one industry that enters and one that leaves."""
    return [
        establishment("stays", 2000, 2.0, 10),
        establishment("stays", 2002, 2.5, 20),
        establishment("moves", 2000, 1.0, 5),
        establishment("moves", 2002, 1.5, 5, industry="1012"),
        establishment("loses", 2000, 3.0, 8),
        establishment("loses", 2002, 3.0, 8, value_added=-1.0),
        establishment("recovers", 2000, 3.0, 8, value_added=0.0),
        establishment("recovers", 2002, 4.0, 8, industry="2022"),
        establishment("leaves", 2000, 1.5, 3, industry="3033"),
        establishment("enters", 2002, 1.25, 2, industry="4044"),
        establishment("stays", 2004, 2.5, 20),
    ]


@pytest.fixture(scope="module")
def unusual(engine, tmp_path_factory):
    study = decomposing(shares=("employment", "sales"))
    return published(engine, study, unusual_census(), tmp_path_factory.mktemp("unusual"))


def test_measured_at_one_end_only_is_left_out_of_both(unusual):
    # Phi: (10*2 + 5*1 + 3*1.5) / 18 before, (20*2.5 + 5*1.5 + 2*1.25) / 27 after.
    rows = [r for r in unusual if r["method"] == "gr" and r["window"] == "pre"]
    [total, *_] = [r for r in rows if r["level"] == "total" and r["share"] == "employment"]
    assert total["total"] == pytest.approx(60.0 / 27 - 29.5 / 18, abs=CLOSE)
    assert total["left_out"] == 2
    by_industry = {r["industry"]: r["left_out"] for r in rows if r["level"] == "industry4"}
    assert by_industry == {"1011": 1, "1012": 0, "2022": 1, "3033": 0, "4044": 0}


def test_a_mover_leaves_one_industry_and_enters_another(unusual):
    where = {"method": "bhc", "window": "pre", "share": "employment"}
    # In 1011 (15 jobs before, 20 after): stays 2/3 * .5; the mover leaves with 1/3 * 1.
    left = terms(unusual, level="industry4", industry="1011", **where)
    assert left["within"] == pytest.approx(10 / 15 * 0.5, abs=CLOSE)
    assert left["exit"] == pytest.approx(-5 / 15 * 1.0, abs=CLOSE)
    # Both codes are of one group, in which it continues.
    group = terms(unusual, level="industry2", industry="10", **where)
    assert (group["entry"], group["exit"]) == (0.0, 0.0)
    pre = [r for r in unusual if r["window"] == "pre" and r["industry"] in ("1011", "10")]
    moved = {r["level"]: r["moved"] for r in pre}
    assert moved == {"industry4": 1, "industry2": 0}


def test_notes_name_the_terms_that_another_money_unit_changes(engine, unusual, tmp_path):
    """All money in thousandths: every log productivity rises by ln 1000."""
    thousandfold = [
        {**row, "value_added": 1000 * row["value_added"], "sales": 1000 * row["sales"]}
        for row in unusual_census()
    ]
    again = published(engine, decomposing(shares=("employment", "sales")), thousandfold, tmp_path)
    names = ("window", "year", "share", "method", "level", "industry", "term")
    other = {tuple(row[name] for name in names): row for row in again}
    moved = set()
    for row in unusual:
        found = other[tuple(row[name] for name in names)]
        assert row["note"] == found["note"]
        if row["value"] is None or math.isclose(row["value"], found["value"], abs_tol=1e-9):
            continue
        assert WITH_UNIT in row["note"] or LEVEL_WITH_UNIT in row["note"]
        moved.add((row["method"], row["term"]))
    changing = {("bhc", term) for term in MOVED_BY_UNIT["bhc"]}
    assert moved == changing | {("olley_pakes", "mean")}


def test_industries_of_one_year_have_terms_of_their_own(unusual):
    where = {"method": "gr", "window": "pre", "share": "employment"}
    found = terms(unusual, level="industry2_aggregated", **where)
    phi0, phi1 = 29.5 / 18, 60.0 / 27
    reference = (phi0 + phi1) / 2
    assert found["industry_entry"] == pytest.approx(2 / 27 * (1.25 - reference), abs=CLOSE)
    assert found["industry_exit"] == pytest.approx(-3 / 18 * (1.5 - reference), abs=CLOSE)
    assert math.fsum(found.values()) == pytest.approx(phi1 - phi0, abs=CLOSE)


def test_a_method_without_its_reference_says_why(unusual):
    rows = [r for r in unusual if r["method"] == "bg" and r["industry"] == "4044"]
    assert {row["value"] for row in rows} == {None}
    assert all(row["note"].startswith("no weight at an end of the window") for row in rows)


@pytest.mark.parametrize("industry_at", ["own_year", "start", "end"])
def test_unusual_censuses_agree_with_the_reference(engine, tmp_path, industry_at):
    study = decomposing(shares=("sales", "employment"))
    matching = replace(study.matching, continuing=("domestic_both_ends",), industry_at=industry_at)
    study = replace(study, matching=matching)
    rows = unusual_census()
    if industry_at == "own_year":  # where sales are unknown, an establishment is in no share
        rules = {**study.census.rules, "invalid_sales": "keep"}
        study = replace(study, census=replace(study.census, rules=rules))
        rows += unknown_sales()
    expected = measure(rows, study)["decompositions"]
    found = published(engine, study, rows, tmp_path)
    assert differences("decompositions", expected, found) == []
    if industry_at != "own_year":
        return
    where = {"window": "pre", "share": "sales", "method": "fhk", "level": "total"}
    told = [row for row in found if where.items() <= row.items()]
    without = measure(unusual_census(), study)["decompositions"]
    plain = [row for row in without if where.items() <= row.items()]
    assert terms(told) == pytest.approx(terms(plain), abs=CLOSE)
    assert told[0]["left_out"] == plain[0]["left_out"] + 4
    assert all("unknown at an end of 4 establishments" in row["note"] for row in told)
    (level,) = {
        (row["left_out"], row["establishments"])
        for row in found
        if (row["method"], row["year"], row["level"]) == ("olley_pakes", 2000, "total")
        and row["share"] == "sales"
    }
    assert level[0] == 2


def unknown_sales() -> list[dict[str, Any]]:
    """Of an exiter, an entrant, and at either end of who continues, one changing its industry."""
    lost = {"sales": None}
    return [
        establishment("gone", 2000, 2.0, 5, **lost),
        establishment("new", 2002, 2.0, 5, **lost),
        establishment("first", 2000, 2.0, 5, **lost),
        establishment("first", 2002, 2.1, 6, sales=40.0),
        establishment("last", 2000, 2.0, 5, sales=40.0),
        establishment("last", 2002, 2.1, 6, industry="2022", **lost),
    ]


def test_a_study_without_the_section_has_no_such_table(engine, tmp_path):
    study = with_inputs(replace(decomposing(), decomposition=None), dfvad_census(), tmp_path)
    assert "decompositions" not in publish_study(engine, study, tmp_path / "out")
