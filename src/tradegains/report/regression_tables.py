"""Tables of the page on regressions and export entry: plain numbers with their errors."""

from collections.abc import Iterable, Mapping
from typing import Any

from tradegains.report.page_table import Cell, Footnotes, PageTable, names, plain
from tradegains.report.printing import count, fixed, percent
from tradegains.report.published_run import PublishedRun

MODELS = {
    "exporter_premium": "exporter premium",
    "exporter_premium_with_size": "exporter premium, size held",
    "exit_linear": "exit, linear probability",
    "exit_probit": "exit, probit",
    "entry_probit": "starting to export, probit",
    "raw_difference": "raw difference",
    "least_squares": "least squares",
    "first_stage": "first stage",
    "two_stage": "two-stage least squares",
}
Row = Mapping[str, Any]


def regression_tables(run: PublishedRun) -> list[PageTable]:
    """The tables that the run has rows for."""
    found = (_estimates(run), _entries(run))
    return [table for table in found if table is not None]


def _estimates(run: PublishedRun) -> PageTable | None:
    """Every coefficient of the whole sample; those by quartile stay in the table."""
    rows = sorted(run.rows("regressions", sample="all"), key=_order)
    if not rows:
        return None
    marks = Footnotes()
    return PageTable(
        title="Exporters, exit and the effect of exporting",
        unit="coefficients with standard errors; n in establishments, or establishment-years",
        header=("outcome", "model", "years", "weights", "term", "coefficient", "s.e.", "n", "F"),
        rows=tuple(_estimate(row, marks) for row in rows),
        stub=5,
        notes=marks.notes,
        remark=_premium(rows),
    )


def _order(row: Row) -> tuple[int, str, str, str, str]:
    place = list(MODELS).index(row["model"])
    return place, row["outcome"], row["years"], row["weighting"], row["term"]


def _estimate(row: Row, marks: Footnotes) -> tuple[Cell, ...]:
    value, error, strength = row["coefficient"], row["standard_error"], row["first_stage_f"]
    reason = row["note"] or ""
    return (
        *names([_words(row["outcome"]), MODELS[row["model"]], row["years"]]),
        *names([row["weighting"], _words(row["term"])]),
        marks.cell(None if value is None else fixed(value, 4), reason),
        marks.cell(None if error is None else fixed(error, 4), reason),
        Cell(count(row["observations"])),
        plain(None if strength is None else fixed(strength, 1)),
    )


def _premium(rows: Iterable[Row]) -> str:
    """The premium in percent, where the run has one."""
    found = [
        row["premium_percent"]
        for row in rows
        if row["model"] == "exporter_premium"
        and row["weighting"] == "unweighted"
        and row["premium_percent"] is not None
    ]
    if not found:
        return ""
    return f"Exporters are {fixed(found[0], 1)} percent more productive than others."


def _entries(run: PublishedRun) -> PageTable | None:
    """Starters by quartile of productivity and what tariff cuts add."""
    rows = sorted(run.rows("export_entry"), key=lambda row: (row["window"], row["quartile"] or 5))
    if not rows:
        return None
    marks = Footnotes()
    return PageTable(
        title="Who starts to export",
        unit="n in establishments that never exported before; rates in percent",
        header=("window", "quartile", "n", "starters", "rate", "due to cuts", "s.e.", "ratio"),
        rows=tuple(_entry(run, row, marks) for row in rows),
        stub=2,
        notes=marks.notes,
        remark="Quartiles of first-year productivity, 1 the lowest; ratio: over quartile 1.",
    )


def _entry(run: PublishedRun, row: Row, marks: Footnotes) -> tuple[Cell, ...]:
    due, error = row["probability_due_to_cut"], row["probability_standard_error"]
    reason, relative = row["note"] or "", row["ratio_to_bottom"]
    quartile = "all" if row["quartile"] is None else str(row["quartile"])
    return (
        *names([run.window_years(row["window"]), quartile]),
        Cell(count(row["establishments"])),
        Cell(count(row["starters"])),
        plain(None if row["starter_rate"] is None else percent(row["starter_rate"], 1)),
        marks.cell(None if due is None else percent(due, 1), reason),
        marks.cell(None if error is None else percent(error, 1), reason),
        plain(None if relative is None else fixed(relative, 2)),
    )


def _words(name: str) -> str:
    return name.replace("_", " ")
