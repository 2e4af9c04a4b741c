"""Sizes of memory: as they are written, and what an engine takes when none is stated."""

import contextlib
import os
import re
from pathlib import Path
from typing import Final

from tradegains.errors import Problem, StudyError

_MEMORY_SHARE: Final = 0.6  # of the machine's memory; the rest is for Python, Arrow and the system
_UNITS: Final = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def memory_bytes(text: str) -> int:
    """Return a memory size in bytes.

    Raises:
        StudyError: `text` is not a whole number with an optional k, m, g or t.

    Example:
        >>> memory_bytes("4g") == 4 * 1024**3
        True
    """
    match = re.fullmatch(r"(\d+)([kmgt]?)b?", text.strip().lower())
    if match is None or int(match[1]) == 0:
        raise StudyError(Problem(f"memory {text!r} is not a size", cure="write it like 4g or 800m"))
    return int(match[1]) * _UNITS.get(match[2], 1)


def default_memory() -> int:
    """Return the memory an engine takes when none is stated [bytes]."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [physical]
    for cgroup in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            limits.append(int(Path(cgroup).read_text()))
    return int(_MEMORY_SHARE * min(limits))
