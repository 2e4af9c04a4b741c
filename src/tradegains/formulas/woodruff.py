"""Intervals of quantiles after Woodruff: of the share below, turned back into values.

A quantile without a group moves in steps, from one value of the data to the next, and the jackknife
of it is no estimate of its variance. The share of units at or below a quantile is a ratio of sums;
it has a jackknife error e, and the interval of the p-quantile runs from the quantile at p - t e to
the one at p + t e. Its ends need not be as far from the quantile on both sides.

What is made of quantiles, such as a curve through three of them, needs them without each group:
they are taken to move against the share below by as much as the interval says on average. A gap
between two quantiles has an interval whose ends are as far from it as the distances of the two
quantiles' own ends make it, which need not be the same on both sides either.

Source: Woodruff (1952), "Confidence Intervals for Medians and Other Position Measures", Journal of
the American Statistical Association 47, 635-646; Francisco and Fuller (1991), "Quantile Estimation
with a Complex Survey Design", Annals of Statistics 19(1), 454-469; Zou (2007), "Toward Using
Confidence Intervals to Compare Correlations", Psychological Methods 12(4), 399-413.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

AS_ONE = 1e-9
"""Quantiles whose correlation is nearer to 1 move as one: what is left is rounding, whose root is
10,000 times as large."""


class QuantileSpread(NamedTuple):
    """Ends of a quantile's interval, and the quantile without each group; not a number for none.

    Empty, with the reason in `note`, where nothing can be told.
    """

    low: float | None
    high: float | None
    without: Sequence[float] = ()
    note: str = ""


def shares_around(share: Fraction, reach: float) -> tuple[Fraction, Fraction]:
    """The shares whose quantiles end the interval, in [0, 1]; exact, as a rank turns on a last bit.

    Args:
        share: p, that the quantile is of.
        reach: how far the interval of the share below it reaches to either side.

    Example:
        >>> shares_around(Fraction(1, 2), 0.125), shares_around(Fraction(1, 5), 0.5)
        ((Fraction(3, 8), Fraction(5, 8)), (Fraction(0, 1), Fraction(7, 10)))
    """
    exact = Fraction(reach)
    return max(Fraction(0), share - exact), min(Fraction(1), share + exact)


def slope_between(ends: tuple[float, float], shares: tuple[Fraction, Fraction]) -> float:
    """How far a quantile moves by the share below it, on average over its interval; 0 of a point.

    Args:
        ends: quantiles at the two shares.
        shares: of `shares_around`.

    Example:
        >>> slope_between((2.5, 4.0), (Fraction(1, 2), Fraction(3, 4)))
        6.0
    """
    (low, high), width = ends, float(shares[1] - shares[0])
    return (high - low) / width if width > 0.0 else 0.0


def moved_quantile(quantile: Any, below: Any, without: Any, slope: Any) -> Any:
    """A quantile where another share lies at or below it; serves numbers and arrays.

    Args:
        quantile: of all units.
        below: share of all units at or below it.
        without: the same of other units.
        slope: of `slope_between`.

    Example:
        >>> round(moved_quantile(3.0, 0.5, 0.52, 7.5), 6)
        2.85

    Source: Francisco and Fuller (1991).
    """
    return quantile - (without - below) * slope


def spread_of_quantile(
    quantile: float,
    ends: tuple[float, float],
    *,
    shares: tuple[Fraction, Fraction],
    below: float,
    without: Sequence[float],
) -> QuantileSpread:
    """Interval of a quantile, and the quantile without each group.

    Args:
        quantile: of all units.
        ends: quantiles at the two shares of `shares_around`.
        shares: these.
        below: share of all units at or below the quantile.
        without: the same without each group; not a number where nobody is left.

    Example:
        >>> shares = Fraction(2, 5), Fraction(3, 5)
        >>> found = spread_of_quantile(3.0, (2.5, 4.0), shares=shares, below=0.5,
        ...                            without=[0.5, 0.52])
        >>> found.low, found.high, [round(each, 6) for each in found.without]
        (2.5, 4.0, [3.0, 2.85])

    Source: Francisco and Fuller (1991).
    """
    slope = slope_between(ends, shares)
    moved = tuple(moved_quantile(quantile, below, each, slope) for each in without)
    return QuantileSpread(*ends, moved)


def interval_of_gap(
    upper: tuple[float, float, float], lower: tuple[float, float, float], correlation: float
) -> tuple[float, float]:
    """Ends of the interval of one quantile less another, from the two quantiles' own intervals.

    Of quantiles with symmetric intervals it is the usual one of a difference; where one is told for
    certain, that of the other.

    Args:
        upper: a quantile, and the ends of its interval around it.
        lower: the one that is subtracted.
        correlation: of the two, in [-1, 1].

    Example:
        >>> interval_of_gap((9.0, 6.0, 14.0), (1.0, -11.0, 5.0), 0.0)  # 3 and 4, 5 and 12 away
        (3.0, 21.0)
        >>> interval_of_gap((3.0, 2.5, 4.0), (1.0, 1.0, 1.0), 0.5)
        (1.5, 3.0)

    Source: Zou (2007), with the ends of each interval in the place of its variance.
    """
    gap = upper[0] - lower[0]
    down = _together(upper[0] - upper[1], lower[2] - lower[0], correlation)
    up = _together(upper[2] - upper[0], lower[0] - lower[1], correlation)
    return gap - down, gap + up


def _together(one: float, other: float, correlation: float) -> float:
    """How far a difference reaches to a side to which its parts reach so far."""
    apart = 1.0 - correlation
    if apart < AS_ONE:
        return abs(one - other)
    return math.sqrt((one - other) ** 2 + 2.0 * apart * one * other)
