"""Gated tables as they leave: what is withheld is empty, and named in a last column."""

from typing import Any

import pyarrow as pa

from tradegains.release.gate import GatedCell, GatedTable
from tradegains.release.rounding import rounded_count, rounded_value
from tradegains.release.rules import Rules
from tradegains.tables.disclosure import FREQUENCIES, PUBLIC
from tradegains.tables.published import TABLES

WITHHELD = "withheld"


def released_rows(table: GatedTable, rules: Rules) -> pa.Table:
    """A table as it leaves: rounded, with the column `withheld` at its end.

    The column names what is withheld in the row, separated by a space; an empty cell that it does
    not name is null in the published table as well.
    """
    rows = []
    for row, cells in zip(table.before.to_pylist(), table.cells, strict=True):
        shown = {name: None if name in cells else value for name, value in row.items()}
        for column, cell in cells.items():
            if not cell.reason:
                shown[column] = _rounded(table.name, column, row[column], cell=cell, rules=rules)
        withheld = [name for name in cells if shown[name] is None]
        rows.append({**shown, WITHHELD: " ".join(withheld)})
    schema = table.before.schema.append(pa.field(WITHHELD, pa.string()))
    return pa.Table.from_pylist(rows, schema=schema)


def _rounded(name: str, column: str, value: Any, *, cell: GatedCell, rules: Rules) -> Any:
    """A number as it leaves; None where rounding says no more than that it is small."""
    declared = TABLES[name].disclosure
    kind = declared.numbers[column].kind if declared else PUBLIC
    rounding = rules.rounding
    if kind == PUBLIC:
        return value
    if isinstance(value, int):
        return rounded_count(value, rounding.counts)
    if kind == FREQUENCIES and rounding.counts:
        counts = [rounded_count(int(each), rounding.counts) for each in cell.sums]
        part, whole = counts[0], counts[-1]
        if part is None or not whole:
            return None
        return rounded_value(part / whole, rounding.values)
    return rounded_value(value, rounding.values)
