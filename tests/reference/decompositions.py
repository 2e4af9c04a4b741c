"""Productivity growth decomposed straight from establishments, in exact fractions.

Each method is written as docs/melitz_trefler.md#decompositions defines it: shares, averages and
differences of single establishments, no sums shared between methods.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from reference.distributions import Productivity
from reference.matching import industry_in_window, present
from reference.rows import Row

LEVELS = ("total", "industry2", "industry4")
SHARES = {"employment": "weight", "sales": "sales"}
TERMS = {
    "bhc": ("within", "between", "entry", "exit"),
    "bhc_relative": ("within", "between", "entry", "exit"),
    "fhk": ("within", "between", "cross", "entry", "exit"),
    "gr": ("within", "between", "entry", "exit"),
    "bg": ("within", "between", "entry", "exit"),
    "df": ("within", "between", "entry", "exit"),
    "mp": ("mean", "covariance", "entry", "exit"),
}
METHODS = tuple(TERMS)


@dataclass(frozen=True)
class Point:
    """Weight and log productivity of an establishment in one year."""

    weight: Fraction
    phi: Fraction


@dataclass
class Panel:
    """One industry over one window: pairs of points, points of entrants and of exiters."""

    continuing: list[tuple[Point, Point]] = field(default_factory=list)
    entrants: list[Point] = field(default_factory=list)
    exiters: list[Point] = field(default_factory=list)
    left_out: int = 0
    moved: int = 0

    def start(self) -> list[Point]:
        return [pair[0] for pair in self.continuing] + self.exiters

    def end(self) -> list[Point]:
        return [pair[1] for pair in self.continuing] + self.entrants


Terms = dict[str, Fraction]


def list_decompositions(
    rows: list[Row], study: Any, productivity: Productivity
) -> list[dict[str, Any]]:
    """Every row of the table `decompositions`."""
    chosen, found = study.decomposition, []
    if chosen is None:
        return []
    for share in chosen.shares:
        for window in (study.window(name) for name in chosen.windows):
            panels = panels_of(rows, study, productivity, window=window, share=share)
            for method in chosen.methods:
                if method in METHODS:
                    named = {"window": window.name, "year": None, "share": share, "method": method}
                    found += [named | row for row in window_rows(panels, method, chosen.levels)]
        if "olley_pakes" in chosen.methods:
            found += list_levels(rows, study, productivity, share)
    prices = "nominal" if study.productivity.prices == "none" else study.productivity.prices
    return [{"note": None, **row, "prices": prices} for row in found]


def list_decomposition_groups(
    rows: list[Row], study: Any, productivity: Productivity, all_rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Every row of `decomposition_groups`: terms of all with their share, and those of groups."""
    chosen = study.decomposition
    if chosen is None or chosen.groups is None:
        return []
    kept = ("window", "share", "method", "level", "term", "value", "total", "establishments",
            "prices", "note")  # fmt: skip
    found = [
        {name: row[name] for name in kept} | {"group": "all"}
        for row in all_rows
        if row["window"] and (row["level"] == "total" or row["level"].endswith("_aggregated"))
    ]
    prices = "nominal" if study.productivity.prices == "none" else study.productivity.prices
    for share in chosen.shares:
        for window in map(study.window, chosen.windows):
            named = {"window": window.name, "share": share, "level": "total", "prices": prices}
            for row in parts_of_groups(rows, study, productivity, (window, share)):
                found.append({**named, "note": None, **row})
    for row in found:
        value, total = row["value"], row["total"]
        row["share_of_total"] = None if value is None or not total else value / total
    return found


def parts_of_groups(
    rows: list[Row], study: Any, productivity: Productivity, asked: tuple[Any, str]
) -> Iterator[dict[str, Any]]:
    """Terms of exporters and of the others, establishment by establishment, and Olley-Pakes."""
    (window, share), methods = asked, study.decomposition.methods
    starts = {r.establishment_id: r for r in rows if r.year == window.start}
    ends = {r.establishment_id: r for r in rows if r.year == window.end}
    lost = {
        row.establishment_id
        for row in rows
        if row.year in (window.start, window.end) and share in row.unknown
    }
    measured = {row for row in productivity.of_row if row.establishment_id not in lost}
    both = [(starts[i], ends[i]) for i in starts.keys() & ends.keys()]
    both = [pair for pair in both if pair[0] in measured and pair[1] in measured]
    gone = [starts[i] for i in starts.keys() - ends.keys() if starts[i] in measured]
    new = [ends[i] for i in ends.keys() - starts.keys() if ends[i] in measured]

    def at(row: Row) -> Point:
        return point(row, productivity, share)

    first = [at(a) for a, _ in both] + [at(row) for row in gone]
    last = [at(b) for _, b in both] + [at(row) for row in new]
    w0, w1 = total_weight(first), total_weight(last)
    if w0 and w1:
        m0, m1 = mean(first), mean(last)
        for method in (name for name in ("bhc_relative", "fhk", "gr") if name in methods):
            base = (m0 + m1) / 2 if method == "gr" else m0
            for group in ("exporters", "nonexporters"):
                is_in = group == "exporters"
                terms = dict.fromkeys(TERMS[method], Fraction(0))
                counts = dict.fromkeys(TERMS[method], 0)
                for a, b in both:
                    if a.exporter != is_in:
                        continue
                    s0, s1, p0, p1 = at(a).weight / w0, at(b).weight / w1, at(a).phi, at(b).phi
                    of = {
                        "bhc_relative": (s0, p1),
                        "fhk": (s0, p0),
                        "gr": ((s0 + s1) / 2, (p0 + p1) / 2),
                    }
                    weight, level = of[method]
                    terms["within"] += weight * (p1 - p0)
                    terms["between"] += (s1 - s0) * (level - base)
                    if method == "fhk":
                        terms["cross"] += (s1 - s0) * (p1 - p0)
                    for name in set(TERMS[method]) - {"entry", "exit"}:
                        counts[name] += 1
                for row in (row for row in new if row.exporter == is_in):
                    terms["entry"] += at(row).weight / w1 * (at(row).phi - base)
                    counts["entry"] += 1
                for row in (row for row in gone if row.exporter == is_in):
                    terms["exit"] -= at(row).weight / w0 * (at(row).phi - base)
                    counts["exit"] += 1
                for term, value in terms.items():
                    yield {"method": method, "group": group, "term": term, "value": float(value),
                           "total": float(m1 - m0), "establishments": counts[term]}  # fmt: skip
    if "olley_pakes" in methods:
        known = [row for row in productivity.of_row if share not in row.unknown]
        of_year = [[at(r) for r in known if r.year == y] for y in (window.start, window.end)]
        if all(map(total_weight, of_year)):
            plain = [sum(each.phi for each in points) / len(points) for points in of_year]
            whole = [mean(points) for points in of_year]
            change = whole[1] - whole[0]
            terms = {"mean": plain[1] - plain[0]}
            terms["covariance"] = change - terms["mean"]
            for term, value in terms.items():
                yield {"method": "olley_pakes", "group": "all", "term": term,
                       "value": float(value), "total": float(change),
                       "establishments": len(of_year[0]) + len(of_year[1])}  # fmt: skip


def point(row: Row, productivity: Productivity, share: str) -> Point:
    return Point(Fraction(getattr(row, SHARES[share])), Fraction(productivity.of_row[row]))


def panels_of(
    rows: list[Row], study: Any, productivity: Productivity, *, window: Any, share: str
) -> dict[str, dict[str | None, Panel]]:
    """Panels of every level: an establishment in two industries leaves one and enters the other."""
    industry = industry_in_window(rows, window, study.matching.industry_at)
    digits = study.census.industry_group_digits
    starts = {row.establishment_id: row for row in rows if row.year == window.start}
    ends = {row.establishment_id: row for row in rows if row.year == window.end}
    panels: dict[str, dict[str | None, Panel]] = {level: {} for level in LEVELS}

    both = present(rows, window.start) & present(rows, window.end)
    lost = {
        row.establishment_id
        for row in rows
        if row.year in (window.start, window.end) and share in row.unknown
    }

    def has_phi(row: Row | None) -> bool:
        return row is not None and row in productivity.of_row

    def measured(row: Row | None) -> bool:
        return row is not None and has_phi(row) and row.establishment_id not in lost

    def panel(level: str, row: Row) -> Panel:
        code = industry(row) or ""
        of_level = {"total": None, "industry2": code[:digits], "industry4": code}[level]
        return panels[level].setdefault(of_level, Panel())

    for establishment in starts.keys() | ends.keys():
        row0, row1 = starts.get(establishment), ends.get(establishment)
        for level in LEVELS:
            if establishment in lost:
                # Once where it is there in both years, else in the year in which it is.
                if has_phi(row0) or has_phi(row1):
                    row = row0 if has_phi(row0) else row1
                    panel(level, row).left_out += 1
            elif establishment not in both:
                if measured(row0):
                    panel(level, row0).exiters.append(point(row0, productivity, share))
                if measured(row1):
                    panel(level, row1).entrants.append(point(row1, productivity, share))
            elif measured(row0) and measured(row1):
                pair = point(row0, productivity, share), point(row1, productivity, share)
                home, away = panel(level, row0), panel(level, row1)
                if home is away:
                    home.continuing.append(pair)
                    continue
                home.exiters.append(pair[0])
                away.entrants.append(pair[1])
                home.moved += 1
                away.moved += 1
            elif measured(row0) or measured(row1):
                panel(level, row0 if measured(row0) else row1).left_out += 1
    return panels


def window_rows(
    panels: dict[str, dict[str | None, Panel]], method: str, levels: Iterable[str]
) -> Iterator[dict[str, Any]]:
    for level in levels:
        for code, panel in panels[level].items():
            terms, total = decomposed(panel, method)
            named = {"level": level, "industry": code}
            named |= {"left_out": panel.left_out, "moved": panel.moved}
            for term in TERMS[method]:
                yield named | {
                    "term": term,
                    "value": as_float(terms.get(term)),
                    "total": as_float(total),
                    "establishments": len(group_of(panel, term)),
                }
        if level != "total":
            yield from aggregated_rows(panels, method, level)


def group_of(panel: Panel, term: str) -> list[Any]:
    groups = {"entry": panel.entrants, "exit": panel.exiters}
    return groups.get(term, panel.continuing)


def as_float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def total_weight(points: Iterable[Point]) -> Fraction:
    return sum((each.weight for each in points), Fraction(0))


def mean(points: list[Point]) -> Fraction:
    """Weighted mean of log productivity."""
    return sum(each.weight * each.phi for each in points) / total_weight(points)


def shares(points: list[Point], everyone: list[Point]) -> list[Fraction]:
    return [each.weight / total_weight(everyone) for each in points]


def decomposed(panel: Panel, method: str) -> tuple[Terms, Fraction | None]:
    """Terms and total; no terms where the method has none, no total without weight."""
    if not total_weight(panel.start()) or not total_weight(panel.end()):
        return {}, None
    total = mean(panel.end()) - mean(panel.start())
    if method == "bg" and not total_weight(panel.exiters):
        return {}, total
    survivors = [pair[0] for pair in panel.continuing], [pair[1] for pair in panel.continuing]
    if method in ("df", "mp") and not all(map(total_weight, survivors)):
        return {}, total
    return FORMULAS[method](panel), total


def establishment_terms(panel: Panel) -> list[tuple[Fraction, Fraction, Fraction, Fraction]]:
    """Shares and log productivity of each continuing establishment: s0, s1, phi0, phi1."""
    s0 = shares([pair[0] for pair in panel.continuing], panel.start())
    s1 = shares([pair[1] for pair in panel.continuing], panel.end())
    return [
        (a, b, start.phi, end.phi)
        for a, b, (start, end) in zip(s0, s1, panel.continuing, strict=True)
    ]


def against(points: list[Point], everyone: list[Point], reference: Fraction) -> Fraction:
    """Sum of share times productivity above a reference."""
    found = zip(shares(points, everyone), points, strict=True)
    return sum((s * (each.phi - reference) for s, each in found), Fraction(0))


def entry_exit(panel: Panel, entry: Fraction, exit_: Fraction) -> Terms:
    return {
        "entry": against(panel.entrants, panel.end(), entry),
        "exit": -against(panel.exiters, panel.start(), exit_),
    }


def bhc(panel: Panel) -> Terms:
    each = establishment_terms(panel)
    return {
        "within": sum((s0 * (p1 - p0) for s0, _, p0, p1 in each), Fraction(0)),
        "between": sum(((s1 - s0) * p1 for s0, s1, _, p1 in each), Fraction(0)),
        **entry_exit(panel, Fraction(0), Fraction(0)),
    }


def bhc_relative(panel: Panel) -> Terms:
    each, before = establishment_terms(panel), mean(panel.start())
    return {
        "within": sum((s0 * (p1 - p0) for s0, _, p0, p1 in each), Fraction(0)),
        "between": sum(((s1 - s0) * (p1 - before) for s0, s1, _, p1 in each), Fraction(0)),
        **entry_exit(panel, before, before),
    }


def fhk(panel: Panel) -> Terms:
    each, before = establishment_terms(panel), mean(panel.start())
    return {
        "within": sum((s0 * (p1 - p0) for s0, _, p0, p1 in each), Fraction(0)),
        "between": sum(((s1 - s0) * (p0 - before) for s0, s1, p0, _ in each), Fraction(0)),
        "cross": sum(((s1 - s0) * (p1 - p0) for s0, s1, p0, p1 in each), Fraction(0)),
        **entry_exit(panel, before, before),
    }


def within_between(
    each: list[tuple[Fraction, Fraction, Fraction, Fraction]], reference: Fraction
) -> Terms:
    return {
        "within": sum(((s0 + s1) / 2 * (p1 - p0) for s0, s1, p0, p1 in each), Fraction(0)),
        "between": sum(
            ((s1 - s0) * ((p0 + p1) / 2 - reference) for s0, s1, p0, p1 in each), Fraction(0)
        ),
    }


def gr(panel: Panel) -> Terms:
    reference = (mean(panel.start()) + mean(panel.end())) / 2
    each = establishment_terms(panel)
    return within_between(each, reference) | entry_exit(panel, reference, reference)


def bg(panel: Panel) -> Terms:
    reference = mean(panel.exiters)
    entry = entry_exit(panel, reference, reference)["entry"]
    each = establishment_terms(panel)
    return within_between(each, reference) | {"entry": entry, "exit": Fraction(0)}


def survivor_means(panel: Panel) -> tuple[Fraction, Fraction]:
    return mean([pair[0] for pair in panel.continuing]), mean([p[1] for p in panel.continuing])


def df(panel: Panel) -> Terms:
    start, end = survivor_means(panel)
    alone = establishment_terms(Panel(continuing=panel.continuing))
    return within_between(alone, Fraction(0)) | entry_exit(panel, end, start)


def mp(panel: Panel) -> Terms:
    start, end = survivor_means(panel)
    count = len(panel.continuing)
    plain0 = sum(pair[0].phi for pair in panel.continuing) / count
    plain1 = sum(pair[1].phi for pair in panel.continuing) / count
    return {
        "mean": plain1 - plain0,
        "covariance": (end - plain1) - (start - plain0),
        **entry_exit(panel, end, start),
    }


FORMULAS: dict[str, Callable[[Panel], Terms]] = {
    "bhc": bhc,
    "bhc_relative": bhc_relative,
    "fhk": fhk,
    "gr": gr,
    "bg": bg,
    "df": df,
    "mp": mp,
}


def aggregated_rows(
    panels: dict[str, dict[str | None, Panel]], method: str, level: str
) -> Iterator[dict[str, Any]]:
    """Within industries at their mean shares, and the shift between industries."""
    industries = list(panels[level].values())
    all0 = [each for panel in industries for each in panel.start()]
    all1 = [each for panel in industries for each in panel.end()]
    named = {
        "level": f"{level}_aggregated",
        "industry": None,
        "left_out": sum(panel.left_out for panel in industries),
        "moved": sum(panel.moved for panel in industries),
    }
    whole0, whole1 = total_weight(all0), total_weight(all1)
    terms, counts = Terms(), dict.fromkeys(TERMS[method], 0)
    total = None
    if whole0 and whole1:
        named["note"] = "; ".join(undecomposed(panels[level], method)) or None
    if whole0 and whole1:
        total = mean(all1) - mean(all0)
        terms, counts = across_industries(industries, method, whole0, whole1)
    elif len(industries) == 1:
        counts = {term: len(group_of(industries[0], term)) for term in TERMS[method]}
    for term in terms or TERMS[method]:
        yield named | {
            "term": term,
            "value": as_float(terms.get(term)),
            "total": as_float(total),
            "establishments": counts.get(term, 0),
        }


def undecomposed(panels: dict[str | None, Panel], method: str) -> Iterator[str]:
    """Industries with weight in both years for which the method has no terms."""
    for code, panel in sorted(panels.items(), key=lambda item: item[0] or ""):
        terms, total = decomposed(panel, method)
        if total is not None and not terms:
            yield f"undecomposed: {code}"


def across_industries(
    industries: list[Panel], method: str, whole0: Fraction, whole1: Fraction
) -> tuple[Terms, dict[str, int]]:
    all0 = [each for panel in industries for each in panel.start()]
    all1 = [each for panel in industries for each in panel.end()]
    reference = (mean(all0) + mean(all1)) / 2
    terms = dict.fromkeys(("between_industries", "industry_entry", "industry_exit"), Fraction(0))
    counts = dict.fromkeys(terms, 0)
    both = 0
    for panel in industries:
        s0, s1 = total_weight(panel.start()) / whole0, total_weight(panel.end()) / whole1
        size = len(panel.continuing) + len(panel.entrants) + len(panel.exiters)
        if s0 and s1:
            both += size
            for term in TERMS[method]:
                counts[term] = counts.get(term, 0) + len(group_of(panel, term))
            own, change = decomposed(panel, method)
            for term, value in (own or {"undecomposed": change}).items():
                terms[term] = terms.get(term, Fraction(0)) + (s0 + s1) / 2 * value
            level = (mean(panel.start()) + mean(panel.end())) / 2
            terms["between_industries"] += (s1 - s0) * (level - reference)
        elif s1:
            counts["industry_entry"] += size
            terms["industry_entry"] += s1 * (mean(panel.end()) - reference)
        elif s0:
            counts["industry_exit"] += size
            terms["industry_exit"] -= s0 * (mean(panel.start()) - reference)
    counts |= {"between_industries": both, "undecomposed": both}
    return terms, counts


def list_levels(
    rows: list[Row], study: Any, productivity: Productivity, share: str
) -> Iterator[dict[str, Any]]:
    """Olley-Pakes levels of the years described and of the ends of the decomposed windows."""
    chosen = study.decomposition
    windows = [study.window(name) for name in chosen.windows]
    years = {year for each in windows for year in (each.start, each.end)}
    there = set(rows)
    measured = [row for row in productivity.of_row if row in there]
    digits = study.census.industry_group_digits
    for year in years | set(study.productivity.years):
        for level in chosen.levels:
            found: dict[str | None, list[Point]] = {}
            lost: dict[str | None, int] = {}
            for row in (row for row in measured if row.year == year):
                code = {"total": None, "industry2": row.industry[:digits]}.get(level, row.industry)
                points = found.setdefault(code, [])
                if share in row.unknown:
                    lost[code] = lost.get(code, 0) + 1
                else:
                    points.append(point(row, productivity, share))
            for code, points in found.items():
                plain = sum(each.phi for each in points) / (len(points) or 1)
                whole = mean(points) if total_weight(points) else None
                for term, value in (
                    ("mean", plain),
                    ("covariance", None if whole is None else whole - plain),
                ):
                    yield {
                        "window": None,
                        "year": year,
                        "share": share,
                        "method": "olley_pakes",
                        "level": level,
                        "industry": code,
                        "term": term,
                        "value": None if whole is None else float(value),
                        "total": as_float(whole),
                        "establishments": len(points),
                        "left_out": lost.get(code, 0),
                        "moved": 0,
                    }
