"""Whether the pages of Parquet files are those that were written.

Most compressions decode a damaged page to other numbers without an error, so a run would publish
them. Spark and other writers that use Hadoop's keep a CRC-32 of every page in its header, which no
engine looks at by itself. Where they are, they are compared once for each content of a file, when
its digest is computed; pages are not decoded for it. Other writers keep none, and then nothing can
be said.

A page's header is a struct in Thrift's compact form: a byte with the type of a field and how far
its number is from the last one's, then its value.
"""

import contextlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from tradegains.errors import Problem
from tradegains.store.locations import Location

_COMPRESSED_SIZE, _CHECKSUM = 3, 4  # numbers of fields in a page's header
_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _STRUCT = 0, 1, 2, 3, 7, 8, 12
_WHOLE_NUMBERS = (4, 5, 6)
_LISTS = (9, 10)
_CURE = "write the file again, or copy it again from where it is whole"


def page_problem(place: Location, path: str) -> Problem | None:
    """Why the pages of a Parquet file are not those that were written, where that can be told.

    Args:
        place: in whose file system it is.
        path: of the file there.
    """
    try:
        with place.system.open_input_file(path) as source:
            damaged = list(_damaged_columns(source, pq.ParquetFile(source).metadata))
    except (pa.ArrowException, OSError, ValueError):
        return Problem("the file cannot be read to its end", path, cure=_CURE)
    if not damaged:
        return None
    columns = ", ".join(dict.fromkeys(damaged))
    return Problem(f"damaged pages of {columns}", path, len(damaged), cure=_CURE)


def undecodable(place: Location, path: str) -> Problem | None:
    """Why a Parquet file cannot be decoded: an engine that could not names none.

    Args:
        place: in whose file system it is.
        path: of the file there.
    """
    try:
        with place.system.open_input_file(path) as source:
            for _ in pq.ParquetFile(source).iter_batches():
                pass
    except (pa.ArrowException, OSError, ValueError):
        return Problem("a damaged page", path, cure=_CURE)
    return None


def _damaged_columns(source: pa.NativeFile, footer: pq.FileMetaData) -> Iterator[str]:
    """The column of each page that differs from its checksum; none where the file has none."""
    for group in range(footer.num_row_groups):
        for number in range(footer.num_columns):
            column = footer.row_group(group).column(number)
            offsets = (column.dictionary_page_offset, column.data_page_offset)
            source.seek(min(offset for offset in offsets if offset is not None))
            chunk = source.read(column.total_compressed_size)
            if group == number == 0 and not _has_checksum(chunk):
                return
            yield from (column.path_in_schema for whole in _compared(chunk) if not whole)


def _has_checksum(chunk: bytes) -> bool:
    with contextlib.suppress(ValueError, IndexError):
        return _CHECKSUM in _Reader(chunk, 0).whole_numbers()
    return False


def _compared(chunk: bytes) -> Iterator[bool]:
    """Whether each page of a column is as its checksum says; the last one ends with the column."""
    position = 0
    while position < len(chunk):
        reader = _Reader(chunk, position)
        try:
            header = reader.whole_numbers()
            size, checksum = header[_COMPRESSED_SIZE], header[_CHECKSUM]
        except (ValueError, IndexError, KeyError):
            yield False  # a header that is none: what follows cannot be found
            return
        position = reader.position + size
        found = zlib.crc32(memoryview(chunk)[reader.position : position])
        yield size >= 0 and position <= len(chunk) and found == checksum & 0xFFFF_FFFF
        if size < 0:
            return


@dataclass
class _Reader:
    """Thrift's compact form, read from a position on."""

    data: bytes
    position: int

    def whole_numbers(self) -> dict[int, int]:
        """The fields of a struct that are whole numbers, by their number; the others are passed."""
        found, field = {}, 0
        while (head := self._byte()) & 0x0F != _STOP:
            kind = head & 0x0F
            field = field + (head >> 4) if head >> 4 else self._signed()
            if kind in _WHOLE_NUMBERS:
                found[field] = self._signed()
            else:
                self._pass(kind)
        return found

    def _pass(self, kind: int) -> None:
        if kind in _WHOLE_NUMBERS:
            self._unsigned()
        elif kind == _BINARY:
            length = self._unsigned()
            self.position += length
        elif kind == _STRUCT:
            self.whole_numbers()
        elif kind in _LISTS:
            head = self._byte()
            count = head >> 4 if head >> 4 < 0x0F else self._unsigned()
            for _ in range(count):
                self._pass(head & 0x0F)
        elif kind not in (_TRUE, _FALSE):
            if kind not in (_BYTE, _DOUBLE):
                raise ValueError("no page header")
            self.position += 1 if kind == _BYTE else 8

    def _byte(self) -> int:
        byte = self.data[self.position]
        self.position += 1
        return byte

    def _unsigned(self) -> int:
        """Seven bits a byte, the lowest first; the eighth says that more follow."""
        value = shift = 0
        while (byte := self._byte()) & 0x80:
            value |= (byte & 0x7F) << shift
            shift += 7
        return value | byte << shift

    def _signed(self) -> int:
        """A whole number whose sign is its lowest bit."""
        value = self._unsigned()
        return value >> 1 ^ -(value & 1)
