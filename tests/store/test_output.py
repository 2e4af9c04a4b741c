"""One run at a time holds an output; a run that was killed holds it no more."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tradegains.errors import OutputBusyError, StudyError
from tradegains.store import output
from tradegains.store.output import census_problems, hold_output, locate_output

PATIENCE = 60.0  # seconds a child process may take on a busy machine

HOLD = """
import sys, time
from tradegains.store.output import hold_output
with hold_output(sys.argv[1]):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def start_holder(folder: Path, seconds: float = PATIENCE) -> subprocess.Popen[str]:
    """Start another process that holds the output, and wait until it does."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_output_has_its_folders_and_tells_who_holds_it(tmp_path: Path) -> None:
    tmp_path = tmp_path / "not" / "made"
    with hold_output(str(tmp_path / "out")) as held:
        assert held.tables == f"{tmp_path}/out/tables"
        assert held.work == f"{tmp_path}/out/work"
        assert held.manifest_cache == tmp_path / "out/work/manifest_cache.json"
        assert Path(held.tables).is_dir()
        assert Path(held.work).is_dir()
        signed = json.loads((tmp_path / "out/.lock").read_text())
        assert signed["pid"] == os.getpid()
    assert (tmp_path / "out/.lock").read_text() == ""


def test_a_second_run_is_refused_by_name(tmp_path: Path) -> None:
    holder = start_holder(tmp_path)
    try:
        with pytest.raises(OutputBusyError) as busy, hold_output(str(tmp_path)):
            pass
    finally:
        holder.kill()
        holder.communicate()
    assert busy.value.exit_code == 5
    assert f"process {holder.pid} on " in str(busy.value)
    assert str(tmp_path) in str(busy.value)


def test_a_second_run_in_the_same_process_is_refused(tmp_path: Path) -> None:
    with hold_output(str(tmp_path)):
        with pytest.raises(OutputBusyError), hold_output(str(tmp_path)):
            pass
        assert json.loads((tmp_path / ".lock").read_text())["pid"] == os.getpid()


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    holder = start_holder(tmp_path)
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert json.loads((tmp_path / ".lock").read_text())["pid"] == holder.pid
    with hold_output(str(tmp_path)):
        assert json.loads((tmp_path / ".lock").read_text())["pid"] == os.getpid()


def test_waiting_for_another_run_to_end(tmp_path: Path) -> None:
    holder = start_holder(tmp_path, seconds=1)
    with hold_output(str(tmp_path), wait_seconds=PATIENCE):
        assert holder.wait(PATIENCE) == 0
    holder.communicate()


def test_waiting_ends(tmp_path: Path) -> None:
    with hold_output(str(tmp_path)):
        started = time.monotonic()
        with pytest.raises(OutputBusyError), hold_output(str(tmp_path), wait_seconds=0.3):
            pass
        assert time.monotonic() - started >= 0.3


def test_a_failure_inside_releases_the_output(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold_output(str(tmp_path)):
        raise ZeroDivisionError
    with hold_output(str(tmp_path)):
        pass


def test_a_holder_that_has_not_signed_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_sign", lambda _: None)
    with (
        hold_output(str(tmp_path)),
        pytest.raises(OutputBusyError, match="just started"),
        hold_output(str(tmp_path)),
    ):
        pass


@pytest.mark.parametrize("where", ["out", "out/tables", "out/.lock/x"])
def test_output_that_cannot_be_written_is_a_usage_error(tmp_path: Path, where: str) -> None:
    blocked = tmp_path / where
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("a file where a folder should be")
    with (
        pytest.raises(StudyError, match="cannot be written to") as refusal,
        hold_output(str(tmp_path / "out")),
    ):
        pass
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize(
    "name", ["circle", "n" * 300, "circle/below"], ids=["link", "long", "in it"]
)
def test_a_name_that_no_folder_can_have_is_a_usage_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    place = str(tmp_path / name)
    assert not list(census_problems(place, str(tmp_path / "census")))
    with pytest.raises(StudyError, match="cannot be written to"), hold_output(place):
        pass


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (os.fsdecode(b"caf\xe9"), r"'\\udce9', which Delta tables cannot"),
        ("hdfs:/user/me/out", "write hdfs://HOST/user/me/out;"),
        ("file:/data/out", "write /data/out;"),
        ("S3:bucket", "the address S3: lacks"),
    ],
)
def test_what_is_neither_path_nor_address_is_refused(given: str, said: str) -> None:
    with pytest.raises(StudyError, match=said):
        locate_output(given)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StudyError, match="cannot be written to"), hold_output(str(tmp_path)):
            pass
    finally:
        tmp_path.chmod(0o700)


def test_an_output_where_no_lease_is_known_is_held_by_nobody() -> None:
    with hold_output("gs://bucket/out/") as held, hold_output("gs://bucket/out") as again:
        assert held == again == locate_output("gs://bucket/out")
        assert (held.tables, held.manifest_cache) == ("gs://bucket/out/tables", None)


@pytest.mark.parametrize("odd", ["%", "?", "#", "[", "\\"])
def test_an_address_that_programs_read_in_several_ways_is_refused(odd: str) -> None:
    with pytest.raises(StudyError, match=r"path contains"):
        locate_output(f"s3://bucket/a{odd}b")


def test_tables_of_an_output_open_without_an_engine(tmp_path: Path) -> None:
    assert locate_output(str(tmp_path)).open_tables().version("runs") is None


@pytest.mark.parametrize(
    ("output", "census", "refused"),
    [
        ("census", "census", True),
        ("census/year=1990/results", "census", True),
        ("census/../census/results", "census", True),
        ("results", "census", False),
        ("census_results", "census", False),
        (".", "census", False),
        ("results", "hdfs://host/census", False),
        ("s3://bucket/results", "census", False),
        ("s3a://bucket/census/results", "s3://bucket/census/", True),
        ("s3://bucket/census-results", "s3://bucket/census", False),
    ],
)
def test_an_output_within_the_census_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, census: str, refused: bool
) -> None:
    (tmp_path / "census").mkdir()
    monkeypatch.chdir(tmp_path)
    assert bool(list(census_problems(output, census))) is refused
