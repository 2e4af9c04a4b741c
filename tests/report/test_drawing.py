"""Figures drawn in processes of their own: the same bytes, and nothing is lost with a process."""

import os
import pickle
import subprocess
import sys
from functools import partial

import pytest

from tradegains.figures.style import Picture
from tradegains.report import drawing
from tradegains.report.drawing import drawing_processes

HERE = Picture(b"drawn here", b"")


def picture_where(process: int) -> Picture:
    """A picture by the given process; any other one ends without a word."""
    if os.getpid() != process:
        os._exit(1)
    return HERE


def failing(text: str) -> Picture:
    raise ArithmeticError(text)


@pytest.fixture(scope="module")
def begin():
    with drawing_processes(2) as begin:
        yield begin


def test_other_processes_draw_the_same_bytes(begin, exhibits):
    """Python's hashes differ between processes; the pictures must not."""
    asked = [begin(exhibits[key].draw) for key in ("figure_5a", "figure_welfare")]
    drawn = [picture() for picture in asked]
    assert drawn == [exhibits[key].picture for key in ("figure_5a", "figure_welfare")]


def test_every_figure_can_be_sent(exhibits):
    for exhibit in exhibits.values():
        assert pickle.loads(pickle.dumps(exhibit.draw)).func is exhibit.draw.func


def test_an_error_of_a_drawing_comes_through(begin):
    with pytest.raises(ArithmeticError, match="no axis"):
        begin(partial(failing, "no axis"))()


def test_pictures_of_processes_that_ended_are_drawn_here():
    with drawing_processes(2) as begin:
        asked = [begin(partial(picture_where, os.getpid())) for _ in range(5)]
        assert [picture() for picture in asked] == [HERE] * 5


def test_without_a_second_core_or_a_new_process_everything_is_drawn_here(monkeypatch):
    monkeypatch.setattr(drawing, "cores", lambda: 1)
    with drawing_processes() as begin:
        assert begin(partial(picture_where, os.getpid()))() is HERE
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with drawing_processes(2) as begin:
        assert begin(partial(picture_where, os.getpid()))() is HERE


def test_the_command_writes_page_and_files_and_leaves_drawing_to_its_processes(output):
    script = (
        "import sys\n"
        "from tradegains.command.cli import main\n"
        "from tradegains.report import drawing\n"
        "drawing.cores = lambda: 2\n"
        f"assert main(['report', '--output', {str(output)!r}]) == 0\n"
        "heavy = {'matplotlib', 'pandas'}.intersection(sys.modules)\n"
        "assert not heavy, f'{heavy} in the process of the page'\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == str(output / "report" / "report.html")
    names = {path.name for path in (output / "report" / "figures").iterdir()}
    assert {"figure_5a.png", "figure_5a.svg", "figure_5a.csv", "figure_5a_line.csv"} <= names
    assert (output / "report/figures/figure_5a.png").read_bytes().startswith(b"\x89PNG")
