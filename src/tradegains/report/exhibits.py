"""Figures of the report with all that goes with them: caption, text, quantiles and data."""

from collections.abc import Iterable
from dataclasses import dataclass

from tradegains.figures.data import csv_text, histogram_csv, line_csv, welfare_csv
from tradegains.figures.density import bandwidth
from tradegains.figures.distributions import (
    Comparison,
    Missing,
    comparisons,
    prices_in_words,
    shift_in_words,
    sizes_in_words,
)
from tradegains.figures.drawing import (
    Picture,
    WelfareBar,
    axis_range,
    draw_comparison,
    draw_industries,
    draw_welfare,
    share_outside,
)
from tradegains.published.printing import fixed, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.evidence_tables import quantiles
from tradegains.report.page_table import PageTable
from tradegains.report.welfare import Row, formula_name, industry_rows, measured, total_rows

LIKENESS = {
    key: f"In the manner of Melitz and Trefler (2012), figure 5{panel}."
    for key, panel in (("figure_5a", "A"), ("figure_5b", "B"), ("figure_5c", "C"))
}
SPREADS = {
    "unweighted_sd": "the unweighted standard deviation",
    "employment_weighted_sd": "the employment-weighted standard deviation",
}
INDUSTRY_COLUMNS = ("data", "industry", "window", "hloy_log_points")
TERMS = ("domestic_share_term", "continuing_share_term", "welfare_change")


@dataclass(frozen=True)
class Exhibit:
    """A figure: `text` says what it shows, `caption` how it was made; `data` is CSV by suffix."""

    key: str
    title: str
    picture: Picture
    text: str
    caption: str
    data: dict[str, str]
    table: PageTable | None = None


def distribution_exhibits(run: PublishedRun) -> tuple[list[Exhibit], list[Missing]]:
    """The distribution figures that the run's tables allow, and those they do not."""
    found = comparisons(run)
    drawn = [_distribution_exhibit(run, one) for one in found if isinstance(one, Comparison)]
    return drawn, [one for one in found if isinstance(one, Missing)]


def welfare_exhibits(run: PublishedRun) -> tuple[list[Exhibit], list[Missing]]:
    """The welfare figures that the run's tables allow, and those they do not."""
    made = [_welfare_exhibit(run), _industry_exhibit(run)]
    drawn = [one for one in made if isinstance(one, Exhibit)]
    return drawn, [one for one in made if isinstance(one, Missing)]


def data_label(run: PublishedRun) -> str:
    """What the column `data` of every CSV says."""
    return "synthetic" if run.synthetic else "census"


def _distribution_exhibit(run: PublishedRun, comparison: Comparison) -> Exhibit:
    """A comparison of two distributions."""
    label = data_label(run)
    return Exhibit(
        key=comparison.key,
        title=comparison.title,
        picture=draw_comparison(comparison, synthetic=run.synthetic),
        text=("On an assumed scale. " if comparison.standardised_by else "")
        + shift_in_words(comparison),
        caption=_distribution_caption(run, comparison),
        data={
            "": histogram_csv(comparison, data=label),
            "_line": line_csv(comparison, data=label),
        },
        table=quantiles(comparison),
    )


def _distribution_caption(run: PublishedRun, comparison: Comparison) -> str:
    """Measure, median, deflator, weighting, bins, smoothing, n and what the axis leaves out."""
    cells = [one.cells for one in comparison.series]
    low, high = axis_range(cells)
    widths = " and ".join(dict.fromkeys(fixed(bandwidth(one), 3) for one in cells))
    outside = " and ".join(percent(share_outside(one, low, high), 2) for one in cells)
    return (
        f"{data_words(run)}Log {comparison.measure}, {prices_in_words(comparison)}, less the "
        f"unweighted median of the establishment's {run.industry_digits}-digit industry in "
        f"{comparison.base} (median_base = {comparison.median_base}). "
        f"{_scaling_in_words(comparison)}Weighted by employment. "
        f"Steps: histogram, bins of {cells[0].bin_width:g} log points. Lines: the histogram "
        f"convolved with a normal density of standard deviation {widths} log points (Silverman's "
        "rule on the bins, at least one bin). Triangles: weighted medians. "
        f"{sizes_in_words(comparison)}. Beyond the axis: "
        f"{outside} percent of employment. {LIKENESS.get(comparison.panel, '')}"
    )


def _scaling_in_words(comparison: Comparison) -> str:
    """How standardised productivity is scaled, and whom that leaves out; empty for relative."""
    by = SPREADS.get(comparison.standardised_by or "")
    if by is None:
        return ""
    kappas = {one.member.label: fixed(one.kappa, 3) for one in comparison.series if one.kappa}
    shown = " and ".join(dict.fromkeys(kappas.values()))
    lacking = {one.left_out: one.member.label for one in comparison.series if one.left_out}
    left_out = "".join(f" {label}: {text}." for text, label in lacking.items())
    return (
        "Assumed scaling: times κ and over the industry's spread, because Melitz and Trefler "
        f"(footnote 4) cite a formula that they do not print. The spread is {by} of the "
        f"establishments that set the median, κ = {shown} log points its mean over industries, "
        f"weighted by employment.{left_out} "
    )


def _welfare_exhibit(run: PublishedRun) -> Exhibit | Missing:
    """The two terms of the HLOY statistic by window."""
    key, title = "figure_welfare", "What the welfare change is made of"
    rows = total_rows(run)
    bars = [bar for window in run.welfare_windows if (bar := _bar(run, rows, window))]
    if not bars:
        row = rows.get((run.headline_window or "", "hloy"))
        return Missing(key, title, measured(row, "welfare_change").note)
    names = [formula_name(row) for (window, _), row in rows.items() if window == bars[0].window]
    made = run.headline_choices
    return Exhibit(
        key=key,
        title=title,
        picture=draw_welfare(bars, synthetic=run.synthetic),
        text="; ".join(map(_bar_in_words, bars)) + ".",
        caption=(
            f"{data_words(run)}The two terms of the HLOY statistic (equation 5) and their sum; "
            f"ACR for comparison. {', '.join(names)}. Whole economy; continuing: "
            f"{made['continuing']}; imports: {made['imports']}. {scaling(run)}"
        ),
        data={"": welfare_csv(bars, data=data_label(run))},
    )


def _bar(run: PublishedRun, rows: dict[tuple[str, str], Row], window: str) -> WelfareBar | None:
    """The terms of a window; None where one of them is null."""
    hloy, acr = rows.get((window, "hloy")), rows.get((window, "acr"))
    if hloy is None or any(hloy[term] is None for term in TERMS):
        return None
    terms = (hloy[term] for term in TERMS)
    return WelfareBar(window, run.window_title(window), *terms, acr and acr["welfare_change"])


def _bar_in_words(bar: WelfareBar) -> str:
    """A window of the welfare figure as a sentence's part."""
    imports, entry, total = (
        percent(term, signed=True)
        for term in (bar.domestic_share_term, bar.continuing_share_term, bar.hloy)
    )
    return f"{bar.label}: imports {imports}, entry and exit {entry}, together {total} percent"


def _industry_exhibit(run: PublishedRun) -> Exhibit | Missing:
    """HLOY by 2-digit industry in the two windows that are compared."""
    key, title = "figure_industries", f"Welfare change by {run.group_digits}-digit industry"
    rows, compared = industry_rows(run, "hloy"), run.difference
    if compared is None:
        return Missing(key, title, "the study compares no two windows")
    early, late = compared.earlier, compared.later
    changes = {
        name: (a, b)
        for name, by_window in rows.items()
        if (a := measured(by_window.get(early), "welfare_change").value) is not None
        and (b := measured(by_window.get(late), "welfare_change").value) is not None
    }
    if not changes:
        return Missing(key, title, "no industry has a welfare change in both windows")
    labels = (run.window_title(early), run.window_title(late))
    return Exhibit(
        key=key,
        title=title,
        picture=draw_industries(changes, labels, digits=run.group_digits, synthetic=run.synthetic),
        text=_industries_in_words(changes, labels),
        caption=(
            f"{data_words(run)}HLOY statistic of each {run.group_digits}-digit industry on its "
            f"own market, ordered by {labels[1]}. {_left_out(set(rows) - set(changes))}"
            f"{scaling(run)}"
        ),
        data={"": _industry_csv(changes, (early, late), data=data_label(run))},
    )


def _industries_in_words(changes: dict[str, tuple[float, float]], labels: tuple[str, str]) -> str:
    """How many industries gain, and the extremes of the later window."""
    ordered = sorted(changes, key=lambda name: changes[name][1])
    gaining = sum(late > 0 for _, late in changes.values())
    low, high = (percent(changes[name][1], signed=True) for name in (ordered[0], ordered[-1]))
    return (
        f"{labels[1]}: {gaining} of {len(changes)} industries gain; from {low} percent (industry "
        f"{ordered[0]}) to {high} percent (industry {ordered[-1]})."
    )


def _industry_csv(
    changes: dict[str, tuple[float, float]], windows: tuple[str, str], *, data: str
) -> str:
    """Data of the industry figure."""
    rows = [
        (data, name, window, value)
        for name in sorted(changes)
        for window, value in zip(windows, changes[name], strict=True)
    ]
    return csv_text(INDUSTRY_COLUMNS, rows)


def _left_out(industries: Iterable[str]) -> str:
    """Industries without a number."""
    named = ", ".join(sorted(industries))
    return f"Not shown, for want of a number in both windows: {named}. " if named else ""


def scaling(run: PublishedRun) -> str:
    """Which windows are scaled, and to what."""
    windows = [run.windows[name] for name in run.welfare_windows if name in run.windows]
    scaled = [f"{window.years} {window.scaling}" for window in windows if window.scaling]
    return f"Changes of {' and '.join(scaled)}." if scaled else ""


def data_words(run: PublishedRun) -> str:
    """First words of every caption when the data are synthetic."""
    return "Synthetic data. " if run.synthetic else ""
