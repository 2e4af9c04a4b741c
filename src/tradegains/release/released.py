"""Gated tables as they leave: what is withheld is empty, and named in a last column."""

import re
from typing import Any

import pyarrow as pa

from tradegains.release.described import TOLD_BY_BINS
from tradegains.release.gate import GatedCell, GatedTable, error_columns, statistic_of
from tradegains.release.rounding import rounded_count, rounded_value
from tradegains.release.rules import Rules
from tradegains.tables.columns import NOTE as NOTE_COLUMN
from tradegains.tables.disclosure import FREQUENCIES, PUBLIC, public
from tradegains.tables.published import TABLES

WITHHELD = "withheld"
NOTE = NOTE_COLUMN.name


def released_rows(table: GatedTable, rules: Rules) -> pa.Table:
    """A table as it leaves: rounded, with the column `withheld` at its end.

    The column names what is withheld in the row, separated by a space; an empty cell that it does
    not name is null in the published table as well.
    """
    rows = []
    for row, cells in zip(table.before.to_pylist(), table.cells, strict=True):
        shown = {name: None if name in cells else value for name, value in row.items()}
        for column, cell in cells.items():
            if not cell.reason:
                shown[column] = _rounded(table.name, column, row[column], cell=cell, rules=rules)
        withheld = [name for name in cells if shown[name] is None]
        if NOTE in shown:
            shown[NOTE] = released_note(row[NOTE], is_whole=not withheld)
        rows.append({**shown, WITHHELD: " ".join(withheld)})
    schema = table.before.schema.append(pa.field(WITHHELD, pa.string()))
    return pa.Table.from_pylist(rows, schema=schema)


def released_note(note: str | None, *, is_whole: bool) -> str | None:
    """A note as it leaves: where a number of its row stays, what the release itself says alone.

    A note says why there is no number, or of what kind one is: of a number that stays either tells.
    How many establishments or replicates are meant it never says.

    Example:
        >>> told = "an amount is unknown at an end of 2 establishments, which are in no sum"
        >>> released_note(told, is_whole=True)
        'an amount is unknown at an end of some establishments, which are in no sum'
        >>> released_note("no interval: 7 of 100 replicates have no number", is_whole=True)
        'no interval: some replicates have no number'
        >>> released_note(told, is_whole=False)
    """
    if not is_whole:
        return TOLD_BY_BINS if note and TOLD_BY_BINS in note else None
    return note and _COUNTED.sub(lambda found: f"some {found[1]}s", note)


_COUNTED = re.compile(r"\b\d[\d,]* (?:of \d+ (?=replicates))?(establishment|replicate)s?\b")


def _rounded(name: str, column: str, value: Any, *, cell: GatedCell, rules: Rules) -> Any:
    """A number as it leaves; None where rounding says no more than that it is small."""
    number = statistic_of(name, column) or public()
    kind, rounding = number.kind, rules.rounding
    if kind == PUBLIC:
        return value
    if isinstance(value, int):
        return rounded_count(value, rounding.counts)
    if kind == FREQUENCIES and rounding.counts:
        if number.sampled or column in error_columns(TABLES[name]):
            return None  # a rate of counts that are no sums, and ends around the exact rate
        counts = [rounded_count(int(each), rounding.counts) for each in cell.sums]
        part, whole = counts[0], counts[-1]
        if part is None or not whole:
            return None
        return rounded_value(part / whole, rounding.values)
    return rounded_value(value, rounding.values)
