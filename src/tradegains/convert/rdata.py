"""Data frames of R, read by rdata.

Decision: rdata and not pyreadr, which is some twenty times faster on texts and takes the class of a
column for granted: it gives whole numbers of the package bit64 as the doubles in whose bits they
are kept, and dates that are kept as integers (as data.table's are) as days of 1970, without a word.
A frame is read as R holds it, whole.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tradegains.convert.recipe import SourceChoice
from tradegains.convert.source import (
    FoundColumn,
    Source,
    library,
    plain_value,
    rows_at_once,
    slices,
)
from tradegains.errors import InputError, Problem

_MISSING_INTEGER64 = np.iinfo(np.int64).min
_AS_TEXT = 'in R: write.csv(readRDS("FILE"), "NAME.csv", row.names = FALSE)'


@dataclass(frozen=True)
class _RColumn:
    """A column of a frame: its values, and what R says of them."""

    values: pa.Array
    kind: str
    label: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _RFrame:
    """A data frame: its columns by name, or why it cannot be read."""

    columns: Mapping[str, _RColumn]
    problem: str = ""


def frame_names(path: Path) -> list[str]:
    """Names of the data frames of a file; one without a name is all of an .rds file."""
    return list(_frames(path))


def frame_source(path: Path, choice: SourceChoice) -> Source:
    """A data frame of a file.

    Raises:
        InputError: there is no data frame, or several and none is chosen; a column cannot be read.
    """
    frames = _frames(path, choice.encoding)
    if choice.sheet not in frames and (choice.sheet or len(frames) != 1):
        cure = f"state [source] sheet, one of: {', '.join(filter(None, frames))}"
        what = "which data frame is meant is not clear"
        if not frames:
            what, cure = "there is no data frame", "save one in R, with saveRDS"
        raise InputError(Problem(what, str(path), len(frames) or None, cure))
    name = choice.sheet or next(iter(frames))
    columns = tuple(
        FoundColumn(
            each, column.kind, column.label, is_text=column.kind == "character",
            labels=column.labels,
        )
        for each, column in _readable(frames[name], path).items()
    )  # fmt: skip
    told = f"R, data frame {name}" if name else "R, a data frame"
    return Source(path, told, columns, partial(_chunks, path, choice.encoding, name))


def _chunks(path: Path, encoding: str | None, name: str) -> Iterator[pa.Table]:
    columns = _readable(_frames(path, encoding)[name], path)
    rows = pa.table({each: column.values for each, column in columns.items()})
    yield from slices(rows, rows_at_once(len(columns)))


def _readable(frame: _RFrame, path: Path) -> Mapping[str, _RColumn]:
    if frame.problem:
        cure = "leave it out of the frame in R, or save its values as texts"
        raise InputError(Problem(frame.problem, str(path), cure=cure))
    return frame.columns


def _frames(path: Path, encoding: str | None = None) -> dict[str, _RFrame]:
    rdata = library("rdata", "files of R", extra="r", instead=_AS_TEXT)
    is_one = path.suffix.lower() == ".rds"
    read = rdata.read_rds if is_one else rdata.read_rda
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "no constructor for class ..." of what is not asked
            found = read(str(path), constructor_dict=_CLASSES, default_encoding=encoding or None,
                         force_default_encoding=bool(encoding))  # fmt: skip
    except Exception as error:  # rdata raises several kinds, and texts that may quote
        what = f"the file cannot be read ({type(error).__name__})"
        raise InputError(Problem(what, str(path), cure=_AS_TEXT)) from None
    if is_one and not isinstance(found, _RFrame):
        _refuse_a_list(found, path)
    named = {"": found} if is_one else found
    return {str(name): each for name, each in named.items() if isinstance(each, _RFrame)}


def _refuse_a_list(found: Any, path: Path) -> None:
    """Refuse a list that holds data frames, and say which; an .rds file is to hold one."""
    named: list[tuple[Any, Any]] = list(found.items()) if isinstance(found, Mapping) else []
    if isinstance(found, list):
        named = list(enumerate(found, start=1))
    frames = [str(name) for name, each in named if isinstance(each, _RFrame)]
    if frames:
        what = f"the file holds a list of data frames, not one: {', '.join(frames)}"
        which = f'"{frames[0]}"' if isinstance(found, Mapping) else frames[0]
        cure = f'save each alone in R: saveRDS(readRDS("FILE")[[{which}]], "NAME.rds")'
        raise InputError(Problem(what, str(path), len(frames), cure))


def _frame(columns: Any, attributes: Mapping[str, Any]) -> _RFrame:
    """Of the class data.frame, and so of tibbles and of tables of data.table."""
    names = [str(name) for name in attributes.get("names", ())]
    if len(set(names)) < len(names):
        return _RFrame({}, "two columns have the same name")
    found = {}
    for name in names:
        column = columns[name]
        try:
            found[name] = column if isinstance(column, _RColumn) else _plain(column)
        except (pa.ArrowException, TypeError, ValueError):
            return _RFrame({}, f"column {name} holds values of several types, or values that end")
    return _RFrame(found)


def _plain(values: Any) -> _RColumn:
    """A column without a class: numbers, texts, or true and false."""
    if getattr(values, "ndim", 0) != 1 or not isinstance(values, np.ndarray):
        raise TypeError
    if isinstance(values, np.ma.MaskedArray):
        given, missing = values.data, np.ma.getmaskarray(values)
    else:
        given, missing = values, None
    if given.dtype.kind in "UO":
        return _RColumn(pa.array(given.tolist(), pa.string()), "character")
    kinds = {"f": "double", "i": "integer", "b": "logical"}
    array = pa.array(given, mask=missing, from_pandas=True)
    array = array.cast(pa.int64()) if given.dtype.kind == "i" else array
    return _RColumn(array, kinds[given.dtype.kind])


def _factor(codes: Any, attributes: Mapping[str, Any]) -> _RColumn:
    levels = pa.array([str(level) for level in attributes["levels"]], pa.string())
    which = pc.subtract(_plain(codes).values, 1)
    return _RColumn(levels.take(which), "factor")


def _integer64(bits: Any, _: Mapping[str, Any]) -> _RColumn:
    numbers = np.asarray(bits, dtype="float64").view("int64")
    return _RColumn(pa.array(numbers, mask=numbers == _MISSING_INTEGER64), "integer64")


def _date(days: Any, _: Mapping[str, Any]) -> _RColumn:
    """Days since 1970, which R keeps as doubles, and data.table as integers."""
    whole = pc.floor(_plain(days).values.cast(pa.float64()))
    return _RColumn(whole.cast(pa.int32()).cast(pa.date32()), "Date")


def _time(seconds: Any, _: Mapping[str, Any]) -> _RColumn:
    micros = pc.round(pc.multiply(_plain(seconds).values.cast(pa.float64()), 1e6))
    return _RColumn(micros.cast(pa.int64()).cast(pa.timestamp("us")), "POSIXct")


def _labelled(values: Any, attributes: Mapping[str, Any]) -> _RColumn:
    """Of the package haven: values with labels, as SPSS and Stata have them."""
    plain = _plain(getattr(values, "values", values))
    given = attributes.get("labels")
    labels = {}
    if given is not None and hasattr(given, "coords"):
        names = next(iter(given.coords.values())).values
        labels = {
            plain_value(value): str(name) for value, name in zip(given.values, names, strict=True)
        }
    label = attributes.get("label", [""])
    return _RColumn(plain.values, f"{plain.kind}, labelled", str(label[0]), labels)


_CLASSES: dict[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "data.frame": _frame,
    "factor": _factor,
    "integer64": _integer64,
    "Date": _date,
    "POSIXct": _time,
    "haven_labelled": _labelled,
}
