"""Data frames of R, read by pyreadr.

Decision: a frame is read as R holds it, whole columns at a time; where it is larger than a chunk,
each chunk costs a pass over the file. Its package is asked for by an extra of its own, because its
licence (AGPL) is not that of the others.
"""

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tradegains.convert.recipe import SourceChoice
from tradegains.convert.source import PASSES_SPARED, FoundColumn, Source, rows_at_once, slices
from tradegains.errors import InputError, Problem, StudyError

_SMALLEST = 2.0**-1022
"""Below it doubles are denormal: no amount, but bits of bit64's integers, which R keeps as doubles.
"""


def pyreadr_or_refusal() -> ModuleType:
    """The library that reads files of R.

    Raises:
        StudyError: it is not installed.
    """
    try:
        pyreadr: ModuleType = import_module("pyreadr")
    except ImportError:
        cure = (
            "pip install 'tradegains[r]', or in R: "
            'write.csv(readRDS("FILE"), "NAME.csv", row.names = FALSE)'
        )
        raise StudyError(
            Problem("reading files of R needs the package pyreadr", cure=cure)
        ) from None
    return pyreadr


def frame_names(path: Path) -> list[str]:
    """Names of the data frames of a file; one without a name is all of an .rds file."""
    found = _read(pyreadr_or_refusal().list_objects, path)
    return [each["object_name"] or "" for each in found if each["columns"]]


def frame_source(path: Path, choice: SourceChoice) -> Source:
    """A data frame of a file.

    Raises:
        InputError: there is no data frame, or several and none is chosen.
    """
    names = frame_names(path)
    if choice.sheet not in names and (choice.sheet or len(names) != 1):
        cure = f"state [source] sheet, one of: {', '.join(filter(None, names))}"
        what = "which data frame is meant is not clear"
        if not names:
            what, cure = "there is no data frame", "save one in R, with saveRDS"
        raise InputError(Problem(what, str(path), len(names), cure))
    name = choice.sheet or names[0]
    options: dict[str, Any] = {"use_objects": [name]} if name else {}
    if choice.encoding:
        options["encoding"] = choice.encoding
    read = partial(_read, pyreadr_or_refusal().read_r, path, **options)
    found = _frame(read(row_limit=1))
    columns = tuple(FoundColumn(str(each), _kind(found[each])) for each in found.columns)
    told = f"R, data frame {name}" if name else "R, a data frame"
    return Source(path, told, columns, partial(_chunks, read, columns))


def _read(read: Callable[..., Any], path: Path, **options: Any) -> Any:
    try:
        return read(str(path), **options)
    except Exception as error:  # pyreadr raises several kinds, and texts that may quote
        cure = 'in R: write.csv(readRDS("FILE"), "NAME.csv", row.names = FALSE)'
        what = f"the file cannot be read ({type(error).__name__})"
        raise InputError(Problem(what, str(path), cure=cure)) from None


def _frame(read: Any) -> Any:
    return next(iter(read.values()))


def _kind(values: Any) -> str:
    return "factor" if values.dtype == "category" else str(values.dtype)


def _chunks(read: Callable[..., Any], columns: tuple[FoundColumn, ...]) -> Iterator[pa.Table]:
    shown, first = rows_at_once(len(columns)), 0
    limit = shown * PASSES_SPARED
    while True:
        frame = _frame(read(row_offset=first, row_limit=limit))
        if len(frame) == 0:
            return
        arrays = {each.name: _array(frame[each.name], each.name) for each in columns}
        yield from slices(pa.table(arrays), shown)
        if len(frame) < limit:
            return
        first += limit


def _array(values: Any, name: str) -> pa.Array:
    """A column of R: factors as their texts, and an empty text is a text."""
    if values.dtype == "category":
        values = values.astype(object)
    try:
        array = pa.array(values, from_pandas=True)
    except pa.ArrowException:
        cure = "left out of the frame in R, or with its values as texts"
        what = f"column {name} holds values of several types"
        raise InputError(Problem(what, "the data frame", cure=cure)) from None
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if pa.types.is_large_string(array.type):
        return array.cast(pa.string())
    if pa.types.is_floating(array.type):
        return _without_bit64(array.cast(pa.float64()), name)
    return array.cast(pa.int64()) if pa.types.is_integer(array.type) else array


def _without_bit64(numbers: pa.Array, name: str) -> pa.Array:
    """The numbers, where they are none of package bit64, whose bits pyreadr gives as doubles."""
    size = pc.abs(numbers)
    denormal = pc.and_(pc.greater(size, 0.0), pc.less(size, _SMALLEST))
    if count := pc.sum(denormal).as_py():
        cure = f"in R, before saving: NAME${name} <- as.character(NAME${name})"
        what = f"column {name} holds 64-bit integers of the package bit64, which cannot be read"
        raise InputError(Problem(what, "the data frame", count, cure))
    return numbers
