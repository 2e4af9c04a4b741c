"""Matched rows into regression rows: one row per establishment of a sample, nothing missing.

Sizes are logs of employment as reported; who reports none is in no regression.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.productivity import relative_productivity
from tradegains.tables import working as w
from tradegains.transforms.bits import bigint
from tradegains.transforms.regression_sums import CLUSTER, EFFECT, WEIGHT

EXPORTER, LOG_EMPLOYMENT, EXIT = "exporter", "log_employment", "exit"
RELATIVE_PRODUCTIVITY, TARIFF_CUT = "relative_productivity", "tariff_cut"
EXPORT_START, GROWTH = "export_start", "log_productivity_growth"
PLANT_CUT = "plant_tariff_cut"
IS_PLANT_CUT = "is_plant_cut"
WITH_CUT = "with_cut"
YEAR_STEP = 10**12
"""Industries are at most twelve digits: year * YEAR_STEP + industry tells both."""


def premium_rows(matched: DataFrame, *, years: Sequence[int], exporter: int) -> DataFrame:
    """One row per establishment-year with log productivity and employment.

    Reads year, industry, membership (of which `exporter` is the bit), employment,
    employment_thousandths, log_productivity and establishment_id.
    """
    measured = _measured(matched).filter(F.col(w.YEAR).isin(*years))
    industry_year = F.col(w.YEAR).cast("bigint") * bigint(YEAR_STEP) + F.col(w.INDUSTRY)
    return measured.select(
        industry_year.alias(EFFECT),
        F.col(w.ESTABLISHMENT_ID).alias(CLUSTER),
        F.col(w.EMPLOYMENT).alias(WEIGHT),
        w.LOG_PRODUCTIVITY,
        _indicator(exporter).alias(EXPORTER),
        LOG_EMPLOYMENT,
    )


def largest_logs(matched: DataFrame) -> DataFrame:
    """One row: the largest size of a row's log productivity, and of its log employment.

    Reads employment, employment_thousandths and log_productivity.
    """
    is_employer = F.col(w.EMPLOYMENT) > 0
    employment = F.when(is_employer, F.ln(F.col("employment").cast("double")))
    logs = (F.col(w.LOG_PRODUCTIVITY), employment)
    return matched.agg(*(F.max(F.abs(log)).alias(f"log_{i}") for i, log in enumerate(logs)))


def exit_rows(
    matched: DataFrame, medians: DataFrame, *, year: int, continuing: int, exporter: int | None
) -> DataFrame:
    """One row per establishment of a window's first year: its exit and what may explain it.

    Reads as `premium_rows`, the bits of continuing and of exporting; `medians` has one row per
    industry with its centre [log points]. Further columns of the rows stay.
    """
    measured = _measured(matched).filter(F.col(w.YEAR) == year)
    related = measured.join(F.broadcast(medians), on=w.INDUSTRY, how="inner")
    columns = {
        EFFECT: F.col(w.INDUSTRY),
        EXIT: F.lit(1.0) - _indicator(continuing),
        RELATIVE_PRODUCTIVITY: _relative_productivity(),
    }
    if exporter is not None:
        columns[EXPORTER] = _indicator(exporter)
    return related.withColumns(columns)


def never_exporters(matched: DataFrame, *, year: int, never: int, continuing: int) -> DataFrame:
    """One row per establishment that never exported until `year` and is there at the end.

    Reads as `premium_rows`, and the bits of both sets; further columns stay.
    """
    rows = _measured(matched).filter(F.col(w.YEAR) == year)
    is_inside = F.col(w.MEMBERSHIP).bitwiseAND(bigint(never | continuing)) == bigint(
        never | continuing
    )
    return rows.filter(is_inside)


def entry_rows(rows: DataFrame, medians: DataFrame, *, window: str, starter: int) -> DataFrame:
    """One row per establishment: whether it starts to export, and its growth.

    Reads the rows of `never_exporters` with log_productivity at the window's end; `medians` has
    one row per industry. Growth is null where there is no productivity at the end.
    """
    related = rows.join(F.broadcast(medians), on=w.INDUSTRY, how="inner")
    later = F.col(w.later_column(w.LOG_PRODUCTIVITY, window))
    return related.withColumns(
        {
            EFFECT: F.col(w.INDUSTRY),
            EXPORT_START: _indicator(starter),
            RELATIVE_PRODUCTIVITY: relative_productivity(
                F.col(w.LOG_PRODUCTIVITY), F.col(w.CENTRE)
            ),
            GROWTH: later - F.col(w.LOG_PRODUCTIVITY),
        }
    )


def with_own_cuts(rows: DataFrame, plant_cuts: DataFrame | None) -> DataFrame:
    """The rows with tariff_cut, the establishment's own where known, and whether it is.

    Reads tariff_cut (the industry's) where there is one; `plant_cuts` has one row per
    establishment_id with its own cut.
    """
    industry = F.col(TARIFF_CUT) if TARIFF_CUT in rows.columns else F.lit(None).cast("double")
    if plant_cuts is None:
        return rows.withColumns({TARIFF_CUT: industry, IS_PLANT_CUT: F.lit(0.0)})
    joined = rows.join(plant_cuts, on=w.ESTABLISHMENT_ID, how="left")
    return joined.withColumns(
        {
            TARIFF_CUT: F.coalesce(F.col(PLANT_CUT), industry),
            IS_PLANT_CUT: F.col(PLANT_CUT).isNotNull().cast("double"),
        }
    ).drop(PLANT_CUT)


def count_entries(rows: DataFrame, *, places: int) -> DataFrame:
    """One row per quartile: establishments, starters, and where their cuts come from.

    Reads the rows of `entry_rows` with own cuts; the sum of cuts has so many binary places.
    """
    cut = F.floor(F.col(TARIFF_CUT) * 2.0**places + 0.5).cast("bigint")
    return rows.groupBy(w.QUARTILE).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
        F.sum(F.col(EXPORT_START).cast("bigint")).alias(EXPORT_START),
        F.count(TARIFF_CUT).alias(WITH_CUT),
        F.sum(F.col(IS_PLANT_CUT).cast("bigint")).alias(IS_PLANT_CUT),
        F.sum(cut).alias(TARIFF_CUT),
    )


def adoption_outcome(column: str, window: str) -> Column:
    """A 0/1 column's value at the window's end as a DOUBLE; null where it is neither 0 nor 1."""
    later = F.col(w.later_column(column, window)).cast("double")
    return F.when(later.isin(0.0, 1.0), later)


def _measured(matched: DataFrame) -> DataFrame:
    """Rows with log productivity and employment above 0, and its logarithm."""
    employment = F.col("employment").cast("double")
    is_measured = (
        F.col(w.LOG_PRODUCTIVITY).isNotNull()
        & F.col(w.INDUSTRY).isNotNull()
        & (F.col(w.EMPLOYMENT) > 0)
        & (employment > 0)
    )
    return matched.filter(is_measured).withColumn(LOG_EMPLOYMENT, F.ln(employment))


def _indicator(bit: int) -> Column:
    """1.0 where the row is in the set of this bit, else 0.0."""
    return F.when(F.col(w.MEMBERSHIP).bitwiseAND(bigint(bit)) == bigint(bit), 1.0).otherwise(0.0)


def _relative_productivity() -> Column:
    found: Column = relative_productivity(F.col(w.LOG_PRODUCTIVITY), F.col(w.CENTRE))
    return found
