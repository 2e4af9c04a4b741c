"""`check_study`: everything wrong at once, each with its exit code; no engine if none is needed."""

import os
import urllib.error
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from small_study import SECRET_ID, write_small_study, write_study
from tradegains.command import check
from tradegains.command.check import Checked, check_study
from tradegains.errors import EngineError, InputError, StudyError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study beside its census."""
    write_small_study(tmp_path)
    return tmp_path


def checked(folder: Path, *changes: tuple[str, str], **choices: str) -> Checked:
    return check_study(write_study(folder, *changes), **choices)


def with_conditions(*conditions: str) -> tuple[str, str]:
    entries = [
        f'[[populations]]\nname = "p{number}"\ntitle = "t"\nwhere = """{condition}"""\n'
        for number, condition in enumerate(conditions)
    ]
    return "[trade]\n", "".join(entries) + "[trade]\n"


def texts(result: Checked) -> list[tuple[str, str, str]]:
    return [(problem.what, problem.where, problem.cure) for problem in result.problems]


def test_good_study_has_no_problem_and_tells_its_files(folder: Path) -> None:
    result = checked(folder, output=str(folder / "new" / "output"))
    assert result.errors == ()
    assert result.exit_code == 0
    assert result.study is not None
    assert result.census is not None
    assert result.census.rows_by_year == {1990: 3, 1991: 3}
    assert not (folder / "new").exists()


def test_study_inputs_and_output_are_all_named_at_once(folder: Path) -> None:
    (folder / "census/year=1991/part-0.parquet").write_bytes(b"")
    (folder / "file").touch()
    result = checked(folder, output=str(folder / "file" / "output"))
    assert [type(error) for error in result.errors] == [StudyError, InputError]
    assert result.exit_code == 2
    assert texts(result) == [
        ("the output folder cannot be made: a file stands in its place", str(folder / "file"),
         "choose another folder with --output"),
        ("the file has zero bytes", "year=1991/part-0.parquet", "write it again or remove it"),
    ]  # fmt: skip


@pytest.mark.parametrize("within", ["census", "census/results", "link/results"])
def test_output_within_the_census_is_refused(folder: Path, within: str) -> None:
    (folder / "link").symlink_to(folder / "census")
    result = checked(folder, output=str(folder / within))
    assert texts(result) == [
        ("the output would lie within the census", str(folder / within),
         "choose a folder beside the census with --output"),
    ]  # fmt: skip
    assert checked(folder, output=str(folder)).errors == ()


def test_broken_study_still_checks_output_and_environment(folder: Path) -> None:
    (folder / "file").touch()
    result = checked(folder, ("sigma", "sgma"), output=str(folder / "file"))
    assert [problem.what for problem in result.problems] == [
        "[welfare] sgma is not a known key",
        "the output folder cannot be made: a file stands in its place",
    ]
    assert result.study is None


def test_census_problems_end_with_3(folder: Path) -> None:
    result = checked(folder, ('sales = "sales"', 'sales = "sale"'))
    assert result.exit_code == 3
    [(what, _, cure)] = texts(result)
    assert what == "column 'sale', which the study maps to sales, is missing"
    assert cure == "did you mean 'sales'?"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_output_without_permission(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o500)
    [(what, where, cure)] = texts(checked(folder, output=str(folder / "closed" / "output")))
    assert (what, where) == ("the output folder cannot be written to", str(folder / "closed"))
    assert "--output" in cure


def test_output_without_permission_as_the_system_tells_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check.os, "access", lambda *_: False)
    [(what, where, _)] = texts(checked(folder, output=str(folder / "output")))
    assert (what, where) == ("the output folder cannot be written to", str(folder))


# --- optional tables ------------------------------------------------------------------------------

IMPORTS = (
    ("[census]\n", 'imports = "imports.csv"\n[census]\n'),
    ("imports = []", 'imports = ["table"]'),
)


def test_optional_tables_are_read_and_refused_as_a_run_would(folder: Path) -> None:
    path = str(folder / "imports.csv")
    result = checked(folder, *IMPORTS)
    assert result.exit_code == 3
    [(what, where, cure)] = texts(result)
    assert (what, where) == ("the imports file does not exist", path)
    assert cure.startswith("correct imports under [inputs]")

    Path(path).write_text("industry,year,val\n0111,1990,3\n")
    [(what, _, cure)] = texts(checked(folder, *IMPORTS))
    assert what == "column 'value' is missing"
    assert "did you mean 'val'?" in cure

    Path(path).write_text("industry,year,value\n0111,1990,3\n")
    assert checked(folder, *IMPORTS).errors == ()


def test_price_index_by_industry_needs_the_industry(folder: Path) -> None:
    pq.write_table(pa.table({"year": [1990, 1991], "index": [1.0, 1.0]}), folder / "prices.parquet")
    given = ("[census]\n", 'prices = "prices.parquet"\n[census]\n')
    assert checked(folder, given, ('prices = "none"', 'prices = "economy"')).errors == ()
    [(what, _, _)] = texts(checked(folder, given, ('prices = "none"', 'prices = "industry"')))
    assert what == 'prices = "industry" but the table prices has no column industry'


def test_one_price_index_is_of_no_industry(folder: Path) -> None:
    # KLEMS has a row per industry, and one for the total: neither is the index of everybody.
    codes, years = ["01", "32", "01", "32"], [1990, 1990, 1991, 1991]
    rows = pa.table({"industry": codes, "year": years, "index": [1.0, 3.0, 1.0, 3.0]})
    pq.write_table(rows, folder / "prices.parquet")
    given = ("[census]\n", 'prices = "prices.parquet"\n[census]\n')
    [(what, _, cure)] = texts(checked(folder, given, ('prices = "none"', 'prices = "economy"')))
    assert what == 'prices = "economy" but the table prices has a column industry'
    assert cure.endswith('or choose prices = "industry"')
    for prices in ("none", "industry"):
        assert checked(folder, given, ('"none"', f'"{prices}"')).errors == ()


def test_small_tables_are_judged_as_a_run_judges_them(folder: Path) -> None:
    (folder / "imports.csv").write_text("industry,year,value\n01,1990,3\n0111,1991,3\n")
    (folder / "codes.csv").write_text("old,new,weight\n0111,22,1\n")
    (folder / "links.csv").write_text(f"old,new,year\n{SECRET_ID},b,1990\nb,{SECRET_ID},1991\n")
    given = '[inputs]\nconcordance = "codes.csv"\nsuccessors = "links.csv"\n'
    result = checked(folder, *IMPORTS, ("[inputs]\n", given), output=str(folder / "output"))
    assert result.exit_code == 3
    assert [(what, where) for what, where, _ in texts(result)] == [
        ("industry codes of 2 and 4 characters", "input imports"),
        ("new codes are not codes of the census", "input concordance"),
        ("2 ids succeed one another in a cycle", "input successors"),
    ]
    assert SECRET_ID not in str(texts(result))
    assert not (folder / "output").exists()


# --- environment ----------------------------------------------------------------------------------


def test_old_python_and_missing_package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = check.find_spec
    monkeypatch.setattr(check, "OLDEST_PYTHON", (9, 1))
    monkeypatch.setattr(check, "find_spec", lambda name: None if name == "pysail" else found(name))
    result = checked(folder)
    assert [type(error) for error in result.errors] == [EngineError]
    assert result.exit_code == 1
    [(old, _, newer), (missing, _, install)] = texts(result)
    assert old.endswith("is too old")
    assert newer == "make an environment with Python 9.1 or newer"
    assert missing == "the package pysail is missing"
    assert install == "run `pip install tradegains` in this environment, or use --engine spark"


def test_spark_without_java(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(folder))
    monkeypatch.setattr("tradegains.engines.java.find_spec", lambda name: None)
    result = checked(folder, engine="spark")
    assert result.exit_code == 1
    [(what, _, cure)] = texts(result)
    assert what == "no Java was found, and Spark needs Java 17 or 21"
    assert cure.startswith("install Java 17 or 21 and set JAVA_HOME")
    assert checked(folder, engine="embedded").errors == ()


@pytest.fixture
def java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradegains.engines.java.java_environment", dict)


@pytest.mark.usefixtures("java")
def test_spark_with_a_folder_without_jars(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEGAINS_JARS", str(folder))
    (folder / "delta-storage-4.4.0.jar").touch()
    [(what, where, cure)] = texts(checked(folder, engine="spark"))
    assert (what, where) == ("no delta-spark jar", str(folder))
    assert cure.startswith("put the jars of io.delta:delta-spark")
    assert cure.endswith(" there, or correct --jars-dir or TRADEGAINS_JARS")
    (folder / "delta-spark_4.2_2.13-4.4.0.jar").touch()
    assert checked(folder, engine="spark").errors == ()
    monkeypatch.setenv("TRADEGAINS_JARS", "none")
    assert checked(folder, engine="spark").errors == ()
    [(_, where, _)] = texts(checked(folder, engine="spark", jars=str(folder / "census")))
    assert where == str(folder / "census")


def no_route(*_: object, **__: object) -> Iterable[object]:
    raise urllib.error.URLError("no route")


@pytest.mark.usefixtures("java")
def test_spark_without_jars_and_without_a_network(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRADEGAINS_JARS", raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setattr(check.urllib.request, "urlopen", no_route)
    [(what, where, cure)] = texts(checked(folder, engine="spark"))
    assert what == "Delta's jars are neither on this machine nor can they be fetched"
    assert where.startswith("io.delta:delta-spark")
    assert "a folder with the jars by --jars-dir or TRADEGAINS_JARS" in cure
    cache = folder / ".ivy2.5.2" / "jars"
    cache.mkdir(parents=True)
    (cache / "io.delta_delta-spark_4.2_2.13-4.4.0.jar").touch()
    assert checked(folder, engine="spark").errors == ()


# --- conditions -----------------------------------------------------------------------------------

CONDITIONS = {
    "jobs_ >= 5": ("no column is called jobs_", "establishment_id, year, industry, "),
    "employmnt >= 5": ("no column is called employmnt", "did you mean employment? "),
    "owner_ = 'x'": ("no column is called owner_", "did you mean owner? "),
    "exports > 0": ("no column is called exports", "list others under extra_columns"),
    "employment + 1": ("the condition is a number, neither true nor false", "employment >= 200"),
    "owner": ("the condition is text, neither true nor false", "employment >= 200"),
    "avg(sales) > 3": ("the condition looks at other rows", "columns of one row only"),
    "sales > (select 1)": ("the condition looks at other rows", "columns of one row only"),
    "rank() over (order by sales) = 1": ("the condition looks at other rows", "one row only"),
    "sales > 1 and RAND() > 0.5": ("RAND() gives another answer at every run", "of the census"),
    "nosuch(sales) > 1": ("a condition has no function nosuch", "functions are abs, ln"),
    "sales >": ("the condition ends too early", "employment >= 200"),
}  # fmt: skip


def test_every_condition_is_judged_by_name_without_an_engine(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradegains.engines.start.start_engine", None)
    good = [
        "employment >= 5",
        "owner = 'select' and industry_group in ('32')",
        "domestic_sales > 1",
        "industry = '0111'",
        "year = 1990",
    ]
    result = checked(folder, with_conditions(*good))
    assert result.errors == ()
    result = checked(folder, with_conditions(*CONDITIONS))
    assert result.exit_code == 2
    assert len(result.problems) == len(CONDITIONS)
    for number, (what, cure) in enumerate(CONDITIONS.values()):
        problem = result.problems[number]
        assert problem.what.startswith(what)
        assert problem.where == f"[[populations]] p{number}, where"
        assert cure in problem.cure


def test_conditions_are_judged_beside_everything_else(folder: Path) -> None:
    (folder / "file").touch()
    result = checked(folder, with_conditions("nosuch > 1"), output=str(folder / "file"))
    assert len(result.problems) == 2
