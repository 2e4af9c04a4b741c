"""The rows of the census: an establishment's years, with natural amounts and their factors.

Employment and productivity are drawn, value added is their product and sales follow from value
added; they are "natural". Factors by industry, continuity and year then scale domestic sales, and
factors by year the rest, to the planted results. Sales alone have factors by continuity: scaling
employment or value added like that would disturb what is planted in productivity and in exit.
"""

import math

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.synthetic.draws import Draws
from tradegains.synthetic.economy import BASE_YEAR, VALUE_ADDED_PER_JOB
from tradegains.synthetic.establishments import is_present, lot_at
from tradegains.synthetic.states import lacks_value_added, productivity, with_state
from tradegains.synthetic.truths import Truths

MEAN_VALUE_ADDED_SHARE = 0.42  # of sales
_LOG_JOBS = math.log(MEAN_VALUE_ADDED_SHARE / VALUE_ADDED_PER_JOB)
# Parts of a log point in sums, small enough for the sums of 1e9 rows and squares to fit.
LOG_PARTS = 2**20
WEIGHTED_PARTS = 2**10


def draw_rows(
    establishments: DataFrame, years: DataFrame, lots: DataFrame, *, seed: int, truths: Truths
) -> DataFrame:
    """One row per establishment and year of presence, with natural amounts.

    `years` has one row per year and `lots` one per lot, with the levels of `plan`.
    """
    present = establishments.crossJoin(F.broadcast(years)).where(is_present(F.col("year")))
    rows = present.withColumn("lot", lot_at(F.col("year")))
    rows = rows.join(F.broadcast(lots), on="lot", how="inner")
    draws = Draws(seed)
    stated = with_state(rows, F.col("year"), draws=draws).withColumn("exporter", _exporter())
    return _with_amounts(stated, draws, truths)


def _exporter() -> Column:
    """In the sample of export entry only from the start on; others while the propensity is up."""
    sampled = F.col("entry_sample")
    started = F.col("start_year") <= F.col("year")
    return F.when(sampled, started).otherwise((F.col("export_index") + F.col("export_level")) > 0)


def _with_amounts(rows: DataFrame, draws: Draws, truths: Truths) -> DataFrame:
    """Natural employment, sales and their exported share, and log productivity."""
    exporter, sampled = F.col("exporter"), F.col("entry_sample")
    negative = lacks_value_added(F.col("year"), draws=draws)
    started = F.when(sampled & exporter, truths.effect_of_exporting).otherwise(0.0)
    rows = rows.select(
        "*",
        (exporter & ~sampled).alias("established"),
        (
            productivity(exporter & ~sampled, truths)
            + started
            + F.col("growth_shock") * F.col("since_agreement")
        ).alias("relative_productivity"),
        F.when(exporter, _exported_share()).otherwise(0.0).alias("exported_share"),
        F.when(negative, -0.1).otherwise(1.0).alias("value_added_sign"),
    )
    # The same in all four-digit industries of a two-digit one, whatever their productivity.
    jobs = F.col("sales_level") + F.col("lot_sales") - F.col("productivity_level") + _LOG_JOBS
    jobs = jobs + F.when(exporter, F.col("exporter_factor")).otherwise(0.0)
    return rows.select(
        "*",
        (jobs + F.col("log_size")).alias("log_employment"),
        (
            F.col("productivity_level") + F.col("lot_productivity") + F.col("relative_productivity")
        ).alias("log_productivity"),
    )


def _exported_share() -> Column:
    """Logistic; a few establishments sell nothing at home."""
    shock = F.col("export_index") - F.col("export")
    index = F.col("intensity_level") + 0.9 * F.col("intensity") + shock
    return F.when(F.col("intensity") > 2.75, 1.0).otherwise(1.0 / (1.0 + F.exp(-index)))


def scale_rows(rows: DataFrame) -> DataFrame:
    """One row per establishment and year: the amounts of `draw_rows` times their factors, rounded.

    Money in hundredths and employment in thousandths of a job: whole numbers, so that their sums do
    not depend on the order of rows.
    """
    domestic = F.col("middle_factor") + _outer_factor("start") + _outer_factor("end")
    share, added = F.col("exported_share"), F.col("log_employment") + F.col("log_productivity")
    sales = F.exp(added) / F.col("value_added_share")
    size = F.col("log_size")
    established = F.col("established_factor") + size * F.col("established_size_factor")
    entrants = F.col("end_weight") * F.col("entrants_factor")
    lifts = (
        F.when(F.col("established"), established).otherwise(0.0)
        + F.when(F.col("birth") > BASE_YEAR, entrants).otherwise(0.0)
        + size * (F.col("size_factor") + size * F.col("size_squared_factor"))
        + F.col("value_added_factor")
    )
    return rows.select(
        *("establishment_id", "enterprise_id", "serial", "year"),
        *("lot", "industry", "industry_group"),
        *("continuing_start", "continuing_end", "exporter", "established", "exit_probability"),
        *("log_size", "relative_productivity", "value_added_sign"),
        (F.col("adoption_year") <= F.col("year")).cast("int").alias("adopted_technology"),
        _rounded(sales * (1.0 - share) * F.exp(domestic), 100.0).alias("domestic_sales"),
        _rounded(sales * share * F.exp(F.col("exports_factor")), 100.0).alias("exports"),
        _rounded(F.col("value_added_sign") * F.exp(added + lifts), 100.0).alias("value_added"),
        _rounded(F.exp(F.col("log_employment") + F.col("employment_factor")), 1000.0).alias(
            "employment"
        ),
    )


def _outer_factor(end: str) -> Column:
    """Factor of a window's outer year, weighted by the row's distance from the middle year."""
    continuing, other = F.col(f"{end}_continuing_factor"), F.col(f"{end}_other_factor")
    factor = F.when(F.col(f"continuing_{end}"), continuing).otherwise(other)
    return F.col(f"{end}_weight") * factor


def _rounded(amount: Column, parts: float) -> Column:
    """An amount as a whole number of parts, halves up."""
    return F.floor(amount * F.lit(parts) + F.lit(0.5)).cast("bigint")


def sum_rows(rows: DataFrame) -> DataFrame:
    """One row per year, four-digit industry, continuity and kind of exporter: sums and counts.

    The moments of `premium` are of the rows with positive value added, in whole numbers of
    LOG_PARTS parts, and WEIGHTED_PARTS of a thousandth of a job; those of `_exit_sums` too, but in
    thousandths of a job.
    """
    keys = ("year", "industry", "industry_group", "continuing_start", "continuing_end")
    amounts = ("domestic_sales", "exports", "value_added", "employment")
    measured = F.col("value_added_sign") > 0
    moments = {
        **{f"plain_{name}": _rounded(each, LOG_PARTS) for name, each in _moments().items()},
        **{
            f"weighted_{name}": _rounded(each * F.col("employment"), WEIGHTED_PARTS)
            for name, each in _moments().items()
        },
        **_exit_sums(),
    }
    return rows.groupBy(*keys, "exporter", "established").agg(
        F.count(F.lit(1)).alias("establishments"),
        *(F.sum(amount).alias(amount) for amount in amounts),
        *(
            F.sum(F.when(measured, moment).otherwise(0)).alias(name)
            for name, moment in moments.items()
        ),
    )


def _moments() -> dict[str, Column]:
    """What `premium.MOMENTS` are sums of."""
    size, level = F.col("log_size"), F.col("relative_productivity")
    powers = {"size": size, "size_2": size * size, "size_3": size * size * size}
    return {"weight": F.lit(1.0), **powers, "level": level, "size_level": size * level}


def _exit_sums() -> dict[str, Column]:
    """Jobs, jobs of those expected to exit, and both times log productivity."""
    jobs, value_added = F.col("employment"), F.col("value_added").cast("double")
    probability = F.least(F.greatest(F.col("exit_probability"), F.lit(0.0)), F.lit(1.0))
    is_known = (value_added > 0) & (jobs > 0)
    productivity = F.when(is_known, F.log(value_added / jobs)).otherwise(0.0)
    return {
        "jobs": jobs,
        "jobs_exiting": _rounded(jobs * probability, 1.0),
        "jobs_productivity": _rounded(jobs * productivity, 1.0),
        "jobs_productivity_exiting": _rounded(jobs * probability * productivity, 1.0),
    }


def as_census(rows: DataFrame) -> DataFrame:
    """One row per establishment and year, in the columns and units of the census."""
    money = {
        "sales": F.col("domestic_sales") + F.col("exports"),
        "exports": F.col("exports"),
        "value_added": F.col("value_added"),
    }
    return rows.select(
        *("establishment_id", "enterprise_id", "year", "industry"),
        (F.col("employment").cast("double") / 1000.0).alias("employment"),
        *((amount.cast("double") / 100.0).alias(name) for name, amount in money.items()),
        "adopted_technology",
    )
