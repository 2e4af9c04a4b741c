"""Moments by industry and the table `dispersion` through an engine, by hand."""

import math
from dataclasses import replace
from typing import Any

import pytest

from reference.run import publish_study, with_inputs
from reference.studies import study_with
from tradegains.study import Dispersion, Window

# On Spark the generative test holds both tables to the reference engine, at every level.
pytestmark = pytest.mark.only("embedded")

CLOSE = 1e-12


def establishment(number: int, phi: float, jobs: float, **other: Any) -> dict[str, Any]:
    return {
        "establishment_id": f"{number}",
        "year": 2000,
        "industry": "1011",
        "employment": float(jobs),
        "sales": 100.0,
        "exports": 0.0,
        "value_added": jobs * math.exp(phi),
    } | other


# 1011: log productivity 0, 1, 2 with 1, 1 and 2 jobs. 1012: one establishment. 2022: two alike.
ROWS = [
    establishment(1, 0.0, 1),
    establishment(2, 1.0, 1, exports=1.0),
    establishment(3, 2.0, 2),
    establishment(4, 7.0, 5, industry="1012"),
    establishment(5, 3.0, 1, industry="2022"),
    establishment(6, 3.0, 1, industry="2022"),
    establishment(7, 3.0, 1, year=2004),
]

STUDY = study_with(
    windows=(Window("whole", 2000, 2004),),
    matching={"continuing": ("both_ends",), "annual": False},
    productivity={
        "median_base": ("same_year",),
        "years": (2000,),
        "levels": ("total", "industry2", "industry4"),
    },
    welfare={"windows": ("whole",), "difference": None},
    report={"figure_years": (2000,), "figure_windows": ("whole",)},
    dispersion=Dispersion(n_min=2),
)


@pytest.fixture(scope="module")
def tables(engine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dispersion")
    return publish_study(engine, with_inputs(STUDY, ROWS, folder), folder / "out")


def dispersion(tables, **where: Any) -> dict[str, Any]:
    [row] = [
        row
        for row in tables["dispersion"]
        if all(row[name] == value for name, value in where.items())
    ]
    return row


def spreads(row: dict[str, Any]) -> list[float]:
    return [row[name] for name in ("sd", "d7525", "d9010", "d9990", "d1001")]


def test_unweighted_quantiles_interpolate(tables):
    # Of 0, 1, 2: p75 1.5, p25 .5; p90 1.8, p10 .2; p99 1.98, p01 .02.
    row = dispersion(tables, industry="1011", weighting="unweighted")
    assert spreads(row) == pytest.approx([math.sqrt(2 / 3), 1.0, 1.6, 0.18, 0.18], abs=CLOSE)
    assert (row["establishments"], row["employment"]) == (3, 4.0)


def test_weighted_quantiles_are_values(tables):
    # Weights 1, 1, 2: p25 and below are 0, p75 and above 2; variance 9/4 - (5/4)**2.
    row = dispersion(tables, industry="1011", weighting="employment")
    assert spreads(row) == pytest.approx([math.sqrt(0.6875), 2.0, 2.0, 0.0, 0.0], abs=CLOSE)


def test_the_mean_is_over_industries_with_enough_establishments(tables):
    row = dispersion(tables, level="industries_mean", weighting="unweighted")
    assert (row["industries"], row["establishments"]) == (2, 5)
    assert spreads(row) == pytest.approx([math.sqrt(2 / 3) / 2, 0.5, 0.8, 0.09, 0.09], abs=CLOSE)
    alone = dispersion(tables, industry="1012", weighting="unweighted")
    assert spreads(alone) == [0.0] * 5
    assert alone["note"]


def theil(x: list[float], weights: list[float]) -> float:
    total = sum(weights)
    mean = sum(w * each for each, w in zip(x, weights, strict=True)) / total
    terms = (w * each / mean * math.log(each / mean) for each, w in zip(x, weights, strict=True))
    return sum(terms) / total


def test_theil_is_of_the_level_and_nothing_where_productivity_is_equal(tables):
    x = [1.0, math.e, math.e**2]
    plain, weighted = theil(x, [1, 1, 1]), theil(x, [1, 1, 2])
    for weighting, expected in (("unweighted", plain), ("employment", weighted)):
        found = {row["industry"]: row["theil"] for row in tables["dispersion"]
                 if row["weighting"] == weighting}  # fmt: skip
        # The mean is over 1011 and 2022, where productivity is equal.
        assert found == pytest.approx(
            {"1011": expected, "1012": 0.0, "2022": 0.0, None: expected / 2}, abs=CLOSE
        )
        assert (found["1012"], found["2022"]) == (0.0, 0.0)


def moments(tables, **where: Any) -> list[dict[str, Any]]:
    where |= {"weighting": "unweighted"}
    return [
        row for row in tables["moments"] if all(row[name] == value for name, value in where.items())
    ]


def test_moments_of_an_industry_are_relative_to_its_own_median(tables):
    [row] = moments(tables, level="industry4", industry="1011", population="all")
    assert [row[name] for name in ("mean", "p50", "p75")] == pytest.approx([0, 0, 0.5], abs=CLOSE)
    # 1011 and 1012 make group 10: relative productivity -1, 0, 1 and 0.
    [row] = moments(tables, level="industry2", industry="10", population="all")
    assert row["establishments"] == 4
    assert row["sd"] == pytest.approx(math.sqrt(0.5), abs=CLOSE)


def test_only_all_establishments_are_told_by_industry(tables):
    found = moments(tables, level="industry4")
    assert {row["population"] for row in found} == {"all"}
    assert {row["industry"]: row["establishments"] for row in found} == {
        "1011": 3,
        "1012": 1,
        "2022": 2,
    }


def test_without_levels_and_section_nothing_is_told_by_industry(engine, tmp_path):
    plain = replace(
        STUDY,
        dispersion=None,
        productivity=replace(STUDY.productivity, levels=("total",)),
    )
    found = publish_study(engine, with_inputs(plain, ROWS, tmp_path), tmp_path / "out")
    assert "dispersion" not in found
    assert {row["level"] for row in found["moments"]} == {"total"}
