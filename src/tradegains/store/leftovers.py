"""What runs that are no more have left in an output, and its removal.

Rows that only carry from one pass to the next go at the next start of any run; rows that a rule
quarantined are kept for some days, for whoever mends the census.
"""

import re
import time
from collections.abc import Iterator
from pathlib import Path

from tradegains.store.private import owns, remove_tree

KEPT_ROWS = ("quarantined", "duplicates", "stopping")
"""Folders of a run's work that are there to be read after it."""
IDS_IN_A_CYCLE = "successors_in_a_cycle.csv"

RUN = re.compile(r"[0-9a-f]{16}")
"""How runs are called, and the folders of their work."""

_DAY = 24 * 3600.0


def sweep_rows(work: Path, *, keep_days: float) -> Iterator[str]:
    """Remove the rows that earlier runs have left; call it while no other run is going on.

    Args:
        work: work folder of an output.
        keep_days: how long quarantined and duplicate rows are kept [days].

    Yields:
        What could not be removed, in words.
    """
    for path in leftover_rows(work, keep_days=keep_days):
        try:
            remove_tree(path)
        except OSError as error:
            yield f"rows of an earlier run cannot be removed ({error.strerror}): {path}"
    for folder in _runs(work):
        if owns(folder) and not any(folder.iterdir()):
            folder.rmdir()
    for path in sorted(work.parent.glob("work*")):
        if path != work and not path.is_symlink() and path.is_dir() and not owns(path):
            yield f"another user's rows are left alone: {path}"


def leftover_rows(work: Path, *, keep_days: float) -> list[Path]:
    """Folders and files of rows that nothing needs any more, in a work folder of our own."""
    found = [
        path
        for run in _runs(work)
        if owns(run)
        for path in sorted(run.iterdir())
        if path.name not in KEPT_ROWS or _is_older(path, keep_days)
    ]
    ids = work / IDS_IN_A_CYCLE
    return [*found, ids] if ids.is_file() and _is_older(ids, keep_days) else found


def _runs(work: Path) -> list[Path]:
    """Work folders of runs."""
    named = [path for path in sorted(work.iterdir()) if RUN.fullmatch(path.name)]
    return [path for path in named if path.is_dir() and not path.is_symlink()]


def _is_older(path: Path, days: float) -> bool:
    return time.time() - path.lstat().st_mtime > days * _DAY
