"""Progress of a run: one line per named step, and a live line on a terminal."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TextIO

log = logging.getLogger("tradegains")

BAR = "-\\|/"
REFRESH_SECONDS = 0.2


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
class Progress:
    """Prints and remembers the steps of a run; quiet when `stream` is None."""

    stream: TextIO | None = field(default_factory=lambda: sys.stderr)
    steps: list[Step] = field(default_factory=list)
    naming: Callable[[str], AbstractContextManager[object]] = nullcontext

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
        self.steps.append(step)
        log.info("%s", step.line())
        if self.stream is not None:
            print(step.line(), file=self.stream, flush=True)

    @contextmanager
    def _live(self, name: str, started: float) -> Iterator[None]:
        if self.stream is None or not self.stream.isatty():
            yield
            return
        ended = threading.Event()
        drawing = threading.Thread(
            target=_draw, args=(self.stream, name, started, ended), daemon=True
        )
        drawing.start()
        try:
            yield
        finally:
            ended.set()
            drawing.join()
            print("\r\x1b[K", end="", file=self.stream, flush=True)


def _draw(stream: TextIO, name: str, started: float, ended: threading.Event) -> None:
    turn = 0
    while not ended.wait(REFRESH_SECONDS):
        elapsed = time.monotonic() - started
        print(f"\r{BAR[turn % 4]} {name:<28}{elapsed:>5.1f} s", end="", file=stream, flush=True)
        turn += 1
