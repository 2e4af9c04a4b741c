"""Rows and columns of a published table as a reader asks for them."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from tradegains.errors import Problem, StudyError
from tradegains.published.arranged import HIDDEN, NOTE, unit_of
from tradegains.published.published_run import matching


def filtered(rows: pa.Table, name: str, where: Mapping[str, str]) -> pa.Table:
    """Rows that meet every condition; a text is read by the column's type, empty means null.

    Raises:
        StudyError: no such column, or a value that its type cannot hold.
    """
    _refuse_unknown(name, rows.column_names, where)
    values = {column: _value(rows.field(column), text) for column, text in where.items()}
    return matching(rows, **values)


def values_there(rows: pa.Table, name: str, where: Mapping[str, str]) -> dict[str, list[str]]:
    """For each condition that no row meets beside the others, the values that there are instead.

    Where no row meets any single one of them beside the others, each is looked at by itself.

    Example:
        >>> rows = pa.table({"year": [1988, 1996], "rule": ["read", "valid"]})
        >>> values_there(rows, "quality", {"rule": "raed", "year": "1988"})
        {'rule': ['read']}
        >>> values_there(rows, "quality", {"rule": "raed", "year": "1990"})
        {'rule': ['read', 'valid'], 'year': ['1988', '1996']}
    """

    def among(column: str, others: Mapping[str, str]) -> list[str]:
        kept = filtered(rows, name, others)[column].unique().to_pylist()
        return sorted("" if value is None else str(value) for value in kept)

    beside = {
        column: among(column, {key: text for key, text in where.items() if key != column})
        for column in where
    }
    if not any(beside.values()):
        beside = {column: among(column, {}) for column in where}
    return {column: there for column, there in beside.items() if there}


def selected(rows: pa.Table, name: str, columns: Sequence[str]) -> pa.Table:
    """The named columns in that order, and the note if there is one.

    Raises:
        StudyError: no such column.
    """
    _refuse_unknown(name, rows.column_names, columns)
    note = [NOTE] if NOTE in rows.column_names else []
    return rows.select(list(dict.fromkeys([*columns, *note])))


def unshown_keys(rows: pa.Table, name: str, columns: Sequence[str]) -> list[str]:
    """Columns left out by which rows differ that look alike in the chosen ones.

    Numbers do not name a row, but a year does.

    Example:
        >>> rows = pa.table({"year": [1988, 1988], "rule": ["read", "valid"], "rows": [5, 4]})
        >>> unshown_keys(rows, "quality", ["year", "rows"])
        ['rule']
        >>> unshown_keys(rows, "quality", ["rule", "rows"])
        []
    """
    keys = [field.name for field in rows.schema if _names_rows(field, name)]
    chosen = [key for key in keys if key in columns]
    labels = list(zip(*(rows[key].to_pylist() for key in chosen), strict=True))
    alike = len(set(labels)) < len(labels) if chosen else rows.num_rows > 1
    if not alike:
        return []
    return [key for key in keys if key not in columns and len(rows[key].unique()) > 1]


def _names_rows(field: pa.Field, name: str) -> bool:
    """Whether a column says which row it is: a text, or a year."""
    return field.name not in HIDDEN and (
        pa.types.is_string(field.type) or unit_of(name, field.name) == "year"
    )


def _refuse_unknown(name: str, known: Sequence[str], wanted: Iterable[str]) -> None:
    """Name every column that the table does not have, with the nearest that it has."""
    problems = []
    for column in wanted:
        if column not in known:
            near = difflib.get_close_matches(column, known, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            cure = f"{meant}columns: {', '.join(known)}"
            problems.append(Problem(f"no column {column!r}", f"table {name}", cure=cure))
    if problems:
        raise StudyError(problems)


def _value(field: pa.Field, text: str) -> str | int | float | None:
    """A condition's value in the type of its column."""
    if text == "":
        return None
    try:
        if pa.types.is_integer(field.type):
            return int(text)
        return float(text) if pa.types.is_floating(field.type) else text
    except ValueError:
        cure = f"give a number, or {field.name}= for rows where it is null"
        raise StudyError(Problem(f"{text!r} is no number", field.name, cure=cure)) from None
