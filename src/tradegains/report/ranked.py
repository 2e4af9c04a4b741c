"""HLOY's figures 4 and 5: gains by a ranking of industries, such as their tariff cuts.

Source: Hsieh, Li, Ossa and Yang (2023), figures 4 and 5.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from tradegains.figures.ranked import RankedCurve, draw_ranked
from tradegains.figures.style import PERCENT_TEXT
from tradegains.published.printing import count, fixed
from tradegains.published.published_run import PublishedRun
from tradegains.report.captions import data_words, scaling
from tradegains.report.curve_rows import curve_csv, curve_rows, points_of
from tradegains.report.errors import interval_of, whiskers_in_words
from tradegains.report.section import Exhibit, Missing
from tradegains.report.welfare_rows import Row

TITLES = {
    "4": "With continuing establishments of less liberalised industries only",
    "5": "Liberalised industries against the others",
}
VARIABLES = {"tariff_cut": "tariff cut [percentage points]"}
GAIN = f"HLOY, {PERCENT_TEXT}"


def ranked_exhibits(run: PublishedRun, figure: str) -> list[Exhibit | Missing]:
    """Figure 4 or 5, once for every variable that industries are ranked by."""
    variables = _variables(run, figure)
    return [
        _ranked_exhibit(run, figure, variable, first=variable == variables[0])
        for variable in variables
    ]


def _variables(run: PublishedRun, figure: str) -> list[str]:
    """What industries are ranked by, in the study's order."""
    curves = run.section("welfare").get("curves") or {}
    listed = list(curves.get("rank_by") or ())
    published = sorted({row["variable"] for row in curve_rows(run, figure)})
    return [*listed, *(name for name in published if name not in listed)] or ["tariff_cut"]


def _ranked_exhibit(
    run: PublishedRun, figure: str, variable: str, *, first: bool
) -> Exhibit | Missing:
    key = f"figure_hloy_{figure}" + ("" if first else f"_{variable}")
    title = f"{TITLES[figure]} (HLOY, figure {figure}{'' if first else f', by {variable}'})"
    rows = [row for row in curve_rows(run, figure) if row["variable"] == variable]
    shown = _curves_of(run, rows)
    if not shown:
        reason = run.reason_for("welfare_curves", f"no curve of figure {figure} by {variable}")
        return Missing(key, title, reason)
    curves = [_ranked_curve(run, window, found) for window, found in shown.items()]
    told = {window: [row for row in found if _has_number(row)] for window, found in shown.items()}
    medians = [row["x"] for row in rows if row["point"] == "median" and row["x"] is not None]
    median = medians[0] if medians else None
    x_title, y_title = _ranked_titles(figure, variable)
    words = _restricted_in_words if figure == "4" else _liberalised_in_words
    return Exhibit(
        key=key,
        title=title,
        draw=partial(
            draw_ranked,
            curves,
            median=median,
            x_title=x_title,
            y_title=y_title,
            mark=run.mark,
        ),
        text=words(curves, median) + _inside_in_words(run, rows, figure),
        caption=_ranked_caption(run, figure, told, median),
        data={"": curve_csv(run, [row for row in rows if row["window"] in shown])},
    )


def _curves_of(run: PublishedRun, rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Points of each window of the study that has a number at one of them, the headline's last."""
    windows = [name for name in run.welfare_windows if name in run.windows]
    windows.sort(key=lambda name: name == run.headline_window)
    found = {
        window: [row for row in rows if row["window"] == window and row["point"] == "curve"]
        for window in windows
    }
    return {name: points for name, points in found.items() if any(map(_has_place, points))}


def _has_number(row: Row) -> bool:
    return row["welfare_change"] is not None


def _has_place(row: Row) -> bool:
    return _has_number(row) and row["x"] is not None


def _ranked_curve(run: PublishedRun, window: str, rows: Sequence[Row]) -> RankedCurve:
    placed = sorted(filter(_has_place, rows), key=lambda row: row["x"])
    told = filter(_has_number, rows)
    everything = [row for row in told if row["x"] is None]
    x, y = points_of([(row["x"], 100 * row["welfare_change"]) for row in placed])
    end = min(row["x"] for row in rows if row["x"] is not None)
    whole = 100 * everything[0]["welfare_change"] if everything else None
    of_whole = interval_of(everything[0]) if everything else None
    return RankedCurve(
        run.window_title(window),
        x,
        y,
        end,
        whole,
        band=_band(placed),
        everything_interval=of_whole and (100 * of_whole[0], 100 * of_whole[1]),
    )


def _band(rows: Sequence[Row]) -> tuple[np.ndarray, np.ndarray] | None:
    """Ends of the interval at each point [percent], a gap where one has none; None without any."""
    nothing = (np.nan, np.nan)
    ends = [interval_of(row) or nothing for row in rows]
    if all(each == nothing for each in ends):
        return None
    low, high = 100 * np.array(ends).T
    return low, high


def _ranked_titles(figure: str, variable: str) -> tuple[str, str]:
    """Titles of both axes."""
    name = VARIABLES.get(variable, variable.replace("_", " "))
    if figure == "4":
        return f"Continuing establishments of industries below this {name}", GAIN
    return (
        f"Liberalised: industries at or above this {name}",
        "HLOY of liberalised less other industries,\n" + PERCENT_TEXT,
    )


def _at(curve: RankedCurve, x: float) -> float:
    """The number at the least ranking value that is not below x; the gain is a step there."""
    later = curve.y[curve.x >= x]
    places = curve.x[curve.x >= x]
    return float(later[np.argmin(places)]) if len(later) else float(curve.y[np.argmax(curve.x)])


def _restricted_in_words(curves: Sequence[RankedCurve], median: float | None) -> str:
    """How far the restricted number lies above the unrestricted one."""
    parts = []
    for curve in curves:
        if curve.everything is None or median is None:
            parts.append(_range_in_words(curve))
            continue
        here = _at(curve, median)
        parts.append(
            f"{curve.label}: {fixed(curve.everything, 2, signed=True)} percent with all continuing "
            f"establishments, {fixed(here, 2, signed=True)} with those of industries below the "
            f"median, a difference of {fixed(here - curve.everything, 2, signed=True)}"
        )
    told = "; ".join(parts) + "."
    if median is None:
        return told
    return (
        f"{told} A difference is the gain inside continuing establishments if those below had none."
    )


def _inside_in_words(run: PublishedRun, rows: Sequence[Row], figure: str) -> str:
    """Figure 4's range: how far the curve lies above all continuing establishments, by window."""
    if figure != "4":
        return ""
    pair = run.difference
    asked = {f"over {run.window_years(run.headline_window or '')}": run.headline_window}
    if pair is not None:
        later, earlier = run.window_years(pair.later), run.window_years(pair.earlier)
        asked[f"for {later} less {earlier}"] = pair.name
    parts = []
    for words, window in asked.items():
        inside = inside_range(rows, window or "")
        if inside is not None:
            low, high = (fixed(100 * each, 2, signed=True) for each in inside)
            parts.append(f"from {low} to {high} {words}")
    return f" Over all cuts the difference is {' and '.join(parts)}." if parts else ""


def inside_range(rows: Sequence[Row], window: str) -> tuple[float, float] | None:
    """Least and largest of a restricted number less the unrestricted one [log points].

    Over the curve's points that have a number, of which the last keeps everybody and adds 0; None
    where the window has no unrestricted number.

    Source: HLOY, section 3.3: 0-2 percent, and 0-3 accounting for pre-trends.
    """
    told = [
        row
        for row in rows
        if row["window"] == window and row["point"] == "curve" and _has_number(row)
    ]
    whole = [row["welfare_change"] for row in told if row["x"] is None]
    if not whole:
        return None
    inside = [row["welfare_change"] - whole[0] for row in told]
    return min(inside), max(inside)


def _range_in_words(curve: RankedCurve) -> str:
    low, high = fixed(curve.y.min(), 2), fixed(curve.y.max(), 2)
    return f"{curve.label}: from {low} to {high} percent"


def _liberalised_in_words(curves: Sequence[RankedCurve], median: float | None) -> str:
    """The difference at the median split, in each window."""
    if median is None:
        ranges = (_range_in_words(curve) for curve in curves)
        return f"{'; '.join(ranges)}."
    parts = [
        f"{fixed(_at(curve, median), 2, signed=True)} percent in {curve.label}" for curve in curves
    ]
    return f"Split at the median, HLOY of liberalised less other industries: {', '.join(parts)}."


def _ranked_caption(
    run: PublishedRun, figure: str, shown: Mapping[str, Sequence[Row]], median: float | None
) -> str:
    """Choices, what each point compares, n, and who is left out."""
    made = run.headline_choices
    dashes = ["solid"] if len(shown) == 1 else ["dashed", *["broken"] * (len(shown) - 2), "solid"]
    windows = "; ".join(
        f"{run.window_title(window)} ({dash}): {_industry_range(rows)}"
        for dash, (window, rows) in zip(dashes, shown.items(), strict=True)
    )
    what = (
        "HLOY statistic with the continuing establishments of industries strictly below each "
        "value; the market's expenditure stays whole (all: no restriction, Table 1)"
        if figure == "4"
        else "HLOY statistic of the industries at or above each value less that of the others, "
        "each on its own market. No controls: whatever else differs between the two groups is in "
        "the number, and what all industries share is not"
    )
    left = run.section("tariffs").get("leave_out") or ()
    out = f" Industries left out: {', '.join(left)}." if left and figure == "5" else ""
    line = "" if median is None else f" Dotted line: median over industries, {median:g}."
    elasticity = next(iter(shown.values()))[0]["elasticity"]
    steps = "A step: between two values nobody changes sides."
    return (
        f"{data_words(run)}{what}. {steps} σ = {elasticity:g}. {windows}.{line}{out} Continuing: "
        f"{made['continuing']}; imports: {made['imports']}. {scaling(run)}"
        f"{whiskers_in_words(run, 'Bands')}"
    )


def _industry_range(rows: Sequence[Row]) -> str:
    """How many industries and establishments the points stand on."""
    parts = []
    for column, word in (("industries", "industries"), ("establishments", "establishments")):
        values = [row[column] for row in rows if row[column] is not None]
        if values:
            low, high = count(min(values)), count(max(values))
            parts.append(f"{low} to {high} {word}" if low != high else f"{low} {word}")
    return ", ".join(parts)
