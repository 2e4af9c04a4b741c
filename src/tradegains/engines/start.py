"""The door to the engines: one of the two is started here, and closed with its process.

Everything above this module receives a session of the DataFrame API that Spark Connect has, and
cannot tell which engine serves it. One Python process is either classic (spark) or Connect
(embedded), because PySpark chooses the classes behind `pyspark.sql.functions` once per process;
asking for the other engine is refused here instead of failing later in an expression.
"""

import atexit
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tradegains.engines.embedded import start_embedded
from tradegains.engines.engine import Engine, Resources
from tradegains.engines.java_virtual_machine import class_archive, stop_java
from tradegains.engines.memory import default_memory, memory_bytes
from tradegains.engines.protection import choose_protection
from tradegains.engines.spark import start_spark
from tradegains.errors import EngineError, Problem, StudyError

__all__ = [
    "ENGINES",
    "Engine",
    "class_archive",
    "start_engine",
    "stop_java",
]

ENGINES: Final = ("embedded", "spark")

_started: list[str] = []  # names of the engines this process has started


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
    unshared: bool = False,
    rows: int | None = None,
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
        unshared: nobody else uses this machine: the embedded engine may start where its port cannot
            be kept from other users. TRADEGAINS_UNSHARED_MACHINE=1 says so as well.
        rows: census rows that will be read, where they are known: Java compiles less for few.

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
    resources = Resources(
        threads, default_memory() if memory is None else memory_bytes(memory), scratch
    )
    if name == "spark":
        engine = start_spark(resources, master, settings or {}, jars=jars, delta=delta, rows=rows)
    else:
        engine = start_embedded(resources, choose_protection(unshared=unshared))
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
