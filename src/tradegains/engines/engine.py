"""A running engine, and what it may take of the machine."""

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final, Literal

from pyspark.sql import SparkSession

from tradegains.engines.failures import meaning
from tradegains.engines.signals import keep_signals
from tradegains.errors import TradegainsError

if TYPE_CHECKING:
    from pyspark import SparkContext

PARTITIONS: Final = "spark.sql.shuffle.partitions"
_BATCHES: Final = "spark.sql.parquet.enableVectorizedReader"
_CANCELLED_AGAIN: Final = 3
_ROWS_PER_PARTITION: Final = 1_000_000  # a task holds 50 bytes of each while it matches

# PySpark looks up which of our lines made each column, to name it in error messages: on Spark five
# times the work of making it. No message of ours shows the line.
NO_CALL_SITES: Final = {"spark.python.sql.dataFrameDebugging.enabled": "false"}


@dataclass(frozen=True)
class Resources:
    """What an engine may take of this machine."""

    threads: int | None  # None: every core
    memory: int  # [bytes]
    scratch: Path | None  # None: the system's folder for temporary files

    @property
    def cores(self) -> int:
        """Threads that will run at once."""
        return self.threads or os.cpu_count() or 1


@dataclass(frozen=True)
class Engine:
    """A running engine: a session, its name and how to close it.

    Use it as a context manager; an engine left open is closed when the process ends.
    """

    name: Literal["embedded", "spark"]
    spark: SparkSession
    description: str
    log: Path | None = None
    scratch: Path | None = None
    rows_at_once: int | None = None  # that a hash of all establishments may hold; None: any
    partitions: int | None = None  # of a shuffle of cells, where we choose it; None: others did
    # How it brings the rows of an establishment together, as `match_establishments` has it. Spark
    # sorts, and writes to disk what its memory does not hold; Sail's sort takes six times its hash.
    merge_by: Literal["hash", "sort"] = "sort"
    is_in_process: bool = False  # its exp and ln are those of this process, to the last bit
    is_classic: bool = True  # it has a context, names its jobs and can read bucket by bucket
    _channel_close: Callable[[], None] = field(default=lambda: None, repr=False)
    _close: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, repr=False)
    _ended: Event = field(default_factory=Event, repr=False)
    _asked: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def parts_of(self, rows: int) -> int:
        """Return into how many parts so many census rows are cut to be matched in memory.

        Example:
            >>> Engine("embedded", None, "", rows_at_once=100).parts_of(250)
            3
        """
        return 1 if self.rows_at_once is None else max(1, -(-rows // self.rows_at_once))

    def describe(self) -> str:
        """Return the engine, its versions and its limits in one line."""
        return self.description

    def doing(self) -> str:
        """What the running jobs of Spark have done; empty where nothing can be told.

        Asked from a thread that only shows it: a failure means that the engine ends.
        """
        if not self.is_classic or self._ended.is_set():
            return ""
        with contextlib.suppress(Exception):
            tracker = self.spark.sparkContext.statusTracker()
            found = [tracker.getStageInfo(each) for each in tracker.getActiveStageIds()]
            stages = [each for each in found if each is not None]
            done = sum(each.numCompletedTasks for each in stages)
            if tasks := sum(each.numTasks for each in stages):
                return f"{done:,} of {tasks:,} tasks"
        return ""

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Name the jobs started inside, for Spark's web page; they can be stopped by Ctrl-C.

        Raises:
            EngineError: what happened inside is a failure of the engine that `meaning` knows.
        """
        try:
            with self._named(name):
                yield
        except TradegainsError:
            raise
        except Exception as error:
            told = meaning(error, self.scratch)
            if told is None:
                raise
            raise told from error

    @contextlib.contextmanager
    def _named(self, name: str) -> Iterator[None]:
        if not self.is_classic:
            # On a busy machine the server takes the signals only after its first answer.
            keep_signals()
            yield
            return
        context = self.spark.sparkContext
        context.setJobDescription(name)
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            raise  # which may have broken off the connection
        except BaseException:
            _take_name_away(context)
            raise
        _take_name_away(context)

    def interrupt(self) -> None:
        """Make every query that runs now fail; asked from another thread than theirs."""
        if self.is_classic:
            self.spark.sparkContext.cancelAllJobs()
        else:
            self.spark.interruptAll()

    def cut_off(self) -> None:
        """Make whatever is asked of the engine fail, for good.

        Nothing else ends a question about a plan, which is no query: it may wait for a store.
        Spark's jobs are cancelled a few times more before, since some may have begun after the
        others were, and a session that is left can be used again.
        """
        if self.is_classic and next(self._asked) < _CANCELLED_AGAIN:
            self.interrupt()
            return
        self._ended.set()
        self._channel_close()

    @contextlib.contextmanager
    def shuffling(self, rows: int) -> Iterator[None]:
        """Have partitions enough for a shuffle of so many rows, so that each fits the memory."""
        needed = -(-rows // _ROWS_PER_PARTITION)
        if self.partitions is None or needed <= self.partitions:
            yield
            return
        self.spark.conf.set(PARTITIONS, str(needed))
        try:
            yield
        finally:
            self.spark.conf.set(PARTITIONS, str(self.partitions))

    @contextlib.contextmanager
    def reading(self, *, one_by_one: bool) -> Iterator[None]:
        """Have Spark read Parquet row by row, where its reader of batches lacks an encoding."""
        if self.name != "spark" or not one_by_one:
            yield
            return
        before = self.spark.conf.get(_BATCHES, "true") or "true"
        self.spark.conf.set(_BATCHES, "false")
        try:
            yield
        finally:
            self.spark.conf.set(_BATCHES, before)

    @property
    def has_ended(self) -> bool:
        """Whether it was closed, or its session stopped by others."""
        return self._ended.is_set() or (self.is_classic and self.spark.sparkContext._jsc is None)

    def close(self) -> None:
        """Stop the engine and remove its temporary files; a second call does nothing."""
        self._ended.set()
        self._close.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _take_name_away(context: "SparkContext") -> None:
    # None takes it away, though PySpark says str.
    context.setJobDescription(None)  # type: ignore[arg-type]
