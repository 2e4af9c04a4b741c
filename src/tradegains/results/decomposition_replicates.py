"""Replicates of decompositions and Olley-Pakes levels, for `results.decompositions`'s rows.

The formulas are those of the terms, on sums of all industries without each group at once: arrays of
industries by groups. Terms are ratios of sums, so none needs a factor.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from tradegains.formulas.decompositions import (
    METHODS,
    ContinuingSums,
    PanelSums,
    TurnoverSums,
    terms_without_check,
    weights_needed,
)
from tradegains.formulas.industry_decompositions import (
    BETWEEN_INDUSTRIES,
    INDUSTRY_ENTRY,
    INDUSTRY_EXIT,
    UNDECOMPOSED,
)
from tradegains.formulas.olley_pakes import olley_pakes
from tradegains.formulas.panel_cells import PanelCells, PanelWindow
from tradegains.results.decompositions import OLLEY_PAKES, level_years
from tradegains.results.panels import (
    PRODUCTS,
    PanelReading,
    window_sums_by_group,
    year_sums_by_group,
)
from tradegains.results.replicates import (
    Replicates,
    UnitGroups,
    quotient,
    rows_with_errors_by_key,
    stated_of,
)
from tradegains.results.sets import decomposition_weights
from tradegains.results.sums_by_group import SumsByGroup
from tradegains.study import Study
from tradegains.tables import working as w

Row = Mapping[str, Any]
_Key = tuple[Any, ...]
_Found = dict[_Key, dict[str, Replicates]]
_KEY = ("window", "year", "share", "method", "level", "industry", "term")

ROUNDING = 1e-12
"""Terms are small differences of log productivity, some 10 log points, times shares."""


def decomposition_rows_with_errors(
    study: Study, rows: Iterable[Row], panels: PanelCells, groups: UnitGroups
) -> list[dict[str, Any]]:
    """Rows of `decompositions` with the errors of their terms and totals.

    Args:
        study: whose windows, methods and levels the rows are of.
        rows: as `decomposition_rows` gives them.
        panels: panel cells by group of units.
        groups: of units.
    """
    columns = {
        **panels.columns,
        w.REPLICATE_GROUP: groups.numbers(panels.columns[w.REPLICATE_GROUP]),
    }
    numbered = PanelCells(columns, panels.windows, panels.bits)
    found: _Found = {}
    for share, weight in decomposition_weights(study).items():
        own_year = study.matching.industry_at == "own_year"
        reading = PanelReading(numbered, weight, study.census, own_year)
        for key, each in _of_share(study, reading, groups.count):
            found[key[0], key[1], share, *key[2:]] = each
    stated = stated_of(study)
    return rows_with_errors_by_key(
        "decompositions", rows, found, stated, key=_KEY, rounding=ROUNDING
    )


def _of_share(
    study: Study, reading: PanelReading, groups: int
) -> Iterator[tuple[_Key, dict[str, Replicates]]]:
    """By window, year, method, level, industry and term."""
    chosen = study.decomposition
    assert chosen is not None
    methods = [method for method in METHODS if method in chosen.methods]
    with np.errstate(divide="ignore", invalid="ignore"):
        for window in reading.panels.windows if methods else ():
            everyone = _IndustriesWithout(reading, window, "total", groups).changes
            economy = everyone[0] if everyone else np.full(groups, np.nan)
            for level in chosen.levels:
                industries = _IndustriesWithout(reading, window, level, groups)
                for key, found in industries.rows(methods, economy):
                    yield (window.name, None, *key), found
        if OLLEY_PAKES in chosen.methods:
            yield from _levels(study, reading, chosen.levels, groups)


class _IndustriesWithout:
    """Panels of a level's industries over a window without each group; arrays are by industry."""

    def __init__(self, reading: PanelReading, window: PanelWindow, level: str, groups: int) -> None:
        self._level = level
        sums = window_sums_by_group(reading, window, level, groups)
        self._codes = [reading.code(number, level) for number in sums.keys[0].tolist()]
        self._sums = _panel_sums(reading, sums)
        levels = (_turnover(reading, sums, name) for name in ("level0", "level1"))
        start, end = (quotient(each.weight_phi, each.weight) for each in levels)
        self.changes: list[Replicates] = list(end - start)
        """Of Phi, from the rows of each year, by industry."""

    def rows(
        self, methods: Iterable[str], economy: Replicates
    ) -> Iterator[tuple[_Key, dict[str, Replicates]]]:
        """Terms by method, level, industry and term; `economy` is the change of Phi of all."""
        for method in methods:
            terms = self._terms(method)
            for term, values in terms.items():
                for code, value, total in zip(self._codes, values, self.changes, strict=True):
                    yield (method, self._level, code, term), {"value": value, "total": total}
            if self._level != "total":
                for term, value in self._together(method, terms).items():
                    found = {"value": value, "total": economy}
                    yield (method, f"{self._level}_aggregated", None, term), found

    def _terms(self, method: str) -> dict[str, Replicates]:
        has_terms = np.logical_and.reduce([x > 0 for x in weights_needed(self._sums, method)])
        found = terms_without_check(self._sums, method)
        return {term: np.where(has_terms, values, np.nan) for term, values in found.items()}

    def _together(self, method: str, terms: Mapping[str, Any]) -> dict[str, Replicates]:
        """What `decompose_industries` gives: a term that no industry has is 0."""
        sums = self._sums
        totals: Any = (sums.total0, sums.total1)
        levels = (_zero_where_unknown(sums.level0), _zero_where_unknown(sums.level1))
        wholes = [each.sum(axis=0) for each in totals]
        (share0, share1) = (each / whole for each, whole in zip(totals, wholes, strict=True))
        starts, ends = (each > 0 for each in totals)
        pooled = [(level * each).sum(axis=0) / whole
                  for level, each, whole in zip(levels, totals, wholes, strict=True)]  # fmt: skip
        reference = 0.5 * (pooled[0] + pooled[1])
        mean_share = np.where(starts & ends, 0.5 * (share0 + share1), 0.0)
        has_terms = np.isfinite(next(iter(terms.values())))
        found = {term: _added(mean_share, values, has_terms) for term, values in terms.items()}
        found[UNDECOMPOSED] = _added(mean_share, levels[1] - levels[0], ~has_terms)
        distance = 0.5 * (levels[0] + levels[1]) - reference
        found[BETWEEN_INDUSTRIES] = _added(share1 - share0, distance, starts & ends)
        found[INDUSTRY_ENTRY] = _added(share1, levels[1] - reference, ends & ~starts)
        found[INDUSTRY_EXIT] = _added(share0, reference - levels[0], starts & ~ends)
        known = (wholes[0] > 0) & (wholes[1] > 0)
        return {term: np.where(known, values, np.nan) for term, values in found.items()}


def _added(weights: Replicates, values: Replicates, chosen: Replicates) -> Replicates:
    """Sum over industries, one after the other, of the chosen weights times values."""
    found: Replicates = np.add.reduce(np.where(chosen, weights * values, 0.0), axis=0)
    return found


def _zero_where_unknown(values: Any) -> Replicates:
    return np.where(np.isfinite(values), values, 0.0)


def _panel_sums(reading: PanelReading, sums: SumsByGroup) -> PanelSums:
    """Sums of every industry without each group, as arrays in the place of numbers."""

    def value(name: str) -> Any:
        if name in ("phi0", "phi1"):
            return reading.numbers_without(sums, name, w.UNIT)
        if name in PRODUCTS:
            return reading.numbers_without(sums, name, reading.weight)
        return sums.without(name)

    continuing = {field.name: value(field.name) for field in fields(ContinuingSums)}
    return PanelSums(
        ContinuingSums(**continuing),
        _turnover(reading, sums, "entrants"),
        _turnover(reading, sums, "exiters"),
    )


def _turnover(reading: PanelReading, sums: SumsByGroup, name: str) -> TurnoverSums:
    weight_phi: Any = reading.numbers_without(sums, f"{name}_weight_phi", reading.weight)
    count: Any = sums.without(name)
    weight: Any = sums.without(f"{name}_weight")
    return TurnoverSums(count, weight, weight_phi)


def _levels(
    study: Study, reading: PanelReading, levels: Iterable[str], groups: int
) -> Iterator[tuple[_Key, dict[str, Replicates]]]:
    for year in level_years(study, reading.panels):
        for level in levels:
            sums = year_sums_by_group(reading, year, level, groups)
            weight: Any = sums.without("weight")
            weight_phi: Any = reading.numbers_without(sums, "weight_phi", reading.weight)
            phi: Any = reading.numbers_without(sums, "phi", w.UNIT)
            terms = olley_pakes(sums.without("count"), weight, weight_phi, phi)  # type: ignore[arg-type]
            total = list(quotient(weight_phi, weight))
            for place, number in enumerate(sums.keys[0].tolist()):
                code = reading.code(number, level)
                for term, values in terms._asdict().items():
                    value = np.where(np.isfinite(total[place]), values[place], np.nan)
                    found = {"value": value, "total": total[place]}
                    yield (None, year, OLLEY_PAKES, level, code, term), found
