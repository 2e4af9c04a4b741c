"""What a reader gives of a foreign file: its columns as they were found, and its rows in chunks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pyarrow as pa

from tradegains.errors import Problem, StudyError

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
    """

    name: str
    kind: str
    label: str = ""
    format: str = ""
    is_single: bool = False
    is_text: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


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


def plain_value(value: object) -> str:
    """A labelled value as text, without the point that doubles have.

    Example:
        >>> plain_value(2.0), plain_value(2.5), plain_value("a")
        ('2', '2.5', 'a')
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
