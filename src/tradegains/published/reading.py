"""Published runs from an output folder, by way of the store: no engine, no JVM."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from tradegains.errors import Problem, StudyError
from tradegains.published.published_run import PublishedRun
from tradegains.store.arrow_tables import arrow_schema, no_rows
from tradegains.store.delta import DeltaStore
from tradegains.store.output import locate_output
from tradegains.store.runs import (
    nothing_published,
    published_runs,
    published_tables,
    read_intact,
    read_published,
)
from tradegains.tables.published import TABLES


class RunTables(Mapping[str, pa.Table]):
    """The tables of a run, each read when it is first asked for; one not published has no rows."""

    def __init__(self, store: DeltaStore, record: Mapping[str, Any]) -> None:
        """A run by its row of `runs`."""
        self._store, self._run = store, str(record["run_id"])
        self._published = {table.name: table for table in published_tables(record)}
        self._read: dict[str, pa.Table] = {}

    def __getitem__(self, name: str) -> pa.Table:
        """The rows that the run published."""
        if name not in TABLES:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = (
                read_intact(self._store, self._run, self._published[name])
                if name in self._published
                else no_rows(arrow_schema(name))
            )
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        """Names of all tables that a run may have."""
        return iter(TABLES)

    def __len__(self) -> int:
        """Number of tables that a run may have."""
        return len(TABLES)


def read_run(output: Path | str, run_id: str | None = None) -> PublishedRun:
    """A published run, its tables read as they are asked for.

    Args:
        output: folder of the run, the one that holds `tables/`.
        run_id: a run, or the first characters of one; the latest run when not given.

    Raises:
        StudyError: nothing is published there, or no run or several have this id.
    """
    record = _chosen(list_runs(output), run_id, output)
    return PublishedRun(record, RunTables(_store(output), record))


def read_table(output: Path | str, table: str, run_id: str | None) -> tuple[PublishedRun, pa.Table]:
    """A run and one of its tables; `runs` is the table of all runs.

    Raises:
        StudyError: nothing is published there, no such run, or the run has no such table.
        DamagedOutputError: the table is not what the run published.
    """
    run = read_run(output, run_id)
    return run, read_published(_store(output), table, run.run_id)


def list_runs(output: Path | str) -> list[dict[str, Any]]:
    """Published runs, the latest first.

    Raises:
        StudyError: nothing is published there.
    """
    store = _store(output)
    runs = published_runs(store).to_pylist()
    if not runs:
        raise StudyError(nothing_published(store))
    return list(runs)


def _store(output: Path | str) -> DeltaStore:
    """The store of an output folder, to read from."""
    return locate_output(str(output)).open_tables()


def _chosen(
    runs: list[dict[str, Any]], run_id: str | None, output: Path | str
) -> Mapping[str, Any]:
    """The run that is meant."""
    found = [run for run in runs if run["run_id"].startswith(run_id or "")]
    if run_id is None or len(found) == 1:
        return found[0]
    exact = [run for run in found if run["run_id"] == run_id]
    if exact:
        return exact[0]
    known = ", ".join(run["run_id"] for run in (found or runs)[:5])
    what = f"several runs begin with {run_id}" if found else f"run {run_id} is not published"
    raise StudyError(Problem(what, str(output), cure=f"choose among {known}"))
