"""Each format there and back: what another library wrote is what the census holds."""

import csv
import datetime
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
import rdata
from workshop import Workshop

from tradegains.convert.report import RECORD
from tradegains.errors import InputError, StudyError
from tradegains.store.census import list_census

DAY = datetime.date(1996, 1, 1)
DAYS_1960, SECONDS_1582 = 13149.0, 13039833600.0  # of that day, in SAS and Stata and in SPSS
IDS = [1001, 1002, 1003]


def plants(year: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "plant": IDS,
            "isic": ["0111", "1511", "0112"],
            "year": [year] * 3,
            "sales": [0.1, np.nan, 2.0**50 + 1],
            "jobs": [5, 6, 7],
        }
    )


def assert_are_plants(census: dict[int, pa.Table], *years: int) -> None:
    assert list(census) == list(years)
    for year, rows in census.items():
        wanted = plants(year)
        assert rows.schema.names == ["plant", "isic", "sales", "jobs"]
        assert rows.column("plant").to_pylist() == IDS
        assert rows.column("isic").to_pylist() == ["0111", "1511", "0112"]
        assert rows.column("sales").to_pylist() == [0.1, None, wanted.sales[2]]
        assert rows.column("jobs").to_pylist() == [5, 6, 7]
        assert rows.schema.types == [pa.int64(), pa.string(), pa.float64(), pa.int64()]


@pytest.mark.parametrize("version", [8, 10, 12, 13, 14, 15])
def test_stata_of_each_version(workshop: Workshop, version: int) -> None:
    for year in (1990, 1991):
        path = workshop.folder / f"plants_{year}.dta"
        pyreadstat.write_dta(plants(year), path, version=version)
    recipe = workshop.planned("plants_1990.dta", "plants_1991.dta")
    assert_are_plants(workshop.converted(recipe), 1990, 1991)


@pytest.mark.parametrize("version", [117, 118, 119])
def test_stata_as_pandas_writes_it(workshop: Workshop, version: int) -> None:
    path = workshop.folder / "plants.dta"
    plants(1990).to_stata(path, write_index=False, version=version)
    assert_are_plants(workshop.converted(workshop.planned("plants.dta")), 1990)


def test_long_texts_of_stata(workshop: Workshop) -> None:
    long = "x" * 3000
    rows = pd.DataFrame({"note": [long, ""], "year": [1990, 1990]})
    path = workshop.folder / "plants.dta"
    rows.to_stata(path, write_index=False, version=117, convert_strl=["note"])
    census = workshop.converted(workshop.planned("plants.dta"))
    assert census[1990].column("note").to_pylist() == [long, None]


@pytest.mark.parametrize("compress", [False, True])
def test_spss(workshop: Workshop, compress: bool) -> None:
    path = workshop.folder / "plants.sav"
    pyreadstat.write_sav(plants(1990), path, compress=compress)
    assert_are_plants(workshop.converted(workshop.planned("plants.sav")), 1990)


def test_sas_transport(workshop: Workshop) -> None:
    rows = plants(1990).assign(sales=[0.5, np.nan, 2.0**50])
    pyreadstat.write_xport(rows, workshop.folder / "plants.xpt", file_format_version=8)
    census = workshop.converted(workshop.planned("plants.xpt"))
    assert census[1990].column("sales").to_pylist() == [0.5, None, 2.0**50]
    assert census[1990].column("isic").to_pylist() == ["0111", "1511", "0112"]


def test_a_sas_file_goes_to_the_reader_of_sas(workshop: Workshop) -> None:
    (workshop.folder / "plants.sas7bdat").write_bytes(b"this is no SAS file" * 100)
    with pytest.raises(InputError, match="cannot be read"):
        workshop.planned("plants.sas7bdat")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_text_with_each_delimiter(workshop: Workshop, delimiter: str) -> None:
    plants(1990).to_csv(workshop.folder / "plants.csv", sep=delimiter, index=False)
    recipe = workshop.planned("plants.csv")
    told = delimiter.replace("\t", "\\t")
    assert f'delimiter = "{told}"' in recipe
    assert_are_plants(workshop.converted(recipe), 1990)


def test_decimal_commas_are_found(workshop: Workshop) -> None:
    plants(1990).to_csv(workshop.folder / "plants.csv", sep=";", decimal=",", index=False)
    recipe = workshop.planned("plants.csv")
    assert 'decimal = ","' in recipe
    assert_are_plants(workshop.converted(recipe), 1990)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_encodings_are_found_and_told(workshop: Workshop, encoding: str) -> None:
    rows = plants(1990).assign(año=["é", "ñ", "ü"])
    rows.to_csv(workshop.folder / "plants.csv", encoding=encoding, index=False)
    recipe = workshop.planned("plants.csv")
    assert f'encoding = "{encoding}"' in recipe
    census = workshop.converted(recipe)
    assert census[1990].column("año").to_pylist() == ["é", "ñ", "ü"]
    assert f"encoding {encoding}" in (workshop.folder / "census/_conversion/report.txt").read_text()


def test_workbooks_by_sheet(workshop: Workshop) -> None:
    book = openpyxl.Workbook()
    book.active.append(["nothing", "of", "this"])
    sheet = book.create_sheet("plants")
    rows = plants(1990).astype(object).where(lambda each: each.notna(), None)
    for row in [list(rows), *rows.to_numpy().tolist(), [None] * 5]:
        sheet.append(row)
    book.save(workshop.folder / "plants.xlsx")
    with pytest.raises(InputError, match="several sheets") as refused:
        workshop.planned("plants.xlsx")
    assert "plants" in str(refused.value)
    assert_are_plants(workshop.converted(workshop.planned("plants.xlsx", sheet="plants")), 1990)


TITLED = [
    ["Encuesta anual; miles, de pesos", None, None, None],
    [None, None, None, None],
    [None, "Ventas", "Empleo", None],
    ["planta", "ventas\n(miles)", "empleo", None],
    ["0012", "1,5", "7", None],
    ["0013", "20,25", "9", None],
]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_titles_stand_above_the_names(workshop: Workshop, suffix: str) -> None:
    """As offices hand tables out: titles, a name in two lines, and a column of nothing."""
    path = workshop.folder / f"plants_1990.{suffix}"
    if suffix == "xlsx":
        book = openpyxl.Workbook()
        for row in TITLED:
            book.active.append(row)
        book.save(path)
    else:
        rows = [[cell or "" for cell in row] for row in TITLED]
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=";").writerows(rows)
    recipe = workshop.planned(path.name)
    assert "\nheader_row = 4  # what stands above is left out\n" in recipe
    assert ("no name in the file, nothing in it" in recipe) == (suffix == "csv")
    table = workshop.converted(recipe)[1990]
    assert table.to_pydict() == {
        "planta": ["0012", "0013"],
        "ventas\n(miles)": [1.5, 20.25],
        "empleo": [7, 9],
    }


def test_values_right_of_the_named_columns_are_refused(workshop: Workshop) -> None:
    book = openpyxl.Workbook()
    for row in (["year", "jobs", None], [1990, 5, "see note"], [1990, 6, None]):
        book.active.append(row)
    book.save(workshop.folder / "p.xlsx")
    with pytest.raises(InputError, match=r"right of the last named column \(1 case\)"):
        workshop.planned("p.xlsx")


def test_row_names_of_r_are_proposed_to_be_left_out(workshop: Workshop) -> None:
    text = '"","year","column_1"\n"1",1990,7\n"2",1990,8\n'
    (workshop.folder / "p.csv").write_text(text, encoding="utf-8")
    recipe = workshop.planned("p.csv")
    left_out = 'name = "column_1_"\ntype = "left_out"  # no name in the file, 2 values'
    assert left_out in recipe
    assert workshop.converted(recipe)[1990].to_pydict() == {"column_1": [7, 8]}


def test_the_delimiter_is_that_of_most_lines(workshop: Workshop) -> None:
    lines = ["A title, with commas, and more", "year;jobs;sales", "1990;5;1,5", "1990;6;2,5"]
    (workshop.folder / "plants.txt").write_text("\n".join(lines), encoding="utf-8")
    table = workshop.converted(workshop.planned("plants.txt"))[1990]
    assert table.to_pydict() == {"jobs": [5, 6], "sales": [1.5, 2.5]}


def test_a_sheet_for_each_year(workshop: Workshop) -> None:
    """The year is in the sheet's name, whatever the workbook's has."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for year in (1990, 1991):
        sheet = book.create_sheet(f"plants {year}")
        for row in (["plant", "sales"], [year, 1.5], [7, 2.5]):
            sheet.append(row)
    book.save(workshop.folder / "made_in_2012.xlsx")
    census = workshop.converted(workshop.planned("made_in_2012.xlsx", sheet="*"))
    assert {year: rows["plant"].to_pylist() for year, rows in census.items()} == {
        1990: [1990, 7],
        1991: [1991, 7],
    }
    report = (workshop.folder / "census/_conversion/report.txt").read_text()
    assert "made_in_2012.xlsx, sheet plants 1991: xlsx, sheet plants 1991; 2 rows" in report


def test_a_formula_without_a_value_is_refused(workshop: Workshop) -> None:
    book = openpyxl.Workbook()
    for row in (["plant", "year", "sales"], [1, 1990, "=1+1"], [2, 1990, 5]):
        book.active.append(row)
    book.save(workshop.folder / "plants.xlsx")
    with pytest.raises(InputError, match=r"never computed \(1 case\)"):
        workshop.planned("plants.xlsx")


def test_parquet_in_folders_by_other_columns(workshop: Workshop) -> None:
    for region in ("07", "11"):
        folder = workshop.folder / "plants" / f"region={region}"
        folder.mkdir(parents=True)
        rows = pa.Table.from_pandas(plants(1990), preserve_index=False)
        jobs = rows.column("jobs").cast(pa.int8()).dictionary_encode()
        rows = rows.set_column(4, "jobs", jobs)
        pq.write_table(rows, folder / "a.parquet")
    census = workshop.converted(workshop.planned("plants"))
    assert census[1990].column("region").to_pylist() == ["07"] * 3 + ["11"] * 3
    assert census[1990].column("jobs").to_pylist() == [5, 6, 7] * 2
    assert census[1990].schema.field("jobs").type == pa.int64()


OF_R = Path(__file__).with_name("plants_of_r.rds")
"""Written by R itself, as `plants_of_r.R` says: no library of Python writes all of its classes."""


def test_a_frame_of_r(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole numbers of bit64 beyond 2^53, and dates that are kept as integers, among the others."""
    shutil.copy(OF_R, workshop.folder)
    for rows in (1, 200_000):
        monkeypatch.setattr("tradegains.convert.rdata.rows_at_once", lambda columns, n=rows: n)
        recipe = workshop.planned(OF_R.name)
        census = workshop.converted(recipe)
        day, other = datetime.date(1988, 1, 1), datetime.date(1950, 1, 1)
        noon = datetime.datetime(1988, 6, 1, 16), datetime.datetime(1988, 12, 1, 17)
        assert census[1990].to_pydict() == {
            "plant": [2**53 + 1, 2**53 + 3], "isic": ["0111", "1511"], "sales": [0.1, None],
            "exports": [True, None], "opened": [day, None], "closed": [day, None],
            "seen": [noon[0], None], "size": [1, 2], "town": ["Orléans", None],
        }  # fmt: skip
        assert census[1991].to_pylist() == [{
            "plant": None, "isic": "0111", "sales": 3.5, "exports": False, "opened": other,
            "closed": other, "seen": noon[1], "size": 1, "town": "York",
        }]  # fmt: skip
        labels = workshop.folder / "census" / RECORD / "labels.csv"
        assert "small" in labels.read_text(encoding="utf-8")
        shutil.rmtree(workshop.folder / "census")


def test_a_frame_is_chosen_where_there_is_none_or_no_such_one(workshop: Workshop) -> None:
    shutil.copy(OF_R.with_suffix(".RData"), workshop.folder)
    with pytest.raises(InputError, match="several data frames"):
        workshop.planned("plants_of_r.RData")
    recipe = workshop.planned("plants_of_r.RData", sheet="rows")
    with pytest.raises(InputError, match="one of: rows, other"):
        workshop.converted(recipe.replace('sheet = "rows"', 'sheet = "firms"'))


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ({"firms": 1, "workers": 2}, r"list of data frames, not one: firms, workers \(2 cases\)"),
        ([1, 2], r"not one: 1, 2 \(2 cases\)(.|\n)*\[\[1\]\]"),
    ],
)
def test_a_list_of_frames_of_r_names_them(
    workshop: Workshop, held: dict[str, int] | list[int], told: str
) -> None:
    frame = pd.DataFrame({"plant": [1, 2], "year": [1990, 1990]})
    frames = dict.fromkeys(held, frame) if isinstance(held, dict) else [frame for _ in held]
    rdata.write_rds(workshop.folder / "plants.rds", frames)
    with pytest.raises(InputError, match=told):
        workshop.planned("plants.rds")


def test_columns_of_r_that_are_no_columns_are_refused(workshop: Workshop) -> None:
    rows = pd.DataFrame({"plant": [1, 2], "year": [1990, 1990], "z": [1j, 2j]})
    rdata.write_rds(workshop.folder / "plants.rds", rows)
    with pytest.raises(InputError, match="column z holds values of several types"):
        workshop.planned("plants.rds")
    (workshop.folder / "plants.rds").write_bytes(b"no file of R")
    with pytest.raises(InputError, match=r"the file cannot be read .*\n.*write\.csv"):
        workshop.planned("plants.rds")


def test_spss_in_several_chunks_is_what_it_is_in_one(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pd.concat([plants(1990)] * 4, ignore_index=True).assign(plant=range(12))
    pyreadstat.write_sav(rows, workshop.folder / "plants.sav", compress=True)
    recipe = workshop.planned("plants.sav")
    monkeypatch.setattr("tradegains.convert.statistical.rows_at_once", lambda columns: 1)
    assert workshop.converted(recipe)[1990].column("plant").to_pylist() == list(range(12))


@pytest.fixture
def large(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> str:
    """The recipe of a file that is read in a process beside, and not in this one."""
    rows = pd.concat([plants(1990)] * 4, ignore_index=True).assign(plant=range(12))
    pyreadstat.write_dta(rows, workshop.folder / "plants.dta")
    recipe = workshop.planned("plants.dta")
    monkeypatch.setattr("tradegains.convert.beside.LARGE_BYTES", 0)
    monkeypatch.setattr("tradegains.convert.statistical._array", None)
    return recipe


def test_a_large_file_is_read_in_a_process_beside(workshop: Workshop, large: str) -> None:
    assert workshop.converted(large)[1990].column("plant").to_pylist() == list(range(12))


def test_what_is_wrong_with_a_large_file_is_told_as_of_a_small_one(
    workshop: Workshop, large: str
) -> None:
    path = workshop.folder / "plants.dta"
    path.write_bytes(path.read_bytes()[:-150])
    with pytest.raises(InputError, match=r"the file cannot be read \(ReadstatError\)"):
        workshop.converted(large)


def test_where_no_other_process_starts_this_one_reads(
    workshop: Workshop, large: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(TypeError, match="'NoneType' object is not callable"):  # see the fixture
        workshop.converted(large)


def test_a_process_beside_that_is_killed_leaves_no_half_census(
    workshop: Workshop, large: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has given some rows; those that it has not given must not be missed in silence."""
    dying = "import os; os.kill(os.getpid(), 9)"
    first = workshop.folder / "sitecustomize.py"
    first.write_text(
        "from multiprocessing import connection\n"
        "send = connection.Connection.send_bytes\n"
        f"def last(self, rows): send(self, rows); {dying}\n"
        "connection.Connection.send_bytes = last\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(workshop.folder))
    with pytest.raises(InputError, match="was ended by the system"):
        workshop.converted(large)
    assert not (workshop.folder / "census").exists()


@pytest.mark.parametrize("suffix", [".xls", ".por"])
def test_what_is_not_read_is_refused_with_the_way_out(workshop: Workshop, suffix: str) -> None:
    (workshop.folder / f"plants{suffix}").write_bytes(b"x")
    with pytest.raises(InputError, match="are not read") as refused:
        workshop.planned(f"plants{suffix}")
    words = {".xls": ".xlsx", ".por": ".sav"}
    assert words[suffix] in str(refused.value)


@pytest.mark.parametrize(
    ("suffix", "package", "asked"),
    [
        (".dta", "pyreadstat", {}),
        (".xlsx", "openpyxl", {"sheet": "plants"}),
        (".rds", "rdata", {"sheet": "plants"}),
    ],
)
def test_a_missing_package_is_named_with_its_pip_line(
    workshop: Workshop,
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
    package: str,
    asked: dict[str, str],
) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    (workshop.folder / f"plants{suffix}").write_bytes(b"x")
    with pytest.raises(StudyError, match=r"pip install 'tradegains\[(convert|r)\]'"):
        workshop.planned(f"plants{suffix}", **asked)


# --- dates ------------------------------------------------------------------------------------


Writer = Callable[..., None]


def write_dates(path: Path, formats: dict[str, str], value: float) -> None:
    rows = pd.DataFrame({name: [value] for name in formats}).assign(year=1996)
    writers: dict[str, Writer] = {
        ".dta": pyreadstat.write_dta, ".sav": pyreadstat.write_sav, ".xpt": pyreadstat.write_xport,
    }  # fmt: skip
    writers[path.suffix](rows, path, variable_format=formats)


@pytest.mark.parametrize(
    ("file", "value", "formats"),
    [
        ("a.dta", DAYS_1960, ["%td", "%tdD_m_Y", "%d"]),
        ("b.dta", 36 * 12.0, ["%tm", "%tmCCYY-NN"]),
        ("c.dta", 36 * 4.0, ["%tq"]),
        ("d.dta", 36 * 2.0, ["%th"]),
        ("e.dta", 36 * 52.0, ["%tw"]),
        ("f.sav", SECONDS_1582, ["DATE11", "ADATE10", "MOYR8", "QYR8", "WKYR10"]),
        ("g.xpt", DAYS_1960, ["DATE9", "YEAR", "MONYY", "YYMMDD10", "YYQ", "MMDDYY10"]),
    ],
)
def test_a_day_is_a_date_under_each_of_its_formats(
    workshop: Workshop, file: str, value: float, formats: list[str]
) -> None:
    named = {f"d{number}": each for number, each in enumerate(formats)}
    write_dates(workshop.folder / file, named, value)
    rows = workshop.converted(workshop.planned(file))[1996]
    assert {name: rows.column(name).to_pylist() for name in named} == {
        name: [DAY] for name in named
    }


@pytest.mark.parametrize(
    ("file", "value", "shown"),
    [
        ("a.dta", (DAYS_1960 * 86400 + 1.5) * 1000, "%tc"),
        ("b.sav", SECONDS_1582 + 1.5, "DATETIME20"),
        ("c.xpt", DAYS_1960 * 86400 + 1.5, "DATETIME20"),
    ],
)
def test_times_are_kept_to_parts_of_a_second(
    workshop: Workshop, file: str, value: float, shown: str
) -> None:
    write_dates(workshop.folder / file, {"at": shown}, value)
    rows = workshop.converted(workshop.planned(file))[1996]
    assert rows.column("at").to_pylist() == [datetime.datetime(1996, 1, 1, 0, 0, 1, 500_000)]


@pytest.mark.parametrize(
    ("file", "value", "shown"),
    [
        ("a.dta", 1996.0, "%ty"),
        ("b.dta", DAYS_1960, "%td"),
        ("c.xpt", DAYS_1960, "YEAR4"),
        ("d.sav", SECONDS_1582, "MOYR8"),
    ],
)
def test_the_year_may_be_that_of_a_date(
    workshop: Workshop, file: str, value: float, shown: str
) -> None:
    path = workshop.folder / file
    rows = pd.DataFrame({"plant": [1, 2], "year": [value, value]})
    write = {".dta": pyreadstat.write_dta, ".sav": pyreadstat.write_sav,
             ".xpt": pyreadstat.write_xport}[path.suffix]  # fmt: skip
    write(rows, path, variable_format={"year": shown})
    assert list(workshop.converted(workshop.planned(file))) == [1996]


# --- missing values and labels ----------------------------------------------------------------


def test_stata_missings_are_missing_and_may_be_told_apart(workshop: Workshop) -> None:
    """A plain missing beside extended ones is never 0, with or without `apart`."""
    rows = pd.DataFrame(
        {
            "jobs": pd.Series([12, "a", "z", None, 0], dtype=object),
            "sales": pd.Series([1.5, "b", None, 2.5, 0.0], dtype=object),
            "year": [1990] * 5,
        }
    )
    marked = {"jobs": ["a", "z"], "sales": ["b"]}
    pyreadstat.write_dta(rows, workshop.folder / "plants.dta", missing_user_values=marked)
    recipe = workshop.planned("plants.dta")
    assert "2 declared missings" in recipe
    for number, text in enumerate([recipe, recipe.replace("# apart", "apart")]):
        kept = workshop.converted(text)[1990]
        assert kept.column("jobs").to_pylist() == [12, None, None, None, 0]
        assert kept.column("sales").to_pylist() == [1.5, None, None, 2.5, 0.0]
        if number == 0:
            (workshop.folder / "census").rename(workshop.folder / "first")
    assert kept.column("jobs__missing").to_pylist() == [None, "a", "z", None, None]
    assert kept.column("sales__missing").to_pylist() == [None, "b", None, None, None]


def test_a_missing_that_is_read_back_as_0_is_no_declared_one(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So pyreadstat's frames have a plain missing where declared ones are asked for."""
    jobs = pd.Series([12, "a", None], dtype=object)
    rows = pd.DataFrame({"jobs": jobs, "year": [1990] * 3})
    path = workshop.folder / "plants.dta"
    pyreadstat.write_dta(rows, path, missing_user_values={"jobs": ["a"]})
    read = pyreadstat.read_dta

    def as_in_frames(*given, user_missing=False, **options):
        values, found = read(*given, user_missing=user_missing, **options)
        if user_missing and not options.get("metadataonly"):
            values["jobs"] = [0 if value is None else value for value in values["jobs"]]
        return values, found

    monkeypatch.setattr(pyreadstat, "read_dta", as_in_frames)
    kept = workshop.converted(workshop.planned("plants.dta").replace("# apart", "apart"))[1990]
    assert kept.to_pydict() == {"jobs": [12, None, None], "jobs__missing": [None, "a", None]}


def test_missing_ranges_of_spss_are_missing_and_may_be_told_apart(workshop: Workshop) -> None:
    rows = pd.DataFrame({"jobs": [3.0, -9.0, 0.0, np.nan], "year": [1990] * 4})
    ranges = {"jobs": [-9, 0]}
    pyreadstat.write_sav(rows, workshop.folder / "plants.sav", missing_ranges=ranges)
    recipe = workshop.planned("plants.sav").replace("# apart", "apart")
    kept = workshop.converted(recipe)[1990]
    assert kept.column("jobs").to_pylist() == [3, None, None, None]
    assert kept.column("jobs__missing").to_pylist() == [None, "-9", "0", None]


def test_codes_stay_and_labels_are_beside(workshop: Workshop) -> None:
    for year, label in ((1990, "meat"), (1991, "meat and fish")):
        rows = pd.DataFrame({"isic": [3111, 9999], "year": [year] * 2})
        labels = {"isic": {3111: label}}
        path = workshop.folder / f"plants_{year}.dta"
        pyreadstat.write_dta(rows, path, variable_value_labels=labels)
    recipe = workshop.planned("plants_1990.dta", "plants_1991.dta")
    census = workshop.converted(recipe)
    assert census[1990].column("isic").to_pylist() == [3111, 9999]
    beside = pd.read_csv(workshop.folder / "census/_conversion/labels.csv", dtype=str)
    assert beside.values.tolist() == [
        ["isic", "3111", "meat", "plants_1990.dta"],
        ["isic", "3111", "meat and fish", "plants_1991.dta"],
    ]
    told = (workshop.folder / "census/_conversion/report.txt").read_text()
    assert "1 values of isic have several labels" in told


def test_codes_that_labels_call_no_answer_are_missing(workshop: Workshop) -> None:
    plants = pd.DataFrame({"year": [1990.0] * 3, "jobs": [5.0, -77.0, 88888.0]})
    labels = {"jobs": {-77.0: "No contesta", 88888.0: "Don't know", 1.0: "owner alone"}}
    pyreadstat.write_sav(plants, workshop.folder / "p.sav", variable_value_labels=labels)
    recipe = workshop.planned("p.sav")
    assert "\nmissing = [-77, 88888]  # by their labels no answer\n" in recipe
    assert workshop.converted(recipe)[1990].column("jobs").to_pylist() == [5, None, None]


def test_codes_with_points_stay_texts(workshop: Workshop) -> None:
    """As numbers 10.20 and 10.2 would be one; a name tells in CSV, the type of the file in SPSS."""
    rows = pd.DataFrame({"v7": ["10.20", "10.2"], "cnae": ["10.20", "10.2"], "year": [1990] * 2})
    pyreadstat.write_sav(rows, workshop.folder / "plants.sav")
    rows.assign(v7=[1.50, 2.25]).to_csv(workshop.folder / "plants.csv", index=False)
    recipe = workshop.planned("plants.csv")
    assert 'name = "v7"\ntype = "number"' in recipe
    assert workshop.converted(recipe)[1990].column("cnae").to_pylist() == ["10.20", "10.2"]
    shutil.rmtree(workshop.folder / "census")
    kept = workshop.converted(workshop.planned("plants.sav"))[1990]
    assert '# without = "."' in (workshop.folder / "recipe.toml").read_text()
    assert kept.column("v7").to_pylist() == kept.column("cnae").to_pylist() == ["10.20", "10.2"]


def test_a_label_goes_with_its_column(workshop: Workshop) -> None:
    labels = {"jobs": "Persons engaged"}
    path = workshop.folder / "plants.dta"
    pyreadstat.write_dta(plants(1990), path, column_labels=labels)
    workshop.converted(workshop.planned("plants.dta"))
    schema = pq.read_schema(workshop.folder / "census/year=1990/part-0.parquet")
    assert schema.field("jobs").metadata[b"comment"] == b"Persons engaged"
    assert b"comment" not in (schema.field("sales").metadata or {})


# --- numbers that lost digits -----------------------------------------------------------------


def test_ids_beyond_what_a_32_bit_float_holds_are_refused(workshop: Workshop) -> None:
    rows = pd.DataFrame({"plant_id": np.array([2**24, 2**25], "float32"), "year": [1990, 1990]})
    rows.to_stata(workshop.folder / "plants.dta", write_index=False)
    recipe = workshop.planned("plants.dta")
    assert "32-bit floats may have rounded them" in recipe
    with pytest.raises(InputError, match=r"beyond 2\^24 held as 32-bit floats.*\(1 case\)"):
        workshop.converted(recipe)


def test_ids_beyond_what_a_double_holds_are_refused(workshop: Workshop) -> None:
    rows = pd.DataFrame({"plant_id": [2.0**53, 2.0**53 + 2], "year": [1990, 1990]})
    pyreadstat.write_dta(rows, workshop.folder / "plants.dta")
    for type_ in ("whole", "text"):
        recipe = workshop.planned("plants.dta").replace('"whole"', f'"{type_}"', 1)
        with pytest.raises(
            InputError, match=r"beyond 2\^53 held as doubles.*\(1 case\)"
        ) as refused:
            workshop.converted(recipe)
        assert "row 2" in str(refused.value)
        assert "9007199254740994" not in str(refused.value)


def test_whole_numbers_of_r_saved_as_doubles_are_refused(workshop: Workshop) -> None:
    """As haven writes 5,000 of class integer64: the double of those bits."""
    sales = np.array([5000, 0], "int64").view("float64")
    rows = pd.DataFrame({"plant_id": [1.0, 2.0], "year": [1990, 1990], "sales": sales})
    pyreadstat.write_dta(rows, workshop.folder / "plants.dta")
    recipe = workshop.planned("plants.dta")
    assert 'type = "number"' in recipe
    with pytest.raises(InputError, match=r"R's 64-bit whole numbers.*\(1 case\)"):
        workshop.converted(recipe)


def test_a_census_is_one_that_a_study_reads(workshop: Workshop) -> None:
    """The record beside the census is no part of it."""
    for year in (1990, 1991):
        pyreadstat.write_dta(plants(year), workshop.folder / f"plants_{year}.dta")
    workshop.converted(workshop.planned("plants_1990.dta", "plants_1991.dta"))
    columns = {"year": "year", "establishment_id": "plant", "industry": "isic", "sales": "sales"}
    census = list_census(str(workshop.folder / "census"), columns, (1990, 1991))
    assert [(file.year, file.rows) for file in census.files] == [(1990, 3), (1991, 3)]
