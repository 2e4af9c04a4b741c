"""A written synthetic census, read back with pyarrow alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from tradegains.synthetic import SyntheticCensus

ESTABLISHMENTS = 9_000
SEED = 1988


@dataclass(frozen=True)
class Drawn:
    """Where the census lies, and its rows as one array per column, by year and establishment."""

    paths: SyntheticCensus
    columns: dict[str, np.ndarray]

    def year(self, year: int) -> dict[str, np.ndarray]:
        chosen = self.columns["year"] == year
        return {name: values[chosen] for name, values in self.columns.items()}


def read_drawn(paths: SyntheticCensus) -> Drawn:
    partitions = ds.partitioning(pa.schema([("year", pa.int32())]), flavor="hive")
    table = ds.dataset(paths.census, partitioning=partitions).to_table()
    table = table.sort_by([("year", "ascending"), ("establishment_id", "ascending")])
    return Drawn(paths, {name: table[name].to_numpy() for name in sorted(table.column_names)})


def by_industry(path: Path, name: str, year: int | None = None) -> dict[str, float]:
    rows = pq.read_table(path).to_pylist()
    return {row["industry"]: row[name] for row in rows if year is None or row["year"] == year}
