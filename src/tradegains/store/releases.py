"""The ledger of releases: what left an output, kept beside it, for its owner's eyes alone.

    OUTPUT/work/releases/0001.json   what the first release let out, and so on

Each entry holds the digest of itself with that of the one before, so that an entry that was edited,
taken out or brought from elsewhere is noticed. The first names the output by its table of runs.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tradegains.errors import DisclosureError, Problem
from tradegains.store.output import Output
from tradegains.store.private import private_folder, write_private
from tradegains.store.transaction_log import LOG

FOLDER = "releases"
DIGEST, BEFORE, OF_OUTPUT = "digest", "before", "output"


def read_ledger(output: Output) -> list[dict[str, Any]]:
    """The releases so far, the first first.

    Raises:
        DisclosureError: an entry is not as it was written, or is of another output.
    """
    entries, before = [], ""
    for number, path in enumerate(sorted(_folder(output).glob("*.json")), start=1):
        entry = _read(path)
        if entry is None or path.name != _name(number) or entry.get(BEFORE) != before:
            raise DisclosureError(_broken(path, "the ledger of releases was changed"))
        if entry.get(DIGEST) != digest_of(entry):
            raise DisclosureError(_broken(path, "an entry of the ledger of releases was edited"))
        if entry.get(OF_OUTPUT) != identity(output):
            raise DisclosureError(_broken(path, "the ledger of releases is of another output"))
        entries.append(entry)
        before = entry[DIGEST]
    return entries


def add_to_ledger(
    output: Output, entries: Sequence[Mapping[str, Any]], said: Mapping[str, Any]
) -> Path:
    """Write a further entry; what it says is put with its place in the chain."""
    before = entries[-1][DIGEST] if entries else ""
    entry = {**said, BEFORE: before, OF_OUTPUT: identity(output)}
    entry[DIGEST] = digest_of(entry)
    private_folder(Path(output.work))
    private_folder(_folder(output))
    path = _folder(output) / _name(len(entries) + 1)
    write_private(path, json.dumps(entry, sort_keys=True))
    return path


def digest_of(entry: Mapping[str, Any]) -> str:
    """SHA-256 of all that an entry says but this.

    Example:
        >>> digest_of({"a": 1, "digest": "x"}) == digest_of({"a": 1})
        True
    """
    said = {name: value for name, value in entry.items() if name != DIGEST}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def identity(output: Output) -> str:
    """What tells an output from others: the first entry of the log of its table of runs."""
    first = Path(output.tables, "runs", LOG, f"{0:020d}.json")
    return hashlib.sha256(first.read_bytes()).hexdigest() if first.is_file() else ""


def _folder(output: Output) -> Path:
    return Path(output.work, FOLDER)


def _name(number: int) -> str:
    return f"{number:04d}.json"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _broken(path: Path, what: str) -> Problem:
    cure = "restore work/releases/ from a copy: without it nobody knows what has left before"
    return Problem(what, str(path), cure=cure)
