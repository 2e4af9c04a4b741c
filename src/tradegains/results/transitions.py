"""From which state to which: absent, not exporting, exporting, at both ends of a period.

Every establishment with a row at either end stands in one cell, so the rows of a state add up to
all establishments in it. A row of the first year knows the state of its establishment in the last
from the history; a row of the last year counts only where there was none in the first (entry).
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from tradegains.formulas.fixed_point import EMPLOYMENT_UNITS, from_fixed_point
from tradegains.formulas.outcomes import rate
from tradegains.results.market import sums_by
from tradegains.results.market_cells import MarketCells, Whole
from tradegains.results.periods import Period, consecutive, windows
from tradegains.results.sets import EXPORTER, SetName
from tradegains.study import Study
from tradegains.tables import working as w

ABSENT, DORMANT, PRESENT = "absent", "dormant", "present"
EXPORTING, NOT_EXPORTING = "exporter", "nonexporter"
STATES = (ABSENT, DORMANT, PRESENT, EXPORTING, NOT_EXPORTING)
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
    """Cells of the first year by their transition, and those of the last that come in."""
    first, last = (cells.of_year(year) for year in period.ends)
    came_in = last.where(~last.inside(period.also_at_start))
    return {
        **_sums_of(study, period, first, _state(study, first), _later_state(study, period, first)),
        **_sums_of(study, period, came_in, _earlier_state(period, came_in), _state(study, came_in)),
    }


def _sums_of(study: Study, period: Period, cells: MarketCells, start: Whole, end: Whole) -> _Sums:
    sums = cells.sums_by_level(
        cells.industry_in(period.name),
        study.census.industry_group_digits,
        start,
        end,
        amounts=(w.ESTABLISHMENTS, w.EMPLOYMENT),
        levels=LEVELS,
    )
    return {
        (level, code, Transition(STATES[start], STATES[end])): Counted(*counted)
        for (level, code, start, end), counted in sums.items()
    }


def _state(study: Study, cells: MarketCells) -> Whole:
    """State of the cells' establishments in their own year, as a place in `STATES`."""
    if not study.census.has("exports"):
        return np.full(len(cells), STATES.index(PRESENT))
    return _exporting(cells.inside(EXPORTER))


def _exporting(exports: Whole) -> Whole:
    return np.where(exports, STATES.index(EXPORTING), STATES.index(NOT_EXPORTING))


def _later_state(study: Study, period: Period, cells: MarketCells) -> Whole:
    """State at the end of the period, of cells of its first year."""
    if study.census.has("exports"):
        there = _exporting(cells.inside(period.exporter_at_end))
    else:
        there = _state(study, cells)
    away = _away(cells, period.bridged and period.bridged[0])
    return np.where(cells.inside(period.also_at_end), there, away)


def _earlier_state(period: Period, cells: MarketCells) -> Whole:
    """State at the start of the period, of cells of its last year that had no row then."""
    return _away(cells, period.bridged and period.bridged[1])


def _away(cells: MarketCells, bridged: SetName | None) -> Whole:
    """Gone, or back after a while: dormant."""
    is_back = cells.inside(bridged) if bridged else np.zeros(len(cells), bool)
    return np.where(is_back, STATES.index(DORMANT), STATES.index(ABSENT))


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
