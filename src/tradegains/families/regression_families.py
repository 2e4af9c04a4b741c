"""Every family of regressions that a study asks for, and which it cannot have."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import TypeVar

from tradegains.families.context import ComputedTables, MatchedCensus, Rows, RunContext
from tradegains.families.exit import exit_regressions
from tradegains.families.export_entry import FamilyRows, entry_regressions
from tradegains.families.exporter_premium import premium_regressions
from tradegains.families.regression_context import NO_CUTS, RegressionContext
from tradegains.families.regression_errors import warn_of_few
from tradegains.families.tariff_effects import effects_of_rows, tariff_effects
from tradegains.results.sets import entry_windows
from tradegains.results.sizes import NO_EXPORTS
from tradegains.results.tariff_effects import telling_inputs
from tradegains.statistics.collecting import AT_ONCE, compute_both, compute_together
from tradegains.study import Window
from tradegains.tables.absence import Absence

STEP = "estimate regressions"
MANY_ROWS, FEW_AT_ONCE = 1 << 21, 2
"""From so many matched rows on, each of two lists of families has so few computed at once. A family
holds its rows several times: all seven of the demonstration took 1.3 GB of the 3.3 that 7 million
rows took."""
NOT_ASKED_FOR = "the study asks for none of its rows"
Found = TypeVar("Found")


def estimate_families(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of the tables of regressions; a table without any is absent."""
    asked = RegressionContext.of(context, matched)
    found = _rows(asked)
    empty = [_without_rows(asked, table) for table, rows in found.items() if not rows]
    tables = {table: rows for table, rows in found.items() if rows}
    return ComputedTables(tables, (*_absences(asked), *empty))


def _rows(asked: RegressionContext) -> dict[str, Rows]:
    """Rows of all tables; a family that was not asked for has none."""
    found, of_rows = compute_both(
        partial(_all_named, asked, _regressions(asked)),
        partial(_all_named, asked, effects_of_rows(asked)),
    )
    regressions, entries, adoptions = zip(*found, strict=True) if found else ((), (), ())
    tables = {
        "regressions": list(chain.from_iterable(regressions)),
        "export_entry": list(chain.from_iterable(entries)),
        "adoption_rates": list(chain.from_iterable(adoptions)),
    }
    warn_of_few(asked, tables["regressions"])
    if asked.study.tariff_effects is not None:
        tables["tariff_effects"] = tariff_effects(asked, tables, of_rows)
    kinds = {"regressions": "term", "export_entry": "cut", "tariff_effects": "kind"}
    told = {
        name: telling_inputs(asked.study, tables[name], column)
        for name, column in kinds.items()
        if name in tables
    }
    return tables | told


Regression = Callable[[], FamilyRows]


def _regressions(asked: RegressionContext) -> Iterator[Regression]:
    """Each family and window; none needs another, and all wait for the engine most of the time."""
    if asked.has_exports and asked.choices.premium_years:
        yield lambda: (premium_regressions(asked), [], [])
    for name in asked.choices.exit_windows:
        yield partial(_exits, asked, asked.study.window(name))
    for window in entry_windows(asked.study):
        yield partial(entry_regressions, asked, window)


def _exits(asked: RegressionContext, window: Window) -> FamilyRows:
    return exit_regressions(asked, window), [], []


def _all_named(asked: RegressionContext, tasks: Iterable[Callable[[], Found]]) -> list[Found]:
    """What all compute; the engine knows its jobs by the step, of which a thread knows nothing."""

    def named(compute: Callable[[], Found]) -> Found:
        with asked.run_context.progress.naming(STEP):
            return compute()

    are_many = sum(asked.cells.rows_by_year.values()) >= MANY_ROWS
    at_once = FEW_AT_ONCE if are_many else AT_ONCE
    return compute_together([partial(named, each) for each in tasks], at_once=at_once)


def _absences(asked: RegressionContext) -> Iterator[Absence]:
    """Families and terms that were asked for and cannot be had."""
    choices = asked.choices
    if not asked.has_exports:
        if choices.premium_years:
            yield Absence("regression", "exporter_premium", None, NO_EXPORTS)
        if choices.entry_windows:
            yield Absence("regression", "export_entry", None, NO_EXPORTS)
    if not asked.largest_cuts and (choices.exit_windows or choices.entry_windows):
        yield Absence("term", "tariff_cut", None, NO_CUTS)


def _without_rows(asked: RegressionContext, table: str) -> Absence:
    """Why a table has no rows, although the study has the section."""
    of_entry = table == "export_entry" or (table == "adoption_rates" and asked.choices.adoptions)
    wants_entry = of_entry and asked.choices.entry_windows
    lacks_exports = wants_entry and not asked.has_exports
    return Absence("table", table, None, NO_EXPORTS if lacks_exports else NOT_ASKED_FOR)
