"""What errors of each family of regressions are clustered by, and what is told of few clusters."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pyspark.sql import DataFrame

from tradegains.families.context import Rows
from tradegains.families.regression_context import RegressionContext
from tradegains.statistics.probits import Sandwich
from tradegains.statistics.regressions import Clustering, Key
from tradegains.study.error_agreement import JACKKNIFED
from tradegains.transforms.regression_rows import YEAR_STEP, cluster_column, with_clusters

log = logging.getLogger("tradegains")

ALONE = ("robust", "information")
"""Errors that no column of the rows tells."""
_ORDER = ("none", "industry2", "industry4", "year_industry4")


def add_clusters(
    context: RegressionContext,
    rows: DataFrame,
    choices: Iterable[str],
    kinds: Sequence[str],
) -> tuple[DataFrame, tuple[str, ...]]:
    """The rows with the columns that these choices cluster by, and their names."""
    asked = tuple(sorted({choice for choice in choices if choice not in ALONE}))
    found = with_clusters(
        rows,
        asked,
        industries_per_group=context.industries_per_group,
        kind=kinds[0] if kinds else None,
    )
    return found, tuple(map(cluster_column, asked))


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
        told = "regressions: errors of %s of %s coefficients rest on fewer than %s clusters (%s)"
        log.warning(told, len(few), len(rows), stated.few_clusters, min(few))
