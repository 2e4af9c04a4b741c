"""Files of Stata, SAS and SPSS, read by pyreadstat.

Decision: values always come from a read without `user_missing`, for with it pyreadstat 1.3.7 makes
a plain missing of a whole-number column 0 in its frames. Where missings are to be told apart, a
second read gives the declared ones, and only where the first has none.
Dates are left as the numbers they are stored as: pyreadstat converts some formats and not others.
"""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tradegains.convert.recipe import SourceChoice
from tradegains.convert.source import (
    PASSES_SPARED,
    FoundColumn,
    Source,
    library,
    plain_value,
    rows_at_once,
    slices,
)
from tradegains.errors import InputError, Problem, StudyError

APART = "__missing"
"""Ends the name of a column that holds which declared missing a value was."""
TRANSPORT = ".xpt"
_READERS = {
    ".dta": "read_dta",
    ".sas7bdat": "read_sas7bdat",
    TRANSPORT: "read_xport",
    ".sav": "read_sav",
    ".zsav": "read_sav",
}
_WHOLE = ("int8", "int16", "int32")


def statistical_source(path: Path, choice: SourceChoice, apart: Collection[str]) -> Source:
    """A file of Stata, SAS or SPSS; `apart` are columns whose declared missings are told apart."""
    pyreadstat = library(
        "pyreadstat",
        "files of Stata, SAS and SPSS",
        extra="convert",
        instead="have their program save them as .csv",
    )
    read = partial(getattr(pyreadstat, _reader(path)), str(path))
    options = {"encoding": choice.encoding} if choice.encoding else {}
    read = partial(_read, read, path, disable_datetime_conversion=True, **options)
    _, found = read(metadataonly=True)
    columns = tuple(_column(found, name) for name in found.column_names)
    told = f"{choice.format}, encoding {choice.encoding or found.file_encoding or 'UTF-8'}"
    if apart and path.suffix.lower() == TRANSPORT:
        cure = "leave out apart, or save the file as .sas7bdat"
        what = "missings of SAS transport files cannot be told apart"
        raise StudyError(Problem(what, str(path), cure=cure))
    marked = tuple(each.name for each in columns if each.name in apart and not each.is_text)
    is_mark = _is_code if choice.format == "spss" else _is_letter
    is_sought = choice.format == "stata"
    chunks = partial(_chunks, read, columns, marked, is_mark, is_sought=is_sought)
    return Source(path, told, columns, chunks)


def _reader(path: Path) -> str:
    """The function of pyreadstat for a file.

    Raises:
        InputError: its name tells no format.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        cure = f"rename it to end in one of {', '.join(_READERS)}"
        raise InputError(Problem("the name does not tell what the file is", str(path), cure=cure))
    return reader


def _read(read: Callable[..., Any], path: Path, **options: Any) -> Any:
    try:
        return read(**options)
    except Exception as error:  # pyreadstat raises several kinds, and texts that may quote
        cure = "open it in its program and save it again, or state [source] encoding"
        what = f"the file cannot be read ({type(error).__name__})"
        raise InputError(Problem(what, str(path), cure=cure)) from None


def _column(found: Any, name: str) -> FoundColumn:
    stored, shown = found.readstat_variable_types[name], found.original_variable_types[name] or ""
    labels = found.variable_value_labels.get(name, {})
    return FoundColumn(
        name,
        f"{stored} {shown}".strip(),
        label=found.column_names_to_labels.get(name) or "",
        format="" if shown == "NULL" else shown,
        is_single=stored == "float",
        is_text=stored == "string",
        labels={plain_value(value): str(label) for value, label in labels.items()},
    )


def _chunks(
    read: Callable[..., Any],
    columns: tuple[FoundColumn, ...],
    apart: tuple[str, ...],
    is_mark: Callable[[object], bool],
    *,
    is_sought: bool,
) -> Iterator[pa.Table]:
    """Rows in chunks, of which the last may be short."""
    shown, first = rows_at_once(len(columns)), 0
    limit = shown if is_sought else shown * PASSES_SPARED
    while True:
        options = {"output_format": "dict", "row_offset": first, "row_limit": limit}
        values, _ = read(**options)
        rows = len(next(iter(values.values()), ()))
        if rows == 0:
            return
        arrays = {column.name: _array(values[column.name], column) for column in columns}
        if apart:
            gaps = [name for name in apart if arrays[name].null_count]
            kept = read(user_missing=True, usecols=gaps, **options)[0] if gaps else {}
            for name in apart:
                marks = pa.nulls(rows, pa.string())
                if name in kept:
                    marks = _marks(arrays[name], kept[name], is_mark)
                arrays[f"{name}{APART}"] = marks
        del values
        yield from slices(pa.table(arrays), shown)
        if rows < limit:
            return
        first += rows


def _array(values: list[Any], column: FoundColumn) -> pa.Array:
    if column.is_text:
        # These programs have no missing text: it is the empty one.
        return pa.array([value or None for value in values], pa.string())
    if column.kind.startswith(_WHOLE):
        return pa.array(values, pa.int64())
    return pa.array(values, pa.float64())


def _marks(values: pa.Array, kept: list[Any], is_mark: Callable[[object], bool]) -> pa.Array:
    """Which declared missing stands where a value is missing; a plain missing has none."""
    marks: list[str | None] = [None] * len(values)
    for row in pc.indices_nonzero(pc.is_null(values)).to_pylist():
        if is_mark(kept[row]):
            marks[row] = plain_value(kept[row])
    return pa.array(marks, pa.string())


def _is_letter(mark: object) -> bool:
    """A number in the place of a plain missing is none of the letters of Stata and SAS."""
    return isinstance(mark, str)


def _is_code(mark: object) -> bool:
    return mark is not None
