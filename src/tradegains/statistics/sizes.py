"""Exact percentiles and histograms of log size, of all groups at once.

Each (size, year, membership) is counted once in fine bins; every group is a sum of such cells, and
one more pass looks at the rows of the few bins that hold a wanted rank.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from pyspark.sql import DataFrame

from tradegains.formulas.distribution import HistogramBin, SizeDistribution, SizeGroup
from tradegains.formulas.fixed_point import USUAL_DECIMALS
from tradegains.formulas.membership import MembershipBits
from tradegains.formulas.quantiles import interpolate, linear_position
from tradegains.statistics.arrays import CompositeKey, ManyToMany, sum_by
from tradegains.statistics.ranks import ROW_LIMIT, BinnedRows, Position, Strata
from tradegains.tables import working as w
from tradegains.transforms.sizes import SIZE, SIZES, rank_sizes, units_of_size

REFINEMENT = 6
"""Binary digits that cut a bin of the histogram into first bins."""


def describe_sizes(
    matched: DataFrame,
    groups: Sequence[SizeGroup],
    *,
    bits: MembershipBits,
    removing: int,
    bin_width: float,
    decimals: int = USUAL_DECIMALS,
    row_limit: int = ROW_LIMIT,
) -> list[SizeDistribution]:
    """Distribution of log size of each group, in their order.

    Args:
        matched: matched rows.
        groups: what is described; may be empty.
        bits: positions of the sets in a membership.
        removing: bits of the rules whose rows are quarantined.
        bin_width: of the histograms [log points].
        decimals: that money counts to.
        row_limit: rows that may be collected to end the search.
    """
    if not groups:
        return []
    years = {size: sorted({g.year for g in groups if g.size == size}) for size in SIZES}
    ranked = rank_sizes(
        matched, years=years, removing=removing, bin_width=bin_width, decimals=decimals
    )
    keys = (SIZE, w.YEAR, w.MEMBERSHIP)
    binned = BinnedRows.of(ranked, keys=keys, on=(SIZE, w.YEAR), refinement=REFINEMENT)
    described = _numbered_groups(binned.strata, groups, bits)
    histograms = _histograms(binned, described, len(groups))
    counts = [sum(each.establishments for each in histogram) for histogram in histograms]
    wanted = _wanted_shares(groups, counts)
    positions = [position for _, position in wanted]
    values = binned.values_around(positions, described, row_limit=row_limit)
    quantiles = _quantiles(groups, wanted, values, decimals)
    return [SizeDistribution(*each) for each in zip(counts, quantiles, histograms, strict=True)]


def _numbered_groups(
    strata: Strata, groups: Sequence[SizeGroup], bits: MembershipBits
) -> ManyToMany:
    size, year, membership = map(strata.column, strata.keys)
    stratum, number = [np.array([], dtype=np.int64)], [np.array([], dtype=np.int64)]
    for position, group in enumerate(groups):
        is_member = bits.mask(group.inside, group.outside).fits(membership)
        is_described = (size == SIZES.index(group.size)) & (year == group.year)
        stratum.append(np.flatnonzero(is_member & is_described))
        number.append(np.full(len(stratum[-1]), position))
    return ManyToMany.of(np.concatenate(stratum), np.concatenate(number))


def _histograms(
    binned: BinnedRows, groups: ManyToMany, count: int
) -> list[tuple[HistogramBin, ...]]:
    rows, group = groups.expand(binned.stratum)
    number = np.right_shift(binned.column(w.BIN).astype(np.int64), REFINEMENT)[rows]
    key = CompositeKey.of(number)
    names = (w.ESTABLISHMENTS, w.EMPLOYMENT)
    keys, summed = sum_by(
        key.pack(group, number), {name: binned.column(name)[rows] for name in names}
    )
    histograms: list[list[HistogramBin]] = [[] for _ in range(count)]
    columns = (*key.unpack(keys), *(summed[name] for name in names))
    for each, *filled in zip(*(column.tolist() for column in columns), strict=True):
        histograms[each].append(HistogramBin(*filled))
    return [tuple(histogram) for histogram in histograms]


def _wanted_shares(
    groups: Sequence[SizeGroup], counts: Sequence[int]
) -> list[tuple[Fraction, Position]]:
    """The percentiles of groups that are not empty: the share of each, and where it lies."""
    return [
        (share, Position(number, lower + 1, fraction))
        for number, (group, count) in enumerate(zip(groups, counts, strict=True))
        for share in group.shares
        if count
        for lower, fraction in (linear_position(count, share),)
    ]


def _quantiles(
    groups: Sequence[SizeGroup],
    wanted: Sequence[tuple[Fraction, Position]],
    values: Sequence[tuple[float, float]],
    decimals: int,
) -> list[dict[Fraction, float]]:
    """Percentiles of log size: the logarithms of the two values, interpolated."""
    percentiles: list[dict[Fraction, float]] = [{} for _ in groups]
    for (share, position), (lower, upper) in zip(wanted, values, strict=True):
        unit = units_of_size(groups[position.group].size, decimals)
        ends = math.log(lower / unit), math.log(upper / unit)
        percentiles[position.group][share] = interpolate(*ends, position.fraction)
    return percentiles
