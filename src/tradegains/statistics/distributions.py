"""Exact moments, quantiles and histograms of relative productivity, of all populations at once.

Each (median base, membership) is counted once in fine bins; every population is a sum of such
cells. Histograms need no further pass, quantiles only the rows of the few bins that hold a wanted
rank, and moments one pass in which every row counts once whatever the number of median bases.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, log2
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tradegains.formulas.distribution import Distribution, HistogramBin, IndustryScales
from tradegains.formulas.membership import MembershipBits, MembershipMask
from tradegains.formulas.productivity import lileeva_productivity, relative_productivity
from tradegains.formulas.quantiles import (
    PERCENTILES,
    interpolate,
    linear_position,
    weighted_target,
)
from tradegains.statistics.arrays import CompositeKey, ManyToMany, largest_two_by, sum_by
from tradegains.statistics.handing import as_rows
from tradegains.statistics.held_rows import HeldRows, RankedBlock
from tradegains.statistics.moments import (
    BothMoments,
    PowerCells,
    centre_cells,
    population_moments,
    scale_cells,
)
from tradegains.statistics.ranks import ROW_LIMIT, BinnedRows, Position, Strata
from tradegains.statistics.replicated import (
    DescribedRows,
    DrawnGroups,
    FoundPercentile,
    describe_without_groups,
)
from tradegains.tables import working as w
from tradegains.transforms.productivity import relate_to_medians

WIDEST_BIN = 1 / 256
"""Width of the first bins at most [log points]; they divide the histogram's bins evenly."""


@dataclass(frozen=True)
class MedianBase:
    """Establishments of a year, relative to these industries' medians [log points].

    With `scales`, standardised by them; an industry without a scale is left out then.
    """

    year: int
    medians: Mapping[int, float]
    scales: IndustryScales | None = None

    def described(self) -> Mapping[int, float]:
        """Medians of the industries that are not left out."""
        if self.scales is None:
            return self.medians
        return {code: each for code, each in self.medians.items() if code in self.scales.sds}

    def scale(self, industry: int) -> tuple[float, float]:
        """sd_s and kappa of an industry that is described; 1 and 1 change nothing."""
        if self.scales is None or self.scales.kappa is None:
            return 1.0, 1.0
        return self.scales.sds[industry], self.scales.kappa


@dataclass(frozen=True)
class BasePopulation:
    """Rows of one median base (its position) in all the sets `inside` and in none `outside`."""

    base: int
    inside: tuple[tuple[str, ...], ...] = ()
    outside: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class DistributionTask:
    """What is described: matched rows, median bases, populations, and how finely.

    With `drawn` groups, of which the rows have theirs, also without each of them; from rows that
    are `held` on the driver where they are few enough.
    """

    matched: DataFrame
    bases: Sequence[MedianBase]
    populations: Sequence[BasePopulation]
    bits: MembershipBits
    bin_width: float
    drawn: DrawnGroups | None = None
    held: Callable[[], HeldRows] | None = None

    @property
    def refinement(self) -> int:
        """Binary digits that cut a histogram bin into bins of at most `WIDEST_BIN`."""
        return max(0, ceil(log2(self.bin_width / WIDEST_BIN)))

    def mask(self, population: BasePopulation) -> MembershipMask:
        """What tells the population's rows."""
        return self.bits.mask(population.inside, population.outside)


@dataclass(frozen=True)
class DescribedPopulations:
    """What is told of populations, and what it rests on.

    Attributes:
        distributions: one per population, in their order.
        bins: evidence, a row per base, membership and bin of the histograms: rows, employment, the
            largest and at most the second largest employment.
    """

    distributions: list[Distribution]
    bins: pa.Table


def describe_distributions(
    task: DistributionTask, powers: PowerCells, *, row_limit: int = ROW_LIMIT
) -> DescribedPopulations:
    """Distribution of relative productivity of each population.

    Args:
        task: what is described.
        powers: power sums of the rows.
        row_limit: rows that may be collected to end the search for quantiles.
    """
    related = related_rows(task)
    keys = (w.BASE, w.MEMBERSHIP)
    binned = BinnedRows.of(related, keys=keys, on=keys, refinement=task.refinement, largest=True)
    groups = _groups_of_populations(binned.strata, task)
    totals = group_totals(binned, groups, len(task.populations))
    wanted = wanted_percentiles(totals)
    values = binned.values_around(wanted.positions, groups, row_limit=row_limit)
    moments = _moments(task, powers)
    histograms = _histograms(binned, groups, task)
    found = [
        Distribution(total.establishments, total.employment, *moment, *quantile, histogram)
        for total, moment, quantile, histogram in zip(
            totals, moments, wanted.quantiles(values), histograms, strict=True
        )
    ]
    if task.drawn is not None:
        rows = DescribedRows(binned, groups, totals, wanted.found(values))
        blocks = _held_blocks(task, task.held()) if task.held else None
        without = describe_without_groups(rows, task.drawn, row_limit=row_limit, held=blocks)
        found = [replace(each, without=both) for each, both in zip(found, without, strict=True)]
    return DescribedPopulations(found, _bins(binned, task.refinement))


def _bins(binned: BinnedRows, refinement: int) -> pa.Table:
    """Bins of the histograms by base and membership, with who employs the most in them."""
    number = np.right_shift(binned.column(w.BIN), refinement)
    key = CompositeKey.of(number)
    packed = key.pack(binned.stratum, number)
    employment = binned.column(w.EMPLOYMENT).astype(np.int64)
    largest = binned.column(w.largest_of(w.EMPLOYMENT)).astype(np.int64)
    # Of two rows the second is the rest; of more no larger than that, nor than the first.
    second = np.minimum(largest, employment - largest)
    keys, first, second = largest_two_by(packed, largest, second)
    counted = {w.ESTABLISHMENTS: binned.column(w.ESTABLISHMENTS), w.EMPLOYMENT: employment}
    _, summed = sum_by(packed, counted)
    stratum, number = key.unpack(keys)
    return pa.table(
        {
            **{name: binned.strata.column(name)[stratum] for name in binned.strata.keys},
            w.BIN: number,
            **summed,
            w.largest_of(w.EMPLOYMENT): first,
            w.second_of(w.EMPLOYMENT): second,
        }
    )


def related_rows(task: DistributionTask) -> DataFrame:
    """Rows of each median base, relative to its medians; bases are numbered in their order."""
    rows = [
        (base.year, industry, position, median, *base.scale(industry))
        for position, base in enumerate(task.bases)
        for industry, median in base.described().items()
    ]
    columns = zip(*rows, strict=True) if rows else ((),) * len(_MEDIANS)
    medians = pa.table([list(column) for column in columns], schema=_MEDIANS)
    standardised = any(base.scales for base in task.bases)
    if not standardised:
        medians = medians.drop_columns([w.INDUSTRY_SD, w.KAPPA])
    return relate_to_medians(
        task.matched,
        as_rows(medians, beside=task.matched),
        bin_width=task.bin_width,
        standardised=standardised,
        carried=(w.REPLICATE_GROUP,) if task.drawn else (),
    )


def _held_blocks(task: DistributionTask, held: HeldRows) -> Iterator[RankedBlock]:
    """The same rows where they are on the driver, a block for each median base."""
    standardised = any(base.scales for base in task.bases)
    for position, base in enumerate(task.bases):
        medians = base.described()
        rows, place = held.with_codes(base.year, medians)
        codes = sorted(medians)
        centre = np.array([medians[code] for code in codes])
        value = relative_productivity(held.log_productivity[rows], centre[place])
        if standardised:
            sd, kappa = (np.array(each) for each in zip(*map(base.scale, codes), strict=True))
            value = lileeva_productivity(value, sd[place], kappa[place])
        keys = {w.BASE: np.full(len(rows), position), w.MEMBERSHIP: held.membership[rows]}
        yield RankedBlock(keys, held.group[rows], held.employment[rows], value)


_MEDIANS = pa.schema(
    [
        (w.YEAR, pa.int32()),
        (w.INDUSTRY, pa.int64()),
        (w.BASE, pa.int32()),
        (w.CENTRE, pa.float64()),
        (w.INDUSTRY_SD, pa.float64()),
        (w.KAPPA, pa.float64()),
    ]
)


def _groups_of_populations(strata: Strata, task: DistributionTask) -> ManyToMany:
    base, membership = map(strata.column, strata.keys)
    stratum, group = [np.array([], dtype=np.int64)], [np.array([], dtype=np.int64)]
    for position, population in enumerate(task.populations):
        is_member = task.mask(population).fits(membership)
        stratum.append(np.flatnonzero(is_member & (base == population.base)))
        group.append(np.full(len(stratum[-1]), position))
    return ManyToMany.of(np.concatenate(stratum), np.concatenate(group))


class _Total(NamedTuple):
    """Of one population: rows, and their employment."""

    establishments: int
    employment: int


def group_totals(binned: BinnedRows, groups: ManyToMany, count: int) -> list[_Total]:
    """Rows and employment of each of so many groups."""
    # By stratum first: a stratum has many cells, and each of them may count in many groups.
    by_stratum = np.zeros((len(binned.strata.table), 2), dtype=np.int64)
    counted = [binned.column(name) for name in (w.ESTABLISHMENTS, w.EMPLOYMENT)]
    np.add.at(by_stratum, binned.stratum, np.stack(counted, axis=1))
    totals = np.zeros((count, 2), dtype=np.int64)
    np.add.at(totals, groups.group, by_stratum[groups.stratum])
    return [_Total(*total) for total in totals.tolist()]


def _moments(task: DistributionTask, powers: PowerCells) -> list[BothMoments]:
    centred = [_centred(powers, base) for base in task.bases]
    moments = []
    for population in task.populations:
        moments.append(population_moments(centred[population.base], task.mask(population)))
    return moments


def _centred(powers: PowerCells, base: MedianBase) -> PowerCells:
    cells = centre_cells(powers, base.year, base.described())
    return cells if base.scales is None else scale_cells(cells, base.scales)


@dataclass(frozen=True)
class _WantedPercentiles:
    """The published percentiles that groups have: the name of each, and where it lies."""

    groups: int
    names: list[str]
    positions: list[Position]

    def quantiles(
        self, values: Sequence[tuple[float, float]]
    ) -> list[tuple[dict[str, float], dict[str, float]]]:
        """Weighted and plain percentiles of each group, from the values around each position."""
        quantiles: list[tuple[dict[str, float], dict[str, float]]] = [
            ({}, {}) for _ in range(self.groups)
        ]
        for name, position, _, value in self.found(values):
            quantiles[position.group][0 if position.weighted else 1][name] = value
        return quantiles

    def found(self, values: Sequence[tuple[float, float]]) -> list[FoundPercentile]:
        """Each percentile with the value that it is reached at."""
        return [
            FoundPercentile(name, each, ends[0], interpolate(*ends, each.fraction))
            for name, each, ends in zip(self.names, self.positions, values, strict=True)
        ]


def wanted_percentiles(totals: Sequence[_Total]) -> _WantedPercentiles:
    """The published percentiles of groups of these sizes."""
    wanted = _WantedPercentiles(len(totals), [], [])
    for group, total in enumerate(totals):
        for name, p in PERCENTILES.items():
            if total.employment:
                target = weighted_target(total.employment, p)
                wanted.names.append(name)
                wanted.positions.append(Position(group, target, weighted=True))
            if total.establishments:
                lower, fraction = linear_position(total.establishments, p)
                wanted.names.append(name)
                wanted.positions.append(Position(group, lower + 1, fraction))
    return wanted


def _histograms(
    binned: BinnedRows, groups: ManyToMany, task: DistributionTask
) -> list[tuple[HistogramBin, ...]]:
    # The first bins cut those of the histogram: without its last digits a number is the wider's.
    number = np.right_shift(binned.column(w.BIN), task.refinement)
    key = CompositeKey.of(number)
    names = (w.ESTABLISHMENTS, w.EMPLOYMENT)
    # Added up by stratum and bin before each stratum is copied to its groups: far fewer copies.
    packed, counted = sum_by(
        key.pack(binned.stratum, number), {name: binned.column(name) for name in names}
    )
    stratum, number = key.unpack(packed)
    rows, group = groups.expand(stratum)
    keys, summed = sum_by(
        key.pack(group, number[rows]), {name: counted[name][rows] for name in names}
    )
    histograms: list[list[HistogramBin]] = [[] for _ in task.populations]
    columns = (*key.unpack(keys), *(summed[name] for name in names))
    for each, *filled in zip(*(column.tolist() for column in columns), strict=True):
        histograms[each].append(HistogramBin(*filled))
    return [tuple(histogram) for histogram in histograms]
