"""A census that Spark has bucketed by id: whether it is, and a scan that makes use of it.

Spark takes rows from a file by the number in its name and believes it: a row in the wrong file
would be matched without its establishment's others. So names are looked at before any engine
works, and where Spark is to rely on them, where each row lies as well.

Spark knows of buckets through its catalog, which on a cluster is not ours to write to. But a scan
is bucketed by what its relation says, so the relation of plain files is made once more, with that.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from tradegains.errors import Problem
from tradegains.store.census_checks import where_files
from tradegains.store.census_files import CensusFile
from tradegains.store.census_types import quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# As Spark's BucketingUtils has it; whole names are compared.
_NUMBERED = r".*_(\d+)(?:\..*)?"
_AUTOMATIC = "spark.sql.sources.bucketing.autoBucketedScan.enabled"


def bucket_of(name: str) -> int | None:
    """Number of the bucket in the name of a file, as Spark reads it; None without one.

    Example:
        >>> bucket_of("part-00003-0738ad4a_00005.c000.snappy.parquet"), bucket_of("part-0.parquet")
        (5, None)
    """
    found = re.fullmatch(_NUMBERED, name.rpartition("/")[2], re.ASCII)
    return int(found[1]) if found else None


def name_problems(files: Sequence[CensusFile], buckets: int) -> list[Problem]:
    """Files without the number of a bucket in their names, or with one that there is not."""
    numbers = [(file, bucket_of(file.path)) for file in files]
    without = [file for file, bucket in numbers if bucket is None]
    beyond = [file for file, bucket in numbers if bucket is not None and bucket >= buckets]
    problems = []
    if without:
        problems.append(
            Problem(
                f"files have no bucket in their names, and [census] has buckets = {buckets}",
                where_files(without),
                len(without),
                cure="drop the key buckets, or write the files with Spark's bucketBy",
            )
        )
    if beyond:
        problems.append(
            Problem(
                f"files are of a bucket that {buckets} buckets (0 to {buckets - 1}) do not have",
                where_files(beyond),
                len(beyond),
                cure="state in buckets the number that bucketBy was given, or drop the key",
            )
        )
    return problems


def bucketed(rows: "DataFrame", column: str, buckets: int) -> "DataFrame":
    """The rows of a scan of Parquet files, which Spark now knows to be bucketed by a column.

    Args:
        rows: what classic Spark's reader gave, with nothing added.
        column: a column inside the files.
        buckets: how many there are.
    """
    from pyspark.sql.classic.dataframe import DataFrame

    spark = rows.sparkSession
    # Any: the classes of the JVM have no types in Python.
    java, session = cast(Any, spark._jvm), spark._jsparkSession
    sql, sequence = java.org.apache.spark.sql, java.PythonUtils.toSeq
    # Not said to be sorted: a bucket has a file per year, so its rows are not.
    spec = sql.catalyst.catalog.BucketSpec(buckets, sequence([column]), sequence([]))
    plain = rows._jdf.queryExecution().analyzed().relation()
    relation = sql.execution.datasources.HadoopFsRelation(
        plain.location(),
        plain.partitionSchema(),
        plain.dataSchema(),
        java.scala.Option.apply(spec),
        plain.fileFormat(),
        plain.options(),
        session,
    )
    return DataFrame(session.baseRelationToDataFrame(relation), spark)


def misplaced(rows: "DataFrame", column: str, buckets: int) -> tuple[int, int]:
    """Rows in a file of another bucket than Spark gives their value, and how many such files.

    Reads the column alone. Spark's partitions of a bucketed scan are the buckets in order, which
    tells of most censuses that all is right, in a third of the time that the names of files take.

    Args:
        rows: rows of a scan that is `bucketed`, with the column as it is in the files: a value
            has another bucket as INT than as BIGINT.
        column: the column the files are bucketed by.
        buckets: how many there are.
    """
    from pyspark.sql import functions as F

    # Of a null too: its hash is the seed, as where Spark writes.
    right = F.pmod(F.hash(quoted(column)), F.lit(buckets))
    with _always_bucketed(rows.sparkSession):
        if not rows.filter(right != F.spark_partition_id()).count():
            return 0, 0
    said = F.regexp_extract("_metadata.file_name", f"^{_NUMBERED}$", 1).cast("int")
    by_file = rows.filter(right != said).groupBy("_metadata.file_path").count()
    counts = by_file.toArrow().column("count").to_pylist()
    return sum(counts), len(counts)


@contextmanager
def _always_bucketed(spark: "SparkSession") -> Iterator[None]:
    """Have Spark read bucket by bucket even where no operator of the plan asks for it."""
    before = spark.conf.get(_AUTOMATIC)
    spark.conf.set(_AUTOMATIC, "false")
    try:
        yield
    finally:
        spark.conf.set(_AUTOMATIC, str(before))
