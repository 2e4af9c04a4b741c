"""The benchmark's study in PySpark as first written: self-joins, `median`, windows, no tuning.

    python benchmarks/spark_naive_study.py CENSUS OUTPUT

Nothing of tradegains is imported: this is what a user would write instead of using it. The session
is PySpark's own but for the heap: its default of 1 GB is not enough beyond the smallest size, and
4 GB is what tradegains gets beside it.
"""

import sys
import time
from functools import reduce
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

WINDOWS = {"pre": (1978, 1988), "post": (1988, 1996), "entrants_early": (1980, 1988)}
YEARS = sorted({year for ends in WINDOWS.values() for year in ends})
PERCENTS = (1, 5, 10, 25, 50, 75, 90, 95, 99)
BIN_WIDTH = 0.1
KEYS = ("year", "base_year", "window", "population")


def main(census: str, output: Path) -> None:
    spark = (
        SparkSession.builder.master("local[*]")
        .config("spark.driver.memory", "4g")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    began = time.monotonic()
    rows = read_census(spark, census).cache()
    ends = match(rows).cache()
    medians = rows.filter("productivity IS NOT NULL").groupBy("year", "industry")
    medians = medians.agg(
        F.count("*").alias("establishments"), F.median("productivity").alias("median")
    ).cache()
    members = populations(rows, ends, medians).cache()
    results = {
        "markets": market_sums(ends),
        "medians": medians,
        "moments": moments(members),
        "histograms": histograms(members),
    }
    for name, result in results.items():
        result.coalesce(1).write.mode("overwrite").parquet(str(output / f"{name}.parquet"))
    print(f"worked {time.monotonic() - began:.2f} s")
    spark.stop()


def read_census(spark: SparkSession, census: str) -> DataFrame:
    """The rows of the four years."""
    has_productivity = (F.col("value_added") > 0) & (F.col("employment") > 0)
    return (
        spark.read.parquet(census)
        .filter(F.col("year").isin(YEARS))
        .select(
            "year",
            "industry",
            "exports",
            F.col("establishment_id").alias("id"),
            (F.col("sales") - F.col("exports")).alias("domestic_sales"),
            (F.col("exports") > 0).alias("exporter"),
            # Whole thousandths: sums of them are exact, so no quantile hangs on rounding.
            F.round(F.col("employment") * 1000).alias("weight"),
            F.when(has_productivity, F.log(F.col("value_added") / F.col("employment"))).alias(
                "productivity"
            ),
        )
    )


def match(rows: DataFrame) -> DataFrame:
    """The rows at both ends of each window, and whether they continue: a self-join per end."""
    found = []
    for window, (start, end) in WINDOWS.items():
        for year, other in ((start, end), (end, start)):
            there = rows.filter(F.col("year") == other).select("id", F.lit(True).alias("other"))
            here = rows.filter(F.col("year") == year).join(there, "id", "left")
            found.append(
                here.select(
                    F.lit(window).alias("window"),
                    F.lit(start).alias("start"),
                    F.col("other").isNotNull().alias("continuing"),
                    *rows.columns,
                )
            )
    return reduce(DataFrame.union, found)


def market_sums(ends: DataFrame) -> DataFrame:
    """Sums by window, end and 2-digit industry, and the total."""
    sums = [
        F.count("*").alias("establishments"),
        F.count_if("continuing").alias("continuing_establishments"),
        F.sum("domestic_sales").alias("domestic_sales"),
        F.sum(F.when(F.col("continuing"), F.col("domestic_sales"))).alias(
            "continuing_domestic_sales"
        ),
        F.sum("exports").alias("exports"),
    ]
    by_industry = ends.withColumn("industry2", F.substring("industry", 1, 2))
    total = ends.withColumn("industry2", F.lit(None).cast("string"))
    keys = ("window", "year", "industry2")
    return by_industry.groupBy(*keys).agg(*sums).union(total.groupBy(*keys).agg(*sums))


def populations(rows: DataFrame, ends: DataFrame, medians: DataFrame) -> DataFrame:
    """One row per row and population it is in, with productivity relative to the base's median."""
    pairs = {(year, year) for year in YEARS} | {(end, start) for start, end in WINDOWS.values()}
    bases = rows.sparkSession.createDataFrame(sorted(pairs), "year int, base_year int")
    of_base = medians.select(F.col("year").alias("base_year"), "industry", "median")
    kind = F.when(F.col("exporter"), "exporters").otherwise("nonexporters")
    own = rows.join(F.broadcast(bases), "year").select(
        F.lit(None).cast("string").alias("window"),
        F.explode(F.array(F.lit("all"), kind)).alias("population"),
        *("year", "base_year", "industry", "weight", "productivity"),
    )
    leaving = F.when(F.col("year") == F.col("start"), "exiters").otherwise("entrants")
    both = F.array_distinct(F.array("year", "start"))
    of_windows = ends.select(
        "window",
        F.when(F.col("continuing"), "continuing").otherwise(leaving).alias("population"),
        "year",
        F.explode(both).alias("base_year"),
        *("industry", "weight", "productivity"),
    )
    return (
        own.union(of_windows)
        .filter("productivity IS NOT NULL")
        .join(F.broadcast(of_base), ["base_year", "industry"])
        .select(*KEYS, "weight", (F.col("productivity") - F.col("median")).alias("value"))
    )


def moments(members: DataFrame) -> DataFrame:
    """Moments and quantiles of each population."""
    value, weight = F.col("value"), F.col("weight")
    keys = [F.coalesce(F.col(name).cast("string"), F.lit("")).alias(f"key_{name}") for name in KEYS]
    population = Window.partitionBy(*keys)
    ranked = members.select(
        *KEYS,
        value,
        weight,
        F.sum(weight).over(population.orderBy("value")).alias("cumulated"),
        F.sum(weight).over(population).alias("total"),
        (F.sum(weight * value).over(population) / F.sum(weight).over(population)).alias("mean"),
    )
    probabilities = F.array(*(F.lit(percent / 100) for percent in PERCENTS))
    summed = ranked.groupBy(*KEYS).agg(
        F.count("*").alias("establishments"),
        (F.sum(weight) / 1000).alias("employment"),
        F.avg(value).alias("plain_mean"),
        F.stddev_pop(value).alias("plain_sd"),
        F.first("mean").alias("weighted_mean"),
        F.sqrt(F.sum(weight * F.pow(value - F.col("mean"), 2)) / F.sum(weight)).alias(
            "weighted_sd"
        ),
        F.percentile(value, probabilities).alias("quantiles"),
        *(
            F.min(F.when(100 * F.col("cumulated") >= percent * F.col("total"), value)).alias(
                f"weighted_p{percent:02d}"
            )
            for percent in PERCENTS
        ),
    )
    plain = {
        f"plain_p{percent:02d}": F.col("quantiles")[place] for place, percent in enumerate(PERCENTS)
    }
    return summed.withColumns(plain).drop("quantiles")


def histograms(members: DataFrame) -> DataFrame:
    """Rows and employment by population and bin."""
    number = F.floor(F.col("value") / BIN_WIDTH).alias("bin")
    return members.groupBy(*KEYS, number).agg(
        F.count("*").alias("establishments"), (F.sum("weight") / 1000).alias("employment")
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
