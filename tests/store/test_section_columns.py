"""Columns of a section: a run without it writes the bytes it wrote before there were any."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql.types import DoubleType, LongType

from tradegains.store.arrow_tables import conform
from tradegains.store.delta import DeltaStore
from tradegains.store.mending import salvage
from tradegains.store.runs import (
    RunRecord,
    content_digest,
    damage,
    publish,
    published_runs,
    published_tables,
    read_published,
)
from tradegains.tables import published
from tradegains.tables.published import TABLES
from tradegains.tables.table import Column

from .conftest import QualityRows

RECORD = RunRecord("a study", "[study]", "[]", "in", "1", "none", "{}")
ERROR = Column("error", DoubleType(), "share", "of rows", nullable=True, section="uncertainty")
LATER = Column("later", LongType(), "", "of a later version", nullable=True)


def declare(monkeypatch: pytest.MonkeyPatch, *columns: Column) -> None:
    """Let this version declare further columns of `quality`."""
    table = replace(TABLES["quality"], columns=(*TABLES["quality"].columns, *columns))
    monkeypatch.setitem(published.TABLES, "quality", table)


def with_errors(rows: pa.Table, *errors: float | None) -> pa.Table:
    return rows.append_column("error", pa.array(errors, pa.float64()))


def files_of(store: DeltaStore, run: str) -> list[bytes]:
    folder = Path(store.root.removeprefix("file://"), "quality", f"run_id={run}")
    return [path.read_bytes() for path in sorted(folder.glob("*.parquet"))]


def test_runs_with_and_without_the_section_share_a_table(
    store: DeltaStore, quality_rows: QualityRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = quality_rows("plain", 1, 2)
    before = conform("quality", plain, "plain")
    declare(monkeypatch, ERROR)
    assert conform("quality", with_errors(plain, None, None), "plain").equals(before)

    publish(store, "plain", RECORD, {"quality": plain})
    assert "error" not in store.schema("quality").names
    told = with_errors(quality_rows("told", 3, 4), 0.5, None)
    publish(store, "told", RECORD, {"quality": told})
    publish(store, "again", RECORD, {"quality": quality_rows("again", 1, 2)})

    assert "error" in store.schema("quality").names
    assert read_published(store, "quality", "told")["error"].to_pylist() == [0.5, None]
    for run in ("plain", "again"):
        rows = read_published(store, "quality", run)
        assert "error" not in rows.column_names
        assert content_digest(rows) == content_digest(before)
    runs = {row["run_id"]: row for row in published_runs(store).to_pylist()}
    for run, row in runs.items():
        assert [damage(store, run, table) for table in published_tables(row)] == [None]


def test_a_later_column_behind_those_of_the_section_is_no_damage(
    store: DeltaStore, quality_rows: QualityRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, "first", RECORD, {"quality": quality_rows("first", 1)})
    declare(monkeypatch, ERROR)
    publish(store, "told", RECORD, {"quality": with_errors(quality_rows("told", 3), 0.5)})
    declare(monkeypatch, LATER)
    rows = quality_rows("last", 5).append_column("later", pa.array([7], pa.int64()))
    publish(store, "last", RECORD, {"quality": rows})
    names = store.schema("quality").names
    assert names.index("error") < names.index("later")
    for row in published_runs(store).to_pylist():
        (table,) = published_tables(row)
        assert damage(store, row["run_id"], table) is None
        assert salvage(store, row["run_id"], table)


@pytest.mark.only("embedded")
def test_a_run_without_the_section_has_the_bytes_of_a_version_that_did_not_know_it(
    store: DeltaStore,
    quality_rows: QualityRows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(store, "a", RECORD, {"quality": quality_rows("a", 1, 2)})
    before = files_of(store, "a")
    declare(monkeypatch, ERROR)
    store.remove("quality", "a")
    store.write("quality", with_errors(quality_rows("a", 1, 2), None, None), "a")
    assert before[0] in files_of(store, "a")
    assert len(set(files_of(store, "a"))) == 1
