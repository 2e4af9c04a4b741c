"""Types of a sound Parquet file that Arrow lacks: told as such, in every input that has rows."""

import base64
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradegains.errors import InputError
from tradegains.store.census import list_census
from tradegains.store.row_tables import row_table_problems
from tradegains.store.small_tables import SMALL_TABLES, read_small_table

BITS_64, BITS_128 = (bits.to_bytes(4, "little") for bits in (64, 128))
SAID = "a column ('checksum') has a type that cannot be read: Integers with more than 64 bits"


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """A file such as polars writes of an Int128: the width is in the Arrow schema beside it."""
    path = tmp_path / "wide.parquet"
    schema = pa.schema({"id": pa.int32(), "checksum": pa.int64()}).serialize().to_pybytes()
    assert schema.count(BITS_64) == 1
    rows = pa.table({"id": [1], "checksum": pa.array([bytes(16)], pa.binary(16))})
    kept = {"ARROW:schema": base64.b64encode(schema.replace(BITS_64, BITS_128))}
    with pq.ParquetWriter(path, rows.schema, store_schema=False) as writer:
        writer.write_table(rows)
        writer.add_key_value_metadata(kept)
    return path


def test_a_census_with_it_is_not_called_damaged(wide: Path) -> None:
    with pytest.raises(InputError) as refusal:
        list_census(str(wide), {"establishment_id": "id", "year": "year"}, [1980])
    message = str(refusal.value)
    assert f"{SAID} not implemented in wide.parquet" in message
    assert "Int128 of polars" in message
    assert "damaged" not in message


def test_other_inputs_with_it_are_refused_alike(wide: Path) -> None:
    with pytest.raises(InputError, match=re.escape(SAID)):
        read_small_table(str(wide), SMALL_TABLES["prices"])
    (problem,) = row_table_problems(str(wide), needs_value=False)
    assert problem.what.startswith(SAID)
