"""Growth of continuing establishments' own output per worker (HLOY, section 3.3).

Decision: a ratio of sums at each end, of the same establishments, and each row deflated in its own
industry's prices of its own year (`formulas.growth`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tradegains.formulas.fixed_point import money
from tradegains.formulas.growth import output_per_worker, output_per_worker_growth
from tradegains.formulas.outcomes import Outcome, joined_notes, minus
from tradegains.results.market import Amounts, add_up
from tradegains.results.market_cells import MarketCells, lacking_note
from tradegains.results.sets import continuing_set
from tradegains.study import Study, Window
from tradegains.tables import working as w
from tradegains.tables.window_names import difference_window

MEASURES = {"sales_per_worker": "sales", "value_added_per_worker": "value_added"}

Rows = Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class Prices:
    """Index by industry code (its first digits; "" for the economy) and year."""

    index: Mapping[tuple[str, int], float]
    digits: int

    @staticmethod
    def of(rows: Rows) -> "Prices":
        """From rows of the price table."""
        index = {(row.get("industry") or "", row["year"]): row["index"] for row in rows}
        return Prices(index, max((len(code) for code, _ in index), default=0))

    def at(self, industry: str | None, year: int) -> float | None:
        """Index of an industry in a year; None where the table has none."""
        if industry is None:
            return self.index.get(("", year)) if self.digits == 0 else None
        return self.index.get((industry[: self.digits], year))


@dataclass(frozen=True)
class _End:
    """Continuing establishments of one market at one end: their sums by own industry.

    `lacking` are those of which an amount is unknown at either end.
    """

    by_industry: Mapping[str | None, Amounts] = field(default_factory=dict)
    lacking: int = 0

    @cached_property
    def total(self) -> Amounts:
        """All of them."""
        return add_up(self.by_industry.values())


_Market = tuple[str, str, str | None]


def productivity_growth_rows(
    study: Study, cells: MarketCells, prices: Rows
) -> list[dict[str, Any]]:
    """One row per welfare window, rule, market and measure; with the difference of two windows.

    Args:
        study: whose windows, rules and deflator are taken.
        cells: market cells of the run.
        prices: rows of the price table; not looked at when the study deflates by none.
    """
    deflator = Prices.of(prices if study.productivity.prices != "none" else ())
    rows = []
    for name in study.welfare.windows:
        window = study.window(name)
        ends = {
            (amount, year): _continuing(study, window, year, cells, amount)
            for amount in MEASURES.values()
            for year in (window.start, window.end)
        }
        markets = sorted({market for found in ends.values() for market in found}, key=_in_order)
        for rule, level, industry in markets:
            key = {"window": name, "continuing": rule, "level": level, "industry": industry}
            at_ends = {
                place: found.get((rule, level, industry), _End()) for place, found in ends.items()
            }
            rows += [key | measured for measured in _measured(study, window, at_ends, deflator)]
    return rows + list(_differences(study, rows))


def _in_order(market: _Market) -> tuple[str, str, str]:
    rule, level, industry = market
    return rule, level, industry or ""


def _continuing(
    study: Study, window: Window, year: int, cells: MarketCells, amount: str
) -> dict[_Market, _End]:
    """Continuing establishments by rule and market; the whole economy even where nobody does.

    Amounts and jobs of those whose amount or jobs are unknown at an end are in neither sum.
    """
    levels, digits = study.welfare.levels, study.census.industry_group_digits
    of_year = cells.of_year(year).known(window.name, {amount, "employment"})
    ends: dict[_Market, dict[str | None, Amounts]] = {}
    lacking: dict[_Market, int] = {}
    for rule in study.matching.continuing:
        if "total" in levels:
            ends[rule, "total", None] = {}
        kept = of_year.where(of_year.inside(continuing_set(window.name, rule)))
        lost = kept.where(kept.unknown(window.name, {amount, "employment"}))
        of_lost = lost.amounts_by_level(lost.industry_in(window.name), digits, levels=levels)
        lacking |= {(rule, *market): each.establishments for market, each in of_lost.items()}
        by_own_industry = kept.amounts_by_level(
            kept.industry_in(window.name), digits, kept[w.INDUSTRY], levels=levels
        )
        for (level, code, own), amounts in by_own_industry.items():
            ends.setdefault((rule, level, code), {})[cells.code(own)] = amounts
    return {market: _End(amounts, lacking.get(market, 0)) for market, amounts in ends.items()}


def _measured(
    study: Study, window: Window, ends: Mapping[tuple[str, int], _End], prices: Prices
) -> Iterator[dict[str, Any]]:
    deflated_by = study.productivity.prices
    for measure, amount in MEASURES.items():
        if amount == "value_added" and not study.census.has("value_added"):
            continue
        levels = [
            _per_worker(study, end, amount, year, prices if deflated_by != "none" else None)
            for (of_amount, year), end in ends.items()
            if of_amount == amount
        ]
        change = output_per_worker_growth(*levels, scale=window.scale)
        yield {
            "measure": measure,
            "prices": "nominal" if deflated_by == "none" else deflated_by,
            "start": levels[0].value,
            "end": levels[1].value,
            "delta_ln": change.value,
            "scale": window.scale,
            "establishments": ends[amount, window.end].total.establishments,
            "note": joined_notes(change.note, lacking_note(ends[amount, window.end].lacking)),
        }


def _per_worker(study: Study, end: _End, amount: str, year: int, prices: Prices | None) -> Outcome:
    """Deflated output of one end per job [money unit of the price index's base per job]."""
    if not (end.total.establishments or end.total.employment):
        return Outcome(None, "no continuing establishment")
    if not end.total.employment:
        return Outcome(None, f"no employment in {year}")
    outputs = []
    for industry, amounts in sorted(end.by_industry.items(), key=lambda item: item[0] or ""):
        index = 1.0 if prices is None else prices.at(industry, year)
        if index is None:
            return Outcome(None, f"no price of industry {industry or 'unknown'} in {year}")
        outputs.append((money(getattr(amounts, amount), study.census.decimals), index))
    return Outcome(output_per_worker(outputs, end.total.jobs))


_KEY = ("continuing", "level", "industry", "measure")


def _differences(study: Study, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The later window minus the earlier, of the unrounded, scaled changes."""
    if study.welfare.difference is None:
        return
    post, pre = study.welfare.difference
    earlier = {tuple(row[name] for name in _KEY): row for row in rows if row["window"] == pre}
    for row in rows:
        before = earlier.get(tuple(row[name] for name in _KEY))
        if row["window"] != post or before is None:
            continue
        yield row | {
            "window": difference_window(post, pre),
            "start": None,
            "end": None,
            "delta_ln": minus(row["delta_ln"], before["delta_ln"]),
            "scale": 1.0,
            "establishments": None,
            "note": joined_notes(row["note"], before["note"]),
        }
