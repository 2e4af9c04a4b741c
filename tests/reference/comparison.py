"""Are two tables the same? Counts, sums and order statistics exactly, the rest to a tolerance."""

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

DERIVED = 1e-12
"""Ratios and logarithms of equal whole numbers: the last bits of `/` and `ln`, nothing else."""

AVERAGED = 1e-9
"""The mean of spreads over industries holds the error of the one with the smallest spread."""

ROOT = 1e-9
"""A search for a root near a pole of the tail moment magnifies the last bits."""

INTEGRAL = 1e-12
"""The reference engine subtracts distribution functions from 1."""

CANCELLED = 1e-14
"""Moments come from sums of weight * v**k about the middles of bins, |v| <= 1 log point, moved to
the mean in doubles: what cancels on the way leaves this much of the weight, in v**k ..."""

PLACES = 2.0**-32
"""... and each row was rounded to at least 32 binary places: no industry drawn here has more than
2**30 thousandths of a job in a year (`formulas.fixed_point.moment_scale_bits`)."""

ORDERS = {"mean": 0, "sd": 2, "skewness": 3, "kurtosis": 4}
"""The power of sd that a moment is divided by, when its error is counted in its own size."""

KEYS = {
    "quality": ("year", "rule"),
    "demography": ("window", "kind", "continuing", "ids", "level", "industry", "status", "year"),
    "transitions": ("window", "kind", "level", "industry", "state_at_start", "state_at_end"),
    "coverage": ("year", "level", "industry", "measure"),
    "job_flows": ("window", "kind", "level", "industry", "productivity_group"),
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
        "ids",
    ),
    "welfare": (
        "window",
        "level",
        "industry",
        "continuing",
        "restriction",
        "imports",
        "formula",
        "distribution",
        "ids",
    ),
    "welfare_curves": ("figure", "curve", "point", "window", "variable", "x"),
    "productivity_growth": ("window", "continuing", "level", "industry", "measure"),
    "size_fits": ("year", "window", "population"),
    "size_histograms": ("year", "window", "population", "bin"),
    "joint_distribution": ("year", "productivity_group", "size_from", "size_to"),
    "dispersion": ("year", "level", "industry", "weighting"),
    "decompositions": ("window", "year", "share", "method", "level", "industry", "term"),
    "intra_industry_trade": ("product_digits", "matched", "reporter", "partner", "year"),
}

EXACT = {
    "census",
    "establishments",
    "industries",
    "output",
    "size_from",
    "size_to",
    "n_min",
    "left_out",
    "moved",
    "continuing_establishments",
    "employment_start",
    "employment_end",
    "entrant_creation",
    "expander_creation",
    "exiter_destruction",
    "contractor_destruction",
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

WORDING = frozenset({"note", "run_id"})
"""Not compared: a note is for reading, a run id is not the reference engine's to know."""

Row = Mapping[str, Any]


def key_of(table: str, row: Row) -> tuple[Any, ...]:
    """The columns that name a row; a histogram's bin by its number."""
    named = dict(row)
    if table in ("histograms", "size_histograms"):
        named["bin"] = round(row["bin_start"] / row["bin_width"])
    return tuple(named[name] for name in KEYS[table])


def differences(
    table: str,
    expected: Iterable[Row],
    found: Iterable[Row],
    *,
    ignoring: Collection[str] = WORDING,
) -> list[str]:
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
        lines += _row_differences(table, key, want[key], have[key], ignoring)
    return sorted(lines)


def _row_differences(
    table: str, key: tuple[Any, ...], want: Row, have: Row, ignoring: Collection[str]
) -> list[str]:
    return [
        f"{table} {_shown(key)}: {name} is {have.get(name)!r}, not {value!r}"
        for name, value in want.items()
        if name not in ignoring and not same(value, have.get(name, "absent"), tolerance(name, want))
    ]


def same(want: Any, have: Any, allowed: float) -> bool:
    """Whether a value is the one wanted."""
    if not allowed or not isinstance(want, float) or not isinstance(have, float):
        return want == have
    return math.isclose(want, have, rel_tol=allowed, abs_tol=allowed)


def tolerance(name: str, row: Row) -> float:
    """What a column may differ by, relative and absolute; 0: not at all."""
    if name in EXACT:
        return 0.0
    if name in ("welfare_change", "hazard") and row.get("distribution"):
        return ROOT
    if name == "overlap":
        return INTEGRAL
    if name == "implied_trade_elasticity":
        return DERIVED / min(1.0, abs(row["delta_ln_continuing_market_share"] or 1.0))
    if row.get("level") == "industries_mean":
        return AVERAGED
    if name not in ORDERS or "weighting" not in row or not row["establishments"]:
        return DERIVED
    weight = row["employment"] * 1000 if row["weighting"] == "employment" else row["establishments"]
    lost = CANCELLED + 16 * PLACES * row["establishments"] / weight if weight else 0.0
    return DERIVED + lost / (row["sd"] or 1.0) ** ORDERS[name]


def _shown(key: tuple[Any, ...]) -> str:
    return " ".join("-" if part is None else str(part) for part in key)
