"""Exit: who of the establishments of a window's first year is gone in its last, and why."""

from pyspark.sql import functions as F

from tradegains.families import work_folders
from tradegains.families.context import Rows
from tradegains.families.meeting import judge_own_cuts
from tradegains.families.regression_context import (
    NO_CUTS,
    RegressionContext,
    linear_of,
    rows_of_probit,
    years_of,
)
from tradegains.formulas.membership import BOTH_ENDS
from tradegains.results.regressions import Labels, linear_rows
from tradegains.results.sets import EXPORTER as EXPORTERS
from tradegains.results.sets import continuing_set
from tradegains.statistics.probits import fit_probits
from tradegains.statistics.regressions import LinearModel, ProductCells, estimate
from tradegains.study import Window
from tradegains.transforms.regression_rows import (
    EXIT,
    EXPORTER,
    IS_PLANT_CUT,
    LOG_EMPLOYMENT,
    RELATIVE_PRODUCTIVITY,
    TARIFF_CUT,
    exit_rows,
)
from tradegains.transforms.regression_sums import EFFECT


def exit_regressions(context: RegressionContext, window: Window) -> Rows:
    """Rows of `regressions`: who of a window's first year is gone in its last."""
    rows = exit_rows(
        context.matched,
        context.medians(window.start),
        year=window.start,
        continuing=context.bit(continuing_set(window.name, BOTH_ENDS)),
        exporter=context.bit(EXPORTERS) if context.has_exports else None,
    )
    terms = [RELATIVE_PRODUCTIVITY, LOG_EMPLOYMENT]
    terms += [EXPORTER] if context.has_exports else []
    extra = []
    if context.largest_cut is not None:
        terms.append(TARIFF_CUT)
        extra.append(IS_PLANT_CUT)
        rows = context.with_cuts(rows).filter(F.col(TARIFF_CUT).isNotNull())
    rows = rows.select(EFFECT, EXIT, *terms, *extra)
    kept = context.held(rows, [window.start], work_folders.exit_rows(window))
    cells = context.collect(kept, (EXIT, *terms, *extra))
    note = _cut_note(context, window, cells) if extra else NO_CUTS
    (linear,) = estimate(
        kept,
        cells,
        [LinearModel("exit_linear", EXIT, tuple(terms))],
        by=(),
        effect_of=context.group("industry4"),
    ) or (None,)
    if linear is None:
        return []
    effects = context.choices.exit_effects
    (probit,) = fit_probits(
        kept, cells, by=(), effect_of=context.group(effects), outcome=EXIT, regressors=terms
    )
    labels = _labels(window, "exit_linear", "industry4", "robust")
    of_probit = _labels(window, "exit_probit", effects, "information")
    return [
        *linear_rows(labels, linear_of(linear), note=note),
        *rows_of_probit(of_probit, terms, probit, note),
    ]


def _labels(window: Window, model: str, effects: str, errors: str) -> Labels:
    return Labels(window.name, years_of(window), model, EXIT, "all", effects, errors)


def _cut_note(context: RegressionContext, window: Window, cells: ProductCells) -> str:
    """Where the cuts of a regression's rows come from."""
    rows, own = _total(cells, IS_PLANT_CUT)
    judge_own_cuts(context, window, rows=rows, own=own)
    return f"tariff cuts: {own:,} of the establishment's products, {rows - own:,} of its industry"


def _total(cells: ProductCells, name: str) -> tuple[int, int]:
    """Rows, and how many have 1 in a column of 0 and 1."""
    place = cells.variables.index(name)
    groups = cells.groups[False].values()
    ones = sum(group.sums[place] for group in groups)
    return sum(group.rows for group in groups), ones >> cells.places[False].sums[place]
