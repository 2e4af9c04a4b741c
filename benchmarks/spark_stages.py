"""Where Spark's time goes on one machine, stage by stage, from its own event log.

    python benchmarks/spark_stages.py [--sizes 10] [--dense 10]

Runs the study once per size in a cold process, as the benchmark does, with Spark's event log on,
and records the stages of every step in benchmarks/measured/spark_stages.json for the page.
"""

import argparse
import json
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from censuses import Size, census_of, rows_read
from cold_process import run_cold
from run import BUILD, Program, steps_of

from tradegains.engines.java import java_environment

MEASURED = Path(__file__).with_name("measured") / "spark_stages.json"
NANO, MILLI, MB = 1e-9, 1e-3, 2**20
Stage = dict[str, Any]


def main() -> None:
    """Run every size and record it; earlier sizes that are not run again stay."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=float, nargs="*", default=[10.0], help="million rows")
    parser.add_argument("--dense", type=float, nargs="*", default=[10.0], help="million rows read")
    chosen = parser.parse_args()
    record = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    sizes = [*map(Size, chosen.sizes), *(Size(each, dense=True) for each in chosen.dense)]
    for size in sizes:
        record[size.name] = profile(census_of(size, BUILD))
        print(f"{size.name}: {json.dumps(record[size.name], indent=1)}")
    MEASURED.parent.mkdir(exist_ok=True)
    MEASURED.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def profile(census: Path) -> dict[str, Any]:
    """One cold run: whole seconds, seconds by step, and the stages that each step ran."""
    events, output = BUILD / "events", BUILD / "output" / "spark"
    for folder in (events, output):
        shutil.rmtree(folder, ignore_errors=True)
    events.mkdir(parents=True)
    environment = java_environment() | {"PYSPARK_SUBMIT_ARGS": submit_arguments(events)}
    command = Program("spark", is_ours=True).command(census, output)
    done = run_cold(command, BUILD / "logs" / "spark-stages.txt", environment)
    (log,) = events.iterdir()
    with log.open(encoding="utf-8") as lines:
        stages = stages_of(map(json.loads, lines))
    by_step: dict[str, list[Stage]] = defaultdict(list)
    for stage in stages:
        by_step[stage.pop("step")].append(stage)
    steps = [
        {
            "step": step,
            "seconds": seconds,
            "busy": covered((each["began"], each["ended"]) for each in by_step[step]),
            "stages": by_step[step],
        }
        for step, seconds in steps_of(done.printed).items()
    ]
    return {
        "rows": rows_read(census),
        "seconds": round(done.seconds, 1),
        "cpu_seconds": round(done.cpu_seconds, 1),
        "other_cores": round(done.other_cores, 2),
        "steps": steps,
    }


def submit_arguments(events: Path) -> str:
    """The environment's arguments to spark-submit that turn the event log on."""
    settings = {
        "enabled": "true",
        "dir": f"file://{events}",
        "compress": "false",
        "rolling.enabled": "false",
    }
    stated = " ".join(f"--conf spark.eventLog.{name}={value}" for name, value in settings.items())
    return f"{stated} pyspark-shell"


def stages_of(events: Iterable[dict[str, Any]]) -> list[Stage]:
    """Every stage that ran, in the order of its start, with the sums over its tasks.

    Times are in seconds since the application's start; `waiting` is the time that tasks were
    neither computing nor fetching: scheduling, deserialising and sending the result.
    """
    step_of: dict[int, str] = {}
    found: dict[int, Stage] = {}
    began = 0
    for event in events:
        match event["Event"]:
            case "SparkListenerApplicationStart":
                began = event["Timestamp"]
            case "SparkListenerJobStart":
                step = event.get("Properties", {}).get("spark.job.description") or "publish"
                # A stage that several jobs share is run by the first.
                for stage in event["Stage IDs"]:
                    step_of.setdefault(stage, step)
            case "SparkListenerStageSubmitted":
                number = event["Stage Info"]["Stage ID"]
                found[number] = defaultdict(float, step=step_of[number])
            case "SparkListenerTaskEnd" if event.get("Task Metrics"):
                _add(found[event["Stage ID"]], event["Task Info"], event["Task Metrics"])
            case "SparkListenerStageCompleted":
                info = event["Stage Info"]
                stage = found[info["Stage ID"]]
                stage["began"] = (info["Submission Time"] - began) * MILLI
                stage["ended"] = (info["Completion Time"] - began) * MILLI
    return sorted((_told(stage) for stage in found.values()), key=lambda stage: stage["began"])


def _add(stage: Stage, info: dict[str, Any], task: dict[str, Any]) -> None:
    whole = (info["Finish Time"] - info["Launch Time"]) * MILLI
    stage["tasks"] += 1
    stage["running"] += task["Executor Run Time"] * MILLI
    stage["core_seconds"] += task["Executor CPU Time"] * NANO
    stage["garbage"] += task["JVM GC Time"] * MILLI
    stage["waiting"] += max(0.0, whole - task["Executor Run Time"] * MILLI)
    stage["read"] += task["Input Metrics"]["Records Read"]
    stage["fetched"] += task["Shuffle Read Metrics"]["Local Bytes Read"] / MB
    stage["fetched"] += task["Shuffle Read Metrics"]["Remote Bytes Read"] / MB
    stage["shuffled"] += task["Shuffle Write Metrics"]["Shuffle Bytes Written"] / MB
    stage["written"] += task["Output Metrics"]["Bytes Written"] / MB
    stage["spilled"] += task["Disk Bytes Spilled"] / MB


def _told(stage: Stage) -> Stage:
    """A stage with what it did in words, its numbers rounded."""
    did = [
        *(["reads rows"] if stage["read"] else []),
        *(["reads the shuffle"] if stage["fetched"] else []),
        *(["writes the shuffle"] if stage["shuffled"] else []),
        *(["writes files"] if stage["written"] else []),
    ]
    numbers = {
        name: round(value, 3) for name, value in stage.items() if isinstance(value, int | float)
    }
    numbers["tasks"], numbers["read"] = int(stage["tasks"]), int(stage["read"])
    return {"step": stage["step"], "work": ", ".join(did) or "sends a small table"} | numbers


def covered(intervals: Iterable[Sequence[float]]) -> float:
    """Length of the union of intervals.

    Example:
        >>> covered([(0.0, 2.0), (1.0, 3.0), (5.0, 6.0)])
        4.0
    """
    total, reached = 0.0, float("-inf")
    for began, ended in sorted(intervals):
        total += max(0.0, ended - max(began, reached))
        reached = max(reached, ended)
    return round(total, 3)


if __name__ == "__main__":
    sys.exit(main())
