import math
import random

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tradegains.formulas.fixed_point import BIGINT_LIMIT, moment_scale_bits
from tradegains.formulas.moments import (
    CentredSums,
    Moments,
    bin_index,
    bin_position,
    merge,
    merge_all,
    moments_of,
    present,
    shift_origin,
    sums_of_row,
    weighted_powers,
)

laws = settings(max_examples=40, deadline=None)
WIDTH = 0.004
# Fixed point keeps about 2**-bits of a bin per unit of weight; with the weights below that is
# far under 1e-9 of a standard deviation of at least a bin.
CLOSE = 1e-9

values = st.one_of(
    st.sampled_from([-2.0, -0.5, 0.0, 0.004, 0.5, 1.25]),
    st.floats(-5, 5, allow_nan=False),
)
weights = st.one_of(st.integers(0, 3), st.integers(1, 50_000), st.just(10**9))
rows = st.lists(st.tuples(values, weights), min_size=1, max_size=12)
Rows = list[tuple[float, int]]


def sums_of(pairs: Rows, bits: int | None = None) -> CentredSums:
    digits = moment_scale_bits(sum(w for _, w in pairs)) if bits is None else bits
    return merge_all(sums_of_row(x, w, bin_width=WIDTH, bits=digits) for x, w in pairs)


def published(pairs: Rows) -> Moments | None:
    return present(sums_of(pairs), WIDTH)


def reference(pairs: Rows) -> Moments | None:
    return moments_of([x for x, _ in pairs], [w for _, w in pairs])


def spread(pairs: Rows) -> float:
    present_values = [x for x, w in pairs if w]
    return max(present_values) - min(present_values) if present_values else 0.0


# x = 0, 0, 0, 4 by count: mean 1, deviations -1, -1, -1, 3.
# Sums of powers: squares 1+1+1+9 = 12, cubes -3+27 = 24, fourths 3+81 = 84; over 4: 3, 6, 21.
# sd = sqrt 3, skewness 6 / 3**1.5 = 2 / sqrt 3, kurtosis 21 / 9 = 7/3.
def test_by_hand() -> None:
    moments = published([(0.0, 1), (0.0, 1), (0.0, 1), (4.0, 1)])
    assert moments is not None
    assert (moments.count, moments.weight) == (4, 4)
    assert moments.mean == pytest.approx(1.0, abs=1e-12)
    assert moments.sd == pytest.approx(math.sqrt(3), rel=1e-12)
    assert moments.skewness == pytest.approx(2 / math.sqrt(3), rel=1e-12)
    assert moments.kurtosis == pytest.approx(7 / 3, rel=1e-12)


def test_the_same_by_weight() -> None:
    moments = moments_of([0.0, 4.0], [3, 1])
    assert moments is not None
    assert moments.sd == pytest.approx(math.sqrt(3), rel=1e-15)
    assert moments.skewness == pytest.approx(2 / math.sqrt(3), rel=1e-15)
    assert moments.kurtosis == pytest.approx(7 / 3, rel=1e-15)


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
    expected, found = reference(pairs), published(pairs)
    if expected is None or found is None:
        assert expected is found is None
        return
    assert found.count == expected.count
    assert found.weight == expected.weight
    assert found.mean == pytest.approx(expected.mean, abs=1e-9 * WIDTH)
    assume(expected.sd == 0 or expected.sd > 1e-3 * WIDTH)
    assert found.sd == pytest.approx(expected.sd, rel=1e-6)
    assert (found.skewness is None) == (expected.skewness is None)


@laws
@given(st.lists(st.tuples(values, st.integers(1, 50_000)), min_size=2, max_size=40))
def test_well_spread_rows_agree_to_many_digits(pairs: Rows) -> None:
    expected, found = reference(pairs), published(pairs)
    assert expected is not None
    assert found is not None
    assume(expected.sd > WIDTH)
    assert found.mean == pytest.approx(expected.mean, abs=CLOSE * WIDTH)
    assert found.sd == pytest.approx(expected.sd, rel=CLOSE)
    # Skewness can be near 0, where only an absolute tolerance has a meaning.
    assert found.skewness == pytest.approx(expected.skewness, rel=CLOSE, abs=CLOSE)
    assert found.kurtosis == pytest.approx(expected.kurtosis, rel=CLOSE)


@laws
@given(rows, rows, rows)
def test_merging_is_exactly_commutative_and_associative(a: Rows, b: Rows, c: Rows) -> None:
    left, middle, right = (sums_of(pairs, bits=20) for pairs in (a, b, c))
    assert merge(left, middle) == merge(middle, left)
    assert merge(merge(left, middle), right) == merge(left, merge(middle, right))


@laws
@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_bit(pairs: Rows, draw: random.Random) -> None:
    shuffled = draw.sample(pairs, len(pairs))
    assert sums_of(shuffled) == sums_of(pairs)


@laws
@given(rows, st.integers(-3000, 3000))
def test_shifting_the_origin_and_back_is_exact(pairs: Rows, origin: int) -> None:
    sums = sums_of(pairs)
    shifted = shift_origin(sums, origin)
    assert shift_origin(shifted, sums.origin) == sums
    first, second = present(sums, WIDTH), present(shifted, WIDTH)
    assert first == second


@laws
@given(rows, st.integers(-1000, 1000))
def test_shifting_all_values_by_whole_bins_moves_only_the_mean(pairs: Rows, bins: int) -> None:
    sums = sums_of(pairs)
    before = present(sums, WIDTH)
    moved = CentredSums(sums.origin + bins, sums.bits, sums.count, *sums_tail(sums))
    after = present(moved, WIDTH)
    if before is None or after is None:
        assert before is after is None
        return
    assert after.mean == pytest.approx(before.mean + bins * WIDTH, abs=1e-12)
    assert (after.sd, after.skewness, after.kurtosis) == (
        before.sd,
        before.skewness,
        before.kurtosis,
    )


def sums_tail(sums: CentredSums) -> tuple[int, int, int, int, int]:
    return sums.weight, sums.first, sums.second, sums.third, sums.fourth


@laws
@given(rows, st.floats(-3, 3, allow_nan=False))
def test_shifting_the_rows_moves_only_the_mean(pairs: Rows, shift: float) -> None:
    before, after = published(pairs), published([(x + shift, w) for x, w in pairs])
    assume(before is not None and after is not None and before.sd > WIDTH)
    assert after.mean == pytest.approx(before.mean + shift, abs=CLOSE)
    assert after.sd == pytest.approx(before.sd, rel=1e-6)


@laws
@given(rows, st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_scaling_the_values_scales_mean_and_sd(pairs: Rows, factor: float) -> None:
    # Powers of two, so that bins and positions are the same doubles.
    before = published(pairs)
    scaled = [(x * factor, w) for x, w in pairs]
    bits = moment_scale_bits(sum(w for _, w in pairs))
    cells = [sums_of_row(x, w, bin_width=WIDTH * factor, bits=bits) for x, w in scaled]
    after = present(merge_all(cells), WIDTH * factor)
    if before is None or after is None:
        assert before is after is None
        return
    assert after.mean == pytest.approx(before.mean * factor, rel=1e-15)
    assert after.sd == pytest.approx(before.sd * factor, rel=1e-15)
    assert (after.skewness, after.kurtosis) == (before.skewness, before.kurtosis)


@laws
@given(st.lists(st.tuples(values, st.integers(1, 10**6).map(lambda w: 2 * w)), min_size=2))
def test_splitting_a_row_into_halves_changes_only_the_count(pairs: Rows) -> None:
    (x, w), *others = pairs
    whole, halves = published(pairs), published([(x, w // 2), (x, w // 2), *others])
    assert whole is not None
    assert halves is not None
    assert halves.count == whole.count + 1
    assume(whole.sd > WIDTH)
    assert halves.mean == pytest.approx(whole.mean, abs=CLOSE)
    assert halves.sd == pytest.approx(whole.sd, rel=CLOSE)
    assert halves.kurtosis == pytest.approx(whole.kurtosis, rel=CLOSE)


@laws
@given(rows)
def test_kurtosis_is_never_below_one_plus_squared_skewness(pairs: Rows) -> None:
    moments = reference(pairs)
    assume(moments is not None and moments.skewness is not None and moments.kurtosis is not None)
    assume(moments.sd > 1e-6)
    assert moments.kurtosis >= (1 + moments.skewness**2) * (1 - 1e-6)


@pytest.mark.parametrize("weight", [1, 1_000, 10**12])
@pytest.mark.parametrize("value", [0.0, 0.1, -3.3333, 1 / 3])
@pytest.mark.parametrize("copies", [1, 2, 50])
def test_equal_values_have_no_spread(weight: int, value: float, copies: int) -> None:
    # Rounding to fixed point leaves a spread of the order of 2**-bits, which must not show.
    pairs = [(value, weight)] * copies
    for moments in (published(pairs), present(sums_of(pairs, bits=8), WIDTH), reference(pairs)):
        assert moments is not None
        assert (moments.sd, moments.skewness, moments.kurtosis) == (0.0, None, None)
        assert moments.mean == pytest.approx(value, abs=WIDTH / 2**8)


@pytest.mark.parametrize("gap", [1e-294, 1e-100])
def test_a_spread_whose_fourth_power_is_nothing_is_none(gap: float) -> None:
    # In doubles the square of 1e-294 is 0, and so is the fourth power of 1e-100.
    moments = moments_of([0.0, gap], [1, 1])
    assert moments is not None
    assert (moments.sd, moments.skewness, moments.kurtosis) == (0.0, None, None)


def test_a_spread_of_a_millionth_shows() -> None:
    moments = published([(0.1, 5_000), (0.100001, 5_000)])
    assert moments is not None
    assert moments.sd == pytest.approx(5e-7, rel=1e-4)


def test_a_giant_employer_does_not_drown_the_others() -> None:
    # Weights 10**9 at 0 and 1 at 4: p = 1e-9, sd 4 sqrt(p(1-p)), kurtosis 1/(p(1-p)) - 3.
    p = 1 / (10**9 + 1)
    moments = published([(0.0, 10**9), (4.0, 1)])
    assert moments is not None
    assert moments.sd == pytest.approx(4 * math.sqrt(p * (1 - p)), rel=1e-6)
    assert moments.kurtosis == pytest.approx(1 / (p * (1 - p)) - 3, rel=1e-5)


def test_nothing_cancels_far_from_zero() -> None:
    # Sums of x**4 around 0 would lose every digit of a spread of 0.01 at 1000.
    pairs = [(1000.0, 7), (1000.01, 11), (1000.03, 5)]
    moments, expected = published(pairs), reference(pairs)
    assert moments is not None
    assert expected is not None
    # x / width is known to 3e-11 bins there, against an sd of 2.6 bins.
    assert moments.sd == pytest.approx(expected.sd, rel=1e-9)
    assert moments.skewness == pytest.approx(expected.skewness, rel=1e-9)


def test_no_weight_has_no_moments() -> None:
    assert published([(1.0, 0), (2.0, 0)]) is None
    assert moments_of([1.0], [0.0]) is None


def test_different_digits_do_not_merge() -> None:
    with pytest.raises(ValueError, match="binary digits"):
        merge(sums_of([(1.0, 1)], bits=10), sums_of([(1.0, 1)], bits=11))


@laws
@given(st.floats(-1e4, 1e4, allow_nan=False), st.sampled_from([0.004, 0.0625, 0.1, 1.0]))
def test_a_value_lies_in_its_bin(value: float, width: float) -> None:
    index = bin_index(value, width)
    assert -0.5 <= bin_position(value, width, index) <= 0.5
    assert (index + 0.5 + bin_position(value, width, index)) * width == pytest.approx(
        value, rel=1e-12, abs=1e-12
    )


@laws
@given(st.lists(st.tuples(st.floats(-0.5, 0.5), st.integers(0, 2**55)), max_size=100))
@example([(0.5, 2**62 - 1)])
def test_sums_of_powers_fit_a_bigint(pairs: Rows) -> None:
    bits = moment_scale_bits(sum(w for _, w in pairs))
    for powers in zip(*(weighted_powers(w, v, 2.0**bits) for v, w in pairs), strict=True):
        assert abs(sum(round(power) for power in powers)) < BIGINT_LIMIT
