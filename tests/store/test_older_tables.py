"""Tables that an earlier version wrote: readable, and null where they lack a column of today."""

import pyarrow as pa
from deltalake import write_deltalake

from tradegains.store.arrow_tables import arrow_schema
from tradegains.store.delta import DeltaRs
from tradegains.store.scalars import arrow_scalar


def older(run_id, rules):
    rows = [{"run_id": run_id, "year": 1988, "rule": rule, "rows": 5} for rule in rules]
    schema = pa.schema([f for f in arrow_schema("quality") if f.name != "action"])
    return pa.Table.from_pylist(rows, schema=schema)


def test_a_column_that_an_older_version_lacked_is_null(tmp_path):
    for run_id, rules in (("one", ["read", "valid"]), ("two", ["read"])):
        write_deltalake(
            tmp_path / "quality", older(run_id, rules), mode="append", partition_by=["run_id"]
        )
    store = DeltaRs(str(tmp_path))
    found = store.read("quality", "one")
    assert found.schema.names == arrow_schema("quality").names
    assert found["rule"].to_pylist() == ["read", "valid"]
    assert found["action"].to_pylist() == [None, None]
    assert found["run_id"].to_pylist() == ["one", "one"]
    assert store.read("quality").num_rows == 3
    assert store.read("quality", "three").num_rows == 0


def test_values_from_bytes_are_those_of_arrow():
    for value in ("", "both_ends", "Fontagné", 0, -(2**40), 0.1, -0.0, float("inf")):
        assert arrow_scalar(value).equals(pa.scalar(value))
