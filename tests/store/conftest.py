"""Fixtures of the store: the engine's own Delta writer, and rows to write."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest

from tradegains.store.delta import DeltaRs, DeltaStore
from tradegains.store.delta_spark import SparkDelta
from tradegains.store.writers import EngineName

QualityRows = Callable[..., pa.Table]
WriteEncrypted = Callable[[pa.Table, Path, str], None]


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


class _BareKeys(pe.KmsClient):  # type: ignore[misc]
    """Keys as they are: for files that nobody is to read."""

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        return key_bytes.hex()

    def unwrap_key(self, wrapped_key: str, master_key_identifier: str) -> bytes:
        return bytes.fromhex(wrapped_key)


@pytest.fixture
def write_encrypted() -> WriteEncrypted:
    """Return a function that writes rows with one column encrypted, under a footer that is not."""

    def write(rows: pa.Table, path: Path, column: str) -> None:
        keys = pe.EncryptionConfiguration(
            footer_key="f", column_keys={"c": [column]}, plaintext_footer=True
        )
        factory = pe.CryptoFactory(lambda _: _BareKeys())
        settings = factory.file_encryption_properties(pe.KmsConnectionConfig(), keys)
        pq.write_table(rows, path, encryption_properties=settings)

    return write
