"""Exact percentiles and histograms of log size, of all groups at once.

Each (size, year, membership) is counted once in fine bins; every group is a sum of such cells, and
one more pass looks at the rows of the few bins that hold a wanted rank.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tradegains.formulas.distribution import HistogramBin, SizeDistribution, SizeGroup, Tail
from tradegains.formulas.fixed_point import USUAL_DECIMALS
from tradegains.formulas.least_squares import binary_places
from tradegains.formulas.membership import MembershipBits
from tradegains.formulas.quantiles import interpolate, linear_position, weighted_target
from tradegains.formulas.woodruff import QuantileSpread, shares_around, spread_of_quantile
from tradegains.statistics.arrays import CompositeKey, ManyToMany, sum_by
from tradegains.statistics.collecting import collect_in_order
from tradegains.statistics.ranks import ROW_LIMIT, BinnedRows, Position, Strata
from tradegains.statistics.replicated import DrawnGroups
from tradegains.tables import working as w
from tradegains.transforms.sizes import (
    BELOW,
    LOG_EXCESS,
    NUMBER,
    SIZE,
    SIZES,
    count_between,
    rank_sizes,
    sum_tails,
    units_of_size,
)

REFINEMENT = 6
"""Binary digits that cut a bin of the histogram into first bins."""

_LOG = 64.0
"""No whole number of 64 bits is more log points above another."""

Spreads = dict[Fraction, QuantileSpread]
Search = Callable[[Sequence[Position]], list[tuple[float, float]]]


def describe_sizes(
    matched: DataFrame,
    groups: Sequence[SizeGroup],
    *,
    bits: MembershipBits,
    removing: int,
    bin_width: float,
    decimals: int = USUAL_DECIMALS,
    row_limit: int = ROW_LIMIT,
    drawn: DrawnGroups | None = None,
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
        drawn: groups of units, which rows have a column for then, and how intervals are told;
            None: percentiles have none.
    """
    if not groups:
        return []
    years = {size: sorted({g.year for g in groups if g.size == size}) for size in SIZES}
    ranked = rank_sizes(
        matched,
        years=years,
        removing=removing,
        bin_width=bin_width,
        decimals=decimals,
        carried=(w.REPLICATE_GROUP,) if drawn else (),
    )
    keys = (SIZE, w.YEAR, w.MEMBERSHIP)
    binned = BinnedRows.of(ranked, keys=keys, on=(SIZE, w.YEAR), refinement=REFINEMENT)
    described = _numbered_groups(binned.strata, groups, bits)
    histograms = _histograms(binned, described, len(groups))
    counts = [sum(each.establishments for each in histogram) for histogram in histograms]
    wanted = _wanted_shares(groups, counts, histograms)
    positions = [position for _, position in wanted]
    values = binned.values_around(positions, described, row_limit=row_limit)
    quantiles = _quantiles(groups, wanted, values, decimals)
    spreads: list[Spreads] = [{} for _ in groups]
    if drawn is not None and wanted:
        search = partial(binned.values_around, groups=described, row_limit=row_limit)
        told = _Percentiles(
            groups, counts, wanted, quantiles, [lower for lower, _ in values], decimals
        )
        spreads = _spreads(ranked, told, drawn, bits=bits, search=search)
    tails = _tails(ranked, groups, counts, bits, partial(
        binned.values_around, groups=described, row_limit=row_limit))  # fmt: skip
    found = zip(counts, quantiles, histograms, spreads, tails, strict=True)
    return [SizeDistribution(*each) for each in found]


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
    groups: Sequence[SizeGroup],
    counts: Sequence[int],
    histograms: Sequence[Sequence[HistogramBin]],
) -> list[tuple[Fraction, Position]]:
    """The percentiles of groups that are not empty: the share of each, and where it lies."""
    found = []
    for number, (group, count) in enumerate(zip(groups, counts, strict=True)):
        jobs = sum(each.employment for each in histograms[number])
        total = jobs if group.is_weighted else count
        for share in group.shares if count else ():
            found.append((share, _position(group, number, total, share)))
    return found


def _position(group: SizeGroup, number: int, total: int, share: Fraction) -> Position:
    """Where a percentile of a group lies among so many rows, or so much employment."""
    if group.is_weighted:
        return Position(number, weighted_target(total, share), weighted=True)
    lower, fraction = linear_position(total, share)
    return Position(number, lower + 1, fraction)


def _quantiles(
    groups: Sequence[SizeGroup],
    wanted: Sequence[tuple[Fraction, Position]],
    values: Sequence[tuple[float, float]],
    decimals: int,
) -> list[dict[Fraction, float]]:
    """Percentiles of log size: the logarithms of the two values, interpolated."""
    percentiles: list[dict[Fraction, float]] = [{} for _ in groups]
    for (share, position), ends in zip(wanted, values, strict=True):
        found = _log_size(groups[position.group], position, ends, decimals)
        percentiles[position.group][share] = found
    return percentiles


def _tails(
    ranked: DataFrame,
    groups: Sequence[SizeGroup],
    counts: Sequence[int],
    bits: MembershipBits,
    search: Search,
) -> list[Tail | None]:
    """Who of each group is above its tail's threshold, and how far: one more pass, if any asks."""
    asked = [(number, group.tail) for number, group in enumerate(groups)
             if group.tail is not None and counts[number]]  # fmt: skip
    positions = [
        Position(number, linear_position(counts[number], share)[0] + 1, Fraction(0))
        for number, share in asked
    ]
    least = [lower for lower, _ in search(positions)] if asked else []
    wanted = [
        (
            groups[number].size,
            groups[number].year,
            value,
            binary_places(_LOG * counts[number]),
        )
        for (number, _), value in zip(asked, least, strict=True)
    ]
    cells = collect_in_order(sum_tails(ranked, wanted)).to_pylist() if wanted else []
    tails: list[Tail | None] = [None for _ in groups]
    for place, ((number, _), (_, _, _, places)) in enumerate(zip(asked, wanted, strict=True)):
        mask = bits.mask(groups[number].inside, groups[number].outside)
        inside = [
            cell for cell in cells
            if cell[NUMBER] == place and mask.fits(np.array([cell[w.MEMBERSHIP]]))[0]
        ]  # fmt: skip
        excess = sum(cell[LOG_EXCESS] for cell in inside)
        tails[number] = Tail(
            sum(cell[w.ESTABLISHMENTS] for cell in inside), math.ldexp(excess, -places)
        )
    return tails


class _Percentiles(NamedTuple):
    """Percentiles that have been found: of which groups and sizes, where, and the value below."""

    groups: Sequence[SizeGroup]
    counts: Sequence[int]
    wanted: Sequence[tuple[Fraction, Position]]
    quantiles: Sequence[Mapping[Fraction, float]]
    lower: Sequence[float]
    decimals: int


def _spreads(
    ranked: DataFrame,
    told: _Percentiles,
    drawn: DrawnGroups,
    *,
    bits: MembershipBits,
    search: Search,
) -> list[Spreads]:
    """How uncertain each percentile is: one pass by group, and one for the ends of intervals."""
    values = sorted(set(told.lower))
    cells = collect_in_order(count_between(ranked, values))
    spreads: list[Spreads] = [{} for _ in told.groups]
    asked, positions = [], list[Position]()
    for (share, position), lower in zip(told.wanted, told.lower, strict=True):
        group = told.groups[position.group]
        total, below, without = _shares_below(cells, group, values.index(lower), bits, drawn)
        (interval,) = drawn.intervals_of([below], [np.array(without)])
        if interval.high is None:
            spreads[position.group][share] = QuantileSpread(None, None, (), interval.note)
            continue
        around = shares_around(share, interval.high - below)
        asked.append((share, position.group, around, below, without))
        positions += [_position(group, position.group, total, each) for each in around]
    found = [
        _log_size(told.groups[position.group], position, ends, told.decimals)
        for position, ends in zip(positions, search(positions), strict=True)
    ]
    for (share, number, around, below, without), low, high in zip(
        asked, found[0::2], found[1::2], strict=True
    ):
        spreads[number][share] = spread_of_quantile(
            told.quantiles[number][share], (low, high), shares=around, below=below, without=without
        )
    return spreads


def _shares_below(
    cells: pa.Table, group: SizeGroup, place: int, bits: MembershipBits, drawn: DrawnGroups
) -> tuple[int, float, list[float]]:
    """Rows or employment of a size group, and the share of it at or below a value.

    The share of all, and without each group of units.
    """
    amount = w.EMPLOYMENT if group.is_weighted else w.ESTABLISHMENTS
    names = (SIZE, w.YEAR, w.MEMBERSHIP, w.REPLICATE_GROUP, BELOW, amount)
    size, year, membership, called, passed, counted = (cells[name].to_numpy() for name in names)
    is_member = bits.mask(group.inside, group.outside).fits(membership)
    chosen = is_member & (size == SIZES.index(group.size)) & (year == group.year)
    number = np.searchsorted(np.array(drawn.called), called)
    sums = np.zeros((2, len(drawn.called)), np.int64)
    np.add.at(sums[0], number[chosen], np.where(passed <= place, counted, 0)[chosen])
    np.add.at(sums[1], number[chosen], counted[chosen])
    totals = sums.sum(axis=1)
    left = zip(*(totals[:, None] - sums).tolist(), strict=True)
    without = [part / whole if whole else math.nan for part, whole in left]
    return int(totals[1]), int(totals[0]) / int(totals[1]), without


def _log_size(
    group: SizeGroup, position: Position, ends: tuple[float, float], decimals: int
) -> float:
    unit = units_of_size(group.size, decimals)
    lower, upper = (math.log(end / unit) for end in ends)
    return interpolate(lower, upper, position.fraction)
