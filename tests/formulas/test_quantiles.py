import math
import statistics
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tradegains.formulas.quantiles import (
    MEDIAN,
    PERCENTILES,
    interpolate,
    linear_position,
    median,
    merge_ties,
    quantile,
    value_at,
    weighted_quantile,
    weighted_target,
)

laws = settings(max_examples=40, deadline=None)
# Few distinct values make ties; a giant weight and zeros make the other corners.
numbers = st.one_of(
    st.sampled_from([-1.5, -0.1, 0.0, 0.1, 0.3, 2.0]),
    st.floats(-1e6, 1e6, allow_nan=False),
)
weights = st.one_of(st.integers(0, 5), st.just(10**12))
rows = st.lists(st.tuples(numbers, weights), min_size=1, max_size=12)
fractions = st.one_of(
    st.sampled_from([Fraction(0), Fraction(1), *PERCENTILES.values()]),
    st.fractions(0, 1, max_denominator=1000),
)


def split(pairs: list[tuple[float, int]]) -> tuple[list[float], list[int]]:
    return [x for x, _ in pairs], [w for _, w in pairs]


# x = 1, 2, 3 with w = 1, 1, 2: F is 1/4, 1/2, 1.
@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (Fraction(0), 1.0),
        (Fraction(1, 4), 1.0),
        (Fraction(26, 100), 2.0),
        (Fraction(1, 2), 2.0),
        (Fraction(51, 100), 3.0),
        (Fraction(1), 3.0),
    ],
)
def test_weighted_quantile_at_the_steps(p: Fraction, expected: float) -> None:
    assert weighted_quantile([3.0, 1.0, 2.0], [2, 1, 1], p) == expected


def test_the_target_is_exact_where_doubles_are_not() -> None:
    # 0.07 * 100 is 7.000000000000001 in doubles, whose ceiling is 8.
    assert math.ceil(0.07 * 100) == 8
    assert weighted_target(100, Fraction(7, 100)) == 7


def test_the_target_is_exact_beyond_the_digits_of_a_double() -> None:
    total = 4 * (10**17) + 2
    assert weighted_target(total, Fraction(1, 2)) == 2 * 10**17 + 1
    assert weighted_target(total - 1, Fraction(1, 2)) == 2 * 10**17 + 1


def test_the_smallest_value_needs_some_weight() -> None:
    assert weighted_target(4, Fraction(0)) == 1
    assert value_at([(1.0, 0), (2.0, 4)], weighted_target(4, Fraction(0))) == 2.0
    assert merge_ties([1.0, 2.0], [0, 4]) == [(2.0, 4)]


def test_any_whole_number_is_a_weight_and_adds_up_as_an_int() -> None:
    class ThreeUnits:
        def __index__(self) -> int:
            return 3

    assert merge_ties([1.0, 1.0], [ThreeUnits(), 1]) == [(1.0, 4)]  # type: ignore[list-item]


@laws
@given(rows, fractions)
def test_it_is_the_smallest_value_that_reaches_the_share(
    pairs: list[tuple[float, int]], p: Fraction
) -> None:
    assume(any(w for _, w in pairs))
    found = weighted_quantile(*split(pairs), p)
    total = sum(w for _, w in pairs)
    up_to = sum(w for x, w in pairs if x <= found)
    below = sum(w for x, w in pairs if x < found)
    assert found in {x for x, w in pairs if w}
    assert up_to >= p * total
    assert below < p * total or below == 0


@laws
@given(rows, fractions, st.data())
def test_splitting_a_row_and_the_order_of_rows_change_nothing(
    pairs: list[tuple[float, int]], p: Fraction, data: st.DataObject
) -> None:
    assume(any(w for _, w in pairs))
    x, w = pairs[0]
    part = data.draw(st.integers(0, w))
    shuffled = data.draw(st.permutations([(x, part), (x, w - part), *pairs[1:]]))
    assert weighted_quantile(*split(shuffled), p) == weighted_quantile(*split(pairs), p)


@laws
@given(rows, fractions, st.integers(1, 1000))
def test_the_unit_of_the_weights_changes_nothing(
    pairs: list[tuple[float, int]], p: Fraction, unit: int
) -> None:
    assume(any(w for _, w in pairs))
    scaled = [(x, w * unit) for x, w in pairs]
    assert weighted_quantile(*split(scaled), p) == weighted_quantile(*split(pairs), p)


@laws
@given(rows, fractions, fractions)
def test_quantiles_ascend(pairs: list[tuple[float, int]], p: Fraction, q: Fraction) -> None:
    assume(any(w for _, w in pairs))
    low, high = sorted((p, q))
    assert weighted_quantile(*split(pairs), low) <= weighted_quantile(*split(pairs), high)
    values, _ = split(pairs)
    assert quantile(values, low) <= quantile(values, high)


def test_a_giant_employer_is_every_quantile_it_outweighs() -> None:
    values, employment = [-1.0, 0.5, 2.0], [10, 10**9, 10]
    assert {weighted_quantile(values, employment, p) for p in PERCENTILES.values()} == {0.5}


@pytest.mark.parametrize(
    ("values", "p", "expected"),
    [
        ([1.0, 3.0], MEDIAN, 2.0),
        ([3.0, 1.0, 2.0], MEDIAN, 2.0),
        # (4 - 1) / 4 = 0.75 of the way from 1 to 2.
        ([1.0, 2.0, 3.0, 4.0], Fraction(1, 4), 1.75),
        # (3 - 1) 9/10 = 1.8: 8 tenths of the way from 2 to 4.
        ([1.0, 2.0, 4.0], Fraction(9, 10), 3.6),
        ([7.0], Fraction(99, 100), 7.0),
    ],
)
def test_unweighted_quantiles_interpolate(
    values: list[float], p: Fraction, expected: float
) -> None:
    assert quantile(values, p) == expected


@laws
@given(st.lists(numbers, min_size=1, max_size=12))
@example([0.1, 0.7])
def test_the_median_is_the_mean_of_the_middle_values(values: list[float]) -> None:
    ordered = sorted(values)
    lower, upper = ordered[(len(values) - 1) // 2], ordered[len(values) // 2]
    assert median(values) == (lower + upper) / 2 == statistics.median(values)


def test_interpolation_rounds_once() -> None:
    # lower + (upper - lower) / 2 rounds the difference, which moves the last digit here.
    lower, upper = 0.1, 0.7
    assert lower + 0.5 * (upper - lower) != (lower + upper) / 2
    assert interpolate(lower, upper, MEDIAN) == (lower + upper) / 2


@laws
@given(numbers, numbers, fractions)
def test_interpolation_stays_between_its_ends(a: float, b: float, p: Fraction) -> None:
    lower, upper = sorted((a, b))
    assert lower <= interpolate(lower, upper, p) <= upper


@laws
@given(st.lists(numbers, min_size=1, max_size=12), fractions)
def test_ranks_among_merged_cells_give_the_same_quantile(values: list[float], p: Fraction) -> None:
    # What a distributed selection does: ranks in cells of distinct values with counts.
    cells = merge_ties(values, [1] * len(values))
    lower, fraction = linear_position(len(values), p)
    upper = value_at(cells, lower + 2) if fraction else math.nan
    assert interpolate(value_at(cells, lower + 1), upper, fraction) == quantile(values, p)


def test_a_float_share_is_refused() -> None:
    with pytest.raises(TypeError, match="Fraction"):
        weighted_target(10, 0.1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Fraction"):
        linear_position(10, 0.1)  # type: ignore[arg-type]


@pytest.mark.parametrize("p", [Fraction(-1, 100), Fraction(101, 100)])
def test_a_share_outside_0_to_1_is_refused(p: Fraction) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        weighted_target(10, p)


def test_weights_must_be_whole_and_not_negative() -> None:
    with pytest.raises(TypeError):
        weighted_quantile([1.0], [0.5], MEDIAN)  # type: ignore[list-item]
    with pytest.raises(ValueError, match=">= 0"):
        weighted_quantile([1.0, 2.0], [-1, 2], MEDIAN)


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="numbers"):
        weighted_quantile([math.nan], [1], MEDIAN)
    with pytest.raises(ValueError, match="numbers"):
        quantile([1.0, math.nan], MEDIAN)


def test_nothing_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="no weight"):
        weighted_quantile([1.0], [0], MEDIAN)
    with pytest.raises(ValueError, match="no value"):
        median([])
    with pytest.raises(ValueError, match="weigh less"):
        value_at([(1.0, 2)], 3)


def test_the_published_percentiles() -> None:
    assert list(PERCENTILES) == ["p01", "p05", "p10", "p25", "p50", "p75", "p90", "p95", "p99"]
    assert PERCENTILES["p05"] == Fraction(5, 100)
