"""What publishing refuses: rows that are not as their table is declared."""

import pyarrow as pa
import pytest

from tradegains.errors import TradegainsError
from tradegains.store.arrow_tables import arrow_schema
from tradegains.store.delta import DeltaRs
from tradegains.store.judging import require_declared, undeclared
from tradegains.store.runs import RunRecord, publish, published_runs
from tradegains.tables.columns import COUNT, NUMBER, TEXT
from tradegains.tables.published import TABLES
from tradegains.tables.table import ABOVE_0, SHARE, Column, Range, Table

TABLE = Table(
    name="made_up",
    title="Made up",
    family="",
    key=("name", "number"),
    columns=(
        Column("name", TEXT, "", "a name", nullable=True, words=("one", "two")),
        Column("number", COUNT, "", "a number", range=Range(at_least=1, below=9)),
        Column("share", NUMBER, "share", "a share", nullable=True, range=SHARE),
        Column("scale", NUMBER, "", "a factor", range=ABOVE_0),
    ),
)
RIGHT = {"name": ["one", None], "number": [1, 1], "share": [0.0, None], "scale": [0.5, 2.0]}
TYPES = {"name": pa.string(), "number": pa.int64(), "share": pa.float64(), "scale": pa.float64()}


def told(**changed: list[object]) -> list[tuple[str, str, int | None]]:
    """What is wrong with the right rows, so changed."""
    columns = {
        name: pa.array(values, TYPES[name], from_pandas=False)
        for name, values in (RIGHT | changed).items()
    }
    return [(each.what, each.where, each.count) for each in undeclared(TABLE, pa.table(columns))]


def column(name: str) -> str:
    return f"column {name} of table made_up"


def test_rows_as_declared_are_taken() -> None:
    assert told() == []
    assert told(share=[1.0, 0.5]) == []
    assert told(**{name: [] for name in RIGHT}) == []


def test_a_key_that_comes_twice_is_refused_also_with_null() -> None:
    what = "rows repeat the key name, number"
    assert told(name=[None, None]) == [(what, "the rows of table made_up", 1)]
    assert told(name=["one", "one"]) == [(what, "the rows of table made_up", 1)]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    found = [("numbers that are not finite", column("share"), 1)]
    assert told(share=[value, None]) == found


def test_a_null_where_none_may_be_is_refused() -> None:
    assert told(scale=[None, None]) == [("nulls where none may be", column("scale"), 2)]


def test_a_text_that_is_not_declared_is_refused_and_not_told() -> None:
    assert told(name=["three", "four"]) == [("texts that are not declared", column("name"), 2)]


def test_bounds_are_closed_or_open_as_declared() -> None:
    outside = ("numbers outside [1, 9)", column("number"), 1)
    assert told(number=[0, 1]) == [outside]
    assert told(number=[9, 1]) == [outside]
    assert told(number=[8, 1]) == []
    assert told(scale=[0.0, 1.0]) == [("numbers outside (0, ∞)", column("scale"), 1)]
    assert told(scale=[5e-324, 1.0]) == []


def test_a_closed_bound_allows_for_the_last_bits_of_a_division() -> None:
    assert told(share=[1.0 + 2.0**-52, -1e-17]) == []
    assert told(share=[1.0 + 2e-9, -2e-9]) == [("numbers outside [0, 1]", column("share"), 2)]


def test_every_fault_of_every_table_is_told_in_one_error() -> None:
    rows = pa.Table.from_pylist(
        [
            {"run_id": "a", "year": 1988, "rule": "read", "rows": -1},
            {"run_id": "a", "year": 1988, "rule": "read", "rows": None},
        ],
        schema=arrow_schema("quality"),
    )
    with pytest.raises(TradegainsError) as refused:
        require_declared({"quality": rows})
    assert [each.count for each in refused.value.problems] == [1, 1, 1]
    assert "column rows of table quality" in str(refused.value)
    assert refused.value.exit_code == 1


def test_nothing_is_published_where_one_table_is_refused(tmp_path) -> None:
    rows = {"run_id": "a", "year": 1988, "rule": "read", "action": None, "rows": 5}
    good = pa.Table.from_pylist([rows], schema=arrow_schema("quality"))
    bad = pa.Table.from_pylist([rows | {"run_id": "b", "rows": -5}], schema=arrow_schema("quality"))
    store = DeltaRs(str(tmp_path))
    record = RunRecord("s", "", "[]", "", "", "", "[]")
    tables = {"quality": good, "coverage": arrow_schema("coverage").empty_table()}
    publish(store, "a", record, tables)
    with pytest.raises(TradegainsError, match="numbers outside"):
        publish(store, "b", record, {"coverage": tables["coverage"], "quality": bad})
    assert published_runs(store)["run_id"].to_pylist() == ["a"]
    assert store.version("coverage") == 1, "nothing of it was written"


def test_tables_are_declared_with_a_key_and_a_meaning() -> None:
    for table in TABLES.values():
        assert table.columns[0].name == "run_id"
        assert len(set(table.names)) == len(table.names)
        assert table.key, table.name
        assert table.title, table.name
        for each in table.columns:
            assert each.meaning, (table.name, each.name)
            assert not (each.words and each.type != TEXT), (table.name, each.name)


def test_a_key_of_columns_that_are_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="has no column more"):
        Table("quality", "", "", TABLES["quality"].columns, ("year", "more"))
