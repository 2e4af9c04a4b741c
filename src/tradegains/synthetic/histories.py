"""What becomes of the establishments: who exits when, who exported never; `entry` has the rest.

Each decision is taken once, from the state of the year that the truths refer to: exit before the
agreement from 1978 (or the year of birth), everything after it from 1988 (or the year of birth).
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.synthetic.draws import Draws
from tradegains.synthetic.economy import BASE_YEAR, END, START
from tradegains.synthetic.products import own_cut
from tradegains.synthetic.states import (
    EXPORT_LEVEL,
    STATE,
    export_index,
    productivity,
    with_state,
)
from tradegains.synthetic.truths import ExitSlopes, Truths

# Index and probability of exit of an establishment of average traits with cuts of _AVERAGE_CUT.
_EXIT_INDEX_PRE, _EXIT_PROBABILITY_POST, _AVERAGE_CUT = -0.30, 0.37, 5.0
_HAZARD_LATER = 0.045  # of exit, a year, after END


def with_history(traits: DataFrame, first: int, *, draws: Draws, truths: Truths) -> DataFrame:
    """One row per establishment ever born: with its last year, its own cuts, and more.

    Adds `home_cut` and `foreign_cut`, the state at BASE_YEAR (or birth), `exit_probability` until
    END, `death` and `entry_sample` (exported in no year until BASE_YEAR). Reads the traits,
    `products`, `first_product` and the lot's cuts and `product_shift`.
    """
    rows = traits.withColumns({f"{kind}_cut": own_cut(kind) for kind in ("home", "foreign")})
    rows = _with_exit_before(rows, draws=draws, truths=truths)
    decided = F.greatest(F.col("birth"), F.lit(BASE_YEAR))
    rows = with_state(rows, decided, draws=draws)
    rows = _with_exporting(rows, decided).withColumn(
        "entry_sample", _never_exported(first, draws=draws)
    )
    probability = F.lit(_EXIT_PROBABILITY_POST) + _exit_part(truths.exit_post, truths)
    rows = rows.withColumn("exit_probability", probability)
    return rows.withColumn("death", _death(decided, draws=draws))


def _with_exporting(rows: DataFrame, year: Column) -> DataFrame:
    return rows.withColumn("exporting", (F.col("export_index") + _export_level(year)) > 0)


def _export_level(year: Column) -> Column:
    """EXPORT_LEVEL until BASE_YEAR, and after it for those born later."""
    before = F.least(F.greatest(year, F.lit(START)), F.lit(BASE_YEAR)) - START
    after = F.least(F.greatest(year, F.lit(BASE_YEAR)), F.lit(END)) - BASE_YEAR
    slopes = [
        (EXPORT_LEVEL[BASE_YEAR] - EXPORT_LEVEL[START]) / (BASE_YEAR - START),
        (EXPORT_LEVEL[END] - EXPORT_LEVEL[BASE_YEAR]) / (END - BASE_YEAR),
    ]
    return F.lit(EXPORT_LEVEL[START]) + before * slopes[0] + after * slopes[1]


def _with_exit_before(rows: DataFrame, *, draws: Draws, truths: Truths) -> DataFrame:
    """The rows with `death_before`: the last year of those that exit before BASE_YEAR."""
    stated = _with_exporting(with_state(rows, F.col("birth"), draws=draws), F.col("birth"))
    index = F.lit(_EXIT_INDEX_PRE) + _exit_part(truths.exit_pre, truths)
    serial, length = F.col("serial"), BASE_YEAR - START
    last = F.col("birth") + F.floor(draws.uniform("exit year before", serial) * length)
    exits = (draws.normal("exit before", serial) < index) & (last < BASE_YEAR)
    before = F.when(exits, last).otherwise(9999).cast("int")
    return stated.withColumn("death_before", before).drop(*STATE, "exporting")


def _exit_part(slopes: ExitSlopes, truths: Truths) -> Column:
    return (
        productivity(F.col("exporting"), truths) * slopes.relative_productivity
        + F.col("log_size") * slopes.log_employment
        + F.when(F.col("exporting"), slopes.exporter).otherwise(0.0)
        + (F.col("home_cut") - _AVERAGE_CUT) * slopes.home_cut
        + (F.col("foreign_cut") - _AVERAGE_CUT) * slopes.foreign_cut
    )


def _death(decided: Column, *, draws: Draws) -> Column:
    """Last year of life: before BASE_YEAR, from then until END, or later."""
    serial, length = F.col("serial"), END - BASE_YEAR
    last = decided + F.floor(draws.uniform("exit year", serial) * length)
    exits = (draws.uniform("exit", serial) < F.col("exit_probability")) & (last < END)
    later = F.greatest(decided, F.lit(END)) - F.log(draws.uniform("exit later", serial)) * (
        1 / _HAZARD_LATER
    )
    after = F.when(exits, last).otherwise(F.floor(later))
    before = F.col("death_before")
    return F.when(before < BASE_YEAR, before).otherwise(after).cast("int")


def _never_exported(first: int, *, draws: Draws) -> Column:
    """Whether it was born until BASE_YEAR and exported in no year until then.

    Within a spell the propensity is highest in the last year, for its level only rises.
    """
    never = F.col("birth") <= BASE_YEAR
    for lasting in range(first // 4, BASE_YEAR // 4 + 1):
        year = F.least(F.lit(4 * lasting + 3) - F.col("turn"), F.lit(BASE_YEAR))
        index = export_index(F.lit(lasting).cast("bigint"), draws=draws) + _export_level(year)
        never = never & ((year < F.col("birth")) | (index <= 0))
    return never
