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

    def keep(self, rows: "DataFrame", name: str) -> "DataFrame":
        """Write the rows and read them back: what follows reads the file, not the plan.

        Raises:
            EngineError: the output's disk is full.
        """
        path, spark = self._path(name), rows.sparkSession
        if self._is_local:
            for folder in (self.root, posixpath.dirname(path)):
                private_folder(Path(folder))
        with told_of_full_disk(self.root, beside=self.scratch):
            writer = rows.write.mode("overwrite").options(**CHEAP_TO_WRITE)
            writer.parquet(path_to_write(spark, path))
        if self._is_local:
            private_folder(Path(path))  # Sail makes no folder for no rows
            make_private(Path(path))
        return spark.read.schema(rows.schema).parquet(path_to_read(spark, path))

    def read(self, name: str, schema: pa.Schema, years: tuple[int, int] | None = None) -> pa.Table:
        """Kept rows on the driver, in any order, with the columns of a schema.

        Of all years, or from the first to the last of two: the others never take its memory.
        """
        column = compute.field(working.YEAR)
        chosen_years = years and (column >= years[0]) & (column <= years[1])
        place = locate(self._path(name))
        chosen = fs.FileSelector(place.path, allow_not_found=True)
        paths = [each.path for each in place.system.get_file_info(chosen)]
        tables = [
            # No columns from folders above that happen to be called a=b.
            parquet.read_table(
                path,
                columns=schema.names,
                filesystem=place.system,
                partitioning=None,
                filters=chosen_years,
            )
            for path in sorted(paths)
            if path.endswith(".parquet")
        ]
        chosen_columns = [table.select(schema.names).cast(schema) for table in tables]
        return pa.concat_tables(chosen_columns) if tables else schema.empty_table()

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
