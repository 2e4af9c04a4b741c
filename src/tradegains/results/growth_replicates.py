"""Replicates of growth per worker, for `results.growth`'s rows: ratios of sums need no factor."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tradegains.formulas.fixed_point import units_of_money
from tradegains.formulas.growth import deflate
from tradegains.results.growth import MEASURES, Prices
from tradegains.results.market_cells import LEVELS, NONE, MarketCells, Whole
from tradegains.results.replicates import (
    GroupedCells,
    Replicates,
    RowWithReplicates,
    differences_of,
    logarithms,
    quotient,
    rows_with_errors,
    stated_of,
    sums_by_place,
)
from tradegains.results.sets import continuing_set
from tradegains.study import Study, Window
from tradegains.tables import working as w
from tradegains.tables.window_names import difference_window

Row = Mapping[str, Any]

_COLUMNS = {"sales": w.SALES, "value_added": w.VALUE_ADDED}
_Key = tuple[str, str, str | None, str]
"""Continuing rule, level, industry and measure."""


def growth_rows_with_errors(
    study: Study, rows: Iterable[Row], grouped: GroupedCells, prices: Iterable[Row]
) -> list[dict[str, Any]]:
    """Rows of `productivity_growth` with their errors.

    Args:
        study: whose windows, rules and deflator are taken.
        rows: as `productivity_growth_rows` gives them.
        grouped: the market cells by group.
        prices: rows of the price table; not looked at when the study deflates by none.
    """
    index = Prices.of(prices) if study.productivity.prices != "none" else None
    changes: dict[str, dict[_Key, Replicates]] = {}
    for name in study.welfare.windows:
        window = study.window(name)
        start, end = (
            _per_worker(study, window, year, grouped, index) for year in (window.start, window.end)
        )
        changes[name] = {
            key: logarithms(quotient(end[key], each)) * window.scale
            for key, each in start.items()
            if key in end
        }
    if study.welfare.difference is not None:
        post, pre = study.welfare.difference
        changes[difference_window(post, pre)] = differences_of(changes[post], changes[pre])
    told: list[RowWithReplicates] = []
    for row in rows:
        key = (row["continuing"], row["level"], row["industry"], row["measure"])
        replicates = changes[row["window"]].get(key)
        told.append((row, {} if replicates is None else {"delta_ln": replicates}, ""))
    return rows_with_errors("productivity_growth", told, stated_of(study))


def _per_worker(
    study: Study, window: Window, year: int, grouped: GroupedCells, index: Prices | None
) -> dict[_Key, Replicates]:
    """Deflated output per job of continuing establishments without each group."""
    of_year = grouped.cells.of_year(year)
    found: dict[_Key, Replicates] = {}
    for rule in study.matching.continuing:
        cells = of_year.where(of_year.inside(continuing_set(window.name, rule)))
        for level in (each for each in LEVELS if each in study.welfare.levels):
            digits = study.census.industry_group_digits if level == "industry2" else 0
            codes = cells.industry_in(window.name) // 10 ** (cells.digits - digits)
            codes = codes if digits else np.zeros(len(codes), int)
            for measure, amount in MEASURES.items():
                known = cells.known(window.name, {amount, "employment"})
                outputs = _Outputs(known, codes, grouped, year, index)
                for number, each in outputs.per_worker(_COLUMNS[amount]).items():
                    if number != NONE:
                        code = cells.code(number, digits) if digits else None
                        found[rule, level, code, measure] = each
    return found


class _Outputs:
    """Output of markets, which is deflated in prices of each own industry before it is added up."""

    def __init__(
        self,
        cells: MarketCells,
        codes: Whole,
        grouped: GroupedCells,
        year: int,
        index: Prices | None,
    ) -> None:
        self._cells, self._groups = cells, grouped.groups
        self._units = units_of_money(grouped.decimals)
        self._codes, self._places = np.unique(codes, return_inverse=True)
        own, own_places = np.unique(cells[w.INDUSTRY], return_inverse=True)
        pairs, self._pairs = np.unique(self._places * len(own) + own_places, return_inverse=True)
        self._markets, own_of_pairs = np.divmod(pairs, max(len(own), 1))
        self._deflators = _deflators(cells, own, year, index)[own_of_pairs][:, None]

    def per_worker(self, amount: str) -> dict[int, Replicates]:
        """Output over employment without each group, by code; the unit of jobs does not matter."""
        output = self._left(self._pairs, len(self._markets), amount) / self._units
        deflated = np.zeros((len(self._codes), self._groups))
        np.add.at(deflated, self._markets, deflate(output, self._deflators))
        jobs = self._left(self._places, len(self._codes), w.EMPLOYMENT)
        return dict(zip(self._codes.tolist(), quotient(deflated, jobs), strict=True))

    def _left(self, places: Whole, size: int, amount: str) -> Replicates:
        shape = (size, self._groups)
        numbers = self._cells[w.REPLICATE_GROUP]
        sums = sums_by_place(places, numbers, self._cells[amount], shape=shape)
        # In whole numbers, before an industry that is nearly one group's cancels in doubles.
        left = sums.sum(axis=1, keepdims=True) - sums
        return np.asarray(left, float)


def _deflators(
    cells: MarketCells, industries: Whole, year: int, index: Prices | None
) -> Replicates:
    """Price index of each industry; not a number where there is none."""
    if index is None:
        return np.ones(len(industries))
    known = [index.at(cells.code(code), year) for code in industries.tolist()]
    return np.array([np.nan if each is None else each for each in known])
