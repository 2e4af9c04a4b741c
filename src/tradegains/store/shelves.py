"""Small files in one folder behind an address, with the one thing a lock can be made of there: a
file that comes to be only if there is none of its name, whoever else tries at the same moment.

pyarrow cannot do that: it overwrites everywhere. HDFS can, and object stores that honour a
conditional put. Times are the server's, so that nobody's own clock matters.
"""

import os
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

from pyarrow import fs

from tradegains.errors import Problem, StudyError
from tradegains.store.hadoop import create_new
from tradegains.store.locations import Location, locate
from tradegains.store.remote_errors import told_of_store
from tradegains.store.stores import endpoint, plain_http

# Of stores that let several win, one did so on half of its keys: five rounds miss it once in 40.
_ROUNDS, _AT_ONCE = 5, 8
_PATIENCE = timedelta(seconds=3)


class Shelf(Protocol):
    """A folder of small files."""

    address: str

    def times(self) -> Mapping[str, datetime]:
        """When each file was last written, by the server's clock."""

    def create(self, name: str, content: bytes) -> bool:
        """Make a file; False where there is one, which stays as it is."""

    def put(self, name: str, content: bytes) -> None:
        """Write a file, whatever there was."""

    def read(self, name: str) -> bytes | None:
        """What a file holds; None where it is not there."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""


def open_shelf(address: str) -> Shelf | None:
    """The shelf at an address; None for stores that we know no way to lock.

    Raises:
        StudyError: a package is missing, or the store lets several writers make one file.
        StorageError: the store does not answer, or refuses.
    """
    if address.startswith("hdfs://"):
        return HdfsShelf(locate(address))
    if address.startswith("s3://"):
        if find_spec("obstore") is None:
            cure = "pip install 'tradegains[s3]'"
            what = "an output on s3:// needs the package obstore"
            raise StudyError(Problem(what, address, cure=cure))
        shelf = S3Shelf(address)
        with told_of_store(address):
            _require_one_winner(shelf)
        return shelf
    return None


class HdfsShelf:
    """A folder of HDFS."""

    def __init__(self, place: Location) -> None:
        self.address, self._place = place.root, place

    def _path(self, name: str) -> str:
        return f"{self._place.path}/{name}"

    def times(self) -> Mapping[str, datetime]:
        """When each file was last written, by the namenode's clock."""
        selector = fs.FileSelector(self._place.path, allow_not_found=True)
        return {info.base_name: info.mtime for info in self._place.system.get_file_info(selector)}

    def create(self, name: str, content: bytes) -> bool:
        """Make a file; False where there is one."""
        return create_new(f"{self.address}/{name}", content)

    def put(self, name: str, content: bytes) -> None:
        """Write a file, whatever there was."""
        with self._place.system.open_output_stream(self._path(name)) as stream:
            stream.write(content)

    def read(self, name: str) -> bytes | None:
        """What a file holds; one that is being written may seem empty."""
        try:
            with self._place.system.open_input_stream(self._path(name)) as stream:
                return bytes(stream.read())
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        try:
            self._place.system.delete_file(self._path(name))
        except FileNotFoundError:
            return


class S3Shelf:
    """A prefix of a bucket."""

    def __init__(self, address: str) -> None:
        found = urlsplit(address)
        self.address, self.bucket = address, found.netloc
        self._prefix = found.path.strip("/")
        self._store = _bucket(found.netloc, endpoint(os.environ))

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}"

    def times(self) -> Mapping[str, datetime]:
        """When each object was last written, by the server's clock, to the second."""
        import obstore

        found = obstore.list(self._store, prefix=self._prefix).collect()
        return {entry["path"].rpartition("/")[2]: entry["last_modified"] for entry in found}

    def create(self, name: str, content: bytes) -> bool:
        """Make an object; False where there is one."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        try:
            obstore.put(self._store, self._key(name), content, mode="create")
        except (AlreadyExistsError, PreconditionError):
            return False
        return True

    def put(self, name: str, content: bytes) -> None:
        """Write an object, whatever there was."""
        import obstore

        obstore.put(self._store, self._key(name), content)

    def read(self, name: str) -> bytes | None:
        """What an object holds; None where it is not there."""
        import obstore

        try:
            return bytes(obstore.get(self._store, self._key(name)).bytes())
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        """Remove an object, if it is there."""
        import obstore

        obstore.delete(self._store, self._key(name))


@lru_cache(maxsize=16)
def _bucket(name: str, endpoint: str) -> Any:
    """A client of a bucket; it takes the endpoint from the environment, which tells them apart."""
    from obstore.store import S3Store

    return S3Store(
        name,
        client_options={"allow_http": bool(plain_http(os.environ)), "timeout": _PATIENCE},
        retry_config={"max_retries": 1, "retry_timeout": _PATIENCE},
    )


_proven: set[str] = set()


def _require_one_winner(shelf: S3Shelf) -> None:
    """Refuse a store that lets several make the same object at once: commits would be lost on it.

    Raises:
        StudyError: it was seen to.
    """
    if shelf.bucket in _proven:
        return
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for _ in range(_ROUNDS):
            name = f"probe-{uuid4().hex}"
            made = list(threads.map(lambda text, of=name: shelf.create(of, text), _TEXTS))
            shelf.remove(name)
            if (winners := Counter(made)[True]) > 1:
                raise StudyError(_several(shelf.address, winners))
    _proven.add(shelf.bucket)


_TEXTS = tuple(str(number).encode() for number in range(_AT_ONCE))


def _several(address: str, winners: int) -> Problem:
    return Problem(
        f"the object store lets several writers make the same object at once ({winners} of "
        f"{_AT_ONCE} did), so that commits would be lost",
        address,
        cure="use a store that honours conditional puts (If-None-Match), or an output on HDFS or "
        "a local disk",
    )
