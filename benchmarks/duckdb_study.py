"""The benchmark's study in DuckDB: straightforward SQL, one table after the other.

    python benchmarks/duckdb_study.py CENSUS OUTPUT

Nothing of tradegains is imported: this is what a user would write instead of using it.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

WINDOWS = {"pre": (1978, 1988), "post": (1988, 1996), "entrants_early": (1980, 1988)}
YEARS = sorted({year for ends in WINDOWS.values() for year in ends})
PERCENTS = (1, 5, 10, 25, 50, 75, 90, 95, 99)
BIN_WIDTH = 0.1


def main(census: str, output: Path) -> None:
    database = duckdb.connect()
    database.execute("SET preserve_insertion_order = false")
    read_census(database, census)
    describe(database)
    write(database, "markets", " UNION ALL ".join(market_sums()), output)
    write(database, "medians", "SELECT * FROM medians", output)
    for table in ("moments", "histograms"):
        write(database, table, f"SELECT * FROM {table}", output)


def read_census(database: duckdb.DuckDBPyConnection, census: str) -> None:
    """The rows of the four years, each with the years in which its establishment is present."""
    years = ", ".join(map(str, YEARS))
    database.execute(f"""
        CREATE TABLE census AS
        SELECT establishment_id AS id, year, industry, substr(industry, 1, 2) AS industry2,
               sales - exports AS domestic_sales, exports, exports > 0 AS exporter,
               -- whole thousandths: sums of them are exact, so no quantile hangs on rounding
               round(employment * 1000) AS weight,
               CASE WHEN value_added > 0 AND employment > 0
                    THEN ln(value_added / employment) END AS productivity
        FROM read_parquet('{census}/*/*.parquet', hive_partitioning = true)
        WHERE year IN ({years})""")
    present = ", ".join(f"bool_or(year = {year}) AS in_{year}" for year in YEARS)
    database.execute(f"""
        CREATE TABLE matched AS
        SELECT * EXCLUDE (id)
        FROM census JOIN (SELECT id, {present} FROM census GROUP BY id) USING (id)""")
    database.execute("DROP TABLE census")
    database.execute("""
        CREATE TABLE medians AS
        SELECT year, industry, count(*) AS establishments, median(productivity) AS median
        FROM matched WHERE productivity IS NOT NULL GROUP BY year, industry""")


def market_sums() -> Iterator[str]:
    """One query per window and end: every 2-digit industry, and the total."""
    for window, (start, end) in WINDOWS.items():
        for year, other in ((start, end), (end, start)):
            yield f"""
                SELECT '{window}' AS "window", year, industry2,
                       count(*) AS establishments,
                       count(*) FILTER (in_{other}) AS continuing_establishments,
                       fsum(domestic_sales) AS domestic_sales,
                       fsum(domestic_sales) FILTER (in_{other}) AS continuing_domestic_sales,
                       fsum(exports) AS exports
                FROM matched WHERE year = {year}
                GROUP BY GROUPING SETS ((year, industry2), (year))"""


def populations() -> Iterator[tuple[int, int, str | None, str, str]]:
    """Year, year of the medians, window, name and condition of every population."""
    pairs = {(year, year) for year in YEARS} | {(end, start) for start, end in WINDOWS.values()}
    for year, base in sorted(pairs):
        yield year, base, None, "all", "true"
        yield year, base, None, "exporters", "exporter"
        yield year, base, None, "nonexporters", "NOT exporter"
        for window, (start, end) in WINDOWS.items():
            if year in (start, end) and base in (year, start):
                other = end if year == start else start
                yield year, base, window, "continuing", f"in_{other}"
                gone = "exiters" if year == start else "entrants"
                yield year, base, window, gone, f"NOT in_{other}"


def describe(database: duckdb.DuckDBPyConnection) -> None:
    """Moments, quantiles and histogram of each population."""
    for number, (year, base, window, name, condition) in enumerate(populations()):
        key = f"""{year} AS year, {base} AS base_year,
                  {f"'{window}'" if window else "NULL::VARCHAR"} AS "window",
                  '{name}' AS population"""
        database.execute(f"""
            CREATE OR REPLACE TEMP TABLE members AS
            SELECT productivity - median AS value, weight
            FROM matched
            JOIN (SELECT industry, median FROM medians WHERE year = {base}) USING (industry)
            WHERE year = {year} AND productivity IS NOT NULL AND {condition}""")
        add = "INSERT INTO {} {}" if number else "CREATE TABLE {} AS {}"
        database.execute(add.format("moments", moments(key)))
        database.execute(add.format("histograms", histogram(key)))


def moments(key: str) -> str:
    probabilities = [percent / 100 for percent in PERCENTS]
    weighted = ", ".join(
        f"min(value) FILTER (100 * cumulated >= {percent} * total) AS weighted_p{percent:02d}"
        for percent in PERCENTS
    )
    plain = ", ".join(
        f"quantiles[{place}] AS plain_p{percent:02d}"
        for place, percent in enumerate(PERCENTS, start=1)
    )
    return f"""
        WITH summed AS (
            SELECT count(*) AS establishments, sum(weight) / 1000 AS employment,
                   avg(value) AS plain_mean, stddev_pop(value) AS plain_sd,
                   sum(weight * value) / sum(weight) AS weighted_mean,
                   quantile_cont(value, {probabilities}) AS quantiles
            FROM members),
        spread AS (
            SELECT sqrt(sum(weight * (value - weighted_mean) ** 2) / sum(weight)) AS weighted_sd
            FROM members, summed),
        ranked AS (
            SELECT value, sum(weight) OVER (ORDER BY value ROWS UNBOUNDED PRECEDING) AS cumulated
            FROM members),
        reached AS (
            SELECT {weighted} FROM ranked, (SELECT sum(weight) AS total FROM members))
        SELECT {key}, summed.* EXCLUDE (quantiles), {plain}, spread.*, reached.*
        FROM summed, spread, reached"""


def histogram(key: str) -> str:
    return f"""
        SELECT {key}, floor(value / {BIN_WIDTH})::BIGINT AS bin, count(*) AS establishments,
               sum(weight) / 1000 AS employment
        FROM members GROUP BY bin"""


def write(database: duckdb.DuckDBPyConnection, name: str, query: str, output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    database.execute(f"COPY ({query}) TO '{output / name}.parquet' (FORMAT parquet)")


if __name__ == "__main__":
    began = time.monotonic()
    main(sys.argv[1], Path(sys.argv[2]))
    print(f"worked {time.monotonic() - began:.2f} s")
