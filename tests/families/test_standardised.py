"""Standardised productivity through an engine, by hand."""

import math
from typing import Any

import pytest

from reference.run import publish_study, with_inputs
from reference.studies import study_with
from tradegains.study import Study, Window

CLOSE = 1e-12


def establishment(number: int, industry: str, phi: float, jobs: float) -> dict[str, Any]:
    return {
        "establishment_id": f"{number}",
        "year": 2000,
        "industry": industry,
        "employment": float(jobs),
        "sales": 100.0,
        "exports": 0.0,
        "value_added": jobs * math.exp(phi),
    }


# 1011: log productivity 0, 1, 2 with 1, 1 and 2 jobs: median 1, sd sqrt(2/3). 3301: 0 and 4 with
# 2 and 6 jobs: median 2, sd 2. No spread: a single establishment in 1012, two alike in 2022, and
# two in 2023 that differ by half a percent.
ROWS = [
    establishment(1, "1011", 0.0, 1),
    establishment(2, "1011", 1.0, 1),
    establishment(3, "1011", 2.0, 2),
    establishment(4, "3301", 0.0, 2),
    establishment(5, "3301", 4.0, 6),
    establishment(6, "1012", 7.0, 50),
    establishment(7, "2022", 3.0, 1),
    establishment(8, "2022", 3.0, 1),
    establishment(9, "2023", 3.0, 1),
    establishment(10, "2023", 3.005, 1),
    establishment(5, "3301", 6.0, 6) | {"year": 2004},
    establishment(6, "1012", 7.0, 50) | {"year": 2004},
    establishment(7, "2022", 4.0, 1) | {"year": 2004},
]
# The industries with a spread have 4 and 8 jobs.
KAPPA = (4 * math.sqrt(2 / 3) + 8 * 2) / 12


def study(standardised_by: str | None) -> Study:
    return study_with(
        windows=(Window("whole", 2000, 2004),),
        matching={"continuing": ("both_ends",), "annual": False},
        productivity={
            "median_base": ("same_year", "base_year"),
            "years": (2000,),
            "standardised_by": standardised_by,
        },
        welfare={"windows": ("whole",), "difference": None},
        report={"figure_years": (2000,), "figure_windows": ("whole",)},
    )


@pytest.fixture(scope="module")
def published(engine, tmp_path_factory):
    def run(standardised_by: str | None):
        folder = tmp_path_factory.mktemp("standardised")
        written = with_inputs(study(standardised_by), ROWS, folder)
        return publish_study(engine, written, folder / "out")

    return {by: run(by) for by in ("unweighted_sd", "employment_weighted_sd", None)}


def moments(tables, **where: Any) -> dict[str, Any]:
    where = {"window": None, "population": "all", "measure": "standardised"} | where
    [row] = [
        row for row in tables["moments"] if all(row[name] == value for name, value in where.items())
    ]
    return row


def test_values_are_in_units_of_their_industry_times_kappa(published):
    # 1011: kappa (-1, 0, 1) / sqrt(2/3); 3301: kappa (-1, 1). Weights 1, 1, 2; 2, 6.
    row = moments(published["unweighted_sd"], weighting="employment")
    assert (row["establishments"], row["employment"]) == (5, 12.0)
    assert row["kappa"] == pytest.approx(KAPPA, abs=CLOSE)
    outer = KAPPA / math.sqrt(2 / 3)
    # Ascending: -outer 1, -kappa 2, 0 1, kappa 6, outer 2 of 12 jobs.
    wanted = {"p01": -outer, "p25": -KAPPA, "p50": KAPPA, "p75": KAPPA, "p90": outer}
    assert {name: row[name] for name in wanted} == pytest.approx(wanted, abs=CLOSE)
    mean = (outer + 4 * KAPPA) / 12
    assert row["mean"] == pytest.approx(mean, abs=CLOSE)
    variance = (3 * outer**2 + 8 * KAPPA**2) / 12 - mean**2
    assert row["sd"] == pytest.approx(math.sqrt(variance), abs=CLOSE)


def test_a_weighted_spread_is_the_weighted_one(published):
    # 1011: mean 5/4, variance 9/4 - 25/16. 3301: mean 3, variance (2 * 9 + 6) / 8.
    sds = (math.sqrt(0.6875), math.sqrt(3))
    row = moments(published["employment_weighted_sd"], weighting="unweighted")
    assert row["kappa"] == pytest.approx((sds[0] + 2 * sds[1]) / 3, abs=CLOSE)
    # Rank 3.96 from 0, between 3301's upper 2 / sd and 1011's upper 1 / sd.
    largest = row["kappa"] * (0.96 / sds[0] + 0.04 * 2 / sds[1])
    assert row["p99"] == pytest.approx(largest, abs=CLOSE)
    assert row["sd"] == pytest.approx(row["kappa"] * math.sqrt((2 / 0.6875 + 8 / 3) / 5), abs=CLOSE)


def test_industries_without_a_spread_are_counted(published):
    row = moments(published["unweighted_sd"], weighting="employment")
    assert row["note"] == (
        "standardised by an assumed formula; 5 establishments of 3 industries without a spread to "
        "divide by in 2000 are left out of this year"
    )
    sds = {
        each["industry"]: each["sd"]
        for each in published["unweighted_sd"]["industry_medians"]
        if each["year"] == 2000
    }
    assert sds.pop("1011") == pytest.approx(math.sqrt(2 / 3), abs=CLOSE)
    assert sds.pop("3301") == pytest.approx(2.0, abs=CLOSE)
    assert sds == {"1012": None, "2022": None, "2023": None}


def test_under_base_year_the_first_year_scales_both(published):
    # 3301 in 2004: kappa (6 - 2) / 2.
    row = moments(
        published["unweighted_sd"],
        year=2004,
        window="whole",
        median_base="base_year",
        weighting="employment",
    )
    assert (row["establishments"], row["p50"]) == (1, pytest.approx(2 * KAPPA, abs=CLOSE))
    assert "2 establishments of 2 industries without a spread to divide by in 2000" in row["note"]


def test_a_year_in_which_nobody_has_a_spread_has_no_numbers(published):
    row = moments(
        published["unweighted_sd"],
        year=2004,
        window="whole",
        population="continuing",
        median_base="same_year",
        weighting="employment",
    )
    assert (row["establishments"], row["kappa"], row["p50"], row["mean"]) == (0, None, None, None)
    assert "no establishment with log productivity" in row["note"]


def test_relative_productivity_stays_as_it_is(published):
    plain = published[None]
    assert {row["measure"] for row in plain["moments"]} == {"relative"}
    for name in ("moments", "histograms"):
        for by in ("unweighted_sd", "employment_weighted_sd"):
            rows = [row for row in published[by][name] if row["measure"] == "relative"]
            assert without_run(rows) == without_run(plain[name])
    assert {row["sd"] for row in plain["industry_medians"]} == {None}
    assert {row["kappa"] for row in plain["moments"]} == {None}


def without_run(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"run_id": None} for row in rows]


def test_histograms_have_both(published):
    bins = [
        (row["bin_start"], row["establishments"])
        for row in published["unweighted_sd"]["histograms"]
        if (row["window"], row["population"], row["measure"]) == (None, "all", "standardised")
    ]
    # Width 0.25: -outer -1.97, -kappa -1.61, 0, kappa 1.61, outer 1.97.
    assert bins == [(-2.0, 1), (-1.75, 1), (0.0, 1), (1.5, 1), (1.75, 1)]


def test_one_scale_for_all_industries_changes_nothing(engine, tmp_path):
    # A single industry: kappa is its sd, so standardised values are the relative ones.
    rows = [row for row in ROWS if row["industry"] == "1011"]
    rows += [row | {"year": 2004} for row in rows]
    alone = with_inputs(study("unweighted_sd"), rows, tmp_path)
    tables = publish_study(engine, alone, tmp_path / "out")
    for weighting in ("employment", "unweighted"):
        found = moments(tables, weighting=weighting)
        plain = moments(tables, weighting=weighting, measure="relative")
        for name in ("mean", "sd", "skewness", "kurtosis", "p01", "p50", "p99"):
            assert found[name] == pytest.approx(plain[name], abs=CLOSE)
