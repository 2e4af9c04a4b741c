"""Rows of plant_products: types that would match nothing, and names that are no patterns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradegains.engines.start import Engine
from tradegains.store.row_tables import (
    read_plant_products,
    row_table_files,
    row_table_problems,
)

ROWS: dict[str, Any] = {
    "establishment_id": pa.array(["a", "b"]),
    "product": pa.array([101, 102]),
    "value": pa.array([1.0, 2.0]),
}


def write(path: Path, **columns: Any) -> str:
    pq.write_table(pa.table(ROWS | columns), path)
    return str(path)


@pytest.mark.parametrize(
    ("column", "values", "type_"),
    [
        ("establishment_id", pa.array([1003.0, None]), "double"),
        ("establishment_id", pa.array([1.0, 2.0], pa.float32()), "float"),
        ("establishment_id", pa.array([True, False]), "bool"),
        ("product", pa.array([101.0, 102.0]), "double"),
        ("value", pa.array([True, False]), "bool"),
        ("product", pa.array([[1], [2]]), "list<element: int64>"),
    ],
)
def test_types_that_match_nothing_are_refused(
    tmp_path: Path, column: str, values: pa.Array, type_: str
) -> None:
    path = write(tmp_path / "products.parquet", **{column: values})
    (problem,) = row_table_problems(path, needs_value=True)
    assert problem.what.startswith(f"column '{column}' is {type_} where ")
    assert problem.where == path
    assert ("whole numbers with a gap" in problem.cure) == (type_ in ("double", "float"))


def test_encrypted_columns_are_refused(
    tmp_path: Path, write_encrypted: Callable[[pa.Table, Path, str], None]
) -> None:
    path = tmp_path / "products.parquet"
    write_encrypted(pa.table(ROWS), path, "product")
    (problem,) = row_table_problems(str(path), needs_value=True)
    assert problem.what == "the Parquet file has encrypted columns"
    assert problem.where == str(path)


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"establishment_id": pa.array([7, None], pa.uint32())},
        {"establishment_id": pa.array(["a", "b"]).dictionary_encode()},
        {"establishment_id": pa.array([b"a", b"b"])},
        {"value": pa.array(["1.5", "2"])},
        {"value": pa.array([1, 2]).cast(pa.decimal128(22, 2))},
        {"note": pa.array([1.5, 2.5])},
    ],
)
def test_types_that_can_be_read_are_not(tmp_path: Path, columns: dict[str, Any]) -> None:
    path = write(tmp_path / "products.parquet", **columns)
    assert row_table_problems(path, needs_value=True) == []


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "products.parquet", Product=pa.array([1, 2]))
    (problem,) = row_table_problems(path, needs_value=False)
    assert problem.what.startswith("column 'product' appears more than once")
    # A name that is not read may be there in any case.
    path = write(tmp_path / "products.parquet", Value=pa.array([1, 2]))
    assert row_table_problems(path, needs_value=False) == []


@pytest.mark.parametrize("folder", ["plain", "prod [2015]", "a*b", "é ?"])
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_name_is_no_pattern(engine: Engine, tmp_path: Path, folder: str, suffix: str) -> None:
    (tmp_path / folder).mkdir()
    path = tmp_path / folder / f"products.{suffix}"
    if suffix == "csv":
        path.write_text("establishment_id,product,value\na,101,1\nb,102,2\n", "utf-8")
    else:
        write(path)
    # Another file, which the name as a pattern would meet.
    (tmp_path / "prod 2").mkdir()
    write(tmp_path / "prod 2" / "products.parquet")
    assert row_table_problems(str(path), needs_value=True) == []
    rows = read_plant_products(engine.spark, str(path), needs_value=True)
    assert sorted(map(tuple, rows.toArrow().to_pandas().values.tolist())) == [
        ("a", "101", 1.0),
        ("b", "102", 2.0),
    ]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_blanks_around_ids_and_products_are_cut(
    engine: Engine, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"products.{suffix}"
    if suffix == "csv":
        path.write_text("establishment_id,product\na   ,101 \n b b, 102\n", "utf-8")
    else:
        write(path, establishment_id=pa.array(["a   ", " b b"]), product=pa.array(["101 ", " 102"]))
    rows = read_plant_products(engine.spark, str(path), needs_value=False).toArrow().to_pylist()
    found = {(row["establishment_id"], row["product"]) for row in rows}
    assert found == {("a", "101"), ("b b", "102")}


@pytest.mark.only("embedded")
@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([1.25, 2.0], [1.25, 2.0]),
        ([1.25e-9, 2e-9], [6.25e11, 1e12]),  # in billions, hundredths would make both 0
        ([3e15, 1e15], [3e11, 1e11]),
    ],
)
def test_values_of_any_size_weigh_alike(
    engine: Engine, tmp_path: Path, values: list[float], wanted: list[float]
) -> None:
    path = write(tmp_path / "products.parquet", value=pa.array(values))
    rows = read_plant_products(engine.spark, path, needs_value=True).toArrow().to_pylist()
    found = [row["value"] for row in sorted(rows, key=lambda row: row["product"])]
    assert [each / sum(found) for each in found] == pytest.approx(
        [each / sum(wanted) for each in wanted], rel=1e-12
    )
    assert 1e11 <= max(found) <= 1e12 or found == wanted


# --- folders ------------------------------------------------------------------------------------


def folder_of(top: Path, **files: dict[str, Any]) -> str:
    """A folder of products: each file's columns by its path, `__` for a folder within."""
    for name, columns in files.items():
        path = top / f"{name.replace('__', '/').replace('_is_', '=')}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), path)
    return str(top)


def test_a_folder_is_read_as_the_rows_of_all_its_files(engine: Engine, tmp_path: Path) -> None:
    """Files of other types, columns in names of folders, hidden ones, and a name like a pattern."""
    first = {"product": pa.array(["0101"]), "value": pa.array([1.5])}
    path = folder_of(
        tmp_path / "products [é]",
        year_is_1980__a={"establishment_id": pa.array([7], pa.uint64()), **first},
        year_is_1980__b={"establishment_id": pa.array([8], pa.uint64()), **first},
        year_is_1988__a={
            "establishment_id": pa.array([" 9 "]),
            "product": pa.array([202]),
            "value": pa.array([3]).cast(pa.decimal128(22, 2)),
        },
        _temporary__a={"product": pa.array([1])},
    )
    assert row_table_problems(path, needs_value=True, year="start") == []
    rows = read_plant_products(engine.spark, path, needs_value=True, year="start")
    found = sorted(tuple(row.values()) for row in rows.toArrow().to_pylist())
    assert found == [("7", "0101", 1.5, 1980), ("8", "0101", 1.5, 1980), ("9", "202", 3.0, 1988)]
    of_1988 = read_plant_products(engine.spark, path, needs_value=False, year=1988).toArrow()
    assert of_1988.column("establishment_id").to_pylist() == ["9"]


def test_a_folder_that_is_no_table_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    mixed = folder_of(tmp_path / "mixed", a=ROWS)
    (tmp_path / "mixed/b.csv").write_text("establishment_id,product\n1,2\n", "utf-8")
    wrong = folder_of(tmp_path / "wrong", a=ROWS, b={**ROWS, "product": pa.array([1.0, 2.0])})
    (none,), (two_kinds,), (column,) = (
        row_table_problems(str(path), needs_value=True) for path in (empty, mixed, wrong)
    )
    assert "holds no file" in none.what
    assert "holds other files than .parquet, or than .csv" in two_kinds.what
    assert "column 'product' is double" in column.what
    assert column.where.endswith("wrong/b.parquet")


def test_notes_in_a_folder_are_no_data(tmp_path: Path) -> None:
    folder = tmp_path / "products"
    folder.mkdir()
    write(folder / "a.parquet")
    for name in ("README.md", "sums.sha256", "_SUCCESS"):
        (folder / name).write_text("x")
    assert row_table_problems(str(folder), needs_value=True) == []


def test_a_folder_of_rows_without_a_value_holds_none(tmp_path: Path) -> None:
    place = tmp_path / "products/product=__HIVE_DEFAULT_PARTITION__"
    place.mkdir(parents=True)
    pq.write_table(pa.table({"establishment_id": ["a"]}), place / "0.parquet")
    (file,) = row_table_files("plant_products", str(tmp_path / "products"))
    assert dict(file.named) == {"product": ""}


def test_files_of_a_folder_are_named_as_the_folder_is(tmp_path: Path) -> None:
    folder = tmp_path / "products"
    (folder / "year=1988").mkdir(parents=True)
    write(folder / "year=1988" / "a.parquet")
    for given in (str(folder), folder.as_uri()):
        (file,) = row_table_files("plant_products", given)
        assert file.path == "year=1988/a.parquet"
        assert file.place.given == file.place.root == f"{given}/year=1988/a.parquet"
        assert file.place.path == str(folder / "year=1988" / "a.parquet")
