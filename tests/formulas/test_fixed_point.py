import math
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tradegains.formulas.fixed_point import (
    BIGINT_LIMIT,
    EMPLOYMENT_UNITS,
    moment_scale_bits,
    money,
    round_half_away,
    sums_agree,
    to_fixed_point,
    units_of_money,
)

laws = settings(max_examples=40, deadline=None)
bigints = st.integers(-BIGINT_LIMIT, BIGINT_LIMIT - 1)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (0.5, 1),
        (1.5, 2),
        (2.5, 3),
        (-0.5, -1),
        (-2.5, -3),
        (-0.0, 0),
        # Adding 0.5 to this double gives exactly 1.0.
        (0.49999999999999994, 0),
        # Adding 0.5 to an odd double above 2**52 rounds to the next even one.
        (4503599627370497.0, 4503599627370497),
        (4503599627370495.5, 4503599627370496),
    ],
)
def test_halves_round_away_from_zero(value: float, rounded: int) -> None:
    assert round_half_away(value) == rounded


@laws
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e18, max_value=1e18))
@example(2.5)
@example(-0.5)
def test_rounding_is_half_up_on_the_shortest_decimal(value: float) -> None:
    # What Spark does: HALF_UP on the decimal that prints the double, read back as a double.
    decimal = Decimal(repr(abs(value))).quantize(Decimal(1), ROUND_HALF_UP)
    assert round_half_away(value) == int(math.copysign(float(decimal), value))


def test_the_product_is_a_double_before_it_is_rounded() -> None:
    # 1.005 is 100.5 hundredths on paper, 100.49999999999999 in doubles.
    assert to_fixed_point(1.005, units_of_money(2)) == 100
    # 1.0005 * 1000 is 1000.5 in doubles.
    assert to_fixed_point(1.0005, EMPLOYMENT_UNITS) == 1001


@laws
@given(st.integers(-(10**13), 10**13))
def test_hundredths_survive_the_round_trip(cents: int) -> None:
    assert to_fixed_point(money(cents, 2), units_of_money(2)) == cents


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), 2.0**63, -(2.0**63) - 2048])
def test_what_does_not_fit_a_bigint_is_an_error(value: float) -> None:
    with pytest.raises(OverflowError):
        to_fixed_point(value, 1)


def test_the_smallest_bigint_fits() -> None:
    assert to_fixed_point(-(2.0**63), 1) == -BIGINT_LIMIT


def test_nan_is_an_error() -> None:
    with pytest.raises(ValueError, match="NaN"):
        to_fixed_point(float("nan"), 1)


def wrapped(total: int) -> int:
    return (total + BIGINT_LIMIT) % 2**64 - BIGINT_LIMIT


@laws
@given(st.lists(bigints, max_size=20))
@example([BIGINT_LIMIT - 1, 1])
@example([-BIGINT_LIMIT, -1])
@example([BIGINT_LIMIT - 1] * 2)
@example([])
def test_the_twin_tells_a_wrapped_sum_from_a_right_one(units: list[int]) -> None:
    total = sum(units)
    twin = 0.0
    for unit in units:
        twin += float(unit)
    assert sums_agree(wrapped(total), twin) == (wrapped(total) == total)


@pytest.mark.parametrize("twin", [float("nan"), float("inf")])
def test_a_twin_that_is_no_number_never_agrees(twin: float) -> None:
    assert not sums_agree(0, twin)


@pytest.mark.parametrize(
    ("weight", "bits"),
    [
        (0, 52),
        (2**10 - 1, 52),  # 10 binary digits leave 52
        (2**10, 51),
        (2**61, 0),
        (2**62, 0),
        (BIGINT_LIMIT - 1, 0),
    ],
)
def test_scale_bits_at_their_limits(weight: int, bits: int) -> None:
    assert moment_scale_bits(weight) == bits


@laws
@given(st.integers(1, BIGINT_LIMIT - 1))
@example(2**62 - 1)
def test_sums_of_scaled_positions_fit_a_bigint_with_room_for_rounding(weight: int) -> None:
    # At most weight / 2 * 2**bits, plus half a unit for each of at most `weight` rows.
    largest = weight * 2 ** moment_scale_bits(weight)
    assert (largest + weight + 1) // 2 < BIGINT_LIMIT


def test_a_negative_total_weight_is_an_error() -> None:
    with pytest.raises(ValueError, match="negative"):
        moment_scale_bits(-1)
