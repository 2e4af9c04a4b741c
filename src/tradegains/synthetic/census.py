"""Writing the synthetic census and the tables beside it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from tradegains.errors import Problem, StudyError
from tradegains.synthetic.calibration import Markets
from tradegains.synthetic.economy import (
    END,
    INDUSTRIES,
    MIDDLE,
    MONEY_UNIT,
    START,
    expenditure,
    log_price,
)
from tradegains.synthetic.establishments import (
    Population,
    as_census,
    draw_establishments,
    draw_rows,
    scale_rows,
    sum_rows,
)
from tradegains.synthetic.plan import Factors, interpolated, lot_table, year_table
from tradegains.synthetic.planting import Planted, Sums, plant

# Up to so many rows the driver writes the files: one per year, sorted by establishment, the same
# bytes whatever the engine. Beyond, the engine writes them in parallel.
DRIVER_ROWS = 3_000_000

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

    `census` is a folder with one year=YYYY folder per year; the others are Parquet files:
    `imports` (industry, year, value), `tariff_cuts` (industry, cut [percentage points]), `prices`
    (year, index), `prices_by_industry` (industry, year, index), `elasticities` (industry, sigma);
    industries are two-digit codes as text.
    """

    folder: Path
    census: Path
    imports: Path
    tariff_cuts: Path
    prices: Path
    prices_by_industry: Path
    elasticities: Path
    notice: Path


def write_synthetic_census(
    spark: SparkSession,
    folder: str | Path,
    *,
    establishments: int = 35_000,
    years: tuple[int, int] = (START, END),
    seed: int = 1988,
    planted: bool = True,
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

    Raises:
        StudyError: an argument is out of range, there are too few establishments to plant, or the
            folder holds something else than an earlier synthetic census.
    """
    census = _paths(Path(folder))
    _require(establishments, years, planted)
    _require_replaceable(census)
    population = Population(establishments, tuple(range(years[0], years[1] + 1)), seed)
    result = _plant(spark, population) if planted else _unplanted(population)
    census.folder.mkdir(parents=True, exist_ok=True)
    census.notice.write_text(NOTICE + (PLANTED_NOTICE if planted else ""), encoding="utf-8")
    rows = as_census(_rows(spark, population, population.years, result.factors))
    _write_rows(rows, census.census, establishments * len(population.years))
    _write_tables(census, population.years, result)
    return census


def _require(establishments: int, years: tuple[int, int], planted: bool) -> None:
    problems = []
    if establishments < 1:
        problems.append(Problem("establishments must be at least 1"))
    if years[0] > years[1]:
        problems.append(Problem("the first year must not come after the last"))
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
    names = ("imports", "tariff_cuts", "prices", "prices_by_industry", "elasticities")
    tables = {name: folder / f"{name}.parquet" for name in names}
    return SyntheticCensus(
        folder=folder, census=folder / "census", notice=folder / "README.txt", **tables
    )


def _rows(
    spark: SparkSession, population: Population, years: tuple[int, ...], factors: Factors
) -> DataFrame:
    return scale_rows(
        draw_rows(
            draw_establishments(spark, population),
            spark.createDataFrame(year_table(years, factors)),
            spark.createDataFrame(lot_table(factors)),
            seed=population.seed,
        )
    )


def _plant(spark: SparkSession, population: Population) -> Planted:
    def sums_of(factors: Factors) -> Sums:
        rows = _rows(spark, population, (START, MIDDLE, END), factors)
        return Sums(sum_rows(rows).toArrow())

    return plant(sums_of, population.establishments)


def _unplanted(population: Population) -> Planted:
    """Imports at the assumed shares of the middle year; one price index for all industries."""
    shares = np.array([industry.expenditure for industry in INDUSTRIES])
    domestic_shares = np.array([industry.domestic_share for industry in INDUSTRIES])
    markets = {}
    for year in population.years:
        spent = 100.0 * expenditure(year, population.establishments) * shares / shares.sum()
        markets[year] = Markets(spent, spent * domestic_shares, spent * domestic_shares)
    return Planted(Factors(), markets, {MIDDLE: np.zeros(len(INDUSTRIES))})


def _write_rows(rows: DataFrame, folder: Path, expected: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if expected > DRIVER_ROWS:
        rows.write.partitionBy("year").parquet(str(folder))
        return
    table = rows.toArrow()
    for year in pc.unique(table["year"]).to_pylist():
        _write_year(table.filter(pc.equal(table["year"], year)), folder / f"year={year}")


def _write_year(rows: pa.Table, folder: Path) -> None:
    folder.mkdir(parents=True)
    ordered = rows.drop_columns(["year"]).sort_by("establishment_id")
    _write(ordered.combine_chunks(), folder / "part-0.parquet")


def _write(table: pa.Table, path: Path) -> None:
    """Write a Parquet file whose metadata says that it is synthetic."""
    pq.write_table(table.replace_schema_metadata({"synthetic": "tradegains"}), path)


def _write_tables(census: SyntheticCensus, years: tuple[int, ...], result: Planted) -> None:
    codes = [industry.code for industry in INDUSTRIES]
    cuts = [industry.tariff_cut for industry in INDUSTRIES]
    sigmas = [industry.sigma for industry in INDUSTRIES]
    index = [100.0 * float(np.exp(log_price(year))) for year in years]
    _write(_imports(years, result), census.imports)
    _write(pa.table({"industry": codes, "cut": cuts}), census.tariff_cuts)
    _write(pa.table({"year": pa.array(years, pa.int32()), "index": index}), census.prices)
    _write(_prices_by_industry(years, result), census.prices_by_industry)
    _write(pa.table({"industry": codes, "sigma": sigmas}), census.elasticities)


def _imports(years: tuple[int, ...], result: Planted) -> pa.Table:
    """One row per industry and year, rounded to hundredths; geometric between known years."""
    logs = {year: np.log(market.imports) for year, market in result.markets.items()}
    return _by_industry("value", {year: np.rint(np.exp(_at(logs, year))) / 100.0 for year in years})


def _prices_by_industry(years: tuple[int, ...], result: Planted) -> pa.Table:
    """One row per industry and year: the economy's index times the industry's relative price."""
    logs = {year: _at(result.relative_prices, year) + log_price(year) for year in years}
    return _by_industry("index", {year: 100.0 * np.exp(log) for year, log in logs.items()})


def _at(known: dict[int, np.ndarray], year: int) -> np.ndarray:
    """Each industry's number at a year, interpolated between the known years."""
    return np.array(
        [
            interpolated({at: float(values[place]) for at, values in known.items()}, year)
            for place in range(len(INDUSTRIES))
        ]
    )


def _by_industry(name: str, values: dict[int, np.ndarray]) -> pa.Table:
    codes = [industry.code for industry in INDUSTRIES]
    return pa.table(
        {
            "industry": codes * len(values),
            "year": pa.array(np.repeat(list(values), len(codes)), pa.int32()),
            name: np.concatenate(list(values.values())),
        }
    )
