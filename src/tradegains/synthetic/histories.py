"""What becomes of the establishments: who exits when, who starts to export, who adopts.

Each decision is taken once, from the state of the year that the truths refer to: exit before the
agreement from 1978 (or the year of birth), everything after it from 1988 (or the year of birth).
"""

from functools import cache

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.normal import normal_cdf
from tradegains.synthetic.draws import Draws
from tradegains.synthetic.economy import BASE_YEAR, END, START
from tradegains.synthetic.products import cuts_of_establishments, own_cut
from tradegains.synthetic.states import (
    EXPORT_LEVEL,
    STATE,
    export_index,
    productivity,
    with_state,
)
from tradegains.synthetic.truths import ExitSlopes, Truths

# Index and probability of exit of an establishment of average traits with a cut of _AVERAGE_CUT.
_EXIT_INDEX_PRE, _EXIT_PROBABILITY_POST, _AVERAGE_CUT = -0.30, 0.37, 5.0
_HAZARD_LATER = 0.045  # of exit, a year, after END
# Productivity in 1988 in the sample of export entry, over the industry's level: mean and standard
# deviation, measured on a large census. They turn productivity into a rank.
_ENTRY_MEAN, _ENTRY_SD = 0.022, 0.581
_DEGREE = 4  # of the polynomial in the rank that stands for the slope on the cut
# What the propensity not to start takes from growth until END, a unit of it, and what a propensity
# below zero adds to adoption: chosen for the raw differences of `Truths`.
_GROWTH_BY_PROPENSITY = 0.33
_ADOPTION, _ADOPTION_BY_PROPENSITY = 0.035, 0.07


def with_history(traits: DataFrame, first: int, *, draws: Draws, truths: Truths) -> DataFrame:
    """One row per establishment ever born: with its last year, its start of exporting, and more.

    Adds `death`, `entry_sample` (exported in no year until BASE_YEAR), `start_year` of exporting
    (9999 without), `growth_shock` [log points until END], `adoption_year` (9999 without). Reads
    the traits, `products`, `first_product` and the lot's `lot_cut` and `product_shift`.
    """
    rows = traits.withColumn("own_cut", own_cut())
    rows = _with_exit_before(rows, draws=draws, truths=truths)
    decided = F.greatest(F.col("birth"), F.lit(BASE_YEAR))
    rows = with_state(rows, decided, draws=draws)
    rows = _with_exporting(rows, decided).withColumn(
        "entry_sample", _never_exported(first, draws=draws)
    )
    rows = rows.withColumn("death", _death(decided, draws=draws, truths=truths))
    return _with_entry(rows, draws=draws, truths=truths)


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
        + (F.col("own_cut") - _AVERAGE_CUT) * slopes.tariff_cut
    )


def _death(decided: Column, *, draws: Draws, truths: Truths) -> Column:
    """Last year of life: before BASE_YEAR, from then until END, or later."""
    serial, length = F.col("serial"), END - BASE_YEAR
    last = decided + F.floor(draws.uniform("exit year", serial) * length)
    probability = F.lit(_EXIT_PROBABILITY_POST) + _exit_part(truths.exit_post, truths)
    exits = (draws.uniform("exit", serial) < probability) & (last < END)
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


def _with_entry(rows: DataFrame, *, draws: Draws, truths: Truths) -> DataFrame:
    """Who of the sample starts to export, and what the same propensity does to growth."""
    serial, sample = F.col("serial"), F.col("entry_sample")
    rank = _normal_share((productivity(F.lit(False), truths) - _ENTRY_MEAN) / _ENTRY_SD)
    rows = rows.select(
        "*",
        draws.normal("propensity", serial).alias("propensity"),
        (_index_without_cut(truths) + _cut_slope(rank, truths) * F.col("own_cut")).alias("index"),
    )
    starts = sample & (F.col("propensity") < F.col("index"))
    adoption = (
        F.lit(_ADOPTION)
        + F.when(starts, truths.effect_on_adoption).otherwise(0.0)
        + F.when(F.col("propensity") < 0, _ADOPTION_BY_PROPENSITY).otherwise(0.0)
    )
    return rows.select(
        "*",
        _year_after(draws.uniform("start year", serial), starts).alias("start_year"),
        _year_after(
            draws.uniform("adoption year", serial), draws.uniform("adoption", serial) < adoption
        ).alias("adoption_year"),
        F.when(sample, F.col("propensity") * -_GROWTH_BY_PROPENSITY)
        .otherwise(0.0)
        .alias("growth_shock"),
    )


def _year_after(drawn: Column, happens: Column) -> Column:
    """A year after BASE_YEAR until END where it happens, else 9999."""
    year = F.floor(drawn * (END - BASE_YEAR)) + BASE_YEAR + 1
    return F.when(happens, year).otherwise(9999).cast("int")


def _normal_share(standard: Column) -> Column:
    """The normal distribution function within 0.0002: engines have no other in common."""
    return 1.0 / (1.0 + F.exp(standard * -1.5976 - standard * standard * standard * 0.07056))


def _index_without_cut(truths: Truths) -> float:
    return _bisect_normal(truths.starter_rate_without_cut)


def _bisect_normal(share: float) -> float:
    """The point below which a standard normal has this share."""
    low, high = -8.0, 8.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if normal_cdf(middle) < share else (low, middle)
    return low


def _cut_slope(rank: Column, truths: Truths) -> Column:
    """Slope of the index on the cut [per percentage point] at a rank, by Horner's rule."""
    value = F.lit(0.0)
    for coefficient in slope_polynomial(truths):
        value = value * rank + coefficient
    return value


@cache
def slope_polynomial(truths: Truths) -> tuple[float, ...]:
    """Coefficients, highest power first, of the slope on the cut as a function of the rank.

    At each rank the mean probability over the cuts of surviving establishments is that of
    `Truths.starter_rate_at`.
    """
    survival = {one.cut: 0.0 for one in cuts_of_establishments()}
    for one in cuts_of_establishments():
        exit_rate = _EXIT_PROBABILITY_POST + truths.exit_post.tariff_cut * (one.cut - _AVERAGE_CUT)
        survival[one.cut] += one.share * (1.0 - exit_rate)
    ranks = np.linspace(0.0, 1.0, 2 * _DEGREE + 1)
    slopes = [_slope_for(truths.starter_rate_at(rank), survival, truths) for rank in ranks.tolist()]
    # Rounded, so that a last bit of the fit changes no census.
    return tuple(round(one, 9) for one in np.polyfit(ranks, slopes, _DEGREE).tolist())


def _slope_for(rate: float, shares: dict[float, float], truths: Truths) -> float:
    """The slope on the cut at which the mean probability over the cuts is this rate."""
    level, low, high = _index_without_cut(truths), 0.0, 4.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        mean = sum(share * normal_cdf(level + middle * cut) for cut, share in shares.items())
        low, high = (middle, high) if mean < rate * sum(shares.values()) else (low, middle)
    return low
