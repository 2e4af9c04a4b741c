"""What else the whole economy's market shares say, beside HLOY and ACR over windows.

Decision: all rows take the headline's continuing rule, nobody left out, and each source of imports.
The number of domestic establishments counts those with a row, as `market_shares` does.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tradegains.formulas.fixed_point import money
from tradegains.formulas.market_shares import domestic_share
from tradegains.formulas.outcomes import Outcome, delta_ln, joined_notes, minus, rate
from tradegains.formulas.welfare import (
    acr_over_autarky,
    all_domestic_welfare_change,
    isolated_welfare_change,
)
from tradegains.results.market_cells import MarketCells
from tradegains.results.welfare import UNRESTRICTED, Ends, MarketAtEnd, measure_markets
from tradegains.study import Study
from tradegains.tables.window_names import difference_window

AUTARKY, BALANCE, ISOLATED, ALL = (
    "acr_over_autarky",
    "trade_balance",
    "hloy_in_isolation",
    "all_domestic",
)
FAR_FROM_BALANCED = "exports and imports are far apart: imports = exports is no good stand-in"

Row = dict[str, Any]


def comparison_rows(
    study: Study,
    cells: MarketCells,
    imports: Mapping[tuple[str, int], float],
    welfare: Sequence[Mapping[str, Any]],
) -> list[Row]:
    """Rows of `welfare_comparisons`: of the years at windows' ends, then of the windows.

    Args:
        study: whose headline, elasticities and sources of imports are taken.
        cells: market cells of the run.
        imports: imports by industry code and year [money unit].
        welfare: rows of `welfare`, of which HLOY's are taken.
    """
    whole = replace(
        study,
        matching=replace(study.matching, continuing=(study.headline.continuing,)),
        welfare=replace(study.welfare, levels=("total",)),
        restrictions=(),
    )
    markets = {
        (window, choice.imports): ends
        for (window, choice), ends in measure_markets(whole, cells, imports).items()
    }
    changes = [row for row in _changes(study, markets, welfare) if row]
    return [*_years(study, markets), *changes, *_differences(study, changes)]


def _blank(**values: Any) -> Row:
    names = ("window", "year", "elasticity", "welfare_change", "ratio", "note")
    return {**dict.fromkeys(names), **values}


def _years(study: Study, markets: Mapping[tuple[str, str], Ends]) -> Iterator[Row]:
    found = {(source, end.year): end for (_, source), ends in markets.items() for end in ends}
    epsilon = study.welfare.trade_elasticity
    for (source, year), end in sorted(found.items()):
        value = _over_autarky(end, epsilon)
        yield _blank(
            quantity=AUTARKY,
            year=year,
            imports=source,
            elasticity=epsilon,
            welfare_change=value.value,
            note=value.note,
        )
        if source == "table" and study.census.has("exports"):
            yield _balance(study, end)


def _over_autarky(end: MarketAtEnd, epsilon: float) -> Outcome:
    sold = end.market.domestic_sales
    if end.imports is None:
        return Outcome(None, "imports are not known")
    if sold <= 0 or end.imports < 0:
        return Outcome(None, "domestic sales are not positive" if sold <= 0 else "negative imports")
    return Outcome(acr_over_autarky(domestic_share(sold, end.imports), epsilon))


def _balance(study: Study, end: MarketAtEnd) -> Row:
    """Exports over imports of a year, and a warning where they are far apart."""
    exports = money(end.everyone.exports, end.decimals)
    ratio = rate(exports, end.imports)
    within = study.welfare.comparisons.balanced_within if study.welfare.comparisons else math.inf
    is_far = ratio is not None and (ratio == 0 or abs(math.log(ratio)) > within)
    note = "imports are 0 or not known" if ratio is None else FAR_FROM_BALANCED * is_far
    return _blank(quantity=BALANCE, year=end.year, imports="table", ratio=ratio, note=note)


def _changes(
    study: Study,
    markets: Mapping[tuple[str, str], Ends],
    welfare: Sequence[Mapping[str, Any]],
) -> Iterator[Row]:
    wanted = ("total", study.headline.continuing, UNRESTRICTED, "hloy")
    names = ("level", "continuing", "restriction", "formula")
    hloy = {
        (row["window"], row["imports"]): row
        for row in welfare
        if tuple(row[name] for name in names) == wanted
    }
    eta = study.welfare.value_added_share
    for (window, source), (start, end) in markets.items():
        row = hloy[window, source]
        key = {"window": window, "imports": source, "elasticity": study.welfare.sigma}
        if eta is not None:
            change = row["welfare_change"]
            isolated = None if change is None else isolated_welfare_change(change, eta)
            yield _blank(quantity=ISOLATED, **key, welfare_change=isolated, note=row["note"])
        count = delta_ln(
            start.everyone.establishments, end.everyone.establishments, name="their number"
        )
        scaled = None if count.value is None else count.value * study.window(window).scale
        domestic = row["delta_ln_domestic_share"]
        value = (
            None
            if domestic is None or scaled is None
            else all_domestic_welfare_change(domestic, scaled, study.welfare.sigma)
        )
        note = "" if value is not None else joined_notes(row["note"], count.note)
        yield _blank(quantity=ALL, **key, welfare_change=value, note=note)


def _differences(study: Study, changes: Sequence[Row]) -> Iterator[Row]:
    if study.welfare.difference is None:
        return
    post, pre = study.welfare.difference
    by_key = {(row["quantity"], row["imports"], row["window"]): row for row in changes}
    for (quantity, source, window), later in by_key.items():
        earlier = by_key.get((quantity, source, pre))
        if window == post and earlier is not None:
            yield {
                **later,
                "window": difference_window(post, pre),
                "welfare_change": minus(later["welfare_change"], earlier["welfare_change"]),
                "note": joined_notes(later["note"], earlier["note"]),
            }
