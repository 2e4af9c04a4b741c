"""Spread of productivity within industries, and the scale that Lileeva's standardising needs.

Everything follows from the power sums that the moments come from: no pass over the rows.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from tradegains.formulas.distribution import IndustryScales
from tradegains.formulas.moments import moved_power_sums
from tradegains.formulas.productivity import SMALLEST_SD, lileeva_kappa
from tradegains.statistics.arrays import FloatArray, IntArray
from tradegains.statistics.moments import PowerCells


def industry_scales(
    powers: PowerCells, pools: Mapping[str, Sequence[int]], *, weighted: bool
) -> dict[str, IndustryScales]:
    """sd_s of each industry and their mean kappa, by pool of years.

    Args:
        powers: power sums of all rows with log productivity.
        pools: name of each pool of years, and its years.
        weighted: whether a standard deviation is weighted by employment.
    """
    return {
        name: _scales(powers.where(np.flatnonzero(np.isin(powers.year, years))), weighted=weighted)
        for name, years in pools.items()
    }


def _scales(cells: PowerCells, *, weighted: bool) -> IndustryScales:
    industry, place = np.unique(cells.industry, return_inverse=True)
    sums = cells.weighted if weighted else cells.plain
    # `place` numbers each cell's industry, so that `bincount` sums cells by industry in one go.
    sds = _standard_deviations(sums, cells.centre, place)
    # False too for the NaN of an industry without employment.
    chosen = np.flatnonzero(sds >= SMALLEST_SD)
    employment = np.bincount(place, weights=cells.weighted[0])
    kappa = lileeva_kappa(sds[chosen].tolist(), employment[chosen].tolist())
    scaled = zip(industry[chosen].tolist(), sds[chosen].tolist(), strict=True)
    return IndustryScales(kappa, {} if kappa is None else dict(scaled))


def _standard_deviations(
    sums: Sequence[FloatArray], centre: FloatArray, place: IntArray
) -> FloatArray:
    """Standard deviation of each industry [log points]; NaN without weight.

    The sums are moved twice, as for all moments: to 0 for the mean, then to the mean.
    """
    weight = np.bincount(place, weights=sums[0])
    with np.errstate(invalid="ignore"):
        mean = np.bincount(place, weights=moved_power_sums(sums, centre)[1]) / weight
        about_mean = moved_power_sums(sums, centre - mean[place])[2]
        return np.sqrt(np.maximum(np.bincount(place, weights=about_mean) / weight, 0.0))
