"""Market shares and welfare gains of each window, from rows.

Without imports only the continuing share is known: its term stands alone in a row of HLOY, all
else is null, and the other formulas have no row.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from operator import truediv
from typing import Any

from reference.cutoffs import list_cutoffs
from reference.matching import by_industry, continuing_ids, counted_in_window
from reference.predicates import rows_where
from reference.rows import Row, establishments, unknown_note, without_unknown, worth

DELTAS = (
    "delta_ln_continuing_share",
    "delta_ln_domestic_share",
    "delta_ln_continuing_market_share",
)
NO_CHANGE = 1e-12
CHANGES = (*DELTAS, "domestic_share_term", "continuing_share_term", "welfare_change")


Cells = Mapping[str, Any]


@dataclass(frozen=True)
class Small:
    """Optional small tables as lists of rows; None where the study has none."""

    imports: list[Mapping[str, Any]] | None = None
    prices: list[Mapping[str, Any]] | None = None
    elasticities: list[Mapping[str, Any]] | None = None
    elasticity_concordance: list[Mapping[str, Any]] | None = None
    tariff_cuts: list[Mapping[str, Any]] | None = None
    product_trade: list[Mapping[str, Any]] | None = None
    control_totals: list[Mapping[str, Any]] | None = None
    successors: list[Mapping[str, Any]] | None = None
    concordance: list[Mapping[str, Any]] | None = None
    rankings: list[Mapping[str, Any]] | None = None
    plant_products: list[Mapping[str, Any]] | None = None
    product_tariffs: list[Mapping[str, Any]] | None = None
    input_output: list[Mapping[str, Any]] | None = None
    industry_controls: list[Mapping[str, Any]] | None = None


def with_own_elasticities(small: Small) -> Small:
    """The tables with elasticities of the census's groups: means over the codes of the others."""
    if not small.elasticity_concordance:
        return small
    sigma = {row["industry"]: Fraction(row["sigma"]) for row in small.elasticities}
    links = [link for link in small.elasticity_concordance if link["code"] in sigma]
    found = []
    for industry in sorted({link["industry"] for link in links}):
        own = [
            (sigma[link["code"]], Fraction(link.get("weight", 1)))
            for link in links
            if link["industry"] == industry
        ]
        mean = sum(value * weight for value, weight in own) / sum(weight for _, weight in own)
        found.append({"industry": industry, "sigma": float(mean)})
    return replace(small, elasticities=found, elasticity_concordance=None)


def list_market_shares(rows: list[Row], study: Any, small: Small) -> list[dict[str, Any]]:
    """One row per window, level, industry, rule, restriction, source of imports and year."""
    found = []
    for name in study.welfare.windows:
        window = study.window(name)
        for rule in study.matching.continuing:
            for restriction, ids in continuing_sets(rows, study, window, rule).items():
                named = {"continuing": rule, "restriction": restriction}
                found += window_shares(rows, study, window, ids=ids, named=named, small=small)
    return found


def continuing_sets(rows: list[Row], study: Any, window: Any, rule: str) -> dict[str, set[str]]:
    """Continuing ids: all of them, and those whose row in the stated years meets a restriction."""
    everyone = continuing_ids(rows, window, rule, study.matching.panel_years)
    sets = {"all": everyone}
    asked = {"start": [window.start], "end": [window.end], "both": [window.start, window.end]}
    for restriction in study.restrictions:
        met = everyone
        for year in asked[restriction.at]:
            of_year = [row for row in rows if row.year == year]
            met = met & {row.establishment_id for row in rows_where(of_year, restriction.where)}
        sets[restriction.name] = met
    return sets


def window_shares(
    rows: list[Row],
    study: Any,
    window: Any,
    *,
    ids: set[str],
    named: Mapping[str, str],
    small: Small,
) -> list[dict[str, Any]]:
    """Shares of one continuing set: an industry seen at either end has a row for both."""
    rows = without_unknown(rows, (window.start, window.end))
    industry = counted_in_window(rows, window, study.matching.industry_at)
    digits = study.census.industry_group_digits
    ends = [row for row in rows if row.year in (window.start, window.end)]
    markets = [
        (level, code, cell)
        for level in study.welfare.levels
        for code, cell in by_industry(ends, level, industry, digits).items()
    ]
    return [
        {
            "window": window.name,
            "level": level,
            "industry": code,
            **named,
            "imports": source,
            "year": year,
            **cell_shares(
                [row for row in cell if row.year == year],
                ids,
                imports_of(cell, code, year, source=source, small=small),
            ),
            "note": unknown_note(
                [row for row in cell if row.year == year],
                rows,
                (window.start, window.end),
                ("sales",),
            ),
        }
        for source in study.trade.imports or ("none",)
        for level, code, cell in markets + only_importing(markets, window, study, source, small)
        for year in (window.start, window.end)
    ]


def only_importing(
    markets: list[Any], window: Any, study: Any, source: str, small: Small
) -> list[Any]:
    """Industry groups that the table has imports of, and the census nobody in."""
    if source != "table" or "industry2" not in study.welfare.levels:
        return []
    produced = {code for level, code, _ in markets if level == "industry2"}
    importing = {
        entry["industry"][: study.census.industry_group_digits]
        for entry in small.imports
        if entry["year"] in (window.start, window.end) and entry["value"] > 0
    }
    return [("industry2", code, []) for code in sorted(importing - produced)]


def imports_of(
    cell: list[Row], code: str | None, year: int, *, source: str, small: Small
) -> float | None:
    """Imports of an industry (None: of all) in a year; None where nobody says."""
    if source == "none":
        return None
    if source == "exports":
        return worth((row for row in cell if row.year == year), "exports")
    named = [
        entry["value"]
        for entry in small.imports
        if entry["year"] == year and entry["industry"].startswith(code or "")
    ]
    return math.fsum(named) if named else None


def cell_shares(cell: list[Row], ids: set[str], imports: float | None) -> dict[str, Any]:
    """Sales, imports and the three shares of a market in one year; no share of nothing."""
    continuing = [row for row in cell if row.establishment_id in ids]
    sales = worth(cell, "domestic_sales")
    continuing_sales = worth(continuing, "domestic_sales")
    expenditure = None if imports is None else sales + imports
    has_market = expenditure is not None and expenditure > 0
    return {
        "establishments": establishments(cell),
        "continuing_establishments": establishments(continuing),
        "domestic_sales": sales,
        "continuing_domestic_sales": continuing_sales,
        "imports_value": imports,
        "expenditure": expenditure,
        "continuing_share": continuing_sales / sales if sales > 0 else None,
        "domestic_share": sales / expenditure if has_market else None,
        "continuing_market_share": continuing_sales / expenditure if has_market else None,
    }


def list_welfare(
    shares: list[dict[str, Any]], study: Any, small: Small, rows: list[Row]
) -> list[dict[str, Any]]:
    """One row per window, level, industry, rule, restriction, source of imports and formula."""
    keys = ("window", "level", "industry", "continuing", "restriction", "imports")
    ends: dict[tuple[Any, ...], dict[int, dict[str, Any]]] = {}
    for row in shares:
        ends.setdefault(tuple(row[name] for name in keys), {})[row["year"]] = row
    found = []
    for values, years in ends.items():
        named = dict(zip(keys, values, strict=True))
        window = study.window(named["window"])
        sigma = sigma_of(named["industry"], study, small)
        found += window_welfare(named, years[window.start], years[window.end], study, sigma)
    found += add_up_industries(found, shares)
    headline = [row for row in found if is_headline(row, study)]
    found += [row for hloy in headline for row in list_cutoffs(rows, hloy, study)]
    found = [imply(row) for row in found + differences(found, study)]
    return [*found, *compared(found)] if study.uncertainty else found


def compared(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """HLOY less ACR, where a window and choice have both."""
    keys = ("window", "level", "industry", "continuing", "restriction", "imports")
    acr = {tuple(row[name] for name in keys): row for row in found if row["formula"] == "acr"}
    empty = ("elasticity", "weight", "implied_trade_elasticity")
    return [
        {
            **row,
            **dict.fromkeys((*empty, "domestic_share_term", "continuing_share_term")),
            "formula": "hloy_minus_acr",
            "welfare_change": minus(row["welfare_change"], other["welfare_change"]),
        }
        for row in found
        if row["formula"] == "hloy" and (other := acr.get(tuple(row[name] for name in keys)))
    ]


def is_headline(row: dict[str, Any], study: Any) -> bool:
    """HLOY of the whole economy under the first rule, without restriction."""
    named = (row["level"], row["continuing"], row["restriction"], row["formula"])
    headline = ("total", study.matching.continuing[0], "all", "hloy")
    return named == headline and row["imports"] != "none"


def imply(row: dict[str, Any]) -> dict[str, Any]:
    """The epsilon at which ACR gives the row's change; changes within rounding of 0 are 0."""
    domestic, continuing = row["delta_ln_domestic_share"], row[DELTAS[2]]
    known = row["formula"] == "hloy" and None not in (domestic, continuing, row["elasticity"])
    if not known or abs(domestic) < NO_CHANGE or abs(continuing) < NO_CHANGE:
        return {**row, "implied_trade_elasticity": None}
    implied = (row["elasticity"] - 1) * domestic / continuing
    return {**row, "implied_trade_elasticity": implied}


def add_up_industries(
    found: list[dict[str, Any]], shares: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """HLOY of all industries together; each industry's weight in it is noted on its own row.

    An industry whose imports are not known at an end has no expenditure to be weighted by: there
    is no aggregate then.
    """
    choices = ("window", "continuing", "restriction", "imports")
    spent: dict[tuple[Any, ...], list[float | None]] = {}
    for row in shares:
        key = (*(row[name] for name in choices), row["level"], row["industry"])
        spent.setdefault(key, []).append(row["expenditure"])
    groups: dict[tuple[Any, ...], list[tuple[dict[str, Any], list[float]]]] = {}
    for row in found:
        choice = tuple(row[name] for name in choices)
        amounts = spent[(*choice, row["level"], row["industry"])]
        if (row["level"], row["formula"]) == ("industry2", "hloy") and row["imports"] != "none":
            groups.setdefault(choice, []).append((row, amounts))
    return [add_up(members) for members in groups.values()]


def add_up(members: list[tuple[dict[str, Any], list[float]]]) -> dict[str, Any]:
    """One row for all industries: an industry without a welfare change adds nothing.

    It keeps its weight, which the others do not share.
    """
    rows, spent = zip(*members, strict=True)
    unknown = any(None in amounts for amounts in spent)
    weights = None if unknown else sato_vartia(spent)
    for row, weight in zip(rows, weights or [None] * len(rows), strict=True):
        row["weight"] = weight
    known = [row for row in rows if row["weight"] and row["welfare_change"] is not None]
    codes = [row["industry"] for row in rows]
    if unknown:
        named = [code for code, amounts in zip(codes, spent, strict=True) if None in amounts]
        note = f"expenditure of these industries is not known: {', '.join(sorted(named))}"
    elif weights is None:
        note = None
    else:
        left_out = sorted(set(codes) - {row["industry"] for row in known})
        note = "; ".join(f"{code} (expenditure or sales)" for code in left_out) or None
    total = math.fsum(row["weight"] * row["welfare_change"] for row in known) if known else None
    return {
        **rows[0],
        **dict.fromkeys((*CHANGES, "industry", "elasticity", "establishments", "weight")),
        "level": "industries_aggregated",
        "welfare_change": total,
        "note": note,
    }


def sato_vartia(spent: Sequence[list[float]]) -> list[float] | None:
    """Weights of industries from their expenditure at the two ends (HLOY, appendix A)."""
    exact = [[max(Decimal(amount), Decimal(0)) for amount in ends] for ends in spent]
    with localcontext(prec=60):
        totals = [sum(column) for column in zip(*exact, strict=True)]
        if not all(totals):
            return None
        means = [logarithmic_mean(*(map(truediv, ends, totals))) for ends in exact]
        whole = sum(means)
        return [float(mean / whole) for mean in means] if whole else None


def logarithmic_mean(start: Decimal, end: Decimal) -> Decimal:
    """(b - a) / (ln b - ln a); a where both are equal, 0 where either is 0."""
    if start == end or not start or not end:
        return min(start, end)
    return (end - start) / (end.ln() - start.ln())


def window_welfare(
    named: dict[str, Any], start: Cells, end: Cells, study: Any, sigma: float
) -> list[dict[str, Any]]:
    """The formulas of one window, market and continuing set."""
    window, welfare = study.window(named["window"]), study.welfare
    shares = (
        ("continuing_domestic_sales", "domestic_sales"),
        ("domestic_sales", "expenditure"),
        ("continuing_domestic_sales", "expenditure"),
    )
    changes = {
        name: scaled(log_change(start, end, part, whole), window.scale)
        for name, (part, whole) in zip(DELTAS, shares, strict=True)
    }
    if None in (changes[DELTAS[0]], changes[DELTAS[1]]):
        changes[DELTAS[2]] = None  # it is their sum: an industry may sell less than nothing at home
    terms = {
        "domestic_share_term": scaled(changes[DELTAS[1]], -1 / (sigma - 1)),
        "continuing_share_term": scaled(changes[DELTAS[0]], -1 / (sigma - 1)),
    }
    common = {
        "scale": window.scale,
        "establishments": end["continuing_establishments"],
        "weight": None,
        "distribution": None,
        "hazard": None,
        "implied_trade_elasticity": None,
        "note": "an amount is 0 or not known" if None in changes.values() else None,
    }
    hloy = {
        **named,
        "formula": "hloy",
        "elasticity": sigma,
        **changes,
        **terms,
        "welfare_change": scaled(changes[DELTAS[2]], -1 / (sigma - 1)),
        **common,
    }
    acr = {
        **named,
        "formula": "acr",
        "elasticity": welfare.trade_elasticity,
        **changes,
        **dict.fromkeys(terms),
        "welfare_change": scaled(changes[DELTAS[1]], -1 / welfare.trade_elasticity),
        **common,
    }
    if named["imports"] == "none":
        return [hloy]
    found = [hloy, acr]
    if welfare.expenditure_share is not None and welfare.value_added_share is not None:
        ratio = welfare.expenditure_share / welfare.value_added_share
        extended = ("domestic_share_term", "continuing_share_term", "welfare_change")
        times = {name: scaled(hloy[name], ratio) for name in extended}
        found.append({**hloy, "formula": "hloy_extended", **times})
    return found


def sigma_of(industry: str | None, study: Any, small: Small) -> float:
    """The industry's own elasticity of substitution where the study has one."""
    own = {row["industry"]: row["sigma"] for row in small.elasticities or []}
    return own.get(industry, study.welfare.sigma)


def log_change(start: Cells, end: Cells, part: str, whole: str) -> float | None:
    """Change of the log of part over whole; None where either is missing, 0 or negative."""
    amounts = (start[part], start[whole], end[part], end[whole])
    if any(amount is None or amount <= 0 for amount in amounts):
        return None
    return math.log(end[part] / end[whole]) - math.log(start[part] / start[whole])


def scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def differences(found: Iterable[dict[str, Any]], study: Any) -> list[dict[str, Any]]:
    """Post minus pre, for every row that both windows have."""
    if study.welfare.difference is None:
        return []
    post, pre = study.welfare.difference
    keys = ("level", "industry", "continuing", "restriction", "imports", "formula", "distribution")
    by_key = {(row["window"], *(row[name] for name in keys)): row for row in found}
    return [
        {
            **later,
            "window": f"{post}-{pre}",
            **{name: minus(later[name], earlier[name]) for name in CHANGES},
            "scale": 1.0,
            "establishments": None,
            "weight": None,
            "hazard": None,
            "note": "; ".join(dict.fromkeys(filter(None, (later["note"], earlier["note"]))))
            or None,
        }
        for (window, *values), later in by_key.items()
        if window == post and (earlier := by_key.get((pre, *values)))
    ]


def minus(later: float | None, earlier: float | None) -> float | None:
    return None if later is None or earlier is None else later - earlier


def list_comparisons(
    rows: list[Row], shares: list[dict[str, Any]], welfare: list[dict[str, Any]], study: Any
) -> list[dict[str, Any]]:
    """What else the whole market's shares say, from the rows of `market_shares` and of HLOY."""
    asked = study.welfare.comparisons
    if asked is None or not study.trade.imports:
        return []
    choice = ("total", study.matching.continuing[0], "all")
    whole = [
        row for row in shares if (row["level"], row["continuing"], row["restriction"]) == choice
    ]
    hloy = [row for row in welfare if is_headline(row, study)]
    found = {}
    for row in whole:
        key = (row["year"], row["imports"])
        share = row["domestic_share"]
        epsilon = study.welfare.trade_elasticity
        over = None if not share or share <= 0 else -math.log(share) / epsilon
        found["acr_over_autarky", *key] = {
            "year": row["year"],
            "elasticity": epsilon,
            "welfare_change": over,
        }
        if row["imports"] == "table" and study.census.has("exports"):
            exports = worth((each for each in rows if each.year == row["year"]), "exports")
            ratio = exports / row["imports_value"] if row["imports_value"] else None
            found["trade_balance", *key] = {"year": row["year"], "ratio": ratio}
    counts = {(row["window"], row["year"]): row["establishments"] for row in whole}
    for row in hloy:
        if row["window"] not in study.welfare.windows:
            continue
        window, key = study.window(row["window"]), (row["window"], row["imports"])
        numbers = [counts.get((window.name, year)) for year in (window.start, window.end)]
        known = all(numbers) and row["delta_ln_domestic_share"] is not None
        change = window.scale * math.log(numbers[1] / numbers[0]) if all(numbers) else None
        sigma = study.welfare.sigma
        value = (change - row["delta_ln_domestic_share"]) / (sigma - 1) if known else None
        named = {"window": row["window"], "elasticity": sigma}
        found["all_domestic", *key] = {**named, "welfare_change": value}
        if study.welfare.value_added_share is not None:
            alone = scaled(row["welfare_change"], 1 / study.welfare.value_added_share)
            found["hloy_in_isolation", *key] = {**named, "welfare_change": alone}
    if study.welfare.difference is not None:
        post, pre = study.welfare.difference
        for (quantity, window, source), later in list(found.items()):
            earlier = found.get((quantity, pre, source))
            if window == post and earlier is not None:
                ends = later["welfare_change"], earlier["welfare_change"]
                change = None if None in ends else ends[0] - ends[1]
                row = {**later, "window": f"{post}-{pre}", "welfare_change": change}
                found[quantity, f"{post}-{pre}", source] = row
    blank = dict.fromkeys(("window", "year", "elasticity", "welfare_change", "ratio", "note"))
    return [
        {**blank, "quantity": quantity, "imports": source, **row}
        for (quantity, _, source), row in found.items()
    ]
