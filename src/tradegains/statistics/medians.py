"""Exact unweighted quantiles of log productivity by industry, over one year or several."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from pyspark.sql import DataFrame

from tradegains.formulas.distribution import IndustryMedian
from tradegains.formulas.quantiles import MEDIAN, interpolate, linear_position
from tradegains.statistics.arrays import IntArray, ManyToMany
from tradegains.statistics.ranks import ROW_LIMIT, BinnedRows, Position, Strata
from tradegains.tables import working as w
from tradegains.transforms.productivity import rank_log_productivity

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
    medians = industry_quantiles(matched, pools, (MEDIAN,), row_limit=row_limit)
    return {group: IndustryMedian(count, median) for group, (count, (median,)) in medians.items()}


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
    binned = BinnedRows.of(ranked, keys=keys, on=keys, refinement=REFINEMENT)
    strata_of_groups, groups = _industries_of_pools(binned.strata, pools)
    counts = _group_counts(binned, strata_of_groups, len(groups)).tolist()
    wanted = [
        Position(group, lower + 1, fraction)
        for group, count in enumerate(counts)
        for lower, fraction in (linear_position(count, p) for p in probabilities)
    ]
    values = binned.values_around(wanted, strata_of_groups, row_limit=row_limit)
    quantiles = [
        interpolate(*ends, each.fraction) for each, ends in zip(wanted, values, strict=True)
    ]
    each = len(probabilities)
    return {
        group: (count, tuple(quantiles[each * number : each * (number + 1)]))
        for number, (group, count) in enumerate(zip(groups, counts, strict=True))
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


def _group_counts(binned: BinnedRows, strata_of_groups: ManyToMany, groups: int) -> IntArray:
    rows, group = strata_of_groups.expand(binned.stratum)
    counts = np.zeros(groups, dtype=np.int64)
    np.add.at(counts, group, binned.column(w.ESTABLISHMENTS)[rows])
    return counts
