"""Exact moments, quantiles and histograms of relative productivity, of all populations at once.

Each (median base, membership) is counted once in fine bins; every population is a sum of such
cells. Histograms need no further pass, quantiles only the rows of the few bins that hold a wanted
rank, and moments one pass in which every row counts once whatever the number of median bases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log2
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tradegains.formulas.distribution import Distribution, HistogramBin, IndustryScales
from tradegains.formulas.membership import MembershipBits
from tradegains.formulas.quantiles import (
    PERCENTILES,
    interpolate,
    linear_position,
    weighted_target,
)
from tradegains.statistics.arrays import CompositeKey, FloatArray, ManyToMany, sum_by
from tradegains.statistics.handing import as_rows
from tradegains.statistics.moments import (
    BothMoments,
    PowerCells,
    centre_cells,
    population_moments,
    scale_cells,
)
from tradegains.statistics.ranks import ROW_LIMIT, Strata, TargetRanks, select_ranks, strata_of
from tradegains.tables import working as w
from tradegains.transforms.productivity import relate_to_medians
from tradegains.transforms.ranking import count_bins

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
    """What is described: matched rows, median bases, populations, and how finely."""

    matched: DataFrame
    bases: Sequence[MedianBase]
    populations: Sequence[BasePopulation]
    bits: MembershipBits
    bin_width: float

    @property
    def refinement(self) -> int:
        """Binary digits that cut a histogram bin into bins of at most `WIDEST_BIN`."""
        return max(0, ceil(log2(self.bin_width / WIDEST_BIN)))

    def masks(self, population: BasePopulation) -> tuple[int, int]:
        """Bits that a member has, and bits that it has not."""
        sides = (population.inside, population.outside)
        required, forbidden = (sum(self.bits.bit(name) for name in side) for side in sides)
        return required, forbidden


def describe_distributions(
    task: DistributionTask, powers: PowerCells, *, row_limit: int = ROW_LIMIT
) -> list[Distribution]:
    """Distribution of relative productivity of each population.

    Args:
        task: what is described.
        powers: power sums of the rows.
        row_limit: rows that may be collected to end the search for quantiles.

    Returns:
        One per population, in their order.
    """
    related = _related_rows(task)
    keys = (w.BASE, w.MEMBERSHIP)
    cells = count_bins(related, keys=keys, refinement=task.refinement).toArrow()
    strata = strata_of(cells, keys=keys, on=keys)
    members = _strata_of_populations(strata, task)
    totals = group_totals(cells, strata, members, len(task.populations))
    wanted = wanted_ranks(totals)
    values = select_ranks(
        related,
        cells,
        refinement=task.refinement,
        strata=strata,
        members=members,
        targets=wanted.targets(),
        row_limit=row_limit,
    )
    moments = _moments(task, powers)
    histograms = _histograms(cells, strata, members, task)
    return [
        Distribution(total.establishments, total.employment, *moment, *quantile, histogram)
        for total, moment, quantile, histogram in zip(
            totals, moments, wanted.quantiles(values), histograms, strict=True
        )
    ]


def _related_rows(task: DistributionTask) -> DataFrame:
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
    )


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


def _strata_of_populations(strata: Strata, task: DistributionTask) -> ManyToMany:
    base, membership = (strata.table[key].to_numpy() for key in strata.keys)
    stratum, group = [np.array([], dtype=np.int64)], [np.array([], dtype=np.int64)]
    for position, population in enumerate(task.populations):
        required, forbidden = task.masks(population)
        is_member = (membership & required == required) & (membership & forbidden == 0)
        stratum.append(np.flatnonzero(is_member & (base == population.base)))
        group.append(np.full(len(stratum[-1]), position))
    return ManyToMany.of(np.concatenate(stratum), np.concatenate(group))


class _Total(NamedTuple):
    """Of one population: rows, and their employment."""

    establishments: int
    employment: int


def group_totals(cells: pa.Table, strata: Strata, members: ManyToMany, groups: int) -> list[_Total]:
    """Rows and employment of each group."""
    by_stratum = np.zeros((len(strata.table), 2), dtype=np.int64)
    counted = [cells[name].to_numpy() for name in (w.ESTABLISHMENTS, w.EMPLOYMENT)]
    np.add.at(by_stratum, strata.numbers(cells), np.stack(counted, axis=1))
    totals = np.zeros((groups, 2), dtype=np.int64)
    np.add.at(totals, members.group, by_stratum[members.stratum])
    return [_Total(*total) for total in totals.tolist()]


def _moments(task: DistributionTask, powers: PowerCells) -> list[BothMoments]:
    centred = [_centred(powers, base) for base in task.bases]
    moments = []
    for population in task.populations:
        required, forbidden = task.masks(population)
        cells = centred[population.base]
        moments.append(population_moments(cells, required=required, forbidden=forbidden))
    return moments


def _centred(powers: PowerCells, base: MedianBase) -> PowerCells:
    cells = centre_cells(powers, base.year, base.described())
    return cells if base.scales is None else scale_cells(cells, base.scales)


@dataclass(frozen=True)
class _WantedRanks:
    """Ranks behind the quantiles: (group, name, weighted, rank, fraction to the next rank)."""

    groups: int
    ranks: list[tuple[int, str, bool, int, Fraction]]

    def targets(self) -> TargetRanks:
        """Each rank, and the next one where a quantile lies between the two."""
        wanted = [
            (group, rank + step, weighted)
            for group, _, weighted, rank, fraction in self.ranks
            for step in ((0, 1) if fraction else (0,))
        ]
        group, rank, weighted = zip(*wanted, strict=True) if wanted else ((), (), ())
        return TargetRanks(
            np.array(group, np.int64), np.array(rank, np.int64), np.array(weighted, bool)
        )

    def quantiles(self, values: FloatArray) -> list[tuple[dict[str, float], dict[str, float]]]:
        """Weighted and plain quantiles of each group, from the values of the targets."""
        found: list[tuple[dict[str, float], dict[str, float]]] = [
            ({}, {}) for _ in range(self.groups)
        ]
        value = iter(values.tolist())
        for group, name, weighted, _, fraction in self.ranks:
            lower = next(value)
            upper = next(value) if fraction else lower
            found[group][0 if weighted else 1][name] = interpolate(lower, upper, fraction)
        return found


def wanted_ranks(totals: Sequence[_Total]) -> _WantedRanks:
    """Ranks behind the published percentiles of groups of these sizes."""
    ranks: list[tuple[int, str, bool, int, Fraction]] = []
    for group, total in enumerate(totals):
        for name, p in PERCENTILES.items():
            if total.employment:
                target = weighted_target(total.employment, p)
                ranks.append((group, name, True, target, Fraction(0)))
            if total.establishments:
                lower, fraction = linear_position(total.establishments, p)
                ranks.append((group, name, False, lower + 1, fraction))
    return _WantedRanks(len(totals), ranks)


def _histograms(
    cells: pa.Table, strata: Strata, members: ManyToMany, task: DistributionTask
) -> list[tuple[HistogramBin, ...]]:
    number = np.right_shift(cells[w.BIN].to_numpy(), task.refinement)
    pairing = CompositeKey.of(number)
    names = (w.ESTABLISHMENTS, w.EMPLOYMENT)
    by_stratum, counted = sum_by(
        pairing.pack(strata.numbers(cells), number),
        {name: cells[name].to_numpy() for name in names},
    )
    stratum, number = pairing.unpack(by_stratum)
    rows, group = members.expand(stratum)
    keys, summed = sum_by(
        pairing.pack(group, number[rows]), {name: counted[name][rows] for name in names}
    )
    histograms: list[list[HistogramBin]] = [[] for _ in task.populations]
    columns = (*pairing.unpack(keys), *(summed[name] for name in names))
    for each, *filled in zip(*(column.tolist() for column in columns), strict=True):
        histograms[each].append(HistogramBin(*filled))
    return [tuple(histogram) for histogram in histograms]
