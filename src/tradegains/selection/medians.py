"""Exact unweighted medians of log productivity by industry, over one year or several."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tradegains.formulas.distribution import IndustryMedian
from tradegains.formulas.quantiles import MEDIAN, interpolate, linear_position
from tradegains.selection.members import Members, Whole
from tradegains.selection.ranks import ROW_LIMIT, Targets, Units, select_ranks, units_of
from tradegains.tables import working as w
from tradegains.transforms.productivity import rank_log_productivity
from tradegains.transforms.ranking import count_bins

REFINEMENT = 4
"""Binary digits of the first bins: 1/16 of a log point."""

Years = tuple[int, ...]


def industry_medians(
    matched: DataFrame, pools: Mapping[str, Years], *, row_limit: int = ROW_LIMIT
) -> dict[tuple[str, int], IndustryMedian]:
    """Median log productivity by pool of years and industry.

    Args:
        matched: matched rows.
        pools: name of each pool of years, such as "1988" or "post", and its years.
        row_limit: rows that may be collected to end the search.

    Returns:
        One entry per pool and industry with an establishment that has log productivity.
    """
    ranked = rank_log_productivity(matched)
    keys = (w.YEAR, w.INDUSTRY)
    cells = count_bins(ranked, keys=keys, refinement=REFINEMENT).toArrow()
    units = units_of(cells, keys=keys, on=keys)
    members, groups = _industries_of_pools(units, pools)
    counts = _group_counts(cells, units, members, len(groups))
    targets = _middle_ranks(counts)
    values = select_ranks(
        ranked,
        cells,
        refinement=REFINEMENT,
        units=units,
        members=members,
        targets=targets,
        row_limit=row_limit,
    )
    return {
        group: IndustryMedian(count, interpolate(lower, upper, linear_position(count, MEDIAN)[1]))
        for group, count, lower, upper in zip(
            groups, counts.tolist(), values[0::2].tolist(), values[1::2].tolist(), strict=True
        )
    }


def _industries_of_pools(
    units: Units, pools: Mapping[str, Years]
) -> tuple[Members, list[tuple[str, int]]]:
    years, industries = (units.table[key].to_pylist() for key in units.keys)
    pairs = [
        (unit, (pool, industries[unit]))
        for pool, pooled in pools.items()
        for unit, year in enumerate(years)
        if year in pooled
    ]
    groups = list(dict.fromkeys(group for _, group in pairs))
    number = {group: position for position, group in enumerate(groups)}
    unit = np.array([unit for unit, _ in pairs], dtype=np.int64)
    return Members.of(unit, np.array([number[group] for _, group in pairs], np.int64)), groups


def _group_counts(cells: pa.Table, units: Units, members: Members, groups: int) -> Whole:
    rows, group = members.expand(units.numbers(cells))
    counts = np.zeros(groups, dtype=np.int64)
    np.add.at(counts, group, cells[w.ESTABLISHMENTS].to_numpy()[rows])
    return counts


def _middle_ranks(counts: Whole) -> Targets:
    """Two targets per group: the lower and the upper middle rank, from 1."""
    lower = (counts + 1) // 2
    upper = counts // 2 + 1
    group = np.repeat(np.arange(len(counts)), 2)
    rank = np.stack([lower, upper], axis=1).ravel()
    return Targets(group, rank, np.zeros(len(rank), dtype=bool))
