"""Exact order statistics of many overlapping groups, in a few passes over the rows.

Pass by pass the bins that hold a wanted rank are cut 256 times finer, until each holds one
distinct value or few enough rows to collect; the driver never holds more than `row_limit` rows.
Nothing is approximate: a rank is always a value of the data. This is the place where the
distributed statistics equal `formulas.quantiles`, whose targets it is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
    """Key values of the cells of a ranked table, numbered; `on` are the keys bins are opened by."""

    keys: tuple[str, ...]
    on: tuple[str, ...]
    table: pa.Table

    def numbers(self, cells: pa.Table) -> IntArray:
        """Number of each cell's stratum."""
        return np.searchsorted(self._codes(self.table), self._codes(cells))

    def _codes(self, table: pa.Table) -> IntArray:
        """One whole number per row, in the order of the keys."""
        codes = np.zeros(len(table), dtype=np.int64)
        for key in self.keys:
            values = pc.unique(self.table[key]).sort()
            found = pc.index_in(table[key], value_set=values)
            codes = codes * len(values) + found.to_numpy().astype(np.int64)
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


def strata_of(cells: pa.Table, *, keys: Sequence[str], on: Sequence[str]) -> Strata:
    """The distinct strata of some cells, in ascending order."""
    distinct = cells.select(list(keys)).group_by(list(keys)).aggregate([])
    return Strata(tuple(keys), tuple(on), distinct.sort_by([(key, "ascending") for key in keys]))


def select_ranks(
    ranked: DataFrame,
    cells: pa.Table,
    *,
    refinement: int,
    strata: Strata,
    members: ManyToMany,
    targets: TargetRanks,
    row_limit: int = ROW_LIMIT,
) -> FloatArray:
    """The wanted values, one per target.

    Args:
        ranked: rows with the stratum keys, the weight, value and scaled.
        cells: `count_bins` of those rows at `refinement`, collected.
        refinement: binary digits of the bins of `cells`.
        strata: numbering of the cells' keys.
        members: which groups each stratum belongs to.
        targets: ranks, each within its group's count or weight.
        row_limit: rows that may be collected; above it the bins are refined instead.
    """
    values = np.full(len(targets), np.nan)
    pending = np.arange(len(targets))
    slots = _OpenBins.whole_groups(targets)
    cells = cells.append_column(PARENT, pa.array(np.zeros(len(cells), dtype=np.int64)))
    while len(pending):
        found = _locate(_places(cells, strata, members, slots), targets, slots)
        is_single = found.lowest == found.highest
        values[pending[is_single]] = found.lowest[is_single]
        pending = pending[~is_single]
        targets = TargetRanks(targets.group, found.rank, targets.weighted).where(~is_single)
        slots = _OpenBins.of(targets.group, found.bin[~is_single])
        if len(pending):
            cells, refinement = _look_inside(
                ranked,
                cells,
                _open_bins(strata, members, slots),
                strata=strata,
                refinement=refinement,
                row_limit=row_limit,
            )
    return values


@dataclass(frozen=True)
class _OpenBins:
    """The distinct (group, bin) that hold targets, and the slot of each target."""

    group: IntArray
    bin: IntArray
    of_target: IntArray

    @staticmethod
    def of(group: IntArray, bins: IntArray) -> "_OpenBins":
        pairing = CompositeKey.of(bins)
        packed, of_target = np.unique(pairing.pack(group, bins), return_inverse=True)
        return _OpenBins(*pairing.unpack(packed), of_target)

    @staticmethod
    def whole_groups(targets: TargetRanks) -> "_OpenBins":
        """One slot per group: where the search begins."""
        return _OpenBins.of(targets.group, np.zeros(len(targets), dtype=np.int64))


@dataclass(frozen=True)
class _SortedCells:
    """Cells in the order of slot and place; a place is a bin or a value, maybe of many cells.

    A cell, by its row in `cells`, stands once in each slot it counts in; `starts` are the first
    positions of the places.
    """

    cells: pa.Table
    rows: IntArray
    slot: NDArray[np.unsignedinteger[Any]]
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


def _places(cells: pa.Table, strata: Strata, members: ManyToMany, slots: _OpenBins) -> _SortedCells:
    """Only what the slots need: a cell goes to the slots of its stratum and its parent bin."""
    slot_number, stratum = members.by_group().expand(slots.group)
    parents = CompositeKey.of(slots.bin)
    wanted = ManyToMany.of(parents.pack(stratum, slots.bin[slot_number]), slot_number)
    holding = parents.pack(strata.numbers(cells), _numbers(cells, PARENT))
    by_place = np.argsort(_place(cells), kind="stable")
    rows, slot = wanted.expand(holding[by_place])
    # The cells stand in the order of their places: only the slots are left to be sorted.
    narrow = _narrow(slot)
    order = np.argsort(narrow, kind="stable")
    narrow, rows = narrow[order], by_place[rows[order]]
    place = _place(cells)[rows]
    is_next = np.ones(len(rows), dtype=bool)
    is_next[1:] = (narrow[1:] != narrow[:-1]) | (place[1:] != place[:-1])
    return _SortedCells(cells, rows, narrow, np.flatnonzero(is_next))


def _narrow(slot: IntArray) -> NDArray[np.unsignedinteger[Any]]:
    """Slots in as few bytes as hold them, because numpy sorts two bytes ten times faster."""
    return slot.astype(np.min_scalar_type(int(slot.max(initial=0))))


def _place(cells: pa.Table) -> NumberArray:
    """What cells are ordered by: values where they are known, else bins."""
    found: NumberArray = cells[w.VALUE if w.VALUE in cells.column_names else w.BIN].to_numpy()
    return found


def _locate(places: _SortedCells, targets: TargetRanks, slots: _OpenBins) -> _Located:
    """The bin of each target, by binary search in its slot's cumulated counts."""
    first = np.searchsorted(places.slot, slots.of_target.astype(places.slot.dtype))
    place, rank = np.zeros_like(first), np.zeros_like(first)
    for weighted, name in ((False, w.ESTABLISHMENTS), (True, w.EMPLOYMENT)):
        chosen = targets.weighted == weighted
        before = np.concatenate(([0], np.cumsum(places.of(name))))
        reached = before[first[chosen]] + targets.rank[chosen]
        position = np.searchsorted(before[1:], reached, side="left")
        place[chosen] = np.searchsorted(places.starts, position, side="right") - 1
        rank[chosen] = reached - before[places.starts[place[chosen]]]
    return _found(places, place, rank)


def _found(places: _SortedCells, place: IntArray, rank: IntArray) -> _Located:
    """The ends and the bin of these places, over the cells that make up each."""
    ends = np.append(places.starts, len(places.rows))
    first, counts = ends[place], np.diff(ends)[place]
    rows = places.rows[positions(first, counts)]
    ends_of = {name: places.cells[name].to_numpy()[rows] for name in (w.LOWEST, w.HIGHEST)}
    merged = merge_runs(ends_of, np.cumsum(counts) - counts)
    bins = _numbers(places.cells, w.BIN)[places.rows[first]]
    lowest, highest = (merged[name].astype(np.float64) for name in (w.LOWEST, w.HIGHEST))
    return _Located(lowest, highest, bins, rank)


def _open_bins(strata: Strata, members: ManyToMany, slots: _OpenBins) -> pa.Table:
    """The distinct bins to look into: one row per `on` keys and bin."""
    slot, stratum = members.by_group().expand(slots.group)
    keys = strata.table.select(list(strata.on)).take(pa.array(stratum))
    opened = keys.append_column(w.BIN, pa.array(slots.bin[slot]))
    return opened.group_by([*strata.on, w.BIN]).aggregate([])


def _look_inside(
    ranked: DataFrame,
    cells: pa.Table,
    open_bins: pa.Table,
    *,
    strata: Strata,
    refinement: int,
    row_limit: int,
) -> tuple[pa.Table, int]:
    """The open bins' values if they are few enough rows, else their finer bins."""
    keys = [*strata.on, w.BIN]
    rows_inside = pc.sum(
        cells.join(open_bins, keys=keys, join_type="left semi")[w.ESTABLISHMENTS]
    ).as_py()
    opened = as_rows(open_bins, beside=ranked)
    inside = keep_bins(ranked, opened, on=strata.on, refinement=refinement)
    if rows_inside <= row_limit:
        # Not grouped by value: most values are distinct, and the engine would hash each.
        rows = list_values(inside, keys=strata.keys, refinement=refinement).toArrow()
        ones = pa.array(np.ones(len(rows), dtype=np.int64))
        return _values_as_cells(rows.append_column(w.ESTABLISHMENTS, ones)), refinement
    if refinement >= FINEST:
        found = count_values(inside, keys=strata.keys, refinement=refinement).toArrow()
        return _values_as_cells(found), refinement
    finer = refinement + REFINEMENT_STEP
    counted = count_bins(inside, keys=strata.keys, refinement=finer).toArrow()
    parent = np.right_shift(_numbers(counted, w.BIN), REFINEMENT_STEP)
    return counted.append_column(PARENT, pa.array(parent)), finer


def _values_as_cells(found: pa.Table) -> pa.Table:
    """Each distinct value as a bin of its own, inside the bin it was found in."""
    return (
        found.append_column(PARENT, found[w.BIN])
        .append_column(w.LOWEST, found[w.VALUE])
        .append_column(w.HIGHEST, found[w.VALUE])
    )


def _numbers(table: pa.Table, name: str) -> IntArray:
    found: IntArray = table[name].to_numpy().astype(np.int64)
    return found
