"""Every family of regressions that a study asks for, and which it cannot have."""

from collections.abc import Iterator

from tradegains.families.context import ComputedTables, MatchedCensus, Rows, RunContext
from tradegains.families.exit import exit_regressions
from tradegains.families.export_entry import entry_regressions
from tradegains.families.exporter_premium import premium_regressions
from tradegains.families.regression_context import NO_CUTS, RegressionContext
from tradegains.results.sets import entry_windows
from tradegains.results.sizes import NO_EXPORTS
from tradegains.tables.absence import Absence

NOT_ASKED_FOR = "the study asks for none of its rows"


def estimate_families(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of `regressions` and `export_entry`; a table without any is absent."""
    asked = RegressionContext.of(context, matched)
    found = _rows(asked)
    empty = [_without_rows(asked, table) for table, rows in found.items() if not rows]
    tables = {table: rows for table, rows in found.items() if rows}
    return ComputedTables(tables, (*_absences(asked), *empty))


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


def _absences(asked: RegressionContext) -> Iterator[Absence]:
    """Families and terms that were asked for and cannot be had."""
    choices = asked.choices
    if not asked.has_exports:
        if choices.premium_years:
            yield Absence("regression", "exporter_premium", None, NO_EXPORTS)
        if choices.entry_windows:
            yield Absence("regression", "export_entry", None, NO_EXPORTS)
    if asked.largest_cut is None and (choices.exit_windows or choices.entry_windows):
        yield Absence("term", "tariff_cut", None, NO_CUTS)


def _without_rows(asked: RegressionContext, table: str) -> Absence:
    """Why a table has no rows, although the study has the section."""
    wants_entry = table == "export_entry" and asked.choices.entry_windows
    lacks_exports = wants_entry and not asked.has_exports
    return Absence("table", table, None, NO_EXPORTS if lacks_exports else NOT_ASKED_FOR)
