import math
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas import normal
from tradegains.formulas.normal import (
    CENTRAL_END,
    FAR_END,
    MIDDLE_END,
    central_offset,
    far_tail_factor,
    gaussian_exponents,
    log_upper_tail,
    middle_tail_factor,
    normal_cdf,
    normal_density,
    normal_hazard,
    normal_quantile,
    normal_upper_tail,
)

# Cody's pieces are exact to about 1e-18; what is left is the rounding of some 20 operations.
RELATIVE = 2e-15
PI = Decimal(
    "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899863"
)

UPPER_TAILS = {
    "0.5": "0.30853753872598689636229538939166226011639782444542",
    "1": "0.15865525393145705141476745436796207752208703327340",
    "2": "0.022750131948179207200282637166533437471776223702147",
    "5": "2.8665157187919391167375233287464535385442301361188e-7",
    "10": "7.6198530241605260659733432515993083635040332779257e-24",
}


def upper_tail(z: Decimal) -> Decimal:
    """1/2 - density * (z + z^3/3 + z^5/15 + ...), with digits enough for the subtraction."""
    with localcontext() as context:
        context.prec = 60 + int(z * z / 4) + 1
        term = total = z
        odd = 1
        while abs(term) > abs(total) * Decimal(10) ** -context.prec:
            odd += 2
            term = term * z * z / odd
            total += term
        return Decimal("0.5") - (-z * z / 2).exp() / (2 * PI).sqrt() * total


def upper_tail_by_fraction(z: Decimal) -> Decimal:
    """density / (z + 1/(z + 2/(z + 3/(z + ...)))), for large z."""
    with localcontext() as context:
        context.prec = 70
        value = z
        for k in range(4000, 0, -1):
            value = z + k / value
        return (-z * z / 2).exp() / (2 * PI).sqrt() / value


def exact_upper_tail(z: float) -> Decimal:
    # Below 7 the subtraction costs at most 12 of the 83 digits; above, the fraction converges.
    size = Decimal(abs(z))
    tail = upper_tail(size) if size < 7 else upper_tail_by_fraction(size)
    return tail if z >= 0 else 1 - tail


def relative_error(value: float, exact: Decimal) -> float:
    return float(abs(Decimal(value) - exact) / exact)


@pytest.mark.parametrize("z", UPPER_TAILS)
def test_upper_tail_has_the_digits_of_fifty_digit_values(z):
    printed = Decimal(UPPER_TAILS[z])
    # The printed digits and the reference used below must agree before anything is judged by it.
    assert relative_error(exact_upper_tail(float(z)), printed) < 1e-45
    assert relative_error(normal_upper_tail(float(z)), printed) < RELATIVE
    assert relative_error(normal_cdf(-float(z)), printed) < RELATIVE


@given(st.floats(-37.0, 37.0))
def test_cdf_is_exact_to_1e_14_relative_to_itself(z):
    assert relative_error(normal_cdf(z), exact_upper_tail(-z)) < 1e-14


@given(st.floats(-5.0, 5.0))
def test_cdf_agrees_with_the_standard_library(z):
    # erfc itself is exact, but its argument z / sqrt(2) is rounded: z^2 / 2 units at worst.
    assert normal_cdf(z) == pytest.approx(0.5 * math.erfc(-z / math.sqrt(2.0)), rel=1e-14)


@given(st.floats(-40.0, 40.0))
def test_the_two_tails_add_up_to_one(z):
    assert normal_cdf(z) + normal_cdf(-z) == pytest.approx(1.0, abs=2e-16)


@pytest.mark.parametrize("joint", [CENTRAL_END, MIDDLE_END])
def test_pieces_meet_at_their_joints(joint):
    below, above = math.nextafter(joint, 0.0), math.nextafter(joint, math.inf)
    assert normal_upper_tail(above) == pytest.approx(normal_upper_tail(below), rel=RELATIVE)


def test_pieces_meet_as_formulas():
    kernel = math.exp(-CENTRAL_END * CENTRAL_END / 2.0)
    assert 0.5 - central_offset(CENTRAL_END) == pytest.approx(0.25, abs=1e-9)
    assert middle_tail_factor(CENTRAL_END) * kernel == pytest.approx(
        0.5 - central_offset(CENTRAL_END), rel=RELATIVE
    )
    assert middle_tail_factor(MIDDLE_END) == pytest.approx(
        far_tail_factor(MIDDLE_END), rel=RELATIVE
    )


def test_ends_of_the_line():
    assert normal_cdf(math.inf) == 1.0
    assert normal_cdf(-math.inf) == 0.0
    assert normal_cdf(-FAR_END) == 0.0
    assert normal_cdf(0.0) == 0.5
    assert math.isnan(normal_cdf(math.nan))
    assert normal_density(1e200) == 0.0


class Algebra:
    """A number that knows + - * / only, as a Column does: no comparison, no float()."""

    def __init__(self, value):
        self.value = value

    @staticmethod
    def of(other):
        return other.value if isinstance(other, Algebra) else other

    def __add__(self, other):
        return Algebra(self.value + self.of(other))

    def __sub__(self, other):
        return Algebra(self.value - self.of(other))

    def __mul__(self, other):
        return Algebra(self.value * self.of(other))

    def __truediv__(self, other):
        return Algebra(self.value / self.of(other))

    def __radd__(self, other):
        return Algebra(other + self.value)

    def __rsub__(self, other):
        return Algebra(other - self.value)

    def __rmul__(self, other):
        return Algebra(other * self.value)

    def __rtruediv__(self, other):
        return Algebra(other / self.value)

    def __bool__(self):
        raise TypeError("a Column has no truth value")


def engine_cdf(z):
    """The recipe of the module's docstring, with the engine's own exp and choice."""
    size = Algebra(min(abs(z), FAR_END))
    head, rest = gaussian_exponents(size)
    piece = middle_tail_factor if size.value <= MIDDLE_END else far_tail_factor
    tail = (piece(size) * math.exp(head.value) * math.exp(rest.value)).value
    if size.value <= CENTRAL_END:
        return (0.5 + central_offset(Algebra(z))).value
    return tail if z < 0 else 1.0 - tail


@given(st.floats(-50.0, 50.0))
def test_an_engine_that_follows_the_recipe_gets_the_same_number(z):
    assert engine_cdf(z) == normal_cdf(z)


@given(st.floats(-39.0, 39.0))
def test_gaussian_exponents_lose_no_digits(z):
    head, rest = gaussian_exponents(z)
    exact = -Decimal(z) * Decimal(z) / 2
    with localcontext() as context:
        context.prec = 60
        assert abs(Decimal(head) + Decimal(rest) - exact) < Decimal("1e-16") * max(1, abs(rest))


@given(st.floats(-37.0, 1e6))
def test_hazard_is_minus_the_slope_of_the_log_tail(z):
    # A central difference with step h errs by h^2 times the third derivative, below 0.3, and by
    # the rounding of the two logs over h.
    step = 1e-4 * max(1.0, abs(z))
    slope = (log_upper_tail(z - step) - log_upper_tail(z + step)) / (2.0 * step)
    noise = 4e-16 * max(1.0, z * z) / step
    assert normal_hazard(z) == pytest.approx(slope, rel=1e-7, abs=step * step + noise)


@given(st.floats(0.0, 37.0))
def test_hazard_is_density_over_tail(z):
    assert normal_hazard(z) == pytest.approx(normal_density(z) / normal_upper_tail(z), rel=1e-14)
    assert z < normal_hazard(z) < (z + math.sqrt(z * z + 4.0)) / 2.0 + 1e-12  # Birnbaum (1942)


@given(st.floats(-30.0, 37.0))
def test_log_upper_tail_is_the_log_of_the_tail(z):
    tail = normal_upper_tail(z)
    assert log_upper_tail(z) == pytest.approx(math.log(tail), rel=1e-14, abs=2e-16)


def test_log_upper_tail_keeps_the_lower_tail():
    assert log_upper_tail(-20.0) == -normal_cdf(-20.0)


@given(st.floats(1e-300, 1.0 - 1e-12))
def test_quantile_inverts_the_cdf(probability):
    # The cdf changes by density x rounding of z: a relative error of hazard x |z| x 1e-16.
    z = normal_quantile(probability)
    assert normal_cdf(z) == pytest.approx(probability, rel=4e-16 * (1.0 + z * z) + 1e-15)


def test_quantile_of_the_percentile_rule():
    assert normal_quantile(0.8) == pytest.approx(0.8416212, abs=5e-8)
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, abs=1e-15)


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.1, 1.1, math.nan])
def test_quantile_refuses_what_is_no_probability(probability):
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        normal_quantile(probability)


def test_density_at_zero_is_the_constant():
    assert 1.0 / math.sqrt(2.0 * math.pi) == normal.DENSITY_AT_ZERO
