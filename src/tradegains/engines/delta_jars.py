"""Delta on Spark's class path: from a folder, from Maven Central, or there already."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pyspark.sql import SparkSession
from pyspark.version import __version__ as pyspark_version

from tradegains.engines.java_virtual_machine import classes_of, hadoop_setting, py4j_error
from tradegains.errors import EngineError, Problem

JARS_VARIABLE: Final = "TRADEGAINS_JARS"
NO_JARS: Final = "none"
DELTA_VERSION: Final = "4.4.0"
SPARKS: Final = ("4.0", "4.1", "4.2")
"""The series of Spark that this Delta has jars for."""
# Delta reads and writes with delta-spark and delta-storage alone (9.4 MB); the rest of what Ivy
# would fetch (78 MB) serves Unity Catalog, the Delta kernel and Delta sharing.
DELTA_EXCLUDES: Final = (
    "org.*:*,com.*:*,javax.*:*,io.airlift:*,io.unitycatalog:*,commons-*:*,io.delta:delta-kernel-*"
)
FAST_LISTING: Final = "delta.enableFastS3AListFrom"
_DELTA_JAR: Final = re.compile(
    r"(?:io\.delta_)?delta-spark_(?P<spark>\d+\.\d+)_(?P<scala>[\d.]+)-.*\.jar"
)
_DELTA_EXTENSION: Final = "io.delta.sql.DeltaSparkSessionExtension"
# How Delta plugs into Spark: its statements, and tables addressed by path.
DELTA_SETTINGS: Final = {
    "spark.sql.extensions": _DELTA_EXTENSION,
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # Our tables' logs are short: 50 tasks to read one, Delta's default, cost seconds a commit.
    "spark.databricks.delta.snapshotPartitions": "1",
}


def jar_settings(jars: str | None) -> dict[str, str]:
    """Return where Spark finds Delta: a folder, nothing, or Maven Central through Ivy."""
    choice = jars or os.environ.get(JARS_VARIABLE, "")
    if choice == NO_JARS:
        return {}
    if choice:
        return {"spark.jars": ",".join(map(str, jar_files(Path(choice))))}
    return {"spark.jars.packages": coordinates(), "spark.jars.excludes": DELTA_EXCLUDES}


def coordinates(version: str = pyspark_version) -> str:
    """Delta for a version of Spark, as Maven names it.

    Example:
        >>> coordinates("4.1.4")
        'io.delta:delta-spark_4.1_2.13:4.4.0'
    """
    return f"io.delta:delta-spark_{_series(version)}_2.13:{DELTA_VERSION}"


def _series(version: str) -> str:
    return ".".join(version.split(".")[:2])


def require_pair(names: Iterable[str] = (), version: str = pyspark_version) -> None:
    """Refuse a Spark that Delta has no jars for, or jars for another one; no JVM is needed.

    Args:
        names: file names of the jars that are to be used.
        version: of PySpark.

    Raises:
        EngineError: naming the pair to install.
    """
    if _series(version) not in SPARKS:
        pairs = ", ".join(f"pyspark {each} with {coordinates(each)}" for each in reversed(SPARKS))
        what = f"tradegains does not work with Spark {version}"
        raise EngineError(Problem(what, cure=f"install one of these pairs: {pairs}"))
    for name in names:
        found = _DELTA_JAR.fullmatch(name)
        if found and (found["spark"], found["scala"]) != (_series(version), "2.13"):
            cure = f"use {coordinates(version)}, or the PySpark of that jar"
            raise EngineError(Problem(f"{name} is not for Spark {version}", cure=cure))


def jar_files(folder: Path) -> list[Path]:
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
                cure=f"put the jars of {coordinates()} there, or correct --jars-dir or "
                f"{JARS_VARIABLE}",
            )
        )
    require_pair(file.name for file in files)
    return [file.resolve() for file in files]


def require_delta(spark: SparkSession) -> None:
    """Refuse a class path without Delta before any work is done: Spark itself only warns."""
    loader = classes_of(spark).java.lang.Thread.currentThread().getContextClassLoader()
    try:
        extension = loader.loadClass(_DELTA_EXTENSION)
    except py4j_error() as error:
        raise EngineError(
            Problem(
                "Spark runs without Delta on its class path",
                cure=f"spark-submit --packages {coordinates()}, or --jars with Delta's jars",
            )
        ) from error
    source = extension.getProtectionDomain().getCodeSource()
    where = "" if source is None else str(source.getLocation())
    refuse_fast_listing(hadoop_setting(spark, FAST_LISTING), where.rpartition("/")[2])


def refuse_fast_listing(setting: str | None, jar: str) -> None:
    """Refuse a setting under which Delta before 4.4.1 leaves commits out of what it lists.

    Args:
        setting: value of `delta.enableFastS3AListFrom`; None: it is not set.
        jar: name of the file with Delta.

    Raises:
        EngineError: it is on, and the jar is older or of no known version.
    """
    found = re.search(r"-(\d+)\.(\d+)\.(\d+)\.jar$", jar)
    version = tuple(map(int, found.groups())) if found else (0, 0, 0)
    if (setting or "").lower() == "true" and version < (4, 4, 1):
        cure = f"leave {FAST_LISTING} out, or use Delta 4.4.1 or newer"
        what = f"{FAST_LISTING} is on, under which this Delta can miss commits on S3"
        raise EngineError(Problem(what, jar, cure=cure))
