"""Apache Spark: a session of our own, of spark-submit's, or one that is open already."""

import contextlib
import logging
import os
import pwd
import re
import sys
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pyspark.sql import SparkSession

from tradegains.engines.delta_jars import (
    DELTA_SETTINGS,
    JARS_VARIABLE,
    coordinates,
    jar_settings,
    require_delta,
    require_pair,
)
from tradegains.engines.engine import NO_CALL_SITES, PARTITIONS, Engine, Resources
from tradegains.engines.java_virtual_machine import (
    archive_options,
    break_off,
    end_java,
    is_broken_off,
    java_options,
    java_version,
    launch_java,
    py4j_error,
    submitted_jars,
)
from tradegains.engines.scratch import scratch_folder
from tradegains.errors import EngineError, Problem

SUBMITTED: Final = "PYSPARK_GATEWAY_PORT"  # spark-submit sets it for the Python it starts
# What makes results the same everywhere; a cluster's own defaults may differ on each.
_SESSION_SETTINGS: Final = {
    # Overflow, bad casts and division by zero raise instead of turning into NULL or wrapping.
    "spark.sql.ansi.enabled": "true",
    # Timestamps in published tables must not depend on where the job runs.
    "spark.sql.session.timeZone": "UTC",
    # An inferred partition industry=0111 would become the number 111.
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    # Rows travel between the driver and Python in Arrow form, in bulk.
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


def start_spark(
    resources: Resources,
    master: str | None,
    settings: Mapping[str, str],
    *,
    jars: str | None,
    delta: bool,
    rows: int | None = None,
) -> Engine:
    """Open a session, in a JVM of our own where nobody else has started one.

    Args:
        resources: what a JVM of our own may take of this machine.
        master: Spark's master URL; None is local mode.
        settings: win over those chosen here.
        jars: where Delta's jars are; see `delta_jars`.
        delta: whether Delta tables are to be read or written.
        rows: census rows that it will read, where they are known.

    Raises:
        EngineError: Spark cannot start, or runs without Delta where it is asked for.
    """
    from pyspark import SparkContext

    named = submitted_jars() if SUBMITTED in os.environ else settings.get("spark.jars", "")
    require_pair(jar.rpartition("/")[2] for jar in named.split(","))
    options = _SESSION_SETTINGS | NO_CALL_SITES | (DELTA_SETTINGS if delta else {})
    folder = log = None
    open_already = SparkContext._active_spark_context is not None
    with contextlib.ExitStack() as closing:
        # spark-submit has started the JVM, chosen the master and the class path: add nothing.
        if SUBMITTED not in os.environ and not open_already:
            _require_name_of_user()
            _require_no_comma(resources.scratch)
            folder = scratch_folder(resources.scratch, closing)
            log = folder / "spark.log"
            options |= _launch_settings(resources, master, folder, rows)
            options |= jar_settings(jars) if delta else {}
            # Before the folder goes: Java would make parts of it again.
            closing.callback(_end_java_if_stopped)
        spark = _spark_session(options | dict(settings), log)
        if not open_already:  # a notebook's session is not ours to stop
            closing.callback(_stop, spark)
        if delta:
            require_delta(spark)
        context = spark.sparkContext
        description = (
            f"spark (Apache Spark {spark.version}, Java {java_version(spark)}, "
            f"master {context.master}; parallelism {context.defaultParallelism})"
        )
        chosen = None if PARTITIONS in settings else options.get(PARTITIONS)
        partitions = None if chosen is None else int(chosen)
        close = closing.pop_all()
        return Engine(
            "spark",
            spark,
            description,
            log,
            folder,
            partitions=partitions,
            _channel_close=break_off,
            _close=close,
        )


def _stop(spark: SparkSession) -> None:
    """Stop a session; one whose connection was broken off, as by Ctrl-C, cannot be told to."""
    stopped = _is_stopped() or is_broken_off()
    try:
        with warnings.catch_warnings(action="ignore" if stopped else None):
            spark.stop()
    except (py4j_error(), OSError):
        if not stopped:
            raise


def _end_java_if_stopped() -> None:
    """End Java where Ctrl-C or a scheduler ends this process; else the next session uses it."""
    if _is_stopped():
        end_java()


def _is_stopped() -> bool:
    return isinstance(sys.exc_info()[1], (KeyboardInterrupt, SystemExit))


def _require_name_of_user() -> None:
    """Refuse a user without a name: Java then has no home folder for it, and Hadoop no login."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise EngineError(
            Problem(
                f"the user number {os.geteuid()} has no name on this machine, and Spark needs one",
                cure="use --engine embedded, or have the user entered (in a container: in "
                "/etc/passwd)",
            )
        ) from error


def _launch_settings(
    resources: Resources, master: str | None, folder: Path, rows: int | None
) -> dict[str, str]:
    """Return the settings that matter before the JVM starts, when we are the ones to start it."""
    master = master or f"local[{resources.threads or '*'}]"
    settings = {
        "spark.app.name": "tradegains",
        "spark.master": master,
        # Spark refuses less than 471m.
        "spark.driver.memory": f"{max(resources.memory >> 20, 512)}m",
        # "default" leaves extraJavaOptions to the caller: Spark passes both.
        "spark.driver.defaultJavaOptions": " ".join(
            map(
                _quoted,
                [
                    *java_options(resources.memory, rows),
                    f"-Djava.io.tmpdir={folder}",
                    *archive_options(),
                ],
            )
        ),
        "spark.local.dir": str(folder),
        # Spark would make spark-warehouse/ in the current folder.
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        # Its web page is open to the whole network and shows a study's conditions.
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if master.startswith("local"):
        # Loopback only: no firewall question, and no dependence on the machine's own name.
        settings |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
        # The loopback is every user's: else any of them could send code. Spark makes the secret,
        # except for a cluster that it plays on one machine.
        settings |= {} if "cluster" in master else {"spark.authenticate": "true"}
        # The default, 200, is meant for clusters; two per core keep both ends busy. Planning each
        # stage anew from what the last one wrote gains nothing here, and cost seconds of a run.
        settings |= {PARTITIONS: str(2 * resources.cores), "spark.sql.adaptive.enabled": "false"}
    return settings


def _quoted(option: str) -> str:
    """An option of Java as Spark divides a line of them: at blanks, but for those in quotes.

    Example:
        >>> _quoted("-Xms1g"), _quoted("-Djava.io.tmpdir=/my files")
        ('-Xms1g', '"-Djava.io.tmpdir=/my files"')
    """
    if not re.search(r"""[\s"'\\]""", option):
        return option
    return '"' + re.sub(r'(["\\])', r"\\\1", option) + '"'


def _require_no_comma(scratch: Path | None) -> None:
    """Refuse a folder that Spark would take for two, of which it makes each."""
    if "," in str(scratch or tempfile.gettempdir()):
        raise EngineError(
            Problem(
                "the scratch folder's path has a comma, where Spark begins another one",
                str(scratch or tempfile.gettempdir()),
                cure="choose a folder without commas with --scratch, or use --engine embedded",
            )
        )


def _spark_session(options: Mapping[str, str], log: Path | None) -> SparkSession:
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException, PySparkRuntimeError

    conf = SparkConf().setAll(list(options.items()))
    try:
        if log is not None and SparkContext._gateway is None:
            SparkContext(conf=conf, gateway=launch_java(conf, log))
        spark = SparkSession.builder.config(map=dict(options)).getOrCreate()
    except (PySparkException, PySparkRuntimeError, py4j_error()) as error:
        raise EngineError(_start_problem(error, log)) from error
    if log is not None:
        spark.sparkContext.setLogLevel("ERROR")
    _quiet_query_errors()
    return spark


def _quiet_query_errors() -> None:
    """Errors reach the user as exceptions; PySpark's own copy on stderr may quote data."""
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).disabled = True


def _start_problem(error: Exception, log: Path | None) -> Problem:
    """Say why Spark did not start, from its log and its exception."""
    text = log.read_text(errors="replace") if log is not None and log.exists() else ""
    if "unresolved dependenc" in text.lower():
        return Problem(
            f"Delta's jars could not be fetched ({coordinates()})",
            cure="give this machine access to Maven Central, or a folder with the jars by "
            f"--jars-dir or {JARS_VARIABLE}",
        )
    return Problem(
        f"Spark cannot start: {_first_cause(text + str(error))}",
        cure="mend the setting or the master it names",
    )


def _first_cause(text: str) -> str:
    """Return the line of a Java log that says most: the innermost cause, else the first error.

    Example:
        >>> _first_cause("x.Error: failed\\n  at x.y\\nCaused by: z.Refused: connection refused\\n")
        'z.Refused: connection refused'
    """
    causes = re.findall(r"^Caused by: (.+)$", text, re.MULTILINE)
    errors = re.findall(r"^.*(?:Exception|Error).*(?:\n(?!\s*at ).+)?", text, re.MULTILINE)
    reasons = causes[-1:] or errors[:1] or text.splitlines()[:1] or ["no reason given"]
    return " ".join(reasons[0].split())[:300]
