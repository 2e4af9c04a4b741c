import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradegains.formulas.fixed_point import LARGEST_AMOUNT
from tradegains.formulas.growth import deflate
from tradegains.formulas.productivity import (
    BASE_YEAR,
    POOLED,
    SAME_YEAR,
    lileeva_kappa,
    lileeva_productivity,
    log_labour_productivity,
    mean_over_industries,
    median_years,
    productivity_class,
    productivity_problem,
    quantile_gaps,
    relative_productivity,
)
from tradegains.formulas.quantiles import median

laws = settings(max_examples=40, deadline=None)
START, END = 1988, 1996
BASES = (SAME_YEAR, BASE_YEAR, POOLED)
# Differences of two numbers below 20 that are doubles.
ROUNDING = 1e-13


class Observation(NamedTuple):
    """Log productivity of an establishment in one year."""

    year: int
    industry: str
    log_productivity: float


def relative_productivities(rows: Sequence[Observation], base: str) -> list[float | None]:
    """Of both years, by the formulas; None where the industry has no median in its base."""
    groups: defaultdict[tuple[str, tuple[int, ...]], list[float]] = defaultdict(list)
    for years in {median_years(base, year, start=START, end=END) for year in (START, END)}:
        for row in rows:
            if row.year in years:
                groups[row.industry, years].append(row.log_productivity)
    keys = [(row.industry, median_years(base, row.year, start=START, end=END)) for row in rows]
    return [
        relative_productivity(row.log_productivity, median(groups[key])) if groups[key] else None
        for row, key in zip(rows, keys, strict=True)
    ]


logs = st.one_of(st.sampled_from([0.0, 1.0, 2.5]), st.floats(-10, 10, allow_nan=False))
observations = st.lists(
    st.builds(
        Observation, st.sampled_from([START, END]), st.sampled_from(["1011", "1012", "2011"]), logs
    ),
    max_size=20,
)


def test_log_labour_productivity_by_hand() -> None:
    assert log_labour_productivity(math.e * 8, 8.0) == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize(
    ("output", "labour", "problem"),
    [
        (None, 1.0, "output or labour is missing"),
        (1.0, None, "output or labour is missing"),
        (math.nan, 1.0, "output or labour is missing"),
        (0.0, 1.0, "output is not positive"),
        (-5.0, 0.0, "output is not positive"),
        (1.0, 0.0, "labour is not positive"),
        (1.0, -1.0, "labour is not positive"),
        (math.inf, 1.0, "output over labour is out of range"),
        (1e300, 1e-300, "output over labour is out of range"),
        (LARGEST_AMOUNT, 1e-300, "output over labour is out of range"),
        (5e-324, LARGEST_AMOUNT, "output over labour is out of range"),
        (1.0, math.nextafter(LARGEST_AMOUNT, math.inf), "output over labour is out of range"),
    ],
)
def test_no_productivity_has_a_reason(
    output: float | None, labour: float | None, problem: str
) -> None:
    assert productivity_problem(output, labour) == problem
    assert log_labour_productivity(output, labour) is None


@laws
@given(st.floats(-1, 1e9, allow_nan=False), st.floats(-1, 1e6, allow_nan=False))
def test_productivity_is_there_exactly_when_there_is_no_problem(
    output: float, labour: float
) -> None:
    found = log_labour_productivity(output, labour)
    assert (found is None) == bool(productivity_problem(output, labour))


# Industry 1011: 1988 phi 1, 3 (median 2); 1996 phi 4 (median 4); together 1, 3, 4 (median 3).
# Industry 1012: only in 1996, phi 5.
ROWS = [
    Observation(1988, "1011", 1.0),
    Observation(1988, "1011", 3.0),
    Observation(1996, "1011", 4.0),
    Observation(1996, "1012", 5.0),
]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (SAME_YEAR, [-1.0, 1.0, 0.0, 0.0]),
        (BASE_YEAR, [-1.0, 1.0, 2.0, None]),
        (POOLED, [-2.0, 0.0, 1.0, 0.0]),
    ],
)
def test_relative_productivity_under_each_base(base: str, expected: list[float | None]) -> None:
    assert relative_productivities(ROWS, base) == expected


@pytest.mark.parametrize(
    ("base", "of_start", "of_end"),
    [
        (SAME_YEAR, (START,), (END,)),
        (BASE_YEAR, (START,), (START,)),
        (POOLED, (START, END), (START, END)),
    ],
)
def test_each_base_has_its_years(
    base: str, of_start: tuple[int, ...], of_end: tuple[int, ...]
) -> None:
    assert median_years(base, START, start=START, end=END) == of_start
    assert median_years(base, END, start=START, end=END) == of_end


@laws
@given(observations)
def test_the_median_establishment_of_the_base_scores_zero(rows: list[Observation]) -> None:
    for base in BASES:
        relative = relative_productivities(rows, base)
        years_by_row = [median_years(base, row.year, start=START, end=END) for row in rows]
        for industry in {row.industry for row in rows}:
            for years in set(years_by_row):
                scores = [
                    score
                    for score, row in zip(relative, rows, strict=True)
                    if row.industry == industry and row.year in years and score is not None
                ]
                if scores:
                    assert median(scores) == pytest.approx(0.0, abs=ROUNDING)


@laws
@given(observations, st.floats(-5, 5, allow_nan=False))
def test_inflation_shows_in_the_base_year_and_not_in_the_same_year(
    rows: list[Observation], inflation: float
) -> None:
    inflated = [
        Observation(row.year, row.industry, row.log_productivity + inflation * (row.year == END))
        for row in rows
    ]
    for base, shift in ((SAME_YEAR, 0.0), (BASE_YEAR, inflation)):
        before = relative_productivities(rows, base)
        after = relative_productivities(inflated, base)
        for row, old, new in zip(rows, before, after, strict=True):
            assert (old is None) == (new is None)
            if old is not None:
                expected = old + (shift if row.year == END else 0.0)
                assert new == pytest.approx(expected, abs=ROUNDING)


def test_deflated_output_gives_real_productivity() -> None:
    nominal, real = (
        log_labour_productivity(110.0, 5.0),
        log_labour_productivity(deflate(110.0, 1.1), 5.0),
    )
    assert nominal is not None
    assert real == pytest.approx(nominal - math.log(1.1), rel=1e-14)


def test_a_value_on_a_cut_belongs_below() -> None:
    cuts = [-0.5, 0.0, 0.5]
    assert [productivity_class(x, cuts) for x in (-9.0, -0.5, -0.49, 0.0, 0.5, 0.51)] == [
        1,
        1,
        2,
        2,
        3,
        4,
    ]


def test_lileevas_scale_by_hand() -> None:
    # sd 0.5 with 300 jobs, sd 1 with 100: kappa 250/400. Scores 0.4 and 0.8 are both 0.8 sd.
    kappa = lileeva_kappa([0.5, 1.0], [300, 100])
    assert kappa == 0.625
    assert lileeva_productivity(0.4, 0.5, kappa) == pytest.approx(0.5, rel=1e-15)
    assert lileeva_productivity(0.8, 1.0, kappa) == pytest.approx(0.5, rel=1e-15)


def test_lileevas_scale_leaves_a_lone_industry_alone() -> None:
    assert lileeva_productivity(0.3, 0.7, lileeva_kappa([0.7], [12])) == pytest.approx(0.3)
    assert lileeva_kappa([], []) is None


def test_dispersion_gaps_by_hand() -> None:
    quantiles = {"p01": -3.0, "p10": -1.0, "p25": -0.25, "p75": 0.5, "p90": 1.5, "p99": 4.0}
    gaps = quantile_gaps(quantiles)
    assert gaps == {"d7525": 0.75, "d9010": 2.5, "d9990": 2.5, "d1001": 2.0}
    assert set(quantile_gaps({}).values()) == {None}


def test_a_mean_over_industries_counts_them_alike() -> None:
    assert mean_over_industries([1.0, 2.0, 6.0]) == 3.0
    assert mean_over_industries([]) is None
