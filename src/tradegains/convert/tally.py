"""What a conversion has counted: of every column, every year and every file."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tradegains.convert.recipe import YEAR, Recipe
from tradegains.convert.source import FoundColumn
from tradegains.convert.values import ColumnCounts

DISTINCT = 100_000
"""Distinct values are counted up to here."""
_FLAGS = ({0}, {1}, {0, 1})


@dataclass
class ColumnTally:
    """A written column: what its values are, over all files."""

    found: dict[str, None] = field(default_factory=dict)
    label: str = ""
    type: str = ""
    counts: ColumnCounts = field(default_factory=ColumnCounts)
    distinct: pa.Array | None = None
    is_many: bool = False
    low: Any = None
    high: Any = None

    def see(self, values: pa.Array, *, ranged: bool) -> None:
        """Take values into account."""
        self.type = str(values.type)
        known = values.drop_null()
        if ranged and len(known):
            ends = pc.min_max(known).as_py()
            self.low = ends["min"] if self.low is None else min(self.low, ends["min"])
            self.high = ends["max"] if self.high is None else max(self.high, ends["max"])
        if self.is_many:
            return
        new = pc.unique(known)
        if self.distinct is not None:
            new = pc.unique(pa.concat_arrays([self.distinct, new]))
        self.distinct, self.is_many = new, len(new) > DISTINCT
        if self.is_many:
            self.distinct = None

    @property
    def distinct_count(self) -> int | None:
        """Distinct values; None where there are more than were counted."""
        return None if self.is_many else len(self.distinct if self.distinct is not None else ())

    @property
    def is_flag(self) -> bool:
        """Whether every number is 0 or 1."""
        if self.distinct is None or len(self.distinct) > 2 or self.type not in ("int64", "double"):
            return False
        return set(self.distinct.to_pylist()) in _FLAGS


@dataclass
class YearTally:
    """A year: its rows, those left out as absent, and of its ids and codes what `look` found."""

    rows: int = 0
    absent: int = 0
    ids: dict[str, tuple[int, int]] = field(default_factory=dict)
    lengths: dict[str, Counter[int]] = field(default_factory=dict)


class Tally:
    """All of a conversion's counts."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.columns: dict[str, ColumnTally] = {}
        self.years: dict[int, YearTally] = {}
        self.files: dict[str, tuple[str, int]] = {}
        self.labels: dict[tuple[str, str, str], str] = {}

    def of(self, written: str) -> ColumnTally:
        """The tally of a column by the name it is written under."""
        return self.columns.setdefault(written, ColumnTally())

    def of_year(self, year: int) -> YearTally:
        """The tally of a year."""
        return self.years.setdefault(year, YearTally())

    def meet(self, written: str, found: FoundColumn, file: str) -> None:
        """Take a file's column into account, with its labels."""
        column = self.of(written)
        column.found.setdefault(found.kind)
        column.label = column.label or found.label
        for value, label in found.labels.items():
            self.labels.setdefault((written, value, label), file)

    def see(self, year: int, rows: pa.Table) -> None:
        """Take rows that are written into account."""
        self.of_year(year).rows += rows.num_rows
        for name in rows.schema.names:
            values = rows.column(name)
            self.of(name).counts.by_year[year] += len(values) - values.null_count

    def look(self, folder: Path) -> None:
        """Count ids and the lengths of codes in what was written, two years at a time."""
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(partial(self._look_at, folder), self.years))

    def _look_at(self, folder: Path, year: int) -> None:
        report, tally = self.recipe.report, self.years[year]
        path = folder / f"{YEAR}={year}" / "part-0.parquet"
        if not path.is_file():
            return
        for name in dict.fromkeys((*report.ids, *report.codes)):
            values = pq.read_table(path, columns=[name], partitioning=None).column(0)
            counted = pc.value_counts(values.combine_chunks().drop_null())
            tally.lengths[name] = _lengths(counted.field("values"), counted.field("counts"))
            if name in report.ids:
                tally.ids[name] = (len(counted), len(values) - values.null_count - len(counted))


def _lengths(distinct: pa.Array, counts: pa.Array) -> Counter[int]:
    """How many values have each length as text, from distinct ones and how often each is there.

    Example:
        >>> _lengths(pa.array([7, 12, 99]), pa.array([3, 1, 1]))
        Counter({1: 3, 2: 2})
    """
    lengths = pc.utf8_length(distinct.cast(pa.string()))
    return Counter(
        {
            length: pc.sum(counts.filter(pc.equal(lengths, length))).as_py()
            for length in pc.unique(lengths).to_pylist()
        }
    )
