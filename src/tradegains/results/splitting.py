"""Amounts of industries that a concordance splits between several new ones.

Decisions:
- An establishment stays one: its row, id, productivity and count are those of the new industry
  with the largest weight. What it adds to sums of employment and money is split by the weights.
- Cells of one old industry are split, not rows: whole numbers by the largest remainder, so that
  parts add up to the cell to the last unit, whatever the order of rows.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradegains.formulas.concordance import Shares, main_industry, parts_numbers, split_whole
from tradegains.tables import working as w

Row = dict[str, Any]


def split_columns(
    cells: Mapping[str, NDArray[Any]],
    splits: Mapping[str, Shares],
    *,
    digits: int,
    windows: Collection[str],
) -> dict[str, NDArray[Any]]:
    """Cells as columns, those of an industry that is split in parts where they stood.

    Args:
        cells: columns of market cells with `parts_column` beside each industry column.
        splits: shares of the new industries of each old one that is split.
        digits: of an industry code.
        windows: windows with an industry column of their own.
    """
    numbers = [*parts_numbers(splits, digits=digits).values()]
    columns = map(w.parts_column, (w.INDUSTRY, *map(w.window_industry, windows)))
    is_split = np.logical_or.reduce([np.isin(cells[name], numbers) for name in columns])
    places, rows = list[int](), list[Row]()
    for place in np.flatnonzero(is_split).tolist():
        row = {name: column[place].item() for name, column in cells.items()}
        parts = split_cell(row, splits, digits=digits, windows=windows)
        places += [place] * len(parts)
        rows += parts
    order = np.argsort([*np.flatnonzero(~is_split), *places], kind="stable")
    return {
        name: np.concatenate(
            [column[~is_split], np.array([row[name] for row in rows], column.dtype)]
        )[order]
        for name, column in cells.items()
    }


def split_cell(
    row: Row, splits: Mapping[str, Shares], *, digits: int, windows: Collection[str]
) -> list[Row]:
    """A cell of an old industry as cells of the new ones; its count stays with the main industry.

    Where a window counts establishments in an industry of another year, a cell has several
    industries: each that is split is split in turn, one and the same industry only once.

    Args:
        row: a market cell with `parts_column` beside each industry column.
        splits: shares of the new industries of each old one that is split.
        digits: of an industry code.
        windows: windows with an industry column of their own.
    """
    numbers = parts_numbers(splits, digits=digits)
    by_number = {numbers[old]: shares for old, shares in splits.items()}
    columns = (w.INDUSTRY, *map(w.window_industry, windows))
    found = [row]
    for column in columns:
        found = [part for cell in found for part in _split_row(cell, column, by_number, columns)]
    return found


def _split_row(
    row: Row, column: str, by_number: Mapping[int, Shares], columns: Collection[str]
) -> Iterator[Row]:
    number = row[w.parts_column(column)]
    if number not in by_number:
        yield row
        return
    shares = by_number[number]
    alike = [name for name in columns if row[w.parts_column(name)] == number]
    summed = [name for name in row if w.twin(name) in row]
    parts = {name: split_whole(row[name], shares) for name in summed}
    main = main_industry(shares)
    for code in shares:
        amounts = {name: parts[name][code] for name in summed}
        twins = {w.twin(name): float(amount) for name, amount in amounts.items()}
        # The count stays with the main industry: parts have sums, and nobody in them.
        counts = {} if code == main else {w.ESTABLISHMENTS: 0, w.DUPLICATED_ID: 0}
        codes = {name: int(code) for name in alike}
        done = {w.parts_column(name): int(code) for name in alike}
        yield {**row, **amounts, **twins, **counts, **codes, **done}
