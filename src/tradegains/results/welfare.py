"""Market shares of continuing establishments and the welfare changes that follow from them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from tradegains.formulas.distribution import SizeDistribution, SizeGroup
from tradegains.formulas.fixed_point import USUAL_DECIMALS, money
from tradegains.formulas.market_shares import (
    MarketSales,
    MarketShareChanges,
    continuing_market_share,
    continuing_share,
    domestic_share,
    expenditure,
    market_share_changes,
)
from tradegains.formulas.membership import BOTH_ENDS, MembershipBits, MembershipMask
from tradegains.formulas.outcomes import Outcome, joined_notes
from tradegains.formulas.sato_vartia import (
    IndustryAggregate,
    IndustryChange,
    aggregate_industries,
)
from tradegains.formulas.welfare import WelfareChange, acr, difference, extended, hloy
from tradegains.results.cutoffs import cutoff_changes
from tradegains.results.market import Amounts
from tradegains.results.market_cells import MarketCells, unknown_note
from tradegains.results.sets import continuing_set, restricted_set
from tradegains.results.sizes import WEIGHTED
from tradegains.study import Study, Window
from tradegains.tables.absence import Absence, without_section
from tradegains.tables.window_names import difference_window

AGGREGATED = "industries_aggregated"
UNRESTRICTED = "all"
NO_IMPORTS = "none"
NO_SOURCE = "no source of imports: [trade] imports is empty"
LACKING, LACKING_ALONE = "(sales unknown)", "(sales unknown, at one end only)"
"""In the place of a continuing rule: those of whom nobody knows the sales at an end."""


@dataclass(frozen=True)
class Choice:
    """One market and one way of measuring it: the key of a welfare row but for its window."""

    level: str
    industry: str | None
    continuing: str
    restriction: str
    imports: str


@dataclass(frozen=True)
class MarketAtEnd:
    """A market at one end of a window: all establishments, the continuing set, and imports.

    `decimals` are those that money counts to. `lacking` counts establishments whose sales are
    unknown at an end of the window, `lacking_alone` those of them that are there in this year only.
    """

    year: int
    everyone: Amounts
    continuing: Amounts
    imports: float | None
    decimals: int = USUAL_DECIMALS
    lacking: int = 0
    lacking_alone: int = 0

    @property
    def market(self) -> MarketSales:
        """The market as the formulas take it."""
        return MarketSales(
            money(self.continuing.domestic_sales, self.decimals),
            money(self.everyone.domestic_sales, self.decimals),
            self.imports,
        )

    @property
    def expenditure(self) -> float:
        """Y = X + M [money unit], of domestic goods alone where imports are not known."""
        return float(expenditure(self.market.domestic_sales, self.imports or 0.0))


Ends = tuple[MarketAtEnd, MarketAtEnd]
ImportsTable = Mapping[tuple[str, int], float]


def measure_markets(
    study: Study, cells: MarketCells, imports: ImportsTable
) -> dict[tuple[str, Choice], Ends]:
    """Both ends of every welfare window's markets.

    Args:
        study: whose windows, levels, rules, restrictions and import sources are measured.
        cells: market cells of the run.
        imports: imports by industry code (any number of digits) and year [money unit].
    """
    markets: dict[tuple[str, Choice], Ends] = {}
    for name in study.welfare.windows:
        window = study.window(name)
        sums = {year: _sums_of_year(study, window, year, cells) for year in _years(window)}
        for choice in _choices(study, sums, _importing_groups(study, window, imports)):
            start, end = (
                _market_at(study, choice, year, sums[year], imports) for year in _years(window)
            )
            markets[name, choice] = (start, end)
    return markets


def market_share_rows(markets: Mapping[tuple[str, Choice], Ends]) -> list[dict[str, Any]]:
    """One row per window, market, choice and end of the window."""
    return [
        _key(window, choice) | _market_share_row(end)
        for (window, choice), ends in markets.items()
        for end in ends
    ]


def welfare_rows(
    study: Study,
    markets: Mapping[tuple[str, Choice], Ends],
    sigma_by_industry: Mapping[str, float],
    sizes: Mapping[SizeGroup, SizeDistribution] | None = None,
    *,
    entry: Mapping[str, Outcome] | None = None,
) -> list[dict[str, Any]]:
    """One row per window, market, choice and formula; with the post-pre row of the study.

    An industry takes its own sigma where the study has elasticities by industry; all industries
    together are their sum with Sato-Vartia weights (HLOY, appendix A and table A1). Without any
    source of imports only the row remains that still tells the change of X^c/X. Formulas that
    assume a cutoff are applied to the whole economy and take `sizes`, of log domestic sales, and
    `entry`, the change of the log number of entrants by window where it is counted.
    """
    changes = {
        (window, choice): _formulas(study, window, choice, ends, sigma_by_industry)
        for (window, choice), ends in markets.items()
    }
    for (window, choice), by_formula in changes.items():
        if _is_headline_set(study, choice):
            shares, stated = by_formula["hloy"].changes, study.window(window)
            for found in cutoff_changes(
                study, stated, shares, sizes=sizes or {}, entry=entry or {}
            ):
                by_formula[f"{found.formula} {found.distribution}"] = found
    weights: dict[tuple[str, Choice], float] = {}
    for (window, choice), aggregate in _aggregates(markets, changes).items():
        weights |= {
            (window, replace(choice, level="industry2", industry=industry)): weight
            for industry, weight in aggregate.weights.items()
        }
        changes[window, choice] = {"hloy": _aggregated(study, window, aggregate)}
    rows = [
        _welfare_row(window, choice, change, markets.get((window, choice)))
        | {"weight": weights.get((window, choice)) if change.formula == "hloy" else None}
        for (window, choice), by_formula in changes.items()
        for change in by_formula.values()
    ]
    return rows + list(_difference_rows(study, changes))


def _aggregates(
    markets: Mapping[tuple[str, Choice], Ends],
    changes: Mapping[tuple[str, Choice], Mapping[str, WelfareChange]],
) -> dict[tuple[str, Choice], IndustryAggregate]:
    """HLOY of all industries together; without a number where an expenditure is not known."""
    industries: defaultdict[tuple[str, Choice], list[IndustryChange]] = defaultdict(list)
    for (window, choice), (start, end) in markets.items():
        if choice.industry is None or choice.imports == NO_IMPORTS:
            continue
        change = changes[window, choice]["hloy"]
        together = replace(choice, level=AGGREGATED, industry=None)
        industries[window, together].append(
            IndustryChange(
                choice.industry,
                _spent(start),
                _spent(end),
                change.welfare_change,
                change.note,
            )
        )
    return {key: aggregate_industries(rows) for key, rows in industries.items()}


def _spent(end: MarketAtEnd) -> float | None:
    """Expenditure to weight by, at least 0; None where imports are not known."""
    return None if end.imports is None else max(end.expenditure, 0.0)


def _aggregated(study: Study, window: str, aggregate: IndustryAggregate) -> WelfareChange:
    """An aggregate as a welfare change: it has no elasticity and no shares of its own."""
    scale = study.window(window).scale
    changes = MarketShareChanges(None, None, None, scale)
    value, note = aggregate.outcome
    return WelfareChange("hloy", None, changes, None, None, value, note)


def _difference_rows(
    study: Study, changes: Mapping[tuple[str, Choice], Mapping[str, WelfareChange]]
) -> Iterator[dict[str, Any]]:
    if study.welfare.difference is None:
        return
    post, pre = study.welfare.difference
    for (window, choice), by_formula in changes.items():
        if window != post or (pre, choice) not in changes:
            continue
        for formula, change in by_formula.items():
            if formula not in changes[pre, choice]:
                continue
            changed = difference(change, changes[pre, choice][formula])
            name = difference_window(post, pre)
            yield _welfare_row(name, choice, changed, None) | {"weight": None}


def _formulas(
    study: Study,
    window: str,
    choice: Choice,
    ends: Ends,
    sigma_by_industry: Mapping[str, float],
) -> dict[str, WelfareChange]:
    start, end = ends
    change = market_share_changes(start.market, end.market, scale=study.window(window).scale)
    sigma = sigma_of(study, choice, sigma_by_industry)
    results = [hloy(change, sigma)]
    if choice.imports != NO_IMPORTS:
        results.append(acr(change, study.welfare.trade_elasticity))
        mu, eta = study.welfare.expenditure_share, study.welfare.value_added_share
        if mu is not None and eta is not None:
            results.append(extended(results[0], expenditure_share=mu, value_added_share=eta))
    return {result.formula: result for result in results}


def sigma_of(study: Study, choice: Choice, sigma_by_industry: Mapping[str, float]) -> float:
    """The industry's own elasticity of substitution where it has one, else the study's."""
    return sigma_by_industry.get(choice.industry or "", study.welfare.sigma)


def _years(window: Window) -> tuple[int, int]:
    return window.start, window.end


_Market = tuple[str, str | None, str, str]
"""Level, industry, continuing rule and restriction; rule "" is everyone."""

_Sums = dict[_Market, Amounts]


def _sums_of_year(study: Study, window: Window, year: int, cells: MarketCells) -> _Sums:
    of_year = cells.of_year(year).known(window.name)
    every = [(("", ""), MembershipMask(0, 0)), *continuing_sets(study, window, cells.memberships)]
    sums: dict[_Market, Amounts] = {}
    for (rule, restriction), mask in every:
        some = of_year.where(of_year.fitting(mask))
        by_level = some.amounts_by_level(
            some.industry_in(window.name),
            study.census.industry_group_digits,
            levels=("total", "industry2"),
        )
        for (level, code), amounts in by_level.items():
            sums[level, code, rule, restriction] = amounts
    return sums | _unknown_sums(study, window, of_year)


def _unknown_sums(study: Study, window: Window, of_year: MarketCells) -> _Sums:
    """Establishments of whom nobody knows the sales; those who are not in both years, too."""
    lost = of_year.unknown(window.name, ("sales",))
    if not lost.any():
        return {}
    alone = lost & ~of_year.inside(continuing_set(window.name, BOTH_ENDS))
    digits, levels = study.census.industry_group_digits, ("total", "industry2")
    found: dict[_Market, Amounts] = {}
    for name, chosen in ((LACKING, lost), (LACKING_ALONE, alone)):
        some = of_year.where(chosen)
        industries = some.industry_in(window.name)
        by_level = some.amounts_by_level(industries, digits, levels=levels)
        found |= {(level, code, name, ""): amounts for (level, code), amounts in by_level.items()}
    return found


def continuing_sets(
    study: Study, window: Window, bits: MembershipBits
) -> list[tuple[tuple[str, str], MembershipMask]]:
    """Each continuing set, restricted or not, and how its members are told."""
    sets = []
    for rule in study.matching.continuing:
        continuing = continuing_set(window.name, rule)
        sets.append(((rule, UNRESTRICTED), bits.mask([continuing])))
        for restriction in study.restrictions:
            restricted = restricted_set(window.name, restriction.name)
            sets.append(((rule, restriction.name), bits.mask([continuing, restricted])))
    return sets


def _importing_groups(study: Study, window: Window, imports: ImportsTable) -> set[str]:
    """Industry groups with imports at an end of the window, also those nobody produces in."""
    digits = study.census.industry_group_digits
    return {
        industry[:digits]
        for (industry, year), value in imports.items()
        if year in _years(window) and value > 0
    }


def _choices(study: Study, sums: Mapping[int, _Sums], importing: Collection[str]) -> list[Choice]:
    produced = {(level, code or "") for by_key in sums.values() for level, code, *_ in by_key}
    produced.add(("total", ""))
    markets = sorted(produced | {("industry2", code) for code in importing})
    restrictions = [UNRESTRICTED, *(each.name for each in study.restrictions)]
    sources = study.trade.imports or (NO_IMPORTS,)
    return [
        Choice(level, code or None, rule, restriction, source)
        for level, code in markets
        if level in study.welfare.levels
        for rule, restriction, source in product(study.matching.continuing, restrictions, sources)
        if (level, code) in produced or source == "table"
    ]


def _market_at(
    study: Study, choice: Choice, year: int, sums: _Sums, imports: ImportsTable
) -> MarketAtEnd:
    market = (choice.level, choice.industry)
    everyone = sums.get((*market, "", ""), Amounts())
    continuing = sums.get((*market, choice.continuing, choice.restriction), Amounts())
    decimals = study.census.decimals
    known = _imports(choice, year, money(everyone.exports, decimals), imports)
    lacking, alone = (
        sums.get((*market, name, ""), Amounts()).establishments for name in (LACKING, LACKING_ALONE)
    )
    return MarketAtEnd(year, everyone, continuing, known, decimals, lacking, alone)


def _imports(choice: Choice, year: int, exports: float, imports: ImportsTable) -> float | None:
    """Imports of the market; with source `exports`, the census's own exports (Table C1)."""
    if choice.imports == NO_IMPORTS:
        return None
    if choice.imports == "exports":
        return exports
    prefix = choice.industry or ""
    found = [
        value
        for (industry, each), value in sorted(imports.items())
        if each == year and industry.startswith(prefix)
    ]
    return sum(found) if found else None


def _key(window: str, choice: Choice) -> dict[str, Any]:
    return {
        "window": window,
        "level": choice.level,
        "industry": choice.industry,
        "continuing": choice.continuing,
        "restriction": choice.restriction,
        "imports": choice.imports,
    }


def _market_share_row(end: MarketAtEnd) -> dict[str, Any]:
    market, imports = end.market, end.imports
    kept, sold = market.continuing_domestic_sales, market.domestic_sales
    has_market = imports is not None and sold + imports > 0
    return {
        "year": end.year,
        "establishments": end.everyone.establishments,
        "continuing_establishments": end.continuing.establishments,
        "domestic_sales": sold,
        "continuing_domestic_sales": kept,
        "imports_value": imports,
        "expenditure": None if imports is None else expenditure(sold, imports),
        "continuing_share": continuing_share(kept, sold) if sold > 0 else None,
        "domestic_share": domestic_share(sold, imports) if has_market else None,
        "continuing_market_share": (
            continuing_market_share(kept, sold, imports) if has_market else None
        ),
        "note": joined_notes(_note_on_shares(sold, imports), unknown_note("sales", end.lacking)),
    }


def _note_on_shares(domestic_sales: float, imports: float | None) -> str:
    """Why a market's shares are missing, or below 0 for exports above sales."""
    return joined_notes(
        "" if domestic_sales > 0 else "domestic sales are not positive",
        "imports are not known" if imports is None else "",
        "" if imports is None or domestic_sales + imports > 0 else "expenditure is not positive",
    )


def _welfare_row(
    window: str, choice: Choice, change: WelfareChange, ends: Ends | None
) -> dict[str, Any]:
    deltas, implied = change.changes, change.implied_trade_elasticity
    return _key(window, choice) | {
        "formula": change.formula,
        "distribution": change.distribution,
        "elasticity": change.elasticity,
        "delta_ln_continuing_share": deltas.delta_ln_continuing_share,
        "delta_ln_domestic_share": deltas.delta_ln_domestic_share,
        "delta_ln_continuing_market_share": deltas.delta_ln_continuing_market_share,
        "domestic_share_term": change.domestic_share_term,
        "continuing_share_term": change.continuing_share_term,
        "welfare_change": change.welfare_change,
        "scale": deltas.scale,
        "establishments": None if ends is None else ends[1].continuing.establishments,
        "hazard": change.hazard,
        "implied_trade_elasticity": implied.value,
        "note": joined_notes(change.note, implied.note, _note_on_unknown(ends)),
    }


def _note_on_unknown(ends: Ends | None) -> str:
    """How many establishments of a market have unknown sales at an end, each counted once."""
    if ends is None:
        return ""
    start, end = ends
    # Who changed its industry is in another market at the other end.
    lacking = max(start.lacking + end.lacking_alone, end.lacking)
    named = f"{lacking:,} establishment{'s' * (lacking != 1)}"
    return f"sales of {named} are unknown at an end, in no sum" if lacking else ""


def _is_headline_set(study: Study, choice: Choice) -> bool:
    """The whole economy with the headline's continuing set, and a source of imports."""
    rule = study.headline.continuing
    found = (choice.level, choice.continuing, choice.restriction)
    return found == ("total", rule, UNRESTRICTED) and choice.imports != NO_IMPORTS


def welfare_absences(study: Study, rows: Sequence[Mapping[str, Any]]) -> Iterator[Absence]:
    """Results the study cannot have, each with its reason."""
    if not study.trade.imports:
        yield Absence("result", "welfare_change", None, NO_SOURCE)
    elif rows and all(row["welfare_change"] is None for row in rows):
        yield Absence("result", "welfare_change", None, rows[0]["note"])
    if study.welfare.melitz_redding is None:
        yield without_section("result", "melitz_redding", "welfare.melitz_redding")
    elif study.census.has("sampling_weight"):
        yield Absence("result", "melitz_redding", None, WEIGHTED)
