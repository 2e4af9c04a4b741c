"""Curves of the gain, from rows: by elasticity, by a ranking of industries.

Everything is under the headline choices. The industry of an establishment is the one it has in the
window's first year.
"""

import math
from statistics import median
from typing import Any

from reference.matching import continuing_ids, counted_in_window
from reference.rows import Row, establishments, parts_of, without_unknown, worth

NUMBERS = ("welfare_change", "liberalised_change", "rest_change")


def list_curves(
    rows: list[Row],
    welfare: list[dict[str, Any]],
    study: Any,
    small: Any,
    seen: Any = None,
) -> list[dict[str, Any]]:
    """Rows of figures 3, 4 and 5; points are those of the codes in `seen`, or else in the rows."""
    curves = study.welfare.curves
    if curves is None or not study.trade.imports:
        return []
    named = [(row["variable"], row["industry"], row["value"]) for row in small.rankings or ()]
    cuts = [row for row in small.tariff_cuts or () if row.get("kind", "home") == "home"]
    named += [("tariff_cut", row["industry"], row["cut"]) for row in cuts]
    named += [("sigma", row["industry"], row["sigma"]) for row in small.elasticities or ()]
    found = by_elasticity(welfare, study)
    for variable in curves.rank_by:
        ranking = {industry: value for name, industry, value in named if name == variable}
        found += by_ranking(rows, study, small, variable=variable, ranking=ranking, among=seen)
    made = {"continuing": study.matching.continuing[0], "imports": study.trade.imports[0]}
    return [{**BLANK, **made, "note": None, **row} for row in found]


BLANK = dict.fromkeys(
    ("label", "liberalised_change", "rest_change", "industries", "establishments")
)


def codes_seen(rows: list[Row], study: Any) -> set[str | None]:
    """Industries at the start of every establishment of a welfare window."""
    windows = [study.window(name) for name in study.welfare.windows]
    digits = study.census.industry_digits
    return {code for window in windows for _, code in codes_of(rows, window, digits)}


def by_elasticity(welfare: list[dict[str, Any]], study: Any) -> list[dict[str, Any]]:
    """Figure 3 without published estimates: -d ln lambda^c / x and -d ln lambda / x."""
    curves, pair = study.welfare.curves, study.welfare.difference
    windows = [f"{pair[0]}-{pair[1]}"] if pair else study.welfare.windows
    headline = [
        row
        for row in welfare
        if (row["level"], row["formula"], row["restriction"]) == ("total", "hloy", "all")
        and row["continuing"] == study.matching.continuing[0]
        and row["imports"] == study.trade.imports[0]
    ]
    places = [curves.elasticity_from]
    while round(places[-1] + curves.elasticity_step, 9) <= curves.elasticity_to:
        places.append(round(places[-1] + curves.elasticity_step, 9))
    found = []
    for row in headline:
        for curve, column, own, plus, variable in (
            ("hloy", "delta_ln_continuing_market_share", study.welfare.sigma - 1, 1, "sigma"),
            ("acr", "delta_ln_domestic_share", study.welfare.trade_elasticity, 0,
             "trade_elasticity"),
        ):  # fmt: skip
            points = [("curve", x) for x in places] + [("baseline", own)]
            for point, x in points:
                delta = row[column]
                if row["window"] in windows:
                    found.append(
                        {
                            "figure": "3",
                            "curve": curve,
                            "point": point,
                            "window": row["window"],
                            "variable": variable,
                            "x": x,
                            "elasticity": x + plus,
                            "welfare_change": None if delta is None else -delta / x,
                            "scale": row["scale"],
                        }
                    )
    return found


def by_ranking(
    rows: list[Row],
    study: Any,
    small: Any,
    *,
    variable: str,
    ranking: dict[str, float],
    among: Any = None,
) -> list[dict[str, Any]]:
    """Figures 4 and 5 of one ranking variable."""
    digits = max((len(code) for code in ranking), default=0)
    windows = [study.window(name) for name in study.welfare.windows]
    coded = {window.name: codes_of(rows, window, digits) for window in windows}
    seen = {code for pairs in coded.values() for _, code in pairs}
    if among is not None:
        seen = {code and code[:digits] for code in among}
    unranked = sorted(code for code in seen - ranking.keys() if code is not None)
    ranked = {code: value for code, value in ranking.items() if code in seen}
    leave = study.tariffs.leave_out
    compared = (
        {c: v for c, v in ranked.items() if not c.startswith(tuple(leave))} if leave else ranked
    )
    found = []
    for figure, known in (("4", ranked), ("5", compared)):
        points = [("curve", x) for x in sorted(set(known.values()))]
        if known:
            points.append(("median", median(known.values())))
        if figure == "4":
            points.append(("curve", None))
        for point, x in points:
            key = {
                "figure": figure,
                "curve": {"4": "restricted", "5": "liberalised_over_rest"}[figure],
                "point": point,
                "variable": variable,
                "x": x,
                "elasticity": study.welfare.sigma,
                "note": f"not ranked: {', '.join(unranked)}" if unranked else None,
            }
            gains = {}
            for window in windows:
                gain = gain_below if figure == "4" else gain_of_liberalised
                gains[window.name] = {
                    **key,
                    "window": window.name,
                    "scale": window.scale,
                    **gain(coded[window.name], rows, window, study, small, known, x),
                }
            found += [*gains.values(), *minus(gains, study)]
    return found


def minus(gains: dict[str, dict[str, Any]], study: Any) -> list[dict[str, Any]]:
    """The later window minus the earlier at one point."""
    if study.welfare.difference is None:
        return []
    post, pre = study.welfare.difference
    later, earlier = gains[post], gains[pre]
    changed = {"window": f"{post}-{pre}", "scale": 1.0, "establishments": None}
    for name in NUMBERS:
        ends = later.get(name), earlier.get(name)
        changed[name] = None if None in ends else ends[0] - ends[1]
    return [{**later, **changed}]


Coded = list[tuple[Row, str | None]]


def codes_of(rows: list[Row], window: Any, digits: int) -> Coded:
    """Rows of a window's ends, or parts, with the first digits of their industry at the start."""
    rows = without_unknown(rows, (window.start, window.end))
    counted = counted_in_window(rows, window, "start")
    ends = [row for row in rows if row.year in (window.start, window.end)]
    parts = (part for row in ends for part in parts_of(row, counted(row)))
    return [(part, code and code[:digits]) for code, part in parts]


def gain_below(
    coded: Coded, rows: list[Row], window: Any, study: Any, small: Any, known: Any, x: float | None
) -> dict[str, Any]:
    """Continuing establishments of industries below x, over the whole market."""
    ids = continuing_ids(rows, window, study.matching.continuing[0], study.matching.panel_years)
    kept = {c for _, c in coded if c} if x is None else {c for c, v in known.items() if v < x}
    chosen = [
        row for row, code in coded if row.establishment_id in ids and (x is None or code in kept)
    ]
    everyone = [row for row, _ in coded]
    return {
        "welfare_change": hloy(chosen, everyone, window, study, small, None),
        "industries": len(kept),
        "establishments": establishments(row for row in chosen if row.year == window.end),
    }


def gain_of_liberalised(
    coded: Coded, rows: list[Row], window: Any, study: Any, small: Any, known: Any, x: float
) -> dict[str, Any]:
    """Industries at x or above against the others, each group on its own market."""
    ids = continuing_ids(rows, window, study.matching.continuing[0], study.matching.panel_years)
    above = {code for code, value in known.items() if value >= x}
    changes = []
    for codes in (above, set(known) - above):
        everyone = [row for row, code in coded if code in codes]
        chosen = [row for row in everyone if row.establishment_id in ids]
        changes.append(hloy(chosen, everyone, window, study, small, (codes, coded)))
    gain = None if None in changes else changes[0] - changes[1]
    kept = [row for row, code in coded if code in above and row.establishment_id in ids]
    return {
        "welfare_change": gain,
        "liberalised_change": changes[0],
        "rest_change": changes[1],
        "industries": len(above),
        "establishments": establishments(row for row in kept if row.year == window.end),
    }


def hloy(
    chosen: list[Row], everyone: list[Row], window: Any, study: Any, small: Any, group: Any
) -> float | None:
    """-scale times the change of ln of chosen over expenditure, over sigma - 1."""
    logs = []
    for year in (window.start, window.end):
        sold, kept = (
            worth((row for row in part if row.year == year), "domestic_sales")
            for part in (everyone, chosen)
        )
        imports = imports_of(everyone, year, study, small, group)
        if imports is None or kept <= 0 or sold <= 0:
            return None
        logs.append(math.log(kept / (sold + imports)))
    return -window.scale * (logs[1] - logs[0]) / (study.welfare.sigma - 1)


def imports_of(everyone: list[Row], year: int, study: Any, small: Any, group: Any) -> float | None:
    """Imports of the whole market or of a group; None where one of its industries is not known."""
    if study.trade.imports[0] == "exports":
        return worth((row for row in everyone if row.year == year), "exports")
    entries = [entry for entry in small.imports if entry["year"] == year]
    if group is None:
        return math.fsum(entry["value"] for entry in entries) if entries else None
    codes, coded = group
    producing = {code for row, code in coded if row.year == year and code in codes}
    own = {code: [e for e in entries if e["industry"].startswith(code)] for code in codes}
    if any(not own[code] for code in producing):
        return None
    return math.fsum(entry["value"] for found in own.values() for entry in found)
