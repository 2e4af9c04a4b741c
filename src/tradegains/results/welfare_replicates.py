"""Replicates of market shares and welfare changes, for `results.welfare`'s rows.

Decisions:
- Imports of a table are no sum over units: they stay as they are when a group is left out, and the
  domestic sales beside them are n / (n - n_g) times those that are left. Where imports are set to
  the census's own exports, those are rescaled alike.
- An industry without a number in a replicate leaves all industries together without one there.
- Formulas that assume a cutoff have none: it is a quantile, of which a jackknife tells no error.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from tradegains.formulas.market_shares import (
    continuing_share,
)
from tradegains.formulas.membership import MembershipMask
from tradegains.formulas.outcomes import joined_notes, minus
from tradegains.formulas.sato_vartia import sato_vartia_weights
from tradegains.formulas.welfare import (
    acr_welfare_change,
    extended_welfare_change,
    hloy_terms,
    hloy_welfare_change,
)
from tradegains.results.market import Amounts
from tradegains.results.market_cells import NONE, Whole
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
from tradegains.results.welfare import (
    AGGREGATED,
    NO_IMPORTS,
    Choice,
    Ends,
    MarketAtEnd,
    continuing_sets,
    sigma_of,
)
from tradegains.study import Study, Window
from tradegains.tables import working as w
from tradegains.tables.window_names import difference_window

Row = Mapping[str, Any]
Rows = list[dict[str, Any]]
OF_A_QUANTILE = "no interval: its cutoff is a quantile, of which replicates tell no error"
DOMESTIC = ("delta_ln_domestic_share", "delta_ln_continuing_market_share")
DIFFERENCE_OF_FORMULAS = "hloy_minus_acr"

_Market = tuple[str, str | None, str, str]
"""Level, industry, continuing rule and restriction; rule "" is everyone."""


class OfGroups(NamedTuple):
    """Sums over each group's establishments of a market, in units of money."""

    domestic_sales: Whole
    exports: Whole


@dataclass(frozen=True)
class MarketWithout:
    """A market at one end of a window without each group [money unit]."""

    continuing: Replicates
    everyone: Replicates
    imports: Replicates | float | None


ReplicatedEnds = Mapping[tuple[str, Choice], tuple[MarketWithout, MarketWithout]]
ReplicatedChanges = Mapping[tuple[str, Choice, str], Mapping[str, Replicates]]


def replicate_markets(
    study: Study, markets: Mapping[tuple[str, Choice], Ends], grouped: GroupedCells
) -> ReplicatedEnds:
    """Both ends of every market without each group of units.

    Args:
        study: whose windows, rules and restrictions the markets are of.
        markets: as `measure_markets` gives them.
        grouped: the market cells by group.
    """
    found = {}
    for name in study.welfare.windows:
        window = study.window(name)
        starts, ends = (
            _sums_of_groups(study, window, year, grouped) for year in (window.start, window.end)
        )
        for (of_window, choice), (start, end) in markets.items():
            if of_window == name:
                found[name, choice] = (
                    _without(choice, start, starts, grouped),
                    _without(choice, end, ends, grouped),
                )
    return found


def _sums_of_groups(
    study: Study, window: Window, year: int, grouped: GroupedCells
) -> dict[_Market, OfGroups]:
    cells = grouped.cells.of_year(year).known(window.name)
    step = 10 ** (study.census.industry_digits - study.census.industry_group_digits)
    industry = cells.industry_in(window.name)
    codes, places = np.unique(
        np.where(industry == NONE, NONE, industry // step), return_inverse=True
    )
    domestic = cells[w.SALES] - cells[w.EXPORTS]
    every = [(("", ""), MembershipMask(0, 0)), *continuing_sets(study, window, cells.memberships)]
    found: dict[_Market, OfGroups] = {}
    for (rule, restriction), mask in every:
        inside = cells.fitting(mask)
        by_code = [
            sums_by_place(
                places[inside],
                cells[w.REPLICATE_GROUP][inside],
                amounts[inside],
                shape=(len(codes), grouped.groups),
            )
            for amounts in (domestic, cells[w.EXPORTS])
        ]
        found["total", None, rule, restriction] = OfGroups(*(each.sum(axis=0) for each in by_code))
        for place, number in enumerate(codes.tolist()):
            if number != NONE:
                code = cells.code(number, study.census.industry_group_digits)
                sums = OfGroups(*(each[place] for each in by_code))
                found["industry2", code, rule, restriction] = sums
    return found


def _without(
    choice: Choice, end: MarketAtEnd, sums: Mapping[_Market, OfGroups], grouped: GroupedCells
) -> MarketWithout:
    nobody = OfGroups(np.zeros(grouped.groups, int), np.zeros(grouped.groups, int))
    market = (choice.level, choice.industry)
    everyone = sums.get((*market, "", ""), nobody)
    kept = sums.get((*market, choice.continuing, choice.restriction), nobody)
    imports: Replicates | float | None = end.imports
    if choice.imports == "exports":
        imports = grouped.money_without(end.everyone.exports, everyone.exports)
    return MarketWithout(
        grouped.money_without(domestic(end.continuing), kept.domestic_sales),
        grouped.money_without(domestic(end.everyone), everyone.domestic_sales),
        imports,
    )


def domestic(amounts: Amounts) -> int:
    """Sales less exports, in units of money."""
    return amounts.sales - amounts.exports


# Market shares.


def share_rows_with_errors(study: Study, rows: Iterable[Row], markets: ReplicatedEnds) -> Rows:
    """Rows of `market_shares` with the errors of the three shares."""
    told = []
    for row in rows:
        start, end = markets[row["window"], _choice_of(row)]
        is_start = row["year"] == study.window(row["window"]).start
        told.append((row, _shares(start if is_start else end), ""))
    return rows_with_errors("market_shares", told, stated_of(study))


def _shares(market: MarketWithout) -> dict[str, Replicates]:
    kept, sold, imports = market.continuing, market.everyone, market.imports
    found = {"continuing_share": quotient(continuing_share(kept, 1.0), sold)}
    if imports is not None:
        spent = sold + imports
        found["domestic_share"] = quotient(sold, spent)
        found["continuing_market_share"] = quotient(kept, spent)
    return found


# Welfare.


def welfare_rows_with_errors(
    study: Study,
    rows: list[dict[str, Any]],
    changes: ReplicatedChanges,
) -> Rows:
    """Rows of `welfare` with their errors, and rows of what HLOY says more than ACR.

    Args:
        study: that states how errors are told.
        rows: as `results.welfare.welfare_rows` gives them.
        changes: of `replicate_changes`.
    """
    told: list[RowWithReplicates] = []
    for row in (*rows, *_formulas_compared(rows)):
        window, choice = row["window"], _choice_of(row)
        if row["distribution"] is None:
            replicates, missing = changes.get((window, choice, row["formula"]), {}), ""
        else:
            hloy = changes.get((window, choice, "hloy"), {})
            replicates = {name: each for name, each in hloy.items() if name.startswith("delta_ln")}
            missing = OF_A_QUANTILE
        told.append((row, replicates, missing))
    return rows_with_errors("welfare", told, stated_of(study))


def known_changes(rows: Iterable[Row]) -> set[tuple[str, Choice]]:
    """Windows and choices of which HLOY has a number."""
    return {
        (row["window"], _choice_of(row))
        for row in rows
        if row["formula"] == "hloy" and row["welfare_change"] is not None
    }


def _formulas_compared(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """HLOY minus ACR of each window, market and choice that has both."""
    acr = {(row["window"], _choice_of(row)): row for row in rows if row["formula"] == "acr"}
    for row in rows:
        other = acr.get((row["window"], _choice_of(row)))
        if row["formula"] != "hloy" or other is None:
            continue
        yield {
            **row,
            **dict.fromkeys(("elasticity", "weight", "implied_trade_elasticity")),
            **dict.fromkeys(("domestic_share_term", "continuing_share_term")),
            "formula": DIFFERENCE_OF_FORMULAS,
            "welfare_change": minus(row["welfare_change"], other["welfare_change"]),
            "note": joined_notes(row["note"] or "", other["note"] or ""),
        }


def replicate_changes(
    study: Study,
    markets: ReplicatedEnds,
    sigma_by_industry: Mapping[str, float],
    known: Collection[tuple[str, Choice]],
) -> ReplicatedChanges:
    """Replicates of each welfare change, by window, choice and formula; also of the difference.

    Args:
        study: whose formulas are asked for.
        markets: of `replicate_markets`.
        sigma_by_industry: own elasticities of industries.
        known: windows and choices with an HLOY of their own, which all industries together need.
    """
    found: dict[tuple[str, Choice, str], dict[str, Replicates]] = {}
    for (window, choice), ends in markets.items():
        deltas = changes_without(*ends, scale=study.window(window).scale)
        sigma = sigma_of(study, choice, sigma_by_industry)
        for formula, numbers in _formulas(study, choice, deltas, sigma).items():
            found[window, choice, formula] = numbers
    found |= _aggregates(markets, found, known)
    if study.welfare.difference is not None:
        post, pre = study.welfare.difference
        name = difference_window(post, pre)
        found |= {
            (name, choice, formula): differences_of(later, found[pre, choice, formula])
            for (window, choice, formula), later in list(found.items())
            if window == post and (pre, choice, formula) in found
        }
    return found


def changes_without(
    start: MarketWithout, end: MarketWithout, *, scale: float
) -> dict[str, Replicates]:
    """Scaled changes of logarithms of the shares without each group [log points]."""
    shares = [_shares(each) for each in (start, end)]
    positive = (start.continuing > 0) & (end.continuing > 0)
    share = logarithms(
        np.where(
            positive, quotient(shares[1]["continuing_share"], shares[0]["continuing_share"]), 0
        )
    )
    found = {"delta_ln_continuing_share": share * scale}
    if "domestic_share" in shares[0] and "domestic_share" in shares[1]:
        domestic = logarithms(quotient(shares[1]["domestic_share"], shares[0]["domestic_share"]))
        found["delta_ln_domestic_share"] = domestic * scale
        found["delta_ln_continuing_market_share"] = share * scale + domestic * scale
    return found


def _formulas(
    study: Study, choice: Choice, deltas: Mapping[str, Replicates], sigma: float
) -> dict[str, dict[str, Replicates]]:
    hloy, acr, compared = dict(deltas), dict(deltas), dict(deltas)
    share = deltas["delta_ln_continuing_share"]
    hloy["continuing_share_term"] = hloy_terms(0.0, share, sigma)[1]
    if "delta_ln_domestic_share" in deltas:
        domestic, together = (deltas[name] for name in DOMESTIC)
        hloy["domestic_share_term"] = hloy_terms(domestic, 0.0, sigma)[0]
        hloy["welfare_change"] = hloy_welfare_change(together, sigma)
        acr["welfare_change"] = acr_welfare_change(domestic, study.welfare.trade_elasticity)
        compared["welfare_change"] = hloy["welfare_change"] - acr["welfare_change"]
    found = {"hloy": hloy, "acr": acr, DIFFERENCE_OF_FORMULAS: compared}
    mu, eta = study.welfare.expenditure_share, study.welfare.value_added_share
    if mu is not None and eta is not None:
        terms = {"domestic_share_term", "continuing_share_term", "welfare_change"} & hloy.keys()
        wider = {name: extended_welfare_change(hloy[name], mu, eta) for name in terms}
        found["hloy_extended"] = hloy | wider
    return found


_WeightsWithout = list[dict[str, float]]
"""Weights by industry's place, for each group that is left out; empty where there are none."""


def _aggregates(
    markets: ReplicatedEnds,
    changes: ReplicatedChanges,
    known: Collection[tuple[str, Choice]],
) -> dict[tuple[str, Choice, str], dict[str, Replicates]]:
    """HLOY of all industries together without each group."""
    industries: dict[tuple[str, Choice], list[Choice]] = {}
    for window, choice in markets:
        if choice.industry is not None and choice.imports != NO_IMPORTS:
            together = replace(choice, level=AGGREGATED, industry=None)
            industries.setdefault((window, together), []).append(choice)
    found, known_weights = {}, dict[tuple[Any, ...], _WeightsWithout]()
    for (window, together), members in industries.items():
        ends = [markets[window, choice] for choice in members]
        if any(end.imports is None for both in ends for end in both):
            continue
        # Everybody spends the same whatever the rule and the restriction, so once for all of them.
        names = tuple(choice.industry for choice in members)
        weights = known_weights.setdefault((window, together.imports, names), [])
        if not weights:
            weights += _weights_without(*zip(*ends, strict=True))
        covered = [place for place, choice in enumerate(members) if (window, choice) in known]
        gains = {
            place: changes[window, members[place], "hloy"]["welfare_change"] for place in covered
        }
        found[window, together, "hloy"] = {"welfare_change": _aggregate(weights, gains)}
    return found


def _spent(end: MarketWithout) -> Replicates:
    return np.maximum(end.everyone + end.imports, 0.0)


def _weights_without(
    starts: Sequence[MarketWithout], ends: Sequence[MarketWithout]
) -> _WeightsWithout:
    """Sato-Vartia weights of expenditure of each industry (its place) without each group."""
    start, end = (np.array([_spent(each) for each in side]) for side in (starts, ends))
    found: _WeightsWithout = [{}] * start.shape[1]
    for group in np.flatnonzero(np.isfinite(start + end).all(axis=0)).tolist():
        before, after = start[:, group].tolist(), end[:, group].tolist()
        by_place = [{str(at): each for at, each in enumerate(side)} for side in (before, after)]
        found[group] = sato_vartia_weights(*by_place) or {}
    return found


def _aggregate(weights: _WeightsWithout, gains: Mapping[int, Replicates]) -> Replicates:
    """Sum of gains with the weights, by group; not a number without any."""
    found = np.full(len(weights), math.nan)
    for group, by_place in enumerate(weights):
        if by_place and gains:
            found[group] = math.fsum(
                by_place[str(place)] * float(each[group]) for place, each in gains.items()
            )
    return found


def _choice_of(row: Row) -> Choice:
    names = ("level", "industry", "continuing", "restriction", "imports")
    return Choice(*(row[name] for name in names))
