"""The commands: exit codes, one message without a traceback, light imports, nothing published."""

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackagePath, PathDistribution
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from listed_results import HEAD, listed_results, named_by, problems_of
from small_study import (
    SECRET_ID,
    SECRET_SALES,
    write_small_study,
    write_study,
    write_year,
    year_file,
)
from tradegains.command import cli, demo
from tradegains.command.arguments import build_parser
from tradegains.command.cli import COMMANDS, main
from tradegains.engines.start import Engine
from tradegains.errors import EngineError, OutputBusyError, Problem
from tradegains.published.published_run import PublishedRun
from tradegains.published.reading import read_run
from tradegains.store.output import hold_output

STUDIES = Path(__file__).parents[2] / "conf" / "studies"
HLOY_PAGE = Path(__file__).parents[2] / "docs" / "hloy.md"
MELITZ_TREFLER_PAGE = HLOY_PAGE.with_name("melitz_trefler.md")


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    code: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture
def tradegains(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in this process; no answer may hold a traceback or a value of the census."""

    def call(*arguments: object) -> Answer:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        printed = capsys.readouterr()
        told = printed.out + printed.err
        assert "Traceback" not in told
        assert SECRET_ID not in told
        assert f"{SECRET_SALES:.0f}" not in told
        return Answer(code, printed.out, printed.err)

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small study beside its census."""
    write_small_study(tmp_path)
    return tmp_path


@pytest.fixture
def suite_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Commands use the suite's engine: one process runs one."""
    monkeypatch.setattr(cli, "_engine", lambda *_: contextlib.nullcontext(engine))
    return engine


def nothing_published(output: Path) -> bool:
    return not (output / "tables" / "runs").exists()


# --- usage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(tradegains: Command, command: str) -> None:
    answer = tradegains(command, "--help")
    assert answer.code == 0
    assert f"example:\n  tradegains {command}" in answer.out


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_fits_80_columns(
    tradegains: Command, monkeypatch: pytest.MonkeyPatch, command: str | None
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = tradegains(*([command] if command else []), "--help").out.splitlines()
    assert max(map(len, lines)) <= 80


def test_help_lists_every_command_and_the_exit_codes(tradegains: Command) -> None:
    answer = tradegains("--help")
    assert all(re.search(rf"\n    {command}\s", answer.out) for command in COMMANDS)
    assert "2 usage or study file" in answer.out


def test_examples_of_the_help_are_valid_command_lines(tradegains: Command) -> None:
    for command in COMMANDS:
        example = tradegains(command, "--help").out.split("example:\n  tradegains ")[1]
        build_parser().parse_args(example.replace("\\\n", "").split())


def test_errors_fit_the_terminal_and_are_one_line_elsewhere(
    tradegains: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    study = write_study(folder, ('employment = "jobs"', 'employment = "sales"'))
    whole = tradegains("check", study).err
    assert max(map(len, whole.splitlines())) > 80
    monkeypatch.setattr("tradegains.command.cli.sys.stderr.isatty", lambda: True)
    folded = tradegains("check", study).err
    assert "mapped 2 times (employment, sales)" in " ".join(folded.split())
    short = [line for line in folded.splitlines() if str(folder) not in line]
    assert short
    assert max(map(len, short)) <= 80
    assert folded.split() == whole.split()


def test_no_command_and_wrong_usage_end_with_2(tradegains: Command) -> None:
    answer = tradegains()
    assert answer.code == 2
    assert "tradegains demo" in answer.err
    assert tradegains("nosuch").code == 2
    assert tradegains("run", "study.toml").code == 2
    assert tradegains("run", "study.toml", "--output", "x", "--engine", "flink").code == 2
    for wrong, said in (
        (("show", "--limit", "-1"), "'-1' is not a whole number of 0 or more"),
        (("run", "study.toml", "--output", "x", "--threads", "0"), "'0' is not a whole number abo"),
        (("run", "study.toml", "--output", "x", "--wait", "-1"), "is not a number of 0 or more"),
        (("run", "study.toml", "--output", ""), "the name is empty (a variable that is not set?)"),
        (("export", "--to", " "), "the name is empty"),
        (("export", "--to", "caf\udce9"), "the name is not in UTF-8"),
    ):
        answer = tradegains(*wrong)
        assert answer.code == 2
        assert said in answer.err


def test_a_study_from_a_pipe_is_not_checked(tradegains: Command, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "study.toml")
    answer = tradegains("check", tmp_path / "study.toml")
    assert answer.code == 2
    assert "cure: write the study to a file" in answer.err


def test_condition_without_a_value(tradegains: Command, tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    answer = tradegains("show", "welfare", "--output", tmp_path, "--where", "level")
    assert answer.code == 2
    assert answer.err == (
        "tradegains: 'level' is not a condition in --where\n"
        "  cure: write COLUMN=VALUE, such as --where level=total\n"
    )


@pytest.mark.parametrize("command", ["show", "runs", "report", "export"])
def test_reading_without_results(
    tradegains: Command, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    to = ("--to", "files") if command == "export" else ()
    answer = tradegains(command, *to)
    assert answer.code == 2
    assert "there are no published results in .\n" in answer.err
    assert "--output DIR" in answer.err
    monkeypatch.setenv("TRADEGAINS_OUTPUT", str(tmp_path / "elsewhere"))
    assert f"in {tmp_path / 'elsewhere'}\n" in tradegains(command, *to).err


# --- errors ---------------------------------------------------------------------------------------


def fail(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def act(_: object) -> int:
        raise error

    monkeypatch.setitem(cli.COMMANDS, "runs", act)


def test_unexpected_error_is_one_line_without_its_text(
    tradegains: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(monkeypatch, ValueError(f"could not convert {SECRET_ID}"))
    answer = tradegains("runs")
    assert answer.code == 1
    assert answer.err.startswith("tradegains: unexpected error (ValueError) at cli.py:")
    assert answer.err.count("\n") == 1
    assert "set TRADEGAINS_DEBUG=1 for the traceback" in answer.err
    fail(monkeypatch, OSError(28, "No space left on device", "/results/x"))
    assert "(OSError, No space left on device: /results/x)" in tradegains("runs").err


def test_debug_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRADEGAINS_DEBUG", "1")
    fail(monkeypatch, ValueError("what happened"))
    assert main(["runs"]) == 1
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "what happened" in told


def test_debug_is_off_at_0(tradegains: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEGAINS_DEBUG", "0")
    fail(monkeypatch, ValueError("what happened"))
    assert "Traceback" not in tradegains("runs").err


def test_interruption_and_busy_output(tradegains: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(monkeypatch, KeyboardInterrupt())
    answer = tradegains("runs")
    assert answer.code == 130
    assert answer.err == "tradegains: interrupted; what was published before stands\n"
    fail(monkeypatch, OutputBusyError(Problem("busy")))
    assert tradegains("runs").code == 5


def test_several_problems_are_one_list(
    tradegains: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(monkeypatch, OutputBusyError([Problem("one", "here", cure="a"), Problem("two")]))
    assert tradegains("runs").err == (
        "tradegains: 2 problems\n- one in here\n    cure: a\n- two\n"
    )  # fmt: skip


# --- check and init -------------------------------------------------------------------------------


def test_check_of_a_good_study(tradegains: Command, folder: Path) -> None:
    answer = tradegains("check", folder / "study.toml", "--output", folder / "results")
    assert (answer.code, answer.err) == (0, "")
    *told, engine, end = answer.out.splitlines()
    assert told == [
        "study small: Small", "census: 2 file(s), 2 year(s), 1990-1991, 6 rows in them"
    ]  # fmt: skip
    assert engine.startswith("embedded engine: its port ")
    assert end == "nothing is wrong"


def test_check_lists_all_problems_and_ends_with_the_first_code(
    tradegains: Command, folder: Path
) -> None:
    year_file(folder, 1991).write_bytes(b"")
    (folder / "file").touch()
    answer = tradegains("check", folder / "study.toml", "--output", folder / "file")
    assert answer.code == 2
    assert answer.err.startswith("tradegains: 2 problems\n- the output folder cannot be made")
    assert "- the file has zero bytes in year=1991/part-0.parquet\n    cure: " in answer.err
    assert "nothing is wrong" not in answer.out


def test_check_with_an_input_of_another_name(tradegains: Command, folder: Path) -> None:
    answer = tradegains("check", folder / "study.toml", "--input", "cencus=x")
    assert answer.code == 2
    assert "'cencus' is not the name of an input in --input cencus=x" in answer.err
    assert "did you mean census?" in answer.err
    answer = tradegains("check", folder / "study.toml", "--input", "census")
    assert "input census has no path in --input census=" in answer.err


def test_init_then_check_reminds_of_open_choices(
    tradegains: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    answer = tradegains("init", "--census", "census", "--output", "mine.toml")
    assert (answer.code, answer.err) == (0, "")
    assert "industry          <- sic (int64)" in answer.out
    assert "then:\n  tradegains check mine.toml" in answer.out
    answer = tradegains("check", "mine.toml")
    assert answer.code == 0
    assert "choice(s) in mine.toml are still marked TODO" in answer.out
    answer = tradegains("init", "--census", "census", "--output", "mine.toml")
    assert answer.code == 2
    assert "the study file exists already in mine.toml" in answer.err


@pytest.mark.only("embedded")
@pytest.mark.usefixtures("suite_engine")
def test_a_study_with_open_choices_runs_as_a_draft_and_says_so(
    tradegains: Command, folder: Path
) -> None:
    study, output = folder / "study.toml", folder / "out"
    study.write_text(f"{study.read_text()}\n# TODO: which sigma?\n", encoding="utf-8")
    run = ("run", study, "--output", output, "--quiet")
    refused = tradegains(*run)
    assert refused.code == 2
    assert "choices are still marked TODO (1 case) in study small" in refused.err
    assert "--draft" in refused.err
    assert not output.exists()
    assert tradegains(*run, "--draft").code == 0
    assert ", draft" in " ".join(tradegains("show", "welfare", "--output", output).out.split())
    assert "census, draft" in tradegains("runs", "--output", output).out
    page = Path(tradegains("report", "--output", output).out.strip()).read_text(encoding="utf-8")
    assert page.count("<strong>Draft.</strong>") == 2
    assert "Draft. " in page
    tradegains("export", "welfare", "--output", output, "--to", folder / "files")
    codebook = (folder / "files" / "welfare_columns.csv").read_text(encoding="utf-8")
    assert ", draft" in codebook
    (stated,) = DeltaTable(str(output / "tables" / "runs")).to_pyarrow_table()["study_toml"]
    assert "draft = true" in str(stated)


def test_dry_run_prints_the_resolved_study_and_computes_nothing(
    tradegains: Command, folder: Path
) -> None:
    answer = tradegains("run", folder / "study.toml", "--output", folder / "out", "--dry-run")
    assert (answer.code, answer.err) == (0, "")
    assert "reactivation_years = 0\n" in answer.out
    assert not (folder / "out").exists()
    year_file(folder, 1990).unlink()
    answer = tradegains("run", folder / "study.toml", "--output", folder / "out", "--dry-run")
    assert (answer.code, answer.out) == (3, "")


# --- run: bad input -------------------------------------------------------------------------------


def truncate(folder: Path) -> None:
    path = year_file(folder, 1991)
    path.write_bytes(path.read_bytes()[:-20])


def empty_the_census(folder: Path) -> None:
    for year in (1990, 1991):
        year_file(folder, year).unlink()


BAD = {
    "misspelt key": (
        lambda folder: write_study(folder, ("sigma =", "sgma =")),
        2, "[welfare] sgma is not a known key", "study.toml, line ", "did you mean sigma?",
    ),
    "window year not in the census": (
        lambda folder: write_study(folder, ("end = 1991", "end = 1993")),
        3, "year 1993 of the study is not there", "census", "the census has 1990-1991",
    ),
    "census path missing": (
        lambda folder: write_study(folder, ('census = "census"', 'census = "cencus"')),
        3, "the census path does not exist", "cencus", "--input census=PATH",
    ),
    "census path empty": (
        empty_the_census,
        3, "the census has no files", "census", "point [inputs] census at its folder",
    ),
    "column absent in one year": (
        lambda folder: write_year(folder, 1991, jobs=None),
        3, "column 'jobs', which the study maps to employment, is missing", "year 1991", "",
    ),
    "text where a number is expected": (
        lambda folder: write_year(folder, 1991, jobs=["5", SECRET_ID, "4"]),
        3, "column 'jobs' (employment) is string where a number is expected", "year 1991",
        "convert the column",
    ),
    "zero-byte file": (
        lambda folder: year_file(folder, 1990).write_bytes(b""),
        3, "the file has zero bytes", "year=1990/part-0.parquet", "write it again",
    ),
    "truncated file": (
        truncate,
        3, "the Parquet file is truncated or its footer is damaged", "year=1991/part-0.parquet",
        "write the file again",
    ),
    "misspelt column in a condition": (
        lambda folder: write_study(
            folder,
            ("[trade]", '[[populations]]\nname="p"\ntitle="t"\nwhere="employmnt > 1"\n[trade]'),
        ),
        2, "no column is called employmnt", "[[populations]] p, where", "did you mean employment?",
    ),
    "repeated establishment": (
        lambda folder: write_year(folder, 1991, id=[SECRET_ID, SECRET_ID, "c"]),
        3, "duplicate", "1991", "quarantine",
    ),
    "negative sales": (
        lambda folder: write_year(folder, 1990, sales=[-SECRET_SALES, 8.0, 7.0]),
        3, "invalid_sales", "1990", "quarantine",
    ),
}  # fmt: skip


@pytest.mark.usefixtures("suite_engine")
@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_one_message(tradegains: Command, folder: Path, case: str) -> None:
    spoil, code, what, where, cure = BAD[case]
    spoil(folder)
    answer = tradegains("run", folder / "study.toml", "--output", folder / "out", "--quiet")
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.startswith("tradegains: ")
    assert what in answer.err
    assert where in answer.err
    assert cure in answer.err
    assert "cure: " in answer.err
    assert nothing_published(folder / "out")


@pytest.mark.usefixtures("suite_engine")
def test_rows_are_checked_on_request_as_a_run_judges_them(
    tradegains: Command, folder: Path
) -> None:
    write_year(folder, 1990, id=["a", "b", "b"], sales=[-1.0, 8.0, 7.0])
    write_year(folder, 1991, id=["a", "b", None])
    plain = tradegains("check", folder / "study.toml")
    assert (plain.code, plain.err) == (0, "")
    checked = tradegains("check", folder / "study.toml", "--rows")
    assert checked.code == 3
    assert "rows: 6 read, 2 valid\n" in checked.out
    for line in ("missing_id (stop): 1 in 1991", "duplicate (stop): 2 in 1990"):
        assert f"  {line}\n" in checked.out
    ran = tradegains("run", folder / "study.toml", "--output", folder / "out", "--quiet")
    assert ran.code == 3
    assert 'or set census.rules.invalid_sales to "keep", which leaves them in' in ran.err
    (place,) = set(re.findall(r"their ids and years are in (\S+) \(Parquet\)", ran.err))
    told = [re.findall("- (rows break .*)", err) for err in (checked.err, ran.err)]
    assert len(told[0]) == 3
    assert told[0] == told[1]
    keys = [
        (str(key["establishment_id"]), key["year"], [rule for rule in key if key[rule] is True])
        for key in pq.ParquetDataset(place).read().to_pylist()
    ]
    assert sorted(keys) == [
        ("None", 1991, ["missing_id"]),
        ("a", 1990, ["invalid_sales"]),
        ("b", 1990, ["duplicate"]),
        ("b", 1990, ["duplicate"]),
    ]
    assert Path(place).stat().st_mode & 0o077 == 0


def test_successors_that_meet_no_row_are_found_by_a_check(
    tradegains: Command, folder: Path
) -> None:
    (folder / "links.csv").write_text("old,new,year\nx,y,1991\n", encoding="utf-8")
    given = 'census = "census"'
    study = write_study(folder, (given, f'{given}\nsuccessors = "links.csv"'))
    checked = tradegains("check", study)
    assert checked.code == 3
    assert "no id that the links replace is in the years of the census" in checked.err


@pytest.mark.usefixtures("suite_engine")
def test_all_bad_files_are_named_at_once(tradegains: Command, folder: Path) -> None:
    year_file(folder, 1990).write_bytes(b"")
    truncate(folder)
    answer = tradegains("run", folder / "study.toml", "--output", folder / "out", "--quiet")
    assert answer.code == 3
    assert answer.err.startswith("tradegains: 2 problems\n")


@pytest.mark.usefixtures("suite_engine")
def test_industry_without_employment_is_no_error(tradegains: Command, folder: Path) -> None:
    for year in (1990, 1991):
        write_year(folder, year, jobs=[5.0, 0.0, 0.0])
    answer = tradegains("run", folder / "study.toml", "--output", folder / "out", "--quiet")
    assert (answer.code, answer.err) == (0, "")
    assert not nothing_published(folder / "out")


def test_output_that_cannot_be_written(tradegains: Command, folder: Path) -> None:
    (folder / "file").touch()
    answer = tradegains("run", folder / "study.toml", "--output", folder / "file" / "out")
    assert answer.code == 2
    assert answer.err.startswith("tradegains: the output folder cannot be made")
    assert "cure: choose another folder with --output" in answer.err


@pytest.mark.parametrize("command", ["demo", "synth"])
def test_demonstration_and_synthesis_look_at_their_output_first(
    tradegains: Command, folder: Path, command: str
) -> None:
    (folder / "file").touch()
    answer = tradegains(command, "--output", folder / "file")
    assert answer.code == 2
    assert "cure: choose another folder with --output" in answer.err


def test_spark_without_java(
    tradegains: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(folder))
    monkeypatch.setattr("tradegains.engines.java.find_spec", lambda _: None)
    answer = tradegains(
        "run", folder / "study.toml", "--output", folder / "out", "--engine", "spark"
    )
    assert answer.code == 1
    assert answer.err.startswith("tradegains: no Java was found, and Spark needs Java 17 or 21")
    assert "cure: install Java 17 or 21 and set JAVA_HOME" in answer.err
    assert nothing_published(folder / "out")


def test_spark_without_reachable_jars(
    tradegains: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradegains.engines.java.java_environment", dict)
    monkeypatch.setenv("TRADEGAINS_JARS", str(folder))
    output = (folder / "out").as_uri()  # behind a URI only Spark's own Delta writes
    answer = tradegains("run", folder / "study.toml", "--output", output, "--engine", "spark")
    assert answer.code == 1
    assert "no delta-spark and no delta-storage jar in" in answer.err
    assert "cure: put the jars of io.delta:" in answer.err
    assert nothing_published(folder / "out")


@pytest.mark.usefixtures("suite_engine")
def test_class_archive_is_found_and_removed(
    tradegains: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    answer = tradegains("class-archive", "--dry-run")
    assert answer.out.endswith(".jsa: not there\n")
    archive = Path(answer.out.partition(": ")[0])
    archive.parent.mkdir()
    archive.touch()
    assert tradegains("class-archive", "--remove").code == 0
    assert not archive.exists()


def test_second_run_on_a_busy_output(tradegains: Command, folder: Path) -> None:
    with hold_output(str(folder / "out")):
        answer = tradegains("run", folder / "study.toml", "--output", folder / "out", "--quiet")
    assert answer.code == 5
    assert "another run holds the output" in answer.err
    assert "cure: wait for it to end" in answer.err


# --- run: good input ------------------------------------------------------------------------------


@pytest.mark.usefixtures("suite_engine")
def test_run_publishes_once_and_says_what_is_absent(tradegains: Command, folder: Path) -> None:
    arguments = ("run", folder / "study.toml", "--output", folder / "out")
    first = tradegains(*arguments)
    assert first.code == 0
    assert " published " in first.out
    assert "absent (the report has every reason):\n  inputs not given: imports, " in first.out
    told = first.out.split("next:")[0]  # then comes the folder, however long its name
    assert max(map(len, told.splitlines())) <= 80
    assert "next: tradegains report --output" in first.out
    assert "match establishments" in first.err
    second = tradegains(*arguments)
    assert second.code == 0
    assert "nothing was published twice" in second.out
    assert "absent" not in second.out


@pytest.mark.only("embedded")
@pytest.mark.usefixtures("suite_engine")
def test_only_the_tables_that_are_named_are_published(tradegains: Command, folder: Path) -> None:
    arguments = ("run", folder / "study.toml", "--output", folder / "out", "--quiet", "--tables")
    first = tradegains(*arguments, "welfare,welfare_curves")
    assert first.code == 0
    assert " published 1 table, 1 row\n" in first.out
    assert "without them no welfare_curves, welfare_comparisons," in " ".join(first.out.split())
    second = tradegains(*arguments, "moments, dispersion")
    assert " published 2 tables" in second.out
    lost = "welfare_curves, welfare_comparisons, melitz_redding, entry_rates, dispersion"
    assert f"without them no {lost}" in " ".join(second.out.split())
    listed = tradegains("show", "--output", folder / "out").out.splitlines()
    assert [line.split()[0] for line in listed] == ["moments", "welfare"]
    again = tradegains(*arguments, "welfare,dispersion")
    assert "nothing was published twice" in again.out


@pytest.mark.parametrize("option", [(), ("--dry-run",)])
def test_tables_that_no_run_makes_are_refused_with_the_nearest(
    tradegains: Command, folder: Path, option: tuple[str, ...]
) -> None:
    tables = ("--tables", "wellfare,moments,runs", *option)
    answer = tradegains("run", folder / "study.toml", "--output", folder / "out", *tables)
    assert answer.code == 2
    assert "did you mean welfare?" in answer.err
    assert "'runs'" in answer.err
    assert not (folder / "out").exists()


@pytest.mark.only("embedded")
@pytest.mark.usefixtures("suite_engine")
def test_tables_of_which_the_study_can_have_none_are_refused(
    tradegains: Command, folder: Path
) -> None:
    tables = ("--tables", "dispersion,coverage")
    answer = tradegains("run", folder / "study.toml", "--output", folder / "out", *tables)
    assert answer.code == 2
    assert "the study has no [dispersion]" in answer.err
    assert "it needs the input control_totals" in answer.err


# What is read of published tables knows no engine.
@pytest.mark.only("embedded")
@pytest.mark.usefixtures("suite_engine")
def test_results_are_shown_reported_and_exported(
    tradegains: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEGAINS_OUTPUT", str(folder / "out"))
    published = tradegains("run", folder / "study.toml", "--output", folder / "out", "--quiet")
    run_id = published.out.split()[1]
    runs = tradegains("runs")
    assert runs.code == 0
    assert run_id in runs.out
    tables = tradegains("show")
    assert re.search(r"^welfare +\d+ rows?$", tables.out, re.MULTILINE)
    shown = tradegains(
        "show", "quality", "--run", run_id[:6], "--where", "rule=read", "--columns", "year,rows"
    )
    assert shown.code == 0
    assert f"quality, run {run_id}" in " ".join(shown.out.split())
    assert re.findall(r"^ *(1990|1991) +(\d+)$", shown.out, re.MULTILINE) == [
        ("1990", "3"),
        ("1991", "3"),
    ]
    assert "report.html" in tradegains("report", "--compare", folder / "out").out
    refused = tradegains("report", "--compare", folder / "nothing")
    assert (refused.code, "there are no published results" in refused.err) == (2, True)
    everything = tradegains("export", "--to", folder / "files")
    assert everything.code == 0
    assert (folder / "files" / "welfare.csv").is_file()
    one = tradegains("export", "quality", "--to", folder / "files", "--format", "stata")
    assert one.out == f"{folder / 'files' / 'quality.dta'}\n"
    for place, said in (
        ("study.toml", "no files can be written there"),
        ("out/tables", "among the tables and rows that runs keep there"),
        ("out/tables/more", "among the tables and rows that runs keep there"),
        ("out/work", "among the tables and rows that runs keep there"),
    ):
        refused = tradegains("export", "quality", "--to", folder / place)
        assert refused.code == 2
        assert said in refused.err
        assert "choose another folder with --to" in refused.err
    assert not list((folder / "out" / "tables").rglob("*.csv"))
    for reading in (("runs",), ("show", "quality")):
        code, modules = loaded_by(*reading)
        assert code == 0
        # Arrow itself loads pandas with its datasets, through which Delta tables are read.
        assert set(HEAVY) & set(modules) <= {"pandas"}
    wrong = tradegains("show", "welfar")
    assert wrong.code == 2
    assert "has no table 'welfar'" in wrong.err


# On Spark it takes a minute and a half; test_generative and test_jobs hold Spark to the numbers.
@pytest.mark.only("embedded")
@pytest.mark.usefixtures("suite_engine")
def test_demonstration_ends_with_table_1_and_what_to_try_next(
    tradegains: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine_name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = tradegains("demo", "--output", "here", "--establishments", "3000")
    assert answer.code == 0
    assert "Table 1" in answer.out
    assert "report: here/report/report.html" in answer.out
    assert "tradegains run here/cusfta.toml --output here" in answer.out
    if engine_name == "embedded":  # the engine that check tries conditions on, whatever runs them
        assert tradegains("check", "here/cusfta.toml").code == 0
    again = tradegains("run", "here/cusfta.toml", "--output", "here", "--quiet")
    assert "nothing was published twice" in again.out
    _every_listed_result_is_there(tmp_path / "here")


def _every_listed_result_is_there(output: Path) -> None:
    """docs/hloy.md lists what the demonstration publishes of the paper, and nothing else."""
    run = read_run(output, None)
    html = (output / "report" / "report.html").read_text(encoding="utf-8")
    listed = listed_results(HLOY_PAGE)
    assert list(problems_of(listed, run, html)) == []
    for table, column in (("welfare", "formula"), ("welfare_comparisons", "quantity")):
        published = set(run.tables[table][column].to_pylist())
        assert named_by(listed, table, column) == published
    figures = set(re.findall(r'id="(figure_(?:hloy_\d|welfare|industries))"', html))
    assert {key for each in listed for key in each.figures} == figures
    assert [each.needs for each in listed if not each.is_there]
    _every_result_of_melitz_and_trefler_is_there(run, html)


def _every_result_of_melitz_and_trefler_is_there(run: PublishedRun, html: str) -> None:
    """docs/melitz_trefler.md likewise: every model and effect, and every figure of the paper."""
    listed = listed_results(MELITZ_TREFLER_PAGE)
    assert list(problems_of(listed, run, html)) == []
    effects = set(run.tables["tariff_effects"]["result"].to_pylist())
    assert named_by(listed, "tariff_effects", "result") == effects
    models = set(run.tables["regressions"]["model"].to_pylist())
    assert named_by(listed, "regressions", "model") == models - {"exporter_premium_with_size"}
    figures = set(re.findall(r'id="(figure_(?:mt_\d|5\w+|exit))"', html))
    assert {key for each in listed for key in each.figures} == figures
    assert [each.needs for each in listed if not each.is_there]


def test_a_result_that_is_not_where_the_list_says_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    rows = (
        "a | `welfare.welfare_change where formula=acr` | x",
        "b | `#figure_z` |",
        "c | *T* | y",
    )
    page.write_text("\n".join([HEAD, "|---|---|---|", *(f"| {row} |" for row in rows)]))
    found = list(problems_of(listed_results(page), PublishedRun({}, {}), "<html>"))
    assert [line.split(":")[0] for line in found] == ["a", "b", "b", "c"]


def test_shipped_study_of_a_clone_and_of_an_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert demo.shipped_study("cusfta.toml") == STUDIES / "cusfta.toml"
    monkeypatch.setattr(demo, "_CLONE", tmp_path)
    monkeypatch.setattr(demo, "_TARGET", tmp_path)
    with pytest.raises(EngineError, match=r"the study cusfta.toml is not installed"):
        demo.shipped_study("cusfta.toml")
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "cusfta.toml").touch()
    record = PackagePath("..", "share", "cusfta.toml")
    record.dist = PathDistribution(tmp_path / "lib" / "tradegains.dist-info")
    monkeypatch.setattr(demo.metadata, "files", lambda _: [record])
    (tmp_path / "lib").mkdir()
    assert demo.shipped_study("cusfta.toml") == tmp_path / "share" / "cusfta.toml"


# --- light imports --------------------------------------------------------------------------------

HEAVY = ("pyspark.sql.connect", "pandas", "matplotlib", "grpc", "pysail", "jinja2")
PROBE = """
import json, sys
from tradegains.command.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as exit_:
    code = exit_.code
print("LOADED", json.dumps([code or 0, sorted(sys.modules)]))
"""


def loaded_by(*arguments: object) -> tuple[int, list[str]]:
    """Exit code and loaded modules of a command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *map(str, arguments)],
        capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "80"},
    )  # fmt: skip
    code, modules = json.loads(done.stdout.rpartition("LOADED ")[2])
    return code, modules


def test_help_and_a_misspelt_study_load_no_engine(folder: Path) -> None:
    write_study(folder, ("sigma =", "sgma ="))
    commands: list[tuple[tuple[object, ...], int]] = [
        (("--help",), 0),
        (("run", "--help"), 0),
        (("check", folder / "study.toml"), 2),
        (("run", folder / "study.toml", "--output", folder / "out"), 2),
    ]
    for arguments, expected in commands:
        code, modules = loaded_by(*arguments)
        assert code == expected
        assert not {*HEAVY, "pyspark", "pyarrow", "numpy"} & set(modules)


def test_check_of_a_good_study_without_conditions_loads_no_engine(folder: Path) -> None:
    code, modules = loaded_by("check", folder / "study.toml")
    assert code == 0
    assert not {*HEAVY, "pyspark"} & set(modules)
