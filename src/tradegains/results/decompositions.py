"""Decompositions of productivity growth as published rows."""

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from tradegains.errors import Problem, TradegainsError
from tradegains.formulas.decompositions import (
    METHODS,
    MOVED_BY_UNIT,
    NO_WEIGHT,
    TERMS,
    DecomposedChange,
    IdentityError,
    PanelSums,
)
from tradegains.formulas.industry_decompositions import (
    BETWEEN_INDUSTRIES,
    INDUSTRY_ENTRY,
    INDUSTRY_EXIT,
    UNDECOMPOSED,
    decompose_industries,
)
from tradegains.formulas.membership import BOTH_ENDS
from tradegains.formulas.olley_pakes import OlleyPakes, olley_pakes
from tradegains.formulas.outcomes import joined_notes
from tradegains.formulas.panel_cells import PanelCells, PanelWindow, layers_of
from tradegains.results.decomposed import (
    DecomposedIndustries,
    DecomposedPool,
    decompose_panels,
)
from tradegains.results.market_cells import MarketCells, lacking_note, largest_of
from tradegains.results.panels import (
    LEFT_OUT,
    MOVED,
    IndustryPanels,
    MeasuredYear,
    PanelReading,
    window_panels,
    year_sums,
)
from tradegains.results.quality import bits_of_unknown
from tradegains.results.sets import (
    StudySets,
    continuing_set,
    decomposition_weights,
    unknown_set,
)
from tradegains.study import Study
from tradegains.tables import working as w
from tradegains.tables.row_columns import Block, RowColumns

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
            _unknown_bits(study, sets, window.name),
        )
        for window in windows
    ]


def _unknown_bits(study: Study, sets: StudySets, window: str) -> dict[str, int]:
    """By weight column, the bit of who lacks that amount at an end of a window, if anybody does."""
    named = {
        column: unknown_set(share, window) for share, column in decomposition_weights(study).items()
    }
    known = sets.memberships
    return {column: known.bit(name) for column, name in named.items() if name in known.positions}


def unknown_flags(study: Study, lacking: Collection[str]) -> dict[str, int]:
    """By weight column that some row lacks, the flags of rows whose weight is unknown."""
    bits = bits_of_unknown(study)
    weights = decomposition_weights(study)
    return {column: bits[share] for share, column in weights.items() if share in lacking}


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


def decomposition_rows(study: Study, panels: PanelCells) -> RowColumns:
    """One row per window (or year), share, method, level, industry and term.

    Raises:
        TradegainsError: the terms of a decomposition do not add up to its change.
    """
    return RowColumns.of(_blocks(study, panels) if study.decomposition else ())


def _blocks(study: Study, panels: PanelCells) -> Iterator[Block]:
    chosen = study.decomposition
    assert chosen is not None
    methods = [method for method in METHODS if method in chosen.methods]
    for share, weight in decomposition_weights(study).items():
        reading = PanelReading(
            panels, weight, study.census, study.matching.industry_at == "own_year"
        )
        for window in panels.windows:
            named = _blank(study) | {"window": window.name, "share": share}
            try:
                yield from _blocks_of_window(reading, window, chosen.levels, methods, named)
            except IdentityError as error:
                raise _not_an_identity(error, window.name) from error
        if OLLEY_PAKES in chosen.methods:
            named = _blank(study) | {"share": share, "method": OLLEY_PAKES}
            for year in level_years(study, panels):
                for level in chosen.levels:
                    yield from _level_blocks(reading, year, level, named)


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


def _blocks_of_window(
    reading: PanelReading,
    window: PanelWindow,
    levels: Sequence[str],
    methods: Sequence[str],
    named: Row,
) -> Iterator[Block]:
    """Of each industry of the levels, and of all of them; Phi is then that of the whole economy."""
    whole = window_panels(reading, window, "total")
    economy = _levels_of_all(whole)
    for level in levels:
        panels = whole if level == "total" else window_panels(reading, window, level)
        split = {method: decompose_panels(panels, method) for method in methods}
        for method in methods:
            yield from _blocks_of_industries(panels, split[method], named | {"method": method})
        if level == "total":
            continue
        pool = DecomposedPool(panels, split)
        for method in methods:
            found = decompose_industries(pool, method, levels=economy)
            told: Row = {"method": method, "level": f"{level}_aggregated", "industry": None}
            told |= {LEFT_OUT: int(panels.left_out.sum()), MOVED: int(panels.moved.sum())}
            told |= {"note": lacking_note(int(panels.lacking.sum()))}
            for row in _term_rows(found, pool.values(), named | told):
                yield 1, row


def _levels_of_all(whole: IndustryPanels) -> tuple[float, float] | None:
    """Phi of the two years in the whole economy [log points]; None where unknown."""
    start, end = (each.tolist() for each in whole.levels)
    return None if np.isnan([*start, *end]).any() or not start else (start[0], end[0])


def _blocks_of_industries(
    panels: IndustryPanels, found: DecomposedIndustries, named: Row
) -> Iterator[Block]:
    """Rows of every industry, a block for each term."""
    moved_by_unit = MOVED_BY_UNIT.get(named["method"], ())
    is_nominal = named["prices"] == "nominal"
    for term, values in found.terms.items():
        yield (
            len(values),
            named
            | {
                "level": panels.level,
                "industry": panels.codes,
                LEFT_OUT: panels.left_out.tolist(),
                MOVED: panels.moved.tolist(),
                "total": found.totals,
                "term": term,
                "value": values,
                "establishments": _counts(panels.sums, term),
                "note": [
                    joined_notes(
                        _note(note, not note and term in moved_by_unit, is_nominal),
                        lacking_note(lacking),
                    )
                    for note, lacking in zip(found.notes, panels.lacking.tolist(), strict=True)
                ],
            },
        )


def _counts(sums: PanelSums, term: str) -> list[int]:
    """Establishments behind a term of an industry: of its group."""
    groups = {"entry": sums.entrants, "exit": sums.exiters}
    count: Any = groups.get(term, sums.continuing).count
    return list(count.tolist())


def _term_rows(
    found: DecomposedChange, industries: Collection[PanelSums], named: Row
) -> Iterator[Row]:
    """Rows of the change of all industries together."""
    of_method = named | {"total": found.total}
    moved_by_unit = MOVED_BY_UNIT.get(found.method, ())
    is_nominal = named["prices"] == "nominal"
    for term in found.terms or TERMS[found.method]:
        yield of_method | {
            "term": term,
            "value": found.terms.get(term),
            "establishments": _establishments(term, industries),
            "note": joined_notes(
                _note(found.note, term in found.terms and term in moved_by_unit, is_nominal),
                named["note"],
            ),
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


def _level_blocks(reading: PanelReading, year: int, level: str, named: Row) -> Iterator[Block]:
    """Olley-Pakes levels of a year that is an end of a decomposed window or described."""
    sums = year_sums(reading, year, level)
    found = [_olley_pakes(each) for each in sums.each()]
    for term in ("mean", "covariance"):
        yield (
            len(found),
            named
            | {
                "year": year,
                "level": level,
                "industry": sums.codes,
                "term": term,
                "value": [each and getattr(each[0], term) for each in found],
                "total": [each and each[1] for each in found],
                "establishments": sums.establishments.tolist(),
                LEFT_OUT: sums.lacking.tolist(),
                MOVED: 0,
                "note": [
                    joined_notes(LEVEL_WITH_UNIT if each else NO_WEIGHT, lacking_note(lacking))
                    for each, lacking in zip(found, sums.lacking.tolist(), strict=True)
                ],
            },
        )


def _olley_pakes(each: MeasuredYear) -> tuple[OlleyPakes, float] | None:
    """Mean and covariance, and Phi; None without weight."""
    if not each.weight > 0:
        return None
    found = olley_pakes(each.establishments, each.weight, each.weight_phi, each.phi)
    return found, each.weight_phi / each.weight


def level_years(study: Study, panels: PanelCells) -> list[int]:
    """Years whose levels are told: ends of decomposed windows, and those described."""
    ends = (year for window in panels.windows for year in (window.start, window.end))
    return sorted({*ends, *study.productivity.years})
