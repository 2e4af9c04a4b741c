"""Tables of the page on who came, went, exported and hired, and on how complete the census is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tradegains.published.printing import count, fixed, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.errors import brackets_in_words
from tradegains.report.page_table import Cell, PageTable, names, plain, rate_cell
from tradegains.report.section import Section, section_of
from tradegains.tables.published import TABLES

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
RATES = ("creation_rate", "destruction_rate", "destruction_share")
ERRORS = TABLES["job_flows"].errors


def section(run: PublishedRun) -> Section:
    """Who continues, enters and exits, changes of state, and jobs created and destroyed."""
    return section_of(
        "demography",
        "Entry and exit",
        "Entry and exit",
        demography(run),
        *entry_tables(run),
    )


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
                rate_cell(row["establishment_share"]),
                Cell(count(row["employment"])),
                rate_cell(row["employment_share"]),
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
            "destroyed over employment in the first year. Entrants have no productivity in the "
            "first year: only the row of all has them." + brackets_in_words(run, rows)
        ),
    )


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
    yield from (rate_cell(row[rate], row.get(ERRORS[rate])) for rate in RATES)


def _of_windows(run: PublishedRun, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in the order of the study's windows."""
    return sorted(rows, key=lambda row: _place(run, row))


def _place(run: PublishedRun, row: Mapping[str, Any]) -> int:
    return list(run.windows).index(row["window"]) if row["window"] in run.windows else 0


def _signed(change: float | None) -> str | None:
    return None if change is None else fixed(100 * change, 2)


STATUSES = ("continuing", "entrant", "exiter")
AMOUNTS = {
    "establishments": "establishment_rate",
    "employment": "employment_rate",
    "sales": "sales_rate",
}


def demography(run: PublishedRun) -> PageTable:
    """Continuing, entering and exiting establishments of every window."""
    rule = run.headline_choices["continuing"]
    rows = run.rows("demography", kind="window", level="total", continuing=rule)
    order = {name: position for position, name in enumerate(run.windows)}
    rows.sort(key=lambda r: (order.get(r["window"], 0), STATUSES.index(r["status"]), r["year"]))
    return PageTable(
        title="Who continues, enters and exits",
        unit=f"rates in percent of all establishments of the year; sales in {run.money_unit}",
        header=("window", "status", "year", "n", "rate", "jobs", "rate", "sales", "rate"),
        rows=tuple(_status(run, row) for row in rows),
        groups=(("", 3), ("establishments", 2), ("employment", 2), ("sales", 2)),
        stub=3,
        remark=f"Continuing by the rule {rule}.",
    )


def _status(run: PublishedRun, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    """One window and status."""
    cells = names([run.window_years(row["window"]), row["status"], str(row["year"])])
    for amount, rate in AMOUNTS.items():
        cells.append(plain(None if row[amount] is None else count(row[amount])))
        cells.append(plain(None if row[rate] is None else percent(row[rate], 1)))
    return tuple(cells)
