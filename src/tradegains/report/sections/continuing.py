"""Continuing establishments' own growth, published beside recovered (HLOY, section 3.3)."""

from collections.abc import Sequence

from tradegains import literature
from tradegains.published.published_run import PublishedRun
from tradegains.report.comparisons import PRICES
from tradegains.report.errors import brackets_in_words
from tradegains.report.ranked import ranked_exhibits
from tradegains.report.section import Missing, Paragraph, Section, section_of
from tradegains.report.side_by_side import ComparedNumber, SideBySide, as_page_table, citation
from tradegains.report.welfare_rows import NumberOrReason, Row, measured

NAME, TITLE = "productivity_growth", "growth per worker of continuing establishments"
MEASURES = {
    "sales_per_worker": ("revenue per worker", "revenue_per_worker_growth"),
    "value_added_per_worker": ("value added per worker", "value_added_per_worker_growth"),
}
DEFLATORS = ("industry", "economy", "nominal")


def section(run: PublishedRun) -> Section:
    """Gains inside continuing establishments: figure 4, and their growth."""
    found = growth(run)
    return section_of(
        "within",
        "Inside continuing establishments",
        "Continuing establishments",
        Paragraph("The HLOY statistic leaves out what continuing establishments gain themselves."),
        *ranked_exhibits(run, "4"),
        as_page_table(found, remark=basis(run)) if found else _no_growth(run),
    )


def _no_growth(run: PublishedRun) -> Missing:
    return Missing(NAME, f"Table of {TITLE}", run.reason_for(NAME))


def growth(run: PublishedRun) -> SideBySide | None:
    """Scaled change of the ratio of sums by window; None when the run has none.

    The paper deflates by one price index for all industries, so its numbers stand beside those
    deflated economy-wide where the run has them, else beside the study's own.
    """
    rows = run.rows(NAME, level="total", continuing=run.headline_choices["continuing"])
    if not rows:
        return None
    deflators = _deflators(run, {row["prices"] for row in rows})
    windows = run.welfare_windows
    lines = []
    for prices in deflators:
        for measure, (words, quoted) in MEASURES.items():
            found = {
                r["window"]: r for r in rows if (r["measure"], r["prices"]) == (measure, prices)
            }
            if found:
                printed = _published(run, quoted) if prices == deflators[0] else {}
                label = words if len(deflators) == 1 else f"{words}, {prices}"
                entries = (
                    ComparedNumber(printed.get(window), _change(found.get(window)))
                    for window in windows
                )
                lines.append((label, tuple(entries)))
    compared = any(entry.published is not None for _, entries in lines for entry in entries)
    return SideBySide(
        title=f"Section 3.3: {TITLE}" if compared else TITLE.capitalize(),
        citation=citation(run),
        columns=tuple(run.window_title(window) for window in windows),
        rows=tuple(lines),
    )


def basis(run: PublishedRun) -> str:
    """How the growth was measured."""
    rows = run.rows(NAME, level="total", continuing=run.headline_choices["continuing"])
    deflators = " and ".join(PRICES.get(name, name) for name in _deflators(
        run, {row["prices"] for row in rows}))  # fmt: skip
    numbers = {row["window"]: row["establishments"] for row in rows if row["establishments"]}
    counts = "; ".join(
        f"{run.window_years(window)}: n = {numbers[window]:,}"
        for window in run.welfare_windows
        if window in numbers and window in run.windows
    )
    return (
        "Sales, and value added, of the continuing establishments over their employment, at either "
        f"end of the window; {deflators}; change of the logarithm, scaled. {counts}. Not part of "
        "the HLOY statistic, and not the same as the growth it leaves out: per worker figures hold "
        f"exports and markups, too (HLOY, section 3.3).{brackets_in_words(run, rows)}"
    )


def _change(row: Row | None) -> NumberOrReason:
    return measured(row, "delta_ln", table=NAME)


def _deflators(run: PublishedRun, published: set[str]) -> Sequence[str]:
    """Deflators of the run; economy-wide first where it has it, then the study's own."""
    own = run.section("productivity").get("prices")
    order = ["economy", *([own] if own in DEFLATORS else []), *DEFLATORS]
    return [name for name in dict.fromkeys(order) if name in published]


def _published(run: PublishedRun, name: str) -> dict[str, float]:
    """The paper's two numbers by window; none unless the study names it."""
    if run.publication != literature.HLOY or run.difference is None:
        return {}
    periods = {run.difference.earlier: "pre", run.difference.later: "post"}
    return {
        window: literature.quoted(literature.HLOY, f"{name}_{period}").value
        for window, period in periods.items()
    }
