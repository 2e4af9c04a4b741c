"""Regression rows into sums of products and of scores: what least squares asks of the engine.

Regression rows have key columns (which sample, which effect), variables as DOUBLE columns without
nulls and, where a model is weighted, a weight as BIGINT. Every sum is a fixed-point whole number:
the order of rows changes nothing. The caller chooses binary places that no sum can overflow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.least_squares import BinaryPlaces, pairs, weighted_products
from tradegains.tables import working as w

EFFECT = "effect"
WEIGHT = "regression_weight"
CLUSTER = "cluster"


@dataclass(frozen=True)
class ScoreModel:
    """A model whose scores are summed: whether it is weighted, and its instruments' positions."""

    is_weighted: bool
    instruments: tuple[int, ...]


def weight_sum(*, is_weighted: bool) -> str:
    """Column of the sum of weights; of no weights, the count of rows."""
    return f"{_kind(is_weighted)}_weight"


def first_sum(position: int, *, is_weighted: bool) -> str:
    """Column of the sum of weight * v, by the position of the variable."""
    return f"{_kind(is_weighted)}_sum_{position}"


def second_sum(position: int, *, is_weighted: bool) -> str:
    """Column of the sum of weight * v * v', by the position of the pair."""
    return f"{_kind(is_weighted)}_product_{position}"


def largest(position: int) -> str:
    """Column of a variable's largest absolute value."""
    return f"largest_{position}"


LARGEST_WEIGHT = "largest_weight"


def mean_column(position: int, *, is_weighted: bool) -> str:
    """Parameter: mean of a variable over the row's effect."""
    return f"{_kind(is_weighted)}_mean_{position}"


def residual_column(model: int, position: int) -> str:
    """Parameter: what a variable counts in the model's residual: 1 or minus its coefficient."""
    return f"residual_{model}_{position}"


def scale_column(model: int, position: int) -> str:
    """Parameter: what a score is multiplied by before it is summed."""
    return f"scale_{model}_{position}"


def rescale_column(model: int, position: int) -> str:
    """Parameter: what a cluster's sum is multiplied by before products are summed."""
    return f"rescale_{model}_{position}"


def meat_sum(model: int, position: int) -> str:
    """Column of the sum of products of scores, by the position of the pair of instruments."""
    return f"meat_{model}_{position}"


def _kind(is_weighted: bool) -> str:
    return "weighted" if is_weighted else "plain"


def sum_products(
    rows: DataFrame,
    *,
    keys: Sequence[str],
    variables: Sequence[str],
    places: Mapping[bool, BinaryPlaces],
) -> DataFrame:
    """One row per keys: rows, sums of weights, variables and products, and largest values.

    Reads the keys, the variables and, where `places` has an entry True, the weight. `places` maps
    whether a sum is weighted to its binary places.
    """
    values = [F.col(name) for name in variables]
    sums = [F.count(F.lit(1)).alias(w.ESTABLISHMENTS)]
    for is_weighted, digits in places.items():
        first, second = weighted_products(_weight(is_weighted), values)
        if is_weighted:
            sums.append(F.sum(WEIGHT).alias(weight_sum(is_weighted=True)))
            sums.append(F.max(WEIGHT).alias(LARGEST_WEIGHT))
        sums += [
            _fixed_sum(each, digits.sums[i]).alias(first_sum(i, is_weighted=is_weighted))
            for i, each in enumerate(first)
        ]
        sums += [
            _fixed_sum(each, digits.products[i]).alias(second_sum(i, is_weighted=is_weighted))
            for i, each in enumerate(second)
        ]
    bounds = [F.max(F.abs(value)).alias(largest(i)) for i, value in enumerate(values)]
    return rows.groupBy(*keys).agg(*sums, *bounds)


def _weight(is_weighted: bool) -> Column:
    return F.col(WEIGHT).cast("double") if is_weighted else F.lit(1.0)


def _fixed_sum(value: Column, places: int) -> Column:
    return F.sum(F.floor(value * 2.0**places + 0.5).cast("bigint"))


def sum_meat(
    rows: DataFrame,
    parameters: DataFrame,
    *,
    on: Sequence[str],
    by: Sequence[str],
    variables: Sequence[str],
    models: Sequence[ScoreModel],
    cluster: str | None,
) -> DataFrame:
    """One row per sample: sums of products of the scores of every model, and clusters or rows.

    Reads the keys `on`, the variables, weight and the column `cluster` where used; `parameters` has
    one row per `on` with the columns that this module names. Rows without parameters take no part.
    `by` are the keys that tell samples apart.
    """
    scored = _with_scores(rows, parameters, on=on, variables=variables, models=models)
    scores = [(m, i) for m, model in enumerate(models) for i in range(len(model.instruments))]
    if cluster is not None:
        # Rounded and added within the cluster; the products need the sums in their own scale.
        summed = [
            F.sum(F.floor(F.col(_score(m, i)) * F.col(scale_column(m, i)) + 0.5).cast("bigint"))
            .alias(_score(m, i)) for m, i in scores
        ]  # fmt: skip
        scales = [F.max(rescale_column(m, i)).alias(rescale_column(m, i)) for m, i in scores]
        scored = scored.groupBy(*by, cluster).agg(*summed, *scales)
    scale = rescale_column if cluster is not None else scale_column
    scaled = scored.select(
        *by, *(
            (F.col(_score(m, i)).cast("double") * F.col(scale(m, i))).alias(_score(m, i))
            for m, i in scores
        ),
    )  # fmt: skip
    meats = [
        _fixed_sum(F.col(_score(m, i)) * F.col(_score(m, j)), 0).alias(meat_sum(m, position))
        for m, model in enumerate(models)
        for position, (i, j) in enumerate(pairs(len(model.instruments)))
    ]
    return scaled.groupBy(*by).agg(F.count(F.lit(1)).alias(w.ESTABLISHMENTS), *meats)


def _score(model: int, instrument: int) -> str:
    return f"score_{model}_{instrument}"


def _with_scores(
    rows: DataFrame,
    parameters: DataFrame,
    *,
    on: Sequence[str],
    variables: Sequence[str],
    models: Sequence[ScoreModel],
) -> DataFrame:
    """Weight times instrument times residual, the variables as deviations from their means."""
    joined = rows.join(F.broadcast(parameters), on=list(on), how="inner")
    kinds = dict.fromkeys(model.is_weighted for model in models)
    deviations = {
        _deviation(i, kind): F.col(name) - F.col(mean_column(i, is_weighted=kind))
        for kind in kinds
        for i, name in enumerate(variables)
    }
    residuals = {}
    for m, model in enumerate(models):
        parts = [
            F.col(_deviation(i, model.is_weighted)) * F.col(residual_column(m, i))
            for i in range(len(variables))
        ]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        residuals[f"residual_{m}"] = _weight(model.is_weighted) * total
    scores = {
        _score(m, i): F.col(f"residual_{m}") * F.col(_deviation(position, model.is_weighted))
        for m, model in enumerate(models)
        for i, position in enumerate(model.instruments)
    }
    return joined.withColumns(deviations).withColumns(residuals).withColumns(scores)


def _deviation(position: int, is_weighted: bool) -> str:
    return f"{_kind(is_weighted)}_deviation_{position}"
