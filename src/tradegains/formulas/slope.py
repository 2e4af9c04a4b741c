"""A line through one point per industry, with an error that clusters by industry.

Decisions:
- Ordinary least squares, unweighted: each industry is one observation.
- The error leaves out one industry after the other (the cluster jackknife CV3, here with clusters
  of one) and takes Student's t with one degree of freedom less than there are industries: with 22
  of them the usual errors are too small.

Source: MacKinnon, Nielsen and Webb (2023), "Cluster-robust inference: a guide to empirical
practice", Journal of Econometrics 232(2); HLOY, section 3.4.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from tradegains.formulas.jackknife import Interval, jackknife_interval
from tradegains.formulas.student import student_cdf

FEWEST = 4
"""Points: a line without one of three would meet the two others exactly."""


class IndustrySlope(NamedTuple):
    """A slope [unit of y per unit of x], its error and the test that it is 0; or why there is none.

    p_value is two-sided.
    """

    value: float | None
    interval: Interval
    t: float | None
    p_value: float | None
    points: int
    note: str = ""


def least_squares_slope(points: Sequence[tuple[float, float]]) -> float | None:
    """IndustrySlope of the line of least squares; None where x does not vary.

    Example:
        >>> least_squares_slope([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)])
        2.0
        >>> least_squares_slope([(1.0, 1.0), (1.0, 3.0)])
    """
    count = len(points)
    mean_x = math.fsum(x for x, _ in points) / count
    mean_y = math.fsum(y for _, y in points) / count
    spread = math.fsum((x - mean_x) ** 2 for x, _ in points)
    if not spread:
        return None
    return math.fsum((x - mean_x) * (y - mean_y) for x, y in points) / spread


def slope_over_industries(points: Sequence[tuple[float, float]], *, level: float) -> IndustrySlope:
    """IndustrySlope over industries, with the cluster jackknife.

    Args:
        points: x and y of each industry.
        level: of the interval, in [0.5, 1).

    Example:
        >>> found = slope_over_industries(
        ...     [(0.0, 0.1), (1.0, 1.2), (2.0, 1.9), (3.0, 3.2)], level=0.95)
        >>> round(found.value, 3), round(found.t, 2), found.interval.groups
        (1.0, 11.0, 4)

    Source: MacKinnon, Nielsen and Webb (2023).
    """
    nothing = Interval(None, None, None, 0)
    if len(points) < FEWEST:
        note = f"no slope: {len(points)} industries have both numbers, fewer than {FEWEST}"
        return IndustrySlope(None, nothing, None, None, len(points), note)
    value = least_squares_slope(points)
    if value is None:
        note = "no slope: the variable does not vary between industries"
        return IndustrySlope(None, nothing, None, None, len(points), note)
    left = [least_squares_slope([*points[:at], *points[at + 1 :]]) for at in range(len(points))]
    replicates = [math.nan if each is None else each for each in left]
    found = jackknife_interval(value, replicates, level=level, most_undefined=0.0)
    if not found.standard_error:
        return IndustrySlope(value, found, None, None, len(points), found.note)
    t = value / found.standard_error
    p_value = 2.0 * (1.0 - student_cdf(abs(t), found.groups - 1))
    return IndustrySlope(value, found, t, p_value, len(points))
