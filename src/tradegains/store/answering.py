"""Whether the stores behind a run's addresses still answer, while an engine reads them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, repeat
from threading import Event, Thread
from typing import Final
from urllib.parse import urlsplit

from tradegains.errors import StorageError
from tradegains.store import hadoop
from tradegains.store.locations import locate
from tradegains.store.remote_errors import connection_lost, is_gone, is_remote, remote_error

_LOOK_SECONDS: Final = 2.0
_AGAIN_SECONDS: Final = 1.0


class _StoreWatch:
    """A thread that asks stores whether they are there, and interrupts who waits for one."""

    def __init__(self, addresses: Collection[str], ways: Sequence[Callable[[], None]]) -> None:
        self._addresses = addresses
        self._ways = ways
        self._ended = Event()
        self.found: StorageError | None = None

    def start(self) -> None:
        # A daemon: no process waits for it where a store keeps it waiting as it ends.
        Thread(target=self._look, name="stores", daemon=True).start()

    def end(self) -> None:
        self._ended.set()

    def _look(self) -> None:
        while self.found is None:
            if self._ended.wait(_LOOK_SECONDS):
                return
            self.found = next(filter(None, map(unanswered, self._addresses)), None)
        # Steps side by side each have a query, and one may begin after the first interruption.
        for way in chain(self._ways, repeat(self._ways[-1])):
            with suppress(Exception):
                way()
            if self._ended.wait(_AGAIN_SECONDS):
                return


@contextmanager
def while_stores_answer(addresses: Iterable[str], *ways: Callable[[], None]) -> Iterator[None]:
    """Interrupt what an engine does once a store that it reads or writes is gone.

    Decision: a watch beside it. Sail tries an object store that keeps silent for three minutes, and
    waits for such a namenode without end; neither can be told to be less patient, and how long a
    query may take nobody knows.

    Args:
        addresses: of the folders that are read and written; those of this machine need no watch.
        ways: that make what the engine does fail, from another thread; the next one is gone if the
            one before did not suffice within a second, and the last again and again.

    Raises:
        StorageError: a store does not answer any more.
    """
    stores = {urlsplit(each)[:2]: each for each in addresses if is_remote(each)}
    if not stores:
        yield
        return
    watch = _StoreWatch(list(stores.values()), ways)
    watch.start()
    try:
        yield
    except Exception as error:
        if watch.found is not None and not isinstance(error, StorageError):
            raise watch.found from error
        raise
    finally:
        watch.end()


def unanswered(address: str) -> StorageError | None:
    """The error of a store that does not answer; None where it answers anything, a refusal too.

    An object store is asked three times within ten seconds, a namenode twice within eight: either
    may be busy for a moment.
    """
    if address.startswith("hdfs://") and hadoop.is_native():
        silent = not any(hadoop.answers(urlsplit(address).netloc) for _ in range(2))
        return connection_lost(address) if silent else None
    try:
        place = locate(address)
        place.system.get_file_info(place.path)
    except StorageError as error:
        return error if is_gone(error) else None
    except Exception as error:
        told = remote_error(error, address)
        return told if told is not None and is_gone(told) else None
    return None
