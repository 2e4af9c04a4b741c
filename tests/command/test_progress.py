"""Lines of steps, one after the other and side by side, as a terminal shows them."""

import ast
import io
import logging
import threading
import time
from contextlib import nullcontext
from pathlib import Path

from tradegains import command
from tradegains import progress as shown
from tradegains.command.telling import telling
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


def test_the_live_line_tells_rows_what_is_read_and_tasks_within_the_terminal(monkeypatch):
    monkeypatch.setattr(shown, "REFRESH_SECONDS", 0.001)
    monkeypatch.setattr(shown, "ASK_SECONDS", 0.0)
    monkeypatch.setenv("COLUMNS", "80")
    terminal = Terminal()
    progress = Progress(terminal)
    progress = progress.named_by(lambda name: nullcontext(), lambda: "12 of 400 tasks")
    with progress.step("convert") as step:
        step.rows, step.doing = 1_200, "plants.dta"
        wait_for(lambda: "tasks" in terminal.getvalue())
    line = "1,200 rows, 12 of 400 tasks, plants.dta"
    assert line in terminal.getvalue()
    with progress.step("convert") as step:
        step.doing = "x" * 200
        wait_for(lambda: "xxx" in terminal.getvalue())
    drawn = terminal.getvalue().replace("\n", shown.CLEAR).split(shown.CLEAR)
    assert max(map(len, drawn)) == 79  # the last column stays free, or terminals begin a line


def test_a_file_is_told_of_a_step_that_takes_long(monkeypatch):
    monkeypatch.setattr(shown, "REFRESH_SECONDS", 0.001)
    monkeypatch.setattr(shown, "FIRST_NOTICE_SECONDS", 0.02)
    stream = io.StringIO()
    with Progress(stream).step("start Spark"):
        time.sleep(0.2)
        wait_for(lambda: stream.getvalue().count("it goes on") >= 2)
    assert stream.getvalue().count("it goes on") <= 12  # not at each of 200 looks
    first, *_, last = stream.getvalue().splitlines()
    assert first.startswith("start Spark")
    assert last.startswith("start Spark")
    assert "it goes on" not in last


def test_a_command_that_does_one_thing_leaves_no_line(monkeypatch):
    monkeypatch.setattr(shown, "REFRESH_SECONDS", 0.001)
    terminal = Terminal()
    progress = Progress(terminal)
    with progress.waiting("verify"):
        wait_for(lambda: "verify" in terminal.getvalue())
    assert terminal.lines() == [""]


def wait_for(said):
    deadline = time.monotonic() + 30
    while not said() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert said()


def test_what_is_told_on_the_way_fits_the_terminal_and_is_whole_elsewhere(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(logging.getLogger("tradegains"), "propagate", False)  # pytest listens
    message = "the largest sales are below one in the money unit"
    said = []
    for stream in (Terminal(), io.StringIO()):
        monkeypatch.setattr("sys.stderr", stream)
        with telling():
            logging.getLogger("tradegains.inputs").warning("%s", message)
        logging.getLogger("tradegains.inputs").info("afterwards")
        said.append(stream.getvalue())
    folded = "the largest sales are below one in the\n  money unit"
    assert said == [f"{shown.CLEAR}{folded}\n", f"{message}\n"]


def test_nothing_is_printed_beside_a_line_that_is_drawn():
    """What a command prints under a step stands behind its live line, and the line comes again."""
    steps, beside = 0, []
    for path in sorted(Path(command.__file__).parent.glob("*.py")):
        for block in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            calls = [ast.unparse(item.context_expr) for item in getattr(block, "items", ())]
            if not any(".waiting(" in call or ".step(" in call for call in calls):
                continue
            steps += 1
            inside = [node for node in ast.walk(block) if isinstance(node, ast.Call)]
            beside += [
                f"{path.name}:{node.lineno}" for node in inside if ast.unparse(node.func) == "print"
            ]
    assert steps > 8
    assert beside == []
