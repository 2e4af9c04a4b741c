"""Rows held to what their table declares, before anything of them is published.

Decision: a bound holds to a billionth, so that a share of 1 plus the last bits of a division is no
reason to refuse a run that took hours. A number that is not finite, a null where none may be and a
key that comes twice have no such allowance.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from tradegains.errors import Problem, TradegainsError
from tradegains.tables.published import TABLES
from tradegains.tables.table import Column, Range, Table

ROUNDING = 1e-9
"""How far beyond a bound a number may lie, in the bound's own size where that is above 1."""

_CURE = "this is a fault of tradegains: please report it with its version, engine and study"


def require_declared(tables: Mapping[str, pa.Table]) -> None:
    """Refuse rows that are not as their tables declare.

    Args:
        tables: rows in the declared columns and types, by name of the table.

    Raises:
        TradegainsError: every key that comes twice, null where none may be, number out of its
            range or not finite, and text that is none of the declared ones: table, column and how
            many.
    """
    problems = [
        problem for name, rows in tables.items() for problem in undeclared(TABLES[name], rows)
    ]
    if problems:
        raise TradegainsError([*problems[:-1], replace(problems[-1], cure=_CURE)])


def undeclared(table: Table, rows: pa.Table) -> Iterator[Problem]:
    """What about rows is not as their table declares."""
    if repeated := rows.num_rows - _distinct(rows, table.key):
        where = f"the rows of table {table.name}"
        yield Problem(f"rows repeat the key {', '.join(table.key)}", where, repeated)
    there = set(rows.column_names)
    for column in table.columns:
        if column.section and column.name not in there:
            continue
        for what, count in _faults(column, rows.column(column.name)).items():
            if count:
                where = f"column {column.name} of table {table.name}"
                yield Problem(what, where, count)


def _distinct(rows: pa.Table, key: tuple[str, ...]) -> int:
    return int(rows.select(key).group_by(list(key)).aggregate([]).num_rows)


def _faults(column: Column, values: pa.ChunkedArray) -> dict[str, int]:
    """How many values have each fault that a column of this type can have."""
    found = {} if column.nullable else {"nulls where none may be": values.null_count}
    if pa.types.is_floating(values.type):
        found["numbers that are not finite"] = _count(pc.invert(pc.is_finite(values)))
    if column.range is not None:
        found[f"numbers outside {column.range}"] = _count(_outside(column.range, values))
    if column.words:
        known = pc.is_in(values, value_set=pa.array(column.words), skip_nulls=False)
        found["texts that are not declared"] = _count(pc.invert(pc.or_(known, pc.is_null(values))))
    return found


def _outside(range: Range, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether each value lies outside; a number that is not finite is a fault of its own."""
    tests = []
    if range.at_least is not None:
        tests.append(pc.less(values, range.at_least - _allowed(range.at_least)))
    if range.above is not None:
        tests.append(pc.less_equal(values, range.above))
    if range.at_most is not None:
        tests.append(pc.greater(values, range.at_most + _allowed(range.at_most)))
    if range.below is not None:
        tests.append(pc.greater_equal(values, range.below))
    outside = tests[0]
    for test in tests[1:]:
        outside = pc.or_(outside, test)
    return pc.and_(outside, pc.is_finite(values)) if pa.types.is_floating(values.type) else outside


def _allowed(bound: float) -> float:
    return ROUNDING * max(1.0, abs(bound))


def _count(true: pa.ChunkedArray) -> int:
    """How many are true; null counts as false."""
    return int(pc.sum(true).as_py() or 0)
