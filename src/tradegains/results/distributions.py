"""Medians, moments and histograms of relative productivity as published rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from tradegains.formulas.distribution import Distribution, IndustryMedian, IndustryScales
from tradegains.formulas.fixed_point import EMPLOYMENT_UNITS, from_fixed_point
from tradegains.formulas.membership import BOTH_ENDS
from tradegains.formulas.outcomes import joined_notes, rate
from tradegains.formulas.productivity import (
    ASSUMED,
    POOLED,
    RELATIVE,
    SAME_YEAR,
    STANDARDISED,
    median_years,
)
from tradegains.formulas.quantiles import PERCENTILES
from tradegains.results.sets import EXPORTER, SetName, continuing_set, population_set
from tradegains.study import Study, Window
from tradegains.tables.working import industry_code

Medians = Mapping[tuple[str, int], IndustryMedian]
"""By pool of years and industry number."""

Scales = Mapping[str, IndustryScales]
"""By pool of years; empty where the study does not ask for standardised productivity."""


class Base(NamedTuple):
    """Rows of `year` minus the industry medians of `pool`, standardised by its spreads or not."""

    year: int
    pool: str
    standardised: bool = False

    @property
    def measure(self) -> str:
        """What a distribution under this base is of, as published."""
        return STANDARDISED if self.standardised else RELATIVE


@dataclass(frozen=True)
class Request:
    """One distribution to publish: its key, and the rows it is of."""

    year: int
    window: str | None
    population: str
    median_base: str
    base: Base
    inside: tuple[SetName, ...] = ()
    outside: tuple[SetName, ...] = ()


def median_pools(study: Study) -> dict[str, tuple[int, ...]]:
    """Pools of years whose industry medians are needed: each year alone, and pooled windows."""
    years = {*study.productivity.years}
    years.update(year for window in study.windows for year in (window.start, window.end))
    pools: dict[str, tuple[int, ...]] = {year_pool(year): (year,) for year in sorted(years)}
    if POOLED in study.productivity.median_base:
        pools |= {_window_pool(window): (window.start, window.end) for window in study.windows}
    return pools


def distribution_requests(study: Study) -> list[Request]:
    """Every distribution the study publishes.

    Years on their own under `same_year`; windows compare their two years under `base_year` and
    `pooled`, and show their continuing establishments, entrants and exiters under every base.
    Where the study standardises, all of them once more.
    """
    requests: list[Request] = []
    bases = study.productivity.median_base
    if SAME_YEAR in bases:
        for year in study.productivity.years:
            blank = Request(year, None, "", SAME_YEAR, Base(year, year_pool(year)))
            requests += _year_populations(study, blank)
    for window in study.windows:
        for median_base in bases:
            for year in (window.start, window.end):
                base = Base(year, _pool(window, year, median_base))
                blank = Request(year, window.name, "", median_base, base)
                if median_base != SAME_YEAR:
                    requests += _year_populations(study, blank)
                requests += _window_populations(study, window, blank)
    if study.productivity.standardised_by is None:
        return requests
    again = (replace(each, base=each.base._replace(standardised=True)) for each in requests)
    return [*requests, *again]


def industry_median_rows(study: Study, medians: Medians, scales: Scales) -> list[dict[str, Any]]:
    """One row per year (or pooled window) and industry."""
    windows = {_window_pool(window): window.name for window in study.windows}
    return [
        {
            "median_base": POOLED if pool in windows else SAME_YEAR,
            "window": windows.get(pool),
            "year": None if pool in windows else int(pool),
            "industry": industry_code(industry, study.census.industry_digits),
            "establishments": median.establishments,
            "median": median.median,
            "sd": scales[pool].sds.get(industry) if pool in scales else None,
        }
        for (pool, industry), median in medians.items()
    ]


def medians_of_pool(medians: Medians, pool: str) -> dict[int, float]:
    """Median of each industry in one pool of years, by industry number."""
    return {industry: each.median for (name, industry), each in medians.items() if name == pool}


def moment_rows(
    study: Study,
    requests: Sequence[Request],
    found: Sequence[Distribution],
    *,
    medians: Medians,
    scales: Scales,
) -> list[dict[str, Any]]:
    """Two rows per distribution: weighted by employment, and unweighted."""
    rows, found_medians = [], by_pool(medians)
    for request, distribution in zip(requests, found, strict=True):
        scale = scales[request.base.pool] if request.base.standardised else None
        note = note_of(study, request, distribution, medians=found_medians, scale=scale)
        for weighting, moments, quantiles in (
            ("employment", distribution.weighted, distribution.weighted_quantiles),
            ("unweighted", distribution.plain, distribution.plain_quantiles),
        ):
            rows.append(
                _key(request)
                | {
                    "weighting": weighting,
                    "establishments": distribution.establishments,
                    "employment": jobs(distribution.employment),
                    "kappa": scale and scale.kappa,
                    "prices": prices_label(study),
                    "note": joined_notes(note, moments.note if moments else ""),
                }
                | {name: getattr(moments, name, None) for name in MOMENT_NAMES}
                | {name: quantiles.get(name) for name in PERCENTILES}
            )
    return rows


def by_pool(medians: Medians) -> dict[str, dict[int, IndustryMedian]]:
    """Medians of each pool of years, by industry number."""
    found: dict[str, dict[int, IndustryMedian]] = {}
    for (pool, industry), each in medians.items():
        found.setdefault(pool, {})[industry] = each
    return found


def histogram_rows(
    study: Study, requests: Sequence[Request], found: Sequence[Distribution]
) -> list[dict[str, Any]]:
    """One row per distribution and bin that is not empty; shares add up to 1."""
    width = study.productivity.bin_width
    return [
        _key(request)
        | {
            "bin_width": width,
            "bin_start": each.number * width,
            "bin_end": (each.number + 1) * width,
            "establishments": each.establishments,
            "employment": jobs(each.employment),
            "share": rate(each.employment, found_one.employment),
        }
        for request, found_one in zip(requests, found, strict=True)
        for each in found_one.histogram
    ]


MOMENT_NAMES = ("mean", "sd", "skewness", "kurtosis")


def year_populations(study: Study) -> list[Request]:
    """The populations that a row's own year decides, all establishments first."""
    return list(_year_populations(study, Request(0, None, "", SAME_YEAR, Base(0, ""))))


def _year_populations(study: Study, blank: Request) -> Iterator[Request]:
    yield replace(blank, population="all")
    if study.census.has("exports"):
        yield replace(blank, population="exporters", inside=(EXPORTER,))
        yield replace(blank, population="nonexporters", outside=(EXPORTER,))
    for population in study.populations:
        yield replace(blank, population=population.name, inside=(population_set(population.name),))


def _window_populations(study: Study, window: Window, blank: Request) -> Iterator[Request]:
    headline = continuing_set(window.name, study.headline.continuing)
    both_ends = continuing_set(window.name, BOTH_ENDS)
    yield replace(blank, population="continuing", inside=(headline,))
    leaving = "exiters" if blank.year == window.start else "entrants"
    yield replace(blank, population=leaving, outside=(both_ends,))


def _pool(window: Window, year: int, median_base: str) -> str:
    years = median_years(median_base, year, start=window.start, end=window.end)
    return year_pool(*years) if len(years) == 1 else _window_pool(window)


def year_pool(year: int) -> str:
    """What the pool of one year's rows is called."""
    return str(year)


def _window_pool(window: Window) -> str:
    return f"pooled {window.name}"


def _key(request: Request) -> dict[str, Any]:
    return {
        "year": request.year,
        "window": request.window,
        "population": request.population,
        "level": "total",
        "industry": None,
        "median_base": request.median_base,
        "measure": request.base.measure,
    }


def note_of(
    study: Study,
    request: Request,
    found: Distribution,
    *,
    medians: Mapping[str, Mapping[int, IndustryMedian]],
    scale: IndustryScales | None,
) -> str:
    """Why a distribution has no numbers, what shifts it, and whom it leaves out."""
    notes = [] if scale is None else [ASSUMED]
    if not found.establishments:
        notes.append("no establishment with log productivity")
    elif not found.employment:
        notes.append("no employment")
    if prices_label(study) == "nominal" and request.median_base != SAME_YEAR:
        notes.append("nominal: without a price index inflation shifts this row")
    known = medians.get(request.base.pool, {}).keys()
    of_year = medians.get(year_pool(request.year), {})
    counts = {industry: median.establishments for industry, median in of_year.items()}
    lost = [count for industry, count in counts.items() if industry not in known]
    notes += _left_out(lost, f"a median in {request.base.pool}")
    if scale is not None:
        flat = known - scale.sds.keys()
        lost = [count for industry, count in counts.items() if industry in flat]
        notes += _left_out(lost, f"a spread to divide by in {request.base.pool}")
    return "; ".join(notes)


def _left_out(counts: Sequence[int], without: str) -> list[str]:
    """Establishments of the industries that lack something, in words; nothing where none does."""
    if not counts:
        return []
    return [
        f"{sum(counts)} establishments of {len(counts)} industries without {without} are left out "
        "of this year"
    ]


def prices_label(study: Study) -> str:
    """The deflator of productivity; nominal where there is none."""
    return "nominal" if study.productivity.prices == "none" else study.productivity.prices


def jobs(thousandths: int) -> float:
    """Employment [jobs]."""
    return from_fixed_point(thousandths, EMPLOYMENT_UNITS)
