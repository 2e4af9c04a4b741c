"""Joins and sums over NumPy arrays: what a database does with keys, in whole-array operations.

A group is a union of strata and shares them with others, so a cell of the engine counts in every
group of its stratum. Three steps do everything, here for the counts of two groups that share
stratum 1:

>>> groups = ManyToMany.of(np.array([0, 1, 1]), np.array([0, 0, 1]))
>>> stratum, bins, rows = np.array([0, 1, 1]), np.array([5, 5, 6]), np.array([1, 2, 4])
>>> cell, group = groups.expand(stratum)              # 1. each cell once per group: a join
>>> cell.tolist(), group.tolist()
([0, 1, 1, 2, 2], [0, 0, 1, 0, 1])
>>> key = CompositeKey.of(bins)                       # 2. (group, bin) as one number
>>> packed = key.pack(group, bins[cell])
>>> keys, sums = sum_by(packed, {"rows": rows[cell]})  # 3. sum by that number
>>> [each.tolist() for each in key.unpack(keys)], sums["rows"].tolist()
([[0, 0, 1, 1], [5, 6, 5, 6]], [3, 4, 2, 4])
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
NumberArray = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True)
class ManyToMany:
    """Which groups each stratum belongs to: pairs (stratum, group), sorted by stratum."""

    stratum: IntArray
    group: IntArray

    @staticmethod
    def of(stratum: IntArray, group: IntArray) -> "ManyToMany":
        """Pairs in any order."""
        order = np.lexsort((group, stratum))
        return ManyToMany(stratum[order], group[order])

    def expand(self, stratum: IntArray) -> tuple[IntArray, IntArray]:
        """Row number and group of every (row, group) pair, for rows of these strata.

        Example:
            >>> members = ManyToMany.of(np.array([0, 0, 1]), np.array([7, 8, 7]))
            >>> [each.tolist() for each in members.expand(np.array([1, 0]))]
            [[0, 1, 1], [7, 7, 8]]
        """
        # The pairs are sorted, so those of one stratum are a run: between its two insertion points.
        first = np.searchsorted(self.stratum, stratum, side="left")
        counts = np.searchsorted(self.stratum, stratum, side="right") - first
        return np.repeat(np.arange(len(stratum)), counts), self.group[positions(first, counts)]

    def by_group(self) -> "ManyToMany":
        """The same pairs the other way round."""
        return ManyToMany.of(self.group, self.stratum)


@dataclass(frozen=True)
class CompositeKey:
    """Packs pairs of whole numbers, the second in [lowest, lowest + span), into one each."""

    lowest: int
    span: int

    @staticmethod
    def of(second: IntArray) -> "CompositeKey":
        """For second numbers like these."""
        if not len(second):
            return CompositeKey(0, 1)
        return CompositeKey(int(second.min()), int(second.max() - second.min()) + 1)

    def pack(self, first: IntArray, second: IntArray) -> IntArray:
        """One number per pair, ordered by the first, then the second.

        Example:
            >>> CompositeKey(5, 10).pack(np.array([0, 2]), np.array([6, 5])).tolist()
            [1, 20]
        """
        return first * self.span + (second - self.lowest)

    def unpack(self, packed: IntArray) -> tuple[IntArray, IntArray]:
        """The two numbers of each pair."""
        first, rest = np.divmod(packed, self.span)
        return first, rest + self.lowest


def positions(first: IntArray, counts: IntArray) -> IntArray:
    """Positions of runs, one run after the other.

    Example:
        >>> positions(np.array([7, 2]), np.array([2, 3])).tolist()
        [7, 8, 2, 3, 4]
    """
    # One counter over all runs; each run's start is moved to where the run begins.
    starts = np.cumsum(counts) - counts
    places: IntArray = np.arange(counts.sum()) + np.repeat(first - starts, counts)
    return places


def sum_by(
    key: IntArray, columns: dict[str, NumberArray]
) -> tuple[IntArray, dict[str, NumberArray]]:
    """Distinct keys in ascending order, and the sums of the columns by key.

    Columns are merged as `merge_runs` does.

    Example:
        >>> sum_by(np.array([3, 1, 3]), {"n": np.array([1, 2, 4])})[1]["n"].tolist()
        [2, 5]
    """
    order = np.argsort(key)
    ordered = key[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    ordered_columns = {name: column[order] for name, column in columns.items()}
    return ordered[starts], merge_runs(ordered_columns, starts)


def largest_two_by(
    keys: IntArray, first: IntArray, second: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Distinct keys in ascending order, and the two largest of each from those of its parts.

    Example:
        >>> found = largest_two_by(np.array([7, 3, 7]), np.array([5, 2, 5]), np.array([4, 0, 1]))
        >>> [each.tolist() for each in found]
        [[3, 7], [2, 5], [0, 5]]
    """
    order = np.argsort(keys, kind="stable")
    keys, first, second = keys[order], first[order], second[order]
    starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))
    if not len(starts):
        return keys, first, second
    largest = np.maximum.reduceat(first, starts)
    run = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(keys)))
    is_largest = np.flatnonzero(first == largest[run])
    # One of those that are the largest: what its part has beside it takes its place.
    taken = is_largest[np.unique(run[is_largest], return_index=True)[1]]
    rest = first.copy()
    rest[taken] = second[taken]
    return keys[starts], largest, np.maximum.reduceat(rest, starts)


def merge_runs(columns: dict[str, NumberArray], starts: IntArray) -> dict[str, NumberArray]:
    """Sums of the columns over runs of rows that begin at `starts`.

    Columns called `lowest` and `highest` are merged by minimum and maximum.

    Example:
        >>> merge_runs({"n": np.array([1, 2, 4])}, np.array([0, 2]))["n"].tolist()
        [3, 4]
    """
    if not len(starts):
        return columns
    merges = {"lowest": np.minimum, "highest": np.maximum}
    return {
        name: merges.get(name, np.add).reduceat(column, starts) for name, column in columns.items()
    }
