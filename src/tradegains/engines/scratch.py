"""An engine's folder for spilled and temporary files, gone when the engine is."""

import contextlib
import fcntl
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
        # Locked before it has the name that another process would sweep.
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
    """Remove engine folders whose process is gone: a killed one cannot remove its spill."""
    for lock in root.glob("tradegains-engine-*/lock"):
        with contextlib.suppress(OSError), lock.open("a") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)
