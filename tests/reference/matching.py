"""Who is in a window: continuing, entrant, exiter, and which industry they belong to.

An establishment at both ends that fails a stricter rule has no status.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from reference.rows import Row

LEVELS = ("total", "industry2", "industry4")


def present(rows: Iterable[Row], year: int) -> set[str]:
    """Ids seen in a year."""
    return {
        row.establishment_id
        for row in rows
        if row.year == year and row.establishment_id is not None
    }


def continuing_ids(rows: list[Row], window: Any, rule: str) -> set[str]:
    """Ids that continue through the window under a rule."""
    if rule == "every_year":
        years = range(window.start, window.end + 1)
        return set.intersection(*(present(rows, year) for year in years))
    if rule == "domestic_both_ends":
        rows = [row for row in rows if row.domestic_sales > 0]
    return present(rows, window.start) & present(rows, window.end)


def status_rows(rows: list[Row], window: Any, rule: str) -> dict[tuple[str, int], list[Row]]:
    """Rows of each status, at each end of the window where that status is measured."""
    at_start, at_end = present(rows, window.start), present(rows, window.end)
    continuing = continuing_ids(rows, window, rule)
    members = {
        ("continuing", window.start): continuing,
        ("continuing", window.end): continuing,
        ("exiter", window.start): at_start - at_end,
        ("entrant", window.end): at_end - at_start,
    }
    return {
        (status, year): [row for row in rows if row.year == year and row.establishment_id in ids]
        for (status, year), ids in members.items()
    }


def industry_in_window(rows: list[Row], window: Any, choice: str) -> Callable[[Row], str | None]:
    """The industry a row counts in: its own, or that of its establishment at one end, if there."""
    if choice == "own_year":
        return lambda row: row.industry
    year = {"start": window.start, "end": window.end}[choice]
    found: dict[str, str] = {}
    for row in rows:
        if row.year == year and row.establishment_id is not None and row.industry is not None:
            # Copies of one establishment exist only where the study keeps duplicates.
            found[row.establishment_id] = max(row.industry, found.get(row.establishment_id, ""))
    return lambda row: found.get(row.establishment_id or "", row.industry)


def by_industry(
    rows: Iterable[Row], level: str, industry: Callable[[Row], str | None], group_digits: int
) -> dict[str | None, list[Row]]:
    """Rows of each industry of a level; at level total all rows, under None."""
    cells: dict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        code = industry(row)
        if level == "total":
            cells[None].append(row)
        elif code is not None:
            cells[code[:group_digits] if level == "industry2" else code].append(row)
    return cells


class Pair:
    """Two consecutive years as a window."""

    def __init__(self, start: int) -> None:
        self.name, self.start, self.end = f"{start}-{start + 1}", start, start + 1


def count_demography(rows: list[Row], study: Any) -> list[dict[str, Any]]:
    """One row per window, rule, level, industry, status and year that has an establishment."""
    counted = []
    for window in study.windows:
        for rule in study.matching.continuing:
            counted += count_window(rows, study, window, kind="window", rule=rule)
    if study.matching.annual:
        for year in study.years:
            if year + 1 in study.years:
                counted += count_window(rows, study, Pair(year), kind="annual", rule="both_ends")
    return counted


def count_window(
    rows: list[Row], study: Any, window: Any, *, kind: str, rule: str
) -> list[dict[str, Any]]:
    """Demography of one window under one rule."""
    digits = study.census.industry_group_digits
    # The choice is about the study's windows; consecutive years are always in their own industry.
    choice = study.matching.industry_at if kind == "window" else "own_year"
    industry = industry_in_window(rows, window, choice)
    counted = []
    for (status, year), members in status_rows(rows, window, rule).items():
        everyone = [row for row in rows if row.year == year]
        for level in LEVELS:
            of_all = by_industry(everyone, level, industry, digits)
            for code, cell in by_industry(members, level, industry, digits).items():
                counted.append(
                    {
                        "window": window.name,
                        "kind": kind,
                        "continuing": rule,
                        "level": level,
                        "industry": code,
                        "status": status,
                        "year": year,
                        **totals(cell, study),
                        **rates(cell, of_all[code]),
                    }
                )
    return counted


def totals(cell: list[Row], study: Any) -> dict[str, Any]:
    """Count and sums of a cell; a column the study does not map is null."""
    has = study.census.has
    return {
        "establishments": len(cell),
        "employment": sum(row.weight for row in cell) / 1000,
        "sales": sum(row.sales for row in cell) / 100,
        "exports": sum(row.exports for row in cell) / 100 if has("exports") else None,
        "domestic_sales": sum(row.domestic_sales for row in cell) / 100,
        "value_added": sum(row.value_added for row in cell) / 100 if has("value_added") else None,
    }


def rates(cell: list[Row], everyone: list[Row]) -> dict[str, float | None]:
    """A cell's part of all rows of its year, level and industry."""
    return {
        "establishment_rate": share(len(cell), len(everyone)),
        "employment_rate": share(
            sum(row.weight for row in cell), sum(row.weight for row in everyone)
        ),
        "sales_rate": share(sum(row.sales for row in cell), sum(row.sales for row in everyone)),
    }


def share(part: int, whole: int) -> float | None:
    """Part over whole; None when the whole is 0."""
    return part / whole if whole else None
