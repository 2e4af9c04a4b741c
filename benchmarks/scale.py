"""What a row costs on Spark, from Spark's own event log: the numbers of "On paper".

    python benchmarks/scale.py [--small 1] [--large 10]

Runs the study on a small census and on a dense one, each in a JVM of its own with two threads and a
heap of 4 GB, and records for each step the cores' seconds, the bytes shuffled and the memory of the
largest task in benchmarks/measured/scale.json. The costs of a row are the difference of the two
runs over the difference of their rows, so what starts once is left out.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from censuses import STUDY_YEARS, Size, census_of, rows_read

ROOT = Path(__file__).parents[1]
STUDY = Path(__file__).with_name("study.toml")
MEASURED = Path(__file__).with_name("measured") / "scale.json"
FOLDER = ROOT / "build" / "benchmark" / "scale"
THREADS, HEAP = 2, "4g"
NANO, MILLI = 1e-9, 1e-3


def main() -> None:
    """Run both sizes and record them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", type=float, default=1.0, help="million rows over 19 years")
    parser.add_argument("--large", type=float, default=10.0, help="million rows, all read")
    chosen = parser.parse_args()
    runs = []
    for size in (Size(chosen.small), Size(chosen.large, dense=True)):
        census = census_of(size, ROOT / "build" / "benchmark")
        folder = FOLDER / size.name.replace(" ", "-")
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "events").mkdir(parents=True)
        # A JVM of its own: what one run compiled must not serve the other.
        subprocess.run([sys.executable, "-c", RUN, census, folder, STUDY], check=True)
        (log,) = (folder / "events").iterdir()
        with log.open(encoding="utf-8") as lines:
            steps = steps_of(map(json.loads, lines))
        runs.append({"size": size.name, "rows": rows_read(census),
                     "column_bytes": column_bytes(census), "steps": steps})  # fmt: skip
        print(f"{size.name}: {json.dumps(steps, indent=1)}")
    MEASURED.parent.mkdir(exist_ok=True)
    MEASURED.write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")


def column_bytes(census: Path) -> int:
    """Compressed bytes of the columns that the study reads, by the footers of its years' files.

    Spark's own count of bytes read leaves out what its Parquet reader fetches in bulk.
    """
    columns = tomllib.loads(STUDY.read_text(encoding="utf-8"))["census"]["columns"]
    total = 0
    for file in (file for year in STUDY_YEARS for file in census.glob(f"year={year}/*.parquet")):
        footer = pq.read_metadata(file)
        groups = (footer.row_group(group) for group in range(footer.num_row_groups))
        chunks = (group.column(place) for group in groups for place in range(group.num_columns))
        total += sum(
            chunk.total_compressed_size
            for chunk in chunks
            if chunk.path_in_schema in columns.values()
        )
    return total


RUN = f"""
import sys
from tradegains.engines.java import java_environment
from tradegains.pipeline import run
from tradegains.engines.start import start_engine
from tradegains.study import read_study

census, folder, study = sys.argv[1:]
settings = {{
    "spark.eventLog.enabled": "true",
    "spark.eventLog.dir": f"file://{{folder}}/events",
    "spark.eventLog.compress": "false",
    "spark.eventLog.rolling.enabled": "false",
}}
with start_engine("spark", threads={THREADS}, memory="{HEAP}", settings=settings) as engine:
    run(engine, read_study(study, {{"census": census}}), output=f"{{folder}}/output")
"""


def steps_of(events: Iterable[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Use by step of the run: sums over its tasks, and the largest task's memory.

    Keys: core_seconds (computing and collecting garbage), shuffled, written and spilled [bytes],
    task_memory [bytes] and task_rows, of the task with the most memory.
    """
    step_of_stage: dict[int, str] = {}
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for event in events:
        if event["Event"] == "SparkListenerJobStart":
            step = event.get("Properties", {}).get("spark.job.description") or "publish"
            # A stage that several jobs share is run by the first.
            for stage in event["Stage IDs"]:
                step_of_stage.setdefault(stage, step)
        elif event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics"):
            _add(found[step_of_stage[event["Stage ID"]]], event["Task Metrics"])
    return {step: dict(use) for step, use in found.items()}


def _add(use: dict[str, float], task: dict[str, Any]) -> None:
    reads, shuffle_reads = task["Input Metrics"], task["Shuffle Read Metrics"]
    use["core_seconds"] += task["Executor CPU Time"] * NANO + task["JVM GC Time"] * MILLI
    use["shuffled"] += task["Shuffle Write Metrics"]["Shuffle Bytes Written"]
    use["written"] += task["Output Metrics"]["Bytes Written"]
    use["spilled"] += task["Disk Bytes Spilled"]
    if task["Peak Execution Memory"] > use["task_memory"]:
        use["task_memory"] = task["Peak Execution Memory"]
        use["task_rows"] = reads["Records Read"] + shuffle_reads["Total Records Read"]


if __name__ == "__main__":
    main()
