"""Which year a row is of, and the files of each year."""

import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tradegains.convert.recipe import YEAR, YearChoice
from tradegains.errors import InputError, Problem, StorageError

MOST_YEARS = 300
_ROWS_TOGETHER = 250_000
_BYTES_WAITING = 128 << 20
_LOOKED_AT = 10_000
_FIRST, _LAST = 1000, 9999


def year_in(pattern: str, text: str, choice: YearChoice) -> int | None:
    """The year that a pattern finds in the name of a file or column; None where it does not.

    Example:
        >>> year_in("enia_(..)", "enia_87.dta", YearChoice("", "enia_(..)", 0, 1930))
        1987
    """
    found = re.search(pattern, text)
    if found is None or not found[1].isdecimal():
        return None
    year = int(found[1])
    if choice.century_from and year < 100:
        year = choice.century_from + (year - choice.century_from) % 100
    return year if _FIRST <= year <= _LAST else None


def years_of(values: pa.Array, choice: YearChoice, where: str) -> pa.Array:
    """Years of rows from the values of the year column.

    Raises:
        InputError: some are missing, have two digits and no century is stated, or are no years.
    """
    is_day = pa.types.is_date(values.type) or pa.types.is_timestamp(values.type)
    years = pc.year(values) if is_day else values
    if missing := years.null_count:
        cure = "correct them at the source, or name the year by [year] file_pattern or value"
        raise InputError(Problem("rows without a year", where, missing, cure))
    short = pc.and_(pc.greater_equal(years, 0), pc.less(years, 100))
    if choice.century_from:
        first = choice.century_from
        place = pc.add(pc.subtract(years, first % 100), 100)
        place = pc.subtract(place, pc.multiply(pc.divide(place, 100), 100))
        years = pc.if_else(short, pc.add(place, first), years)
    elif count := pc.sum(short).as_py():
        cure = "state [year] century_from: from 1930, 78 is 1978 and 05 is 2005"
        raise InputError(Problem("years of two digits", where, count, cure))
    other = pc.or_(pc.less(years, _FIRST), pc.greater(years, _LAST))
    if count := pc.sum(other).as_py():
        cure = "correct them, or name another [year] column"
        raise InputError(Problem("values of the year column are no years", where, count, cure))
    return years


def split(rows: pa.Table, years: pa.Array) -> Iterator[tuple[int, pa.Table]]:
    """Rows of each year, in their order."""
    distinct = sorted(pc.unique(years).to_pylist())
    if len(distinct) == 1:
        yield distinct[0], rows
        return
    for year in distinct:
        yield year, rows.filter(pc.equal(years, year))


@contextmanager
def writing(output: Path) -> Iterator[None]:
    """Tell what keeps a census from being written, a full disk above all.

    Raises:
        StorageError: the system refused.
    """
    try:
        yield
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else type(error).__name__
        cure = "make room there, or name another folder with --output; nothing was left there"
        what = f"the census cannot be written ({why})"
        raise StorageError(Problem(what, str(output), cure=cure)) from None


def _repeats(values: pa.ChunkedArray) -> bool:
    """Whether values come again so often that a dictionary of them is worth its making.

    Of amounts Parquet's writer makes one in vain, for a third of the time that writing takes.

    Example:
        >>> _repeats(pa.chunked_array([[1, 2] * 9])), _repeats(pa.chunked_array([[1.5, 2.5]]))
        (True, False)
    """
    first = values.slice(0, _LOOKED_AT)
    return bool(2 * len(pc.unique(first)) <= len(first))


class YearFiles:
    """Writes `year=YYYY/part-0.parquet` under a folder; rows wait until they are worth writing.

    Writing is done beside reading, in one thread and one piece at a time, so that the rows of a
    year keep their order and at most one piece is held for it. The label of a column, where it has
    one, is kept with it as Parquet's metadata have it, under "comment".
    """

    def __init__(self, folder: Path, labels: Mapping[str, str]) -> None:
        self._folder = folder
        self._labels = labels
        self._thread = ThreadPoolExecutor(1, "write the census")
        self._writing: Future[None] | None = None
        self._writers: dict[int, pq.ParquetWriter] = {}
        self._waiting: dict[int, list[pa.Table]] = {}

    def add(self, year: int, rows: pa.Table) -> None:
        """Take rows of a year."""
        self._waiting.setdefault(year, []).append(rows)
        if len(self._waiting) > MOST_YEARS:
            cure = "name another [year] column"
            what = f"there are more than {MOST_YEARS} years"
            raise InputError(Problem(what, "the files", cure=cure))
        if self._rows_of(year) >= _ROWS_TOGETHER:
            self._write(year)
        elif self._waiting_bytes() > _BYTES_WAITING:
            self._write(max(self._waiting, key=self._rows_of))

    def __enter__(self) -> Self:
        """The files, which end with the block."""
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Write what waits and end every file; after an error, only let go of what is open."""
        try:
            if kind is None:
                for year in list(self._waiting):
                    self._write(year)
                self._end_of_writing()
                for writer in self._writers.values():
                    with writing(self._folder.parent):
                        writer.close()
        finally:
            self._thread.shutdown()
            for writer in self._writers.values():
                with suppress(OSError):  # a disk that is full refuses the footer, too
                    writer.close()

    def _rows_of(self, year: int) -> int:
        return sum(rows.num_rows for rows in self._waiting[year])

    def _waiting_bytes(self) -> int:
        return sum(rows.nbytes for kept in self._waiting.values() for rows in kept)

    def _write(self, year: int) -> None:
        kept, self._waiting[year] = self._waiting[year], []
        self._end_of_writing()
        if kept:
            self._writing = self._thread.submit(self._written, year, kept)

    def _labelled(self, rows: pa.Table) -> pa.Table:
        fields = [
            each.with_metadata({"comment": self._labels[each.name]})
            if self._labels.get(each.name)
            else each
            for each in rows.schema
        ]
        return rows.cast(pa.schema(fields))

    def _end_of_writing(self) -> None:
        """Wait until nothing is being written; what went wrong there is raised here."""
        if self._writing is not None:
            with writing(self._folder.parent):
                self._writing.result()

    def _written(self, year: int, kept: list[pa.Table]) -> None:
        rows = self._labelled(pa.concat_tables(kept).combine_chunks())
        if year not in self._writers:
            folder = self._folder / f"{YEAR}={year}"
            folder.mkdir()
            path = folder / "part-0.parquet"
            again = [name for name in rows.schema.names if _repeats(rows.column(name))]
            self._writers[year] = pq.ParquetWriter(
                path, rows.schema, compression="zstd", use_dictionary=again or False
            )
        self._writers[year].write_table(rows)
