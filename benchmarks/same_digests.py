"""One study on several Spark masters and shuffle partitions: the same digests, and how long.

    python benchmarks/same_digests.py STUDY [--input census=DIR] [--output build/digests]

Each run is a real spark-submit of jobs/run_study.py with the zip of `make dist`. "standalone" is a
cluster of one master and two workers with a core each, started on loopback for the occasion. Exit
code 1 if any table's digest differs between two runs.
"""

import argparse
import sys
from pathlib import Path

from standalone_cluster import ROOT, report, standalone_cluster, timed_run, write_settings

RUNS = [
    ("local[2]", 1), ("local[2]", 3), ("local[2]", 8), ("local[2]", 17),
    ("local-cluster[2,1,1024]", 8), ("standalone", 8),
]  # fmt: skip


def main() -> int:
    """Run everywhere, compare, print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study")
    parser.add_argument("--input", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "digests")
    chosen = parser.parse_args()
    arguments = [chosen.study, *(f"--input={given}" for given in chosen.input)]
    write_settings(chosen.output / "spark.conf")
    with standalone_cluster(chosen.output / "daemons") as cluster:
        found = {
            (master, partitions): timed_run(
                cluster if master == "standalone" else master,
                partitions,
                arguments,
                output=chosen.output / f"{master.partition('[')[0]}-{partitions}",
            )
            for master, partitions in RUNS
        }
    return report(found)


if __name__ == "__main__":
    sys.exit(main())
