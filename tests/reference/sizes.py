"""Size distributions from rows: percentiles, fitted normals and bins of log size.

Size is employment, in a whole number of thousandths, or domestic sales, in units of money; only
sizes above 0 have a logarithm. Nothing here is weighted.
"""

import math
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, localcontext
from fractions import Fraction
from statistics import NormalDist
from typing import Any

from reference.distributions import interpolated_quantile
from reference.matching import continuing_ids, status_rows
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
    fits = {key["population"]: fit(members) for key, members in described}
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
        }
        for key, members in described
    ]


def fit(members: list[Row]) -> dict[str, float | None]:
    """Three percentiles, and the normal through them by the stated rule."""
    values = log_sizes(members, "employment")
    if not values:
        return dict.fromkeys(("q20", "q50", "q80", "mean", "sd"))
    q20, q50, q80 = (percentile(values, share) for share in ("0.2", "0.5", "0.8"))
    return {
        "q20": q20,
        "q50": q50,
        "q80": q80,
        "mean": (q20 + q50 + q80) / 3,
        "sd": (q80 - q20) / (2 * SCORE),
    }


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
        found += [
            {
                **key,
                "bin_width": width,
                "bin_start": number * width,
                "bin_end": (number + 1) * width,
                "establishments": count,
                "share": count / len(values),
            }
            for number, count in sorted(bins.items())
        ]
    return found
