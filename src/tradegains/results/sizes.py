"""Size distributions of exporters, exiters and the others as published rows (HLOY figure 1)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from tradegains.formulas.distribution import HistogramBin, SizeDistribution, SizeGroup
from tradegains.formulas.membership import BOTH_ENDS
from tradegains.formulas.size_distribution import FittedNormal, fit_normal, overlap_area
from tradegains.results.market_cells import MarketCells
from tradegains.results.sets import EXPORTER, SetName, continuing_set
from tradegains.study import MelitzRedding, SizeFits, Study
from tradegains.tables.absence import Absence
from tradegains.tables.published import tables_of

SIZE_TABLES = tables_of("sizes")
FIT_SHARES = (Fraction(1, 5), Fraction(1, 2), Fraction(4, 5))

WEIGHTED = "sampling weights are counted in every amount, so no row has a size of its own"
"""Why a census with sampling weights has no size distributions."""
NO_EXPORTS = "the census has no exports"

Sizes = Mapping[SizeGroup, SizeDistribution]
_Key = tuple[int, str | None, str]


def size_groups(study: Study, wanted: Collection[str]) -> list[SizeGroup]:
    """Every group of establishments whose log size the wanted tables need."""
    if study.census.has("sampling_weight"):
        return []
    groups = []
    if not set(wanted).isdisjoint(SIZE_TABLES):
        groups += [group for _, group in fitted_groups(study)]
    if "welfare" in wanted and study.welfare.melitz_redding is not None:
        windows = map(study.window, study.welfare.windows)
        groups += [sales_group(study.welfare.melitz_redding, window.start) for window in windows]
    return list(dict.fromkeys(groups))


def sales_group(choices: MelitzRedding, year: int) -> SizeGroup:
    """Establishments that sell at home in a year, with the percentiles a cutoff needs."""
    ends = (choices.cutoff_percentile, choices.upper_percentile)
    shares = (*sales_shares(choices), *(share_of(end) for end in ends if end is not None))
    tail = None if choices.tail_percentile is None else share_of(choices.tail_percentile)
    return SizeGroup("domestic_sales", year, shares, tail=tail)


def sales_shares(choices: MelitzRedding) -> tuple[Fraction, Fraction, Fraction]:
    """The three percentiles of log domestic sales that a distribution goes through."""
    low, middle, high = map(share_of, choices.percentiles) if choices.percentiles else FIT_SHARES
    return low, middle, high


def share_of(number: float) -> Fraction:
    """The share a study states, exactly as it is written: 0.05 is a twentieth.

    Example:
        >>> share_of(0.05)
        Fraction(1, 20)
    """
    return Fraction(repr(number))


def size_absences(study: Study) -> tuple[Absence, ...]:
    """Tables of sizes, and rows of them, that a study with the section cannot have."""
    if study.census.has("sampling_weight"):
        return tuple(Absence("table", name, None, WEIGHTED) for name in SIZE_TABLES)
    if not study.census.has("exports"):
        return (Absence("result", "size_fits of exporters", None, NO_EXPORTS),)
    return ()


def size_fit_rows(study: Study, sizes: Sizes, cells: MarketCells) -> list[dict[str, Any]]:
    """One row per year or window, and population: two of each, compared with each other."""
    shares, stated = fitted_shares(study), study.size_fits
    fits = {key: _fit(sizes[group], shares) for key, group in fitted_groups(study)}
    rows = []
    for (year, window, population), group in fitted_groups(study):
        found = sizes[group]
        fit, other = fits[year, window, population], OTHER[population]
        compared = fits[year, window, other]
        everyone = _establishments(group, cells)
        overlap = None if fit is None or compared is None else overlap_area(fit, compared)
        rows.append(
            {
                "year": year,
                "window": window,
                "population": population,
                "establishments": found.establishments,
                "without_size": everyone - found.establishments,
                **{f"q{int(100 * share)}": found.quantiles.get(share) for share in FIT_SHARES},
                **_outer(found, shares, stated),
                "mean": None if fit is None else fit.mean,
                "sd": None if fit is None else fit.sd,
                "overlap_with": other,
                "overlap": overlap,
                "note": _note(fit, compared, other),
                **_weighting(stated),
            }
        )
    return rows


def fitted_shares(study: Study) -> tuple[Fraction, ...]:
    """The three percentiles that curves go through."""
    stated = study.size_fits.percentiles if study.size_fits else None
    return FIT_SHARES if stated is None else tuple(map(share_of, stated))


def _outer(
    found: SizeDistribution, shares: Sequence[Fraction], stated: SizeFits | None
) -> dict[str, Any]:
    if stated is None or stated.percentiles is None:
        return {}
    return {"q_low": found.quantiles.get(shares[0]), "q_high": found.quantiles.get(shares[2])}


def _weighting(stated: SizeFits | None) -> dict[str, Any]:
    return {} if stated is None or stated.weighting is None else {"weighting": stated.weighting}


def size_histogram_rows(study: Study, sizes: Sizes) -> list[dict[str, Any]]:
    """One row per year or window, population and bin that is not empty; shares add up to 1."""
    if study.size_fits is None:
        return []
    width = study.size_fits.bin_width
    return [
        {
            "year": year,
            "window": window,
            "population": population,
            "bin_width": width,
            "bin_start": each.number * width,
            "bin_end": (each.number + 1) * width,
            "establishments": each.establishments,
            "share": _share(each, sizes[group], is_weighted=group.is_weighted),
            **_weighting(study.size_fits),
        }
        for (year, window, population), group in fitted_groups(study)
        for each in sizes[group].histogram
    ]


def _share(each: HistogramBin, of: SizeDistribution, *, is_weighted: bool) -> float:
    if not is_weighted:
        return each.establishments / of.establishments
    return each.employment / sum(one.employment for one in of.histogram)


OTHER = {
    "exporters": "nonexporters",
    "nonexporters": "exporters",
    "continuing": "exiters",
    "exiters": "continuing",
}


def fitted_groups(study: Study) -> Iterator[tuple[_Key, SizeGroup]]:
    """Exporters and others of the stated year, continuing ones and exiters of the window."""
    choices = study.size_fits
    if choices is None:
        return
    year, window = choices.year, study.window(choices.window)
    if study.census.has("exports"):
        yield (year, None, "exporters"), _employment(study, year, inside=(EXPORTER,))
        yield (year, None, "nonexporters"), _employment(study, year, outside=(EXPORTER,))
    headline = continuing_set(window.name, study.headline.continuing)
    both_ends = continuing_set(window.name, BOTH_ENDS)
    start = window.start
    yield (start, window.name, "continuing"), _employment(study, start, inside=(headline,))
    yield (start, window.name, "exiters"), _employment(study, start, outside=(both_ends,))


def _employment(
    study: Study, year: int, inside: tuple[SetName, ...] = (), outside: tuple[SetName, ...] = ()
) -> SizeGroup:
    is_weighted = study.size_fits is not None and study.size_fits.weighting == "employment"
    shares = tuple(dict.fromkeys((*FIT_SHARES, *fitted_shares(study))))
    return SizeGroup("employment", year, shares, inside, outside, is_weighted=is_weighted)


def _fit(found: SizeDistribution, shares: Sequence[Fraction]) -> FittedNormal | None:
    if not found.establishments:
        return None
    low, middle, high = (found.quantiles[share] for share in shares)
    return fit_normal(low, middle, high, upper_share=float(shares[2]))


def _establishments(group: SizeGroup, cells: MarketCells) -> int:
    mask = cells.memberships.mask(group.inside, group.outside)
    of_year = cells.of_year(group.year)
    return of_year.where(of_year.fitting(mask)).total.establishments


def _note(fit: FittedNormal | None, compared: FittedNormal | None, other: str) -> str:
    if fit is None:
        return "no establishment with employment"
    if compared is None:
        return f"no overlap: no {other} with employment"
    if not (fit.sd and compared.sd):
        return "no overlap: a curve has no spread"
    return ""
