"""Compute a study's productivity distributions alone: medians, moments and histograms.

    spark-submit --properties-file conf/spark/cluster.conf --py-files dist/tradegains.zip \\
        jobs/productivity_moments.py STUDY.toml --output URI [--input census=URI ...]

The exit code is that of `tradegains run`: a scheduler can tell a refused input from a fault.
"""

import argparse
import os
import sys

from tradegains.engines.start import start_engine
from tradegains.errors import TradegainsError
from tradegains.families.distributions import DISTRIBUTION_TABLES
from tradegains.pipeline import run
from tradegains.study import read_study


def main() -> int:
    """Parse, read the study, run it; return the exit code."""
    parser = argparse.ArgumentParser(description="publish a study's productivity distributions")
    parser.add_argument("study", help="study file (TOML)")
    parser.add_argument("--output", required=True, help="folder or URI of the results")
    parser.add_argument("--input", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS")
    chosen = parser.parse_args()
    inputs = {name: path for name, _, path in (each.partition("=") for each in chosen.input)}
    try:
        study = read_study(chosen.study, inputs)
        with start_engine("spark") as engine:
            done = run(
                engine,
                study,
                output=chosen.output,
                only=DISTRIBUTION_TABLES,
                wait_seconds=chosen.wait,
            )
    except TradegainsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except Exception as error:  # its text may quote a value of the census
        if os.environ.get("TRADEGAINS_DEBUG"):
            raise
        print(f"unexpected error ({type(error).__name__}); see TRADEGAINS_DEBUG", file=sys.stderr)
        return 1
    told = "published" if done.new else "was published before"
    print(f"run {done.run_id} {told}: {len(done.rows)} tables, {sum(done.rows.values()):,} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
