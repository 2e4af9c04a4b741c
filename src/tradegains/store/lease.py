"""Who may write to an output behind an address: one run at a time, though no kernel has a lock.

Decision: a lease is a file with a number in its name, and whoever made the highest number holds the
output. A number is made only if it is not there (`shelves`), so one of several wins it. A holder
that ends says so by a second file; one that dies falls silent, and after a minute the next number
may be made by another. So nothing is ever overwritten that somebody else relies on, and neither a
swap of contents nor a rename is asked of the store. The highest number is never removed: who comes
late with a lower one, after a pause, finds a higher when it looks again.

    OUTPUT/.lease/7        made by the holder: process, host, start
    OUTPUT/.lease/7.beat   written anew every ten seconds
    OUTPUT/.lease/7.free   the holder has ended

Silence is measured by the server's clock alone: by the time of the last beat, and that of a file
made now.
"""

import contextlib
import json
import logging
import os
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from tradegains.errors import OutputBusyError, Problem, TradegainsError
from tradegains.store.remote_errors import told_of_store
from tradegains.store.shelves import Shelf

log = logging.getLogger("tradegains")

FOLDER = ".lease"
BEAT_SECONDS = 10.0
SILENT_SECONDS = 60.0
"""A holder is taken to be dead when it has been silent for so long [s]."""

_RETRY_SECONDS = 1.0
_LAST_BEAT_SECONDS = 1.0
_NUMBER = re.compile(r"(\d+)(\.beat|\.free)?")


class Lease:
    """A number that is held, and the thread that tells everybody so."""

    def __init__(self, shelf: Shelf, number: int) -> None:
        self._shelf, self.number = shelf, number
        self._ended = threading.Event()
        self._beating = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._beating.start()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            # A store that is away for a while is told of where it matters: before the next commit.
            with contextlib.suppress(Exception):
                self._shelf.put(f"{self.number}.beat", uuid4().bytes)

    def require(self) -> None:
        """Return while nobody else has taken the output over.

        Raises:
            OutputBusyError: another run has a higher number.
            StorageError: the store does not answer.
        """
        with told_of_store(self._shelf.address):
            highest = max(_numbers(self._shelf.times()), default=0)
        if highest != self.number:
            raise OutputBusyError(
                Problem(
                    f"another run has taken the output over, since this one was not heard of for "
                    f"{SILENT_SECONDS:.0f} s",
                    self._shelf.address,
                    cure="wait for the other to end, then run again; nothing was published",
                )
            )

    def release(self) -> None:
        """Let the output go."""
        self._ended.set()
        # A beat that waits for a store that is gone need not be waited for: one that comes late
        # stands beside a lease that is free, and goes with it.
        self._beating.join(_LAST_BEAT_SECONDS)
        try:
            with told_of_store(self._shelf.address):
                self._shelf.put(f"{self.number}.free", b"")
        except TradegainsError as error:
            log.warning("the output could not be let go, which it is in a minute: %s", error)


@contextmanager
def held_lease(shelf: Shelf, output: str, *, wait_seconds: float) -> Iterator[Lease]:
    """Hold an output by a lease on its shelf.

    Args:
        shelf: the folder of its leases.
        output: the output, for messages.
        wait_seconds: how long to wait for another run to end, or to be known as dead [s].

    Raises:
        OutputBusyError: another run holds it.
        StorageError: the store does not answer, or refuses.
    """
    deadline = time.monotonic() + wait_seconds
    with told_of_store(output):
        while (lease := _taken(shelf)) is None:
            if time.monotonic() >= deadline:
                raise OutputBusyError(_busy(shelf, output))
            time.sleep(_RETRY_SECONDS)
    try:
        yield lease
    finally:
        lease.release()


def _taken(shelf: Shelf) -> Lease | None:
    """The next number, if nobody holds the output and nobody else is quicker."""
    times = shelf.times()
    last = max(_numbers(times), default=0)
    if last and f"{last}.free" not in times and _silence(shelf, times, last) < SILENT_SECONDS:
        return None
    number = last + 1
    if not shelf.create(str(number), _holder()):
        return None
    times = shelf.times()
    if max(_numbers(times)) > number:  # numbers between were used and removed while we paused
        shelf.remove(str(number))
        return None
    for name in times:
        found = _NUMBER.fullmatch(name)
        if found and int(found[1]) < number:
            shelf.remove(name)
    return Lease(shelf, number)


def _numbers(times: Mapping[str, datetime]) -> list[int]:
    return [int(name) for name in times if name.isdecimal()]


def _silence(shelf: Shelf, times: Mapping[str, datetime], number: int) -> float:
    """How long the holder of a number has not been heard of, by the server's clock [s]."""
    last = max(times[name] for name in (str(number), f"{number}.beat") if name in times)
    name = f"clock-{uuid4().hex}"
    shelf.put(name, b"")
    try:
        now = shelf.times().get(name, last)
    finally:
        shelf.remove(name)
    return (now - last).total_seconds()


def _holder() -> bytes:
    started = datetime.now(UTC).isoformat(timespec="seconds")
    told = {"pid": os.getpid(), "host": socket.gethostname(), "start": started}
    return json.dumps(told | {"name": uuid4().hex}).encode()


def _busy(shelf: Shelf, output: str) -> Problem:
    times = shelf.times()
    number = max(_numbers(times), default=0)
    try:
        holder = json.loads(shelf.read(str(number)) or b"")
        told = f"process {holder['pid']} on {holder['host']} since {holder['start']}"
        told += f", last heard of {_silence(shelf, times, number):.0f} s ago"
    except (ValueError, KeyError, TypeError):
        told = "it has just started"
    return Problem(
        f"another run holds the output ({told})",
        output,
        cure="wait for it to end, or use another --output; a run that was killed is taken over "
        f"when it has been silent for {SILENT_SECONDS:.0f} s (--wait {2 * SILENT_SECONDS:.0f})",
    )
