"""Rows into counts per nested bin: what the exact selection of ranks asks of the engine.

A ranked table has key columns, `employment_thousandths` as weight, and `value` with `scaled`
beside it. Bins are whole numbers, floor(scaled * 2**refinement): multiplying by a power of two
is exact, so the bins of one refinement nest in those of a coarser one, and equal values always
share a bin. `scaled` may be any non-decreasing function of `value`.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.tables import working as w

SCALED = "scaled"


def bin_of(refinement: int) -> Column:
    """Number of the bin of width 2**-refinement that holds `scaled`."""
    return F.floor(F.col(SCALED) * float(2**refinement)).cast("bigint")


def count_bins(
    ranked: DataFrame, *, keys: Sequence[str], refinement: int, largest: bool = False
) -> DataFrame:
    """One row per key and bin: establishments, weight, lowest and highest value.

    Reads the keys, value, scaled and the weight. A bin whose lowest value is its highest needs
    no further look, however many rows share that value. With `largest` also the largest weight.
    """
    weights = [F.max(w.EMPLOYMENT).alias(w.largest_of(w.EMPLOYMENT))] if largest else []
    return ranked.groupBy(*keys, bin_of(refinement).alias(w.BIN)).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
        F.sum(w.EMPLOYMENT).alias(w.EMPLOYMENT),
        F.min(w.VALUE).alias(w.LOWEST),
        F.max(w.VALUE).alias(w.HIGHEST),
        *weights,
    )


def keep_bins(
    ranked: DataFrame, open_bins: DataFrame, *, on: Sequence[str], refinement: int
) -> DataFrame:
    """One row per ranked row that lies in one of the open bins.

    Reads the columns `on` and scaled; `open_bins` has one row per `on` and bin.
    """
    numbered = ranked.withColumn(w.BIN, bin_of(refinement))
    return numbered.join(F.broadcast(open_bins), on=[*on, w.BIN], how="left_semi").drop(w.BIN)


def list_values(ranked: DataFrame, *, keys: Sequence[str], refinement: int) -> DataFrame:
    """One row per ranked row: its keys, bin, value and weight."""
    return ranked.select(*keys, bin_of(refinement).alias(w.BIN), w.VALUE, w.EMPLOYMENT)


def count_values(ranked: DataFrame, *, keys: Sequence[str], refinement: int) -> DataFrame:
    """One row per key, bin and distinct value: equal values collapse."""
    return ranked.groupBy(*keys, bin_of(refinement).alias(w.BIN), w.VALUE).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
        F.sum(w.EMPLOYMENT).alias(w.EMPLOYMENT),
    )
