"""Writing the rows of the census, the plant-product links and the sums for control totals.

A census that the driver can hold is written by it: one file per year, sorted by establishment, the
same bytes whatever the engine. Beyond, the engine writes in parallel.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.synthetic.draws import Draws
from tradegains.synthetic.economy import BASE_YEAR, START
from tradegains.synthetic.establishments import is_present
from tradegains.synthetic.plan import lot_codes
from tradegains.synthetic.products import plant_products
from tradegains.synthetic.rows import as_census

SURVEYS = (START, BASE_YEAR)
_AMOUNTS = ("employment", "domestic_sales", "exports", "value_added")


@dataclass(frozen=True)
class Establishments:
    """One row per establishment ever born; `held` too where the driver can hold the census."""

    frame: DataFrame
    held: pa.Table | None


_LABEL = {"synthetic": "tradegains"}


def write_table(table: pa.Table, path: Path) -> None:
    """Write a Parquet file whose metadata says that it is synthetic."""
    pq.write_table(table.replace_schema_metadata(_LABEL), path)


def write_links(establishments: Establishments, path: Path, *, seed: int) -> None:
    """Write the products that establishments reported in the two years of the survey."""
    first, last = (
        plant_products(establishments.frame.where(is_present(year)), Draws(seed), year)
        for year in SURVEYS
    )
    links = first.unionByName(last)
    _remove(path)
    if establishments.held is None:
        parts = path.with_suffix(".parts")
        links.write.mode("overwrite").parquet(str(parts))
        if found := sorted(parts.glob("*.parquet")):  # an engine may make no file for no rows
            _write_together(found, path)
        else:
            write_table(links.toArrow(), path)
        shutil.rmtree(parts, ignore_errors=True)
        return
    ordered = [(name, "ascending") for name in ("year", "establishment_id", "product")]
    write_table(links.toArrow().sort_by(ordered).combine_chunks(), path)


def _write_together(parts: Sequence[Path], path: Path) -> None:
    """One file of these: a study takes a file, and no folder."""
    schema = pq.read_schema(parts[0]).with_metadata(_LABEL)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in parts:
            for batch in pq.ParquetFile(part).iter_batches():
                writer.write_batch(batch)


def _remove(path: Path) -> None:
    """Remove what an earlier call wrote there: a file or a folder of files."""
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def write_rows(rows: DataFrame, establishments: Establishments, folder: Path) -> pa.Table:
    """Write the census, a folder per year; return its sums by year and two-digit industry.

    Sums: `establishments`, `employment` [thousandths of a job], `sales` [hundredths].
    """
    shutil.rmtree(folder, ignore_errors=True)
    if establishments.held is None:
        as_census(rows).write.partitionBy("year").parquet(str(folder))
        return _summed_by_engine(rows)
    columns = _columns(rows, establishments.held)
    for year, first, last in _years_of(columns):
        target = folder / f"year={year}"
        target.mkdir(parents=True)
        chosen = {name: values[first:last] for name, values in columns.items()}
        write_table(_census_of(chosen), target / "part-0.parquet")
    return _summed_by_driver(columns)


def _columns(rows: DataFrame, held: pa.Table) -> dict[str, np.ndarray]:
    """The rows by year and establishment, in whole parts, lots for industries.

    Few narrow columns leave the engine: what an establishment always has is known here.
    """
    narrow = rows.select(
        *(F.col(name).cast("int").alias(name) for name in ("serial", "year", "lot")),
        *_AMOUNTS,
        "adopted_technology",
    ).toArrow()
    columns = {name: narrow[name].to_numpy() for name in narrow.column_names}
    by_serial = np.argsort(held["serial"].to_numpy())
    serials = columns.pop("serial")
    for name in ("establishment_id", "enterprise_id"):
        columns[name] = held[name].to_numpy()[by_serial][serials]
    order = np.lexsort((columns["establishment_id"], columns["year"]))
    return {name: values[order] for name, values in columns.items()}


def _years_of(columns: dict[str, np.ndarray]) -> list[tuple[int, int, int]]:
    """Every year with the places of its first row and of the row after its last."""
    years, first = np.unique(columns["year"], return_index=True)
    last = np.append(first[1:], len(columns["year"]))
    return list(zip(years.tolist(), first.tolist(), last.tolist(), strict=True))


def _census_of(columns: dict[str, np.ndarray]) -> pa.Table:
    """Rows in the columns and units of `rows.as_census`, without the year."""
    sales = columns["domestic_sales"] + columns["exports"]
    money = {"sales": sales, "exports": columns["exports"], "value_added": columns["value_added"]}
    return pa.table(
        {
            "establishment_id": columns["establishment_id"],
            "enterprise_id": columns["enterprise_id"],
            "industry": pa.array(lot_codes()).take(pa.array(columns["lot"])),
            "employment": columns["employment"] / 1000.0,
            **{name: amount / 100.0 for name, amount in money.items()},
            "adopted_technology": columns["adopted_technology"],
        }
    )


def _summed_by_driver(columns: dict[str, np.ndarray]) -> pa.Table:
    groups = np.array([code[:2] for code in lot_codes()])
    names, places = np.unique(groups, return_inverse=True)
    keys = columns["year"].astype(np.int64) * len(names) + places[columns["lot"]]
    cells, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    sums = {name: np.zeros(len(cells), np.int64) for name in ("employment", "sales")}
    np.add.at(sums["employment"], inverse, columns["employment"])
    np.add.at(sums["sales"], inverse, columns["domestic_sales"] + columns["exports"])
    return pa.table(
        {
            "year": pa.array(cells // len(names), pa.int32()),
            "industry_group": names[cells % len(names)],
            "establishments": counts,
            **sums,
        }
    )


def _summed_by_engine(rows: DataFrame) -> pa.Table:
    sums = rows.groupBy("year", "industry_group").agg(
        F.count(F.lit(1)).alias("establishments"),
        F.sum("employment").alias("employment"),
        (F.sum("domestic_sales") + F.sum("exports")).alias("sales"),
    )
    return sums.toArrow().sort_by([("year", "ascending"), ("industry_group", "ascending")])
