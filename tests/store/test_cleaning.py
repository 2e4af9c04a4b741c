"""Leftovers go, runs can be taken out, and nothing that a published run needs is ever removed."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from deltalake import DeltaTable

from tradegains.command import cli
from tradegains.command.clean import clean_output, retire_run
from tradegains.command.verify import verify_output
from tradegains.errors import DamagedOutputError, EngineError, OutputBusyError, StudyError
from tradegains.store import cleaning
from tradegains.store.delta import DeltaRs
from tradegains.store.mending import mend_logs
from tradegains.store.output import hold_output
from tradegains.store.private import remove_tree
from tradegains.store.runs import RunRecord, publish, published_runs, read_published

from .conftest import QualityRows

RECORD = RunRecord("test", "[study]", "[]", "in", "0", "none", "{}")
RUNS = ("1" * 16, "2" * 16)
DEAD = "d" * 16


class Kill(BaseException):
    """Not an Exception: nothing may catch it, as nothing catches the end of a process."""


@pytest.fixture
def output(tmp_path: Path, quality_rows: QualityRows) -> Path:
    """Return an output with two published runs, of two tables each."""
    store = DeltaRs(str(tmp_path / "tables"))
    for position, run in enumerate(RUNS):
        publish(store, run, RECORD, tables_of(quality_rows, run, position))
    return tmp_path


def tables_of(quality_rows: QualityRows, run: str, number: int) -> dict:
    from tradegains.store.arrow_tables import arrow_schema

    empty = arrow_schema("moments").empty_table()
    return {"quality": quality_rows(run, number, number), "moments": empty}


def store_of(output: Path) -> DeltaRs:
    return DeltaRs(str(output / "tables"))


def crash(output: Path, quality_rows: QualityRows) -> None:
    """Leave what a run leaves that is killed before its commit to `runs`."""
    store_of(output).write("quality", quality_rows(DEAD, 5), DEAD)
    work = output / "work" / DEAD / "matched"
    work.mkdir(parents=True)
    (work / "part.parquet").write_text("rows")
    orphan = output / "tables/quality" / f"run_id={DEAD}" / "part-1-orphan.parquet"
    orphan.write_text("half a file")


def grow_old(output: Path, days: float) -> None:
    then = time.time() - days * 24 * 3600
    for path in sorted(output.rglob("*"), reverse=True):
        os.utime(path, (then, then), follow_symlinks=False)


def content(output: Path) -> dict[str, list]:
    store = store_of(output)
    return {
        row["run_id"]: read_published(store, "quality", row["run_id"]).to_pylist()
        for row in published_runs(store).to_pylist()
    }


def files(output: Path) -> set[str]:
    paths = (output / "tables").rglob("*.parquet")
    return {str(path.relative_to(output)) for path in paths}


def test_leftovers_of_a_dead_run_go_and_published_runs_stay(
    output: Path, quality_rows: QualityRows
) -> None:
    before, kept = content(output), files(output)
    crash(output, quality_rows)
    grow_old(output, days=8)
    would = clean_output(str(output), days=7, dry_run=True)
    assert f"would remove unpublished rows of run {DEAD} from quality" in would
    assert "would remove 1 file that no table needs" in would
    assert len(files(output)) == len(kept) + 2
    did = clean_output(str(output), days=7, dry_run=False)
    assert did == would.replace("would remove", "removed")
    assert (content(output), files(output)) == (before, kept)
    assert not (output / "work" / DEAD / "matched").exists()
    assert DEAD not in store_of(output).read("quality")["run_id"].to_pylist()
    assert clean_output(str(output), days=0, dry_run=True) == "nothing to remove"


def test_what_is_younger_than_the_stated_age_stays(output: Path, quality_rows: QualityRows) -> None:
    crash(output, quality_rows)
    grow_old(output, days=6)
    before = files(output)
    assert clean_output(str(output), days=7, dry_run=False) == "nothing to remove"
    assert files(output) == before
    assert (output / "work" / DEAD / "matched").exists()


def test_files_that_a_mended_run_replaced_go(output: Path, quality_rows: QualityRows) -> None:
    before = content(output)
    store = store_of(output)
    store.write("quality", quality_rows(RUNS[0], 9), RUNS[0])
    publish(store, RUNS[0], RECORD, tables_of(quality_rows, RUNS[0], 0))
    grow_old(output, days=40)
    assert "removed 3 files" in clean_output(str(output), days=30, dry_run=False)
    assert content(output) == before


def test_a_run_whose_publication_was_lost_is_not_taken_for_dead(output: Path) -> None:
    (output / "tables/runs/_delta_log" / f"{2:020}.json").unlink()
    assert len(content(output)) == 1
    grow_old(output, days=400)
    before = files(output)
    for _ in range(2):
        said = clean_output(str(output), days=0, dry_run=False)
        assert f"left alone: run {RUNS[1]}" in said
        assert files(output) == before
    assert f"run {RUNS[1]} is retired" in retire_run(str(output), RUNS[1])
    assert clean_output(str(output), days=0, dry_run=False) == "nothing to remove"


def test_nothing_is_removed_while_nobody_can_tell_what_is_published(
    output: Path, quality_rows: QualityRows
) -> None:
    crash(output, quality_rows)
    (output / "tables/runs/_delta_log" / f"{1:020}.json").write_text("")
    before = files(output)
    with pytest.raises(EngineError, match="entry 1 of its log is empty"):
        clean_output(str(output), days=0, dry_run=False)
    assert files(output) == before


def test_a_table_with_a_broken_log_is_left_alone(output: Path, quality_rows: QualityRows) -> None:
    crash(output, quality_rows)
    (output / "tables/quality/_delta_log" / f"{1:020}.json").write_text("")
    before = files(output)
    assert "left alone: table quality" in clean_output(str(output), days=0, dry_run=False)
    assert files(output) == before


def test_a_table_that_was_set_aside_is_kept_for_the_stated_time(output: Path) -> None:
    before = content(output)
    grow_old(output, days=400)
    (output / "tables/quality/_delta_log" / f"{1:020}.json").unlink()
    assert mend_logs(store_of(output))
    assert content(output) == before
    assert clean_output(str(output), days=30, dry_run=False) == "nothing to remove"
    (aside,) = (output / "tables").glob(".damaged-quality-*")
    grow_old(output, days=31)
    assert "removed 1 file that no table needs" in clean_output(str(output), days=30, dry_run=False)
    assert not aside.exists()
    assert content(output) == before


def keep_evidence_of(output: Path, *runs: str) -> None:
    for run in runs:
        (output / "work/evidence" / run).mkdir(parents=True)
        (output / "work/evidence" / run / "cells.parquet").write_text("sums")


def evidence(output: Path) -> set[str]:
    return {path.name for path in (output / "work/evidence").iterdir()}


def test_evidence_goes_but_for_that_of_published_runs(output: Path) -> None:
    keep_evidence_of(output, *RUNS, DEAD)
    with hold_output(str(output)) as held:
        cleaning.forget_unpublished_evidence(held)
    assert evidence(output) == set(RUNS)
    keep_evidence_of(output, DEAD)
    clean_output(str(output), days=30, dry_run=False)
    assert evidence(output) == {*RUNS, DEAD}
    grow_old(output, 31)
    clean_output(str(output), days=30, dry_run=False)
    assert evidence(output) == set(RUNS)


def test_no_evidence_goes_where_nobody_can_tell_what_is_published(output: Path) -> None:
    keep_evidence_of(output, *RUNS)
    remove_tree(output / "tables/runs")
    with hold_output(str(output)) as held:
        cleaning.forget_unpublished_evidence(held)
    assert evidence(output) == set(RUNS)


def test_an_output_that_is_held_is_not_cleaned(output: Path) -> None:
    with hold_output(str(output)):
        with pytest.raises(OutputBusyError):
            clean_output(str(output), days=0, dry_run=False)
        with pytest.raises(OutputBusyError):
            retire_run(str(output), RUNS[0])


def test_a_run_is_taken_out_by_the_start_of_its_name(output: Path) -> None:
    (output / "work" / RUNS[0]).mkdir(parents=True)
    before = content(output)
    assert (
        retire_run(str(output), "111")
        == f"run {RUNS[0]} is retired: its rows are gone from 1 table"
    )
    assert content(output) == {RUNS[1]: before[RUNS[1]]}
    assert not any(RUNS[0] in path for path in files(output))
    assert not (output / "work" / RUNS[0]).exists()
    with pytest.raises(StudyError, match="is not there"):
        retire_run(str(output), "111")


def test_a_start_that_several_runs_share_is_refused(
    output: Path, quality_rows: QualityRows
) -> None:
    other = "1" * 15 + "2"
    publish(store_of(output), other, RECORD, tables_of(quality_rows, other, 3))
    with pytest.raises(StudyError, match="several runs begin with 111"):
        retire_run(str(output), "111")
    assert len(content(output)) == 3


def test_a_run_that_is_not_named_is_not_taken_out(output: Path) -> None:
    retire_run(str(output), RUNS[0])
    before = content(output)
    with pytest.raises(StudyError, match="not named"):
        retire_run(str(output), "")
    assert list(before) == [RUNS[1]]
    assert content(output) == before


def killed_at(step: int, patch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Let the process end at the n-th commit or removal of a file; how many there were."""
    counter = iter(range(10_000))
    done = []

    def counted(original: Callable) -> Callable:
        def wrapped(*given: object, **named: object) -> object:
            done.append(next(counter))
            if done[-1] == step:
                raise Kill
            return original(*given, **named)

        return wrapped

    patch.setattr(DeltaTable, "delete", counted(DeltaTable.delete))
    patch.setattr(cleaning, "remove_tree", counted(cleaning.remove_tree))
    return lambda: len(done)


@pytest.mark.parametrize("step", range(6))
def test_a_kill_while_a_run_is_taken_out_leaves_the_others_and_can_be_finished(
    output: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(output)
    with monkeypatch.context() as patch:
        count = killed_at(step, patch)
        try:
            retire_run(str(output), RUNS[0])
        except Kill:
            assert count() == step + 1
    assert verify_output(str(output)).damaged == {}
    now = content(output)
    assert now == (before if step == 0 else {RUNS[1]: before[RUNS[1]]})
    if any(RUNS[0] in path for path in files(output)):
        retire_run(str(output), RUNS[0])
    assert content(output) == {RUNS[1]: before[RUNS[1]]}
    assert not any(RUNS[0] in path for path in files(output))


def test_what_a_killed_removal_of_a_run_left_is_cleaned(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(output)
    with monkeypatch.context() as patch:
        killed_at(1, patch)
        with pytest.raises(Kill):
            retire_run(str(output), RUNS[0])
    assert any(RUNS[0] in path for path in files(output))
    assert "left alone" not in clean_output(str(output), days=0, dry_run=False)
    assert not any(RUNS[0] in path for path in files(output))
    assert content(output) == {RUNS[1]: before[RUNS[1]]}


@pytest.mark.parametrize("step", range(5))
def test_a_kill_while_leftovers_go_leaves_every_published_run(
    output: Path, quality_rows: QualityRows, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, kept = content(output), files(output)
    crash(output, quality_rows)
    with monkeypatch.context() as patch:
        killed_at(step, patch)
        try:
            clean_output(str(output), days=0, dry_run=False)
        except Kill:
            assert content(output) == before
    clean_output(str(output), days=0, dry_run=False)
    assert (content(output), files(output)) == (before, kept)
    assert verify_output(str(output)).damaged == {}


# --- verify ------------------------------------------------------------------------------------


def test_verify_names_what_is_damaged_and_what_to_do(
    output: Path, quality_rows: QualityRows, capsys: pytest.CaptureFixture
) -> None:
    assert cli.main(["verify", str(output)]) == 0
    assert capsys.readouterr().out.count("2 tables, intact") == 2
    store_of(output).write("quality", quality_rows(RUNS[0], 9), RUNS[0])
    assert cli.main(["verify", str(output)]) == 1
    said = capsys.readouterr().out
    assert "2 tables, 1 of them damaged\n  quality: 1 of its 2 rows are there" in said
    assert "run the study of each again" in said
    assert f"tradegains retire {RUNS[0]} --output {output}" in said
    assert said.count("intact") == 1


def test_verify_does_not_take_a_lost_log_for_no_run(output: Path) -> None:
    remove_tree(output / "tables/runs/_delta_log")
    with pytest.raises(DamagedOutputError, match="log of the table runs is missing"):
        verify_output(str(output))


def test_commands_clean_and_retire(
    output: Path, quality_rows: QualityRows, capsys: pytest.CaptureFixture
) -> None:
    crash(output, quality_rows)
    assert cli.main(["clean", str(output), "--older-than", "0", "--dry-run"]) == 0
    assert "would remove unpublished rows" in capsys.readouterr().out
    assert cli.main(["clean", str(output)]) == 0
    assert capsys.readouterr().out == "nothing to remove\n"
    assert cli.main(["retire", RUNS[0], "--output", str(output)]) == 0
    assert "is retired" in capsys.readouterr().out
    assert len(content(output)) == 1


@pytest.mark.parametrize("linked", ["output", "tables", "table"])
def test_what_a_link_leads_to_is_needed_as_well(output: Path, linked: str) -> None:
    real = {"output": output, "tables": output / "tables", "table": output / "tables/quality"}
    moved = real[linked].rename(output.parent / f"{output.name}_moved")
    real[linked].symlink_to(moved)
    grow_old(output.resolve(), 40)
    grow_old(moved, 40)
    before = content(output)
    assert clean_output(str(output), days=30, dry_run=False) == "nothing to remove"
    assert len(before) == 2
    assert content(output) == before


def test_what_a_path_upwards_leads_to_is_needed_as_well(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (output / "elsewhere").mkdir()
    monkeypatch.chdir(output / "elsewhere")
    grow_old(output, 40)
    before = content(output)
    assert clean_output("..", days=30, dry_run=False) == "nothing to remove"
    assert len(before) == 2
    assert content(output) == before
