"""Rows of establishments are their owner's alone, and what other users own is left alone."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from small_study import write_small_study
from tradegains.engines import scratch
from tradegains.errors import EngineError, StudyError
from tradegains.store.delta import DeltaRs
from tradegains.store.disk import told_of_full_disk
from tradegains.store.leftovers import IDS_IN_A_CYCLE, leftover_rows, sweep_rows
from tradegains.store.output import hold_output, locate_output
from tradegains.store.private import make_private, private_folder, read_private, write_private
from tradegains.store.row_tables import read_plant_products
from tradegains.store.verified import Verified
from tradegains.store.work import WorkFolder

from .conftest import QualityRows

RUN, OTHER_RUN = "0123456789abcdef", "fedcba9876543210"
SOMEBODY = 31_988  # a user id that nobody has
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of other users")


def modes(folder: Path) -> set[tuple[str, int]]:
    paths = [folder, *folder.rglob("*")]
    return {("folder" if p.is_dir() else "file", stat.S_IMODE(p.stat().st_mode)) for p in paths}


PRIVATE = {("folder", 0o700), ("file", 0o600)}


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_rows_are_private_whatever_the_umask(
    spark: SparkSession, tmp_path: Path, mask: int
) -> None:
    before = os.umask(mask)
    try:
        with hold_output(str(tmp_path / "out")) as held:
            work = WorkFolder(f"{held.work}/{RUN}")
            kept = work.keep(spark.range(3), "matched/0")
            work.keep_lines([1, 2], "ids.csv")
            write_private(Path(held.work, "manifest_cache.json"), "{}")
    finally:
        os.umask(before)
    assert modes(Path(held.work)) == PRIVATE
    assert kept.count() == 3


def test_a_work_folder_of_an_earlier_version_becomes_private(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir(mode=0o755)
    with hold_output(str(tmp_path)):
        assert modes(work) == {("folder", 0o700)}


def test_work_may_be_a_link_of_our_own_to_another_disk(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "work").symlink_to(tmp_path / "disk")
    with hold_output(str(tmp_path)) as held:
        assert held.work == f"{tmp_path}/work"
    assert modes(tmp_path / "disk") == {("folder", 0o700)}


@needs_root
def test_the_work_folder_of_another_user_is_left_alone_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    theirs = tmp_path / "work"
    (theirs / RUN / "matched").mkdir(parents=True)
    os.chown(theirs, SOMEBODY, SOMEBODY)
    with hold_output(str(tmp_path)) as held:
        assert held.work == f"{tmp_path}/work-0"
    assert (theirs / RUN / "matched").is_dir()
    assert f"another user's rows are left alone: {theirs}" in caplog.text
    shutil.rmtree(theirs)
    theirs.symlink_to(tmp_path)
    os.lchown(theirs, SOMEBODY, SOMEBODY)
    assert locate_output(str(tmp_path)).work == f"{tmp_path}/work-0"


def test_a_link_in_the_place_of_the_lock_is_refused_and_its_file_kept(tmp_path: Path) -> None:
    victim = tmp_path / "thesis.txt"
    victim.write_text("years of work")
    for make in (os.symlink, os.link):
        out = tmp_path / make.__name__
        out.mkdir()
        make(victim, out / ".lock")
        with pytest.raises(StudyError, match="cannot be written to"), hold_output(str(out)):
            pass
        assert victim.read_text() == "years of work"


def test_a_pipe_in_the_place_of_the_lock_does_not_stop_the_run(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".lock")
    with pytest.raises(StudyError, match="cannot be written to"), hold_output(str(tmp_path)):
        pass


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("kept")])
def test_what_is_no_file_of_ours_holds_nothing_up(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    """A cache is read, and written anew, whatever stands in its place."""
    kept, cache = tmp_path / "kept", tmp_path / "cache"
    kept.write_text('["a fact"]')
    assert read_private(kept) == '["a fact"]'
    assert Verified(kept).knows("a fact")
    make(cache)
    assert read_private(cache) is None
    assert not Verified(cache).knows("a fact")
    kept.write_bytes(b"\xff")
    assert read_private(kept) is None


@needs_root
def test_a_file_of_another_user_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("theirs")
    os.chown(tmp_path / "cache", SOMEBODY, SOMEBODY)
    assert read_private(tmp_path / "cache") is None


@needs_root
def test_the_lock_of_another_user_is_held_and_not_written_to(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    lock.write_text("theirs")
    os.chown(lock, SOMEBODY, SOMEBODY)
    with hold_output(str(tmp_path)):
        assert lock.read_text() == "theirs"
    assert lock.read_text() == "theirs"


# --- scratch -----------------------------------------------------------------------------------


@needs_root
@pytest.mark.parametrize("what", ["pipe", "link", "file"])
def test_the_scratch_of_another_user_is_left_alone(tmp_path: Path, what: str) -> None:
    folder, victim = tmp_path / "tradegains-engine-x", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("kept")
    lock = folder / "lock"
    {
        "pipe": lambda: os.mkfifo(lock),
        "link": lambda: lock.symlink_to(victim),
        "file": lambda: lock.write_text(""),
    }[what]()
    os.chown(folder, SOMEBODY, SOMEBODY)
    scratch._sweep(tmp_path)
    assert os.path.lexists(lock)
    assert victim.read_text() == "kept"


@pytest.mark.parametrize("what", ["pipe", "link"])
def test_an_odd_lock_in_a_scratch_of_our_own_stops_nothing(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "tradegains-engine-x"
    folder.mkdir()
    if what == "pipe":
        os.mkfifo(folder / "lock")
    else:
        (folder / "lock").symlink_to(tmp_path)
    started = time.monotonic()
    scratch._sweep(tmp_path)
    assert time.monotonic() - started < 5


# --- rows go -----------------------------------------------------------------------------------


def leave_rows(work: Path, run: str = RUN, *, days: float = 0) -> None:
    for name in ("matched", "exit_rows_pre", "quarantined", "duplicates"):
        path = work / run / name / "part.parquet"
        path.parent.mkdir(parents=True)
        path.write_text("rows")
        then = time.time() - days * 24 * 3600
        os.utime(path.parent, (then, then))


def left(work: Path) -> set[str]:
    return {path.parent.name for path in work.rglob("part.parquet")}


def test_the_next_run_of_any_study_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    work = tmp_path / "work"
    leave_rows(work)
    (work / "manifest_cache.json").write_text("{}")
    (work / "evidence").mkdir()
    with hold_output(str(tmp_path)):
        assert left(work) == {"quarantined", "duplicates"}
    assert (work / "manifest_cache.json").exists()
    assert (work / "evidence").is_dir()


def test_quarantined_rows_go_after_the_stated_time(tmp_path: Path) -> None:
    work = tmp_path / "work"
    leave_rows(work, days=8)
    leave_rows(work, OTHER_RUN, days=6)
    with hold_output(str(tmp_path), keep_days=7):
        assert left(work / OTHER_RUN) == {"quarantined", "duplicates"}
        assert not (work / RUN).exists()
    with hold_output(str(tmp_path), keep_days=0):
        assert not (work / OTHER_RUN).exists()


def test_ids_in_a_cycle_are_kept_as_long_as_quarantined_rows(tmp_path: Path) -> None:
    work = tmp_path / "work"
    leave_rows(work, days=8)
    ids = work / IDS_IN_A_CYCLE
    ids.write_text("id")
    then = time.time() - 8 * 24 * 3600
    os.utime(ids, (then, then))
    assert ids not in leftover_rows(work, keep_days=9)
    assert ids in leftover_rows(work, keep_days=7)


def test_folders_of_our_own_beside_the_work_folder_are_nobody_elses(tmp_path: Path) -> None:
    leave_rows(tmp_path / "work")
    (tmp_path / "work_of_mine").mkdir()
    (tmp_path / "works").write_text("a file")
    (tmp_path / "work_link").symlink_to(tmp_path / "work")
    assert list(sweep_rows(tmp_path / "work", keep_days=0)) == []
    assert (tmp_path / "work_of_mine").is_dir()


def test_a_link_among_the_rows_is_removed_and_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "elsewhere" / "file"
    kept.parent.mkdir()
    kept.write_text("kept")
    run = tmp_path / "work" / RUN
    run.mkdir(parents=True)
    (run / "matched").symlink_to(kept.parent)
    assert list(sweep_rows(run.parent, keep_days=30)) == []
    assert kept.read_text() == "kept"
    assert not run.exists()


@pytest.mark.only("embedded")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_stopped_run_leaves_no_matched_rows(tmp_path: Path, number: signal.Signals) -> None:
    code = (
        "import sys, time, signal\n"
        # A suite in the background hands down that it is deaf to some.
        "for each in (signal.SIGTERM, signal.SIGHUP):\n"
        "    signal.signal(each, signal.SIG_DFL)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from tradegains.command import cli\n"
        "from tradegains import pipeline\n"
        "def stop(*_, **__):\n"
        "    print('stopping', flush=True)\n"
        "    time.sleep(60)\n"
        "pipeline.publish_tables = stop\n"
        "measure = pipeline.measure\n"
        "def measured(*given, **named):\n"
        "    measure(*given, **named)\n"
        "    stop()\n"
        "pipeline.measure = measured\n"
        "sys.exit(cli.main(['run', 'study.toml', '--output', 'out', '--quiet']))\n"
    )
    write_small_study(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "stopping\n"
    assert list(tmp_path.glob("out/work/*/matched"))
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert list(tmp_path.glob("out/work/*/matched")) == []


# --- odd paths and full disks ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["50%", "a%20b", "back\\slash", "br[1]", "line\nend", "tab\t"])
def test_an_output_path_that_no_table_can_be_kept_under_is_refused(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(StudyError, match="path contains"), hold_output(str(tmp_path / name)):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["st*r", "q?", "{x}", "a b", "h#sh", "ünï", "'q'"])
def test_work_under_other_odd_paths_is_kept_and_read_alone(
    spark: SparkSession, tmp_path: Path, name: str
) -> None:
    for folder, rows in ((name, 3), (name.translate({42: "a", 63: "a"}) + "2", 5), ("star", 7)):
        kept = WorkFolder(str(tmp_path / folder / RUN)).keep(spark.range(rows), "matched")
        assert kept.count() == rows
    again = WorkFolder(str(tmp_path / name / RUN)).keep(spark.range(4), "matched")
    assert again.count() == 4


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_plant_products_are_read_from_the_file_that_was_named(
    spark: SparkSession, tmp_path: Path, suffix: str
) -> None:
    for folder, plant in (("prod [2015]", "a"), ("prod 2", "b")):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / f"plant?products.{suffix}"
        rows = spark.createDataFrame([(plant, "p")], "establishment_id string, product string")
        frame = rows.toPandas()
        frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    shutil.copy(path, path.with_name(f"plant1products.{suffix}"))
    named = tmp_path / "prod [2015]" / f"plant?products.{suffix}"
    (row,) = read_plant_products(spark, str(named), needs_value=False).collect()
    assert row.establishment_id == "a"


def test_a_full_disk_is_told_as_one(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="the disk is full"), told_of_full_disk(str(tmp_path)):
        raise RuntimeError("External error: IO error: No space left on device (os error 28)")
    with pytest.raises(RuntimeError), told_of_full_disk(str(tmp_path)):
        raise RuntimeError("something else")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of 2 MB, which only root can make."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)])
    if made.returncode:
        pytest.skip("no right to mount a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@needs_root
@pytest.mark.parametrize("free", [4, 40, 400, 1000])  # [KB]
def test_a_commit_to_a_full_disk_says_so_and_nothing_more(
    small_disk: Path, quality_rows: QualityRows, capfd: pytest.CaptureFixture, free: int
) -> None:
    store = DeltaRs(str(small_disk / "tables"))
    store.write("quality", quality_rows("one", 1), "one")
    available = os.statvfs(small_disk)
    room = available.f_bavail * available.f_frsize - (free << 10)
    (small_disk / "filler").write_bytes(b"x" * room)
    with pytest.raises(EngineError, match="the disk is full") as refusal:
        store.write("quality", quality_rows("two", *range(40)), "two")
    assert "free some space" in refusal.value.problems[0].cure
    with pytest.raises(EngineError, match="disk is full"), told_of_full_disk(str(small_disk)):
        raise RuntimeError("an engine's own words")
    assert capfd.readouterr().err == ""
    # Of two disks the full one is meant: that of the engine's temporary files is told elsewhere.
    output, full = str(small_disk.parent), RuntimeError("No space left on device (os error 28)")
    with pytest.raises(RuntimeError), told_of_full_disk(output, beside=small_disk):
        raise full
    with pytest.raises(EngineError), told_of_full_disk(str(small_disk), beside=small_disk.parent):
        raise full
    with pytest.raises(EngineError), told_of_full_disk(output, beside=small_disk.parent):
        raise full
    (small_disk / "filler").unlink()
    store.write("quality", quality_rows("two", 2), "two")
    assert sorted(store.read("quality")["rows"].to_pylist()) == [1, 2]


def test_folders_are_made_private_or_refused(tmp_path: Path) -> None:
    private_folder(tmp_path / "a" / "b")
    assert modes(tmp_path / "a" / "b") == {("folder", 0o700)}
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        private_folder(tmp_path / "file")
    (tmp_path / "open").mkdir(mode=0o777)
    (tmp_path / "open" / "file").touch(mode=0o666)
    make_private(tmp_path / "open")
    assert modes(tmp_path / "open") == PRIVATE
