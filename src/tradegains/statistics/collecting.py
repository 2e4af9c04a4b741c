"""Small results of the engine on the driver: in the same order always, and several at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from threading import Event, Lock
from typing import Any, Generic, TypeVar

import pyarrow as pa
from pyspark.sql import DataFrame

AT_ONCE = 4
"""Tasks that ask an engine side by side: each waits for it most of its time."""

Found = TypeVar("Found")
OtherFound = TypeVar("OtherFound")
_stopping: ContextVar[tuple[Event, ...]] = ContextVar("stopping", default=())


class StoppedError(Exception):
    """A task was given up because another one failed, or the run was stopped."""


def collect(frame: DataFrame) -> pa.Table:
    """Rows in any order, for sums that do not depend on it.

    Raises:
        StoppedError: the task that asks was given up.
    """
    if any(stopping.is_set() for stopping in _stopping.get()):
        raise StoppedError
    return _arrow(frame)


def _arrow(frame: DataFrame) -> pa.Table:
    """`frame.toArrow()`, on Connect without its first request, which plans the query for its types.

    That is 10 ms a query. The rows that come have these types already: PySpark has a step of its
    own that only fetches them, and where a version has it no more, `toArrow` is as good.
    """
    fetch = getattr(frame, "_to_table", None)
    return frame.toArrow() if fetch is None else fetch()[0]


def collect_in_order(frame: DataFrame) -> pa.Table:
    """Rows in ascending order of all columns, whichever task was ready first.

    Doubles that the driver adds up from them then have the same last bits in every run.

    Raises:
        StoppedError: the task that asks was given up.
    """
    rows = collect(frame)
    return rows.sort_by([(name, "ascending") for name in rows.column_names])


def compute_together(
    tasks: Sequence[Callable[[], Found]], *, at_once: int = AT_ONCE
) -> list[Found]:
    """What tasks return that do not need each other, in their order, computed in threads.

    So many `at_once`: fewer where each holds many rows.

    The first failure in that order is raised, so that it is the same in every run. It, and a stop
    of the run, gives the other tasks up: those that run end at their next query, as rows must not
    be written any more when the work folder is cleaned up. A task may itself have tasks computed
    together, which what ends it ends, too.

    Example:
        >>> compute_together([lambda: 1, lambda: 2])
        [1, 2]
    """
    stopping = Event()
    around = _stopping.get()

    def begin(task: Callable[[], Found]) -> Found:
        _stopping.set((*around, stopping))
        return task()

    with ThreadPoolExecutor(at_once) as threads:
        computing = [threads.submit(copy_context().run, begin, task) for task in tasks]
        try:
            return [each.result() for each in computing]
        except BaseException:
            stopping.set()
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def compute_both(
    first: Callable[[], Found], second: Callable[[], OtherFound]
) -> tuple[Found, OtherFound]:
    """What two tasks return, computed as `compute_together` does.

    Example:
        >>> compute_both(lambda: 1, lambda: "a")
        (1, 'a')
    """
    found: list[Any] = compute_together([first, second])
    return found[0], found[1]


class Once(Generic[Found]):
    """What several tasks need and the first of them computes, while the others wait for it.

    Example:
        >>> once = Once(lambda: print("computed") or 1)
        >>> once(), once()
        computed
        (1, 1)
    """

    def __init__(self, compute: Callable[[], Found]) -> None:
        self._compute = compute
        self._lock = Lock()
        self._found: list[Found] = []

    def __call__(self) -> Found:
        """It, computed at most once."""
        with self._lock:
            if not self._found:
                self._found.append(self._compute())
            return self._found[0]
