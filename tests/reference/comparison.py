"""Are two tables the same? Counts, sums and order statistics exactly, the rest to a tolerance."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

DERIVED = 1e-12
"""Ratios and logarithms of equal whole numbers: the last bits of `/` and `ln`, nothing else."""

HIGH_MOMENT = 1e-9
"""Skewness and kurtosis divide by sd**3 and sd**4: the engines' fixed point (at worst 2**-40 of a
bin, which is 2**-33 of the smallest sd drawn here) enters three and four times."""

KEYS = {
    "quality": ("year", "rule"),
    "demography": ("window", "kind", "continuing", "level", "industry", "status", "year"),
    "industry_medians": ("median_base", "window", "year", "industry"),
    "moments": ("year", "window", "population", "level", "industry", "median_base", "weighting"),
    "histograms": ("year", "window", "population", "level", "industry", "median_base", "bin"),
    "market_shares": (
        "window",
        "level",
        "industry",
        "continuing",
        "restriction",
        "imports",
        "year",
    ),
    "welfare": (
        "window",
        "level",
        "industry",
        "continuing",
        "restriction",
        "imports",
        "formula",
    ),
}

EXACT = {
    "establishments",
    "continuing_establishments",
    "rows",
    "action",
    "employment",
    "sales",
    "exports",
    "domestic_sales",
    "continuing_domestic_sales",
    "value_added",
    "imports_value",
    "expenditure",
    "prices",
    "bin_width",
    "elasticity",
    "scale",
}

TOLERANCES = {"skewness": HIGH_MOMENT, "kurtosis": HIGH_MOMENT}

WORDING = {"note", "run_id"}
"""Not compared: a note is for reading, a run id is not the reference engine's to know."""

Row = Mapping[str, Any]


def key_of(table: str, row: Row) -> tuple[Any, ...]:
    """The columns that name a row; a histogram's bin by its number."""
    named = dict(row)
    if table == "histograms":
        named["bin"] = round(row["bin_start"] / row["bin_width"])
    return tuple(named[name] for name in KEYS[table])


def differences(table: str, expected: Iterable[Row], found: Iterable[Row]) -> list[str]:
    """One line per row or number that differs; empty when the tables are the same."""
    expected, found = list(expected), list(found)
    want = {key_of(table, row): row for row in expected}
    have = {key_of(table, row): row for row in found}
    lines = []
    for name, rows, keys in (("expected", expected, want), ("found", found, have)):
        if len(rows) != len(keys):
            lines.append(f"{table}: {len(rows)} {name} rows share {len(keys)} keys")
    lines += [f"{table}: missing {_shown(key)}" for key in want if key not in have]
    lines += [f"{table}: unexpected {_shown(key)}" for key in have if key not in want]
    for key in want.keys() & have.keys():
        lines += _row_differences(table, key, want[key], have[key])
    return sorted(lines)


def _row_differences(table: str, key: tuple[Any, ...], want: Row, have: Row) -> list[str]:
    return [
        f"{table} {_shown(key)}: {name} is {have.get(name)!r}, not {value!r}"
        for name, value in want.items()
        if name not in WORDING and not same(name, value, have.get(name, "absent"))
    ]


def same(name: str, want: Any, have: Any) -> bool:
    """Whether a column's value is the one wanted."""
    if name in EXACT or not isinstance(want, float) or not isinstance(have, float):
        return want == have
    tolerance = TOLERANCES.get(name, DERIVED)
    return math.isclose(want, have, rel_tol=tolerance, abs_tol=tolerance)


def _shown(key: tuple[Any, ...]) -> str:
    return " ".join("-" if part is None else str(part) for part in key)
