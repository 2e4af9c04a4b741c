"""Small tables looked up by industry and year."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.tables import working as w

CODE = "lookup_code"
COUNTERPART = "counterpart"


def look_up(rows: DataFrame, small: DataFrame, *, digits: int, on: Sequence[str] = ()) -> DataFrame:
    """One row per row, with the small table's columns; null where it has no entry.

    Reads industry, of which the first `digits` characters must equal the small table's
    `lookup_code` (empty where it holds for every industry), and the columns `on`. `small` has one
    row per code and `on`.
    """
    code = F.coalesce(F.substring(F.col(w.INDUSTRY), 1, digits), F.lit(""))
    coded = rows.withColumn(CODE, code)
    return coded.join(F.broadcast(small), on=[CODE, *on], how="left").drop(CODE)
