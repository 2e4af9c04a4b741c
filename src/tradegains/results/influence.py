"""The headline without each industry group, and without the largest units of the continuing set.

Decisions:
- An industry group goes with its establishments and its imports, at both ends.
- The largest units go with what they have in the continuing set; who they are is not published,
  only that one of them has more than a stated part of it, and in which range the index of their
  tail is: a range tells nothing of a single unit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tradegains.formulas.fixed_point import money
from tradegains.formulas.market_shares import market_share_changes
from tradegains.formulas.outcomes import joined_notes, minus
from tradegains.formulas.tail_index import FEWEST, tail_count, tail_index
from tradegains.formulas.welfare import WelfareChange, acr, hloy
from tradegains.results.market import Amounts
from tradegains.results.welfare import UNRESTRICTED, Choice, Ends, MarketAtEnd
from tradegains.study import Study
from tradegains.tables.window_names import difference_window

LARGEST = (1, 5, 10)
"""How many units are left out at most, each number in a row of its own."""

TOO_LARGE = 0.05
"""Of the continuing set's domestic sales at an end; intervals with a larger unit are too narrow."""

WARNING = "one unit has over 5 percent of the continuing set's domestic sales: intervals are narrow"

HEAVY_TAILS = (1.25, 1.75, 2.0)
"""Indices below which a warning tells how heavy a tail is: the lowest that it is below."""

TAIL_WARNING = "domestic sales have a heavy tail (Hill's index below {}): intervals are narrow"
FORMULAS = ("hloy", "acr", "hloy_minus_acr")


@dataclass(frozen=True)
class UnitSales:
    """Sales and exports of a unit in the continuing set at both ends, in units of money."""

    sales: tuple[int, int]
    exports: tuple[int, int]

    @property
    def domestic_sales(self) -> int:
        """At both ends together."""
        return sum(self.sales) - sum(self.exports)


def influence_rows(
    study: Study,
    markets: Mapping[tuple[str, Choice], Ends],
    largest: Mapping[str, Sequence[UnitSales]],
    units: int,
) -> list[dict[str, Any]]:
    """One row per window, what is left out, and formula; with the difference of two windows.

    Args:
        study: whose windows and elasticities are taken.
        markets: of the whole economy and of each industry group under the headline choices.
        largest: the largest units of each window, in descending order: those that are left out, and
            those that the tail is told by.
        units: in all.
    """
    numbers: dict[str, dict[tuple[Any, ...], dict[str, _LeftOut]]] = {}
    for name in study.welfare.windows:
        numbers[name] = dict(_without(study, name, markets, largest[name], units))
    if study.welfare.difference is not None:
        post, pre = study.welfare.difference
        numbers[difference_window(post, pre)] = {
            key: {formula: _less(found[formula], numbers[pre][key][formula]) for formula in found}
            for key, found in numbers[post].items()
            if key in numbers[pre]
        }
    return [
        {
            "window": window,
            "left_out": key[0],
            "industry": key[1],
            "largest": key[2],
            "formula": formula,
            "welfare_change": found.value,
            "move": minus(found.value, by_key[_NOTHING][formula].value),
            "note": found.note,
        }
        for window, by_key in numbers.items()
        for key, by_formula in by_key.items()
        if key != _NOTHING
        for formula, found in by_formula.items()
    ]


_NOTHING = ("nothing", None, None)


@dataclass(frozen=True)
class _LeftOut:
    value: float | None
    note: str


def _less(later: _LeftOut, earlier: _LeftOut) -> _LeftOut:
    return _LeftOut(minus(later.value, earlier.value), joined_notes(later.note, earlier.note))


def _without(
    study: Study,
    window: str,
    markets: Mapping[tuple[str, Choice], Ends],
    largest: Sequence[UnitSales],
    units: int,
) -> Iterator[tuple[tuple[Any, ...], dict[str, _LeftOut]]]:
    headline = study.headline
    whole = Choice("total", None, headline.continuing, UNRESTRICTED, str(headline.imports))
    ends = markets[window, whole]
    yield _NOTHING, _numbers(study, window, ends)
    for (of_window, choice), of_industry in markets.items():
        if of_window == window and choice.industry is not None:
            left = tuple(map(_less_industry, ends, of_industry))
            yield ("industry2", choice.industry, None), _numbers(study, window, left)
    for most in LARGEST:
        left = tuple(
            _less_units(end, [_of_end(unit, at) for unit in largest[:most]], headline.imports)
            for at, end in enumerate(ends)
        )
        found = _numbers(study, window, left)
        note = _warnings(ends, largest, units) if most == 1 else ""
        told = {name: _with_note(each, note) for name, each in found.items()}
        yield ("largest", None, most), told


def _with_note(number: _LeftOut, note: str) -> _LeftOut:
    return replace(number, note=joined_notes(number.note, note))


def _of_end(unit: UnitSales, at: int) -> Amounts:
    return Amounts(sales=unit.sales[at], exports=unit.exports[at])


def _less_industry(end: MarketAtEnd, industry: MarketAtEnd) -> MarketAtEnd:
    imports = None
    if end.imports is not None:
        imports = end.imports - (industry.imports or 0.0)
    return replace(
        end,
        everyone=_minus(end.everyone, industry.everyone),
        continuing=_minus(end.continuing, industry.continuing),
        imports=imports,
    )


def _less_units(end: MarketAtEnd, units: Sequence[Amounts], source: str | None) -> MarketAtEnd:
    for unit in units:
        imports = end.imports
        if source == "exports" and imports is not None:
            imports -= money(unit.exports, end.decimals)
        end = replace(
            end,
            everyone=_minus(end.everyone, unit),
            continuing=_minus(end.continuing, unit),
            imports=imports,
        )
    return end


def _minus(amounts: Amounts, others: Amounts) -> Amounts:
    return Amounts(*(each - other for each, other in zip(amounts, others, strict=True)))


def _warnings(ends: Sequence[MarketAtEnd], largest: Sequence[UnitSales], units: int) -> str:
    too_large = WARNING if _is_too_large(ends, largest[:1]) else ""
    sizes = [unit.domestic_sales for unit in largest[: tail_count(units) + 1]]
    index = tail_index(sizes) if len(sizes) > FEWEST else None
    below = next((each for each in HEAVY_TAILS if index is not None and index < each), None)
    return joined_notes(too_large, "" if below is None else TAIL_WARNING.format(f"{below:g}"))


def _is_too_large(ends: Sequence[MarketAtEnd], largest: Sequence[UnitSales]) -> bool:
    return any(
        _of_end(unit, at).domestic_sales > TOO_LARGE * end.continuing.domestic_sales
        for unit in largest
        for at, end in enumerate(ends)
    )


def _numbers(study: Study, window: str, ends: Sequence[MarketAtEnd]) -> dict[str, _LeftOut]:
    start, end = ends
    changes = market_share_changes(start.market, end.market, scale=study.window(window).scale)
    first = hloy(changes, study.welfare.sigma)
    second = acr(changes, study.welfare.trade_elasticity)
    gap = minus(first.welfare_change, second.welfare_change)
    compared = _LeftOut(gap, joined_notes(first.note, second.note))
    return {"hloy": _number(first), "acr": _number(second), "hloy_minus_acr": compared}


def _number(change: WelfareChange) -> _LeftOut:
    return _LeftOut(change.welfare_change, change.note)
