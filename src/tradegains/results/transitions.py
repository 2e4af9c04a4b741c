"""From which state to which: absent, not exporting, exporting, at both ends of a period.

Every establishment with a row at either end stands in one cell, so the rows of a state add up to
all establishments in it. A row of the first year knows the state of its establishment in the last
from the history; a row of the last year counts only where there was none in the first (entry).
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from tradegains.formulas.fixed_point import EMPLOYMENT_UNITS, from_fixed_point
from tradegains.formulas.membership import MembershipBits
from tradegains.formulas.outcomes import rate
from tradegains.results.market import MarketCell, MarketCells, levels_of, sums_by
from tradegains.results.periods import Period, consecutive, windows
from tradegains.results.sets import EXPORTER
from tradegains.study import Study

ABSENT, DORMANT, PRESENT = "absent", "dormant", "present"
EXPORTING, NOT_EXPORTING = "exporter", "nonexporter"
LEVELS = ("total", "industry2")


class Transition(NamedTuple):
    """State at the start and state at the end."""

    start: str
    end: str


class Counted(NamedTuple):
    """Establishments, and their employment [thousandths of a job]."""

    establishments: int = 0
    employment: int = 0


def transition_rows(study: Study, cells: MarketCells) -> list[dict[str, Any]]:
    """One row per period, level, industry, state at the start and state at the end."""
    return [
        row
        for period in chain(windows(study), consecutive(study))
        for row in _rows(period, _sums(study, period, cells))
    ]


_Sums = dict[tuple[str, str | None, Transition], Counted]


def _sums(study: Study, period: Period, cells: MarketCells) -> _Sums:
    by_industry = sums_by(
        (
            (cell.industry_in(period.name), transition),
            Counted(cell.amounts.establishments, cell.amounts.employment),
        )
        for cell, transition in _transitions(study, period, cells)
    )
    return sums_by(
        ((level, code, transition), counted)
        for (industry, transition), counted in by_industry.items()
        for level, code in levels_of(industry, study.census.industry_group_digits).items()
        if level in LEVELS
    )


def _transitions(
    study: Study, period: Period, cells: MarketCells
) -> Iterator[tuple[MarketCell, Transition]]:
    """Each cell of the first year with its transition, and those of the last that come in."""
    (start, end), bits = period.ends, cells.memberships
    for cell in cells.of_year(start):
        yield cell, Transition(_state(study, cell, bits), _later_state(study, period, cell, bits))
    for cell in cells.of_year(end):
        if not bits.holds(cell.membership, period.also_at_start):
            is_back = period.bridged and bits.holds(cell.membership, period.bridged[1])
            yield cell, Transition(DORMANT if is_back else ABSENT, _state(study, cell, bits))


def _state(study: Study, cell: MarketCell, bits: MembershipBits) -> str:
    """State of the cell's establishments in its own year."""
    if not study.census.has("exports"):
        return PRESENT
    return EXPORTING if bits.holds(cell.membership, EXPORTER) else NOT_EXPORTING


def _later_state(study: Study, period: Period, cell: MarketCell, bits: MembershipBits) -> str:
    """State at the end of the period, of a cell of its first year."""
    if not bits.holds(cell.membership, period.also_at_end):
        is_back = period.bridged and bits.holds(cell.membership, period.bridged[0])
        return DORMANT if is_back else ABSENT
    if not study.census.has("exports"):
        return PRESENT
    return EXPORTING if bits.holds(cell.membership, period.exporter_at_end) else NOT_EXPORTING


def _rows(period: Period, sums: _Sums) -> Iterator[dict[str, Any]]:
    totals = sums_by(
        ((level, industry, transition.start), counted)
        for (level, industry, transition), counted in sums.items()
    )
    for (level, industry, transition), counted in sums.items():
        whole = totals[level, industry, transition.start]
        yield {
            "window": period.name,
            "kind": period.kind,
            "level": level,
            "industry": industry,
            "state_at_start": transition.start,
            "state_at_end": transition.end,
            "establishments": counted.establishments,
            "employment": from_fixed_point(counted.employment, EMPLOYMENT_UNITS),
            "establishment_share": rate(counted.establishments, whole.establishments),
            "employment_share": rate(counted.employment, whole.employment),
        }
