"""The JVM behind Spark: its options, its archive of classes, its start and its end."""

import contextlib
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Final, cast

from pyspark.sql import SparkSession

from tradegains.engines.environment import environment
from tradegains.engines.java import java_environment

_JAVA_STOP_SECONDS: Final = 300
_JAVA_END_SECONDS: Final = 20
_BROKEN_OFF_SECONDS: Final = 2  # who waits for an answer waits as long
_TIER_4: Final = {
    "InvocationThreshold": 5000,
    "MinInvocationThreshold": 600,
    "CompileThreshold": 15000,
    "BackEdgeThreshold": 40000,
}
# Java's second compiler took more of the cores than the tasks did: what is called ten times as
# often as its default asks is worth its while.
_SPARING_COMPILERS: Final = [f"-XX:Tier4{name}={10 * calls}" for name, calls in _TIER_4.items()]
# Over few rows nothing is: the code of a hundred plans is compiled, and each runs for a moment.
# Without the second compiler the whole study took three quarters of the cores' seconds.
_FIRST_COMPILER: Final = ["-XX:TieredStopAtLevel=1"]
_ROWS_OF_SHORT_RUN: Final = 2_000_000


def java_options(heap: int, rows: int | None = None) -> list[str]:
    """Return Java's options for a run over so many census rows, with a heap of so many bytes."""
    first = min(heap // 2, 2 * 2**30)
    is_short = rows is not None and rows <= _ROWS_OF_SHORT_RUN
    return [
        # Faster than G1 on the largest step, matching; a heap that begins small is collected
        # again and again before it grows.
        "-XX:+UseParallelGC",
        f"-Xms{first >> 20}m",
        f"-XX:NewSize={first >> 21}m",
        # Spark writes a method for each stage: one that is long would be interpreted for ever.
        "-XX:-DontCompileHugeMethods",
        *(_FIRST_COMPILER if is_short else _SPARING_COMPILERS),
    ]


def submitted_jars() -> str:
    """The jars that spark-submit was given or fetched, by its JVM, with commas between."""
    from pyspark import SparkConf, SparkContext

    SparkContext._ensure_initialized()
    return SparkConf().get("spark.jars", "") or ""


def class_archive() -> Path:
    """Return where the archive of Spark's classes is kept for this PySpark, once written."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "tradegains" / f"spark-{metadata.version('pyspark')}.jsa"


def archive_options() -> list[str]:
    """Return Java's options for the archive, if there is one; Java ignores one of another Java."""
    archive = class_archive()
    return [f"-XX:SharedArchiveFile={archive}", "-Xlog:cds=off"] if archive.is_file() else []


def launch_java(conf: Any, log: Path) -> Any:
    """Start Spark's JVM with its output in `log`, away from the progress display."""
    from pyspark.java_gateway import launch_gateway

    # Without PYSPARK_PYTHON, executors on this machine would start the system's python3.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with log.open("ab") as output, environment(java_environment()):
        # PySpark annotates most of its functions, but not this one.
        return launch_gateway(
            conf,  # type: ignore[no-untyped-call]
            {"stdout": output, "stderr": output},
        )


def stop_java() -> None:
    """End the JVM behind a stopped Spark session and wait for it: it may write files as it ends."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is None:
        return
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(_JAVA_STOP_SECONDS)
    SparkContext._gateway = SparkContext._jvm = None


def end_java(patience: float = _JAVA_END_SECONDS) -> None:
    """End the JVM at once, whatever it does, and wait until it is gone.

    Args:
        patience: how long it may take to remove its own files before it is killed [seconds].
    """
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is None:
        return
    # At the end of its input it removes its own files and ends, also in the middle of a job.
    with contextlib.suppress(OSError):
        gateway.proc.stdin.close()
    try:
        gateway.proc.wait(patience)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()


def break_off() -> None:
    """Leave everybody without an answer who waits for one of the JVM; one of our own ends.

    A question about a plan is no job: nothing cancels it, and Hadoop's client asks a namenode that
    keeps silent without end.
    """
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is None:
        return
    if gateway.proc is not None:
        end_java(_BROKEN_OFF_SECONDS)
    else:  # spark-submit's, which ends with this process
        gateway.shutdown()


def is_broken_off() -> bool:
    """Whether the JVM of our own was told to end, or the connection to spark-submit's was."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is None:
        return False
    if gateway.proc is None:
        return not gateway._gateway_client.is_connected
    return gateway.proc.stdin.closed or gateway.proc.poll() is not None


def py4j_error() -> type[Exception]:
    """What a call into the JVM raises."""
    from py4j.protocol import Py4JError

    return cast(type[Exception], Py4JError)


def classes_of(spark: SparkSession) -> Any:
    """What the JVM behind a classic session has, by the names of its packages."""
    return spark.sparkContext._jvm


def java_version(spark: SparkSession) -> str:
    """Version of the Java that runs Spark."""
    return str(classes_of(spark).java.lang.System.getProperty("java.version"))


def hadoop_setting(spark: SparkSession, name: str) -> str | None:
    """Value of one of Hadoop's settings behind a classic session; None where there is none."""
    return cast("str | None", spark.sparkContext._jsc.hadoopConfiguration().get(name))
