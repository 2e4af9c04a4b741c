"""The delete-a-group jackknife: how far an aggregate would move had other units been drawn.

Units fall into G groups; a replicate is the aggregate without one of them. With theta the aggregate
of all, the variance is

    (G - 1) / G * sum over g of (theta(g) - theta)^2

around theta itself and not the mean of the replicates, which is the larger of the two; the interval
has Student's t with G - 1 degrees of freedom.

Decisions:
- A replicate may have no number (the only continuing establishment of an industry is in the group
  that is left out). It is left out, and counted; above a stated share of them nothing is told.
- A sum over units is n / (n - n_g) times that of the others: groups of a hash are unequal, and with
  G / (G - 1) instead the error of a total is too large. A ratio of sums needs no factor.
- What differs from the aggregate by the rounding of a few operations does not differ: an aggregate
  that no group moves has the error 0 and not 1e-17.

Source: Kott (2001), "The Delete-a-Group Jackknife", Journal of Official Statistics 17(4), 521-526;
Wolter (2007), "Introduction to Variance Estimation", second edition, chapter 4.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from tradegains.formulas.student import student_quantile

FEWEST_GROUPS = 2
ROUNDING = 1e-14
"""Of a few operations on doubles, in the aggregate's own size where that is above 1."""

PARTS = 2.0**52
"""Of the largest square, in which the others are counted: as many as a double has places for."""


class Interval(NamedTuple):
    """How uncertain an aggregate is; None, with the reason in `note`, where nothing can be told.

    standard_error, low and high are in the aggregate's unit; groups have a replicate with a number.
    """

    standard_error: float | None
    low: float | None
    high: float | None
    groups: int
    note: str = ""


def without_groups(units: Sequence[int]) -> list[float | None]:
    """n / (n - n_g): what a sum over the other groups is multiplied by; None where none is left.

    Args:
        units: in each group, >= 0.

    Example:
        >>> without_groups([1, 3]), without_groups([5])
        ([1.3333333333333333, 4.0], [None])
    """
    total = sum(units)
    return [total / (total - each) if total > each else None for each in units]


def jackknife_interval(
    estimate: float | None,
    replicates: Sequence[float],
    *,
    level: float,
    most_undefined: float,
) -> Interval:
    """Standard error and interval of an aggregate from its replicates.

    Args:
        estimate: of all units; None where it has no number.
        replicates: the same without each group; not a number where there is none.
        level: of the interval, in [0.5, 1).
        most_undefined: share of replicates that may have no number, in [0, 1).

    Returns:
        The interval, without a note; or only a note and how many replicates have a number.

    Example:
        The mean of 1, 2, 3 and 6, each in a group of its own, is 3, and the replicates 11/3, 10/3,
        3 and 2. The error is the textbook's, s / sqrt(n) with s the standard deviation.

        >>> found = jackknife_interval(3.0, [11/3, 10/3, 3.0, 2.0], level=0.95, most_undefined=0)
        >>> round(found.standard_error, 6), round((14 / 3 / 4) ** 0.5, 6)
        (1.080123, 1.080123)

    Source: Kott (2001).
    """
    if estimate is None:
        return Interval(None, None, None, 0)
    # Their sum is finite where each is: most have a number, and there are many to look at.
    whole = math.isfinite(sum(replicates))
    defined = [value for value in replicates if whole or math.isfinite(value)]
    squares = sum_of_squares(estimate, defined)
    return interval_of_squares(
        estimate,
        squares,
        groups=len(defined),
        undefined=len(replicates) - len(defined),
        level=level,
        most_undefined=most_undefined,
    )


def interval_of_squares(
    estimate: float,
    squares: float,
    *,
    groups: int,
    undefined: int,
    level: float,
    most_undefined: float,
) -> Interval:
    """The interval from how far replicates are from the aggregate, squared and added up.

    Args:
        estimate: of all units.
        squares: as `sum_of_squares` gives them.
        groups: whose replicates have a number.
        undefined: how many groups' replicates have none.
        level: of the interval, in [0.5, 1).
        most_undefined: share of replicates that may have no number, in [0, 1).

    Example:
        >>> interval_of_squares(3.0, 0.0, groups=4, undefined=1, level=0.95, most_undefined=0).note
        'no interval: 1 of 5 replicates have no number'
    """
    every = groups + undefined
    if undefined > most_undefined * every:
        note = f"no interval: {undefined} of {every} replicates have no number"
        return Interval(None, None, None, groups, note)
    if groups < FEWEST_GROUPS:
        return Interval(None, None, None, groups, "no interval: it takes two groups of units")
    error = math.sqrt((groups - 1) / groups * squares)
    reach = student_quantile(0.5 + level / 2.0, groups - 1) * error
    return Interval(error, estimate - reach, estimate + reach, groups)


def jackknife_variance(estimate: float, replicates: Sequence[float]) -> float:
    """Variance of an aggregate around itself [square of its unit].

    Args:
        estimate: of all units.
        replicates: the same without each group, two or more finite numbers.

    Example:
        >>> jackknife_variance(3.0, [4.0, 2.0])
        1.0

    Source: Kott (2001).
    """
    groups = len(replicates)
    return (groups - 1) / groups * sum_of_squares(estimate, replicates)


def sum_of_squares(estimate: float, replicates: Sequence[float]) -> float:
    """Squares of the distances of replicates from the aggregate itself, rounding apart.

    They are added up in whole numbers of 2**-52 of the largest, so that no order of groups moves
    the sum and many sums can be taken at once (`results.replicates`).

    Args:
        estimate: of all units.
        replicates: the same without each group, finite numbers.

    Example:
        >>> sum_of_squares(3.0, [4.0, 2.0, 3.0 + 1e-15])
        2.0
    """
    still = rounding_of(estimate)
    moved = [each - estimate for each in replicates if abs(each - estimate) > still]
    squares = [each * each for each in moved]
    largest = max(squares, default=0.0)
    parts = sum(round(each / largest * PARTS) for each in squares) if largest else 0
    return parts / PARTS * largest


def rounding_of(estimate: float) -> float:
    """What a replicate may differ by from the aggregate and is the same [its unit].

    Example:
        >>> rounding_of(0.05), rounding_of(-200.0)
        (1e-14, 2e-12)
    """
    return ROUNDING * max(1.0, abs(estimate))


def error_of_error(groups: int) -> float | None:
    """Relative standard error of a jackknife's standard error where replicates are normal.

    None of one group.

    Args:
        groups: of units, >= 1.

    Example:
        >>> round(error_of_error(100), 3)
        0.071

    Source: the coefficient of variation of the root of a chi-square with G - 1 degrees of freedom.
    """
    return 1.0 / math.sqrt(2.0 * (groups - 1)) if groups >= FEWEST_GROUPS else None
