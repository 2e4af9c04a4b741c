"""Quantiles: by weight from the distribution function, without weights by interpolation.

Decisions:
- Weighted quantiles are the inverse of the weighted distribution function, the smallest x with
  F(x) >= p W, equal x merged first (Hyndman-Fan definition 1). They are always an observed value,
  and splitting an establishment in two changes nothing.
- Unweighted quantiles and medians interpolate linearly between ranks (Hyndman-Fan 7).
- Weights are whole numbers (see `fixed_point`) and p is a Fraction, so every comparison with p W
  and every rank is exact. A float p is refused: 0.1 is not a tenth.
- Interpolation is exact and rounded once. So Hyndman-Fan 7 at 1/2 and the mean of the two middle
  values (lower + upper) / 2 are the same double, which lower + 0.5 * (upper - lower) need not be.

A distributed selection needs only `weighted_target` or `linear_position` (which ranks), any way to
find the values at these ranks (`value_at` is the plain one), and `interpolate`.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache
from operator import index

MEDIAN = Fraction(1, 2)

PERCENTILES = {f"p{k:02d}": Fraction(k, 100) for k in (1, 5, 10, 25, 50, 75, 90, 95, 99)}
"""The published quantiles by column name."""

CountedValue = tuple[float, int]
"""A value and the whole weight (or count) at it."""


def _checked(p: Fraction) -> Fraction:
    if not isinstance(p, Fraction):
        raise TypeError("p must be a Fraction, such as Fraction(1, 10): 0.1 is not a tenth")
    if not 0 <= p.numerator <= p.denominator:  # comparing fractions takes ten times as long
        raise ValueError("p must lie between 0 and 1")
    return p


def merge_ties(values: Iterable[float], weights: Iterable[int]) -> list[CountedValue]:
    """Distinct values in ascending order, each with its total weight; weightless values go.

    Args:
        values: no NaN.
        weights: whole numbers >= 0 [units], one per value.

    Raises:
        TypeError: a weight is not a whole number.
        ValueError: NaN, a negative weight, or unequal lengths.

    Example:
        >>> merge_ties([2.0, 1.0, 2.0, 9.0], [1, 5, 3, 0])
        [(1.0, 5), (2.0, 4)]
    """
    merged: defaultdict[float, int] = defaultdict(int)
    for value, weight in zip(values, weights, strict=True):
        if math.isnan(value) or index(weight) < 0:
            raise ValueError("quantiles need values that are numbers and weights >= 0")
        merged[value] += index(weight)
    return sorted((value, weight) for value, weight in merged.items() if weight)


def weighted_target(total: int, p: Fraction) -> int:
    """Smallest cumulated weight that reaches the p-quantile: ceil(p W), at least 1.

    Args:
        total: W > 0 [units].
        p: from 0 (the smallest value) to 1 (the largest).

    Raises:
        ValueError: no weight, or p is not between 0 and 1.

    Example:
        >>> weighted_target(4, Fraction(1, 2)), weighted_target(10, Fraction(1, 3))
        (2, 4)
    """
    if total <= 0:
        raise ValueError("there is no weight to take a quantile of")
    p = _checked(p)
    return max(1, -(-p.numerator * total // p.denominator))


def linear_position(count: int, p: Fraction) -> tuple[int, Fraction]:
    """Where the interpolated p-quantile lies among `count` sorted values: (n - 1) p.

    Args:
        count: n >= 1.
        p: from 0 to 1.

    Returns:
        The lower rank, counted from 0, and the fraction in [0, 1) of the way to the next rank.
        With a fraction of 0 the next rank is not needed and may not exist.

    Raises:
        ValueError: no value, or p is not between 0 and 1.

    Example:
        >>> linear_position(4, Fraction(1, 2)), linear_position(5, Fraction(1))
        ((1, Fraction(1, 2)), (4, Fraction(0, 1)))

    Source: Hyndman and Fan (1996), definition 7.
    """
    if count <= 0:
        raise ValueError("there is no value to take a quantile of")
    p = _checked(p)
    lower, rest = divmod((count - 1) * p.numerator, p.denominator)
    return lower, _fraction(rest, p.denominator)


@cache  # few, of many counts
def _fraction(numerator: int, denominator: int) -> Fraction:
    return Fraction(numerator, denominator)


def interpolate(lower: float, upper: float, fraction: Fraction) -> float:
    """lower + fraction * (upper - lower), computed exactly and rounded once to a double.

    Args:
        lower: finite value at the lower rank.
        upper: finite value at the next rank; not looked at when fraction is 0.
        fraction: in [0, 1).

    Example:
        >>> interpolate(1.0, 3.0, Fraction(1, 2)), interpolate(0.1, 0.1, Fraction(1, 3))
        (2.0, 0.1)
    """
    if not fraction:
        return lower
    # Fractions would do the same and reduce each on the way, which takes ten times as long.
    (low, low_unit), (high, high_unit) = lower.as_integer_ratio(), upper.as_integer_ratio()
    unit = max(low_unit, high_unit)  # both are powers of two
    k, n = fraction.as_integer_ratio()
    return (low * (unit // low_unit) * (n - k) + high * (unit // high_unit) * k) / (unit * n)


def value_at(cells: Iterable[CountedValue], target: int) -> float:
    """First value at which the cumulated weight reaches the target.

    With counts as weights, the value of rank r (from 0) is `value_at(cells, r + 1)`.

    Args:
        cells: ascending, as from `merge_ties`.
        target: from 1 to the total weight.

    Raises:
        ValueError: the cells weigh less than the target.

    Example:
        >>> value_at([(1.0, 1), (2.0, 1), (3.0, 2)], 2)
        2.0
    """
    cumulated = 0
    for value, weight in cells:
        cumulated += weight
        if cumulated >= target:
            return value
    raise ValueError("the cells weigh less than the target")


def weighted_quantile(values: Iterable[float], weights: Iterable[int], p: Fraction) -> float:
    """Smallest x with F(x) >= p W: the inverse of the weighted distribution function.

    Splitting a value's weight over several rows changes nothing.

    Args:
        values: no NaN.
        weights: whole numbers >= 0 [units], not all 0.
        p: from 0 to 1.

    Returns:
        One of the values.

    Raises:
        ValueError: no weight, NaN, or a negative weight.

    Example:
        >>> weighted_quantile([1.0, 2.0, 3.0], [1, 1, 2], Fraction(1, 2))
        2.0

    Source: Hyndman and Fan (1996), definition 1.
    """
    cells = merge_ties(values, weights)
    total = sum(weight for _, weight in cells)
    return value_at(cells, weighted_target(total, p))


def quantile(values: Iterable[float], p: Fraction) -> float:
    """Unweighted quantile, linear between ranks.

    Args:
        values: finite, at least one.
        p: from 0 to 1.

    Raises:
        ValueError: no value, NaN, or p is not between 0 and 1.

    Example:
        >>> quantile([1.0, 2.0, 3.0, 4.0], Fraction(1, 4))
        1.75

    Source: Hyndman and Fan (1996), definition 7.
    """
    ordered: Sequence[float] = sorted(values)
    if any(math.isnan(value) for value in ordered):
        raise ValueError("quantiles need values that are numbers")
    lower, fraction = linear_position(len(ordered), p)
    upper = lower + 1 if fraction else lower
    return interpolate(ordered[lower], ordered[upper], fraction)


def median(values: Iterable[float]) -> float:
    """Unweighted median: the middle value, or the mean of the two middle ones.

    Example:
        >>> median([3.0, 1.0])
        2.0
    """
    return quantile(values, MEDIAN)
