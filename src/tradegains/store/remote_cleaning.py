"""Removing what no published run needs behind an address, and runs by name.

The order is that of a local disk (`cleaning`): the row of `runs` goes first. A table whose log was
damaged is not mended behind an address, so nothing is set aside there.
"""

import json
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from tradegains.errors import EngineError
from tradegains.store.delta import DeltaRs
from tradegains.store.output import Output
from tradegains.store.remote_errors import told_of_store
from tradegains.store.remote_leftovers import (
    RemotePath,
    files_below,
    folder_of,
    leftover_rows,
)
from tradegains.store.runs import published_runs
from tradegains.store.transaction_log import LOG
from tradegains.tables.published import TABLES

RUNS = "runs"
_PARTITION = "run_id="
Files = Mapping[str, RemotePath]


def find_remote(
    output: Output, *, days: float
) -> tuple[list[RemotePath], list[tuple[str, str]], list[RemotePath], list[str]]:
    """Leftovers older than some days: rows, unpublished tables and runs, files, and what is kept.

    Raises:
        EngineError: the table `runs` cannot be read: nobody can tell what is published.
        StorageError: the store does not answer, or refuses.
    """
    store = DeltaRs(output.tables)
    published = {row["run_id"] for row in published_runs(store).to_pylist()}
    listed = files_below(output.tables)
    doubtful = _lost_commits(store, _of_table(listed, RUNS)) - published
    kept = [
        f"run {run}: runs/ has a file of it that its log does not name, so that it may have been "
        f"published; to remove it: tradegains retire {run}"
        for run in sorted(doubtful)
    ]
    unpublished: list[tuple[str, str]] = []
    orphans: list[RemotePath] = []
    for name in TABLES:
        files = _of_table(listed, name)
        if not files:  # to look for a table's log is a request, and most runs make a part of them
            continue
        try:
            needed = store.file_names(name)
        except EngineError as error:
            kept.append(f"table {name}: {error.problems[0].what}")
            continue
        ages = {run: min(files[path].age for path in files if _run_of(path) == run and
                         path in needed) for run in {_run_of(path) for path in needed}}  # fmt: skip
        alive = published | doubtful
        unpublished += [(name, run) for run, age in sorted(ages.items())
                        if run not in alive and age >= days]  # fmt: skip
        orphans += [
            file
            for path, file in files.items()
            if path not in needed and file.age >= days and _run_of(path) not in doubtful
        ]
    rows = [path for path in leftover_rows(output.work, keep_days=days) if path.age >= days]
    return rows, unpublished, orphans, kept


def _of_table(listed: Files, name: str) -> Files:
    """Data files of a table, by their path in it."""
    start = f"{name}/"
    below = {path.removeprefix(start): file for path, file in listed.items()
             if path.startswith(start)}  # fmt: skip
    return {path: file for path, file in below.items() if path.startswith(_PARTITION)}


def _run_of(path: str) -> str:
    return path.partition("/")[0].removeprefix(_PARTITION)


def _lost_commits(store: DeltaRs, files: Files) -> set[str]:
    """Runs of which `runs/` has a file, but its log no row."""
    known = store.file_names(RUNS) | _removed(f"{store.path(RUNS)}/{LOG}")
    return {_run_of(path) for path in files if path.endswith(".parquet") and path not in known}


def _removed(log: str) -> set[str]:
    """Files that some commit since the last checkpoint has taken out of a table."""
    removed = set()
    for path, file in files_below(log).items():
        if not path.endswith(".json"):
            continue
        with told_of_store(log), file.place.system.open_input_stream(file.place.path) as stream:
            actions = [json.loads(line) for line in stream.read().splitlines()]
        removed |= {unquote(each["remove"]["path"]) for each in actions if "remove" in each}
    return removed


def remove_remote(
    output: Output,
    rows: Iterable[RemotePath],
    unpublished: Iterable[tuple[str, str]],
    orphans: Iterable[RemotePath],
) -> None:
    """Remove leftovers; call it while the output is held.

    Raises:
        EngineError: a commit failed.
        StorageError: the store does not answer, or refuses.
    """
    store = DeltaRs(output.tables)
    for path in rows:
        path.remove()
    for name, run in unpublished:
        store.remove(name, run)
        remove_files(store, name, run)
    found = list(orphans)
    holding = [name for name in TABLES
               if any(str(path).startswith(f"{store.path(name)}/") for path in found)]  # fmt: skip
    needed = {f"{store.path(name)}/{path}" for name in holding for path in store.file_names(name)}
    for path in found:
        if str(path) not in needed:
            path.remove()


def traces_of(output: Output, store: DeltaRs, run: str) -> tuple[list[str], list[str]]:
    """Tables that have rows of a run, and tables with files of it."""
    listed = files_below(output.tables)
    there = [name for name in TABLES if any(path.startswith(f"{name}/") for path in listed)]
    having = [name for name in there if any(_run_of(path) == run
                                            for path in store.file_names(name))]  # fmt: skip
    traces = [name for name in there if any(path.startswith(f"{name}/{_PARTITION}{run}/")
                                            for path in listed)]  # fmt: skip
    return having, traces


def remove_work(output: Output, run: str) -> None:
    """Remove what a run keeps in the work folder of an output."""
    folder_of(f"{output.work}/{run}", []).remove()


def remove_files(store: DeltaRs, name: str, run: str) -> None:
    """Remove the files of a run's rows that were removed from a table."""
    needed = store.file_names(name)
    for path, file in files_below(f"{store.path(name)}/{_PARTITION}{run}").items():
        if f"{_PARTITION}{run}/{path}" not in needed:
            file.remove()
    if store.root.startswith("hdfs://") and not any(_run_of(path) == run for path in needed):
        folder_of(f"{store.path(name)}/{_PARTITION}{run}", []).remove()
