"""Engines: the embedded session and the Spark session, each started in one place only.

Everything above this module receives a session of the DataFrame API that Spark Connect has, and
cannot tell which engine serves it. One Python process is either classic (spark) or Connect
(embedded), because PySpark chooses the classes behind `pyspark.sql.functions` once per process;
asking for the other engine is refused here instead of failing later in an expression.
"""

import atexit
import contextlib
import fcntl
import logging
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Literal

from pyspark.sql import SparkSession

from tradegains.errors import EngineError, Problem, StudyError
from tradegains.java import java_environment

ENGINES: Final = ("embedded", "spark")
JARS_VARIABLE: Final = "TRADEGAINS_JARS"
NO_JARS: Final = "none"
SUBMITTED: Final = "PYSPARK_GATEWAY_PORT"  # spark-submit sets it for the Python it starts

DELTA_COORDINATES: Final = "io.delta:delta-spark_4.2_2.13:4.4.0"
# Delta reads and writes with delta-spark and delta-storage alone (9.4 MB); the rest of what Ivy
# would fetch (78 MB) serves Unity Catalog, the Delta kernel and Delta sharing.
DELTA_EXCLUDES: Final = (
    "org.*:*,com.*:*,javax.*:*,io.airlift:*,io.unitycatalog:*,commons-*:*,io.delta:delta-kernel-*"
)
_DELTA_EXTENSION: Final = "io.delta.sql.DeltaSparkSessionExtension"

# An embedded session that gets no request for this long loses its temporary views.
_EMBEDDED_IDLE_SECONDS: Final = 7 * 24 * 3600
# Sail cannot spill the hash of all establishments: it may take half of the engine's memory. It took
# 25 bytes a row with whole numbers as ids; text ids and values of later years up to twice that.
_HASH_SHARE: Final = 0.5
_HASHED_ROW: Final = 48  # [bytes]
_MEMORY_SHARE: Final = 0.6  # of the machine's memory; the rest is for Python, Arrow and the system
_JAVA_STOP_SECONDS: Final = 300
_ROWS_PER_PARTITION: Final = 1_000_000  # a task holds 50 bytes of each while it matches
_UNITS: Final = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}

_started: list[str] = []  # names of the engines this process has started


@dataclass(frozen=True)
class Share:
    """What an engine may take of this machine."""

    threads: int | None  # None: every core
    memory: int  # [bytes]
    scratch: Path | None  # None: the system's folder for temporary files

    @property
    def cores(self) -> int:
        """Threads that will run at once."""
        return self.threads or os.cpu_count() or 1


@dataclass(frozen=True)
class Engine:
    """A running engine: a session, its name and how to close it.

    Use it as a context manager; an engine left open is closed when the process ends.
    """

    name: str
    spark: SparkSession
    description: str
    log: Path | None = None
    rows_at_once: int | None = None  # that a hash of all establishments may hold; None: any
    partitions: int | None = None  # of a shuffle of cells, where we choose it; None: others did
    _close: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, repr=False)

    def parts_of(self, rows: int) -> int:
        """Return into how many parts so many census rows are cut to be matched in memory.

        Example:
            >>> Engine("embedded", None, "", rows_at_once=100).parts_of(250)
            3
        """
        return 1 if self.rows_at_once is None else max(1, -(-rows // self.rows_at_once))

    def describe(self) -> str:
        """Return the engine, its versions and its limits in one line."""
        return self.description

    @property
    def merge_by(self) -> Literal["hash", "sort"]:
        """How it brings the rows of an establishment together, as `match_establishments` has it.

        Spark sorts, and writes to disk what its memory does not hold. Sail's sort takes six times
        as long as its hash.
        """
        return "hash" if self.name == "embedded" else "sort"

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Name the jobs started inside, for Spark's web page; they can be stopped by Ctrl-C."""
        if self.name == "embedded":
            # On a busy machine the server takes the signals only after its first answer.
            _keep_signals()
            yield
            return
        context = self.spark.sparkContext
        context.setJobDescription(name)
        try:
            yield
        finally:
            context.setJobDescription(None)

    @contextlib.contextmanager
    def shuffling(self, rows: int) -> Iterator[None]:
        """Have partitions enough for a shuffle of so many rows, so that each fits the memory."""
        needed = -(-rows // _ROWS_PER_PARTITION)
        if self.partitions is None or needed <= self.partitions:
            yield
            return
        self.spark.conf.set(_PARTITIONS, str(needed))
        try:
            yield
        finally:
            self.spark.conf.set(_PARTITIONS, str(self.partitions))

    def close(self) -> None:
        """Stop the engine and remove its temporary files; a second call does nothing."""
        self._close.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def start_engine(
    name: str,
    *,
    master: str | None = None,
    threads: int | None = None,
    memory: str | None = None,
    scratch: Path | None = None,
    jars: str | None = None,
    delta: bool = True,
    settings: Mapping[str, str] | None = None,
) -> Engine:
    """Start the engine `name` and return it.

    Args:
        name: "embedded" or "spark".
        master: Spark's master URL; None is local mode, or the launcher's choice under
            spark-submit. The embedded engine takes none.
        threads: threads of the engine on this machine; None is every core.
        memory: limit on the engine's memory on this machine, such as "4g"; None is 60 percent
            of the machine's. The embedded engine spills beyond it; Spark's driver gets it as heap.
        scratch: folder for spilled and temporary files; None is the system's.
        jars: folder with Delta's jars, "none" when the cluster has Delta already, or None to use
            the TRADEGAINS_JARS environment variable or else Maven Central.
        delta: whether Spark is to read or write Delta tables; it starts seconds sooner without.
        settings: further Spark settings, which win over the ones chosen here.

    Raises:
        StudyError: the engine is unknown, or a choice does not apply to it.
        EngineError: the engine cannot start; the message says why and what to do.
    """
    if name not in ENGINES:
        raise StudyError(Problem(f"unknown engine {name!r}", cure=f"use {' or '.join(ENGINES)}"))
    _refuse_second_kind(name)
    if name == "embedded" and master is not None:
        raise StudyError(
            Problem("the embedded engine takes no master", cure="add --engine spark or drop it")
        )
    share = Share(threads, default_memory() if memory is None else memory_bytes(memory), scratch)
    if name == "spark":
        engine = _start_spark(share, master, settings or {}, jars=jars, delta=delta)
    else:
        engine = _start_embedded(share)
    _started.append(name)
    atexit.register(engine.close)
    return engine


def _refuse_second_kind(name: str) -> None:
    """Refuse the other kind of engine in a process that has had one."""
    if _started and _started[0] != name:
        raise EngineError(
            Problem(
                f"this process already used the {_started[0]} engine",
                cure="one Python process runs one kind of engine: start another process",
            )
        )


def memory_bytes(text: str) -> int:
    """Return a memory size in bytes.

    Raises:
        StudyError: `text` is not a whole number with an optional k, m, g or t.

    Example:
        >>> memory_bytes("4g") == 4 * 1024**3
        True
    """
    match = re.fullmatch(r"(\d+)([kmgt]?)b?", text.strip().lower())
    if match is None or int(match[1]) == 0:
        raise StudyError(Problem(f"memory {text!r} is not a size", cure="write it like 4g or 800m"))
    return int(match[1]) * _UNITS.get(match[2], 1)


def default_memory() -> int:
    """Return the memory an engine takes when none is stated [bytes]."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [physical]
    for cgroup in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            limits.append(int(Path(cgroup).read_text()))
    return int(_MEMORY_SHARE * min(limits))


# --- scratch folders --------------------------------------------------------------------------


def _scratch_folder(parent: Path | None, closing: contextlib.ExitStack) -> Path:
    """Make a locked temporary folder, removed on close; remove those that killed runs left."""
    root = Path(parent or tempfile.gettempdir())
    try:
        root.mkdir(parents=True, exist_ok=True)
        _sweep(root)
        # Locked before it has the name that another process would sweep.
        draft = Path(tempfile.mkdtemp(prefix="tradegains-new-", dir=root))
        lock = (draft / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = draft.rename(root / draft.name.replace("new", "engine", 1))
    except OSError as error:
        raise EngineError(
            Problem(
                f"the scratch folder cannot be used: {error.strerror}",
                str(root),
                cure="choose a writable folder with --scratch",
            )
        ) from error
    closing.callback(lock.close)
    closing.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _sweep(root: Path) -> None:
    """Remove engine folders whose process is gone: a killed one cannot remove its spill."""
    for lock in root.glob("tradegains-engine-*/lock"):
        with contextlib.suppress(OSError), lock.open("a") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the duration: a library reads them only as it starts."""
    before = {key: os.environ.get(key) for key in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


# PySpark looks up which of our lines made each column, to name it in error messages: on Spark five
# times the work of making it. No message of ours shows the line.
_NO_CALL_SITES: Final = {"spark.python.sql.dataFrameDebugging.enabled": "false"}


# --- the embedded engine ----------------------------------------------------------------------


def _start_embedded(share: Share) -> Engine:
    cores = share.cores
    with contextlib.ExitStack() as closing:
        folder = _scratch_folder(share.scratch, closing)
        # Sail reads these once, when its first server is made; they must not reach children.
        with _environment(_sail_settings(share, folder)):
            server = _sail_server()
        closing.callback(server.stop)
        host, port = server.listening_address
        # Not getOrCreate: another engine of this process may be open, and this one must not end it.
        spark = SparkSession.builder.remote(f"sc://{host}:{port}").create()
        closing.callback(spark.stop)
        # The clock of the machine must not show in published tables. This is also the server's
        # first answer: only then has it installed its own signal handlers.
        for key, value in ({"spark.sql.session.timeZone": "UTC"} | _NO_CALL_SITES).items():
            spark.conf.set(key, value)
        _keep_signals()
        description = (
            f"embedded (Sail {metadata.version('pysail')} in this process, "
            f"PySpark {metadata.version('pyspark')}; {cores} thread{'s' * (cores != 1)}, "
            f"memory limit {share.memory / 2**30:.1f} GiB)"
        )
        rows_at_once = int(_HASH_SHARE * share.memory / _HASHED_ROW)
        return Engine(
            "embedded",
            spark,
            description,
            rows_at_once=rows_at_once,
            _close=closing.pop_all(),
        )


def _keep_signals() -> None:
    """Take Ctrl-C back from the server, and end cleanly when a scheduler says stop.

    Sail's server stops itself at the first SIGINT, after which PySpark waits forever for an
    answer to its own request to cancel the query. A handler set through Python replaces Sail's.
    SIGTERM ends a Python process without the clean-up of temporary files, unless it is handled.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # Python sets handlers in its main thread only
    signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def _sail_settings(share: Share, folder: Path) -> dict[str, str]:
    """Return Sail's settings as the environment variables it reads."""
    return {
        # Its log lines would break the progress display; errors reach us as exceptions.
        "RUST_LOG": os.environ.get("RUST_LOG", "off"),
        # "fair" shares the limit between operators that can spill; "greedy" starves the later.
        "SAIL_RUNTIME__MEMORY_POOL__TYPE": "fair",
        "SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE": str(share.memory),
        "SAIL_RUNTIME__TEMPORARY_FILES__PATHS": f'["{folder}"]',
        "SAIL_EXECUTION__DEFAULT_PARALLELISM": str(share.cores),
        # Parquet's statistics leave NaN out: a column of one value and NaN would be read as that
        # value everywhere, and no rule could flag the NaN.
        "SAIL_EXECUTION__COLLECT_STATISTICS": "false",
        # One more, so that there is a thread to answer requests while all others compute.
        "TOKIO_WORKER_THREADS": str(share.cores + 1),
        "SAIL_SPARK__SESSION_TIMEOUT_SECS": str(_EMBEDDED_IDLE_SECONDS),
        # Its allocator takes memory from the system when it fills it, not a gigabyte ahead: a run
        # over 10 million rows took a sixth less time, and half of the system's part of it.
        "MIMALLOC_ARENA_EAGER_COMMIT": os.environ.get("MIMALLOC_ARENA_EAGER_COMMIT", "0"),
    }


def _sail_server() -> Any:
    try:
        from pysail.spark import SparkConnectServer

        server = SparkConnectServer("127.0.0.1", 0)  # port 0: any free one, loopback only
        server.start(background=True)
    except (ImportError, RuntimeError, OSError) as error:
        raise EngineError(
            Problem(
                f"the embedded engine cannot start: {error}",
                cure="install pysail for this Python, or use --engine spark",
            )
        ) from error
    return server


# --- Spark ------------------------------------------------------------------------------------


def _start_spark(
    share: Share, master: str | None, settings: Mapping[str, str], *, jars: str | None, delta: bool
) -> Engine:
    from pyspark import SparkContext

    options = _SESSION_SETTINGS | _NO_CALL_SITES | (_DELTA_SETTINGS if delta else {})
    log = None
    open_already = SparkContext._active_spark_context is not None
    with contextlib.ExitStack() as closing:
        # spark-submit has started the JVM, chosen the master and the class path: add nothing.
        if SUBMITTED not in os.environ and not open_already:
            folder = _scratch_folder(share.scratch, closing)
            log = folder / "spark.log"
            options |= _launch_settings(share, master, folder)
            options |= _jar_settings(jars) if delta else {}
        spark = _spark_session(options | dict(settings), log)
        if not open_already:  # a notebook's session is not ours to stop
            closing.callback(spark.stop)
        if delta:
            _require_delta(spark)
        context = spark.sparkContext
        description = (
            f"spark (Apache Spark {spark.version}, Java {_jvm_java(spark)}, "
            f"master {context.master}; parallelism {context.defaultParallelism})"
        )
        chosen = None if _PARTITIONS in settings else options.get(_PARTITIONS)
        partitions = None if chosen is None else int(chosen)
        close = closing.pop_all()
        return Engine("spark", spark, description, log, partitions=partitions, _close=close)


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

_PARTITIONS: Final = "spark.sql.shuffle.partitions"

# How Delta plugs into Spark: its statements, and tables addressed by path.
_DELTA_SETTINGS: Final = {
    "spark.sql.extensions": _DELTA_EXTENSION,
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # Our tables' logs are short: 50 tasks to read one, Delta's default, cost seconds a commit.
    "spark.databricks.delta.snapshotPartitions": "1",
}


def _launch_settings(share: Share, master: str | None, folder: Path) -> dict[str, str]:
    """Return the settings that matter before the JVM starts, when we are the ones to start it."""
    master = master or f"local[{share.threads or '*'}]"
    settings = {
        "spark.app.name": "tradegains",
        "spark.master": master,
        "spark.driver.memory": f"{max(share.memory >> 20, 512)}m",  # Spark refuses less than 471m
        # "default" leaves extraJavaOptions to the caller: Spark passes both.
        "spark.driver.defaultJavaOptions": " ".join(
            [*_java_options(share.memory), f"-Djava.io.tmpdir={folder}", *_archive_options()]
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
        # The default, 200, is meant for clusters; two per core keep both ends busy. Planning each
        # stage anew from what the last one wrote gains nothing here, and cost seconds of a run.
        settings |= {_PARTITIONS: str(2 * share.cores), "spark.sql.adaptive.enabled": "false"}
    return settings


def _java_options(heap: int) -> list[str]:
    """Return Java's options for a short run over many rows, with a heap of so many bytes."""
    first = min(heap // 2, 2 * _UNITS["g"])
    return [
        # Faster than G1 on the largest step, matching; a heap that begins small is collected
        # again and again before it grows.
        "-XX:+UseParallelGC",
        f"-Xms{first >> 20}m",
        f"-XX:NewSize={first >> 21}m",
        # Spark writes a method for each stage: one that is long would be interpreted for ever.
        "-XX:-DontCompileHugeMethods",
        # Java's second compiler took more of the cores than the tasks did: what is called ten
        # times as often as its default asks is worth its while.
        *(f"-XX:Tier4{name}={10 * calls}" for name, calls in _TIER_4.items()),
    ]


_TIER_4: Final = {
    "InvocationThreshold": 5000,
    "MinInvocationThreshold": 600,
    "CompileThreshold": 15000,
    "BackEdgeThreshold": 40000,
}


def class_archive() -> Path:
    """Return where the archive of Spark's classes is kept for this PySpark, once written."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "tradegains" / f"spark-{metadata.version('pyspark')}.jsa"


def _archive_options() -> list[str]:
    """Return Java's options for the archive, if there is one; Java ignores one of another Java."""
    archive = class_archive()
    return [f"-XX:SharedArchiveFile={archive}", "-Xlog:cds=off"] if archive.is_file() else []


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


def _jar_settings(jars: str | None) -> dict[str, str]:
    """Return where Spark finds Delta: a folder, nothing, or Maven Central through Ivy."""
    choice = jars or os.environ.get(JARS_VARIABLE, "")
    if choice == NO_JARS:
        return {}
    if choice:
        return {"spark.jars": ",".join(map(str, _jar_files(Path(choice))))}
    return {"spark.jars.packages": DELTA_COORDINATES, "spark.jars.excludes": DELTA_EXCLUDES}


def _jar_files(folder: Path) -> list[Path]:
    """List the folder's jars, after checking that Delta's two are among them."""
    files = sorted(folder.glob("*.jar"))
    missing = [
        part
        for part in ("delta-spark", "delta-storage")
        if not any(part in file.name for file in files)
    ]
    if missing:
        raise EngineError(
            Problem(
                f"no {' and no '.join(missing)} jar",
                str(folder),
                cure=f"put the jars of {DELTA_COORDINATES} there, or unset {JARS_VARIABLE}",
            )
        )
    return [file.resolve() for file in files]


def _spark_session(options: Mapping[str, str], log: Path | None) -> SparkSession:
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException, PySparkRuntimeError

    conf = SparkConf().setAll(list(options.items()))
    try:
        if log is not None and SparkContext._gateway is None:
            SparkContext(conf=conf, gateway=_launch_java(conf, log))
        spark = SparkSession.builder.config(map=dict(options)).getOrCreate()
    except (PySparkException, PySparkRuntimeError, _py4j_error()) as error:
        raise EngineError(_start_problem(error, log)) from error
    if log is not None:
        spark.sparkContext.setLogLevel("ERROR")
    _quiet_query_errors()
    return spark


def _quiet_query_errors() -> None:
    """Errors reach the user as exceptions; PySpark's own copy on stderr may quote data."""
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).disabled = True


def _py4j_error() -> type[Exception]:
    from py4j.protocol import Py4JError

    return Py4JError


def _launch_java(conf: Any, log: Path) -> Any:
    """Start Spark's JVM with its output in `log`, away from the progress display."""
    from pyspark.java_gateway import launch_gateway

    # Without PYSPARK_PYTHON, executors on this machine would start the system's python3.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with log.open("ab") as output, _environment(java_environment()):
        return launch_gateway(conf, {"stdout": output, "stderr": output})


def _start_problem(error: Exception, log: Path | None) -> Problem:
    """Say why Spark did not start, from its log and its exception."""
    text = log.read_text(errors="replace") if log is not None and log.exists() else ""
    if "unresolved dependenc" in text.lower():
        return Problem(
            f"Delta's jars could not be fetched ({DELTA_COORDINATES})",
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


def _require_delta(spark: SparkSession) -> None:
    """Refuse a class path without Delta before any work is done: Spark itself only warns."""
    loader = spark.sparkContext._jvm.java.lang.Thread.currentThread().getContextClassLoader()
    try:
        loader.loadClass(_DELTA_EXTENSION)
    except _py4j_error() as error:
        raise EngineError(
            Problem(
                "Spark runs without Delta on its class path",
                cure=f"spark-submit --packages {DELTA_COORDINATES}, or --jars with Delta's jars",
            )
        ) from error


def _jvm_java(spark: SparkSession) -> str:
    return str(spark.sparkContext._jvm.java.lang.System.getProperty("java.version"))
