"""Log labour productivity, relative to the industry's median, and its dispersion.

Decisions:
- Productivity needs positive value added and positive labour. Other establishments have none, with
  a reason; they still count in matching and in sales.
- The industry's median is unweighted, over establishments of the 4-digit industry, interpolated.
- The base of the median decides what can be compared. `same_year` puts every year's median at 0,
  so shifts between years vanish. `base_year` takes both years relative to the window's earlier
  year, so shifts show. `pooled` takes one median over both years' establishments together. Under
  the last two, years are compared with each other, so productivity must be deflated.
- Classes by productivity are decided by value: a value equal to a cut belongs to the class below.
- Lileeva's standardised scale is assumed: her formula is cited by Melitz and Trefler (footnote 4)
  but not printed there. We read it as z = kappa (phi - m_s) / sd_s with kappa the
  employment-weighted mean of the industries' sd_s; m_s, sd_s and the employment are those of the
  same establishments. An industry without a spread to divide by has no z and no part in kappa.

Source: Melitz and Trefler (2012), figure 5 and footnote 4. Gaps: US Dispersion Statistics on
Productivity (Census Bureau and Bureau of Labor Statistics).
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tradegains.formulas.quantiles import median

GAPS = {
    "d7525": ("p75", "p25"),
    "d9010": ("p90", "p10"),
    "d9990": ("p99", "p90"),
    "d1001": ("p10", "p01"),
}
"""Interquantile gaps by published name: upper quantile minus lower."""


RELATIVE, STANDARDISED = "relative", "standardised"
"""What a distribution is of: phi - m_s, or that on Lileeva's scale."""

ASSUMED = "standardised by an assumed formula"
"""First words of the note of every standardised row."""

SMALLEST_SD = 0.01
"""Smallest sd_s that is divided by [log points]: an industry with a single establishment, or whose
establishments are within a percent of each other, shows no spread to measure others by."""


class MedianBaseChoice(StrEnum):
    """Which establishments set the median that productivity is relative to."""

    SAME_YEAR = "same_year"
    BASE_YEAR = "base_year"
    POOLED = "pooled"


@dataclass(frozen=True)
class Observation:
    """An establishment's productivity in one year.

    Attributes:
        year: census year.
        industry: 4-digit industry.
        log_productivity: phi [log money unit per job].
    """

    year: int
    industry: str
    log_productivity: float


@dataclass(frozen=True)
class DispersionMeasures:
    """Dispersion within one industry and year, in the layout of the US statistics.

    Attributes:
        sd: standard deviation [log points].
        d7525, d9010, d9990, d1001: interquantile gaps [log points], >= 0; d1001 is p10 - p01.
    """

    sd: float
    d7525: float
    d9010: float
    d9990: float
    d1001: float


# One establishment.


def productivity_problem(output: float | None, labour: float | None) -> str:
    """Why an establishment has no labour productivity; empty where it has one.

    Args:
        output: value added or sales [money unit].
        labour: employment or hours [jobs or hours].

    Example:
        >>> productivity_problem(100.0, 4.0), productivity_problem(-1.0, 4.0)
        ('', 'output is not positive')
    """
    if output is None or labour is None or math.isnan(output) or math.isnan(labour):
        return "output or labour is missing"
    if not output > 0:
        return "output is not positive"
    if not labour > 0:
        return "labour is not positive"
    return "" if 0 < output / labour < math.inf else "output over labour is out of range"


def log_labour_productivity(output: float | None, labour: float | None) -> float | None:
    """phi = ln(VA / L), or None where value added or labour is missing or not positive.

    The engines' twin is `F.ln(output / labour)`; the last bit of ln may differ.

    Args:
        output: value added or sales [money unit].
        labour: employment or hours [jobs or hours].

    Returns:
        [log money unit per job or hour].

    Example:
        >>> log_labour_productivity(100.0, 100.0), log_labour_productivity(100.0, 0.0)
        (0.0, None)
    """
    if output is None or labour is None or productivity_problem(output, labour):
        return None
    return math.log(output / labour)


def deflate(output: Any, price_index: Any) -> Any:
    """Output at the prices of the index's base [money unit of the base]; floats or Columns.

    Example:
        >>> deflate(120.0, 1.2)
        100.0
    """
    return output / price_index


def relative_productivity(log_productivity: Any, industry_median: Any) -> Any:
    """phi - m_s [log points]; floats or Columns.

    Example:
        >>> relative_productivity(4.5, 4.0)
        0.5
    """
    return log_productivity - industry_median


def productivity_class(relative: float, cuts: Sequence[float]) -> int:
    """Class of a value among ascending cuts, from 1; a value equal to a cut is below it.

    With the 25th, 50th and 75th percentiles as cuts, the quartile; with the median, its half.

    Example:
        >>> [productivity_class(value, [-1.0, 0.0, 1.0]) for value in (-1.0, -0.5, 0.5, 9.0)]
        [1, 2, 3, 4]
    """
    return bisect_left(cuts, relative) + 1


# Relative to the industry's median.


def median_years(base: MedianBaseChoice, year: int, *, start: int, end: int) -> tuple[int, ...]:
    """Years whose establishments set the median for an establishment of `year`.

    Args:
        base: choice `median_base`.
        year: year of the establishment's productivity, start or end.
        start: first compared year.
        end: last compared year.

    Example:
        >>> [median_years(base, 1996, start=1988, end=1996) for base in MedianBaseChoice]
        [(1996,), (1988,), (1988, 1996)]
    """
    return {
        MedianBaseChoice.SAME_YEAR: (year,),
        MedianBaseChoice.BASE_YEAR: (start,),
        MedianBaseChoice.POOLED: (start, end),
    }[MedianBaseChoice(base)]


def compares_years(base: MedianBaseChoice) -> bool:
    """Whether the base lets years be compared, so that productivity must be deflated."""
    return MedianBaseChoice(base) is not MedianBaseChoice.SAME_YEAR


def industry_medians(observations: Iterable[Observation]) -> dict[tuple[str, int], float]:
    """Unweighted median of phi by industry and year.

    Example:
        >>> industry_medians([Observation(1988, "1011", 1.0), Observation(1988, "1011", 3.0)])
        {('1011', 1988): 2.0}
    """
    groups: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    for row in observations:
        groups[row.industry, row.year].append(row.log_productivity)
    return {key: median(values) for key, values in groups.items()}


def relative_productivities(
    observations: Sequence[Observation], base: MedianBaseChoice, *, start: int, end: int
) -> list[float | None]:
    """Relative productivity of the establishments of two compared years.

    The reference that the distributed selection must equal.

    Args:
        observations: rows of the years start and end.
        base: choice `median_base`.
        start: first compared year.
        end: last compared year.

    Returns:
        [log points], in the order of the rows; None where the industry has no median in its base.

    Example:
        >>> rows = [Observation(1988, "1011", 1.0), Observation(1996, "1011", 1.5)]
        >>> relative_productivities(rows, MedianBaseChoice.BASE_YEAR, start=1988, end=1996)
        [0.0, 0.5]
    """
    groups: defaultdict[tuple[str, tuple[int, ...]], list[float]] = defaultdict(list)
    year_sets = {median_years(base, year, start=start, end=end) for year in (start, end)}
    for row in observations:
        for years in year_sets:
            if row.year in years:
                groups[row.industry, years].append(row.log_productivity)
    medians = {key: median(values) for key, values in groups.items()}
    centres = [
        medians.get((row.industry, median_years(base, row.year, start=start, end=end)))
        for row in observations
    ]
    return [
        None if centre is None else row.log_productivity - centre
        for row, centre in zip(observations, centres, strict=True)
    ]


def ratio_growth(
    numerators: tuple[float, float],
    denominators: tuple[float, float],
    *,
    prices: tuple[float, float] = (1.0, 1.0),
    scale: float = 1.0,
) -> float | None:
    """Growth of a ratio of sums between two years, such as value added per worker [log points].

    Args:
        numerators: sum of sales or value added at the start and the end [money unit].
        denominators: sum of employment or hours at the start and the end [jobs or hours].
        prices: price index at the start and the end; left out, the growth is nominal.
        scale: `welfare.window_scale`.

    Returns:
        Scaled change of the logarithm; None where a sum or a price is not positive.

    Example:
        >>> ratio_growth((100.0, 200.0), (10.0, 10.0), prices=(1.0, 2.0))
        0.0

    Source: HLOY, section 3.3, last paragraph.
    """
    if min(*numerators, *denominators, *prices) <= 0:
        return None
    start, end = (
        deflate(output, price) / labour
        for output, labour, price in zip(numerators, denominators, prices, strict=True)
    )
    return scale * math.log(end / start)


# Lileeva's scale (assumed).


def lileeva_kappa(industry_sds: Sequence[float], employments: Sequence[float]) -> float | None:
    """kappa: employment-weighted mean of the industries' standard deviations [log points].

    Args:
        industry_sds: sd_s of phi within each industry [log points].
        employments: employment of each industry [jobs].

    Returns:
        None where there is no employment.

    Example:
        >>> lileeva_kappa([0.5, 1.0], [300.0, 100.0])
        0.625

    Source: assumed; see the module.
    """
    total = math.fsum(employments)
    if not total:
        return None
    pairs = zip(industry_sds, employments, strict=True)
    return math.fsum(sd * employment for sd, employment in pairs) / total


def lileeva_productivity(relative: Any, industry_sd: Any, kappa: Any) -> Any:
    """z = kappa (phi - m_s) / sd_s [log points]; floats or Columns; sd_s must not be 0.

    Example:
        >>> lileeva_productivity(1.0, 0.5, 0.625)
        1.25

    Source: assumed; see the module.
    """
    return kappa * relative / industry_sd


# Dispersion.


def dispersion(quantiles: Mapping[str, float], sd: float) -> DispersionMeasures:
    """Dispersion from the quantiles p01, p10, p25, p75, p90, p99 and the standard deviation.

    Args:
        quantiles: by column name [log points].
        sd: standard deviation [log points].

    Example:
        >>> cuts = dict(p01=-2.0, p10=-1.0, p25=-0.5, p75=0.5, p90=1.0, p99=2.5)
        >>> dispersion(cuts, 0.75)
        Dispersion(sd=0.75, d7525=1.0, d9010=2.0, d9990=1.5, d1001=1.0)
    """
    gaps = {name: quantiles[upper] - quantiles[lower] for name, (upper, lower) in GAPS.items()}
    return DispersionMeasures(sd=sd, **gaps)


def mean_dispersion(
    industries: Iterable[tuple[DispersionMeasures, int]], minimum_establishments: int
) -> tuple[DispersionMeasures | None, int]:
    """Simple mean over the industries that have enough establishments.

    Args:
        industries: dispersion and number of establishments of each industry.
        minimum_establishments: n_min; industries with fewer are left out.

    Returns:
        The mean, None where no industry is left, and the number of industries in it.

    Example:
        >>> one, few = (DispersionMeasures(*[each] * 5) for each in (1.0, 9.0))
        >>> mean_dispersion([(one, 10), (few, 4)], 5)
        (DispersionMeasures(sd=1.0, d7525=1.0, d9010=1.0, d9990=1.0, d1001=1.0), 1)
    """
    kept = [row for row, establishments in industries if establishments >= minimum_establishments]
    if not kept:
        return None, 0
    means = {
        name: math.fsum(getattr(row, name) for row in kept) / len(kept) for name in ("sd", *GAPS)
    }
    return DispersionMeasures(**means), len(kept)
