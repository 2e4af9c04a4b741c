"""Growth of output per worker of continuing establishments, from rows."""

import math
from typing import Any

from reference.matching import by_industry, continuing_ids, counted_in_window
from reference.rows import Row, establishments, parts_of, without_unknown, worth

AMOUNTS = {"sales_per_worker": "sales", "value_added_per_worker": "value_added"}


def list_growth(rows: list[Row], study: Any, prices: Any) -> list[dict[str, Any]]:
    """One row per welfare window, rule, market and measure, and post minus pre."""
    found = []
    for name in study.welfare.windows:
        window = study.window(name)
        industry = counted_in_window(rows, window, study.matching.industry_at)
        for rule in study.matching.continuing:
            ids = continuing_ids(rows, window, rule, study.matching.panel_years)
            kept = [
                row
                for row in rows
                if row.year in (window.start, window.end) and row.establishment_id in ids
            ]
            for level in study.welfare.levels:
                cells = by_industry(kept, level, industry, study.census.industry_group_digits)
                if level == "total":
                    cells.setdefault(None, [])
                for code, cell in cells.items():
                    key = {"window": name, "continuing": rule, "level": level, "industry": code}
                    found += grow(cell, window, study, prices=prices, key=key)
    return found + list_differences(found, study)


def grow(
    cell: list[Row], window: Any, study: Any, *, prices: Any, key: dict[str, Any]
) -> list[dict[str, Any]]:
    """Both measures of one market."""
    found = []
    for measure, amount in AMOUNTS.items():
        if amount == "value_added" and not study.census.has(amount):
            continue
        told = without_unknown(cell, (window.start, window.end), (amount, "employment"))
        (start, *why), (end, *also) = (
            per_worker([row for row in told if row.year == year], year, amount, study, prices)
            for year in (window.start, window.end)
        )
        is_change = None not in (start, end) and start > 0 and end > 0
        found.append(
            {
                **key,
                "measure": measure,
                "prices": "nominal"
                if study.productivity.prices == "none"
                else study.productivity.prices,
                "start": start,
                "end": end,
                "delta_ln": window.scale * math.log(end / start) if is_change else None,
                "scale": window.scale,
                "establishments": establishments(row for row in cell if row.year == window.end),
                "note": joined(*why, *also),
            }
        )
    return found


def joined(*notes: str | None) -> str | None:
    return "; ".join(dict.fromkeys(filter(None, notes))) or None


def per_worker(
    members: list[Row], year: int, amount: str, study: Any, prices: Any
) -> tuple[float | None, str | None]:
    """Deflated sum per job; None and why without a job, or where a row has no price."""
    jobs = sum(row.weight for row in members) / 1000
    # Each in its own industry's prices, or in those of the industries that it is split into.
    members = [part for row in members for _, part in parts_of(row, row.counted)]
    if study.productivity.prices == "none":
        logs = [0.0] * len(members)
    else:
        logs = [prices.log(row.year, row.industry) for row in members]
    if not jobs:
        return None, f"no employment in {year}" if establishments(members) else None
    if None in logs:
        lost = (row for row, log in zip(members, logs, strict=True) if log is None)
        code = min(row.industry or "" for row in lost)
        return None, f"no price of industry {code or 'unknown'} in {year}"
    output = [worth([row], amount) / math.exp(log) for row, log in zip(members, logs, strict=True)]
    return math.fsum(output) / jobs, None


def list_differences(found: list[dict[str, Any]], study: Any) -> list[dict[str, Any]]:
    """Post minus pre of every market that both windows have."""
    if study.welfare.difference is None:
        return []
    post, pre = study.welfare.difference
    keys = ("continuing", "level", "industry", "measure")
    before = {tuple(row[key] for key in keys): row for row in found if row["window"] == pre}
    rows = []
    for row in found:
        earlier = before.get(tuple(row[key] for key in keys))
        if row["window"] == post and earlier:
            known = None not in (row["delta_ln"], earlier["delta_ln"])
            rows.append(
                {
                    **row,
                    "window": f"{post}-{pre}",
                    "start": None,
                    "end": None,
                    "delta_ln": row["delta_ln"] - earlier["delta_ln"] if known else None,
                    "scale": 1.0,
                    "establishments": None,
                    "note": joined(row["note"], earlier["note"]),
                }
            )
    return rows
