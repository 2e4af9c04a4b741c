"""Progress of a run: one line per named step, and a live line on a terminal.

Where the lines go to a file, a step that takes long is named while it runs, at intervals that
double, so that a log says what is being waited for and has few lines.
"""

import logging
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import TextIO

log = logging.getLogger("tradegains")

BAR = "-\\|/"
CLEAR = "\r\x1b[K"
REFRESH_SECONDS = 0.2
ASK_SECONDS = 1.0  # between questions to an engine, which has better things to do
FIRST_NOTICE_SECONDS = 20.0  # of a step whose line goes to a file
DRAWING = "draw the steps that run"


@dataclass
class Step:
    """A named part of a run; the code inside it sets `rows`, if it counts any, and `doing`.

    Both are shown while it runs, and `rows` when it has ended.
    """

    name: str
    seconds: float = 0.0
    rows: int | None = None
    doing: str = ""

    def line(self) -> str:
        """The step in one line.

        Example:
            >>> Step("match establishments", 1.234, 665_000).line()
            'match establishments            1.2 s       665,000 rows'
        """
        rows = "" if self.rows is None else f"{self.rows:>14,} rows"
        return f"{self.name:<30}{self.seconds:>5.1f} s{rows}"

    def running(self, seconds: float, *, others: int = 0, engine: str = "") -> str:
        """The step in one line while it runs, with others beside it and what the engine says.

        Example:
            >>> Step("convert", rows=200_000, doing="plants.dta").running(3.21)
            'convert                       3.2 s  200,000 rows, plants.dta'
        """
        shown = f"{self.name} (+{others})" if others else self.name
        rows = "" if self.rows is None else f"{self.rows:,} rows"
        told = ", ".join(each for each in (rows, engine, self.doing) if each)
        return f"{shown:<28}{seconds:>5.1f} s  {told}".rstrip()


@dataclass
class _LiveLine:
    """The steps that run, on the last line of a terminal while they do."""

    running: list[tuple[Step, float]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    is_drawn: bool = False
    engine: Callable[[], str] | None = None

    @contextmanager
    def showing(self, step: Step, started: float, stream: TextIO) -> Iterator[None]:
        """Have a step among those shown, one thread drawing for all."""
        shown = (step, started)
        with self.lock:
            self.running.append(shown)
            if not self.is_drawn:
                self.is_drawn = True
                threading.Thread(
                    target=self._draw if stream.isatty() else self._write,
                    args=(stream,),
                    name=DRAWING,
                    daemon=True,
                ).start()
        try:
            yield
        finally:
            with self.lock:
                self.running.remove(shown)
                if stream.isatty():
                    print(CLEAR, end="", file=stream, flush=True)

    def _draw(self, stream: TextIO) -> None:
        """Until no step runs: the one that runs longest, and how many run beside it."""
        told, asked = "", time.monotonic()
        for bar in cycle(BAR):
            time.sleep(REFRESH_SECONDS)
            if self.engine is not None and time.monotonic() - asked > ASK_SECONDS:
                told, asked = self.engine(), time.monotonic()
            with self.lock:
                if not self.running:
                    self.is_drawn = False
                    return
                step, started = self.running[0]
                line = step.running(
                    time.monotonic() - started, others=len(self.running) - 1, engine=told
                )
                line = line[: shutil.get_terminal_size().columns - 3]
                print(f"{CLEAR}{bar} {line}", end="", file=stream, flush=True)

    def _write(self, stream: TextIO) -> None:
        """Until no step runs: a line where one takes long, and again after twice the time."""
        noticed: dict[int, float] = {}
        while True:
            time.sleep(REFRESH_SECONDS)
            with self.lock:
                if not self.running:
                    self.is_drawn = False
                    return
                step, started = self.running[0]
                elapsed = time.monotonic() - started
                if elapsed >= noticed.get(id(step), FIRST_NOTICE_SECONDS):
                    noticed = {id(step): 2 * elapsed}
                    print(f"{step.running(elapsed)}, and it goes on", file=stream, flush=True)

    def print_above(self, line: str, stream: TextIO) -> None:
        """A whole line, where the live one stands; that is drawn again below it."""
        start = CLEAR if self.running and stream.isatty() else ""
        print(f"{start}{line}", file=stream, flush=True)


@dataclass
class Progress:
    """Prints and remembers the steps of a run; quiet when `stream` is None.

    Steps may run side by side, in threads: their seconds then overlap, and each is remembered when
    it has ended.
    """

    stream: TextIO | None = field(default_factory=lambda: sys.stderr)
    steps: list[Step] = field(default_factory=list)
    naming: Callable[[str], AbstractContextManager[object]] = nullcontext
    live: _LiveLine = field(default_factory=_LiveLine, repr=False)

    def named_by(
        self,
        naming: Callable[[str], AbstractContextManager[object]],
        engine: Callable[[], str] | None = None,
    ) -> "Progress":
        """The same progress, with the engine's jobs named after the steps, and what it tells."""
        self.live.engine = engine
        return replace(self, naming=naming)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time a step; its line is printed when it ends without an error."""
        step, started = Step(name), time.monotonic()
        with self._live(step, started), self.naming(name):
            yield step
        step.seconds = time.monotonic() - started
        with self.live.lock:
            self.steps.append(step)
            log.info("%s", step.line())
            if self.stream is not None:
                self.live.print_above(step.line(), self.stream)

    @contextmanager
    def waiting(self, name: str) -> Iterator[Step]:
        """Show a step while it runs and leave no line: of a command that does one thing."""
        step = Step(name)
        with self._live(step, time.monotonic()):
            yield step

    def _live(self, step: Step, started: float) -> AbstractContextManager[None]:
        if self.stream is None:
            return nullcontext()
        return self.live.showing(step, started, self.stream)
