"""Welfare tables of the page: published beside recovered, sensitivity, industries."""

from collections.abc import Mapping

from tradegains.report.page_table import Cell, Footnotes, PageTable, names, plain
from tradegains.report.printing import count, fixed
from tradegains.report.published_run import PublishedRun
from tradegains.report.table_1 import FORMULAS, Entry, SideBySide
from tradegains.report.welfare import (
    Measured,
    Row,
    formula_name,
    industry_rows,
    measured,
    total_rows,
    variants,
)

PERCENT = "100 × Δ ln, in percent"
CHOICES = {"restriction": "restriction", "imports": "imports", "continuing": "continuing rule"}
INDUSTRY_DELTAS = ("delta_ln_continuing_share", "delta_ln_domestic_share")


def side_by_side(table: SideBySide) -> PageTable:
    """Published | recovered | difference; recovered alone where nothing is published."""
    footnotes, spans = Footnotes(), 3 if table.compared else 1
    rows = tuple(
        (*names([label]), *(cell for entry in entries for cell in _beside(entry, table, footnotes)))
        for label, entries in table.rows
    )
    heads = ("published", "recovered", "diff.")
    return PageTable(
        title=table.title,
        unit=PERCENT
        + ("; diff. = recovered − published, in percentage points" if table.compared else ""),
        header=("", *(heads * len(table.columns) if table.compared else table.columns)),
        rows=rows,
        groups=(("", 1), *((column, spans) for column in table.columns)) if spans > 1 else (),
        notes=footnotes.notes,
        remark=table.citation and f"Published: {table.citation}",
    )


def sensitivity(run: PublishedRun) -> PageTable:
    """Welfare changes under every published continuing rule, imports source and restriction.

    Without any welfare change, the changes of the continuing share stand in their place.
    """
    if not any(row["welfare_change"] is not None for row in run.rows("welfare", level="total")):
        return _share_sensitivity(run)
    windows, footnotes = run.welfare_windows, Footnotes()
    titles = [run.window_title(window) for window in windows]
    later = run.window_years(run.headline_window or "")
    return PageTable(
        title="How far the choices move the answer",
        unit=f"welfare change, {PERCENT}",
        header=(*CHOICES.values(), *titles, "move", *titles),
        rows=tuple(_variant(run, choices, footnotes) for choices in variants(run)),
        groups=(
            ("", len(CHOICES)),
            (_full_name(run, "hloy"), len(windows) + 1),
            (_full_name(run, "acr"), len(windows)),
        ),
        stub=len(CHOICES),
        notes=footnotes.notes,
        remark=f"The first row is the headline. Move: {later} less the headline, in percentage "
        "points. ACR depends on imports only.",
        strong=0,
    )


def _share_sensitivity(run: PublishedRun) -> PageTable:
    """Changes of the continuing share under every published choice."""
    windows, footnotes = run.welfare_windows, Footnotes()
    rows = []
    for made in variants(run):
        found = total_rows(run, **made)
        numbers = (measured(found.get((w, "hloy")), INDUSTRY_DELTAS[0]) for w in windows)
        rows.append((*names(made.values()), *(footnotes.percent(number) for number in numbers)))
    return PageTable(
        title="How far the choices move Δ ln X^c/X",
        unit=PERCENT,
        header=(*CHOICES.values(), *(run.window_title(window) for window in windows)),
        rows=tuple(rows),
        stub=len(CHOICES),
        notes=footnotes.notes,
        remark="No welfare change is published; the share of continuing establishments is.",
        strong=0,
    )


def industries(run: PublishedRun) -> PageTable:
    """HLOY by 2-digit industry, and the two changes and n behind the later window."""
    windows, footnotes, later = run.welfare_windows, Footnotes(), run.headline_window or ""
    total = {window: row for (window, name), row in total_rows(run).items() if name == "hloy"}
    by_name = industry_rows(run, "hloy") | {"all": total}
    titles = [run.window_title(window) for window in windows]
    return PageTable(
        title=f"Welfare change by {run.group_digits}-digit industry, and what is behind it",
        unit=f"{PERCENT}; n in continuing establishments",
        header=("industry", *titles, "Δ ln X^c/X", "Δ ln λ", "n"),
        rows=tuple(_industry(name, rows, run, footnotes) for name, rows in by_name.items()),
        groups=(
            ("", 1),
            (_full_name(run, "hloy"), len(windows)),
            (f"behind {run.window_years(later)}", 3),
        ),
        notes=footnotes.notes,
        strong=len(by_name) - 1,
    )


def _beside(entry: Entry, table: SideBySide, footnotes: Footnotes) -> tuple[Cell, ...]:
    """The cells of one entry."""
    recovered = footnotes.percent(entry.recovered)
    if not table.compared:
        return (recovered,)
    published, difference = (
        plain(None if number is None else fixed(number, digits))
        for number, digits in ((entry.published, 2), (entry.difference, 3))
    )
    return (published, recovered, difference)


def _variant(
    run: PublishedRun, choices: Mapping[str, str], footnotes: Footnotes
) -> tuple[Cell, ...]:
    """One row of the sensitivity table."""
    rows = total_rows(run, **choices)
    hloy, acr = (
        [measured(rows.get((window, name)), "welfare_change") for window in run.welfare_windows]
        for name in FORMULAS
    )
    numbers = [*hloy, _move(run, rows), *acr]
    return (*names(choices.values()), *(footnotes.percent(number) for number in numbers))


def _move(run: PublishedRun, rows: Mapping[tuple[str, str], Row]) -> Measured:
    """How far HLOY in the headline's window is from the headline [log points]."""
    key = (run.headline_window or "", "hloy")
    headline, here = (
        measured(found.get(key), "welfare_change") for found in (total_rows(run), rows)
    )
    if headline.value is None or here.value is None:
        return Measured(None, here.note or headline.note)
    return Measured(here.value - headline.value)


def _industry(
    name: str, rows: Mapping[str, Row], run: PublishedRun, footnotes: Footnotes
) -> tuple[Cell, ...]:
    """One row of the industry table."""
    later = rows.get(run.headline_window or "")
    numbers = [measured(rows.get(window), "welfare_change") for window in run.welfare_windows]
    numbers += [measured(later, column) for column in INDUSTRY_DELTAS]
    n = measured(later, "establishments")
    size = footnotes.cell(None if n.value is None else count(n.value), n.note)
    return (*names([name]), *(footnotes.percent(number) for number in numbers), size)


def _full_name(run: PublishedRun, formula: str) -> str:
    """A formula with the elasticity this run gave it."""
    rows = total_rows(run).items()
    row = next((row for (_, name), row in rows if name == formula), None)
    return formula_name(row) if row else formula.upper()
