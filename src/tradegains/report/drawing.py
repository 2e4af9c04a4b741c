"""Figures drawn side by side, in processes that do nothing else and alone import Matplotlib.

Decision: a process is started anew, for a fork of this one would copy the locks that threads of an
engine hold. It imports Matplotlib once and then forks the others from itself, while nothing runs in
it. They are started before the run is read, so that they are ready when the first figure is known.
What another process cannot do is done here: so an error is the one that drawing here raises.
"""

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Pipe
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradegains.figures.style import Picture

Drawing = Callable[[], "Picture"]
Begin = Callable[[Drawing], Drawing]
"""Begins to draw; what it returns waits for the picture."""

MOST_PROCESSES = 4  # each takes 100 MB, and a report has a dozen figures
GRACE_SECONDS = 10


@contextmanager
def drawing_processes(processes: int | None = None) -> Iterator[Begin]:
    """Draw in so many processes, as many as there are cores when not given.

    With fewer than two of them every picture is drawn here, when it is asked for.

    Example:
        >>> with drawing_processes(1) as begin:
        ...     begin(lambda: "a picture")()
        'a picture'
    """
    wanted = min(cores(), MOST_PROCESSES) if processes is None else processes
    if wanted < 2 or not sys.executable:
        yield lambda drawing: drawing
        return
    pairs = [Pipe() for _ in range(wanted)]
    process = _started([theirs for _, theirs in pairs])
    idle: SimpleQueue[Connection] = SimpleQueue()
    for ours, theirs in pairs:
        theirs.close()
        idle.put(ours)
    waiting = ThreadPoolExecutor(wanted)

    def begin(drawing: Drawing) -> Drawing:
        picture = waiting.submit(_drawn, drawing, idle)
        return lambda: picture.result() or drawing()

    try:
        yield begin
    finally:
        waiting.shutdown(cancel_futures=True)
        for ours, _ in pairs:
            ours.close()
        if process:
            _end(process)


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def serve(descriptors: Sequence[int]) -> None:
    """Draw for each of these connections until it is closed; the body of the processes."""
    from tradegains.figures import style

    style.load_matplotlib()
    gc.disable()  # what a dozen figures leave behind is some ten megabytes
    first, *others = descriptors
    children = []
    for number, descriptor in enumerate(others, start=1):
        child = os.fork()
        if not child:
            # Whoever holds another's end would keep it open after that one has ended.
            for each in (first, *others[number:]):
                os.close(each)
            _serve(descriptor)
            os._exit(0)
        children.append(child)
        os.close(descriptor)
    _serve(first)
    for child in children:
        os.waitpid(child, 0)
    os._exit(0)  # without taking Matplotlib apart first


def _started(connections: Sequence[Connection]) -> subprocess.Popen[bytes] | None:
    """A new Python that finds what this one finds; None where none may be started."""
    descriptors = [each.fileno() for each in connections]
    code = (
        f"import sys; sys.path[:] = {[str(path) for path in sys.path]!r}; "
        f"from {__name__} import serve; serve({descriptors!r})"
    )
    with suppress(OSError):
        return subprocess.Popen(
            [sys.executable, "-c", code],
            # Threads of a library of linear algebra: nothing here needs them, and a fork has none.
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=descriptors,
            start_new_session=True,  # an interruption from the terminal is for this process alone
        )
    return None


def _serve(descriptor: int) -> None:
    """Answer every drawing with its picture, or with None where it fails."""
    with suppress(EOFError, OSError), Connection(descriptor) as connection:
        while True:
            asked = connection.recv_bytes()
            picture = None
            with suppress(Exception):
                picture = pickle.loads(asked)()
            connection.send(picture)


def _drawn(drawing: Drawing, idle: "SimpleQueue[Connection]") -> "Picture | None":
    """The picture by the next process that is idle; None where it cannot draw it."""
    connection = idle.get()
    try:
        with suppress(EOFError, OSError):
            connection.send(drawing)
            picture: Picture | None = connection.recv()
            return picture
    finally:
        idle.put(connection)
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for it: it ends when its connections are closed."""
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
