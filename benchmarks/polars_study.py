"""The benchmark's study in Polars: straightforward expressions, one frame after the other.

    python benchmarks/polars_study.py CENSUS OUTPUT ENGINE

Nothing of tradegains is imported: this is what a user would write instead of using it. ENGINE is
Polars' own name of what collects: `in-memory` takes rows and matches one step after the other, as
first written by hand; `streaming`, the default of Polars 2, gets both as one lazy query, for it
cannot stream from one collected frame to the next.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import polars as pl

WINDOWS = {"pre": (1978, 1988), "post": (1988, 1996), "entrants_early": (1980, 1988)}
YEARS = sorted({year for ends in WINDOWS.values() for year in ends})
PERCENTS = (1, 5, 10, 25, 50, 75, 90, 95, 99)
BIN_WIDTH = 0.1


def main(census: str, output: Path, engine: Literal["in-memory", "streaming"]) -> None:
    output.mkdir(parents=True, exist_ok=True)
    rows = read_census(census)
    if engine == "in-memory":
        rows = rows.collect(engine=engine).lazy()
    matched = match(rows).collect(engine=engine)
    market_sums(matched).write_parquet(output / "markets.parquet")
    measured = matched.filter(pl.col("productivity").is_not_null())
    medians = measured.group_by("year", "industry").agg(
        establishments=pl.len(), median=pl.col("productivity").median()
    )
    medians.write_parquet(output / "medians.parquet")
    moments, histograms = describe(measured, medians)
    pl.DataFrame(moments, infer_schema_length=None).write_parquet(output / "moments.parquet")
    pl.concat(histograms).write_parquet(output / "histograms.parquet")


def read_census(census: str) -> pl.LazyFrame:
    """The rows of the four years."""
    has_productivity = (pl.col("value_added") > 0) & (pl.col("employment") > 0)
    return (
        pl.scan_parquet(f"{census}/*/*.parquet", hive_partitioning=True)
        .filter(pl.col("year").is_in(YEARS))
        .select(
            "year",
            "industry",
            "exports",
            id="establishment_id",
            domestic_sales=pl.col("sales") - pl.col("exports"),
            exporter=pl.col("exports") > 0,
            # Whole thousandths: sums of them are exact, so no quantile hangs on rounding.
            weight=(pl.col("employment") * 1000).round(),
            productivity=pl.when(has_productivity).then(
                (pl.col("value_added") / pl.col("employment")).log()
            ),
        )
    )


def match(census: pl.LazyFrame) -> pl.LazyFrame:
    """Each row with the years in which its establishment is present."""
    presence = census.group_by("id").agg(
        (pl.col("year") == year).any().alias(f"in_{year}") for year in YEARS
    )
    return census.join(presence, on="id").drop("id")


def market_sums(matched: pl.DataFrame) -> pl.DataFrame:
    """Sums by window, end and 2-digit industry, and the total."""
    group = pl.col("industry").str.slice(0, 2).alias("industry2")
    found = []
    for window, (start, end) in WINDOWS.items():
        for year, other in ((start, end), (end, start)):
            continuing = pl.col(f"in_{other}")
            sums = [
                pl.len().alias("establishments"),
                continuing.sum().alias("continuing_establishments"),
                pl.col("domestic_sales").sum(),
                pl.col("domestic_sales")
                .filter(continuing)
                .sum()
                .alias("continuing_domestic_sales"),
                pl.col("exports").sum(),
            ]
            rows = matched.filter(pl.col("year") == year)
            total = rows.select(pl.lit(None, pl.String).alias("industry2"), *sums)
            both = pl.concat([rows.group_by(group).agg(sums), total])
            found.append(both.with_columns(window=pl.lit(window), year=pl.lit(year)))
    return pl.concat(found)


def populations(year: int, base: int) -> Iterator[tuple[str | None, str, pl.Expr]]:
    """Window, name and condition of every population of a year and a year of the medians."""
    yield None, "all", pl.lit(True)
    yield None, "exporters", pl.col("exporter")
    yield None, "nonexporters", ~pl.col("exporter")
    for window, (start, end) in WINDOWS.items():
        if year in (start, end) and base in (year, start):
            continuing = pl.col(f"in_{end if year == start else start}")
            yield window, "continuing", continuing
            yield window, "exiters" if year == start else "entrants", ~continuing


def describe(measured: pl.DataFrame, medians: pl.DataFrame) -> tuple[list, list]:
    """Moments, quantiles and histogram of each population."""
    moments, histograms = [], []
    pairs = {(year, year) for year in YEARS} | {(end, start) for start, end in WINDOWS.values()}
    for year, base in sorted(pairs):
        of_base = medians.filter(pl.col("year") == base).select("industry", "median")
        relative = (
            measured.filter(pl.col("year") == year)
            .join(of_base, on="industry")
            .with_columns(value=pl.col("productivity") - pl.col("median"))
            .sort("value")
        )
        for window, name, condition in populations(year, base):
            members = relative.filter(condition).select("value", "weight")
            key = {"year": year, "base_year": base, "window": window, "population": name}
            moments.append(key | describe_members(members))
            histograms.append(
                members.group_by(bin=(pl.col("value") / BIN_WIDTH).floor().cast(pl.Int64))
                .agg(establishments=pl.len(), employment=pl.col("weight").sum() / 1000)
                .with_columns(pl.lit(v, pl.String if k in ("window", "population") else pl.Int64)
                              .alias(k) for k, v in key.items())
            )  # fmt: skip
    return moments, histograms


def describe_members(members: pl.DataFrame) -> dict[str, float]:
    """Moments and quantiles of a population sorted by value."""
    value, weight = members["value"], members["weight"]
    mean = (weight * value).sum() / weight.sum()
    cumulated = weight.cum_sum()
    found = {
        "establishments": len(members),
        "employment": weight.sum() / 1000,
        "plain_mean": value.mean(),
        "plain_sd": value.std(ddof=0),
        "weighted_mean": mean,
        "weighted_sd": ((weight * (value - mean) ** 2).sum() / weight.sum()) ** 0.5,
    }
    for percent in PERCENTS:
        reached = (cumulated * 100).search_sorted(percent * weight.sum())
        found[f"weighted_p{percent:02d}"] = value[reached]
        found[f"plain_p{percent:02d}"] = value.quantile(percent / 100, "linear")
    return found


if __name__ == "__main__":
    began = time.monotonic()
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
    print(f"worked {time.monotonic() - began:.2f} s")
