"""What one industry, the largest units, and errors in the data do to the answer."""

from collections.abc import Mapping
from functools import partial

from tradegains.figures.influence import draw_influence
from tradegains.formulas.measurement_error import domestic_share_error
from tradegains.formulas.normal import normal_quantile
from tradegains.published.printing import csv_text, fixed, p_value, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.captions import data_label, data_words, scaling
from tradegains.report.errors import UNITS, interval_of, whiskers_in_words
from tradegains.report.page_table import Cell, Footnotes, PageTable, names, plain
from tradegains.report.section import WARNING, Exhibit, Paragraph
from tradegains.report.welfare_rows import (
    FORMULA_NAMES,
    NumberOrReason,
    Row,
    measured,
    total_rows,
)

KEY = "figure_influence"
FORMULAS = ("hloy", "acr", "hloy_minus_acr")


def influence_exhibit(run: PublishedRun) -> Exhibit | None:
    """The headline without each industry; None for a run that does not tell."""
    window = run.headline_window or ""
    headline = total_rows(run).get((window, "hloy"))
    rows = run.rows("influence", window=window, left_out="industry2", formula="hloy")
    without = {row["industry"]: row["welfare_change"] for row in rows}
    known = {name: value for name, value in without.items() if value is not None}
    if headline is None or headline["welfare_change"] is None or not known:
        return None
    value = headline["welfare_change"]
    columns = ("data", "window", "industry", "hloy_without_log_points", "move_log_points")
    lines = [
        (data_label(run), window, name, known[name], known[name] - value) for name in sorted(known)
    ]
    return Exhibit(
        key=KEY,
        title="The answer without each industry",
        draw=partial(
            draw_influence,
            known,
            value,
            interval_of(headline),
            digits=run.group_digits,
            mark=run.mark,
        ),
        text=_extremes(known, value),
        caption=(
            f"{data_words(run)}HLOY over {run.window_years(window)} with all of an industry left "
            f"out, its establishments and its imports, sorted. {scaling(run)}"
            f"{whiskers_in_words(run, 'Band')}"
        ),
        data={"": csv_text(columns, lines)},
    )


def _extremes(without: Mapping[str, float], headline: float) -> str:
    low, high = (pick(without, key=lambda name: without[name]) for pick in (min, max))
    return (
        f"{percent(headline)} percent with all industries; from {percent(without[low])} without "
        f"industry {low} to {percent(without[high])} without industry {high}."
    )


def largest_table(run: PublishedRun) -> PageTable | None:
    """The headline without the largest units of the continuing set."""
    rows = [row for row in run.rows("influence", left_out="largest") if row["formula"] in FORMULAS]
    if not rows:
        return None
    footnotes, windows = Footnotes(), run.welfare_windows
    found = {(row["largest"], row["formula"], row["window"]): row for row in rows}
    units = UNITS.get(run.section("uncertainty").get("unit", ""), "units")
    lines = [
        (
            *names([f"without the {most} largest", FORMULA_NAMES.get(formula, formula)]),
            *(footnotes.percent(_number(found.get((most, formula, window)))) for window in windows),
        )
        for most in sorted({row["largest"] for row in rows})
        for formula in FORMULAS
    ]
    return PageTable(
        title="The answer without the largest",
        unit="100 × Δ ln, in percent",
        header=("left out", "formula", *map(run.window_title, windows)),
        rows=tuple(lines),
        stub=2,
        notes=footnotes.notes,
        remark=f"Left out: what the {units} with the largest sales at home have among continuing "
        "establishments. These rows are told of few, and may not be allowed to leave a safe place.",
    )


def _number(row: Row | None) -> NumberOrReason:
    if row is None:
        return NumberOrReason(None, "no such row in this run")
    return NumberOrReason(row["welfare_change"], row["note"] or "null, without a note")


def warning_of_largest(run: PublishedRun) -> Paragraph | None:
    """That one unit is so large that intervals are too narrow; None where none is."""
    rows = run.rows("influence", left_out="largest", formula="hloy")
    windows = [row["window"] for row in rows if "over 5 percent" in (row["note"] or "")]
    told = ", ".join(dict.fromkeys(run.window_years(w) for w in windows if w in run.windows))
    if not told:
        return None
    return Paragraph(
        f"One unit has over 5 percent of the continuing establishments' domestic sales ({told}): "
        "intervals are too narrow there.",
        WARNING,
    )


# Errors in the data.


def measurement_table(run: PublishedRun) -> PageTable | None:
    """Bands of stated errors of imports and domestic sales; None where none are stated."""
    stated = run.section("uncertainty").get("measurement_error")
    welfare, rows = run.section("welfare"), total_rows(run)
    if not stated:
        return None
    level = run.section("uncertainty")["level"]
    reach = normal_quantile(0.5 + level / 2.0)
    rates = {
        "hloy": 1.0 / (welfare["sigma"] - 1.0),
        "acr": 1.0 / welfare["trade_elasticity"],
    }
    rates["hloy_minus_acr"] = rates["hloy"] - rates["acr"]
    footnotes, lines = Footnotes(), []
    for formula, rate in rates.items():
        cells = []
        for window in run.welfare_windows:
            number = measured(rows.get((window, formula)), "welfare_change")
            error = _share_error(run, window, stated)
            if number.value is None or error is None:
                cells.append(footnotes.cell(None, number.note or "domestic share is not known"))
                continue
            width = reach * abs(rate) * error
            low, high = percent(number.value - width), percent(number.value + width)
            cells.append(plain(f"{low} to {high}"))
        lines.append((*names([FORMULA_NAMES[formula]]), *cells))
    errors = ", ".join(
        f"{100 * stated[key]:g} percent of {key.replace('_', ' ')}" for key in stated
    )
    return PageTable(
        title="Bands of errors in the data",
        unit="100 × Δ ln, in percent",
        header=("formula", *map(run.window_title, run.welfare_windows)),
        rows=tuple(lines),
        notes=footnotes.notes,
        remark=f"{100 * level:g} percent bands, to first order, of relative standard errors of "
        f"{errors}, independent between years. The error of a draw of units is not in them.",
    )


def _share_error(run: PublishedRun, window: str, stated: Mapping[str, float]) -> float | None:
    """Error of the scaled change of ln lambda in a window, or in the difference of two."""
    weights: dict[int, float] = {}
    shares: dict[int, float] = {}
    compared = run.difference
    parts: list[tuple[str, float]] = [(window, 1.0)]
    if compared is not None and window == compared.name:
        parts = [(compared.later, 1.0), (compared.earlier, -1.0)]
    for name, sign in parts:
        ends = _domestic_shares(run, name)
        scale = next((row["scale"] for row in run.rows("welfare", window=name)), 1.0)
        if len(ends) < 2:
            return None
        for year, direction in ((min(ends), -1.0), (max(ends), 1.0)):
            weights[year] = weights.get(year, 0.0) + sign * direction * scale
        shares |= ends
    return domestic_share_error(weights, shares, **stated)


def _domestic_shares(run: PublishedRun, window: str) -> dict[int, float]:
    rows = run.rows("market_shares", window=window, level="total", **run.headline_choices)
    return {row["year"]: row["domestic_share"] for row in rows if row["domestic_share"] is not None}


# Slopes over industries.


def slopes_table(run: PublishedRun) -> PageTable | None:
    """Slope of industries' gains on what they are ranked by, before and after."""
    rows = run.rows("industry_slopes")
    if not rows:
        return None
    order = [*run.welfare_windows]
    footnotes = Footnotes()
    shown = sorted(rows, key=lambda row: (row["variable"], order.index(row["window"])))
    return PageTable(
        title="Did industries liberalised more gain more, and before?",
        unit="percent per unit of the variable",
        header=("variable", "window", "slope", "t", "p", "industries"),
        rows=tuple(_slope_line(run, row, footnotes) for row in shown),
        stub=2,
        notes=footnotes.notes,
        remark="HLOY of each industry on its own market, one σ for all, on the variable: least "
        "squares over industries, unweighted; in brackets cluster-jackknife errors (CV3) by "
        "industry, Student's t with industries − 1 degrees of freedom. The earlier window tests "
        "for a trend before the reform. No controls: a slope is what gains went with.",
    )


def _slope_line(run: PublishedRun, row: Row, footnotes: Footnotes) -> tuple[Cell, ...]:
    slope = NumberOrReason(row["slope"], row["note"] or "", row["standard_error"])
    printed = (
        ("t", lambda value: fixed(value, 2)),
        ("p_value", p_value),
        ("industries", lambda value: fixed(value, 0)),
    )
    others = (plain(None if row[name] is None else show(row[name])) for name, show in printed)
    head = names([row["variable"], run.window_title(row["window"])])
    return (*head, footnotes.percent(slope), *others)
