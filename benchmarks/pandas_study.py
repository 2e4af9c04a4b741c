"""The benchmark's study in pandas: straightforward, one frame after the other.

    python benchmarks/pandas_study.py CENSUS OUTPUT

Nothing of tradegains is imported: this is what a user would write instead of using it.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

WINDOWS = {"pre": (1978, 1988), "post": (1988, 1996), "entrants_early": (1980, 1988)}
YEARS = sorted({year for ends in WINDOWS.values() for year in ends})
PERCENTS = (1, 5, 10, 25, 50, 75, 90, 95, 99)
BIN_WIDTH = 0.1
COLUMNS = ["establishment_id", "industry", "employment", "sales", "exports", "value_added"]


def main(census: str, output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    matched = match(read_census(Path(census)))
    market_sums(matched).to_parquet(output / "markets.parquet", index=False)
    measured = matched[matched["productivity"].notna()]
    medians = measured.groupby(["year", "industry"])["productivity"].agg(
        establishments="size", median="median"
    )
    medians.reset_index().to_parquet(output / "medians.parquet", index=False)
    moments, histograms = describe(measured, medians["median"])
    pd.DataFrame(moments).to_parquet(output / "moments.parquet", index=False)
    pd.concat(histograms).to_parquet(output / "histograms.parquet", index=False)


def read_census(census: Path) -> pd.DataFrame:
    """The rows of the four years."""
    frames = [
        pd.read_parquet(file, columns=COLUMNS).assign(year=year)
        for year in YEARS
        for file in sorted((census / f"year={year}").glob("*.parquet"))
    ]
    rows = pd.concat(frames, ignore_index=True)
    rows["industry2"] = rows["industry"].str[:2]
    rows["domestic_sales"] = rows["sales"] - rows["exports"]
    rows["exporter"] = rows["exports"] > 0
    # Whole thousandths: sums of them are exact, so no quantile hangs on rounding.
    rows["weight"] = (rows["employment"] * 1000).round()
    has_productivity = (rows["value_added"] > 0) & (rows["employment"] > 0)
    ratio = (rows["value_added"] / rows["employment"]).where(has_productivity)
    rows["productivity"] = np.log(ratio)
    return rows


def match(rows: pd.DataFrame) -> pd.DataFrame:
    """Each row with the years in which its establishment is present."""
    for year in YEARS:
        present = rows.loc[rows["year"] == year, "establishment_id"]
        rows[f"in_{year}"] = rows["establishment_id"].isin(present)
    return rows


def market_sums(matched: pd.DataFrame) -> pd.DataFrame:
    """Sums by window, end and 2-digit industry, and the total."""
    found = []
    for window, (start, end) in WINDOWS.items():
        for year, other in ((start, end), (end, start)):
            rows = matched[matched["year"] == year]
            continuing = rows[f"in_{other}"]
            rows = rows.assign(
                continuing_establishments=continuing,
                continuing_domestic_sales=rows["domestic_sales"].where(continuing, 0.0),
            )
            columns = {
                "establishments": ("industry", "size"),
                "continuing_establishments": ("continuing_establishments", "sum"),
                "domestic_sales": ("domestic_sales", "sum"),
                "continuing_domestic_sales": ("continuing_domestic_sales", "sum"),
                "exports": ("exports", "sum"),
            }
            by_industry = rows.groupby("industry2").agg(**columns).reset_index()
            total = by_industry.drop(columns="industry2").sum().to_frame().T
            both = pd.concat([by_industry, total.assign(industry2=None)])
            found.append(both.assign(window=window, year=year))
    return pd.concat(found)


def populations(rows: pd.DataFrame, year: int, base: int) -> Iterator[tuple]:
    """Window, name and members of every population of a year and a year of the medians."""
    yield None, "all", np.full(len(rows), True)
    yield None, "exporters", rows["exporter"].to_numpy()
    yield None, "nonexporters", ~rows["exporter"].to_numpy()
    for window, (start, end) in WINDOWS.items():
        if year in (start, end) and base in (year, start):
            continuing = rows[f"in_{end if year == start else start}"].to_numpy()
            yield window, "continuing", continuing
            yield window, "exiters" if year == start else "entrants", ~continuing


def describe(measured: pd.DataFrame, medians: pd.Series) -> tuple[list, list]:
    """Moments, quantiles and histogram of each population."""
    moments, histograms = [], []
    pairs = {(year, year) for year in YEARS} | {(end, start) for start, end in WINDOWS.values()}
    for year, base in sorted(pairs):
        rows = measured[measured["year"] == year]
        rows = rows.assign(value=rows["productivity"] - rows["industry"].map(medians.loc[base]))
        rows = rows[rows["value"].notna()].sort_values("value")
        for window, name, inside in populations(rows, year, base):
            value, weight = (rows[column].to_numpy()[inside] for column in ("value", "weight"))
            key = {"year": year, "base_year": base, "window": window, "population": name}
            moments.append(key | describe_members(value, weight))
            bins = pd.Series(np.floor(value / BIN_WIDTH).astype(np.int64), name="bin")
            grouped = pd.Series(weight).groupby(bins).agg(establishments="size", employment="sum")
            grouped["employment"] /= 1000
            histograms.append(grouped.reset_index().assign(**key))
    return moments, histograms


def describe_members(value: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    """Moments and quantiles of a population sorted by value."""
    total, cumulated = weight.sum(), weight.cumsum()
    mean = (weight * value).sum() / total
    found = {
        "establishments": len(value),
        "employment": total / 1000,
        "plain_mean": value.mean(),
        "plain_sd": value.std(),
        "weighted_mean": mean,
        "weighted_sd": ((weight * (value - mean) ** 2).sum() / total) ** 0.5,
    }
    plain = np.quantile(value, [percent / 100 for percent in PERCENTS])
    for percent, quantile in zip(PERCENTS, plain, strict=True):
        found[f"weighted_p{percent:02d}"] = value[np.searchsorted(cumulated * 100, percent * total)]
        found[f"plain_p{percent:02d}"] = quantile
    return found


if __name__ == "__main__":
    began = time.monotonic()
    main(sys.argv[1], Path(sys.argv[2]))
    print(f"worked {time.monotonic() - began:.2f} s")
