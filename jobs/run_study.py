"""Run a study on a cluster and publish its tables: all of them, or those that --tables names.

    spark-submit --properties-file conf/spark/cluster.conf --py-files dist/tradegains.zip \\
        jobs/run_study.py STUDY.toml --output URI [--input census=URI ...] [--tables NAME,...]

The exit code is that of `tradegains run`: a scheduler can tell a refused input from a fault.
"""

import sys

from tradegains.command.job import run_job


def main() -> int:
    """Run it; return the exit code."""
    return run_job("run a study and publish its tables")


if __name__ == "__main__":
    sys.exit(main())
