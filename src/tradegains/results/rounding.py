"""What rounding money and employment to whole numbers may have done to sums of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tradegains.formulas.fixed_point import LARGEST_ROUNDING
from tradegains.results.market_cells import MarketCells
from tradegains.tables import working as w
from tradegains.tables.flags import FLAG_BITS

MONEY = (w.SALES, w.EXPORTS, w.VALUE_ADDED)


class MovedSums(NamedTuple):
    """Groups of establishments with a sum that may have moved by more than LARGEST_ROUNDING.

    `most` is the most that a sum of any group may have moved, relative to itself.
    """

    groups: int
    most: float


def rounding_of(
    cells: MarketCells, amounts: Sequence[str] = MONEY, flag: str = "money_rounded"
) -> MovedSums:
    """What rounding may have done to sums of the smallest groups that are published.

    Half a unit for each row that lost a digit is the most.

    Args:
        cells: of the matched rows.
        amounts: whose sums are looked at.
        flag: of the rows in which one of them lost a digit.
    """
    rounded = cells.where(cells[w.FLAGS] & FLAG_BITS[flag] != 0)
    keys = (w.YEAR, w.INDUSTRY, w.MEMBERSHIP)
    everyone = cells.sums(keys, amounts)
    groups, most = 0, 0.0
    for key, (rows,) in rounded.sums(keys, (w.ESTABLISHMENTS,)).items():
        sums = np.abs(np.array(everyone[key], float))
        largest = float((rows / 2 / sums[sums > 0]).max(initial=0.0))
        groups += largest > LARGEST_ROUNDING
        most = max(most, largest)
    return MovedSums(groups, most)


def size_of_money(cells: MarketCells) -> int:
    """The largest sum over all cells of an amount of money, each cell's without its sign."""
    return max(int(sum(map(abs, cells[name].tolist()))) for name in MONEY)
