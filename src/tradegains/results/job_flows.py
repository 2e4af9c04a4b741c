"""Gross job flows: creation by entrants and expanders, destruction by exiters and contractors.

An establishment present at both ends counts in the industry of the first year (unless the study's
`industry_at` says otherwise for a window) with its whole change, so creation minus destruction is
the change of employment in every row: `employment_end` is that of the row's establishments and
entrants, not that of the establishments in the industry in the last year. An establishment that is
absent for a while only (`reactivation_years`) contracts to nothing and expands from nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from tradegains.formulas.fixed_point import EMPLOYMENT_UNITS, from_fixed_point
from tradegains.formulas.job_flows import GrossJobFlows
from tradegains.formulas.outcomes import joined_notes
from tradegains.results.market_cells import (
    LEVELS,
    NONE,
    LevelSums,
    MarketCells,
    Whole,
    lacking_note,
    sum_by,
)
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
    rows: list[dict[str, Any]] = []
    for period in chain(windows(study), consecutive(study)):
        both = zip(
            _from_start(period, cells, digits), _from_nothing(period, cells, digits), strict=True
        )
        for start, nothing in both:
            rows += _rows(period, EVERYONE, start + nothing)
        if period.kind != ANNUAL and by_quartile is not None:
            for flows in _from_start(period, by_quartile, digits, w.QUARTILE):
                rows += _rows_of_groups(period, flows)
    return rows


@dataclass(frozen=True)
class _FlowColumns:
    """Job flows [thousandths of a job] of a level's establishments, as columns.

    Attributes:
        level: total, industry2 or industry4.
        codes: of an industry, by its number.
        keys: the number of the industry and, where it is told, the quartile.
        amounts: establishments, those whose employment is unknown at an end, and flows.
    """

    level: str
    codes: Mapping[int, str | None]
    keys: list[Whole]
    amounts: list[Whole]

    @staticmethod
    def of(
        sums: LevelSums, lacks: Whole, flows: GrossJobFlows, quartile: Sequence[Whole] = ()
    ) -> "_FlowColumns":
        """From flows that are columns, too; `lacks` says whose employment is unknown."""
        count = sums.sums[w.ESTABLISHMENTS]
        none = np.zeros(len(count), np.int64)  # for flows that none of them has
        codes = dict(zip(sums.numbers.tolist(), sums.codes, strict=True))
        amounts = [
            count,
            np.where(lacks, count, 0),
            *(each + none for each in vars(flows).values()),
        ]
        return _FlowColumns(sums.level, codes, [sums.numbers, *quartile], amounts)

    def __add__(self, other: "_FlowColumns") -> "_FlowColumns":
        """Both one after the other."""
        keys, amounts = (
            [np.concatenate(each) for each in zip(own, others, strict=True)]
            for own, others in ((self.keys, other.keys), (self.amounts, other.amounts))
        )
        return _FlowColumns(self.level, {**self.codes, **other.codes}, keys, amounts)

    def where(self, chosen: Whole) -> "_FlowColumns":
        """Those at which an array is true."""
        keys, amounts = ([each[chosen] for each in part] for part in (self.keys, self.amounts))
        return _FlowColumns(self.level, self.codes, keys, amounts)


CONTINUING, BRIDGED, ALONE = 0, 1, 2
"""What becomes of an establishment by the other end of a period: `outcomes`."""


def outcomes(cells: MarketCells, at_other_end: SetName, bridged: SetName | None) -> Whole:
    """Is an establishment at the other end of a period, absent there for a while, or gone?"""
    is_back = cells.inside(bridged) if bridged else np.zeros(len(cells), bool)
    away = np.where(is_back, BRIDGED, ALONE)
    return np.where(cells.inside(at_other_end), CONTINUING, away)


def _from_start(
    period: Period, cells: MarketCells, digits: int, quartile: str | None = None
) -> Iterator[_FlowColumns]:
    """Flows of the establishments of the first year, by level.

    Those of groups are by quartile of productivity, a column of the cells.
    """
    first = cells.of_year(period.ends[0]).known(period.starting)
    found = first.by_level(
        first.industry_in(period.name),
        digits,
        outcomes(first, period.also_at_end, period.bridged and period.bridged[0]),
        first.unknown(period.starting, ("employment",)),
        *([first[quartile]] if quartile else []),
        amounts=(w.ESTABLISHMENTS, w.EMPLOYMENT, *changes_of(period)),
        levels=LEVELS_OF_GROUPS if quartile else LEVELS,
    )
    for sums in found:
        outcome, lacks, *group = sums.keys
        _, jobs, gained, lost = sums.sums.values()
        stay: list[Any] = [
            np.where(outcome == CONTINUING, each, 0) for each in (jobs, gained, lost)
        ]
        back: Any = np.where(outcome == BRIDGED, jobs, 0)
        alone: Any = np.where(outcome == ALONE, jobs, 0)
        flows = (
            GrossJobFlows.of_continuing(stay[0], gained=stay[1], lost=stay[2])
            + GrossJobFlows.of_continuing(back, gained=0, lost=back)
            + GrossJobFlows.of_exiters(alone)
        )
        yield _FlowColumns.of(sums, lacks, flows, group)


def changes_of(period: Period) -> tuple[str, str]:
    """Columns of the jobs that continuing establishments gain and lose."""
    name = CONSECUTIVE if period.kind == ANNUAL else period.name
    return w.jobs_gained(name), w.jobs_lost(name)


def _from_nothing(period: Period, cells: MarketCells, digits: int) -> Iterator[_FlowColumns]:
    """Flows of the establishments of the last year that were not there in the first."""
    last = cells.of_year(period.ends[1]).known(period.ending)
    outcome = outcomes(last, period.also_at_start, period.bridged and period.bridged[1])
    came_in = last.where(outcome != CONTINUING)
    found = came_in.by_level(
        came_in.industry_in(period.name),
        digits,
        outcome[outcome != CONTINUING],
        came_in.unknown(period.ending, ("employment",)),
        amounts=(w.ESTABLISHMENTS, w.EMPLOYMENT),
    )
    for sums in found:
        how, lacks = sums.keys
        jobs = sums.sums[w.EMPLOYMENT]
        back: Any = np.where(how == BRIDGED, jobs, 0)
        new: Any = np.where(how == ALONE, jobs, 0)
        flows = GrossJobFlows.of_continuing(0, gained=back, lost=0)
        yield _FlowColumns.of(sums, lacks, flows + GrossJobFlows.of_entrants(new))


def _rows_of_groups(period: Period, flows: _FlowColumns) -> Iterator[dict[str, Any]]:
    """Rows of each quartile, of the lower half and of those without productivity."""
    quartile = flows.keys[1]
    for number in np.unique(quartile).tolist():
        group = quartile_group(None if number == NONE else number)
        yield from _rows(period, group, flows.where(quartile == number))
    yield from _rows(period, LOWER_HALF, flows.where((quartile == 1) | (quartile == 2)))


def _rows(period: Period, group: str, flows: _FlowColumns) -> Iterator[dict[str, Any]]:
    """A row of each industry."""
    (numbers,), sums = sum_by(flows.keys[:1], flows.amounts)
    columns = (each.tolist() for each in (numbers, *sums))
    for number, establishments, lacking, *found in zip(*columns, strict=True):
        key = flows.level, flows.codes[number]
        yield _row(period, group, key, establishments, GrossJobFlows(*found), lacking)


def _row(
    period: Period,
    group: str,
    key: tuple[str, str | None],
    establishments: int,
    flows: GrossJobFlows,
    lacking: int,
) -> dict[str, Any]:
    has_entrants = group == EVERYONE
    level, industry = key
    return {
        "window": period.name,
        "kind": period.kind,
        "level": level,
        "industry": industry,
        "productivity_group": group,
        "establishments": establishments,
        "employment_start": _jobs(flows.employment_start),
        "employment_end": _jobs(flows.employment_end),
        "entrant_creation": _jobs(flows.entrant_creation) if has_entrants else None,
        "expander_creation": _jobs(flows.expander_creation),
        "exiter_destruction": _jobs(flows.exiter_destruction),
        "contractor_destruction": _jobs(flows.contractor_destruction),
        "creation_rate": flows.creation_rate,
        "destruction_rate": flows.destruction_rate,
        "destruction_share": flows.destruction_share,
        "note": joined_notes("" if has_entrants else NO_ENTRANTS, lacking_note(lacking)),
    }


def _jobs(thousandths: int) -> float:
    return from_fixed_point(thousandths, EMPLOYMENT_UNITS)
