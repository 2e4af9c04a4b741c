"""Published tables and runs in a terminal: no engine, no JVM, in about a second."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from tradegains.published.columns import PrintedColumn, side_by_side
from tradegains.published.published_run import PublishedRun
from tradegains.published.reading import list_runs, read_table
from tradegains.published.rows import filtered, selected, unshown_keys, values_there
from tradegains.published.text_table import rows_text

LOOK_ALIKE = "rows that look alike differ by (name columns to see them)"
# What the list of runs says about each: names and units.
FACTS = {
    "run": "",
    "published": "UTC",
    "study": "",
    "data": "",
    "engine": "",
    "tables": "",
}  # names and units


MOST_VALUES = 20
"""Values that are named where a condition selects no row."""


def show_table(
    output: Path | str,
    table: str,
    *,
    run_id: str | None = None,
    where: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
    limit: int | None = 20,
    width: int = 80,
) -> str:
    """Rows of a published table as text.

    Args:
        output: folder of the run, the one that holds `tables/`.
        table: name of a published table.
        run_id: a run, or the first characters of one; the latest when not given.
        where: values by column; an empty text stands for null.
        columns: columns to print, in this order; those that differ and fit when not given.
        limit: rows to print at most; all when None.
        width: columns of the terminal.

    Raises:
        StudyError: no such run, table or column.
    """
    where = where or {}
    run, rows = read_table(output, table, run_id)
    found = filtered(rows, table, where)
    unshown = unshown_keys(found, table, columns) if columns else []
    found = selected(found, table, columns) if columns else found.drop_columns(list(where))
    heading = [f"{table}, run {run.run_id}, study {run.record['study']}"]
    heading += [f"{column} = {value or 'null'}" for column, value in where.items()]
    heading += run.standing
    text = rows_text(
        found,
        table,
        money_unit=run.money_unit,
        limit=limit,
        width=width,
        fold=not columns,
    )
    lines = [*textwrap.wrap(", ".join(heading), width), text]
    if where and not found.num_rows:
        for column, there in values_there(rows, table, where).items():
            listed = ", ".join(text or "(empty)" for text in there[:MOST_VALUES])
            more = f" and {len(there) - MOST_VALUES:,} more" if len(there) > MOST_VALUES else ""
            lines += textwrap.wrap(f"{column}: {listed}{more}", width, subsequent_indent="  ")
    if unshown:
        told = f"{LOOK_ALIKE}: {', '.join(unshown)}"
        lines += textwrap.wrap(told, width, subsequent_indent="  ")
    return "\n".join(lines)


def show_runs(output: Path | str) -> str:
    """Published runs as text, the latest first.

    Raises:
        StudyError: nothing is published there.
    """
    runs = [PublishedRun(record, {}) for record in list_runs(output)]
    lines = zip(*map(_facts, runs), strict=True)
    return "\n".join(
        side_by_side(
            [PrintedColumn(*fact, cells) for fact, cells in zip(FACTS.items(), lines, strict=True)]
        )
    )


def _facts(run: PublishedRun) -> tuple[str, ...]:
    """What the list of runs says about one, in the order of FACTS."""
    return (
        run.run_id,
        str(run.record["published_at"])[:19].replace("T", " "),
        str(run.record["study"]),
        ("synthetic" if run.synthetic else "census") + (", draft" if run.draft else ""),
        str(run.record["engine"]).split()[0],
        str(len(run.record["tables"] or ())),
    )
