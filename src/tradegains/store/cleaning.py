"""Removing what no published run needs: leftovers of runs that are no more, and runs by name.

A run is published by its row of `runs`; so that row goes first, and a kill at any later moment
leaves rows that nobody sees, which the next removal finishes. A file is removed only while the
table, as its log then says, does not need it.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tradegains.errors import DamagedOutputError, EngineError, Problem, StudyError
from tradegains.store import remote_cleaning
from tradegains.store.delta import DeltaRs
from tradegains.store.evidence import FOLDER, forget_evidence
from tradegains.store.leftovers import leftover_rows
from tradegains.store.mending import ASIDE
from tradegains.store.output import Output
from tradegains.store.private import owns, remove_tree
from tradegains.store.remote_cleaning import find_remote, remove_remote
from tradegains.store.remote_leftovers import RemotePath
from tradegains.store.runs import nothing_published, published_runs
from tradegains.store.transaction_log import removed_files
from tradegains.tables.published import TABLES

RUNS = "runs"
_DAY = 24 * 3600.0


@dataclass(frozen=True)
class Leftovers:
    """What may be removed from an output.

    Attributes:
        rows: folders and files of rows of establishments under `work/`.
        unpublished: table and run whose rows no run has published.
        orphans: files and folders under `tables/` that no table needs.
        kept: what looks like a leftover and is left alone, in words.
    """

    rows: tuple[Path | RemotePath, ...]
    unpublished: tuple[tuple[str, str], ...]
    orphans: tuple[Path | RemotePath, ...]
    kept: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """Size of the files among them [bytes]."""
        return sum(map(_size, (*self.rows, *self.orphans)))


def find_leftovers(output: Output, *, days: float) -> Leftovers:
    """What runs that are no more have left in an output, older than some days.

    Raises:
        EngineError: the table `runs` cannot be read: nobody can tell what is published.
        StorageError: the store behind an address does not answer, or refuses.
    """
    if not output.is_local:
        there = find_remote(output, days=days)
        return Leftovers(tuple(there[0]), tuple(there[1]), tuple(there[2]), tuple(there[3]))
    store = DeltaRs(output.tables)
    published = {row["run_id"] for row in published_runs(store).to_pylist()}
    if not published and not Path(store.path(RUNS)).is_dir():
        # Killed before its first commit, or `runs` removed: rows of a published run look the same.
        return Leftovers((), (), (), (nothing_published(store).what,))
    doubtful = _lost_commits(store) - published
    kept = [
        f"run {run}: runs/ has a file of it that its log does not name, so that it may have been "
        f"published; to remove it: tradegains retire {run}"
        for run in sorted(doubtful)
    ]
    unpublished: list[tuple[str, str]] = []
    orphans: list[Path] = sorted(
        path for path in Path(store.root).glob(f"{ASIDE}*") if _age(path) >= days
    )
    for name in TABLES:
        try:
            needed = store.data_files(name)
        except EngineError as error:
            kept.append(f"table {name}: {error.problems[0].what}")
            continue
        dead = _dead_runs(needed, published | doubtful, days=days)
        unpublished += [(name, run) for run in dead]
        found = _orphans(Path(store.path(name)), set(needed), days=days)
        orphans += [path for path in found if _run_of(path) not in doubtful]
    work = Path(output.work)
    rows = leftover_rows(work, keep_days=days) if work.is_dir() else []
    evidence = _evidence_but_of(work, published | doubtful)
    old = [path for path in (*rows, *evidence) if _age(path) >= days]
    return Leftovers(tuple(old), tuple(unpublished), tuple(orphans), tuple(kept))


def forget_unpublished_evidence(output: Output) -> None:
    """Remove what runs killed before their publication kept as evidence; call it while held.

    On a local disk; behind an address it stays until the run is made again or retired.
    """
    if not output.is_local or not Path(output.work, FOLDER).is_dir():
        return
    store = DeltaRs(output.tables)
    with suppress(DamagedOutputError, EngineError):  # a damaged `runs` is the run's to tell
        published = set(published_runs(store)["run_id"].to_pylist())
        if not published:  # `runs` may be lost, and all evidence be of published runs
            return
        for path in _evidence_but_of(Path(output.work), published | _lost_commits(store)):
            _remove(path)


def _evidence_but_of(work: Path, runs: set[str]) -> list[Path]:
    folder = work / FOLDER
    found = sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []
    return [path for path in found if path.name not in runs and owns(path)]


def _lost_commits(store: DeltaRs) -> set[str]:
    """Runs of which `runs/` has a file, but its log no row."""
    needed = set(store.data_files(RUNS))
    folder = Path(store.path(RUNS))
    files = set(folder.glob("run_id=*/*.parquet")) - needed - removed_files(folder)
    return set(map(_run_of, files))


def _dead_runs(files: list[Path], alive: set[str], *, days: float) -> list[str]:
    """Runs that nobody published, whose youngest file is older than some days."""
    ages: dict[str, float] = {}
    for path in files:
        run = _run_of(path)
        ages[run] = min(ages.get(run, float("inf")), _age(path))
    return sorted(run for run, age in ages.items() if run not in alive and age >= days)


def _orphans(folder: Path, needed: set[Path], *, days: float) -> Iterator[Path]:
    """Files below the folders of runs that the table does not need."""
    for path in sorted(folder.glob("run_id=*/*")):
        if path not in needed and path.is_file() and _age(path) >= days:
            yield path


def _run_of(path: Path) -> str:
    """The run whose rows a data file holds."""
    return path.parent.name.removeprefix("run_id=")


def _age(path: Path) -> float:
    """Days since a file or folder was last changed; none for one that is not there."""
    try:
        return (time.time() - path.lstat().st_mtime) / _DAY
    except OSError:
        return -1.0


def _size(path: Path | RemotePath) -> int:
    if isinstance(path, RemotePath):
        return path.bytes
    files = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
    return sum(file.lstat().st_size for file in files if file.is_file())


def remove_leftovers(output: Output, found: Leftovers) -> None:
    """Remove leftovers; call it while the output is held.

    Raises:
        EngineError: a commit failed, or a file cannot be removed.
        StorageError: the store behind an address does not answer, or refuses.
    """
    if not output.is_local:
        rows, orphans = _remote(found.rows), _remote(found.orphans)
        remove_remote(output, rows, found.unpublished, orphans)
        return
    store = DeltaRs(output.tables)
    local = _local(found.orphans)
    for path in _local(found.rows):
        _remove(path)
    for name, run in found.unpublished:
        store.remove(name, run)
        _remove_files(store, name, run)
    for name in TABLES:
        needed = set(store.data_files(name)) if _may_hold(local, store, name) else set()
        for path in local:
            if path.parent.parent == Path(store.path(name)) and path not in needed:
                _remove(path)
    for path in local:
        if path.name.startswith(ASIDE):
            _remove(path)


def _local(paths: Iterable[Path | RemotePath]) -> list[Path]:
    return [path for path in paths if isinstance(path, Path)]


def _remote(paths: Iterable[Path | RemotePath]) -> list[RemotePath]:
    return [path for path in paths if isinstance(path, RemotePath)]


def _may_hold(orphans: list[Path], store: DeltaRs, name: str) -> bool:
    return any(path.parent.parent == Path(store.path(name)) for path in orphans)


def retire(output: Output, run: str) -> int:
    """Take a run out of an output; call it while the output is held.

    Returns:
        From how many tables rows were removed.

    Raises:
        StudyError: no table knows the run.
        EngineError: a table cannot be read, or a commit failed.
    """
    store = DeltaRs(output.tables)
    if output.is_local:
        having = [name for name in TABLES if store.data_files(name, run)]
        traces = [name for name in TABLES if Path(store.path(name), f"run_id={run}").is_dir()]
    else:
        having, traces = remote_cleaning.traces_of(output, store, run)
    if not having and not traces:
        known = ", ".join(store.read(RUNS)["run_id"].to_pylist()[:5])
        cure = f"choose among {known}" if known else ""
        raise StudyError(Problem(f"run {run} is not there", output.root, cure=cure))
    # Nobody sees its rows from here on, whatever happens next.
    store.remove(RUNS, run)
    for name in having:
        store.remove(name, run)
    remove_files = _remove_files if output.is_local else remote_cleaning.remove_files
    for name in traces:
        remove_files(store, name, run)
    if output.is_local:
        _remove(Path(output.work, run))
    else:
        remote_cleaning.remove_work(output, run)
    forget_evidence(output.work, run)
    return len(having) - (RUNS in having)


def _remove_files(store: DeltaRs, name: str, run: str) -> None:
    """Remove the files of a run's rows that were removed from a table."""
    folder, needed = Path(store.path(name), f"run_id={run}"), set(store.data_files(name, run))
    for path in sorted(folder.glob("*")):
        if path not in needed:
            _remove(path)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _remove(path: Path) -> None:
    try:
        remove_tree(path)
    except OSError as error:
        raise EngineError(
            Problem(
                f"a file cannot be removed ({error.strerror})",
                str(path),
                cure="check permissions there, then give the command again",
            )
        ) from error
