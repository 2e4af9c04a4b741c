"""The input manifest: what exactly a run read, file by file, and one digest of it all.

The digest depends on content and on the folder a file lies in (`year=1988` is part of the data),
not on where the census is, what its files are called, or when they were copied. Digests of files
that have not changed (same path, size, times and inode) come from a cache, so that a rerun is
quick.
"""

import contextlib
import hashlib
import json
import posixpath
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

import pyarrow as pa

from tradegains.errors import InputError, Problem
from tradegains.store.census import CensusFiles
from tradegains.store.census_checks import some_of
from tradegains.store.census_files import CensusFile, read_footers
from tradegains.store.listing import stamp_of
from tradegains.store.locations import Location
from tradegains.store.pages import page_problem
from tradegains.store.private import read_private, write_private
from tradegains.store.remote_errors import raise_if_remote
from tradegains.store.row_tables import row_table_files

# hashlib releases the interpreter's lock, so threads share the processors.
_HASH_THREADS = 8
_BLOCK = 1 << 22
_SETTLED_NS = 2_000_000_000


@dataclass(frozen=True)
class ManifestEntry:
    """One input file: which input it belongs to, its place there, and its content.

    `rows` and `schema` come from a Parquet footer and are None for a CSV file.
    """

    input: str
    path: str
    bytes: int
    rows: int | None
    schema: str | None
    sha256: str


@dataclass(frozen=True)
class InputFile:
    """A file that an engine reads: which input it belongs to, and where it is."""

    input: str
    place: Location
    file: CensusFile


def schema_fingerprint(schema: pa.Schema) -> str:
    """Digest of a file's column names, types and order, without its metadata.

    Example:
        >>> schema_fingerprint(pa.schema([("a", pa.int64())]))
        'fe2912a19c23b912'
    """
    text = "\n".join(f"{field.name}\t{field.type}" for field in schema)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def input_manifest(
    files: Sequence[InputFile],
    *,
    read: Iterable[ManifestEntry] = (),
    cache: Path | None = None,
) -> tuple[ManifestEntry, ...]:
    """The files a run reads, with their digests.

    Args:
        files: those that an engine will read, of the census first.
        read: entries of the small tables, whose bytes have been read already.
        cache: file that keeps digests between runs; None computes all of them.

    Raises:
        InputError: a file cannot be read to its end.
    """
    known = _read_cache(cache)
    with ThreadPoolExecutor(_HASH_THREADS) as threads:
        digests = list(threads.map(lambda file: _digest(file, known), files))
    problems = [digest for digest in digests if isinstance(digest, Problem)]
    if problems:
        raise InputError(problems)
    hashed = [(s, d) for s, d in zip(files, digests, strict=True) if isinstance(d, str)]
    if cache is not None:
        _write_cache(cache, known, hashed)
    entries = [_entry(source, digest) for source, digest in hashed]
    count = sum(file.input == "census" for file in files)
    return (*entries[:count], *sorted([*entries[count:], *read], key=lambda each: each.input))


def input_digest(manifest: Iterable[ManifestEntry]) -> str:
    """One digest of the manifest's content.

    Example:
        >>> entry = ManifestEntry("census", "year=1988/a.parquet", 10, 1, "s", "d")
        >>> moved = ManifestEntry("census", "year=1988/b.parquet", 10, 1, "s", "d")
        >>> input_digest([entry]) == input_digest([moved])
        True
    """
    content = sorted((e.input, posixpath.dirname(e.path), e.sha256) for e in manifest)
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def manifest_json(manifest: Iterable[ManifestEntry]) -> str:
    """The manifest as it is kept in `runs`."""
    return json.dumps([asdict(entry) for entry in manifest])


def require_unchanged(files: Iterable[InputFile]) -> None:
    """Refuse inputs whose files were changed or replaced since they were listed.

    Raises:
        InputError: naming the files; what was computed from them cannot be trusted.
    """
    changed = [
        each for each in files if stamp_of(each.place.system, each.file.absolute) != each.file.stamp
    ]
    _refuse_changed(changed)


def require_content(files: Sequence[InputFile], manifest: Iterable[ManifestEntry]) -> None:
    """Refuse inputs whose files, read once more, do not have the digests of the manifest.

    Raises:
        InputError: naming the files, or one that cannot be read to its end.
    """
    known = {(entry.input, entry.path): entry.sha256 for entry in manifest}
    with ThreadPoolExecutor(_HASH_THREADS) as threads:
        digests = list(threads.map(lambda file: _digest(file, {}), files))
    problems = [digest for digest in digests if isinstance(digest, Problem)]
    if problems:
        raise InputError(problems)
    _refuse_changed(
        [
            each
            for each, digest in zip(files, digests, strict=True)
            if known[each.input, each.file.path] != digest
        ]
    )


def _refuse_changed(changed: Sequence[InputFile]) -> None:
    if changed:
        inputs = " and ".join(dict.fromkeys(each.input for each in changed))
        raise InputError(
            Problem(
                f"files of {inputs} changed while the run was reading them",
                some_of([each.file.path for each in changed]),
                len(changed),
                cure="run again when nothing writes to them; nothing was published",
            )
        )


def row_files(census: CensusFiles, others: Mapping[str, str]) -> tuple[InputFile, ...]:
    """The files that an engine will read, as they are now.

    Args:
        census: the checked files of the study's years.
        others: name of the input -> path, of the tables with a row per establishment.

    Raises:
        InputError: a file does not exist or is no Parquet file.
    """
    found = [InputFile("census", census.place, file) for file in census.files]
    return (*found, *(each for name, path in others.items() for each in _files_of(name, path)))


def _files_of(name: str, path: str) -> Iterator[InputFile]:
    for each in row_table_files(name, path):
        file = CensusFile(
            path=each.path,
            absolute=each.place.path,
            uri=each.place.root,
            stamp=each.stamp,
            year=None,
        )
        yield InputFile(name, each.place, _with_parquet_footer(each.place, file))


def _with_parquet_footer(place: Location, file: CensusFile) -> CensusFile:
    if not file.path.lower().endswith(".parquet"):
        return file
    files, problems = read_footers(place, [file])
    if problems:
        raise InputError(problems)
    return files[0]


def _entry(source: InputFile, digest: str) -> ManifestEntry:
    file = source.file
    fingerprint = schema_fingerprint(file.schema) if file.schema.names else None
    rows = file.rows if file.schema.names else None
    return ManifestEntry(source.input, file.path, file.bytes, rows, fingerprint, digest)


def _digest(source: InputFile, known: Mapping[str, list[object]]) -> str | Problem:
    """Digest of a file's bytes; a problem if they cannot be read, or differ from its checksums."""
    file = source.file
    cached = known.get(file.uri)
    if isinstance(cached, list) and len(cached) == 5 and cached[:4] == [*astuple(file.stamp)]:
        return str(cached[4])
    digest = hashlib.sha256()
    try:
        with source.place.system.open_input_stream(file.absolute, compression=None) as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise_if_remote(error, file.uri)
        return Problem("the file cannot be read to its end", file.uri, cure="check the disk")
    damaged = page_problem(source.place, file.absolute) if file.schema.names else None
    return damaged or digest.hexdigest()


def _read_cache(cache: Path | None) -> dict[str, list[object]]:
    try:
        known = json.loads((cache and read_private(cache)) or "{}")
    except ValueError:
        # A cache that is absent or damaged costs time only.
        return {}
    return known if isinstance(known, dict) else {}


def _write_cache(
    cache: Path, known: Mapping[str, list[object]], hashed: Iterable[tuple[InputFile, str]]
) -> None:
    # A file written this very moment may change again without a new time.
    settled = time.time_ns() - _SETTLED_NS
    new = {
        source.file.uri: [*astuple(source.file.stamp), digest]
        for source, digest in hashed
        if source.file.stamp.settled_before(settled)
    }
    # Without it the next run takes longer, and nothing else.
    with contextlib.suppress(OSError):
        cache.parent.mkdir(parents=True, exist_ok=True)
        write_private(cache, json.dumps({**known, **new}))
