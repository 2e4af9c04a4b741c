"""Published tables gain columns; only a lost column or another type is refused."""

import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession
from pyspark.sql.types import ArrayType, LongType, StringType, StructField, StructType

from tradegains.errors import EngineError
from tradegains.pipeline import RunSummary, published_summary
from tradegains.store.arrow_tables import arrow_schema
from tradegains.store.delta import DeltaRs, DeltaStore
from tradegains.store.delta_spark import SparkDelta
from tradegains.store.evolution import column_changes, earlier_columns
from tradegains.store.runs import (
    RunRecord,
    is_intact,
    publish,
    published_runs,
    published_tables,
    read_published,
)
from tradegains.store.writers import open_delta
from tradegains.tables import published
from tradegains.tables.published import TABLES
from tradegains.tables.table import Column

from .conftest import QualityRows

OLDER = Path(__file__).parent / "output_of_5b90afb.tar.gz"
RECORD = RunRecord("new", "[study]", "[]", "in", "2", "none", "{}")


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Return the tables that commit 5b90afb published."""
    with tarfile.open(OLDER) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "older_output" / "tables"


@pytest.fixture
def writer(older: Path, request: pytest.FixtureRequest, engine_name: str) -> DeltaStore:
    """Return the writer over that output; on Spark, as where only Spark reaches the folder."""
    if engine_name == "spark":
        return SparkDelta(older.as_uri(), request.getfixturevalue("spark"))
    return DeltaRs(str(older))


def declare(
    monkeypatch: pytest.MonkeyPatch, name: str, columns: tuple[Column, ...]
) -> tuple[Column, ...]:
    """Let this version declare other columns of a table; the first is `run_id` as before."""
    monkeypatch.setitem(published.TABLES, name, replace(TABLES[name], columns=columns))
    return columns


def added(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    new = (
        Column(
            "share_of_rows",
            TABLES["welfare"].column("hazard").type,
            "share",
            "a number of a later version",
        ),
        Column("why", StringType(), "", "a text of a later version"),
    )
    first, *others = TABLES[name].columns
    declare(monkeypatch, name, (first, new[0], *others, new[1]))


def with_new_columns(rows: pa.Table) -> pa.Table:
    many = rows.num_rows
    rows = rows.append_column("share_of_rows", pa.array([0.5] * many, pa.float64()))
    return rows.append_column("why", pa.array(["so"] * many, pa.string()))


def test_a_version_with_more_columns_and_tables_publishes_beside_the_older_run(
    writer: DeltaStore, quality_rows: QualityRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = published_runs(writer).to_pylist()
    before = read_published(writer, "quality", old["run_id"])
    added(monkeypatch, "quality")
    size = {"run_id": "new", "year": 1988, "population": "exiters", "establishments": 1}
    size |= {"bin_width": 1.0, "bin_start": 0.0, "bin_end": 1.0, "share": 1.0}
    sizes = pa.Table.from_pylist([size], schema=arrow_schema("size_histograms"))
    rows = with_new_columns(quality_rows("new", 5, 6))
    assert publish(writer, "new", RECORD, {"quality": rows, "size_histograms": sizes}).new
    found = read_published(writer, "quality", "new")
    assert found.schema.equals(arrow_schema("quality"))
    assert found["share_of_rows"].to_pylist() == [0.5, 0.5]
    assert found["rows"].to_pylist() == [5, 6]
    then = read_published(writer, "quality", old["run_id"])
    assert then.select(before.column_names).equals(before)
    assert then["share_of_rows"].null_count == then["why"].null_count == then.num_rows > 0
    assert [each["run_id"] for each in published_runs(writer).to_pylist()] == ["new", old["run_id"]]


def test_every_table_of_the_older_run_is_intact_before_and_after(
    writer: DeltaStore, quality_rows: QualityRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = published_runs(writer).to_pylist()
    tables = published_tables(old)
    assert [table.name for table in tables if not is_intact(writer, old["run_id"], table)] == []
    assert len(tables) == 9
    added(monkeypatch, "quality")
    assert all(is_intact(writer, old["run_id"], table) for table in tables)
    rows = with_new_columns(quality_rows("new", 5))
    writer.write("quality", rows, "new")
    assert all(is_intact(writer, old["run_id"], table) for table in tables)


def test_units_and_meanings_come_with_new_columns_and_old_ones_keep_theirs(
    writer: DeltaStore, older: Path, quality_rows: QualityRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(monkeypatch, "quality")
    run_id, *others = TABLES["quality"].columns
    declare(monkeypatch, "quality", (Column("run_id", run_id.type, "", "told anew"), *others))
    writer.write("quality", with_new_columns(quality_rows("new", 5)), "new")
    schema = pa.schema(DeltaTable(older / "quality").schema())
    said = {field.name: field.metadata or {} for field in schema}
    assert said["share_of_rows"] == {
        b"comment": b"a number of a later version",
        b"unit": b"share",
    }
    assert said["run_id"][b"comment"] == b"digest of study, inputs and code of the run"


def test_records_of_runs_gain_fields(
    writer: DeltaStore, monkeypatch: pytest.MonkeyPatch, quality_rows: QualityRows
) -> None:
    (old,) = published_runs(writer).to_pylist()
    columns = TABLES["runs"].columns
    tables = next(column for column in columns if column.name == "tables")
    fields = [*tables.type.elementType.fields, StructField("groups", LongType())]
    grown = Column("tables", ArrayType(StructType(fields)), "", tables.meaning)
    others = tuple(column for column in columns if column is not tables)
    declare(monkeypatch, "runs", (*others, grown))
    publish(writer, "new", RECORD, {"quality": quality_rows("new", 1)})
    new, then = published_runs(writer).to_pylist()
    assert [entry["groups"] for entry in new["tables"]] == [None]
    assert [{**entry, "groups": None} for entry in old["tables"]] == then["tables"]


def test_another_type_and_a_column_that_is_gone_are_refused_by_name(
    writer: DeltaStore, quality_rows: QualityRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = writer.version("quality")
    columns = TABLES["quality"].columns
    texts = tuple(
        Column(c.name, StringType(), c.unit, c.meaning) if c.name == "rows" else c for c in columns
    )
    for changed, named in (
        (texts, "rows"),
        (tuple(c for c in columns if c.name != "action"), "action"),
    ):
        declare(monkeypatch, "quality", changed)
        rows = quality_rows("new", 1)
        rows = rows.set_column(4, "rows", pa.array(["1"]))
        rows = rows.select([column.name for column in changed])
        if named == "action":
            rows = rows.set_column(3, "rows", pa.array([1]))
        with pytest.raises(EngineError, match=named) as refusal:
            writer.write("quality", rows, "new")
        assert "new --output" in str(refusal.value)
        assert writer.version("quality") == before


def test_a_run_that_lacks_a_column_of_runs_is_read(older: Path, quality_rows: QualityRows) -> None:
    (old,) = published_runs(DeltaRs(str(older))).to_pylist()
    rows = pa.Table.from_pylist([{**old, "run_id": "bare"}], schema=arrow_schema("runs"))
    shutil.rmtree(older / "runs")
    kept = rows.drop_columns(["absent", "tables", "engine"])
    write_deltalake(older / "runs", kept, partition_by=["run_id"])
    store = DeltaRs(str(older))
    (bare,) = published_runs(store).to_pylist()
    assert (bare["absent"], published_tables(bare)) == (None, ())
    assert published_summary(store, "bare") == RunSummary("bare", False, {}, ())
    assert publish(store, "new", RECORD, {"quality": quality_rows("new", 1)}).new
    assert published_runs(store).num_rows == 2


# --- the rules alone ------------------------------------------------------------------------------


def test_changes_do_not_depend_on_the_order_of_columns() -> None:
    one = pa.schema([("a", pa.int64()), ("b", pa.list_(pa.string()))])
    other = pa.schema([("b", pa.large_list(pa.large_string())), ("a", pa.int64())])
    assert set(column_changes(one, other).values()) == {"none"}


def test_columns_of_an_earlier_version_are_the_first_up_to_some_that_are_null() -> None:
    rows = pa.table({"a": [1, 2], "b": [None, 1], "c": [None, None], "d": [None, None]})
    found = [each.column_names for each in earlier_columns(rows, ["a", "b", "x", "c", "d"])]
    assert found == [["a", "b", "c", "d"], ["a", "b", "c"], ["a", "b"]]


@pytest.mark.only("spark")
def test_spark_and_its_driver_agree_on_what_is_on_disk(older: Path, spark: SparkSession) -> None:
    stores = [open_delta(older.as_uri(), "spark", spark), open_delta(str(older))]
    for name in ("runs", "quality"):
        one, other = (store.schema(name) for store in stores)
        assert set(column_changes(one, other).values()) == {"none"}


def test_a_field_of_another_type_in_a_record_is_another_type() -> None:
    def records(**fields: pa.DataType) -> pa.Schema:
        return pa.schema([("rows", pa.list_(pa.struct(list(fields.items()))))])

    old = records(a=pa.int64(), b=pa.string())
    assert column_changes(old, records(a=pa.int64(), b=pa.string())) == {"rows": "none"}
    assert column_changes(old, records(a=pa.int64(), b=pa.string(), c=pa.string())) == {
        "rows": "added"
    }
    # Neither an added field nor one that is as it was hides the other change.
    assert column_changes(old, records(a=pa.string(), b=pa.string(), c=pa.string())) == {
        "rows": "other"
    }
    assert column_changes(old, records(b=pa.string(), c=pa.string())) == {"rows": "other"}
