"""How far the choices of the study move its answer."""

from collections.abc import Mapping

from tradegains.published.printing import percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.elasticity_pairs import elasticity_pairs
from tradegains.report.influence import (
    influence_exhibit,
    largest_table,
    measurement_table,
    warning_of_largest,
)
from tradegains.report.one_choice import one_choice_at_a_time
from tradegains.report.page_table import Cell, Footnotes, PageTable, names
from tradegains.report.section import Paragraph, Section, section_of
from tradegains.report.side_by_side import PERCENT
from tradegains.report.table_1 import FORMULAS
from tradegains.report.welfare_rows import (
    NumberOrReason,
    Row,
    continuing_counts,
    formula_name,
    measured,
    total_rows,
    variants,
)

CHOICES = {"restriction": "restriction", "imports": "imports", "continuing": "continuing rule"}


def section(run: PublishedRun) -> Section:
    """How far the choices move the headline: its spread, one choice alone, all combinations."""
    told = spread(run)
    return section_of(
        "sensitivity",
        "Sensitivity",
        "Sensitivity",
        Paragraph(told) if told else None,
        one_choice_at_a_time(run),
        elasticity_pairs(run),
        measurement_table(run),
        influence_exhibit(run),
        warning_of_largest(run),
        largest_table(run),
        combinations(run),
    )


def combinations(run: PublishedRun) -> PageTable:
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


def _counts_of_sets(run: PublishedRun) -> str:
    """Continuing establishments behind every set of choices; imports change none of them."""
    told: dict[str, str] = {}
    for made in variants(run):
        name = ", ".join(made[key] for key in ("restriction", "continuing"))
        told.setdefault(name, continuing_counts(run, run.welfare_windows, **made))
    return "; ".join(f"{name}: {counts}" for name, counts in told.items() if counts) + "."


def _share_sensitivity(run: PublishedRun) -> PageTable:
    """Changes of the continuing share under every published choice."""
    windows, footnotes = run.welfare_windows, Footnotes()
    rows = []
    for made in variants(run):
        found = total_rows(run, **made)
        numbers = (measured(found.get((w, "hloy")), "delta_ln_continuing_share") for w in windows)
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


def _full_name(run: PublishedRun, formula: str) -> str:
    """A formula with the elasticity this run gave it."""
    rows = total_rows(run).items()
    row = next((row for (_, name), row in rows if name == formula), None)
    return formula_name(row) if row else formula.upper()


def spread(run: PublishedRun) -> str:
    """How far the continuing rule and the imports source alone move the headline."""
    key = (run.headline_window or "", "hloy")
    found = [total_rows(run, **made) for made in variants(run) if made["restriction"] == "all"]
    numbers = [measured(rows.get(key), "welfare_change").value for rows in found]
    values = [number for number in numbers if number is not None]
    if len(values) < 2:
        return ""
    return (
        f"Under the {len(values)} combinations of continuing rule and imports source, the HLOY "
        f"change over {run.window_years(key[0])} lies between {percent(min(values))} and "
        f"{percent(max(values))} percent."
    )
