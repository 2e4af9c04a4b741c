"""Welfare rows as the report's tables and figures need them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradegains.published.printing import count
from tradegains.published.published_run import PublishedRun
from tradegains.tables.published import TABLES

Row = Mapping[str, Any]
FORMULA_NAMES = {
    "hloy": "HLOY",
    "acr": "ACR",
    "hloy_extended": "HLOY × μ/η",
    "hloy_minus_acr": "HLOY − ACR",
}
MELITZ_REDDING = {
    "melitz_redding_local": "Melitz-Redding, local",
    "melitz_redding_global": "Melitz-Redding, global",
}
DISTRIBUTIONS = {
    "pareto": "Pareto",
    "truncated_pareto": "truncated Pareto",
    "pareto_tail": "Pareto from the tail",
    "lognormal": "lognormal",
}
ELASTICITY_SYMBOLS = {"hloy": "σ", "acr": "ε"}


@dataclass(frozen=True)
class NumberOrReason:
    """A number of the welfare table: None when it is absent, and then `note` says why.

    `error` is its standard error, where the run tells one.
    """

    value: float | None
    note: str = ""
    error: float | None = None


def formula_name(row: Row) -> str:
    """A formula and its elasticity, as in Table 1.

    Example:
        >>> formula_name({"formula": "hloy", "elasticity": 3.72})
        'HLOY σ = 3.72'
    """
    name: str = FORMULA_NAMES.get(row["formula"]) or row["formula"]
    symbol = ELASTICITY_SYMBOLS.get(row["formula"])
    if symbol is None or row["elasticity"] is None:
        return name
    return f"{name} {symbol} = {row['elasticity']:g}"


def measured(row: Row | None, column: str, *, table: str = "welfare") -> NumberOrReason:
    """A number of a table's row, with its standard error, or the row's note where it is null."""
    if row is None:
        return NumberOrReason(None, "no such row in this run")
    if row[column] is None:
        return NumberOrReason(None, row["note"] or "null, without a note")
    return NumberOrReason(row[column], error=row.get(TABLES[table].error_of(column) or ""))


def total_rows(
    run: PublishedRun, *, level: str = "total", **choices: str
) -> dict[tuple[str, str], Row]:
    """Rows of the whole economy by (window, formula), under the headline choices or others.

    Formulas that assume a cutoff have several rows a window, see `cutoff_rows`.
    """
    wanted = run.headline_choices | choices
    rows = run.rows("welfare", level=level, **wanted)
    return {
        (row["window"], row["formula"]): row for row in rows if row["formula"] not in MELITZ_REDDING
    }


def cutoff_rows(run: PublishedRun) -> dict[tuple[str, str], dict[str, Row]]:
    """Rows of the Melitz-Redding formulas by (formula, distribution) and window, local first."""
    rows = run.rows("welfare", level="total", **run.headline_choices)
    found: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        if row["formula"] in MELITZ_REDDING:
            key = (row["formula"], row.get("distribution") or "")
            found.setdefault(key, {})[row["window"]] = row
    order = list(MELITZ_REDDING)
    return dict(sorted(found.items(), key=lambda one: (order.index(one[0][0]), one[0][1])))


def industry_rows(run: PublishedRun, formula: str) -> dict[str, dict[str, Row]]:
    """Rows by 2-digit industry and window, under the headline choices."""
    rows = run.rows("welfare", level="industry2", formula=formula, **run.headline_choices)
    by_industry: dict[str, dict[str, Row]] = {}
    for row in sorted(rows, key=lambda row: row["industry"]):
        by_industry.setdefault(row["industry"], {})[row["window"]] = row
    return by_industry


def variants(run: PublishedRun) -> list[dict[str, str]]:
    """Every published combination of continuing rule, imports source and restriction.

    In the study's order, so that the headline comes first.
    """
    listed = {
        "restriction": ["all", *(entry["name"] for entry in run.study.get("restrictions", []))],
        "imports": run.section("trade").get("imports", []),
        "continuing": run.section("matching").get("continuing", []),
    }
    rows = run.rows("welfare", level="total")
    found = {tuple(row[key] for key in listed) for row in rows}
    combinations = [dict(zip(listed, values, strict=True)) for values in found]
    return sorted(
        combinations, key=lambda made: [_position(listed[key], made[key]) for key in listed]
    )


def _position(listed: Sequence[str], value: str) -> tuple[int, str]:
    """Place of a value in the study's list; values that are not in it come last, by name."""
    return (listed.index(value) if value in listed else len(listed), value)


def counted(run: PublishedRun, windows: Sequence[str]) -> str:
    """How many establishments stand behind the headline in these windows; empty without."""
    counts = continuing_counts(run, windows)
    return f"Continuing establishments: {counts}." if counts else ""


def continuing_counts(run: PublishedRun, windows: Sequence[str], **choices: str) -> str:
    """Continuing establishments of the windows, in words; empty where none are counted.

    Those of the headline, unless other choices are given.
    """
    rows = total_rows(run, **choices)
    counts = {
        window: row["establishments"]
        for window in windows
        if window in run.windows
        and (row := rows.get((window, "hloy")))
        and row["establishments"] is not None
    }
    return ", ".join(f"{run.window_years(w)} n = {count(n)}" for w, n in counts.items())
