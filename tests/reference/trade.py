"""Intra-industry trade on lists of product flows, in exact fractions.

The overlap of exports and imports is counted unit by unit of money, not by the formula: what a
product sends out and takes in is two-way as far as the smaller of the two goes, both ways.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

Flow = Mapping[str, Any]
WORLD = "world"


def list_intra_industry_trade(study: Any, flows: Iterable[Flow] | None) -> list[dict[str, Any]]:
    """One row per level, way of matching, reporter, partner and year with any row of flows."""
    choices, flows = study.intra_industry_trade, list(flows or ())
    if choices is None or not flows:
        return []
    named = [{**flow, "reporter": flow.get("reporter") or choices.reporter} for flow in flows]
    return [
        _row(digits, matched, group, rows)
        for digits, matched in product(choices.levels, choices.matched)
        for group, rows in _groups(named, matched)
    ]


def _groups(flows: list[Flow], matched: str) -> Iterator[tuple[dict[str, Any], list[Flow]]]:
    """Flows of each reporter with each partner and with all, and of all reporters, by year."""
    reporters = {flow["reporter"] for flow in flows}
    partners = {flow["partner"] for flow in flows if flow["partner"].lower() != WORLD}
    pairs = [(reporter, WORLD) for reporter in reporters]
    if matched == "by_partner":
        pairs += list(product(reporters, partners))
    if len(reporters) > 1:
        pairs.append((WORLD, WORLD))
    for (reporter, partner), year in product(pairs, {flow["year"] for flow in flows}):
        rows = [
            flow
            for flow in flows
            if flow["year"] == year
            and reporter in (WORLD, flow["reporter"])
            and partner in (WORLD, flow["partner"])
        ]
        if rows:
            yield {"reporter": reporter, "partner": partner, "year": year}, rows


def _row(digits: int, matched: str, group: dict[str, Any], rows: list[Flow]) -> dict[str, Any]:
    cells: dict[tuple[str, ...], list[Fraction]] = {}
    for flow in rows:
        other = flow["partner"] if matched == "by_partner" else ""
        cell = cells.setdefault(
            (str(flow["reporter"]), other, flow["product"][:digits]), [Fraction(0)] * 2
        )
        cell[0] += Fraction(flow["exports"])
        cell[1] += Fraction(flow["imports"])
    traded = [cell for cell in cells.values() if any(cell)]
    trade = sum(map(sum, traded), Fraction(0))
    two_way = sum((min(cell) for cell in traded), Fraction(0)) * 2
    alone = sum((sum(cell) for cell in traded if not all(cell)), Fraction(0))
    return {
        "product_digits": digits,
        "matched": matched,
        **group,
        "grubel_lloyd": float(two_way / trade) if trade else None,
        "one_way_share": float(alone / trade) if trade else None,
        "exports": float(sum(cell[0] for cell in traded)),
        "imports": float(sum(cell[1] for cell in traded)),
        "flows": len(traded),
        "one_way_flows": sum(not all(cell) for cell in traded),
        "note": None if trade else "",
    }
