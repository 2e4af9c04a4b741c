"""A large file is read in a process of its own, so that its rows are checked and written meanwhile.

Decision: pyreadstat makes an object of Python of every value and holds the interpreter while it
does, so that a thread of this process would wait for it. On ten million rows of ten columns from
Stata, converting takes half as long again without this, and no less processor time.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection

import pyarrow as pa

from tradegains import errors
from tradegains.convert.source import Source
from tradegains.errors import InputError, Problem, TradegainsError

LARGE_BYTES = 32 << 20
"""Files below are read before another Python has started."""
_ROWS, _END = b"r", b"e"


def read_beside(opening: Callable[[], Source]) -> Source:
    """The file that `opening` opens, read in another process where it is large.

    Args:
        opening: a function of a module with its arguments, which the other process calls too.
    """
    source = opening()
    if source.path.stat().st_size < LARGE_BYTES:
        return source
    return replace(source, chunks=partial(_chunks, source, opening))


def _chunks(source: Source, opening: Callable[[], Source]) -> Iterator[pa.Table]:
    """Chunks from the other process; from this one, where another does not so much as begin.

    Raises:
        TradegainsError: what the other process raised; or it ended before the file did.
    """
    ours, theirs = Pipe(duplex=False)
    with ours, _started(theirs, opening):
        kind = b""
        with suppress(EOFError, ConnectionResetError):
            while kind != _END:
                told = memoryview(ours.recv_bytes())
                kind = bytes(told[:1])
                if kind == _ROWS:
                    yield pa.ipc.open_stream(pa.py_buffer(told[1:])).read_all()
                else:
                    error, problems = pickle.loads(told[1:])
                    if problems:
                        raise getattr(errors, error)(problems)
    if kind == _ROWS:
        cure = "look whether memory ran out, and try again"
        what = "the process that read the file was ended by the system"
        raise InputError(Problem(what, str(source.path), cure=cure))
    if not kind:
        yield from source.chunks()


@contextmanager
def _started(connection: Connection, opening: Callable[[], Source]) -> Iterator[None]:
    """A new Python that finds what this one finds, ended with the block."""
    code = (
        f"import sys; sys.path[:] = {[str(path) for path in sys.path]!r}; "
        f"from {__name__} import hand_over; hand_over({connection.fileno()})"
    )
    process = None
    with connection, suppress(OSError):  # a system that lets nobody start another, or ends it
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[connection.fileno()],
            start_new_session=True,  # an interruption from the terminal is for this process alone
        )
        assert process.stdin is not None
        with process.stdin as asked:
            pickle.dump(opening, asked)
    try:
        yield
    finally:
        if process is not None:
            process.kill()
            process.wait()


def hand_over(descriptor: int) -> None:
    """Give the rows of the file that is asked for on the standard input; of the other process."""
    with suppress(BrokenPipeError), Connection(descriptor, readable=False) as connection:
        kind, problems = "", tuple[Problem, ...]()
        try:
            for chunk in pickle.load(sys.stdin.buffer)().chunks():
                sink = pa.BufferOutputStream()
                sink.write(_ROWS)
                with pa.ipc.new_stream(sink, chunk.schema) as stream:
                    stream.write_table(chunk)
                connection.send_bytes(sink.getvalue())
        except TradegainsError as error:
            kind, problems = type(error).__name__, error.problems
        connection.send_bytes(_END + pickle.dumps((kind, problems)))
    os._exit(0)  # without taking a frame of millions of objects apart
