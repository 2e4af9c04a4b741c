"""Small tables of the driver as rows of the engine, also where they have none."""

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema


def as_rows(table: pa.Table, *, beside: DataFrame) -> DataFrame:
    """The table's rows in the session of another frame.

    Spark Connect takes no types from a table without rows: nobody has productivity, say, or no
    industry a median.
    """
    session = beside.sparkSession
    if table.num_rows:
        return session.createDataFrame(table)
    return session.createDataFrame([], from_arrow_schema(table.schema))
