"""The floor under every pass: read the census's needed columns and add each up, nothing else.

    python benchmarks/decode_columns.py ENGINE CENSUS

The engine is started and warmed before the clock: what is printed is decoding, and the sums that
an engine needs so as not to skip it.
"""

import sys
import time
from pathlib import Path

from pyspark.sql import functions as F

from tradegains.engines.start import start_engine
from tradegains.store.census import list_census, read_census
from tradegains.study import read_study

STUDY = Path(__file__).with_name("study.toml")


def main(engine: str, census: str) -> None:
    """Print the seconds of one pass."""
    study = read_study(STUDY, {"census": census})
    files = list_census(study.inputs.census, study.census.columns, study.years)
    with start_engine(engine, memory="4g") as started:
        rows = read_census(started.spark, files)
        sums = [F.count(name) if kind == "string" else F.sum(name) for name, kind in rows.dtypes]
        sums += [F.sum(F.length("industry"))]  # counting text would not decode it
        rows.filter(F.col("year") == study.years[0]).limit(1000).agg(*sums).toArrow()
        began = time.monotonic()
        rows.agg(*sums).toArrow()
        print(f"worked {time.monotonic() - began:.2f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
