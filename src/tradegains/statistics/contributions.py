"""Evidence for disclosure control: what each market cell rests on, collected in a few passes.

Decision: what is found goes through the run's work folder, not from the engine to the driver: a
finest cell holds so few rows that there are many, and of each a large number of columns. To send
them takes the embedded engine three times what it takes to write and read them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from tradegains.statistics.driver_contributions import (
    contributed,
    fits,
    needed_columns,
    ranked_cells,
    spread_sums,
    with_others,
)
from tradegains.tables import working as w
from tradegains.transforms.contributions import (
    FEWEST,
    OWN_AMOUNTS,
    alone,
    amount_columns,
    contributions,
    in_layer,
    largest_contributions,
    layers_of_changes,
    second_contributions,
    sized,
    spread_contributors,
    sum_spread,
)


@dataclass(frozen=True)
class Contributions:
    """What sums rest on.

    Attributes:
        cells: a row per cell: rows and amounts of contributors with one row in the year, with the
            size, the largest and the second largest contribution of each amount, and the lowest
            and highest log productivity.
        spread: a row per cell and contributor with several rows in the year: its amounts.
        amounts: names of the amounts.
    """

    cells: pa.Table
    spread: pa.Table
    amounts: tuple[str, ...]


class ReadKept(Protocol):
    """Reads what was kept under a name to the driver, with the columns of a schema."""

    def __call__(
        self, name: str, schema: pa.Schema, years: tuple[int, int] | None = None
    ) -> pa.Table:
        """The rows of all years, or of those from the first to the last of two."""
        ...


@dataclass(frozen=True)
class Keeping:
    """How passes reach each other and the driver: through folders of the run's work.

    Attributes:
        write: writes a frame under a name and reads it back as a frame.
        read: the rows of a written frame by its name, with the columns of a schema.
    """

    write: Callable[[DataFrame, str], DataFrame]
    read: ReadKept

    def through(self, rows: DataFrame, name: str) -> tuple[DataFrame, pa.Table]:
        """Rows of whole numbers: as a frame, and on the driver."""
        kept = self.write(rows, name)
        return kept, self.read(name, pa.schema([(each, pa.int64()) for each in rows.columns]))


@dataclass(frozen=True)
class FewRows:
    """Matched rows that the driver ranks itself: no cell is of two years.

    Attributes:
        folders: where they are kept.
        spans: the years of which it holds the rows at once, in ascending order.
    """

    folders: Sequence[str]
    spans: Sequence[Sequence[int]]

    @staticmethod
    def of(
        folders: Sequence[str], rows_by_year: Mapping[int, int], *, at_once: int, by_year: bool
    ) -> "FewRows | None":
        """All years at once, or each on its own where they are kept `by_year`.

        None where those are more rows than may be held.

        Example:
            >>> rows = {1978: 3, 1979: 4, 1981: 2}
            >>> FewRows.of(["matched"], rows, at_once=9, by_year=False).spans
            [[1978, 1979, 1981]]
            >>> FewRows.of(["matched"], rows, at_once=4, by_year=True).spans
            [[1978], [1979], [1981]]
            >>> FewRows.of(["matched"], rows, at_once=4, by_year=False) is None
            True
        """
        years = sorted(rows_by_year)
        spans = [[year] for year in years] if by_year else [years] if years else []
        held = (sum(rows_by_year[year] for year in span) for span in spans)
        return FewRows(folders, spans) if max(held, default=0) <= at_once else None


@dataclass(frozen=True)
class Folders:
    """Names of the folders that the passes write."""

    contributors: str
    spread: str
    cells: str
    second: str


def collect_contributions(
    matched: DataFrame,
    *,
    keys: Sequence[str],
    first_years: Mapping[str, Collection[int]],
    removing: int,
    keeping: Keeping,
    folders: Folders,
    few: FewRows | None = None,
) -> Contributions:
    """Contributions to every cell.

    Args:
        matched: rows with `flags`, keys and, where the census names enterprises, `contributor`.
        keys: of a cell, the year first; what is known of its rows' productivity comes to them.
        first_years: the years in which each pair of years begins whose changes of employment count.
        removing: bits of the rules whose rows are no part of the study.
        keeping: carries rows from pass to pass.
        folders: where.
        few: where the rows are, if the driver may read them: it ranks them, and no pass is needed.
    """
    layers = layers_of_changes(first_years)
    changes, found = _ChangesApart(layers, first_years), None
    own, keys = keys, (*keys, w.KNOWN)
    if few:
        schema = needed_columns(own, layers, named=w.CONTRIBUTOR in matched.columns)
        found = _year_by_year(
            few,
            partial(keeping.read, schema=schema),
            lambda rows: _ranked(rows, own, layers, removing),
        )
    if found is None:
        columns = amount_columns(layers)
        rows = contributions(matched, keys=own, amounts=columns, removing=removing)
        found = _by_passes(rows, keys, list(columns), keeping, folders)
    cells, spread = found
    amounts = (*OWN_AMOUNTS, *changes.amounts)
    return Contributions(changes.apart(cells), changes.apart(spread), amounts)


def _year_by_year(
    few: FewRows,
    read: Callable[..., pa.Table],
    rank: Callable[[pa.Table], tuple[pa.Table, pa.Table] | None],
) -> tuple[pa.Table, pa.Table] | None:
    """Cells and spread contributors of all years; None where a sum may not fit 64 bits."""
    found = []
    for years in few.spans:
        held = [read(name, years=(years[0], years[-1])) for name in few.folders]
        rows = pa.concat_tables(held)
        for year in years:
            of_year = rank(rows.filter(pc.equal(rows[w.YEAR], year)))
            if of_year is None:
                return None
            found.append(of_year)
    if not found:
        return None
    cells, spread = (pa.concat_tables(each) for each in zip(*found, strict=True))
    return cells.combine_chunks(), spread.combine_chunks()


def _ranked(
    matched: pa.Table, own: Sequence[str], layers: Sequence[Sequence[str]], removing: int
) -> tuple[pa.Table, pa.Table] | None:
    """Cells and spread contributors of a year; None where a sum may not fit 64 bits."""
    columns, rows = contributed(matched, own, layers, removing)
    keys = (*own, w.KNOWN)
    names = [name for name in columns if name not in (*keys, w.LOG_PRODUCTIVITY)]
    if not fits({name: columns[name] for name in names}):
        return None
    spread = pa.table({w.CONTRIBUTOR: pa.array([], pa.int64())})
    alone = np.ones(len(rows), bool)
    if w.CONTRIBUTOR in rows.column_names:
        contributor = rows[w.CONTRIBUTOR]
        alone = ~with_others(contributor)
        several = {name: column[~alone] for name, column in columns.items()}
        spread = spread_sums(
            {key: several[key] for key in keys},
            contributor.fill_null(0).to_numpy()[~alone],
            {name: several[name] for name in (w.LOG_PRODUCTIVITY, *names)},
        )
    single = {name: column[alone] for name, column in columns.items()}
    cells = ranked_cells(
        {key: single[key] for key in keys},
        {name: single[name] for name in (w.LOG_PRODUCTIVITY, *names)},
        sized(names),
    )
    return cells, spread


def _by_passes(
    rows: DataFrame, keys: Sequence[str], names: Sequence[str], keeping: Keeping, folders: Folders
) -> tuple[pa.Table, pa.Table]:
    """The same by four passes over the rows, however many they are."""
    spread = pa.table({w.CONTRIBUTOR: pa.array([], pa.int64())})
    if w.CONTRIBUTOR in rows.columns:
        several = keeping.write(spread_contributors(rows), folders.contributors)
        held = sum_spread(rows, several, keys=keys, amounts=names)
        spread = _in_order(keeping.through(held, folders.spread)[1], (*keys, w.CONTRIBUTOR))
        rows = alone(rows, several)
    found = largest_contributions(rows, keys=keys, amounts=names)
    largest, cells = keeping.through(found, folders.cells)
    found = second_contributions(rows, largest, keys=keys, amounts=names)
    second = keeping.through(found, folders.second)[1]
    cells = _with_second(_in_order(cells, keys), _in_order(second, keys), keys, names)
    return cells, spread


def _in_order(rows: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Rows in ascending order of keys that no two have in common."""
    return rows.sort_by([(name, "ascending") for name in keys])


def _with_second(
    cells: pa.Table, second: pa.Table, keys: Sequence[str], amounts: Sequence[str]
) -> pa.Table:
    """The cells with all sizes, and the second largest contributions beside the largest."""
    number = cells[w.ESTABLISHMENTS].to_numpy()
    looked_at = np.flatnonzero(number >= FEWEST)
    if not cells.select(list(keys)).take(looked_at).equals(second.select(list(keys))):
        raise ValueError("the cells of two passes over the same rows differ")
    for name in amounts:
        if name not in sized(amounts):
            cells = cells.append_column(w.size_of(name), cells[name])
        rest = pc.subtract(cells[w.size_of(name)], cells[w.largest_of(name)])
        # A size that does not fit is null on Spark; 0 hides the cell, and nothing else.
        values = np.where(number == FEWEST - 1, rest.fill_null(0).to_numpy(), 0)
        values[looked_at] = second[w.second_of(name)].to_numpy()
        cells = cells.append_column(w.second_of(name), pa.array(values))
    return cells


@dataclass(frozen=True)
class _ChangesApart:
    """Pairs of years, by layer, and the years in which each begins."""

    layers: Sequence[Sequence[str]]
    first_years: Mapping[str, Collection[int]]

    @property
    def amounts(self) -> list[str]:
        """Jobs gained and jobs lost of each pair."""
        return [made(name) for name in self.first_years for made in (w.jobs_gained, w.jobs_lost)]

    def apart(self, rows: pa.Table) -> pa.Table:
        """Each pair's changes in columns of its own, 0 in years that it does not begin in."""
        if w.YEAR not in rows.column_names:
            return rows
        layer_of = {
            name: in_layer(number) for number, layer in enumerate(self.layers) for name in layer
        }
        begins = {
            name: pc.is_in(rows[w.YEAR], pa.array(sorted(years), pa.int64()))
            for name, years in self.first_years.items()
        }
        head = rows.column_names[: rows.column_names.index(OWN_AMOUNTS[0])]
        columns = {name: rows[name] for name in head}
        for kind in (str, w.size_of, w.largest_of, w.second_of):
            if kind(OWN_AMOUNTS[0]) not in rows.column_names:
                continue
            columns |= {kind(name): rows[kind(name)] for name in OWN_AMOUNTS}
            for name, is_first in begins.items():
                for made in (w.jobs_gained, w.jobs_lost):
                    changes = rows[kind(made(layer_of[name]))]
                    columns[kind(made(name))] = pc.if_else(is_first, changes, 0)
        return pa.table(columns)
