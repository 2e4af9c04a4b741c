"""The Melitz-Redding formulas on a census: one cutoff, and a distribution fitted to sales.

Decisions:
- Log domestic sales of the start year stand for k ln phi, k = sigma - 1. The distribution is
  fitted to three of their percentiles, the 20th, 50th and 80th or stated ones; the cutoff is a
  stated low percentile of them, or the fitted lower end where that is higher, because nobody is
  below it.
- Everything is computed in sizes phi^k, measured from the median: there sigma is 2 and the welfare
  change comes out k times too large. So neither the money unit nor sigma moves hazard / k.
- A Pareto from the tail has the index of sales above a stated quantile (Hill), and is assumed to
  hold at the cutoff, too: the hazard of a Pareto is the same everywhere.
- A Pareto whose tail index of sales is not above 1 has infinite sales: no number, with the reason.
"""

import math
from dataclasses import dataclass

from tradegains.formulas.melitz_redding import (
    Pareto,
    ProductivityDistribution,
    TruncatedPareto,
    lognormal_of_log_sales,
    melitz_redding_local,
    solve_melitz_redding_global,
)
from tradegains.formulas.pareto_fit import (
    SHARES,
    FittedPareto,
    Shares,
    fit_pareto,
    fit_truncated_pareto,
)
from tradegains.formulas.size_distribution import FittedNormal, fit_normal

SIGMA_OF_SIZES, ORDER_OF_SIZES = 2.0, 1.0


@dataclass(frozen=True)
class LogSalesPercentiles:
    """Percentiles of log domestic sales in the start year [log money unit].

    They are unweighted, over establishments that sell at home. `low`, `median` and `high` are those
    at `shares`, which the distribution goes through. `cutoff` is the percentile
    `cutoff_at`, a share in (0, 1), that stands for the productivity cutoff; `upper` is that at
    `upper_at`, where a truncated Pareto ends. `tail` is the index of sales above the percentile
    `tail_at` with its standard error; None where nobody sells more.
    """

    low: float
    median: float
    high: float
    cutoff: float
    cutoff_at: float
    upper: float | None = None
    upper_at: float | None = None
    tail: tuple[float, float] | None = None
    tail_at: float | None = None
    shares: Shares = SHARES


@dataclass(frozen=True)
class MelitzReddingChanges:
    """Both formulas on one window [log points]; None with the reason in `note`.

    local_change = (delta_ln_entry - delta_ln_domestic_share) / (sigma - 1 + hazard); the global
    one tends to it as the shock gets small. `note` always states the assumptions.
    """

    hazard: float | None
    local_change: float | None
    global_change: float | None
    note: str


@dataclass(frozen=True)
class _RelativeSizes:
    """Size over its median, and the log of the cutoff in it; or the reason why there is none."""

    distribution: ProductivityDistribution | None
    ln_cutoff: float = 0.0
    reason: str = ""


def melitz_redding_on_log_sales(
    delta_ln_domestic_share: float | None,
    percentiles: LogSalesPercentiles,
    *,
    distribution: str,
    sigma: float,
    delta_ln_entry: float,
) -> MelitzReddingChanges:
    """Local and global change of ln W with a distribution fitted to log domestic sales.

    Args:
        delta_ln_domestic_share: change of ln lambda, scaled [log points]; None where unknown.
        percentiles: of log domestic sales in the start year.
        distribution: pareto, truncated_pareto, lognormal or pareto_tail.
        sigma: elasticity of substitution, above 1.
        delta_ln_entry: stated change of ln M^e [log points]; 0 is ACR's assumption.

    Returns:
        The two changes, the hazard at the cutoff, and the assumptions.

    Raises:
        ValueError: sigma is not above 1, the percentiles are out of order, or the distribution
            is not known.

    Example:
        >>> sales = LogSalesPercentiles(low=4.0, median=6.0, high=8.0, cutoff=2.0, cutoff_at=0.05)
        >>> changes = melitz_redding_on_log_sales(
        ...     -0.26, sales, distribution="lognormal", sigma=3.72, delta_ln_entry=0.0)
        >>> round(changes.local_change, 4), round(changes.global_change, 4)
        (0.0956, 0.0956)

    Source: HLOY, eqs. 2 and 3; docs/method.md#7-sizes-and-a-productivity-cutoff.
    """
    if not 1.0 < sigma < math.inf:
        raise ValueError("sigma must be above 1")
    order = sigma - 1.0
    assumptions = _assumptions(percentiles, distribution, delta_ln_entry)
    fitted = _fitted(percentiles, distribution)
    if fitted.distribution is None:
        return MelitzReddingChanges(None, None, None, f"{fitted.reason}; {assumptions}")
    hazard = fitted.distribution.hazard(fitted.ln_cutoff, order=ORDER_OF_SIZES)
    if delta_ln_domestic_share is None:
        reason = f"the change of the domestic share is not known; {assumptions}"
        return MelitzReddingChanges(order * hazard, None, None, reason)
    local_change = melitz_redding_local(
        delta_ln_domestic_share,
        sigma=SIGMA_OF_SIZES,
        hazard=hazard,
        delta_ln_entry=delta_ln_entry,
    )
    global_change = solve_melitz_redding_global(
        delta_ln_domestic_share,
        fitted.distribution,
        ln_cutoff=fitted.ln_cutoff,
        sigma=SIGMA_OF_SIZES,
        delta_ln_entry=delta_ln_entry,
    )
    return MelitzReddingChanges(
        order * hazard, float(local_change) / order, global_change / order, assumptions
    )


_NAMES = {
    "pareto": "Pareto",
    "truncated_pareto": "truncated Pareto",
    "lognormal": "lognormal",
    "pareto_tail": "Pareto",
}
_FAR_BELOW = 40.0
"""Log points from the cutoff down to where a Pareto from the tail is taken to begin: no change of
welfare reaches there, so that it plays no part."""


def _assumptions(percentiles: LogSalesPercentiles, distribution: str, delta_ln_entry: float) -> str:
    if distribution not in _NAMES:
        raise ValueError(f"{distribution!r} is not one of {', '.join(_NAMES)}")
    cutoff = f"assumes one productivity cutoff, at the {percentiles.cutoff_at:g} quantile of log "
    cutoff += "domestic sales of the start year"
    entry = f"delta ln entry {delta_ln_entry:g}"
    if distribution == "pareto_tail":
        return f"{cutoff}; {_tail_in_words(percentiles)}; {entry}"
    end = ""
    if distribution == "truncated_pareto":
        end = f" and end at the {percentiles.upper_at:g} quantile"
    low, middle, high = percentiles.shares
    return (
        f"{cutoff} or the fitted lower end if higher; sales {_NAMES[distribution]} through their "
        f"{low:g}, {middle:g} and {high:g} quantiles{end}; {entry}"
    )


def _tail_in_words(percentiles: LogSalesPercentiles) -> str:
    if percentiles.tail_at is None:
        return "no quantile of the tail is stated"
    where = f"above the {percentiles.tail_at:g} quantile"
    if percentiles.tail is None:
        return f"sales Pareto as {where}"
    index, error = percentiles.tail
    told = f"index {index:.4g}, standard error {error:.2g}, by maximum likelihood"
    return f"sales Pareto as {where} ({told}), down to the cutoff"


def _fitted(percentiles: LogSalesPercentiles, distribution: str) -> _RelativeSizes:
    sales = percentiles
    if distribution == "pareto_tail":
        return _from_tail(sales)
    through = (sales.low, sales.median, sales.high)
    if sales.low == sales.high:
        return _RelativeSizes(None, reason="log domestic sales have no spread")
    if distribution == "lognormal":
        fit = fit_normal(*through, upper_share=sales.shares[2])
        relative = FittedNormal(fit.mean - sales.median, fit.sd)
        size = lognormal_of_log_sales(relative, sigma=SIGMA_OF_SIZES)
        return _RelativeSizes(size, sales.cutoff - sales.median)
    if distribution == "pareto":
        return _pareto(sales, fit_pareto(*through, shares=sales.shares))
    if sales.upper is None:
        return _RelativeSizes(None, reason="no upper end is stated")
    fitted = fit_truncated_pareto(*through, upper=sales.upper, shares=sales.shares)
    return _truncated(sales, fitted)


def _pareto(sales: LogSalesPercentiles, fit: FittedPareto | None) -> _RelativeSizes:
    if fit is None or not fit.tail > ORDER_OF_SIZES:
        reason = "a Pareto through these quantiles has infinite sales: tail index not above 1"
        return _RelativeSizes(None, reason=reason)
    start = fit.lower - sales.median
    return _RelativeSizes(
        Pareto(fit.tail, math.exp(start)), max(sales.cutoff - sales.median, _inside(start))
    )


def _from_tail(sales: LogSalesPercentiles) -> _RelativeSizes:
    if sales.tail is None:
        return _RelativeSizes(None, reason="nobody sells more than at the quantile of the tail")
    if not sales.tail[0] > ORDER_OF_SIZES:
        reason = "a Pareto with this tail has infinite sales: tail index not above 1"
        return _RelativeSizes(None, reason=reason)
    cutoff = sales.cutoff - sales.median
    return _RelativeSizes(Pareto(sales.tail[0], math.exp(cutoff - _FAR_BELOW)), cutoff)


def _truncated(sales: LogSalesPercentiles, fit: FittedPareto | None) -> _RelativeSizes:
    if fit is None:
        reason = "no truncated Pareto has these quantiles and this upper end"
        return _RelativeSizes(None, reason=reason)
    start, end = fit.lower - sales.median, fit.upper - sales.median
    cutoff = max(sales.cutoff - sales.median, _inside(start))
    if not cutoff < end:
        return _RelativeSizes(None, reason="the cutoff is at the upper end")
    return _RelativeSizes(TruncatedPareto(fit.tail, math.exp(start), math.exp(end)), cutoff)


def _inside(ln_lower: float) -> float:
    """The lower end as the distribution sees it: the logarithm of its exponential."""
    return math.log(math.exp(ln_lower))
