"""HDFS as pyarrow's file system, by hdfs-native: no Java and no Hadoop on this machine.

Decision: a handler of our own over its client, not its class for fsspec: that one takes a path for
a URL, so that a name with `#` or `?` in it is another file's, tells no time of the last change, and
makes a file "if it is not there" by looking first.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pyarrow as pa
from pyarrow import fs

from tradegains.errors import InputError, Problem, StorageError
from tradegains.store.remote_errors import REFUSED, connection_lost, raise_if_remote

if TYPE_CHECKING:
    from hdfs_native import Client, FileStatus

# By default it tries a namenode that refuses for 171 s before it says so.
PATIENCE: Final[Mapping[str, str]] = {
    "dfs.client.failover.max.attempts": "3",
    "dfs.client.failover.sleep.max.millis": "1000",
}
SILENT_SECONDS: Final = 7.0
"""A namenode that leaves the shortest of questions unanswered for so long is given up [s]."""

_LOOK_SECONDS: Final = 2.0
_KNOWN_SILENT_SECONDS: Final = 1.0
PRIVATE: Final = 0o700
_FOLDER: Final = 0o755
_DEFAULT: Final = "fs.defaultFS"


Answer = TypeVar("Answer")
_silent: set[str] = set()


def is_native() -> bool:
    """Whether hdfs-native is installed."""
    return find_spec("hdfs_native") is not None


def missing(given: str) -> Problem:
    """What to do where the package is not installed."""
    cure = "pip install 'tradegains[hdfs]'"
    return Problem("hdfs:// needs the package hdfs-native", given, cure=cure)


def default_authority(given: str) -> str:
    """Host and port that `hdfs:///` stands for, by Hadoop's own settings.

    Raises:
        InputError: no setting says.
    """
    for folder in _settings_folders():
        address = _setting(folder / "core-site.xml", _DEFAULT)
        if found := re.fullmatch(r"hdfs://([^/]+)/?", address or ""):
            return found[1]
    cure = "write hdfs://HOST:PORT/..., or set HADOOP_CONF_DIR to the folder of core-site.xml"
    raise InputError(Problem("the address names no namenode", given, cure=cure))


def _settings_folders() -> Iterator[Path]:
    if folder := os.environ.get("HADOOP_CONF_DIR"):
        yield Path(folder)
    if home := os.environ.get("HADOOP_HOME"):
        yield Path(home, "etc", "hadoop")


def _setting(file: Path, name: str) -> str | None:
    try:
        root = ElementTree.parse(file).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    values = {entry.findtext("name"): entry.findtext("value") for entry in root.iter("property")}
    return values.get(name)


@lru_cache(maxsize=16)
def client(authority: str, user: str | None = None) -> "Client":
    """A client of a namenode; it connects when it is first asked for something.

    Args:
        authority: host and port, or the name of a service with several namenodes.
        user: as whom, where that is not the process's user; tells clients apart.
    """
    from hdfs_native import Client

    return Client(f"hdfs://{authority}", dict(PATIENCE))


def file_system(authority: str) -> fs.FileSystem:
    """The file system behind a namenode.

    Its files and folders raise StorageError where the namenode does not answer or refuses.
    """
    return fs.PyFileSystem(_Handler(authority))


def client_of(authority: str) -> "Client":
    """The client of a namenode for the user that Hadoop would take us for."""
    return client(authority, os.environ.get("HADOOP_USER_NAME"))


def while_answering(address: str, call: Callable[[], Answer]) -> Answer:
    """What a call that asks a namenode returns, or raises; waited for while the namenode answers.

    Decision: no limit of time for the call itself, which may have much to write. hdfs-native has
    none for a namenode whose machine or network is gone, and delta-rs, which has it built in, has
    none either: both would wait for ever. So the namenode is asked beside it whether it is there.

    Args:
        address: what it is asked about, `hdfs://...`.
        call: what asks it, in any library; on its own thread, which stays behind if it is given up.

    Raises:
        StorageError: the namenode has fallen silent.
    """
    authority = urlsplit(address).netloc
    calling = _started(call)
    while True:
        try:
            found = calling.result(_KNOWN_SILENT_SECONDS if authority in _silent else _LOOK_SECONDS)
        except TimeoutError:
            if calling.done():
                raise
            _require_answer(authority, address)
        else:
            _silent.discard(authority)
            return found


def _started(call: Callable[[], Answer]) -> "Future[Answer]":
    """A call on a thread of its own, which no process waits for as it ends."""
    ended: Future[Answer] = Future()

    def run() -> None:
        try:
            ended.set_result(call())
        except BaseException as error:
            ended.set_exception(error)

    Thread(target=run, name="hdfs", daemon=True).start()
    return ended


def _require_answer(authority: str, address: str) -> None:
    """Return when the namenode answers anything, a refusal too: that is the call's to tell."""
    if not answers(authority):
        raise connection_lost(address)


def answers(authority: str) -> bool:
    """Whether a namenode answers the shortest of questions, be it with a refusal, in seven seconds.

    One that was silent before is given one second.
    """
    asking = _started(lambda: client_of(authority).get_file_info("/"))
    patience = _KNOWN_SILENT_SECONDS if authority in _silent else SILENT_SECONDS
    try:
        asking.exception(patience)
    except TimeoutError:
        _silent.add(authority)  # who lets go of what it holds there need not wait as long again
        return False
    _silent.discard(authority)
    return True


def create_new(address: str, content: bytes) -> bool:
    """Make a file; False where there is one, which stays as it is.

    Looking and making are one step of the namenode's, so of several that try one succeeds. The
    file has its name at once, and its content when it is closed, half a second later.

    Raises:
        StorageError: the namenode does not answer, or refuses.
    """
    found = urlsplit(address)
    handler = _Handler(found.netloc)
    try:
        file = handler.create(found.path, overwrite=False)
    except FileExistsError:
        return False
    try:
        file.write(content)
        file.close()
    except Exception:
        # The name is there, and ours: left behind, it would stand for one who holds something.
        with suppress(Exception):
            handler.delete_file(found.path)
        raise
    return True


def private_folder(address: str) -> None:
    """Make a folder that only its owner may enter, or let one that is there become one.

    Raises:
        StorageError: the namenode does not answer, or refuses.
    """
    found = urlsplit(address)
    names = client_of(found.netloc)
    try:
        while_answering(address, lambda: names.mkdirs(found.path, PRIVATE, True))
        while_answering(address, lambda: names.set_permission(found.path, PRIVATE))
    except (RuntimeError, OSError) as error:
        raise_if_remote(error, address)
        raise


class _Handler(fs.FileSystemHandler):  # type: ignore[misc]
    """What pyarrow asks of a file system, answered by a namenode."""

    def __init__(self, authority: str) -> None:
        self.authority = authority
        self.client = client_of(authority)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Handler) and self.authority == other.authority

    def __ne__(self, other: object) -> bool:
        return not self == other

    @contextmanager
    def _asking(self, path: str) -> Iterator[None]:
        """Tell what the namenode refuses; what is missing or there already is pyarrow's affair."""
        try:
            yield
        except (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError):
            raise
        except (RuntimeError, OSError) as error:
            if "AccessControlException" in str(error):
                raise PermissionError(13, "permission denied", path) from error
            raise_if_remote(error, f"hdfs://{self.authority}{path}")
            raise OSError(5, f"HDFS fails ({type(error).__name__})", path) from error

    def _ask(self, path: str, call: Callable[[], Answer]) -> Answer:
        """What the namenode answers about a path."""
        with self._asking(path):
            return while_answering(f"hdfs://{self.authority}{path}", call)

    def get_type_name(self) -> str:
        return "hdfs-native"

    def normalize_path(self, path: str) -> str:
        return path

    def get_file_info(self, paths: list[str]) -> list[fs.FileInfo]:
        return [self._info(path) for path in paths]

    def _info(self, path: str) -> fs.FileInfo:
        try:
            return _file_info(self._ask(path, lambda: self.client.get_file_info(path)))
        except FileNotFoundError:
            return fs.FileInfo(path, fs.FileType.NotFound)

    def get_file_info_selector(self, selector: fs.FileSelector) -> list[fs.FileInfo]:
        folder = selector.base_dir
        try:
            found = self._ask(
                folder, lambda: list(self.client.list_status(folder, selector.recursive))
            )
        except FileNotFoundError:
            if selector.allow_not_found:
                return []
            raise
        return [_file_info(status) for status in found if status.path != folder]

    def create_dir(self, path: str, recursive: bool) -> None:
        self._ask(path, lambda: self.client.mkdirs(path, _FOLDER, recursive))

    def delete_dir(self, path: str) -> None:
        self._delete(path)

    def delete_dir_contents(self, path: str, missing_dir_ok: bool = False) -> None:
        selector = fs.FileSelector(path, allow_not_found=missing_dir_ok)
        for info in self.get_file_info_selector(selector):
            self._delete(info.path)

    def delete_root_dir_contents(self) -> None:
        raise NotImplementedError

    def delete_file(self, path: str) -> None:
        self._delete(path)

    def _delete(self, path: str) -> None:
        if not self._ask(path, lambda: self.client.delete(path, True)):
            raise FileNotFoundError(2, "it is not there", path)

    def move(self, source: str, target: str) -> None:
        self._ask(source, lambda: self.client.rename(source, target, False))

    def copy_file(self, source: str, target: str) -> None:
        raise NotImplementedError

    def open_input_stream(self, path: str) -> pa.NativeFile:
        return self.open_input_file(path)

    def open_input_file(self, path: str) -> pa.NativeFile:
        opened = self._ask(path, lambda: self.client.read(path))
        return pa.PythonFile(_Told(opened, self._ask, path), mode="r")

    def open_output_stream(self, path: str, metadata: Mapping[str, str]) -> pa.NativeFile:
        return pa.PythonFile(self.create(path, overwrite=True), mode="w")

    def open_append_stream(self, path: str, metadata: Mapping[str, str]) -> pa.NativeFile:
        raise NotImplementedError

    def create(self, path: str, *, overwrite: bool) -> Any:
        """A new file to write to.

        Raises:
            FileExistsError: there is one, and it is not to be overwritten. Looking and making are
                one step of the namenode's, so of several that try one succeeds.
        """
        from hdfs_native import WriteOptions

        options = WriteOptions()
        options.overwrite = overwrite
        return _Told(self._ask(path, lambda: self.client.create(path, options)), self._ask, path)


def _file_info(status: "FileStatus") -> fs.FileInfo:
    kind = fs.FileType.Directory if status.isdir else fs.FileType.File
    size = None if status.isdir else status.length
    # In whole milliseconds, as the namenode keeps it: without, nothing would tell of a change.
    modified = datetime.fromtimestamp(status.modification_time / 1000, UTC)
    return fs.FileInfo(status.path, kind, size=size, mtime=modified)


class _Told:
    """An open file whose failures are told as those of the file system are."""

    def __init__(self, file: Any, ask: Callable[[str, Callable[[], Any]], Any], path: str) -> None:
        self._file, self._ask, self._path = file, ask, path
        self.closed = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._file, name)
        if not callable(found):
            return found
        return lambda *arguments: self._asked(lambda: found(*arguments))

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._asked(self._file.close)

    def _asked(self, call: Callable[[], Any]) -> Any:
        try:
            return self._ask(self._path, call)
        except StorageError as error:
            # The namenode has opened the file: who refuses is a server that the address does not
            # name, and nobody would find it by looking at the port.
            if error.problems[0].what != REFUSED:
                raise
            raise connection_lost(str(error.problems[0].where)) from error
