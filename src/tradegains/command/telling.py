"""What a command says on the way, in the width of the terminal that it says it on."""

import logging
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from tradegains.progress import CLEAR


def folded(text: str, stream: TextIO) -> str:
    """A message in the width of the terminal; unchanged where a file or a program reads it."""
    if not stream.isatty():
        return text
    width = shutil.get_terminal_size().columns
    lines: list[str] = []
    for line in text.splitlines():
        indent = " " * (len(line) - len(line.lstrip(" -")) + 2)
        lines += textwrap.wrap(
            line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
    return "\n".join(lines)


class _WarningsShown(logging.Handler):
    """Warnings, above the line of the step that runs."""

    def emit(self, record: logging.LogRecord) -> None:
        start = CLEAR if sys.stderr.isatty() else ""
        print(f"{start}{folded(record.getMessage(), sys.stderr)}", file=sys.stderr, flush=True)


@contextmanager
def telling() -> Iterator[None]:
    """Show warnings of the package, where no program that calls this one has its own way."""
    log, told = logging.getLogger("tradegains"), _WarningsShown(logging.WARNING)
    if log.hasHandlers():
        yield
        return
    log.addHandler(told)
    try:
        yield
    finally:
        log.removeHandler(told)
