"""An engine's folder for spilled and temporary files, gone when the engine is."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from tradegains.errors import EngineError, Problem


def scratch_folder(parent: Path | None, closing: contextlib.ExitStack) -> Path:
    """Make a locked temporary folder, removed on close; remove those that killed runs left."""
    root = Path(parent or tempfile.gettempdir())
    try:
        root.mkdir(parents=True, exist_ok=True)
        _sweep(root)
        # Locked before it has the name that another process would sweep. Its mode is 0700.
        draft = Path(tempfile.mkdtemp(prefix="tradegains-new-", dir=root))
        lock = (draft / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = draft.rename(root / draft.name.replace("new", "engine", 1))
    except OSError as error:
        raise EngineError(
            Problem(
                f"the scratch folder cannot be used: {error.strerror}",
                str(root),
                cure="choose a writable folder with --scratch",
            )
        ) from error
    closing.callback(lock.close)
    closing.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _sweep(root: Path) -> None:
    """Remove engine folders whose process is gone: a killed one cannot remove its spill.

    Those of other users are left alone: what stands there as a lock may be a pipe, whose opening
    waits forever, or a link to a file of ours.
    """
    for folder in root.glob("tradegains-engine-*"):
        with contextlib.suppress(OSError):
            if folder.lstat().st_uid == os.geteuid() and not folder.is_symlink():
                _remove_unheld(folder)


def _remove_unheld(folder: Path) -> None:
    held = os.open(folder / "lock", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(held)
