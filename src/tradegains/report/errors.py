"""Standard errors and intervals in words; empty for a run that tells none."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tradegains.formulas.jackknife import error_of_error
from tradegains.published.printing import fixed, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.welfare_rows import Row, total_rows
from tradegains.tables.published import TABLES
from tradegains.tables.table import STANDARD_ERROR

UNITS = {
    "establishment": "establishments",
    "enterprise": "enterprises",
    "industry4": "industries",
    "industry2": "industry groups",
}


def errors_in_words(run: PublishedRun) -> str:
    """What stands in brackets under the numbers, and how well it is known itself."""
    stated = run.section("uncertainty")
    groups = [row.get("replicate_groups") or 0 for row in total_rows(run).values()]
    own = error_of_error(max(groups, default=0))
    if not stated:
        return ""
    if own is None:  # no welfare change, whose rows say of how many groups; of its shares there is
        of_share = TABLES["welfare"].errors["delta_ln_continuing_share"]
        known = any(row.get(of_share) is not None for row in total_rows(run).values())
        return _brackets(stated) if known else ""
    return (
        f"In brackets: standard errors from {max(groups)} groups of {UNITS[stated['unit']]}, each "
        f"left out in turn; their own relative error is about {percent(own, 0)} percent. They tell "
        "how the numbers would move had others been drawn from the same economy, not how they move "
        f"with σ, ε, the imports or their errors.{tail_in_words(run)}"
    )


_TAIL = re.compile(r"index below ([0-9.]+)")


def tail_in_words(run: PublishedRun, window: str | None = None) -> str:
    """That sales have so heavy a tail that intervals are narrow; empty where they have not.

    Args:
        run: whose table `influence` says so.
        window: in which; None for all.
    """
    rows = run.rows("influence", left_out="largest", formula="hloy")
    told = [row["note"] or "" for row in rows if window in (None, row["window"])]
    found = [match[1] for match in map(_TAIL.search, told) if match]
    if not found:
        return ""
    return (
        f" Domestic sales have a heavy tail, of an index below {min(found, key=float)} by Hill's "
        "estimate: intervals are narrow, for no census has the largest that could be."
    )


def brackets_in_words(run: PublishedRun, rows: Iterable[Row]) -> str:
    """What stands in brackets in a table of these rows; empty where they have no errors."""
    stated = run.section("uncertainty")
    if not stated or all(row.get(STANDARD_ERROR) is None for row in rows):
        return ""
    return f" {_brackets(stated)}"


def _brackets(stated: Mapping[str, Any]) -> str:
    return f"In brackets: standard errors, by leaving out groups of {UNITS[stated['unit']]}."


def interval_of(row: Row) -> tuple[float, float] | None:
    """Ends of the interval of a row's first number; None without one."""
    low, high = row.get("ci_low"), row.get("ci_high")
    return None if low is None or high is None else (low, high)


def whiskers_in_words(run: PublishedRun, drawn: str) -> str:
    """What whiskers or a band of a figure are, for its caption; empty without any."""
    stated = run.section("uncertainty")
    if not stated or not errors_in_words(run):
        return ""
    return (
        f" {drawn}: {100 * stated['level']:g} percent intervals, by leaving out groups of "
        f"{UNITS[stated['unit']]}."
    )


def interval_in_words(run: PublishedRun, row: Row | None) -> str:
    """Interval of a welfare change: "95 percent interval 4.33 to 5.88"; empty without one."""
    if row is None or row.get("ci_low") is None:
        return ""
    low, high = percent(row["ci_low"]), percent(row["ci_high"])
    level = run.section("uncertainty").get("level")
    return f"{'' if level is None else f'{100 * level:g} percent '}interval {low} to {high}"


def formulas_compared(run: PublishedRun) -> str:
    """Whether HLOY and ACR differ by more than their interval; empty without one."""
    row = total_rows(run).get((run.headline_window or "", "hloy_minus_acr"))
    interval = interval_in_words(run, row)
    if row is None or not interval:
        return ""
    differ = row["ci_low"] > 0 or row["ci_high"] < 0
    gap = fixed(100 * row["welfare_change"], 2, signed=True)
    return (
        f" At these elasticities HLOY and ACR {'differ' if differ else 'cannot be told apart'}: "
        f"difference {gap}, {interval}.{tail_in_words(run, run.headline_window)}"
    )
