"""An engine's folder for spilled and temporary files, gone when the engine is.

It holds rows of establishments, and lies where others have folders too (/tmp): it is for its user
alone whatever the umask, and what another user made there is neither followed, waited for nor
removed.
"""

import contextlib
import errno
import fcntl
import logging
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tradegains.errors import EngineError, Problem

_OPEN: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_PREFIX: Final = "tradegains-engine-"

log = logging.getLogger("tradegains")


def scratch_folder(parent: Path | None, closing: contextlib.ExitStack) -> Path:
    """Make a locked temporary folder, removed on close; remove those that killed runs left."""
    root = Path(parent or tempfile.gettempdir())
    try:
        str(root).encode()  # what is no UTF-8 ends an engine in a panic
        root.mkdir(parents=True, exist_ok=True)
        _sweep(root)
        # Locked before it has the name that another process would sweep. mkdtemp makes it 0700.
        with _undisturbed():
            draft = Path(tempfile.mkdtemp(prefix="tradegains-new-", dir=root))
            closing.callback(shutil.rmtree, draft, ignore_errors=True)
        lock = os.open(draft / "lock", _OPEN | os.O_CREAT | os.O_EXCL, 0o600)
        closing.callback(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = root / draft.name.replace("new", "engine", 1)
        closing.callback(shutil.rmtree, folder, ignore_errors=True)
        draft.rename(folder)
    except (OSError, UnicodeEncodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "its name is not in UTF-8"
        raise EngineError(
            Problem(
                f"the scratch folder cannot be used: {why}",
                str(root).encode(errors="backslashreplace").decode(),
                cure="choose a writable folder with --scratch",
            )
        ) from error
    return folder


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let a request to stop wait: between two lines it would leave what the first one made."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _sweep(root: Path) -> None:
    """Remove engine folders whose process is gone: a killed one cannot remove its spill."""
    for folder in _folders(root):
        try:
            if folder.stat(follow_symlinks=False).st_uid == os.geteuid():
                _remove_unless_held(folder)
            elif not stat.S_ISREG((folder / "lock").stat(follow_symlinks=False).st_mode):
                log.warning("%s belongs to another user and is no engine's; left alone", folder)
        except OSError as error:
            # Gone meanwhile, held by its engine, or private to another user as it should be.
            if error.errno not in (errno.ENOENT, errno.EWOULDBLOCK, errno.EACCES):
                log.warning("%s is left alone: %s", folder, error.strerror)


def _folders(root: Path) -> Iterator[Path]:
    with os.scandir(root) as found:
        yield from (Path(each.path) for each in found if each.name.startswith(_PREFIX))


def _remove_unless_held(folder: Path) -> None:
    """Remove a folder of this user's, unless a running process holds its lock."""
    lock = os.open(folder / "lock", _OPEN)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
