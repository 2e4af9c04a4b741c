"""Decompositions of productivity growth as published rows."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tradegains.errors import Problem, TradegainsError
from tradegains.formulas.decompositions import (
    METHODS,
    MOVED_BY_UNIT,
    NO_WEIGHT,
    TERMS,
    DecomposedChange,
    IdentityError,
    PanelSums,
    decompose,
)
from tradegains.formulas.industry_decompositions import (
    BETWEEN_INDUSTRIES,
    INDUSTRY_ENTRY,
    INDUSTRY_EXIT,
    UNDECOMPOSED,
    PooledIndustries,
    decompose_industries,
)
from tradegains.formulas.membership import BOTH_ENDS
from tradegains.formulas.olley_pakes import olley_pakes
from tradegains.formulas.outcomes import joined_notes
from tradegains.formulas.panel_cells import PanelCells, PanelWindow, layers_of
from tradegains.results.market_cells import MarketCells, largest_of
from tradegains.results.panels import IndustryPanel, PanelReading, Panels, window_panels, year_sums
from tradegains.results.sets import StudySets, continuing_set, decomposition_weights
from tradegains.study import Study
from tradegains.tables import working as w

OLLEY_PAKES = "olley_pakes"
WITH_UNIT = "changes with the money unit, as productivity is measured from 0; bhc_relative does not"
LEVEL_WITH_UNIT = "the mean and the level change with the money unit, the covariance does not"
NOMINAL = "nominal: without a price index inflation is part of the growth"
_GROUP_OF_TERM = {
    "entry": "entrants",
    "exit": "exiters",
    BETWEEN_INDUSTRIES: "all",
    UNDECOMPOSED: "all",
}

Row = dict[str, Any]


def panel_windows(study: Study, sets: StudySets) -> list[PanelWindow]:
    """The windows to decompose."""
    names = study.decomposition.windows if study.decomposition else ()
    windows = [study.window(name) for name in names]
    layers = layers_of({window.name: window.start for window in windows})
    return [
        PanelWindow(
            window.name,
            window.start,
            window.end,
            layers[window.name],
            sets.memberships.bit(continuing_set(window.name, BOTH_ENDS)),
        )
        for window in windows
    ]


def panel_industries(study: Study) -> list[str]:
    """Industry columns by which the panels of a study are told apart."""
    if study.matching.industry_at == "own_year":
        return [w.INDUSTRY]
    names = study.decomposition.windows if study.decomposition else ()
    return [w.INDUSTRY, *(w.window_industry(name) for name in names)]


def panel_totals(study: Study, cells: MarketCells) -> dict[str, int]:
    """The largest sum of any year by weight column, and of establishments under UNIT."""
    largest = largest_of(cells.amounts_by(cells[w.YEAR]).values())
    by_column = {w.EMPLOYMENT: largest.employment, w.SALES: largest.sales}
    chosen = {column: by_column[column] for column in decomposition_weights(study).values()}
    return chosen | {w.UNIT: largest.establishments}


def decomposition_rows(study: Study, panels: PanelCells) -> list[Row]:
    """One row per window (or year), share, method, level, industry and term.

    Raises:
        TradegainsError: the terms of a decomposition do not add up to its change.
    """
    chosen = study.decomposition
    if chosen is None:
        return []
    rows: list[Row] = []
    methods = [method for method in METHODS if method in chosen.methods]
    for share, weight in decomposition_weights(study).items():
        reading = PanelReading(
            panels, weight, study.census, study.matching.industry_at == "own_year"
        )
        for window in panels.windows:
            found = window_panels(reading, window)
            levels = [_Level.of(found, level) for level in chosen.levels]
            for method in methods:
                named = _blank(study) | {"window": window.name, "share": share, "method": method}
                try:
                    rows += [row for level in levels for row in _rows_of_level(level, named)]
                except IdentityError as error:
                    raise _not_an_identity(error, window.name) from error
        if OLLEY_PAKES in chosen.methods:
            named = _blank(study) | {"share": share, "method": OLLEY_PAKES}
            rows += [named | row for row in _level_rows(study, reading, chosen.levels)]
    return rows


def _blank(study: Study) -> Row:
    prices = study.productivity.prices
    return {
        "window": None,
        "year": None,
        "prices": "nominal" if prices == "none" else prices,
    }


def _not_an_identity(error: IdentityError, window: str) -> TradegainsError:
    cure = "this is a fault of tradegains: please report it with its version and engine"
    return TradegainsError(Problem(str(error), f"decomposition of window {window}", cure=cure))


@dataclass(frozen=True)
class _Level:
    """The industries of a level over one window, for every method.

    Attributes:
        name: total, industry2 or industry4.
        panels: of its industries, in the order of their codes, each with what tells its rows.
        industries: their sums.
        whole: Phi of the two years in the whole economy [log points]; None where unknown.
    """

    name: str
    panels: Sequence[tuple[IndustryPanel, Row]]
    industries: PooledIndustries
    whole: tuple[float, float] | None

    @staticmethod
    def of(panels: Panels, name: str) -> "_Level":
        own, total = panels.get(name, {}), panels.get("total", {}).get(None)
        in_order = sorted(own.items(), key=lambda item: item[0] or "")
        return _Level(
            name,
            [
                (panel, {"level": name, "industry": code} | _evidence([panel]))
                for code, panel in in_order
            ],
            PooledIndustries({code or "": panel.sums for code, panel in own.items()}),
            total.levels if total else None,
        )


def _rows_of_level(level: _Level, blank: Row) -> Iterator[Row]:
    """Of each industry of a level, and of all of them; Phi is then that of the whole economy."""
    method = blank["method"]
    for panel, told in level.panels:
        found = decompose(panel.sums, method, levels=panel.levels)
        yield from _term_rows(found, [panel.sums], blank | told)
    if level.name == "total":
        return
    found = decompose_industries(level.industries, method, levels=level.whole)
    told = _evidence(panel for panel, _ in level.panels)
    named = blank | {"level": f"{level.name}_aggregated", "industry": None} | told
    yield from _term_rows(found, level.industries.values(), named)


def _evidence(panels: Iterable[IndustryPanel]) -> Row:
    panels = list(panels)
    return {
        "left_out": sum(panel.left_out for panel in panels),
        "moved": sum(panel.moved for panel in panels),
    }


def _term_rows(
    found: DecomposedChange, industries: Collection[PanelSums], named: Row
) -> Iterator[Row]:
    of_method = named | {"total": found.total}
    moved_by_unit = MOVED_BY_UNIT.get(found.method, ())
    is_nominal = named["prices"] == "nominal"
    for term in found.terms or TERMS[found.method]:
        yield of_method | {
            "term": term,
            "value": found.terms.get(term),
            "establishments": _establishments(term, industries),
            "note": _note(found.note, term in found.terms and term in moved_by_unit, is_nominal),
        }


@cache  # few combinations, many rows
def _note(note: str, moved_by_unit: bool, is_nominal: bool) -> str:
    return joined_notes(note, WITH_UNIT * moved_by_unit, NOMINAL * is_nominal)


def _establishments(term: str, industries: Collection[PanelSums]) -> int:
    """Establishments behind a term: its group, in the industries that the term is of."""
    if term in (INDUSTRY_ENTRY, INDUSTRY_EXIT):
        empty, own = ("total0", "total1") if term == INDUSTRY_ENTRY else ("total1", "total0")
        chosen = [
            each for each in industries if not getattr(each, empty) and getattr(each, own) > 0
        ]
        return sum(each.counts["all"] for each in chosen)
    group = _GROUP_OF_TERM.get(term, "continuing")
    alone = len(industries) == 1
    return sum(each.counts[group] for each in industries if alone or (each.total0 and each.total1))


def _level_rows(study: Study, reading: PanelReading, levels: Iterable[str]) -> Iterator[Row]:
    """Olley-Pakes levels of every year that is an end of a decomposed window or described."""
    for year in level_years(study, reading.panels):
        sums = year_sums(reading, year)
        for level in levels:
            for code, each in sorted(sums.get(level, {}).items(), key=lambda item: item[0] or ""):
                terms: dict[str, float | None] = {"mean": None, "covariance": None}
                if each.weight > 0:
                    found = olley_pakes(each.count, each.weight, each.weight_phi, each.phi)
                    terms = {"mean": found.mean, "covariance": found.covariance}
                for term, value in terms.items():
                    yield {
                        "year": year,
                        "level": level,
                        "industry": code,
                        "term": term,
                        "value": value,
                        "total": each.weight_phi / each.weight if each.weight > 0 else None,
                        "establishments": each.count,
                        "left_out": 0,
                        "moved": 0,
                        "note": LEVEL_WITH_UNIT if each.weight > 0 else NO_WEIGHT,
                    }


def level_years(study: Study, panels: PanelCells) -> list[int]:
    """Years whose levels are told: ends of decomposed windows, and those described."""
    ends = (year for window in panels.windows for year in (window.start, window.end))
    return sorted({*ends, *study.productivity.years})
