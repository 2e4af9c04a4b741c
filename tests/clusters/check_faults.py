"""What happens to servers in the middle of a publication, and several processes at one output.

Minutes, so not part of the usual suite: `make cluster-check` runs it.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from clusters.clocks import an_hour_ahead
from clusters.hadoop import MiniHadoop
from clusters.object_store import ObjectStore
from clusters.small_runs import digests
from clusters.submitting import upload
from small_study import write_small_study
from tradegains import pipeline
from tradegains.command import cli
from tradegains.engines.start import Engine
from tradegains.errors import OutputBusyError, StorageError
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.store import lease
from tradegains.store.delta import DeltaRs
from tradegains.store.lease import SILENT_SECONDS
from tradegains.store.output import hold_output, locate_output
from tradegains.study import read_study

pytestmark = pytest.mark.only("embedded")

SOON = 15.0  # seconds, within which a user hears what is wrong
AT_ONCE = 8
PUBLISH = """
import sys
import pyarrow as pa
from tradegains.store.delta import arrow_schema
from tradegains.store.output import hold_output
from tradegains.store.runs import RunRecord, publish
output, run = sys.argv[1:]
row = {"run_id": run, "rule": "missing_id", "year": 1990, "rows": 7, "action": "stop"}
schema = arrow_schema("quality")
rows = pa.Table.from_pylist([{field.name: row.get(field.name) for field in schema}], schema=schema)
with hold_output(output, wait_seconds=300) as held:
    record = RunRecord("race", "", "[]", "", "", "", "[]")
    print(publish(held.open_tables(), run, record, {"quality": rows}).new)
"""
HOLD = """
import sys, time
from tradegains.store.output import hold_output
with hold_output(sys.argv[1]):
    print("held", flush=True)
    time.sleep(600)
"""


READING = """
import sys
from tradegains import pipeline
from tradegains.command import cli
measure = pipeline._measure
def told(*rest, **named):
    print("reading", flush=True)
    sys.stdin.readline()
    return measure(*rest, **named)
pipeline._measure = told
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_small_study(tmp_path)


def interrupted(
    engine: Engine,
    study: Path,
    output: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    by: Callable[[], None],
) -> StorageError:
    """What a run tells when something happens before its fourth table; nothing is published."""
    written, lock = [], threading.Lock()
    replace, happened = DeltaRs._replace, []

    def counted(self: DeltaRs, name: str, *rest: object) -> int:
        with lock:
            written.append(name)
            if len(written) == 4:
                by()
                happened.append(time.monotonic())
        return replace(self, name, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(DeltaRs, "_replace", counted)
        with pytest.raises(StorageError) as told:
            run(engine, read_study(study), output=output, progress=Progress(None))
    assert time.monotonic() - happened[0] < SOON
    return told.value


def completes(engine: Engine, study: Path, output: str, local: str) -> None:
    """Nothing was published; a rerun publishes what a local run does.

    The run before may have had no way to let its lease go. How long that is waited for in earnest,
    the last test sees; here a part of it will do.
    """
    assert locate_output(output).open_tables().read("runs").num_rows == 0
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lease, "SILENT_SECONDS", SILENT_SECONDS / 4)
        done = run(
            engine, read_study(study), output=output, progress=Progress(None),
            wait_seconds=SILENT_SECONDS,
        )  # fmt: skip
    run(engine, read_study(study), output=local, progress=Progress(None))
    assert done.new
    assert digests(output) == digests(local)


def test_a_namenode_that_goes_and_returns(
    engine: Engine, hadoop: MiniHadoop, study: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    output = f"{hadoop.address}/gone"
    told = interrupted(engine, study, output, monkeypatch, by=hadoop.stop_namenode)
    assert hadoop.address in str(told)
    hadoop.start_namenode()
    completes(engine, study, output, str(tmp_path / "local"))


def test_a_namenode_that_goes_while_the_engine_reads(
    engine: Engine, hadoop: MiniHadoop, study: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    upload(study, f"{hadoop.address}/read/census")
    given = read_study(study, {"census": f"{hadoop.address}/read/census"})
    measure, output = pipeline._measure, str(tmp_path / "out")

    def without_namenode(*rest: Any, **named: Any) -> Any:
        hadoop.stop_namenode()
        return measure(*rest, **named)

    try:
        with monkeypatch.context() as patched:
            patched.setattr(pipeline, "_measure", without_namenode)
            began = time.monotonic()
            with pytest.raises(StorageError, match=f"refused in {hadoop.address}/read/census"):
                run(engine, given, output=output, progress=Progress(None))
            assert time.monotonic() - began < SOON
    finally:
        hadoop.start_namenode()
    assert run(engine, given, output=output, progress=Progress(None)).new


def test_a_namenode_that_falls_silent(
    engine: Engine, hadoop: MiniHadoop, study: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    output = f"{hadoop.address}/silent"
    try:
        told = interrupted(engine, study, output, monkeypatch, by=hadoop.pause)
    finally:
        hadoop.go_on()
    assert "the connection to the server was lost" in str(told)
    assert output in str(told)
    completes(engine, study, output, str(tmp_path / "local"))


@pytest.mark.parametrize("kind", ["hdfs", "s3"])
def test_a_store_that_falls_silent_while_the_engine_reads(
    hadoop: MiniHadoop, store: ObjectStore, study: Path, tmp_path: Path, kind: str
) -> None:
    address = {"hdfs": hadoop.address, "s3": store.address}[kind]
    census = f"{address}/reading/census"
    upload(study, census)
    command = ["run", str(study), "--output", str(tmp_path / "out"), f"--input=census={census}"]
    running = start(READING, *command)
    assert running.stdin is not None
    assert running.stdout is not None
    assert running.stdout.readline() == "reading\n"
    try:
        {"hdfs": hadoop.pause, "s3": lambda: store.behave(gone_after_puts=-1, silent=True)}[kind]()
        began = time.monotonic()
        _, told = running.communicate("go on\n", timeout=60)
        assert time.monotonic() - began < SOON
    finally:
        {"hdfs": hadoop.go_on, "s3": store.behave}[kind]()
        running.kill()
    assert running.returncode == 1
    assert f"the connection to the server was lost in {census}" in told
    assert cli.main([*command, "--quiet"]) == 0


def test_a_namenode_in_safe_mode(
    engine: Engine, hadoop: MiniHadoop, study: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    output = f"{hadoop.address}/safe"
    told = interrupted(engine, study, output, monkeypatch, by=lambda: hadoop.read_only(True))
    assert "in safe mode" in str(told)
    hadoop.read_only(False)
    completes(engine, study, output, str(tmp_path / "local"))


def test_a_quota_that_is_used_up(
    engine: Engine, hadoop: MiniHadoop, study: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    output = f"{hadoop.address}/limited-output"
    told = interrupted(
        engine, study, output, monkeypatch,
        by=lambda: hadoop.limit_space("/limited-output", 1000),
    )  # fmt: skip
    assert "quota of the folder is used up" in str(told)
    hadoop.limit_space("/limited-output", -1)
    completes(engine, study, output, str(tmp_path / "local"))


@pytest.mark.parametrize("silent", [False, True])
def test_an_object_store_that_goes_and_returns(
    engine: Engine, store: ObjectStore, study: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, silent: bool,
) -> None:  # fmt: skip
    output = f"{store.address}/gone-{silent}"
    try:
        told = interrupted(
            engine, study, output, monkeypatch,
            by=lambda: store.behave(gone_after_puts=3, silent=silent),
        )  # fmt: skip
    finally:
        store.behave()
    assert output in str(told)
    completes(engine, study, output, str(tmp_path / "local"))


def start(
    code: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | dict(environment or {}),
    )


@pytest.mark.parametrize("kind", ["hdfs", "s3"])
def test_processes_at_one_output(kind: str, request: pytest.FixtureRequest) -> None:
    """Four runs, two processes each, at once: every run is published, and once."""
    server = request.getfixturevalue("hadoop" if kind == "hdfs" else "store")
    output = f"{server.address}/race"
    names = [f"{number:016x}" for number in range(AT_ONCE // 2)]
    racing = [start(PUBLISH, output, name) for name in [*names, *names]]
    ended = [(*each.communicate(), each.returncode) for each in racing]
    assert [code for *_, code in ended] == [0] * AT_ONCE, ended
    assert sorted(out for out, *_ in ended) == ["False\n"] * 4 + ["True\n"] * 4
    tables = locate_output(output).open_tables()
    assert sorted(tables.read("runs")["run_id"].to_pylist()) == names
    assert sorted(tables.read("quality")["run_id"].to_pylist()) == names


@pytest.mark.parametrize("kind", ["hdfs", "s3"])
def test_a_holder_that_is_killed_is_taken_over(kind: str, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("hadoop" if kind == "hdfs" else "store")
    output = f"{server.address}/killed"
    # On HDFS the holder's clock is an hour ahead; an object store refuses whose is.
    holder = start(HOLD, output, environment=an_hour_ahead() if kind == "hdfs" else None)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    told = rf"process {holder.pid} on .*, last heard of \d s ago"
    with pytest.raises(OutputBusyError, match=told), hold_output(output):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with pytest.raises(OutputBusyError), hold_output(output):
        pass
    began = time.monotonic()
    with hold_output(output, wait_seconds=3 * SILENT_SECONDS):
        assert 0.8 * SILENT_SECONDS < time.monotonic() - began < 2 * SILENT_SECONDS
