"""A published table arranged for a reader, before it becomes terminal text or LaTeX.

Decision: what every row shares is said once, columns without a value are named instead of shown,
and notes become letters explained below; nothing goes in silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tradegains.published.columns import PrintedColumn
from tradegains.published.letters import Letters
from tradegains.published.printing import in_unit
from tradegains.tables.published import TABLES

MONEY = "money unit of the study"
NOTE = "note"
HIDDEN = ("run_id", NOTE)  # one value for all rows, and a footnote
CELL_WIDTH = 40


@dataclass(frozen=True)
class Arranged:
    """Columns that differ between rows, what all rows share, columns without a value, notes.

    `found` counts the rows asked for, of which the columns may hold the first ones only.
    """

    columns: tuple[PrintedColumn, ...]
    shared: tuple[str, ...]
    empty: tuple[str, ...]
    notes: Mapping[str, str]
    found: int


def arranged(
    rows: pa.Table,
    name: str,
    *,
    money_unit: str = MONEY,
    limit: int | None = None,
    fold: bool = True,
) -> Arranged:
    """Rows of a published table, printed by unit.

    Args:
        rows: rows with columns of the published table `name`.
        name: name of the published table.
        money_unit: what stands for the study's unit of money.
        limit: rows to print at most; all when None.
        fold: whether to say shared values once and to leave out columns without a value.
    """
    names = [column for column in rows.column_names if column not in HIDDEN]
    empty = [c for c in names if fold and rows[c].null_count == rows.num_rows]
    shared = [c for c in names if fold and c not in empty and _is_shared(rows[c])]
    shown = rows.slice(0, limit)
    notes, marks = _notes(shown)
    varying = (column for column in names if column not in (*empty, *shared))
    columns = (printed_column(shown, name, column, money_unit) for column in varying)
    facts = (printed_column(rows.slice(0, 1), name, column, money_unit) for column in shared)
    return Arranged(
        columns=(*columns, *marks),
        shared=tuple(f"{c.name} {c.cells[0]}{c.unit and f' [{c.unit}]'}" for c in facts),
        empty=tuple(empty),
        notes=notes,
        found=rows.num_rows,
    )


def printed_column(rows: pa.Table, name: str, column: str, money_unit: str) -> PrintedColumn:
    """A column with its cells printed by unit."""
    unit = unit_of(name, column)
    cells = tuple(_cell(value, unit) for value in rows[column].to_pylist())
    type_ = rows.schema.field(column).type
    numeric = pa.types.is_integer(type_) or pa.types.is_floating(type_)
    shown_unit = "" if unit == column else unit.replace(MONEY, money_unit)
    return PrintedColumn(column, shown_unit, cells, numeric)


def unit_of(name: str, column: str) -> str:
    """Unit of a column of a published table.

    Example:
        >>> unit_of("welfare", "welfare_change")
        'log points'
    """
    return TABLES[name].column(column).unit


def _is_shared(values: pa.ChunkedArray) -> bool:
    """Whether several rows have the same value; a null is a value of its own here."""
    return len(values) > 1 and not pa.types.is_nested(values.type) and len(values.unique()) == 1


def _notes(rows: pa.Table) -> tuple[dict[str, str], tuple[PrintedColumn, ...]]:
    """Notes of the rows by letter, and the column of letters; neither without notes."""
    footnotes = Letters()
    texts = rows[NOTE].to_pylist() if NOTE in rows.column_names else []
    if not any(texts):
        return {}, ()
    letters = tuple(footnotes.letter(text) if text else "" for text in texts)
    return dict(footnotes.notes), (PrintedColumn(NOTE, "", letters),)


def _cell(value: Any, unit: str) -> str:
    """A value as a cell: a dash for null, the length for a list, long texts visibly cut."""
    if value is None:
        return "-"
    if isinstance(value, list):
        return f"{len(value)} entries"
    text = " ".join(in_unit(value, unit).split())
    return text if len(text) <= CELL_WIDTH else text[: CELL_WIDTH - 3] + "..."
