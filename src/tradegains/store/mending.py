"""Damaged tables made whole again, as far as their own files still hold what was published.

A commit that a power cut emptied is set aside: no run relied on it. A table whose log is broken
further back, or lost, is set aside as a whole; of `runs` a new one is made first, from the rows in
its files that have the digest they were published with. Rows that a published run misses are looked
for in the data files, of the table and of what was set aside: a file that gives the published
digest is written again. Each step can be repeated, so that a kill between two loses nothing.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tradegains.errors import EngineError
from tradegains.store.arrow_tables import arrow_schema
from tradegains.store.delta import DeltaRs, DeltaStore
from tradegains.store.native_files import native_file
from tradegains.store.private import remove_tree
from tradegains.store.runs import (
    PublishedTable,
    damage,
    is_published,
    is_sound,
    published_tables,
    sound_runs,
)
from tradegains.store.transaction_log import cut_off_entry, has_lost_log
from tradegains.tables.published import TABLES

PARTITION = "run_id="
ASIDE = ".damaged-"
"""How folders that were set aside begin; readers do not see them."""
MOVED = "moved-"
"""How the name goes on of a folder that was found under another table's name."""


def mend_logs(store: DeltaStore) -> list[str]:
    """Put back folders that were moved, set aside commits that were cut off and broken logs.

    Call it while nobody else writes.

    Returns:
        What was done, in words.
    """
    done = list(_put_back(store))
    broken = []
    for name in TABLES:
        folder = store.folder(name)
        if folder is None or not _is_broken(store, name):
            continue
        if entry := cut_off_entry(folder):
            os.replace(entry, entry.with_name(f"{ASIDE}{entry.name}"))
            done.append(f"{name}: its last commit was not on the disk and is set aside")
        if name != "runs" and _is_broken(store, name):
            _set_aside(folder)
            done.append(f"{name}: its log is broken; the folder is set aside")
            broken.append(name)
    done += _mend_runs(store)
    done += _unpublish_unreadable(store)
    return [*done, *(_salvage_all(store, broken) if broken else ())]


def _put_back(store: DeltaStore) -> Iterator[str]:
    """Give folders that lie under another table's name their own again, as their logs tell it.

    All are taken from their places first, and one that would stand twice is set aside. What a kill
    leaves under a passing name is put back by the next call.
    """
    if not isinstance(store, DeltaRs):
        return
    root = Path(store.root)
    for name in TABLES:
        own = _own_name(store, name)
        if own not in (None, name):
            os.replace(root / name, _free(root / f"{MOVED}{own}"))
    for path in sorted(root.glob(f"{ASIDE}{MOVED}*")):
        name = path.name.removeprefix(f"{ASIDE}{MOVED}").rpartition("-")[0]
        if name in TABLES and not (root / name).exists():
            os.replace(path, root / name)
            yield f"{name}: its folder lay under the name of another table and is put back"


def _own_name(store: DeltaRs, name: str) -> str | None:
    """The table whose folder lies under a name; None where nobody can tell."""
    try:
        found = store.written_as(name)
    except EngineError:
        return None
    return found if found in TABLES else None


def _mend_runs(store: DeltaStore) -> Iterator[str]:
    """Make `runs` anew from its files where its log is broken or lost.

    The new table is complete before it takes the old one's place; a kill between is finished here.
    """
    folder = store.folder("runs")
    if folder is None or not isinstance(store, DeltaRs):
        return
    draft = folder.parent / f"{ASIDE}making"
    if not folder.exists() and (draft / "runs").is_dir():
        os.replace(draft / "runs", folder)
    remove_tree(draft)
    rows = _rows_of_runs(folder) if _is_lost(store, folder) else {}
    if not rows:
        return
    made = DeltaRs(str(draft))
    for run, row in rows.items():
        made.write("runs", row, run)
        made.settle(["runs"], run)
    _set_aside(folder)
    os.replace(draft / "runs", folder)
    remove_tree(draft)
    yield f"runs: its log was lost; rows of {len(rows)} runs were written again from its files"


def _is_lost(store: DeltaRs, folder: Path) -> bool:
    """Whether the log of `runs` is gone, cannot be read or names files that are not there."""
    if has_lost_log(folder) or _is_broken(store, "runs"):
        return True
    return not all(path.is_file() for path in store.data_files("runs"))


def _rows_of_runs(folder: Path) -> dict[str, pa.Table]:
    """The latest sound row of each run among the files of `runs`."""
    latest: dict[str, dict[str, object]] = {}
    for path in folder.glob(f"{PARTITION}*/*.parquet"):
        run = path.parent.name.removeprefix(PARTITION)
        rows = _read(path)
        row = None if rows is None or rows.num_rows != 1 else {**rows.to_pylist()[0], "run_id": run}
        if row and is_sound(row):
            latest[run] = max(latest.get(run, row), row, key=lambda row: str(row["published_at"]))
    schema = arrow_schema("runs")
    return {run: pa.Table.from_pylist([row], schema=schema) for run, row in latest.items()}


def _unpublish_unreadable(store: DeltaStore) -> Iterator[str]:
    """Take rows out of `runs` whose file cannot be read: they would keep all others from view."""
    if not isinstance(store, DeltaRs) or _is_broken(store, "runs"):
        return
    for path in store.data_files("runs"):
        run = path.parent.name.removeprefix("run_id=")
        try:
            store.stored("runs", run)
        except EngineError:
            store.remove("runs", run)
            yield f"runs: the row of run {run} cannot be read; run its study again to publish it"


def _is_broken(store: DeltaStore, name: str) -> bool:
    """Whether a table's log cannot be read; one that is lost is no longer a table."""
    try:
        store.schema(name)
    except EngineError:
        return True
    return False


def _set_aside(folder: Path) -> None:
    """Move a table's folder out of the way; its age, by which it is cleaned up, begins now."""
    aside = _free(folder)
    os.replace(folder, aside)
    os.utime(aside)


def _free(folder: Path) -> Path:
    """A name that is not taken, beside the folder."""
    names = (folder.with_name(f"{ASIDE}{folder.name}-{n}") for n in range(1, 10_000))
    return next(name for name in names if not name.exists())


def _salvage_all(store: DeltaStore, names: list[str]) -> Iterator[str]:
    for row in sound_runs(store):
        for table in published_tables(row):
            if table.name in names:
                found = salvage(store, row["run_id"], table)
                said = (
                    "its rows were written again from its files" if found else "its rows are gone"
                )
                yield f"{table.name} of run {row['run_id']}: {said}"


def salvage(store: DeltaStore, run: str, table: PublishedTable) -> bool:
    """Write a damaged table of a published run again, from a file that holds its rows.

    Returns:
        Whether the store now has the rows.

    Raises:
        EngineError: the table cannot be written to.
    """
    if damage(store, run, table) is None:
        return True
    rows = next(_candidates(store, run, table), None)
    if rows is not None:
        store.write(table.name, rows, run)
    return rows is not None and damage(store, run, table) is None


def _candidates(store: DeltaStore, run: str, table: PublishedTable) -> Iterator[pa.Table]:
    """Rows with the published digest, from files; none where none were published."""
    declared = arrow_schema(table.name)
    if table.rows == 0:
        yield declared.empty_table()
    folder = store.folder(table.name)
    if folder is None:
        return
    for place in (folder, *sorted(folder.parent.glob(f"{ASIDE}{table.name}-*"))):
        for path in sorted(place.glob(f"run_id={run}/*.parquet")):
            rows = _rows_of(path, table)
            if rows is None or not set(rows.column_names) <= set(declared.names):
                continue
            columns = {
                field.name: rows.column(field.name)
                if field.name in rows.column_names
                else pa.nulls(rows.num_rows, field.type)
                for field in declared
            }
            columns["run_id"] = pa.array([run] * rows.num_rows, pa.string())
            yield pa.table(columns).cast(declared)


def _rows_of(path: Path, table: PublishedTable) -> pa.Table | None:
    """The rows of a data file, if they are those that were published."""
    rows = _read(path)
    if rows is None or rows.num_rows != table.rows:
        return None
    return rows if is_published(rows, rows.column_names, table) else None


def _read(path: Path) -> pa.Table | None:
    """The rows of a data file; None where it cannot be read."""
    try:
        with native_file(path) as file:
            return pq.ParquetFile(file).read()
    except (pa.ArrowException, OSError, ValueError, OverflowError):
        return None
