"""What a row costs on two executors over HDFS, beside what docs/performance.md has on paper.

Minutes, so not part of the usual suite: `make cluster-check` runs it.
"""

import json
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from clusters.hadoop import MiniHadoop
from clusters.small_runs import put
from clusters.submitting import ROOT, SETTINGS, on_yarn, submit
from tradegains.store.locations import locate

sys.path.append(str(ROOT / "benchmarks"))
from censuses import Size, census_of, rows_read
from on_paper import cost_per_row
from scale import MEASURED, STUDY, steps_of

SIZES = (Size(1), Size(3, dense=True))  # what starts once is in both, and falls out
# As in the measurement behind the page: on two cores Spark makes four partitions.
AS_ON_ONE_MACHINE = {"spark.sql.shuffle.partitions": "4", "spark.sql.adaptive.enabled": "false"}
TOLERANCE = 0.10


def test_bytes_of_a_row_are_those_on_paper(
    yarn: MiniHadoop, zipped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = json.loads(MEASURED.read_text())
    found = [cost_of(yarn, zipped, size, tmp_path / size.name.replace(" ", "-")) for size in SIZES]
    for kind in ("shuffled", "written"):
        steps = paper[-1]["steps"]
        expected, here = (
            sum(getattr(cost_per_row(*runs, step), kind) for step in steps)
            for runs in (paper, found)
        )
        with capsys.disabled():
            print(f"bytes {kind} per row: {here:.2f} here, {expected:.2f} on paper")
        assert here == pytest.approx(expected, rel=TOLERANCE)


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
    return {"rows": rows_read(census), "steps": steps_of(read)}


def copy(census: Path, address: str) -> None:
    """Put the files of a census on HDFS, several at once, since each takes half a second."""
    place = locate(address)
    files = [file for file in census.glob("year=*/*.parquet") if file.is_file()]

    def send(file: Path) -> None:
        path = f"{place.path}/{file.relative_to(census).as_posix()}"
        put(place.system, path, file.read_bytes())

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(send, files))
