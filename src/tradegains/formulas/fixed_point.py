"""Fixed-point numbers: whole units that add up to the same total in any order.

Decision: floating sums depend on the order of rows, which an engine does not promise, so weights
and money are rounded once per row to whole units and summed as BIGINT. The engines compute
`F.round(column * units_per_one).cast("bigint")`. Spark's and Sail's `round` of a DOUBLE is
half away from zero; at zero decimals it acts on the double product exactly, because every double
with a fraction of one half is its own shortest decimal. `round_half_away` is the plain twin.
It does not add 0.5 and floor: that sum itself rounds, and gives 1 for the largest double below 0.5.

Overflow must be an error that names the sum. Sail wraps modulo 2**64 and Spark is asked for a null,
so every BIGINT sum travels with the DOUBLE sum of the same units, and `sums_agree` compares them.
"""

import math
from fractions import Fraction
from typing import NamedTuple

EMPLOYMENT_UNITS = 1_000
"""Thousandths of a job."""

USUAL_DECIMALS = 2
"""Money is counted in hundredths of its unit where those are enough."""

FINEST_DECIMALS, COARSEST_DECIMALS = 30, -30
"""Between these lie the decimals of any money."""

LARGEST_AMOUNT = 90_071_992_547_409.0
"""Largest amount a double holds to the hundredth, 2**53 / 100: a larger number is no amount, but of
money that is counted in larger units."""

LARGEST_ROUNDING = 1e-9
"""Share of an amount up to which rounding it to a whole number of units passes without a word."""

BIGINT_LIMIT = 2**63
"""A BIGINT lies in [-BIGINT_LIMIT, BIGINT_LIMIT)."""

TWIN_TOLERANCE = 2**62
"""A quarter of the smallest possible wrap, 2**64. Adding n doubles errs by at most n * 2**-53 times
the sum of their absolute values: 300 million rows stay inside it while that is below 2**86."""

MAX_SCALE_BITS = 52
"""A double has no more digits than this behind its first one."""

_SIGNED_BITS = 62


def round_half_away(value: float) -> int:
    """Nearest whole number, halves away from zero: the engines' `round` of a DOUBLE.

    Raises:
        ValueError: NaN.
        OverflowError: infinity.

    Example:
        >>> [round_half_away(value) for value in (0.5, 1.5, -2.5, 0.49999999999999994)]
        [1, 2, -3, 0]
    """
    magnitude = abs(value)
    whole = math.floor(magnitude)
    rounded = whole + (magnitude - whole >= 0.5)
    return -rounded if value < 0 else rounded


def to_fixed_point(value: float, units_per_one: float) -> int:
    """Whole units of a value: the double product, rounded half away from zero.

    The product is rounded to a double first, as on the engines: 1.005 * 100 is 100.49999999999999
    in doubles and gives 100, not 101.

    Args:
        value: any finite number [jobs] or [money unit].
        units_per_one: units in one job or one money unit, above 0.

    Raises:
        OverflowError: infinite, or outside BIGINT.
        ValueError: NaN.

    Example:
        >>> to_fixed_point(12.5, EMPLOYMENT_UNITS), to_fixed_point(-0.125, 100)
        (12500, -13)
    """
    units = round_half_away(value * units_per_one)
    if not -BIGINT_LIMIT <= units < BIGINT_LIMIT:
        raise OverflowError("the value does not fit a BIGINT in these units")
    return units


def largest_money(decimals: int) -> float:
    """Largest amount of money that a double holds to so many decimals; 2**53 of their units.

    Args:
        decimals: from COARSEST_DECIMALS to FINEST_DECIMALS; -3 counts thousands.

    Example:
        >>> largest_money(2) == LARGEST_AMOUNT, largest_money(-3)
        (True, 9.007199254740992e+18)
    """
    scale = 10 ** abs(decimals)
    if decimals > USUAL_DECIMALS:
        return float(2**53 / scale)
    return float(2**53 // scale if decimals >= 0 else 2**53 * scale)


def units_of_money(decimals: int) -> float:
    """What an amount of money is multiplied by before it is rounded to a whole number.

    Example:
        >>> units_of_money(2), units_of_money(-3)
        (100.0, 0.001)
    """
    return float(f"1e{decimals}")


def decimals_for(largest: Fraction, total: Fraction) -> int:
    """The most decimals at which neither an amount nor a sum of money is too large.

    Amounts stay below 2**50 units and sums below 2**56: what weights a sum by money keeps some
    binary places behind the point.

    Args:
        largest: above 0 [money unit].
        total: a bound of every sum of amounts, >= largest [money unit].

    Example:
        >>> decimals_for(Fraction(20_000), Fraction(1_000_000))
        10
    """
    decimals = FINEST_DECIMALS
    while decimals > COARSEST_DECIMALS and (
        largest * Fraction(10) ** decimals > 2**50 or total * Fraction(10) ** decimals > 2**56
    ):
        decimals -= 1
    return decimals


def loses_digits(amount: float, decimals: int) -> bool:
    """Whether rounding an amount of money to its decimals moves it by more than LARGEST_ROUNDING.

    In the doubles of the engines: 0.07 has two decimals, though 0.07 * 100 is no whole number.

    Args:
        amount: finite [money unit].
        decimals: from COARSEST_DECIMALS to FINEST_DECIMALS.

    Example:
        >>> loses_digits(0.07, 2), loses_digits(0.075, 2), loses_digits(0.0, 2)
        (False, True, False)
    """
    units = abs(amount) * units_of_money(decimals)
    return abs(units - math.floor(units + 0.5)) > units * LARGEST_ROUNDING


def money(units: int, decimals: int) -> float:
    """The nearest double to a sum of money [money unit].

    Args:
        units: the sum, in units of 10**-decimals.
        decimals: from COARSEST_DECIMALS to FINEST_DECIMALS.

    Example:
        >>> money(1250, 2), money(1250, -3)
        (12.5, 1250000.0)
    """
    return units / 10**decimals if decimals >= 0 else float(units * 10**-decimals)


def from_fixed_point(units: int, units_per_one: int) -> float:
    """The nearest double to units / units_per_one.

    Example:
        >>> from_fixed_point(12_500, EMPLOYMENT_UNITS)
        12.5
    """
    return units / units_per_one


def sums_agree(fixed_total: int | None, double_total: float) -> bool:
    """Whether a BIGINT sum and the DOUBLE sum of the same units describe one total.

    Both totals are in the same units: the twin sums the rounded units as doubles, not the raw
    values. Only a wrap is looked for, not rounding, hence the wide absolute tolerance: sums that
    cancel to about 0 have no useful relative one.

    Args:
        fixed_total: BIGINT sum [units]; None where the engine says that it does not fit.
        double_total: DOUBLE sum of the same rows [units].

    Example:
        >>> sums_agree(10**18, 1e18), sums_agree(10**19 - 2**64, 1e19)
        (True, False)
    """
    if fixed_total is None or not math.isfinite(double_total):
        return False
    return abs(fixed_total - int(double_total)) <= TWIN_TOLERANCE


def moment_scale_bits(total_weight: int) -> int:
    """Binary digits kept behind the point when weight times a power of a position is summed.

    Positions within a bin are at most 1/2, so the sum of weight * position**k * 2**bits stays
    below 2**61 for any part of the total weight: it cannot overflow a BIGINT.

    Args:
        total_weight: weight of all rows together [units], from 0 to below 2**63.

    Returns:
        From 0 to MAX_SCALE_BITS; fewer for heavier totals.

    Raises:
        ValueError: a negative weight.

    Example:
        >>> [moment_scale_bits(weight) for weight in (1, 1_000, 1_700_000_000, 2**62)]
        [52, 52, 31, 0]
    """
    if total_weight < 0:
        raise ValueError("a total weight cannot be negative")
    return min(MAX_SCALE_BITS, max(0, _SIGNED_BITS - total_weight.bit_length()))


class SplitBits(NamedTuple):
    """Binary places of the two whole numbers that a product is split into.

    The coarse one holds the product to 2**-coarse (a negative number rounds to larger units), the
    fine one the rest to 2**-(coarse + fine).
    """

    coarse: int
    fine: int

    def joined(self, coarse: int, fine: int) -> int:
        """Both sums as one whole number, in units of 2**-(coarse + fine).

        Example:
            >>> SplitBits(1, 2).joined(-3, 1)  # -3/2 + 1/8
            -11
        """
        return (coarse << self.fine) + fine


def split_bits(total_weight: int, rows: int, *, largest: int) -> SplitBits:
    """Binary places at which neither part of a sum of weight times value can leave a BIGINT.

    Args:
        total_weight: weight of all rows together [units], >= 0.
        rows: how many rows, >= 0.
        largest: bound of the values' absolute size, >= 1.

    Example:
        >>> split_bits(1_000_000_000, 20_000, largest=2048)
        SplitBits(coarse=20, fine=47)
    """
    coarse = _SIGNED_BITS - total_weight.bit_length() - largest.bit_length()
    return SplitBits(min(coarse, MAX_SCALE_BITS), _SIGNED_BITS - rows.bit_length())
