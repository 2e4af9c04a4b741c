"""Size distributions from rows: percentiles, fitted normals and bins of log size.

Size is employment, in a whole number of thousandths, or domestic sales, in units of money; only
sizes above 0 have a logarithm. Nothing is weighted, unless the study says so.
"""

import math
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, localcontext
from fractions import Fraction
from statistics import NormalDist
from typing import Any

from reference.distribution_errors import spreads_of
from reference.distributions import Point, interpolated_quantile
from reference.matching import continuing_ids, status_rows
from reference.replicates import jackknife, quantile
from reference.rows import Row, worth

PAIRS = (("exporters", "nonexporters"), ("continuing", "exiters"))
SCORE = NormalDist().inv_cdf(0.8)


def populations(rows: list[Row], study: Any) -> Iterator[tuple[dict[str, Any], list[Row]]]:
    """Key and members of every population that the study fits."""
    choices = study.size_fits
    at_year = [row for row in rows if row.year == choices.year]
    if study.census.has("exports"):
        key = {"year": choices.year, "window": None}
        yield {**key, "population": "exporters"}, [row for row in at_year if row.exporter]
        yield {**key, "population": "nonexporters"}, [row for row in at_year if not row.exporter]
    window = study.window(choices.window)
    key = {"year": window.start, "window": window.name}
    continuing = continuing_ids(
        rows, window, study.matching.continuing[0], study.matching.panel_years
    )
    leaving = status_rows(rows, window, "both_ends")["exiter", window.start]
    kept = [row for row in rows if row.year == window.start and row.establishment_id in continuing]
    yield {**key, "population": "continuing"}, kept
    yield {**key, "population": "exiters"}, leaving


def log_sizes(members: list[Row], size: str) -> list[float]:
    """Logarithms of the sizes above 0, ascending."""
    amounts = (
        row.weight / 1000 if size == "employment" else worth([row], "domestic_sales")
        for row in members
    )
    return sorted(math.log(amount) for amount in amounts if amount > 0)


def percentile(values: list[float], share: str) -> float | None:
    """Interpolated percentile; the share is written as a decimal."""
    return interpolated_quantile(values, 100 * Fraction(share))


def list_fits(rows: list[Row], study: Any) -> list[dict[str, Any]]:
    """One row per population, beside the one it is compared with."""
    if study.size_fits is None or study.census.has("sampling_weight"):
        return []
    described = [(key, members) for key, members in populations(rows, study)]
    fits = {key["population"]: fit(members, study.size_fits) for key, members in described}
    other = {a: b for pair in PAIRS for a, b in (pair, pair[::-1])}
    return [
        {
            **key,
            "establishments": len(log_sizes(members, "employment")),
            "without_size": sum(row.weight <= 0 for row in members),
            **fits[key["population"]],
            "overlap_with": other[key["population"]],
            "overlap": overlap(fits[key["population"]], fits[other[key["population"]]]),
            "note": None,
            **weighting(study),
        }
        for key, members in described
    ]


def weighting(study: Any) -> dict[str, str]:
    """The column, where the study states what is counted."""
    stated = study.size_fits.weighting
    return {} if stated is None else {"weighting": stated}


def fit(members: list[Row], choices: Any) -> dict[str, float | None]:
    """Three percentiles, and the normal through those that the study fits."""
    values, stated = log_sizes(members, "employment"), choices.percentiles
    outer = {} if stated is None else {"q_low": None, "q_high": None}
    if not values:
        return dict.fromkeys(("q20", "q50", "q80", "mean", "sd")) | outer

    def at(share: str) -> float | None:
        if choices.weighting != "employment":
            return percentile(values, share)
        points = [Point(math.log(r.weight / 1000), r.weight) for r in members if r.weight > 0]
        total, so_far = sum(point.weight for point in points), 0
        for point in sorted(points, key=lambda each: each.value):
            so_far += point.weight
            if so_far >= Fraction(share) * total:
                return point.value
        return None

    q20, q50, q80 = map(at, ("0.2", "0.5", "0.8"))
    low, high = (q20, q80) if stated is None else (at(repr(stated[0])), at(repr(stated[2])))
    if stated is not None:
        outer = {"q_low": low, "q_high": high}
    score = SCORE if stated is None else NormalDist().inv_cdf(stated[2])
    return {
        "q20": q20,
        "q50": q50,
        "q80": q80,
        **outer,
        "mean": (low + q50 + high) / 3,
        "sd": (high - low) / (2 * score),
    }


def fits_with_errors(
    found: list[dict[str, Any]], rows: list[Row], study: Any, groups: list[set[str]]
) -> list[dict[str, Any]]:
    """The rows with Woodruff's intervals, and errors of curves through quantiles that move so."""
    members = {
        key["population"]: [row for row in each if row.weight > 0]
        for key, each in populations(rows, study)
    }
    spreads = {name: spread(each, study, groups) for name, each in members.items()}
    return [with_curve_errors(row, spreads, study) for row in found]


def spread(members: list[Row], study: Any, groups: list[set[str]]) -> dict[str, Any] | None:
    """Ends of the three percentiles' intervals, and the curves without each group."""
    if not members:
        return None
    points = [Point(math.log(r.weight / 1000), r.weight, r.establishment_id) for r in members]
    stated = study.size_fits.percentiles
    fitted = None if stated is None else [Fraction(repr(share)) for share in stated]
    named = {"q20": Fraction(1, 5), "q50": Fraction(1, 2), "q80": Fraction(4, 5)}
    shares = named | dict(enumerate(fitted or named.values()))
    found = spreads_of(
        points,
        groups,
        study,
        weighted=study.size_fits.weighting == "employment",
        shares=shares,
    )
    ends = {
        f"{name}_ci_{end}": found[name][at]
        for name in named.keys() & found.keys()
        for at, end in enumerate(("low", "high"))
    }
    moved = [found[place][2] for place in range(3) if place in found]
    score = SCORE if fitted is None else NormalDist().inv_cdf(stated[2])
    fits = [curve(*each, score) for each in zip(*moved, strict=True)] if len(moved) == 3 else []
    return {"ends": ends, "fits": fits}


def curve(
    low: float | None, middle: float | None, high: float | None, score: float
) -> dict[str, float] | None:
    if None in (low, middle, high) or not low <= middle <= high:
        return None
    return {"mean": (low + middle + high) / 3, "sd": (high - low) / (2 * score)}


def with_curve_errors(
    row: dict[str, Any], spreads: dict[str, dict[str, Any] | None], study: Any
) -> dict[str, Any]:
    stated = study.uncertainty
    own, other = spreads[row["population"]], spreads[row["overlap_with"]]
    ends = dict.fromkeys(f"q{p}_ci_{end}" for p in (20, 50, 80) for end in ("low", "high"))
    found = {**row, **ends, **((own or {}).get("ends") or {})}
    fits, others = (own or {}).get("fits") or [], (other or {}).get("fits") or []
    moves = {
        "mean": [None if fit is None else fit["mean"] for fit in fits],
        "sd": [None if fit is None else fit["sd"] for fit in fits],
        "overlap": [
            None if None in (one, two) else overlap(one, two)
            for one, two in zip(fits, others, strict=False)
        ],
    }
    for name, column in (("mean", "standard_error"), ("sd", "sd_standard_error"),
                         ("overlap", "overlap_standard_error")):  # fmt: skip
        known = row[name] if moves[name] else None
        error, groups = jackknife(known, moves[name], stated.most_undefined)
        found[column] = error
        if name == "mean":
            reach = None if error is None else error * quantile(stated.level, groups - 1)
            found["ci_low"] = None if error is None else known - reach
            found["ci_high"] = None if error is None else known + reach
            found["replicate_groups"] = groups
    return found


def overlap(one: dict[str, float | None], two: dict[str, float | None]) -> float | None:
    """Area under the lower of two normal curves."""
    if not one["sd"] or not two["sd"]:
        return None
    first, second = NormalDist(one["mean"], one["sd"]), NormalDist(two["mean"], two["sd"])
    if first.variance == second.variance:
        return first.overlap(second)
    ends = sorted(crossings(first, second))
    shares = [abs(second.cdf(end) - first.cdf(end)) for end in ends]
    return 1 - sum(shares)


def crossings(first: NormalDist, second: NormalDist) -> list[float]:
    """Where two densities are equal; `NormalDist.overlap` loses it where variances are near."""
    with localcontext(prec=60):
        m1, s1, m2, s2 = map(Decimal, (first.mean, first.stdev, second.mean, second.stdev))
        spread = s2 * s2 - s1 * s1
        middle = m1 * s2 * s2 - m2 * s1 * s1
        root = s1 * s2 * ((m1 - m2) ** 2 + 2 * spread * (s2 / s1).ln()).sqrt()
        return [float((middle + sign * root) / spread) for sign in (-1, 1)]


def list_size_bins(rows: list[Row], study: Any) -> list[dict[str, Any]]:
    """One row per population and bin that holds an establishment."""
    if study.size_fits is None or study.census.has("sampling_weight"):
        return []
    width = study.size_fits.bin_width
    found = []
    for key, members in populations(rows, study):
        values = log_sizes(members, "employment")
        bins = Counter(math.floor(value / width) for value in values)
        shares = Counter(bins)
        if study.size_fits.weighting == "employment":
            shares = Counter()
            for row in members:
                if row.weight > 0:
                    shares[math.floor(math.log(row.weight / 1000) / width)] += row.weight
        found += [
            {
                **key,
                "bin_width": width,
                "bin_start": number * width,
                "bin_end": (number + 1) * width,
                "establishments": count,
                "share": shares[number] / sum(shares.values()),
                **weighting(study),
            }
            for number, count in sorted(bins.items())
        ]
    return found
