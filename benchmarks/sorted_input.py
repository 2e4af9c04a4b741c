"""Does a census that is sorted or bucketed by establishment make the match faster?

    python benchmarks/sorted_input.py [--dense 10] [--repeat 3] [--engines embedded,spark]

For each engine the whole cold run on the census as it is and on a copy whose yearly files are
sorted by id, alternately. For Spark also the match alone, inside one session: from the files with
the shuffle by id, and from a table bucketed and sorted by id without it; Spark knows of buckets
only through its catalog, so a census that is given as a folder has none. Recorded in
benchmarks/measured/sorted_input.json.
"""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq
from censuses import STUDY_YEARS, Size, census_of
from cold_process import run_cold
from run import BUILD, Program, steps_of

from tradegains.java import java_environment

MEASURED = Path(__file__).with_name("measured") / "sorted_input.json"
MATCH = "match establishments"
BUCKETS = 8


def main() -> None:
    """Run, print, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dense", type=float, default=10.0, help="million rows")
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--engines", default="embedded,spark")
    chosen = parser.parse_args()
    size = Size(chosen.dense, dense=True)
    census = census_of(size, BUILD)
    told = {"size": size.name, "rounds": chosen.repeat}
    record = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    for engine in chosen.engines.split(","):
        record[engine] = told | compare_files(Program(engine, is_ours=True), census, chosen.repeat)
        if engine == "spark":
            record["bucketed"] = told | compare_buckets(census, chosen.repeat)
    MEASURED.parent.mkdir(exist_ok=True)
    MEASURED.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))


def sorted_copy(census: Path) -> Path:
    """The study's years of a census, each a file sorted by id."""
    target = census.with_name("sorted")
    for year in STUDY_YEARS:
        file = target / f"year={year}" / "part-0.parquet"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            (source,) = (census / file.parent.name).glob("*.parquet")
            rows = pq.ParquetFile(source).read().sort_by("establishment_id")
            pq.write_table(rows, file, compression="zstd", row_group_size=1 << 20)
    return target


def compare_files(program: Program, census: Path, repeat: int) -> dict[str, Any]:
    """Medians of the cold run on files as they are and on sorted ones, and the ratios by round."""
    java = java_environment() if program.needs_java else {}
    found: dict[str, list[dict[str, float]]] = {"as it is": [], "sorted": []}
    places = {"as it is": census, "sorted": sorted_copy(census)}
    output = BUILD / "output" / f"{program.name}-sorted"
    for _ in range(repeat):
        for name, place in places.items():
            shutil.rmtree(output, ignore_errors=True)
            command = program.command(place, output)
            measured = run_cold(command, BUILD / "logs" / "sorted.txt", java)
            match = steps_of(measured.printed)[MATCH]
            found[name].append({"cpu_seconds": measured.cpu_seconds, "match": match})
    return summary(found["sorted"], found["as it is"])


def summary(ours: list[dict[str, float]], others: list[dict[str, float]]) -> dict[str, Any]:
    """Medians of both, and the ratios by round.

    Example:
        >>> summary([{"match": 1.0}], [{"match": 2.0}])
        {'match': {'with': 1.0, 'without': 2.0, 'ratios': [0.5]}}
    """
    return {
        key: {
            "with": round(median(run[key] for run in ours), 2),
            "without": round(median(run[key] for run in others), 2),
            "ratios": [round(a[key] / b[key], 2) for a, b in zip(ours, others, strict=True)],
        }
        for key in ours[0]
    }


def compare_buckets(census: Path, repeat: int) -> dict[str, Any]:
    """The match of one Spark session from files and from a bucketed table, alternately."""
    from tradegains.session import start_engine

    folder = BUILD / "buckets"
    shutil.rmtree(folder, ignore_errors=True)
    settings = {
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        # Without it Spark sorts each bucket again, sorted or not.
        "spark.sql.legacy.bucketedTableScan.outputOrdering": "true",
    }
    with start_engine("spark", threads=2, memory="4g", settings=settings) as engine:
        spark = engine.spark
        files = spark.read.parquet(str(census))
        by_id = files.repartition(BUCKETS, "establishment_id")  # so that a bucket is one file
        written = by_id.write.bucketBy(BUCKETS, "establishment_id").sortBy("establishment_id")
        written.format("parquet").saveAsTable("census")
        frames = {"files": by_id, "bucketed": spark.table("census")}
        found: dict[str, list[dict[str, float]]] = {name: [] for name in frames}
        for turn in range(repeat + 1):
            for name, rows in frames.items():
                began = time.monotonic()
                matched(rows).write.mode("overwrite").parquet(str(folder / name))
                if turn:  # the first one compiles
                    found[name].append({"match": time.monotonic() - began})
    shutil.rmtree(folder, ignore_errors=True)
    return summary(found["bucketed"], found["files"])


def matched(rows: Any) -> Any:
    """Rows with the years of their establishment, in the form of the pipeline's match."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    bits = F.expr(f"bit_or(shiftleft(1, cast(year AS INT) - {STUDY_YEARS[0]}))")
    history = bits.over(Window.partitionBy("establishment_id"))
    return rows.withColumn("history", history).drop("establishment_id", "enterprise_id")


if __name__ == "__main__":
    sys.exit(main())
