"""The embedded engine: Sail, a server in this process that Spark Connect's client talks to."""

import contextlib
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

from tradegains.engines.closed_port import Address, Watch, close_port
from tradegains.engines.engine import NO_CALL_SITES, Engine, Resources
from tradegains.engines.environment import environment
from tradegains.engines.protection import Protection
from tradegains.engines.scratch import scratch_folder
from tradegains.engines.signals import keep_signals
from tradegains.errors import EngineError, Problem

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# An embedded session that gets no request for this long loses its temporary views.
_EMBEDDED_IDLE_SECONDS: Final = 7 * 24 * 3600
# Sail cannot spill the hash of all establishments: it may take half of the engine's memory. It took
# 25 bytes a row with whole numbers as ids; text ids and values of later years up to twice that.
_HASH_SHARE: Final = 0.5
_HASHED_ROW: Final = 48  # [bytes]
_CONNECT_SECONDS: Final = 60
_STARTS: Final = 15
_SETTLING_SECONDS: Final = 0.002
_NEXT_START_SECONDS: Final = 0.05
_NO_COMPRESSION: Final = 1  # gRPC's bit of sending bytes as they are


def start_embedded(resources: Resources, protection: Protection) -> Engine:
    """Start Sail's server and a session with it.

    Args:
        resources: what it may take of this machine.
        protection: how other users of the machine are kept from its port.

    Raises:
        EngineError: the server cannot start, or the scratch folder cannot be used.
    """
    keep_signals()  # else a stop while the engine starts would leave its folder
    with contextlib.ExitStack() as closing:
        folder = scratch_folder(resources.scratch, closing)
        _import_client()
        # Sail reads these once, when its first server is made; they must not reach children.
        with environment(_sail_settings(resources, folder)):
            served = _served_alone(folder) if protection.way == "closed port" else _served()
        closing.callback(served.server.stop)
        spark = _session(served)
        closing.callback(spark.stop)
        # The clock of the machine must not show in published tables. This is also the server's
        # first answer: only then has it installed its own signal handlers.
        for key, value in ({"spark.sql.session.timeZone": "UTC"} | NO_CALL_SITES).items():
            spark.conf.set(key, value)
        keep_signals()
        return Engine(
            "embedded",
            spark,
            _description(resources),
            scratch=folder,
            rows_at_once=int(_HASH_SHARE * resources.memory / _HASHED_ROW),
            merge_by="hash",
            is_in_process=True,
            is_classic=False,
            _channel_close=served.channel.close,
            _close=closing.pop_all(),
        )


def _description(resources: Resources) -> str:
    threads = f"{resources.cores} thread{'s' * (resources.cores != 1)}"
    return (
        f"embedded (Sail {metadata.version('pysail')} in this process, "
        f"PySpark {metadata.version('pyspark')}; {threads}, "
        f"memory limit {resources.memory / 2**30:.1f} GiB)"
    )


def _sail_settings(resources: Resources, folder: Path) -> dict[str, str]:
    """Return Sail's settings as the environment variables it reads."""
    return {
        # Its log lines would break the progress display; errors reach us as exceptions.
        "RUST_LOG": os.environ.get("RUST_LOG", "off"),
        # "fair" shares the limit between operators that can spill; "greedy" starves the later.
        "SAIL_RUNTIME__MEMORY_POOL__TYPE": "fair",
        "SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE": str(resources.memory),
        "SAIL_RUNTIME__TEMPORARY_FILES__PATHS": json.dumps([str(folder)], ensure_ascii=False),
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


@dataclass(frozen=True)
class _Served:
    """A running server and our channel to it."""

    server: Any
    channel: Any

    @property
    def address(self) -> Address:
        host, port = self.server.listening_address
        return host, port

    def stop(self) -> None:
        self.channel.close()
        self.server.stop()


def _served() -> _Served:
    server = _sail_server()
    try:
        return _Served(server, _connected(*server.listening_address))
    except EngineError:
        server.stop()
        raise


def _served_alone(folder: Path) -> _Served:
    """A server that has let nobody in but us, with its port closed.

    The process ends at once when somebody else is in. Where it cannot be told whose a connection
    was that has gone again, another server is started.
    """
    for number in range(_STARTS):
        time.sleep(number * _NEXT_START_SECONDS)  # engines that start together drift apart
        watch = Watch()
        served = _served()
        closed = close_port(served.address)
        time.sleep(_SETTLING_SECONDS)  # the server may have been taking somebody in meanwhile
        if not closed or watch.strangers(served.address):
            _end_at_once(folder)
        if not watch.unexplained(served.address):
            return served
        served.stop()
    raise EngineError(
        Problem(
            "connections that cannot be accounted for came to this machine and went, whenever the "
            "embedded engine had its port open",
            count=_STARTS,
            cure="try again when the machine is less busy, or use --engine spark; "
            "docs/security.md says what it means",
        )
    )


def _import_client() -> None:
    """Import what the first connection needs: time for which a port would stand open."""
    import grpc  # noqa: F401
    import pyspark.sql.connect.session  # noqa: F401


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


def _connected(host: str, port: int) -> Any:
    """A channel to the server that stays connected: a closed port lets nobody in again."""
    import grpc
    from pyspark.sql.connect.client import ChannelBuilder

    options = [
        *ChannelBuilder.GRPC_DEFAULT_OPTIONS,
        # Half an hour without a request would end the connection.
        ("grpc.client_idle_timeout_ms", 2**31 - 1),
        # A proxy cannot reach this process, and must not see what is said to it.
        ("grpc.enable_http_proxy", 0),
        # Sail gzips answers to whoever takes gzip: 37 MB took .8 CPU seconds, and take .1 plain.
        ("grpc.compression_enabled_algorithms_bitset", _NO_COMPRESSION),
    ]
    channel = grpc.insecure_channel(f"{host}:{port}", options=options)
    try:
        grpc.channel_ready_future(channel).result(_CONNECT_SECONDS)
    except grpc.FutureTimeoutError as error:
        raise EngineError(
            Problem(
                f"the embedded engine does not answer within {_CONNECT_SECONDS} s",
                f"{host}:{port}",
                cure="try again when the machine is less busy, or use --engine spark",
            )
        ) from error
    return channel


def _session(served: _Served) -> "SparkSession":
    """A session of its own on the channel: another engine of this process may be open."""
    from pyspark.sql.connect.client import ChannelBuilder
    from pyspark.sql.connect.session import SparkSession as ConnectSession

    class Connected(ChannelBuilder):
        host = served.address[0]

        def toChannel(self) -> Any:  # noqa: N802 - PySpark's name
            return served.channel

    # As PySpark does for a session it makes from a URL: it chooses its kind of Column by this.
    os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
    spark = ConnectSession.builder.channelBuilder(cast(Any, Connected())).create()
    # It has the methods of a classic session, and no class in common.
    return cast("SparkSession", spark)


def _end_at_once(folder: Path) -> NoReturn:
    """End the process: somebody else is in its engine, with the rights of the run's user."""
    print(
        "tradegains: somebody else connected to the embedded engine as it started; the run has "
        "ended at once, and what they did before with this user's rights is not known\n"
        "  cure: find out who listens for new ports on this machine; `tradegains check` says how "
        "a run can have a network of its own, and docs/security.md what else there is",
        file=sys.stderr,
        flush=True,
    )
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(EngineError.exit_code)
