"""Tables of the page that show what stands behind the numbers: counts, choices, contents."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from tradegains.figures.distributions import Comparison
from tradegains.published.printing import count, fixed, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import Cell, PageTable, names, plain

TOTALS = ("read", "valid", "quarantined")
STATUSES = ("continuing", "entrant", "exiter")
AMOUNTS = {
    "establishments": "establishment_rate",
    "employment": "employment_rate",
    "sales": "sales_rate",
}


def quantiles(comparison: Comparison) -> PageTable:
    """The exact weighted quantiles and the counts behind one figure."""
    rows = tuple(
        (
            *names([one.member.label]),
            *(plain(None if q is None else fixed(q, 3)) for q in (one.p10, one.p50, one.p90)),
            Cell(count(one.establishments)),
            Cell(count(one.employment)),
        )
        for one in comparison.series
    )
    return PageTable(
        title="Employment-weighted quantiles",
        unit="log points; n in establishments, employment in jobs",
        header=("", "p10", "median", "p90", "n", "employment"),
        rows=rows,
    )


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


def choices(run: PublishedRun) -> PageTable:
    """The resolved study, one choice a row."""
    lines = list(_choice_lines(run.study))
    sections = [section for section, _, _ in lines]
    heads = [new if new != old else "" for old, new in pairwise(["", *sections])]
    rows = tuple(
        tuple(names((head, key, value))) for head, (_, key, value) in zip(heads, lines, strict=True)
    )
    return PageTable(
        title="Every choice of the study",
        unit="as resolved by the run",
        header=("section", "choice", "value"),
        rows=rows,
        stub=2,
    )


def contents(run: PublishedRun) -> PageTable:
    """The Delta tables that the run published."""
    rows = tuple(
        (
            *names([table["name"]]),
            Cell(count(table["rows"])),
            Cell(str(table["version"])),
            *names([table["digest"][:16]]),
        )
        for table in run.record.get("tables") or ()
    )
    return PageTable(
        title="Published tables",
        unit="rows; first 16 characters of the content digest",
        header=("table", "rows", "Delta version", "digest"),
        rows=rows,
    )


def _status(run: PublishedRun, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    """One window and status."""
    cells = names([run.window_years(row["window"]), row["status"], str(row["year"])])
    for amount, rate in AMOUNTS.items():
        cells.append(plain(None if row[amount] is None else count(row[amount])))
        cells.append(plain(None if row[rate] is None else percent(row[rate], 1)))
    return tuple(cells)


def _rules(counts: Mapping[tuple[int, str], Mapping[str, Any]], *, nonzero: bool) -> dict[str, str]:
    """Rules with their actions: those that flagged a row in some year, or the others."""
    rules = {rule: row["action"] for (_, rule), row in counts.items() if rule not in TOTALS}
    hit = {rule for (_, rule), row in counts.items() if row["rows"]}
    return {rule: rules[rule] for rule in sorted(rules) if (rule in hit) == nonzero}


def _rows_counted(row: Mapping[str, Any] | None) -> Cell:
    """Rows counted; a rule without a row in `quality` flagged none."""
    return Cell(count(row["rows"] if row else 0))


def _choice_lines(values: Mapping[str, Any], section: str = "") -> Iterator[tuple[str, str, str]]:
    """(section, key, value) of every choice; sections in the study's order."""
    for key, value in values.items():
        path = f"{section}.{key}" if section else key
        if isinstance(value, Mapping):
            yield from _choice_lines(value, path)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for entry in value:
                others = {k: v for k, v in entry.items() if k != "name"}
                yield from _choice_lines(others, f"{path}: {entry.get('name', '')}")
        else:
            yield (section, key, _choice(value))


def _choice(value: Any) -> str:
    """A value as a reader writes it: lists with commas, yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_choice, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
