"""Who is in a window: continuing, entrant, exiter, and which industry they belong to.

An establishment at both ends that fails a stricter rule has no status.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from reference.rows import (
    COLUMNS_OF,
    Row,
    Split,
    establishments,
    even_part,
    parts_of,
    unknown_note,
    without_unknown,
    worth,
)

LEVELS = ("total", "industry2", "industry4")


def present(rows: Iterable[Row], year: int) -> set[str]:
    """Ids seen in a year."""
    return {
        row.establishment_id
        for row in rows
        if row.year == year and row.establishment_id is not None
    }


def continuing_ids(rows: list[Row], window: Any, rule: str, panel: Sequence[int] = ()) -> set[str]:
    """Ids that continue through the window under a rule."""
    if rule == "every_year":
        years = range(window.start, window.end + 1)
        return set.intersection(*(present(rows, year) for year in years))
    if rule == "domestic_both_ends":
        rows = [row for row in rows if row.is_domestic]
    years = {window.start, window.end, *(panel if rule == "panel" else ())}
    return set.intersection(*(present(rows, year) for year in years))


def bridged_ids(rows: list[Row], window: Any, years: int) -> set[str]:
    """Ids with a row at one end only whose absence at the other lasts at most so many years."""
    seen = defaultdict(set)
    for row in rows:
        if row.establishment_id is not None:
            seen[row.establishment_id].add(row.year)
    return {
        each
        for each, present_in in seen.items()
        if ends_in_a_gap(sorted(present_in), window.start, window.end, years)
    }


def ends_in_a_gap(present_in: list[int], start: int, end: int, longest: int) -> bool:
    """Whether exactly one end is a year of presence, and the other in a gap of that length."""
    missing = [year for year in (start, end) if year not in present_in]
    if len(missing) != 1:
        return False
    return any(
        before < missing[0] < after and after - before - 1 <= longest
        for before, after in pairwise(present_in)
    )


def status_rows(
    rows: list[Row],
    window: Any,
    rule: str,
    bridged: frozenset[str] | set[str] = frozenset(),
    panel: Sequence[int] = (),
) -> dict[tuple[str, int], list[Row]]:
    """Rows of each status, at each end of the window where that status is measured."""
    at_start, at_end = present(rows, window.start), present(rows, window.end)
    continuing = continuing_ids(rows, window, rule, panel) | bridged
    at_start, at_end = at_start - bridged, at_end - bridged
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


Counted = Callable[[Row], str | Split | None]


def counted_in_window(rows: list[Row], window: Any, choice: str) -> Counted:
    """The industry a row counts in: its own, or that of its establishment at one end, if there."""
    if choice == "own_year":
        return lambda row: row.counted
    year = {"start": window.start, "end": window.end}[choice]
    found: dict[str, str | Split] = {}
    for row in rows:
        if row.year == year and row.establishment_id is not None and row.industry is not None:
            # Copies of one establishment exist only where the study keeps duplicates.
            known = found.get(row.establishment_id, "")
            found[row.establishment_id] = max(row.counted, known, key=_rank)
    return lambda row: found.get(row.establishment_id or "", row.counted)


def _rank(code: str | Split) -> tuple[int, str]:
    return (code.place, code.main) if isinstance(code, Split) else (0, code)


def industry_in_window(rows: list[Row], window: Any, choice: str) -> Callable[[Row], str | None]:
    """The undivided industry of a row in a window."""
    counted = counted_in_window(rows, window, choice)

    def industry(row: Row) -> str | None:
        code = counted(row)
        return code.main if isinstance(code, Split) else code

    return industry


def by_industry(
    rows: Iterable[Row], level: str, counted: Counted, group_digits: int
) -> dict[str | None, list[Row]]:
    """Rows of each industry of a level, or their parts; at level total all rows, under None."""
    cells: dict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        if level == "total":
            cells[None].append(row)
            continue
        for code, part in parts_of(row, counted(row)):
            if code is not None:
                cells[code[:group_digits] if level == "industry2" else code].append(part)
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
    ends = (window.start, window.end)
    rows = without_unknown(rows, ends)
    digits = study.census.industry_group_digits
    # The choice is about the study's windows; consecutive years are always in their own industry.
    choice = study.matching.industry_at if kind == "window" else "own_year"
    industry = counted_in_window(rows, window, choice)
    longest = study.matching.reactivation_years if kind == "annual" else 0
    bridged = bridged_ids(rows, window, longest)
    counted = []
    for (status, year), members in status_rows(
        rows, window, rule, bridged, study.matching.panel_years
    ).items():
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
                        "note": unknown_note(cell, rows, ends, COLUMNS_OF),
                    }
                )
    return counted


def rates_of(found: list[dict[str, Any]], rows: list[Row], study: Any) -> list[dict[str, Any]]:
    """Rows of demography with the rates that fewer rows give; 0 where nobody is left."""
    every, made = rows, []
    for window in study.windows:
        rows = without_unknown(every, (window.start, window.end))
        own = [r for r in found if (r["window"], r["kind"]) == (window.name, "window")]
        industry = counted_in_window(rows, window, study.matching.industry_at)
        for rule in study.matching.continuing:
            by_status = status_rows(
                rows, window, rule, bridged_ids(rows, window, 0), study.matching.panel_years
            )
            ruled = [row for row in own if row["continuing"] == rule]
            made += _with_rates(ruled, rows, study, (by_status, industry))
    for pair in {row["window"] for row in found if row["kind"] == "annual"}:
        window = Pair(int(pair[:4]))
        rows = without_unknown(every, (window.start, window.end))
        bridged = bridged_ids(rows, window, study.matching.reactivation_years)
        by_status = status_rows(rows, window, "both_ends", bridged)
        own = [row for row in found if (row["window"], row["kind"]) == (pair, "annual")]
        industry = counted_in_window(rows, window, "own_year")
        made += _with_rates(own, rows, study, (by_status, industry))
    return made


def _with_rates(
    own: list[dict[str, Any]], rows: list[Row], study: Any, by: tuple[Mapping, Counted]
) -> list[dict[str, Any]]:
    """Rows of one period and rule with the rates of these rows of the census."""
    (by_status, industry), made = by, []
    digits = study.census.industry_group_digits
    for status, year in {(row["status"], row["year"]) for row in own}:
        everyone = [row for row in rows if row.year == year]
        for level in LEVELS:
            of_all = by_industry(everyone, level, industry, digits)
            cells = by_industry(by_status.get((status, year), []), level, industry, digits)
            asked = {"level": level, "status": status, "year": year}
            made += [
                {**row, **rates(cells[row["industry"]], of_all[row["industry"]])}
                for row in own
                if asked.items() <= row.items()
            ]
    return made


def totals(cell: list[Row], study: Any) -> dict[str, Any]:
    """Count and sums of a cell; a column the study does not map is null."""
    has = study.census.has
    return {
        "establishments": establishments(cell),
        "employment": sum(row.weight for row in cell) / 1000,
        "sales": worth(cell, "sales"),
        "exports": worth(cell, "exports") if has("exports") else None,
        "domestic_sales": worth(cell, "domestic_sales"),
        "value_added": worth(cell, "value_added") if has("value_added") else None,
    }


def rates(cell: list[Row], everyone: list[Row]) -> dict[str, float | None]:
    """A cell's part of all rows of its year, level and industry."""
    return {
        "establishment_rate": share(establishments(cell), establishments(everyone)),
        "employment_rate": share(
            sum(row.weight for row in cell), sum(row.weight for row in everyone)
        ),
        "sales_rate": share(sum(row.sales for row in cell), sum(row.sales for row in everyone)),
    }


def share(part: int, whole: int) -> float | None:
    """Part over whole; None when the whole is 0."""
    return part / whole if whole else None


def list_transitions(rows: list[Row], study: Any) -> list[dict[str, Any]]:
    """One row per period, level, industry and pair of states that some establishment has."""
    pairs = [
        Pair(year) for year in study.years if study.matching.annual and year + 1 in study.years
    ]
    found = []
    for window, kind in [*((w, "window") for w in study.windows), *((p, "annual") for p in pairs)]:
        choice = study.matching.industry_at if kind == "window" else "own_year"
        industry = counted_in_window(rows, window, choice)
        longest = study.matching.reactivation_years if kind == "annual" else 0
        states = states_of(rows, study, window, bridged_ids(rows, window, longest))
        seen = first_rows(rows, window)
        for level in LEVELS[:2]:
            cells = by_industry(seen, level, industry, study.census.industry_group_digits)
            for code, cell in cells.items():
                named = {"window": window.name, "kind": kind, "level": level, "industry": code}
                found += [{**named, **counted} for counted in count_transitions(cell, states)]
    return found


def first_rows(rows: list[Row], window: Any) -> list[Row]:
    """The row of each establishment at the first end where it has one."""
    at_start = present(rows, window.start)
    return [
        row
        for row in rows
        if row.year == window.start
        or (row.year == window.end and row.establishment_id not in at_start)
    ]


def states_of(
    rows: list[Row], study: Any, window: Any, bridged: set[str]
) -> dict[str | None, tuple[str, str]]:
    """State of each establishment at the two ends."""
    exporting = {(row.establishment_id, row.year): row.exporter for row in rows}

    def state(identifier: str | None, year: int) -> str:
        if (identifier, year) not in exporting:
            return "dormant" if identifier in bridged else "absent"
        if not study.census.has("exports"):
            return "present"
        return "exporter" if exporting[identifier, year] else "nonexporter"

    return {
        identifier: (state(identifier, window.start), state(identifier, window.end))
        for identifier, year in exporting
        if year in (window.start, window.end)
    }


def count_transitions(
    cell: list[Row], states: dict[str | None, tuple[str, str]]
) -> list[dict[str, Any]]:
    """Count, employment and shares of each pair of states."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in cell:
        groups[states[row.establishment_id]].append(row)
    counted = []
    for (start, end), members in groups.items():
        alike = [row for row in cell if states[row.establishment_id][0] == start]
        counted.append(
            {
                "state_at_start": start,
                "state_at_end": end,
                "establishments": establishments(members),
                "employment": sum(row.weight for row in members) / 1000,
                "establishment_share": share(establishments(members), establishments(alike)),
                "employment_share": share(
                    sum(row.weight for row in members), sum(row.weight for row in alike)
                ),
            }
        )
    return counted


def list_job_flows(
    rows: list[Row], study: Any, quartiles: Mapping[Row, int]
) -> list[dict[str, Any]]:
    """One row per period, level, industry and productivity group.

    `quartiles` holds the quartile of every row that has productivity, within its industry and year.
    """
    if study.job_flows is None:
        return []
    pairs = [
        Pair(year) for year in study.years if study.matching.annual and year + 1 in study.years
    ]
    found = []
    for pair in pairs:
        found += flows_of_period(rows, study, pair, kind="annual", groups={"all": None})
    groups: dict[str, Any] = {"all": None}
    if study.job_flows.productivity_quartiles:
        groups |= {f"quartile_{number}": {number} for number in (1, 2, 3, 4)}
        groups |= {"lower_half": {1, 2}, "unmeasured": {None}}
    for window in study.windows:
        asked = {
            name: None
            if wanted is None
            else {
                row.establishment_id
                for row in rows
                if row.year == window.start and quartiles.get(row) in wanted
            }
            for name, wanted in groups.items()
        }
        found += flows_of_period(rows, study, window, kind="window", groups=asked)
    return found


def flows_of_period(
    rows: list[Row], study: Any, window: Any, *, kind: str, groups: Mapping[str, set[str] | None]
) -> list[dict[str, Any]]:
    """Job flows of one period; a group is a set of ids, None for everyone."""
    rows = without_unknown(rows, (window.start, window.end))
    choice = study.matching.industry_at if kind == "window" else "own_year"
    industry = counted_in_window(rows, window, choice)
    longest = study.matching.reactivation_years if kind == "annual" else 0
    bridged = bridged_ids(rows, window, longest)
    at_end = {row.establishment_id: row.weight for row in rows if row.year == window.end}
    found = []
    for group, ids in groups.items():
        seen = [
            row for row in first_rows(rows, window) if ids is None or row.establishment_id in ids
        ]
        for level in LEVELS if group == "all" else LEVELS[:2]:
            cells = by_industry(seen, level, industry, study.census.industry_group_digits)
            for code, cell in cells.items():
                named = {"window": window.name, "kind": kind, "level": level, "industry": code}
                counted = count_flows(cell, window, at_end, bridged)
                if group != "all":
                    counted["entrant_creation"] = None
                found.append({**named, "productivity_group": group, **counted})
    return found


def count_flows(
    cell: list[Row], window: Any, at_end: Mapping[str | None, int], bridged: set[str]
) -> dict[str, Any]:
    """Flows of some establishments, each with its row at the first end where it has one."""
    start = end = 0
    flows = dict.fromkeys(
        ("entrant_creation", "expander_creation", "exiter_destruction", "contractor_destruction"), 0
    )
    for row in cell:
        before = row.weight if row.year == window.start else None
        after = at_end.get(row.establishment_id)
        after = None if after is None else even_part(after, row.share)
        start, end = start + (before or 0), end + (after or 0)
        stayed = (before is not None and after is not None) or row.establishment_id in bridged
        change = (after or 0) - (before or 0)
        if change > 0:
            flows["expander_creation" if stayed else "entrant_creation"] += change
        else:
            flows["contractor_destruction" if stayed else "exiter_destruction"] -= change
    created = flows["entrant_creation"] + flows["expander_creation"]
    destroyed = flows["exiter_destruction"] + flows["contractor_destruction"]
    return {
        "establishments": establishments(cell),
        "employment_start": start / 1000,
        "employment_end": end / 1000,
        **{name: jobs / 1000 for name, jobs in flows.items()},
        "creation_rate": share(2 * created, start + end),
        "destruction_rate": share(2 * destroyed, start + end),
        "destruction_share": share(destroyed, start),
        "note": None,
    }
