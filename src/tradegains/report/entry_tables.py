"""Tables of the page on who came, went, exported and hired, and on how complete the census is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tradegains.published.printing import count, fixed, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import Cell, Footnotes, PageTable, names, plain

GROUPS = {
    "all": "all",
    "quartile_1": "lowest quartile",
    "quartile_2": "second quartile",
    "quartile_3": "third quartile",
    "quartile_4": "highest quartile",
    "lower_half": "lower half",
    "unmeasured": "no productivity",
}
FLOWS = ("entrant_creation", "expander_creation", "exiter_destruction", "contractor_destruction")
MEASURES = ("establishments", "employment", "sales", "exports", "value_added")
RATES = ("creation_rate", "destruction_rate", "destruction_share")


def entry_tables(run: PublishedRun) -> list[PageTable]:
    """The tables that the run has rows for."""
    found = (transitions(run), job_flows(run), repaired_ids(run))
    return [table for table in found if table is not None]


def transitions(run: PublishedRun) -> PageTable | None:
    """From which state to which, in every window."""
    rows = _of_windows(run, run.rows("transitions", kind="window", level="total"))
    if not rows:
        return None
    return PageTable(
        title="From which state to which",
        unit="n in establishments; shares in percent of the state at the start",
        header=("window", "at the start", "at the end", "n", "share", "jobs", "share"),
        rows=tuple(
            (
                *names([run.window_years(row["window"])]),
                *names([row["state_at_start"], row["state_at_end"]]),
                Cell(count(row["establishments"])),
                Cell(percent(row["establishment_share"], 1)),
                Cell(count(row["employment"])),
                _percent(row["employment_share"]),
            )
            for row in rows
        ),
        groups=(("", 3), ("establishments", 2), ("employment", 2)),
        stub=3,
        remark="Absent at the start is entry, absent at the end is exit.",
    )


def job_flows(run: PublishedRun) -> PageTable | None:
    """Jobs created and destroyed in every window, also by productivity of the first year."""
    rows = _of_windows(run, run.rows("job_flows", kind="window", level="total"))
    if not rows:
        return None
    order = list(GROUPS)
    rows.sort(key=lambda row: (_place(run, row), order.index(row["productivity_group"])))
    return PageTable(
        title="Jobs created and destroyed",
        unit="jobs; n in establishments of either year; rates in percent",
        header=(
            *("window", "productivity", "n", "entrants", "expanders", "exiters", "contractors"),
            *("created", "destroyed", "of the start"),
        ),
        rows=tuple(tuple(_flows(run, row)) for row in rows),
        groups=(("", 3), ("created by", 2), ("destroyed by", 2), ("rates", 3)),
        stub=2,
        remark=(
            "Created and destroyed: over the average of both years' employment. Of the start: "
            "destroyed over employment in the first year; for the lower half of productivity "
            "within 4-digit industries this is the figure to set beside the 12 percent of Melitz "
            "and Trefler (2012). Entrants have no productivity in the first year: only the row of "
            "all has them."
        ),
    )


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
    ratio = _percent(row["ratio"])
    if row["note"]:
        ratio = replace(ratio, mark=marks.letter(row["note"]))
    sums = (
        plain(None if row[name] is None else count(row[name])) for name in ("census", "control")
    )
    return (*sums, ratio)


def repaired_ids(run: PublishedRun) -> PageTable | None:
    """The headline welfare change with the ids of the census and with repaired ones."""
    found = {
        ids: run.rows("welfare", level="total", formula="hloy", ids=ids, **run.headline_choices)
        for ids in ("raw", "repaired")
    }
    if not found["repaired"]:
        return None
    return PageTable(
        title="Ids of the census and ids repaired by successors",
        unit="percent, 100 × Δ ln",
        header=("window", "ids", "Δ ln X^c/X", "Δ ln W, HLOY"),
        rows=tuple(
            (
                *names([run.window_years(row["window"]), ids]),
                plain(_signed(row["delta_ln_continuing_share"])),
                plain(_signed(row["welfare_change"])),
            )
            for ids, rows in found.items()
            for row in rows
        ),
        stub=2,
    )


def _flows(run: PublishedRun, row: Mapping[str, Any]) -> Iterator[Cell]:
    yield from names([run.window_years(row["window"]), GROUPS[row["productivity_group"]]])
    yield Cell(count(row["establishments"]))
    yield from (plain(None if row[flow] is None else count(row[flow])) for flow in FLOWS)
    yield from (_percent(row[rate]) for rate in RATES)


def _of_windows(run: PublishedRun, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in the order of the study's windows."""
    return sorted(rows, key=lambda row: _place(run, row))


def _place(run: PublishedRun, row: Mapping[str, Any]) -> int:
    return list(run.windows).index(row["window"]) if row["window"] in run.windows else 0


def _percent(share: float | None) -> Cell:
    return plain(None if share is None else percent(share, 1))


def _signed(change: float | None) -> str | None:
    return None if change is None else fixed(100 * change, 2)
