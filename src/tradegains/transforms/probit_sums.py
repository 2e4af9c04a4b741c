"""Regression rows into the sums of a probit's Newton step, and of what a tariff cut adds.

Rows meet their parameters by their keys: `alpha` (the effect) and one coefficient per regressor.
Rows without parameters take no part. All sums are fixed-point whole numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.export_entry import index_without_cut
from tradegains.formulas.least_squares import pairs
from tradegains.formulas.probit import score_and_curvature
from tradegains.tables import working as w
from tradegains.transforms.normal_columns import add_distribution, add_hazard
from tradegains.transforms.regression_sums import rescale_column, scale_column

ALPHA = "alpha"
INDEX = "probit_index"
SCORE, CURVATURE, LIKELIHOOD = "score", "curvature", "log_likelihood"
EFFECT_OF_CUT, DENSITY_CHANGE = "effect_of_cut", "density_change"


@dataclass(frozen=True)
class ProbitPlaces:
    """Binary places of the sums of a Newton step, by what is multiplied."""

    score: int
    score_x: tuple[int, ...]
    curvature: int
    curvature_x: tuple[int, ...]
    curvature_xx: tuple[int, ...]
    log_likelihood: int


def coefficient_column(position: int) -> str:
    """Parameter: coefficient of a regressor."""
    return f"coefficient_{position}"


def times(name: str, position: int) -> str:
    """Column of the sum of score, curvature or density change times a regressor or pair."""
    return f"{name}_x_{position}"


def sum_newton(
    rows: DataFrame,
    parameters: DataFrame,
    *,
    on: Sequence[str],
    outcome: str,
    regressors: Sequence[str],
    places: ProbitPlaces,
) -> DataFrame:
    """One row per keys `on`: score, curvature and log-likelihood at the parameters.

    Reads the keys, the outcome (0.0 or 1.0) and the regressors; `parameters` has one row per keys.
    """
    hazards = _with_hazard(rows, parameters, on=on, outcome=outcome, regressors=regressors)
    score, curvature = score_and_curvature(F.col(INDEX), F.col("hazard"), F.col("sign"))
    scored = hazards.withColumn(SCORE, score).withColumn(CURVATURE, curvature)
    x = [F.col(name) for name in regressors]
    sums = [
        _sum(F.col(SCORE), places.score, SCORE),
        *(_sum(F.col(SCORE) * each, places.score_x[i], times(SCORE, i))
          for i, each in enumerate(x)),
        _sum(F.col(CURVATURE), places.curvature, CURVATURE),
        *(_sum(F.col(CURVATURE) * each, places.curvature_x[i], times(CURVATURE, i))
          for i, each in enumerate(x)),
        *(_sum(F.col(CURVATURE) * x[i] * x[j], places.curvature_xx[p], times("xx", p))
          for p, (i, j) in enumerate(pairs(len(x)))),
        _sum(F.col("tail"), places.log_likelihood, LIKELIHOOD),
    ]  # fmt: skip
    return scored.groupBy(*on).agg(*sums)


def base_column(position: int) -> str:
    """Parameter: what a row's score adds to an estimate whatever its regressors."""
    return f"influence_{position}"


def slope_column(position: int, regressor: int) -> str:
    """Parameter: what the score adds per unit of a regressor."""
    return f"influence_{position}_x_{regressor}"


def square_sum(position: int) -> str:
    """Column of the sum of squared influences on an estimate, of clusters or rows."""
    return f"square_{position}"


def sum_influences(
    rows: DataFrame,
    parameters: DataFrame,
    *,
    on: Sequence[str],
    by: Sequence[str],
    outcome: str,
    regressors: Sequence[str],
    estimates: int,
    cluster: str | None,
) -> DataFrame:
    """One row per sample: squared influences of its clusters (or rows) on each estimate, summed.

    Reads as `sum_newton`, and the column `cluster` where it is given; `parameters` also tell what
    each estimate's influence is per unit of a row's score. `by` are the keys that tell samples
    apart.
    """
    scored = _with_hazard(rows, parameters, on=on, outcome=outcome, regressors=regressors)
    places = range(estimates)
    influences = {}
    for place in places:
        influence = F.col(base_column(place))
        for position, name in enumerate(regressors):
            influence = influence + F.col(name) * F.col(slope_column(place, position))
        score = F.col("sign") * F.col("hazard")
        influences[_influence(place)] = score * influence * F.col(scale_column(0, place))
    scored = scored.withColumns(influences)
    if cluster is not None:
        # Rounded and added within the cluster; the squares need the sums in their own scale.
        summed = [_sum(F.col(_influence(place)), 0, _influence(place)) for place in places]
        scales = [F.max(rescale_column(0, p)).alias(rescale_column(0, p)) for p in places]
        scored = scored.groupBy(*by, cluster).agg(*summed, *scales)
        rescaled = {
            _influence(p): F.col(_influence(p)).cast("double") * F.col(rescale_column(0, p))
            for p in places
        }
        scored = scored.withColumns(rescaled)
    squares = [
        _sum(F.col(_influence(place)) * F.col(_influence(place)), 0, square_sum(place))
        for place in places
    ]
    return scored.groupBy(*by).agg(F.count(F.lit(1)).alias(w.ESTABLISHMENTS), *squares)


def _influence(place: int) -> str:
    return f"influence_of_row_{place}"


def sum_effect_of_cut(
    rows: DataFrame,
    parameters: DataFrame,
    *,
    on: Sequence[str],
    regressors: Sequence[str],
    cut: int,
    places: ProbitPlaces,
) -> DataFrame:
    """One row per keys `on`: the probability due to the cut, and how it answers to estimates.

    Must equal the sum behind formulas.export_entry.mean_probability_due_to_cut.

    Reads the keys and the regressors, of which the one at position `cut` is the tariff cut. The
    gradient has the change of density for the effect, its products with the regressors, and for
    the cut the density with the cut times the cut.
    """
    indexed = _with_index(rows, parameters, on=on, regressors=regressors)
    without = index_without_cut(
        F.col(INDEX), cut=F.col(regressors[cut]), coefficient=F.col(coefficient_column(cut))
    )
    indexed = indexed.withColumn("without", without)
    indexed = add_distribution(indexed, INDEX, cdf="cdf", density="density")
    indexed = add_distribution(indexed, "without", cdf="cdf_without", density="density_without")
    probabilities = indexed.withColumn(EFFECT_OF_CUT, F.col("cdf") - F.col("cdf_without"))
    change = F.col("density") - F.col("density_without")
    gradient = [
        F.col(name) * (F.col("density") if i == cut else change)
        for i, name in enumerate(regressors)
    ]
    return probabilities.groupBy(*on).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
        _sum(F.col(EFFECT_OF_CUT), places.curvature, EFFECT_OF_CUT),
        _sum(change, places.curvature, DENSITY_CHANGE),
        *(
            _sum(each, places.curvature_x[i], times(DENSITY_CHANGE, i))
            for i, each in enumerate(gradient)
        ),
    )


def _with_hazard(
    rows: DataFrame,
    parameters: DataFrame,
    *,
    on: Sequence[str],
    outcome: str,
    regressors: Sequence[str],
) -> DataFrame:
    """The rows with their index, its sign, and hazard and log of the tail against it."""
    sign = F.lit(2.0) * F.col(outcome) - F.lit(1.0)
    indexed = _with_index(rows, parameters, on=on, regressors=regressors)
    signed = indexed.withColumn("sign", sign).withColumn("against", -F.col("sign") * F.col(INDEX))
    return add_hazard(signed, "against", hazard="hazard", log_upper_tail="tail")


def _with_index(
    rows: DataFrame, parameters: DataFrame, *, on: Sequence[str], regressors: Sequence[str]
) -> DataFrame:
    joined = rows.join(F.broadcast(parameters), on=list(on), how="inner")
    index = F.col(ALPHA)
    for position, name in enumerate(regressors):
        index = index + F.col(name) * F.col(coefficient_column(position))
    return joined.withColumn(INDEX, index)


def _sum(value: Column, places: int, name: str) -> Column:
    return F.sum(F.floor(value * 2.0**places + 0.5).cast("bigint")).alias(name)
