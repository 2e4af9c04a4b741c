"""What the sums of a cell rest on: how many contribute, and the two largest contributions.

Evidence for disclosure control, for the same cells as `cells.sum_market_cells`. A contributor is
the enterprise (`contributor`) where a row names one, else its establishment. Contributions count by
their absolute size, so that losses hide nobody. The second largest takes a second pass, beside the
largest of each cell: no window, no sort, no list of values. Of one contributor there is none, of
two it is the rest: half of the cells are not looked at again.

In each join the few rows come first, for the embedded engine makes its hash table of the first side
and lets the other pass by: a semi- or anti-join of all rows would hold all of them in memory.

Pairs of years between which employment changes are in layers: those that begin in different years
have one column of changes together, which the year tells apart.
"""

from collections.abc import Collection, Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.tables import working as w
from tradegains.transforms.bits import bigint

OWN_AMOUNTS = (w.EMPLOYMENT, w.DOMESTIC_SALES, w.EXPORTS, w.VALUE_ADDED)
"""Amounts of a row itself, beside the changes to a later one."""

FEWEST = 3
"""Contributors of a cell from which on the second largest is no difference of its sums."""

_HAS_OTHERS = "has_others"

NO_KEY = -1
"""Stands for a key that is null: keys are whole numbers of at least 0."""

NO_ENTERPRISE = 42
"""The number of the enterprise of rows that name none: `xxhash64` of null is its seed."""


def contributions(
    matched: DataFrame, *, keys: Sequence[str], amounts: Mapping[str, Column], removing: int
) -> DataFrame:
    """One row per row of the study: its keys, contributor (null: its own), and amounts by name.

    Args:
        matched: rows with `flags`, log productivity, and the columns of keys and amounts.
        keys: names of whole-number columns; null becomes `NO_KEY`.
        amounts: by name, whole numbers.
        removing: bits of the rules whose rows are no part of the study.
    """
    is_named = w.CONTRIBUTOR in matched.columns
    number = F.col(w.CONTRIBUTOR)
    # Who names no enterprise is a contributor of its own, not one with all others who name none.
    enterprise = F.when(number != bigint(NO_ENTERPRISE), number).alias(w.CONTRIBUTOR)
    return matched.filter(F.col(w.FLAGS).bitwiseAND(bigint(removing)) == 0).select(
        *(F.coalesce(F.col(key), F.lit(NO_KEY)).cast("bigint").alias(key) for key in keys),
        _known().alias(w.KNOWN),
        F.coalesce(_whole_productivity(), bigint(0)).alias(w.LOG_PRODUCTIVITY),
        *([enterprise] if is_named else []),
        *(F.coalesce(amount, bigint(0)).alias(name) for name, amount in amounts.items()),
    )


def _known() -> Column:
    """What is known of a row of its productivity, as a number (`working.KNOWN`)."""
    has_jobs = F.when(F.col(w.EMPLOYMENT) > 0, bigint(1)).otherwise(bigint(0))
    return F.when(F.col(w.LOG_PRODUCTIVITY).isNotNull(), bigint(2)).otherwise(has_jobs)


def _whole_productivity() -> Column:
    """Log productivity as a whole number, rounded down."""
    return F.floor(F.col(w.LOG_PRODUCTIVITY) * 2.0**w.LOG_PRODUCTIVITY_BITS).cast("bigint")


def extremes() -> tuple[Column, Column]:
    """Lowest and highest log productivity of a cell: how far one of it can be from a mean."""
    productivity = F.col(w.LOG_PRODUCTIVITY)
    return F.min(productivity).alias(w.LOWEST), F.max(productivity).alias(w.HIGHEST)


def spread_contributors(rows: DataFrame) -> DataFrame:
    """One row per year and contributor with several rows in it."""
    named = rows.filter(F.col(w.CONTRIBUTOR).isNotNull())
    counted = named.groupBy(w.YEAR, w.CONTRIBUTOR).agg(F.count(F.lit(1)).alias(w.ESTABLISHMENTS))
    return counted.filter(F.col(w.ESTABLISHMENTS) > 1).select(w.YEAR, w.CONTRIBUTOR)


def sum_spread(
    rows: DataFrame, spread: DataFrame, *, keys: Sequence[str], amounts: Sequence[str]
) -> DataFrame:
    """One row per cell and contributor with several rows in the year."""
    held = spread.join(rows, on=[w.YEAR, w.CONTRIBUTOR], how="inner")
    return held.groupBy(*keys, w.CONTRIBUTOR).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
        *extremes(),
        *(F.sum(name).alias(name) for name in amounts),
    )


def alone(rows: DataFrame, spread: DataFrame) -> DataFrame:
    """The rows whose contributor has no other in the year."""
    marked = spread.withColumn(_HAS_OTHERS, F.lit(True))
    joined = marked.join(rows, on=[w.YEAR, w.CONTRIBUTOR], how="right")
    return joined.filter(F.col(_HAS_OTHERS).isNull()).drop(_HAS_OTHERS, w.CONTRIBUTOR)


def largest_contributions(
    rows: DataFrame, *, keys: Sequence[str], amounts: Sequence[str]
) -> DataFrame:
    """One row per cell: rows, and of each amount the sum, its size and the largest contribution.

    A change has no size of its own: jobs gained and jobs lost are never negative.
    """
    return rows.groupBy(*keys).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
        *extremes(),
        *(F.sum(name).alias(name) for name in amounts),
        *(F.sum(F.abs(name)).alias(w.size_of(name)) for name in sized(amounts)),
        *(F.max(F.abs(name)).alias(w.largest_of(name)) for name in amounts),
    )


def second_contributions(
    rows: DataFrame, largest: DataFrame, *, keys: Sequence[str], amounts: Sequence[str]
) -> DataFrame:
    """One row per cell with at least `FEWEST` rows: of each amount the second largest contribution.

    `largest` is what `largest_contributions` found; two that are equal are first and second.
    """
    several = largest.filter(F.col(w.ESTABLISHMENTS) >= FEWEST)
    beside = several.select(*keys, *map(w.largest_of, amounts))
    joined = F.broadcast(beside).join(rows, on=list(keys), how="inner")
    return joined.groupBy(*keys).agg(*(_second(name).alias(w.second_of(name)) for name in amounts))


def _second(name: str) -> Column:
    size, largest = F.abs(F.col(name)), F.col(w.largest_of(name))
    is_largest = size == largest
    times = F.sum(F.when(is_largest, bigint(1)).otherwise(bigint(0)))
    below = F.max(F.when(~is_largest, size).otherwise(bigint(0)))
    return F.when(times > 1, F.max(largest)).otherwise(below)


def sized(amounts: Sequence[str]) -> list[str]:
    """Those of the amounts that may be negative, so that their size is not their sum.

    Example:
        >>> sized(["value_added_in_units", "jobs_gained_in_layer_0", "jobs_lost_in_layer_0"])
        ['value_added_in_units']
    """
    return [name for name in amounts if name in OWN_AMOUNTS]


def layers_of_changes(first_years: Mapping[str, Collection[int]]) -> tuple[tuple[str, ...], ...]:
    """Names of pairs of years by layer: no two of a layer begin in the same year.

    Args:
        first_years: the years in which each of the names begins.

    Example:
        >>> layers_of_changes({"pre": [1978], "next-year": range(1978, 1996), "post": [1988]})
        (('pre', 'post'), ('next-year',))
    """
    layers: list[list[str]] = []
    for name, years in first_years.items():
        for layer in layers:
            if all(set(years).isdisjoint(first_years[other]) for other in layer):
                layer.append(name)
                break
        else:
            layers.append([name])
    return tuple(map(tuple, layers))


def in_layer(number: int) -> str:
    """What a layer is called among the names of pairs of years.

    Example:
        >>> in_layer(0)
        'layer_0'
    """
    return f"layer_{number}"


def amount_columns(layers: Sequence[Sequence[str]]) -> dict[str, Column]:
    """The amounts that published sums are made of, and the changes of employment of each layer.

    A later employment is null but in the rows of a pair's first years, so that a row has at most
    one of those in a layer.
    """
    found = {
        w.EMPLOYMENT: F.col(w.EMPLOYMENT),
        w.DOMESTIC_SALES: F.col(w.SALES) - F.col(w.EXPORTS),
        w.EXPORTS: F.col(w.EXPORTS),
        w.VALUE_ADDED: F.col(w.VALUE_ADDED),
    }
    for number, names in enumerate(layers):
        later = F.coalesce(*(F.col(w.later_column(w.EMPLOYMENT, name)) for name in names))
        change = later - F.col(w.EMPLOYMENT)
        found[w.jobs_gained(in_layer(number))] = F.greatest(change, bigint(0))
        found[w.jobs_lost(in_layer(number))] = F.greatest(-change, bigint(0))
    return found
