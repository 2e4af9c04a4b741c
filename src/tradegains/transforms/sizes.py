"""Matched rows into sizes to be ranked: employment, and domestic sales."""

from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.fixed_point import EMPLOYMENT_UNITS, units_of_money
from tradegains.tables import working as w
from tradegains.transforms.bits import bigint
from tradegains.transforms.ranking import SCALED

SIZE, BELOW = "size", "values_below"
LOG_EXCESS, NUMBER = "log_excess", "tail_number"
SIZES = ("employment", "domestic_sales")


def units_of_size(size: str, decimals: int) -> float:
    """How many of the whole numbers that a size is counted in are one; of money, to its decimals.

    Example:
        >>> units_of_size("employment", 2), units_of_size("domestic_sales", 2)
        (1000.0, 100.0)
    """
    return float(EMPLOYMENT_UNITS) if size == "employment" else units_of_money(decimals)


def rank_sizes(
    matched: DataFrame,
    *,
    years: Mapping[str, Sequence[int]],
    removing: int,
    bin_width: float,
    decimals: int,
    carried: Sequence[str] = (),
) -> DataFrame:
    """One row per valid row, size and year of that size where the size is above 0.

    Reads year, flags, membership, employment_thousandths and the two sales. `years` names the
    years of each size that is wanted; rows with a flag of `removing` are left out. `value` is the
    whole number of thousandths or of units of money (10**-decimals), exact in a double, and
    `scaled` its logarithm in units of `bin_width` [log points]: ranks come from whole numbers, so
    no engine's logarithm moves a quantile. The columns `carried` stay.
    """
    valid = matched.filter(F.col(w.FLAGS).bitwiseAND(bigint(removing)) == bigint(0))
    parts = [
        _one_size(
            valid,
            size,
            years=years[size],
            units=units_of_size(size, decimals),
            bin_width=bin_width,
            carried=carried,
        )
        for size in SIZES
        if years.get(size)
    ]
    return reduce(DataFrame.unionByName, parts)


def _one_size(
    valid: DataFrame,
    size: str,
    *,
    years: Sequence[int],
    units: float,
    bin_width: float,
    carried: Sequence[str],
) -> DataFrame:
    amount = _amount(size)
    described = valid.filter(F.col(w.YEAR).isin(*years) & (amount > 0))
    value = amount.cast("double")
    return described.select(
        F.lit(SIZES.index(size)).alias(SIZE),
        w.YEAR,
        w.MEMBERSHIP,
        *carried,
        w.EMPLOYMENT,
        value.alias(w.VALUE),
        (F.log(value / units) / bin_width).alias(SCALED),
    )


def count_between(ranked: DataFrame, values: Sequence[float]) -> DataFrame:
    """One row per size, year, membership, group of units and how many of the values are below.

    With how many rows there are, and their employment.
    Reads the rows of `rank_sizes` with their group; `values` are whole numbers, as theirs.
    """
    are_below = [F.when(F.col(w.VALUE) > F.lit(each), 1).otherwise(0) for each in values]
    number = reduce(Column.__add__, are_below, F.lit(0)).alias(BELOW)
    keys = (SIZE, w.YEAR, w.MEMBERSHIP, w.REPLICATE_GROUP)
    return ranked.groupBy(*keys, number).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS), F.sum(w.EMPLOYMENT).alias(w.EMPLOYMENT)
    )


def sum_tails(ranked: DataFrame, tails: Sequence[tuple[str, int, float, int]]) -> DataFrame:
    """One row per size, year and membership of values above a threshold: how many, and how far.

    Reads the rows of `rank_sizes`; each of `tails` is a size and a year with their threshold, a
    whole number as the values are, and the binary places in which ln(value / threshold) is summed.
    """
    parts = [
        ranked.filter(
            (F.col(SIZE) == SIZES.index(size)) & (F.col(w.YEAR) == year) & (F.col(w.VALUE) > least)
        )
        .groupBy(SIZE, w.YEAR, w.MEMBERSHIP)
        .agg(
            F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
            F.sum(F.floor(F.log(F.col(w.VALUE) / least) * 2.0**places + 0.5).cast("bigint")).alias(
                LOG_EXCESS
            ),
            F.lit(number).alias(NUMBER),
        )
        for number, (size, year, least, places) in enumerate(tails)
    ]
    return reduce(DataFrame.unionByName, parts)


def _amount(size: str) -> Column:
    if size == "employment":
        return F.col(w.EMPLOYMENT)
    return F.col(w.SALES) - F.col(w.EXPORTS)
