"""How the gain moves with one thing at a time: the points behind HLOY's figures 3, 4 and 5.

Decisions:
- Curves take the headline: the first rule for continuing establishments, the first source of
  imports, the study's sigma. The other choices are in `welfare`.
- Figures 4 and 5 sort establishments by their industry in the window's first year; an entrant is
  in its own. Only industries of the census are ranked; one without a value of the ranking variable
  is in the denominator of figure 4 and in neither group of figure 5, and the note names it.
- Figure 4 keeps industries strictly below x. The row without x keeps every continuing
  establishment: it is the gain of `welfare`, which the curve reaches beyond the largest value.
- In figure 5 industries at x or above are liberalised, each group on a market of its own.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tradegains.formulas.fixed_point import money
from tradegains.formulas.market_shares import MarketSales, market_share_changes
from tradegains.formulas.outcomes import joined_notes
from tradegains.formulas.welfare import (
    WelfareChange,
    acr_welfare_change,
    difference,
    hloy,
    hloy_welfare_change,
)
from tradegains.literature import table_b1, table_b2
from tradegains.results.market import Amounts, add_up, sums_by
from tradegains.results.market_cells import MarketCells
from tradegains.results.sets import continuing_set
from tradegains.study import RANKINGS, Curves, Study, Window
from tradegains.tables.window_names import difference_window

Row = Mapping[str, Any]
Ranking = Mapping[str, float]
"""Value of a ranking variable by industry code, of one length."""

_COLUMN = {"tariff_cuts": "cut", "elasticities": "sigma"}


def industry_rankings(study: Study, tables: Mapping[str, Sequence[Row]]) -> dict[str, Ranking]:
    """Value of each variable that the study ranks by, by industry.

    Args:
        study: whose `rank_by` names the variables.
        tables: rows of the small tables `tariff_cuts`, `elasticities` and `rankings`; the last
            holds every variable that has no table of its own.
    """
    curves = study.welfare.curves
    found: dict[str, Ranking] = {}
    for variable in curves.rank_by if curves else ():
        if table := RANKINGS.get(variable):
            found[variable] = {
                row["industry"]: row[_COLUMN[table]]
                for row in tables[table]
                if row.get("kind", "home") == "home"
            }
        else:
            rows = [row for row in tables["rankings"] if row["variable"] == variable]
            found[variable] = {row["industry"]: row["value"] for row in rows}
    return found


# Figure 3: the gain by the elasticity.


def elasticity_rows(study: Study, welfare: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows of figure 3: both formulas along the axis, at published estimates and at the study's.

    Of the difference of two windows where the study takes one, else of each window.
    """
    curves = study.welfare.curves
    if curves is None:
        return []
    pair = study.welfare.difference
    windows = (difference_window(*pair),) if pair else study.welfare.windows
    headline = {row["window"]: row for row in welfare if _is_headline(study, row)}
    return [
        _elasticity_row(study, headline[window], formula, point)
        for window in windows
        if window in headline
        for formula in ("hloy", "acr")
        for point in _elasticity_points(study, curves, formula)
    ]


def _is_headline(study: Study, row: Row) -> bool:
    named = ("level", "continuing", "restriction", "imports", "formula")
    wanted = ("total", study.headline.continuing, "all", study.headline.imports, "hloy")
    return tuple(row[name] for name in named) == wanted


_Point = tuple[str, str | None, float]
"""Kind of point, label, and place on the axis."""


def _elasticity_points(study: Study, curves: Curves, formula: str) -> Iterator[_Point]:
    first, last, step = curves.elasticity_from, curves.elasticity_to, curves.elasticity_step
    # A last step that is short by rounding only is a whole one.
    for number in range(math.floor((last - first) / step + 1e-9) + 1):
        yield "curve", None, round(first + number * step, 12)
    if formula == "hloy":
        yield "baseline", None, round(study.welfare.sigma - 1.0, 12)
    else:
        yield "baseline", None, study.welfare.trade_elasticity
    if curves.published_elasticities:
        for found in table_b1() if formula == "hloy" else table_b2():
            shift = 1.0 if formula == "hloy" else 0.0
            yield "marker", found.study, round(found.estimate - shift, 12)


def _elasticity_row(study: Study, headline: Row, formula: str, point: _Point) -> dict[str, Any]:
    kind, label, x = point
    if formula == "hloy":
        name, elasticity = "delta_ln_continuing_market_share", x + 1.0
        gain: Callable[[float, float], float] = hloy_welfare_change
    else:
        name, elasticity, gain = "delta_ln_domestic_share", x, acr_welfare_change
    delta = headline[name]
    return _row(
        study,
        figure="3",
        curve=formula,
        point=kind,
        label=label,
        window=headline["window"],
        variable="sigma" if formula == "hloy" else "trade_elasticity",
        x=x,
        elasticity=round(elasticity, 12),
        welfare_change=None if delta is None else gain(delta, elasticity),
        scale=headline["scale"],
        note=headline["note"] if delta is None else "",
    )


def _row(study: Study, **values: Any) -> dict[str, Any]:
    """A row of `welfare_curves` under the headline choices; what is not given is null."""
    blank = dict.fromkeys(
        ("label", "liberalised_change", "rest_change", "industries", "establishments")
    )
    chosen = {"continuing": study.headline.continuing, "imports": study.headline.imports}
    return blank | chosen | values


# Figures 4 and 5: the gain by a ranking of industries.


@dataclass(frozen=True)
class RankedEnd:
    """One end of a window: amounts and imports by code; code None is no code at all.

    Imports of a code that is not among them are not known; `decimals` are those money counts to.
    """

    everyone: Mapping[str | None, Amounts]
    continuing: Mapping[str | None, Amounts]
    imports: Mapping[str, float]
    all_imports: float | None
    decimals: int

    def market(
        self, continuing: Collection[str | None], codes: Collection[str] | None
    ) -> MarketSales:
        """The market of some codes (None: the whole one) and a continuing set by code."""
        kept = self._sold(self.continuing, continuing)
        if codes is None:
            return MarketSales(kept, self._sold(self.everyone, self.everyone), self.all_imports)
        imports = None if self.unknown(codes) else sum(self.imports.get(c, 0.0) for c in codes)
        return MarketSales(kept, self._sold(self.everyone, codes), imports)

    def _sold(self, amounts: Mapping[str | None, Amounts], codes: Collection[str | None]) -> float:
        return money(_total(amounts, codes).domestic_sales, self.decimals)

    def unknown(self, codes: Collection[str]) -> list[str]:
        """Codes with establishments whose imports are not known."""
        return sorted(c for c in codes if c in self.everyone and c not in self.imports)


def _total(amounts: Mapping[str | None, Amounts], codes: Collection[str | None]) -> Amounts:
    return add_up(amounts[code] for code in codes if code in amounts)


Ends = tuple[RankedEnd, RankedEnd]


def ranked_rows(
    study: Study,
    cells: MarketCells,
    *,
    imports: Mapping[tuple[str, int], float],
    rankings: Mapping[str, Ranking],
) -> list[dict[str, Any]]:
    """Rows of figures 4 and 5 for each ranking variable.

    Args:
        study: whose windows, headline choices and industries to leave out are taken.
        cells: market cells with the industries of `sets.start_industries`.
        imports: imports by industry code and year [money unit].
        rankings: value of each variable by industry code.
    """
    rows: list[dict[str, Any]] = []
    for variable, ranking in rankings.items():
        by_window = ranked_ends(study, cells, ranking, imports)
        rows += _curves_of(study, variable, ranking, by_window)
    return rows


def ranked_ends(
    study: Study,
    cells: MarketCells,
    ranking: Ranking,
    imports: Mapping[tuple[str, int], float],
) -> dict[str, Ends]:
    """Both ends of each welfare window, by codes as long as those of a ranking."""
    digits = max(map(len, ranking), default=0)
    by_window = {}
    for name in study.welfare.windows:
        window = study.window(name)
        start, end = (
            _ranked_end(study, window, year, digits, cells=cells, imports=imports)
            for year in (window.start, window.end)
        )
        by_window[name] = (start, end)
    return by_window


def _ranked_end(
    study: Study,
    window: Window,
    year: int,
    digits: int,
    *,
    cells: MarketCells,
    imports: Mapping[tuple[str, int], float],
) -> RankedEnd:
    of_year = cells.of_year(year).known(window.name)
    kept = of_year.where(of_year.inside(continuing_set(window.name, study.headline.continuing)))
    everyone, continuing = (
        sums_by(
            (code and code[:digits], amounts)
            for code, amounts in some.amounts_by_code(
                some.industry_in(industry_at_start(study, window))
            ).items()
        )
        for some in (of_year, kept)
    )
    decimals = study.census.decimals
    if study.headline.imports == "exports":
        by_code = {code: money(sums.exports, decimals) for code, sums in everyone.items() if code}
        total = money(_total(everyone, everyone).exports, decimals)
        return RankedEnd(everyone, continuing, by_code, total, decimals)
    known = [(code, value) for (code, at), value in sorted(imports.items()) if at == year]
    sums: defaultdict[str, float] = defaultdict(float)
    for code, value in known:
        if len(code) >= digits:
            sums[code[:digits]] += value
    total_known = sum(value for _, value in known) if known else None
    return RankedEnd(everyone, continuing, dict(sums), total_known, decimals)


def industry_at_start(study: Study, window: Window) -> str:
    """What cells call the industry of a window's first year."""
    return window.name if study.matching.industry_at == "start" else str(window.start)


def ranked_codes(
    study: Study, ranking: Ranking, by_window: Mapping[str, Ends]
) -> tuple[dict[str, float], dict[str, float]]:
    """Values of the codes of the census: all of them (figure 4), and those compared (figure 5)."""
    present = {code for ends in by_window.values() for end in ends for code in end.everyone}
    codes = {code: value for code, value in ranking.items() if code in present}
    compared = {
        code: value
        for code, value in codes.items()
        if not any(code.startswith(group) for group in study.tariffs.leave_out)
    }
    return codes, compared


def _curves_of(
    study: Study, variable: str, ranking: Ranking, by_window: Mapping[str, Ends]
) -> list[dict[str, Any]]:
    present = {code for ends in by_window.values() for end in ends for code in end.everyone}
    codes, compared = ranked_codes(study, ranking, by_window)
    unranked = sorted(code for code in present if code is not None and code not in ranking)
    rows: list[dict[str, Any]] = []
    for figure, ranked, points in (
        ("4", codes, [("curve", None), *_ranked_points(codes)]),
        ("5", compared, _ranked_points(compared)),
    ):
        for point, x in points:
            found = {
                window: _gain(study, window, ends, figure, x=x, ranked=ranked)
                for window, ends in by_window.items()
            }
            key = {"figure": figure, "variable": variable, "point": point, "x": x}
            rows += _window_rows(study, key, found, unranked)
    return rows


def _ranked_points(ranked: Ranking) -> list[tuple[str, float | None]]:
    """Each distinct value, and the median over industries."""
    if not ranked:
        return []
    distinct: list[tuple[str, float | None]] = [("curve", x) for x in sorted({*ranked.values()})]
    return [*distinct, ("median", median(ranked.values()))]


@dataclass(frozen=True)
class _Gain:
    """The change of one window at one point; of figure 5 also both groups' own."""

    change: WelfareChange
    liberalised: WelfareChange | None
    rest: WelfareChange | None
    industries: int
    establishments: int | None
    note: str = ""


def _gain(
    study: Study, window: str, ends: Ends, figure: str, *, x: float | None, ranked: Ranking
) -> _Gain:
    end = ends[1]
    if figure == "4":
        kept: list[str | None] = (
            sorted({*ends[0].everyone, *end.everyone}, key=str)
            if x is None
            else [code for code, value in ranked.items() if value < x]
        )
        change = _hloy(study, window, ends, kept, None)
        kept_count = sum(code is not None for code in kept)
        establishments = _total(end.continuing, kept).establishments
        return _Gain(
            change, None, None, kept_count, establishments, "" if kept else "no industry is below x"
        )
    above = [code for code, value in ranked.items() if x is not None and value >= x]
    below = [code for code in ranked if code not in above]
    liberalised = _hloy(study, window, ends, above, above)
    rest = _hloy(study, window, ends, below, below)
    unknown = sorted({code for one in ends for code in one.unknown(list(ranked))})
    note = f"imports are not known of {', '.join(unknown)}" if unknown else ""
    if not (above and below):
        note = f"no industry is {'below' if above else 'at or above'} x"
    establishments = _total(end.continuing, above).establishments
    change = difference(liberalised, rest)
    return _Gain(change, liberalised, rest, len(above), establishments, note)


def _hloy(
    study: Study,
    window: str,
    ends: Ends,
    continuing: Collection[str | None],
    codes: Collection[str] | None,
) -> WelfareChange:
    start, end = (each.market(continuing, codes) for each in ends)
    scale = study.window(window).scale
    return hloy(market_share_changes(start, end, scale=scale), study.welfare.sigma)


def _window_rows(
    study: Study, key: Row, found: Mapping[str, _Gain], unranked: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """One row per window, and the later minus the earlier."""
    note = f"not ranked: {', '.join(unranked)}" if unranked else ""
    for window, gain in found.items():
        yield _ranked_row(study, key, window, gain, note)
    if study.welfare.difference is not None:
        post, pre = study.welfare.difference
        if post in found and pre in found:
            later, earlier = found[post], found[pre]
            gain = _Gain(
                difference(later.change, earlier.change),
                _both(later.liberalised, earlier.liberalised),
                _both(later.rest, earlier.rest),
                later.industries,
                None,
                joined_notes(later.note, earlier.note),
            )
            yield _ranked_row(study, key, difference_window(post, pre), gain, note)


def _both(later: WelfareChange | None, earlier: WelfareChange | None) -> WelfareChange | None:
    return None if later is None or earlier is None else difference(later, earlier)


def _ranked_row(study: Study, key: Row, window: str, gain: _Gain, note: str) -> dict[str, Any]:
    return _row(
        study,
        **key,
        curve="restricted" if key["figure"] == "4" else "liberalised_over_rest",
        window=window,
        elasticity=study.welfare.sigma,
        welfare_change=gain.change.welfare_change,
        liberalised_change=gain.liberalised and gain.liberalised.welfare_change,
        rest_change=gain.rest and gain.rest.welfare_change,
        industries=gain.industries,
        establishments=gain.establishments,
        scale=study.window(window).scale if window in study.welfare.windows else 1.0,
        note=joined_notes(gain.change.note, gain.note, note),
    )
