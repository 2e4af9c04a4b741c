"""Exact percentiles and histograms of log size, of all groups at once.

Each (size, year, membership) is counted once in fine bins; every group is a sum of such cells, and
one more pass looks at the rows of the few bins that hold a wanted rank.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tradegains.formulas.distribution import HistogramBin, SizeDistribution, SizeGroup
from tradegains.formulas.membership import MembershipBits
from tradegains.formulas.quantiles import interpolate, linear_position
from tradegains.statistics.arrays import CompositeKey, FloatArray, ManyToMany, sum_by
from tradegains.statistics.ranks import ROW_LIMIT, Strata, TargetRanks, select_ranks, strata_of
from tradegains.tables import working as w
from tradegains.transforms.ranking import count_bins
from tradegains.transforms.sizes import SIZE, SIZES, UNITS, rank_sizes

REFINEMENT = 6
"""Binary digits that cut a bin of the histogram into first bins."""


def describe_sizes(
    matched: DataFrame,
    groups: Sequence[SizeGroup],
    *,
    bits: MembershipBits,
    removing: int,
    bin_width: float,
    row_limit: int = ROW_LIMIT,
) -> list[SizeDistribution]:
    """Distribution of log size of each group, in their order.

    Args:
        matched: matched rows.
        groups: what is described; may be empty.
        bits: positions of the sets in a membership.
        removing: bits of the rules whose rows are quarantined.
        bin_width: of the histograms [log points].
        row_limit: rows that may be collected to end the search.
    """
    if not groups:
        return []
    years = {size: sorted({g.year for g in groups if g.size == size}) for size in SIZES}
    ranked = rank_sizes(matched, years=years, removing=removing, bin_width=bin_width)
    keys = (SIZE, w.YEAR, w.MEMBERSHIP)
    cells = count_bins(ranked, keys=keys, refinement=REFINEMENT).toArrow()
    strata = strata_of(cells, keys=keys, on=(SIZE, w.YEAR))
    members = _strata_of_groups(strata, groups, bits)
    histograms = _histograms(cells, strata, members, len(groups))
    counts = [sum(each.establishments for each in histogram) for histogram in histograms]
    wanted = _wanted_ranks(groups, counts)
    values = select_ranks(
        ranked,
        cells,
        refinement=REFINEMENT,
        strata=strata,
        members=members,
        targets=_targets(wanted),
        row_limit=row_limit,
    )
    quantiles = _quantiles(groups, wanted, values)
    return [SizeDistribution(*found) for found in zip(counts, quantiles, histograms, strict=True)]


def _strata_of_groups(
    strata: Strata, groups: Sequence[SizeGroup], bits: MembershipBits
) -> ManyToMany:
    size, year, membership = (strata.table[key].to_numpy() for key in strata.keys)
    stratum, number = [np.array([], dtype=np.int64)], [np.array([], dtype=np.int64)]
    for position, group in enumerate(groups):
        required, forbidden = (
            sum(bits.bit(name) for name in side) for side in (group.inside, group.outside)
        )
        is_member = (membership & required == required) & (membership & forbidden == 0)
        is_described = (size == SIZES.index(group.size)) & (year == group.year)
        stratum.append(np.flatnonzero(is_member & is_described))
        number.append(np.full(len(stratum[-1]), position))
    return ManyToMany.of(np.concatenate(stratum), np.concatenate(number))


def _histograms(
    cells: pa.Table, strata: Strata, members: ManyToMany, groups: int
) -> list[tuple[HistogramBin, ...]]:
    rows, group = members.expand(strata.numbers(cells))
    number = np.right_shift(cells[w.BIN].to_numpy().astype(np.int64), REFINEMENT)[rows]
    pairing = CompositeKey.of(number)
    names = (w.ESTABLISHMENTS, w.EMPLOYMENT)
    keys, summed = sum_by(
        pairing.pack(group, number), {name: cells[name].to_numpy()[rows] for name in names}
    )
    histograms: list[list[HistogramBin]] = [[] for _ in range(groups)]
    columns = (*pairing.unpack(keys), *(summed[name] for name in names))
    for each, *filled in zip(*(column.tolist() for column in columns), strict=True):
        histograms[each].append(HistogramBin(*filled))
    return [tuple(histogram) for histogram in histograms]


@dataclass(frozen=True)
class _WantedRank:
    """Where a percentile lies: its group, its share, the lower rank and the way to the next."""

    group: int
    share: Fraction
    lower: int
    fraction: Fraction


def _wanted_ranks(groups: Sequence[SizeGroup], counts: Sequence[int]) -> list[_WantedRank]:
    return [
        _WantedRank(position, share, *linear_position(count, share))
        for position, (group, count) in enumerate(zip(groups, counts, strict=True))
        for share in group.shares
        if count
    ]


def _targets(wanted: Sequence[_WantedRank]) -> TargetRanks:
    """Two ranks a percentile, counted from 1: the lower and, where it is needed, the next."""
    group = np.array([each.group for each in wanted for _ in range(2)], dtype=np.int64)
    rank = [each.lower + 1 + step for each in wanted for step in (0, 1 if each.fraction else 0)]
    return TargetRanks(group, np.array(rank, dtype=np.int64), np.zeros(len(rank), dtype=bool))


def _quantiles(
    groups: Sequence[SizeGroup], wanted: Sequence[_WantedRank], values: FloatArray
) -> list[dict[Fraction, float]]:
    """Percentiles of log size: the logarithms of the two values, interpolated."""
    found: list[dict[Fraction, float]] = [{} for _ in groups]
    pairs = zip(values[0::2].tolist(), values[1::2].tolist(), strict=True)
    for each, (lower, upper) in zip(wanted, pairs, strict=True):
        unit = UNITS[groups[each.group].size]
        ends = math.log(lower / unit), math.log(upper / unit)
        found[each.group][each.share] = interpolate(*ends, each.fraction)
    return found
