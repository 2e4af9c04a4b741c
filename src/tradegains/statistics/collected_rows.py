"""Regression rows on the driver, where they are few: sorted by key, summed by group.

A query costs the engine more than tens of thousands of rows do, and a probit asks for ten. So few
rows are collected once, as columns, and every sum of theirs is made on the driver
(`statistics.driver_sums`).

>>> table = pa.table({"effect": [12, 11, 12], "x": [1.5, 4.0, 2.5]})
>>> by_effect = CollectedRows(table).by(["effect"])
>>> by_effect.keys, by_effect["x"].tolist()
([(11,), (12,)], [4.0, 1.5, 2.5])
>>> by_effect.sums({"sum": by_effect["x"]})
[{'effect': 11, 'establishments': 1, 'sum': 4.0}, {'effect': 12, 'establishments': 2, 'sum': 4.0}]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tradegains.statistics.arrays import BoolArray, FloatArray, IntArray, NumberArray
from tradegains.statistics.elementary import C_LIBRARY, Elementary
from tradegains.tables import working as w

SumRows = list[dict[str, Any]]
"""One row per keys, like the engine's once they are collected."""


@dataclass(frozen=True)
class CollectedRows:
    """Regression rows on the driver.

    Attributes:
        table: keys, variables, weight and cluster as `regression_sums` names them.
        functions: exp and logarithms with the bits that the engine's have.
    """

    table: pa.Table
    functions: Elementary = C_LIBRARY
    _by_keys: dict[tuple[str, ...], "GroupedRows"] = field(default_factory=dict, repr=False)

    def having(self, name: str) -> "CollectedRows":
        """The rows in which a column is not null."""
        chosen = self.table.filter(pc.is_valid(self.table[name]))
        return CollectedRows(chosen, self.functions)

    def by(self, keys: Sequence[str]) -> "GroupedRows":
        """The rows in the order of keys; sorted once for all passes that ask for these."""
        names = tuple(keys)
        if names not in self._by_keys:
            self._by_keys[names] = GroupedRows.of(self.table, names)
        return self._by_keys[names]


@dataclass(frozen=True)
class GroupedRows:
    """Rows in the order of their keys, so that those of a group are a run.

    Attributes:
        names: of the keys.
        keys: of each group, in ascending order.
        starts: where each group begins.
        table: the rows.
    """

    names: tuple[str, ...]
    keys: list[tuple[Any, ...]]
    starts: IntArray
    table: pa.Table
    _columns: dict[str, FloatArray] = field(default_factory=dict, repr=False)

    @staticmethod
    def of(table: pa.Table, names: Sequence[str]) -> "GroupedRows":
        """From rows in any order, of which no key is null."""
        ordered = table.sort_by([(name, "ascending") for name in names]) if names else table
        begins = np.zeros(len(ordered), bool)
        begins[:1] = True
        for name in names:
            key = ordered[name].to_numpy()
            begins[1:] |= key[1:] != key[:-1]
        starts = np.flatnonzero(begins)
        first = [ordered[name].take(pa.array(starts)).to_pylist() for name in names]
        keys = list(zip(*first, strict=True)) if names else [()] * len(starts)
        return GroupedRows(tuple(names), keys, starts, ordered)

    @property
    def counts(self) -> IntArray:
        """Rows of each group."""
        return np.diff(self.starts, append=len(self.table))

    def __getitem__(self, name: str) -> FloatArray:
        """A variable, or the weight, as doubles."""
        if name not in self._columns:
            self._columns[name] = self.table[name].to_numpy().astype(np.float64)
        return self._columns[name]

    def meeting(self, parameters: pa.Table) -> tuple["GroupedRows", dict[str, FloatArray]]:
        """The rows whose keys have parameters, and each parameter by row."""
        named = zip(*(parameters[name].to_pylist() for name in self.names), strict=True)
        place = {key: position for position, key in enumerate(named)}
        places = np.array([place.get(key, -1) for key in self.keys], np.int64)
        met = self if (places >= 0).all() else self._where(places >= 0)
        by_row = np.repeat(places[places >= 0], met.counts)
        others = [name for name in parameters.column_names if name not in self.names]
        return met, {name: parameters[name].to_numpy()[by_row] for name in others}

    def _where(self, chosen: BoolArray) -> "GroupedRows":
        counts = self.counts
        kept = self.table.filter(pa.array(np.repeat(chosen, counts)))
        starts = np.cumsum(counts[chosen]) - counts[chosen]
        keys = [key for key, is_kept in zip(self.keys, chosen, strict=True) if is_kept]
        return GroupedRows(self.names, keys, starts, kept)

    def by_first(self, names: Sequence[str]) -> "GroupedRows":
        """The same rows in groups of the first keys alone."""
        short = [key[: len(names)] for key in self.keys]
        chosen = [at for at, key in enumerate(short) if not at or key != short[at - 1]]
        starts = self.starts[np.array(chosen, np.int64)]
        return GroupedRows(tuple(names), [short[at] for at in chosen], starts, self.table)

    def sums(
        self,
        columns: Mapping[str, NumberArray],
        largest: Mapping[str, NumberArray] | None = None,
    ) -> SumRows:
        """SumRows and largest values by group, with the keys and the number of rows."""
        if not self.keys:
            return []
        found = {w.ESTABLISHMENTS: self.counts}
        found |= {name: np.add.reduceat(each, self.starts) for name, each in columns.items()}
        for name, each in (largest or {}).items():
            found[name] = np.maximum.reduceat(each, self.starts)
        values = zip(*(each.tolist() for each in found.values()), strict=True)
        names = (*self.names, *found)
        return [
            dict(zip(names, (*key, *row), strict=True))
            for key, row in zip(self.keys, values, strict=True)
        ]
