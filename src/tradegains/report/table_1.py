"""Published tables of HLOY beside what a run recovered: Tables 1, A1 and C1.

A study that names no publication has the same rows without published numbers.

Source: Hsieh, Li, Ossa and Yang (2023), Table 1; online appendix, Tables A1 and C1.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from tradegains import literature
from tradegains.published.printing import fixed
from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import Footnotes
from tradegains.report.welfare import (
    NumberOrReason,
    Row,
    formula_name,
    industry_rows,
    measured,
    total_rows,
)

PrintedRow = TypeVar("PrintedRow", literature.WindowsRow, literature.IndustryRow)

DELTAS = {
    "delta_ln_continuing_share": "Δ ln X^c/X",
    "delta_ln_domestic_share": "Δ ln λ",
    "delta_ln_continuing_market_share": "Δ ln λ^c",
}
FORMULAS = ("hloy", "acr")
EXTENSIONS = ("hloy_extended",)
AGGREGATE, ALL = "aggregate", "all"
WIDTH, LABEL_WIDTH, NUMBER_WIDTH = 80, 14, 7  # three windows of three numbers fit


@dataclass(frozen=True)
class ComparedNumber:
    """A published number [percent], and the recovered one [log points]."""

    published: float | None
    recovered: NumberOrReason

    @property
    def percent(self) -> float | None:
        """The recovered number [percent], 100 x Δln."""
        return None if self.recovered.value is None else 100 * self.recovered.value

    @property
    def difference(self) -> float | None:
        """Recovered, unrounded, minus published, as printed [percentage points]."""
        if self.published is None or self.percent is None:
            return None
        return self.percent - self.published


@dataclass(frozen=True)
class SideBySide:
    """Quantities by column: `rows` pairs a label with one entry a column."""

    title: str
    citation: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[ComparedNumber, ...]], ...]

    @property
    def compared(self) -> bool:
        """Whether any number has a published one beside it."""
        return any(entry.published is not None for _, entries in self.rows for entry in entries)

    @property
    def largest_difference(self) -> float | None:
        """Largest distance of a recovered number from its published one [percentage points]."""
        gaps = [entry.difference for _, entries in self.rows for entry in entries]
        return max((abs(gap) for gap in gaps if gap is not None), default=None)


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


def table_text(table: SideBySide, *, remark: str = "") -> str:
    """A table for the terminal, published | recovered | difference, in 80 columns.

    The difference is the recovered number, unrounded, minus the published one, as printed. Windows
    that do not fit side by side stand below.
    """
    numbers = 3 if table.compared else 1
    width = max([NUMBER_WIDTH * numbers, *(len(column) + 2 for column in table.columns)])
    label_width = max([LABEL_WIDTH, *(len(label) + 1 for label, _ in table.rows)])
    footnotes, fitting = Footnotes(), max(1, (WIDTH - label_width) // width)
    lines = [table.title, *(textwrap.wrap(table.citation, WIDTH) if table.compared else ())]
    lines += [f"100 x change of ln [percent]{remark and '; ' + remark}"]
    for first in range(0, len(table.columns), fitting):
        shown = slice(first, first + fitting)
        lines += ["", *_block(table, shown, label_width, width=width, footnotes=footnotes)]
    return "\n".join([*lines, *(f"-{mark} {note}" for mark, note in footnotes.notes)])


def _block(
    table: SideBySide, shown: slice, label_width: int, *, width: int, footnotes: Footnotes
) -> Iterator[str]:
    """Lines of the columns that stand side by side."""
    columns = table.columns[shown]
    yield " " * label_width + "".join(column.rjust(width) for column in columns)
    if table.compared:
        heads = "".join(head.rjust(NUMBER_WIDTH) for head in ("publ.", "recov.", "diff."))
        yield " " * label_width + heads.rjust(width) * len(columns)
    for label, entries in table.rows:
        cells = (_cells(one, footnotes, table.compared).rjust(width) for one in entries[shown])
        yield label.ljust(label_width) + "".join(cells)


def tables_text(run: PublishedRun) -> str:
    """Tables 1, A1 and C1 of a run for the terminal, as far as it has them."""
    others = [replace(one, citation="") for one in (table_a1(run), table_c1(run)) if one]
    texts = (table_text(one, remark=_data_remark(run)) for one in others)
    return "\n\n".join([table_1_text(run), *texts])


def table_1_text(run: PublishedRun) -> str:
    """Table 1 of a run for the terminal, with the largest difference under it."""
    table = table_1(run)
    text = table_text(table, remark=_data_remark(run))
    if table.largest_difference is None:
        return text
    return f"{text}\nLargest difference: {table.largest_difference:.3f} percentage points."


def _data_remark(run: PublishedRun) -> str:
    """Says over a table that its data are synthetic."""
    return "synthetic data" if run.synthetic else ""


def _cells(entry: ComparedNumber, footnotes: Footnotes, compared: bool) -> str:
    """Published, recovered and difference, each in its width."""
    cell = footnotes.percent(entry.recovered)
    recovered = f"-{cell.mark}" if cell.mark else cell.text
    shown = [recovered]
    if compared:
        shown = [_printed(entry.published, 2), recovered, _printed(entry.difference, 3)]
    return "".join(text.rjust(NUMBER_WIDTH) for text in shown)


def _printed(value: float | None, digits: int) -> str:
    """A number, or a dash."""
    return "-" if value is None else fixed(value, digits)


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


def citation(run: PublishedRun) -> str:
    """Authors and year of the publication; empty without one."""
    if not run.publication:
        return ""
    return literature.publication(run.publication).citation
