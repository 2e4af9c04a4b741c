import math
import random

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tradegains.formulas.fixed_point import BIGINT_LIMIT, moment_scale_bits
from tradegains.formulas.moments import (
    Moments,
    bin_position,
    moments_about_mean,
    moments_of,
    moved_power_sums,
    weighted_powers,
)

laws = settings(max_examples=40, deadline=None)
WIDTH = 2.0
# Doubles keep 16 digits; moments of values below 10 with a spread of at least 0.01 lose under 7.
CLOSE = 1e-9

values = st.one_of(
    st.sampled_from([-2.0, -0.5, 0.0, 0.004, 0.5, 1.25]),
    st.floats(-5, 5, allow_nan=False),
)
weights = st.one_of(st.integers(0, 3), st.integers(1, 50_000), st.just(10**9))
rows = st.lists(st.tuples(values, weights), min_size=1, max_size=12)
Rows = list[tuple[float, int]]


def from_sums(pairs: Rows) -> Moments | None:
    """Moments by way of the sums of single rows about the centres of their bins."""
    cells = []
    for value, weight in pairs:
        index = math.floor(value / WIDTH)
        powers = weighted_powers(weight, bin_position(value, WIDTH, index), 1.0)
        scaled = [power * WIDTH**k for k, power in enumerate(powers, start=1)]
        cells.append(((index + 0.5) * WIDTH, (weight, *scaled)))
    total = sum(weight for _, weight in pairs)
    if not total:
        return None
    mean = math.fsum(moved_power_sums(sums, centre)[1] for centre, sums in cells) / total
    moved = [moved_power_sums(sums, centre - mean) for centre, sums in cells]
    central = [math.fsum(column) for column in zip(*moved, strict=True)]
    return moments_about_mean(len(pairs), mean, central)


def reference(pairs: Rows) -> Moments | None:
    return moments_of([x for x, _ in pairs], [w for _, w in pairs])


# x = 0, 0, 0, 4 by count: mean 1, deviations -1, -1, -1, 3.
# Sums of powers: squares 1+1+1+9 = 12, cubes -3+27 = 24, fourths 3+81 = 84; over 4: 3, 6, 21.
# sd = sqrt 3, skewness 6 / 3**1.5 = 2 / sqrt 3, kurtosis 21 / 9 = 7/3.
@pytest.mark.parametrize("way", [from_sums, reference])
@pytest.mark.parametrize("pairs", [[(0.0, 1)] * 3 + [(4.0, 1)], [(0.0, 3), (4.0, 1)]])
def test_by_hand(way, pairs: Rows) -> None:
    moments = way(pairs)
    assert moments.weight == 4
    assert moments.mean == pytest.approx(1.0, abs=1e-12)
    assert moments.sd == pytest.approx(math.sqrt(3), rel=1e-12)
    assert moments.skewness == pytest.approx(2 / math.sqrt(3), rel=1e-12)
    assert moments.kurtosis == pytest.approx(7 / 3, rel=1e-12)


def test_the_normal_distribution_has_kurtosis_3() -> None:
    draw = random.Random(1988)
    moments = moments_of([draw.gauss(2, 0.5) for _ in range(20_000)], [1.0] * 20_000)
    assert moments is not None
    # Standard errors at this size: 0.0035, 0.0025, 0.017 and 0.035; four of each.
    assert moments.mean == pytest.approx(2, abs=0.015)
    assert moments.sd == pytest.approx(0.5, abs=0.01)
    assert moments.skewness == pytest.approx(0, abs=0.07)
    assert moments.kurtosis == pytest.approx(3, abs=0.14)


@laws
@given(rows)
@example([(0.0, 1), (5.0, 10**9)])
@example([(-5.0, 1), (-5.0, 1), (4.999, 0)])
def test_sums_give_the_moments_of_the_rows(pairs: Rows) -> None:
    expected, found = reference(pairs), from_sums(pairs)
    if expected is None or found is None:
        assert expected is found is None
        return
    assert (found.count, found.weight) == (expected.count, expected.weight)
    assert found.mean == pytest.approx(expected.mean, abs=1e-14)
    assume(expected.sd > 0.01)
    assert found.sd == pytest.approx(expected.sd, rel=CLOSE)
    # Skewness can be near 0, where only an absolute tolerance has a meaning.
    assert found.skewness == pytest.approx(expected.skewness, rel=CLOSE, abs=CLOSE)
    assert found.kurtosis == pytest.approx(expected.kurtosis, rel=CLOSE)


@laws
@given(st.lists(st.integers(-9, 9), min_size=5, max_size=5), *[st.integers(-9, 9)] * 2)
def test_moving_twice_is_moving_by_the_sum(sums: list[int], first: int, second: int) -> None:
    once = moved_power_sums(sums, first + second)
    assert moved_power_sums(moved_power_sums(sums, first), second) == once


@laws
@given(rows, st.floats(-3, 3, allow_nan=False))
def test_adding_a_constant_moves_only_the_mean(pairs: Rows, shift: float) -> None:
    before, after = from_sums(pairs), from_sums([(x + shift, w) for x, w in pairs])
    assume(before is not None and before.sd > 0.01)
    assert after.mean == pytest.approx(before.mean + shift, abs=CLOSE)
    assert after.sd == pytest.approx(before.sd, rel=CLOSE)


@laws
@given(st.lists(st.tuples(values, st.integers(1, 10**6).map(lambda w: 2 * w)), min_size=2))
def test_splitting_a_row_into_halves_changes_only_the_count(pairs: Rows) -> None:
    (x, w), *others = pairs
    whole, halves = from_sums(pairs), from_sums([(x, w // 2), (x, w // 2), *others])
    assert halves.count == whole.count + 1
    assume(whole.sd > 0.01)
    assert halves.mean == pytest.approx(whole.mean, abs=CLOSE)
    assert halves.sd == pytest.approx(whole.sd, rel=CLOSE)
    assert halves.kurtosis == pytest.approx(whole.kurtosis, rel=CLOSE)


@laws
@given(rows)
def test_kurtosis_is_never_below_one_plus_squared_skewness(pairs: Rows) -> None:
    moments = reference(pairs)
    assume(moments is not None and moments.skewness is not None and moments.sd > 1e-6)
    assert moments.kurtosis >= (1 + moments.skewness**2) * (1 - 1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, -3.3333, 1 / 3])
@pytest.mark.parametrize("copies", [1, 2, 50])
def test_equal_values_have_no_spread(value: float, copies: int) -> None:
    moments = reference([(value, 1000)] * copies)
    assert (moments.sd, moments.skewness, moments.kurtosis) == (0.0, None, None)
    assert moments.mean == value


@pytest.mark.parametrize("gap", [1e-294, 1e-100])
def test_a_spread_whose_fourth_power_is_nothing_is_none(gap: float) -> None:
    # In doubles the square of 1e-294 is 0, and so is the fourth power of 1e-100.
    moments = moments_of([0.0, gap], [1, 1])
    assert moments is not None
    assert (moments.sd, moments.skewness, moments.kurtosis) == (0.0, None, None)


def test_a_giant_employer_does_not_drown_the_others() -> None:
    # Weights 10**9 at 0 and 1 at 4: p = 1e-9, sd 4 sqrt(p(1-p)), kurtosis 1/(p(1-p)) - 3.
    p = 1 / (10**9 + 1)
    moments = from_sums([(0.0, 10**9), (4.0, 1)])
    assert moments.sd == pytest.approx(4 * math.sqrt(p * (1 - p)), rel=1e-6)
    assert moments.kurtosis == pytest.approx(1 / (p * (1 - p)) - 3, rel=1e-5)


def test_nothing_cancels_far_from_zero() -> None:
    # Sums of x**4 around 0 would lose every digit of a spread of 0.01 at 1000.
    pairs = [(1000.0, 7), (1000.01, 11), (1000.03, 5)]
    moments, expected = from_sums(pairs), reference(pairs)
    # x / width is known to 6e-14 there, against an sd of 0.005 widths.
    assert moments.sd == pytest.approx(expected.sd, rel=1e-9)
    assert moments.skewness == pytest.approx(expected.skewness, rel=1e-9)


def test_no_weight_has_no_moments() -> None:
    assert moments_of([1.0], [0.0]) is None


@laws
@given(st.lists(st.tuples(st.floats(-0.5, 0.5), st.integers(0, 2**55)), max_size=100))
@example([(0.5, 2**62 - 1)])
def test_sums_of_powers_fit_a_bigint(pairs: Rows) -> None:
    bits = moment_scale_bits(sum(w for _, w in pairs))
    for powers in zip(*(weighted_powers(w, v, 2.0**bits) for v, w in pairs), strict=True):
        assert abs(sum(round(power) for power in powers)) < BIGINT_LIMIT


def test_a_kurtosis_that_rounding_hides_leaves_mean_and_spread():
    found = moments_about_mean(2, 5.0, [2.0, 0.0, 2.0, 0.0, 2.0], rounding=1e9)
    assert found == Moments(2, 2.0, 5.0, 1.0, None, None)


def test_sums_that_no_values_can_have_give_no_kurtosis():
    # Of a spread of 1, no fourth moment is below 1, nor below 1 + skewness squared.
    for third, fourth in ((0.0, -0.1), (0.0, 0.499), (1.0, 0.999)):
        found = moments_about_mean(2, 5.0, [1.0, 0.0, 1.0, third, fourth])
        assert (found.sd, found.skewness, found.kurtosis) == (1.0, None, None)
    for third, fourth in ((0.0, 1.0), (0.0, 0.5), (1.0, 1.0), (1.0, 2.0)):
        found = moments_about_mean(2, 5.0, [1.0, 0.0, 1.0, third, fourth])
        assert (found.skewness, found.kurtosis) == (third, fourth)
