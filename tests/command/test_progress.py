"""Lines of steps, one after the other and side by side, as a terminal shows them."""

import io
import threading
import time

from tradegains import progress as shown
from tradegains.progress import Progress


class Terminal(io.StringIO):
    """A terminal that knows what it would show."""

    def isatty(self):
        return True

    def lines(self):
        return [line.split(shown.CLEAR)[-1] for line in self.getvalue().split("\n")]


def test_steps_side_by_side_leave_a_line_each_and_nothing_else(monkeypatch):
    monkeypatch.setattr(shown, "REFRESH_SECONDS", 0.001)
    terminal = Terminal()
    progress = Progress(terminal)

    def run(name, seconds):
        with progress.step(name) as step:
            time.sleep(seconds)
            step.rows = 1

    for _ in range(2):
        threads = [threading.Thread(target=run, args=(f"step {n}", n / 100)) for n in range(1, 5)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    run("last", 0.05)
    lines = terminal.lines()
    assert lines == [*(step.line() for step in progress.steps), ""]
    assert len(progress.steps) == 9
    drawn = terminal.getvalue()
    assert "step 1 (+" in drawn
    assert "last" in drawn.split(progress.steps[-1].line())[0].split("\n")[-1]


def test_one_thread_draws_and_ends_with_the_last_step(monkeypatch):
    monkeypatch.setattr(shown, "REFRESH_SECONDS", 0.01)
    progress = Progress(Terminal())

    def drawing():
        return sum(each.name == shown.DRAWING for each in threading.enumerate())

    with progress.step("outer"):
        for _ in range(5):
            with progress.step("inner"):
                assert drawing() == 1
    deadline = time.monotonic() + 30
    while drawing() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not drawing()


def test_a_stream_that_is_no_terminal_gets_lines_only():
    stream = io.StringIO()
    progress = Progress(stream)
    with progress.step("count") as step:
        step.rows = 1_000
    assert stream.getvalue() == f"{progress.steps[0].line()}\n"
