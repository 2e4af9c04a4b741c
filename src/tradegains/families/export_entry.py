"""Export entry: who of those that never exported starts to in a window, and what explains it."""

from collections.abc import Mapping
from typing import Any

from tradegains.families import work_folders
from tradegains.families.context import Rows
from tradegains.families.export_effects import cluster_columns, effect_regressions
from tradegains.families.meeting import judge_own_cuts
from tradegains.families.regression_context import (
    NO_CUTS,
    RegressionContext,
    rows_of_probit,
    years_of,
)
from tradegains.formulas.least_squares import binary_places
from tradegains.formulas.membership import BOTH_ENDS
from tradegains.results.regressions import (
    EntryCounts,
    EntryProbit,
    Labels,
    export_entry_rows,
    joined,
    sample_name,
)
from tradegains.results.sets import continuing_set, exporter_at_end_set, never_exported_set
from tradegains.statistics.probits import Probit, fit_probits
from tradegains.statistics.quartiles import with_quartiles
from tradegains.statistics.regression_passes import RegressionRows, collect_sums, having
from tradegains.study import Window
from tradegains.tables import working as w
from tradegains.transforms.regression_rows import (
    EXPORT_START,
    GROWTH,
    IS_PLANT_CUT,
    TARIFF_CUT,
    WITH_CUT,
    adoption_outcome,
    count_entries,
    entry_rows,
    never_exporters,
)
from tradegains.transforms.regression_sums import EFFECT


def entry_regressions(context: RegressionContext, window: Window) -> tuple[Rows, Rows]:
    """Rows of `regressions` and of `export_entry`: who starts to export in a window."""
    rows = _kept_entry_rows(context, window)
    places = binary_places((context.largest_cut or 1.0) * max(context.largest.rows, 1) * 10**6)
    counts = {row[w.QUARTILE]: _counts(row, places) for row in
              collect_sums(count_entries, rows, places=places)}  # fmt: skip
    judge_own_cuts(
        context,
        window,
        rows=sum(each.establishments for each in counts.values()),
        own=sum(each.own_cuts for each in counts.values()),
    )
    if context.largest_cut is None:
        entries = export_entry_rows(window.name, counts, {}, NO_CUTS)
        return effect_regressions(context, window, rows), entries
    rows = having(rows, TARIFF_CUT)
    probits = _entry_probits(context, rows)
    found = [
        row
        for quartile, probit in probits.items()
        for row in _probit_rows(context, window, quartile, probit)
    ]
    entries = export_entry_rows(
        window.name, counts, {q: _entry_probit(each) for q, each in probits.items()}, ""
    )
    return [*found, *effect_regressions(context, window, rows)], entries


def _kept_entry_rows(context: RegressionContext, window: Window) -> RegressionRows:
    never = never_exporters(
        context.matched,
        year=window.start,
        never=context.bit(never_exported_set(window.name)),
        continuing=context.bit(continuing_set(window.name, BOTH_ENDS)),
    )
    kept = context.run_context.keep(never, work_folders.never_exporters(window))
    ranked = with_quartiles(kept, [window.start], row_limit=context.run_context.row_limit)
    rows = entry_rows(
        ranked,
        context.medians(window.start),
        window=window.name,
        starter=context.bit(exporter_at_end_set(window.name)),
    )
    choices = context.choices
    columns = {each: adoption_outcome(each, window.name) for each in choices.adoptions}
    columns |= cluster_columns(context)
    terms = dict.fromkeys((TARIFF_CUT, *choices.entry_controls, *choices.growth_controls))
    outcomes = (EXPORT_START, GROWTH)
    needed = context.with_cuts(rows).select(
        w.QUARTILE,
        EFFECT,
        *outcomes,
        *terms,
        IS_PLANT_CUT,
        *(column.alias(name) for name, column in columns.items()),
    )
    return context.held(needed, [window.start], work_folders.entry_rows(window))


def _counts(row: Mapping[str, Any], places: int) -> EntryCounts:
    return EntryCounts(
        row[w.ESTABLISHMENTS],
        row[EXPORT_START],
        row[WITH_CUT],
        row[IS_PLANT_CUT],
        (row[TARIFF_CUT] or 0) / 2.0**places,
    )


def _entry_probits(context: RegressionContext, rows: RegressionRows) -> dict[int | None, Probit]:
    """The probit of all never-exporters, and of each quartile."""
    terms = (TARIFF_CUT, *context.choices.entry_controls)
    cells = context.collect(rows, (EXPORT_START, *terms), w.QUARTILE)
    found: dict[int | None, Probit] = {}
    for by in ((), (w.QUARTILE,)):
        for probit in fit_probits(
            rows,
            cells,
            by=by,
            effect_of=context.group(context.choices.entry_effects),
            outcome=EXPORT_START,
            regressors=terms,
            cut=TARIFF_CUT,
        ):
            found[probit.key[0] if by else None] = probit
    return found


def _probit_rows(
    context: RegressionContext, window: Window, quartile: int | None, probit: Probit
) -> Rows:
    labels = Labels(
        window.name,
        years_of(window),
        "entry_probit",
        EXPORT_START,
        sample_name(quartile),
        context.choices.entry_effects,
        "information",
    )
    return rows_of_probit(labels, (TARIFF_CUT, *context.choices.entry_controls), probit, "")


def _entry_probit(probit: Probit) -> EntryProbit:
    place = probit.regressors.index(TARIFF_CUT) if TARIFF_CUT in probit.regressors else None
    return EntryProbit(
        probit.rows,
        None if place is None or probit.problem else probit.coefficients[place],
        None if place is None or probit.problem else probit.errors[place],
        probit.effect_of_cut,
        probit.effect_error,
        joined(probit.problem, probit.dropped.get(TARIFF_CUT, "")) or "",
    )
