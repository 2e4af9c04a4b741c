"""A disk that is full, told as such.

Engines and writers each fail in a way of their own when a disk is full: by an error that quotes a
plan, or by a panic. Whether it was the disk is asked of the disk.
"""

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from tradegains.errors import EngineError, Problem

# Room that a commit of small tables needs beside their bytes: log entries, blocks, folders.
_SPARE = 1 << 20
_NO_SPACE = ("no space left", "os error 28", "enospc", "disk quota exceeded", "os error 122")


def disk_full(folder: str) -> EngineError:
    """The error of a full disk."""
    return EngineError(
        Problem(
            "the disk is full",
            folder,
            cure="free some space there or choose another --output, then run again; what was "
            "published before stands",
        )
    )


@contextlib.contextmanager
def told_of_full_disk(folder: str, *, beside: Path | None = None) -> Iterator[None]:
    """Tell a failure that comes from a full disk as one; others pass.

    Args:
        folder: what is written to.
        beside: a folder that is written to meanwhile. Errors name neither: where the two are on
            different disks, the fuller one is meant, and a failure of this one passes as well.

    Raises:
        EngineError: the disk was full.
    """
    try:
        yield
    except Exception as error:
        if is_full(folder, error) and not (beside and _is_fuller(beside, folder)):
            raise disk_full(folder) from error
        raise


def _is_fuller(one: Path, other: str) -> bool:
    """Whether a folder's disk is another than a second folder's, and has less room."""
    with contextlib.suppress(OSError):
        if one.stat().st_dev == Path(other).stat().st_dev:
            return False
    return free_bytes(str(one)) < free_bytes(other)


def is_full(folder: str, error: BaseException) -> bool:
    """Whether an error came from a full disk: it says so, or the disk has no room left."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    said = str(error).lower()
    return any(text in said for text in _NO_SPACE) or free_bytes(folder) < _SPARE


def free_bytes(folder: str) -> int:
    """Free space of the disk a folder is or will be on [bytes]; plenty behind an address."""
    if "://" in folder:
        return 1 << 62
    path = Path(folder)
    while not path.exists() and path != path.parent:
        path = path.parent
    with contextlib.suppress(OSError):
        return shutil.disk_usage(path).free
    return 1 << 62


def require_room(folder: str, wanted: int) -> None:
    """Refuse to write where there is no room for it.

    Args:
        folder: where.
        wanted: bytes to be written.

    Raises:
        EngineError: the disk has less room.
    """
    if free_bytes(folder) < wanted + _SPARE:
        raise disk_full(folder)
