"""How each engine is told of a path that may hold blanks, brackets or other signs of a pattern.

Sail takes a path as a pattern and as a URL, Hadoop as a pattern when it reads; in either a name
with such signs is read as no rows, or as those of other files.
"""

import re
from pathlib import Path
from urllib.parse import quote

_PLAIN = "/:=@!$&'()+,;~"  # what may stand in the path of an address as it is
_HADOOP_PATTERN = re.compile(r"([\\*?\[\]{}])")


def sail_path(uri: str) -> str:
    """A path or URI for Sail.

    Example:
        >>> sail_path("/data/plants [2015].parquet")
        'file:///data/plants%20%5B2015%5D.parquet'
        >>> sail_path("s3://census/year=1988/a #1.parquet")
        's3://census/year=1988/a%20%231.parquet'
    """
    if "://" not in uri:
        return Path(uri).as_uri()
    scheme, separator, path = uri.partition("://")
    return scheme + separator + quote(path, safe=_PLAIN)


def hadoop_address(uri: str) -> str:
    """A path or URI for Spark, as it is: to write to, or as a base path.

    A bare path would be looked up in the cluster's default file system.

    Example:
        >>> hadoop_address("s3://census/1988"), hadoop_address("hdfs://node/a b")
        ('s3a://census/1988', 'hdfs://node/a b')
        >>> hadoop_address("/data/a b")
        'file:///data/a b'
    """
    scheme, separator, path = uri.partition("://") if "://" in uri else ("file", "://", uri)
    return ("s3a" if scheme == "s3" else scheme) + separator + path


def hadoop_path(uri: str) -> str:
    r"""A path or URI for Spark to read from.

    Example:
        >>> hadoop_path("/data/plants [2015].parquet")
        'file:///data/plants \\[2015\\].parquet'
    """
    return _HADOOP_PATTERN.sub(r"\\\1", hadoop_address(uri))


def is_connect(spark: object) -> bool:
    """Whether a session is one of Spark Connect, behind which Sail reads and writes."""
    return type(spark).__module__.startswith("pyspark.sql.connect")


def path_to_read(spark: object, uri: str) -> str:
    """A path or URI for a session to read from."""
    return sail_path(uri) if is_connect(spark) else hadoop_path(uri)


def path_to_write(spark: object, uri: str) -> str:
    """A path or URI for a session to write to."""
    return sail_path(uri) if is_connect(spark) else hadoop_address(uri)
