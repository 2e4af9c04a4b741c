"""Who has the jobs and the output: groups of productivity by classes of size, one table a year."""

from collections.abc import Mapping, Sequence
from math import fsum
from typing import Any

from tradegains.published.printing import count, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.comparisons import WORDS
from tradegains.report.data import rows_csv
from tradegains.report.page_table import Cell, PageTable, names, plain
from tradegains.tables.published import TABLES

NAME = "joint_distribution"
TITLE = TABLES[NAME].title
SHARES = ("employment_share", "output_share")
Row = Mapping[str, Any]


def joint_distribution(run: PublishedRun) -> list[PageTable]:
    """A table for every year; none without rows."""
    rows = sorted(
        run.rows(NAME),
        key=lambda row: (row["year"], row["productivity_group"], row["size_from"] or 0.0),
    )
    years = dict.fromkeys(row["year"] for row in rows)
    return [_table(run, [row for row in rows if row["year"] == year]) for year in years]


def _table(run: PublishedRun, rows: Sequence[Row]) -> PageTable:
    """Shares of one year, with sums over groups and over classes."""
    first = rows[0]
    groups = list(dict.fromkeys(row["productivity_group"] for row in rows))
    sizes = [_size(row) for row in rows if row["productivity_group"] == groups[0]]
    lines = [_line(str(group), [row for row in rows if row["productivity_group"] == group])
             for group in groups]  # fmt: skip
    columns = [[row for row in rows if _size(row) == size] for size in sizes]
    whole = (
        *names(["all"]),
        *(
            cell
            for share in SHARES
            for cell in (*(_share(column, share) for column in columns), _share(rows, share))
        ),
    )
    output = WORDS.get(first["numerator"], first["numerator"])
    return PageTable(
        title=f"{TITLE}, {first['year']}",
        unit=f"percent of the year's jobs and {output}",
        header=("productivity", *([*sizes, "all"] * 2)),
        groups=(("", 1), ("jobs, by size", len(sizes) + 1), (f"{output}, by size", len(sizes) + 1)),
        rows=(*lines, whole),
        remark=_caption(run, rows, len(groups)),
        strong=len(lines),
        data=(rows_csv(run, NAME, rows, suffix=f"_{first['year']}"),),
    )


def _line(group: str, rows: Sequence[Row]) -> tuple[Cell, ...]:
    """A productivity group over the classes of size."""
    shares = (
        cell
        for share in SHARES
        for cell in (*(_share([row], share) for row in rows), _share(rows, share))
    )
    return (*names([group]), *shares)


def _share(rows: Sequence[Row], name: str) -> Cell:
    """A sum of shares in percent; a dash where the year has no total."""
    values = [row[name] for row in rows if row[name] is not None]
    return plain(percent(fsum(values), 1) if len(values) == len(rows) else None)


def _size(row: Row) -> str:
    """A class of size as a reader says it."""
    low, high = row["size_from"], row["size_to"]
    if low is None:
        return "all sizes" if high is None else f"under {high:g}"
    return f"{low:g} or more" if high is None else f"{low:g} to {high:g}"


def _caption(run: PublishedRun, rows: Sequence[Row], groups: int) -> str:
    """How the groups and classes are cut, and n."""
    equal = {"unweighted": "equal numbers of establishments", "employment": "equal employment"}
    cut = equal.get(rows[0]["weighting"], "equal weight")
    number = count(sum(row["establishments"] for row in rows))
    return (
        f"{groups} groups of relative productivity with {cut} but for ties, 1 the lowest: log "
        f"productivity less the median of the {run.industry_digits}-digit industry in the same "
        "year. Size is reported employment, the lower edge included. "
        f"n = {number} establishments with productivity."
    )
