"""Export entry: who of those that never exported starts to in a window, and what explains it."""

from collections.abc import Mapping, Sequence
from functools import reduce

from tradegains.families import work_folders
from tradegains.families.context import Rows
from tradegains.families.export_effects import effect_regressions, growth_errors
from tradegains.families.meeting import judge_own_cuts, selection_note
from tradegains.families.regression_context import (
    NO_CUTS,
    RegressionContext,
    having_controls,
    having_cuts,
    rows_of_probit,
    years_of,
)
from tradegains.families.regression_errors import add_clusters, sandwich_of
from tradegains.formulas.membership import BOTH_ENDS
from tradegains.formulas.outcomes import joined_notes
from tradegains.results.adoptions import adoption_rate_rows
from tradegains.results.entry_replicates import entry_rows_with_errors, sales_of_groups
from tradegains.results.regressions import (
    CutCounts,
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
from tradegains.statistics.regression_passes import RegressionRows, having
from tradegains.study import Window
from tradegains.tables import working as w
from tradegains.transforms.regression_rows import (
    EXPORT_START,
    GROWTH,
    adoption_outcome,
    cut_column,
    entry_rows,
    never_exporters,
    own_column,
)
from tradegains.transforms.regression_sums import EFFECT
from tradegains.transforms.replicate_units import add_groups

FamilyRows = tuple[Rows, Rows, Rows]
"""Rows of `regressions`, of `export_entry` and of `adoption_rates`."""


def entry_regressions(context: RegressionContext, window: Window) -> FamilyRows:
    """Rows of `regressions`, `export_entry` and `adoption_rates`: who starts to export."""
    rows = _kept_entry_rows(context, window)
    return *_explained(context, window, rows), _adoptions(context, window, rows)


def _adoptions(context: RegressionContext, window: Window, rows: RegressionRows) -> Rows:
    """Rows of `adoption_rates` of a window."""
    found: Rows = []
    for outcome in context.choices.adoptions:
        counted = context.count_cuts(having(rows, outcome), (), w.QUARTILE, EXPORT_START, outcome)
        counts = {key: each.establishments for key, each in counted.items()}
        found += adoption_rate_rows(window.name, outcome, counts)
    return found


def _explained(
    context: RegressionContext, window: Window, rows: RegressionRows
) -> tuple[Rows, Rows]:
    """Rows of `regressions` and of `export_entry`."""
    kinds = context.kinds(context.choices.entry_cuts)
    counts, note = _counts(context, window, rows, kinds)
    controls = context.choices.entry_controls
    note = joined_notes(note, context.trend_note(rows, controls))
    effects = effect_regressions(context, window, rows)
    sales = context.sales_of(window.start)
    if not kinds:
        why = "" if context.largest_cuts else NO_CUTS
        entries = export_entry_rows(window.name, counts, {}, why, sales=sales)
        return effects, _with_errors(context, window, rows, entries)
    complete = having_controls(having_cuts(rows, kinds), controls)
    probits = _entry_probits(context, complete, kinds)
    found = [
        row
        for quartile, probit in probits.items()
        for row in _probit_rows(context, window, quartile, (probit, _of(counts, quartile), note))
    ]
    told = {q: _entry_probit(each, cut_column(kinds[0])) for q, each in probits.items()}
    entries = export_entry_rows(window.name, counts, told, note, sales=sales)
    return [*found, *effects], _with_errors(context, window, rows, entries)


def _with_errors(
    context: RegressionContext, window: Window, rows: RegressionRows, entries: Rows
) -> Rows:
    """Rows of `export_entry` with the errors of their rates, where the study asks for them."""
    stated, groups, grouped = context.study.uncertainty, context.groups, context.grouped
    if stated is None or groups is None or grouped is None:
        return entries
    counted = context.count_cuts(rows, (), w.QUARTILE, EXPORT_START, w.REPLICATE_GROUP)
    cells = {key: (each.establishments, each.sales) for key, each in counted.items()}
    sales = sales_of_groups(grouped, window.start)
    return entry_rows_with_errors(entries, cells, sales=sales, groups=groups, stated=stated)


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
    named = dict.fromkeys((*(choices.entry_cuts or ()), *(choices.growth_cuts or ())))
    kinds = context.kinds(list(named))
    terms = dict.fromkeys((*choices.entry_controls, *choices.growth_controls))
    rows = context.with_earlier_growth(rows, *terms)
    grouped = (w.REPLICATE_GROUP,) if context.groups else ()
    if context.groups:
        rows = add_groups(rows, context.groups.groups)
    # Products are those of the cut that comes first, in the probit and in the effects alike.
    with_cuts, clusters = add_clusters(
        context,
        context.with_cuts(rows, kinds, window),
        (choices.chosen_errors.entry_probit, growth_errors(context)),
        kinds,
    )
    needed = with_cuts.select(
        w.QUARTILE,
        EFFECT,
        EXPORT_START,
        GROWTH,
        w.SALES,
        *terms,
        *grouped,
        *map(cut_column, kinds),
        *map(own_column, kinds),
        *clusters,
        *(column.alias(name) for name, column in columns.items()),
    )
    return context.held(needed, [window.start], work_folders.entry_rows(window))


def _counts(
    context: RegressionContext, window: Window, rows: RegressionRows, kinds: Sequence[str]
) -> tuple[dict[int, EntryCounts], str]:
    """Who starts by quartile and whose cuts they have, and what is said of these."""
    found = context.count_cuts(rows, kinds, w.QUARTILE, EXPORT_START)
    counts: dict[int, EntryCounts] = {}
    for (quartile, starts), cuts in found.items():
        counted = EntryCounts(
            cuts.establishments,
            int(starts) * cuts.establishments,
            cuts.sales,
            int(starts) * cuts.sales,
            cuts if kinds else None,
        )
        counts[quartile] = counts[quartile].plus(counted) if quartile in counts else counted
    if not kinds:
        return counts, ""
    outcomes = {
        name: CutCounts.sum_of(kinds, [c for (_, starts), c in found.items() if starts == value])
        for name, value in (("start to export", 1.0), ("do not", 0.0))
    }
    total = CutCounts.sum_of(kinds, outcomes.values())
    judge_own_cuts(context, window, rows=total.complete, own=total.own[kinds[0]])
    return counts, selection_note(context, window, outcomes, kinds)


def _of(counts: Mapping[int, EntryCounts], quartile: int | None) -> CutCounts | None:
    """The cuts of a quartile, or of all."""
    chosen = [each for number, each in counts.items() if quartile in (None, number)]
    return reduce(EntryCounts.plus, chosen).cuts


def _entry_probits(
    context: RegressionContext, rows: RegressionRows, kinds: Sequence[str]
) -> dict[int | None, Probit]:
    """The probit of all never-exporters, and of each quartile."""
    terms = _terms(context)
    cells = context.collect(rows, (EXPORT_START, *terms), w.QUARTILE)
    found: dict[int | None, Probit] = {}
    choice = context.choices.chosen_errors.entry_probit
    for by in ((), (w.QUARTILE,)):
        for probit in fit_probits(
            rows,
            cells,
            by=by,
            effect_of=context.group(context.choices.entry_effects),
            outcome=EXPORT_START,
            regressors=terms,
            cut=cut_column(kinds[0]),
            sandwich=sandwich_of(choice, most_rows=cells.rows_of_all),
        ):
            found[probit.key[0] if by else None] = probit
    return found


def _terms(context: RegressionContext) -> tuple[str, ...]:
    """Regressors of the probit: cuts, then controls."""
    kinds = context.kinds(context.choices.entry_cuts)
    return (*map(cut_column, kinds), *context.choices.entry_controls)


def _probit_rows(
    context: RegressionContext,
    window: Window,
    quartile: int | None,
    found: tuple[Probit, CutCounts | None, str],
) -> Rows:
    probit, cuts, note = found
    labels = Labels(
        window.name,
        years_of(window),
        "entry_probit",
        EXPORT_START,
        sample_name(quartile),
        context.choices.entry_effects,
        context.choices.chosen_errors.entry_probit,
        stated=context.choices.errors,
    )
    return rows_of_probit(labels, _terms(context), probit, note, cuts=cuts)


def _entry_probit(probit: Probit, cut: str) -> EntryProbit:
    place = probit.regressors.index(cut) if cut in probit.regressors else None
    return EntryProbit(
        probit.rows,
        None if place is None or probit.problem else probit.coefficients[place],
        None if place is None or probit.problem else probit.errors[place],
        probit.effect_of_cut,
        probit.effect_error,
        joined(probit.problem, probit.told, probit.dropped.get(cut, "")) or "",
    )
