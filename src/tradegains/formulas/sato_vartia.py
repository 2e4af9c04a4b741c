"""Sato-Vartia weights, and welfare changes of many industries added up with them.

Decisions:
- An industry's weight is the logarithmic mean of its shares of expenditure at the two ends, over
  the sum of these means. An industry without expenditure at an end has the weight 0 exactly.
- An industry that has a weight but no welfare change (no continuing sales at an end) keeps its
  weight and adds nothing: the aggregate is the sum over the industries that have a number, with
  the weights of all, and is therefore a partial sum. It is never divided by the weight it covers,
  which would give the missing industry the mean change of the others; that weight stands beside
  it, so that a reader can divide, and the note names who is left out and why.
- An industry without expenditure at an end is named too, though its weight of 0 takes nothing away.
- Where an industry's expenditure is not known no weight is: there is no aggregate, and the note
  names the industries.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tradegains.formulas.outcomes import Outcome

NEAR = 1e-6
"""Below this difference of logarithms the series replaces the quotient of two small numbers."""

NO_EXPENDITURE = "no expenditure at an end of the window"
UNKNOWN = "expenditure is not known"


def logarithmic_mean(a: float, b: float) -> float:
    """The mean (b - a) / (ln b - ln a), between the geometric and the arithmetic mean.

    Symmetric, homogeneous of degree 1, a where b = a, and 0 where either is 0.

    Args:
        a: a number >= 0.
        b: another.

    Raises:
        ValueError: a number is negative, infinite or NaN.

    Example:
        >>> round(logarithmic_mean(1.0, 2.0), 12), logarithmic_mean(0.3, 0.3)
        (1.442695040889, 0.3)

    Source: Sato (1976), Vartia (1976); docs/method.md#6-welfare.
    """
    if not (0.0 <= a < math.inf and 0.0 <= b < math.inf):
        raise ValueError("a logarithmic mean needs two finite numbers of at least 0")
    low, high = sorted((float(a), float(b)))
    if low == high or low == 0.0:
        return low
    difference = _log_ratio(low, high)
    if difference < NEAR:
        return math.sqrt(low) * math.sqrt(high) * (1.0 + difference * difference / 24.0)
    return (high - low) / difference


def _log_ratio(low: float, high: float) -> float:
    # log1p keeps all digits where the two are close; the quotient of extremes overflows.
    excess = (high - low) / low
    return math.log1p(excess) if math.isfinite(excess) else math.log(high) - math.log(low)


def sato_vartia_weights(
    start: Mapping[str, float], end: Mapping[str, float]
) -> dict[str, float] | None:
    """Weights of industries (or products) from their expenditure at the two ends.

    The same industries in both, or the shares would be of different totals.

    Args:
        start: expenditure by industry at the window's start, >= 0 [money unit, or shares].
        end: the same at its end.

    Returns:
        Weight by industry, in the order of `start`; they add up to 1. None where no industry has
        expenditure at both ends.

    Raises:
        ValueError: the industries differ, or an expenditure is negative or not finite.

    Example:
        >>> sato_vartia_weights({"10": 50.0, "11": 50.0}, {"10": 30.0, "11": 30.0})
        {'10': 0.5, '11': 0.5}

    Source: HLOY, appendix A; Sato (1976), Vartia (1976).
    """
    if start.keys() != end.keys():
        raise ValueError("expenditure at the two ends must be of the same industries")
    start_shares, end_shares = _shares(start), _shares(end)
    means = {code: logarithmic_mean(start_shares[code], end_shares[code]) for code in start}
    total = math.fsum(means.values())
    return {code: mean / total for code, mean in means.items()} if total > 0.0 else None


def _shares(expenditure: Mapping[str, float]) -> dict[str, float]:
    if not all(0.0 <= value < math.inf for value in expenditure.values()):
        raise ValueError("expenditure must be finite and at least 0")
    total = math.fsum(expenditure.values())
    return {code: value / total if total else 0.0 for code, value in expenditure.items()}


@dataclass(frozen=True)
class IndustryChange:
    """One industry's welfare change over a window.

    welfare_change is -dln lambda^c_S / (sigma_S - 1) [log points], scaled as the window is; None
    with the reason why. Expenditure Y_S is in [money unit], >= 0; None where it is not known.
    """

    industry: str
    expenditure_start: float | None
    expenditure_end: float | None
    welfare_change: float | None
    reason: str = ""


@dataclass(frozen=True)
class IndustryAggregate:
    """Welfare change of all industries together.

    outcome.value = sum over covered industries of weights[S] x welfare_change_S [log points], and
    covered_weight = sum of their weights, 1 when no industry is left out. left_out gives industry
    and reason of each that has no number.
    """

    outcome: Outcome
    weights: Mapping[str, float]
    covered_weight: float
    left_out: Mapping[str, str]


def _reasons(industries: Sequence[IndustryChange]) -> dict[str, str]:
    reasons = {}
    for row in industries:
        if not (row.expenditure_start and row.expenditure_end):
            reasons[row.industry] = NO_EXPENDITURE
        elif row.welfare_change is None:
            reasons[row.industry] = row.reason or "no welfare change"
    return reasons


def _without_expenditure(industries: Sequence[IndustryChange]) -> list[str]:
    return sorted(
        row.industry
        for row in industries
        if row.expenditure_start is None or row.expenditure_end is None
    )


def _note(reasons: Mapping[str, str]) -> str:
    if not reasons:
        return ""
    names = "; ".join(f"{industry} ({reason})" for industry, reason in sorted(reasons.items()))
    return f"partial sum: these industries keep their weight and add nothing: {names}"


def aggregate_industries(industries: Sequence[IndustryChange]) -> IndustryAggregate:
    """Sum of the industries' welfare changes with Sato-Vartia weights of their expenditure.

    Args:
        industries: one row per industry of the whole market, also those without a number.

    Returns:
        The aggregate; its value is None where no industry has a number, or where the expenditure
        of one is not known.

    Raises:
        ValueError: an industry comes twice, or an expenditure is negative or not finite.

    Example:
        >>> rows = [
        ...     IndustryChange("10", 50.0, 30.0, 0.02),
        ...     IndustryChange("11", 50.0, 30.0, None, "no continuing sales"),
        ... ]
        >>> total = aggregate_industries(rows)
        >>> total.outcome.value, total.covered_weight
        (0.01, 0.5)
        >>> print(total.outcome.note)
        partial sum: these industries keep their weight and add nothing: 11 (no continuing sales)

    Source: HLOY, appendix A and table A1.
    """
    if len({row.industry for row in industries}) < len(industries):
        raise ValueError("an industry comes twice")
    if unknown := _without_expenditure(industries):
        note = f"no weights: the expenditure of these industries is not known: {', '.join(unknown)}"
        return IndustryAggregate(Outcome(None, note), {}, 0.0, dict.fromkeys(unknown, UNKNOWN))
    start = {row.industry: row.expenditure_start or 0.0 for row in industries}
    weights = sato_vartia_weights(
        start, {row.industry: row.expenditure_end or 0.0 for row in industries}
    )
    if weights is None:
        reasons = dict.fromkeys(start, NO_EXPENDITURE)
        return IndustryAggregate(
            Outcome(None, "no industry has expenditure at both ends"), {}, 0.0, reasons
        )
    reasons = _reasons(industries)
    covered = [row for row in industries if row.industry not in reasons]
    value = math.fsum(weights[row.industry] * (row.welfare_change or 0.0) for row in covered)
    return IndustryAggregate(
        Outcome(value if covered else None, _note(reasons)),
        weights,
        math.fsum(weights[row.industry] for row in covered),
        reasons,
    )
