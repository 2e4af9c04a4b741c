"""Ctrl-C and a scheduler's stop, while Sail's server runs in the process."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def keep_signals() -> None:
    """Take Ctrl-C back from the server, and end cleanly when a scheduler says stop.

    Sail's server stops itself at the first SIGINT, after which PySpark waits forever for an
    answer to its own request to cancel the query. A handler set through Python replaces Sail's.
    SIGTERM ends a Python process without the clean-up of temporary files, unless it is handled.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # Python sets handlers in its main thread only
    for number in (signal.SIGINT, signal.SIGTERM):
        chosen = signal.getsignal(number)
        if number == signal.SIGTERM and chosen is signal.SIG_DFL:
            chosen = _end
        if chosen is not None:  # None: set by a program that has Python inside
            signal.signal(number, chosen)


@contextmanager
def ending_cleanly() -> Iterator[None]:
    """Let a scheduler's stop and a closed terminal end what is inside with its clean-up.

    Python ends at once on SIGTERM and SIGHUP, and rows of establishments would stay on the disk.
    """
    handled = threading.current_thread() is threading.main_thread()
    numbers = (signal.SIGTERM, signal.SIGHUP) if handled else ()
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in ours:
            if signal.getsignal(number) is _end:
                signal.signal(number, signal.SIG_DFL)


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)
