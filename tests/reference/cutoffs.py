"""Welfare under a productivity cutoff, from rows: hazards and tails by the textbook.

Sizes are phi**k, measured from their median; a window's log domestic sales at its start are fitted
by the percentile rule.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from statistics import NormalDist
from typing import Any

from reference.rows import Row
from reference.sizes import log_sizes, percentile

NORMAL = NormalDist()
FLAT = 1e-6

# Hazard of log size at the cutoff, and how ln of the tail's sales changes with the cutoff.
Fitted = tuple[float, Callable[[float], float]]


def list_cutoffs(rows: list[Row], hloy: dict[str, Any], study: Any) -> list[dict[str, Any]]:
    """Rows of the two formulas under each distribution, beside a window's HLOY row."""
    choices = study.welfare.melitz_redding
    if choices is None or study.census.has("sampling_weight"):
        return []
    start = study.window(hloy["window"]).start
    entry = choices.entry_change
    if choices.entry_counts:
        entry = change_of_entry(rows, study.window(hloy["window"]))
    sales = log_sizes([row for row in rows if row.year == start], "domestic_sales")
    found = []
    for name in choices.distributions:
        fitted = fit(sales, name, choices) if sales and entry is not None else None
        local, overall, hazard = None, None, None
        if fitted is not None:
            k = study.welfare.sigma - 1
            hazard = k * fitted[0]
            delta = hloy["delta_ln_domestic_share"]
            if delta is not None:
                push = entry - delta
                local = push / (k + hazard)
                overall = solve(push, fitted[1]) / k
        for formula, change in (("local", local), ("global", overall)):
            found.append(
                {
                    **hloy,
                    "formula": f"melitz_redding_{formula}",
                    "distribution": name,
                    "domestic_share_term": None,
                    "continuing_share_term": None,
                    "welfare_change": change,
                    "hazard": hazard,
                    "implied_trade_elasticity": None,
                }
            )
    return found


def change_of_entry(rows: list[Row], window: Any) -> float | None:
    """Scaled change of the log of those who were not there a year before, at the window's ends."""
    seen = {(row.establishment_id, row.year) for row in rows}
    new = [
        sum(each[1] == year and (each[0], year - 1) not in seen for each in seen)
        for year in (window.start + 1, window.end)
    ]
    return window.scale * math.log(new[1] / new[0]) if all(new) else None


def solve(push: float, tail_change: Callable[[float], float]) -> float:
    """The x with x = push + change of ln of the tail at x above the cutoff."""
    low, high = min(push, 0.0), max(push, 0.0)
    for _ in range(300):
        middle = (low + high) / 2
        if middle > push + tail_change(middle):
            high = middle
        else:
            low = middle
    return (low + high) / 2


def fit(sales: list[float], name: str, choices: Any) -> Fitted | None:
    """A distribution through three percentiles; None where there is none."""
    shares = choices.percentiles or (0.2, 0.5, 0.8)
    q = [percentile(sales, repr(share)) for share in shares]
    if q[0] == q[2] and name != "pareto_tail":
        return None
    cutoff = percentile(sales, repr(choices.cutoff_percentile)) - q[1]
    if name == "pareto_tail":
        least = sales[math.floor((len(sales) - 1) * Fraction(repr(choices.tail_percentile)))]
        above = [value - least for value in sales if value > least]
        tail = len(above) / math.fsum(above) if above else 0.0
        return None if tail <= 1 else (tail - 1, lambda x: -(tail - 1) * x)
    mean, distance = sum(q) / 3 - q[1], q[2] - q[0]
    if name == "lognormal":
        return lognormal(mean, distance / (2 * NORMAL.inv_cdf(shares[2])), cutoff)
    if name == "pareto":
        logs = [-math.log(1 - share) for share in shares]
        tail = (logs[2] - logs[0]) / distance
        lower = mean - sum(logs) / 3 / tail
        return None if tail <= 1 else (tail - 1, pareto_tail(tail, max(cutoff, lower), lower))
    upper = percentile(sales, repr(choices.upper_percentile)) - q[1]
    return truncated(mean, distance, upper, (cutoff, shares))


def upper_tail(z: float) -> float:
    """1 - Phi(z), and its logarithm's hazard for large z by the continued fraction."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def lognormal(mean: float, sd: float, cutoff: float) -> Fitted:
    """z = (a - m - s^2)/s: hazard n(z)/(s (1 - Phi(z))), tail 1 - Phi(z)."""
    z = (cutoff - mean - sd * sd) / sd
    hazard = NORMAL.pdf(z) / (sd * upper_tail(z))
    return hazard, lambda x: math.log(upper_tail(z + x / sd) / upper_tail(z))


def pareto_tail(tail: float, cutoff: float, lower: float) -> Callable[[float], float]:
    """ln of the tail falls by (tail - 1) times the move of the cutoff, from the lower end up."""
    return lambda x: -(tail - 1) * (max(cutoff + x, lower) - cutoff)


def truncated(
    mean: float, distance: float, upper: float, rest: tuple[float, tuple[float, ...]]
) -> Fitted | None:
    """Exponential log size cut off at `upper`; the rule picks the tail times the log range."""
    cutoff, shares = rest

    def percentiles(cut: float) -> list[float]:
        return [-math.log1p(share * math.expm1(-cut)) for share in shares]

    def excess(cut: float) -> float:
        unit = percentiles(cut)
        return (cut - sum(unit) / 3) / (unit[2] - unit[0]) - (upper - mean) / distance

    if excess(FLAT) >= 0:
        return None
    low, high = FLAT, 700.0
    for _ in range(300):
        middle = (low + high) / 2
        low, high = (low, middle) if excess(middle) > 0 else (middle, high)
    unit = percentiles(high)
    tail = (unit[2] - unit[0]) / distance
    lower = mean - sum(unit) / 3 / tail
    start = max(cutoff, lower)
    if start >= upper:
        return None

    def sales_above(a: float) -> float:
        """Integral of e^y e^(-tail y) from a to the upper end, but for a constant."""
        power = 1 - tail
        if abs(power) * (upper - a) < 1e-9:
            return upper - a
        return (math.exp(power * upper) - math.exp(power * a)) / power

    hazard = math.exp((1 - tail) * start) / sales_above(start)

    def tail_change(x: float) -> float:
        end = max(start + x, lower)
        return -math.inf if end >= upper else math.log(sales_above(end) / sales_above(start))

    return hazard, tail_change
