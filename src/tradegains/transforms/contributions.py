"""What the sums of a cell rest on: how many contribute, and the two largest contributions.

Evidence for disclosure control, for the same cells as `cells.sum_market_cells`. A contributor is
the enterprise (`contributor`) where a row names one, else its establishment. Contributions count by
their absolute size, so that losses hide nobody. The second largest takes a second pass, for which
the largest of each cell are handed back to the engine: no window, no sort, no list of values.
"""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.tables import working as w
from tradegains.transforms.bits import bigint

NO_KEY = -1
"""Stands for a key that is null: keys are whole numbers of at least 0."""


def contributions(
    matched: DataFrame, *, keys: Sequence[str], amounts: Mapping[str, Column], removing: int
) -> DataFrame:
    """One row per row of the study: its keys, contributor, and amounts by name.

    Args:
        matched: rows with `flags` and the columns of keys and amounts.
        keys: names of whole-number columns; null becomes `NO_KEY`.
        amounts: by name, whole numbers.
        removing: bits of the rules whose rows are no part of the study.
    """
    is_named = w.CONTRIBUTOR in matched.columns
    return matched.filter(F.col(w.FLAGS).bitwiseAND(bigint(removing)) == 0).select(
        *(F.coalesce(F.col(key), F.lit(NO_KEY)).cast("bigint").alias(key) for key in keys),
        *([w.CONTRIBUTOR] if is_named else []),
        *(F.coalesce(amount, bigint(0)).alias(name) for name, amount in amounts.items()),
    )


def spread_contributors(rows: DataFrame) -> DataFrame:
    """One row per year and contributor with several rows in it."""
    named = rows.filter(F.col(w.CONTRIBUTOR).isNotNull())
    counted = named.groupBy(w.YEAR, w.CONTRIBUTOR).agg(F.count(F.lit(1)).alias(w.ESTABLISHMENTS))
    return counted.filter(F.col(w.ESTABLISHMENTS) > 1).select(w.YEAR, w.CONTRIBUTOR)


def sum_spread(
    rows: DataFrame, spread: DataFrame, *, keys: Sequence[str], amounts: Sequence[str]
) -> DataFrame:
    """One row per cell and contributor with several rows in the year."""
    held = rows.join(spread, on=[w.YEAR, w.CONTRIBUTOR], how="left_semi")
    return held.groupBy(*keys, w.CONTRIBUTOR).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS), *(F.sum(name).alias(name) for name in amounts)
    )


def alone(rows: DataFrame, spread: DataFrame) -> DataFrame:
    """The rows whose contributor has no other in the year."""
    return rows.join(spread, on=[w.YEAR, w.CONTRIBUTOR], how="left_anti").drop(w.CONTRIBUTOR)


def largest_contributions(
    rows: DataFrame, *, keys: Sequence[str], amounts: Sequence[str]
) -> DataFrame:
    """One row per cell: rows, and of each amount the sum, its size and the largest contribution."""
    return rows.groupBy(*keys).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
        *(F.sum(name).alias(name) for name in amounts),
        *(F.sum(F.abs(name)).alias(w.size_of(name)) for name in amounts),
        *(F.max(F.abs(name)).alias(w.largest_of(name)) for name in amounts),
    )


def second_contributions(
    rows: DataFrame, largest: DataFrame, *, keys: Sequence[str], amounts: Sequence[str]
) -> DataFrame:
    """One row per cell with several rows: of each amount the second largest contribution.

    `largest` has the keys and the largest contributions; two that are equal are first and second.
    """
    joined = rows.join(F.broadcast(largest), on=list(keys), how="inner")
    return joined.groupBy(*keys).agg(*(_second(name).alias(w.second_of(name)) for name in amounts))


def _second(name: str) -> Column:
    size, largest = F.abs(F.col(name)), F.col(w.largest_of(name))
    is_largest = size == largest
    times = F.sum(F.when(is_largest, bigint(1)).otherwise(bigint(0)))
    below = F.max(F.when(~is_largest, size).otherwise(bigint(0)))
    return F.when(times > 1, F.max(largest)).otherwise(below)


def amount_columns(rows: DataFrame, gains: Sequence[str] = ()) -> dict[str, Column]:
    """The amounts that published sums are made of, and the changes of employment `gains` names."""
    found = {
        w.EMPLOYMENT: F.col(w.EMPLOYMENT),
        w.DOMESTIC_SALES: F.col(w.SALES) - F.col(w.EXPORTS),
        w.EXPORTS: F.col(w.EXPORTS),
        w.VALUE_ADDED: F.col(w.VALUE_ADDED),
    }
    for name in gains:
        change = F.col(w.later_column(w.EMPLOYMENT, name)) - F.col(w.EMPLOYMENT)
        found[w.jobs_gained(name)] = F.greatest(change, bigint(0))
        found[w.jobs_lost(name)] = F.greatest(-change, bigint(0))
    return found
