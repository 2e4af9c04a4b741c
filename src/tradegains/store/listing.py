"""The files under a folder, each with what tells whether it was changed or replaced later.

On a local disk links are resolved here: one that leads nowhere, in a circle or to a folder above
would be left out, or have files read many times, by whoever lists folders without a look.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pyarrow import fs

from tradegains.errors import InputError, Problem

_ELSEWHERE = "remove it, or point it at a file that is not read otherwise"
_NO_UNICODE = "a name is not in UTF-8, which no engine reads"


@dataclass(frozen=True)
class FileStamp:
    """Size [bytes], times [ns since 1970] and inode of a file; None where its store keeps none.

    A copy over a file keeps its inode, a replacement its time if it is told to; no program sets
    the time of the last change of either.
    """

    bytes: int
    modified: int | None
    changed: int | None = None
    inode: int | None = None

    def settled_before(self, moment: int) -> bool:
        """Whether the file's times say that it has not changed since a moment [ns since 1970]."""
        times = [time for time in (self.modified, self.changed) if time is not None]
        return bool(times) and max(times) < moment


@dataclass(frozen=True)
class ListedFile:
    """A file: its path in the file system, and its stamp."""

    path: str
    stamp: FileStamp


def stamp_of(system: fs.FileSystem, path: str) -> FileStamp | None:
    """Stamp of a file, or of what a link leads to; None when there is no such file."""
    if isinstance(system, fs.LocalFileSystem):
        try:
            found = os.stat(path)
        except OSError:
            return None
        return _stamp(found) if stat.S_ISREG(found.st_mode) else None
    info = system.get_file_info(path)
    return remote_stamp(info) if info.type == fs.FileType.File else None


def remote_stamp(info: fs.FileInfo) -> FileStamp:
    """What another store than a local disk tells of a file."""
    return FileStamp(info.size or 0, None if info.mtime is None else info.mtime_ns)


def _stamp(found: os.stat_result) -> FileStamp:
    return FileStamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def is_hidden(name: str) -> bool:
    """Whether Spark would pass over a file or folder of this name.

    Example:
        >>> [is_hidden(name) for name in ("_temporary", "_region=1", ".crc", "a.parquet")]
        [True, False, True, False]
    """
    return (
        name.startswith(".")
        or (name.startswith("_") and "=" not in name)
        or name.endswith("._COPYING_")
    )


def is_unicode(name: str) -> bool:
    """Whether a name is in UTF-8; Linux lets any bytes be one.

    Example:
        >>> is_unicode("a.parquet"), is_unicode(os.fsdecode(bytes([0xE9])))
        (True, False)
    """
    return printable(name) == name


def printable(name: str) -> str:
    """A name as it can be printed: bytes of it that are no UTF-8 are written out.

    Example:
        >>> printable(os.fsdecode(bytes([97, 0xE9])))
        'a\\\\udce9'
    """
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def list_folder(top: str) -> tuple[list[ListedFile], set[str]]:
    """The visible files under a local folder, by path, and the names that were passed over.

    Raises:
        InputError: naming each link that leads nowhere, in a circle, to a folder above or to what
            is read already, each file that is no plain one, and each name that is no UTF-8.
        OSError: a folder cannot be listed.
    """
    listing = _Listing(top)
    found = sorted(listing.walk(top, above=(), linked=False), key=lambda file: file.path)
    if listing.problems:
        raise InputError(listing.problems)
    return found, listing.hidden


@dataclass
class _Listing:
    """What was met on the way through a folder: real folders and files, by device and inode."""

    top: str
    problems: list[Problem] = field(default_factory=list)
    folders: set[tuple[int, int]] = field(default_factory=set)
    files: dict[tuple[int, int], bool] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def walk(
        self, folder: str, *, above: tuple[tuple[int, int], ...], linked: bool
    ) -> Iterator[ListedFile]:
        """The files under a folder; `linked` says that a link led here."""
        here = _identity(os.stat(folder))
        self.folders.add(here)
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
        self.hidden |= {entry.name for entry in ordered if is_hidden(entry.name)}
        for entry in ordered:
            if entry.name in self.hidden:
                continue
            if not is_unicode(entry.name):
                self._refuse(_NO_UNICODE, entry.path, cure="rename it (convmv does so for many)")
                continue
            try:
                found = entry.stat()
            except OSError:
                self._refuse("a link leads nowhere, or in a circle", entry.path)
                continue
            by_link = linked or entry.is_symlink()
            if stat.S_ISDIR(found.st_mode):
                if self._may_enter(entry, _identity(found), (*above, here)):
                    yield from self.walk(entry.path, above=(*above, here), linked=by_link)
            elif not stat.S_ISREG(found.st_mode):
                self._refuse("it is no plain file, but a pipe, a socket or a device", entry.path)
            elif self._is_new(entry, _identity(found), by_link=by_link):
                yield ListedFile(entry.path, _stamp(found))

    def _may_enter(
        self, entry: os.DirEntry[str], found: tuple[int, int], above: tuple[tuple[int, int], ...]
    ) -> bool:
        if found in above:
            self._refuse("a link leads to a folder above it", entry.path)
        elif found in self.folders:
            self._refuse("a link leads to a folder that is read already", entry.path)
        return found not in self.folders

    def _is_new(self, entry: os.DirEntry[str], found: tuple[int, int], *, by_link: bool) -> bool:
        """Whether a file is met for the first time; two names of one file are two files."""
        before = self.files.get(found)
        self.files[found] = by_link
        if before is None or not (before or by_link):
            return True
        self._refuse("a link leads to a file that is read already", entry.path)
        return False

    def _refuse(self, what: str, path: str, cure: str = _ELSEWHERE) -> None:
        where = str(Path(path).relative_to(self.top))
        self.problems.append(Problem(what, printable(where), cure=cure))


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
