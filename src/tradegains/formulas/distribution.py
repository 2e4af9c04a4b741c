"""What is told of a distribution of relative productivity: the records, not their computation."""

from collections.abc import Mapping
from dataclasses import dataclass

from tradegains.formulas.moments import Moments


@dataclass(frozen=True)
class IndustryMedian:
    """Median of one industry: establishments with log productivity, and their median."""

    establishments: int
    median: float


@dataclass(frozen=True)
class HistogramBin:
    """Establishments in [number * width, (number + 1) * width); employment in thousandths."""

    number: int
    establishments: int
    employment: int


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
    """

    establishments: int
    employment: int
    weighted: Moments | None
    plain: Moments | None
    weighted_quantiles: Mapping[str, float]
    plain_quantiles: Mapping[str, float]
    histogram: tuple[HistogramBin, ...]
