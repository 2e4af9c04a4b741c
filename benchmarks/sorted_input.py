"""Does a census that is sorted or bucketed by establishment make the match faster?

    python benchmarks/sorted_input.py [--dense 10] [--repeat 3] [--engines embedded,spark]
    python benchmarks/sorted_input.py --dense 100 --repeat 1 --engines spark --copies bucketed

For each engine the whole cold run on the census as it is and on a copy whose yearly files are
sorted by id; on Spark also on a copy that Spark has bucketed by id, with the study's key for it.
Alternately, in each round. Recorded in benchmarks/measured/sorted_input.json.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq
from censuses import STUDY_YEARS, Size, census_of, rows_read
from cold_process import run_cold
from run import BUILD, HEAP, STUDY, Program, steps_of

from tradegains.engines.java import java_environment

MEASURED = Path(__file__).with_name("measured") / "sorted_input.json"
# What a match costs: where there are buckets, they are checked for it.
MATCH = ("check buckets", "match establishments")
ROWS_IN_BUCKET = 1_000_000
AS_IT_IS = "as it is"


def main() -> None:
    """Run, print, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dense", type=float, default=10.0, help="million rows")
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--engines", default="embedded,spark")
    parser.add_argument("--copies", default="sorted,bucketed", help="which; bucketed is for Spark")
    parser.add_argument("--record", type=Path, default=MEASURED, help="where to keep the numbers")
    chosen = parser.parse_args()
    size = Size(chosen.dense, dense=True)
    census = census_of(size, BUILD)
    told = {"size": size.name, "rounds": chosen.repeat}
    record = json.loads(chosen.record.read_text()) if chosen.record.exists() else {}
    for engine in chosen.engines.split(","):
        places = {AS_IT_IS: (census, STUDY)}
        if "sorted" in chosen.copies:
            places[engine] = (sorted_copy(census), STUDY)
        if "bucketed" in chosen.copies and engine == "spark":
            buckets = -(-rows_read(census) // ROWS_IN_BUCKET)
            places["bucketed"] = (bucketed_copy(census, buckets), study_with(buckets))
        found = compare_places(Program(engine, is_ours=True), places, chosen.repeat)
        record |= {f"{name}, {size.name}": told | each for name, each in found.items()}
    chosen.record.parent.mkdir(exist_ok=True)
    chosen.record.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
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


def bucketed_copy(census: Path, buckets: int) -> Path:
    """The study's years of a census, bucketed by id as the documentation says."""
    from tradegains.engines.start import start_engine, stop_java

    target = census.with_name(f"bucketed-{buckets}")
    if (target / "_SUCCESS").exists():
        return target
    shutil.rmtree(target, ignore_errors=True)
    settings = {"spark.sql.parquet.compression.codec": "zstd"}  # as the census has it
    with start_engine("spark", memory=f"{HEAP}g", delta=False, settings=settings) as engine:
        rows = engine.spark.read.parquet(str(census)).filter(f"year IN {STUDY_YEARS}")
        by_id = rows.repartition(buckets, "establishment_id")
        written = by_id.write.partitionBy("year").bucketBy(buckets, "establishment_id")
        sorted_by_id = written.sortBy("establishment_id").option("path", str(target))
        sorted_by_id.saveAsTable("bucketed")
    stop_java()  # what it holds of the memory, no measured program should miss
    return target


def study_with(buckets: int) -> Path:
    """The benchmark's study, which says that its census is bucketed."""
    text = STUDY.read_text(encoding="utf-8")
    study = BUILD / "bucketed.toml"
    study.write_text(text.replace("[census]\n", f"[census]\nbuckets = {buckets}\n"))
    return study


def compare_places(
    program: Program, places: dict[str, tuple[Path, Path]], repeat: int
) -> dict[str, Any]:
    """The cold run on each other census against the one as it is.

    Args:
        program: one of our engines.
        places: by name, a census and the study that reads it.
        repeat: rounds, each of which runs all.
    """
    java = java_environment() if program.needs_java else {}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in places}
    output = BUILD / "output" / f"{program.name}-sorted"
    for _ in range(repeat):
        for name, (census, study) in places.items():
            shutil.rmtree(output, ignore_errors=True)
            command = program.command(census, output, study)
            measured = run_cold(command, BUILD / "logs" / f"input-{name}.txt", java)
            steps = steps_of(measured.printed)
            match = sum(seconds for step, seconds in steps.items() if step in MATCH)
            found[name].append({"cpu_seconds": measured.cpu_seconds, "match": match})
    plain = found.pop(AS_IT_IS)
    return {name: summary(runs, plain) for name, runs in found.items()}


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


if __name__ == "__main__":
    sys.exit(main())
