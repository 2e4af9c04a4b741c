"""Exact order statistics of many overlapping groups, in a few passes over the rows.

Pass by pass the bins that hold a wanted rank are cut 256 times finer, until each holds one
distinct value or few enough rows to collect; the driver never holds more than `row_limit` rows.
Nothing is approximate: a rank is always a value of the data. This is the place where the
distributed statistics equal `formulas.quantiles`, whose targets it is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from tradegains.statistics.members import Members, Pairing, Real, Whole, merge_runs, positions
from tradegains.tables import working as w
from tradegains.transforms.ranking import count_bins, count_values, keep_bins, list_values

PARENT = "parent_bin"
REFINEMENT_STEP = 8
FINEST = 40
ROW_LIMIT = 1_000_000
"""Rows that may be collected to end the search: about 50 MB on the driver."""


@dataclass(frozen=True)
class Units:
    """Key values of the cells of a ranked table, numbered; `on` are the keys bins are opened by."""

    keys: tuple[str, ...]
    on: tuple[str, ...]
    table: pa.Table

    def numbers(self, cells: pa.Table) -> Whole:
        """Number of each cell's unit."""
        return np.searchsorted(self._codes(self.table), self._codes(cells))

    def _codes(self, table: pa.Table) -> Whole:
        """One whole number per row, in the order of the units' keys."""
        codes = np.zeros(len(table), dtype=np.int64)
        for key in self.keys:
            values = pc.unique(self.table[key]).sort()
            found = pc.index_in(table[key], value_set=values)
            codes = codes * len(values) + found.to_numpy().astype(np.int64)
        return codes


@dataclass(frozen=True)
class Targets:
    """Wanted ranks: in `group`, the smallest value whose cumulated count reaches `rank` >= 1.

    `weighted` counts weight instead of rows.
    """

    group: Whole
    rank: Whole
    weighted: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.group)

    def where(self, chosen: NDArray) -> "Targets":
        """The chosen ones."""
        return Targets(self.group[chosen], self.rank[chosen], self.weighted[chosen])


def units_of(cells: pa.Table, *, keys: Sequence[str], on: Sequence[str]) -> Units:
    """The distinct units of some cells, in ascending order."""
    distinct = cells.select(list(keys)).group_by(list(keys)).aggregate([])
    return Units(tuple(keys), tuple(on), distinct.sort_by([(key, "ascending") for key in keys]))


def select_ranks(
    ranked: DataFrame,
    cells: pa.Table,
    *,
    refinement: int,
    units: Units,
    members: Members,
    targets: Targets,
    row_limit: int = ROW_LIMIT,
) -> Real:
    """The wanted values, one per target.

    Args:
        ranked: rows with the unit keys, the weight, value and scaled.
        cells: `count_bins` of those rows at `refinement`, collected.
        refinement: binary digits of the bins of `cells`.
        units: numbering of the cells' keys.
        members: which groups each unit belongs to.
        targets: ranks, each within its group's count or weight.
        row_limit: rows that may be collected; above it the bins are refined instead.
    """
    values = np.full(len(targets), np.nan)
    pending = np.arange(len(targets))
    slots = _Slots.whole_groups(targets)
    cells = cells.append_column(PARENT, pa.array(np.zeros(len(cells), dtype=np.int64)))
    while len(pending):
        found = _locate(_places(cells, units, members, slots), targets, slots)
        is_single = found.lowest == found.highest
        values[pending[is_single]] = found.lowest[is_single]
        pending = pending[~is_single]
        targets = Targets(targets.group, found.rank, targets.weighted).where(~is_single)
        slots = _Slots.of(targets.group, found.bin[~is_single])
        if len(pending):
            cells, refinement = _look_inside(
                ranked,
                cells,
                _open_bins(units, members, slots),
                units=units,
                refinement=refinement,
                row_limit=row_limit,
            )
    return values


@dataclass(frozen=True)
class _Slots:
    """The distinct (group, bin) that hold targets, and the slot of each target."""

    group: Whole
    bin: Whole
    of_target: Whole

    @staticmethod
    def of(group: Whole, bins: Whole) -> "_Slots":
        pairing = Pairing.of(bins)
        packed, of_target = np.unique(pairing.pack(group, bins), return_inverse=True)
        return _Slots(*pairing.unpack(packed), of_target)

    @staticmethod
    def whole_groups(targets: Targets) -> "_Slots":
        """One slot per group: where the search begins."""
        return _Slots.of(targets.group, np.zeros(len(targets), dtype=np.int64))


@dataclass(frozen=True)
class _Places:
    """Cells in the order of slot and place; a place is a bin or a value, maybe of many cells.

    A cell, by its row in `cells`, stands once in each slot it counts in; `starts` are the first
    positions of the places.
    """

    cells: pa.Table
    rows: Whole
    slot: NDArray
    starts: Whole

    def of(self, name: str) -> NDArray:
        """A column of the cells, in this order."""
        return self.cells[name].to_numpy()[self.rows]


@dataclass(frozen=True)
class _Found:
    """Where each target lies: its bin's ends, its bin, and its rank within the bin."""

    lowest: Real
    highest: Real
    bin: Whole
    rank: Whole


def _places(cells: pa.Table, units: Units, members: Members, slots: _Slots) -> _Places:
    """Only what the slots need: a cell goes to the slots of its unit and its parent bin."""
    slot_number, unit = members.by_group().expand(slots.group)
    parents = Pairing.of(slots.bin)
    wanted = Members.of(parents.pack(unit, slots.bin[slot_number]), slot_number)
    holding = parents.pack(units.numbers(cells), _numbers(cells, PARENT))
    by_place = np.argsort(_place(cells), kind="stable")
    rows, slot = wanted.expand(holding[by_place])
    # The cells stand in the order of their places: only the slots are left to be sorted.
    slot = _narrow(slot)
    order = np.argsort(slot, kind="stable")
    slot, rows = slot[order], by_place[rows[order]]
    place = _place(cells)[rows]
    is_next = np.ones(len(rows), dtype=bool)
    is_next[1:] = (slot[1:] != slot[:-1]) | (place[1:] != place[:-1])
    return _Places(cells, rows, slot, np.flatnonzero(is_next))


def _narrow(slot: Whole) -> NDArray:
    """Slots in as few bytes as hold them, because numpy sorts two bytes ten times faster."""
    return slot.astype(np.min_scalar_type(int(slot.max(initial=0))))


def _place(cells: pa.Table) -> NDArray:
    """What cells are ordered by: values where they are known, else bins."""
    return cells[w.VALUE if w.VALUE in cells.column_names else w.BIN].to_numpy()


def _locate(places: _Places, targets: Targets, slots: _Slots) -> _Found:
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


def _found(places: _Places, place: Whole, rank: Whole) -> _Found:
    """The ends and the bin of these places, over the cells that make up each."""
    ends = np.append(places.starts, len(places.rows))
    first, counts = ends[place], np.diff(ends)[place]
    rows = places.rows[positions(first, counts)]
    ends_of = {name: places.cells[name].to_numpy()[rows] for name in (w.LOWEST, w.HIGHEST)}
    merged = merge_runs(ends_of, np.cumsum(counts) - counts)
    bins = _numbers(places.cells, w.BIN)[places.rows[first]]
    return _Found(merged[w.LOWEST], merged[w.HIGHEST], bins, rank)


def _open_bins(units: Units, members: Members, slots: _Slots) -> pa.Table:
    """The distinct bins to look into: one row per `on` keys and bin."""
    slot, unit = members.by_group().expand(slots.group)
    keys = units.table.select(list(units.on)).take(pa.array(unit))
    opened = keys.append_column(w.BIN, pa.array(slots.bin[slot]))
    return opened.group_by([*units.on, w.BIN]).aggregate([])


def _look_inside(
    ranked: DataFrame,
    cells: pa.Table,
    open_bins: pa.Table,
    *,
    units: Units,
    refinement: int,
    row_limit: int,
) -> tuple[pa.Table, int]:
    """The open bins' values if they are few enough rows, else their finer bins."""
    keys = [*units.on, w.BIN]
    rows_inside = pc.sum(
        cells.join(open_bins, keys=keys, join_type="left semi")[w.ESTABLISHMENTS]
    ).as_py()
    opened = ranked.sparkSession.createDataFrame(open_bins)
    inside = keep_bins(ranked, opened, on=units.on, refinement=refinement)
    if rows_inside <= row_limit:
        # Not grouped by value: most values are distinct, and the engine would hash each.
        rows = list_values(inside, keys=units.keys, refinement=refinement).toArrow()
        ones = pa.array(np.ones(len(rows), dtype=np.int64))
        return _values_as_cells(rows.append_column(w.ESTABLISHMENTS, ones)), refinement
    if refinement >= FINEST:
        found = count_values(inside, keys=units.keys, refinement=refinement).toArrow()
        return _values_as_cells(found), refinement
    finer = refinement + REFINEMENT_STEP
    counted = count_bins(inside, keys=units.keys, refinement=finer).toArrow()
    parent = np.right_shift(_numbers(counted, w.BIN), REFINEMENT_STEP)
    return counted.append_column(PARENT, pa.array(parent)), finer


def _values_as_cells(found: pa.Table) -> pa.Table:
    """Each distinct value as a bin of its own, inside the bin it was found in."""
    return (
        found.append_column(PARENT, found[w.BIN])
        .append_column(w.LOWEST, found[w.VALUE])
        .append_column(w.HIGHEST, found[w.VALUE])
    )


def _numbers(table: pa.Table, name: str) -> Whole:
    return table[name].to_numpy().astype(np.int64)
