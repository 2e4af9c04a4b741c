"""The embedded engine: Sail, a server in this process that Spark Connect's client talks to."""

import contextlib
import os
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from pyspark.sql import SparkSession

from tradegains.engines.engine import NO_CALL_SITES, Engine, Resources
from tradegains.engines.environment import environment
from tradegains.engines.scratch import scratch_folder
from tradegains.engines.signals import keep_signals
from tradegains.errors import EngineError, Problem

# An embedded session that gets no request for this long loses its temporary views.
_EMBEDDED_IDLE_SECONDS: Final = 7 * 24 * 3600
# Sail cannot spill the hash of all establishments: it may take half of the engine's memory. It took
# 25 bytes a row with whole numbers as ids; text ids and values of later years up to twice that.
_HASH_SHARE: Final = 0.5
_HASHED_ROW: Final = 48  # [bytes]


def start_embedded(resources: Resources) -> Engine:
    """Start Sail's server and a session with it.

    Raises:
        EngineError: the server cannot start, or the scratch folder cannot be used.
    """
    cores = resources.cores
    with contextlib.ExitStack() as closing:
        folder = scratch_folder(resources.scratch, closing)
        # Sail reads these once, when its first server is made; they must not reach children.
        with environment(_sail_settings(resources, folder)):
            server = _sail_server()
        closing.callback(server.stop)
        host, port = server.listening_address
        # Not getOrCreate: another engine of this process may be open, and this one must not end it.
        spark = SparkSession.builder.remote(f"sc://{host}:{port}").create()
        closing.callback(spark.stop)
        # The clock of the machine must not show in published tables. This is also the server's
        # first answer: only then has it installed its own signal handlers.
        for key, value in ({"spark.sql.session.timeZone": "UTC"} | NO_CALL_SITES).items():
            spark.conf.set(key, value)
        keep_signals()
        description = (
            f"embedded (Sail {metadata.version('pysail')} in this process, "
            f"PySpark {metadata.version('pyspark')}; {cores} thread{'s' * (cores != 1)}, "
            f"memory limit {resources.memory / 2**30:.1f} GiB)"
        )
        rows_at_once = int(_HASH_SHARE * resources.memory / _HASHED_ROW)
        return Engine(
            "embedded",
            spark,
            description,
            rows_at_once=rows_at_once,
            _close=closing.pop_all(),
        )


def _sail_settings(resources: Resources, folder: Path) -> dict[str, str]:
    """Return Sail's settings as the environment variables it reads."""
    return {
        # Its log lines would break the progress display; errors reach us as exceptions.
        "RUST_LOG": os.environ.get("RUST_LOG", "off"),
        # "fair" shares the limit between operators that can spill; "greedy" starves the later.
        "SAIL_RUNTIME__MEMORY_POOL__TYPE": "fair",
        "SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE": str(resources.memory),
        "SAIL_RUNTIME__TEMPORARY_FILES__PATHS": f'["{folder}"]',
        "SAIL_EXECUTION__DEFAULT_PARALLELISM": str(resources.cores),
        # Parquet's statistics leave NaN out: a column of one value and NaN would be read as that
        # value everywhere, and no rule could flag the NaN.
        "SAIL_EXECUTION__COLLECT_STATISTICS": "false",
        # One more, so that there is a thread to answer requests while all others compute.
        "TOKIO_WORKER_THREADS": str(resources.cores + 1),
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
