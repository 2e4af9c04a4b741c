"""Intervals of quantiles after Woodruff: of the share below, turned back into values.

A quantile without a group moves in steps, from one value of the data to the next, and the jackknife
of it is no estimate of its variance. The share of units at or below a quantile is a ratio of sums;
it has a jackknife error e, and the interval of the p-quantile runs from the quantile at p - t e to
the one at p + t e. Its ends need not be as far from the quantile on both sides.

What is made of quantiles, such as a curve through three of them, needs them without each group:
they are taken to move against the share below by as much as the interval says on average.

Source: Woodruff (1952), "Confidence Intervals for Medians and Other Position Measures", Journal of
the American Statistical Association 47; Francisco and Fuller (1991), Annals of Statistics 19.
"""

from collections.abc import Sequence
from typing import NamedTuple


class QuantileSpread(NamedTuple):
    """Ends of a quantile's interval, and the quantile without each group; not a number for none.

    Empty, with the reason in `note`, where nothing can be told.
    """

    low: float | None
    high: float | None
    without: tuple[float, ...] = ()
    note: str = ""


def shares_around(share: float, reach: float) -> tuple[float, float]:
    """The shares whose quantiles end the interval, in [0, 1].

    Args:
        share: p, that the quantile is of.
        reach: how far the interval of the share below it reaches to either side.

    Example:
        >>> shares_around(0.5, 0.125), shares_around(0.2, 0.5)
        ((0.375, 0.625), (0.0, 0.7))
    """
    return max(0.0, share - reach), min(1.0, share + reach)


def spread_of_quantile(
    quantile: float,
    ends: tuple[float, float],
    *,
    shares: tuple[float, float],
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
        >>> found = spread_of_quantile(3.0, (2.5, 4.0), shares=(0.4, 0.6), below=0.5,
        ...                            without=[0.5, 0.52])
        >>> found.low, found.high, [round(each, 6) for each in found.without]
        (2.5, 4.0, [3.0, 2.85])

    Source: Francisco and Fuller (1991).
    """
    low, high = ends
    width = shares[1] - shares[0]
    slope = (high - low) / width if width > 0.0 else 0.0
    moved = tuple(quantile - (each - below) * slope for each in without)
    return QuantileSpread(low, high, moved)
