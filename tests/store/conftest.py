"""Fixtures of the store: the engine's own Delta writer, and rows to write."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tradegains.store.delta import DeltaRs, DeltaStore
from tradegains.store.delta_spark import SparkDelta
from tradegains.store.writers import EngineName

QualityRows = Callable[..., pa.Table]


@pytest.fixture
def quality_rows() -> QualityRows:
    """Return a function that makes rows of the table `quality` for a run."""

    def make(run_id: str, *counts: int) -> pa.Table:
        return pa.table(
            {
                "run_id": pa.array([run_id] * len(counts), pa.string()),
                "year": pa.array(range(1988, 1988 + len(counts)), pa.int32()),
                "rule": pa.array(["read"] * len(counts), pa.string()),
                "action": pa.array([None] * len(counts), pa.string()),
                "rows": pa.array(counts, pa.int64()),
            }
        )

    return make


@pytest.fixture
def store(tmp_path: Path, request: pytest.FixtureRequest, engine_name: EngineName) -> DeltaStore:
    """Return the store of each writer: delta-spark where Spark is under test."""
    folder = str(tmp_path / "tables")
    if engine_name == "spark":
        return SparkDelta(folder, request.getfixturevalue("spark"))
    return DeltaRs(folder)
