"""Size distributions: a normal curve through three percentiles, and how far two curves overlap.

Three points fix two parameters by a rule of our own, stated here because the paper states only
the percentiles: the mean is the mean of the 20th, 50th and 80th percentiles, the standard
deviation is their outer distance over that of a standard normal. A study may take two others as far
from the median.
"""

import math
from dataclasses import dataclass

from tradegains.formulas.normal import normal_cdf, normal_density, normal_quantile

LOWER_PERCENTILE, MIDDLE_PERCENTILE, UPPER_PERCENTILE = 0.2, 0.5, 0.8


@dataclass(frozen=True)
class FittedNormal:
    """A normal distribution of log size: mean and standard deviation [log points], sd >= 0."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and 0.0 <= self.sd < math.inf):
            raise ValueError("a fitted normal needs a finite mean and a finite sd of at least 0")

    def density(self, log_size: float) -> float:
        """Height of the curve at a log size, for sd > 0 [per log point]."""
        return normal_density((log_size - self.mean) / self.sd) / self.sd


def fit_normal(
    q20: float, q50: float, q80: float, *, upper_share: float = UPPER_PERCENTILE
) -> FittedNormal:
    """Normal distribution fitted to the 20th, 50th and 80th percentiles of log size.

    Exact where the percentiles are those of a normal; of a skewed distribution it keeps the
    outer distance and lets the two halves differ from the data.

    Args:
        q20: 20th percentile of log size [log points].
        q50: median of log size [log points].
        q80: 80th percentile of log size [log points].
        upper_share: of the last percentile, in (0.5, 1); that of the first is 1 less it.

    Returns:
        The fitted normal; its sd is 0 where all three percentiles are equal.

    Raises:
        ValueError: the percentiles are not in order.

    Example:
        >>> fit = fit_normal(2.0, 3.0, 5.0)
        >>> round(fit.mean, 6), round(fit.sd, 6)
        (3.333333, 1.782274)

    Source: HLOY, figure 1, note; docs/method.md#7-sizes-and-a-productivity-cutoff.
    """
    if not q20 <= q50 <= q80:
        raise ValueError("percentiles must be in order: 20th, 50th, 80th")
    outer_distance = 2.0 * normal_quantile(upper_share)
    return FittedNormal(mean=(q20 + q50 + q80) / 3.0, sd=(q80 - q20) / outer_distance)


def _crossing_points(distance: float, ratio: float) -> tuple[float, float]:
    """Where N(0, 1) and N(distance >= 0, ratio >= 1) have the same density, left then right."""
    spread = (ratio - 1.0) * (ratio + 1.0)
    if spread == 0.0:
        return -math.inf, distance / 2.0
    log_ratio = math.log1p(ratio - 1.0)
    # The textbook root subtracts two near numbers when the curves are alike; this form does not.
    reach = distance + ratio * math.sqrt(distance * distance + 2.0 * spread * log_ratio)
    return -reach / spread, (distance * distance + 2.0 * ratio * ratio * log_ratio) / reach


def overlap_area(first: FittedNormal, second: FittedNormal) -> float | None:
    """Area under the lower of two normal curves: 1 when they are the same, towards 0 apart.

    Exact, from the points where the curves cross: between them the narrower curve is the higher
    one, outside them the wider one.

    Args:
        first: a fitted normal.
        second: another.

    Returns:
        A share in [0, 1]; None where either curve has no spread.

    Example:
        >>> round(overlap_area(FittedNormal(0.0, 1.0), FittedNormal(2.0, 1.0)), 6)
        0.317311
        >>> overlap_area(FittedNormal(0.0, 1.0), FittedNormal(0.0, 1.0))
        1.0

    Source: Inman and Bradley (1989), Communications in Statistics 18.
    """
    narrow, wide = sorted((first, second), key=lambda fit: fit.sd)
    if narrow.sd == 0.0:
        return None
    ratio = wide.sd / narrow.sd
    distance = abs(wide.mean - narrow.mean) / narrow.sd
    left, right = _crossing_points(distance, ratio)
    outside = normal_cdf(left) + normal_cdf(-right)
    inside = normal_cdf((right - distance) / ratio) - normal_cdf((left - distance) / ratio)
    return outside + inside
