"""Moments of relative productivity of every population, from power sums of log productivity.

The engine sums each row once, by year, industry and membership. Relative productivity is log
productivity minus a constant of the industry, so the sums of any population under any median
base follow from these few cells by moving each to where its industry's median puts it.

A worked example with two industries, weight 1 a row and power sums of k = 0, 1, 2. Industry 11 has
log productivity 4.1 and 4.3 and median 4.2; industry 12 has 7.0 and median 7.0. The engine gives
each industry's sums about a centre c of its own, where the deviations are small and lose no digit::

    industry    c    sum 1   sum (phi - c)   sum (phi - c)^2     c less the median
       11      4.0     2          0.4             0.10                  -0.2
       12      7.0     1          0.0             0.00                   0.0

Relative productivity is phi - c plus the last column. Its sum is 0.4 + 2 (-0.2) = 0 in industry 11
and 0 in 12: the mean m is 0. Then the sums are moved once more, by what leads from c to m: in
industry 11 the second becomes 0.10 + 2 (-0.2) 0.4 + (-0.2)^2 2 = 0.02, and the variance 0.02 / 3.
Another median base only has another last column, so no row is read again.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tradegains.formulas.distribution import IndustryScales
from tradegains.formulas.fixed_point import moment_scale_bits
from tradegains.formulas.membership import MembershipMask
from tradegains.formulas.moments import Moments, moments_about_mean, moved_power_sums
from tradegains.formulas.theil import LEVEL_UNIT, theil_index
from tradegains.statistics.arrays import FloatArray, IntArray
from tradegains.statistics.collecting import collect
from tradegains.tables import working as w
from tradegains.transforms.productivity import MOMENT_BIN, level_sum, power_sum, sum_powers

POWERS = (1, 2, 3, 4)


@dataclass(frozen=True)
class PowerCells:
    """Power sums by year, industry and membership, about `centre` [log points].

    `weighted` and `plain` hold the sums of weight * v**k for k = 0..4, v [log points]. `factor`
    is what the rows' log productivity has been multiplied by. The levels hold the sums of
    weight * e**v and of weight * e**v * v; none where they are not asked for.
    """

    year: IntArray
    industry: IntArray
    membership: IntArray
    establishments: IntArray
    centre: FloatArray
    factor: FloatArray
    weighted: tuple[FloatArray, ...]
    plain: tuple[FloatArray, ...]
    weighted_bits: int
    plain_bits: int
    weighted_levels: tuple[FloatArray, ...] = ()
    plain_levels: tuple[FloatArray, ...] = ()

    def where(self, chosen: IntArray) -> "PowerCells":
        """The chosen cells."""
        return PowerCells(
            self.year[chosen],
            self.industry[chosen],
            self.membership[chosen],
            self.establishments[chosen],
            self.centre[chosen],
            self.factor[chosen],
            tuple(each[chosen] for each in self.weighted),
            tuple(each[chosen] for each in self.plain),
            self.weighted_bits,
            self.plain_bits,
            tuple(each[chosen] for each in self.weighted_levels),
            tuple(each[chosen] for each in self.plain_levels),
        )


class BothMoments(NamedTuple):
    """Moments weighted by employment, and unweighted."""

    weighted: Moments | None
    plain: Moments | None


class BothTheils(NamedTuple):
    """Theil indices weighted by employment, and unweighted; None without weight or levels."""

    weighted: float | None
    plain: float | None


def collect_power_cells(
    matched: DataFrame, *, employment: int, establishments: int, levels: bool = False
) -> PowerCells:
    """Power sums of matched rows.

    Args:
        matched: matched rows.
        employment: the largest of any industry in a year [thousandths of a job]; it bounds the
            fixed-point sums.
        establishments: the largest number of rows of any industry in a year.
        levels: whether to sum the level of productivity too.
    """
    bits = {True: moment_scale_bits(employment), False: moment_scale_bits(establishments)}
    summed = sum_powers(matched, weighted_bits=bits[True], plain_bits=bits[False], levels=levels)
    keys = (w.YEAR, w.INDUSTRY, w.MEMBERSHIP, w.BIN)
    cells = collect(summed).sort_by([(key, "ascending") for key in keys])
    year, industry, membership, number = (cells[key].to_numpy().astype(np.int64) for key in keys)
    return PowerCells(
        year,
        industry,
        membership,
        cells[w.ESTABLISHMENTS].to_numpy(),
        (number + 0.5) * MOMENT_BIN,
        np.ones(len(number)),
        _log_points(cells, w.EMPLOYMENT, bits[True], weighted=True),
        _log_points(cells, w.ESTABLISHMENTS, bits[False], weighted=False),
        bits[True],
        bits[False],
        _levels(cells, bits[True], weighted=True) if levels else (),
        _levels(cells, bits[False], weighted=False) if levels else (),
    )


def _log_points(
    cells: pa.Table, weight: str, bits: int, *, weighted: bool
) -> tuple[FloatArray, ...]:
    sums = (cells[power_sum(k, weighted=weighted)].to_numpy() for k in POWERS)
    scaled = (each * (MOMENT_BIN**k / 2.0**bits) for k, each in zip(POWERS, sums, strict=True))
    return cells[weight].to_numpy().astype(np.float64), *scaled


def _levels(cells: pa.Table, bits: int, *, weighted: bool) -> tuple[FloatArray, FloatArray]:
    whole, stepped = (cells[level_sum(k, weighted=weighted)].to_numpy() for k in (0, 1))
    unit = 1 / (LEVEL_UNIT * 2.0**bits)
    return whole * unit, stepped * (unit * MOMENT_BIN)


def centre_cells(cells: PowerCells, year: int, medians: Mapping[int, float]) -> PowerCells:
    """Cells of one year, about centres relative to their industries' medians [log points].

    Industries without a median are left out.
    """
    known = np.array(sorted(medians), dtype=np.int64)
    median = np.array([medians[industry] for industry in sorted(medians)], dtype=np.float64)
    chosen = np.flatnonzero((cells.year == year) & np.isin(cells.industry, known))
    inside = cells.where(chosen)
    return replace(inside, centre=inside.centre - median[np.searchsorted(known, inside.industry)])


def scale_cells(cells: PowerCells, scales: IndustryScales) -> PowerCells:
    """Centred cells of industries that have a scale, put on it: moments of kappa x / sd_s."""
    if scales.kappa is None:
        return cells.where(np.array([], dtype=np.int64))
    factor = np.array([scales.kappa / scales.sds[each] for each in cells.industry.tolist()])
    return replace(
        cells,
        centre=cells.centre * factor,
        factor=cells.factor * factor,
        weighted=tuple(each * factor**k for k, each in enumerate(cells.weighted)),
        plain=tuple(each * factor**k for k, each in enumerate(cells.plain)),
        weighted_levels=(),
        plain_levels=(),
    )


def population_moments(cells: PowerCells, mask: MembershipMask) -> BothMoments:
    """Moments of the rows that the mask fits.

    Args:
        cells: of the population's year, relative to its median base.
        mask: of their memberships.
    """
    inside = cells.where(np.flatnonzero(mask.fits(cells.membership)))
    count = int(inside.establishments.sum())
    return BothMoments(
        _present(count, inside, inside.weighted, inside.weighted_bits),
        _present(count, inside, inside.plain, inside.plain_bits),
    )


def _present(
    count: int, cells: PowerCells, sums: Sequence[FloatArray], bits: int
) -> Moments | None:
    """Sums moved from their own centres to the mean."""
    centre = cells.centre
    weight = float(sums[0].sum())
    if not weight:
        return None
    # Twice, because moving to the mean at once would subtract two large numbers in the variance.
    mean = float((sums[1] + centre * sums[0]).sum()) / weight
    central = [float(each.sum()) for each in moved_power_sums(sums, centre - mean)]
    rounding: float = spread_of_rounding(count, weight, bits)
    factor = float(cells.factor.max())
    if central[2] / weight <= rounding * factor**2:
        # All values equal: what is left is rounding, whose skewness would be a number of chance.
        central[2] = 0.0
    # The fourth sum holds the same units as the second, of values in bins.
    return moments_about_mean(count, mean, central, rounding * MOMENT_BIN**2 * factor**4)


def population_theils(cells: PowerCells, mask: MembershipMask, moments: BothMoments) -> BothTheils:
    """Theil indices of the level of productivity of the rows that the mask fits.

    Args:
        cells: of the population's year, relative to its median base, with levels.
        mask: of their memberships.
        moments: of the same rows; where they show no spread, what T shows is rounding too.
    """
    inside = cells.where(np.flatnonzero(mask.fits(cells.membership)))
    return BothTheils(
        _theil(inside.centre, inside.weighted[0], inside.weighted_levels, moments.weighted),
        _theil(inside.centre, inside.plain[0], inside.plain_levels, moments.plain),
    )


def _theil(
    centre: FloatArray, weight: FloatArray, levels: Sequence[FloatArray], moments: Moments | None
) -> float | None:
    """The index, from levels put on the scale of the highest bin: no power of e overflows."""
    if moments is None or not levels:
        return None
    if not moments.sd:
        return 0.0
    below = centre - centre[weight > 0].max()
    # One by one, because numpy's exp differs in its last bit from processor to processor.
    scale = np.array([math.exp(each) for each in below.tolist()])
    level = float((scale * levels[0]).sum())
    level_log = float((scale * (levels[1] + below * levels[0])).sum())
    return theil_index(float(weight.sum()), level, level_log)


def spread_of_rounding(count: Any, weight: Any, bits: int) -> Any:
    """Variance that rounding alone may show where all values are equal [log points squared].

    Serves numbers and arrays.

    Half a unit of fixed point per row in the second sum and as much, at most one bin away, in
    the first, doubled; and a double's own last bits.

    Example:
        >>> spread_of_rounding(1, 1000, 40) < 1e-13
        True
    """
    return MOMENT_BIN**2 * (2 * count / (weight * 2.0**bits) + 2.0**-50)
