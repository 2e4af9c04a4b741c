"""Delta tables: this module and `delta_spark` are the only ones that know them.

Two writers stand behind one interface: `deltalake` (delta-rs) in the driver's Python, wherever the
output is a folder of this machine, on HDFS or on S3, and delta-spark where only Spark reaches it.
Sail's own Delta writer is not used: it accepts rows outside the replaced run and a changed schema.
Both writers here replace exactly the rows of one `run_id` in one commit, and each reads what the
other wrote. Reading needs no JVM.
`deltalake` is compiled and may be absent from a cluster's driver: it is imported where it is used.

A table travels as a `pyarrow.Table` with the declared columns. Tables are small: one file a run.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import unquote

import pyarrow as pa

from tradegains.errors import EngineError, Problem, StorageError
from tradegains.store.arrow_tables import (
    arrow_schema,
    conform,
    in_schema,
    no_rows,
    ordered,
    without_empty_columns,
)
from tradegains.store.disk import disk_full, is_full, require_room
from tradegains.store.evolution import Change, column_changes
from tradegains.store.hadoop import while_answering
from tradegains.store.native_files import native_file
from tradegains.store.remote_errors import remote_error
from tradegains.store.scalars import arrow_scalar
from tradegains.store.stores import storage_options
from tradegains.store.transaction_log import files_of_run, last_entry, log_damage, settle
from tradegains.store.verified import NOTHING, fact

if TYPE_CHECKING:
    from deltalake import DeltaTable


_ATTEMPTS = 5
_QUOTE = "'"
_PARTITION = "run_id="
_RUN_ID = re.compile(r"[0-9a-zA-Z_-]{1,64}")


class DeltaStore(ABC):
    """Published tables under one folder, one Delta table each, partitioned by `run_id`."""

    verified = NOTHING
    """Which bytes were found before to be what was published."""

    require_held: Callable[[], None] = staticmethod(lambda: None)
    """Raises where another run has taken the output over; asked before a run is made visible."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/") if "://" in root else str(Path(root).absolute())

    def path(self, name: str) -> str:
        """Where a table is."""
        return f"{self.root}/{name}"

    def folder(self, name: str) -> Path | None:
        """The table's folder where this machine reaches it; None behind another address."""
        if "://" not in self.root:
            return Path(self.path(name))
        if self.root.startswith("file:///"):
            return Path(unquote(self.root.removeprefix("file://")), name)
        return None

    def settle(self, names: Iterable[str], run_id: str) -> None:
        """Return when the disk has these tables' rows of a run; nothing to do behind an address.

        Raises:
            EngineError: a file that was written is not there, or the disk refuses it.
        """
        folders = [self.folder(name) for name in names]
        try:
            settle(path for folder in folders if folder for path in files_of_run(folder, run_id))
        except OSError as error:
            raise commit_failed(self.root, error) from error

    def write(self, name: str, rows: pa.Table, run_id: str) -> int:
        """Replace the rows of one run in one commit; other runs stay.

        Returns:
            The Delta version that holds the rows.

        Raises:
            EngineError: the table on disk has other columns, or the commit failed; also for want of
                room on the disk.
        """
        if not _RUN_ID.fullmatch(run_id):
            raise ValueError("a run id has letters, digits, _ and - only")
        table = conform(name, rows, run_id)
        self._refuse_other_columns(name, table)
        # Without room for its file delta-rs fails by a panic, whose text we cannot keep back.
        require_room(self.path(name), table.nbytes)
        return self._replace(name, self._as_on_disk(name, table), f"run_id = '{run_id}'")

    def _as_on_disk(self, name: str, table: pa.Table) -> pa.Table:
        """The rows, with nulls in columns that another run's section brought to the table."""
        found, declared = self.schema(name), arrow_schema(name)
        there = set() if found is None else set(found.names) - set(table.column_names)
        lacking = [field for field in declared if field.name in there]
        return in_schema(table, pa.schema([*table.schema, *lacking])) if lacking else table

    def _refuse_other_columns(self, name: str, table: pa.Table) -> None:
        changes = self._changes(name, self._as_on_disk(name, table))
        changed = [column for column, kind in changes.items() if kind == "other"]
        if changed:
            raise EngineError(
                Problem(
                    "columns of the table on disk have another type in this version of "
                    f"tradegains, or are not written by it: {', '.join(changed)}",
                    self.path(name),
                    len(changed),
                    cure="publish to a new --output folder, or with the version of tradegains that "
                    "wrote this one; what is published here stays readable",
                )
            )

    def _changes(self, name: str, rows: pa.Table) -> dict[str, Change]:
        """What rows of this version change in the table on disk; nothing without one."""
        found = self.schema(name)
        return {} if found is None else column_changes(found, rows.schema)

    def read(self, name: str, run_id: str | None = None, version: int | None = None) -> pa.Table:
        """Rows of one run, or of all, at a version (default: now); no rows without a table.

        They have the declared columns, sorted by them; one that is not on disk is null. Columns of
        sections that none of the rows has are left out.

        Raises:
            EngineError: the table cannot be read, or not in the declared types.
        """
        try:
            rows = self.stored(name, run_id, version)
            declared = in_schema(rows, arrow_schema(name))
            return ordered(without_empty_columns(name, declared))
        except pa.ArrowException as error:
            raise unreadable(self.path(name), error) from error

    def fingerprint(self, name: str, run_id: str) -> str | None:
        """Digest of the bytes that hold a run's rows; None where it would take a reading."""
        return None

    @abstractmethod
    def version(self, name: str) -> int | None:
        """Current Delta version; None while the table does not exist."""

    @abstractmethod
    def stored(self, name: str, run_id: str | None = None, version: int | None = None) -> pa.Table:
        """The same rows as they are on disk, with every column that some version wrote."""

    @abstractmethod
    def schema(self, name: str) -> pa.Schema | None:
        """Columns of the table on disk, in its own order; None while there is no table."""

    @abstractmethod
    def _replace(self, name: str, table: pa.Table, predicate: str) -> int:
        """Write the table over the rows that satisfy the predicate; the version after."""


_Method = TypeVar("_Method", bound=Callable[..., Any])


def _watched(method: _Method) -> _Method:
    """A method that opens or writes a table, given up where its namenode falls silent."""

    @wraps(method)
    def asked(self: "DeltaRs", name: str, *rest: Any, **options: Any) -> Any:
        path = self.path(name)
        if not path.startswith("hdfs://"):
            return method(self, name, *rest, **options)
        return while_answering(path, lambda: method(self, name, *rest, **options))

    return cast(_Method, asked)


class DeltaRs(DeltaStore):
    """delta-rs, in this process: the writer beside the embedded engine, and every reader."""

    def version(self, name: str) -> int | None:
        """Current Delta version; None while the table does not exist."""
        table = self._open(name)
        return None if table is None else table.version()

    @_watched
    def stored(self, name: str, run_id: str | None = None, version: int | None = None) -> pa.Table:
        """Rows of one run, or of all, at a version (default: now), as they are on disk."""
        from deltalake.exceptions import DeltaError

        table = self._open(name, version)
        if table is None:
            return no_rows(arrow_schema(name))
        # A table that another program has upgraded may hold more than its files say.
        plain = self.folder(name) is not None and table.protocol().min_reader_version == 1
        try:
            rows = _rows_of_files(table, run_id) if plain else _rows(table, run_id)
            rows.validate(full=True)  # one bit makes text of bytes that are none
            return rows
        except (DeltaError, pa.ArrowException, OSError, ValueError, OverflowError) as error:
            raise unreadable(self.path(name), error) from error

    @_watched
    def _open(self, name: str, version: int | None = None) -> "DeltaTable | None":
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        path = self.path(name)
        folder = self.folder(name)
        if folder and (damage := log_damage(folder)):
            raise unreadable(path, damage)
        try:
            options = storage_options(path)
            # Behind an address it would be one more request, and a store that keeps silent would
            # be waited for and then taken for one without the table.
            if options is None and not DeltaTable.is_deltatable(path):
                return None
            return DeltaTable(path, version=version, storage_options=options)
        except TableNotFoundError as error:
            if storage_options(path) is None:
                raise unreadable(path, error) from error
            return None
        except (DeltaError, OSError) as error:
            raise unreadable(path, error) from error

    def fingerprint(self, name: str, run_id: str) -> str | None:
        """Digest of the bytes that hold a run's rows, and of the table's columns."""
        table = self._open(name)
        if table is None or self.folder(name) is None:
            return None
        parts = [str(pa.schema(table.schema()).names)]
        try:
            for path in _data_files(table, run_id):
                parts += [path.name, hashlib.sha256(path.read_bytes()).hexdigest()]
        except OSError:
            return None
        return fact(*parts)

    def schema(self, name: str) -> pa.Schema | None:
        """Columns of the table on disk, in its own order; None while there is no table."""
        table = self._open(name)
        return None if table is None else pa.schema(table.schema())

    @_watched
    def _replace(self, name: str, table: pa.Table, predicate: str) -> int:
        from deltalake import write_deltalake
        from deltalake.exceptions import CommitFailedError, DeltaError

        path = self.path(name)
        for attempts_left in reversed(range(_ATTEMPTS)):
            try:
                self._create(name, table.schema)
                changes = self._changes(name, table)
                write_deltalake(
                    path,
                    _without_old_meanings(table, changes),
                    storage_options=storage_options(path),
                    mode="overwrite",
                    predicate=predicate,
                    partition_by=["run_id"],
                    schema_mode="merge" if "added" in changes.values() else None,
                )
                break
            except CommitFailedError as error:
                # Another process created the table between our look and our commit; a store that
                # is gone looks the same to delta-rs, and each attempt would wait for it.
                if not attempts_left or remote_error(error, path):
                    raise commit_failed(path, error) from error
            except (DeltaError, OSError) as error:
                raise commit_failed(path, error) from error
        version = self.version(name)
        if version is None:
            raise commit_failed(path, None)
        return version

    def written_as(self, name: str) -> str | None:
        """The table that this folder was made for, by its own log; None where that does not say."""
        table = self._open(name)
        return None if table is None else table.metadata().name

    def data_files(self, name: str, run_id: str | None = None) -> list[Path]:
        """The files that hold the rows of a run now, or of all; none while there is no table.

        Their paths begin with the table's own: delta-rs resolves links and `..`, so that its
        paths may be compared with no others.
        """
        table = self._open(name)
        if table is None:
            return []
        root, folder = _root(table), Path(self.path(name))
        return [folder / path.relative_to(root) for path in _data_files(table, run_id)]

    def file_names(self, name: str) -> set[str]:
        """Paths below the table's folder of the files that hold its rows now, also elsewhere."""
        table = self._open(name)
        if table is None:
            return set()
        return {path.relative_to(_root(table)).as_posix() for path in _data_files(table, None)}

    @_watched
    def remove(self, name: str, run_id: str) -> None:
        """Remove the rows of a run in one commit; its files stay until somebody removes them.

        Raises:
            EngineError: the table cannot be read, or the commit failed.
        """
        from deltalake.exceptions import DeltaError

        table = self._open(name)
        if table is None or not _data_files(table, run_id):
            return
        if not _RUN_ID.fullmatch(run_id):
            raise ValueError("a run id has letters, digits, _ and - only")
        try:
            table.delete(f"run_id = '{run_id}'")
        except (DeltaError, OSError) as error:
            raise commit_failed(self.path(name), error) from error
        # Its log only: the files that it names no more may be what was lost.
        if (folder := self.folder(name)) and (entry := last_entry(folder)):
            settle([entry])

    def _create(self, name: str, schema: pa.Schema) -> None:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        if self._open(name) is not None:
            return
        try:
            DeltaTable.create(
                self.path(name),
                schema=schema,
                mode="ignore",
                partition_by=["run_id"],
                name=name,
                storage_options=storage_options(self.path(name)),
            )
        except DeltaError as error:
            # Another process created it between the look and the commit: that is as good.
            if remote_error(error, self.path(name)) or self._open(name) is None:
                raise


def _without_old_meanings(rows: pa.Table, changes: Mapping[str, Change]) -> pa.Table:
    """The rows, with unit and meaning at new columns only: delta-rs merges no two texts."""
    fields = [
        field if changes.get(field.name) == "added" else field.remove_metadata()
        for field in rows.schema
    ]
    return rows.cast(pa.schema(fields))


def _rows(table: "DeltaTable", run_id: str | None) -> pa.Table:
    """Rows of a table, or of one run of it, by delta-rs's own query engine.

    Its way through pyarrow's datasets would import pandas, a fifth of a second that `show` can do
    without.
    """
    from deltalake import QueryBuilder

    chosen = "" if run_id is None else f" WHERE run_id = '{run_id.replace(_QUOTE, 2 * _QUOTE)}'"
    found = QueryBuilder().register("rows", table).execute(f"SELECT * FROM rows{chosen}")
    return pa.RecordBatchReader.from_stream(found).read_all()


def _rows_of_files(table: "DeltaTable", run_id: str | None) -> pa.Table:
    """The same rows from the table's files, read with pyarrow.

    delta-rs ended the whole process on one in a hundred flipped bits of a file; pyarrow raises.
    """
    import pyarrow.parquet as pq

    schema = pa.schema(table.schema())
    parts = []
    for path in _data_files(table, run_id):
        with native_file(path) as file:
            rows = pq.ParquetFile(file).read()
        # Delta keeps what a table is partitioned by in the folder's name; Spark's in the file too.
        if "run_id" not in rows.column_names:
            run = pa.repeat(arrow_scalar(path.parent.name.removeprefix(_PARTITION)), rows.num_rows)
            rows = rows.append_column("run_id", run)
        parts.append(in_schema(rows, schema))
    return pa.concat_tables(parts) if parts else no_rows(schema)


def _data_files(table: "DeltaTable", run_id: str | None) -> list[Path]:
    """The files that hold a run's rows now, or all, of a table in a folder of this machine."""
    quoted = table.table_uri.removeprefix("file://")
    paths = sorted(Path(_root(table), uri.removeprefix(quoted)) for uri in table.file_uris())
    return [path for path in paths if run_id is None or path.parent.name == _PARTITION + run_id]


def _root(table: "DeltaTable") -> Path:
    """The folder of a table as delta-rs names it: without links."""
    # Its name is quoted as in an address: a blank would be %20.
    return Path(unquote(table.table_uri.removeprefix("file://")))


def unreadable(path: str, why: Exception | str) -> EngineError | StorageError:
    """The error of a table that cannot be read, with the kind of what happened or our words."""
    if told := remote_error(why, path):
        return told
    said = why if isinstance(why, str) else type(why).__name__
    return EngineError(
        Problem(
            f"the Delta table cannot be read ({said})",
            path,
            cure="run the study again with the same --output, which mends the table from its "
            "files; or restore the folder from a copy",
        )
    )


def commit_failed(path: str, error: Exception | None) -> EngineError | StorageError:
    """The error of a commit that failed, with the kind of what happened."""
    if error is not None and (told := remote_error(error, path)):
        return told
    if error is not None and is_full(path, error):
        return disk_full(path)
    # The writer's own text may hold rows, so only its kind is told.
    kind = f" ({type(error).__name__})" if error else ""
    return EngineError(
        Problem(
            f"the Delta commit failed{kind}",
            path,
            cure="check space and permissions there, then run again: nothing was published",
        )
    )
