"""Delta on Spark's class path: from a folder, from Maven Central, or there already."""

import os
from pathlib import Path
from typing import Final

from pyspark.sql import SparkSession

from tradegains.engines.java_virtual_machine import classes_of, py4j_error
from tradegains.errors import EngineError, Problem

JARS_VARIABLE: Final = "TRADEGAINS_JARS"
NO_JARS: Final = "none"
DELTA_COORDINATES: Final = "io.delta:delta-spark_4.2_2.13:4.4.0"
# Delta reads and writes with delta-spark and delta-storage alone (9.4 MB); the rest of what Ivy
# would fetch (78 MB) serves Unity Catalog, the Delta kernel and Delta sharing.
DELTA_EXCLUDES: Final = (
    "org.*:*,com.*:*,javax.*:*,io.airlift:*,io.unitycatalog:*,commons-*:*,io.delta:delta-kernel-*"
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
    return {"spark.jars.packages": DELTA_COORDINATES, "spark.jars.excludes": DELTA_EXCLUDES}


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
                cure=f"put the jars of {DELTA_COORDINATES} there, or correct --jars-dir or "
                f"{JARS_VARIABLE}",
            )
        )
    return [file.resolve() for file in files]


def require_delta(spark: SparkSession) -> None:
    """Refuse a class path without Delta before any work is done: Spark itself only warns."""
    loader = classes_of(spark).java.lang.Thread.currentThread().getContextClassLoader()
    try:
        loader.loadClass(_DELTA_EXTENSION)
    except py4j_error() as error:
        raise EngineError(
            Problem(
                "Spark runs without Delta on its class path",
                cure=f"spark-submit --packages {DELTA_COORDINATES}, or --jars with Delta's jars",
            )
        ) from error
