"""Tables of the page that show what stands behind the numbers: counts, choices, contents."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tradegains.published.printing import count, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import Cell, Footnotes, PageTable, names, plain
from tradegains.report.section import WARNING, Paragraph, Section, section_of

UNKNOWN_SOURCE = "The study does not say where its data come from."
TOTALS = ("read", "valid", "quarantined")


def section(run: PublishedRun) -> Section:
    """Where the data come from, rows by what became of them, and coverage."""
    return section_of(
        "quality",
        "Data",
        "Data",
        Paragraph(run.section("study").get("source", UNKNOWN_SOURCE)),
        _balance(run),
        quality(run),
        coverage(run),
    )


def _balance(run: PublishedRun) -> Paragraph:
    """Whether every row read is either valid or quarantined."""
    years = unbalanced_years(run)
    if not years:
        return Paragraph("In every year, rows read = valid + quarantined.")
    listed = ", ".join(map(str, years))
    told = f"Rows read differ from valid plus quarantined rows in {listed}."
    return Paragraph(told, WARNING)


def quality(run: PublishedRun) -> PageTable:
    """Rows read, valid and quarantined per year, and rows each rule flagged."""
    counts = {(row["year"], row["rule"]): row for row in run.rows("quality")}
    years = sorted({year for year, _ in counts})
    flagged = _rules(counts, nonzero=True)
    unflagged = _rules(counts, nonzero=False)
    columns = (*TOTALS, *flagged)
    rows = [
        (*names([str(year)]), *(_rows_counted(counts.get((year, rule))) for rule in columns))
        for year in years
    ]
    actions = [f"{rule} ({action})" for rule, action in flagged.items()]
    return PageTable(
        title="Rows of the census",
        unit="rows; a row may break several rules",
        header=("year", *TOTALS, *actions),
        rows=tuple(rows),
        remark=f"Rules that no row breaks: {', '.join(unflagged)}." if unflagged else "",
    )


def unbalanced_years(run: PublishedRun) -> list[int]:
    """Years in which rows read differ from valid plus quarantined; there should be none."""
    counts: dict[int, dict[str, int]] = {}
    for row in run.rows("quality"):
        counts.setdefault(row["year"], {})[row["rule"]] = row["rows"]
    return [
        year
        for year, rows in sorted(counts.items())
        if rows.get("read", 0) != rows.get("valid", 0) + rows.get("quarantined", 0)
    ]


def _rules(counts: Mapping[tuple[int, str], Mapping[str, Any]], *, nonzero: bool) -> dict[str, str]:
    """Rules with their actions: those that flagged a row in some year, or the others."""
    rules = {rule: row["action"] for (_, rule), row in counts.items() if rule not in TOTALS}
    hit = {rule for (_, rule), row in counts.items() if row["rows"]}
    return {rule: rules[rule] for rule in sorted(rules) if (rule in hit) == nonzero}


def _rows_counted(row: Mapping[str, Any] | None) -> Cell:
    """Rows counted; a rule without a row in `quality` flagged none."""
    return Cell(count(row["rows"] if row else 0))


MEASURES = ("establishments", "employment", "sales", "exports", "value_added")


def coverage(run: PublishedRun) -> PageTable | None:
    """Census sums over control totals, all industries together."""
    rows = run.rows("coverage", level="total")
    if not rows:
        return None
    measures = [name for name in MEASURES if any(row["measure"] == name for row in rows)]
    by_year: dict[int, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        by_year.setdefault(row["year"], {})[row["measure"]] = row
    marks = Footnotes()
    return PageTable(
        title="Coverage of control totals",
        unit=f"establishments, jobs, {run.money_unit}; ratio in percent",
        header=("year", *("census", "control", "ratio") * len(measures)),
        rows=tuple(
            (
                *names([str(year)]),
                *(cell for name in measures for cell in _covered(found.get(name), marks)),
            )
            for year, found in sorted(by_year.items())
        ),
        groups=(("", 1), *((name.replace("_", " "), 3) for name in measures)),
        notes=marks.notes,
        remark="Census: valid rows. Ratio: census over control total.",
    )


def _covered(row: Mapping[str, Any] | None, marks: Footnotes) -> tuple[Cell, ...]:
    """Census, control total and ratio; what the row has to say is a note at its ratio."""
    if row is None:
        return (plain(None),) * 3
    ratio = plain(None if row["ratio"] is None else percent(row["ratio"], 1))
    if row["note"]:
        ratio = replace(ratio, mark=marks.letter(row["note"]))
    sums = (
        plain(None if row[name] is None else count(row[name])) for name in ("census", "control")
    )
    return (*sums, ratio)
