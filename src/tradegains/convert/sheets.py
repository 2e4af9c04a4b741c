"""Sheets of workbooks, read by openpyxl row by row; every value as the text it would be."""

import datetime
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from tradegains.convert.recipe import SourceChoice
from tradegains.convert.source import (
    LOOKED_AT,
    Source,
    header_place,
    library,
    rows_at_once,
    text_columns,
)
from tradegains.errors import InputError, Problem

EVERY_SHEET = "*"
"""In the place of a sheet's name: all of them, such as one for each year."""


def sheet_names(path: Path) -> list[str]:
    """Names of the sheets of a workbook."""
    book = _open(path, values=True)
    try:
        return list(book.sheetnames)
    finally:
        book.close()


def every_sheet(path: Path, choice: SourceChoice) -> list[Source]:
    """All sheets of a workbook, as if each were a file."""
    named = sheet_names(path)
    return [replace(sheet_source(path, replace(choice, sheet=name)), part=name) for name in named]


def sheet_source(path: Path, choice: SourceChoice) -> Source:
    """A sheet of a workbook; its row `header_row` names the columns.

    Raises:
        InputError: there is no such sheet, or a name is there twice.
    """
    names = sheet_names(path)
    sheet = choice.sheet or names[0]
    if sheet not in names or (len(names) > 1 and not choice.sheet):
        cure = f"state [source] sheet, one of: {', '.join(names)}"
        raise InputError(Problem("which sheet is meant is not clear", str(path), len(names), cure))
    rows = islice(_rows(path, sheet, values=True), choice.header_row - 1, None)
    where = f"{path}, sheet {sheet}"
    header = [_text(each) or "" for each in next(rows, ())]
    while header and not header[-1].strip():  # of cells that have a format and no value
        header.pop()
    columns = text_columns(header, "cells", where)
    names = [column.name for column in columns]
    chunks = partial(_chunks, path, sheet, names, choice.header_row)
    return Source(path, f"xlsx, sheet {sheet}", columns, chunks)


def found_header(path: Path, sheet: str) -> int:
    """The row that names the columns: 1, or one below titles."""
    rows = islice(_rows(path, sheet or sheet_names(path)[0], values=True), LOOKED_AT)
    return header_place([[(_text(cell) or "").strip() for cell in row] for row in rows])


def _open(path: Path, *, values: bool) -> Any:
    openpyxl = library(
        "openpyxl", "workbooks", extra="convert", instead="save the sheet as .csv (UTF-8)"
    )
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=values)
    except Exception as error:  # zip, XML and its own errors alike
        cure = "save it as .xlsx in a spreadsheet program (.xls and .ods are not read)"
        what = f"the workbook cannot be read ({type(error).__name__})"
        raise InputError(Problem(what, str(path), cure=cure)) from None


def _rows(path: Path, sheet: str, *, values: bool) -> Iterator[tuple[Any, ...]]:
    book = _open(path, values=values)
    try:
        yield from book[sheet].iter_rows(values_only=True)
    finally:
        book.close()


def _chunks(path: Path, sheet: str, header: list[str], header_row: int) -> Iterator[pa.Table]:
    """Rows in chunks; those without any value are not rows.

    A formula that no program has computed has no value in the file: that is refused, for it would
    pass for a missing one.
    """
    cells = zip(_rows(path, sheet, values=True), _rows(path, sheet, values=False), strict=True)
    never, beyond, wide = 0, 0, len(header)
    rows = islice(cells, header_row, None)
    while block := list(islice(rows, rows_at_once(wide))):
        never += sum(
            value is None and formula is not None
            for values, formulas in block
            for value, formula in zip(values, formulas, strict=True)
        )
        kept = [values for values, _ in block if any(value is not None for value in values)]
        padded = [(*values, *[None] * (wide - len(values))) for values in kept]
        beyond += sum(_text(value) is not None for values in padded for value in values[wide:])
        yield pa.table(
            {
                name: pa.array([_text(row[place]) for row in padded], pa.string())
                for place, name in enumerate(header)
            }
        )
    if never:
        cure = "open the workbook in a spreadsheet program and save it, which computes them"
        what = "formulas that were never computed"
        raise InputError(Problem(what, f"{path}, sheet {sheet}", never, cure))
    if beyond:
        what, cure = (
            "values stand right of the last named column",
            "name every column, or clear them",
        )
        raise InputError(Problem(what, f"{path}, sheet {sheet}", beyond, cure))


def _text(value: object) -> str | None:
    """A cell as text: numbers without a point they do not need, dates as ISO writes them.

    Example:
        >>> import datetime
        >>> _text(12.0), _text(0.1), _text(datetime.datetime(1990, 1, 2)), _text(True)
        ('12', '0.1', '1990-01-02', '1')
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ").removesuffix(" 00:00:00")
    return str(value)
