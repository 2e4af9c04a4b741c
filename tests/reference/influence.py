"""The headline without each industry group and without the largest units, from rows."""

import math
from collections import defaultdict
from fractions import Fraction
from typing import Any

from reference.matching import by_industry, continuing_ids, counted_in_window
from reference.replicates import jackknife, p_value, quantile, units_of
from reference.rows import Row, in_money, without_unknown
from reference.welfare import imports_of

LARGEST = (1, 5, 10)


def list_influence(rows: list[Row], study: Any, small: Any) -> list[dict[str, Any]]:
    """One row per window, what is left out, and formula; with post minus pre."""
    if not study.trade.imports:
        return []
    numbers = {name: dict(left_out(rows, study, small, name)) for name in study.welfare.windows}
    if study.welfare.difference:
        post, pre = study.welfare.difference
        numbers[f"{post}-{pre}"] = {
            key: [minus(*pair) for pair in zip(found, numbers[pre][key], strict=True)]
            for key, found in numbers[post].items()
            if key in numbers[pre]
        }
    return [
        {
            "window": window,
            "left_out": kind,
            "industry": industry,
            "largest": most,
            "formula": formula,
            "welfare_change": value,
            "move": minus(value, of_all),
            "note": None,
        }
        for window, found in numbers.items()
        for (kind, industry, most), values in found.items()
        if kind != "nothing"
        for formula, value, of_all in zip(
            ("hloy", "acr", "hloy_minus_acr"), values, found["nothing", None, None], strict=True
        )
    ]


def left_out(rows: list[Row], study: Any, small: Any, name: str) -> Any:
    """What is left out of a window, and the three numbers without it."""
    window, source = study.window(name), study.trade.imports[0]
    years = (window.start, window.end)
    rows = without_unknown(rows, years)
    ends = [row for row in rows if row.year in years]
    rule, panel = study.matching.continuing[0], study.matching.panel_years
    kept = continuing_ids(rows, window, rule, panel)
    digits = study.census.industry_group_digits
    industry = counted_in_window(rows, window, study.matching.industry_at)
    groups = by_industry(ends, "industry2", industry, digits)
    if source == "table":
        for entry in small.imports:
            if entry["year"] in years and entry["value"] > 0:
                groups.setdefault(entry["industry"][:digits], [])

    def sums(members: list[Row], ids: set[str] | None = None) -> dict[int, int]:
        chosen = [row for row in members if ids is None or row.establishment_id in ids]
        return {
            year: sum(row.domestic_sales for row in chosen if row.year == year) for year in years
        }

    def imported(members: list[Row], code: str | None) -> dict[int, float | None]:
        return {year: imports_of(members, code, year, source=source, small=small) for year in years}

    sold, stayed, imports = sums(ends), sums(ends, kept), imported(ends, None)
    yield ("nothing", None, None), three(study, window, sold, stayed, imports)
    for code, members in groups.items():
        own = imported(members, code)
        left = {y: None if m is None else m - (own[y] or 0.0) for y, m in imports.items()}
        numbers = (less(sold, sums(members)), less(stayed, sums(members, kept)), left)
        yield ("industry2", code, None), three(study, window, *numbers)
    units, by_unit = units_of(rows, study), defaultdict(list)
    for row in ends:
        if row.establishment_id in kept:
            by_unit[units[row.establishment_id]].append(row)
    order = sorted(by_unit, key=lambda unit: (-sum(r.domestic_sales for r in by_unit[unit]), unit))
    for most in LARGEST:
        gone = [row for unit in order[:most] for row in by_unit[unit]]
        left = imports
        if source == "exports":
            own = imported(gone, None)
            left = {year: value - own[year] for year, value in imports.items()}
        numbers = (less(sold, sums(gone)), less(stayed, sums(gone)), left)
        yield ("largest", None, most), three(study, window, *numbers)


def list_slopes(rows: list[Row], study: Any, small: Any) -> list[dict[str, Any]]:
    """Slope of industry groups' gains on each ranking variable, leaving one group out at a time."""
    if not study.trade.imports or study.welfare.curves is None:
        return []
    named = [(row["variable"], row["industry"], row["value"]) for row in small.rankings or ()]
    named += [("tariff_cut", row["industry"], row["cut"]) for row in small.tariff_cuts or ()]
    named += [("sigma", row["industry"], row["sigma"]) for row in small.elasticities or ()]
    gains = {name: gains_of_groups(rows, study, small, name) for name in study.welfare.windows}
    if study.welfare.difference:
        post, pre = study.welfare.difference
        both = gains[post].keys() & gains[pre].keys()
        gains[f"{post}-{pre}"] = {code: gains[post][code] - gains[pre][code] for code in both}
    digits = study.census.industry_group_digits
    found = []
    for variable in study.welfare.curves.rank_by:
        values = defaultdict(list)
        for name, code, value in named:
            if name == variable and not code.startswith(study.tariffs.leave_out or ("none",)):
                values[code[:digits]].append(value)
        for window, by_code in gains.items():
            points = [(math.fsum(values[c]) / len(values[c]), by_code[c]) for c in by_code
                      if c in values]  # fmt: skip
            found.append({"variable": variable, "window": window, **slope_of(points, study)})
    return found


def gains_of_groups(rows: list[Row], study: Any, small: Any, name: str) -> dict[str, float]:
    """HLOY of each industry group on its own market."""
    window, source = study.window(name), study.trade.imports[0]
    rows = without_unknown(rows, (window.start, window.end))
    ends = [row for row in rows if row.year in (window.start, window.end)]
    rule, panel = study.matching.continuing[0], study.matching.panel_years
    kept = continuing_ids(rows, window, rule, panel)
    industry = counted_in_window(rows, window, study.matching.industry_at)
    groups = by_industry(ends, "industry2", industry, study.census.industry_group_digits)
    found = {}
    for code, members in groups.items():
        at = {}
        for year in (window.start, window.end):
            here = [row for row in members if row.year == year]
            sold = sum(row.domestic_sales for row in here)
            stayed = sum(row.domestic_sales for row in here if row.establishment_id in kept)
            own = imports_of(members, code, year, source=source, small=small)
            at[year] = (sold, stayed, own)
        sold, stayed, imports = (
            {year: amounts[part] for year, amounts in at.items()} for part in range(3)
        )
        gain = three(study, window, sold, stayed, imports)[0]
        if gain is not None:
            found[code] = gain
    return found


def slope_of(points: list[tuple[float, float]], study: Any) -> dict[str, Any]:
    """Least squares through the points, and its error by leaving one out."""
    empty = dict.fromkeys(("slope", "standard_error", "ci_low", "ci_high", "t", "p_value", "note"))
    count = len(points)
    slope = fitted(points) if count >= 4 else None
    if slope is None:
        return {**empty, "industries": count}
    left = [fitted(points[:at] + points[at + 1 :]) for at in range(count)]
    error, groups = jackknife(slope, left, 0.0)
    told = {**empty, "industries": count, "slope": slope, "standard_error": error}
    if error is None:
        return told
    reach = error * quantile(study.uncertainty.level, groups - 1)
    told |= {"ci_low": slope - reach, "ci_high": slope + reach}
    if error:
        told |= {"t": slope / error, "p_value": p_value(slope / error, groups - 1)}
    return told


def fitted(points: list[tuple[float, float]]) -> float | None:
    """Slope, in fractions."""
    exact = [(Fraction(x), Fraction(y)) for x, y in points]
    mean_x, mean_y = (sum(column) / len(exact) for column in zip(*exact, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in exact)
    return float(sum((x - mean_x) * (y - mean_y) for x, y in exact) / spread) if spread else None


def less(whole: dict[int, int], part: dict[int, int]) -> dict[int, int]:
    return {year: value - part[year] for year, value in whole.items()}


def three(study: Any, window: Any, sold: dict, stayed: dict, imports: dict) -> list[float | None]:
    """HLOY, ACR and their difference; None where an amount is missing or not positive."""
    start, end = window.start, window.end
    share = domestic = hloy = acr = None
    if min(*sold.values(), *stayed.values()) > 0:
        share = math.log(stayed[end] / sold[end]) - math.log(stayed[start] / sold[start])
    if min(sold.values()) > 0 and None not in imports.values() and min(imports.values()) >= 0:
        worth = {year: in_money(units, study.census.money_decimals) for year, units in sold.items()}
        spent = {year: worth[year] + imports[year] for year in sold}
        domestic = math.log(worth[end] / spent[end] / (worth[start] / spent[start]))
        acr = -domestic * window.scale / study.welfare.trade_elasticity
    if None not in (share, domestic):
        hloy = -(share * window.scale + domestic * window.scale) / (study.welfare.sigma - 1)
    return [hloy, acr, minus(hloy, acr)]


def minus(later: float | None, earlier: float | None) -> float | None:
    return None if later is None or earlier is None else later - earlier
