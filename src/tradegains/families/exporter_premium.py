"""The exporter premium: how much more productive exporters are than others of their industry."""

from collections.abc import Sequence

from tradegains.families.context import Rows
from tradegains.families.regression_context import RegressionContext, linear_of
from tradegains.families.regression_errors import ALONE, clustering_of
from tradegains.results.regressions import Labels, linear_rows
from tradegains.results.sets import EXPORTER as EXPORTERS
from tradegains.statistics.regressions import (
    Estimate,
    LinearModel,
    ProductCells,
    collect_products,
    estimate,
)
from tradegains.tables import working as w
from tradegains.transforms.regression_rows import EXPORTER, LOG_EMPLOYMENT, premium_rows
from tradegains.transforms.regression_sums import EFFECT

EFFECTS = "year_industry4"


def premium_regressions(context: RegressionContext) -> Rows:
    """Rows of `regressions`: what exporters of the chosen years have above others [log points]."""
    years = context.choices.premium_years
    choice = context.choices.chosen_errors.premium
    needed = premium_rows(
        context.matched,
        years=years,
        exporter=context.bit(EXPORTERS),
        clusters=() if choice in ALONE else (choice,),
        industries_per_group=context.industries_per_group,
    )
    rows = context.held(needed, years, None)
    names = (w.LOG_PRODUCTIVITY, EXPORTER, LOG_EMPLOYMENT)
    cells = collect_products(
        rows,
        keys=(EFFECT,),
        variables=[context.variable(name) for name in names],
        weightings=(False, True),
        largest_effect=context.largest,
    )
    models = [
        LinearModel(name, w.LOG_PRODUCTIVITY, regressors, is_weighted=is_weighted)
        for is_weighted in (False, True)
        for name, regressors in (
            ("exporter_premium", (EXPORTER,)),
            ("exporter_premium_with_size", (EXPORTER, LOG_EMPLOYMENT)),
        )
    ]
    estimates = estimate(
        rows,
        cells,
        models,
        by=(),
        effect_of=lambda effect: effect,
        clustering=clustering_of(
            context, choice, effects=EFFECTS, most_rows=_rows_per_cluster(cells, choice, years)
        ),
    )
    return [row for found in estimates for row in _premium_rows(context, found, years)]


def _rows_per_cluster(cells: ProductCells, choice: str, years: Sequence[int]) -> int:
    return len(years) if choice == "establishment" else cells.rows((), ())


def _premium_rows(context: RegressionContext, found: Estimate, years: Sequence[int]) -> Rows:
    labels = Labels(
        window=None,
        years=", ".join(map(str, years)),
        model=found.model.name,
        outcome=w.LOG_PRODUCTIVITY,
        sample="all",
        effects=EFFECTS,
        errors=context.choices.chosen_errors.premium,
        weighting="employment" if found.model.is_weighted else "unweighted",
        stated=context.choices.errors,
    )
    return linear_rows(labels, linear_of(found), premium=EXPORTER)
