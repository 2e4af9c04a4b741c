"""One pass over the matched rows: the sums of every window's panel."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from tradegains.errors import InputError, Problem
from tradegains.formulas.fixed_point import split_bits
from tradegains.formulas.panel_cells import PanelCells, PanelWindow
from tradegains.statistics.collecting import collect_in_order
from tradegains.tables import working as w
from tradegains.transforms.panel_sums import PanelPlan, sum_panels

LARGEST_LOG = 2047
"""Bound of log productivity: amounts and prices are doubles, whose logarithms stay below 746."""

LARGEST_TOTAL = 2**62
"""A year's weight must stay below it, or sums of weights could wrap."""


def collect_panels(
    matched: DataFrame,
    windows: Sequence[PanelWindow],
    *,
    years: Sequence[int],
    industries: Sequence[str],
    totals: Mapping[str, int],
    by_group: bool = False,
    marks: int = 0,
    unknown: Mapping[str, int] | None = None,
) -> PanelCells:
    """Sums over the establishments of these years and of each window's two years.

    Args:
        matched: matched rows, with the later values of each window.
        windows: windows whose panels are summed.
        years: years whose own sums are wanted besides.
        industries: industry columns to tell apart.
        totals: the largest sum of any year by weight column, and of establishments under UNIT.
        by_group: whether rows have a group of units to tell cells apart by.
        marks: further membership bits that the cells keep apart.
        unknown: flags of rows whose weight is unknown, by weight column, where some row lacks it.

    Raises:
        InputError: a year's weight does not fit a whole number of 64 bits.
    """
    _require_room(totals)
    # Windows with one first year need a column each for what comes later; windows with different
    # first years share one, for a row is the first year of at most one of them in each layer.
    plan = PanelPlan(
        years=tuple(sorted({*years, *(year for each in windows for year in _ends(each))})),
        layers=_layers(windows),
        weights=tuple(name for name in totals if name != w.UNIT),
        industries=tuple(industries),
        mask=_mask(windows) | marks,
        bits={
            name: split_bits(total, totals[w.UNIT], largest=LARGEST_LOG)
            for name, total in totals.items()
        },
        by_group=by_group,
        unknown=unknown or {},
    )
    summed = collect_in_order(sum_panels(matched, plan))
    columns = {name: _column(summed[name], name) for name in summed.column_names}
    return PanelCells(columns, tuple(windows), plan.bits)


def _mask(windows: Sequence[PanelWindow]) -> int:
    bits = {window.both_ends for window in windows}
    return sum(bits.union(*(window.unknown.values() for window in windows)))


def _ends(window: PanelWindow) -> tuple[int, int]:
    return window.start, window.end


def _layers(windows: Sequence[PanelWindow]) -> tuple[tuple[str, ...], ...]:
    count = max((window.layer for window in windows), default=-1) + 1
    return tuple(
        tuple(window.name for window in windows if window.layer == layer) for layer in range(count)
    )


def _require_room(totals: Mapping[str, int]) -> None:
    for name, total in totals.items():
        if total >= LARGEST_TOTAL:
            raise InputError(
                Problem(
                    f"the sum of {name} over a year does not fit 64 bits",
                    "the census",
                    cure="state money in a larger unit (thousands or millions)",
                )
            )


def _column(column: pa.ChunkedArray, name: str) -> Any:
    """Nothing to add is 0, and no industry `NONE`."""
    if pa.types.is_boolean(column.type):
        return column.to_numpy()
    return column.fill_null(w.NONE if name.startswith(w.INDUSTRY) else 0).to_numpy()
