"""Industry codes and sums by code, read from the files without an engine as a run reads them."""

import math
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradegains.store import cleaning
from tradegains.store.buckets import name_problems
from tradegains.store.census import CensusFiles, list_census
from tradegains.store.census_checks import invalid_text
from tradegains.store.census_sums import CodeSums, sums_by_code
from tradegains.store.delta import unreadable
from tradegains.store.industry_codes import codes_by_year
from tradegains.store.locations import locate
from tradegains.store.storage import has_doubtful_amounts, is_below, storage_problems

COLUMNS = {
    "establishment_id": "id",
    "year": "ano",
    "industry": "isic",
    "employment": "jobs",
    "sales": "output",
}


def census(folder: Path, files: dict[str, pa.Table], *years: int) -> CensusFiles:
    for name, table in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, folder / name, row_group_size=2)
    return list_census(str(folder), COLUMNS, years or (1981, 1982))


def plants(codes: pa.Array, **columns: object) -> pa.Table:
    count = len(codes)
    plain = {"id": list(range(count)), "isic": codes, "jobs": [1.5] * count, "output": [10] * count}
    return pa.table(plain | columns)


CODES = {
    "text": pa.array(["0111", " 0111 ", "311", None]),
    "view": pa.array(["0111", " 0111 ", "311", None], pa.string_view()),
    "unmarked": pa.array([b"0111", b" 0111 ", b"311", None], pa.binary()),
    "category": pa.array(["0111", " 0111 ", "311", None]).dictionary_encode(),
    "whole": pa.array([111, 111, 311, None], pa.int16()),
    "decimal": pa.array([Decimal(111), Decimal(111), Decimal(311), None], pa.decimal128(6, 0)),
}


@pytest.mark.parametrize("kind", CODES)
def test_codes_are_those_of_a_run(tmp_path: Path, kind: str) -> None:
    """Text without its blanks, whole numbers with the zeros that no number keeps."""
    short = "311" if pa.types.is_string(CODES[kind].type) or kind in (
        "view", "unmarked", "category"
    ) else "0311"  # fmt: skip
    found = census(tmp_path, {"ano=1981/a.parquet": plants(CODES[kind])}, 1981)
    assert codes_by_year(found, digits=4) == {1981: {"0111", short}}
    assert codes_by_year(found, digits=4, missing="") == {1981: {"0111", short, ""}}
    sums = sums_by_code(found, digits=4)
    assert sums[1981, "0111"] == CodeSums(2, 3.0, 20.0)
    assert sums[1981, ""] == CodeSums(1, 1.5, 10.0)
    assert sum(each.rows for each in sums.values()) == 4


def test_years_inside_the_files_and_amounts_that_are_none(tmp_path: Path) -> None:
    codes = pa.array(["1", "1", "1", "1", "2", "2"])
    years = [1981, 1981, 1982, 1990, 1981, 1982]
    jobs = [1.0, math.nan, 2.0, 5.0, None, math.inf]
    table = plants(codes, ano=years, jobs=jobs, output=[1, 2, 3, 4, -5, 6])
    found = census(tmp_path, {"all.parquet": table})
    assert codes_by_year(found, digits=4) == {1981: {"1", "2"}, 1982: {"1", "2"}}
    assert sums_by_code(found, digits=4) == {
        (1981, "1"): CodeSums(2, 1.0, 3.0),
        (1982, "1"): CodeSums(1, 2.0, 3.0),
        (1981, "2"): CodeSums(1, 0.0, 0.0),
        (1982, "2"): CodeSums(1, 0.0, 6.0),
    }


def test_whole_amounts_that_no_double_holds_are_summed(tmp_path: Path) -> None:
    table = plants(pa.array(["1"]), output=[2**60 + 1])
    found = census(tmp_path, {"ano=1981/a.parquet": table}, 1981)
    assert sums_by_code(found, digits=4)[1981, "1"].sales == 2.0**60


def test_the_year_is_called_as_the_folders_are(tmp_path: Path) -> None:
    """A column of the files reads the same, and is another one: its accent is a sign of its own."""
    table = plants(pa.array(["1"])).append_column("an\u0303o", pa.array([7]))
    (tmp_path / "a\u00f1o=1981").mkdir()
    pq.write_table(table, tmp_path / "a\u00f1o=1981" / "a.parquet")
    found = list_census(str(tmp_path), COLUMNS | {"year": "a\u00f1o"}, [1981])
    assert found.columns["year"] == "a\u00f1o"
    assert found.partitioned


def test_years_as_doubles(tmp_path: Path) -> None:
    found = census(tmp_path, {"a.parquet": plants(pa.array(["1", "2"]), ano=[1981.0, 1982.0])})
    assert codes_by_year(found, digits=4) == {1981: {"1"}, 1982: {"2"}}
    assert sums_by_code(found, digits=4)[1981, "1"].rows == 1


def test_a_file_that_is_lost_meanwhile_gives_no_codes(tmp_path: Path) -> None:
    one = plants(pa.array(["1"]))
    found = census(tmp_path, {"ano=1981/a.parquet": one, "ano=1982/a.parquet": one})
    (tmp_path / "ano=1981" / "a.parquet").unlink()
    assert codes_by_year(found, digits=1) == {1982: {"1"}}


@pytest.mark.parametrize(
    ("output", "below"),
    [
        ([1.0, 99.0], True),
        ([1.0, 100.0], False),
        ([1, 2], False),
        ([math.nan, math.nan], False),
        ([None, 5.0], True),
    ],
    ids=["below", "at it", "whole numbers", "no bounds", "a gap"],
)
def test_amounts_known_to_be_below_a_limit(tmp_path: Path, output: list, below: bool) -> None:
    table = plants(pa.array(["1", "1"]), output=output)
    small = plants(pa.array(["1"]), output=[2.0])
    files = {"ano=1981/a.parquet": small, "ano=1982/a.parquet": table}
    found = census(tmp_path, files)
    assert is_below(found, "sales", 100.0) is below
    assert not is_below(found, "value_added", 100.0), "no such column"


@pytest.mark.parametrize(
    ("output", "jobs", "doubtful"),
    [
        ([1.25, 2.0], [1.0, 2.0], False),
        ([1.255, 2.0], [1.0, 2.0], True),
        ([1.25, None], [1.0, 2.0], True),
        ([1, 2], [1, 2], False),
        ([1.25, 2.0], [1.2345, 2.0], False),
        ([1.25, 2.0], [1.0, None], True),
    ],
    ids=["hundredths", "finer", "a gap", "whole numbers", "finer jobs", "a gap in jobs"],
)
def test_amounts_that_may_need_other_units(
    tmp_path: Path, output: list, jobs: list, doubtful: bool
) -> None:
    one = plants(pa.array(["1", "1"]), output=output, jobs=jobs)
    found = census(tmp_path, {"ano=1981/a.parquet": one}, 1981)
    assert has_doubtful_amounts(found) is doubtful
    (tmp_path / "ano=1981" / "a.parquet").unlink()
    assert not has_doubtful_amounts(found), "the engine will say that it is gone"


def test_weights_are_always_in_doubt(tmp_path: Path) -> None:
    one = plants(pa.array(["1"]), weight=[1.0])
    census(tmp_path, {"ano=1981/a.parquet": one}, 1981)
    weighted = list_census(str(tmp_path), COLUMNS | {"sampling_weight": "weight"}, [1981])
    assert has_doubtful_amounts(weighted)


def test_whole_codes_beyond_64_bits_are_told_with_their_files(tmp_path: Path) -> None:
    files = {
        "ano=1981/a.parquet": plants(pa.array([2**63], pa.uint64())),
        "ano=1982/a.parquet": plants(pa.array([2**63 - 1], pa.uint64())),
    }
    found = census(tmp_path, files)
    for engine in ("embedded", "spark"):
        (problem,) = storage_problems(found, engine)
        assert "'isic' holds whole numbers beyond 64 bits" in problem.what
        assert (problem.where, problem.count) == ("ano=1981/a.parquet", 1)


def test_names_of_buckets(tmp_path: Path) -> None:
    one = plants(pa.array(["1"]))
    names = (
        "part-0_00000.c000.parquet",
        "part-1_00003.parquet",
        "part-2_00004.parquet",
        "a.parquet",
    )
    found = census(tmp_path, {f"ano=1981/{name}": one for name in names}, 1981)
    without, beyond = name_problems(found.files, 4)
    assert (without.count, beyond.count) == (1, 1)
    assert without.where == "year 1981"
    assert "buckets = 4" in without.what
    assert "(0 to 3)" in beyond.what
    numbered = [file for file in found.files if "0000" in file.path]
    assert name_problems(numbered, 5) == []


@pytest.mark.parametrize("as_category", [False, True])
def test_text_that_is_none_is_counted_by_column(tmp_path: Path, as_category: bool) -> None:
    made = pa.array([b"ok", b"caf\xe9", None, b"\xff"], pa.binary()).view(pa.string())
    values = made.dictionary_encode() if as_category else made
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"name": values, "other": ["a"] * 4}), path, row_group_size=2)
    for columns in (None, {"name", "absent"}):
        (problem,) = invalid_text(locate(str(path)), str(path), columns)
        assert "'name' are marked as text and are not UTF-8" in problem.what
        assert (problem.where, problem.count) == (str(path), 2)
    assert invalid_text(locate(str(path)), str(path), {"other"}) == []


def test_what_a_leftover_takes_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "folder" / "below").mkdir(parents=True)
    (tmp_path / "folder" / "below" / "one").write_text("12345")
    (tmp_path / "two").write_text("123")
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    assert [cleaning._size(tmp_path / name) for name in ("folder", "two", "link")] == [5, 3, 0]


def test_an_unreadable_table_is_told_with_its_cure() -> None:
    told = str(unreadable("/out/tables/welfare", ValueError("a secret")))
    assert "(ValueError) in /out/tables/welfare" in told
    assert "cure: run the study again with the same --output" in told
    assert "secret" not in told
    assert "(its log is cut)" in str(unreadable("/out", "its log is cut"))
