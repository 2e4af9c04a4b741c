"""Folders and files with rows of establishments, which nobody but their owner may enter or read.

Modes are set here whatever the process's umask says. What another user owns is not ours to enter,
change or remove, not even where the folder's permissions would let us; links are not followed to
get at a file.
"""

import os
import shutil
import stat
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def private_folder(path: Path) -> None:
    """Make a folder that only its owner may enter; one that is there becomes one.

    A link of our own to a folder is kept: work may lie on another disk.

    Raises:
        OSError: it cannot be made, is no folder, or is another user's.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)
    if not owns(path):
        raise PermissionError(0, "it belongs to another user", str(path))
    if not path.is_dir():
        raise NotADirectoryError(0, "a file stands in its place", str(path))
    _set_mode(path, FOLDER_MODE)


def owns(path: Path) -> bool:
    """Whether a path, and what it links to if it is a link, is this process's user's own."""
    return {path.lstat().st_uid, path.stat().st_uid} == {os.geteuid()}


def make_private(path: Path) -> None:
    """Take a folder and all that is in it from everybody else."""
    _set_mode(path, FOLDER_MODE)
    for folder, folders, files in os.walk(path):
        for name in folders:
            _set_mode(Path(folder, name), FOLDER_MODE)
        for name in files:
            _set_mode(Path(folder, name), FILE_MODE)


def _set_mode(path: Path, mode: int) -> None:
    if stat.S_IMODE(path.stat().st_mode) != mode:
        path.chmod(mode)


def read_private(path: Path) -> str | None:
    """The text of a plain file of our own; None where there is none, or something else.

    A pipe in its place would be waited for, and a link may lead to what others write.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        os.close(descriptor)
        return None
    with open(descriptor, encoding="utf-8") as file:
        try:
            return file.read()
        except (OSError, ValueError):
            return None


def write_private(path: Path, text: str) -> None:
    """Put a text in the place of a file, at once, for its owner's eyes alone.

    Raises:
        OSError: the folder cannot be written to.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(draft, flags, FILE_MODE), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), FILE_MODE)
        file.write(text)
    draft.replace(path)


def open_lock(path: Path) -> int:
    """Open a lock file, made if it is not there, without following a link and without waiting.

    Returns:
        A descriptor: to read and write where the file is our own, else only to read.

    Raises:
        OSError: it cannot be opened, or is no plain file with one name.
    """
    flags = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o644)
    except PermissionError:
        descriptor = os.open(path, os.O_RDONLY | flags)
    found = os.fstat(descriptor)
    # A second name could be that of a file which we must not change.
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        os.close(descriptor)
        raise FileExistsError(0, "the lock is no file of its own", str(path))
    return descriptor


def remove_tree(path: Path) -> None:
    """Remove a folder of our own with all that is in it; a link is removed, not followed.

    Raises:
        OSError: something in it cannot be removed.
    """
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path)
