"""Market shares and the welfare changes they imply: Table 1, its terms, and figure 3."""

from functools import partial

from tradegains.figures.welfare import WelfareBar, draw_welfare, welfare_csv
from tradegains.published.printing import percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.captions import data_label, data_words, scaling
from tradegains.report.elasticities import elasticities_exhibit
from tradegains.report.errors import errors_in_words, interval_of, whiskers_in_words
from tradegains.report.section import (
    NOTE,
    Exhibit,
    Missing,
    Paragraph,
    Section,
    section_of,
)
from tradegains.report.side_by_side import as_page_table
from tradegains.report.table_1 import table_1
from tradegains.report.welfare_rows import Row, counted, formula_name, measured, total_rows

TERMS = ("domestic_share_term", "continuing_share_term", "welfare_change")


def symbols(run: PublishedRun) -> str:
    """What the letters of the tables stand for in this census."""
    all_sales = "here all sales, for want of exports"
    what = all_sales if run.lacks_exports else "sales less exports"
    return (
        f"X: domestic sales of all establishments, {what}; X^c: of the continuing ones. λ: X over "
        "domestic expenditure, X plus imports; λ^c: X^c over domestic expenditure. HLOY: "
        "−Δ ln λ^c / (σ − 1). ACR: −Δ ln λ / ε. W: welfare."
    )


def section(run: PublishedRun) -> Section:
    """Table 1, what the welfare change is made of, and how the elasticities move it."""
    return section_of(
        "welfare",
        "Market shares and welfare",
        "Welfare",
        as_page_table(
            table_1(run),
            remark=" ".join(
                filter(None, (counted(run, run.welfare_windows), errors_in_words(run)))
            ),
        ),
        Paragraph(symbols(run), NOTE),
        terms_exhibit(run),
        elasticities_exhibit(run),
    )


def terms_exhibit(run: PublishedRun) -> Exhibit | Missing:
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
        draw=partial(draw_welfare, bars, mark=run.mark),
        text="; ".join(map(_bar_in_words, bars)) + ".",
        caption=(
            f"{data_words(run)}The two terms of the HLOY statistic (equation 5) and their sum; "
            "ACR for comparison. Domestic share: of all domestic establishments in expenditure. "
            "Continuing share: of the continuing ones among them. The terms are an identity and "
            "name no cause: ordinary turnover of establishments is in the second, and whatever "
            f"moves domestic sales against imports in the first. {', '.join(names)}. Whole "
            f"economy; continuing: {made['continuing']}; imports: {made['imports']}. {scaling(run)}"
            f"{whiskers_in_words(run, 'Whiskers')}"
        ),
        data={"": welfare_csv(bars, data=data_label(run))},
    )


def _bar(run: PublishedRun, rows: dict[tuple[str, str], Row], window: str) -> WelfareBar | None:
    """The terms of a window; None where one of them is null."""
    hloy, acr = rows.get((window, "hloy")), rows.get((window, "acr"))
    if hloy is None or any(hloy[term] is None for term in TERMS):
        return None
    domestic, continuing, change = (hloy[term] for term in TERMS)
    title = run.window_title(window)
    acr_change = None if acr is None else acr["welfare_change"]
    intervals = (interval_of(hloy), None if acr is None else interval_of(acr))
    return WelfareBar(window, title, domestic, continuing, change, acr_change, *intervals)


def _bar_in_words(bar: WelfareBar) -> str:
    """A window of the welfare figure as a sentence's part."""
    domestic, continuing, total = (
        percent(term, signed=True)
        for term in (bar.domestic_share_term, bar.continuing_share_term, bar.hloy)
    )
    return (
        f"{bar.label}: domestic share {domestic}, continuing share {continuing}, "
        f"sum {total} percent"
    )
