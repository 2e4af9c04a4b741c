"""Mean, standard deviation, skewness and kurtosis as mergeable sums.

Decisions:
- Moments are those of the population at hand: the divisor is the total weight, kurtosis is not in
  excess (3 for the normal). With no spread, skewness and kurtosis are null.
- Values are cut into bins of one width. Inside its bin a value has a position v in [-1/2, 1/2),
  in bin widths from the bin's centre, and a cell holds the sums of weight * v**k, k = 1..4, in
  fixed point. Cells are whole numbers from end to end: shifting a cell to another bin, merging
  and taking the central moments are exact integer arithmetic, so no order of rows or of merges
  and no cancellation can move a result. The one rounding is to fixed point, row by row.
- That rounding, and that of the double products before it, leave a spread of at most
  2 n / (W 2**bits) + 2**-50 squared bin widths where there is none; a variance up to that is
  taken to be 0.

prepare: `bin_index`, `bin_position`, `weighted_powers`, then `fixed_point.round_half_away`.
reduce: plain sums within a bin, `merge` and `merge_all` between bins. present: `present`.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

from tradegains.formulas.fixed_point import round_half_away

_ROUNDING_SPREAD = 2
"""Fixed-point error of a row in the variance [units]: 1/2 from the second sum and as much from the
first, which is at most 1/2 bin away from the centre; doubled for safety."""

_PRODUCT_SPREAD_BITS = 50
"""A double product is known to 2**-53 of itself; three of them meet in the variance."""


@dataclass(frozen=True)
class Moments:
    """Moments of one population.

    Attributes:
        count: establishments.
        weight: total weight [units].
        mean: [log points], or the unit of the values.
        sd: standard deviation, divisor the total weight [as mean].
        skewness: third standardised moment; None where sd is 0.
        kurtosis: fourth standardised moment, 3 for the normal; None where sd is 0. It is never
            below 1 + skewness**2.
    """

    count: int
    weight: float
    mean: float
    sd: float
    skewness: float | None
    kurtosis: float | None


@dataclass(frozen=True)
class CentredSums:
    """Sums over rows of weight * v**k * 2**bits, v measured from the centre of bin `origin`.

    Attributes:
        origin: index of the bin whose centre v is measured from [bins].
        bits: binary digits behind the point of the four sums (`fixed_point.moment_scale_bits`).
        count: rows.
        weight: sum of weights, >= 0 [units].
        first, second, third, fourth: sums for k = 1..4 [units * bins**k * 2**bits].
    """

    origin: int
    bits: int
    count: int
    weight: int
    first: int
    second: int
    third: int
    fourth: int

    @property
    def powers(self) -> tuple[int, int, int, int, int]:
        """The five sums for k = 0..4, all with `bits` digits behind the point."""
        return self.weight << self.bits, self.first, self.second, self.third, self.fourth


def bin_index(value: float, bin_width: float) -> int:
    """Bin a value lies in: bin b holds [b w, (b + 1) w).

    The engines' twin is `F.floor(value / bin_width)`.

    Example:
        >>> bin_index(0.5, 0.25), bin_index(-0.1, 0.25)
        (2, -1)
    """
    return math.floor(value / bin_width)


def bin_position(value: Any, bin_width: float, index: Any) -> Any:
    """Distance of a value from the centre of its bin, in bin widths; serves floats and Columns.

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


def sums_of_row(value: float, weight: int, *, bin_width: float, bits: int) -> CentredSums:
    """The sums of a single row.

    Example:
        >>> sums_of_row(0.3125, 8, bin_width=0.25, bits=0)
        CentredSums(origin=1, bits=0, count=1, weight=8, first=-2, second=1, third=0, fourth=0)
    """
    index = bin_index(value, bin_width)
    position = bin_position(value, bin_width, index)
    powers = weighted_powers(weight, position, 2.0**bits)
    return CentredSums(index, bits, 1, weight, *(round_half_away(power) for power in powers))


def shift_origin(sums: CentredSums, origin: int) -> CentredSums:
    """The same rows measured from another bin's centre, exactly: (v + d)**k expanded.

    Example:
        >>> shift_origin(CentredSums(1, 0, 1, 8, -2, 1, 0, 0), 0).second
        5
    """
    step = sums.origin - origin
    if not step:
        return sums
    weight, first, second, third, fourth = sums.powers
    return CentredSums(
        origin,
        sums.bits,
        sums.count,
        sums.weight,
        first + step * weight,
        second + step * (2 * first + step * weight),
        third + step * (3 * second + step * (3 * first + step * weight)),
        fourth + step * (4 * third + step * (6 * second + step * (4 * first + step * weight))),
    )


def merge(left: CentredSums, right: CentredSums) -> CentredSums:
    """Sums of the rows of both, measured from the lower of the two origins.

    Exactly commutative and associative.

    Raises:
        ValueError: the two carry different numbers of binary digits.
    """
    if left.bits != right.bits:
        raise ValueError("sums with different numbers of binary digits cannot be merged")
    origin = min(left.origin, right.origin)
    left, right = shift_origin(left, origin), shift_origin(right, origin)
    return CentredSums(
        origin,
        left.bits,
        left.count + right.count,
        left.weight + right.weight,
        left.first + right.first,
        left.second + right.second,
        left.third + right.third,
        left.fourth + right.fourth,
    )


def merge_all(cells: Iterable[CentredSums]) -> CentredSums:
    """Merge of at least one cell.

    Raises:
        TypeError: no cell.
    """
    return reduce(merge, cells)


def _central_numerators(sums: CentredSums) -> tuple[int, int, int]:
    """Central moments 2, 3, 4 times W**2, W**3, W**4 (W scaled like the sums)."""
    weight, first, second, third, fourth = sums.powers
    return (
        weight * second - first**2,
        weight**2 * third - 3 * weight * first * second + 2 * first**3,
        weight**3 * fourth
        - 4 * weight**2 * first * third
        + 6 * weight * first**2 * second
        - 3 * first**4,
    )


def present(sums: CentredSums, bin_width: float) -> Moments | None:
    """Moments of the rows behind the sums.

    Args:
        sums: merged over all cells of the population.
        bin_width: > 0 [log points].

    Returns:
        Moments in the unit of the bin width; None where there is no weight.

    Example:
        >>> rows = [sums_of_row(x, 1, bin_width=0.5, bits=40) for x in (1.0, 2.0, 3.0, 2.0)]
        >>> moments = present(merge_all(rows), 0.5)
        >>> moments.mean, round(moments.sd**2, 12), moments.skewness, moments.kurtosis
        (2.0, 0.5, 0.0, 2.0)
    """
    weight, first = sums.powers[:2]
    if not weight:
        return None
    mean = float((sums.origin + Fraction(1, 2) + Fraction(first, weight)) * Fraction(bin_width))
    variance, third, fourth = _central_numerators(sums)
    no_spread = _ROUNDING_SPREAD * sums.count * weight + (weight**2 >> _PRODUCT_SPREAD_BITS)
    if variance <= no_spread:
        return Moments(sums.count, sums.weight, mean, 0.0, None, None)
    bins_variance = variance / weight**2
    return Moments(
        count=sums.count,
        weight=sums.weight,
        mean=mean,
        sd=math.sqrt(bins_variance) * bin_width,
        skewness=third / weight**3 / bins_variance**1.5,
        kurtosis=fourth / weight**4 / bins_variance**2,
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
    return tuple(
        sum(math.comb(k, j) * step ** (k - j) * sums[j] for j in range(k + 1)) for k in range(5)
    )


def moments_about_mean(count: int, mean: float, central: Sequence[float]) -> Moments:
    """Moments from the sums of weight * (x - mean)**k, k = 0..4.

    Args:
        count: rows.
        mean: of the values.
        central: the five sums; the first is the weight, > 0. A second that is not above 0 means
            that there is no spread.

    Example:
        >>> moments_about_mean(2, 5.0, [2.0, 0.0, 2.0, 0.0, 2.0])
        Moments(count=2, weight=2.0, mean=5.0, sd=1.0, skewness=0.0, kurtosis=1.0)
    """
    weight = central[0]
    second, third, fourth = (each / weight for each in central[2:])
    if second <= 0:
        return Moments(count, weight, mean, 0.0, None, None)
    return Moments(
        count=count,
        weight=weight,
        mean=mean,
        sd=math.sqrt(second),
        skewness=third / second**1.5,
        kurtosis=fourth / second**2,
    )


def moments_of(values: Sequence[float], weights: Sequence[float]) -> Moments | None:
    """Moments straight from the rows: the reference that `present` must agree with.

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
