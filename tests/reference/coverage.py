"""Census sums beside control totals, from rows."""

import math
from collections.abc import Mapping
from typing import Any

from reference.rows import MONEY, Row, establishments, parts_of, worth


def list_coverage(
    rows: list[Row], study: Any, controls: list[Mapping[str, Any]] | None
) -> list[dict[str, Any]]:
    """One row per study year, industry of either side and measure, and per year in total."""
    found = []
    for year in study.years if controls else ():
        of_year = [row for row in rows if row.year == year]
        parts = [part for row in of_year for _, part in parts_of(row, row.counted)]
        known = {entry["industry"]: entry for entry in controls if entry["year"] == year}
        digits = len(controls[0]["industry"])
        codes = {row.industry[:digits] for row in parts if row.industry is not None} | set(known)
        for measure in controls[0].keys() - {"industry", "year"}:
            has = measure == "establishments" or study.census.has(measure)
            total = math.fsum(entry[measure] for entry in known.values()) if known else None
            found.append(
                compare(year, None, measure, add(of_year, measure, has), total)
                | {"note": one_sided(parts, known, digits) if known else None}
            )
            for code in codes if known else ():
                inside = [row for row in parts if (row.industry or "").startswith(code)]
                stated = known[code][measure] if code in known else None
                counted = add(inside, measure, has) if inside else None
                found.append(compare(year, code, measure, counted, stated))
    return found


def one_sided(parts: list[Row], known: Mapping[str, Any], digits: int) -> str | None:
    """Industries of one side only."""
    there = {row.industry[:digits] for row in parts if row.industry is not None}
    sides = {"no establishment in": known.keys() - there, "no control total of": there - {*known}}
    named = (f"{what} {', '.join(sorted(codes))}" for what, codes in sides.items() if codes)
    return "; ".join(named) or None


def add(rows: list[Row], measure: str, has: bool) -> float | None:
    """A measure of some rows, in the unit of the study."""
    if not has:
        return None
    if measure == "establishments":
        return float(establishments(rows))
    return worth(rows, measure) if measure in MONEY else sum(row.weight for row in rows) / 1000


def compare(
    year: int, code: str | None, measure: str, census: float | None, control: float | None
) -> dict[str, Any]:
    """A row of the table."""
    return {
        "year": year,
        "level": "total" if code is None else "industry",
        "industry": code,
        "measure": measure,
        "census": census,
        "control": control,
        "ratio": census / control if census is not None and control else None,
        "note": None,
    }
