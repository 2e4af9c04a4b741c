"""Whether one contributor has most of a spread: dominance of squares, and of higher powers.

A standard deviation is a mean of squares, a kurtosis one of fourth powers, and an outlier may have
nearly all of them. The evidence has of each cell the lowest and the highest productivity and the
two largest weights. So no contribution of a cell is above the largest weight times the power of the
larger deviation: what is judged is at least what is there, and a spread that leaves is safe.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tradegains.release.cells import YearCells
from tradegains.release.holdings import Numbers
from tradegains.release.judging import Backing
from tradegains.tables import working as w


@dataclass(frozen=True)
class Deviations:
    """From what productivity of a row deviates, and how far all do.

    Attributes:
        centres: median of each industry [log points].
        mean: of what is left [log points].
        power: of the deviations.
        mean_power: their mean [log points to that power], or less; where power is 1, of squares,
            which tell the least of sizes: squares are sizes times at most the largest.
        weight: column of the weight; empty where each counts once.
    """

    centres: Mapping[int, float]
    mean: float
    power: int
    mean_power: float
    weight: str = ""


def deviation_backing(cells: YearCells, inside: Numbers, of: Deviations) -> Backing | None:
    """What the sum of powers of deviations rests on at most; None where it is not known.

    Args:
        cells: evidence of a year.
        inside: places of the population's cells.
        of: what deviates from what.
    """
    if (
        not cells.has_extremes
        or not np.isin(cells.keys[w.INDUSTRY][inside], list(of.centres)).all()
    ):
        return None
    holdings = cells.holdings(of.weight or w.ESTABLISHMENTS)
    backing = holdings.backing(inside)
    reach = _reach(cells.keys[w.INDUSTRY][inside], cells.alone, inside, of)
    first, second = holdings.first[inside] * reach, holdings.second[inside] * reach
    is_inside = np.isin(cells.spread_cells, inside)
    places = np.flatnonzero(is_inside)
    industries = cells.keys[w.INDUSTRY][cells.spread_cells[places]]
    held = cells.spread[of.weight or w.ESTABLISHMENTS][places]
    powers = held * _reach(industries, cells.spread, places, of)
    together = np.bincount(cells.spread_contributors[places], powers)
    largest = np.sort(np.concatenate([[0.0, 0.0], first, second, together]))[-2:]
    total = float(holdings.values[inside].sum()) * of.mean_power
    if of.power == 1:
        is_alone = cells.alone[w.ESTABLISHMENTS][inside] > 0
        reach_of_spread = _reach(industries, cells.spread, places, of)
        total /= float(np.concatenate([reach[is_alone], reach_of_spread]).max(initial=2.0**-20))
    return Backing(backing.contributors, total, float(largest[1]), float(largest[0]))


def _reach(
    industries: Numbers, columns: Mapping[str, Numbers], places: Numbers, of: Deviations
) -> Numbers:
    """The power of the larger deviation in each cell."""
    centre = np.array([of.centres[int(code)] for code in industries], float) + of.mean
    unit = 2.0**-w.LOG_PRODUCTIVITY_BITS
    low = columns[w.LOWEST][places] * unit - centre
    high = (columns[w.HIGHEST][places] + 1) * unit - centre
    reach: Numbers = np.maximum(np.abs(low), np.abs(high)) ** of.power
    return reach
