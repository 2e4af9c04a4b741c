"""The synthetic establishments, drawn by the engine in parallel from their number and the seed.

An establishment is born with traits, has a history (`histories`), may pause for a year or two and
may change its industry once. `rows` draws its years.
"""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tradegains.synthetic.draws import Draws
from tradegains.synthetic.economy import BASE_YEAR, END, MIDDLE, START
from tradegains.synthetic.entry import plan_entry, with_entry
from tradegains.synthetic.histories import with_history
from tradegains.synthetic.products import drawn_products
from tradegains.synthetic.truths import Truths

ENTRANTS_PER_YEAR = 0.058  # over the establishments of the first year
LOTS = 1000  # equal lots of establishments; each belongs to one four-digit industry

# An identifier is a bijection of the serial number, so it tells neither age nor order.
_MODULUS, _MULTIPLIER, _ENTERPRISE_MULTIPLIER = 2_147_483_647, 1_274_126_177, 1_103_515_245
_FIRST_ID, _FIRST_SINGLE, _FIRST_MULTIPLE = 1_000_000_000, 4_000_000_000, 7_000_000_000
_SHARE_OF_MULTIPLE, _ESTABLISHMENTS_OF_MULTIPLE = 0.15, 4


@dataclass(frozen=True)
class DrawnPopulation:
    """How many establishments a year, which years, which seed."""

    establishments: int
    years: tuple[int, ...]
    seed: int

    @property
    def entrants(self) -> int:
        """Establishments born in each year but the first."""
        return max(1, round(ENTRANTS_PER_YEAR * self.establishments))

    @property
    def serials(self) -> int:
        """Establishments ever born."""
        return self.establishments + self.entrants * (self.years[-1] - self.years[0])


def draw_establishments(
    spark: SparkSession, population: DrawnPopulation, truths: Truths, lots: DataFrame
) -> DataFrame:
    """One row per establishment ever born: its identity, traits and history.

    `lots` has one row per lot, with the columns of `plan.home_table`.
    """
    draws, first = Draws(population.seed), population.years[0]
    homes = _traits(spark, population, draws).join(F.broadcast(lots), on="home_lot", how="inner")
    lives = with_history(homes, first, draws=draws, truths=truths)
    plan = plan_entry(lives, draws=draws, truths=truths)
    lives = with_entry(lives, plan, draws=draws, truths=truths)
    paused = lives.select("*", *_pause())
    return paused.select(
        *(
            "serial",
            "turn",
            "establishment_id",
            "enterprise_id",
            "birth",
            "newcomer",
            "lot",
            "switch_year",
        ),
        *("size", "productivity", "export", "intensity", "value_added_share"),
        *("products", "first_product", "known", "home_industry"),
        *("death", "pause_start", "pause_end", "exit_probability"),
        *("entry_sample", "start_year", "growth_shock", "adoption_year"),
        (is_present(START) & is_present(MIDDLE)).alias("continuing_start"),
        (is_present(MIDDLE) & is_present(END)).alias("continuing_end"),
    )


def _traits(spark: SparkSession, population: DrawnPopulation, draws: Draws) -> DataFrame:
    """One row per establishment ever born: what it is from birth on."""
    serial, first, last = F.col("serial"), population.years[0], population.years[-1]
    born = spark.range(population.serials).select(
        F.col("id").alias("serial"),
        F.pmod(F.col("id"), F.lit(4)).alias("turn"),
        _birth(F.col("id"), population).alias("birth"),
        (F.col("id") >= population.establishments).cast("double").alias("newcomer"),
        F.floor(draws.uniform("industry", F.col("id")) * LOTS).cast("int").alias("lot"),
        draws.uniform("switch", F.col("id")).alias("switch"),
        draws.uniform("enterprise", F.col("id")).alias("enterprise"),
        draws.normal("size", F.col("id")).alias("size"),
    )
    # Newcomers have not been selected yet; after the agreement they start smaller still.
    handicap = F.col("newcomer") * F.when(F.col("birth") > BASE_YEAR, 0.55).otherwise(0.30)
    traits = born.select(
        *("serial", "turn", "birth", "newcomer", "lot"),
        (_permuted(serial, _MULTIPLIER) + F.lit(_FIRST_ID)).alias("establishment_id"),
        _enterprise(population).alias("enterprise_id"),
        _switch_year(first, last).alias("switch_year"),
        (F.col("size") - handicap).alias("size"),
        (draws.normal("productivity", serial) - 0.8 * handicap).alias("productivity"),
        # Of the size without the handicap: newcomers, who are less productive, export as often.
        (0.45 * F.col("size") + 0.88 * draws.normal("export", serial)).alias("export"),
        draws.normal("intensity", serial).alias("intensity"),
        (0.27 + 0.30 * draws.uniform("value added", serial)).alias("value_added_share"),
        draws.uniform("pause", serial).alias("pause"),
        *drawn_products(draws, serial),
    )
    home_year = F.greatest(F.col("birth"), F.lit(BASE_YEAR))
    return traits.withColumn("home_lot", lot_at(home_year))


def lot_at(year: Column) -> Column:
    """The lot of a year: a neighbouring one from `switch_year` on."""
    moved = F.when(year >= F.col("switch_year"), 4).otherwise(0)
    return F.pmod(F.col("lot") + moved, F.lit(LOTS)).cast("int")


def _birth(serial: Column, population: DrawnPopulation) -> Column:
    """Year of birth; incumbents count as born in the first year."""
    order = F.floor((serial - population.establishments) / population.entrants) + 1
    return (F.greatest(order, F.lit(0)) + population.years[0]).cast("int")


def _permuted(serial: Column, multiplier: int) -> Column:
    return F.pmod(serial * F.lit(multiplier), F.lit(_MODULUS))


def _enterprise(population: DrawnPopulation) -> Column:
    """Most establishments are their enterprise's only one; the rest share it with a few others."""
    groups = population.serials * _SHARE_OF_MULTIPLE / _ESTABLISHMENTS_OF_MULTIPLE
    group = F.floor(F.col("enterprise") / _SHARE_OF_MULTIPLE * groups) + F.lit(_FIRST_MULTIPLE)
    single = _permuted(F.col("serial"), _ENTERPRISE_MULTIPLIER) + F.lit(_FIRST_SINGLE)
    return F.when(F.col("enterprise") < _SHARE_OF_MULTIPLE, group).otherwise(single)


def _pause() -> tuple[Column, Column]:
    """First and last year of a pause of one or two years; a few establishments have one.

    None pauses in a year that ends a window: an absence there would pass for an exit or an entry.
    """
    place = F.col("pause") / 0.012 * 10.0
    start = F.col("birth") + 1 + F.floor(place)
    end = start + F.floor((place - F.floor(place)) * 2.0)
    clear = [(start > year) | (end < year) for year in (MIDDLE, END)]
    paused = (F.col("pause") < 0.012) & clear[0] & clear[1]
    return (
        F.when(paused, start).otherwise(0).cast("int").alias("pause_start"),
        F.when(paused, end).otherwise(0).cast("int").alias("pause_end"),
    )


def _switch_year(first: int, last: int) -> Column:
    """First year in a neighbouring industry; 9999 for the many that never change."""
    year = first + 1 + F.floor(F.col("switch") / 0.03 * (last - first))
    return F.when(F.col("switch") < 0.03, year).otherwise(9999).cast("int")


def is_present(year: Column | int) -> Column:
    """Whether the establishment reports in a year."""
    year = F.lit(year) if isinstance(year, int) else year
    alive = (F.col("birth") <= year) & (year <= F.col("death"))
    return alive & ~((F.col("pause_start") <= year) & (year <= F.col("pause_end")))
