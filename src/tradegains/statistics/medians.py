"""Exact unweighted quantiles of log productivity by industry, over one year or several."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tradegains.formulas.distribution import IndustryMedian
from tradegains.formulas.quantiles import MEDIAN, interpolate, linear_position
from tradegains.statistics.arrays import IntArray, ManyToMany
from tradegains.statistics.ranks import ROW_LIMIT, Strata, TargetRanks, select_ranks, strata_of
from tradegains.tables import working as w
from tradegains.transforms.productivity import rank_log_productivity
from tradegains.transforms.ranking import count_bins

REFINEMENT = 4
"""Binary digits of the first bins: 1/16 of a log point."""

QUARTILES = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))

Years = tuple[int, ...]
Quantiles = tuple[int, tuple[float, ...]]
"""Establishments with log productivity, and their quantiles."""


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
    found = industry_quantiles(matched, pools, (MEDIAN,), row_limit=row_limit)
    return {group: IndustryMedian(count, median) for group, (count, (median,)) in found.items()}


def industry_quantiles(
    matched: DataFrame,
    pools: Mapping[str, Years],
    probabilities: Sequence[Fraction],
    *,
    row_limit: int = ROW_LIMIT,
) -> dict[tuple[str, int], Quantiles]:
    """Interpolated quantiles of log productivity by pool of years and industry.

    As `industry_medians`, with the probabilities of the quantiles.
    """
    ranked = rank_log_productivity(matched)
    keys = (w.YEAR, w.INDUSTRY)
    cells = count_bins(ranked, keys=keys, refinement=REFINEMENT).toArrow()
    strata = strata_of(cells, keys=keys, on=keys)
    members, groups = _industries_of_pools(strata, pools)
    counts = _group_counts(cells, strata, members, len(groups))
    positions = [linear_position(count, p) for count in counts.tolist() for p in probabilities]
    values = select_ranks(
        ranked,
        cells,
        refinement=REFINEMENT,
        strata=strata,
        members=members,
        targets=_ranks_around(positions, counts, len(probabilities)),
        row_limit=row_limit,
    )
    quantiles = [
        interpolate(lower, upper, fraction)
        for (_, fraction), lower, upper in zip(
            positions, values[0::2].tolist(), values[1::2].tolist(), strict=True
        )
    ]
    each = len(probabilities)
    return {
        group: (count, tuple(quantiles[each * number : each * (number + 1)]))
        for number, (group, count) in enumerate(zip(groups, counts.tolist(), strict=True))
    }


def _industries_of_pools(
    strata: Strata, pools: Mapping[str, Years]
) -> tuple[ManyToMany, list[tuple[str, int]]]:
    years, industries = (strata.table[key].to_pylist() for key in strata.keys)
    pairs = [
        (stratum, (pool, industries[stratum]))
        for pool, pooled in pools.items()
        for stratum, year in enumerate(years)
        if year in pooled
    ]
    groups = list(dict.fromkeys(group for _, group in pairs))
    number = {group: position for position, group in enumerate(groups)}
    stratum = np.array([stratum for stratum, _ in pairs], dtype=np.int64)
    return ManyToMany.of(stratum, np.array([number[group] for _, group in pairs], np.int64)), groups


def _group_counts(cells: pa.Table, strata: Strata, members: ManyToMany, groups: int) -> IntArray:
    rows, group = members.expand(strata.numbers(cells))
    counts = np.zeros(groups, dtype=np.int64)
    np.add.at(counts, group, cells[w.ESTABLISHMENTS].to_numpy()[rows])
    return counts


def _ranks_around(
    positions: Sequence[tuple[int, Fraction]], counts: IntArray, probabilities: int
) -> TargetRanks:
    """Two targets per group and probability: the ranks below and above its position, from 1."""
    group = np.repeat(np.arange(len(counts)), probabilities)
    lower = np.array([rank + 1 for rank, _ in positions], dtype=np.int64)
    between = np.array([fraction > 0 for _, fraction in positions], dtype=np.int64)
    rank = np.stack([lower, lower + between], axis=1).ravel()
    return TargetRanks(np.repeat(group, 2), rank, np.zeros(len(rank), dtype=bool))
