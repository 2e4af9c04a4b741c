"""What tariff cuts did to productivity: within establishments, over industries, and in sum."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain

from tradegains.families import work_folders
from tradegains.families.context import Rows
from tradegains.families.exit_effects import exit_effects
from tradegains.families.regression_context import (
    RegressionContext,
    having_controls,
    having_cuts,
    linear_of,
)
from tradegains.families.regression_errors import AskedErrors, add_clusters, cell_keys, estimated
from tradegains.formulas.outcomes import joined_notes, rate
from tradegains.results.regressions import CutCounts, Linear
from tradegains.results.sets import EXPORTER as EXPORTERS
from tradegains.results.tariff_effects import (
    DOUBLE_DIFFERENCE,
    EXISTING_EXPORTERS,
    FOREIGN,
    HOME,
    INPUT,
    INPUTS,
    NOMINAL,
    Slope,
    effect_row,
    export_composition,
    industry_less_plant,
    industry_rows,
    new_exporters,
    with_tests,
)
from tradegains.statistics.regression_passes import RegressionRows, having
from tradegains.statistics.regressions import LinearModel
from tradegains.study import TariffEffects
from tradegains.tables import working as w
from tradegains.transforms.regression_rows import (
    ACCELERATION,
    EXPORTER_GROWTH,
    GROWTH,
    cut_column,
    growth_rows,
    own_column,
)
from tradegains.transforms.regression_sums import EFFECT


def effects_of_rows(context: RegressionContext) -> Iterator[Callable[[], Rows]]:
    """Computes rows of `tariff_effects` from rows of its own: what needs no other regression."""
    asked = context.study.tariff_effects
    if asked is not None:
        yield partial(_of_establishments, context, asked)
        yield from exit_effects(context)


def tariff_effects(
    context: RegressionContext, found: dict[str, Rows], of_rows: Sequence[Rows]
) -> Rows:
    """Rows of `tariff_effects`: of `effects_of_rows`, and what follows from the other tables."""
    asked = context.study.tariff_effects
    if asked is None:
        return []
    window = context.study.window(asked.after)
    rows = industry_rows(context.study, context.cells, context.run_context.small.by_name())
    rows += chain.from_iterable(of_rows)
    rows += industry_less_plant(window, rows)
    kind = (context.choices.growth_cuts or (FOREIGN,))[0]
    rows += new_exporters(window, kind, found["regressions"], found["export_entry"])
    rows += export_composition(window, found["regressions"], found["export_entry"])
    return with_tests(rows, context.choices.errors)


def _of_establishments(context: RegressionContext, asked: TariffEffects) -> Rows:
    kinds = context.kinds(asked.kinds)
    both = tuple(kind for kind in (HOME, FOREIGN) if kind in kinds)
    rows = _kept_rows(context, asked, kinds)
    found = _slopes(context, rows, (DOUBLE_DIFFERENCE, ACCELERATION), both, ((), "none"))
    controls, effects = context.choices.growth_controls, context.choices.growth_effects
    if FOREIGN in kinds and context.has_exports:
        choices = (controls, effects)
        outcome = (EXISTING_EXPORTERS, EXPORTER_GROWTH)
        found += _slopes(context, rows, outcome, (FOREIGN,), choices)
    if INPUT in kinds:
        # The other cuts of an industry go with those of its inputs: they stand beside them.
        of_all = _slopes(context, rows, (INPUTS, GROWTH), (INPUT, *both), (controls, "none"))
        found += [row for row in of_all if row["kind"] == INPUT]
    return found


def _kept_rows(
    context: RegressionContext, asked: TariffEffects, kinds: Sequence[str]
) -> RegressionRows:
    before, after = context.study.window(asked.before), context.study.window(asked.after)
    rows = growth_rows(
        context.matched,
        context.medians(after.start),
        windows=(before.name, after.name),
        years=(before.start, after.start),
        pace=(after.end - after.start) / (before.end - before.start),
        exporter=context.bit(EXPORTERS) if context.has_exports else None,
    )
    rows = context.with_earlier_growth(rows, *context.choices.growth_controls)
    rows = context.with_cuts(rows, kinds, after)
    rows, clusters = add_clusters(context, rows, [asked.clusters], kinds)
    needed = rows.select(
        EFFECT,
        w.SALES,
        *(GROWTH, ACCELERATION, EXPORTER_GROWTH),
        *context.choices.growth_controls,
        *map(cut_column, kinds),
        *map(own_column, kinds),
        *clusters,
    )
    return context.held(needed, [after.start], work_folders.growth_rows(after))


def _slopes(
    context: RegressionContext,
    rows: RegressionRows,
    named: tuple[str, str],
    kinds: Sequence[str],
    choices: tuple[Sequence[str], str],
) -> Rows:
    """Rows of one result: an outcome on the cuts of these kinds, with controls and effects."""
    asked = context.study.tariff_effects
    assert asked is not None
    (result, outcome), (controls, effects) = named, choices
    window = context.study.window(asked.after)
    everyone = having(rows, outcome)
    rows, trend = having_controls(everyone, controls), context.trend_note(everyone, controls)
    counts = CutCounts.sum_of(kinds, context.count_cuts(rows, kinds, EFFECT).values())
    rows = having_cuts(rows, kinds)
    cuts = tuple(map(cut_column, kinds))
    cells = context.collect(rows, (outcome, *cuts, *controls), *cell_keys(context, asked.clusters))
    estimates = estimated(
        context,
        rows,
        cells,
        [LinearModel(result, outcome, (*cuts, *controls))],
        by=(),
        asked=AskedErrors(effects, asked.clusters, kinds),
    )
    means = context.mean_cuts(rows, kinds, counts.sales)
    linear = linear_of(estimates[0]) if estimates else None
    nominal = NOMINAL if context.study.productivity.prices == "none" else ""
    nominal = joined_notes(nominal, trend)
    return [
        effect_row(
            window,
            result,
            "establishment",
            _slope(linear, kind, means.get(kind), (counts, nominal)),
            outcome=outcome,
            errors=asked.clusters,
            share=_share(context, result, window.start),
            accounting=result if result != DOUBLE_DIFFERENCE else None,
        )
        for kind in kinds
    ]


def _slope(
    linear: Linear | None, kind: str, mean: float | None, said: tuple[CutCounts, str]
) -> Slope:
    counts, nominal = said
    term, told = cut_column(kind), counts.columns(cut_column(kind))
    if linear is None:
        return Slope(kind, None, None, mean, 0, None, told, "no establishment")
    note = joined_notes(linear.problem, linear.dropped.get(term, ""), nominal)
    if linear.fit is None:
        return Slope(kind, None, None, mean, 0, None, told, note)
    value, basis = linear.estimate(term), linear.basis(term)
    return Slope(
        kind,
        *value,
        mean,
        linear.observations,
        basis.clusters,
        counts=told,
        note=note,
        degrees=basis.degrees,
    )


def _share(context: RegressionContext, result: str, year: int) -> float | None:
    """Share of output that an effect reaches: all, or that of the first year's exporters."""
    if result != EXISTING_EXPORTERS:
        return 1.0
    return rate(context.sales_of(year, EXPORTERS), context.sales_of(year))
