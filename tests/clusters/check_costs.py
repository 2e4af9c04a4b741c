"""What a row costs on two executors over HDFS, beside what is on paper; and a year that arrives.

Minutes, so not part of the usual suite: `make cluster-check` runs it.
"""

import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from clusters.hadoop import MiniHadoop
from clusters.small_runs import digests, put
from clusters.submitting import ROOT, SETTINGS, on_yarn, submit
from tradegains.published.reading import list_runs
from tradegains.store.locations import locate

sys.path.append(str(ROOT / "benchmarks"))
from censuses import Size, census_of, rows_read
from on_paper import costs_of, total_cost
from scale import MEASURED, STUDY, steps_of

SIZES = (Size(1), Size(3, dense=True))  # what starts once is in both, and falls out
# As in the measurement behind the page: on two cores Spark makes four partitions.
AS_ON_ONE_MACHINE = {"spark.sql.shuffle.partitions": "4", "spark.sql.adaptive.enabled": "false"}
TOLERANCE = 0.10
RECORD = ROOT / "build" / "cluster" / "over_hdfs.json"  # for docs/performance.md, once it is copied


def test_bytes_of_a_row_are_those_on_paper(
    yarn: MiniHadoop, zipped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = json.loads(MEASURED.read_text())
    here = digests(local_run(zipped, SIZES[0], tmp_path))
    found = [cost_of(yarn, zipped, size, tmp_path / size.name.replace(" ", "-")) for size in SIZES]
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    assert digests(f"{yarn.address}/results-1M") == here
    steps = paper[-1]["steps"]
    expected, there = (total_cost(costs_of(runs, steps)) for runs in (paper, found))
    with capsys.disabled():
        print(f"bytes per row: {there} over HDFS, {expected} on paper")
    assert there.shuffled == pytest.approx(expected.shuffled, rel=TOLERANCE)
    assert there.written == pytest.approx(expected.written, rel=TOLERANCE)


def local_run(zipped: Path, size: Size, folder: Path) -> str:
    """The output of the study by Spark in one process, on this machine's disk."""
    output = f"{folder}/here"
    census = f"--input=census={census_of(size, ROOT / 'build' / 'benchmark')}"
    local = SETTINGS | {"spark.master": "local[2]"}
    told = submit(zipped, STUDY, f"--output={output}", census, options=local)
    assert told.returncode == 0, told.stdout + told.stderr
    return output


def test_a_year_later(
    hadoop: MiniHadoop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A study up to the newest year: run, run again, and run when the next year has arrived."""
    census = census_of(SIZES[0], ROOT / "build" / "benchmark")
    *earlier, newest = sorted(census.iterdir())
    stated = STUDY.read_text()
    for said, instead in (
        ("end = 1996", 'end = "latest"'),
        ("1980, 1988, 1996]", '1980, 1988, "latest"]'),
        ("figure_years = [1988, 1996]", "figure_years = [1988]"),
    ):
        assert said in stated
        stated = stated.replace(said, instead)
    study = tmp_path / "study.toml"
    study.write_text(stated)
    there, output = f"{hadoop.address}/growing", f"{hadoop.address}/yearly"
    seconds = {}
    for name, folders in (("first", earlier), ("again", []), ("a year later", [newest])):
        copy(census, there, folders)
        seconds[name], told = timed(study, f"--input=census={there}", f"--output={output}")
        assert ("is published already" in told) is (name == "again")
    runs = list_runs(output)
    assert [window_end(run) for run in runs] == [1996, 1995]
    here = tmp_path / "out"
    timed(study, f"--input=census={census}", f"--output={here}")
    assert digests(output) == digests(str(here))
    with capsys.disabled():
        print("seconds over HDFS, embedded: " + str(seconds))


def window_end(run: Mapping[str, Any]) -> int:
    ends = {window["name"]: window["end"] for window in tomllib.loads(run["study_toml"])["windows"]}
    return ends["post"]


def timed(*words: object) -> tuple[float, str]:
    """Seconds of a run by the command, and what it said."""
    began = time.monotonic()
    command = [sys.executable, "-m", "tradegains.command.cli", "run", *map(str, words)]
    ended = subprocess.run(command, capture_output=True, text=True, env=os.environ)
    assert ended.returncode == 0, ended.stderr
    return round(time.monotonic() - began, 1), ended.stdout + ended.stderr


def cost_of(yarn: MiniHadoop, zipped: Path, size: Size, folder: Path) -> Mapping[str, Any]:
    """What the steps of a run over HDFS used, by Spark's own log of its events."""
    census = census_of(size, ROOT / "build" / "benchmark")
    there = f"{yarn.address}/{folder.name}"
    copy(census, there)
    events = folder / "events"
    events.mkdir(parents=True)
    way = on_yarn(yarn, folder)
    log = {"enabled": "true", "dir": f"file://{events}", "compress": "false"}
    log["rolling.enabled"] = "false"
    way["options"] |= AS_ON_ONE_MACHINE | {f"spark.eventLog.{key}": log[key] for key in log}
    output = f"--output=hdfs:///results-{folder.name}"
    told = submit(zipped, STUDY, output, f"--input=census={there}", **way)
    assert told.returncode == 0, told.stdout + told.stderr
    (file,) = events.iterdir()
    with file.open(encoding="utf-8") as lines:
        read = [json.loads(line) for line in lines]
    executors = {event["Executor ID"] for event in read
                 if event["Event"] == "SparkListenerExecutorAdded"}  # fmt: skip
    assert len(executors) == int(SETTINGS["spark.executor.instances"])
    return {"size": size.name, "rows": rows_read(census), "steps": steps_of(read)}


def copy(census: Path, address: str, folders: Sequence[Path] | None = None) -> None:
    """Put the files of a census on HDFS, several at once, since each takes half a second.

    Args:
        census: its folder.
        address: of the folder there.
        folders: of the years that are wanted; all by default.
    """
    place = locate(address)
    years = sorted(census.iterdir()) if folders is None else folders
    files = [file for folder in years for file in folder.glob("*.parquet")]

    def send(file: Path) -> None:
        path = f"{place.path}/{file.relative_to(census).as_posix()}"
        put(place.system, path, file.read_bytes())

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(send, files))
