"""A published table as text of limited width, for a terminal."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from tradegains.published.arranged import NOTE, Arranged, arranged, unit_of
from tradegains.published.columns import GAP, PrintedColumn, side_by_side, width_of
from tradegains.published.printing import in_unit
from tradegains.tables.published import TABLES

NO_ROOM = "no room (name columns to see them)"
NO_NUMBER = (
    "what names a row fills the width: fix a part of it by --where COLUMN=VALUE to see numbers"
)


def rows_text(
    rows: pa.Table,
    name: str,
    *,
    money_unit: str,
    limit: int | None = 20,
    width: int = 80,
    fold: bool = True,
) -> str:
    """Rows of a published table, units above and notes below; see `arranged` for `fold`."""
    if rows.num_rows == 0:
        return "No row."
    if rows.num_rows == 1 and fold:
        return _one_row_text(rows, name, money_unit, width)
    table = arranged(rows, name, money_unit=money_unit, limit=limit, fold=fold)
    ranked = _by_importance(table.columns, name) if fold else table.columns
    room = _fitting(ranked, width)
    left_out = [column.name for column in table.columns if column not in room]
    lines = [
        *_paragraphs({"every row": ", ".join(table.shared)}, width),
        "",
        *side_by_side([column for column in table.columns if column in room]),
        "",
        _count_line(table),
        *_paragraphs(table.notes, width),
        *(textwrap.wrap(NO_NUMBER, width) if _lacks_numbers(table.columns, room) else ()),
        *_paragraphs({"no value": ", ".join(table.empty), NO_ROOM: ", ".join(left_out)}, width),
    ]
    return "\n".join(lines).strip("\n")


def _one_row_text(rows: pa.Table, name: str, money_unit: str, width: int) -> str:
    """A single row, one value a line, texts in full."""
    table = arranged(rows, name, money_unit=money_unit)
    values = rows.to_pylist()[0]
    longest = max((len(column.name) for column in table.columns), default=0)
    lines = []
    for column in table.columns:
        value = column.cells[0]
        if not isinstance(values[column.name], list):
            value = in_unit(values[column.name], unit_of(name, column.name))
        text = f"{column.name.ljust(longest)}{GAP}{value}{column.unit and f' [{column.unit}]'}"
        lines += textwrap.wrap(text, width, subsequent_indent=" " * (longest + len(GAP)))
    return "\n".join([*lines, *_paragraphs({"no value": ", ".join(table.empty)}, width)])


def _by_importance(columns: Iterable[PrintedColumn], name: str) -> list[PrintedColumn]:
    """Columns in the order in which they get room: what names a row, the first, the rest."""
    first = TABLES[name].first

    def rank(column: PrintedColumn) -> int:
        if not column.numeric or column.name == "year":
            return -1
        return first.index(column.name) if column.name in first else len(first)

    return sorted(columns, key=rank)


def _fitting(columns: Sequence[PrintedColumn], width: int) -> list[PrintedColumn]:
    """Columns that fit side by side, the first ones first; at least one, and the notes."""
    notes = [column for column in columns if column.name == NOTE]
    others = [column for column in columns if column.name != NOTE]
    fitting = [*notes, *others[:1]]
    for column in others[1:]:
        if sum(width_of(one) + len(GAP) for one in fitting) + width_of(column) > width:
            break
        fitting.append(column)
    return fitting


def _lacks_numbers(columns: Iterable[PrintedColumn], room: Sequence[PrintedColumn]) -> bool:
    """Whether there are numbers and none of them has room; a year is a name."""
    numbers = [column for column in columns if column.numeric and column.name != "year"]
    return bool(numbers) and not any(column in room for column in numbers)


def _count_line(table: Arranged) -> str:
    """How many rows are printed, of how many."""
    shown = len(table.columns[0].cells) if table.columns else table.found
    return f"{shown:,} of {table.found:,} rows." if shown < table.found else f"{shown:,} rows."


def _paragraphs(texts: Mapping[str, str], width: int) -> list[str]:
    """`name: text` of every text that is not empty, wrapped."""
    return [
        line
        for name, text in texts.items()
        if text
        for line in textwrap.wrap(f"{name}: {text}", width, subsequent_indent="  ")
    ]
