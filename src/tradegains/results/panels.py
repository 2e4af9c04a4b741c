"""Panels of industries over windows, from the sums that one pass collects, as columns.

Decisions:
- Status is presence, as in matching: an establishment present at both ends continues, whatever
  the study's stricter rules say of it.
- One that continues but has log productivity at one end only is left out of both years, and
  counted in the industry where it was measured: it neither entered nor left.
- One that changes industry leaves one and enters another where industries are told apart, and
  continues where they are not. `matching.industry_at` says which industries those are.

Panel cells are columns of the kind of `results.market_cells`, under its laws: sums by `sum_by` are
exact, whatever their size, and keys come as their first cells do. A further key, such as a group of
establishments, is one more column of the cells, named to `window_sums`: it comes back as a key
beside the code, and sums over all of its values are those without it. Groups of units are such a
key; `window_sums_by_group` keeps them in columns.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from tradegains.formulas.decompositions import ContinuingSums, PanelSums, TurnoverSums
from tradegains.formulas.panel_cells import PanelCells, PanelWindow
from tradegains.results.market_cells import NONE, Whole, cut_to_level, sum_by
from tradegains.results.sums_by_group import SumsByGroup
from tradegains.study import Census
from tradegains.tables import working as w

LEFT_OUT, MOVED, LACKING = "left_out", "moved", "lacking"
PRODUCTS = ("weight0_phi0", "weight1_phi1", "weight0_phi1", "weight1_phi0")


@dataclass(frozen=True)
class IndustryPanels:
    """Every industry of a level over one window: a position in every column, as first cells come.

    Attributes:
        level: total, industry2 or industry4.
        codes: as published; None at level total.
        sums: arrays in the place of numbers.
        levels: Phi of the two years [log points] from the rows of each year, apart from `sums`;
            nan where a year has no weight.
        left_out: establishments measured at one end only.
        moved: establishments that came from or went to another industry.
        lacking: those left out because their weight is unknown at an end.
    """

    level: str
    codes: list[str | None]
    sums: PanelSums
    levels: tuple[Whole, Whole]
    left_out: Whole
    moved: Whole
    lacking: Whole


@dataclass(frozen=True)
class YearSums:
    """All establishments with log productivity of a year, an industry at each position.

    `lacking` counts those whose weight is unknown, which are in no sum.
    """

    codes: list[str | None]
    establishments: Whole
    weight: Whole
    weight_phi: Whole
    phi: Whole
    lacking: Whole

    def each(self) -> "Iterator[MeasuredYear]":
        """Every industry, as plain numbers."""
        columns = (self.establishments, self.weight, self.weight_phi, self.phi)
        return map(MeasuredYear, self.codes, *(column.tolist() for column in columns))


class MeasuredYear(NamedTuple):
    """Sums over all establishments of one industry and year that have log productivity."""

    code: str | None
    establishments: int
    weight: int
    weight_phi: float
    phi: float


@dataclass(frozen=True)
class PanelReading:
    """How cells are read: by which weight column, and at which industry columns and levels."""

    panels: PanelCells
    weight: str
    census: Census
    own_year: bool

    def __getitem__(self, name: str) -> Whole:
        """A column of the cells."""
        column: Whole = self.panels.columns[name]
        return column

    def industry(self, window: PanelWindow) -> Whole:
        """Industry that rows count in at their own end of the window."""
        return self[w.INDUSTRY if self.own_year else w.window_industry(window.name)]

    def later_industry(self, window: PanelWindow) -> Whole:
        """Industry that they count in at the window's end."""
        later = self[w.layer_column(w.INDUSTRY, window.layer)]
        if self.own_year:
            return later
        stated = self[w.window_industry(window.name)]
        return np.where(stated == NONE, later, stated)

    def product(self, name: str, weight: str, phi: str) -> dict[str, Whole]:
        """Both parts of the sums of weight times log productivity, under a name."""
        parts = (w.COARSE, w.FINE)
        return {f"{name}_{part}": self[w.panel_product(weight, phi, part)] for part in parts}

    def numbers(self, sums: Mapping[str, Whole], name: str, weight: str) -> Whole:
        """Sums of products in whole units of their weight: of every one the nearest double."""
        bits = self.panels.bits[weight]
        parts = (sums[f"{name}_{part}"].tolist() for part in (w.COARSE, w.FINE))
        return np.array(
            [math.ldexp(bits.joined(*each), -sum(bits)) for each in zip(*parts, strict=True)], float
        )

    def numbers_without(self, sums: SumsByGroup, name: str, weight: str) -> Whole:
        """Sums of products without each group, in whole units of their weight."""
        bits = self.panels.bits[weight]
        coarse, fine = (sums.without(f"{name}_{part}") for part in (w.COARSE, w.FINE))
        whole: Whole = np.ldexp(coarse, -bits.coarse) + np.ldexp(fine, -sum(bits))
        return whole

    def cut(self, industry: Whole, level: str) -> tuple[Whole, Whole]:
        """Which cells count at a level, and the code of each."""
        digits, group = self.census.industry_digits, self.census.industry_group_digits
        return cut_to_level(industry, level, digits=digits, group_digits=group)

    def code(self, number: int, level: str) -> str | None:
        """A code at a level as published."""
        census = self.census
        is_group = level == "industry2"
        digits = census.industry_group_digits if is_group else census.industry_digits
        return w.industry_code(None if number == NONE else number, digits)


@dataclass(frozen=True)
class _Addition:
    """Cells that add something to an industry: which cells, its codes, and what they add."""

    cells: Whole
    codes: Whole
    sums: Mapping[str, Whole]


_Sums = dict[tuple[int, ...], dict[str, int]]
"""Sums by name, by code and further keys."""


def window_panels(reading: PanelReading, window: PanelWindow, level: str) -> IndustryPanels:
    """Every industry of a level over one window."""
    codes, sums = _by_code(reading, list(_WindowColumns(reading, window).parts(level)), level)
    levels = (_turnover(reading, sums, name) for name in ("level0", "level1"))
    start, end = (_quotients(each.weight_phi, each.weight) for each in levels)
    lacking = sums.get(LACKING, np.zeros(len(codes), int))
    counts = (sums[LEFT_OUT], sums[MOVED], lacking)
    return IndustryPanels(level, codes, _panel_sums(reading, sums), (start, end), *counts)


def _quotients(parts: Any, wholes: Any) -> Whole:
    """Parts over wholes; nan where a whole is not above 0."""
    found, known = np.full(len(parts), np.nan), (wholes > 0).astype(bool)
    found[known] = parts[known] / wholes[known]
    return found


def window_sums(reading: PanelReading, window: PanelWindow, level: str, *keys: str) -> _Sums:
    """Sums of every industry of a level over one window, by further columns of the cells, too."""
    found, sums = _added_up(reading, list(_WindowColumns(reading, window).parts(level)), keys)
    rows = zip(*(each.tolist() for each in sums.values()), strict=True)
    of_keys = zip(*(each.tolist() for each in found), strict=True)
    return {key: dict(zip(sums, row, strict=True)) for key, row in zip(of_keys, rows, strict=True)}


def window_sums_by_group(
    reading: PanelReading, window: PanelWindow, level: str, groups: int
) -> SumsByGroup:
    """The same sums by group of units."""
    return _by_group(reading, list(_WindowColumns(reading, window).parts(level)), groups)


def _added_up(
    reading: PanelReading, parts: Sequence[_Addition], keys: Sequence[str]
) -> tuple[list[Whole], dict[str, Whole]]:
    """All parts together, in the order of the cells; of one cell in that of the parts."""
    cells, codes, columns = _together(parts)
    order = np.argsort(cells, kind="stable")
    by = [codes, *(reading[key][cells] for key in keys)]
    found, sums = sum_by([key[order] for key in by], [each[order] for each in columns.values()])
    return found, dict(zip(columns, sums, strict=True))


def _by_code(
    reading: PanelReading, parts: Sequence[_Addition], level: str
) -> tuple[list[str | None], dict[str, Whole]]:
    """All parts together by industry."""
    (numbers,), sums = _added_up(reading, parts, ())
    codes = [reading.code(number, level) for number in numbers.tolist()]
    return codes, {name: dividing(each) for name, each in sums.items()}


LARGEST_EXACT = 2.0**52
"""Whole numbers below this are doubles, and so are sums of two of them."""


def dividing(numbers: Whole) -> Whole:
    """Whole numbers such that quotients of them are Python's, to the last bit.

    Example:
        >>> dividing(np.array([1, 2**60])).dtype, dividing(np.array([1, 2])).dtype
        (dtype('O'), dtype('int64'))
    """
    is_small = (
        numbers.dtype != object and np.abs(numbers.astype(float)).max(initial=0) < LARGEST_EXACT
    )
    return numbers if is_small else numbers.astype(object)


def _by_group(reading: PanelReading, parts: Sequence[_Addition], groups: int) -> SumsByGroup:
    cells, codes, columns = _together(parts)
    return SumsByGroup.of([codes], reading[w.REPLICATE_GROUP][cells], columns, count=groups)


def _together(parts: Sequence[_Addition]) -> tuple[Whole, Whole, dict[str, Whole]]:
    """Cells, codes and what they add, one part after the other; nothing is 0."""
    cells = np.concatenate([part.cells for part in parts])
    names = dict.fromkeys(name for part in parts for name in part.sums)
    columns = {
        name: np.concatenate([
            part.sums[name][part.cells] if name in part.sums else np.zeros(len(part.cells), int)
            for part in parts
        ])
        for name in names
    }  # fmt: skip
    return cells, np.concatenate([part.codes for part in parts]), columns


@dataclass(frozen=True)
class _WindowColumns:
    """What the cells of a window's two years add to its industries."""

    reading: PanelReading
    window: PanelWindow

    def parts(self, level: str) -> Iterator[_Addition]:
        """By status; what rows of the first year tell of the last is of continuing ones only."""
        reading, window = self.reading, self.window
        now, later = reading.industry(window), reading.later_industry(window)
        continues = (reading[w.MEMBERSHIP] & window.both_ends) != 0
        starts, ends = (reading[w.YEAR] == year for year in (window.start, window.end))
        lacks = (reading[w.MEMBERSHIP] & window.unknown.get(reading.weight, 0)) != 0
        known, known_later = (reading[name] for name in map(w.measured_column, (w.PHI, self._phi)))
        measured, measured_later = known & ~lacks, known_later & ~lacks
        left_out = {LEFT_OUT: reading[w.ESTABLISHMENTS]}
        yield self._part(level, starts & ~continues & measured, now, self._own("exiters", "level0"))
        yield from self._continuing(level, starts & continues & measured & measured_later)
        yield self._part(level, starts & continues & measured & ~measured_later, now, left_out)
        # The last year's own rows hold them, too: what is left out of the level is taken off.
        only_later = starts & continues & ~measured & measured_later
        taken_off = {name: -column for name, column in self._later("level1").items()}
        yield self._part(level, only_later, later, left_out | taken_off)
        yield self._part(level, ends & measured & ~continues, now, self._own("level1", "entrants"))
        yield self._part(level, ends & measured & continues, now, self._own("level1"))
        if window.unknown:
            # Of who is there in both years, the first year's row tells, once.
            unknown = left_out | {LACKING: reading[w.ESTABLISHMENTS]}
            once = lacks & (starts | (ends & ~continues))
            yield self._part(level, once & known, now, unknown)
            at_end = once & starts & continues & ~known & known_later
            yield self._part(level, at_end, later, unknown)

    def _part(
        self, level: str, chosen: Whole, industry: Whole, sums: dict[str, Whole]
    ) -> _Addition:
        is_in, codes = self.reading.cut(industry, level)
        cells = np.flatnonzero(chosen & is_in)
        return _Addition(cells, codes[cells], sums)

    def _continuing(self, level: str, chosen: Whole) -> Iterator[_Addition]:
        """Measured at both ends: in one industry, or out of one and into another."""
        reading, window = self.reading, self.window
        now, later = reading.industry(window), reading.later_industry(window)
        stays = reading.cut(now, level)[1] == reading.cut(later, level)[1]
        moved = {MOVED: reading[w.ESTABLISHMENTS]}
        own = self._own("level0")
        yield self._part(level, chosen & stays, now, own | self._crossed())
        yield self._part(level, chosen & ~stays, now, own | self._own("exiters") | moved)
        yield self._part(level, chosen & ~stays, later, self._later("entrants") | moved)

    @cached_property
    def _phi(self) -> str:
        """Log productivity of the window's end."""
        return w.layer_column(w.PHI, self.window.layer)

    def _own(self, *groups: str) -> dict[str, Whole]:
        """Count, weight and weight times log productivity of the cells' own year."""
        return self._turnover(groups, self.reading.weight, w.PHI)

    def _later(self, group: str) -> dict[str, Whole]:
        """The same of the window's end."""
        later = w.layer_column(self.reading.weight, self.window.layer)
        return self._turnover([group], later, self._phi)

    def _turnover(self, groups: Sequence[str], weight: str, phi: str) -> dict[str, Whole]:
        reading, found = self.reading, dict[str, Whole]()
        for group in groups:
            found |= {group: reading[w.ESTABLISHMENTS], f"{group}_weight": reading[weight]}
            found |= reading.product(f"{group}_weight_phi", weight, phi)
        return found

    def _crossed(self) -> dict[str, Whole]:
        """Sums of continuing establishments, by the names of `ContinuingSums`."""
        reading, weight, phi = self.reading, self.reading.weight, self._phi
        later = w.layer_column(weight, self.window.layer)
        return {
            "count": reading[w.ESTABLISHMENTS],
            "weight0": reading[weight],
            "weight1": reading[later],
            **reading.product("weight0_phi0", weight, w.PHI),
            **reading.product("weight1_phi1", later, phi),
            **reading.product("weight0_phi1", weight, phi),
            **reading.product("weight1_phi0", later, w.PHI),
            **reading.product("phi0", w.UNIT, w.PHI),
            **reading.product("phi1", w.UNIT, phi),
        }


def panels_by(reading: PanelReading, window: PanelWindow, key: str) -> dict[int, PanelSums]:
    """Sums of all establishments over one window, by a further column of the cells."""
    parts = list(_WindowColumns(reading, window).parts("total"))
    (_, marks), sums = _added_up(reading, parts, [key])
    found = _panel_sums(reading, sums)
    return {mark: found.at(place) for place, mark in enumerate(marks.tolist())}


def _panel_sums(reading: PanelReading, sums: Mapping[str, Whole]) -> PanelSums:
    def values(name: str) -> Any:
        if name in ("phi0", "phi1"):
            return reading.numbers(sums, name, w.UNIT)
        return reading.numbers(sums, name, reading.weight) if name in PRODUCTS else sums[name]

    continuing = {field.name: values(field.name) for field in fields(ContinuingSums)}
    entrants, exiters = (_turnover(reading, sums, name) for name in ("entrants", "exiters"))
    return PanelSums(ContinuingSums(**continuing), entrants, exiters)


def _turnover(reading: PanelReading, sums: Mapping[str, Whole], name: str) -> TurnoverSums:
    count: Any = sums[name]
    weight: Any = sums[f"{name}_weight"]
    weight_phi: Any = reading.numbers(sums, f"{name}_weight_phi", reading.weight)
    return TurnoverSums(count, weight, weight_phi)


def year_sums(reading: PanelReading, year: int, level: str) -> YearSums:
    """All establishments with log productivity of one year, in the industries of that year."""
    parts = [_of_year(reading, year, level), *_lacking_in(reading, year, level)]
    codes, sums = _by_code(reading, parts, level)
    return YearSums(
        codes,
        sums["count"],
        sums["weight"],
        reading.numbers(sums, "weight_phi", reading.weight),
        reading.numbers(sums, "phi", w.UNIT),
        sums.get(LACKING, np.zeros(len(codes), int)),
    )


def year_sums_by_group(reading: PanelReading, year: int, level: str, groups: int) -> SumsByGroup:
    """The same sums of the industries of a level by group of units."""
    return _by_group(reading, [_of_year(reading, year, level)], groups)


def _of_year(reading: PanelReading, year: int, level: str) -> _Addition:
    columns = {
        "count": reading[w.ESTABLISHMENTS],
        "weight": reading[reading.weight],
        **reading.product("weight_phi", reading.weight, w.PHI),
        **reading.product("phi", w.UNIT, w.PHI),
    }
    return _in_year(reading, year, level, ~_lacks(reading), columns)


def _lacking_in(reading: PanelReading, year: int, level: str) -> Iterator[_Addition]:
    """Establishments with log productivity and without a known weight, if there are any."""
    lacks = _lacks(reading)
    if lacks.any():
        yield _in_year(reading, year, level, lacks, {LACKING: reading[w.ESTABLISHMENTS]})


def _lacks(reading: PanelReading) -> Whole:
    columns, name = reading.panels.columns, w.lacking_column(reading.weight)
    return columns[name] if name in columns else np.zeros(len(reading[w.YEAR]), bool)


def _in_year(
    reading: PanelReading, year: int, level: str, chosen: Whole, columns: Mapping[str, Whole]
) -> _Addition:
    is_in, codes = reading.cut(reading[w.INDUSTRY], level)
    measured = (reading[w.YEAR] == year) & reading[w.measured_column(w.PHI)]
    cells = np.flatnonzero(measured & chosen & is_in)
    return _Addition(cells, codes[cells], columns)


def without_groups(panels: PanelCells) -> PanelCells:
    """Panel cells added up over the groups of units, which are the last of their keys."""
    names = list(panels.columns)
    place = names.index(w.REPLICATE_GROUP)
    keys, summed = names[:place], names[place + 1 :]
    found = sum_by(*([panels.columns[name] for name in each] for each in (keys, summed)))
    columns = dict(zip((*keys, *summed), (*found[0], *found[1]), strict=True))
    return PanelCells(columns, panels.windows, panels.bits)
