"""Which code computed a run: the package's version and a digest of its source."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from tradegains import __version__


@cache
def code_version() -> str:
    """Version and digest of the package's Python source, also from inside a zip.

    Only `.py` files count, so that a zip for `--py-files`, an installed wheel and a source tree
    with the same code give the same text.
    """
    digest = hashlib.sha256()
    for path, source in sorted(_sources(files("tradegains"), ""), key=lambda pair: pair[0]):
        content = source.read_bytes()
        digest.update(f"{path}\t{len(content)}\n".encode() + content)
    return f"{__version__}+{digest.hexdigest()[:12]}"


def _sources(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield f"{prefix}{entry.name}", entry
