"""Text files with delimiters, read by pyarrow, every value as the text it is."""

import codecs
import csv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc_csv

from tradegains.convert.recipe import SourceChoice
from tradegains.convert.source import FoundColumn, Source
from tradegains.errors import InputError, Problem

DELIMITERS = ";\t,|"
_BLOCK = 16 << 20
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def found_encoding(path: Path) -> str:
    """UTF-8 where the whole file is, UTF-16 where it says so, else Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        start = file.read(3)
        for mark, name in _MARKS.items():
            if start.startswith(mark):
                return name
        try:
            decoder.decode(start)
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "windows-1252"
    return "utf-8"


def found_delimiter(path: Path, encoding: str) -> str:
    """The delimiter of which the first line has most."""
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        first = file.readline()
    return max(DELIMITERS, key=first.count)


def delimited_source(path: Path, choice: SourceChoice) -> Source:
    """A text file; a value that is empty is a missing one.

    Raises:
        InputError: the first line does not name every column, once each.
    """
    encoding = choice.encoding or "utf-8"
    names = _header(path, choice.delimiter, encoding)
    columns = tuple(FoundColumn(name, "text", is_text=True) for name in names)
    shown = {"\t": "tab"}.get(choice.delimiter, choice.delimiter)
    told = f"text, delimiter {shown}, decimal {choice.decimal}, encoding {encoding}"
    chunks = partial(_chunks, path, names, choice.delimiter, encoding)
    return Source(path, told, columns, chunks)


def _header(path: Path, delimiter: str, encoding: str) -> list[str]:
    try:
        with path.open(encoding=encoding, newline="") as file:
            names = next(csv.reader(file, delimiter=delimiter), [])
    except (UnicodeError, LookupError):
        raise _undecodable(path, encoding) from None
    names = [name.lstrip("\ufeff").strip() for name in names]
    if bad := [number for number, name in enumerate(names, 1) if not name or names.count(name) > 1]:
        places = ", ".join(map(str, bad[:10]))
        what = f"columns without a name, or with a name twice: number {places}"
        cure = "give every column of the first line a name of its own"
        raise InputError(Problem(what, str(path), len(bad), cure))
    if not names:
        raise InputError(Problem("the file is empty", str(path), cure="leave it out"))
    return names


def _undecodable(path: Path, encoding: str) -> InputError:
    cure = 'state another [source] encoding, such as "windows-1252" or "latin-1"'
    return InputError(Problem(f"the file is not {encoding}", str(path), cure=cure))


def _chunks(path: Path, names: list[str], delimiter: str, encoding: str) -> Iterator[pa.Table]:
    uneven: list[int] = []

    def keep(row: pc_csv.InvalidRow) -> str:
        uneven.append(row.actual_columns)
        return "skip"

    reader, last = None, None
    try:
        reader = pc_csv.open_csv(
            path,
            read_options=pc_csv.ReadOptions(
                block_size=_BLOCK, column_names=names, skip_rows=1, encoding=encoding
            ),
            parse_options=pc_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=keep
            ),
            convert_options=pc_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        for batch in _ahead(reader):
            last = pa.Table.from_batches([batch])
            yield last
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error) and reader is None:
            raise _unreadable(path, error, encoding) from None
    except (UnicodeError, LookupError):
        raise _undecodable(path, encoding) from None
    if last is not None and last.num_rows and _swallows(last, path):
        cure = "look for a quote that is not closed, in the last rows that are right and below"
        raise InputError(
            Problem("a value in quotes runs to the end of the file", str(path), cure=cure)
        )
    if uneven:
        what = f"rows that have more or fewer values than the {len(names)} columns"
        cure = "correct them, or the [source] delimiter; a value with a delimiter needs quotes"
        raise InputError(Problem(what, str(path), len(uneven), cure))


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches, of which the next is read while one is worked on: the reader alone would wait."""
    with ThreadPoolExecutor(1, "read ahead") as thread:
        following = thread.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = thread.submit(next, batches, None)
            yield batch


def _swallows(last: pa.Table, path: Path) -> bool:
    """Whether the last row has a value of several lines, and the file an odd number of quotes.

    The reader takes an unclosed quote for one that is closed at the end, with all rows between.
    """
    values = last.slice(last.num_rows - 1).to_pylist()[0].values()
    if not any(value is not None and "\n" in value for value in values):
        return False
    with path.open("rb") as file:
        quotes = sum(block.count(b'"') for block in iter(lambda: file.read(_BLOCK), b""))
    return quotes % 2 == 1


def _unreadable(path: Path, error: Exception, encoding: str) -> InputError:
    """The reader's refusal without its text, which quotes rows."""
    if "UTF8" in str(error) or "utf" in str(error).lower():
        return _undecodable(path, encoding)
    cure = "look for an unclosed quote, and at the [source] delimiter"
    return InputError(Problem("the rows cannot be told apart", str(path), cure=cure))
