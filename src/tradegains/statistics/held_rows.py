"""Rows with log productivity on the driver: sums by group of units without further passes.

The engine's way to populations without each group takes two passes for each set of populations, in
which every row stands once in each population and is compared with each of its percentiles. Where
the rows of the years described are few enough to hold, they are collected once, and each set of
populations is sorted and summed here, block by block. Sums are the engine's: the same doubles,
rounded to the same whole numbers; ranks and shares are counts. So both ways give the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.moments import weighted_powers
from tradegains.formulas.theil import exponential, weighted_levels
from tradegains.statistics.arrays import FloatArray, IntArray, ManyToMany
from tradegains.statistics.collecting import collect
from tradegains.statistics.ranks import Position, Strata
from tradegains.tables import working as w
from tradegains.transforms.productivity import MOMENT_BIN, level_sum, power_sum

_EXACT = 2**53
"""Whole numbers below it are doubles, and so are their sums."""


@dataclass(frozen=True)
class HeldRows:
    """Rows with log productivity, a position in every array, in any order.

    Attributes:
        year: of each row.
        industry: its number.
        membership: in the study's sets.
        group: of units, as its place among those that are drawn.
        employment: [thousandths of a job].
        log_productivity: [log points].
    """

    year: IntArray
    industry: IntArray
    membership: IntArray
    group: IntArray
    employment: IntArray
    log_productivity: FloatArray

    @staticmethod
    def of(matched: DataFrame, called: Sequence[int]) -> "HeldRows":
        """From matched rows with their group; `called` is what groups are called, ascending."""
        names = (w.YEAR, w.INDUSTRY, w.MEMBERSHIP, w.REPLICATE_GROUP, w.EMPLOYMENT)
        measured = F.col(w.LOG_PRODUCTIVITY).isNotNull() & F.col(w.INDUSTRY).isNotNull()
        found = collect(matched.filter(measured).select(*names, w.LOG_PRODUCTIVITY))
        year, industry, membership, group, employment = (found[name].to_numpy() for name in names)
        place = np.searchsorted(np.array(called, np.int64), group)
        values = found[w.LOG_PRODUCTIVITY].to_numpy()
        return HeldRows(year, industry, membership, place, employment, values)

    def with_codes(self, year: int, codes: Mapping[int, float]) -> tuple[IntArray, IntArray]:
        """The rows of a year in some industries, and the place of each one's in ascending codes."""
        known = np.array(sorted(codes), np.int64)
        rows = np.flatnonzero(self.year == year)
        place = np.searchsorted(known, self.industry[rows])
        place[place == len(known)] = 0
        is_known = known[place] == self.industry[rows] if len(known) else np.zeros(len(rows), bool)
        return rows[is_known], place[is_known]


class RankedBlock(NamedTuple):
    """Rows whose strata no other block has: their keys, group of units, weight and value."""

    keys: Mapping[str, IntArray]
    group: IntArray
    employment: IntArray
    value: FloatArray


class BlockSums(NamedTuple):
    """Sums of a block by population and bin (a place), in rows of groups.

    Populations and, within each, bins are ascending; bins are of `MOMENT_BIN` around 0.
    """

    population: IntArray
    bin: IntArray
    sums: dict[str, IntArray]


def sum_block(
    block: RankedBlock,
    strata: Strata,
    members: ManyToMany,
    *,
    groups: int,
    bits: Mapping[bool, int],
    levels: bool,
) -> BlockSums:
    """Power sums of a block's populations by bin and group, as `sum_powers_by_group` has them.

    Args:
        block: at least one row.
        strata: of all blocks.
        members: which populations each stratum belongs to.
        groups: how many there are.
        bits: binary places of sums, weighted and not.
        levels: whether the levels of productivity are summed, too.
    """
    present, stratum = np.unique(strata.numbers_of(block.keys), return_inverse=True)
    number = np.floor(block.value / MOMENT_BIN + 0.5).astype(np.int64)
    lowest = int(number.min())
    span = int(number.max()) - lowest + 1
    cell = (stratum * span + (number - lowest)) * groups + block.group
    own, of_pair = members.expand(present)
    populations, at = np.unique(of_pair, return_inverse=True)
    sums = {}
    for name, column in _columns(block, number, bits, levels):
        by_stratum = np.zeros(len(present) * span * groups, np.int64)
        np.add.at(by_stratum, cell, column)
        summed = np.zeros((len(populations), span * groups), np.int64)
        np.add.at(summed, at, by_stratum.reshape(len(present), -1)[own])
        sums[name] = summed.reshape(-1, groups)
    filled = sums[w.ESTABLISHMENTS].any(axis=1)
    place = np.flatnonzero(filled)
    return BlockSums(
        populations[place // span],
        place % span + lowest,
        {name: column[place] for name, column in sums.items()},
    )


def _columns(
    block: RankedBlock, number: IntArray, bits: Mapping[bool, int], levels: bool
) -> Iterator[tuple[str, IntArray]]:
    """What each row adds, by the name of the sum: as `transforms.productivity` has it."""
    ones = np.ones(len(block.value))
    yield w.ESTABLISHMENTS, ones.astype(np.int64)
    yield w.EMPLOYMENT, block.employment
    position = block.value / MOMENT_BIN - number
    weights = {False: ones, True: block.employment.astype(np.float64)}
    for weighted, weight in weights.items():
        powers = weighted_powers(weight, position, 2.0 ** bits[weighted])
        for power, product in enumerate(powers, start=1):
            yield power_sum(power, weighted=weighted), _rounded(product)
    if levels:
        level = exponential(position * MOMENT_BIN)
        for weighted, weight in weights.items():
            products = weighted_levels(weight, position, level, 2.0 ** bits[weighted])
            for moment, product in enumerate(products):
                yield level_sum(moment, weighted=weighted), _rounded(product)


def _rounded(product: FloatArray) -> IntArray:
    return np.floor(product + 0.5).astype(np.int64)


class SortedBlock:
    """A block's populations one after the other, the values of each in ascending order.

    A row stands once in each population that its stratum belongs to.
    """

    def __init__(self, block: RankedBlock, strata: Strata, members: ManyToMany) -> None:
        order = np.argsort(block.value, kind="stable")
        row, population = members.expand(strata.numbers_of(block.keys)[order])
        self._populations, place = np.unique(population, return_inverse=True)
        # Values are in order already: a stable sort of short numbers by population keeps it.
        narrow = place.astype(np.min_scalar_type(len(self._populations)))
        rows = order[row[np.argsort(narrow, kind="stable")]]
        self._ends = np.cumsum(np.bincount(place, minlength=len(self._populations)))
        self._value, self._group = block.value[rows], block.group[rows]
        self._employment = block.employment[rows]
        self._summed: dict[int, IntArray] = {}

    def below(
        self, population: int, values: Sequence[float], groups: int
    ) -> tuple[IntArray, IntArray]:
        """Rows and employment at or below each of some values, by group."""
        chosen = self._slice(population)
        ends = np.searchsorted(self._value[chosen], values, side="right")
        order = np.argsort(ends, kind="stable")
        steps = np.diff(ends[order], prepend=0)
        # Who is above them all counts in a step of its own, which is left out.
        step = np.repeat(np.arange(len(steps)), steps)
        cell = step * groups + self._group[chosen][: len(step)]
        weight = self._employment[chosen][: len(step)]
        size = len(steps) * groups
        rows = np.bincount(cell, minlength=size).reshape(-1, groups)
        employment = _summed(cell, weight, size).reshape(-1, groups)
        found = np.empty((2, len(steps), groups), np.int64)
        for place, each in enumerate((rows, employment)):
            found[place, order] = np.cumsum(each, axis=0)
        return found[0], found[1]

    def values_around(self, positions: Sequence[Position]) -> list[tuple[float, float]]:
        """The values at each position's rank and at the next one, as `BinnedRows` gives them."""
        return [
            (self._value_at(each, each.rank), self._value_at(each, each.rank + bool(each.fraction)))
            for each in positions
        ]

    def _value_at(self, position: Position, rank: int) -> float:
        chosen = self._slice(position.group)
        if not position.weighted:
            return float(self._value[chosen.start + rank - 1])
        if position.group not in self._summed:
            self._summed[position.group] = np.cumsum(self._employment[chosen])
        return float(self._value[chosen.start + self._summed[position.group].searchsorted(rank)])

    def _slice(self, population: int) -> slice:
        place = int(np.searchsorted(self._populations, population))
        start = int(self._ends[place - 1]) if place else 0
        return slice(start, int(self._ends[place]))


def _summed(cell: IntArray, weight: IntArray, size: int) -> IntArray:
    """Sums of whole numbers by cell."""
    if int(weight.sum()) < _EXACT:
        return np.bincount(cell, weight, minlength=size).astype(np.int64)
    found = np.zeros(size, np.int64)
    np.add.at(found, cell, weight)
    return found
