"""What runs that are no more have left behind an address, and its removal.

The rules are those of a local disk (`leftovers`); what differs is how a store is asked. One listing
tells all: an object store has no folders, so that the age of one is that of its youngest file.
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pyarrow import fs

from tradegains.store.leftovers import IDS_IN_A_CYCLE, KEPT_ROWS, RUN
from tradegains.store.locations import Location, locate
from tradegains.store.remote_errors import told_of_store

_DAY = 24 * 3600.0


@dataclass(frozen=True)
class RemotePath:
    """A file or folder behind an address, its size [bytes] and age [days]."""

    place: Location
    bytes: int
    age: float
    is_folder: bool = False

    def __str__(self) -> str:
        return self.place.root

    @property
    def name(self) -> str:
        """The last part of its path."""
        return posixpath.basename(self.place.path)

    @property
    def folder(self) -> str:
        """Name of the folder that it is in."""
        return posixpath.basename(posixpath.dirname(self.place.path))

    def remove(self) -> None:
        """Remove it, if it is there.

        Raises:
            StorageError: the store does not answer, or refuses.
        """
        with told_of_store(self.place.root):
            try:
                if self.is_folder:
                    self.place.system.delete_dir(self.place.path)
                else:
                    self.place.system.delete_file(self.place.path)
            except FileNotFoundError:
                return


def files_below(address: str) -> dict[str, RemotePath]:
    """Every file below a folder, by its path from there; none where there is no such folder.

    Raises:
        StorageError: the store does not answer, or refuses.
    """
    place = locate(address)
    with told_of_store(address):
        selector = fs.FileSelector(place.path, recursive=True, allow_not_found=True)
        found = [each for each in place.system.get_file_info(selector) if each.is_file]
    now = datetime.now(UTC)
    return {
        posixpath.relpath(info.path, place.path): RemotePath(
            Location(address, place.system, info.path,
                     f"{place.root}/{posixpath.relpath(info.path, place.path)}"),
            info.size,
            (now - info.mtime).total_seconds() / _DAY,
        )
        for info in found
    }  # fmt: skip


def folder_of(address: str, files: list[RemotePath]) -> RemotePath:
    """A folder, with the size of its files and the age of the youngest."""
    size = sum(file.bytes for file in files)
    age = min((file.age for file in files), default=0.0)
    return RemotePath(locate(address), size, age, is_folder=True)


def leftover_rows(work: str, *, keep_days: float) -> list[RemotePath]:
    """Folders and files of rows that nothing needs any more, in a work folder."""
    folders: dict[str, list[RemotePath]] = defaultdict(list)
    single = []
    for path, file in files_below(work).items():
        run, _, rest = path.partition("/")
        if RUN.fullmatch(run) and rest:
            folders[f"{run}/{rest.partition('/')[0]}"].append(file)
        elif path == IDS_IN_A_CYCLE and file.age > keep_days:
            single.append(file)
    found = [folder_of(f"{work}/{path}", files) for path, files in sorted(folders.items())]
    return [*(each for each in found if each.name not in KEPT_ROWS or each.age > keep_days),
            *single]  # fmt: skip


def sweep_rows(work: str, *, keep_days: float) -> Iterator[str]:
    """Remove the rows that earlier runs have left; call it while no other run is going on.

    Yields:
        What could not be removed, in words.
    """
    for path in leftover_rows(work, keep_days=keep_days):
        try:
            path.remove()
        except OSError as error:
            yield f"rows of an earlier run cannot be removed ({type(error).__name__}): {path}"
