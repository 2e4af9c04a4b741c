"""Mean, standard deviation, skewness and kurtosis from sums of powers.

Decisions:
- Moments are those of the population at hand: the divisor is the total weight, kurtosis is not in
  excess (3 for the normal). With no spread, or one so small that rounding may have moved the
  kurtosis by more than KURTOSIS_ERROR, skewness and kurtosis are null.
- Values are cut into bins of one width. Inside its bin a value has a position v in [-1/2, 1/2),
  in bin widths from the bin's centre, and a cell holds the sums of weight * v**k, k = 1..4, in
  fixed point: centred, so that nothing cancels, and whole numbers, so that no order of rows can
  move a result.
- The sums of a population follow by moving those of its cells: to 0 for the mean, and from their
  own centres straight to the mean for the other moments, so that nothing cancels there either.

prepare: `bin_position`, `weighted_powers`. reduce: plain sums. present: `moved_power_sums` to a
common point, `moments_about_mean`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

KURTOSIS_ERROR = 1e-3
"""What rounding may do to a published kurtosis at most, and to a skewness: beyond it is none."""

POSSIBLE = 0.5
"""A kurtosis of less than this share of 1 + skewness**2, its least, is rounding and no number."""

TOO_TIGHT = "the spread is too small beside rounding for skewness and kurtosis"


@dataclass(frozen=True)
class Moments:
    """Moments of one population.

    Attributes:
        count: establishments.
        weight: total weight [units].
        mean: [log points], or the unit of the values.
        sd: standard deviation, divisor the total weight [as mean].
        skewness: third standardised moment; None as kurtosis.
        kurtosis: fourth standardised moment, 3 for the normal; None where sd is 0, or so small
            that rounding may have moved it by more than KURTOSIS_ERROR.
    """

    count: int
    weight: float
    mean: float
    sd: float
    skewness: float | None
    kurtosis: float | None

    @property
    def note(self) -> str:
        """Why there is a spread, yet neither skewness nor kurtosis; empty otherwise."""
        return TOO_TIGHT if self.sd > 0 and self.kurtosis is None else ""


def bin_position(value: Any, bin_width: float, index: Any) -> Any:
    """Distance of a value from the centre of its bin, in bin widths; serves floats and Columns.

    Args:
        value: [log points].
        bin_width: > 0 [log points].
        index: number of the value's bin, floor(value / bin_width).

    Example:
        >>> bin_position(0.3125, 0.25, 1)
        -0.25
    """
    return value / bin_width - index - 0.5


def weighted_powers(weight: Any, position: Any, scale: float) -> tuple[Any, Any, Any, Any]:
    """weight * position**k * scale for k = 1..4, unrounded; serves floats and Columns.

    Plain multiplications in one stated order, so that every engine gets the same doubles.

    Args:
        weight: [units].
        position: v in [-1/2, 1/2] [bins].
        scale: 2.0**bits.

    Example:
        >>> weighted_powers(3, 0.5, 16.0)
        (24.0, 12.0, 6.0, 3.0)
    """
    scaled = weight * scale
    square = position * position
    return (
        scaled * position,
        scaled * square,
        scaled * (square * position),
        scaled * (square * square),
    )


def moved_power_sums(sums: Sequence[Any], step: Any) -> tuple[Any, ...]:
    """Sums of weight * (v + step)**k for k = 0..4, from those of weight * v**k.

    Serves numbers and arrays of them.

    Args:
        sums: for k = 0..4.
        step: what is added to every v.

    Example:
        >>> moved_power_sums((1, 2, 4, 8, 16), 1)
        (1, 3, 9, 27, 81)
    """
    # Multiplied out, because numpy raises arrays to a power ten times slower.
    square = step * step
    powers = (1, step, square, square * step, square * square)
    return tuple(
        sum(math.comb(k, j) * powers[k - j] * sums[j] for j in range(k + 1)) for k in range(5)
    )


def moments_about_mean(
    count: int, mean: float, central: Sequence[float], rounding: float = 0.0
) -> Moments:
    """Moments from the sums of weight * (x - mean)**k, k = 0..4.

    Args:
        count: rows.
        mean: of the values.
        central: the five sums; the first is the weight, > 0. A second that is not above 0 means
            that there is no spread.
        rounding: what rounding may do to the fourth sum over the weight. Divided by sd**4 it is
            the error of the kurtosis, which has to be below KURTOSIS_ERROR. Sums that no values
            can have give neither skewness nor kurtosis either.

    Example:
        >>> moments_about_mean(2, 5.0, [2.0, 0.0, 2.0, 0.0, 2.0])
        Moments(count=2, weight=2.0, mean=5.0, sd=1.0, skewness=0.0, kurtosis=1.0)
    """
    weight = central[0]
    second, third, fourth = (each / weight for each in central[2:])
    if second <= 0:
        return Moments(count, weight, mean, 0.0, None, None)
    sd = math.sqrt(second)
    skewness, kurtosis = third / second**1.5, fourth / second**2
    if not has_shape(second, skewness, kurtosis, rounding):
        return Moments(count, weight, mean, sd, None, None)
    return Moments(count, weight, mean, sd, skewness, kurtosis)


def has_shape(second: Any, skewness: Any, kurtosis: Any, rounding: Any) -> Any:
    """Whether rounding leaves a skewness and a kurtosis; serves numbers and arrays.

    Args:
        second: the variance.
        skewness: as the sums give it.
        kurtosis: likewise.
        rounding: as `moments_about_mean` takes it.

    Example:
        >>> has_shape(1.0, 0.0, 1.0, 0.0), has_shape(1e-8, 0.0, 3.0, 1e-16)
        (True, False)
    """
    is_possible = kurtosis >= POSSIBLE * (1.0 + skewness**2)
    return (second**2 * KURTOSIS_ERROR > rounding) & is_possible


def moments_of(values: Sequence[float], weights: Sequence[float]) -> Moments | None:
    """Moments straight from the rows: the reference for moments from sums.

    Args:
        values: finite, one per row.
        weights: >= 0, one per row; rows without weight are counted and change nothing else.

    Returns:
        Moments in the unit of the values; None where there is no weight.

    Example:
        >>> moments_of([1.0, 2.0, 3.0], [1, 2, 1])
        Moments(count=3, weight=4.0, mean=2.0, sd=0.7071067811865476, skewness=0.0, kurtosis=2.0)
    """
    weight = math.fsum(weights)
    if not weight:
        return None
    rows = [(x, w) for x, w in zip(values, weights, strict=True) if w]
    one_value = len({x for x, _ in rows}) == 1
    # Where all values are one, the mean below could miss it by a last digit.
    mean = rows[0][0] if one_value else math.fsum(w * x for x, w in rows) / weight
    second, third, fourth = (
        math.fsum(w * (x - mean) ** k for x, w in rows) / weight for k in (2, 3, 4)
    )
    # A spread whose fourth power is 0 in doubles is none.
    if second**2 == 0:
        return Moments(len(values), weight, mean, 0.0, None, None)
    return Moments(
        count=len(values),
        weight=weight,
        mean=mean,
        sd=math.sqrt(second),
        skewness=third / second**1.5,
        kurtosis=fourth / second**2,
    )
