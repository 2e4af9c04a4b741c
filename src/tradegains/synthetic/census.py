"""Writing the synthetic census and the tables beside it."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from pyspark.sql import DataFrame, SparkSession

from tradegains.errors import Problem, StudyError
from tradegains.synthetic.beside import control_totals, small_tables
from tradegains.synthetic.calibration import Markets
from tradegains.synthetic.economy import END, INDUSTRIES, MIDDLE, MONEY_UNIT, START, expenditure
from tradegains.synthetic.establishments import DrawnPopulation, draw_establishments
from tradegains.synthetic.files import Establishments, write_links, write_rows, write_table
from tradegains.synthetic.plan import Factors, home_table, lot_table, year_table
from tradegains.synthetic.planting import Planted, Sums, plant
from tradegains.synthetic.rows import draw_rows, scale_rows, sum_rows
from tradegains.synthetic.truths import TRUTHS, Truths

# Up to so many rows the driver writes the files: one per year, sorted by establishment, the same
# bytes whatever the engine. Beyond, the engine writes them in parallel.
DRIVER_ROWS = 3_000_000
DRIVER_ESTABLISHMENTS = 250_000  # 70 MB in one message to the embedded engine, which takes 128 MB

NOTICE = f"""SYNTHETIC DATA
==============
Every establishment, import, price, tariff cut and elasticity in this folder is invented by
tradegains; none is a record of Statistics Canada or of any other office. Sizes and shapes only
resemble Canadian manufacturing, 1978-1996.
Money: {MONEY_UNIT}. Employment: jobs. Tariff cuts: percentage points. Elasticities are ASSUMED.
"""
PLANTED_NOTICE = """
Amounts were scaled so that a study of 1978-1988 and 1988-1996 recovers Tables 1, A1 and C1 and the
growth per worker of section 3.3 of Hsieh, Li, Ossa and Yang (2023). Recovering them tests the
software and says nothing about Canada.
"""


@dataclass(frozen=True)
class SyntheticCensus:
    """Where a synthetic census lies.

    `census` is a folder with one year=YYYY folder per year; the others are Parquet files: `imports`
    (industry, year, value), `tariff_cuts` (kind, industry, cut [percentage points]), `input_output`
    (industry, input_industry, share, partner_share [0-1]), `prices` (year, index),
    `prices_by_industry` (industry, year, index), `elasticities` (industry, sigma), `plant_products`
    (establishment_id, product, year, value [money unit]), `product_tariffs` (kind, product, cut
    [percentage points]), `product_trade` (product, year, partner, exports, imports [money unit]),
    `control_totals` (industry, year, establishments, employment, sales). Industries are two-digit
    codes as text, products five-digit ones that begin with a four-digit industry. `truths` states
    what regressions on the census must find, as JSON.
    """

    folder: Path
    census: Path
    imports: Path
    tariff_cuts: Path
    input_output: Path
    prices: Path
    prices_by_industry: Path
    elasticities: Path
    plant_products: Path
    product_tariffs: Path
    product_trade: Path
    control_totals: Path
    truths: Path
    notice: Path


def write_synthetic_census(
    spark: SparkSession,
    folder: str | Path,
    *,
    establishments: int = 35_000,
    years: tuple[int, int] = (START, END),
    seed: int = 1988,
    planted: bool = True,
    truths: Truths = TRUTHS,
) -> SyntheticCensus:
    """Write a synthetic census shaped like Canada's, replacing one of an earlier call.

    The same arguments give the same rows on either engine.

    Args:
        spark: a session of either engine.
        folder: where to write; it must share a file system with the engine.
        establishments: establishments in the first year, > 0; later years have about as many.
        years: first and last year, every year between them is written.
        seed: any whole number of 64 bits.
        planted: scale amounts so that the published results come out; needs the years 1978 to 1996.
        truths: what regressions on the census must find.

    Raises:
        StudyError: an argument is out of range, there are too few establishments to plant, or the
            folder holds something else than an earlier synthetic census.
    """
    census = _paths(Path(folder))
    _require(establishments, years, planted)
    _require_replaceable(census)
    population = DrawnPopulation(establishments, tuple(range(years[0], years[1] + 1)), seed)
    drawn = draw(spark, population, truths)
    result = _plant(drawn.frame, population, truths) if planted else _unplanted(population)
    census.folder.mkdir(parents=True, exist_ok=True)
    census.notice.write_text(NOTICE + (PLANTED_NOTICE if planted else ""), encoding="utf-8")
    census.truths.write_text(truths.as_json(result.exit_component), encoding="utf-8")
    rows = drawn_rows(drawn.frame, population.years, result.factors, seed=seed, truths=truths)
    sums = write_rows(rows, drawn, census.census)
    write_links(drawn, census.plant_products, seed=seed)
    tables = small_tables(population.years, result, truths)
    for name, table in (tables | {"control_totals": control_totals(sums, truths)}).items():
        write_table(table, getattr(census, name))
    return census


def _require(establishments: int, years: tuple[int, int], planted: bool) -> None:
    problems = []
    if establishments < 1:
        problems.append(Problem("there is no establishment", cure="ask for 1 at least"))
    if years[0] > years[1]:
        cure = "give the earlier year first"
        problems.append(Problem("the first year comes after the last", cure=cure))
    if planted and (years[0] != START or years[1] < END):
        cure = f"years {START} to {END}, or leave planting out"
        problems.append(Problem("planting needs the years of the published windows", cure=cure))
    if problems:
        raise StudyError(problems)


def _require_replaceable(census: SyntheticCensus) -> None:
    """Refuse a folder in use that does not say it is synthetic: it may hold a real census."""
    if not census.folder.exists() or not any(census.folder.iterdir()):
        return
    title = NOTICE.splitlines()[0]
    if not (census.notice.is_file() and census.notice.read_text("utf-8").startswith(title)):
        problem = "the folder holds files that are not a synthetic census"
        cure = "write to a new or empty folder"
        raise StudyError(Problem(problem, str(census.folder), cure=cure))


def _paths(folder: Path) -> SyntheticCensus:
    names = (field.name for field in fields(SyntheticCensus))
    others = {
        "folder": folder,
        "census": folder / "census",
        "notice": folder / "README.txt",
        "truths": folder / "truths.json",
    }
    return SyntheticCensus(**{name: folder / f"{name}.parquet" for name in names} | others)


def drawn_rows(
    establishments: DataFrame,
    years: tuple[int, ...],
    factors: Factors,
    *,
    seed: int,
    truths: Truths = TRUTHS,
) -> DataFrame:
    """One row per establishment and year of presence among `years`, amounts in whole parts."""
    spark = establishments.sparkSession
    year_rows = spark.createDataFrame(year_table(years, factors))
    lots = spark.createDataFrame(lot_table(factors))
    return scale_rows(draw_rows(establishments, year_rows, lots, seed=seed, truths=truths))


def draw(
    spark: SparkSession, population: DrawnPopulation, truths: Truths = TRUTHS
) -> Establishments:
    """The establishments; drawn once where the driver can hold the census."""
    lots = spark.createDataFrame(home_table())
    frame = draw_establishments(spark, population, truths, lots)
    rows = population.establishments * len(population.years)
    if rows > DRIVER_ROWS or population.establishments > DRIVER_ESTABLISHMENTS:
        return Establishments(frame, None)
    held = frame.toArrow()
    return Establishments(spark.createDataFrame(held), held)


def _plant(establishments: DataFrame, population: DrawnPopulation, truths: Truths) -> Planted:
    def sums_of(factors: Factors) -> Sums:
        ends = (START, MIDDLE, END)
        rows = drawn_rows(establishments, ends, factors, seed=population.seed, truths=truths)
        return Sums.of_cells(sum_rows(rows).toArrow())

    return plant(sums_of, population.establishments, truths)


def _unplanted(population: DrawnPopulation) -> Planted:
    """Imports at the assumed shares of the middle year; one price index for all industries."""
    shares = np.array([industry.expenditure for industry in INDUSTRIES])
    domestic_shares = np.array([industry.domestic_share for industry in INDUSTRIES])
    markets = {}
    for year in population.years:
        spent = 100.0 * expenditure(year, population.establishments) * shares / shares.sum()
        markets[year] = Markets(spent, spent * domestic_shares, spent * domestic_shares)
    return Planted(Factors(), markets, {MIDDLE: np.zeros(len(INDUSTRIES))})
