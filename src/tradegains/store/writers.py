"""Who writes the published tables: asked before an engine starts, so nothing heavy is imported."""

from importlib.util import find_spec


def needs_spark(root: str) -> bool:
    """Whether only Spark's own Delta, and so its jars, can write there.

    Example:
        >>> needs_spark("hdfs://names/results")
        True
    """
    return "://" in root or find_spec("deltalake") is None
