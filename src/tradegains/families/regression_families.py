"""Every family of regressions that a study asks for, and which it cannot have."""

from tradegains.families.context import ComputedTables, MatchedCensus, Rows, RunContext
from tradegains.families.exit import exit_regressions
from tradegains.families.export_entry import entry_regressions
from tradegains.families.exporter_premium import premium_regressions
from tradegains.families.regression_context import NO_CUTS, RegressionContext
from tradegains.results.sets import entry_windows


def estimate_families(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of `regressions` and `export_entry`; a table without any is absent."""
    asked = RegressionContext.of(context, matched)
    found, absent = _rows(asked), _absences(asked)
    for table, rows in found.items():
        if not rows:
            absent[f"table {table}"] = absent.pop(table, "the study asks for none of its rows")
    return ComputedTables({table: rows for table, rows in found.items() if rows}, absent)


def _rows(asked: RegressionContext) -> dict[str, Rows]:
    """Rows of both tables; a family that was not asked for has none."""
    rows: Rows = []
    entries: Rows = []
    if asked.has_exports and asked.choices.premium_years:
        rows += premium_regressions(asked)
    for name in asked.choices.exit_windows:
        rows += exit_regressions(asked, asked.study.window(name))
    for window in entry_windows(asked.study):
        found, entry = entry_regressions(asked, window)
        rows += found
        entries += entry
    return {"regressions": rows, "export_entry": entries}


def _absences(asked: RegressionContext) -> dict[str, str]:
    """Families that were asked for and cannot be had."""
    reasons = {}
    if not asked.has_exports:
        reason = "the census has no exports"
        if asked.choices.premium_years:
            reasons["regression exporter_premium"] = reason
        if asked.choices.entry_windows:
            reasons["regression export_entry"] = reasons["export_entry"] = reason
    if asked.largest_cut is None and (asked.choices.exit_windows or asked.choices.entry_windows):
        reasons["term tariff_cut"] = NO_CUTS
    return reasons
