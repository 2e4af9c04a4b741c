"""Effects of starting to export, on productivity growth and on what establishments adopt."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradegains.families.context import Rows
from tradegains.families.regression_context import (
    RegressionContext,
    having_controls,
    having_cuts,
    linear_of,
    years_of,
)
from tradegains.families.regression_errors import AskedErrors, cell_keys, estimated
from tradegains.formulas.outcomes import joined_notes
from tradegains.results.regressions import CutCounts, Labels, linear_rows, sample_name
from tradegains.statistics.regression_passes import RegressionRows, having
from tradegains.statistics.regressions import Estimate, LinearModel
from tradegains.study import RegressionErrors, Window
from tradegains.tables import working as w
from tradegains.transforms.regression_rows import EXPORT_START, GROWTH, cut_column


def effect_regressions(context: RegressionContext, window: Window, rows: RegressionRows) -> Rows:
    """Rows of `regressions`: effects of starting to export on growth and on every adoption.

    Reads the outcomes, null where an establishment has none, and the column of clusters.
    """
    found: Rows = []
    for outcome in (GROWTH, *context.choices.adoptions):
        found += _effects(context, window, having(rows, outcome), outcome)
    return found


def _effects(
    context: RegressionContext, window: Window, rows: RegressionRows, outcome: str
) -> Rows:
    kinds = context.kinds(context.choices.growth_cuts)
    cuts = tuple(map(cut_column, kinds))
    controls = (*cuts[1:], *context.choices.growth_controls)
    errors, stated = growth_errors(context), context.choices.errors
    keys = (w.QUARTILE, *cell_keys(context, errors))
    known = having_controls(rows, controls)
    counts = context.count_cuts(known, kinds, w.QUARTILE) if kinds else {}
    complete, trend = having_cuts(known, kinds), context.trend_note(rows, controls)
    cells = context.collect(complete, (outcome, EXPORT_START, *controls, *cuts[:1]), *keys)
    raw = [LinearModel("raw_difference", outcome, (EXPORT_START,))]
    # A plain difference needs no cut: who has none stays in it.
    has_all = not kinds and not trend
    of_all = cells if has_all else context.collect(rows, (outcome, EXPORT_START), *keys)
    models = [LinearModel("least_squares", outcome, (EXPORT_START, *controls))]
    if cuts:
        models += [
            LinearModel("first_stage", EXPORT_START, (cuts[0], *controls)),
            LinearModel("two_stage", outcome, (EXPORT_START, *controls), instrument=cuts[0]),
        ]
    found: Rows = []
    growth_effects = context.choices.growth_effects
    for by in ((), (w.QUARTILE,)):
        for asked, effects, sample, sums in (
            (raw, "none", rows, of_all),
            (models, growth_effects, complete, cells),
        ):
            wanted = AskedErrors(effects, errors, kinds)
            estimates = estimated(context, sample, sums, asked, by=by, asked=wanted)
            of_cuts, note = (counts, trend) if asked is models else ({}, "")
            told = _EffectLabels(window, outcome, effects, errors, stated, kinds, of_cuts, note)
            found += _effect_rows(estimates, told)
    return found


@dataclass(frozen=True)
class _EffectLabels:
    """What the rows of one outcome and set of effects share, and whose cuts a quartile has."""

    window: Window
    outcome: str
    effects: str
    errors: str
    stated: RegressionErrors | None
    kinds: tuple[str, ...]
    counts: Mapping[tuple[Any, ...], CutCounts]
    note: str = ""

    def labels(self, found: Estimate) -> Labels:
        """The columns that tell an estimate."""
        return Labels(
            self.window.name,
            years_of(self.window),
            found.model.name,
            self.outcome,
            sample_name(found.key[0] if found.key else None),
            self.effects,
            self.errors,
            stated=self.stated,
        )

    def cuts(self, found: Estimate) -> CutCounts | None:
        """The cuts of an estimate's sample; None without any."""
        chosen = [each for key, each in self.counts.items() if found.key in ((), key)]
        return CutCounts.sum_of(self.kinds, chosen) if chosen else None


def growth_errors(context: RegressionContext) -> str:
    """Of growth. Each establishment is there once: robust errors are clustered by it."""
    clusters = context.choices.growth_clusters
    return "robust" if clusters == "establishment" else clusters


def _effect_rows(estimates: Sequence[Estimate], told: _EffectLabels) -> Iterator[dict[str, Any]]:
    cut = cut_column(told.kinds[0]) if told.kinds else ""
    strength = {
        found.key: linear_of(found).t(cut)
        for found in estimates
        if found.model.name == "first_stage"
    }
    for found in estimates:
        t = strength.get(found.key) if found.model.name in ("first_stage", "two_stage") else None
        yield from linear_rows(
            told.labels(found),
            linear_of(found),
            first_stage_f=None if t is None else t * t,
            is_instrumented=found.model.instrument is not None,
            note=joined_notes(
                f"explains {found.model.outcome}" if found.model.name == "first_stage" else "",
                told.note,
            ),
            cuts=told.cuts(found),
        )
