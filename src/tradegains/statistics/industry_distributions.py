"""Exact moments and quantiles of relative productivity by industry and population.

Industries of both levels are sums of the same strata (year, 4-digit industry, membership), so one
selection serves them all, and their moments come from the power sums that the whole economy's
come from.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.distribution import Distribution
from tradegains.formulas.membership import MembershipBits, MembershipMask
from tradegains.formulas.productivity import relative_productivity
from tradegains.statistics.arrays import IntArray, ManyToMany
from tradegains.statistics.distributions import group_totals, wanted_percentiles
from tradegains.statistics.handing import as_rows
from tradegains.statistics.held_rows import HeldRows, RankedBlock
from tradegains.statistics.moments import (
    BothMoments,
    BothTheils,
    PowerCells,
    centre_cells,
    population_moments,
    population_theils,
)
from tradegains.statistics.ranks import ROW_LIMIT, BinnedRows, Strata
from tradegains.statistics.replicated import (
    DescribedRows,
    DrawnGroups,
    describe_without_groups,
)
from tradegains.tables import working as w
from tradegains.transforms.industry_ranking import relate_by_industry

REFINEMENT = 7
"""Binary digits of the first bins: 1/128 of a log point, so that the bins of the wanted ranks
hold few rows; on 10M rows coarser ones need a second, wider look."""

Sets = tuple[tuple[str, ...], ...]


class IndustryGroup(NamedTuple):
    """Rows of one year, level, industry (a number of that level) and population (a position)."""

    year: int
    level: str
    industry: int
    population: int


@dataclass(frozen=True)
class IndustryTask:
    """What is described by industry.

    Attributes:
        medians: of each year described, by industry number [log points].
        populations: the sets a population's rows are all in, and those they are in none of.
        levels: by name, what an industry number is divided by to get that level's.
        bits: of the memberships.
        drawn: groups of units, of which the rows have theirs, to be left out in turn; or None.
        held: gives the rows themselves, where they are few enough to be on the driver.
    """

    medians: Mapping[int, Mapping[int, float]]
    populations: Sequence[tuple[Sets, Sets]]
    levels: Mapping[str, int]
    bits: MembershipBits
    drawn: DrawnGroups | None = None
    held: Callable[[], HeldRows] | None = None

    def masks(self) -> list[MembershipMask]:
        """What tells each population's rows."""
        return [self.bits.mask(inside, outside) for inside, outside in self.populations]


def describe_industries(
    matched: DataFrame,
    task: IndustryTask,
    powers: PowerCells,
    *,
    row_limit: int = ROW_LIMIT,
) -> dict[IndustryGroup, Distribution]:
    """Distribution of relative productivity of every group that has a row; no histograms.

    Args:
        matched: matched rows.
        task: years, populations and levels.
        powers: power sums of the same rows; with levels for Theil indices.
        row_limit: rows that may be collected to end the search for quantiles.
    """
    ranked = _ranked_rows(matched, task)
    keys = (w.YEAR, w.INDUSTRY, w.MEMBERSHIP)
    binned = BinnedRows.of(ranked, keys=keys, on=(w.YEAR, w.INDUSTRY), refinement=REFINEMENT)
    strata_of_groups, groups = _numbered_groups(binned.strata, task)
    totals = group_totals(binned, strata_of_groups, len(groups))
    wanted = wanted_percentiles(totals)
    values = binned.values_around(wanted.positions, strata_of_groups, row_limit=row_limit)
    moments = dict(_moments(powers, task))
    found = {
        group: Distribution(*total, *moments[group][0], *quantiles, (), *moments[group][1])
        for group, total, quantiles in zip(groups, totals, wanted.quantiles(values), strict=True)
    }
    if task.drawn is None:
        return found
    has_levels = bool(powers.plain_levels)
    rows = DescribedRows(binned, strata_of_groups, totals, wanted.found(values), has_levels)
    blocks = _held_blocks(task, task.held()) if task.held else None
    without = describe_without_groups(rows, task.drawn, row_limit=row_limit, held=blocks)
    return {
        group: replace(found[group], without=both)
        for group, both in zip(groups, without, strict=True)
    }


def _ranked_rows(matched: DataFrame, task: IndustryTask) -> DataFrame:
    rows = [
        (year, industry, median)
        for year, of_year in task.medians.items()
        for industry, median in of_year.items()
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    medians = pa.table([list(column) for column in columns], schema=_MEDIANS)
    mask = _bits_of(task)
    return relate_by_industry(
        matched.filter(F.col(w.YEAR).isin(*task.medians)),
        as_rows(medians, beside=matched),
        mask=mask,
        carried=(w.REPLICATE_GROUP,) if task.drawn else (),
    )


def _bits_of(task: IndustryTask) -> int:
    """The bits of memberships that tell populations apart."""
    return reduce(or_, (each.bits for each in task.masks()), 0)


def _held_blocks(task: IndustryTask, held: HeldRows) -> Iterator[RankedBlock]:
    """The same rows where they are on the driver, a block for each year."""
    mask = _bits_of(task)
    for year, medians in task.medians.items():
        rows, place = held.with_codes(year, medians)
        centre = np.array([medians[code] for code in sorted(medians)])
        value = relative_productivity(held.log_productivity[rows], centre[place])
        keys = {
            w.YEAR: held.year[rows],
            w.INDUSTRY: held.industry[rows],
            w.MEMBERSHIP: held.membership[rows] & mask,
        }
        yield RankedBlock(keys, held.group[rows], held.employment[rows], value)


_MEDIANS = pa.schema([(w.YEAR, pa.int32()), (w.INDUSTRY, pa.int64()), (w.CENTRE, pa.float64())])


def _numbered_groups(strata: Strata, task: IndustryTask) -> tuple[ManyToMany, list[IndustryGroup]]:
    year, industry, membership = map(strata.column, strata.keys)
    number: dict[IndustryGroup, int] = {}
    stratum: list[int] = []
    group: list[int] = []
    for position, mask in enumerate(task.masks()):
        for each in np.flatnonzero(mask.fits(membership)).tolist():
            for level, divisor in task.levels.items():
                key = IndustryGroup(
                    int(year[each]), level, int(industry[each]) // divisor, position
                )
                stratum.append(each)
                group.append(number.setdefault(key, len(number)))
    return ManyToMany.of(np.array(stratum, np.int64), np.array(group, np.int64)), list(number)


def _moments(
    powers: PowerCells, task: IndustryTask
) -> Iterator[tuple[IndustryGroup, tuple[BothMoments, BothTheils]]]:
    masks = task.masks()
    for year, medians in task.medians.items():
        cells = centre_cells(powers, year, medians)
        for level, divisor in task.levels.items():
            for industry, chosen in _by_code(cells.industry // divisor):
                inside = cells.where(chosen)
                for position, mask in enumerate(masks):
                    moments = population_moments(inside, mask)
                    theils = population_theils(inside, mask, moments)
                    yield IndustryGroup(year, level, industry, position), (moments, theils)


def _by_code(codes: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Each code and the positions that have it."""
    order = np.argsort(codes, kind="stable")
    distinct, first = np.unique(codes[order], return_index=True)
    if len(codes):
        yield from zip(distinct.tolist(), np.split(order, first[1:]), strict=True)
