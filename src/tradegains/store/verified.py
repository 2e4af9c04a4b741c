"""Which bytes on the disk are known to hold what a run published.

Computing the content digest of a table again takes as long as reading it a few times. So a reader
remembers, in a file under OUTPUT/work, which data files gave which digest, by the files' own
SHA-256: whoever changes a byte of them has them looked at again. Where that file cannot be read or
written, or is another user's, everything is looked at every time.
"""

import contextlib
import hashlib
import json
from pathlib import Path

from tradegains.store.private import read_private, write_private

_REMEMBERED = 5000


class Verified:
    """What was looked at before; `path` None remembers nothing."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: list[str] | None = None

    def knows(self, fact: str) -> bool:
        """Whether this was noted before."""
        return self._path is not None and fact in self._noted()

    def note(self, fact: str) -> None:
        """Remember it, if the folder lets us."""
        if self._path is None or fact in self._noted():
            return
        kept = [*self._noted(), fact][-_REMEMBERED:]
        self._known = kept
        with contextlib.suppress(OSError):
            write_private(self._path, json.dumps(kept))

    def _noted(self) -> list[str]:
        if self._known is None:
            self._known = _read(self._path)
        return self._known


NOTHING = Verified()
"""Remembers nothing: everything is looked at."""


def _read(path: Path | None) -> list[str]:
    try:
        known = json.loads((path and read_private(path)) or "[]")
    except ValueError:
        return []
    return known if isinstance(known, list) else []


def fact(*parts: str) -> str:
    """Name of a fact, from what it is about.

    Example:
        >>> fact("a", "b") == fact("ab")
        False
    """
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
