"""Published tables of HLOY beside what a run recovered: Tables 1, A1 and C1.

A study that names no publication has the same rows without published numbers.

Source: Hsieh, Li, Ossa and Yang (2023), Table 1; online appendix, Tables A1 and C1.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from tradegains import literature
from tradegains.published.published_run import PublishedRun
from tradegains.report.errors import errors_in_words
from tradegains.report.side_by_side import (
    WIDTH,
    ComparedNumber,
    SideBySide,
    citation,
    table_text,
)
from tradegains.report.welfare_rows import Row, formula_name, industry_rows, measured, total_rows

PrintedRow = TypeVar("PrintedRow", literature.WindowsRow, literature.IndustryRow)

DELTAS = {
    "delta_ln_continuing_share": "Δ ln X^c/X",
    "delta_ln_domestic_share": "Δ ln λ",
    "delta_ln_continuing_market_share": "Δ ln λ^c",
}
FORMULAS = ("hloy", "acr")
EXTENSIONS = ("hloy_extended", "hloy_minus_acr")
AGGREGATE, ALL = "aggregate", "all"


def table_1(run: PublishedRun) -> SideBySide:
    """Market shares and welfare by window, published beside recovered."""
    windows, rows = run.welfare_windows, total_rows(run)
    printed = _published_table_1(run)
    others = sorted({formula for _, formula in rows} & set(EXTENSIONS))
    title = f"{'Table 1: m' if printed else 'M'}arket shares and implied welfare changes"
    columns = tuple(run.window_title(window) for window in windows)
    lines = []
    for quantity in (*DELTAS, *FORMULAS, *others):
        published = printed.get(quantity, {})
        entries = (_entry(quantity, name, rows, published.get(name)) for name in windows)
        lines.append((_label(quantity, rows), tuple(entries)))
    return SideBySide(title, citation(run), columns, tuple(lines))


def table_a1(run: PublishedRun) -> SideBySide | None:
    """HLOY by 2-digit industry, aggregated, and in total; None when no industry is published.

    The row `aggregate` sums industries with Sato-Vartia weights; the row `all` applies one
    elasticity to the whole market.
    """
    rows, windows = rows_of_table_a1(run), run.welfare_windows
    if not rows:
        return None
    printed = _published_table_a1(run)
    lines = []
    for name, by_window in rows.items():
        published = printed.get(name, {})
        entries = (
            ComparedNumber(published.get(window), measured(by_window.get(window), "welfare_change"))
            for window in windows
        )
        lines.append((name, tuple(entries)))
    title = f"{'Table A1: w' if printed else 'W'}elfare change by {run.group_digits}-digit industry"
    columns = tuple(run.window_title(window) for window in windows)
    return SideBySide(title, citation(run), columns, tuple(lines))


def rows_of_table_a1(run: PublishedRun) -> dict[str, dict[str, Row]]:
    """HLOY rows by the name they have in Table A1 and by window."""
    industries = industry_rows(run, "hloy")
    if not industries:
        return {}
    together = {
        AGGREGATE: total_rows(run, level="industries_aggregated"),
        ALL: total_rows(run),
    }
    totals = {
        name: {window: row for (window, formula), row in found.items() if formula == "hloy"}
        for name, found in together.items()
    }
    return industries | {name: by_window for name, by_window in totals.items() if by_window}


def table_c1(run: PublishedRun) -> SideBySide | None:
    """The later window under both sources of imports; None unless the run has both."""
    window = run.headline_window
    sources = [total_rows(run, imports=source) for source in ("table", "exports")]
    if window is None or not all(sources):
        return None
    printed = {}
    if run.publication == literature.HLOY:
        rows = literature.table_c1()
        printed = {_quantity(row.quantity): (row.imports_table, row.exports) for row in rows}
    lines = []
    for quantity in ("delta_ln_domestic_share", *FORMULAS):
        published = printed.get(quantity, (None, None))
        entries = [_entry(quantity, window, *pair) for pair in zip(sources, published, strict=True)]
        lines.append((_label(quantity, sources[0]), tuple(entries)))
    title = f"{'Table C1: t' if printed else 'T'}wo sources of imports, {run.window_years(window)}"
    return SideBySide(title, citation(run), ("imports table", "imports = exports"), tuple(lines))


def table_1_text(run: PublishedRun) -> str:
    """Table 1 of a run for the terminal, with the largest difference under it."""
    table = table_1(run)
    text = table_text(table, remark=_data_remark(run))
    if errors := errors_in_words(run):
        text = "\n".join([text, *textwrap.wrap(errors, WIDTH)])
    if table.largest_difference is None:
        return text
    return f"{text}\nLargest difference: {table.largest_difference:.3f} percentage points."


def _data_remark(run: PublishedRun) -> str:
    """Says over a table that it is of a draft, or that its data are synthetic."""
    return ", ".join(run.standing)


def _published_table_1(run: PublishedRun) -> dict[str, dict[str, float]]:
    """Published numbers by quantity and window."""
    rows = literature.table_1()
    return {_quantity(row.quantity): printed for row, printed in _by_window(run, rows)}


def _published_table_a1(run: PublishedRun) -> dict[str, dict[str, float]]:
    """Published welfare changes by industry and window."""
    together = {"industries_aggregated": AGGREGATE, "total": ALL}
    rows = literature.table_a1()
    return {row.industry or together[row.level]: printed for row, printed in _by_window(run, rows)}


def _by_window(
    run: PublishedRun, rows: Iterable[PrintedRow]
) -> Iterator[tuple[PrintedRow, dict[str, float]]]:
    """Published rows, each with its numbers by window of the study.

    None unless the study names HLOY and compares two windows.
    """
    if run.publication != literature.HLOY or run.difference is None:
        return
    names = (run.difference.earlier, run.difference.later, run.difference.name)
    for row in rows:
        yield row, dict(zip(names, (row.pre, row.post, row.difference), strict=True))


def _quantity(published: str) -> str:
    """Our name of a published quantity: a column of `welfare`, or a formula."""
    return published.removeprefix("welfare_")


def _entry(
    quantity: str,
    window: str,
    rows: Mapping[tuple[str, str], Row],
    published: float | None,
) -> ComparedNumber:
    """A quantity in a window: a delta of any formula's row, or the formula's welfare change."""
    if quantity not in DELTAS:
        return ComparedNumber(published, measured(rows.get((window, quantity)), "welfare_change"))
    row = next((rows[window, f] for f in FORMULAS if (window, f) in rows), None)
    return ComparedNumber(published, measured(row, quantity))


def _label(quantity: str, rows: Mapping[tuple[str, str], Row]) -> str:
    """A quantity as the paper names it, with the elasticity used."""
    if quantity in DELTAS:
        return DELTAS[quantity]
    row = next((row for (_, formula), row in rows.items() if formula == quantity), None)
    return formula_name(row) if row else quantity.upper()
