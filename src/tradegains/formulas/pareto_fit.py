"""Pareto sizes through percentiles, untruncated or cut off at the top.

The rule is that of `size_distribution` with another curve: the outer distance of the 20th and
80th percentiles and the mean of the 20th, 50th and 80th are the fitted curve's. A Pareto size has
an exponential logarithm, so everything here is in logarithms and the unit of size drops out.
"""

import math
from dataclasses import dataclass
from statistics import fmean

from tradegains.formulas.bisection import bisect
from tradegains.formulas.size_distribution import (
    LOWER_PERCENTILE,
    MIDDLE_PERCENTILE,
    UPPER_PERCENTILE,
)

Shares = tuple[float, float, float]
SHARES: Shares = (LOWER_PERCENTILE, MIDDLE_PERCENTILE, UPPER_PERCENTILE)
"""Of the percentiles that a curve goes through, unless others are stated."""
_SMALLEST_CUT, _LARGEST_CUT = 1e-6, 700.0
"""Tail times log range: below the first the density is flat, beyond the other no double is cut."""


@dataclass(frozen=True)
class FittedPareto:
    """Log size is exponential from `lower` [log unit of size], cut off at `upper`.

    `tail` > 0 [per log point] is the tail index of size: sales are finite without a cut only
    where it is above 1.
    """

    tail: float
    lower: float
    upper: float = math.inf


def fit_pareto(
    q20: float, q50: float, q80: float, *, shares: Shares = SHARES
) -> FittedPareto | None:
    """Pareto fitted to three percentiles of log size.

    Exact where the percentiles are those of a Pareto.

    Args:
        q20: 20th percentile of log size [log points].
        q50: median of log size [log points].
        q80: 80th percentile of log size [log points].
        shares: in (0, 1), in order, where the three are percentiles of other shares.

    Returns:
        The fit; None where the outer percentiles are equal.

    Raises:
        ValueError: the percentiles are not in order.

    Example:
        >>> import math
        >>> percentiles = [3.0 - math.log(1 - p) / 2.0 for p in (0.2, 0.5, 0.8)]
        >>> fit = fit_pareto(*percentiles)
        >>> round(fit.tail, 12), round(fit.lower, 12)
        (2.0, 3.0)

    Source: the rule is ours, docs/method.md#7-sizes-and-a-productivity-cutoff.
    """
    distance = _outer_distance(q20, q50, q80)
    if distance == 0.0:
        return None
    unit = [-math.log1p(-share) for share in shares]
    tail = (unit[2] - unit[0]) / distance
    return FittedPareto(tail, fmean((q20, q50, q80)) - fmean(unit) / tail)


def fit_truncated_pareto(
    q20: float, q50: float, q80: float, *, upper: float, shares: Shares = SHARES
) -> FittedPareto | None:
    """Pareto with a stated upper end, fitted to three percentiles of log size.

    Of all upper ends in units of the tail, the one is searched at which the mean of the
    percentiles is as far below the end, in outer distances, as in the data.

    Args:
        q20: 20th percentile of log size [log points].
        q50: median of log size [log points].
        q80: 80th percentile of log size [log points].
        upper: log size at the upper end, at least q80 [log points].
        shares: in (0, 1), in order, where the three are percentiles of other shares.

    Returns:
        The fit; None where the outer percentiles are equal, or where the upper end is so near
        that only a flat density, or one that rises with log size, has these percentiles.

    Raises:
        ValueError: the percentiles are not in order.

    Example:
        >>> import math
        >>> kept = 1 - math.exp(-2.0 * 3.0)
        >>> percentiles = [1.0 - math.log(1 - p * kept) / 2.0 for p in (0.2, 0.5, 0.8)]
        >>> fit = fit_truncated_pareto(*percentiles, upper=4.0)
        >>> round(fit.tail, 9), round(fit.lower, 9)
        (2.0, 1.0)

    Source: the rule is ours, docs/method.md#7-sizes-and-a-productivity-cutoff.
    """
    distance = _outer_distance(q20, q50, q80)
    if distance == 0.0:
        return None
    wanted = (upper - fmean((q20, q50, q80))) / distance
    low, high = _SMALLEST_CUT, _LARGEST_CUT
    if not _relative_end(low, shares) < wanted:
        return None
    if _relative_end(high, shares) <= wanted:
        low = high
    _, cut = bisect(lambda middle: _relative_end(middle, shares) >= wanted, low, high)
    unit = _unit_percentiles(cut, shares)
    tail = (unit[2] - unit[0]) / distance
    return FittedPareto(tail, fmean((q20, q50, q80)) - fmean(unit) / tail, upper)


def hill_tail(exceedances: int, log_excess: float) -> tuple[float, float] | None:
    """Tail index of a Pareto above a threshold, and its standard error, by maximum likelihood.

    Args:
        exceedances: sizes above the threshold.
        log_excess: the sum of ln(size / threshold) over them [log points].

    Returns:
        The index, and the index over the root of the exceedances; None where nothing exceeds.

    Example:
        >>> hill_tail(4, 2.0)
        (2.0, 1.0)

    Source: Hill (1975), Annals of Statistics 3.
    """
    if exceedances < 1 or not log_excess > 0.0:
        return None
    index = exceedances / log_excess
    return index, index / math.sqrt(exceedances)


def _outer_distance(q20: float, q50: float, q80: float) -> float:
    if not q20 <= q50 <= q80:
        raise ValueError("percentiles must be in order: 20th, 50th, 80th")
    return q80 - q20


def _unit_percentiles(cut: float, shares: Shares) -> list[float]:
    """Percentiles of an exponential of mean 1 that is cut off at `cut` > 0."""
    kept = -math.expm1(-cut)
    return [-math.log1p(-share * kept) for share in shares]


def _relative_end(cut: float, shares: Shares) -> float:
    """Distance from the mean of the percentiles to the cut, in outer distances; rises with it.

    Near 0 the density is flat: (1 - 0.5) / (0.8 - 0.2) = 5/6 for the usual shares.
    """
    unit = _unit_percentiles(cut, shares)
    return (cut - fmean(unit)) / (unit[2] - unit[0])
