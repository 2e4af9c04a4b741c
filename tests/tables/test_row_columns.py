"""Rows held by column are rows: read, cut and put together as a list of dictionaries is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.tables.row_columns import RowColumns, together, with_shared

values = st.one_of(st.none(), st.integers(0, 9), st.text(max_size=2))
tables = st.lists(st.fixed_dictionaries({"a": values, "b": values}), max_size=6)


def by_column(rows):
    return RowColumns.of((1, row) for row in rows) if rows else RowColumns({"a": [], "b": []})


@given(tables, tables, st.slices(6))
def test_columns_are_read_as_rows(rows, others, cut):
    held, beside = by_column(rows), by_column(others)
    assert (list(held), len(held)) == (rows, len(rows))
    assert [held[place] for place in range(len(rows))] == rows
    assert list(held[cut]) == rows[cut]
    shared = with_shared(held, ids="raw")
    assert isinstance(shared, RowColumns)
    assert list(shared) == with_shared(rows, ids="raw")
    assert list(together([held, beside])) == together([rows, others]) == rows + others
    assert list(together([held, others])) == rows + others


def test_columns_must_fit_each_other():
    with pytest.raises(ValueError, match=r"different lengths: \[1, 2\]"):
        RowColumns({"a": [1], "b": [1, 2]})
    with pytest.raises(ValueError, match=r"columns differ: \['b', 'c'\]"):
        RowColumns.of([(1, {"a": 1, "b": 2}), (1, {"a": 1, "c": 2})])
