"""What was published is what is shown: every kind of damage is refused by name, and mended."""

import contextlib
import json
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from tradegains.command.verify import verify_output
from tradegains.errors import DamagedOutputError, EngineError, StudyError
from tradegains.published.reading import list_runs
from tradegains.store import runs
from tradegains.store.arrow_tables import arrow_schema
from tradegains.store.cleaning import find_leftovers
from tradegains.store.delta import DeltaRs
from tradegains.store.mending import mend_logs, salvage
from tradegains.store.output import locate_output
from tradegains.store.runs import (
    RunRecord,
    publish,
    published_runs,
    published_tables,
    read_published,
)
from tradegains.store.transaction_log import files_of_run, log_damage
from tradegains.store.verified import Verified

from .conftest import QualityRows

RECORD = RunRecord("test", "[study]", "[]", "in", "0", "none", "{}")
RUNS = ("one", "two", "three")


@pytest.fixture
def store(tmp_path: Path, quality_rows: QualityRows) -> DeltaRs:
    """Return an output with three published runs of one table."""
    store = DeltaRs(str(tmp_path / "tables"))
    for position, run in enumerate(RUNS):
        rows = quality_rows(run, *range(position, position + 40))
        publish(store, run, RECORD, {"quality": rows})
    return store


def entry(store: DeltaRs, version: int) -> Path:
    return Path(store.path("quality"), "_delta_log", f"{version:020}.json")


def data_file(store: DeltaRs, run: str, name: str = "quality") -> Path:
    (path,) = Path(store.path(name), f"run_id={run}").glob("*.parquet")
    return path


def change_a_number(store: DeltaRs) -> None:
    rows = store.read("quality", "three")
    counts = [99, *rows["rows"].to_pylist()[1:]]
    store.write("quality", rows.set_column(4, "rows", pa.array(counts)), "three")


def change_the_file(store: DeltaRs) -> None:
    path = data_file(store, "three")
    rows = pq.ParquetFile(path).read()
    pq.write_table(rows.set_column(3, "rows", pa.array([7] * rows.num_rows)), path)


# What was done to the table `quality`, whose last commit (version 3) published run three.
DAMAGES: dict[str, Callable[[DeltaRs], object]] = {
    "folder missing": lambda store: shutil.rmtree(store.path("quality")),
    "log missing": lambda store: shutil.rmtree(entry(store, 0).parent),
    "last entry missing": lambda store: entry(store, 3).unlink(),
    "last entry empty": lambda store: entry(store, 3).write_text(""),
    "last entry cut off": lambda store: entry(store, 3).write_bytes(
        entry(store, 3).read_bytes()[:-40]
    ),
    "first entry missing": lambda store: entry(store, 0).unlink(),
    "middle entry missing": lambda store: entry(store, 2).unlink(),
    "first entry no commit": lambda store: entry(store, 0).write_text('{"adf": {}}\n'),
    "middle entry empty": lambda store: entry(store, 2).write_text(""),
    "data file missing": lambda store: data_file(store, "three").unlink(),
    "data file empty": lambda store: data_file(store, "three").write_text(""),
    "rows deleted": lambda store: DeltaTable(store.path("quality")).delete("run_id = 'three'"),
    "numbers overwritten": change_a_number,
    "file replaced": change_the_file,
}
FILE_LOST = ("folder missing", "data file missing", "data file empty", "file replaced")


@pytest.mark.parametrize("done", DAMAGES)
def test_damage_is_refused_by_name(store: DeltaRs, done: str) -> None:
    read_published(store, "quality", "three")
    DAMAGES[done](store)
    with pytest.raises(DamagedOutputError, match=r"table quality is not what run three") as refusal:
        read_published(store, "quality", "three")
    assert refusal.value.problems[0].where == store.path("quality")
    assert "run its study again" in refusal.value.problems[0].cure


@pytest.mark.parametrize("done", DAMAGES)
def test_a_run_notices_and_mends_its_own(
    store: DeltaRs, done: str, quality_rows: QualityRows
) -> None:
    before = {run: read_published(store, "quality", run) for run in RUNS}
    DAMAGES[done](store)
    mend_logs(store)
    publish(store, "three", RECORD, {"quality": quality_rows("three", *range(2, 42))})
    assert read_published(store, "quality", "three").equals(before["three"])
    if done not in ("folder missing", "log missing"):
        for run in RUNS:
            assert read_published(store, "quality", run).equals(before[run])


def salvaged(store: DeltaRs) -> dict[str, bool]:
    """By run, whether its table could be mended from files."""
    tables = {row["run_id"]: published_tables(row)[0] for row in published_runs(store).to_pylist()}
    return {run: salvage(store, run, table) for run, table in tables.items()}


@pytest.mark.parametrize("done", [done for done in DAMAGES if done not in FILE_LOST])
def test_what_the_files_still_hold_is_mended_without_computing(store: DeltaRs, done: str) -> None:
    before = {run: read_published(store, "quality", run) for run in RUNS}
    DAMAGES[done](store)
    mend_logs(store)
    assert all(salvaged(store).values())
    for run in RUNS:
        assert read_published(store, "quality", run).equals(before[run])


@pytest.mark.parametrize("done", FILE_LOST)
def test_what_is_lost_is_said_to_be_lost(store: DeltaRs, done: str) -> None:
    DAMAGES[done](store)
    lost = set(RUNS) if done == "folder missing" else {"three"}
    assert {run for run, whole in salvaged(store).items() if not whole} == lost


def test_a_flipped_bit_is_refused_or_changes_nothing(store: DeltaRs) -> None:
    path = data_file(store, "three")
    good, published = path.read_bytes(), read_published(store, "quality", "three")
    chance = random.Random(1988)
    outcomes = {"refused": 0, "same": 0}
    for _ in range(150):
        bad = bytearray(good)
        bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        path.write_bytes(bad)
        try:
            assert read_published(store, "quality", "three").equals(published)
            outcomes["same"] += 1
        except DamagedOutputError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 0, outcomes


@pytest.mark.parametrize("name", ["quality", "runs"])
def test_text_that_is_none_is_refused(store: DeltaRs, name: str) -> None:
    path = data_file(store, "three", name)
    rows = pq.ParquetFile(path).read()
    (text, *_) = [field.name for field in rows.schema if field.type == pa.string()]
    no_text = pa.array([b"caf\xe9"] * len(rows), pa.binary()).view(pa.string())
    pq.write_table(rows.set_column(rows.schema.get_field_index(text), text, no_text), path)
    with pytest.raises((DamagedOutputError, EngineError), match=r"cannot be read|not what run"):
        read_published(store, "quality", "three")


def test_an_empty_commit_to_runs_is_set_aside_and_its_run_published_again(
    store: DeltaRs, quality_rows: QualityRows
) -> None:
    last = Path(store.path("runs"), "_delta_log", f"{3:020}.json")
    last.write_text("")
    with pytest.raises(EngineError, match="entry 3 of its log is empty"):
        published_runs(store)
    assert mend_logs(store) == ["runs: its last commit was not on the disk and is set aside"]
    assert {row["run_id"] for row in published_runs(store).to_pylist()} == {"one", "two"}
    again = publish(store, "three", RECORD, {"quality": quality_rows("three", *range(2, 42))})
    assert again.new
    assert len(published_runs(store)) == 3


LOST: dict[str, Callable[[Path], object]] = {
    "folder of the log": lambda runs: shutil.rmtree(runs / "_delta_log"),
    "middle entry": lambda runs: (runs / "_delta_log" / f"{2:020}.json").unlink(),
    "first entry": lambda runs: (runs / "_delta_log" / f"{0:020}.json").write_text("{}"),
    "name of a file": lambda runs: change_a_name(runs / "_delta_log" / f"{2:020}.json"),
}


def change_a_name(entry: Path) -> None:
    entry.write_text(entry.read_text().replace('"path":"run_id', '"path":"run_ie'))


@pytest.mark.parametrize("lost", LOST)
def test_a_lost_log_of_runs_is_refused_and_made_again_from_its_files(
    store: DeltaRs, lost: str
) -> None:
    publish(store, "one", replace(RECORD, study="later"), {})  # nothing new, nothing written
    before = published_runs(store)
    LOST[lost](Path(store.path("runs")))
    with pytest.raises((EngineError, DamagedOutputError)):
        published_runs(store)
    assert mend_logs(store)[0].startswith("runs: its log was lost; rows of 3 runs")
    assert published_runs(store).equals(before)
    assert mend_logs(store) == []
    assert all(read_published(store, "quality", run).num_rows == 40 for run in RUNS)


@pytest.mark.parametrize("step", range(6))
def test_a_kill_while_runs_is_made_again_can_be_finished(
    store: DeltaRs, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, steps = published_runs(store), iter(range(100))
    shutil.rmtree(Path(store.path("runs"), "_delta_log"))

    def killed(function: Callable) -> Callable:
        def call(*given: object) -> object:
            if next(steps) == step:
                raise KeyboardInterrupt
            return function(*given)

        return call

    with monkeypatch.context() as patch:
        patch.setattr("tradegains.store.mending.os.replace", killed(os.replace))
        patch.setattr(DeltaRs, "write", killed(DeltaRs.write))
        try:
            mend_logs(store)
        except KeyboardInterrupt:
            mend_logs(store)
    assert published_runs(store).equals(before)
    assert not list(Path(store.root).glob(".damaged-making"))


def test_runs_made_again_is_on_the_disk_before_it_takes_its_place(
    store: DeltaRs, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(Path(store.path("runs"), "_delta_log"))
    done: list[tuple[str, Path]] = []
    move = os.replace

    def noted(source: Path, target: Path) -> None:
        done.append(("moved", Path(source)))
        move(source, target)

    settled = "tradegains.store.transaction_log._settle"
    monkeypatch.setattr(settled, lambda path: done.append(("settled", path)))
    monkeypatch.setattr("tradegains.store.mending.os.replace", noted)
    mend_logs(store)
    runs = Path(store.root, ".damaged-making", "runs")
    before = {path for what, path in done[: done.index(("moved", runs))] if what == "settled"}
    logs = {path for path in before if path.parent == runs / "_delta_log"}
    assert len(logs) == len(published_runs(store)) + 1, "the entry of each run, and the first"
    assert {path.parent.name for path in before if path.suffix == ".parquet"} == {
        f"run_id={run}" for run in published_runs(store)["run_id"].to_pylist()
    }


def flip_study(store: DeltaRs) -> None:
    """Write a row of `runs` whose study says another thing than was published."""
    row = {**store.read("runs", "two").to_pylist()[0], "study_toml": "[studi]"}
    store.write("runs", pa.Table.from_pylist([row], schema=arrow_schema("runs")), "two")


def test_a_folder_of_runs_that_is_gone_is_said_and_made_again(
    store: DeltaRs, tmp_path: Path, quality_rows: QualityRows
) -> None:
    before = read_published(store, "quality", "three")
    shutil.rmtree(store.path("runs"))
    for asked in (lambda: read_published(store, "quality"), lambda: list_runs(tmp_path)):
        with pytest.raises(StudyError, match="no run is published, but tables hold rows") as told:
            asked()
        assert told.value.problems[0].count == 1
        assert told.value.problems[0].where == store.path("runs")
        assert "run its study again" in told.value.problems[0].cure
    found = verify_output(str(tmp_path))
    assert list(found.damaged) == [("", "runs")]
    leftovers = find_leftovers(locate_output(str(tmp_path)), days=0.0)
    assert not leftovers.unpublished
    assert not leftovers.orphans
    publish(store, "three", RECORD, {"quality": quality_rows("three", *range(2, 42))})
    assert read_published(store, "quality", "three").equals(before)
    assert verify_output(str(tmp_path)).damaged == {}


def test_an_output_without_tables_has_no_run(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    assert verify_output(str(tmp_path)).damaged == {}
    with pytest.raises(StudyError, match=r"no run is published in"):
        list_runs(tmp_path)


@pytest.mark.parametrize("runs", [("three",), RUNS])
def test_a_lost_file_of_runs_is_mended_by_the_first_run(
    tmp_path: Path, quality_rows: QualityRows, runs: tuple[str, ...]
) -> None:
    store = DeltaRs(str(tmp_path / "tables"))
    for run in runs:
        publish(store, run, RECORD, {"quality": quality_rows(run, 1, 2)})
    (path,) = Path(store.path("runs"), "run_id=three").glob("*.parquet")
    path.unlink()
    assert len(mend_logs(store)) == 1
    left = [row["run_id"] for row in published_runs(store).to_pylist()]
    assert sorted(left) == sorted(set(runs) - {"three"})
    publish(store, "three", RECORD, {"quality": quality_rows("three", 1, 2)})
    assert len(published_runs(store)) == len(runs)


@pytest.mark.parametrize("other", ["welfare", "moments", "runs"])
def test_folders_under_each_others_names_are_put_back(store: DeltaRs, other: str) -> None:
    before = {run: read_published(store, "quality", run) for run in RUNS}
    if other != "runs":
        store.write(other, arrow_schema(other).empty_table(), "three")
    first, second = Path(store.path("quality")), Path(store.path(other))
    first.rename(first.with_name("passing"))
    if other != "moments":  # which is lost, and not swapped
        second.rename(first)
    else:
        shutil.rmtree(second)
    first.with_name("passing").rename(second)
    if other != "runs":
        with pytest.raises(DamagedOutputError):
            read_published(store, "quality", "three")
    told = mend_logs(store)
    assert len(told) == (1 if other == "moments" else 2)
    assert all("is put back" in line for line in told)
    for run in RUNS:
        assert read_published(store, "quality", run).equals(before[run])
    assert mend_logs(store) == []


def test_a_kill_while_folders_are_put_back_can_be_finished(
    store: DeltaRs, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_published(store, "quality", "three")
    first, second = Path(store.path("quality")), Path(store.path("runs"))
    first.rename(first.with_name("passing"))
    second.rename(first)
    first.with_name("passing").rename(second)
    real = os.replace
    for step in range(4):
        done = []

        def killed(source: Path, target: Path, step: int = step, done: list = done) -> None:
            if len(done) == step:
                raise KeyboardInterrupt
            real(source, target)
            done.append(source)

        monkeypatch.setattr(os, "replace", killed)
        with contextlib.suppress(KeyboardInterrupt):
            mend_logs(store)
    monkeypatch.undo()
    mend_logs(store)
    assert read_published(store, "quality", "three").equals(before)


def test_a_changed_row_of_runs_is_refused_and_mended_by_its_run(
    store: DeltaRs, quality_rows: QualityRows
) -> None:
    flip_study(store)
    with pytest.raises(DamagedOutputError, match="the row of run two in runs is not what was"):
        published_runs(store)
    again = publish(store, "two", RECORD, {"quality": quality_rows("two", *range(1, 41))})
    assert again.new
    assert {row["run_id"] for row in published_runs(store).to_pylist()} == set(RUNS)
    assert read_published(store, "runs")["study_toml"].to_pylist() == ["[study]"] * 3


def test_a_row_of_runs_that_cannot_be_read_hides_no_other(
    store: DeltaRs, quality_rows: QualityRows
) -> None:
    (path,) = Path(store.path("runs"), "run_id=two").glob("*.parquet")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(EngineError, match="cannot be read"):
        published_runs(store)
    assert mend_logs(store) == [
        "runs: the row of run two cannot be read; run its study again to publish it"
    ]
    assert {row["run_id"] for row in published_runs(store).to_pylist()} == {"one", "three"}
    publish(store, "two", RECORD, {"quality": quality_rows("two", *range(1, 41))})
    assert len(published_runs(store)) == 3


# --- remembering ---------------------------------------------------------------------------------


def test_what_was_looked_at_is_remembered_by_its_bytes(
    store: DeltaRs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "verified.json"
    store.verified = Verified(cache)
    read_published(store, "quality", "three")
    assert cache.stat().st_mode & 0o777 == 0o600
    with monkeypatch.context() as patch:
        patch.setattr(runs, "content_digest", _never)
        store.verified = Verified(cache)
        read_published(store, "quality", "three")
    change_the_file(store)
    with pytest.raises(DamagedOutputError):
        read_published(store, "quality", "three")


def _never(*_: object) -> None:
    raise AssertionError("looked at again")


@pytest.mark.parametrize("content", ["", "{", '{"a": 1}', "5", None])
def test_a_cache_that_cannot_be_used_costs_time_only(
    store: DeltaRs, tmp_path: Path, content: str | None
) -> None:
    cache = tmp_path / "none" / "verified.json"
    if content is not None:
        cache.parent.mkdir()
        cache.write_text(content)
    for _ in range(2):
        store.verified = Verified(cache)
        assert read_published(store, "quality", "three").num_rows == 40
    DAMAGES["rows deleted"](store)
    with pytest.raises(DamagedOutputError, match="0 of its 40 rows"):
        read_published(store, "quality", "three")


# --- on the disk before it is relied on ----------------------------------------------------------


def test_files_of_a_run_are_settled_before_runs_tells_of_them(
    tmp_path: Path, quality_rows: QualityRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, done = DeltaRs(str(tmp_path)), []
    monkeypatch.setattr("tradegains.store.transaction_log._settle", lambda path: done.append(path))
    replace = store._replace

    def noted(name: str, table: pa.Table, predicate: str) -> int:
        done.append(name)
        return replace(name, table, predicate)

    monkeypatch.setattr(store, "_replace", noted)
    publish(store, "one", RECORD, {"quality": quality_rows("one", 1)})
    commit = done.index("runs")
    quality, log = tmp_path / "quality", tmp_path / "quality/_delta_log"
    before, after = set(done[1:commit]), set(done[commit + 1 :])
    logged = {entry(store, 0), entry(store, 1)}  # the first made the table
    assert before >= {data_file(store, "one"), *logged, quality, log, tmp_path}
    runs = tmp_path / "runs"
    assert {runs / "_delta_log" / f"{version:020}.json" for version in (0, 1)} | {runs} <= after
    assert {path.parent.name for path in after} >= {"run_id=one"}


def test_files_of_a_run_are_found_behind_later_commits(store: DeltaRs) -> None:
    def found() -> list[str]:
        return [path.name for path in files_of_run(Path(store.path("quality")), "two")]

    rows = data_file(store, "two").name
    # The disk may lack what was written just now, and no entry is read without those before it.
    assert found() == [*(f"{version:020}.json" for version in (3, 2, 1, 0)), rows]
    for version in (0, 1, 2, 3):
        os.utime(entry(store, version), (0, 0))
    assert found() == [*(f"{version:020}.json" for version in (3, 2)), rows]


def test_a_log_with_a_checkpoint_needs_no_older_entries(store: DeltaRs) -> None:
    DeltaTable(store.path("quality")).create_checkpoint()
    names = {path.name for path in files_of_run(Path(store.path("quality")), "two")}
    assert names >= {"_last_checkpoint", f"{3:020}.checkpoint.parquet"}, "to be on the disk as well"
    for version in range(3):
        entry(store, version).unlink()
    assert log_damage(Path(store.path("quality"))) is None
    assert read_published(store, "quality", "two").num_rows == 40
    entry(store, 3).write_text("")
    assert json.loads(Path(store.path("quality"), "_delta_log/_last_checkpoint").read_text())
