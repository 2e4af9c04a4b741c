"""Rows in and out of files: a scenario's CSV, a census as hive-partitioned Parquet."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

TEXT = ("establishment_id", "industry", "region")
WHOLE = ("year",)

CENSUS_SCHEMA = pa.schema(
    [
        ("establishment_id", pa.string()),
        ("industry", pa.string()),
        ("employment", pa.float64()),
        ("sales", pa.float64()),
        ("exports", pa.float64()),
        ("value_added", pa.float64()),
    ]
)

Raw = Mapping[str, Any]


def read_rows_csv(path: Path) -> list[dict[str, Any]]:
    """Rows of a CSV; an empty cell is null, a word stays a word, all else is a number."""
    with path.open(newline="", encoding="utf-8") as lines:
        return [
            {name: _typed(name, text) for name, text in row.items()}
            for row in csv.DictReader(lines)
        ]


def _typed(name: str, text: str) -> Any:
    if text == "":
        return None
    if name in TEXT:
        return text
    return int(text) if name in WHOLE else float(text)


def write_census(rows: Iterable[Raw], folder: Path, schema: pa.Schema = CENSUS_SCHEMA) -> Path:
    """Write rows as `year=YYYY/part-0.parquet`, in the order given."""
    by_year: dict[int, list[Raw]] = defaultdict(list)
    for row in rows:
        by_year[row["year"]].append(row)
    for year, found in by_year.items():
        partition = folder / f"year={year}"
        partition.mkdir(parents=True)
        columns = {name: [row.get(name) for row in found] for name in schema.names}
        pq.write_table(pa.table(columns, schema=schema), partition / "part-0.parquet")
    return folder
