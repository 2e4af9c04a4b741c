"""Cells shared by many groups: each cell of the engine counts in every group it belongs to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Real = NDArray[np.float64]


@dataclass(frozen=True)
class Members:
    """Which groups each unit belongs to: pairs (unit, group), sorted by unit."""

    unit: Whole
    group: Whole

    @staticmethod
    def of(unit: Whole, group: Whole) -> "Members":
        """Pairs in any order."""
        order = np.lexsort((group, unit))
        return Members(unit[order], group[order])

    def expand(self, unit: Whole) -> tuple[Whole, Whole]:
        """Row number and group of every (row, group) pair, for rows of these units.

        Example:
            >>> members = Members.of(np.array([0, 0, 1]), np.array([7, 8, 7]))
            >>> [each.tolist() for each in members.expand(np.array([1, 0]))]
            [[0, 1, 1], [7, 7, 8]]
        """
        first = np.searchsorted(self.unit, unit, side="left")
        counts = np.searchsorted(self.unit, unit, side="right") - first
        rows = np.repeat(np.arange(len(unit)), counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        return rows, self.group[np.repeat(first, counts) + within]


def sum_by(keys: tuple[NDArray, ...], columns: dict[str, NDArray]) -> dict[str, NDArray]:
    """Sums of the columns by key, in ascending order of the keys, first key first.

    `lowest` and `highest` are merged by minimum and maximum. The keys come back as key_0, ...
    """
    order = np.lexsort(keys[::-1])
    ordered = [key[order] for key in keys]
    is_first = np.ones(len(order), dtype=bool)
    if len(order):
        is_first[1:] = np.any([key[1:] != key[:-1] for key in ordered], axis=0)
    starts = np.flatnonzero(is_first)
    merged = {f"key_{number}": key[starts] for number, key in enumerate(ordered)}
    for name, column in columns.items():
        merge = {"lowest": np.minimum, "highest": np.maximum}.get(name, np.add)
        merged[name] = merge.reduceat(column[order], starts) if len(starts) else column[:0]
    return merged
