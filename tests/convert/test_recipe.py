"""Each choice of a recipe does what it says, on rows small enough to work out by hand."""

import math
import shutil
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from workshop import Workshop, read

from tradegains.convert.recipe import read_recipe
from tradegains.convert.report import RECORD
from tradegains.errors import InputError, StudyError, TradegainsError

YEAR = 'name = "year"\ntype = "whole"'
RecipeOf = Callable[..., str]


def refused(workshop: Workshop, recipe: str) -> str:
    """The refusal of a recipe, after which nothing is there but what was before."""
    before = sorted(workshop.folder.iterdir())
    with pytest.raises(TradegainsError) as error:
        workshop.converted(recipe)
    assert sorted(workshop.folder.iterdir()) == sorted({*before, workshop.folder / "recipe.toml"})
    return str(error.value)


def csv(workshop: Workshop, *lines: str, name: str = "plants.csv") -> None:
    (workshop.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


# --- keys -------------------------------------------------------------------------------------


def test_a_misspelt_key_is_named_with_its_line_and_the_right_one(
    workshop: Workshop, recipe_of: RecipeOf
) -> None:
    csv(workshop, "year,jobs", "1990,1")
    said = refused(workshop, recipe_of(YEAR, 'name = "jobs"\ntype = "whole"\nmising = [-9]'))
    assert "mising is not a known key" in said
    assert "did you mean missing?" in said
    assert "line 13" in said


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('type = "integer"', 'type = "integer" is not valid'),
        ('type = "whole"\ndigits = 4', 'digits needs type = "text"'),
        ('type = "text"\nscale = 1000.0', 'scale needs type = "number"'),
        ('type = "whole"\nlog = "natural"', 'log needs type = "number"'),
        ('type = "whole"\nyears = "jobs"', "is not valid"),
        ('type = "whole"\nas = "Year"', "differ in case only"),
    ],
)
def test_choices_that_do_not_go_together(
    workshop: Workshop, recipe_of: RecipeOf, lines: str, said: str
) -> None:
    csv(workshop, "year,jobs", "1990,1")
    assert said in refused(workshop, recipe_of(YEAR, f'name = "jobs"\n{lines}'))


@pytest.mark.parametrize("year", ["", 'column = "year"\nvalue = 1990', 'column = "TODO"'])
def test_the_year_is_stated_once(workshop: Workshop, recipe_of: RecipeOf, year: str) -> None:
    csv(workshop, "year,jobs", "1990,1")
    said = refused(workshop, recipe_of(YEAR, 'name = "jobs"\ntype = "whole"', year=year))
    assert "the year is stated" in said or "not settled" in said


def test_columns_are_named_on_both_sides(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year,jobs,hours", "1990,1,2")
    said = refused(workshop, recipe_of(YEAR, 'name = "Jobs"\ntype = "whole"'))
    assert "does not name these columns: jobs, hours (2 cases)" in said
    assert "no file has these columns of the recipe: Jobs" in said


def test_a_census_is_never_replaced(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year,jobs", "1990,1")
    recipe = recipe_of(YEAR, 'name = "jobs"\ntype = "whole"')
    workshop.converted(recipe)
    with pytest.raises(StudyError, match="something at this place already"):
        workshop.converted(recipe)


# --- values -----------------------------------------------------------------------------------


def test_missing_codes_become_missing_and_are_counted(
    workshop: Workshop, recipe_of: RecipeOf
) -> None:
    csv(workshop, "year,jobs,kind", "1990,-9,-", "1990,4, - ", "1990,99,a")
    recipe = recipe_of(
        YEAR,
        'name = "jobs"\ntype = "whole"\nmissing = [-9, 99]',
        'name = "kind"\ntype = "text"\nmissing = ["-"]',
    )
    report = workshop.report(recipe)
    rows = read_year(workshop, 1990)
    assert rows.to_pydict() == {"jobs": [None, 4, None], "kind": [None, None, "a"]}
    assert report.count("missing code 2") == 2


def test_absent_codes_take_the_row_out_of_that_year(
    workshop: Workshop, recipe_of: RecipeOf
) -> None:
    csv(workshop, "year,plant,jobs,open", "1990,1,5,1", "1990,2,-7,1", "1991,3,6,", "1991,4,7,1")
    recipe = recipe_of(
        YEAR,
        'name = "plant"\ntype = "whole"',
        'name = "jobs"\ntype = "whole"\nabsent = [-7]',
        'name = "open"\ntype = "whole"\nabsent = [""]',
    )
    report = workshop.report(recipe)
    assert read_year(workshop, 1990).column("plant").to_pylist() == [1]
    assert read_year(workshop, 1991).column("plant").to_pylist() == [4]
    assert "2 left out as absent that year" in report
    years = (workshop.folder / "census/_conversion/years.csv").read_text().splitlines()
    assert years[1:] == ["1990,1,1,", "1991,1,1,"]


def test_logs_become_levels_and_thousands_units(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year,a,b,c,d", "1990,0,2,1.5,2", "1990,1,0,,3")
    recipe = recipe_of(
        YEAR,
        'name = "a"\ntype = "number"\nlog = "natural"',
        'name = "b"\ntype = "number"\nlog = "10"',
        'name = "c"\ntype = "number"\nscale = 1000.0',
        'name = "d"\ntype = "number"\nlog = "10"\nscale = 1000.0',
    )
    report = workshop.report(recipe)
    assert read_year(workshop, 1990).to_pydict() == {
        "a": [1.0, math.e],
        "b": [100.0, 1.0],
        "c": [1500.0, None],
        "d": [100_000.0, 1_000_000.0],
    }
    assert "scaled 1" in report
    assert "out of logs 2; scaled 2" in report


def test_shares_become_amounts(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year,sales,exports", "1990,200,12.5", "1990,8,", "1990,,50", "1990,5,0")
    sales = 'name = "sales"\ntype = "number"'
    exports = 'name = "exports"\ntype = "number"\nscale = 0.01\nshare_of = "sales"'
    table = workshop.converted(recipe_of(YEAR, exports, sales))[1990]
    assert table.column("exports").to_pylist() == [25.0, None, None, 0.0]
    found = (workshop.folder / "census" / RECORD / "columns.csv").read_text()
    assert "exports,text,double,2,2,4,scaled 2; made of shares 2" in found
    shutil.rmtree(workshop.folder / "census")
    said = refused(workshop, recipe_of(YEAR, exports.replace("scale = 0.01\n", ""), sales))
    assert "are no shares from 0 to 1 (2 cases)" in said
    said = refused(workshop, recipe_of(YEAR, exports.replace('"sales"', '"Sales"'), sales))
    assert "share_of names what is no amount: Sales" in said


def test_wide_files_may_have_years_of_two_digits(workshop: Workshop) -> None:
    csv(workshop, "plant,sales98,sales99,sales00,jobs98,jobs99,jobs00", "7,1.5,2.5,3.5,1,2,")
    recipe = workshop.planned("plants.csv")
    assert "years = 'sales(\\d{2})'" in recipe
    found = {year: table.to_pylist() for year, table in workshop.converted(recipe).items()}
    assert found == {
        1998: [{"plant": 7, "sales": 1.5, "jobs": 1}],
        1999: [{"plant": 7, "sales": 2.5, "jobs": 2}],
        2000: [{"plant": 7, "sales": 3.5, "jobs": None}],
    }
    for questions in ("plant,q11,q13,x11,x13", "plant,q11,q12,x14"):  # no years
        csv(workshop, questions, "1,2,3,4,5"[: 2 * questions.count(",") + 1])
        assert "years =" not in workshop.planned("plants.csv")


def test_codes_below_0_are_suspected_in_texts_too(workshop: Workshop) -> None:
    csv(workshop, "year,jobs,va,sales", "1990,5,-1.5,99999", "1990,-77,-9,99999", "1990,-9,3,99999")
    suspected = [line for line in workshop.planned("plants.csv").splitlines() if "missing" in line]
    assert suspected == [
        "# missing = [-77]  # 1 values, and no other is below 0",
        "# missing = [-9]  # 1 values, and no other is below 0",
        "# missing = [99999]  # is it a value? 3 times",
    ]


def test_zeros_are_filled_in_only_where_it_is_said(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year,isic,nace", "1990,321,01.1", "1990,3211,011")
    recipe = recipe_of(
        YEAR, 'name = "isic"\ntype = "text"\ndigits = 4', 'name = "nace"\ntype = "text"'
    )
    report = workshop.report(recipe)
    kept = read_year(workshop, 1990).to_pydict()
    assert kept == {"isic": ["0321", "3211"], "nace": ["01.1", "011"]}
    assert "zeros filled in 1" in report


def test_blanks_are_left_out_only_where_it_is_said(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year,a,b", "1990, x, x", "1990,  ,y")
    recipe = recipe_of(YEAR, 'name = "a"\ntype = "text"\ntrim = true', 'name = "b"\ntype = "text"')
    report = workshop.report(recipe)
    assert read_year(workshop, 1990).to_pydict() == {"a": ["x", None], "b": [" x", "y"]}
    assert "blanks left out 2; blank: missing 1" in report


@pytest.mark.parametrize(
    ("values", "choice", "what", "count"),
    [
        (["1.5", "2", "x"], 'type = "whole"', "are not whole numbers", 2),
        (["007", "2"], 'type = "whole"', "begin with a zero that a whole number would lose", 1),
        (["9" * 19, "2"], 'type = "whole"', "are beyond the whole numbers of 64 bits", 1),
        (["-", "1,5", "2"], 'type = "number"', "are not numbers", 2),
        (["1e999", "2"], 'type = "number"', "are not finite", 1),
        (["32111", "2"], 'type = "text"\ndigits = 4', "are longer than digits says", 1),
        (["C10", "2"], 'type = "text"\ndigits = 4', "are not digits alone", 1),
        (["2020-02-30", "2020-01-31"], 'type = "date"', "are not dates", 1),
        (["3", "1", "0"], 'type = "boolean"', "cannot be this type", 1),
    ],
)
def test_a_value_that_does_not_fit_refuses_all_and_is_not_quoted(
    workshop: Workshop, recipe_of: RecipeOf, values: list[str], choice: str, what: str, count: int
) -> None:
    csv(workshop, "year,a", *(f'1990,"{value}"' for value in ["", *values]))
    said = refused(workshop, recipe_of(YEAR, f'name = "a"\n{choice}'))
    assert f"values of a {what}" in said
    assert f"({count} case{'s' * (count > 1)}) in column a, first in plants.csv, row 2" in said
    assert "cure:" in said
    assert not [value for value in values if len(value) > 2 and value in said]


def test_decimals_are_doubles_and_digits_that_are_lost_are_told(workshop: Workshop) -> None:
    from decimal import Decimal

    exact, long = Decimal("0.10"), Decimal("12345678901234567.89")
    sales = pa.array([exact, long, None], pa.decimal128(20, 2))
    pq.write_table(pa.table({"sales": sales}), workshop.folder / "plants.parquet")
    report = workshop.report(
        '[source]\nfiles = ["plants.parquet"]\nformat = "parquet"\n[year]\nvalue = 1990\n'
        '[[columns]]\nname = "sales"\ntype = "number"'
    )
    assert read_year(workshop, 1990).column("sales").to_pylist() == [0.1, float(long), None]
    assert "rounded to a double 1" in report


def test_numbers_that_are_none_are_missing(workshop: Workshop) -> None:
    sales = pa.array([math.nan, 1.0])
    pq.write_table(pa.table({"sales": sales}), workshop.folder / "plants.parquet")
    report = workshop.report(
        '[source]\nfiles = ["plants.parquet"]\nformat = "parquet"\n[year]\nvalue = 1990\n'
        '[[columns]]\nname = "sales"\ntype = "number"'
    )
    assert read_year(workshop, 1990).column("sales").to_pylist() == [None, 1.0]
    assert "not a number: missing 1" in report


def test_a_damaged_page_is_told_with_its_file(workshop: Workshop) -> None:
    path = workshop.folder / "plants.parquet"
    sales = pa.array([math.sqrt(number) for number in range(1000)])
    pq.write_table(pa.table({"sales": sales}), path, compression="gzip", use_dictionary=False)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 64
    path.write_bytes(damaged)
    said = refused(
        workshop,
        '[source]\nfiles = ["plants.parquet"]\nformat = "parquet"\n[year]\nvalue = 1990\n'
        '[[columns]]\nname = "sales"\ntype = "number"',
    )
    assert "the file is damaged" in said
    assert "plants.parquet" in said


def test_parts_of_a_microsecond_are_told(workshop: Workshop) -> None:
    times = pa.array([1_000, 1_001, None], pa.timestamp("ns"))
    pq.write_table(pa.table({"at": times}), workshop.folder / "plants.parquet")
    report = workshop.report(
        '[source]\nfiles = ["plants.parquet"]\nformat = "parquet"\n[year]\nvalue = 1990\n'
        '[[columns]]\nname = "at"\ntype = "time"'
    )
    assert "to the microsecond 1" in report
    kept = read_year(workshop, 1990).column("at").cast(pa.int64()).to_pylist()
    assert kept == [1, 1, None]


def test_unsigned_ids_of_64_bits_are_kept_as_text_and_refused_as_numbers(
    workshop: Workshop,
) -> None:
    ids = pa.array([2**64 - 1, 5], pa.uint64())
    pq.write_table(pa.table({"id": ids}), workshop.folder / "plants.parquet")
    text = (
        '[source]\nfiles = ["plants.parquet"]\nformat = "parquet"\n[year]\nvalue = 1990\n'
        '[[columns]]\nname = "id"\ntype = "{}"'
    )
    assert "beyond the whole numbers of 64 bits (1 case)" in refused(workshop, text.format("whole"))
    rows = workshop.converted(text.format("text"))[1990]
    assert rows.column("id").to_pylist() == [str(2**64 - 1), "5"]


def test_thousands_between_digits(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year;a", "1990;1.234.567,5", "1990;12", "1990;1234,25")
    source = 'delimiter = ";"\ndecimal = ","\nthousands = "."'
    recipe = recipe_of(YEAR, 'name = "a"\ntype = "number"', source=source)
    rows = workshop.converted(recipe)[1990]
    assert rows.column("a").to_pylist() == [1234567.5, 12.0, 1234.25]


def test_a_sign_of_thousands_at_another_place_is_refused(
    workshop: Workshop, recipe_of: RecipeOf
) -> None:
    csv(workshop, "year;a", "1990;1.5", "1990;1.234")
    source = 'delimiter = ";"\ndecimal = ","\nthousands = "."'
    recipe = recipe_of(YEAR, 'name = "a"\ntype = "number"', source=source)
    assert "values of a are not numbers (1 case)" in refused(workshop, recipe)


# --- years ------------------------------------------------------------------------------------


def read_year(workshop: Workshop, year: int) -> pa.Table:
    path = workshop.folder / f"census/year={year}/part-0.parquet"
    return pq.read_table(path, partitioning=None)


def test_years_of_two_digits_need_a_century(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year,jobs", "78,1", "99,2", "05,3", "30,4", "29,5")
    columns = ('name = "year"\ntype = "number"', 'name = "jobs"\ntype = "whole"')
    assert 'the year column year has type = "number"' in refused(workshop, recipe_of(*columns))
    columns = (YEAR, 'name = "jobs"\ntype = "whole"')
    assert "years of two digits (5 cases)" in refused(workshop, recipe_of(*columns))
    assert "\ncentury_from = 1930  # a guess" in workshop.planned("plants.csv")
    year = 'column = "year"\ncentury_from = 1930'
    census = workshop.converted(recipe_of(*columns, year=year))
    found = {year: rows.column("jobs").to_pylist() for year, rows in census.items()}
    assert found == {1930: [4], 1978: [1], 1999: [2], 2005: [3], 2029: [5]}


@pytest.mark.parametrize(
    ("value", "said"), [("", "without a year (1 case)"), ("123", "are no years (1 case)")]
)
def test_rows_without_a_year_are_refused(
    workshop: Workshop, recipe_of: RecipeOf, value: str, said: str
) -> None:
    csv(workshop, "year,jobs", "1990,1", f"{value},2")
    assert said in refused(workshop, recipe_of(YEAR, 'name = "jobs"\ntype = "whole"'))


def test_the_year_is_found_in_the_names_of_files(workshop: Workshop, recipe_of: RecipeOf) -> None:
    for year in ("87", "03"):
        csv(workshop, "jobs", year, name=f"enia_{year}.csv")
    recipe = recipe_of(
        'name = "jobs"\ntype = "text"',
        year="file_pattern = 'enia_(\\d\\d)'\ncentury_from = 1950",
    ).replace("plants.csv", "enia_*.csv")
    census = workshop.converted(recipe)
    found = {year: rows.column("jobs").to_pylist() for year, rows in census.items()}
    assert found == {1987: ["87"], 2003: ["03"]}
    (workshop.folder / "census").rename(workshop.folder / "first")
    assert "the file's name has no year" in refused(workshop, recipe.replace("enia_(", "e_("))


def test_wide_files_become_rows_by_year(workshop: Workshop) -> None:
    csv(workshop, "plant,sales_1990,sales_1991,jobs1991", "1,10,11,2", "2,,12,", "3,,,")
    recipe = workshop.planned("plants.csv")
    census = workshop.converted(recipe)
    assert census[1990].to_pydict() == {"plant": [1], "sales": [10], "jobs1991": [2]}
    (workshop.folder / "census").rename(workshop.folder / "first")
    wide = recipe.replace('name = "jobs1991"', "name = \"jobs\"\nyears = 'jobs(\\d{4})'")
    census = workshop.converted(wide)
    assert census[1990].to_pydict() == {"plant": [1], "sales": [10], "jobs": [None]}
    assert census[1991].to_pydict() == {"plant": [1, 2], "sales": [11, 12], "jobs": [2, None]}
    years = (workshop.folder / "census/_conversion/years.csv").read_text().splitlines()
    assert [line.split(",")[:3] for line in years[1:]] == [["1990", "1", "2"], ["1991", "2", "1"]]


# --- names, constants, report -----------------------------------------------------------------


def test_a_column_with_other_names_in_other_files(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year,VA", "1990,1", name="plants_a.csv")
    csv(workshop, "year,va", "1991,2", name="plants_b.csv")
    recipe = workshop.planned("plants_a.csv", "plants_b.csv")
    assert 'also = ["va"]' in recipe
    census = workshop.converted(recipe)
    assert {year: rows.to_pydict() for year, rows in census.items()} == {
        1990: {"VA": [1]},
        1991: {"VA": [2]},
    }


def test_names_that_differ_in_case_only_get_another_name(workshop: Workshop) -> None:
    csv(workshop, "year,VA,va", "1990,1,2")
    recipe = workshop.planned("plants.csv")
    assert workshop.converted(recipe)[1990].to_pydict() == {"VA": [1], "va_2": [2]}
    assert "differ in case only" in refused_by_reading(workshop, recipe.replace('"va_2"', '"va"'))


def refused_by_reading(workshop: Workshop, recipe: str) -> str:
    path = workshop.folder / "other.toml"
    path.write_text(recipe)
    with pytest.raises(StudyError) as error:
        read_recipe(path)
    return str(error.value)


def test_a_column_that_a_file_lacks_is_empty_there(workshop: Workshop) -> None:
    csv(workshop, "plant,sales", "1,5", name="plants_1990.csv")
    csv(workshop, "plant,sales,exports,note", "1,5,2,a", name="plants_1991.csv")
    census = workshop.converted(workshop.planned("plants_1990.csv", "plants_1991.csv"))
    assert census[1990].to_pydict() == {
        "plant": [1], "sales": [5], "exports": [None], "note": [None],
    }  # fmt: skip
    assert census[1990].schema == census[1991].schema
    report = (workshop.folder / "census/_conversion/report.txt").read_text()
    assert "exports is empty in 1990" in report


def test_a_census_converts_into_itself(workshop: Workshop) -> None:
    """Year folders and all; the record beside it is no data."""
    csv(workshop, "year,plant,code", "1990,1,07", "1991,2,11")
    first = workshop.converted(workshop.planned("plants.csv"))
    (workshop.folder / "census").rename(workshop.folder / "first")
    recipe = workshop.planned("first")
    assert 'column = "year"' in recipe
    assert workshop.converted(recipe) == first


def test_a_year_under_another_name_is_guessed_where_it_is_the_only_one(
    workshop: Workshop,
) -> None:
    csv(workshop, "wave,id,ln_sales", "1990,1,2.5", "1991,2,0.5")
    recipe = workshop.planned("plants.csv")
    assert 'column = "wave"  # a guess' in recipe
    assert '# log = "natural"' in recipe
    csv(workshop, "wave,founded,id", "1990,1950,1", "1991,1960,2")
    recipe = workshop.planned("plants.csv")
    assert "# TODO: which of wave, founded? Or file_pattern" in recipe
    line = recipe.splitlines().index(next(x for x in recipe.splitlines() if "TODO" in x)) + 1
    assert f"not settled, line {line} (1 case)" in refused(workshop, recipe)


def test_a_row_of_totals_is_proposed_to_be_left_out(workshop: Workshop) -> None:
    (workshop.folder / "plants.csv").write_text("plant,year,sales\n01,1990,1\nTotal,1990,1\n")
    recipe = workshop.planned("plants.csv")
    assert '# absent = ["Total"]  # 1 values: totals of other rows?' in recipe
    census = workshop.converted(recipe.replace("# absent", "absent"))
    assert census[1990].column("plant").to_pylist() == ["01"]


def test_a_dash_may_mean_none(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year,exports,note", "1990,-,-", "1990,7.5,x", "1990,..,y")
    recipe = workshop.planned("plants.csv")
    assert '# zero = ["-"]' in recipe
    said = recipe.replace('missing = ["-", ".."]', 'missing = [".."]').replace("# zero", "zero")
    report = workshop.report(said)
    rows = read(workshop.folder / "census/year=1990/part-0.parquet")
    assert rows.column("exports").to_pylist() == [0.0, 7.5, None]
    assert "missing code 1; a sign for 0 1" in report
    wrong = recipe_of(YEAR, 'name = "note"\ntype = "text"\nzero = ["-"]')
    assert 'note: zero needs type = "number" or "whole"' in refused_by_reading(workshop, wrong)


def test_texts_without_signs_and_in_one_case(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year,id,cnae", "1990,a7,10.2-0", "1990,B8,1020", "1990,c9,.-")
    columns = ['name = "id"\ntype = "text"\ncase = "upper"']
    columns.append('name = "cnae"\ntype = "text"\nwithout = ".-"')
    report = workshop.report(recipe_of(YEAR, *columns))
    rows = read(workshop.folder / "census/year=1990/part-0.parquet")
    assert rows.column("id").to_pylist() == ["A7", "B8", "C9"]
    assert rows.column("cnae").to_pylist() == ["1020", "1020", None]
    assert "to upper case 2" in report
    assert "signs left out 2; nothing but signs: missing 1" in report


def test_constants_are_columns(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year,jobs", "1990,1", "1990,2")
    constant = '\n[[constants]]\nname = "industry"\nvalue = "0000"'
    rows = workshop.converted(recipe_of(YEAR, 'name = "jobs"\ntype = "whole"') + constant)[1990]
    assert rows.column("industry").to_pylist() == ["0000", "0000"]


def test_the_report_tells_what_a_reader_should_look_at(
    workshop: Workshop, recipe_of: RecipeOf
) -> None:
    csv(workshop, "year,id,isic,exports,exporter,kind", "1990,001,3211,,1,a")
    with (workshop.folder / "plants.csv").open("a") as file:
        file.write("1990,002,321,,0,a\n1991,1,3211,7531,1,a\n1991,1,3212,6,1,a\n")
    columns = [f'name = "{name}"\ntype = "text"' for name in ("id", "isic", "kind")]
    columns += [f'name = "{name}"\ntype = "whole"' for name in ("exports", "exporter")]
    ask = '\n[report]\nids = ["id"]\ncodes = ["isic"]\n'
    report = workshop.report(recipe_of(YEAR, *columns) + ask)
    assert "exports is empty in 1990: unknown there, not 0" in report
    assert "exporter is 0 or 1 in every row" in report
    assert "kind has one value in every row" in report
    assert "codes of isic have 3, 4 digits or letters" in report
    assert "ids that are padded in one year only match nothing" in report
    assert "1990,2,0,2,0,3 (2),3 (1) 4 (1),exports" in years_csv(workshop)
    assert "1991,2,0,1,1,1 (2),4 (2)," in years_csv(workshop)
    assert "7531" not in report


def years_csv(workshop: Workshop) -> str:
    return (workshop.folder / "census/_conversion/years.csv").read_text()


def test_ends_of_columns_are_told_only_if_asked(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year,sales", "1990,7531", "1990,2")
    recipe = recipe_of(YEAR, 'name = "sales"\ntype = "whole"')
    assert "7531" not in workshop.report(recipe)
    (workshop.folder / "census").rename(workshop.folder / "first")
    assert "7531" in workshop.report(recipe + "\n[report]\nrange = true\n")


def test_the_recipe_is_kept_beside_the_census(workshop: Workshop, recipe_of: RecipeOf) -> None:
    csv(workshop, "year,sales", "1990,1")
    recipe = recipe_of(YEAR, 'name = "sales"\ntype = "whole"')
    workshop.converted(recipe)
    assert (workshop.folder / "census/_conversion/recipe.toml").read_text() == recipe


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["year,jobs", "1990,1", "1990", "1990,1,2"], "more or fewer values than the 2 columns"),
        (["year,jobs,jobs", "1990,1,2"], "a name twice: number 2, 3 (2 cases)"),
        (["year,jobs,", "1990,1,2"], "the recipe does not name these columns: column_3 (1 case)"),
        (["", "1990,1,2"], "there is no row that names columns"),
    ],
)
def test_text_files_that_are_no_table(
    workshop: Workshop, recipe_of: RecipeOf, lines: list[str], said: str
) -> None:
    csv(workshop, *lines)
    assert said in refused(workshop, recipe_of(YEAR, 'name = "jobs"\ntype = "whole"'))


def test_an_unclosed_quote_does_not_swallow_rows(workshop: Workshop, recipe_of: RecipeOf) -> None:
    recipe = recipe_of(YEAR, 'name = "name"\ntype = "text"')
    csv(workshop, "year,name", '1990,"a', "1990,b")
    assert "runs to the end of the file" in refused(workshop, recipe)
    csv(workshop, "year,name", '1990,"a', 'b"')
    assert workshop.converted(recipe)[1990].column("name").to_pylist() == ["a\nb"]


def test_a_file_in_another_encoding_is_refused(workshop: Workshop, recipe_of: RecipeOf) -> None:
    (workshop.folder / "plants.csv").write_bytes("year,name\n1990,Ñuñoa\n".encode("latin-1"))
    recipe = recipe_of(YEAR, 'name = "name"\ntype = "text"')
    assert "the file is not utf-8" in refused(workshop, recipe)


def test_files_of_several_formats_are_planned_one_by_one(workshop: Workshop) -> None:
    csv(workshop, "year,jobs", "1990,1")
    (workshop.folder / "plants.dta").write_bytes(b"x")
    with pytest.raises(InputError, match="several formats: stata, text"):
        workshop.planned("plants.csv", "plants.dta")


def test_marks_for_missing_numbers_are_stated_in_the_plan(workshop: Workshop) -> None:
    csv(workshop, "year,jobs,kind,cost", "1990,5,a,-9", "1990,-,-,4", "1990,NA,b,5")
    recipe = workshop.planned("plants.csv")
    assert 'missing = ["-", "NA"]  # 2 values' in recipe
    rows = workshop.converted(recipe)[1990]
    assert rows.column("jobs").to_pylist() == [5, None, None]
    assert rows.column("kind").to_pylist() == ["a", "-", "b"]


def test_a_comma_that_may_be_either_is_a_question(workshop: Workshop) -> None:
    csv(workshop, "year;sales", "1990;1,234", "1990;2,500")
    recipe = workshop.planned("plants.csv")
    assert 'decimal = "TODO"' in recipe
    assert "not settled" in refused_by_reading(workshop, recipe)


@pytest.mark.parametrize(
    ("delimiter", "texts", "thousands"),
    [
        (";", ["1.234.567,50", "12,5", "4.589"], "."),
        (";", ["1,234,567.50", "12.5", "4,589"], ","),
        (";", ["1 234 567,50", "12,5", "4 589"], " "),
    ],
)
def test_signs_between_thousands_are_found(
    workshop: Workshop, delimiter: str, texts: list[str], thousands: str
) -> None:
    rows = [delimiter.join(("1990", text, "n.d." if n else "7")) for n, text in enumerate(texts)]
    csv(workshop, delimiter.join(("year", "sales", "jobs")), *rows, "1990;;8", "1990;;9")
    recipe = workshop.planned("plants.csv")
    assert f'thousands = "{thousands}"' in recipe
    assert "# 3 of 5 values are numbers: is it an amount" in recipe
    kept = workshop.converted(recipe)[1990].column("sales").to_pylist()
    assert kept == [1234567.5, 12.5, 4589.0, None, None]
