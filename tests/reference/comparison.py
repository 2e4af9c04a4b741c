"""Are two tables the same? Counts, sums and order statistics exactly, the rest to a tolerance."""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tradegains.formulas.moments import KURTOSIS_ERROR
from tradegains.tables.published import TABLES
from tradegains.tables.table import Table

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
"""... and each row's weight * (v / 2)**k was rounded to half a unit of 32 binary places or more: no
industry drawn here has more than 2**30 thousandths of a job in a year, and the places are 62 less
the bits of that (`formulas.fixed_point.moment_scale_bits`). That is 2**k / 2 units in v**k, allowed
for twice, because a sum that is moved to the mean takes some of the rounding of lower powers. It
tells only where hardly anyone works: 1000 thousandths of a job or more make it 4e-12."""

UNWEIGHTED_PLACES = 2.0**-52
"""Likewise of plain sums: an industry has fewer than 2**10 rows, which leaves all 52 places."""

THEIL = 64 * PLACES
"""Levels are rounded to 8 of the same units. At worst one establishment with a thousandth of a job
makes all output: then that is 8 / 2 * e of its level, in the level and in its logarithm, which may
be some log points from the mean."""

STANDARDISED = 1e-7
"""A standardised value inherits the error of its industry's standard deviation, 0.01 or more."""

SMALLEST_SD = 0.01
"""What an industry is standardised by at least; its errors grow as kappa over this."""

ESTIMATED = 1e-8
"""Sums of products are rounded to 2**-30 or finer (of 62 bits a square of logs may take 24, and the
rows 7), about 5e-10 of a variance of one; a design that magnifies it says how far: its `blur`."""

SPREAD_OF_ESTIMATES = 1e-6
"""Scores are rounded once more, and a probit's information is that of one Newton step before its
end: the step is below 1e-6 of a standard error."""

MEAN_CUT = 1e-9
"""Cuts are rounded to 2**-34 each (`families.export_entry`)."""

ESTIMATES = {
    **dict.fromkeys(("coefficient", "premium_percent", "r2", "log_likelihood"), ESTIMATED),
    **dict.fromkeys(("cut_coefficient", "probability_due_to_cut", "ratio_to_bottom"), ESTIMATED),
    **dict.fromkeys(("standard_error", "t", "first_stage_f"), SPREAD_OF_ESTIMATES),
    **dict.fromkeys(("cut_standard_error", "probability_standard_error"), SPREAD_OF_ESTIMATES),
    **dict.fromkeys(("p_value", "ci_low", "ci_high"), SPREAD_OF_ESTIMATES),
    "mean_tariff_cut": MEAN_CUT,
    "mean_cut": MEAN_CUT,
    **dict.fromkeys(("slope", "effect", "contribution"), ESTIMATED),
    "slope_standard_error": SPREAD_OF_ESTIMATES,
    "contribution_standard_error": SPREAD_OF_ESTIMATES,
}

TOLD = (
    r"does not vary within the absorbed effects",
    r"is a combination of the regressors before it",
    r"does not move export_start",
    r"no degree of freedom is left",
    r"no group has both outcomes",
    r"\d+ clusters, fewer than \d+",
    r"one cluster",
    r"no error: shares of products or industries are combinations",
    r"no error: too few products or industries",
    r"CV1: without \d+ of \d+ clusters",
    r"there is no maximum",
    r"\d+ in an effect of their own left out",
    r"\d+ in effects with one outcome left out",
    r"\d+ establishments of \d+ industries without a (?:median|spread)",
    r"undecomposed: \w+",
    r"no price of industry \w+ in \d+",
    r"no employment in \d+",
    r"no establishment in \d[\d, ]*",
    r"no control total of \d[\d, ]*",
    r"(?:employment|sales|value added) is unknown at an end of \d+ establishment",
    r"not ranked: \d[\d, ]*",
    r"expenditure of these industries is not known: \d[\d, ]*",
    r"\d+(?= \([^()]*(?:expenditure|sales|imports|share)[^()]*\))",
)
"""What notes count and name: rows left out, industries without a number; the rest is wording. The
last is an industry that adds nothing to a sum, with its reason in brackets."""

ORDERS = {"mean": 0, "sd": 2, "skewness": 3, "kurtosis": 4}
"""The power of sd that a moment is divided by, when its error is counted in its own size."""

POWERS = {"mean": 1, "sd": 2, "skewness": 3, "kurtosis": 4}
"""The power of v whose sum a moment comes from."""


def _key_of(table: Table) -> tuple[str, ...]:
    """The declared key; a bin by its number, because its edge is a product of doubles."""
    return tuple("bin" if name == "bin_start" else name for name in table.key)


KEYS = {name: _key_of(table) for name, table in TABLES.items()}

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
    "replicate_groups",
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
"""Not compared: a note is for reading, but for what it counts and names (`told`); a run id is not
the reference engine's to know."""

Row = Mapping[str, Any]


def key_of(table: str, row: Row) -> tuple[Any, ...]:
    """The columns that name a row; a histogram's bin by its number."""
    named = dict(row)
    if "bin" in KEYS[table]:
        start = row["bin_start"]
        named["bin"] = None if start is None else round(start / row["bin_width"])
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
    # A column of a section that no row has is not published.
    have = {**dict.fromkeys(TABLES[table].sometimes), **have}
    lines = [
        f"{table} {_shown(key)}: {name} is {have.get(name)!r}, not {value!r}"
        for name, value in want.items()
        if name not in ignoring and not same(value, have.get(name, "absent"), tolerance(name, want))
    ]
    if "establishments" not in ignoring and told(want) != told(have):
        lines.append(f"{table} {_shown(key)}: note is {have['note']!r}, not {want['note']!r}")
    return lines


def told(row: Row) -> list[str]:
    """What a note counts and names, each once and in any order; of a list each industry."""
    found = [text for each in TOLD for text in re.findall(each, row.get("note") or "")]
    return sorted({part for text in found for part in text.strip(", ").split(", ")})


def same(want: Any, have: Any, allowed: float) -> bool:
    """Whether a value is the one wanted; none will do where rounding leaves no digit of it."""
    if have is None and isinstance(want, float) and allowed >= KURTOSIS_ERROR / 4:
        return True
    if not allowed or not isinstance(want, float) or not isinstance(have, float):
        return want == have
    allowed = max(allowed, getattr(want, "blur", 0.0))
    return math.isclose(want, have, rel_tol=allowed, abs_tol=allowed)


def tolerance(name: str, row: Row) -> float:
    """What a column may differ by, relative and absolute; 0: not at all."""
    if name == "exports" and "product_digits" in row:
        return DERIVED  # the sum of cells that were rounded to doubles
    if name in EXACT:
        return 0.0
    if name in ESTIMATES and not (name == "standard_error" and "replicate_groups" in row):
        return ESTIMATES[name]
    if name in ("welfare_change", "hazard") and row.get("distribution"):
        return ROOT
    if name == "share_of_total":
        return DERIVED / min(1.0, abs(row["total"] or 1.0)) * max(1.0, abs(row[name] or 0.0))
    if name == "overlap":
        return INTEGRAL
    if name == "implied_trade_elasticity":
        return DERIVED / min(1.0, abs(row["delta_ln_continuing_market_share"] or 1.0))
    if row.get("level") == "industries_mean":
        return AVERAGED
    if "kappa" in row and row["measure"] == "standardised" and name not in ORDERS:
        return STANDARDISED
    if name == "sd" and "median" in row:
        return STANDARDISED
    if name == "theil" and row["weighting"] == "employment":
        return THEIL
    if name not in ORDERS or not {"weighting", "employment"} <= row.keys():
        return DERIVED
    if not row["establishments"]:
        return DERIVED
    if row.get("measure") == "standardised":
        return STANDARDISED + standardised_error(name, row)
    weight, unit = row["establishments"], UNWEIGHTED_PLACES
    if row["weighting"] == "employment":
        weight, unit = row["employment"] * 1000, PLACES
    rounded = 2 ** POWERS[name] * unit * row["establishments"]
    lost = CANCELLED + rounded / weight if weight else 0.0
    return DERIVED + lost / (row["sd"] or 1.0) ** ORDERS[name]


def standardised_error(name: str, row: Row) -> float:
    """Of a moment of standardised values: as of any other, in industries stretched the most."""
    rows, weight, places = row["establishments"], row["establishments"], 2.0**-52
    if row["weighting"] == "employment":
        weight, places = row["employment"] * 1000, PLACES
    stretch = ((row["kappa"] or 0.0) / SMALLEST_SD) ** max(ORDERS[name], 1)
    lost = CANCELLED + 16 * places * rows / weight if weight else 0.0
    return lost * stretch / (row["sd"] or 1.0) ** ORDERS[name]


def _shown(key: tuple[Any, ...]) -> str:
    return " ".join("-" if part is None else str(part) for part in key)
