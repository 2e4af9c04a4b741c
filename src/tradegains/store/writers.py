"""Who writes the published tables: asked before an engine starts, so nothing heavy is imported."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from tradegains.errors import EngineError, Problem

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from tradegains.store.delta import DeltaStore

EngineName = Literal["embedded", "spark"]

DRIVEN = frozenset({"hdfs", "s3", "s3a"})
"""Stores whose tables the driver writes itself, as it does on a local disk."""


def needs_spark(root: str) -> bool:
    """Whether only Spark's own Delta, and so its jars, can write there.

    Example:
        >>> needs_spark("hdfs://names/results"), needs_spark("gs://bucket/results")
        (False, True)
    """
    scheme, mark, _ = root.partition("://")
    return (bool(mark) and scheme not in DRIVEN) or find_spec("deltalake") is None


def open_delta(
    root: str, engine: EngineName = "embedded", spark: "SparkSession | None" = None
) -> "DeltaStore":
    """The store that belongs to an engine; without a session, the one that reads without a JVM.

    Spark's driver writes with delta-rs too, where that is installed: the tables are small and there
    already, and Delta's first commit in a new JVM alone took 5 s. On S3 it has to: delta-spark's
    store puts its commit without a condition, and was seen to overwrite that of another writer.
    """
    from tradegains.store.delta import DeltaRs

    if engine == "embedded" or not needs_spark(root):
        return DeltaRs(root)
    if root.startswith("s3://"):
        cure = "install deltalake for the driver's Python (pip install deltalake)"
        what = "Delta's store for S3 in Spark commits without a condition, and would lose commits"
        raise EngineError(Problem(what, root, cure=cure))
    if spark is None:
        raise ValueError("the spark engine writes through its session")
    from tradegains.store.delta_spark import SparkDelta

    return SparkDelta(root, spark)
