"""Progress of a run: one line per named step, and a live line on a terminal."""

import logging
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
DRAWING = "draw the steps that run"


@dataclass
class Step:
    """A named part of a run; `rows` is set by the code inside the step, if it counts any."""

    name: str
    seconds: float = 0.0
    rows: int | None = None

    def line(self) -> str:
        """The step in one line.

        Example:
            >>> Step("match establishments", 1.234, 665_000).line()
            'match establishments            1.2 s       665,000 rows'
        """
        rows = "" if self.rows is None else f"{self.rows:>14,} rows"
        return f"{self.name:<30}{self.seconds:>5.1f} s{rows}"


@dataclass
class _LiveLine:
    """The steps that run, on the last line of a terminal while they do."""

    running: list[tuple[str, float]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    is_drawn: bool = False

    @contextmanager
    def showing(self, name: str, started: float, stream: TextIO) -> Iterator[None]:
        """Have a step among those shown, one thread drawing for all."""
        step = (name, started)
        with self.lock:
            self.running.append(step)
            if not self.is_drawn:
                self.is_drawn = True
                threading.Thread(
                    target=self._draw, args=(stream,), name=DRAWING, daemon=True
                ).start()
        try:
            yield
        finally:
            with self.lock:
                self.running.remove(step)
                print(CLEAR, end="", file=stream, flush=True)

    def _draw(self, stream: TextIO) -> None:
        """Until no step runs: the one that runs longest, and how many run beside it."""
        for bar in cycle(BAR):
            time.sleep(REFRESH_SECONDS)
            with self.lock:
                if not self.running:
                    self.is_drawn = False
                    return
                name, started = self.running[0]
                others = len(self.running) - 1
                shown = f"{name} (+{others})" if others else name
                elapsed = time.monotonic() - started
                print(f"{CLEAR}{bar} {shown:<28}{elapsed:>5.1f} s", end="", file=stream, flush=True)

    def print_above(self, line: str, stream: TextIO) -> None:
        """A whole line, where the live one stands; that is drawn again below it."""
        start = CLEAR if self.running else ""
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

    def named_by(self, naming: Callable[[str], AbstractContextManager[object]]) -> "Progress":
        """The same progress, with the engine's jobs named after the steps."""
        return replace(self, naming=naming)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time a step; its line is printed when it ends without an error."""
        step, started = Step(name), time.monotonic()
        with self._live(name, started), self.naming(name):
            yield step
        step.seconds = time.monotonic() - started
        with self.live.lock:
            self.steps.append(step)
            log.info("%s", step.line())
            if self.stream is not None:
                self.live.print_above(step.line(), self.stream)

    def _live(self, name: str, started: float) -> AbstractContextManager[None]:
        if self.stream is None or not self.stream.isatty():
            return nullcontext()
        return self.live.showing(name, started, self.stream)
