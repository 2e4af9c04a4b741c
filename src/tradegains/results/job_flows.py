"""Gross job flows: creation by entrants and expanders, destruction by exiters and contractors.

An establishment present at both ends counts in the industry of the first year (unless the study's
`industry_at` says otherwise for a window) with its whole change, so creation minus destruction is
the change of employment in every row: `employment_end` is that of the row's establishments and
entrants, not that of the establishments in the industry in the last year. An establishment that is
absent for a while only (`reactivation_years`) contracts to nothing and expands from nothing.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from tradegains.formulas.fixed_point import EMPLOYMENT_UNITS, from_fixed_point
from tradegains.formulas.job_flows import GrossJobFlows
from tradegains.formulas.outcomes import joined_notes
from tradegains.results.market_cells import NONE, MarketCells, Whole, lacking_note
from tradegains.results.periods import ANNUAL, Period, consecutive, windows
from tradegains.results.sets import CONSECUTIVE, SetName
from tradegains.study import Study
from tradegains.tables import working as w

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
    by_quartile: MarketCells | None,
) -> list[dict[str, Any]]:
    """One row per period, level, industry and productivity group.

    Args:
        study: its windows and, where it asks for them, consecutive years.
        cells: market cells with the changes of employment.
        by_quartile: the cells of the windows' first years with a column for the quartile of
            productivity within the 4-digit industry; None where the study does not ask for them.
    """
    digits = study.census.industry_group_digits
    rows = []
    for period in chain(windows(study), consecutive(study)):
        sums = _from_start(period, cells, digits)
        for key, found in _from_nothing(period, cells, digits).items():
            sums[key] += found
        rows += [_row(period, EVERYONE, key, found) for key, found in sums.items()]
        if period.kind != ANNUAL and by_quartile is not None:
            rows += _rows_of_groups(period, by_quartile, digits)
    return rows


@dataclass
class _FlowSum:
    """Job flows [thousandths of a job] of some establishments."""

    establishments: int = 0
    flows: GrossJobFlows = field(default_factory=GrossJobFlows)
    lacking: int = 0

    def add(self, establishments: int, flows: GrossJobFlows, *, lacks: int) -> None:
        """Add those of others; `lacks` says whether their employment is unknown at an end."""
        self.establishments += establishments
        self.flows += flows
        self.lacking += establishments if lacks else 0

    def __iadd__(self, other: "_FlowSum") -> "_FlowSum":
        """Both together."""
        self.establishments += other.establishments
        self.flows += other.flows
        self.lacking += other.lacking
        return self


_Key = tuple[str, str | None]
_Sums = defaultdict[_Key, _FlowSum]
CONTINUING, BRIDGED, ALONE = 0, 1, 2
"""What becomes of an establishment by the other end of a period: `outcomes`."""


def outcomes(cells: MarketCells, at_other_end: SetName, bridged: SetName | None) -> Whole:
    """Is an establishment at the other end of a period, absent there for a while, or gone?"""
    is_back = cells.inside(bridged) if bridged else np.zeros(len(cells), bool)
    away = np.where(is_back, BRIDGED, ALONE)
    return np.where(cells.inside(at_other_end), CONTINUING, away)


def _from_start(period: Period, cells: MarketCells, digits: int) -> _Sums:
    """Flows of the establishments of the first year, by level and industry."""
    return _flows_by_quartile(period, cells, digits, None)[None]


def _flows_by_quartile(
    period: Period, cells: MarketCells, digits: int, quartile: str | None
) -> dict[int | None, _Sums]:
    """The same by quartile of productivity, a column of the cells; all together without one."""
    first = cells.of_year(period.ends[0]).known(period.starting)
    sums = first.sums_by_level(
        first.industry_in(period.name),
        digits,
        outcomes(first, period.also_at_end, period.bridged and period.bridged[0]),
        first.unknown(period.starting, ("employment",)),
        *([first[quartile]] if quartile else []),
        amounts=(w.ESTABLISHMENTS, w.EMPLOYMENT, *changes_of(period)),
    )
    found: defaultdict[int | None, _Sums] = defaultdict(lambda: defaultdict(_FlowSum))
    for (level, code, outcome, lacks, *group), (count, *changes) in sums.items():
        number = None if not group or group[0] == NONE else group[0]
        found[number][level, code].add(count, _flows_from_start(outcome, *changes), lacks=lacks)
    return found


def changes_of(period: Period) -> tuple[str, str]:
    """Columns of the jobs that continuing establishments gain and lose."""
    name = CONSECUTIVE if period.kind == ANNUAL else period.name
    return w.jobs_gained(name), w.jobs_lost(name)


def _flows_from_start(outcome: int, jobs: int, gained: int, lost: int) -> GrossJobFlows:
    if outcome == CONTINUING:
        return GrossJobFlows.of_continuing(jobs, gained=gained, lost=lost)
    if outcome == BRIDGED:
        return GrossJobFlows.of_continuing(jobs, gained=0, lost=jobs)
    return GrossJobFlows.of_exiters(jobs)


def _from_nothing(period: Period, cells: MarketCells, digits: int) -> _Sums:
    """Flows of the establishments of the last year that were not there in the first."""
    last = cells.of_year(period.ends[1]).known(period.ending)
    outcome = outcomes(last, period.also_at_start, period.bridged and period.bridged[1])
    came_in = last.where(outcome != CONTINUING)
    sums = came_in.sums_by_level(
        came_in.industry_in(period.name),
        digits,
        outcome[outcome != CONTINUING],
        came_in.unknown(period.ending, ("employment",)),
        amounts=(w.ESTABLISHMENTS, w.EMPLOYMENT),
    )
    found: _Sums = defaultdict(_FlowSum)
    for (level, code, each, lacks), (count, jobs) in sums.items():
        is_back = each == BRIDGED
        back = GrossJobFlows.of_continuing(0, gained=jobs, lost=0)
        flows = back if is_back else GrossJobFlows.of_entrants(jobs)
        found[level, code].add(count, flows, lacks=lacks)
    return found


def _rows_of_groups(period: Period, cells: MarketCells, digits: int) -> Iterator[dict[str, Any]]:
    """Rows of each quartile, of the lower half and of those without productivity."""
    halves: _Sums = defaultdict(_FlowSum)
    for quartile, sums in _flows_by_quartile(period, cells, digits, w.QUARTILE).items():
        for key, found in sums.items():
            if key[0] in LEVELS_OF_GROUPS:
                yield _row(period, quartile_group(quartile), key, found)
                if quartile in (1, 2):
                    halves[key] += found
    for key, found in halves.items():
        yield _row(period, LOWER_HALF, key, found)


def _row(period: Period, group: str, key: _Key, found: _FlowSum) -> dict[str, Any]:
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
        "note": joined_notes("" if has_entrants else NO_ENTRANTS, lacking_note(found.lacking)),
    }


def _jobs(thousandths: int) -> float:
    return from_fixed_point(thousandths, EMPLOYMENT_UNITS)
