"""A Spark cluster on this machine: the study submitted to it has the digests of a local run.

    make cluster-check
    python benchmarks/standalone_cluster.py [STUDY --input census=DIR] [--output build/cluster]

One master and two workers of a core and a gigabyte each, Spark's own classes from the PySpark
package, on loopback and free ports; `jobs/run_study.py` is submitted with the zip of `make dist`,
as docs/clusters.md says. Nothing stays behind: the daemons end with this program, however it ends.
Exit code 1 if any table's digest differs. Heaps: at most 3.75 GB together.
"""

import argparse
import contextlib
import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyspark
from censuses import Size, census_of

from tradegains.engines.java import java_environment
from tradegains.store.runs import published_runs
from tradegains.store.writers import open_delta

ROOT = Path(__file__).parents[1]
STUDY = Path(__file__).with_name("study.toml")
PACKAGE = ROOT / "dist" / "tradegains.zip"
SPARK_HOME = Path(pyspark.__file__).parent
LOOPBACK = "127.0.0.1"
WORKERS = 2
MEMORY = {"daemon": "256m", "worker": "1g", "executor": "1g", "driver": "1g"}
START_SECONDS = 60
STOP_SECONDS = 20
PARTITIONS = 8
END_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG
Digests = dict[str, str]


def main() -> int:
    """Run here and on the cluster, compare, print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", nargs="?", help="default: the benchmark's, on 1 million rows")
    parser.add_argument("--input", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "cluster")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    inputs = chosen.input
    if chosen.study is None:
        inputs = [f"census={census_of(Size(1), ROOT / 'build' / 'benchmark')}"]
    arguments = [chosen.study or STUDY, *(f"--input={given}" for given in inputs)]
    write_settings(chosen.output / "spark.conf")
    local = timed_run("local[2]", PARTITIONS, arguments, output=chosen.output / "local")
    with standalone_cluster(chosen.output / "daemons") as master:
        there = timed_run(master, PARTITIONS, arguments, output=chosen.output / "standalone")
        executors = executors_started(chosen.output / "daemons")
    print(f"executors started by the workers: {executors}")
    return report({("local[2]", PARTITIONS): local, ("standalone", PARTITIONS): there})


# --- a study submitted ------------------------------------------------------------------------


def timed_run(
    master: str, partitions: int, arguments: Sequence[object], *, output: Path
) -> tuple[float, Digests]:
    """Submit the study to a master; return its seconds and each published table's digest.

    Adaptive execution is off, so that the partitions are those asked.
    """
    shutil.rmtree(output, ignore_errors=True)
    settings = {
        "spark.sql.shuffle.partitions": partitions,
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.memory": MEMORY["driver"],
        "spark.executor.memory": MEMORY["executor"],
    }
    command = [SPARK_HOME / "bin" / "spark-submit", "--master", master]
    command += ["--properties-file", output.parent / "spark.conf"]
    command += [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
    command += ["--py-files", PACKAGE, ROOT / "jobs" / "run_study.py"]
    began = time.monotonic()
    ended = subprocess.run(
        [str(part) for part in [*command, *arguments, "--output", output]],
        env=spark_environment(),
        capture_output=True,
        text=True,
        preexec_fn=end_with_parent,
    )
    if ended.returncode:
        raise SystemExit(f"{master}: exit code {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return time.monotonic() - began, digests(output)


def write_settings(file: Path) -> None:
    """The shipped settings and a secret of this cluster's, for nobody else to read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    shipped = (ROOT / "conf" / "spark" / "local.conf").read_text()
    secret = f"spark.authenticate.secret {secrets.token_hex(32)}"
    encrypted = "spark.network.crypto.enabled true\nspark.io.encryption.enabled true"
    file.write_text(f"{shipped}\n{secret}\n{encrypted}\n")


def digests(output: Path) -> Digests:
    """The content digest of each table of the one published run."""
    (run,) = published_runs(open_delta(str(output / "tables"))).to_pylist()
    return {table["name"]: table["digest"] for table in run["tables"]}


def report(found: Mapping[tuple[str, int], tuple[float, Digests]]) -> int:
    """Print a line per run; say which tables differ from the first one's."""
    first = next(iter(found.values()))[1]
    code = 0
    for (master, partitions), (seconds, digest) in found.items():
        differing = sorted(name for name in first | digest if digest.get(name) != first.get(name))
        told = f"differs in {', '.join(differing)}" if differing else "same digests"
        print(f"{master:<26}{partitions:>3} partitions{seconds:>8.1f} s  {told}")
        code = 1 if differing else code
    return code


# --- a cluster on this machine ----------------------------------------------------------------


def spark_environment() -> dict[str, str]:
    """Environment of every process of the cluster: the same Python, Java and loopback."""
    ours = {"SPARK_HOME": str(SPARK_HOME), "PYSPARK_PYTHON": sys.executable}
    ours |= {"SPARK_LOCAL_IP": LOOPBACK, "SPARK_DAEMON_MEMORY": MEMORY["daemon"]}
    return os.environ | java_environment() | ours


@contextlib.contextmanager
def standalone_cluster(folder: Path) -> Iterator[str]:
    """Start a master and two workers; yield the master's URL; stop them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = probe.getsockname()[1]
    url = f"spark://{LOOPBACK}:{port}"
    settings = str(folder.parent / "spark.conf")
    listen = ["--properties-file", settings, "--host", LOOPBACK, "--webui-port", "0"]
    with contextlib.ExitStack() as running:
        master = [*listen, "--port", str(port)]
        running.enter_context(daemon("master.Master", master, folder / "master.log"))
        for number in range(1, WORKERS + 1):
            size = ["--cores", "1", "--memory", MEMORY["worker"]]
            worker = [*listen, *size, "--work-dir", str(folder / f"worker-{number}"), url]
            running.enter_context(daemon("worker.Worker", worker, folder / f"worker-{number}.log"))
        wait_for_workers(folder / "master.log")
        yield url


@contextlib.contextmanager
def daemon(kind: str, arguments: list[str], log: Path) -> Iterator[None]:
    """Run one of Spark's daemons in the foreground of a child process, its output in a log."""
    command = [str(SPARK_HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, *arguments],
            env=spark_environment(),
            stdout=output,
            stderr=output,
            preexec_fn=end_with_parent,
        )
    try:
        yield
    finally:
        process.terminate()  # a worker ends its executors
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_with_parent() -> None:
    """In a child, before it starts: have it told to end when this program is killed."""
    ctypes.CDLL(None).prctl(END_WITH_PARENT, signal.SIGTERM)


def wait_for_workers(log: Path) -> None:
    """Wait until the master has registered the workers."""
    deadline = time.monotonic() + START_SECONDS
    while log.read_text().count("Registering worker") < WORKERS:
        if time.monotonic() > deadline:
            raise SystemExit(f"the cluster did not start in {START_SECONDS} s:\n{log.read_text()}")
        time.sleep(0.2)


def executors_started(folder: Path) -> int:
    """Executors that the workers launched, by their logs."""
    logs = folder.glob("worker-*.log")
    return sum(log.read_text().count("Asked to launch executor") for log in logs)


if __name__ == "__main__":
    sys.exit(main())
