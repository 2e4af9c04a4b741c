"""The work folder of a run: row-level Parquet that is never published."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import compute, fs, parquet

from tradegains.store.disk import told_of_full_disk
from tradegains.store.engine_paths import path_to_read, path_to_write
from tradegains.store.locations import locate
from tradegains.store.private import make_private, private_folder, write_private
from tradegains.tables import working

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Read back a few times and removed: fast to write matters more than small.
CHEAP_TO_WRITE = {
    "compression": "lz4_raw",
    # Sail's names; they halve the time of its write.
    "dictionary_enabled": "false",
    "statistics_enabled": "none",
    # Of every file that is open it holds one group of rows: by year there are many.
    "max_row_group_size": "131072",
    # Spark's: a dictionary of amounts is begun, found too large and given up, file by file.
    **{
        f"parquet.enable.dictionary#{name}": "false"
        for name in (*working.AMOUNTS, working.LOG_PRODUCTIVITY)
    },
}


@dataclass(frozen=True)
class WorkFolder:
    """Where one run keeps rows between its passes; each name is one Parquet folder.

    `passing` are names that only carry rows from one pass to the next. Where no lock keeps two
    processes of the same run apart, each has these under names of its own, made with `mark`.
    `scratch` is where the engine keeps temporary files while it writes.
    """

    root: str
    passing: frozenset[str] = frozenset()
    mark: str = ""
    scratch: Path | None = None

    def keep(self, rows: "DataFrame", name: str, *, by_year: bool = False) -> "DataFrame":
        """Write the rows and read them back: what follows reads the file, not the plan.

        Apart `by_year`, so that a pass over some years reads no other.

        Raises:
            EngineError: the output's disk is full.
        """
        path, spark = self._path(name), rows.sparkSession
        if self._is_local:
            for folder in (self.root, posixpath.dirname(path)):
                private_folder(Path(folder))
        with told_of_full_disk(self.root, beside=self.scratch):
            writer = rows.write.mode("overwrite").options(**CHEAP_TO_WRITE)
            writer = writer.partitionBy(working.YEAR) if by_year else writer
            writer.parquet(path_to_write(spark, path))
        if self._is_local:
            private_folder(Path(path))  # Sail makes no folder for no rows
            make_private(Path(path))
        kept = spark.read.schema(rows.schema).parquet(path_to_read(spark, path))
        return kept.select(*rows.columns) if by_year else kept  # the year would come last

    def read(self, name: str, schema: pa.Schema, years: tuple[int, int] | None = None) -> pa.Table:
        """Kept rows on the driver, in any order, with the columns of a schema.

        Of all years, or from the first to the last of two: the others never take its memory.
        """
        place = locate(self._path(name))
        chosen = fs.FileSelector(place.path, allow_not_found=True, recursive=True)
        paths = [each.path for each in place.system.get_file_info(chosen)]
        tables = [
            _read_file(place.system, path, schema, years)
            for path in sorted(paths)
            if path.endswith(".parquet") and _may_have(path, years)
        ]
        return pa.concat_tables(tables) if tables else schema.empty_table()

    def keep_lines(self, lines: Iterable[object], name: str) -> str:
        """Write a line for each under a name, and tell where."""
        place = locate(f"{self.root}/{name}")
        text = "".join(f"{line}\n" for line in lines)
        if self._is_local:
            private_folder(Path(self.root))
            write_private(Path(place.path), text)
            return place.path
        place.system.create_dir(locate(self.root).path)
        with place.system.open_output_stream(place.path) as file:
            file.write(text.encode())
        return f"{self.root}/{name}"

    def remove(self, *names: str) -> None:
        """Remove these folders, if they are there."""
        for name in names:
            place = locate(self._path(name))
            if place.system.get_file_info(place.path).type != fs.FileType.NotFound:
                place.system.delete_dir(place.path)

    @property
    def _is_local(self) -> bool:
        return "://" not in self.root

    def _path(self, name: str) -> str:
        folder, slash, part = name.partition("/")
        mark = self.mark if folder in self.passing else ""
        return f"{self.root}/{folder}{mark}{slash}{part}"


def _read_file(
    system: fs.FileSystem, path: str, schema: pa.Schema, years: tuple[int, int] | None
) -> pa.Table:
    year, column = _year_of_folder(path), compute.field(working.YEAR)
    rows = parquet.read_table(
        path,
        columns=schema.names if year is None else [n for n in schema.names if n != working.YEAR],
        filesystem=system,
        partitioning=None,  # no columns from folders above that happen to be called a=b
        filters=(column >= years[0]) & (column <= years[1]) if years and year is None else None,
    )
    if year is not None and working.YEAR in schema.names:
        of_all = pa.repeat(pa.scalar(year, schema.field(working.YEAR).type), len(rows))
        rows = rows.append_column(working.YEAR, of_all)
    return rows.select(schema.names).cast(schema)


def _may_have(path: str, years: tuple[int, int] | None) -> bool:
    """Whether a file may have rows of some years."""
    year = _year_of_folder(path)
    return years is None or year is None or years[0] <= year <= years[1]


def _year_of_folder(path: str) -> int | None:
    """The year of all rows of a file that was kept apart by year.

    Example:
        >>> _year_of_folder("work/matched/0/year=1988/a.parquet")
        1988
        >>> _year_of_folder("year=1988/work/matched/0/a.parquet") is None
        True
    """
    name, equals, year = posixpath.basename(posixpath.dirname(path)).partition("=")
    return int(year) if equals and name == working.YEAR else None
