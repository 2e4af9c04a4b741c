"""Why a small table cannot be read, found in its bytes: what a reader of CSV does not say."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import replace

from tradegains.errors import Problem

_GZIP, _ZIP, _PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def unreadable_file(content: bytes, table: str, path: str) -> Problem:
    """What is wrong with a file of comma-separated values or Parquet, and how to mend it.

    Args:
        content: all bytes of the file.
        table: the input that it is.
        path: where it lies; the ending of its name says what it should be.

    Example:
        >>> print(unreadable_file(b"", "prices", "index.csv"))
        the prices file is empty in index.csv
          cure: write it again, with one line of names and a line for each row
    """
    found = next(_faults(content, path.lower(), path))
    return replace(found, what=found.what.replace("the file", f"the {table} file"))


def _faults(content: bytes, name: str, where: str) -> Iterator[Problem]:
    """What is wrong, the most telling first; the last fits everything."""
    if not content.strip():
        cure = "write it again, with one line of names and a line for each row"
        yield Problem("the file is empty", where, cure=cure)
    if name.endswith((".parquet", ".pq")):
        if not content.startswith(_PARQUET):
            yield Problem("the file is no Parquet, though its name says so", where, cure=_CONVERT)
        yield Problem("the Parquet file is damaged", where, cure="write or copy it again")
    if content.startswith(_ZIP):
        what = "the file is a workbook or an archive, though its name says CSV"
        yield Problem(what, where, cure="save the sheet as CSV in UTF-8")
    if content.startswith(_PARQUET):
        yield Problem("the file is Parquet, though its name says CSV", where, cure="rename it")
    yield from _packing_faults(content, name, where)
    text = _unpacked(content) or b"" if name.endswith(".gz") else content
    yield from _encoding_faults(text, where)
    yield from _shape_faults(text.decode("utf-8-sig", errors="replace"), where)
    yield Problem("the file cannot be read", where, cure=_CONVERT)


_CONVERT = "write it as Parquet, or as CSV in UTF-8 with commas and one line of names"


def _packing_faults(content: bytes, name: str, where: str) -> Iterator[Problem]:
    if name.endswith(".gz") and not content.startswith(_GZIP):
        what = "the file is not compressed by gzip, though its name says so"
        yield Problem(what, where, cure="take .gz off its name, or compress it (gzip FILE)")
    if name.endswith(".gz") and _unpacked(content) is None:
        what = "the compressed file is damaged or ends too early"
        yield Problem(what, where, cure="compress or copy it again (gzip --test FILE)")
    if not name.endswith(".gz") and content.startswith(_GZIP):
        what = "the file is compressed by gzip, though its name does not say so"
        yield Problem(what, where, cure="name it .csv.gz, or unpack it (gunzip)")


def _unpacked(content: bytes) -> bytes | None:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return None


def _encoding_faults(text: bytes, where: str) -> Iterator[Problem]:
    if text.startswith(_WIDE_MARKS) or b"\x00" in text[:1000]:
        cure = "save it as CSV in UTF-8, or: iconv -f UTF-16 -t UTF-8 FILE > NEW.csv"
        yield Problem("the file is text in UTF-16, not in UTF-8", where, cure=cure)
    bad = [number for number, line in enumerate(text.splitlines(), 1) if not _is_utf8(line)]
    if bad:
        yield Problem(
            f"the file has lines that are not in UTF-8, the first is line {bad[0]:,}",
            where,
            len(bad),
            cure="save it as CSV in UTF-8, or, if it is from Windows: "
            "iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW.csv",
        )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _shape_faults(text: str, where: str) -> Iterator[Problem]:
    """Rows with another number of values than there are names."""
    first = text.partition("\n")[0]
    other = next((sign for sign in ";\t|" if first.count(sign) > first.count(",")), None)
    if other:
        cure = "save it with commas between values, and a point before decimals"
        yield Problem(f"the file has {other!r} between its values", where, cure=cure)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    names = len(rows[0]) if rows else 0
    # One empty value is a blank line.
    bad = [number for number, row in enumerate(rows, 1) if row and len(row) != names]
    if bad:
        yield Problem(
            f"the file has rows with more or fewer values than its {names:,} names; the first is "
            f"row {bad[0]:,}, the line of names counted, with {len(rows[bad[0] - 1]):,}",
            where,
            len(bad),
            cure="mend those rows: a value that contains a comma stands in double quotes",
        )
