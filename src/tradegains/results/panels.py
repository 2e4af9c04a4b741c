"""Panels of industries over windows, from the sums that one pass collects.

Decisions:
- Status is presence, as in matching: an establishment present at both ends continues, whatever
  the study's stricter rules say of it.
- One that continues but has log productivity at one end only is left out of both years, and
  counted in the industry where it was measured: it neither entered nor left.
- One that changes industry leaves one and enters another where industries are told apart, and
  continues where they are not. `matching.industry_at` says which industries those are.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from tradegains.formulas.decompositions import ContinuingSums, PanelSums, TurnoverSums
from tradegains.formulas.panel_cells import PanelCell, PanelCells, PanelWindow
from tradegains.results.market import levels_of
from tradegains.study import Census
from tradegains.tables import working as w

LEFT_OUT, MOVED = "left_out", "moved"
_PRODUCTS = ("weight0_phi0", "weight1_phi1", "weight0_phi1", "weight1_phi0")

Panels = dict[str, dict[str | None, "IndustryPanel"]]
"""By level, then by industry code; None at level total."""


@dataclass(frozen=True)
class IndustryPanel:
    """One industry over one window.

    `levels` is Phi of the two years [log points] from the rows of each year, apart from `sums`:
    None where a year has no weight. `moved` counts establishments that came from or went to
    another industry, `left_out` those measured at one end only.
    """

    sums: PanelSums
    levels: tuple[float, float] | None
    left_out: int
    moved: int


@dataclass(frozen=True)
class YearSums:
    """All establishments of one industry and year that have log productivity."""

    count: int
    weight: float
    weight_phi: float
    phi: float


@dataclass(frozen=True)
class PanelReading:
    """How cells are read: by which weight column, and at which industry columns and levels."""

    panels: PanelCells
    weight: str
    census: Census
    own_year: bool

    def codes(self, number: int | None) -> dict[str, str | None]:
        """Code at each level of an industry number."""
        code = w.industry_code(number, self.census.industry_digits)
        return levels_of(code, self.census.industry_group_digits)

    def industry(self, cell: PanelCell, window: PanelWindow) -> int | None:
        """Industry that the cell's rows count in at their own end of the window."""
        return cell.industries[w.INDUSTRY if self.own_year else w.window_industry(window.name)]

    def later_industry(self, cell: PanelCell, window: PanelWindow) -> int | None:
        """Industry that they count in at the window's end."""
        later = cell.industries[w.layer_column(w.INDUSTRY, window.layer)]
        if self.own_year:
            return later
        stated = cell.industries[w.window_industry(window.name)]
        return later if stated is None else stated

    def number(self, weight: str, product: int) -> float:
        """A sum of products in whole units of its weight."""
        return math.ldexp(product, -self.panels.places[weight])


_Tally = dict[str, dict[str | None, Counter[str]]]


def window_panels(reading: PanelReading, window: PanelWindow) -> Panels:
    """Every industry of every level over one window."""
    tally: _Tally = defaultdict(lambda: defaultdict(Counter))
    for cell in reading.panels.cells:
        if cell.year == window.start:
            _count_start(reading, window, cell, tally)
        elif cell.year == window.end:
            _count_end(reading, window, cell, tally)
    return {
        level: {code: _panel(reading, counted) for code, counted in by_code.items()}
        for level, by_code in tally.items()
    }


def _count_start(
    reading: PanelReading, window: PanelWindow, cell: PanelCell, tally: _Tally
) -> None:
    """Rows of the first year; what they tell of the last year is of continuing ones only."""
    phi = w.layer_column(w.PHI, window.layer)
    is_measured, is_measured_later = cell.measured[w.PHI], cell.measured[phi]
    continues = bool(cell.membership & window.both_ends)
    now = reading.codes(reading.industry(cell, window))
    if not continues:
        if is_measured:
            own = _own(reading, cell)
            _add(tally, now, _named("exiters", own) | _named("level0", own))
    elif is_measured and is_measured_later:
        _count_continuing(reading, window, cell, tally)
    elif is_measured:
        _add(tally, now, {LEFT_OUT: cell.establishments})
    elif is_measured_later:
        later = reading.codes(reading.later_industry(cell, window))
        # The last year's own rows hold them, too: what is left out of the level is taken off.
        taken_off = _minus(_later_level(reading, window, cell))
        _add(tally, later, {LEFT_OUT: cell.establishments} | taken_off)


def _count_continuing(
    reading: PanelReading, window: PanelWindow, cell: PanelCell, tally: _Tally
) -> None:
    own, later = _own(reading, cell), _later(reading, window, cell)
    start = reading.codes(reading.industry(cell, window))
    end = reading.codes(reading.later_industry(cell, window))
    crossed = _crossed(reading, window, cell)
    for level, code in start.items():
        counted = tally[level]
        counted[code].update(_named("level0", own))
        if code == end[level]:
            counted[code].update(crossed)
            continue
        moved = {MOVED: cell.establishments}
        counted[code].update(_named("exiters", own) | moved)
        counted[end[level]].update(_named("entrants", later) | moved)


def _count_end(reading: PanelReading, window: PanelWindow, cell: PanelCell, tally: _Tally) -> None:
    """Rows of the last year: entrants, and the year's own level."""
    if not cell.measured[w.PHI]:
        return
    own = _own(reading, cell)
    counted = _named("level1", own)
    if not cell.membership & window.both_ends:
        counted |= _named("entrants", own)
    _add(tally, reading.codes(reading.industry(cell, window)), counted)


def _add(tally: _Tally, codes: Mapping[str, str | None], counted: Mapping[str, int]) -> None:
    for level, code in codes.items():
        tally[level][code].update(counted)


def _own(reading: PanelReading, cell: PanelCell) -> tuple[int, int, int]:
    """Count, weight and weight times log productivity of the cell's own year."""
    weight = reading.weight
    return cell.establishments, cell.weights[weight], cell.products[weight, w.PHI]


def _later(reading: PanelReading, window: PanelWindow, cell: PanelCell) -> tuple[int, int, int]:
    """The same of the window's end."""
    weight, phi = (w.layer_column(name, window.layer) for name in (reading.weight, w.PHI))
    return cell.establishments, cell.weights[weight], cell.products[weight, phi]


def _later_level(reading: PanelReading, window: PanelWindow, cell: PanelCell) -> dict[str, int]:
    return _named("level1", _later(reading, window, cell))


def _minus(counted: Mapping[str, int]) -> dict[str, int]:
    return {name: -value for name, value in counted.items()}


def _named(group: str, sums: tuple[int, int, int]) -> dict[str, int]:
    names = (group, f"{group}_weight", f"{group}_weight_phi")
    return dict(zip(names, sums, strict=True))


def _crossed(reading: PanelReading, window: PanelWindow, cell: PanelCell) -> dict[str, int]:
    """Sums of continuing establishments, by the names of `ContinuingSums`."""
    weight, phi = reading.weight, w.layer_column(w.PHI, window.layer)
    later = w.layer_column(weight, window.layer)
    return {
        "count": cell.establishments,
        "weight0": cell.weights[weight],
        "weight1": cell.weights[later],
        "weight0_phi0": cell.products[weight, w.PHI],
        "weight1_phi1": cell.products[later, phi],
        "weight0_phi1": cell.products[weight, phi],
        "weight1_phi0": cell.products[later, w.PHI],
        "phi0": cell.products[w.UNIT, w.PHI],
        "phi1": cell.products[w.UNIT, phi],
    }


def _panel(reading: PanelReading, counted: Counter[str]) -> IndustryPanel:
    def value(name: str) -> float:
        if name in ("phi0", "phi1"):
            return reading.number(w.UNIT, counted[name])
        if name in _PRODUCTS:
            return reading.number(reading.weight, counted[name])
        return counted[name]

    def group(name: str) -> TurnoverSums:
        total = reading.number(reading.weight, counted[f"{name}_weight_phi"])
        return TurnoverSums(counted[name], counted[f"{name}_weight"], total)

    sums: dict[str, Any] = {field.name: value(field.name) for field in fields(ContinuingSums)}
    continuing = ContinuingSums(**sums)
    level0, level1 = group("level0"), group("level1")
    has_weight = level0.weight > 0 and level1.weight > 0
    return IndustryPanel(
        PanelSums(continuing, group("entrants"), group("exiters")),
        (level0.weight_phi / level0.weight, level1.weight_phi / level1.weight)
        if has_weight
        else None,
        counted[LEFT_OUT],
        counted[MOVED],
    )


def year_sums(reading: PanelReading, year: int) -> dict[str, dict[str | None, YearSums]]:
    """All establishments with log productivity of one year, in the industries of that year."""
    tally: _Tally = defaultdict(lambda: defaultdict(Counter))
    for cell in reading.panels.cells:
        if cell.year == year and cell.measured[w.PHI]:
            counted = _named("all", _own(reading, cell))
            counted["phi"] = cell.products[w.UNIT, w.PHI]
            _add(tally, reading.codes(cell.industries[w.INDUSTRY]), counted)
    return {
        level: {
            code: YearSums(
                each["all"],
                each["all_weight"],
                reading.number(reading.weight, each["all_weight_phi"]),
                reading.number(w.UNIT, each["phi"]),
            )
            for code, each in by_code.items()
        }
        for level, by_code in tally.items()
    }
