"""Small input tables: codes stay text, faults are counted, values are not told."""

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradegains.errors import InputError
from tradegains.store.small_tables import (
    SMALL_TABLES,
    SmallColumn,
    SmallTable,
    read_small_table,
)

Write = Callable[[Any], str]


PRICES_BY_ANY_NAME = SmallTable("prices", (SmallColumn("year", "year"),), ("year",))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write text or bytes as CSV, a table as Parquet; the path comes back."""

    def to_file(content: str | bytes | pa.Table) -> str:
        path = tmp_path / ("t.parquet" if isinstance(content, pa.Table) else "t.csv")
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return to_file


def read_rows(path: str, table: SmallTable) -> pa.Table:
    return read_small_table(path, table).rows


def refused(path: str, name: str) -> str:
    with pytest.raises(InputError) as refusal:
        read_rows(path, SMALL_TABLES[name])
    return str(refusal.value)


def test_csv_codes_keep_their_zeros_and_rows_are_sorted_by_key(write: Write) -> None:
    path = write("value,industry,year,note\n1e3, 0112 ,1996,x\n.5,0111,1996,\n-0,0111,1988,\n")
    table = read_rows(path, SMALL_TABLES["imports"])
    assert table.schema == pa.schema(
        [("industry", pa.string()), ("year", pa.int32()), ("value", pa.float64())]
    )
    assert table.to_pylist() == [
        {"industry": "0111", "year": 1988, "value": 0.0},
        {"industry": "0111", "year": 1996, "value": 0.5},
        {"industry": "0112", "year": 1996, "value": 1000.0},
    ]


def test_csv_with_byte_order_mark_and_quotes(write: Write) -> None:
    path = write(b'\xef\xbb\xbf"industry","cut"\r\n"02","-1.5"\r\n')
    assert read_rows(path, SMALL_TABLES["tariff_cuts"]).to_pylist() == [
        {"industry": "02", "cut": -1.5}
    ]


def test_parquet_of_other_types_reads_the_same(write: Write) -> None:
    rows = {
        "industry": pa.array([112, 1120], pa.int16()),
        "year": pa.array([1988.0, 1996.0]),
        "value": pa.array([5, 6], pa.int64()).cast(pa.decimal128(22, 2)),
    }
    table = read_rows(write(pa.table(rows)), SMALL_TABLES["imports"])
    assert table.to_pydict() == {
        "industry": ["112", "1120"],
        "year": [1988, 1996],
        "value": [5.0, 6.0],
    }
    rows["industry"] = pa.array(["01", "02"]).dictionary_encode()
    assert read_rows(write(pa.table(rows)), SMALL_TABLES["imports"])["industry"][0].as_py() == "01"


def test_optional_column_may_be_absent(write: Write) -> None:
    table = read_rows(write("year,index\n1996,2\n1988,1\n"), SMALL_TABLES["prices"])
    assert table.to_pydict() == {"year": [1988, 1996], "index": [1.0, 2.0]}
    both = write("industry,year,index\n01,1988,1\n02,1988,1\n")
    assert read_rows(both, SMALL_TABLES["prices"]).num_rows == 2


def test_text_columns_of_another_table(write: Write) -> None:
    links = SmallTable(
        "successors", (SmallColumn("old_id", "text"), SmallColumn("new_id", "text")), ("old_id",)
    )
    assert read_rows(write("old_id,new_id\n007,8\n"), links).to_pylist() == [
        {"old_id": "007", "new_id": "8"}
    ]


def test_all_faults_of_a_table_come_together_with_counts_and_no_values(write: Write) -> None:
    path = write("industry,year,value\n0112,1988,hush\n,88,-1\n0113,1988.5,nan\n0114,,\n")
    message = refused(path, "imports")
    for line in (
        "column 'industry' is empty (1 case)",
        "column 'year' is not a year (YYYY) (2 cases)",
        "column 'year' is empty (1 case)",
        "column 'value' is not a finite number with a decimal point (2 cases)",
        "column 'value' is empty (1 case)",
        "column 'value' is below 0 (1 case)",
        "the first is data row 4",
    ):
        assert line in message
    assert "hush" not in message


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("elasticities", "industry,sigma\n01,1\n", "'sigma' is below 1.001 (1 case)"),
        ("elasticities", "industry,sigma\n01,1e308\n", "'sigma' is above 1001 (1 case)"),
        ("prices", "year,index\n1988,0\n", "'index' is not above 0 (1 case)"),
        ("prices", "year,index\n1988,1e999\n", "'index' is not a finite number"),
        ("imports", "industry,year,value\n1,1988,1\n1,1988,2\n", "same industry and year (1 case)"),
        ("imports", "industry,Year,valu\n1,1988,1\n", "did you mean 'Year'?"),
        ("imports", "industry,year,value\n", "has no rows"),
        ("imports", "industry;year;value\n1;1988;3,5\n", "has ';' between its values"),
        ("imports", "industry\tyear\n1\t1988,5\n", "has '\\t' between its values"),
        ("imports", "\n", "the imports file is empty"),
        ("imports", "industry,year,value\n1,1988\n", "more or fewer values than its 3 names"),
        ("imports", "industry,year,value\n1,1988,5\n1,1989,4,2\n", "the first is row 3"),
        ("imports", "industry,year,value\nça,1988,1\n".encode("latin-1"), "WINDOWS-1252"),
        ("imports", "industry,year,value\n1,1988,1\n".encode("utf-16"), "in UTF-16"),
        ("imports", "industry,year,value\n1,1988,1\n".encode("utf-16-le"), "in UTF-16"),
        ("imports", gzip.compress(b"industry,year,value\n1,1988,1\n", mtime=0), "name it .csv.gz"),
        ("imports", b"PK\x03\x04 a workbook,\xff\n", "is a workbook or an archive"),
        ("imports", b"PAR1\x15\x04,\xff\n", "is Parquet, though its name says CSV"),
    ],
)
def test_faults_of_csv_files(write: Write, name: str, content: str | bytes, said: str) -> None:
    assert said in refused(write(content), name)


def test_faults_of_packed_files(tmp_path: Path) -> None:
    path = tmp_path / "imports.csv.gz"
    whole = gzip.compress(b"industry,year,value\n0111,1988,1\n")
    path.write_bytes(whole)
    assert read_rows(str(path), SMALL_TABLES["imports"]).num_rows == 1
    for content, said in (
        (gzip.decompress(whole), "not compressed by gzip, though its name says so"),
        (whole[:-12], "the compressed file is damaged or ends too early"),
        (gzip.compress("industry,year,value\nça,1988,1\n".encode("latin-1")), "is line 2 (1 case)"),
    ):
        path.write_bytes(content)
        assert said in refused(str(path), "imports")


def test_parquet_faults(write: Write) -> None:
    rows = {"industry": [1.5], "year": [True], "value": [float("inf")]}
    message = refused(write(pa.table(rows)), "imports")
    assert "'industry' is double where text or a whole number is expected" in message
    assert "'year' is bool where a year (YYYY) is expected" in message
    assert "'value' is not a finite number" in message


def test_what_is_recorded_of_a_table(write: Write) -> None:
    """Rows and columns of Parquet, which its footer says; of CSV only the bytes."""
    rows = pa.table({"year": [1988, 1996], "index": [1.0, 2.0]})
    entry = read_small_table(write(rows), SMALL_TABLES["prices"]).entry
    assert (entry.input, entry.path, entry.rows) == ("prices", "t.parquet", 2)
    other = read_small_table(write(rows.rename_columns(["year", "price"])), PRICES_BY_ANY_NAME)
    assert entry.schema
    assert other.entry.schema
    assert entry.schema != other.entry.schema
    content = "year,index\n1988,1\n"
    entry = read_small_table(write(content), SMALL_TABLES["prices"]).entry
    assert (entry.bytes, entry.rows, entry.schema) == (len(content), None, None)
    assert entry.sha256 == hashlib.sha256(content.encode()).hexdigest()


def test_words_that_a_column_has(write: Write) -> None:
    path = write("industry,kind,cut\n01,home,-1\n02,Foreign,-2\n03,,-2\n")
    said = refused(path, "tariff_cuts")
    assert "'kind' is none of home, foreign, input (1 case)" in said
    assert path in said
    assert "the first is data row 2" in said
    said = refused(write("industry,cut,cut\n01,-1,-1\n"), "tariff_cuts")
    assert "column 'cut' appears more than once" in said
    assert path in said


def test_missing_and_unknown_files(tmp_path: Path) -> None:
    assert "the prices file does not exist" in refused(str(tmp_path / "p.csv"), "prices")
    (tmp_path / "p.xlsx").touch()
    assert "neither Parquet nor CSV" in refused(str(tmp_path / "p.xlsx"), "prices")
    (tmp_path / "p.parquet").touch()
    assert "the prices file is empty" in refused(str(tmp_path / "p.parquet"), "prices")
    (tmp_path / "p.parquet").write_text("year,index\n")
    assert "is no Parquet, though its name says so" in refused(
        str(tmp_path / "p.parquet"), "prices"
    )
    (tmp_path / "p.parquet").write_bytes(b"PAR1 and no more")
    assert "the Parquet file is damaged" in refused(str(tmp_path / "p.parquet"), "prices")


def test_control_totals_need_something_to_compare(write: Write) -> None:
    path = write("industry,year,jobs\n01,1996,5\n")
    said = refused(path, "control_totals")
    assert "the control_totals file has nothing to compare" in said
    assert "add one of establishments, employment, sales, exports, value_added" in said


def test_control_totals_may_have_any_of_their_measures(write: Write) -> None:
    path = write("industry,year,sales\n01,1996,5\n")
    table = read_rows(path, SMALL_TABLES["control_totals"])
    assert table.to_pylist() == [{"industry": "01", "year": 1996, "sales": 5.0}]
    assert "is below 0" in refused(write("industry,year,sales\n01,1996,-5\n"), "control_totals")
    assert "is empty" in refused(write("industry,year,sales\n01,1996,\n"), "control_totals")
    twice = write("industry,year,sales\n01,1996,5\n01,1996,6\n")
    assert "more than one row for the same industry and year" in refused(twice, "control_totals")


def test_an_id_has_one_successor(write: Write) -> None:
    path = write("old,new,year\n1,2,1985\n1,3,1985\n")
    assert "more than one row for the same old" in refused(path, "successors")
    table = read_rows(write("old,new,year\n 07 ,x,1985\n"), SMALL_TABLES["successors"])
    assert table.to_pylist() == [{"old": "07", "new": "x", "year": 1985}]
    assert "'new' is missing" in refused(write("old,year\n1,1985\n"), "successors")


def test_a_folder_of_files_is_one_table(tmp_path: Path) -> None:
    """As Spark writes one; a column may be in the names of folders."""
    for year, code in ((1988, "0111"), (1996, "0112")):
        place = tmp_path / f"t/year={year}"
        place.mkdir(parents=True)
        pq.write_table(pa.table({"industry": [code], "value": [1.5]}), place / "part-0.parquet")
        (place / ".part-0.parquet.crc").write_bytes(b"x")
    (tmp_path / "t/_SUCCESS").write_bytes(b"")
    found = read_small_table(str(tmp_path / "t"), SMALL_TABLES["imports"])
    assert [tuple(row.values()) for row in found.rows.to_pylist()] == [
        ("0111", 1988, 1.5),
        ("0112", 1996, 1.5),
    ]
    assert (found.entry.path, found.entry.rows) == ("t", 2)
    (tmp_path / "t/year=1988").rename(tmp_path / "t/year=1989")
    moved = read_small_table(str(tmp_path / "t"), SMALL_TABLES["imports"])
    assert moved.entry.sha256 != found.entry.sha256
    (tmp_path / "t/year=1989").rename(tmp_path / "t/year=__HIVE_DEFAULT_PARTITION__")
    assert "column 'year' is empty (1 case)" in refused(str(tmp_path / "t"), "imports")


@pytest.mark.parametrize("type_", [pa.uint64(), pa.decimal128(38, 0), pa.decimal128(19, 0)])
def test_whole_numbers_of_any_type_are_codes_and_ids(write: Write, type_: pa.DataType) -> None:
    column = pa.array([7, 1003], pa.int64()).cast(type_)
    path = write(pa.table({"old": column, "new": pa.array([1, 2]), "year": [1990, 1990]}))
    assert read_rows(path, SMALL_TABLES["successors"])["old"].to_pylist() == ["1003", "7"]


@pytest.mark.parametrize("type_", [pa.binary(), pa.large_binary(), pa.binary_view()])
def test_text_that_is_not_marked_is_text(write: Write, type_: pa.DataType) -> None:
    codes = pa.array([b"0111"], type_)
    path = write(pa.table({"industry": codes, "cut": [1.0]}))
    assert read_rows(path, SMALL_TABLES["tariff_cuts"])["industry"].to_pylist() == ["0111"]


def test_accents_of_names_are_in_one_form_and_of_ids_as_they_are(write: Write) -> None:
    flow = {"product": ["01"], "year": [1990], "exports": [1.0], "imports": [1.0]}
    path = write(pa.table({**flow, "partner": ["Co\u0302te"]}))
    assert read_rows(path, SMALL_TABLES["product_trade"])["partner"].to_pylist() == ["C\u00f4te"]
    path = write(pa.table({"old": ["n\u0303"], "new": ["b"], "year": [1990]}))
    assert read_rows(path, SMALL_TABLES["successors"])["old"].to_pylist() == ["n\u0303"]


@pytest.mark.parametrize("year", [88, 0, -1988, 19880])
def test_a_year_has_four_digits(write: Write, year: int) -> None:
    path = write(pa.table({"industry": ["01"], "year": [year], "value": [1.0]}))
    assert "column 'year' is not a year (YYYY) (1 case)" in refused(path, "imports")


def test_another_delimiter_is_named(write: Write) -> None:
    assert "separate the columns by commas" in refused(write("industry;cut\n01;2\n"), "tariff_cuts")
