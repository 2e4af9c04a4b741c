"""Matched rows into the sums from which every market result follows."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.tables import working as w
from tradegains.transforms.bits import bigint
from tradegains.transforms.packed_keys import PackedKeys
from tradegains.transforms.whole_sums import whole_sums


def sum_market_cells(
    matched: DataFrame,
    *,
    industries: Sequence[str],
    amounts: Sequence[str] = w.AMOUNTS,
    changes: Sequence[str] = (),
) -> DataFrame:
    """One row per year, flags, membership and the given industry columns.

    Reads them, the amounts and, for `changes` (names of pairs of years), later employment. Sums are
    whole numbers, each with its DOUBLE twin.
    """
    summed = {amount: F.col(amount) for amount in amounts}
    for name in changes:
        summed |= _employment_changes(name)
    return matched.groupBy(w.YEAR, w.FLAGS, w.MEMBERSHIP, *industries).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
        F.count(w.DUPLICATED_ID).alias(w.DUPLICATED_ID),
        *whole_sums(matched, summed),
    )


def sum_rows_by_group(
    matched: DataFrame,
    *,
    packed: PackedKeys,
    keys: Sequence[str],
    amounts: Sequence[str],
    changes: Sequence[str],
) -> DataFrame:
    """One row per packed and further key: how many establishments, and sums of what they have.

    As `sum_market_cells`, without twins: these are parts of sums that have been seen to fit.
    """
    summed = {amount: F.col(amount) for amount in amounts}
    for name in changes:
        summed |= _employment_changes(name)
    return matched.groupBy(*packed.columns(), *keys).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
        *(F.sum(amount).alias(name) for name, amount in summed.items()),
    )


def first_of_group(code: str, step: int) -> Column:
    """The first number that an industry of the same group might have; `step` numbers are one's."""
    return F.col(code) - F.pmod(F.col(code), bigint(step))


def _employment_changes(name: str) -> dict[str, Column]:
    """Jobs gained and lost by the later year; 0 without a row then."""
    change = F.col(w.later_column(w.EMPLOYMENT, name)) - F.col(w.EMPLOYMENT)
    return {
        w.jobs_gained(name): F.when(change > 0, change).otherwise(bigint(0)),
        w.jobs_lost(name): F.when(change < 0, -change).otherwise(bigint(0)),
    }
