"""Exit: who of the establishments of a window's first year is gone in its last, and why."""

from collections.abc import Sequence

from tradegains.families import work_folders
from tradegains.families.context import Rows
from tradegains.families.meeting import judge_own_cuts, selection_note
from tradegains.families.regression_context import (
    NO_CUTS,
    RegressionContext,
    having_controls,
    having_cuts,
    linear_of,
    rows_of_probit,
    years_of,
)
from tradegains.families.regression_errors import (
    AskedErrors,
    add_clusters,
    cell_keys,
    estimated,
    sandwich_of,
)
from tradegains.formulas.membership import BOTH_ENDS
from tradegains.formulas.outcomes import joined_notes
from tradegains.results.regressions import CutCounts, Labels, linear_rows
from tradegains.results.sets import EXPORTER as EXPORTERS
from tradegains.results.sets import continuing_set
from tradegains.statistics.probits import fit_probits
from tradegains.statistics.regression_passes import RegressionRows
from tradegains.statistics.regressions import LinearModel
from tradegains.study import Window
from tradegains.tables import working as w
from tradegains.transforms.regression_rows import (
    EXIT,
    EXPORTER,
    LOG_EMPLOYMENT,
    RELATIVE_PRODUCTIVITY,
    cut_column,
    exit_rows,
    own_column,
)
from tradegains.transforms.regression_sums import EFFECT


def exit_regressions(context: RegressionContext, window: Window) -> Rows:
    """Rows of `regressions`: who of a window's first year is gone in its last."""
    kinds = context.kinds(context.choices.exit_cuts)
    terms = [RELATIVE_PRODUCTIVITY, LOG_EMPLOYMENT]
    terms += [EXPORTER] if context.has_exports else []
    controls = context.choices.exit_controls or ()
    terms += controls
    everyone = _kept_rows(context, window, terms, kinds)
    kept, trend = having_controls(everyone, controls), context.trend_note(everyone, controls)
    counted, note = _cuts_of(context, window, kept) if kinds else (None, _why_without(context))
    kept, note = having_cuts(kept, kinds), joined_notes(note, trend)
    terms += map(cut_column, kinds)
    errors = context.choices.chosen_errors
    cells = context.collect(kept, (EXIT, *terms), *cell_keys(context, errors.exit_linear))
    (linear,) = estimated(
        context,
        kept,
        cells,
        [LinearModel("exit_linear", EXIT, tuple(terms))],
        by=(),
        asked=AskedErrors("industry4", errors.exit_linear, kinds),
    ) or (None,)
    if linear is None:
        return []
    effects = context.choices.exit_effects
    (probit,) = fit_probits(
        kept,
        cells,
        by=(),
        effect_of=context.group(effects),
        outcome=EXIT,
        regressors=terms,
        sandwich=sandwich_of(errors.exit_probit, most_rows=cells.rows_of_all),
    )
    labels = _labels(context, window, "exit_linear", "industry4")
    of_probit = _labels(context, window, "exit_probit", effects)
    return [
        *linear_rows(labels, linear_of(linear), note=note, cuts=counted),
        *rows_of_probit(of_probit, terms, probit, note, cuts=counted),
    ]


def _kept_rows(
    context: RegressionContext, window: Window, terms: Sequence[str], kinds: Sequence[str]
) -> RegressionRows:
    rows = exit_rows(
        context.matched,
        context.medians(window.start),
        year=window.start,
        continuing=context.bit(continuing_set(window.name, BOTH_ENDS)),
        exporter=context.bit(EXPORTERS) if context.has_exports else None,
    )
    errors = context.choices.chosen_errors
    rows, clusters = add_clusters(
        context,
        context.with_cuts(rows, kinds, window),
        (errors.exit_linear, errors.exit_probit),
        kinds,
    )
    cuts = (*map(cut_column, kinds), *map(own_column, kinds))
    rows = context.with_earlier_growth(rows, *terms)
    needed = rows.select(EFFECT, EXIT, w.SALES, *terms, *cuts, *clusters)
    return context.held(needed, [window.start], work_folders.exit_rows(window))


def _labels(context: RegressionContext, window: Window, model: str, effects: str) -> Labels:
    stated, errors = context.choices.errors, getattr(context.choices.chosen_errors, model)
    years = years_of(window)
    return Labels(window.name, years, model, EXIT, "all", effects, errors, stated=stated)


def _why_without(context: RegressionContext) -> str:
    """Why no tariff explains exit; nothing where the study wants none."""
    return "" if context.largest_cuts else NO_CUTS


def _cuts_of(
    context: RegressionContext, window: Window, rows: RegressionRows
) -> tuple[CutCounts, str]:
    """Where the cuts of a regression's rows come from, and what is said of it."""
    kinds = context.kinds(context.choices.exit_cuts)
    by_exit = context.count_cuts(rows, kinds, EXIT)
    total = CutCounts.sum_of(kinds, by_exit.values())
    judge_own_cuts(context, window, rows=total.complete, own=total.own[kinds[0]])
    outcomes = {name: by_exit.get((value,)) for name, value in (("exit", 1.0), ("stay", 0.0))}
    return total, selection_note(context, window, outcomes, kinds)
