"""The table of intra-industry trade: Grubel-Lloyd indices of product flows.

Decisions:
- Flows come from a small table of their own, not from the census, so every year of it is measured.
- One row sums a reporter's trade with one partner, or with the world; where the table has several
  reporters, rows of the reporter `world` pool all of them, as MT's figure 1 does.
- A cell is a product group, and with `by_partner` a product group and a partner; cells without
  trade either way have no weight and are not counted.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradegains.formulas.intra_industry_trade import (
    WORLD,
    cut_to_digits,
    grubel_lloyd,
    one_way_share,
)
from tradegains.results.market_cells import Whole, runs_by
from tradegains.study import IntraIndustryTrade

Flows = NDArray[np.float64]
WAYS = ("exports", "imports")
BY_PARTNER = "by_partner"
NO_TRADE = "no trade either way"

Series = tuple[str, str, int]
"""Reporter, partner, year."""


def intra_industry_trade_rows(
    choices: IntraIndustryTrade, flows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """One row per level, way of matching, reporter, partner and year.

    Args:
        choices: levels and ways of matching.
        flows: rows of the input product_trade.

    Returns:
        Rows in the order of the study's choices, then by reporter, partner and year, the world
        last of either.

    Example:
        >>> flows = [
        ...     {"product": "7811", "year": 1988, "partner": "US", "exports": 5.0, "imports": 0.0},
        ...     {"product": "7812", "year": 1988, "partner": "US", "exports": 0.0, "imports": 3.0}]
        >>> choices = IntraIndustryTrade(levels=(4, 3), matched=("together",), reporter="CA")
        >>> for row in intra_industry_trade_rows(choices, flows):
        ...     print(row["product_digits"], row["reporter"], row["partner"], row["grubel_lloyd"])
        4 CA world 0.0
        3 CA world 0.75

    Source: MT figure 1.
    """
    trade = _TradeColumns.of(flows, choices.reporter)
    rows = []
    for digits in choices.levels:
        for matched in choices.matched:
            cells = trade.cells(digits, by_partner=matched == BY_PARTNER)
            series = dict(_series(cells))
            about = {"product_digits": digits, "matched": matched}
            rows += [{**about, **series[key]} for key in sorted(series, key=_place)]
    return rows


class _Texts(NamedTuple):
    """Texts of rows as numbers: in the order in which each first came."""

    numbers: Whole
    known: list[str]

    @staticmethod
    def of(texts: Sequence[str]) -> "_Texts":
        known = list(dict.fromkeys(texts))
        places = {text: place for place, text in enumerate(known)}
        numbers = np.fromiter(map(places.__getitem__, texts), np.int64, len(texts))
        return _Texts(numbers, known)


@dataclass(frozen=True)
class _Cells:
    """Two-way flows, a position in every column; `groups` are of products."""

    reporters: _Texts
    partners: _Texts
    years: Whole
    groups: Whole
    exports: Flows
    imports: Flows

    def where(self, chosen: NDArray[Any]) -> "_Cells":
        """Those at which an array is true."""
        return _Cells(
            self.reporters._replace(numbers=self.reporters.numbers[chosen]),
            self.partners._replace(numbers=self.partners.numbers[chosen]),
            *(column[chosen] for column in (self.years, self.groups, self.exports, self.imports)),
        )


@dataclass(frozen=True)
class _TradeColumns:
    """Product flows as columns."""

    flows: _Cells
    products: list[str]

    @staticmethod
    def of(flows: Sequence[Mapping[str, Any]], reporter: str | None) -> "_TradeColumns":
        products = _Texts.of([flow["product"] for flow in flows])
        cells = _Cells(
            _Texts.of([flow.get("reporter") or reporter or "" for flow in flows]),
            _Texts.of([flow["partner"] for flow in flows]),
            np.array([flow["year"] for flow in flows], np.int64),
            products.numbers,
            # Adding 0.0 leaves neither a whole number nor -0.0.
            *(np.array([flow[way] for flow in flows], float) + 0.0 for way in WAYS),
        )
        return _TradeColumns(cells, products.known)

    def cells(self, digits: int, *, by_partner: bool) -> _Cells:
        """Flows added up by reporter, year, group of products and, if wanted, partner."""
        flows = self.flows
        groups = _Texts.of([cut_to_digits(code, digits) for code in self.products]).numbers
        partners = flows.partners if by_partner else _Texts(np.zeros_like(flows.years), [""])
        keys = (flows.reporters.numbers, flows.years, groups[flows.groups], partners.numbers)
        order, starts = runs_by(keys, len(flows.years))
        first = order[starts]
        return _Cells(
            _Texts(keys[0][first], flows.reporters.known),
            _Texts(keys[3][first], partners.known),
            keys[1][first],
            keys[2][first],
            *(exact_sums(way[order], starts) for way in (flows.exports, flows.imports)),
        )


def exact_sums(values: Flows, starts: Whole) -> Flows:
    """`math.fsum` of each run of values, by where the runs start; most are of one or two.

    Example:
        >>> exact_sums(np.array([1.0, 2.0, 3.0, 1e16, 1.0, 1.0]), np.array([0, 1, 3]))
        array([1.e+00, 5.e+00, 1.e+16])
    """
    ends = np.append(starts[1:], len(values))
    found = values[starts]
    pairs = starts[ends - starts == 2]
    found[ends - starts == 2] = values[pairs] + values[pairs + 1]  # rounded once, as by fsum
    held = values.tolist()
    for place in np.flatnonzero(ends - starts > 2).tolist():
        found[place] = math.fsum(held[starts[place] : ends[place]])
    return found


def _series(cells: _Cells) -> Iterator[tuple[Series, dict[str, Any]]]:
    """Of every reporter with each partner and with the world, and of the world itself."""
    nobody = _Texts(np.zeros_like(cells.years), [WORLD])
    yield from _rows(replace(cells, partners=nobody))
    is_world = np.array([not name or name.lower() == WORLD for name in cells.partners.known], bool)
    yield from _rows(cells.where(~is_world[cells.partners.numbers]))
    if len(cells.reporters.known) > 1:
        yield from _rows(replace(cells, reporters=nobody, partners=nobody))


def _rows(cells: _Cells) -> Iterator[tuple[Series, dict[str, Any]]]:
    """The row of each reporter, partner and year."""
    keys = (cells.reporters.numbers, cells.partners.numbers, cells.years)
    if not len(cells.years):
        return
    order, starts = runs_by(keys, len(cells.years))
    for run in np.split(order, starts[1:]):
        reporter, partner, year = (int(key[run[0]]) for key in keys)
        series = (cells.reporters.known[reporter], cells.partners.known[partner], year)
        yield series, _row(series, cells.exports[run], cells.imports[run])


def _place(key: Series) -> tuple[bool, str, bool, str, int]:
    reporter, partner, year = key
    return reporter == WORLD, reporter, partner == WORLD, partner, year


def _row(key: Series, exports: Flows, imports: Flows) -> dict[str, Any]:
    is_traded = (exports > 0.0) | (imports > 0.0)
    traded = [way[is_traded].tolist() for way in (exports, imports)]
    pairs = list(zip(*traded, strict=True))
    reporter, partner, year = key
    flows = int(is_traded.sum())
    return {
        "reporter": reporter or None,
        "partner": partner,
        "year": year,
        "grubel_lloyd": grubel_lloyd(pairs),
        "one_way_share": one_way_share(pairs),
        "exports": math.fsum(traded[0]),
        "imports": math.fsum(traded[1]),
        "flows": flows,
        "one_way_flows": flows - int(((exports > 0.0) & (imports > 0.0)).sum()),
        "note": None if flows else NO_TRADE,
    }
