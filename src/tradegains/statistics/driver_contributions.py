"""Contributions to cells where rows are few: the driver reads the matched rows and ranks them.

The twin of the passes of `transforms.contributions`, for rows that the driver can hold: whole
numbers, so that both find the same to the last unit. Keys come in ascending order, as the passes'
are brought in. Over few rows four passes, three of them joins, take longer than reading the rows;
over many they do not.

>>> held = RankedRows.of({"cell": np.array([7, 7, 7, 3])}, {"jobs": np.array([5, -9, 9, 2])})
>>> held.keys["cell"].tolist(), held.counts.tolist(), held.sums("jobs").tolist()
([3, 7], [1, 3], [2, 5])
>>> [each.tolist() for each in held.largest_two("jobs")]
[[2, 9], [0, 9]]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tradegains.statistics.arrays import BoolArray, IntArray
from tradegains.tables import working as w
from tradegains.transforms.contributions import NO_ENTERPRISE, NO_KEY, in_layer

_SAFE = 2.0**62
_NOBODY = 0


@dataclass(frozen=True)
class RankedRows:
    """Rows in the order of their keys, so that those of a cell are a run.

    Attributes:
        keys: of each cell, by name, in ascending order.
        amounts: of each row, by name, those of a cell beside each other.
        starts: where each cell begins.
    """

    keys: Mapping[str, IntArray]
    amounts: Mapping[str, IntArray]
    starts: IntArray

    @staticmethod
    def of(keys: Mapping[str, IntArray], amounts: Mapping[str, IntArray]) -> "RankedRows":
        """From rows in any order."""
        numbers = _numbered(list(keys.values()))
        order = np.argsort(numbers, kind="stable")
        starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
        first = order[starts]
        return RankedRows(
            {name: key[first] for name, key in keys.items()},
            {name: amount[order] for name, amount in amounts.items()},
            starts,
        )

    @property
    def counts(self) -> IntArray:
        """Rows of each cell."""
        rows = len(next(iter(self.amounts.values())))
        return np.diff(self.starts, append=rows)

    def sums(self, name: str) -> IntArray:
        """Sum of an amount."""
        return self._merged(np.add, self.amounts[name])

    def sizes(self, name: str) -> IntArray:
        """Sum of the absolute amounts."""
        return self._merged(np.add, np.abs(self.amounts[name]))

    def largest_two(self, name: str) -> tuple[IntArray, IntArray]:
        """The two largest absolute amounts of each cell; of one row the second is 0."""
        sizes = np.abs(self.amounts[name])
        largest = self._merged(np.maximum, sizes)
        is_largest = sizes == np.repeat(largest, self.counts)
        times = self._merged(np.add, is_largest.astype(np.int64))
        below = self._merged(np.maximum, np.where(is_largest, _NOBODY, sizes))
        return largest, np.where(times > 1, largest, below)

    @property
    def extremes(self) -> dict[str, IntArray]:
        """Lowest and highest log productivity of each cell, if it is among the amounts."""
        if w.LOG_PRODUCTIVITY not in self.amounts:
            return {}
        each = self.amounts[w.LOG_PRODUCTIVITY]
        return {
            w.LOWEST: self._merged(np.minimum, each),
            w.HIGHEST: self._merged(np.maximum, each),
        }

    def _merged(self, merge: np.ufunc, each: IntArray) -> IntArray:
        merged: IntArray = merge.reduceat(each, self.starts) if len(self.starts) else each[:0]
        return merged


def _numbered(keys: Sequence[IntArray]) -> IntArray:
    """A number of at least 0 for each row, in the order of keys, the first before the others."""
    numbers, count = np.zeros(len(keys[0]), np.int64), 1
    for key in keys:
        if not len(key):
            continue
        lowest, width = int(key.min()), int(key.max()) - int(key.min()) + 1
        if count * width > _SAFE:
            taken, numbers = np.unique(numbers, return_inverse=True)
            values, places = np.unique(key, return_inverse=True)
            count, lowest, width, key = len(taken), 0, len(values), places
        numbers, count = numbers * width + (key - lowest), count * width
    return numbers


def needed_columns(
    keys: Sequence[str], layers: Sequence[Sequence[str]], *, named: bool
) -> pa.Schema:
    """Columns of matched rows that contributions are made of; whether rows name a contributor."""
    later = [w.later_column(w.EMPLOYMENT, name) for layer in layers for name in layer]
    who = [w.CONTRIBUTOR] if named else []
    own = (w.EMPLOYMENT, w.SALES, w.EXPORTS, w.VALUE_ADDED)
    names = dict.fromkeys((*keys, w.FLAGS, *own, *later, *who))
    whole = [(name, pa.int64()) for name in names]
    return pa.schema([*whole, (w.LOG_PRODUCTIVITY, pa.float64())])


def contributed(
    matched: pa.Table, keys: Sequence[str], layers: Sequence[Sequence[str]], removing: int
) -> tuple[dict[str, IntArray], pa.Table]:
    """Keys and amounts of the rows of the study, and these rows: `contributions` on the driver."""
    is_in = pc.equal(pc.bit_wise_and(matched[w.FLAGS], removing), 0)
    rows = matched if pc.all(is_in).as_py() else matched.filter(is_in)
    if w.CONTRIBUTOR in rows.column_names:
        who = rows[w.CONTRIBUTOR]
        named = pc.if_else(pc.equal(who, NO_ENTERPRISE), None, who)
        rows = rows.set_column(rows.column_names.index(w.CONTRIBUTOR), w.CONTRIBUTOR, named)
    employment = rows[w.EMPLOYMENT]
    amounts = {
        w.EMPLOYMENT: employment,
        w.DOMESTIC_SALES: pc.subtract(rows[w.SALES], rows[w.EXPORTS]),
        w.EXPORTS: rows[w.EXPORTS],
        w.VALUE_ADDED: rows[w.VALUE_ADDED],
    }
    for number, names in enumerate(layers):
        later = pc.coalesce(*(rows[w.later_column(w.EMPLOYMENT, name)] for name in names))
        change = pc.subtract(later, employment)
        amounts[w.jobs_gained(in_layer(number))] = pc.max_element_wise(change, 0)
        amounts[w.jobs_lost(in_layer(number))] = pc.max_element_wise(pc.negate(change), 0)
    columns = {key: rows[key].fill_null(NO_KEY).to_numpy() for key in keys}
    columns |= _productivity(rows[w.LOG_PRODUCTIVITY], employment)
    return columns | {name: each.fill_null(0).to_numpy() for name, each in amounts.items()}, rows


def _productivity(value: pa.ChunkedArray, employment: pa.ChunkedArray) -> dict[str, IntArray]:
    """What is known of each row's productivity, and log productivity as a whole number."""
    scaled = np.floor(value.fill_null(0.0).to_numpy() * 2.0**w.LOG_PRODUCTIVITY_BITS)
    has_jobs = employment.fill_null(0).to_numpy() > 0
    is_known = value.is_valid().to_numpy()
    known = np.where(is_known, 2, has_jobs.astype(np.int64))
    return {w.KNOWN: known, w.LOG_PRODUCTIVITY: scaled.astype(np.int64)}


def fits(amounts: Mapping[str, IntArray]) -> bool:
    """Whether no sum of these can miss 64 bits.

    Example:
        >>> fits({"sales": np.array([2**40, -(2**40)])}), fits({"sales": np.array([2**62, 1])})
        (True, False)
    """
    return all(np.abs(each.astype(np.float64)).sum() < _SAFE for each in amounts.values())


def with_others(contributors: pa.ChunkedArray) -> BoolArray:
    """Which rows of a year have a contributor that has another one.

    Example:
        >>> with_others(pa.chunked_array([[4, None, 7], [4, None]])).tolist()
        [True, False, False, True, False]
    """
    named = np.flatnonzero(contributors.is_valid().to_numpy())
    who = contributors.fill_null(0).to_numpy()[named]
    order = np.argsort(who)
    is_next = np.flatnonzero(np.diff(who[order]) == 0)
    found = np.zeros(len(contributors), bool)
    found[named[order[is_next]]] = True
    found[named[order[is_next + 1]]] = True
    return found


def spread_sums(
    keys: Mapping[str, IntArray], contributor: IntArray, amounts: Mapping[str, IntArray]
) -> pa.Table:
    """A row per cell and contributor: how many rows, extremes, and the sum of each amount."""
    held = RankedRows.of({**keys, w.CONTRIBUTOR: contributor}, amounts)
    sums = {name: held.sums(name) for name in amounts if name != w.LOG_PRODUCTIVITY}
    return pa.table({**held.keys, w.ESTABLISHMENTS: held.counts, **held.extremes, **sums})


def ranked_cells(
    keys: Mapping[str, IntArray], amounts: Mapping[str, IntArray], sized: Sequence[str]
) -> pa.Table:
    """A row per cell: how many rows, extremes, and of each amount its sum, size and two largest.

    `sized` are amounts that may be negative; the size of others is their sum.
    """
    held = RankedRows.of(keys, amounts)
    amounts = {name: amounts[name] for name in amounts if name != w.LOG_PRODUCTIVITY}
    sums = {name: held.sums(name) for name in amounts}
    sizes = {name: held.sizes(name) if name in sized else sums[name] for name in amounts}
    two = {name: held.largest_two(name) for name in amounts}
    return pa.table(
        {
            **held.keys,
            w.ESTABLISHMENTS: held.counts,
            **held.extremes,
            **sums,
            **{w.size_of(name): sizes[name] for name in sized},
            **{w.largest_of(name): two[name][0] for name in amounts},
            **{w.size_of(name): sizes[name] for name in amounts if name not in sized},
            **{w.second_of(name): two[name][1] for name in amounts},
        }
    )
