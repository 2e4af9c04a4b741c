"""A published run through the pipeline: damage is refused, noticed and mended by its own run."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

import tradegains.pipeline
from small_study import write_small_study, write_year, year_file
from tradegains.command.cli import main
from tradegains.engines.start import Engine
from tradegains.errors import InputError
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.store.output import locate_output
from tradegains.store.runs import published_runs, published_tables, read_published
from tradegains.study import read_study

DAMAGES: dict[str, Callable[[Path], object]] = {
    "folder": lambda table: shutil.rmtree(table),
    "log": lambda table: max((table / "_delta_log").glob("*.json")).write_text(""),
    "rows": lambda table: DeltaTable(table).delete("run_id is not null"),
    "files": lambda table: [f.write_bytes(b"PAR1") for f in table.glob("run_id=*/*.parquet")],
}


def test_a_run_notices_and_mends_its_own_tables(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture
) -> None:
    study, output = read_study(write_small_study(tmp_path)), tmp_path / "out"
    first = run(engine, study, output=str(output), progress=Progress(None))
    store = locate_output(str(output)).open_tables()
    before = {name: read_published(store, name) for name in first.rows}
    for done, damage in DAMAGES.items():
        damage(output / "tables" / "demography")
        for command in (["show", "demography"], ["report"], ["export", "--to", str(tmp_path)]):
            assert main([*command, "--output", str(output)]) == 1, (done, command)
            assert "table demography is not what run" in capsys.readouterr().err
        caplog.clear()
        again = run(engine, study, output=str(output), progress=Progress(None))
        assert "demography" in caplog.text, done
        assert (again.run_id, again.rows) == (first.run_id, first.rows)
        for name, rows in before.items():
            assert read_published(store, name).equals(rows), (done, name)
    assert published_runs(store).num_rows == 1


def test_inputs_that_are_replaced_while_they_are_read_are_not_published(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, output = read_study(write_small_study(tmp_path)), tmp_path / "out"
    measure, path = tradegains.pipeline.measure, year_file(tmp_path, 1991)

    def measured(*given: object, **named: object) -> object:
        was = path.stat()
        rows = pq.ParquetFile(path).read()
        write_year(tmp_path, 1991, sales=[value * 2 for value in rows["sales"].to_pylist()])
        os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
        assert path.stat().st_size == was.st_size
        return measure(*given, **named)

    monkeypatch.setattr(tradegains.pipeline, "measure", measured)
    with pytest.raises(InputError, match=r"files of census changed .* year=1991"):
        run(engine, study, output=str(output), progress=Progress(None))
    store = locate_output(str(output)).open_tables()
    assert published_runs(store).num_rows == 0
    assert list(output.glob("work/*/matched")) == []


@pytest.mark.parametrize("verify", [False, True])
def test_what_changed_without_a_trace_is_found_when_asked_for(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: bool
) -> None:
    study, output = read_study(write_small_study(tmp_path)), tmp_path / "out"
    measure = tradegains.pipeline.measure

    def measured(*given: object, **named: object) -> object:
        write_year(tmp_path, 1991, sales=[1.0, 2.0, 3.0])
        return measure(*given, **named)

    monkeypatch.setattr(tradegains.pipeline, "measure", measured)
    monkeypatch.setattr(tradegains.pipeline, "require_unchanged", lambda _: None)
    if verify:
        with pytest.raises(InputError, match=r"files of census changed .* year=1991"):
            run(engine, study, output=str(output), progress=Progress(None), verify=True)
    else:
        run(engine, study, output=str(output), progress=Progress(None))
    store = locate_output(str(output)).open_tables()
    rows = published_runs(store).to_pylist()
    assert len(rows) == (not verify)
    assert all(published_tables(row) for row in rows)


@pytest.mark.only("embedded")
def test_evidence_stays_with_published_runs_alone(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, output = read_study(write_small_study(tmp_path)), tmp_path / "out"

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    publish = tradegains.pipeline.publish_tables
    monkeypatch.setattr(tradegains.pipeline, "publish_tables", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(engine, study, output=str(output), progress=Progress(None))
    assert list(output.glob("work/evidence/*")) == []
    monkeypatch.setattr(tradegains.pipeline, "publish_tables", publish)
    first = run(engine, study, output=str(output), progress=Progress(None))
    (kept,) = output.glob("work/evidence/*")
    assert kept.name == first.run_id
    monkeypatch.setattr(tradegains.pipeline, "publish_tables", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(engine, study, output=str(output), progress=Progress(None), again=True)
    assert list(output.glob("work/evidence/*")) == [kept]
