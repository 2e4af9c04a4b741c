"""Errors of moments, percentiles and gaps by leaving out the rows of each group of units.

Industry medians, and what standardises, are those of all rows. Sums are of doubles here, added up
without rounding: what they can differ by from sums in fixed point is the `blur` of an error.
"""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from reference.comparison import CANCELLED, ORDERS, PLACES, POWERS, UNWEIGHTED_PLACES
from reference.distributions import (
    NO_SPREAD,
    PERCENTS,
    Distribution,
    Point,
    Productivity,
    interpolated_quantile,
    minus,
)
from reference.regressions import blurred
from reference.replicates import jackknife, quantile

STILL = 1e-12
TIED, AS_ONE = 1e-9, 1e-9
GAPS = {"d7525": (75, 25), "d9010": (90, 10), "d9990": (99, 90), "d1001": (10, 1)}
NAMES = ("mean", "sd", "skewness", "kurtosis")
LEVELS_LOST = 64
"""Levels are rounded to so many of the units that powers are, as `comparison.THEIL` has it."""
HUNDREDTHS = {percent: Fraction(percent, 100) for percent in PERCENTS}
Row = dict[str, Any]
Groups = Sequence[set[str]]


def moments_with_errors(
    rows: list[Row], described: Sequence[Distribution], study: Any, groups: Groups
) -> list[Row]:
    """The rows, two of each distribution, with errors of moments and ends of percentiles."""
    found = []
    for at, distribution in enumerate(described):
        for row, weighted in zip(rows[2 * at : 2 * at + 2], (True, False), strict=True):
            points = distribution.points
            told = with_errors(row, NAMES, replicates(points, groups, weighted=weighted), study)
            spreads = spreads_of(points, groups, study, weighted=weighted)
            for percent in PERCENTS:
                low, high, _ = spreads.get(percent, (None, None, None))
                told |= {f"p{percent:02d}_ci_low": low, f"p{percent:02d}_ci_high": high}
            found.append(told)
    return found


def dispersion_with_errors(
    rows: list[Row], productivity: Productivity, study: Any, groups: Groups
) -> list[Row]:
    """The rows with errors of spreads, of gaps and of their mean over industries."""
    medians = {year: productivity.medians({year}) for year in {row["year"] for row in rows}}
    industries, found = [], []
    for row in rows:
        if row["level"] != "industry4":
            continue
        inside = [
            r for r in productivity.of_row if (r.year, r.industry) == (row["year"], row["industry"])
        ]
        points = productivity.points(inside, medians[row["year"]])
        weighted = row["weighting"] == "employment"
        moved = replicates(points, groups, weighted=weighted)
        spreads = spreads_of(points, groups, study, weighted=weighted)
        ends = {}
        for name, (upper, lower) in GAPS.items():
            moved[name], ends[name] = gap_of(points, spreads, (upper, lower), weighted=weighted)
        industries.append((row, moved))
        found.append(with_ends(with_errors(row, ("sd", *GAPS, "theil"), moved, study), ends))
    for row in rows:
        if row["level"] != "industry4":
            found.append(mean_with_errors(row, industries, study))
    return found


def mean_with_errors(row: Row, industries: list[tuple[Row, Row]], study: Any) -> Row:
    """Of the industries that are in the mean of all rows."""
    chosen = [
        (one, moved)
        for one, moved in industries
        if (one["year"], one["weighting"]) == (row["year"], row["weighting"])
        and one["establishments"] >= row["n_min"]
        and one["sd"] is not None
    ]
    means: Row = {}
    for name in ("sd", *GAPS, "theil"):
        kept = [moved[name] for one, moved in chosen if one[name] is not None]
        has_all = kept and all(each is not None for each in kept)
        means[name] = [mean(each) for each in zip(*kept, strict=True)] if has_all else None
    told = with_errors(row, ("sd", *GAPS, "theil"), means, study)
    ends = {}
    for name in GAPS:
        error, count = error_of(row[name], means[name], study)
        reach = None if error is None else error * quantile(study.uncertainty.level, count - 1)
        ends[name] = (None, None) if reach is None else (row[name] - reach, row[name] + reach)
    return with_ends(told, ends)


def mean(values: Sequence[float | None]) -> float | None:
    return None if None in values else blurred(math.fsum(values) / len(values), blur_of(values))


def with_ends(row: Row, ends: dict[str, tuple]) -> Row:
    for name, (low, high) in ends.items():
        row |= {f"{name}_ci_low": low, f"{name}_ci_high": high}
    return row


def blur_of(values: Sequence[float | None]) -> float:
    return max((getattr(each, "blur", 0.0) for each in values if each is not None), default=0.0)


def error_of(value: float | None, moved: Sequence[float | None] | None, study: Any) -> tuple:
    """Standard error, which holds what rounding may do to it, and how many groups have a number."""
    if moved is None:
        return None, 0
    error, count = jackknife(value, list(moved), study.uncertainty.most_undefined, STILL)
    if error is None:
        return None, count
    return blurred(error, math.sqrt(len(moved)) * (blur_of(moved) + STILL)), count


def with_errors(row: Row, names: Sequence[str], moved: Row, study: Any) -> Row:
    found = dict(row)
    for name in names:
        error, count = error_of(row[name], moved.get(name), study)
        found["standard_error" if name == names[0] else f"{name}_standard_error"] = error
        if name == names[0]:
            reach = None if error is None else error * quantile(study.uncertainty.level, count - 1)
            blur = None if error is None else 100 * error.blur
            found["ci_low"] = None if error is None else blurred(row[name] - reach, blur)
            found["ci_high"] = None if error is None else blurred(row[name] + reach, blur)
            found["replicate_groups"] = count
    return found


def weight_of(point: Point, *, weighted: bool) -> int:
    return point.weight if weighted else 1


def replicates(points: list[Point], groups: Groups, *, weighted: bool) -> Row:
    """Moments and Theil's index without each group; None where nobody is in the population."""
    if not sum(weight_of(each, weighted=weighted) for each in points):
        return {}
    each = [moments([p for p in points if p.owner not in ids], weighted=weighted) for ids in groups]
    return {name: [found[name] for found in each] for name in (*NAMES, "theil")}


def moments(points: list[Point], *, weighted: bool) -> dict[str, float | None]:
    rows = [(p.value, weight_of(p, weighted=weighted)) for p in points]
    total = sum(weight for _, weight in rows)
    nothing = dict.fromkeys((*NAMES, "theil"))
    if not total:
        return nothing
    mean = math.fsum(weight * value for value, weight in rows) / total
    central = [math.fsum(weight * (value - mean) ** k for value, weight in rows) / total
               for k in range(5)]  # fmt: skip
    sd = math.sqrt(central[2])
    places = PLACES if weighted else UNWEIGHTED_PLACES

    def told(name: str, value: float) -> float | None:
        lost = CANCELLED + 2 ** POWERS[name] * places * len(rows) / total
        return blurred(value, lost / (sd or 1.0) ** ORDERS[name])

    if sd < NO_SPREAD:
        return nothing | {"mean": told("mean", mean), "sd": 0.0, "theil": 0.0}
    return {
        "mean": told("mean", mean),
        "sd": told("sd", sd),
        "skewness": told("skewness", central[3] / sd**3),
        "kurtosis": told("kurtosis", central[4] / sd**4),
        "theil": blurred(theil(rows, total), CANCELLED + LEVELS_LOST * places * len(rows) / total),
    }


def theil(rows: list[tuple[float, int]], total: int) -> float:
    most = max(value for value, weight in rows if weight)
    levels = [(math.exp(min(value - most, 0.0)), weight) for value, weight in rows]
    average = math.fsum(weight * level for level, weight in levels) / total
    shares = [(level / average, weight) for level, weight in levels]
    return math.fsum(weight * x * math.log(x) for x, weight in shares if x) / total


def percentile(points: list[Point], share: Fraction, *, weighted: bool) -> tuple[float, float]:
    """A percentile, and the value at its rank."""
    if not weighted:
        values = sorted(point.value for point in points)
        at = math.floor((len(values) - 1) * share)
        return interpolated_quantile(values, 100 * share), values[at]
    total = sum(point.weight for point in points)
    for value in sorted({point.value for point in points}):
        below = sum(point.weight for point in points if point.value <= value)
        if below > 0 and below >= share * total:
            return value, value
    raise ValueError("nobody works here")


def spreads_of(
    points: list[Point],
    groups: Groups,
    study: Any,
    *,
    weighted: bool,
    shares: Mapping[Any, Fraction] = HUNDREDTHS,
) -> dict[Any, tuple]:
    """Ends of each percentile's interval, and the percentile without each group."""
    stated = study.uncertainty
    total = sum(weight_of(each, weighted=weighted) for each in points)
    if not total:
        return {}
    found = {}
    left = [[p for p in points if p.owner not in ids] for ids in groups]
    for name, share in shares.items():
        value, lower = percentile(points, share, weighted=weighted)
        below = share_below(points, lower, weighted=weighted)
        without = [share_below(each, lower, weighted=weighted) for each in left]
        error, count = jackknife(below, without, stated.most_undefined)
        if error is None:
            continue
        reach = (below + error * quantile(stated.level, count - 1)) - below
        shares = (
            max(Fraction(0), share - Fraction(reach)),
            min(Fraction(1), share + Fraction(reach)),
        )
        low, high = (percentile(points, each, weighted=weighted)[0] for each in shares)
        slope = (high - low) / float(shares[1] - shares[0]) if shares[1] > shares[0] else 0.0
        moved = [None if each is None else value - (each - below) * slope for each in without]
        found[name] = (low, high, moved)
    return found


def share_below(points: list[Point], value: float, *, weighted: bool) -> float | None:
    total = sum(weight_of(each, weighted=weighted) for each in points)
    below = sum(weight_of(each, weighted=weighted) for each in points if each.value <= value + TIED)
    return below / total if total else None


def gap_of(
    points: list[Point], spreads: dict[int, tuple], pair: tuple[int, int], *, weighted: bool
) -> tuple[list[float | None] | None, tuple]:
    """A gap without each group, and the ends that the intervals of its percentiles give it."""
    if not set(pair) <= spreads.keys():
        return None, (None, None)
    upper, lower = (percentile(points, Fraction(each, 100), weighted=weighted)[0] for each in pair)
    (low1, high1, moved1), (low2, high2, moved2) = (spreads[each] for each in pair)
    moves = [(a - upper, b - lower) for a, b in zip(moved1, moved2, strict=True) if a is not None]
    size = math.sqrt(math.fsum(a * a for a, _ in moves) * math.fsum(b * b for _, b in moves))
    r = math.fsum(a * b for a, b in moves) / size if size else 0.0

    def reach(one: float, other: float) -> float:
        if r > 1 - AS_ONE:
            return abs(one - other)
        return math.sqrt(max(0.0, one * one + other * other - 2 * r * one * other))

    gap = upper - lower
    ends = gap - reach(upper - low1, high2 - lower), gap + reach(high1 - upper, lower - low2)
    return [minus(a, b) for a, b in zip(moved1, moved2, strict=True)], ends
