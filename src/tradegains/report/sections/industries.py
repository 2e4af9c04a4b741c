"""Welfare changes by 2-digit industry: figure and table."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from tradegains.figures.welfare import draw_industries
from tradegains.published.printing import csv_text, fixed, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.captions import data_label, data_words, scaling
from tradegains.report.page_table import Cell, Footnotes, PageTable, names, plain
from tradegains.report.section import Exhibit, Missing, Paragraph, Section, section_of
from tradegains.report.side_by_side import as_page_table, entry_cells
from tradegains.report.table_1 import rows_of_table_a1, table_a1
from tradegains.report.welfare_rows import Row, industry_rows, measured

INDUSTRY_COLUMNS = ("data", "industry", "window", "hloy_log_points")


def section(run: PublishedRun) -> Section:
    """The figure and the table of industries."""
    table = industries(run)
    return section_of(
        "industries",
        "Industries",
        "Industries",
        industry_exhibit(run),
        table or Paragraph("No industry is published."),
        None if table else _no_table(run),
    )


def _no_table(run: PublishedRun) -> Missing:
    reason = run.reason_for("welfare", "no row of an industry")
    return Missing("industries", "Table of industries (Table A1)", reason)


def industry_exhibit(run: PublishedRun) -> Exhibit | Missing:
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
        draw=partial(draw_industries, changes, labels, digits=run.group_digits, mark=run.mark),
        text=_industries_in_words(changes, labels),
        caption=(
            f"{data_words(run)}HLOY statistic of each {run.group_digits}-digit industry on its "
            f"own market, ordered by {labels[1]}. {_left_out(set(rows) - set(changes))}"
            f"{scaling(run)}"
        ),
        data={"": _industry_csv(changes, (early, late), data=data_label(run))},
    )


def _industries_in_words(changes: dict[str, tuple[float, float]], labels: tuple[str, str]) -> str:
    """In how many industries buyers gain, and the extremes of the later window."""
    ordered = sorted(changes, key=lambda name: changes[name][1])
    gaining = sum(late > 0 for _, late in changes.values())
    low, high = (percent(changes[name][1], signed=True) for name in (ordered[0], ordered[-1]))
    return (
        f"{labels[1]}: above 0 in {gaining} of {len(changes)} industries; from {low} percent "
        f"(industry {ordered[0]}) to {high} percent (industry {ordered[-1]}). A number is of those "
        "who buy the industry's goods, and is no profit or loss of the industry."
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


DELTAS = ("delta_ln_continuing_share", "delta_ln_domestic_share")
SHORT = {"published": "publ.", "recovered": "recov."}


def industries(run: PublishedRun) -> PageTable | None:
    """HLOY by 2-digit industry, published and recovered, and what is behind the later window."""
    table, footnotes, later = table_a1(run), Footnotes(), run.headline_window or ""
    if table is None:
        return None
    plain_table = as_page_table(table)
    behind = rows_of_table_a1(run)
    rows = [
        (
            *names([name]),
            *entry_cells(entries, table, footnotes),
            *_behind(behind[name].get(later), footnotes),
        )
        for name, entries in table.rows
    ]
    # Thirteen columns fit on the page with short heads only.
    heads = [SHORT.get(head, head) for head in plain_table.header[1:]]
    years = (f"behind {run.window_years(later)}", 5)
    return replace(
        plain_table,
        unit=f"HLOY, {plain_table.unit}; weight as a share; n in continuing establishments",
        header=("industry", *heads, "Δ ln X^c/X", "Δ ln λ", "σ", "weight", "n"),
        rows=tuple(rows),
        groups=(*(plain_table.groups or (("", 1 + len(table.columns)),)), years),
        notes=footnotes.notes,
        remark=f"aggregate: industries summed with Sato-Vartia weights of expenditure. all: one σ "
        f"for the whole market. {plain_table.remark}",
        strong=len(rows) - 1,
    )


def _behind(row: Row | None, footnotes: Footnotes) -> tuple[Cell, ...]:
    """The two changes behind a welfare change, its elasticity and weight, and n.

    An aggregate has a value but no shares of its own: its blanks need no reason.
    """
    found = row or {}
    absent = row is None or row["welfare_change"] is None
    numbers = [
        footnotes.percent(measured(row, column)) if absent else _printed(found[column], 100, 2)
        for column in DELTAS
    ]
    others = (("elasticity", 2), ("weight", 3), ("establishments", 0))
    return (*numbers, *(_printed(found.get(column), 1, digits) for column, digits in others))


def _printed(value: float | None, factor: int, digits: int) -> Cell:
    """A number times a factor, or a dash that needs no reason."""
    return plain(None if value is None else fixed(factor * value, digits))
