"""Real servers on this machine, one command: are the digests those of one process?

    make cluster-check [UNDER='nice -n 10']

Standalone Spark, HDFS, YARN and an object store, fetched by name from Maven Central and PyPI; and
what happens when a server goes. Two stages run side by side, since those without Spark mostly wait.
A line per stage, with its seconds and memory; exit code 1 where one fails, or all take more than
is promised (15 minutes, 8 GB). What each stage said is under build/cluster/.
"""

import argparse
import shlex
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cold_process import Measured, ProgramFailedError, run_cold

ROOT = Path(__file__).parents[1]
LOGS = ROOT / "build" / "cluster"
MOST_SECONDS, MOST_MEMORY = 15 * 60, 8e9
TESTS = "tests/clusters"


@dataclass(frozen=True)
class Stage:
    """A part that can be run alone: its name, and what Python is given."""

    name: str
    words: tuple[str, ...]


def tests(name: str, *words: str) -> Stage:
    """A stage of tests; the engine that this process starts is the embedded one."""
    return Stage(name, ("-m", "pytest", "-p", "no:cacheprovider", *words))


COSTS = f"{TESTS}/check_costs.py::test_bytes_of_a_row_are_those_on_paper"
YEARS = f"{TESTS}/check_costs.py::test_a_year_later"
WITH_SPARK = (
    Stage("standalone", ("benchmarks/standalone_cluster.py",)),
    tests("YARN and S3 by spark-submit", f"{TESTS}/check_spark.py", COSTS),
)
WITHOUT = (
    tests("HDFS and S3, embedded engine", TESTS),
    tests("servers that refuse or go", f"{TESTS}/check_refusals.py", f"{TESTS}/check_faults.py"),
    tests("a year arrives on HDFS", YEARS),
)


def main() -> int:
    """Run what was asked for, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--under", default="", metavar="COMMAND", help="what runs each stage")
    parser.add_argument("--only", metavar="TEXT", default="", help="stages whose name has it")
    chosen = parser.parse_args()
    lanes = [
        [stage for stage in lane if chosen.only in stage.name] for lane in (WITH_SPARK, WITHOUT)
    ]
    began = time.monotonic()
    with ThreadPoolExecutor(len(lanes)) as threads:
        done = list(threads.map(lambda lane: run_lane(lane, shlex.split(chosen.under)), lanes))
    seconds = time.monotonic() - began
    memory = sum(max((each.memory for each in lane if each), default=0) for lane in done)
    print(f"{'all':<32}{seconds:>7.0f} s{memory / 1e9:>7.1f} GB")
    failed = any(each is None for lane in done for each in lane)
    return int(failed or seconds > MOST_SECONDS or memory > MOST_MEMORY)


def run_lane(lane: Sequence[Stage], under: Sequence[str]) -> list[Measured | None]:
    """Run stages one after the other; None for one that failed."""
    return [run_stage(stage, under) for stage in lane]


def run_stage(stage: Stage, under: Sequence[str]) -> Measured | None:
    """Run a stage and tell of it."""
    log = LOGS / f"{stage.name.replace(' ', '-').replace(',', '')}.txt"
    environment = {"TRADEGAINS_TEST_ENGINE": "embedded", "PYTHONPATH": f"{ROOT}/src:{ROOT}/tests"}
    try:
        done = run_cold([*under, sys.executable, *stage.words], log, environment)
    except ProgramFailedError as error:
        print(f"{stage.name:<32}failed ({error}): {log}\n{error.printed}", flush=True)
        return None
    print(f"{stage.name:<32}{done.seconds:>7.0f} s{done.memory / 1e9:>7.1f} GB", flush=True)
    return done


if __name__ == "__main__":
    sys.exit(main())
