"""Replicates of who starts to export, for `results.regressions`'s rows: ratios need no factor.

Decision: quartiles of productivity are those of all units, as for job flows. What a probit adds has
its own error, from the information.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tradegains.results.market_cells import Whole
from tradegains.results.regressions import QUARTILES
from tradegains.results.replicates import (
    GroupedCells,
    Replicates,
    UnitGroups,
    quotient,
    rows_with_errors,
)
from tradegains.results.sums_by_group import SumsByGroup
from tradegains.study import Uncertainty
from tradegains.tables import working as w

EntriesByGroup = Mapping[tuple[int, float, int], tuple[int, int]]
"""Establishments and their sales [hundredths], by quartile, whether they start, and group."""


def entry_rows_with_errors(
    rows: Iterable[Mapping[str, Any]],
    cells: EntriesByGroup,
    *,
    sales: Whole,
    groups: UnitGroups,
    stated: Uncertainty,
) -> list[dict[str, Any]]:
    """Rows of `export_entry` with the errors of their rates.

    Args:
        rows: as `export_entry_rows` gives them.
        cells: by group as it is called in sums.
        sales: of all establishments of the window's first year, of each group [hundredths].
        groups: of units.
        stated: how errors are told.
    """
    whole = np.asarray(sales.sum() - sales, float)
    keys = np.array([*cells], float).reshape(-1, 3)
    amounts = np.array([*cells.values()], np.int64).reshape(-1, 2)
    starts = keys[:, 1] == 1.0
    sums = SumsByGroup.of(
        [keys[:, 0].astype(np.int64)],
        groups.numbers(np.array([group for *_, group in cells], np.int64)),
        {
            "establishments": amounts[:, 0],
            "starters": np.where(starts, amounts[:, 0], 0),
            "sales": amounts[:, 1],
            "starters_sales": np.where(starts, amounts[:, 1], 0),
        },
        count=groups.count,
    )
    found: dict[int | None, dict[str, Replicates]] = {
        number: _rates(sums.where(sums.keys[0] == number), whole) for number in QUARTILES
    }
    found[None] = _rates(sums, whole)
    told = ((row, found.get(row["quartile"], {}), "") for row in rows)
    return rows_with_errors("export_entry", told, stated)


def sales_of_groups(grouped: GroupedCells, year: int) -> Whole:
    """Sales in a year of each group [hundredths]."""
    cells = grouped.cells.of_year(year)
    everyone = np.zeros(len(cells), np.int64)
    sums = grouped.sums([everyone], {w.SALES: cells[w.SALES]}, cells)
    of_groups: Whole = sums[w.SALES].sum(axis=0)
    return of_groups


def _rates(sums: SumsByGroup, whole: Replicates) -> dict[str, Replicates]:
    left = {name: sums.left(name).sum(axis=0).astype(float) for name in sums.sums}
    return {
        "starter_rate": quotient(left["starters"], left["establishments"]),
        "output_share": quotient(left["sales"], whole),
        "starter_output_share": quotient(left["starters_sales"], whole),
    }
