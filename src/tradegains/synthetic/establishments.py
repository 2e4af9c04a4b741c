"""The synthetic establishments, drawn by the engine in parallel from their number and the seed.

An establishment is born, lives at a hazard that falls with its size and productivity, may pause for
a year or two and may change its industry once. A row is one of its years. Amounts are drawn
"natural" first; factors by industry, continuity and year then scale them to the planted results.
"""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tradegains.synthetic.draws import Draws
from tradegains.synthetic.economy import BASE_YEAR, END, MIDDLE, START

ENTRANTS_PER_YEAR = 0.058  # over the establishments of the first year
LOTS = 1000  # equal lots of establishments; each belongs to one four-digit industry
SIZE_SD = 1.25

# An identifier is a bijection of the serial number, so it tells neither age nor order.
_MODULUS, _MULTIPLIER, _ENTERPRISE_MULTIPLIER = 2_147_483_647, 1_274_126_177, 1_103_515_245
_FIRST_ID, _FIRST_SINGLE, _FIRST_MULTIPLE = 1_000_000_000, 4_000_000_000, 7_000_000_000
_SHARE_OF_MULTIPLE, _ESTABLISHMENTS_OF_MULTIPLE = 0.15, 4


@dataclass(frozen=True)
class Population:
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


def draw_establishments(spark: SparkSession, population: Population) -> DataFrame:
    """One row per establishment ever born: its identity, traits and years of life."""
    draws, serial, first = Draws(population.seed), F.col("serial"), population.years[0]
    traits = spark.range(population.serials).select(
        F.col("id").alias("serial"),
        _birth(F.col("id"), population).alias("birth"),
        (F.col("id") >= population.establishments).cast("double").alias("newcomer"),
    )
    # Newcomers have not been selected yet; after the agreement they start smaller still.
    handicap = F.col("newcomer") * F.when(F.col("birth") > BASE_YEAR, 0.55).otherwise(0.30)
    traits = traits.select(
        "serial",
        "birth",
        "newcomer",
        (draws.normal("size", serial) - handicap).alias("size"),
        (draws.normal("productivity", serial) - 0.5 * handicap).alias("productivity"),
        draws.normal("export", serial).alias("export"),
        draws.normal("intensity", serial).alias("intensity"),
        F.floor(draws.uniform("industry", serial) * LOTS).cast("int").alias("lot"),
        draws.uniform("life", serial).alias("life"),
        draws.uniform("pause", serial).alias("pause"),
        draws.uniform("switch", serial).alias("switch"),
        draws.uniform("enterprise", serial).alias("enterprise"),
    )
    lives = traits.select(
        "serial",
        (_permuted(serial, _MULTIPLIER) + F.lit(_FIRST_ID)).alias("establishment_id"),
        _enterprise(population).alias("enterprise_id"),
        *("size", "productivity", "export", "intensity", "newcomer", "lot", "birth"),
        _death().alias("death"),
        *_pause(),
        _switch_year(first, population.years[-1]).alias("switch_year"),
    )
    return lives.select(
        "*",
        (is_present(START) & is_present(MIDDLE)).alias("continuing_start"),
        (is_present(MIDDLE) & is_present(END)).alias("continuing_end"),
    )


def _birth(serial: Column, population: Population) -> Column:
    """Year of birth; incumbents count as born in the first year."""
    order = F.floor((serial - population.establishments) / population.entrants) + 1
    return (F.greatest(order, F.lit(0)) + population.years[0]).cast("int")


def _permuted(serial: Column, multiplier: int) -> Column:
    return F.pmod(serial * F.lit(multiplier), F.lit(_MODULUS))


def _enterprise(population: Population) -> Column:
    """Most establishments are their enterprise's only one; the rest share it with a few others."""
    groups = population.serials * _SHARE_OF_MULTIPLE / _ESTABLISHMENTS_OF_MULTIPLE
    group = F.floor(F.col("enterprise") / _SHARE_OF_MULTIPLE * groups) + F.lit(_FIRST_MULTIPLE)
    single = _permuted(F.col("serial"), _ENTERPRISE_MULTIPLIER) + F.lit(_FIRST_SINGLE)
    return F.when(F.col("enterprise") < _SHARE_OF_MULTIPLE, group).otherwise(single)


def _death() -> Column:
    """Last year of life: the hazard falls with size and productivity, and rises after BASE_YEAR."""
    hazard = F.lit(0.043) * F.exp(-0.50 * F.col("size") - 0.40 * F.col("productivity"))
    end = F.col("birth") - F.log("life") / hazard
    later = BASE_YEAR + (end - BASE_YEAR) / 1.15
    return F.floor(F.least(F.when(end > BASE_YEAR, later).otherwise(end), F.lit(9999.0))).cast(
        "int"
    )


def _pause() -> tuple[Column, Column]:
    """First and last year of a pause of one or two years; a few establishments have one."""
    place = F.col("pause") / 0.012 * 10.0
    start = F.col("birth") + 1 + F.floor(place)
    end = start + F.floor((place - F.floor(place)) * 2.0)
    paused = F.col("pause") < 0.012
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


def draw_rows(
    establishments: DataFrame, years: DataFrame, lots: DataFrame, *, seed: int
) -> DataFrame:
    """One row per establishment and year of presence, with natural amounts.

    `years` has one row per year and `lots` one per lot, with the levels of `plan`.
    """
    moved = F.when(F.col("year") >= F.col("switch_year"), 4).otherwise(0)
    present = establishments.crossJoin(F.broadcast(years)).where(is_present(F.col("year")))
    rows = present.withColumn("lot", F.pmod(F.col("lot") + moved, F.lit(LOTS)).cast("int"))
    rows = rows.join(F.broadcast(lots), on="lot", how="inner")
    return _with_amounts(_with_shocks(rows, Draws(seed)))


def _with_shocks(rows: DataFrame, draws: Draws) -> DataFrame:
    """Shocks that last four years and shocks of one year: together like a first-order process."""
    year, serial = F.col("year"), F.col("serial")
    spell = F.floor((year + F.pmod(serial, F.lit(4))) / 4)
    return rows.select(
        "*",
        (F.col("newcomer") / (1 + F.greatest(year - F.col("birth"), F.lit(0)))).alias("youth"),
        (draws.normal("size spell", serial, spell) * 0.20).alias("size_spell"),
        (draws.normal("size year", serial, year) * 0.20).alias("size_year"),
        (draws.normal("productivity spell", serial, spell) * 0.28).alias("productivity_spell"),
        (draws.normal("productivity year", serial, year) * 0.28).alias("productivity_year"),
        (draws.normal("export spell", serial, spell) * 0.35).alias("export_spell"),
        draws.uniform("value added", serial, year).alias("value_added_draw"),
    )


def _with_amounts(rows: DataFrame) -> DataFrame:
    """Natural sales and their exported share, value added per sales and log productivity."""
    exporter = (
        F.col("export_level")
        + 0.55 * F.col("size")
        + 0.35 * F.col("productivity")
        + 0.75 * F.col("export")
        + F.col("export_spell")
    ) > 0
    size = SIZE_SD * F.col("size") + F.col("size_spell") + F.col("size_year")
    productivity = (
        0.42 * F.col("productivity")
        + 0.10 * F.col("size")
        + F.col("productivity_spell")
        + F.col("productivity_year")
        + F.when(exporter, 0.03).otherwise(0.0)
    )
    draw = F.col("value_added_draw")
    return rows.select(
        "*",
        F.when(exporter, _exported_share()).otherwise(0.0).alias("exported_share"),
        F.exp(F.col("sales_level") + F.col("lot_sales") + size - 0.45 * F.col("youth")).alias(
            "natural_sales"
        ),
        (F.col("productivity_level") + F.col("lot_productivity") + productivity).alias(
            "log_productivity"
        ),
        (0.27 + 0.30 * draw).alias("value_added_share"),
        F.when(draw < 0.002, -0.1).otherwise(1.0).alias("value_added_sign"),
    )


def _exported_share() -> Column:
    """Logistic; a few establishments sell nothing at home."""
    index = F.col("intensity_level") + 0.9 * F.col("intensity") + F.col("export_spell")
    return F.when(F.col("intensity") > 2.75, 1.0).otherwise(1.0 / (1.0 + F.exp(-index)))


def scale_rows(rows: DataFrame) -> DataFrame:
    """One row per establishment and year: the amounts of `draw_rows` times their factors, rounded.

    Money in hundredths and employment in thousandths of a job: whole numbers, so that their sums do
    not depend on the order of rows.
    """
    domestic = F.col("middle_factor") + _outer_factor("start") + _outer_factor("end")
    share, sales = F.col("exported_share"), F.col("natural_sales")
    traded = rows.select(
        "*",
        _rounded(sales * (1.0 - share) * F.exp(domestic), 100.0).alias("domestic_sales"),
        _rounded(sales * share * F.exp(F.col("exports_factor")), 100.0).alias("exports"),
    )
    total = (F.col("domestic_sales") + F.col("exports")).cast("double") / 100.0
    added = total * F.col("value_added_share")
    value_added = F.col("value_added_sign") * added * F.exp(F.col("value_added_factor"))
    jobs = added * F.exp(F.col("employment_factor") - F.col("log_productivity"))
    return traded.select(
        *("establishment_id", "enterprise_id", "year", "industry", "industry_group"),
        *("continuing_start", "continuing_end", "domestic_sales", "exports"),
        _rounded(value_added, 100.0).alias("value_added"),
        _rounded(jobs, 1000.0).alias("employment"),
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
    """One row per year, two-digit industry and continuity in each window: sums and a count."""
    amounts = ("domestic_sales", "exports", "value_added", "employment")
    return rows.groupBy("year", "industry_group", "continuing_start", "continuing_end").agg(
        F.count(F.lit(1)).alias("establishments"),
        *(F.sum(amount).alias(amount) for amount in amounts),
    )


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
    )
