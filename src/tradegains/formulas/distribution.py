"""What is told of a distribution of relative productivity: the records, not their computation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tradegains.formulas.moments import Moments
from tradegains.formulas.woodruff import QuantileSpread


@dataclass(frozen=True)
class IndustryMedian:
    """Median of one industry: establishments with log productivity, and their median."""

    establishments: int
    median: float


@dataclass(frozen=True)
class IndustryScales:
    """What puts industries on one scale: z = kappa * (relative productivity) / sd_s.

    Attributes:
        kappa: [log points]; None where no industry can be scaled.
        sds: sd_s by number of each industry that has a spread [log points], > 0.
    """

    kappa: float | None
    sds: Mapping[int, float]


@dataclass(frozen=True)
class HistogramBin:
    """Establishments in [number * width, (number + 1) * width); employment in thousandths."""

    number: int
    establishments: int
    employment: int


@dataclass(frozen=True)
class Replicated:
    """A distribution under one weighting without each group of units; empty where nobody is in it.

    Attributes:
        statistics: mean, sd, skewness, kurtosis and (if asked for) theil without each group, as a
            sequence or an array; not a number where there is none.
        quantiles: how uncertain each is, by published name.
    """

    statistics: Mapping[str, Any] = field(default_factory=dict)
    quantiles: Mapping[str, QuantileSpread] = field(default_factory=dict)


@dataclass(frozen=True)
class Distribution:
    """Relative productivity of one population [log points].

    Attributes:
        establishments: with relative productivity.
        employment: theirs [thousandths of a job].
        weighted: moments weighted by employment; None without employment.
        plain: unweighted moments; None without establishments.
        weighted_quantiles: by published name; empty without employment.
        plain_quantiles: by published name; empty without establishments.
        histogram: bins that are not empty, ascending.
        weighted_theil: Theil index of the level, weighted by employment; None if not asked for.
        plain_theil: unweighted.
        without: what is told without each group of units, weighted and unweighted; None where it
            is not asked for.
    """

    establishments: int
    employment: int
    weighted: Moments | None
    plain: Moments | None
    weighted_quantiles: Mapping[str, float]
    plain_quantiles: Mapping[str, float]
    histogram: tuple[HistogramBin, ...]
    weighted_theil: float | None = None
    plain_theil: float | None = None
    without: tuple[Replicated, Replicated] | None = None


@dataclass(frozen=True)
class BinsByGroup:
    """Whole-number sums of one population, as arrays: a row per bin, a column per group of units.

    `number` is the bin of the histogram of each row; employment counts in thousandths of a job.
    """

    number: Any
    establishments: Any
    employment: Any


@dataclass(frozen=True)
class SizeGroup:
    """Establishments of a year whose log size is described.

    `size` is employment or domestic_sales; members are in all the sets `inside` and in none
    `outside`; `shares` are the wanted percentiles, each in [0, 1]. `tail` is the share above whose
    percentile the tail is summed; None: it is not. With `is_weighted` percentiles count jobs.
    """

    size: str
    year: int
    shares: tuple[Fraction, ...]
    inside: tuple[tuple[str, ...], ...] = ()
    outside: tuple[tuple[str, ...], ...] = ()
    tail: Fraction | None = None
    is_weighted: bool = False


@dataclass(frozen=True)
class Tail:
    """Establishments larger than a threshold, and the sum of ln(size / threshold) [log points].

    The threshold is a size that was observed: the largest at or below the percentile.
    """

    establishments: int
    log_excess: float


@dataclass(frozen=True)
class SizeDistribution:
    """Log size of one group, unweighted [log jobs, or log money unit].

    Attributes:
        establishments: with a size above 0.
        quantiles: interpolated percentiles by share; empty without establishments.
        histogram: bins that are not empty, ascending.
        spreads: how uncertain the percentiles are, by share; empty where that is not asked for.
        tail: above the group's tail share; None where it is not asked for, or nobody is described.
    """

    establishments: int
    quantiles: Mapping[Fraction, float]
    histogram: tuple[HistogramBin, ...]
    spreads: Mapping[Fraction, QuantileSpread] = field(default_factory=dict)
    tail: Tail | None = None
