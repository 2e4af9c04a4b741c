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

Source: Melitz and Trefler (2012), figure 5 and footnote 4. Gaps: Cunningham et al. (2023),
Dispersion in Dispersion: the layout of the US Dispersion Statistics on Productivity.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tradegains.formulas.fixed_point import LARGEST_AMOUNT
from tradegains.formulas.outcomes import minus

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


SAME_YEAR, BASE_YEAR, POOLED = "same_year", "base_year", "pooled"
"""Which establishments set the median that productivity is relative to."""


# One establishment.


def productivity_problem(output: float | None, labour: float | None) -> str:
    """Why an establishment has no labour productivity; empty where it has one.

    Args:
        output: value added or sales [money unit].
        labour: employment or hours [jobs or hours].

    Example:
        >>> productivity_problem(100.0, 4.0), productivity_problem(-1.0, 4.0)
        ('', 'output is not positive')

    Source: MT, figure 5: value added per worker, in logarithms.
    """
    if output is None or labour is None or math.isnan(output) or math.isnan(labour):
        return "output or labour is missing"
    if not output > 0:
        return "output is not positive"
    if not labour > 0:
        return "labour is not positive"
    in_range = max(output, labour) <= LARGEST_AMOUNT and 0 < output / labour < math.inf
    return "" if in_range else "output over labour is out of range"


def log_labour_productivity(output: float | None, labour: float | None) -> float | None:
    """phi = ln(VA / L), or None where value added or labour is missing or not positive.

    The engines' twin is `F.ln(output / labour)`; the last bit of ln may differ.

    Args:
        output: value added or sales [money unit].
        labour: employment or hours [jobs or hours].

    Returns:
        [log money unit per job or hour].

    Source: MT, figure 5.

    Example:
        >>> log_labour_productivity(100.0, 100.0), log_labour_productivity(100.0, 0.0)
        (0.0, None)
    """
    if output is None or labour is None or productivity_problem(output, labour):
        return None
    return math.log(output / labour)


def relative_productivity(log_productivity: Any, industry_median: Any) -> Any:
    """phi - m_s [log points]; floats or Columns.

    Args:
        log_productivity: phi [log money unit per job].
        industry_median: m_s, of the 4-digit industry in the base's years [as phi].

    Example:
        >>> relative_productivity(4.5, 4.0)
        0.5

    Source: MT, figure 5.
    """
    return log_productivity - industry_median


def productivity_class(relative: float, cuts: Sequence[float]) -> int:
    """Class of a value among ascending cuts, from 1; a value equal to a cut is below it.

    With the 25th, 50th and 75th percentiles as cuts, the quartile; with the median, its half.

    Args:
        relative: the value [log points].
        cuts: ascending [log points].

    Returns:
        From 1 to one more than there are cuts.

    Example:
        >>> [productivity_class(value, [-1.0, 0.0, 1.0]) for value in (-1.0, -0.5, 0.5, 9.0)]
        [1, 2, 3, 4]
    """
    return bisect_left(cuts, relative) + 1


def median_years(base: str, year: int, *, start: int, end: int) -> tuple[int, ...]:
    """Years whose establishments set the median for an establishment of `year`.

    Args:
        base: choice `median_base`: same_year, base_year or pooled.
        year: year of the establishment's productivity, start or end.
        start: first compared year.
        end: last compared year.

    Example:
        >>> bases = (SAME_YEAR, BASE_YEAR, POOLED)
        >>> [median_years(base, 1996, start=1988, end=1996) for base in bases]
        [(1996,), (1988,), (1988, 1996)]

    Source: Melitz and Trefler (2012), figure 5.
    """
    return {SAME_YEAR: (year,), BASE_YEAR: (start,), POOLED: (start, end)}[base]


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
    """z = kappa (phi - m_s) / sd_s [log points]; floats or Columns.

    Args:
        relative: phi - m_s [log points].
        industry_sd: sd_s, at least SMALLEST_SD [log points].
        kappa: `lileeva_kappa` [log points].

    Example:
        >>> lileeva_productivity(1.0, 0.5, 0.625)
        1.25

    Source: assumed; see the module.
    """
    return kappa * relative / industry_sd


# Dispersion.


def quantile_gaps(quantiles: Mapping[str, float]) -> dict[str, float | None]:
    """The gaps of GAPS between the quantiles p01, p10, p25, p75, p90 and p99.

    Args:
        quantiles: by column name [log points]; empty where there are none.

    Returns:
        By published name [log points], >= 0; None where a quantile is missing.

    Example:
        >>> cuts = dict(p01=-2.0, p10=-1.0, p25=-0.5, p75=0.5, p90=1.0, p99=2.5)
        >>> quantile_gaps(cuts)
        {'d7525': 1.0, 'd9010': 2.0, 'd9990': 1.5, 'd1001': 1.0}

    Source: Cunningham et al. (2023), Dispersion in Dispersion.
    """
    return {
        name: minus(quantiles.get(upper), quantiles.get(lower))
        for name, (upper, lower) in GAPS.items()
    }


def mean_over_industries(statistics: Iterable[float]) -> float | None:
    """Simple mean of a statistic: every industry counts alike, however large.

    Example:
        >>> mean_over_industries([1.0, 2.0]), mean_over_industries([])
        (1.5, None)

    Source: Cunningham et al. (2023), Dispersion in Dispersion.
    """
    values = list(statistics)
    return math.fsum(values) / len(values) if values else None
