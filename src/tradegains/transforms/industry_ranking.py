"""Matched rows relative to their industry's median, told apart by industry and population."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.productivity import relative_productivity
from tradegains.tables import working as w
from tradegains.transforms.bits import bigint
from tradegains.transforms.ranking import SCALED


def relate_by_industry(
    matched: DataFrame, medians: DataFrame, *, mask: int, carried: Sequence[str] = ()
) -> DataFrame:
    """One row per row with log productivity: year, industry, membership, value and scaled.

    Reads those, employment_thousandths and log_productivity; `medians` has one row per year and
    industry with its centre [log points]. Only the membership bits of `mask` are kept; the
    columns `carried` stay.
    """
    measured = matched.filter(F.col(w.LOG_PRODUCTIVITY).isNotNull())
    related = measured.join(F.broadcast(medians), on=[w.YEAR, w.INDUSTRY], how="inner")
    relative = relative_productivity(F.col(w.LOG_PRODUCTIVITY), F.col(w.CENTRE))
    return related.select(
        w.YEAR,
        w.INDUSTRY,
        F.col(w.MEMBERSHIP).bitwiseAND(bigint(mask)).alias(w.MEMBERSHIP),
        *carried,
        w.EMPLOYMENT,
        relative.alias(w.VALUE),
        relative.alias(SCALED),
    )
