"""The contract of both Delta writers; each reads, and writes over, what the other wrote."""

import json
import math
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession

from tradegains.errors import EngineError
from tradegains.store import writers
from tradegains.store.arrow_tables import arrow_schema, conform
from tradegains.store.delta import DeltaRs, DeltaStore
from tradegains.store.delta_spark import SparkDelta
from tradegains.store.writers import open_delta
from tradegains.tables.published import TABLES, schema_of

from .conftest import QualityRows

# Values that a writer could bend: nulls, infinities, not-a-number, the two zeros, the smallest
# and largest numbers, text with signs of SQL and beyond ASCII, empty text.
DOUBLES = [None, math.inf, -math.inf, math.nan, 0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1]
TEXTS = [None, "", "it's", 'say "x"', "naïve Δ", "a\nb", "%2F", "__HIVE_DEFAULT_PARTITION__", "a=b"]


class TestWriter:
    """Of the engine under test, through the interface alone."""

    def test_a_table_that_was_never_written_has_no_rows(self, store: DeltaStore) -> None:
        assert store.version("quality") is None
        assert store.read("quality") == arrow_schema("quality").empty_table()

    def test_rows_come_back_sorted_with_the_declared_types(
        self, store: DeltaStore, quality_rows: QualityRows
    ) -> None:
        rows = quality_rows("a", 3, 1, 2)
        store.write("quality", rows.take([2, 0, 1]), "a")
        read = store.read("quality")
        assert read.schema.equals(arrow_schema("quality"))
        assert read.to_pylist() == rows.to_pylist()

    def test_writing_a_run_again_replaces_its_rows_alone(
        self, store: DeltaStore, quality_rows: QualityRows
    ) -> None:
        store.write("quality", quality_rows("a", 1, 2, 3), "a")
        store.write("quality", quality_rows("b", 4), "b")
        version = store.write("quality", quality_rows("a", 9), "a")
        assert version == store.version("quality")
        assert store.read("quality", "a")["rows"].to_pylist() == [9]
        assert store.read("quality", "b")["rows"].to_pylist() == [4]
        assert store.read("quality", "c").num_rows == 0
        assert store.read("quality", "a", version=version - 2)["rows"].to_pylist() == [1, 2, 3]

    def test_a_run_without_rows_is_written_too(
        self, store: DeltaStore, quality_rows: QualityRows
    ) -> None:
        store.write("quality", quality_rows("a"), "a")
        assert store.version("quality") is not None
        store.write("quality", quality_rows("a", 1), "a")
        store.write("quality", quality_rows("a"), "a")
        assert store.read("quality").num_rows == 0

    def test_every_value_survives(self, store: DeltaStore) -> None:
        rows = _filled("welfare", "a", DOUBLES, TEXTS)
        store.write("welfare", rows, "a")
        read = store.read("welfare", "a")
        assert _bits(read) == _bits(conform("welfare", rows, "a"))

    def test_lists_of_records_survive(self, store: DeltaStore) -> None:
        entry = {"name": "welfare", "version": 3, "rows": 2**40, "digest": "d"}
        for run, tables in {"a": [entry, entry], "b": [], "c": None}.items():
            store.write("runs", _runs_row(run, tables), run)
            assert store.read("runs", run)["tables"].to_pylist() == [tables]

    def test_every_published_table_can_be_made(self, store: DeltaStore) -> None:
        for name in ("histograms", "runs"):
            store.write(name, arrow_schema(name).empty_table(), "a")
            assert store.version(name) == store.version(name)
            assert store.read(name).schema.equals(arrow_schema(name))

    def test_one_commit_and_one_file_per_run(
        self, store: DeltaStore, quality_rows: QualityRows
    ) -> None:
        first = store.write("quality", quality_rows("a", *range(1000)), "a")
        assert store.write("quality", quality_rows("b", *range(1000)), "b") == first + 1
        table = DeltaTable(store.path("quality"))
        assert sorted(uri.split("/")[-2] for uri in table.file_uris()) == ["run_id=a", "run_id=b"]

    def test_units_and_meanings_are_kept_with_the_table(self, store: DeltaStore) -> None:
        store.write("welfare", arrow_schema("welfare").empty_table(), "a")
        fields = json.loads(DeltaTable(store.path("welfare")).schema().to_json())["fields"]
        said = {field["name"]: field["metadata"] for field in fields}
        every_study = [column for column in TABLES["welfare"].columns if not column.section]
        assert len(said) == len(every_study)
        for column in every_study:
            expected = {"comment": column.meaning} | ({"unit": column.unit} if column.unit else {})
            assert said[column.name] == expected

    @pytest.mark.parametrize("fault", ["missing", "extra", "type", "run"])
    def test_rows_that_are_not_as_declared_are_refused_before_a_commit(
        self, store: DeltaStore, quality_rows: QualityRows, fault: str
    ) -> None:
        rows = quality_rows("a", 1)
        wrong = {
            "missing": rows.drop_columns(["action"]),
            "extra": rows.append_column("more", [[1]]),
            "type": rows.set_column(4, "rows", [["many"]]),
            "run": quality_rows("b", 1),
        }[fault]
        with pytest.raises(ValueError, match=r"columns differ|another run|many"):
            store.write("quality", wrong, "a")
        assert store.version("quality") is None

    def test_run_ids_that_could_change_the_predicate_are_refused(
        self, store: DeltaStore, quality_rows: QualityRows
    ) -> None:
        for run in ("", "a' OR '1'='1", "a/b", "é"):
            with pytest.raises(ValueError, match="run id"):
                store.write("quality", quality_rows(run, 1), run)

    def test_a_table_with_other_columns_is_refused_and_kept(
        self, store: DeltaStore, quality_rows: QualityRows
    ) -> None:
        other = quality_rows("a", 1).append_column("more", [[1]])
        write_deltalake(store.path("quality"), other, partition_by=["run_id"])
        with pytest.raises(EngineError, match=r"not written by it: more \(1 case\)"):
            store.write("quality", quality_rows("b", 1), "b")
        assert store.version("quality") == 0

    def test_a_commit_that_fails_tells_no_rows(
        self, store: DeltaStore, quality_rows: QualityRows
    ) -> None:
        store.write("quality", quality_rows("a", 1), "a")
        Path(store.path("quality"), "run_id=b").write_text("a file where a folder should be")
        with pytest.raises(EngineError, match="Delta commit failed") as failure:
            store.write("quality", quality_rows("b", 73519), "b")
        assert "73519" not in str(failure.value)
        assert store.read("quality")["rows"].to_pylist() == [1]

    def test_a_damaged_table_is_refused_in_plain_words(
        self, store: DeltaStore, quality_rows: QualityRows
    ) -> None:
        store.write("quality", quality_rows("a", 1), "a")
        log = Path(store.path("quality"), "_delta_log")
        for entry in log.rglob("*.json"):
            entry.write_text("no such action\n")
        for attempt in (
            lambda: store.write("quality", quality_rows("b", 1), "b"),
            lambda: store.read("quality"),
            lambda: store.version("quality"),
        ):
            with pytest.raises(EngineError, match="cannot be read") as failure:
                attempt()
            assert failure.value.problems[0].where == store.path("quality")


@pytest.mark.only("spark")
class TestOnSparkBothWriters:
    """The two writers on one folder, and Spark's own reading where delta-rs cannot help."""

    def test_each_reads_and_replaces_what_the_other_wrote(
        self, spark: SparkSession, tmp_path: Path, quality_rows: QualityRows
    ) -> None:
        stores = [
            SparkDelta(str(tmp_path), spark),
            open_delta(str(tmp_path)),
            open_delta(tmp_path.as_uri(), "spark", spark),
        ]
        for count, store in enumerate((*stores, stores[1])):
            if count in (1, 2):  # each adds a run to what the other wrote
                store.write("quality", quality_rows(f"own{count}", count), f"own{count}")
            version = store.write("quality", quality_rows("shared", count, count), "shared")
            for reader in stores:
                assert reader.read("quality", "shared")["rows"].to_pylist() == [count, count]
                assert reader.version("quality") == version
        assert stores[1].read("quality").num_rows == 2 + 2

    def test_each_keeps_the_others_records_and_values(
        self, spark: SparkSession, tmp_path: Path
    ) -> None:
        stores = [open_delta(tmp_path.as_uri(), "spark", spark), open_delta(str(tmp_path))]
        entry = {"name": "welfare", "version": 3, "rows": 4, "digest": "d"}
        for number, writer in enumerate(stores):
            run = f"run{number}"
            rows = _filled("welfare", run, DOUBLES, TEXTS)
            writer.write("welfare", rows, run)
            writer.write("runs", _runs_row(run, [entry]), run)
            for reader in stores:
                assert _bits(reader.read("welfare", run)) == _bits(conform("welfare", rows, run))
                assert reader.read("runs", run)["tables"].to_pylist() == [[entry]]

    def test_spark_alone_meets_the_contract(
        self, spark: SparkSession, tmp_path: Path, quality_rows: QualityRows
    ) -> None:
        contract, store = TestWriter(), open_delta(tmp_path.as_uri(), "spark", spark)
        contract.test_a_table_that_was_never_written_has_no_rows(store)
        contract.test_writing_a_run_again_replaces_its_rows_alone(store, quality_rows)

    def test_spark_alone_refuses_damaged_and_foreign_tables(
        self, spark: SparkSession, tmp_path: Path, quality_rows: QualityRows
    ) -> None:
        store = open_delta(tmp_path.as_uri(), "spark", spark)
        other = quality_rows("a", 1).append_column("more", [[1]])
        write_deltalake(tmp_path / "quality", other, partition_by=["run_id"])
        with pytest.raises(EngineError, match="not written by it: more"):
            store.write("quality", quality_rows("b", 1), "b")
        (tmp_path / "quality/_delta_log" / f"{0:020}.json").write_text("no such action")
        with pytest.raises(EngineError, match="cannot be read"):
            store.read("quality")


def test_the_first_writes_of_several_at_once(tmp_path: Path, quality_rows: QualityRows) -> None:
    writers, folders = 8, 6  # about one creation in five meets another
    barrier, failures = threading.Barrier(writers), []

    def write(run: str) -> None:
        for folder in range(folders):
            barrier.wait()
            try:
                DeltaRs(f"{tmp_path}/{folder}").write("quality", quality_rows(run, 1, 2), run)
            except EngineError as error:
                failures.append(error)

    threads = [threading.Thread(target=write, args=(f"run{i}",)) for i in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    for folder in range(folders):
        assert DeltaRs(f"{tmp_path}/{folder}").read("quality").num_rows == 2 * writers


def test_relative_roots_are_where_they_were_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = DeltaRs("out/tables/")
    monkeypatch.chdir("/")
    assert store.path("runs") == f"{tmp_path}/out/tables/runs"


def test_the_store_for_s3_in_spark_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "needs_spark", lambda root: True)
    with pytest.raises(EngineError, match="would lose commits") as refused:
        open_delta("s3://bucket/tables", "spark")
    assert "pip install deltalake" in str(refused.value)
    assert isinstance(open_delta("/data/tables", "embedded"), DeltaRs)


def test_rows_of_a_run_are_removed_and_of_no_other(
    tmp_path: Path, quality_rows: QualityRows
) -> None:
    store = DeltaRs(str(tmp_path))
    store.remove("quality", "one")  # no table yet
    for run in ("one", "two"):
        store.write("quality", quality_rows(run, 1, 2), run)
    store.remove("quality", "never")
    store.remove("quality", "one")
    assert store.read("quality")["run_id"].to_pylist() == ["two", "two"]
    assert store.read("quality", "one").num_rows == 0
    assert store.read("quality", "one", version=2).num_rows == 2
    assert [path.parent.name for path in store.data_files("quality")] == ["run_id=two"]
    (name,) = store.file_names("quality")
    assert (tmp_path / "quality" / name).is_file()
    assert store.written_as("quality") == "quality"
    assert (store.written_as("welfare"), store.file_names("welfare")) == (None, set())
    with pytest.raises(ValueError, match="letters, digits"):
        store.write("quality", quality_rows("x", 1), "o'x")


def test_spark_engine_needs_its_session() -> None:
    with pytest.raises(ValueError, match="session"):
        open_delta("file:///nowhere", "spark")


@pytest.mark.only("spark")
def test_on_spark_the_driver_writes_where_it_can(spark: SparkSession, tmp_path: Path) -> None:
    assert isinstance(open_delta(str(tmp_path), "spark", spark), DeltaRs)
    assert isinstance(open_delta(tmp_path.as_uri(), "spark", spark), SparkDelta)


@pytest.mark.parametrize("name", TABLES)
def test_arrow_schema_has_the_declared_columns(name: str) -> None:
    assert arrow_schema(name).names == schema_of(name).fieldNames()


def _filled(name: str, run: str, doubles: list[Any], texts: list[Any]) -> pa.Table:
    """Rows whose number and text columns go through the given values."""
    length = max(len(doubles), len(texts))
    by_type = {pa.float64(): doubles, pa.string(): texts}
    columns = {}
    for field in arrow_schema(name):
        values = by_type.get(field.type, [None, -(2**31), 2**31 - 1])
        columns[field.name] = [values[i % len(values)] for i in range(length)]
    columns["run_id"] = [run] * length
    return pa.table(columns, schema=arrow_schema(name))


def _runs_row(run: str, tables: list[dict[str, Any]] | None) -> pa.Table:
    row = {field.name: None for field in arrow_schema("runs")} | {"run_id": run, "tables": tables}
    return pa.Table.from_pylist([row], schema=arrow_schema("runs"))


def _bits(table: pa.Table) -> list[list[Any]]:
    """Rows as a sorted list, numbers by their bits."""
    return sorted(
        [value.hex() if isinstance(value, float) else repr(value) for value in row.values()]
        for row in table.to_pylist()
    )
