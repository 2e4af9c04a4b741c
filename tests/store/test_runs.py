"""Publication: all tables of a run or none, once, whatever happens on the way."""

import hashlib
import json
import math
import re
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count

import deltalake
import pyarrow as pa
import pytest
from deltalake.exceptions import CommitFailedError
from hypothesis import given
from hypothesis import strategies as st

from tradegains.errors import EngineError, Problem, StorageError, StudyError
from tradegains.store.arrow_tables import arrow_schema, without_empty_columns
from tradegains.store.delta import DeltaRs, DeltaStore
from tradegains.store.runs import (
    PublishedTable,
    RunRecord,
    _in_threads,
    content_digest,
    publish,
    published_runs,
    read_published,
    run_id,
)

from .conftest import QualityRows

RECORD = RunRecord(
    study="test",
    study_toml="[study]",
    inputs="[]",
    input_digest="in",
    code_version="0",
    engine="none",
    absent="{}",
)
TABLES = ("quality", "moments", "welfare")
COMMITS = len(TABLES) + 1
OTHERS = {
    "moments": {
        "year": 1988,
        "population": "all",
        "median_base": "pooled",
        "measure": "relative",
        "weighting": "employment",
        "establishments": 1,
        "employment": 1.0,
        "prices": "nominal",
    },
    "welfare": {
        "continuing": "both_ends",
        "restriction": "all",
        "imports": "table",
        "ids": "raw",
        "formula": "hloy",
        "scale": 1.0,
    },
}


class Crash(BaseException):
    """Not an Exception: nothing may catch it, as nothing catches the end of a process."""


@pytest.fixture
def tables(quality_rows: QualityRows) -> Callable[..., dict[str, pa.Table]]:
    """Return a function that makes the three tables of a run with some content."""

    def make(run: str, content: int) -> dict[str, pa.Table]:
        made = {"quality": quality_rows(run, content)}
        for name, row in OTHERS.items():
            row = row | {"run_id": run, "window": "pre", "level": "total", "note": str(content)}
            made[name] = pa.Table.from_pylist([row], schema=arrow_schema(name))
        return made

    return make


def state(store: DeltaStore) -> dict[str, dict[str, list]]:
    """Everything that a reader can see: the rows of every table of every published run."""
    seen = {}
    for row in published_runs(store).to_pylist():
        run = row["run_id"]
        seen[run] = {
            t["name"]: read_published(store, t["name"], run).to_pylist() for t in row["tables"]
        }
    return seen


def versions(store: DeltaStore) -> dict[str, int | None]:
    return {name: store.version(name) for name in (*TABLES, "runs")}


def crash_at(store: DeltaStore, commit: int, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the store end the process at its n-th commit, before or just after it."""
    original, counter = store._replace, count()

    def replace_rows(name: str, rows: pa.Table, predicate: str) -> int:
        number = next(counter)
        if number == commit and when == "before":
            raise Crash
        version = original(name, rows, predicate)
        if number == commit:
            raise Crash
        return version

    monkeypatch.setattr(store, "_replace", replace_rows)


# Publication is the same code over either writer, and a commit of Spark's takes a second: there
# one publication, its repetition and a crash are tested, and the writer's contract as a whole.
same_on_either = pytest.mark.only("embedded")

# --- one run after another --------------------------------------------------------------------


def test_published_rows_are_read_by_run_and_the_latest_by_default(
    store: DeltaStore, tables: Callable
) -> None:
    first = publish(store, "one", RECORD, tables("one", 1))
    publish(store, "two", replace(RECORD, study="other"), tables("two", 2))
    assert (first.new, first.differing) == (True, ())
    assert [t.name for t in first.tables] == ["quality", "moments", "welfare"]
    assert read_published(store, "quality")["rows"].to_pylist() == [2]
    assert read_published(store, "quality", "one")["rows"].to_pylist() == [1]
    latest, earlier = published_runs(store).to_pylist()
    assert (latest["run_id"], latest["study"]) == ("two", "other")
    assert earlier["tables"] == [vars(table) for table in first.tables]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", latest["published_at"])
    assert read_published(store, "runs").num_rows == 2


def test_the_same_run_again_publishes_nothing_twice(store: DeltaStore, tables: Callable) -> None:
    first = publish(store, "one", RECORD, tables("one", 1))
    before, at = versions(store), published_runs(store).to_pylist()
    again = publish(store, "one", RECORD, tables("one", 1))
    assert (again.new, again.tables, again.differing) == (False, first.tables, ())
    assert versions(store) == before
    assert published_runs(store).to_pylist() == at


@same_on_either
def test_other_digits_of_a_published_run_are_told_and_not_published(
    store: DeltaStore, tables: Callable, quality_rows: QualityRows
) -> None:
    publish(store, "one", RECORD, tables("one", 1))
    before = state(store)
    again = publish(store, "one", RECORD, tables("one", 1) | {"quality": quality_rows("one", 2)})
    assert (again.new, again.differing) == (False, ("quality",))
    assert state(store) == before


@same_on_either
def test_a_part_of_a_run_published_first_is_completed(store: DeltaStore, tables: Callable) -> None:
    part = {"moments": tables("one", 1)["moments"]}
    assert [t.name for t in publish(store, "one", RECORD, part).tables] == ["moments"]
    whole = publish(store, "one", RECORD, tables("one", 1))
    assert whole.new
    assert [t.name for t in whole.tables] == ["quality", "moments", "welfare"]
    assert published_runs(store).num_rows == 1
    assert not publish(store, "one", RECORD, part).new
    assert len(state(store)["one"]) == 3


@same_on_either
def test_a_published_table_that_was_damaged_is_mended(
    store: DeltaStore, tables: Callable, quality_rows: QualityRows
) -> None:
    publish(store, "one", RECORD, tables("one", 1))
    before = state(store)
    DeltaRs(store.root).write("quality", quality_rows("one", 99), "one")
    assert publish(store, "one", RECORD, tables("one", 1)).new
    assert state(store) == before


# --- failures ---------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("commit", range(COMMITS))
def test_a_crash_at_any_commit_leaves_what_was_published(
    tmp_path, tables: Callable, monkeypatch: pytest.MonkeyPatch, commit: int, when: str
) -> None:
    # One table after the other, so that the commits have an order.
    monkeypatch.setattr("tradegains.store.runs._TABLES_AT_ONCE", 1)
    store = DeltaRs(str(tmp_path))
    publish(store, "one", RECORD, tables("one", 1))
    before = state(store)
    with monkeypatch.context() as patch:
        crash_at(store, commit, when, patch)
        with pytest.raises(Crash):
            publish(store, "two", RECORD, tables("two", 2))
    last = commit == COMMITS - 1 and when == "after"
    assert (state(store) == before) is not last
    left = versions(store)
    assert publish(store, "two", RECORD, tables("two", 2)).new is not last
    assert state(store) == before | {"two": _expected(tables("two", 2))}
    # The tables that the crash left behind complete are not written a second time.
    done = commit + (when == "after")
    again = [versions(store)[n] - left[n] for n in (*TABLES, "runs")]
    assert again[:done] == [0] * done
    assert set(again) <= {0, 1}


def test_a_crash_on_this_engine_and_the_rerun(
    store: DeltaStore, tables: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        crash_at(store, COMMITS - 1, "before", patch)
        with pytest.raises(Crash):
            publish(store, "one", RECORD, tables("one", 1))
    assert state(store) == {}
    assert publish(store, "one", RECORD, tables("one", 1)).new
    assert state(store) == {"one": _expected(tables("one", 1))}


def test_rows_that_do_not_read_back_are_not_published(
    tmp_path, tables: Callable, quality_rows: QualityRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DeltaRs(str(tmp_path))
    original = store._replace

    def lose_a_row(name: str, rows: pa.Table, predicate: str) -> int:
        return original(name, rows.slice(1) if name == "moments" else rows, predicate)

    monkeypatch.setattr(store, "_replace", lose_a_row)
    with pytest.raises(EngineError, match="moments does not read back"):
        publish(store, "one", RECORD, tables("one", 1))
    assert state(store) == {}


def test_who_hears_of_a_server_that_is_gone_waits_for_no_other_table() -> None:
    begun, returned = [], threading.Event()

    def write(name: str) -> PublishedTable:
        begun.append(name)
        if name == "1":
            raise EngineError(Problem("gone"))
        returned.wait(5)
        return PublishedTable(name, 1, 0, "")

    names = [str(number) for number in range(40)]
    try:
        with pytest.raises(EngineError, match="gone"):
            _in_threads(write, names, is_remote=True)
        assert len(begun) < len(names)  # those not begun by then never are
    finally:
        returned.set()


def test_a_commit_that_was_waited_for_in_vain_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    def write(path: str, *_: object, **__: object) -> None:
        tried.append(path)
        raise CommitFailedError("error sending request: operation timed out")

    store = DeltaRs("s3://bucket/out/tables")
    monkeypatch.setattr(deltalake, "write_deltalake", write)
    monkeypatch.setattr(store, "_create", lambda *_: None)
    monkeypatch.setattr(store, "_changes", lambda *_: {})
    rows = arrow_schema("quality").empty_table()
    with pytest.raises(StorageError, match="the connection to the server was lost"):
        store._replace("quality", rows, "run_id = 'one'")
    assert tried == ["s3://bucket/out/tables/quality"]


def _expected(made: Mapping[str, pa.Table]) -> dict[str, list]:
    return {name: without_empty_columns(name, made[name]).to_pylist() for name in TABLES}


# --- readers ----------------------------------------------------------------------------------


def test_rows_without_a_run_are_never_seen(
    tmp_path, tables: Callable, quality_rows: QualityRows
) -> None:
    store = DeltaRs(str(tmp_path))
    store.write("quality", quality_rows("ghost", 1), "ghost")
    assert published_runs(store).num_rows == 0
    with pytest.raises(StudyError, match="no run is published"):
        read_published(store, "quality")
    publish(store, "one", RECORD, tables("one", 1))
    with pytest.raises(StudyError, match=r"run ghost is not published.*\n.*choose among one"):
        read_published(store, "quality", "ghost")
    with pytest.raises(StudyError, match=r"has no table 'demography'.*\n.*quality, moments"):
        read_published(store, "demography")


# --- names and digests ------------------------------------------------------------------------


def test_run_id_depends_on_study_inputs_and_code() -> None:
    base = ("[study]", "inputs", "code")
    assert run_id(*base) == run_id(*base)
    assert re.fullmatch(r"[0-9a-f]{16}", run_id(*base))
    others = {
        run_id(*(f"{part}!" if i == j else part for j, part in enumerate(base))) for i in range(3)
    }
    assert len(others | {run_id(*base)}) == 4
    assert run_id("ab", "c", "") != run_id("a", "bc", "")


ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.floats(), st.just(-0.0)),
        st.one_of(st.none(), st.text(max_size=2)),
        st.one_of(st.none(), st.integers(0, 2)),
    ),
    max_size=6,
)


def _table(rows: list[tuple], run: str = "a") -> pa.Table:
    schema = pa.schema([("x", pa.float64()), ("text", pa.string()), ("n", pa.int64())])
    named = [dict(zip(schema.names, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(named, schema=schema).append_column(
        "run_id", pa.array([run] * len(rows), pa.string())
    )


@given(ROWS, st.randoms(use_true_random=False))
def test_digest_ignores_order_chunks_columns_and_run(rows: list[tuple], random) -> None:
    shuffled = random.sample(rows, len(rows))
    chunked = pa.concat_tables([_table(shuffled[:2], "b"), _table(shuffled[2:], "b")])
    names = random.sample(chunked.column_names, 4)
    assert content_digest(chunked.select(names)) == content_digest(_table(rows))


@given(st.lists(st.tuples(
    st.one_of(st.none(), st.floats()), st.one_of(st.none(), st.text(max_size=4)),
    st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), st.one_of(st.none(), st.booleans()),
    st.one_of(st.none(), st.lists(st.text(max_size=2), max_size=2)),
), max_size=5))  # fmt: skip
def test_digest_is_that_of_rows_as_json(rows: list[tuple]) -> None:
    """What every published digest is of, row by row: a faster way must not move one."""

    def bits(number: float | None) -> int | None:
        if number is None:
            return None
        plain = math.nan if math.isnan(number) else number + 0.0
        return struct.unpack("=q", struct.pack("=d", plain))[0]

    types = [pa.float64(), pa.string(), pa.int64(), pa.bool_(), pa.list_(pa.string())]
    schema = pa.schema(zip("abcde", types, strict=True))
    table = pa.Table.from_pylist([dict(zip("abcde", row, strict=True)) for row in rows], schema)
    lines = sorted(json.dumps([bits(number), *others]) for number, *others in rows)
    text = "\n".join([json.dumps(list("abcde")), *lines])
    assert content_digest(table) == hashlib.sha256(text.encode()).hexdigest()
    chunks = pa.concat_tables([table.slice(3), table.slice(0, 3)])
    assert content_digest(chunks) == content_digest(table)


@given(ROWS, ROWS)
def test_digest_tells_any_two_contents_apart(left: list[tuple], right: list[tuple]) -> None:
    same = content_digest(_table(left)) == content_digest(_table(right))
    assert same == (sorted(map(_key, left)) == sorted(map(_key, right)))


@given(ROWS.filter(bool), st.data())
def test_digest_counts_every_row(rows: list[tuple], data: st.DataObject) -> None:
    chosen = data.draw(st.integers(0, len(rows) - 1))
    fewer, more = rows[:chosen] + rows[chosen + 1 :], [*rows, rows[chosen]]
    assert len({content_digest(_table(each)) for each in (fewer, rows, more)}) == 3


def _key(row: tuple) -> str:
    number, *others = row
    return repr([None if number is None else float.hex(number + 0.0), *others])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (0.1 + 0.2, 0.3),
        (None, math.nan),
        (None, 0.0),
        (math.inf, -math.inf),
        (1.0, math.nextafter(1.0, 2.0)),
    ],
)
def test_digest_sees_the_last_bit(left: float | None, right: float | None) -> None:
    digests = {content_digest(pa.table({"x": pa.array([x], pa.float64())})) for x in (left, right)}
    assert len(digests) == 2
    minus = content_digest(pa.table({"x": [-0.0]}))
    assert minus == content_digest(pa.table({"x": [0.0]}))


def test_digest_of_records_depends_on_their_content() -> None:
    entry = {"name": "a", "version": 1}
    one, two = pa.table({"t": [[entry]]}), pa.table({"t": [[entry | {"version": 2}]]})
    assert content_digest(one) != content_digest(two)
