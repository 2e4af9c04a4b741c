"""Exact moments, quantiles and histograms of relative productivity, of all populations at once.

Each (median base, membership) is counted once in fine bins; every population is a sum of such
cells. Moments and histograms need no further pass, and quantiles only the rows of the few bins
that hold a wanted rank.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, comb, log2

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from tradegains.formulas.distribution import Distribution, HistogramBin
from tradegains.formulas.fixed_point import moment_scale_bits
from tradegains.formulas.membership import MembershipBits
from tradegains.formulas.moments import CentredSums, Moments, merge_all, present
from tradegains.formulas.quantiles import (
    PERCENTILES,
    interpolate,
    linear_position,
    weighted_target,
)
from tradegains.selection.members import Members, Pairing, Real, Whole, sum_by
from tradegains.selection.ranks import ROW_LIMIT, Targets, Units, select_ranks, units_of
from tradegains.tables import working as w
from tradegains.transforms.productivity import POWERS, power_sum, power_sums, relate_to_medians
from tradegains.transforms.ranking import count_bins

RUN_BITS = 6
HALF_BITS = 31
WIDEST_BIN = 1 / 256
"""Width of the first bins at most [log points]; they divide the histogram's bins evenly."""


@dataclass(frozen=True)
class Population:
    """Rows of one median base whose membership has all of `inside` and none of `outside`."""

    base: int
    inside: tuple[tuple[str, ...], ...] = ()
    outside: tuple[tuple[str, ...], ...] = ()

    def holds(self, membership: int, bits: MembershipBits) -> bool:
        """Is a row with this membership in the population?"""
        is_inside = all(bits.holds(membership, name) for name in self.inside)
        return is_inside and not any(bits.holds(membership, name) for name in self.outside)


def describe_distributions(
    matched: DataFrame,
    medians: pa.Table,
    populations: Sequence[Population],
    *,
    bits: MembershipBits,
    bin_width: float,
    employment: int,
    establishments: int,
    row_limit: int = ROW_LIMIT,
) -> list[Distribution]:
    """Distribution of relative productivity of each population.

    Args:
        matched: matched rows.
        medians: year, industry, base and centre [log points].
        populations: what to describe.
        bits: positions of the sets in a membership.
        bin_width: of the histogram, > 0 [log points].
        employment: of all rows together [thousandths of a job]; bounds the fixed-point sums.
        establishments: rows together.
        row_limit: rows that may be collected to end the search for quantiles.

    Returns:
        One per population, in their order.
    """
    related = relate_to_medians(
        matched, matched.sparkSession.createDataFrame(medians), bin_width=bin_width
    )
    scale = _Scale.of(bin_width, employment, establishments)
    keys = (w.BASE, w.MEMBERSHIP)
    cells = count_bins(
        related,
        keys=keys,
        refinement=scale.refinement,
        sums=power_sums(
            refinement=scale.refinement,
            weighted_bits=scale.weighted_bits,
            plain_bits=scale.plain_bits,
        ),
    ).toArrow()
    units = units_of(cells, keys=keys, on=(w.BASE,))
    members = _units_of_populations(units, populations, bits)
    totals = _totals(cells, units, members, len(populations))
    wanted = _wanted_ranks(totals)
    values = select_ranks(
        related,
        cells,
        refinement=scale.refinement,
        units=units,
        members=members,
        targets=wanted.targets(),
        row_limit=row_limit,
    )
    quantiles = wanted.quantiles(values)
    moments = _moments(cells, units, members, scale, len(populations))
    histograms = _histograms(cells, units, members, scale, len(populations))
    return [
        Distribution(*total, *moment, *quantile, histogram)
        for total, moment, quantile, histogram in zip(
            totals, moments, quantiles, histograms, strict=True
        )
    ]


@dataclass(frozen=True)
class _Scale:
    """Bins of 2**-refinement histogram bins, and binary places of the fixed-point sums."""

    bin_width: float
    refinement: int
    weighted_bits: int
    plain_bits: int

    @staticmethod
    def of(bin_width: float, employment: int, establishments: int) -> "_Scale":
        refinement = max(0, ceil(log2(bin_width / WIDEST_BIN)))
        return _Scale(
            bin_width,
            refinement,
            moment_scale_bits(employment),
            moment_scale_bits(establishments),
        )


def _units_of_populations(
    units: Units, populations: Sequence[Population], bits: MembershipBits
) -> Members:
    bases, memberships = (units.table[key].to_pylist() for key in units.keys)
    pairs = [
        (unit, group)
        for unit, (base, membership) in enumerate(zip(bases, memberships, strict=True))
        for group, population in enumerate(populations)
        if population.base == base and population.holds(membership, bits)
    ]
    columns = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Members.of(columns[:, 0], columns[:, 1])


def _totals(cells: pa.Table, units: Units, members: Members, groups: int) -> list[tuple[int, int]]:
    """Establishments and employment of each population."""
    totals = np.zeros((groups, 2), dtype=np.int64)
    by_unit = np.zeros((len(units.table), 2), dtype=np.int64)
    counted = [cells[name].to_numpy() for name in (w.ESTABLISHMENTS, w.EMPLOYMENT)]
    np.add.at(by_unit, units.numbers(cells), np.stack(counted, axis=1))
    np.add.at(totals, members.group, by_unit[members.unit])
    return [(establishments, employment) for establishments, employment in totals.tolist()]


@dataclass(frozen=True)
class _WantedRanks:
    """Ranks behind the quantiles: (group, name, weighted, rank, fraction to the next rank)."""

    groups: int
    ranks: list[tuple[int, str, bool, int, Fraction]]

    def targets(self) -> Targets:
        """Each rank, and the next one where a quantile lies between the two."""
        wanted = [
            (group, rank + step, weighted)
            for group, _, weighted, rank, fraction in self.ranks
            for step in ((0, 1) if fraction else (0,))
        ]
        group, rank, weighted = zip(*wanted, strict=True) if wanted else ((), (), ())
        return Targets(
            np.array(group, np.int64), np.array(rank, np.int64), np.array(weighted, bool)
        )

    def quantiles(self, values: Real) -> list[tuple[dict[str, float], dict[str, float]]]:
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


def _wanted_ranks(totals: Sequence[tuple[int, int]]) -> _WantedRanks:
    ranks: list[tuple[int, str, bool, int, Fraction]] = []
    for group, (establishments, employment) in enumerate(totals):
        for name, p in PERCENTILES.items():
            if employment:
                ranks.append((group, name, True, weighted_target(employment, p), Fraction(0)))
            if establishments:
                lower, fraction = linear_position(establishments, p)
                ranks.append((group, name, False, lower + 1, fraction))
    return _WantedRanks(len(totals), ranks)


def _moments(
    cells: pa.Table, units: Units, members: Members, scale: _Scale, groups: int
) -> list[tuple[Moments | None, Moments | None]]:
    """Weighted and plain moments of each population, in exact whole-number arithmetic."""
    unit = units.numbers(cells)
    weighted = _sums_by_unit(cells, unit, scale.weighted_bits, weighted=True)
    plain = _sums_by_unit(cells, unit, scale.plain_bits, weighted=False)
    units_in: list[list[int]] = [[] for _ in range(groups)]
    for each, group in zip(members.unit.tolist(), members.group.tolist(), strict=True):
        units_in[group].append(each)
    width = scale.bin_width / 2**scale.refinement
    return [
        (_presented(weighted, inside, width), _presented(plain, inside, width))
        for inside in units_in
    ]


def _presented(sums: Sequence[CentredSums], inside: Sequence[int], width: float) -> Moments | None:
    return present(merge_all(sums[unit] for unit in inside), width) if inside else None


def _sums_by_unit(cells: pa.Table, unit: Whole, bits: int, *, weighted: bool) -> list[CentredSums]:
    """Each unit's cells moved to one bin and added up, as formulas.moments.merge does.

    In two moves, exact in both: to the middle of every run of 64 bins in 64-bit arithmetic, on
    the upper and the lower half of each sum so that nothing overflows; and from there to the
    unit's first run on Python's unbounded whole numbers, of which few are left.
    """
    counted = w.EMPLOYMENT if weighted else w.ESTABLISHMENTS
    sums = [np.left_shift(cells[counted].to_numpy(), bits)]
    sums += [cells[power_sum(k, weighted=weighted)].to_numpy() for k in POWERS]
    bins = cells[w.BIN].to_numpy()
    run = np.right_shift(bins, RUN_BITS)
    middle = np.left_shift(run, RUN_BITS) + 2 ** (RUN_BITS - 1)
    pairing = Pairing.of(run)
    key = pairing.pack(unit, run)
    upper = _moved([np.right_shift(each, HALF_BITS) for each in sums], bins - middle)
    lower = _moved([each & (2**HALF_BITS - 1) for each in sums], bins - middle)
    keys, totals = sum_by(
        key,
        {
            w.ESTABLISHMENTS: cells[w.ESTABLISHMENTS].to_numpy(),
            **{f"upper_{k}": each for k, each in enumerate(upper)},
            **{f"lower_{k}": each for k, each in enumerate(lower)},
        },
    )
    unit_of_run, run_of_key = pairing.unpack(keys)
    first = np.full(unit_of_run.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, unit_of_run, run_of_key)
    whole = [
        totals[f"upper_{k}"].astype(object) * 2**HALF_BITS + totals[f"lower_{k}"].astype(object)
        for k in (0, *POWERS)
    ]
    step = np.left_shift(run_of_key - first[unit_of_run], RUN_BITS).astype(object)
    names = [f"power_{k}" for k in (0, *POWERS)]
    _, moved = sum_by(
        unit_of_run,
        {
            w.ESTABLISHMENTS: totals[w.ESTABLISHMENTS],
            **dict(zip(names, _moved(whole, step), strict=True)),
        },
    )
    origin = np.left_shift(first, RUN_BITS) + 2 ** (RUN_BITS - 1)
    columns = [moved[name].tolist() for name in (w.ESTABLISHMENTS, *names)]
    return [
        CentredSums(bin_, bits, count, weight >> bits, *powers)
        for bin_, count, weight, *powers in zip(origin.tolist(), *columns, strict=True)
    ]


def _moved(sums: Sequence[NDArray], step: NDArray) -> list[NDArray]:
    """Power sums measured from a bin `step` lower: (v + step)**k expanded, for k = 0..4."""
    return [sum(comb(k, j) * step ** (k - j) * sums[j] for j in range(k + 1)) for k in (0, *POWERS)]


def _histograms(
    cells: pa.Table, units: Units, members: Members, scale: _Scale, groups: int
) -> list[tuple[HistogramBin, ...]]:
    number = np.right_shift(cells[w.BIN].to_numpy(), scale.refinement)
    pairing = Pairing.of(number)
    names = (w.ESTABLISHMENTS, w.EMPLOYMENT)
    by_unit, counted = sum_by(
        pairing.pack(units.numbers(cells), number), {name: cells[name].to_numpy() for name in names}
    )
    unit, number = pairing.unpack(by_unit)
    rows, group = members.expand(unit)
    keys, summed = sum_by(
        pairing.pack(group, number[rows]), {name: counted[name][rows] for name in names}
    )
    histograms: list[list[HistogramBin]] = [[] for _ in range(groups)]
    columns = (*pairing.unpack(keys), *(summed[name] for name in names))
    for each, *filled in zip(*(column.tolist() for column in columns), strict=True):
        histograms[each].append(HistogramBin(*filled))
    return [tuple(histogram) for histogram in histograms]
