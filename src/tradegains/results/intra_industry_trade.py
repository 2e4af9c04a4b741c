"""The table of intra-industry trade: Grubel-Lloyd indices of product flows.

Decisions:
- Flows come from a small table of their own, not from the census, so every year of it is measured.
- One row sums a reporter's trade with one partner, or with the world; where the table has several
  reporters, rows of the reporter `world` pool all of them, as MT's figure 1 does.
- A cell is a product group, and with `by_partner` a product group and a partner; cells without
  trade either way have no weight and are not counted.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tradegains.formulas.intra_industry_trade import (
    WORLD,
    CellKey,
    ProductTrade,
    TwoWayFlow,
    cut_to_digits,
    grubel_lloyd,
    one_way_share,
    trade_cells,
)
from tradegains.study import IntraIndustryTrade

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
    trade = [_product_trade(flow, choices.reporter) for flow in flows]
    several = len({each.country for each in trade}) > 1
    rows = []
    for digits in choices.levels:
        for matched in choices.matched:
            cells = trade_cells(
                trade,
                group_of=partial(cut_to_digits, digits=digits),
                by_partner=matched == BY_PARTNER,
            )
            series = _series(cells, several=several)
            about = {"product_digits": digits, "matched": matched}
            rows += [{**about, **_row(key, series[key])} for key in sorted(series, key=_place)]
    return rows


def _product_trade(flow: Mapping[str, Any], reporter: str | None) -> ProductTrade:
    return ProductTrade(
        country=flow.get("reporter") or reporter or "",
        partner=flow["partner"],
        year=flow["year"],
        product=flow["product"],
        exports=flow["exports"],
        imports=flow["imports"],
    )


def _series(
    cells: Mapping[CellKey, TwoWayFlow], *, several: bool
) -> dict[Series, list[TwoWayFlow]]:
    """Cells of every reporter with each partner and with the world, and of the world itself."""
    series: dict[Series, list[TwoWayFlow]] = defaultdict(list)
    for (reporter, year, _, partner), flow in cells.items():
        series[reporter, WORLD, year].append(flow)
        if partner and partner.lower() != WORLD:
            series[reporter, partner, year].append(flow)
        if several:
            series[WORLD, WORLD, year].append(flow)
    return series


def _place(key: Series) -> tuple[bool, str, bool, str, int]:
    reporter, partner, year = key
    return reporter == WORLD, reporter, partner == WORLD, partner, year


def _row(key: Series, flows: Sequence[TwoWayFlow]) -> dict[str, Any]:
    traded = [flow for flow in flows if max(flow) > 0.0]
    reporter, partner, year = key
    return {
        "reporter": reporter or None,
        "partner": partner,
        "year": year,
        "grubel_lloyd": grubel_lloyd(traded),
        "one_way_share": one_way_share(traded),
        "exports": math.fsum(exports for exports, _ in traded),
        "imports": math.fsum(imports for _, imports in traded),
        "flows": len(traded),
        "one_way_flows": sum(0.0 in flow for flow in traded),
        "note": None if traded else NO_TRADE,
    }
