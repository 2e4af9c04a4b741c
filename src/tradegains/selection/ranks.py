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

from tradegains.selection.members import Members, Real, Whole, sum_by
from tradegains.tables import working as w
from tradegains.transforms.ranking import count_bins, count_values, keep_bins

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
        position = {key: number for number, key in enumerate(_tuples(self.table, self.keys))}
        return np.array([position[key] for key in _tuples(cells, self.keys)], dtype=np.int64)


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
    parents = np.zeros(len(targets), dtype=np.int64)
    cells = cells.append_column(PARENT, pa.array(np.zeros(len(cells), dtype=np.int64)))
    while len(pending):
        found = _locate(_grouped(cells, units, members), targets, parents)
        is_single = found.lowest == found.highest
        values[pending[is_single]] = found.lowest[is_single]
        pending, parents = pending[~is_single], found.bin[~is_single]
        targets = Targets(targets.group, found.rank, targets.weighted).where(~is_single)
        if len(pending):
            open_bins = _open_bins(units, members, targets.group, parents)
            cells, refinement = _look_inside(
                ranked, cells, open_bins, units=units, refinement=refinement, row_limit=row_limit
            )
    return values


@dataclass(frozen=True)
class _Found:
    """Where each target lies: its bin's ends, its bin, and its rank within the bin."""

    lowest: Real
    highest: Real
    bin: Whole
    rank: Whole


def _grouped(cells: pa.Table, units: Units, members: Members) -> dict[str, NDArray]:
    """Cells summed by group, parent bin and place in order."""
    rows, group = members.expand(units.numbers(cells))
    columns = {
        name: cells[name].to_numpy()[rows]
        for name in (PARENT, w.BIN, w.LOWEST, w.HIGHEST, w.ESTABLISHMENTS, w.EMPLOYMENT)
    }
    parent, lowest = columns.pop(PARENT), columns[w.LOWEST]
    bins = columns.pop(w.BIN)
    # Values order like their bins; distinct values of one bin are told apart by themselves.
    place = lowest if w.VALUE in cells.column_names else bins.astype(np.float64)
    merged = sum_by((group, parent, place), columns)
    merged[w.BIN] = merged["key_2"].astype(np.int64)
    return merged


def _locate(grouped: dict[str, NDArray], targets: Targets, parents: Whole) -> _Found:
    """The bin of each target, by binary search in its group's cumulated counts."""
    group, parent = grouped["key_0"], grouped["key_1"]
    is_first = np.ones(len(group), dtype=bool)
    is_first[1:] = (group[1:] != group[:-1]) | (parent[1:] != parent[:-1])
    starts = np.flatnonzero(is_first)
    slots = dict(zip(_pairs(group[starts], parent[starts]), starts.tolist(), strict=True))
    start = np.array([slots[key] for key in _pairs(targets.group, parents)], dtype=np.int64)
    place, rank = np.zeros_like(start), np.zeros_like(start)
    for weighted, name in ((False, w.ESTABLISHMENTS), (True, w.EMPLOYMENT)):
        chosen = targets.weighted == weighted
        before = np.concatenate(([0], np.cumsum(grouped[name])))
        reached = before[start[chosen]] + targets.rank[chosen]
        place[chosen] = np.searchsorted(before[1:], reached, side="left")
        rank[chosen] = reached - before[place[chosen]]
    return _Found(grouped[w.LOWEST][place], grouped[w.HIGHEST][place], grouped[w.BIN][place], rank)


def _pairs(first: Whole, second: Whole) -> list[tuple[int, int]]:
    return list(zip(first.tolist(), second.tolist(), strict=True))


def _open_bins(units: Units, members: Members, group: Whole, bins: Whole) -> pa.Table:
    """The distinct bins to look into: one row per `on` keys and bin."""
    by_group = Members.of(members.group, members.unit)
    rows, unit = by_group.expand(group)
    keys = units.table.select(list(units.on)).take(pa.array(unit))
    opened = keys.append_column(w.BIN, pa.array(bins[rows]))
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
    if rows_inside <= row_limit or refinement >= FINEST:
        found = count_values(inside, keys=units.keys, refinement=refinement).toArrow()
        return _values_as_cells(found), refinement
    finer = refinement + REFINEMENT_STEP
    counted = count_bins(inside, keys=units.keys, refinement=finer).toArrow()
    parent = np.right_shift(counted[w.BIN].to_numpy(), REFINEMENT_STEP)
    return counted.append_column(PARENT, pa.array(parent)), finer


def _values_as_cells(found: pa.Table) -> pa.Table:
    """Each distinct value as a bin of its own, inside the bin it was found in."""
    return (
        found.append_column(PARENT, found[w.BIN])
        .append_column(w.LOWEST, found[w.VALUE])
        .append_column(w.HIGHEST, found[w.VALUE])
    )


def _tuples(table: pa.Table, keys: Sequence[str]) -> list[tuple[object, ...]]:
    return list(zip(*(table[key].to_pylist() for key in keys), strict=True))
