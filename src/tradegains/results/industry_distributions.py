"""Moments of single industries, and dispersion in the layout of the US statistics, as rows.

Source: Cunningham et al. (2023), Dispersion in Dispersion: sd, d7525, d9010, d9990 and d1001 by
4-digit industry and year, unweighted and weighted, and their mean over industries.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import fsum
from typing import Any, NamedTuple

from tradegains.formulas.distribution import Distribution
from tradegains.formulas.moments import Moments
from tradegains.formulas.outcomes import joined_notes
from tradegains.formulas.productivity import (
    GAPS,
    RELATIVE,
    SAME_YEAR,
    mean_over_industries,
    quantile_gaps,
)
from tradegains.formulas.quantiles import PERCENTILES
from tradegains.results.distributions import (
    MOMENT_NAMES,
    jobs,
    prices_label,
    year_populations,
)
from tradegains.results.sets import SetName
from tradegains.study import Study
from tradegains.tables.working import industry_code

INDUSTRIES_MEAN = "industries_mean"
DISPERSION_NAMES = ("sd", *GAPS, "theil")
"""Numbers of `dispersion`."""

Row = dict[str, Any]
Group = tuple[int, str, int, int]
"""Year, level, industry number of that level, position of the population."""


class IndustryPopulation(NamedTuple):
    """A population described by industry, under the name of the published tables."""

    name: str
    inside: tuple[SetName, ...]
    outside: tuple[SetName, ...]


def industry_populations(study: Study) -> list[IndustryPopulation]:
    """All establishments: further populations doubled the selection's time on 10M rows."""
    return [
        IndustryPopulation(each.population, each.inside, each.outside)
        for each in year_populations(study)[:1]
    ]


def moment_levels(study: Study) -> tuple[str, ...]:
    """Levels below the whole economy whose moments are asked for."""
    if SAME_YEAR not in study.productivity.median_base:
        return ()
    return tuple(level for level in study.productivity.levels if level != "total")


def industry_levels(study: Study) -> dict[str, int]:
    """Levels to describe, and what cuts an industry number down to each."""
    census = study.census
    divisors = {
        "industry2": 10 ** (census.industry_digits - census.industry_group_digits),
        "industry4": 1,
    }
    wanted = {*moment_levels(study), *(("industry4",) if study.dispersion else ())}
    return {level: divisor for level, divisor in divisors.items() if level in wanted}


def industry_moment_rows(study: Study, found: Mapping[Group, Distribution]) -> list[Row]:
    """Two rows per year, level and industry that has an establishment with productivity."""
    levels, populations = moment_levels(study), industry_populations(study)
    rows = []
    for group, distribution in sorted(found.items()):
        year, level, number, position = group
        if level not in levels:
            continue
        for weighting, moments, quantiles, _ in _weightings(distribution):
            rows.append(
                {
                    "year": year,
                    "window": None,
                    "population": populations[position].name,
                    "level": level,
                    "industry": _code(study, level, number),
                    "median_base": SAME_YEAR,
                    "measure": RELATIVE,
                    "weighting": weighting,
                    "establishments": distribution.establishments,
                    "employment": jobs(distribution.employment),
                    "kappa": None,
                    "prices": prices_label(study),
                    "note": joined_notes(
                        "" if distribution.employment else "no employment",
                        moments.note if moments else "",
                    ),
                }
                | {name: getattr(moments, name, None) for name in MOMENT_NAMES}
                | {name: quantiles.get(name) for name in PERCENTILES}
            )
    return rows


def dispersion_rows(study: Study, found: Mapping[Group, Distribution]) -> list[Row]:
    """Two rows per year and 4-digit industry, and two per year for their mean."""
    if study.dispersion is None:
        return []
    rows: list[Row] = []
    for (year, level, number, position), distribution in sorted(found.items()):
        if level == "industry4" and position == 0:
            rows += _industry_rows(study, year, _code(study, level, number), distribution)
    years = sorted({row["year"] for row in rows})
    means = [
        _mean_row(
            [row for row in rows if (row["year"], row["weighting"]) == (year, weighting)],
            study.dispersion.n_min,
        )
        | {"year": year, "weighting": weighting}
        for year in years
        for weighting in ("employment", "unweighted")
    ]
    return rows + means


def _industry_rows(
    study: Study, year: int, code: str | None, distribution: Distribution
) -> Iterator[Row]:
    n_min = study.dispersion.n_min if study.dispersion else 0
    few = distribution.establishments < n_min
    for weighting, moments, quantiles, theil in _weightings(distribution):
        yield {
            "year": year,
            "level": "industry4",
            "industry": code,
            "weighting": weighting,
            "industries": 1,
            "establishments": distribution.establishments,
            "employment": jobs(distribution.employment),
            "sd": getattr(moments, "sd", None),
            **quantile_gaps(quantiles),
            "theil": theil,
            "n_min": n_min,
            "note": "fewer than n_min: not in the mean over industries" if few else "",
        }


def _mean_row(rows: Iterable[Row], n_min: int) -> Row:
    """The simple mean of the industries with enough establishments that have the statistics."""
    chosen = [row for row in rows if is_in_mean(row, n_min)]
    count = len(chosen)
    return {
        "level": INDUSTRIES_MEAN,
        "industry": None,
        "industries": count,
        "establishments": sum(row["establishments"] for row in chosen),
        "employment": fsum(row["employment"] for row in chosen),
        **{
            name: mean_over_industries(row[name] for row in chosen if row[name] is not None)
            for name in DISPERSION_NAMES
        },
        "n_min": n_min,
        "note": "" if count else "no industry with n_min establishments",
    }


def is_in_mean(row: Mapping[str, Any], n_min: int) -> bool:
    """Whether an industry has enough establishments, and the statistics."""
    return row["establishments"] >= n_min and row["sd"] is not None


class _Weighting(NamedTuple):
    """A distribution under one weighting."""

    name: str
    moments: Moments | None
    quantiles: Mapping[str, float]
    theil: float | None


def _weightings(found: Distribution) -> list[_Weighting]:
    return [
        _Weighting("employment", found.weighted, found.weighted_quantiles, found.weighted_theil),
        _Weighting("unweighted", found.plain, found.plain_quantiles, found.plain_theil),
    ]


def _code(study: Study, level: str, number: int) -> str | None:
    census = study.census
    digits = census.industry_digits if level == "industry4" else census.industry_group_digits
    return industry_code(number, digits)
