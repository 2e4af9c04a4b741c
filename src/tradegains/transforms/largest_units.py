"""Units of a set with the largest sales at home."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.membership import MembershipMask
from tradegains.tables import working as w
from tradegains.transforms.bits import bigint, has_bits


def largest_units(
    matched: DataFrame, *, years: tuple[int, int], mask: MembershipMask, most: int
) -> DataFrame:
    """One row per unit of a set, of those with the largest sales at home in both years together.

    Reads year, membership, the replicate unit, sales and exports. `mask` tells the set. A
    tie is decided by the unit's number, a hash: the same on every engine.
    """
    is_inside = has_bits(w.MEMBERSHIP, mask.required)
    if mask.forbidden:
        is_inside &= F.col(w.MEMBERSHIP).bitwiseAND(bigint(mask.forbidden)) == 0
    inside = matched.filter(F.col(w.YEAR).isin(*years) & is_inside)
    sums = [
        F.sum(F.when(F.col(w.YEAR) == year, F.col(amount)).otherwise(bigint(0))).alias(
            f"{amount}_{year}"
        )
        for year in years
        for amount in (w.SALES, w.EXPORTS)
    ]
    at_home = sum(
        (F.col(f"{w.SALES}_{year}") - F.col(f"{w.EXPORTS}_{year}") for year in years), F.lit(0)
    )
    by_unit = inside.groupBy(w.REPLICATE_UNIT).agg(*sums)
    return by_unit.orderBy(at_home.desc(), F.col(w.REPLICATE_UNIT)).limit(most)
