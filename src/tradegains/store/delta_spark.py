"""Delta tables by Spark: the writer where only Spark reaches the output."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pyarrow as pa

from tradegains.store.arrow_tables import arrow_schema, arrow_type, described
from tradegains.store.delta import DeltaRs, DeltaStore, commit_failed, unreadable

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class SparkDelta(DeltaStore):
    """delta-spark: the writer on Spark. Reads with delta-rs where the folder is local."""

    def __init__(self, root: str, spark: "SparkSession") -> None:
        super().__init__(root)
        self._spark = spark
        local = "://" not in root and find_spec("deltalake") is not None
        self._reader = DeltaRs(root) if local else None

    def version(self, name: str) -> int | None:
        """Current Delta version; None while the table does not exist."""
        if self._reader:
            return self._reader.version(name)
        from pyspark.errors import AnalysisException

        address = self._uri(name).replace("`", "``")
        try:
            history = self._spark.sql(f"DESCRIBE HISTORY delta.`{address}` LIMIT 1").collect()
        except AnalysisException as error:
            if error.getCondition() == "DELTA_TABLE_ONLY_OPERATION":
                return None
            raise unreadable(self.path(name), error) from error
        except _spark_errors() as error:
            raise unreadable(self.path(name), error) from error
        return int(history[0]["version"])

    def stored(self, name: str, run_id: str | None = None, version: int | None = None) -> pa.Table:
        """Rows of one run, or of all, at a version (default: now), as they are on disk."""
        if self._reader:
            return self._reader.stored(name, run_id, version)
        from pyspark.sql.functions import col, lit

        if self.version(name) is None:
            return arrow_schema(name).empty_table()
        try:
            table = self._load(name, version)
            rows = table if run_id is None else table.filter(col("run_id") == lit(run_id))
            return rows.toArrow()
        except _spark_errors() as error:
            raise unreadable(self.path(name), error) from error

    def _load(self, name: str, version: int | None = None) -> "DataFrame":
        reader = self._spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.load(self._uri(name))

    def schema(self, name: str) -> pa.Schema | None:
        """Columns of the table on disk, in its own order; None while there is no table."""
        if self._reader:
            return self._reader.schema(name)
        if self.version(name) is None:
            return None
        fields = self._load(name).schema.fields
        return pa.schema([(field.name, arrow_type(field.dataType)) for field in fields])

    def _replace(self, name: str, table: pa.Table, predicate: str) -> int:
        from pyspark.sql.functions import col

        columns = [
            col(column).alias(column, metadata=described(name, column))
            for column in table.column_names
        ]
        rows = self._spark.createDataFrame(table).select(*columns)
        try:
            (
                rows.coalesce(1)
                .write.format("delta")
                .mode("overwrite")
                .option("replaceWhere", predicate)
                .option("mergeSchema", "added" in self._changes(name, table).values())
                .partitionBy("run_id")
                .save(self._uri(name))
            )
        except _spark_errors() as error:
            raise commit_failed(self.path(name), error) from error
        version = self.version(name)
        if version is None:
            raise commit_failed(self.path(name), None)
        return version

    def _uri(self, name: str) -> str:
        # A bare path would be looked up in the cluster's default file system.
        path = self.path(name)
        return path if "://" in path else f"file://{path}"


def _spark_errors() -> tuple[type[Exception], ...]:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return PySparkException, Py4JError
