"""Exact order statistics of many overlapping groups, in a few passes over the rows.

Pass by pass the bins that hold a wanted rank are cut 256 times finer, until each holds one
distinct value or few enough rows to collect; the driver never holds more than `row_limit` rows.
Nothing is approximate: a rank is always a value of the data. This is the place where the
distributed statistics equal `formulas.quantiles`, whose targets it is given.

The engine counts rows by *stratum* (a combination of key values, such as year and membership) and
bin; such a count is a *cell*. A *group* is any union of strata, so that a cell counts in many.

A worked example, as far as the driver goes. Three cells; group 0 is strata 0 and 1, group 1 is
stratum 1; wanted are the fourth value of group 0 and the first of group 1::

    cell   stratum   bin   rows        by group and bin        rows before
      0        0      10      1        group 0, bin 10: cells 0, 2      0
      1        0      11      1        group 0, bin 11: cell 1          3
      2        1      10      2        group 1, bin 10: cell 2          4
                                       the end                          6

Rows are counted through, over the ends of groups: group 1 starts where 4 rows lie before it. So
the fourth value of group 0 is the (0 + 4)-th row of all, past the 3 rows of bin 10: in bin 11, as
its first. The first of group 1 is the (4 + 1)-th of all: in its bin 10, as its first. Bin 11 has
one row and so one value, which is the answer. Bin 10 of group 1 has two rows: unless they have the
same value, it is *open*, and the next pass over the rows looks at stratum 1, bin 10, and no other.
There the search starts again, with (group 1, bin 10) in the place of group 1 and rank 1 inside it.

Everything is one array operation over all groups, because groups are many (an industry, a year
and a population each) and a loop over them in Python took longer than the engine's pass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from tradegains.statistics.arrays import (
    BoolArray,
    CompositeKey,
    FloatArray,
    IntArray,
    ManyToMany,
    NumberArray,
    merge_runs,
    positions,
)
from tradegains.statistics.collecting import collect
from tradegains.statistics.handing import as_rows
from tradegains.tables import working as w
from tradegains.transforms.ranking import count_bins, count_values, keep_bins, list_values

PARENT = "parent_bin"
REFINEMENT_STEP = 8
FINEST = 40
ROW_LIMIT = 1_000_000
"""Rows that may be collected to end the search: about 50 MB on the driver."""


@dataclass(frozen=True)
class Strata:
    """Key values of the cells of a ranked table, numbered; `on` are the keys bins are opened by.

    Where `on` leaves keys out, the engine compares fewer columns and gives a few rows too many.
    """

    keys: tuple[str, ...]
    on: tuple[str, ...]
    table: pa.Table

    @staticmethod
    def of(cells: pa.Table, keys: Sequence[str], on: Sequence[str]) -> "Strata":
        """The distinct strata of some cells, in ascending order."""
        distinct = cells.select(list(keys)).group_by(list(keys)).aggregate([])
        ordered = distinct.sort_by([(key, "ascending") for key in keys])
        return Strata(tuple(keys), tuple(on), ordered)

    def column(self, key: str) -> NumberArray:
        """A key's value in each stratum."""
        values: NumberArray = self.table[key].to_numpy()
        return values

    def numbers(self, cells: pa.Table) -> IntArray:
        """Number of each cell's stratum."""
        return np.searchsorted(self._codes(self.table), self._codes(cells))

    def numbers_of(self, columns: Mapping[str, IntArray]) -> IntArray:
        """Numbers of the strata with these keys, each of which is one.

        Args:
            columns: of whole numbers, by key.

        Example:
            >>> table = pa.table({"year": [1988, 1988, 1996], "industry": [11, 13, 11]})
            >>> strata = Strata.of(table, ["year", "industry"], ["year"])
            >>> keys = {"year": np.array([1996, 1988]), "industry": np.array([11, 13])}
            >>> strata.numbers_of(keys).tolist()
            [2, 1]
        """
        fields = map(self.table.schema.field, self.keys)
        cells = {field.name: pa.array(columns[field.name], field.type) for field in fields}
        return self.numbers(pa.table(cells))

    def _codes(self, table: pa.Table) -> IntArray:
        """One whole number per row, in the order of the keys."""
        # A number in a mixed base: each key is a digit whose base is its count of distinct values.
        codes = np.zeros(len(table), dtype=np.int64)
        for key in self.keys:
            values = pc.unique(self.table[key]).sort()
            digits = pc.index_in(table[key], value_set=values)
            codes = codes * len(values) + digits.to_numpy().astype(np.int64)
        return codes


@dataclass(frozen=True)
class TargetRanks:
    """Wanted ranks: in `group`, the smallest value whose cumulated count reaches `rank` >= 1.

    `weighted` counts weight instead of rows.
    """

    group: IntArray
    rank: IntArray
    weighted: BoolArray

    def __len__(self) -> int:
        return len(self.group)

    def where(self, chosen: BoolArray) -> "TargetRanks":
        """The chosen ones."""
        return TargetRanks(self.group[chosen], self.rank[chosen], self.weighted[chosen])


class Position(NamedTuple):
    """Where a quantile lies in a group: at a rank from 1, or `fraction` of the way to the next."""

    group: int
    rank: int
    fraction: Fraction = Fraction(0)
    weighted: bool = False


@dataclass(frozen=True)
class BinnedRows:
    """Ranked rows, counted once by stratum and bin: what every search for ranks starts from.

    Attributes:
        ranked: rows with the stratum keys, the weight, value and scaled.
        cells: `count_bins` of those rows at `refinement`, collected.
        strata: numbering of the cells' keys.
        refinement: binary digits of the bins.
    """

    ranked: DataFrame
    cells: pa.Table
    strata: Strata
    refinement: int

    @staticmethod
    def of(
        ranked: DataFrame,
        *,
        keys: Sequence[str],
        on: Sequence[str],
        refinement: int,
        largest: bool = False,
    ) -> "BinnedRows":
        """Count the rows by these keys and bin; one pass over them.

        With `largest` the cells say what the largest weight in them is.
        """
        counted = count_bins(ranked, keys=keys, refinement=refinement, largest=largest)
        cells = collect(counted)
        return BinnedRows(ranked, cells, Strata.of(cells, keys, on), refinement)

    @property
    def stratum(self) -> IntArray:
        """Number of each cell's stratum."""
        return self.strata.numbers(self.cells)

    def column(self, name: str) -> NumberArray:
        """A column of the cells."""
        values: NumberArray = self.cells[name].to_numpy()
        return values

    def values_around(
        self, wanted: Sequence[Position], groups: ManyToMany, *, row_limit: int = ROW_LIMIT
    ) -> list[tuple[float, float]]:
        """The values at each position's rank and at the next rank, for `interpolate`.

        Without a fraction the next rank may not exist: its value is then that of the rank.

        Args:
            wanted: positions, each within its group's count or weight.
            groups: which groups each stratum belongs to.
            row_limit: rows that may be collected; above it the bins are refined instead.
        """
        group, rank, fraction, weighted = zip(*wanted, strict=True) if wanted else ((),) * 4
        lower = np.array(rank, dtype=np.int64)
        upper = lower + np.array([bool(each) for each in fraction], dtype=np.int64)
        targets = TargetRanks(
            np.repeat(np.array(group, dtype=np.int64), 2),
            np.stack([lower, upper], axis=1).ravel(),
            np.repeat(np.array(weighted, dtype=np.bool_), 2),
        )
        values = self._values_at(targets, groups, row_limit).tolist()
        return list(zip(values[0::2], values[1::2], strict=True))

    def _values_at(self, targets: TargetRanks, groups: ManyToMany, row_limit: int) -> FloatArray:
        """The wanted values, one per target."""
        values = np.full(len(targets), np.nan)
        pending = np.arange(len(targets))
        bins = _OpenBins.whole_groups(targets)
        cells = self.cells.append_column(PARENT, pa.array(np.zeros(len(self.cells), np.int64)))
        refinement = self.refinement
        while len(pending):
            located = _locate(_sorted_cells(cells, self.strata, groups, bins), targets, bins)
            is_single = located.lowest == located.highest
            values[pending[is_single]] = located.lowest[is_single]
            pending = pending[~is_single]
            # From here on a rank counts from the start of its bin.
            targets = TargetRanks(targets.group, located.rank, targets.weighted).where(~is_single)
            bins = _OpenBins.of(targets.group, located.bin[~is_single])
            if len(pending):
                cells, refinement = self._look_inside(
                    cells, _rows_of_bins(self.strata, groups, bins), refinement, row_limit
                )
        return values

    def _look_inside(
        self, cells: pa.Table, open_bins: pa.Table, refinement: int, row_limit: int
    ) -> tuple[pa.Table, int]:
        """The open bins' values if they are few enough rows, else their finer bins."""
        on, keys = self.strata.on, self.strata.keys
        rows_inside = pc.sum(
            cells.join(open_bins, keys=[*on, w.BIN], join_type="left semi")[w.ESTABLISHMENTS]
        ).as_py()
        opened = as_rows(open_bins, beside=self.ranked)
        inside = keep_bins(self.ranked, opened, on=on, refinement=refinement)
        if rows_inside <= row_limit:
            # Not grouped by value: most values are distinct, and the engine would hash each.
            rows = collect(list_values(inside, keys=keys, refinement=refinement))
            ones = pa.array(np.ones(len(rows), dtype=np.int64))
            return _values_as_cells(rows.append_column(w.ESTABLISHMENTS, ones)), refinement
        if refinement >= FINEST:
            # Doubles this close are few: what is left in such a bin are many equal values.
            counted = collect(count_values(inside, keys=keys, refinement=refinement))
            return _values_as_cells(counted), refinement
        finer = refinement + REFINEMENT_STEP
        counted = collect(count_bins(inside, keys=keys, refinement=finer))
        # Bins nest: without its last digits a finer bin's number is that of the bin around it.
        parent = np.right_shift(_numbers(counted, w.BIN), REFINEMENT_STEP)
        return counted.append_column(PARENT, pa.array(parent)), finer


@dataclass(frozen=True)
class _OpenBins:
    """The distinct (group, bin) that hold targets, numbered; and the number for each target."""

    group: IntArray
    bin: IntArray
    of_target: IntArray

    @staticmethod
    def of(group: IntArray, bins: IntArray) -> "_OpenBins":
        # One number per pair, because `unique` over rows of two columns is many times slower.
        key = CompositeKey.of(bins)
        packed, of_target = np.unique(key.pack(group, bins), return_inverse=True)
        return _OpenBins(*key.unpack(packed), of_target)

    @staticmethod
    def whole_groups(targets: TargetRanks) -> "_OpenBins":
        """One per group, bin 0, which every cell says it is in: where the search begins."""
        return _OpenBins.of(targets.group, np.zeros(len(targets), dtype=np.int64))


@dataclass(frozen=True)
class _SortedCells:
    """Cells in the order of open bin and, in it, of bin or value: of what they are cut into.

    A cell, by its row in `cells`, stands once in each open bin that it counts in. Cells of one bin
    of several strata stand side by side; `starts` are the first positions of such runs.
    """

    cells: pa.Table
    rows: IntArray
    open_bin: NDArray[np.unsignedinteger[Any]]
    starts: IntArray

    def of(self, name: str) -> NumberArray:
        """A column of the cells, in this order."""
        column: NumberArray = self.cells[name].to_numpy()
        return column[self.rows]


@dataclass(frozen=True)
class _Located:
    """Where each target lies: its bin's ends, its bin, and its rank within the bin."""

    lowest: FloatArray
    highest: FloatArray
    bin: IntArray
    rank: IntArray


def _sorted_cells(
    cells: pa.Table, strata: Strata, groups: ManyToMany, bins: _OpenBins
) -> _SortedCells:
    """Only cells that count: each goes to the open bins of its stratum's groups and its parent."""
    number, stratum = groups.by_group().expand(bins.group)
    parents = CompositeKey.of(bins.bin)
    # From (stratum, parent bin), which a cell knows, to the numbers of open bins.
    wanted = ManyToMany.of(parents.pack(stratum, bins.bin[number]), number)
    holding = parents.pack(strata.numbers(cells), _numbers(cells, PARENT))
    by_value = np.argsort(_bin_or_value(cells), kind="stable")
    rows, open_bin = wanted.expand(holding[by_value])
    # The cells stand in the order of their values: a stable sort by open bin alone keeps it.
    narrow = _narrow(open_bin)
    order = np.argsort(narrow, kind="stable")
    narrow, rows = narrow[order], by_value[rows[order]]
    value = _bin_or_value(cells)[rows]
    is_next = np.ones(len(rows), dtype=bool)
    is_next[1:] = (narrow[1:] != narrow[:-1]) | (value[1:] != value[:-1])
    return _SortedCells(cells, rows, narrow, np.flatnonzero(is_next))


def _narrow(numbers: IntArray) -> NDArray[np.unsignedinteger[Any]]:
    """Numbers in as few bytes as hold them, because numpy sorts two bytes ten times faster."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


def _bin_or_value(cells: pa.Table) -> NumberArray:
    """What cells are ordered by: values where they are known, else bins."""
    values: NumberArray = cells[w.VALUE if w.VALUE in cells.column_names else w.BIN].to_numpy()
    return values


def _locate(cells: _SortedCells, targets: TargetRanks, bins: _OpenBins) -> _Located:
    """The run of cells that holds each target, by binary search in the counts cumulated over all.

    The example of this module's head:

    Example:
        >>> table = pa.table({"stratum": [0, 0, 1], w.BIN: [10, 11, 10], PARENT: [0, 0, 0],
        ...     w.ESTABLISHMENTS: [1, 1, 2], w.EMPLOYMENT: [5, 5, 9],
        ...     w.LOWEST: [1.0, 1.1, 1.0], w.HIGHEST: [1.0, 1.1, 1.05]})
        >>> strata = Strata.of(table, ["stratum"], ["stratum"])
        >>> groups = ManyToMany.of(np.array([0, 1, 1]), np.array([0, 0, 1]))
        >>> targets = TargetRanks(np.array([0, 1]), np.array([4, 1]), np.array([False, False]))
        >>> bins = _OpenBins.whole_groups(targets)
        >>> located = _locate(_sorted_cells(table, strata, groups, bins), targets, bins)
        >>> located.bin.tolist(), located.rank.tolist()
        ([11, 10], [1, 1])
        >>> located.lowest.tolist(), located.highest.tolist()  # the second is still open
        ([1.1, 1.0], [1.1, 1.05])
    """
    first = np.searchsorted(cells.open_bin, bins.of_target.astype(cells.open_bin.dtype))
    run, rank = np.zeros_like(first), np.zeros_like(first)
    for weighted, name in ((False, w.ESTABLISHMENTS), (True, w.EMPLOYMENT)):
        chosen = targets.weighted == weighted
        # Not cumulated within each open bin: what lies before its first cell is added instead.
        before = np.concatenate(([0], np.cumsum(cells.of(name))))
        reached = before[first[chosen]] + targets.rank[chosen]
        position = np.searchsorted(before[1:], reached, side="left")
        run[chosen] = np.searchsorted(cells.starts, position, side="right") - 1
        rank[chosen] = reached - before[cells.starts[run[chosen]]]
    return _located(cells, run, rank)


def _located(cells: _SortedCells, run: IntArray, rank: IntArray) -> _Located:
    """The ends and the bin of these runs, over the cells that make up each."""
    ends = np.append(cells.starts, len(cells.rows))
    first, counts = ends[run], np.diff(ends)[run]
    rows = cells.rows[positions(first, counts)]
    ends_of = {name: cells.cells[name].to_numpy()[rows] for name in (w.LOWEST, w.HIGHEST)}
    merged = merge_runs(ends_of, np.cumsum(counts) - counts)
    bins = _numbers(cells.cells, w.BIN)[cells.rows[first]]
    lowest, highest = (merged[name].astype(np.float64) for name in (w.LOWEST, w.HIGHEST))
    return _Located(lowest, highest, bins, rank)


def _rows_of_bins(strata: Strata, groups: ManyToMany, bins: _OpenBins) -> pa.Table:
    """The distinct bins to look into, for the engine: one row per `on` keys and bin."""
    number, stratum = groups.by_group().expand(bins.group)
    keys = strata.table.select(list(strata.on)).take(pa.array(stratum))
    opened = keys.append_column(w.BIN, pa.array(bins.bin[number]))
    return opened.group_by([*strata.on, w.BIN]).aggregate([])


def _values_as_cells(values: pa.Table) -> pa.Table:
    """Each distinct value as a bin of its own, inside the bin it was found in."""
    return (
        values.append_column(PARENT, values[w.BIN])
        .append_column(w.LOWEST, values[w.VALUE])
        .append_column(w.HIGHEST, values[w.VALUE])
    )


def _numbers(table: pa.Table, name: str) -> IntArray:
    numbers: IntArray = table[name].to_numpy().astype(np.int64)
    return numbers
