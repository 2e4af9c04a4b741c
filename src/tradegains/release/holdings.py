"""Who holds what: amounts of contributors in the finest cells, and what any union of them rests on.

A *cell* is finer than every sum that is to be released: year, industry, membership. Most
contributors have one cell; of those a cell keeps how many they are, what they hold and the two
largest. A contributor with several cells (an enterprise with establishments in two industries) is
*spread*: all its cells are kept, so that it is added up before it is ranked, in whatever union.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tradegains.release.judging import Backing

Numbers = NDArray[Any]


class Holding(NamedTuple):
    """What one contributor holds in one cell."""

    cell: str
    contributor: str
    value: int


@dataclass(frozen=True)
class Holdings:
    """Amounts by cell, as columns.

    Attributes:
        values: sum of each cell.
        sizes: sum of the absolute contributions of each cell.
        alone: contributors that have this cell and no other.
        first: the largest absolute contribution among these.
        second: the second largest.
        spread: absolute amounts of spread contributors, a row each, a column a cell.
        present: 1 where a spread contributor is in a cell, whatever it holds there.
    """

    values: Numbers
    sizes: Numbers
    alone: Numbers
    first: Numbers
    second: Numbers
    spread: sparse.csc_matrix
    present: sparse.csc_matrix

    def __len__(self) -> int:
        """How many cells."""
        return len(self.values)

    @cached_property
    def _alike(self) -> bool:
        """Whether what spread contributors hold is stored for just the cells that they are in."""
        one, other = self.spread, self.present
        same = np.array_equal(one.indptr, other.indptr)
        return same and np.array_equal(one.indices, other.indices)

    @property
    def lowest(self) -> Numbers:
        """The least that a cell can hold for somebody who knows who loses: its losses, below 0."""
        return np.asarray((self.values - self.sizes) / 2)

    @property
    def largest(self) -> tuple[float, float]:
        """What the two largest contributors hold in all cells together."""
        spread = np.asarray(self.spread.sum(axis=1)).ravel()
        found = np.sort(np.concatenate([[0.0, 0.0], self.first, self.second, spread]))
        return float(found[-1]), float(found[-2])

    def among(self, cells: Numbers) -> "Holdings":
        """Those of some cells alone."""
        return Holdings(
            self.values[cells],
            self.sizes[cells],
            self.alone[cells],
            self.first[cells],
            self.second[cells],
            self.spread[:, cells],
            self.present[:, cells],
        )

    def merged(self, group_of: Numbers, groups: int) -> "Holdings":
        """The same with cells brought together; `group_of` is the new place of each cell."""
        onto = sparse.csc_matrix(
            (np.ones(len(group_of)), (np.arange(len(group_of)), group_of)),
            shape=(len(group_of), groups),
        )
        first, second = largest_two(self.first, self.second, group_of, groups)
        present = (self.present @ onto).tocsc()
        present.data[:] = 1
        return Holdings(
            np.bincount(group_of, self.values, groups),
            np.bincount(group_of, self.sizes, groups),
            np.bincount(group_of, self.alone, groups),
            first,
            second,
            (self.spread @ onto).tocsc(),
            present,
        )

    def scaled(self, factors: Numbers) -> "Holdings":
        """Each cell times a factor, of at least 0."""
        return Holdings(
            self.values * factors,
            self.sizes * factors,
            self.alone,
            self.first * factors,
            self.second * factors,
            (self.spread @ sparse.diags(factors)).tocsc(),
            self.present,
        )

    def backing(self, cells: Numbers) -> Backing:
        """What the sum over some cells rests on."""
        contributors = int(self.alone[cells].sum())
        largest = [self.first[cells], self.second[cells]]
        if self.present.nnz:
            # Column by column out of the arrays: to slice a sparse matrix takes ten times as long,
            # and to sort who they are more than to count everybody.
            who, held, _ = entries(self.spread, cells)
            there = who if self._alike else entries(self.present, cells)[0]
            contributors += int(np.count_nonzero(np.bincount(there)))
            largest.append(np.bincount(who, held))
        together = np.concatenate(largest)
        top = np.partition(together, -2)[-2:] if len(together) > 1 else together
        return Backing(
            contributors,
            float(self.sizes[cells].sum()),
            float(top[-1]) if len(top) else 0.0,
            float(top[-2]) if len(top) > 1 else 0.0,
        )


def entries(matrix: sparse.csc_matrix, columns: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Row, value and column of all entries of some columns."""
    starts, ends = matrix.indptr[columns], matrix.indptr[np.asarray(columns, int) + 1]
    counts = ends - starts
    places = np.repeat(ends - np.cumsum(counts), counts) + np.arange(counts.sum())
    return matrix.indices[places], matrix.data[places], np.repeat(columns, counts)


def largest_two(
    first: Numbers, second: Numbers, group_of: Numbers, groups: int
) -> tuple[Numbers, Numbers]:
    """The two largest of each group, from the two largest of each of its cells.

    Example:
        >>> zeros = np.zeros(3)
        >>> largest_two(np.array([5.0, 9.0, 7.0]), zeros, np.array([0, 1, 1]), 2)
        (array([5., 9.]), array([0., 7.]))
    """
    values = np.concatenate([first, second])
    places = np.concatenate([group_of, group_of])
    order = np.lexsort((-values, places))
    values, places = values[order], places[order]
    starts = np.searchsorted(places, np.arange(groups))
    ends = np.searchsorted(places, np.arange(groups), side="right")
    found = []
    for rank in (0, 1):
        there = starts + rank < ends
        found.append(np.where(there, values[np.minimum(starts + rank, len(values) - 1)], 0.0))
    return found[0], found[1]


def holdings_of(given: Iterable[Holding], cells: Sequence[str]) -> Holdings:
    """Holdings from all of them, one by one; cells in the order given.

    Example:
        >>> found = holdings_of([Holding("a", "x", 5), Holding("a", "y", 2)], ["a"])
        >>> found.backing(np.array([0]))
        Backing(contributors=2, total=7.0, first=5.0, second=2.0)
    """
    place = {name: number for number, name in enumerate(cells)}
    by_contributor: defaultdict[str, dict[int, float]] = defaultdict(dict)
    values = np.zeros(len(cells))
    for cell, contributor, value in given:
        values[place[cell]] += value
        held = by_contributor[contributor]
        held[place[cell]] = held.get(place[cell], 0.0) + value
    single: list[list[float]] = [[] for _ in cells]
    spread = []
    for held in by_contributor.values():
        if len(held) == 1:
            ((cell_place, amount),) = held.items()
            single[cell_place].append(abs(amount))
        else:
            spread.append(held)
    ranked = [sorted(each, reverse=True) for each in single]
    rows = [number for number, held in enumerate(spread) for _ in held]
    columns = [each for held in spread for each in held]
    amounts = [abs(each) for held in spread for each in held.values()]
    shape = (len(spread), len(cells))
    sizes = np.array([sum(each) for each in single], float)
    sizes += np.bincount(np.array(columns, int), amounts, len(cells)) if spread else 0
    return Holdings(
        values,
        sizes,
        np.array([len(each) for each in single], float),
        np.array([each[0] if each else 0 for each in ranked], float),
        np.array([each[1] if len(each) > 1 else 0 for each in ranked], float),
        sparse.csc_matrix((amounts, (rows, columns)), shape=shape),
        sparse.csc_matrix((np.ones(len(rows)), (rows, columns)), shape=shape),
    )
