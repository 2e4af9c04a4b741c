"""What a reader gives of a foreign file: its columns as they were found, and its rows in chunks."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pyarrow as pa

from tradegains.errors import InputError, Problem, StudyError

NEARLY = 0.8
_NUMBER = re.compile(r"[-+]?[0-9.,]+")
_HEADER_CURE = "[source] header_row says which row has the names"
CELLS_AT_ONCE = 2_000_000
"""Cells of a chunk; a text of a Python object takes some 60 bytes, a number 8 in the end."""


@dataclass(frozen=True)
class FoundColumn:
    """A column of a file.

    Args:
        name: as the file has it.
        kind: its type in words of the file's program, such as "float %9.0g".
        label: the text that describes it; may be empty.
        format: display format, which tells dates from numbers; may be empty.
        is_single: its numbers are 32-bit floats, exact to 2**24.
        is_text: its values are texts, be they numbers or not.
        labels: label of each labelled value.
        is_named: whether the file names it.
    """

    name: str
    kind: str
    label: str = ""
    format: str = ""
    is_single: bool = False
    is_text: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    is_named: bool = True


@dataclass(frozen=True)
class Source:
    """One file: how it was read, in words, its columns, and a fresh pass over its rows.

    `part` is the sheet, where every sheet of a workbook is read.
    """

    path: Path
    told: str
    columns: tuple[FoundColumn, ...]
    chunks: Callable[[], Iterator[pa.Table]]
    part: str = ""

    @property
    def suffix(self) -> str:
        """What is said of the part after the name of the file."""
        return f", sheet {self.part}" if self.part else ""


def library(package: str, files: str, *, extra: str, instead: str) -> ModuleType:
    """The library that reads a kind of files: it is asked for only where there are such.

    Args:
        package: its name, to import and to install.
        files: the kind, in words.
        extra: of tradegains, that brings it.
        instead: what else to do.

    Raises:
        StudyError: it is not installed.

    Example:
        >>> library("json", "files of JSON", extra="convert", instead="").__name__
        'json'
    """
    try:
        return import_module(package)
    except ImportError:
        cure = f"pip install 'tradegains[{extra}]', or {instead}"
        what = f"reading {files} needs the package {package}"
        raise StudyError(Problem(what, cure=cure)) from None


PASSES_SPARED = 5
"""Times as many rows are read at once where the reader cannot go to a row, as it can in Stata's
files: in those of SPSS, SAS and R it passes over all rows before, for each chunk anew."""


def rows_at_once(columns: int) -> int:
    """Rows of a chunk of so many columns.

    Example:
        >>> rows_at_once(40), rows_at_once(4000)
        (50000, 1000)
    """
    return max(1000, min(200_000, CELLS_AT_ONCE // max(columns, 1)))


def slices(rows: pa.Table, at_once: int) -> Iterator[pa.Table]:
    """Rows in chunks of so many, of which the last may be short."""
    for first in range(0, rows.num_rows, at_once):
        yield rows.slice(first, at_once)


_UNNAMED = "column_"
"""What the name begins with that a column gets which has none in the file."""
LOOKED_AT = 40
"""Rows among which the one is looked for that names the columns."""


def header_place(rows: Sequence[Sequence[str]]) -> int:
    """The row that names the columns, the first of which is 1: titles stand above it.

    It is the first with nearly as many texts as any row has, each once and none of them a number;
    else the first.

    Example:
        >>> header_place([["Survey of plants", "", ""], ["id", "jobs", "sales"], ["1", "5", "9"]])
        2
    """
    filled = [[text for text in row if text] for row in rows[:LOOKED_AT]]
    most = max(map(len, filled), default=0)
    for place, texts in enumerate(filled, 1):
        names = {text for text in texts if not _NUMBER.fullmatch(text)}
        if len(texts) > NEARLY * most and len(names) == len(texts) > 1:
            return place
    return 1


def text_columns(header: Sequence[str], kind: str, where: str) -> tuple[FoundColumn, ...]:
    """Columns of texts by a row of names; one without a name is called by its place.

    Raises:
        InputError: a name is there twice, or there is none.
    """
    names = [name.lstrip("\ufeff").strip() for name in header]
    given = [name for name in names if name]
    if not given:
        raise InputError(Problem("there is no row that names columns", where, cure=_HEADER_CURE))
    if bad := [number for number, name in enumerate(names, 1) if given.count(name) > 1]:
        what = f"columns with a name twice: number {', '.join(map(str, bad[:10]))}"
        cure = f"give every column a name of its own; {_HEADER_CURE}"
        raise InputError(Problem(what, where, len(bad), cure))
    found = []
    for number, name in enumerate(names, 1):
        called = name or f"{_UNNAMED}{number}"
        while not name and called in given:
            called += "_"
        found.append(FoundColumn(called, kind, is_text=True, is_named=bool(name)))
    return tuple(found)


def plain_value(value: object) -> str:
    """A labelled value as text, without the point that doubles have.

    Example:
        >>> plain_value(2.0), plain_value(2.5), plain_value("a")
        ('2', '2.5', 'a')
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
