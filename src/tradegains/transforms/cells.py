"""Matched rows into the sums from which every market result follows."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.tables import working as w


def sum_market_cells(matched: DataFrame, *, industries: Sequence[str]) -> DataFrame:
    """One row per year, flags, membership and the given industry columns.

    Reads them and the amounts. Sums are whole numbers, each with its DOUBLE twin, because one of
    the engines wraps where the other raises.
    """
    sums = [F.sum(amount).alias(amount) for amount in w.AMOUNTS]
    # Multiplied, not cast: Sail gives a sum and a sum of the same column cast one name.
    twins = [F.sum(F.col(amount) * 1.0e0).alias(w.twin(amount)) for amount in w.AMOUNTS]
    return matched.groupBy(w.YEAR, w.FLAGS, w.MEMBERSHIP, *industries).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
        F.count(w.DUPLICATED_ID).alias(w.DUPLICATED_ID),
        *sums,
        *twins,
    )
