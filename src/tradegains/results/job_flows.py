"""Gross job flows: creation by entrants and expanders, destruction by exiters and contractors.

An establishment present at both ends counts in the industry of the first year (unless the study's
`industry_at` says otherwise for a window) with its whole change, so creation minus destruction is
the change of employment in every row: `employment_end` is that of the row's establishments and
entrants, not that of the establishments in the industry in the last year. An establishment that is
absent for a while only (`reactivation_years`) contracts to nothing and expands from nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from tradegains.formulas.fixed_point import EMPLOYMENT_UNITS, from_fixed_point
from tradegains.formulas.job_flows import GrossJobFlows
from tradegains.formulas.membership import MembershipBits
from tradegains.results.market import MarketCell, MarketCells, levels_of
from tradegains.results.periods import ANNUAL, Period, consecutive, windows
from tradegains.results.sets import CONSECUTIVE
from tradegains.study import Study

EVERYONE = "all"
UNMEASURED = "unmeasured"
LOWER_HALF = "lower_half"
LEVELS_OF_GROUPS = ("total", "industry2")
NO_ENTRANTS = "entrants have no productivity in the first year"


def quartile_group(quartile: int | None) -> str:
    """Name of a quartile of start-year productivity; of those without productivity for None.

    Example:
        >>> quartile_group(1), quartile_group(None)
        ('quartile_1', 'unmeasured')
    """
    return UNMEASURED if quartile is None else f"quartile_{quartile}"


def job_flow_rows(
    study: Study,
    cells: MarketCells,
    by_quartile: Mapping[int | None, MarketCells],
) -> list[dict[str, Any]]:
    """One row per period, level, industry and productivity group.

    Args:
        study: its windows and, where it asks for them, consecutive years.
        cells: market cells with the changes of employment.
        by_quartile: the cells of the windows' first years by quartile of productivity within the
            4-digit industry; empty where the study does not ask for them.
    """
    rows = []
    for period in chain(windows(study), consecutive(study)):
        flows = chain(_from_start(period, cells), _from_nothing(period, cells))
        for key, found in _sums(study, period, flows).items():
            rows.append(_row(period, EVERYONE, key, found))
        if period.kind != ANNUAL:
            rows += _rows_of_groups(study, period, by_quartile)
    return rows


@dataclass
class _Sum:
    """Job flows [thousandths of a job] of some establishments."""

    establishments: int = 0
    flows: GrossJobFlows = field(default_factory=GrossJobFlows)

    def add(self, establishments: int, flows: GrossJobFlows) -> None:
        """Add those of others."""
        self.establishments += establishments
        self.flows += flows


_Key = tuple[str, str | None]
_Sums = dict[_Key, _Sum]


def _sums(
    study: Study, period: Period, flows_of_cells: Iterable[tuple[MarketCell, GrossJobFlows]]
) -> _Sums:
    """Job flows by level and industry."""
    by_industry: defaultdict[str | None, _Sum] = defaultdict(_Sum)
    for cell, flows in flows_of_cells:
        by_industry[cell.industry_in(period.name)].add(cell.amounts.establishments, flows)
    sums: defaultdict[_Key, _Sum] = defaultdict(_Sum)
    for industry, found in by_industry.items():
        for key in levels_of(industry, study.census.industry_group_digits).items():
            sums[key].add(found.establishments, found.flows)
    return dict(sums)


def _from_start(period: Period, cells: MarketCells) -> Iterator[tuple[MarketCell, GrossJobFlows]]:
    """Each cell of the first year."""
    name = CONSECUTIVE if period.kind == ANNUAL else period.name
    for cell in cells.of_year(period.ends[0]):
        yield cell, _flows_from_start(period, cell, cells.memberships, *cell.changes[name])


def _from_nothing(period: Period, cells: MarketCells) -> Iterator[tuple[MarketCell, GrossJobFlows]]:
    """Each cell of the last year whose establishments were not there in the first."""
    for cell in cells.of_year(period.ends[1]):
        jobs = cell.amounts.employment
        if cells.memberships.holds(cell.membership, period.also_at_start):
            continue
        if period.bridged and cells.memberships.holds(cell.membership, period.bridged[1]):
            yield cell, GrossJobFlows.of_continuing(0, gained=jobs, lost=0)
        else:
            yield cell, GrossJobFlows.of_entrants(jobs)


def _flows_from_start(
    period: Period, cell: MarketCell, bits: MembershipBits, gained: int, lost: int
) -> GrossJobFlows:
    jobs = cell.amounts.employment
    if bits.holds(cell.membership, period.also_at_end):
        return GrossJobFlows.of_continuing(jobs, gained=gained, lost=lost)
    if period.bridged and bits.holds(cell.membership, period.bridged[0]):
        return GrossJobFlows.of_continuing(jobs, gained=0, lost=jobs)
    return GrossJobFlows.of_exiters(jobs)


def _rows_of_groups(
    study: Study,
    period: Period,
    by_quartile: Mapping[int | None, MarketCells],
) -> Iterator[dict[str, Any]]:
    """Rows of each quartile, of the lower half and of those without productivity."""
    halves: defaultdict[_Key, _Sum] = defaultdict(_Sum)
    quartiles: Iterable[int | None] = sorted(by_quartile, key=lambda each: (each is None, each))
    for quartile in quartiles:
        flows = _from_start(period, by_quartile[quartile])
        for key, found in _sums(study, period, flows).items():
            if key[0] in LEVELS_OF_GROUPS:
                yield _row(period, quartile_group(quartile), key, found)
                if quartile in (1, 2):
                    halves[key].add(found.establishments, found.flows)
    for key, found in halves.items():
        yield _row(period, LOWER_HALF, key, found)


def _row(period: Period, group: str, key: _Key, found: _Sum) -> dict[str, Any]:
    flows, has_entrants = found.flows, group == EVERYONE
    level, industry = key
    return {
        "window": period.name,
        "kind": period.kind,
        "level": level,
        "industry": industry,
        "productivity_group": group,
        "establishments": found.establishments,
        "employment_start": _jobs(flows.employment_start),
        "employment_end": _jobs(flows.employment_end),
        "entrant_creation": _jobs(flows.entrant_creation) if has_entrants else None,
        "expander_creation": _jobs(flows.expander_creation),
        "exiter_destruction": _jobs(flows.exiter_destruction),
        "contractor_destruction": _jobs(flows.contractor_destruction),
        "creation_rate": flows.creation_rate,
        "destruction_rate": flows.destruction_rate,
        "destruction_share": flows.destruction_share,
        "note": "" if has_entrants else NO_ENTRANTS,
    }


def _jobs(thousandths: int) -> float:
    return from_fixed_point(thousandths, EMPLOYMENT_UNITS)
