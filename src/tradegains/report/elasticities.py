"""HLOY's figures 2 and 3: constant elasticities or not, and how they move the answer.

Source: Hsieh, Li, Ossa and Yang (2023), figures 2 and 3, Tables B1 and B2.
"""

from collections.abc import Sequence
from functools import partial
from statistics import fmean

import numpy as np

from tradegains import literature
from tradegains.figures.elasticities import (
    ElasticityCurve,
    draw_elasticities,
    draw_welfare_elasticity,
)
from tradegains.formulas.welfare import acr_welfare_change
from tradegains.formulas.welfare_elasticity import (
    FARTHEST,
    LOG_SALES_SD,
    WelfareElasticity,
    lognormal_economy,
)
from tradegains.published.printing import csv_text, fixed, percent
from tradegains.published.published_run import DRAFT, PublishedRun
from tradegains.report.captions import data_words, scaling
from tradegains.report.curve_rows import curve_csv, curve_rows, points_of
from tradegains.report.errors import interval_of, whiskers_in_words
from tradegains.report.page_table import Cell, PageTable, names
from tradegains.report.section import Exhibit, Missing
from tradegains.report.welfare_rows import Row, measured, total_rows

ELASTICITY, ELASTICITIES = "figure_hloy_2", "figure_hloy_3"


def welfare_elasticity_exhibit(run: PublishedRun) -> Exhibit | Missing:
    """Figure 2: the elasticity of welfare in a stated lognormal economy."""
    title = "When elasticities are not constant (HLOY, figure 2)"
    welfare = run.section("welfare")
    sigma, epsilon = welfare.get("sigma"), welfare.get("trade_elasticity")
    if sigma is None or epsilon is None:
        return Missing(ELASTICITY, title, "the study states no sigma or no trade_elasticity")
    row = total_rows(run).get((run.headline_window or "", "hloy"))
    observed = measured(row, "delta_ln_domestic_share").value
    economy = lognormal_economy(sigma, epsilon, farthest=max(FARTHEST, 1.5 * abs(observed or 0.0)))
    if economy is None:
        reason = "trade_elasticity is not above sigma - 1: no economy with a cutoff has it"
        return Missing(ELASTICITY, title, reason)
    return Exhibit(
        key=ELASTICITY,
        title=title,
        draw=partial(draw_welfare_elasticity, economy, observed, mark=DRAFT if run.draft else ""),
        text=_areas_in_words(run, economy, observed),
        caption=_economy_caption(economy, observed),
        data={"": _economy_csv(economy)},
    )


def _areas_in_words(run: PublishedRun, economy: WelfareElasticity, observed: float | None) -> str:
    """The observed change of the domestic share, valued three ways."""
    if observed is None:
        return (
            "A constant elasticity is right for small changes only: away from the start the "
            "lognormal economy departs from 1/ε."
        )
    years = run.window_years(run.headline_window or "")
    areas = (
        economy.welfare_change(observed),
        acr_welfare_change(observed, economy.trade_elasticity),
        acr_welfare_change(observed, economy.sigma - 1),
    )
    curve, acr, armington = (percent(area, signed=True) for area in areas)
    return (
        f"For the change of ln λ over {years}, {fixed(observed, 4)}, the lognormal economy gains "
        f"{curve} percent, the constant elasticity 1/ε says {acr}, and 1/(σ − 1), without any "
        f"entry or exit, {armington}."
    )


def _economy_caption(economy: WelfareElasticity, observed: float | None) -> str:
    """Every number of the hypothetical economy, and what the figure is not."""
    order = economy.sigma - 1
    marked = "" if observed is None else " but the change marked"
    return (
        f"An illustration: no number of the census is in it{marked}. Curve: local "
        "elasticity of welfare to the domestic share, 1/(σ − 1 + γ), γ the hazard of log size at "
        "the cutoff (equation 3), as the cutoff moves with welfare (equation 2), in a hypothetical "
        f"economy: σ = {economy.sigma:g}, one cutoff, no change of entry, log productivity normal "
        f"with standard deviation {LOG_SALES_SD:g}/(σ − 1) = {fixed(LOG_SALES_SD / order, 4)} (so "
        f"log sales of all draws have {LOG_SALES_SD:g}), cutoff above "
        f"{percent(economy.draws_below, 1)} percent of the draws, where the "
        f"elasticity is 1/ε, ε = {economy.trade_elasticity:g}. "
        "Straight lines: Armington and Melitz-Pareto. Area: the welfare change. The hypothetical "
        "economy of the paper is not stated and slopes the other way; either slope makes a "
        "constant elasticity wrong for large changes."
    )


def _economy_csv(economy: WelfareElasticity) -> str:
    """The curve as drawn."""
    columns = ("data", "delta_ln_domestic_share_log_points", "welfare_elasticity",
               "armington_elasticity", "pareto_elasticity")  # fmt: skip
    constant = (1 / (economy.sigma - 1), 1 / economy.trade_elasticity)
    rows = [
        ("hypothetical", f"{x:.6f}", f"{y:.9f}", *(f"{value:.9f}" for value in constant))
        for x, y in zip(economy.change, economy.elasticity, strict=True)
    ]
    return csv_text(columns, rows)


# --- figure 3 -------------------------------------------------------------------------------------


def elasticities_exhibit(run: PublishedRun) -> Exhibit | Missing:
    """Figure 3: both statistics by the elasticity, with the estimates of Tables B1 and B2."""
    title = "How the elasticities move the answer (HLOY, figure 3)"
    rows = curve_rows(run, "3")
    window = _window_of_figure_3(run, rows)
    rows = [row for row in rows if row["window"] == window and row["welfare_change"] is not None]
    found = {name: [row for row in rows if row["curve"] == name] for name in ("hloy", "acr")}
    if not all(found.values()):
        return Missing(
            ELASTICITIES, title, run.reason_for("welfare_curves", "no curve of figure 3")
        )
    hloy, acr = (_elasticity_curve(name, found[name]) for name in found)
    difference = window not in run.windows
    return Exhibit(
        key=ELASTICITIES,
        title=title,
        draw=partial(draw_elasticities, hloy, acr, difference=difference, mark=run.mark),
        text=_elasticities_in_words((hloy, acr)),
        caption=_elasticities_caption(run, str(window), (hloy, acr)),
        data={"": curve_csv(run, [row for name in found for row in found[name]])},
        table=_estimates(rows),
    )


def _window_of_figure_3(run: PublishedRun, rows: Sequence[Row]) -> str | None:
    """The difference of two windows where there is one, else the headline window."""
    published = {row["window"] for row in rows}
    wanted = [run.headline_window]
    if run.difference is not None:
        wanted.insert(0, run.difference.name)
    return next((window for window in wanted if window in published), None)


def _elasticity_curve(formula: str, rows: Sequence[Row]) -> ElasticityCurve:
    """Points, marks and baseline of one formula [percent]."""
    points, marks, own = (
        sorted((row["x"], 100 * row["welfare_change"]) for row in rows if row["point"] == point)
        for point in ("curve", "marker", "baseline")
    )
    # The curve is c / x exactly, so any of its points gives the whole of it.
    x, y = points_of(points or [*marks, *own])
    symbol, shown = ("σ", own[0][0] + 1 if own else 0) if formula == "hloy" else (
        "ε", own[0][0] if own else 0)  # fmt: skip
    label = f"{formula.upper()}, {fixed(x[0] * y[0], 2)}/{'(σ − 1)' if formula == 'hloy' else 'ε'}"
    return ElasticityCurve(
        label=label,
        x=x,
        y=y,
        band=_band(rows) if points else None,
        marks_x=points_of(marks)[0],
        marks_y=points_of(marks)[1],
        baseline=own[0] if own else None,
        baseline_label=f"{symbol} = {shown:g}: {fixed(own[0][1], 2)}" if own else "",
    )


def _band(rows: Sequence[Row]) -> tuple[np.ndarray, np.ndarray] | None:
    """Ends of the interval along a curve [percent]; None where a point has none."""
    points = sorted((row for row in rows if row["point"] == "curve"), key=lambda row: row["x"])
    ends = [interval_of(row) for row in points]
    if not ends or any(each is None for each in ends):
        return None
    low, high = 100 * np.array(ends, dtype=float).T
    return low, high


def _elasticities_in_words(curves: Sequence[ElasticityCurve]) -> str:
    """The range over the published estimates, and the number of the study."""
    parts = []
    for curve, table in zip(curves, ("B1", "B2"), strict=True):
        name = curve.label.split(",")[0]
        text = name
        if curve.baseline:
            at, number = curve.baseline_label.split(": ")
            text = f"{name} is {number} percent at {at}"
        if len(curve.marks_y):
            low, high = (fixed(value, 2) for value in (curve.marks_y.min(), curve.marks_y.max()))
            count = len(curve.marks_y)
            text += f", from {low} to {high} over the {count} estimates of Table {table}"
        parts.append(text)
    return ". ".join(parts) + "."


def _elasticities_caption(run: PublishedRun, window: str, curves: Sequence[ElasticityCurve]) -> str:
    """Windows, choices, formulas and where the marks come from."""
    made = run.headline_choices
    years = run.window_years(window)
    compared = run.difference
    if compared is not None and window == compared.name:
        earlier, later = map(run.window_years, (compared.earlier, compared.later))
        years = f"{later} less {earlier}"
    formulas = " and ".join(curve.label for curve in curves)
    return (
        f"{data_words(run)}{years}. {formulas} [percent]. At equal elasticities, ε = σ − 1, the "
        f"two differ by Δ ln X^c/X alone. Marks: the published estimates of HLOY's Tables B1 (σ) "
        "and B2 (ε), listed below; none of them is an input to the study. Whole economy; "
        f"continuing: {made['continuing']}; imports: {made['imports']}. {scaling(run)}"
        f"{whiskers_in_words(run, 'Bands')}"
    )


def _averages() -> str:
    """The averages of both tables, which the paper's baselines are not exactly."""
    b1, b2 = (
        fmean(row.estimate for row in table)
        for table in (literature.table_b1(), literature.table_b2())
    )
    return (
        f"Averages: σ {fixed(b1, 3)}, ε {fixed(b2, 3)}; the paper takes 3.72 and 4.71 for them, "
        "and a study states its own."
    )


def _estimates(rows: Sequence[Row]) -> PageTable | None:
    """The published estimates behind the marks, and the gain at each."""
    marks = [row for row in rows if row["point"] == "marker"]
    if not marks:
        return None
    ordered = sorted(marks, key=lambda row: (row["curve"] != "hloy", row["x"], row["label"] or ""))
    symbols = {"hloy": ("HLOY", "σ"), "acr": ("ACR", "ε")}
    return PageTable(
        title="Published estimates of the elasticities, and the gain at each",
        unit="gain in percent, 100 × Δ ln",
        header=("formula", "elasticity", "study", "estimate", "gain"),
        rows=tuple(
            (
                *names([*symbols[row["curve"]], row["label"] or ""]),
                Cell(f"{row['elasticity']:.2f}"),
                Cell(percent(row["welfare_change"])),
            )
            for row in ordered
        ),
        stub=3,
        remark=f"{_averages()} Tables B1 and B2 of "
        f"{literature.publication(literature.HLOY).citation}",
    )
