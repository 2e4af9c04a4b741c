"""The log of a Delta table in a folder of this machine, read as the plain files that it is made of.

A table is what its log says. delta-rs takes an empty entry for a commit that did nothing, so rows
would be gone without a word; and neither writer waits until the disk has what it wrote. Both are
seen to here: a log is whole before anybody reads by it, and files are on the disk before a commit
to `runs` relies on them.
"""

import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

LOG = "_delta_log"

_ENTRY = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint.*\.parquet")
_IN_PLACE = re.compile(rf"{_CHECKPOINT.pattern}|_last_checkpoint")  # of the entries before it
# Waits of several files for the disk end together: 80 files took 20 ms, and one by one 300 ms.
_FILES_AT_ONCE = 16
# Systems write back what nobody waits for within a minute.
_ON_DISK_SECONDS = 3600


def log_damage(table: Path) -> str | None:
    """What is wrong with a table's log, in words; None while it is whole.

    A last entry that is gone leaves no trace here: `is_intact` misses its rows.
    """
    versions = _entries(table)
    if not versions:
        return None
    expected = range(_checkpoint(table) + 1, max(versions) + 1)
    missing = [version for version in expected if version not in versions]
    if missing:
        return f"entry {missing[0]} of its log is missing"
    for version in expected:
        if _actions(versions[version]) is None:
            return f"entry {version} of its log is empty or cut off"
    return None


def has_lost_log(table: Path) -> bool:
    """Whether a table has files and no log at all; writing makes the log first."""
    return not _entries(table) and _checkpoint(table) < 0 and any(table.glob("*/*.parquet"))


def last_entry(table: Path) -> Path | None:
    """The last entry of a table's log; None without any."""
    versions = _entries(table)
    return versions[max(versions)] if versions else None


def cut_off_entry(table: Path) -> Path | None:
    """The last entry of a log, if it is empty or cut off; None while it is whole."""
    last = last_entry(table)
    return last if last and _actions(last) is None else None


def _entries(table: Path) -> dict[int, Path]:
    """The entries of a table's log, by version."""
    found = {}
    for path in _listed(table / LOG):
        if named := _ENTRY.fullmatch(path.name):
            found[int(named[1])] = path
    return found


def _checkpoint(table: Path) -> int:
    """The version that the last checkpoint holds; -1 without one."""
    named = [_CHECKPOINT.fullmatch(path.name) for path in _listed(table / LOG)]
    return max((int(each[1]) for each in named if each), default=-1)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _actions(entry: Path) -> tuple[dict[str, Any], ...] | None:
    """What an entry says; None when it is empty, cut off or no log entry."""
    stat = entry.stat()
    return _parsed(entry, stat.st_size, stat.st_mtime_ns, stat.st_ino)


@lru_cache(maxsize=4096)
def _parsed(entry: Path, *_stamp: int) -> tuple[dict[str, Any], ...] | None:
    try:
        actions = [json.loads(line) for line in entry.read_bytes().splitlines()]
    except (OSError, ValueError):
        return None
    good = bool(actions) and all(isinstance(action, dict) for action in actions)
    return tuple(actions) if good else None


def files_of_run(table: Path, run_id: str) -> list[Path]:
    """The log entries back to the one that added a run's rows, and the files it added.

    Entries before it and checkpoints are among them if they are of the last hour: no entry is read
    without what is before it, and the disk may not have one yet that made the table, or that a
    killed run left.
    """
    found = [path for path in _listed(table / LOG) if _IN_PLACE.fullmatch(path.name)]
    found = [path for path in found if _is_young(path)]
    added: list[Path] = []
    for _, entry in sorted(_entries(table).items(), reverse=True):
        if added and not _is_young(entry):
            break
        found.append(entry)
        added = added or [*_added(table, entry, run_id)]
    return [*found, *added]


def _is_young(path: Path) -> bool:
    return time.time() - path.stat().st_mtime < _ON_DISK_SECONDS


def _added(table: Path, entry: Path, run_id: str) -> Iterator[Path]:
    """The files that an entry adds for a run."""
    for add in (action["add"] for action in _actions(entry) or () if "add" in action):
        if add["partitionValues"].get("run_id") == run_id:
            yield table / unquote(add["path"])


def removed_files(table: Path) -> set[Path]:
    """Files that some commit since the last checkpoint has taken out of a table."""
    actions = [action for entry in _entries(table).values() for action in _actions(entry) or ()]
    return {table / unquote(each["remove"]["path"]) for each in actions if "remove" in each}


def settle(files: Iterable[Path]) -> None:
    """Return when the disk has these files, and the folders that name them."""
    paths = list(files)
    folders = {above for path in paths for above in _folders(path)}
    with ThreadPoolExecutor(_FILES_AT_ONCE) as threads:
        list(threads.map(_settle, paths))
        list(threads.map(_settle, folders))


def _folders(path: Path) -> list[Path]:
    """The folder of a file and those above it up to that of all tables."""
    return list(path.parents)[:3]


def _settle(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
