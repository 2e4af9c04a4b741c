"""What errors of each family of regressions are clustered by, and what is told of few clusters."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from tradegains.families.context import Rows
from tradegains.families.regression_context import RegressionContext
from tradegains.statistics.probits import Sandwich
from tradegains.statistics.regression_passes import RegressionRows
from tradegains.statistics.regressions import (
    Clustering,
    Estimate,
    Key,
    LinearModel,
    ProductCells,
    estimate,
)
from tradegains.statistics.shift_share import with_share_errors
from tradegains.study.error_agreement import JACKKNIFED
from tradegains.transforms.exposures import exposure_column, with_exposures
from tradegains.transforms.regression_rows import (
    YEAR_STEP,
    cluster_column,
    cut_column,
    with_clusters,
)

log = logging.getLogger("tradegains")

ALONE = ("robust", "information", "shift_share")
"""Errors that no column of the rows tells."""
_ORDER = ("none", "industry2", "industry4", "year_industry4")


def add_clusters(
    context: RegressionContext,
    rows: DataFrame,
    choices: Iterable[str],
    kinds: Sequence[str],
) -> tuple[DataFrame, tuple[str, ...]]:
    """The rows with the columns that these choices cluster by, or shares, and their names."""
    choices = set(choices)
    asked = tuple(sorted({choice for choice in choices if choice not in ALONE}))
    found = with_clusters(
        rows,
        asked,
        industries_per_group=context.industries_per_group,
        kind=kinds[0] if kinds else None,
    )
    shares = context.exposures_of_industries(kinds) if "shift_share" in choices else {}
    found = with_exposures(
        found,
        {kind: frame for kind, (frame, _) in shares.items()},
        industries_per_code={kind: step for kind, (_, step) in shares.items()},
    )
    return found, (*map(cluster_column, asked), *map(exposure_column, shares))


@dataclass(frozen=True)
class AskedErrors:
    """Which effects and errors linear models of a regression have.

    Attributes:
        effects: that are absorbed.
        errors: the choice of the study.
        kinds: of tariff whose cuts are among the variables.
    """

    effects: str
    errors: str
    kinds: Sequence[str] = ()


def estimated(
    context: RegressionContext,
    rows: RegressionRows,
    cells: ProductCells,
    models: Sequence[LinearModel],
    *,
    by: Sequence[str],
    asked: AskedErrors,
) -> list[Estimate]:
    """Every model on every sample, with the errors that the study asks for."""
    most_rows = cells.rows_of_all
    group = context.group(asked.effects)
    clustering = clustering_of(context, asked.errors, effects=asked.effects, most_rows=most_rows)
    found = estimate(rows, cells, models, by=by, effect_of=group, clustering=clustering)
    if asked.errors != "shift_share":
        return found
    kinds = {cut_column(kind): kind for kind in asked.kinds}
    return with_share_errors(rows, cells, found, by=by, effect_of=group, kinds=kinds)


def clustering_of(
    context: RegressionContext, choice: str, *, effects: str, most_rows: int
) -> Clustering | None:
    """What the errors of a linear regression are clustered by; None where they are robust.

    Args:
        context: of the regressions.
        choice: of the study.
        effects: that the regression absorbs.
        most_rows: bound of a cluster's rows.
    """
    if choice in ALONE:
        return None
    is_coarser = choice in _ORDER and _ORDER.index(effects) >= _ORDER.index(choice)
    return Clustering(
        max(most_rows, 1),
        is_nested=is_coarser,
        column=cluster_column(choice),
        of_cell=_cluster_of_cell(context, choice) if leaves_out(context, choice) else None,
    )


def leaves_out(context: RegressionContext, choice: str) -> bool:
    """Whether errors are by the jackknife: every cluster is left out once."""
    return context.choices.chosen_errors.variance == "cv3" and choice in JACKKNIFED


def cell_keys(context: RegressionContext, choice: str) -> tuple[str, ...]:
    """Further keys of the cells of a regression: what its clusters are not told by otherwise."""
    is_own = leaves_out(context, choice) and choice == "product"
    return (cluster_column(choice),) if is_own else ()


def _cluster_of_cell(context: RegressionContext, choice: str) -> Callable[[Key], Any]:
    if choice == "product":
        return lambda key: key[-2]
    group = context.group(choice)
    return lambda key: group(key[-1] % YEAR_STEP)


def sandwich_of(choice: str, *, most_rows: int) -> Sandwich | None:
    """Errors of a probit; None for those of the information matrix."""
    if choice == "information":
        return None
    if choice == "robust":
        return Sandwich()
    return Sandwich(cluster_column(choice), max(most_rows, 1))


def warn_of_few(context: RegressionContext, rows: Rows) -> None:
    """Tell how many coefficients have errors of few clusters, where the study says what few are."""
    stated = context.choices.errors
    known = [row["clusters"] for row in rows if row["clusters"] is not None]
    if stated is None:
        return
    few = [clusters for clusters in known if clusters < stated.few_clusters]
    if few:
        told = "regressions: errors of %s of %s coefficients rest on fewer than %s clusters "
        told += "(the fewest: %s)"
        log.warning(told, len(few), len(rows), stated.few_clusters, min(few))
