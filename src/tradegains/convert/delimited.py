"""Text files with delimiters, read by pyarrow, every value as the text it is."""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc_csv

from tradegains.convert.recipe import SourceChoice
from tradegains.convert.source import (
    LOOKED_AT,
    Source,
    header_place,
    text_columns,
)
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
    """The delimiter that splits most of the first lines into equally many values, and into most."""
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        first = list(islice(file, LOOKED_AT))

    def fits(delimiter: str) -> tuple[int, int]:
        widths = Counter(map(len, csv.reader(first, delimiter=delimiter)))
        widths.pop(1, None)
        # Of widths that are equally frequent the larger: a header of names, and one row.
        return max(((rows, width) for width, rows in widths.items()), default=(0, 0))

    return max(DELIMITERS, key=fits)


def found_header(path: Path, delimiter: str, encoding: str) -> int:
    """The line that names the columns: 1, or one below titles."""
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        reader = csv.reader(file, delimiter=delimiter)
        rows, lines = [], []
        for row in islice(reader, LOOKED_AT):
            lines.append(reader.line_num - sum(text.count("\n") for text in row))
            rows.append([text.strip() for text in row])
    return lines[header_place(rows) - 1] if lines else 1


def delimited_source(path: Path, choice: SourceChoice) -> Source:
    """A text file; a value that is empty is a missing one.

    Raises:
        InputError: the line of names has one twice.
    """
    encoding = choice.encoding or "utf-8"
    header, lines = _header(path, choice, encoding)
    columns = text_columns(header, "text", str(path))
    shown = {"\t": "tab"}.get(choice.delimiter, choice.delimiter)
    told = f"text, delimiter {shown}, decimal {choice.decimal}, encoding {encoding}"
    names = [column.name for column in columns]
    chunks = partial(_chunks, path, names, lines, choice.delimiter, encoding)
    return Source(path, told, columns, chunks)


def _header(path: Path, choice: SourceChoice, encoding: str) -> tuple[list[str], int]:
    """The names of the columns, and the lines down to the end of them."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            for _ in range(choice.header_row - 1):
                next(file, None)
            reader = csv.reader(file, delimiter=choice.delimiter)
            names = next(reader, [])
    except (UnicodeError, LookupError):
        raise _undecodable(path, encoding) from None
    if not path.stat().st_size:
        raise InputError(Problem("the file is empty", str(path), cure="leave it out"))
    return names, choice.header_row - 1 + reader.line_num


def _undecodable(path: Path, encoding: str) -> InputError:
    cure = 'state another [source] encoding, such as "windows-1252" or "latin-1"'
    return InputError(Problem(f"the file is not {encoding}", str(path), cure=cure))


def _chunks(
    path: Path, names: list[str], lines: int, delimiter: str, encoding: str
) -> Iterator[pa.Table]:
    uneven: list[int] = []

    def keep(row: pc_csv.InvalidRow) -> str:
        uneven.append(row.actual_columns)
        return "skip"

    reader, last = None, None
    try:
        reader = pc_csv.open_csv(
            path,
            read_options=pc_csv.ReadOptions(
                block_size=_BLOCK, column_names=names, skip_rows=lines, encoding=encoding
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
