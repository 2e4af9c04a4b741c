"""Productivity relative to the industry median: medians, moments, quantiles, histograms.

All sums are exact fractions of the doubles they add, so nothing here is rounded before the end.
"""

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from reference.matching import status_rows
from reference.predicates import rows_where
from reference.rows import Row

PERCENTS = (1, 5, 10, 25, 50, 75, 90, 95, 99)
POPULATION_OF_STATUS = {"continuing": "continuing", "entrant": "entrants", "exiter": "exiters"}

NO_SPREAD = 1e-9
"""Below this [log points] a spread is the rounding of logarithms of equal ratios: no spread."""

TOO_FLAT = 0.01
"""Nothing is divided by a smaller standard deviation [log points]."""

Medians = dict[str, float]


@dataclass(frozen=True)
class Point:
    """Relative productivity [log points] of one row and its weight [thousandths of a job]."""

    value: float
    weight: int
    owner: str = ""  # the establishment


@dataclass(frozen=True)
class Distribution:
    """A population in one year, measured against one set of industry medians."""

    key: dict[str, Any]
    points: list[Point]
    left_out: tuple[str, ...] = ()  # who of the year has no place in it, counted
    kappa: float | None = None


@dataclass(frozen=True)
class Base:
    """What some years' rows set: industry medians, and if asked spreads and their mean."""

    medians: Medians
    sds: dict[str, float] | None = None
    kappa: float | None = None


class Prices:
    """Price index by year and industry code of any length; none for the whole economy."""

    def __init__(self, study: Any, prices: Iterable[Mapping[str, Any]]) -> None:
        self.choice = study.productivity.prices
        self.index = {(row["year"], row.get("industry")): row["index"] for row in prices}

    def log(self, year: int, industry: str | None) -> float | None:
        """Log of the index that deflates an industry in a year; None where there is none."""
        if self.choice == "none":
            return 0.0
        codes: list[str | None] = [None]
        if self.choice == "industry":
            codes = [industry[:digits] for digits in range(1, len(industry or "") + 1)]
        found = [self.index[year, code] for code in codes if (year, code) in self.index]
        return math.log(found[0]) if found else None

    def of_row(self, row: Row) -> float | None:
        """Deflated log productivity of a row, if it has any."""
        deflator = self.log(row.year, row.industry)
        if row.productivity is None or row.industry is None or deflator is None:
            return None
        return row.productivity - deflator


class Productivity:
    """Log productivity of every row that has one, and industry medians of it."""

    def __init__(self, rows: list[Row], prices: Prices) -> None:
        measured = {row: prices.of_row(row) for row in rows}
        self.of_row = {row: value for row, value in measured.items() if value is not None}
        self.prices = prices

    def by_industry(self, years: set[int]) -> dict[str, list[float]]:
        """Log productivity of each industry's rows in these years."""
        found = defaultdict(list)
        for row, value in self.of_row.items():
            if row.year in years:
                found[row.industry].append(value)
        return found

    def medians(self, years: set[int]) -> Medians:
        """Unweighted median of each industry over these years, the middle two averaged."""
        return {code: statistics.median(found) for code, found in self.by_industry(years).items()}

    def quartiles(self) -> dict[Row, int]:
        """Quartile of each row among those of its industry and year; a tie with a cut is below."""
        found = {}
        for year in {row.year for row in self.of_row}:
            cuts = {
                code: quartile_cuts(values) for code, values in self.by_industry({year}).items()
            }
            found |= {
                row: 1 + sum(value > cut for cut in cuts[row.industry])
                for row, value in self.of_row.items()
                if row.year == year
            }
        return found

    def base(self, years: set[int], study: Any) -> Base:
        """Medians of these years; where the study standardises, spreads and kappa too."""
        medians = self.medians(years)
        if study.productivity.standardised_by is None:
            return Base(medians)
        weighted = study.productivity.standardised_by == "employment_weighted_sd"
        sds, jobs = {}, {}
        for code in medians:
            rows = [r for r in self.of_row if r.year in years and r.industry == code]
            points = [Point(self.of_row[row], row.weight if weighted else 1) for row in rows]
            sd = moments(points)["sd"]
            if sd is not None and sd >= TOO_FLAT:
                sds[code], jobs[code] = sd, sum(row.weight for row in rows)
        everyone = sum(jobs.values())
        if not everyone:
            return Base(medians, {})
        kappa = sum(jobs[code] * Fraction(sds[code]) for code in sds) / everyone
        return Base(medians, sds, float(kappa))

    def standardised(self, rows: Iterable[Row], base: Base) -> list[Point]:
        """kappa (phi - m) / sd of the rows whose industry has a spread in the base."""
        return [
            Point(
                float(
                    Fraction(base.kappa)
                    * Fraction(self.of_row[row] - base.medians[row.industry])
                    / Fraction(base.sds[row.industry])
                ),
                row.weight,
                row.establishment_id,
            )
            for row in rows
            if row in self.of_row and row.industry in base.sds
        ]

    def points(self, rows: Iterable[Row], base: Medians) -> list[Point]:
        """Relative productivity of the rows that have one, where the base has their industry."""
        return [
            Point(self.of_row[row] - base[row.industry], row.weight, row.establishment_id)
            for row in rows
            if row in self.of_row and row.industry in base
        ]

    def without(self, year: int, base: Base, *, standardised: bool = False) -> tuple[str, ...]:
        """Establishments of a year in industries without a median in the base, or a spread."""
        of_year = self.by_industry({year})
        lost = {"median": of_year.keys() - base.medians.keys()}
        if standardised:
            lost["spread"] = of_year.keys() & base.medians.keys() - base.sds.keys()
        return tuple(
            f"{sum(len(of_year[code]) for code in codes)} establishments of {len(codes)} "
            f"industries without a {what}"
            for what, codes in lost.items()
            if codes
        )


def quartile_cuts(values: list[float]) -> list[float]:
    """The three quartiles, interpolated between ranks."""
    ordered = sorted(values)
    cuts = []
    for quarter in (1, 2, 3):
        place = Fraction(quarter * (len(ordered) - 1), 4)
        below = math.floor(place)
        above = ordered[min(below + 1, len(ordered) - 1)]
        low = Fraction(ordered[below])
        cuts.append(float(low + (place - below) * (Fraction(above) - low)))
    return cuts


def list_medians(productivity: Productivity, study: Any) -> list[dict[str, Any]]:
    """One row per base, year or window, and industry: the medians the study measures against."""
    bases = [
        *(("same_year", None, year, {year}) for year in median_years(study)),
        *(
            ("pooled", window.name, None, {window.start, window.end})
            for window in study.windows
            if "pooled" in study.productivity.median_base
        ),
    ]
    return [
        {
            "median_base": base,
            "window": window,
            "year": year,
            "industry": code,
            "establishments": len(found),
            "median": statistics.median(found),
            "sd": (productivity.base(years, study).sds or {}).get(code),
        }
        for base, window, year, years in bases
        for code, found in productivity.by_industry(years).items()
    ]


def median_years(study: Any) -> list[int]:
    """Years whose own medians are published: productivity years and the ends of windows."""
    ends = {year for window in study.windows for year in (window.start, window.end)}
    return sorted({*study.productivity.years, *ends})


def row_populations(rows: list[Row], study: Any) -> dict[str, list[Row]]:
    """Populations that a row's own year decides."""
    found = {"all": rows}
    if study.census.has("exports"):
        found["exporters"] = [row for row in rows if row.exporter]
        found["nonexporters"] = [row for row in rows if not row.exporter]
    for population in study.populations:
        found[population.name] = rows_where(rows, population.where)
    return found


def distributions(
    rows: list[Row], study: Any, productivity: Productivity
) -> Iterator[Distribution]:
    """Every population, year and base the study measures."""
    bases = study.productivity.median_base
    if "same_year" in bases:
        for year in study.productivity.years:
            base = productivity.base({year}, study)
            now = [row for row in rows if row.year == year]
            for name, members in row_populations(now, study).items():
                named = key(year, None, name, "same_year")
                yield from both_measures(productivity, members, base, named)
    for window in study.windows:
        yield from window_distributions(rows, study, productivity, window)


def window_distributions(
    rows: list[Row], study: Any, productivity: Productivity, window: Any
) -> Iterator[Distribution]:
    """Populations at the two ends of a window under every base of the study."""
    statuses = status_rows(
        rows, window, study.matching.continuing[0], panel=study.matching.panel_years
    )
    for median_base in study.productivity.median_base:
        for year in (window.start, window.end):
            years = {
                "same_year": {year},
                "base_year": {window.start},
                "pooled": {window.start, window.end},
            }
            base = productivity.base(years[median_base], study)
            found = {
                POPULATION_OF_STATUS[status]: members
                for (status, measured), members in statuses.items()
                if measured == year
            }
            if median_base != "same_year":
                found |= row_populations([row for row in rows if row.year == year], study)
            for name, members in found.items():
                named = key(year, window.name, name, median_base)
                yield from both_measures(productivity, members, base, named)


def both_measures(
    productivity: Productivity, members: list[Row], base: Base, named: dict[str, Any]
) -> Iterator[Distribution]:
    """A population's relative productivity; where the study standardises, that as well."""
    points = productivity.points(members, base.medians)
    yield Distribution(named, points, productivity.without(named["year"], base))
    if base.sds is not None:
        points = productivity.standardised(members, base)
        lost = productivity.without(named["year"], base, standardised=True)
        yield Distribution(named | {"measure": "standardised"}, points, lost, base.kappa)


def industry_distributions(
    rows: list[Row], study: Any, productivity: Productivity
) -> Iterator[Distribution]:
    """All establishments of every year, industry by industry."""
    if "same_year" not in study.productivity.median_base:
        return
    digits = {"industry2": study.census.industry_group_digits, "industry4": None}
    for year in study.productivity.years:
        base = productivity.medians({year})
        now = [row for row in rows if row.year == year and row in productivity.of_row]
        for level in set(study.productivity.levels) - {"total"}:
            for code in {row.industry[: digits[level]] for row in now}:
                inside = [row for row in now if row.industry[: digits[level]] == code]
                named = key(year, None, "all", "same_year") | {"level": level, "industry": code}
                yield Distribution(named, productivity.points(inside, base))


def list_dispersion(
    rows: list[Row], study: Any, productivity: Productivity
) -> list[dict[str, Any]]:
    """Spreads of every 4-digit industry, and their mean over industries of n_min or more."""
    if study.dispersion is None:
        return []
    found = []
    for year in study.productivity.years:
        medians, of_year = productivity.medians({year}), productivity.by_industry({year})
        for code in of_year:
            inside = [
                row for row in productivity.of_row if (row.year, row.industry) == (year, code)
            ]
            points = productivity.points(inside, medians)
            found += [
                {
                    "year": year,
                    "level": "industry4",
                    "industry": code,
                    "weighting": row["weighting"],
                    "industries": 1,
                    "establishments": row["establishments"],
                    "employment": row["employment"],
                    "sd": row["sd"],
                    "d7525": minus(row["p75"], row["p25"]),
                    "d9010": minus(row["p90"], row["p10"]),
                    "d9990": minus(row["p99"], row["p90"]),
                    "d1001": minus(row["p10"], row["p01"]),
                    "theil": theil(points, weighted=row["weighting"] == "employment"),
                    "n_min": study.dispersion.n_min,
                    "note": None,
                }
                for row in list_moments(Distribution({}, points), study)
            ]
        for weighting in ("employment", "unweighted"):
            found.append(mean_dispersion(found, study, year=year, weighting=weighting))
    return [row for row in found if row is not None]


def mean_dispersion(
    rows: list[dict[str, Any]], study: Any, *, year: int, weighting: str
) -> dict[str, Any] | None:
    """The simple mean over industries; None in a year without any."""
    of_year = [row for row in rows if row and (row["year"], row["weighting"]) == (year, weighting)]
    if not of_year:
        return None
    big = [r for r in of_year if r["establishments"] >= study.dispersion.n_min]
    kept = [row for row in big if row["sd"] is not None]
    return of_year[0] | {
        "level": "industries_mean",
        "industry": None,
        "industries": len(kept),
        "establishments": sum(row["establishments"] for row in kept),
        "employment": math.fsum(row["employment"] for row in kept),
        **{
            name: statistics.fmean(row[name] for row in kept) if kept else None
            for name in ("sd", "d7525", "d9010", "d9990", "d1001", "theil")
        },
    }


def theil(points: list[Point], *, weighted: bool) -> float | None:
    """Theil's index of the levels, by its definition: the mean of (x / mean) ln(x / mean)."""
    weights = [point.weight if weighted else 1 for point in points]
    total = sum(weights)
    if total == 0:
        return None
    most = max(point.value for point, weight in zip(points, weights, strict=True) if weight)
    levels = [Fraction(math.exp(min(point.value - most, 0.0))) for point in points]
    mean = sum(w * x for w, x in zip(weights, levels, strict=True)) / total
    shares = [(w, float(x / mean)) for w, x in zip(weights, levels, strict=True)]
    return math.fsum(w * x * math.log(x) for w, x in shares if x) / total


def minus(high: float | None, low: float | None) -> float | None:
    """A difference; None where either is missing."""
    return None if high is None or low is None else high - low


def key(year: int, window: str | None, population: str, median_base: str) -> dict[str, Any]:
    """Key columns of a distribution."""
    return {
        "year": year,
        "window": window,
        "population": population,
        "level": "total",
        "industry": None,
        "median_base": median_base,
        "measure": "relative",
    }


def list_moments(found: Distribution, study: Any) -> list[dict[str, Any]]:
    """Two rows: weighted by employment, and unweighted. An empty population has both, in nulls."""
    points = found.points
    prices = study.productivity.prices
    common = {
        "establishments": len(points),
        "employment": sum(point.weight for point in points) / 1000,
        "kappa": found.kappa,
        "prices": "nominal" if prices == "none" else prices,
        "note": note_of(found),
    }
    equal = [Point(point.value, 1) for point in points]
    values = sorted(point.value for point in points)
    by_weight = {percent: weighted_quantile(points, percent) for percent in PERCENTS}
    by_count = {percent: interpolated_quantile(values, percent) for percent in PERCENTS}
    return [
        {**found.key, "weighting": weighting, **common, **measured, **quantile_columns(quantiles)}
        for weighting, measured, quantiles in (
            ("employment", moments(points), by_weight),
            ("unweighted", moments(equal), by_count),
        )
    ]


def note_of(found: Distribution) -> str | None:
    """Why numbers are null, and who was left out."""
    nobody = () if found.points else ("no establishment",)
    return "; ".join((*nobody, *found.left_out)) or None


def quantile_columns(quantiles: Mapping[int, float | None]) -> dict[str, float | None]:
    return {f"p{percent:02d}": value for percent, value in quantiles.items()}


def moments(points: list[Point]) -> dict[str, float | None]:
    """Mean, sd (divisor the total weight), skewness and kurtosis (normal: 3), from exact sums."""
    total = sum(point.weight for point in points)
    if total == 0:
        return dict.fromkeys(("mean", "sd", "skewness", "kurtosis"))
    mean = sum(point.weight * Fraction(point.value) for point in points) / total

    def central(order: int) -> Fraction:
        return sum(p.weight * (Fraction(p.value) - mean) ** order for p in points) / total

    variance = central(2)
    sd = math.sqrt(variance)
    if sd < NO_SPREAD:
        return {"mean": float(mean), "sd": 0.0, "skewness": None, "kurtosis": None}
    return {
        "mean": float(mean),
        "sd": sd,
        "skewness": float(central(3)) / sd**3,
        "kurtosis": float(central(4) / variance**2),
    }


def weighted_quantile(points: list[Point], percent: int) -> float | None:
    """Smallest value whose weight at or below it is at least this percentage of the whole."""
    total = sum(point.weight for point in points)
    for value in sorted({point.value for point in points}):
        below = sum(point.weight for point in points if point.value <= value)
        if total and 100 * below >= percent * total:
            return value
    return None


def interpolated_quantile(values: list[float], percent: int) -> float | None:
    """Hyndman-Fan 7: rank (n - 1) p of the sorted values, linear between neighbours."""
    if not values:
        return None
    rank = Fraction((len(values) - 1) * percent, 100)
    low = math.floor(rank)
    high = min(low + 1, len(values) - 1)
    below, above = Fraction(values[low]), Fraction(values[high])
    return float(below + (rank - low) * (above - below))


def list_bins(found: Distribution, study: Any) -> list[dict[str, Any]]:
    """One row per bin that holds an establishment."""
    width = study.productivity.bin_width
    total = sum(point.weight for point in found.points)
    counts, weights = Counter(), Counter()
    for point in found.points:
        number = math.floor(point.value / width)
        counts[number] += 1
        weights[number] += point.weight
    return [
        {
            **found.key,
            "bin_width": width,
            "bin_start": number * width,
            "bin_end": (number + 1) * width,
            "establishments": counts[number],
            "employment": weights[number] / 1000,
            "share": weights[number] / total if total else None,
        }
        for number in sorted(counts)
    ]


def list_entry_rates(
    rows: list[Row], study: Any, productivity: Productivity
) -> list[dict[str, Any]]:
    """Entrants over all of a window's last year: in all, on each side of the median, by bin."""
    windows = [study.window(name) for name in study.productivity.entry_rates or ()]
    found = []
    for window in windows:
        present = {row.establishment_id for row in rows if row.year == window.start}
        everyone = [row for row in rows if row.year == window.end]
        for name, year in (
            ("same_year", window.end),
            ("base_year", min(each.start for each in windows)),
        ):
            base = productivity.base({year}, study)
            inside = [
                (productivity.of_row[row] - base.medians[row.industry], row)
                for row in everyone
                if row in productivity.of_row and row.industry in base.medians
            ]
            shared = {
                "window": window.name,
                "year": window.end,
                "median_base": name,
                "median_year": year,
                "prices": {"none": "nominal"}.get(study.productivity.prices)
                or study.productivity.prices,
                "note": "; ".join(productivity.without(window.end, base))
                if inside
                else "; ".join(("no establishment", *productivity.without(window.end, base))),
            }
            parts = {
                ("all", None): inside,
                ("below_median", None): [each for each in inside if each[0] < 0],
                ("not_below_median", None): [each for each in inside if each[0] >= 0],
            }
            width = study.productivity.bin_width
            for value, row in inside:
                parts.setdefault(("bin", math.floor(value / width)), []).append((value, row))
            new = [row for _, row in inside if row.establishment_id not in present]
            found += [
                {
                    **shared,
                    "part": part,
                    "bin_width": width,
                    "bin_start": None if number is None else number * width,
                    "bin_end": None if number is None else (number + 1) * width,
                    **entry_of([row for _, row in members], new),
                }
                for (part, number), members in parts.items()
            ]
    return found


def entry_of(members: list[Row], new: list[Row]) -> dict[str, Any]:
    """Counts and jobs of a part's establishments, and of the entrants among them."""
    entering = [row for row in members if row in set(new)]
    jobs, of_new = (sum(row.weight for row in each) for each in (members, entering))
    return {
        "entrants": len(entering),
        "establishments": len(members),
        "entry_rate": len(entering) / len(members) if members else None,
        "share_of_entrants": len(entering) / len(new) if new else None,
        "entrants_employment": of_new / 1000,
        "employment": jobs / 1000,
        "employment_rate": of_new / jobs if jobs else None,
    }
