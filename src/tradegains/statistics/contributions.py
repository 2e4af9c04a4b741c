"""Evidence for disclosure control: what each market cell rests on, collected in a few passes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import Column, DataFrame

from tradegains.statistics.collecting import collect_in_order
from tradegains.statistics.handing import as_rows
from tradegains.tables import working as w
from tradegains.transforms.contributions import (
    alone,
    contributions,
    largest_contributions,
    second_contributions,
    spread_contributors,
    sum_spread,
)


@dataclass(frozen=True)
class Contributions:
    """What sums rest on.

    Attributes:
        cells: a row per cell: rows and amounts of contributors with one row in the year, with the
            size, the largest and the second largest contribution of each amount.
        spread: a row per cell and contributor with several rows in the year: its amounts.
    """

    cells: pa.Table
    spread: pa.Table


def collect_contributions(
    matched: DataFrame,
    *,
    keys: Sequence[str],
    amounts: Mapping[str, Column],
    removing: int,
    keep: Callable[[DataFrame], DataFrame],
) -> Contributions:
    """Contributions to every cell.

    Args:
        matched: rows with `flags`, keys and, where the census names enterprises, `contributor`.
        keys: of a cell, the year first.
        amounts: by name.
        removing: bits of the rules whose rows are no part of the study.
        keep: writes a small frame and reads it back, so that it is computed once.
    """
    names = list(amounts)
    rows = contributions(matched, keys=keys, amounts=amounts, removing=removing)
    spread = pa.table({w.CONTRIBUTOR: pa.array([], pa.int64())})
    if w.CONTRIBUTOR in rows.columns:
        several = keep(spread_contributors(rows))
        spread = collect_in_order(sum_spread(rows, several, keys=keys, amounts=names))
        rows = alone(rows, several)
    cells = collect_in_order(largest_contributions(rows, keys=keys, amounts=names))
    return Contributions(_with_second(rows, cells, keys=keys, amounts=names), spread)


def _with_second(
    rows: DataFrame, cells: pa.Table, *, keys: Sequence[str], amounts: Sequence[str]
) -> pa.Table:
    """The cells with the second largest contributions beside the largest."""
    handed = cells.select([*keys, *map(w.largest_of, amounts)])
    found = second_contributions(rows, as_rows(handed, beside=rows), keys=keys, amounts=amounts)
    second = collect_in_order(found)
    for name in map(w.second_of, amounts):
        # Both are in ascending order of the same keys, of which each cell has its own.
        cells = cells.append_column(name, second[name])
    if not cells.select(list(keys)).equals(second.select(list(keys))):
        raise ValueError("the cells of two passes over the same rows differ")
    return cells
