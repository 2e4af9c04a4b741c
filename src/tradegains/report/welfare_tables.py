"""Welfare tables of the page: published beside recovered, sensitivity, industries."""

from collections.abc import Mapping
from dataclasses import replace

from tradegains.published.printing import count, fixed
from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import Cell, Footnotes, PageTable, names, plain
from tradegains.report.table_1 import (
    FORMULAS,
    ComparedNumber,
    SideBySide,
    rows_of_table_a1,
    table_a1,
)
from tradegains.report.welfare import (
    NumberOrReason,
    Row,
    formula_name,
    measured,
    total_rows,
    variants,
)

PERCENT = "100 × Δ ln, in percent"
SHORT = {"published": "publ.", "recovered": "recov."}
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
        title="Every combination of choices",
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
        f"points. ACR depends on imports only. {_counts_of_sets(run)}",
        strong=0,
    )


def continuing_counts(run: PublishedRun, **choices: str) -> str:
    """Continuing establishments of each window, in words; empty where none are counted.

    Those of the headline, unless other choices are given.
    """
    rows = total_rows(run, **choices)
    counts = {
        window: row["establishments"]
        for window in run.welfare_windows
        if (row := rows.get((window, "hloy"))) and row["establishments"] is not None
    }
    return ", ".join(f"{run.window_years(w)} n = {count(n)}" for w, n in counts.items())


def _counts_of_sets(run: PublishedRun) -> str:
    """Continuing establishments behind every set of choices; imports change none of them."""
    told = {}
    for made in variants(run):
        name = ", ".join(made[key] for key in ("restriction", "continuing"))
        told.setdefault(name, continuing_counts(run, **made))
    return "; ".join(f"{name}: {counts}" for name, counts in told.items() if counts) + "."


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


def industries(run: PublishedRun) -> PageTable | None:
    """HLOY by 2-digit industry, published and recovered, and what is behind the later window."""
    table, footnotes, later = table_a1(run), Footnotes(), run.headline_window or ""
    if table is None:
        return None
    plain_table = side_by_side(table)
    behind = rows_of_table_a1(run)
    rows = [
        (
            *names([name]),
            *(cell for entry in entries for cell in _beside(entry, table, footnotes)),
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


def _beside(entry: ComparedNumber, table: SideBySide, footnotes: Footnotes) -> tuple[Cell, ...]:
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


def _move(run: PublishedRun, rows: Mapping[tuple[str, str], Row]) -> NumberOrReason:
    """How far HLOY in the headline's window is from the headline [log points]."""
    key = (run.headline_window or "", "hloy")
    headline, here = (
        measured(found.get(key), "welfare_change") for found in (total_rows(run), rows)
    )
    if headline.value is None or here.value is None:
        return NumberOrReason(None, here.note or headline.note)
    return NumberOrReason(here.value - headline.value)


def _behind(row: Row | None, footnotes: Footnotes) -> tuple[Cell, ...]:
    """The two changes behind a welfare change, its elasticity and weight, and n.

    An aggregate has a value but no shares of its own: its blanks need no reason.
    """
    found = row or {}
    absent = row is None or row["welfare_change"] is None
    numbers = [
        footnotes.percent(measured(row, column)) if absent else _printed(found[column], 100, 2)
        for column in INDUSTRY_DELTAS
    ]
    others = (("elasticity", 2), ("weight", 3), ("establishments", 0))
    return (*numbers, *(_printed(found.get(column), 1, digits) for column, digits in others))


def _printed(value: float | None, factor: int, digits: int) -> Cell:
    """A number times a factor, or a dash that needs no reason."""
    return plain(None if value is None else fixed(factor * value, digits))


def _full_name(run: PublishedRun, formula: str) -> str:
    """A formula with the elasticity this run gave it."""
    rows = total_rows(run).items()
    row = next((row for (_, name), row in rows if name == formula), None)
    return formula_name(row) if row else formula.upper()
