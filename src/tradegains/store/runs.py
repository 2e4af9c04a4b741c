"""Publication: many Delta tables become visible as one run, or not at all.

Delta is atomic for one table. So each table is written tagged with the `run_id`, read back and
compared with what was meant, and one commit to `runs` then publishes them all. Readers ask `runs`
first, so rows that a crash left behind are never seen, and a rerun writes the same rows over them.

`run_id` is a digest of study, inputs and code, not of the engine: the engines agree to 1e-12, not
to the last bit. A run that is already published and intact is therefore left alone, and the answer
says which tables came out with other digits; the first publication stands.

Readers compare what is on the disk with the digests in `runs`: a log that lost its last entry, a
file that another program wrote or a flipped bit would else be shown as what was published.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tradegains.errors import DamagedOutputError, EngineError, Problem, StudyError
from tradegains.store.arrow_tables import arrow_schema, conform, without_empty_columns
from tradegains.store.delta import DeltaStore
from tradegains.store.evolution import earlier_columns
from tradegains.store.judging import require_declared
from tradegains.store.scalars import arrow_scalar, arrow_texts
from tradegains.store.transaction_log import has_lost_log
from tradegains.store.verified import fact
from tradegains.tables.published import TABLES

# Sixteen hexadecimal digits: a chance meeting of two runs needs billions of them.
_RUN_ID_DIGITS = 16
ROW_DIGEST = "row_digest"
# A commit is mostly waiting: for files, and for the small jobs of Spark.
_TABLES_AT_ONCE = 4
# HDFS takes half a second to close a file.
_REMOTE_TABLES_AT_ONCE = 16


@dataclass(frozen=True)
class RunRecord:
    """What `runs` tells about a run besides its tables; `inputs` and `absent` are JSON."""

    study: str
    study_toml: str
    inputs: str
    input_digest: str
    code_version: str
    engine: str
    absent: str


@dataclass(frozen=True)
class PublishedTable:
    """A table of a published run: the Delta version that holds it, rows and content digest."""

    name: str
    version: int
    rows: int
    digest: str


@dataclass(frozen=True)
class Publication:
    """Outcome of `publish`.

    `new` is False when the run had been published before and nothing was written; `differing`
    names tables whose rows, computed again, are not the published ones to the last bit.
    """

    run_id: str
    new: bool
    tables: tuple[PublishedTable, ...]
    differing: tuple[str, ...]


def run_id(study_toml: str, input_digest: str, code_digest: str) -> str:
    """Name of a run: the same study, inputs and code that computes give the same one.

    Example:
        >>> run_id("[study]", "ab", "cd") == run_id("[study]", "ab", "ce")
        False
    """
    text = json.dumps([study_toml, input_digest, code_digest])
    return hashlib.sha256(text.encode()).hexdigest()[:_RUN_ID_DIGITS]


def content_digest(rows: pa.Table) -> str:
    """Digest of the rows as a set with repetitions, without their `run_id`.

    The same for any order of rows, chunks, files and writers. Floats count to the last bit, except
    that -0.0 is 0.0.

    Example:
        >>> a = pa.table({"x": [1.0, None], "y": ["a", "b"]})
        >>> content_digest(a) == content_digest(a.take([1, 0]))
        True
    """
    names = sorted(name for name in rows.column_names if name != "run_id")
    digest = hashlib.sha256(json.dumps(names).encode())
    if names and rows.num_rows:
        lines = _json_lines([_json_texts(rows.column(name)) for name in names])
        digest.update(b"\n")
        digest.update(memoryview(lines)[:-1])  # the last line has no end
    return digest.hexdigest()


def _json_lines(columns: Sequence[pa.ChunkedArray]) -> pa.Buffer:
    """Each row as a JSON list of its values, whose texts the columns have, in the lists' order.

    JSON is ASCII: Arrow's order, of bytes, is that of texts. No byte of it comes before the end of
    a line, which so moves no line.
    """
    long = pa.large_string()  # together they may be longer than 2 GB
    values = pc.binary_join_element_wise(*columns, arrow_scalar(", ")).cast(long)
    around = (arrow_scalar(each).cast(long) for each in ("[", "]\n", ""))
    begin, end, between = around
    lines = pc.binary_join_element_wise(begin, values, end, between).combine_chunks()
    return lines.take(pc.array_sort_indices(lines)).buffers()[2]


def _json_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The values as JSON writes them; a float is the whole number that its bits are.

    Arrow writes whole numbers as JSON does. Encoding row by row took half of a publication.
    """
    if pa.types.is_floating(column.type):
        # Adding 0.0 turns -0.0 into 0.0; there are many bit patterns that are not a number.
        values = pc.add(column.cast(pa.float64()), arrow_scalar(0.0))
        plain = pc.if_else(pc.is_nan(values), arrow_scalar(math.nan), values).combine_chunks()
        column = pa.chunked_array([plain.view(pa.int64())])
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        return column.cast(pa.string()).fill_null(arrow_scalar("null"))
    encode = json.JSONEncoder().encode
    if pa.types.is_string(column.type):
        # Few texts stand in many rows.
        known = column.combine_chunks().dictionary_encode()
        texts = arrow_texts([encode(text) for text in known.dictionary.to_pylist()])
        return pa.chunked_array([texts.take(known.indices)]).fill_null(arrow_scalar("null"))
    return pa.chunked_array([arrow_texts([encode(value) for value in column.to_pylist()])])


def publish(
    store: DeltaStore, run: str, record: RunRecord, tables: Mapping[str, pa.Table]
) -> Publication:
    """Write a run's tables, check them, and make them visible with one commit to `runs`.

    Tables of an earlier publication of the same run that are not among `tables` stay published.

    Raises:
        TradegainsError: rows are not as their table declares; nothing was written.
        EngineError: a commit failed, or a table does not read back as it was written. What was
            published before is untouched.
    """
    names = [name for name in TABLES if name in tables]
    # Arrow lets the other threads go on while it sorts and joins.
    with ThreadPoolExecutor(_TABLES_AT_ONCE) as threads:
        conformed = list(threads.map(lambda name: conform(name, tables[name], run), names))
        wanted = dict(zip(names, conformed, strict=True))
        require_declared(wanted)
        digests = dict(zip(names, threads.map(content_digest, conformed), strict=True))
    before = _tables_of(store, run)
    standing = {name: table for name, table in before.items() if is_intact(store, run, table)}

    def written(name: str) -> PublishedTable:
        there = standing.get(name)
        return there or _write(store, run, name, rows=wanted[name], digest=digests[name])

    is_remote = store.folder("runs") is None
    now = dict(zip(wanted, _in_threads(written, wanted, is_remote=is_remote), strict=True))
    together = {**standing, **now}
    published = {name: together[name] for name in TABLES if name in together}
    if published != before:
        # A power cut must not take rows that `runs` already tells of.
        store.settle([name for name in now if name not in standing], run)
        store.require_held()
        store.write("runs", _runs_row(run, record, tuple(published.values())), run)
        store.settle(["runs"], run)
    differing = tuple(name for name in wanted if digests[name] != now[name].digest)
    return Publication(run, published != before, tuple(published.values()), differing)


def _in_threads(
    write: Callable[[str], PublishedTable], names: Iterable[str], *, is_remote: bool
) -> list[PublishedTable]:
    """Write these tables, several at once; a failure keeps those not begun from beginning.

    Where a server is gone, each of those begun asks it several times and waits each time. They are
    left to it, so that the user hears of the first in time: what they still write is the same
    rows that a run after it writes, and nothing tells of them.
    """
    pool = ThreadPoolExecutor(_REMOTE_TABLES_AT_ONCE if is_remote else _TABLES_AT_ONCE)
    writing = [pool.submit(write, name) for name in names]
    try:
        ended, _ = wait(writing, return_when=FIRST_EXCEPTION)
        for each in writing:
            if each in ended:
                each.result()
        return [each.result() for each in writing]
    finally:
        pool.shutdown(wait=not is_remote, cancel_futures=True)


def _write(
    store: DeltaStore, run: str, name: str, *, rows: pa.Table, digest: str
) -> PublishedTable:
    there = store.version(name)
    if there is not None:
        # A run that crashed before its commit to `runs` may have left exactly these rows.
        meant = PublishedTable(name, there, rows.num_rows, digest)
        if is_intact(store, run, meant):
            return meant
    written = PublishedTable(name, store.write(name, rows, run), rows.num_rows, digest)
    found = store.read(name, run)
    if not found.equals(rows) and content_digest(found) != digest:
        raise EngineError(
            Problem(
                f"{name} does not read back as it was written",
                store.path(name),
                cure="run again: nothing was published; if it recurs, check the disk",
            )
        )
    return written


def damage(store: DeltaStore, run: str, table: PublishedTable) -> str | None:
    """How the rows on the disk differ from those a run published, in words; None while they do not.

    Columns that later versions added are no part of what the run published.
    """
    try:
        bytes_on_disk = store.fingerprint(table.name, run)
        known = fact(table.digest, bytes_on_disk) if bytes_on_disk else None
        if known and store.verified.knows(known):
            return None
        on_disk = store.schema(table.name)
        if on_disk is None:
            return "its folder or its log is missing"
        rows = store.stored(table.name, run)
    except EngineError as error:
        return "; ".join(problem.what for problem in error.problems)
    if rows.num_rows != table.rows:
        return f"{rows.num_rows:,} of its {table.rows:,} rows are there"
    if not is_published(rows, on_disk.names, table):
        return "its rows are not those that were published"
    if known:
        store.verified.note(known)
    return None


def is_published(rows: pa.Table, on_disk: list[str], table: PublishedTable) -> bool:
    """Whether rows are those that a run published, in the columns that it may have written.

    Those of sections that the run did not have may stand before those of later versions.
    """
    plain = without_empty_columns(table.name, rows)
    found = (*earlier_columns(plain, on_disk), *earlier_columns(rows, on_disk))
    return any(content_digest(each) == table.digest for each in found)


def is_intact(store: DeltaStore, run: str, table: PublishedTable) -> bool:
    """Whether the store now has the rows of a published table, to the last bit."""
    return damage(store, run, table) is None


def require_intact(store: DeltaStore, run: str, tables: Iterable[PublishedTable]) -> None:
    """Refuse tables whose rows are not those that a run published.

    Raises:
        DamagedOutputError: naming each of them, and what is wrong with it.
    """
    found = {table.name: damage(store, run, table) for table in tables}
    problems = [
        Problem(
            f"table {name} is not what run {run} published: {what}",
            store.path(name),
            cure="run its study again with the same --output, which mends it, or restore the "
            "folder from a copy; `tradegains verify` looks at every run",
        )
        for name, what in found.items()
        if what
    ]
    if problems:
        raise DamagedOutputError(problems)


def published_tables(row: Mapping[str, Any]) -> tuple[PublishedTable, ...]:
    """The tables of a row of `runs`; none where another version did not write them."""
    known = [field.name for field in fields(PublishedTable)]
    return tuple(
        PublishedTable(**{name: entry[name] for name in known}) for entry in row["tables"] or ()
    )


def _tables_of(store: DeltaStore, run: str) -> dict[str, PublishedTable]:
    rows = [row for row in store.read("runs", run).to_pylist() if is_sound(row)]
    return {table.name: table for row in rows for table in published_tables(row)}


def _runs_row(run: str, record: RunRecord, tables: tuple[PublishedTable, ...]) -> pa.Table:
    row = asdict(record) | {
        "run_id": run,
        "published_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "tables": [asdict(table) for table in tables],
    }
    row |= {ROW_DIGEST: row_digest(row)}
    return pa.Table.from_pylist([row], schema=arrow_schema("runs"))


def row_digest(row: Mapping[str, Any]) -> str:
    """Digest of a row of `runs`, without what is null in it and so may be of a later version.

    Example:
        >>> row_digest({"study": "a", "row_digest": "b"}) == row_digest({"study": "a", "new": None})
        True
    """
    said = {name: _said(value) for name, value in row.items() if name != ROW_DIGEST}
    told = {name: value for name, value in said.items() if value is not None}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _said(value: Any) -> Any:
    if isinstance(value, list):
        return [_said(each) for each in value]
    if isinstance(value, Mapping):
        return {name: each for name, each in value.items() if each is not None}
    return value


def is_sound(row: Mapping[str, Any]) -> bool:
    """Whether a row of `runs` is as it was published; of older versions nobody can tell."""
    return row.get(ROW_DIGEST) in (None, row_digest(row))


def published_runs(store: DeltaStore) -> pa.Table:
    """The published runs, the latest first: rows of the table `runs`.

    Raises:
        DamagedOutputError: a row is not as it was published.
    """
    rows = _latest_first(store)
    problems = [
        Problem(
            f"the row of run {row['run_id']} in runs is not what was published",
            store.path("runs"),
            cure="run its study again with the same --output, or take it out with tradegains "
            "retire, or restore the folder from a copy",
        )
        for row in rows.to_pylist()
        if not is_sound(row)
    ]
    if problems:
        raise DamagedOutputError(problems)
    return rows


def nothing_published(store: DeltaStore) -> Problem:
    """That no run is published; and, where tables hold rows all the same, what that may mean."""
    holding = [name for name in TABLES if name != "runs" and _has_files(store, name)]
    if not holding:
        cure = "run the study first (tradegains run), or correct --output"
        return Problem("no run is published", store.root, cure=cure)
    return Problem(
        "no run is published, but tables hold rows: the run that wrote them was stopped, or the "
        "table runs, which names what is published, was removed",
        store.path("runs"),
        len(holding),
        cure="run its study again with the same --output: it publishes the rows that are whole and "
        "computes the others; or restore the folder from a copy",
    )


def _has_files(store: DeltaStore, name: str) -> bool:
    folder = store.folder(name)
    return folder is not None and any(folder.glob("run_id=*/*.parquet"))


def sound_runs(store: DeltaStore) -> list[dict[str, Any]]:
    """Rows of `runs` as they were published, the latest first; a damaged one is no run."""
    return [row for row in _latest_first(store).to_pylist() if is_sound(row)]


def _latest_first(store: DeltaStore) -> pa.Table:
    folder = store.folder("runs")
    if folder is not None and has_lost_log(folder):
        raise DamagedOutputError(
            Problem(
                "the log of the table runs is missing",
                str(folder),
                cure="run any study with the same --output, which makes the table again from its "
                "files; or restore the folder from a copy",
            )
        )
    order = [("published_at", "descending"), ("run_id", "ascending")]
    return store.read("runs").sort_by(order)


def read_published(store: DeltaStore, table: str, run: str | None = None) -> pa.Table:
    """Rows of one table of a published run, the latest unless a run is named.

    Raises:
        StudyError: there is no such run or table, or nothing is published.
        DamagedOutputError: the rows on the disk are not those that the run published.
    """
    if table == "runs":
        return published_runs(store)
    runs = {row["run_id"]: row for row in published_runs(store).to_pylist()}
    if not runs:
        raise StudyError(nothing_published(store))
    chosen = next(iter(runs)) if run is None else run
    if chosen not in runs:
        known = ", ".join(list(runs)[:5])
        raise StudyError(
            Problem(f"run {chosen} is not published", store.root, cure=f"choose among {known}")
        )
    entries = {entry.name: entry for entry in published_tables(runs[chosen])}
    if table not in entries:
        raise StudyError(
            Problem(
                f"run {chosen} has no table {table!r}",
                store.root,
                cure=f"it has {', '.join(entries)}; `absent` in runs says why others are missing",
            )
        )
    return read_intact(store, chosen, entries[table])


def read_intact(store: DeltaStore, run: str, table: PublishedTable) -> pa.Table:
    """Rows of a table that a run is known to have published.

    Raises:
        DamagedOutputError: the rows on the disk are not those that the run published.
    """
    require_intact(store, run, [table])
    return store.read(table.name, run)
