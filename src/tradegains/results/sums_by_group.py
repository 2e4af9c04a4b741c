"""Whole-number sums by place and group of units, as columns, and the same without each group.

A place is a combination of keys: an industry, or an industry and a status. Cells by group are as
many as a hundred of those without, so they are added up at once, by columns, and never row by row.

Laws: sums are exact, whatever their size; without a group is all less the group, subtracted in
whole numbers, so that nothing cancels in doubles where a place is nearly one group's; places that
are added up give the sums of what they hold.

Example:
    Industry 7 has 5 and 2 jobs in the groups 0 and 1, industry 3 has 4 in group 1.

    >>> keys, groups = [np.array([7, 3, 7])], np.array([0, 1, 1])
    >>> sums = SumsByGroup.of(keys, groups, {"jobs": np.array([5, 4, 2])}, count=2)
    >>> sums.keys[0].tolist(), sums["jobs"].tolist()
    ([3, 7], [[0, 4], [5, 2]])
    >>> sums.without("jobs").tolist()
    [[4.0, 0.0], [2.0, 5.0]]
    >>> sums.added_up([np.array([0, 0])])["jobs"].tolist()
    [[5, 6]]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tradegains.results.market_cells import Whole, numbered, wide_enough


@dataclass(frozen=True)
class SumsByGroup:
    """Sums by place and group.

    Attributes:
        keys: of each place, ascending from the first to the last.
        sums: by name, in rows of groups.
        count: of groups.
    """

    keys: tuple[Whole, ...]
    sums: Mapping[str, Whole]
    count: int

    @staticmethod
    def of(
        keys: Sequence[Whole], groups: Whole, amounts: Mapping[str, Whole], *, count: int
    ) -> "SumsByGroup":
        """Sums of the amounts of cells.

        Args:
            keys: whole numbers of each cell, at least one.
            groups: the group of each cell, from 0 to count - 1.
            amounts: whole numbers of each cell, by name.
            count: of groups.
        """
        places, found = number_places(keys)
        shape = (len(found[0]), count)
        return SumsByGroup(
            tuple(found),
            {name: _summed(places, groups, each, shape) for name, each in amounts.items()},
            count,
        )

    def __getitem__(self, name: str) -> Whole:
        """Sums of a name."""
        return self.sums[name]

    def __len__(self) -> int:
        """How many places."""
        return len(self.keys[0])

    def left(self, name: str) -> Whole:
        """Sums without each group, in whole numbers."""
        sums = self.sums[name]
        # An empty sum over an axis of objects is a float.
        return sums.sum(axis=1, keepdims=True) - sums if len(self) else sums

    def without(self, name: str) -> Whole:
        """Sums without each group, as doubles."""
        return self.left(name).astype(float)

    def where(self, chosen: Whole) -> "SumsByGroup":
        """The places at which an array is true."""
        sums = {name: each[chosen] for name, each in self.sums.items()}
        return SumsByGroup(tuple(key[chosen] for key in self.keys), sums, self.count)

    def added_up(self, keys: Sequence[Whole]) -> "SumsByGroup":
        """Places added up by other keys of theirs."""
        places, found = number_places(keys)
        if not len(places):
            return SumsByGroup(tuple(found), self.sums, self.count)
        # Side by side and then added up by runs: NumPy adds at scattered places one by one.
        order = np.argsort(places, kind="stable")
        starts = np.flatnonzero(np.diff(places[order], prepend=-1))
        sums = {
            name: np.add.reduceat(wide_enough(each)[order], starts, axis=0)
            for name, each in self.sums.items()
        }
        return SumsByGroup(tuple(found), sums, self.count)

    @property
    def places(self) -> dict[tuple[int, ...], int]:
        """Where each combination of keys is."""
        rows = zip(*(key.tolist() for key in self.keys), strict=True)
        return {key: place for place, key in enumerate(rows)}


def number_places(keys: Sequence[Whole]) -> tuple[Whole, list[Whole]]:
    """The place of each cell among the combinations of keys in order, and the keys of each place.

    Example:
        >>> places, (codes, ends) = number_places([np.array([7, 3, 7]), np.array([1, 0, 0])])
        >>> places.tolist(), codes.tolist(), ends.tolist()
        ([2, 0, 1], [3, 7, 7], [0, 0, 1])
    """
    size = len(keys[0])
    numbers = numbered(keys if size else (), size)
    _, first, found = np.unique(numbers, return_index=True, return_inverse=True)
    return found, [np.asarray(key)[first] for key in keys]


def _summed(places: Whole, groups: Whole, amounts: Whole, shape: tuple[int, int]) -> Whole:
    wide = wide_enough(amounts)
    flat = np.zeros(shape[0] * shape[1], wide.dtype)
    np.add.at(flat, places * shape[1] + groups, wide)
    return flat.reshape(shape)
