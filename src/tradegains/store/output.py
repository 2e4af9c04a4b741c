"""The output folder: its parts, and the lock that keeps two runs from writing to it at once.

    OUTPUT/tables/   the published Delta tables
    OUTPUT/work/     row-level data: quarantined rows, matched panels, caches; never published, for
                     its owner's eyes alone; that of a second user is OUTPUT/work-UID/
    OUTPUT/.lock     held by the run that is writing; tells who

The lock is the kernel's (flock), so a run that is killed leaves none behind. On HDFS and S3 it is a
lease (`lease`). Behind other addresses there is none: two runs there are kept apart by Delta's own
commits, each of which replaces only its own run. An output that cannot be used is a StudyError
(exit code 2), because the command line names it.
"""

import contextlib
import fcntl
import json
import logging
import os
import posixpath
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pyarrow import fs

from tradegains.errors import OutputBusyError, Problem, StudyError
from tradegains.store import hadoop, remote_leftovers
from tradegains.store.delta import DeltaStore
from tradegains.store.lease import FOLDER, Lease, held_lease
from tradegains.store.leftovers import sweep_rows
from tradegains.store.locations import half_address, locate, resolved
from tradegains.store.private import open_lock, private_folder
from tradegains.store.remote_errors import told_of_store
from tradegains.store.shelves import open_shelf
from tradegains.store.stores import allow_plain_http
from tradegains.store.verified import Verified
from tradegains.store.writers import EngineName, open_delta

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

log = logging.getLogger("tradegains")

KEEP_DAYS = 30.0
"""How long rows are kept that a rule quarantined, unless a run says otherwise [days]."""

_RETRY_SECONDS = 0.2
# delta-rs decodes a path's percent signs and takes backslashes for slashes; brackets end it in a
# panic. Bytes that are no UTF-8 are half of a sign to Python, and none to it.
_UNUSABLE = re.compile(r"[%\\\[\]\x00-\x1f\x7f\ud800-\udfff]")
_UNUSABLE_ADDRESS = re.compile(r"[%\\\[\]\x00-\x1f\x7f\ud800-\udfff?#]")
_FILES_AT_ONCE = 16


@dataclass(frozen=True)
class Output:
    """An output folder, local or a URI.

    Example:
        >>> Output("/data/out").tables
        '/data/out/tables'
    """

    root: str
    lease: Lease | None = field(default=None, compare=False, repr=False)

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine."""
        return "://" not in self.root

    @property
    def tables(self) -> str:
        """Where the published tables are."""
        return f"{self.root}/tables"

    @property
    def work(self) -> str:
        """Where row-level data is; each user of an output has a folder of their own."""
        first = f"{self.root}/work"
        if self.is_local and os.path.lexists(first) and Path(first).lstat().st_uid != os.geteuid():
            return f"{first}-{os.geteuid()}"
        return first

    @property
    def has_tables(self) -> bool:
        """Whether anything was ever written here."""
        if self.is_local:
            return Path(self.tables).is_dir()
        place = locate(self.tables)
        with told_of_store(self.tables):
            # Asked for one name, an object store refuses without a word of why.
            listed = fs.FileSelector(place.path, allow_not_found=True)
            return bool(place.system.get_file_info(listed))

    def require_answer(self) -> None:
        """Return where the store behind an address answers, of the kinds that we know how to ask.

        Raises:
            StorageError: it does not, or refuses.
        """
        if self.root.startswith(("hdfs://", "s3://")):
            _ = self.has_tables

    def take_folder(self, folder: Path, name: str) -> str:
        """Copy what is in a local folder into one of the output's, in the place of what is there.

        Several at once: a store behind an address takes half a second for a file, however small.

        Returns:
            The address of the copy.
        """
        place = locate(f"{self.root}/{name}")
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]

        def copy(path: Path) -> None:
            target = f"{place.path}/{path.relative_to(folder).as_posix()}"
            place.system.create_dir(posixpath.dirname(target))
            with place.system.open_output_stream(target) as stream:
                stream.write(path.read_bytes())

        with told_of_store(place.root):
            if place.system.get_file_info(place.path).type != fs.FileType.NotFound:
                place.system.delete_dir(place.path)
            with ThreadPoolExecutor(_FILES_AT_ONCE) as threads:
                list(threads.map(copy, files))
        return place.root

    @property
    def manifest_cache(self) -> Path | None:
        """File that keeps the inputs' digests between runs; None behind a URI."""
        return Path(self.work, "manifest_cache.json") if self.is_local else None

    def open_tables(
        self, engine: EngineName = "embedded", spark: "SparkSession | None" = None
    ) -> DeltaStore:
        """The published tables; without an engine, as a reader that needs no JVM."""
        tables = open_delta(self.tables, engine, spark)
        if self.is_local:
            tables.verified = Verified(Path(self.work, "verified.json"))
        if self.lease:
            tables.require_held = self.lease.require
        return tables


def locate_output(given: str) -> Output:
    """The output a path or URI names.

    Raises:
        StudyError: Delta's writer would take the path for another one.
    """
    if half := half_address(given):
        raise StudyError(half)
    path = resolved(given) if "://" in given else str(Path(given).absolute())
    odd = sorted(set((_UNUSABLE_ADDRESS if "://" in given else _UNUSABLE).findall(path)))
    if odd:
        raise StudyError(
            Problem(
                f"the output's path contains {', '.join(map(repr, odd))}, which Delta tables "
                "cannot be kept under",
                repr(path).strip("'"),
                cure="give --output a folder whose whole path is free of % \\ [ ] and line ends, "
                "of an address also of ? and #",
            )
        )
    if path.startswith("hdfs://") and not hadoop.is_native():
        raise StudyError(hadoop.missing(given))
    if path.startswith("s3://"):
        allow_plain_http()
    return Output(path)


def census_problems(given: str, census: str | None) -> Iterator[Problem]:
    """An output within the folder of the census, which would become part of what is read.

    Args:
        given: the output folder or URI.
        census: the census, a file, folder or URI; None: the study names none.
    """
    cure = "choose a folder beside the census with --output"
    what = "the output would lie within the census"
    if census is not None and "://" in given and "://" in census:
        if f"{resolved(given)}/".startswith(f"{resolved(census)}/"):
            yield Problem(what, given, cure=cure)
        return
    if census is None or "://" in given or "://" in census:
        return
    # Links in a circle are told where the folder is made.
    place, folder = Path(os.path.realpath(given)), Path(os.path.realpath(census))
    if folder.is_dir() and place.is_relative_to(folder):
        yield Problem(what, str(Path(given).absolute()), cure=cure)


@contextmanager
def hold_output(
    given: str, *, wait_seconds: float = 0.0, keep_days: float | None = KEEP_DAYS
) -> Iterator[Output]:
    """Make the output folder and hold its lock; rows that killed runs left are removed.

    Args:
        given: the output folder or URI.
        wait_seconds: how long to wait for another run to end [s].
        keep_days: how long quarantined and duplicate rows are kept [days]; None: no row of
            whatever run is touched.

    Raises:
        StudyError: the folder cannot be made or written to.
        OutputBusyError: another run holds it; the message names its process, host and start.
    """
    output = locate_output(given)
    if not output.is_local:
        with _held_elsewhere(output, wait_seconds) as held:
            # Without a lease another run may be at work with what looks left over.
            if held.lease and keep_days is not None:
                for line in remote_leftovers.sweep_rows(output.work, keep_days=keep_days):
                    log.warning("%s", line)
            yield held
        return
    with _lock_file(output) as lock:
        _wait_for(lock, output, wait_seconds)
        _sign(lock)
        try:
            if keep_days is not None:
                for line in sweep_rows(Path(output.work), keep_days=keep_days):
                    log.warning("%s", line)
            yield output
        finally:
            _unsign(lock)


@contextmanager
def _held_elsewhere(output: Output, wait_seconds: float) -> Iterator[Output]:
    """Hold an output behind an address by a lease, where its store can give one."""
    _make_remote(output)
    shelf = open_shelf(f"{output.root}/{FOLDER}")
    if shelf is None:
        yield output
        return
    with held_lease(shelf, output.root, wait_seconds=wait_seconds) as lease:
        yield replace(output, lease=lease)


def _make_remote(output: Output) -> None:
    """Make the folders behind an address; an object store has none.

    Raises:
        StorageError: the store does not answer, or refuses.
    """
    if output.root.startswith("hdfs://"):
        place = locate(output.tables)
        with told_of_store(output.root):
            place.system.create_dir(place.path)
            place.system.create_dir(locate(f"{output.root}/{FOLDER}").path)
            hadoop.private_folder(output.work)


def _lock_file(output: Output) -> IO[str]:
    try:
        for folder in (output.root, output.tables):
            Path(folder).mkdir(parents=True, exist_ok=True)
        private_folder(Path(output.work))
        for folder in (output.root, output.tables, output.work):
            # A folder may exist and refuse new files.
            descriptor, probe = tempfile.mkstemp(prefix=".probe-", dir=folder)
            os.close(descriptor)
            os.unlink(probe)
        descriptor = open_lock(Path(output.root, ".lock"))
        readable = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
        return os.fdopen(descriptor, "r" if readable else "r+", encoding="utf-8")
    except OSError as error:
        raise StudyError(
            Problem(
                f"the output folder cannot be written to ({error.strerror})",
                error.filename or output.root,
                cure="give --output a folder that you may write to",
            )
        ) from error


def _wait_for(lock: IO[str], output: Output, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while not _taken(lock, output):
        if time.monotonic() >= deadline:
            raise OutputBusyError(
                Problem(
                    f"another run holds the output ({_holder(lock)})",
                    output.root,
                    cure="wait for it to end, or use another --output",
                )
            )
        time.sleep(_RETRY_SECONDS)


def _taken(lock: IO[str], output: Output) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise StudyError(
            Problem(
                f"the output folder's file system has no locks ({error.strerror})",
                output.root,
                cure="use an --output on a local disk and copy the tables afterwards",
            )
        ) from error
    return True


def _sign(lock: IO[str]) -> None:
    if not _is_ours(lock):
        return
    # The lock holds without it; on a full disk the run has something better to say.
    with contextlib.suppress(OSError):
        lock.seek(0)
        lock.truncate(0)
        started = datetime.now(UTC).isoformat(timespec="seconds")
        json.dump({"pid": os.getpid(), "host": socket.gethostname(), "start": started}, lock)
        lock.flush()


def _unsign(lock: IO[str]) -> None:
    if _is_ours(lock):
        lock.truncate(0)


def _is_ours(lock: IO[str]) -> bool:
    """Whether the lock file may be written to; another user's is held and left as it is."""
    return lock.writable() and os.fstat(lock.fileno()).st_uid == os.geteuid()


def _holder(lock: IO[str]) -> str:
    lock.seek(0)
    try:
        holder = json.loads(lock.read())
        return f"process {holder['pid']} on {holder['host']} since {holder['start']}"
    except (ValueError, KeyError, TypeError):
        # The other run has the lock and has not signed it yet, or may not sign it.
        return "it has just started, or is another user's"
