"""Compute a study's productivity distributions alone: medians, moments and histograms.

    spark-submit --properties-file conf/spark/cluster.conf --py-files dist/tradegains.zip \\
        jobs/productivity_moments.py STUDY.toml --output URI [--input census=URI ...]

It is `run_study.py` with the tables named.
"""

import sys

from tradegains.command.job import run_job
from tradegains.tables.published import tables_of


def main() -> int:
    """Run it; return the exit code."""
    return run_job("publish a study's productivity distributions", tables_of("distributions"))


if __name__ == "__main__":
    sys.exit(main())
