"""Who writes the published tables: asked before an engine starts, so nothing heavy is imported."""

from importlib.util import find_spec

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
