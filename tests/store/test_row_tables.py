"""Rows of plant_products: types that would match nothing, and names that are no patterns."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradegains.engines.start import Engine
from tradegains.store.row_tables import read_plant_products, row_table_problems

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
