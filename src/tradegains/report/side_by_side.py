"""Published numbers beside those a run recovered, for the page and for the terminal."""

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from tradegains import literature
from tradegains.published.printing import fixed
from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import Cell, Footnotes, PageTable, bracketed, names, plain
from tradegains.report.welfare_rows import (
    NumberOrReason,
)

RECOVERED = "recovered"
PUBLISHED_HEADS = ("published", RECOVERED, "diff.")
PERCENT = "100 × Δ ln, in percent"
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
    def beside_published(self) -> tuple[bool, ...]:
        """Of each column, whether any of its numbers has a published one beside it."""
        columns = zip(*(entries for _, entries in self.rows), strict=True)
        return tuple(any(one.published is not None for one in column) for column in columns)

    @property
    def compared(self) -> bool:
        """Whether any number has a published one beside it."""
        return any(self.beside_published)

    @property
    def largest_difference(self) -> float | None:
        """Largest distance of a recovered number from its published one [percentage points]."""
        gaps = [entry.difference for _, entries in self.rows for entry in entries]
        return max((abs(gap) for gap in gaps if gap is not None), default=None)


def citation(run: PublishedRun) -> str:
    """Authors and year of the publication; empty without one."""
    if not run.publication:
        return ""
    return literature.publication(run.publication).citation


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
        errors = [_error_below(one, table.compared).rjust(width) for one in entries[shown]]
        if any(each.strip() for each in errors):
            yield " " * label_width + "".join(errors).rstrip()


def _error_below(entry: ComparedNumber, compared: bool) -> str:
    """The standard error in brackets, under the recovered number."""
    error = bracketed(entry.recovered.error).rjust(NUMBER_WIDTH)
    return error + " " * NUMBER_WIDTH if compared else error


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


def as_page_table(table: SideBySide, *, remark: str = "") -> PageTable:
    """Published | recovered | difference; recovered alone where nothing is published."""
    footnotes = Footnotes()
    spans = [len(PUBLISHED_HEADS) if beside else 1 for beside in table.beside_published]
    heads = [PUBLISHED_HEADS if span > 1 else (RECOVERED,) for span in spans]
    return PageTable(
        title=table.title,
        unit=PERCENT
        + ("; diff. = recovered − published, in percentage points" if table.compared else ""),
        header=("", *(chain(*heads) if table.compared else table.columns)),
        rows=tuple(
            (*names([label]), *entry_cells(entries, table, footnotes))
            for label, entries in table.rows
        ),
        groups=(("", 1), *zip(table.columns, spans, strict=True)) if table.compared else (),
        notes=footnotes.notes,
        remark=" ".join(filter(None, (remark, table.citation and f"Published: {table.citation}"))),
    )


def entry_cells(
    entries: Iterable[ComparedNumber], table: SideBySide, footnotes: Footnotes
) -> Iterator[Cell]:
    """The cells of a row, three for each column that has published numbers."""
    for entry, beside in zip(entries, table.beside_published, strict=True):
        recovered = footnotes.percent(entry.recovered)
        if not beside:
            yield recovered
            continue
        yield plain(None if entry.published is None else fixed(entry.published, 2))
        yield recovered
        yield plain(None if entry.difference is None else fixed(entry.difference, 3))
