"""Units, of which groups are left out in turn: a number for each, and its group.

Decision: a unit's number is a hash (XXH64 with seed 42, which both engines have) of the study's
salt, what it is a unit of, and its id as text; so it depends on no other row, engine or file. An
establishment belongs to one unit, that of its first valid row, with its whole history: an
establishment that is sold would else be left out in one year of a window and not in the other.
Whose unit is not known is a unit of its own.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.tables import working as w
from tradegains.tables.flags import FLAG_BITS
from tradegains.transforms.bits import bigint, has_bits

UNIT_NUMBERS = 2**48
"""So many that a year fits before one in a BIGINT; of 3 million units two share theirs in one
study of sixty, and fall into one group."""


def number_units(rows: DataFrame, *, column: str, unit: str, salt: str) -> DataFrame:
    """One row per row, with the number of its unit; null where it is not valid.

    Reads valid, flags, establishment_id and the column with the unit's id. `unit` is what it is of.
    """
    own = _number(salt, "establishment", w.ESTABLISHMENT_ID)
    number = own
    if column != w.ESTABLISHMENT_ID:
        is_known = F.col(column).isNotNull()
        if column in (w.INDUSTRY, w.INDUSTRY_GROUP):
            # A broken code that a study keeps names no industry, whatever it begins with.
            is_known &= ~has_bits(w.FLAGS, FLAG_BITS["invalid_industry"])
        number = F.when(is_known, _number(salt, unit, column)).otherwise(own)
    return rows.withColumn(w.REPLICATE_UNIT, F.when(F.col(w.VALID), number))


def _number(salt: str, unit: str, column: str) -> Column:
    text = F.concat(F.lit(f"{salt}/{unit}/"), F.col(column).cast("string"))
    return F.pmod(F.xxhash64(text), bigint(UNIT_NUMBERS))


def first_unit() -> Column:
    """An aggregate over an establishment's rows: its unit in the first year, before it the year.

    Reads year and the row's unit. Where two rows share a year it is the lower number.
    """
    return F.min(F.col(w.YEAR).cast("bigint") * bigint(UNIT_NUMBERS) + F.col(w.REPLICATE_UNIT))


def without_year(unit: Column) -> Column:
    """The unit of `first_unit` alone."""
    return F.pmod(unit, bigint(UNIT_NUMBERS))


def add_groups(
    matched: DataFrame, groups: int | None, *, years: Sequence[int] | None = None
) -> DataFrame:
    """One row per row, with the group of its unit: its number's remainder, or itself (None).

    Rows of other years than stated ones, which nobody adds up by group, have none.
    """
    unit = F.col(w.REPLICATE_UNIT)
    group = unit if groups is None else F.pmod(unit, bigint(groups))
    if years is not None:
        group = F.when(F.col(w.YEAR).isin(*years), group)
    return matched.withColumn(w.REPLICATE_GROUP, group)


def count_units(matched: DataFrame, groups: int | None) -> DataFrame:
    """One row per group and its number of units; of valid rows."""
    units = matched.select(w.REPLICATE_UNIT).dropna().distinct()
    by_group = add_groups(units, groups).groupBy(w.REPLICATE_GROUP)
    return by_group.agg(F.count(F.lit(1)).alias(w.UNIT))
