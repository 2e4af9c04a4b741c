"""Distributions without each group of units: moments, and how far the percentiles move.

Populations are described once, and their percentiles are found. Two more passes follow, for any
number of populations: one adds up each by group (powers of the values, and how many are at or below
each percentile), and one finds the ends of the percentiles' intervals, as it found them.

Decision: the industry medians that values are relative to, and what standardises them, are those of
all units, whoever is left out. Sums without a group are sums of all less the group's, in whole
numbers, so that nothing cancels where a population is nearly one group's.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from tradegains.formulas.distribution import Replicated
from tradegains.formulas.fixed_point import moment_scale_bits
from tradegains.formulas.jackknife import Interval
from tradegains.formulas.moments import has_shape, moved_power_sums
from tradegains.formulas.quantiles import (
    PERCENTILES,
    interpolate,
    linear_position,
    weighted_target,
)
from tradegains.formulas.theil import LEVEL_UNIT
from tradegains.formulas.woodruff import (
    QuantileSpread,
    moved_quantile,
    shares_around,
    slope_between,
)
from tradegains.statistics.arrays import FloatArray, IntArray, ManyToMany
from tradegains.statistics.collecting import collect
from tradegains.statistics.handing import as_rows
from tradegains.statistics.held_rows import RankedBlock, SortedBlock, sum_block
from tradegains.statistics.moments import POWERS, spread_of_rounding
from tradegains.statistics.ranks import BinnedRows, Position
from tradegains.tables import working as w
from tradegains.transforms.packed_keys import KeySpan, PackedKeys
from tradegains.transforms.productivity import (
    MOMENT_BIN,
    TIED,
    below_cut,
    cut_of,
    level_sum,
    power_sum,
    sum_powers_by_group,
)

IntervalsOf = Callable[[Sequence[float | None], Sequence[FloatArray | None]], list[Interval]]
"""Intervals of numbers from what they are without each group."""

FARTHEST_BIN = 2**30
"""Relative productivity is a difference of logarithms of doubles, below 2**11; standardised, it is
multiplied by a spread of such logarithms and divided by 0.01 or more: below 2**29."""

Search = Callable[[Sequence[Position]], list[tuple[float, float]]]
"""Values at the ranks of positions and at the next ranks."""

WEIGHTINGS = (True, False)
"""By employment, and unweighted: the order in which distributions tell them."""


class DrawnGroups(NamedTuple):
    """Groups of units, as rows call them in ascending order, and how intervals are told."""

    called: tuple[int, ...]
    intervals_of: IntervalsOf


class FoundPercentile(NamedTuple):
    """A percentile that has been found: its name, where it lies, the value below it, itself."""

    name: str
    position: Position
    lower: float
    value: float


@dataclass(frozen=True)
class DescribedRows:
    """Populations of binned rows whose percentiles are found.

    Attributes:
        binned: the rows, with their group of units.
        members: which populations each stratum belongs to.
        totals: establishments and employment of each population.
        percentiles: of all of them.
        levels: whether the levels of productivity are asked for.
    """

    binned: BinnedRows
    members: ManyToMany
    totals: Sequence[tuple[int, int]]
    percentiles: Sequence[FoundPercentile]
    levels: bool = False


def describe_without_groups(
    described: DescribedRows,
    drawn: DrawnGroups,
    *,
    row_limit: int,
    held: Iterable[RankedBlock] | None = None,
) -> list[tuple[Replicated, Replicated]]:
    """Each population without each group, weighted and unweighted, in the order of populations.

    Args:
        described: the populations.
        drawn: groups of units.
        row_limit: rows that may be collected to end a search.
        held: the rows themselves, where they are few enough to be on the driver.
    """
    sources = (
        [_in_passes(described, drawn.called, row_limit)]
        if held is None
        else (_of_block(described, drawn.called, block) for block in held if len(block.value))
    )
    found: dict[int, tuple[Replicated, Replicated]] = {}
    for sums, search in sources:
        found |= _replicated(described, sums, drawn, search)
    nothing = (Replicated(), Replicated())
    return [found.get(population, nothing) for population in range(len(described.totals))]


def _replicated(
    described: DescribedRows, sums: "_PopulationSums", drawn: DrawnGroups, search: Search
) -> dict[int, tuple[Replicated, Replicated]]:
    """The populations that there are sums of."""
    statistics = {weighted: _statistics(described, sums, weighted) for weighted in WEIGHTINGS}
    quantiles = _spreads(described, sums, drawn, search)
    found = {}
    for place, population in enumerate(sums.population[sums.start].tolist()):
        weighted, plain = (
            Replicated(
                {name: each[place] for name, each in statistics[by].items()},
                quantiles.get((population, by), {}),
            )
            if described.totals[population][by]
            else Replicated()
            for by in WEIGHTINGS
        )
        found[population] = weighted, plain
    return found


# --- sums by population and group -----------------------------------------------------------------


@dataclass(frozen=True)
class _PopulationSums:
    """Whole-number sums by population and bin (a place), in rows of groups.

    `population` and `centre` [log points] are of each place, `start` the first of each population
    that has one, and `sums` are by the names of the engine's columns.
    """

    population: IntArray
    centre: FloatArray
    start: IntArray
    sums: Mapping[str, IntArray]
    bits: Mapping[bool, int]

    def left(self, name: str) -> IntArray:
        """Sums over all places of a population without each group, by population with rows."""
        added: IntArray = np.add.reduceat(self.sums[name], self.start, axis=0)
        left: IntArray = added.sum(axis=1, keepdims=True) - added
        return left

    def places_left(self, name: str) -> FloatArray:
        """Sums by place without each group, in the double nearest to each."""
        own = self.sums[name]
        left: FloatArray = (own.sum(axis=1, keepdims=True) - own).astype(np.float64)
        return left


def _in_passes(
    described: DescribedRows, called: Sequence[int], row_limit: int
) -> tuple[_PopulationSums, Search]:
    """Sums of all populations, which the engine adds up, and its search for values."""

    def search(positions: Sequence[Position]) -> list[tuple[float, float]]:
        binned, members = described.binned, described.members
        return binned.values_around(positions, members, row_limit=row_limit)

    return _sums_by_group(described, called), search


def _of_block(
    described: DescribedRows, called: Sequence[int], block: RankedBlock
) -> tuple[_PopulationSums, Search]:
    """The same of the populations of some rows, which are on the driver."""
    strata, members, bits = described.binned.strata, described.members, _bits(described)
    of_block = sum_block(
        block, strata, members, groups=len(called), bits=bits, levels=described.levels
    )
    ordered = SortedBlock(block, strata, members)
    start = np.flatnonzero(np.diff(of_block.population, prepend=-1))
    sums = of_block.sums
    columns = [below_cut(name, weighted=by) for by in WEIGHTINGS for name in PERCENTILES]
    sums |= {name: np.zeros_like(sums[w.ESTABLISHMENTS]) for name in columns}
    cuts: dict[int, list[FoundPercentile]] = {}
    for each in described.percentiles:
        cuts.setdefault(each.position.group, []).append(each)
    for place, population in zip(start, of_block.population[start].tolist(), strict=True):
        told = cuts.get(population, [])
        below = ordered.below(population, [each.lower + TIED for each in told], len(called))
        for each, *counted in zip(told, *below, strict=True):
            by = each.position.weighted
            # In the first place of the population: sums of it are over all of its places.
            sums[below_cut(each.name, weighted=by)][place] = counted[by]
    centre = of_block.bin.astype(np.float64) * MOMENT_BIN
    found = _PopulationSums(of_block.population, centre, start, sums, bits)
    return found, ordered.values_around


def _bits(described: DescribedRows) -> dict[bool, int]:
    """Binary places of sums, weighted and not."""
    totals = described.totals
    return {
        weighted: moment_scale_bits(max((total[weighted] for total in totals), default=0))
        for weighted in WEIGHTINGS
    }


def _sums_by_group(described: DescribedRows, called: Sequence[int]) -> _PopulationSums:
    totals, bits = described.totals, _bits(described)
    binned = described.binned
    keys = PackedKeys.of(
        [
            KeySpan(w.POPULATION, 0, len(totals)),
            KeySpan(w.BIN, -FARTHEST_BIN, FARTHEST_BIN),
            KeySpan(w.REPLICATE_GROUP, 0, max(called, default=0)),
        ]
    )
    cells = collect(
        sum_powers_by_group(
            binned.ranked,
            as_rows(_populations(described), beside=binned.ranked),
            on=binned.strata.keys,
            packed=keys,
            weighted_bits=bits[True],
            plain_bits=bits[False],
            levels=described.levels,
        )
    )
    columns = keys.unpack({name: cells[name].to_numpy() for name in cells.column_names})
    population, bins, group = (
        columns.pop(name) for name in (w.POPULATION, w.BIN, w.REPLICATE_GROUP)
    )
    lowest = int(bins.min(initial=0))
    span = int(bins.max(initial=0)) - lowest + 1
    packed, place = np.unique(population * span + (bins - lowest), return_inverse=True)
    number = np.searchsorted(np.array(called, np.int64), group)
    shape = (len(packed), len(called))
    sums = {}
    for name, values in columns.items():
        sums[name] = np.zeros(shape, np.int64)
        # Each cell of the engine has a place of its own, so nothing is added up here.
        sums[name][place, number] = values
    of_place = packed // span
    centre = (packed % span + lowest) * MOMENT_BIN
    start = np.flatnonzero(np.diff(of_place, prepend=-1))
    return _PopulationSums(of_place, centre, start, sums, bits)


def _populations(described: DescribedRows) -> pa.Table:
    """The strata of each population, and the value that each of its percentiles is reached at."""
    strata, members = described.binned.strata, described.members
    cuts = {
        cut_of(name, weighted=by): np.full(len(described.totals), np.nan)
        for by in WEIGHTINGS
        for name in PERCENTILES
    }
    for each in described.percentiles:
        cuts[cut_of(each.name, weighted=each.position.weighted)][each.position.group] = each.lower
    table = strata.table.select(list(strata.keys)).take(pa.array(members.stratum))
    table = table.append_column(w.POPULATION, pa.array(members.group))
    for name, values in cuts.items():
        # As nulls: an engine may order not-a-number above all numbers.
        column = pa.array(values[members.group], pa.float64(), from_pandas=True)
        table = table.append_column(name, column)
    return table


# --- moments --------------------------------------------------------------------------------------


def _statistics(
    described: DescribedRows, sums: _PopulationSums, weighted: bool
) -> dict[str, FloatArray]:
    """Of each population with sums, without each group, by name."""
    found = _moments(sums, weighted)
    if described.levels:
        found["theil"] = _theil(sums, weighted, found["sd"])
    return found


def _moments(sums: _PopulationSums, weighted: bool) -> dict[str, FloatArray]:
    """Mean, sd, skewness and kurtosis, as `formulas.moments.moments_about_mean` has them."""
    bits = sums.bits[weighted]
    raw: list[Any] = [sums.places_left(_weight(weighted))]
    raw += [
        sums.places_left(power_sum(k, weighted=weighted)) * (MOMENT_BIN**k / 2.0**bits)
        for k in POWERS
    ]
    centre = sums.centre[:, None]
    count = sums.left(w.ESTABLISHMENTS).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.add.reduceat(raw[0], sums.start, axis=0)
        mean = np.add.reduceat(raw[1] + centre * raw[0], sums.start, axis=0) / weight
        step = centre - np.repeat(mean, _lengths(sums), axis=0)
        central = [np.add.reduceat(each, sums.start, axis=0) / weight
                   for each in moved_power_sums(raw, step)[2:]]  # fmt: skip
        second, third, fourth = central
        rounding = spread_of_rounding(count, weight, bits)
        second = np.where(second <= rounding, 0.0, second)
        sd = np.sqrt(second)
        skewness, kurtosis = third / _cubed_roots(second), fourth / second**2
        is_told = has_shape(second, skewness, kurtosis, rounding * MOMENT_BIN**2)
    nothing = weight <= 0
    return {
        "mean": np.where(nothing, np.nan, mean),
        "sd": np.where(nothing, np.nan, sd),
        "skewness": np.where(is_told, skewness, np.nan),
        "kurtosis": np.where(is_told, kurtosis, np.nan),
    }


def _lengths(sums: _PopulationSums) -> IntArray:
    """How many places each population with rows has."""
    return np.diff(np.append(sums.start, len(sums.population)))


def _theil(sums: _PopulationSums, weighted: bool, sd: FloatArray) -> FloatArray:
    """Theil's index as `formulas.theil.theil_index` has it; 0 without a spread."""
    unit = 1 / (LEVEL_UNIT * 2.0 ** sums.bits[weighted])
    whole, stepped = (sums.places_left(level_sum(k, weighted=weighted)) for k in (0, 1))
    weight = sums.places_left(_weight(weighted))
    # On the scale of the highest bin that anybody is in: no power of e overflows.
    highest = np.maximum.reduceat(np.where(weight.any(axis=1), sums.centre, -np.inf), sums.start)
    below = np.minimum(sums.centre - np.repeat(highest, _lengths(sums)), 0.0)
    # One by one, because numpy's exp differs in its last bit from processor to processor.
    scale = np.array([math.exp(each) for each in below.tolist()])[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.add.reduceat(scale * whole * unit, sums.start, axis=0)
        logs = stepped * (unit * MOMENT_BIN) + below[:, None] * (whole * unit)
        level_log = np.add.reduceat(scale * logs, sums.start, axis=0)
        total = np.add.reduceat(weight, sums.start, axis=0)
        index = np.maximum(0.0, level_log / level - _logarithms(level / total))
    return np.where(sd == 0.0, 0.0, np.where(np.isfinite(sd), index, np.nan))


def _logarithms(values: FloatArray) -> FloatArray:
    """Natural logarithms one by one, as those of NumPy differ too; not a number without one."""
    found = [math.log(x) if 0.0 < x < math.inf else math.nan for x in values.ravel().tolist()]
    return np.array(found).reshape(values.shape)


def _cubed_roots(values: FloatArray) -> FloatArray:
    """The power 3/2 one by one, as Python has it: NumPy's differs from processor to processor."""
    return np.array([x**1.5 for x in values.ravel().tolist()]).reshape(values.shape)


def _weight(weighted: bool) -> str:
    return w.EMPLOYMENT if weighted else w.ESTABLISHMENTS


# --- percentiles ----------------------------------------------------------------------------------


def _spreads(
    described: DescribedRows, sums: _PopulationSums, drawn: DrawnGroups, search: Search
) -> dict[tuple[int, bool], dict[str, QuantileSpread]]:
    """How uncertain each percentile with sums is, by population and weighting."""
    summed = set(sums.population.tolist())
    told = [each for each in described.percentiles if each.position.group in summed]
    below, without = _shares_below(told, described.totals, sums)
    intervals = drawn.intervals_of(below, without)
    asked = list(_ends(told, described.totals, below, intervals))
    positions = [position for _, _, position in asked]
    found = search(positions)
    ends = [
        interpolate(*pair, position.fraction)
        for pair, position in zip(found, positions, strict=True)
    ]
    spreads: dict[tuple[int, bool], dict[str, QuantileSpread]] = {}
    for each, interval in zip(told, intervals, strict=True):
        by_name = spreads.setdefault((each.position.group, each.position.weighted), {})
        by_name[each.name] = QuantileSpread(None, None, (), interval.note)
    for (at, shares, _), low, high in zip(asked[0::2], ends[0::2], ends[1::2], strict=True):
        each, slope = told[at], slope_between((low, high), shares)
        moved = moved_quantile(each.value, below[at], without[at], slope)
        by_name = spreads[each.position.group, each.position.weighted]
        by_name[each.name] = QuantileSpread(low, high, moved)
    return spreads


def _shares_below(
    told: Sequence[FoundPercentile], totals: Sequence[tuple[int, int]], sums: _PopulationSums
) -> tuple[list[float], list[FloatArray]]:
    """Share of rows, or of employment, at or below each percentile: of all, and without a group."""
    places = {each: at for at, each in enumerate(sums.population[sums.start].tolist())}
    everyone, left = {}, {}
    for by in WEIGHTINGS:
        whole = sums.left(_weight(by))
        for name in PERCENTILES:
            column = below_cut(name, weighted=by)
            added = np.add.reduceat(sums.sums[column].sum(axis=1), sums.start)
            everyone[name, by] = added.tolist()
            with np.errstate(divide="ignore", invalid="ignore"):
                left[name, by] = np.where(whole > 0, sums.left(column) / whole, np.nan)
    below, without = [], []
    for name, position, *_ in told:
        by, place = position.weighted, places[position.group]
        below.append(everyone[name, by][place] / totals[position.group][by])
        without.append(left[name, by][place])
    return below, without


def _ends(
    told: Sequence[FoundPercentile],
    totals: Sequence[tuple[int, int]],
    below: Sequence[float],
    intervals: Sequence[Interval],
) -> Iterator[tuple[int, tuple[Fraction, Fraction], Position]]:
    """Two for each percentile that has an interval: its place, the ends' shares, where one lies."""
    for at, (each, share, interval) in enumerate(zip(told, below, intervals, strict=True)):
        if interval.high is None:
            continue
        shares = shares_around(PERCENTILES[each.name], interval.high - share)
        population, weighted = each.position.group, each.position.weighted
        total = totals[population][weighted]
        for end in shares:
            if weighted:
                target = weighted_target(total, end)
                yield at, shares, Position(population, target, weighted=True)
            else:
                lower, fraction = linear_position(total, end)
                yield at, shares, Position(population, lower + 1, fraction)
