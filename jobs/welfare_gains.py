"""Compute a study's welfare gains alone: quality, demography, market shares and welfare.

    spark-submit --properties-file conf/spark/cluster.conf --py-files dist/tradegains.zip \\
        jobs/welfare_gains.py STUDY.toml --output URI [--input census=URI ...]

It is `run_study.py` with the tables named, without the productivity distributions, by far the
longest part.
"""

import sys

from tradegains.command.job import run_job
from tradegains.tables.published import tables_of


def main() -> int:
    """Run it; return the exit code."""
    return run_job("publish a study's welfare gains", tables_of("quality", "markets"))


if __name__ == "__main__":
    sys.exit(main())
