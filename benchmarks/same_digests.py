"""One study on several Spark masters and shuffle partitions: the same digests, and how long.

    python benchmarks/same_digests.py STUDY [--input census=DIR] [--output build/digests]

Each run is a real spark-submit of jobs/run_study.py with the zip of `make dist`. "standalone" is a
cluster of one master and two workers with a core each, started here on loopback from the PySpark
package and stopped at the end. Adaptive execution is off, so that the partitions are those asked.
Exit code 1 if any table's digest differs between two runs.
"""

import argparse
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyspark

from tradegains.java import java_environment
from tradegains.store.delta import open_delta
from tradegains.store.runs import published_runs

ROOT = Path(__file__).parents[1]
SPARK_HOME = Path(pyspark.__file__).parent
LOOPBACK = "127.0.0.1"
RUNS = [
    ("local[2]", 1), ("local[2]", 3), ("local[2]", 8), ("local[2]", 17),
    ("local-cluster[2,1,1024]", 8), ("standalone", 8),
]  # fmt: skip
START_SECONDS = 60
Digests = dict[str, str]


def main() -> int:
    """Run everywhere, compare, print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study")
    parser.add_argument("--input", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "digests")
    chosen = parser.parse_args()
    arguments = [chosen.study, *(f"--input={given}" for given in chosen.input)]
    with standalone_cluster(chosen.output / "cluster") as cluster:
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


def timed_run(
    master: str, partitions: int, arguments: list[str], *, output: Path
) -> tuple[float, Digests]:
    """Submit the study to a master; return its seconds and each published table's digest."""
    shutil.rmtree(output, ignore_errors=True)
    settings = {
        "spark.sql.shuffle.partitions": partitions,
        "spark.sql.adaptive.enabled": "false",
        "spark.executor.memory": "1g",
    }
    command = [SPARK_HOME / "bin" / "spark-submit", "--master", master]
    command += ["--properties-file", ROOT / "conf" / "spark" / "local.conf"]
    command += [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
    command += ["--py-files", ROOT / "dist" / "tradegains.zip", ROOT / "jobs" / "run_study.py"]
    began = time.monotonic()
    ended = subprocess.run(
        [str(part) for part in [*command, *arguments, "--output", output]],
        env=spark_environment(),
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        raise SystemExit(f"{master}: exit code {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return time.monotonic() - began, digests(output)


def digests(output: Path) -> Digests:
    """The content digest of each table of the one published run."""
    (run,) = published_runs(open_delta(str(output / "tables"))).to_pylist()
    return {table["name"]: table["digest"] for table in run["tables"]}


def report(found: dict[tuple[str, int], tuple[float, Digests]]) -> int:
    """Print a line per run; say which tables differ from the first one's."""
    first = next(iter(found.values()))[1]
    code = 0
    for (master, partitions), (seconds, digest) in found.items():
        differing = sorted(name for name in first if digest.get(name) != first[name])
        told = f"differs in {', '.join(differing)}" if differing else "same digests"
        print(f"{master:<26}{partitions:>3} partitions{seconds:>8.1f} s  {told}")
        code = 1 if differing else code
    return code


# --- a cluster on this machine ----------------------------------------------------------------


def spark_environment() -> dict[str, str]:
    """Environment of every process of the cluster: the same Python, Java and loopback."""
    ours = {"SPARK_HOME": str(SPARK_HOME), "PYSPARK_PYTHON": sys.executable}
    return os.environ | java_environment() | ours | {"SPARK_LOCAL_IP": LOOPBACK}


@contextlib.contextmanager
def standalone_cluster(folder: Path) -> Iterator[str]:
    """Start a master and two workers; yield the master's URL; stop them."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = probe.getsockname()[1]
    url = f"spark://{LOOPBACK}:{port}"
    listen = ["--host", LOOPBACK, "--webui-port", "0"]
    with contextlib.ExitStack() as running:
        master = [*listen, "--port", str(port)]
        running.enter_context(daemon("master.Master", master, folder / "master.log"))
        for number in (1, 2):
            worker = [*listen, "--cores", "1", "--memory", "1g", "--work-dir", str(folder), url]
            running.enter_context(daemon("worker.Worker", worker, folder / f"worker-{number}.log"))
        wait_for_workers(folder / "master.log")
        yield url


@contextlib.contextmanager
def daemon(kind: str, arguments: list[str], log: Path) -> Iterator[None]:
    """Run one of Spark's daemons in the foreground of a child process, its output in a log."""
    command = [str(SPARK_HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, *arguments], env=spark_environment(), stdout=output, stderr=output
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def wait_for_workers(log: Path) -> None:
    """Wait until the master has registered both workers."""
    deadline = time.monotonic() + START_SECONDS
    while log.read_text().count("Registering worker") < 2:
        if time.monotonic() > deadline:
            raise SystemExit(f"the cluster did not start in {START_SECONDS} s:\n{log.read_text()}")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
