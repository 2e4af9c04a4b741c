"""Exit by tariff cuts beside the mean rate: of all, by group, and over two windows together."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial, reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.families import work_folders
from tradegains.families.context import Rows
from tradegains.families.regression_context import (
    RegressionContext,
    having_controls,
    having_cuts,
    linear_of,
)
from tradegains.families.regression_errors import AskedErrors, add_clusters, estimated
from tradegains.formulas.membership import BOTH_ENDS
from tradegains.formulas.outcomes import joined_notes, rate
from tradegains.results.regressions import CutCounts
from tradegains.results.sets import EXPORTER as EXPORTERS
from tradegains.results.sets import continuing_set
from tradegains.results.tariff_effects import Slope, effect_row
from tradegains.statistics.quartiles import with_known_quartiles
from tradegains.statistics.regression_passes import RegressionRows
from tradegains.statistics.regressions import Estimate, LinearModel, Variable, collect_products
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

EXPORTING, LATER = "exporting", "later_window"
RESULT = "exit"
_NAMES = {EXPORTING: {0: "nonexporters", 1: "exporters"}}
_KEYS = {"exporting": EXPORTING, "quartiles": w.QUARTILE}
SampleKey = tuple[Any, ...]


def later_cut(kind: str) -> str:
    """A cut in the later of two windows, 0 in the earlier one.

    Example:
        >>> later_cut("home")
        'later_home_cut'
    """
    return f"later_{cut_column(kind)}"


def exit_effects(context: RegressionContext) -> Iterator[Callable[[], Rows]]:
    """Computes rows of `tariff_effects` on exit, of a window and of two together.

    Nothing where the study asks for none or has no cuts.
    """
    asked = context.study.tariff_effects
    kinds = context.kinds(context.choices.exit_cuts)
    if asked is None or not asked.exit_by or not kinds:
        return
    if set(asked.exit_by) - {"windows"}:
        window = context.study.window(asked.after)
        yield partial(_of_window, context, window, kinds, asked.exit_by)
    if "windows" in asked.exit_by:
        yield partial(_of_both_windows, context, kinds)


def _terms(context: RegressionContext) -> tuple[str, ...]:
    exporter = (EXPORTER,) if context.has_exports else ()
    controls = context.choices.exit_controls or ()
    return (RELATIVE_PRODUCTIVITY, LOG_EMPLOYMENT, *exporter, *controls)


def _rows(
    context: RegressionContext, window: Window, kinds: Sequence[str], matched: DataFrame
) -> DataFrame:
    """Who is there in a window's first year, whether it exits, and what may explain it."""
    rows = exit_rows(
        matched,
        context.medians(window.start),
        year=window.start,
        continuing=context.bit(continuing_set(window.name, BOTH_ENDS)),
        exporter=context.bit(EXPORTERS) if context.has_exports else None,
    )
    rows = context.with_earlier_growth(rows, *_terms(context))
    return context.with_cuts(rows, kinds, window)


def _of_window(
    context: RegressionContext, window: Window, kinds: Sequence[str], by: Sequence[str]
) -> Rows:
    groups = [_KEYS[each] for each in by if each in _KEYS]
    groups = [each for each in groups if each != EXPORTING or context.has_exports]
    matched = context.matched
    if w.QUARTILE in groups:
        quartiles = context.first_years.quantiles
        matched = with_known_quartiles(matched, [window.start], quartiles)
    rows = _rows(context, window, kinds, matched)
    if EXPORTING in groups:
        rows = rows.withColumn(EXPORTING, F.col(EXPORTER).cast("bigint"))
    errors = context.choices.chosen_errors.exit_linear
    rows, clusters = add_clusters(context, rows, (errors,), kinds)
    cuts = (*map(cut_column, kinds), *map(own_column, kinds))
    needed = rows.select(*groups, EFFECT, EXIT, w.SALES, *_terms(context), *cuts, *clusters)
    held = context.held(needed, [window.start], work_folders.exit_effect_rows(window))
    controls = context.choices.exit_controls or ()
    held, note = having_controls(held, controls), context.trend_note(held, controls)
    counted = context.count_cuts(held, kinds, *groups, EXIT)
    complete = having_cuts(held, kinds)
    variables = (EXIT, *_terms(context), *map(cut_column, kinds))
    model = LinearModel(RESULT, EXIT, variables[1:])
    asked = AskedErrors("industry4", errors, kinds)
    found: Rows = []
    for group in [*([None] if "all" in by else []), *groups]:
        keys = () if group is None else (group,)
        # What tells samples apart has to be the first of the cells' keys.
        cells = context.collect(complete, variables, *keys)
        for each in estimated(context, complete, cells, [model], by=keys, asked=asked):
            counts = _counts(counted, groups, keys, each.key)
            result = "_".join([RESULT, *_name(group, each.key)])
            found += _effects(window, result, each, kinds, (counts, errors), note=note)
    return found


def _name(group: str | None, key: SampleKey) -> list[str]:
    if group is None:
        return []
    return [_NAMES[group][key[0]]] if group in _NAMES else [f"quartile_{key[0]}"]


def _counts(
    counted: Mapping[SampleKey, CutCounts],
    groups: Sequence[str],
    keys: Sequence[str],
    sample: SampleKey,
) -> tuple[CutCounts, float | None]:
    """Whose cuts a sample has, and the part of those with all cuts that exit."""
    places = [groups.index(key) for key in keys]
    chosen = {key: each for key, each in counted.items()
              if tuple(key[place] for place in places) == sample}  # fmt: skip
    kinds = list(next(iter(chosen.values())).own)
    exiting = sum(each.complete for key, each in chosen.items() if key[-1] == 1.0)
    total = CutCounts.sum_of(kinds, chosen.values())
    return total, rate(exiting, total.complete)


def _effects(
    window: Window,
    result: str,
    found: Estimate,
    kinds: Sequence[str],
    said: tuple[tuple[CutCounts, float | None], str],
    *,
    term_of: Mapping[str, str] | None = None,
    note: str = "",
) -> Rows:
    """A row per kind: the slope, and its effect at the mean cut over the mean rate of exit."""
    ((counts, exiting), errors), linear = said, linear_of(found)
    rows: Rows = []
    for kind in kinds:
        term = (term_of or {}).get(kind, cut_column(kind))
        mean = rate(counts.sums[kind], counts.complete)
        told = joined_notes(linear.problem, linear.dropped.get(term, ""), note)
        if exiting:
            told = joined_notes(told, f"mean rate of exit {exiting:.6g}")
        value = linear.estimate(term) if linear.fit else (None, None)
        basis = linear.basis(term)
        slope = Slope(
            kind,
            *value,
            mean,
            linear.observations,
            basis.clusters if linear.fit else None,
            counts.columns(cut_column(kind)),
            told,
            basis.degrees if linear.fit else None,
        )
        row = effect_row(window, result, "establishment", slope, outcome=EXIT, errors=errors)
        relative = {
            "effect": rate(slope.effect, exiting),
            "standard_error": rate(slope.effect_error, exiting),
        }
        rows.append(row | relative)
    return rows


def _of_both_windows(context: RegressionContext, kinds: Sequence[str]) -> Rows:
    """The slope on cuts in the window after beyond that before, where nothing had been cut.

    Slopes of all else are shared, so that both windows' own rates are held constant by an effect of
    time, and industries by theirs. An establishment of both windows is one cluster.
    """
    asked = context.study.tariff_effects
    assert asked is not None
    windows = [context.study.window(name) for name in (asked.before, asked.after)]
    parts = [_of_one(context, window, kinds, place) for place, window in enumerate(windows)]
    pooled = reduce(DataFrame.unionByName, parts)
    starts = [window.start for window in windows]
    held = context.held(pooled, starts, work_folders.exit_effect_rows(windows[0]))
    controls = context.choices.exit_controls or ()
    held, trend = having_controls(held, controls), context.trend_note(held, controls)
    counted = context.count_cuts(held, kinds, LATER, EXIT)
    complete = having_cuts(held, kinds)
    cuts = (*map(later_cut, kinds), *map(cut_column, kinds))
    variables = (EXIT, *_terms(context), LATER, *cuts)
    cells = _cells(context, complete, variables, kinds)
    model = LinearModel(f"{RESULT}_pooled", EXIT, variables[1:])
    asked_errors = AskedErrors("industry4", "establishment", kinds)
    found: Rows = []
    for each in estimated(context, complete, cells, [model], by=(), asked=asked_errors):
        # The mean cut and the mean rate are those of the window after, of which the effect is.
        later = {key: counts for key, counts in counted.items() if key[0] == 1.0}
        if not later:
            continue
        counts = _counts(later, [LATER], (), ())
        term_of = {kind: later_cut(kind) for kind in kinds}
        note = joined_notes(f"beyond the slope in {windows[0].start}-{windows[0].end}", trend)
        found += _effects(
            windows[1], f"{RESULT}_pooled", each, kinds, (counts, "establishment"),
            term_of=term_of, note=note,
        )  # fmt: skip
    return found


def _of_one(
    context: RegressionContext, window: Window, kinds: Sequence[str], place: int
) -> DataFrame:
    rows, clusters = add_clusters(
        context, _rows(context, window, kinds, context.matched), ("establishment",), kinds
    )
    later = {LATER: F.lit(float(place))}
    later |= {later_cut(kind): F.col(cut_column(kind)) * float(place) for kind in kinds}
    cuts = (*map(cut_column, kinds), *map(own_column, kinds))
    return rows.withColumns(later).select(
        EFFECT, EXIT, w.SALES, *_terms(context), *later, *cuts, *clusters
    )


def _cells(
    context: RegressionContext, rows: RegressionRows, names: Iterable[str], kinds: Sequence[str]
) -> Any:
    """Sums of products; two windows put twice as many rows in an industry as one year does."""
    bounds = {later_cut(kind): context.largest_cuts[kind] for kind in kinds}
    variables = [
        Variable(name, bounds[name]) if name in bounds else context.variable(name) for name in names
    ]
    largest = context.largest
    return collect_products(
        rows,
        keys=(EFFECT,),
        variables=variables,
        weightings=(),
        largest_effect=type(largest)(2 * largest.rows, 2 * largest.weight),
    )
