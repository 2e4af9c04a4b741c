"""Regression rows with the products or industries whose cuts theirs are made of, and their sums."""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.tables import working as w
from tradegains.transforms.regression_sums import (
    mean_column,
    residual_column,
    scale_column,
)

SHOCK, OTHER, SHARE = "shock", "other_shock", "share"
PRODUCTS = "products"
CODE = "exposed_code"
"""An industry as the table of cuts names it, as a number."""


def exposure_column(kind: str) -> str:
    """Shares of an establishment by product, or by industry: pairs of both, never null.

    Example:
        >>> exposure_column("home")
        'home_exposure'
    """
    return f"{kind}_exposure"


def plant_exposure_column(kind: str) -> str:
    """The same of an establishment's own products; null where it has none.

    Example:
        >>> plant_exposure_column("home")
        'plant_home_exposure'
    """
    return f"plant_{kind}_exposure"


def exposed_sum(model: int) -> str:
    """Column of the sum of share times a residual, by the position of the residual."""
    return f"exposed_{model}"


def with_exposures(
    rows: DataFrame,
    of_industries: Mapping[str, DataFrame],
    *,
    industries_per_code: Mapping[str, int],
) -> DataFrame:
    """The rows with a column of shares for each kind of tariff.

    Reads industry and, where establishments have products, their own shares; `of_industries` has
    one row per code with the shares that stand behind its cut, `industries_per_code` says what an
    industry is divided by for its code.
    """
    found = rows
    for kind, shares in of_industries.items():
        code = F.floor(F.col(w.INDUSTRY) / industries_per_code[kind]).cast("bigint")
        own, name = plant_exposure_column(kind), exposure_column(kind)
        joined = found.withColumn(CODE, code).join(F.broadcast(shares), on=CODE, how="left")
        chosen = F.coalesce(F.col(own), F.col(name)) if own in rows.columns else F.col(name)
        found = joined.withColumn(name, chosen).drop(CODE)
    return found


def sum_exposures(
    rows: DataFrame,
    parameters: DataFrame,
    *,
    on: Sequence[str],
    by: Sequence[str],
    variables: Sequence[str],
    residuals: int,
    kind: str,
) -> DataFrame:
    """One row per sample and product: sums of share times each residual, as whole numbers.

    Reads the keys `on`, the variables and the shares of the kind; `parameters` has one row per `on`
    with means, and what each variable counts in each residual. Rows without take no part.
    """
    joined = rows.join(F.broadcast(parameters), on=list(on), how="inner")
    values = {f"value_{m}": _residual(m, variables) for m in range(residuals)}
    valued = joined.withColumns(values).withColumn(PRODUCTS, F.explode(exposure_column(kind)))
    share = F.col(PRODUCTS)[SHARE]
    sums = [
        F.sum(F.floor(share * F.col(f"value_{m}") * F.col(scale_column(m, 0)) + 0.5).cast("bigint"))
        .alias(exposed_sum(m)) for m in range(residuals)
    ]  # fmt: skip
    return valued.groupBy(*by, F.col(PRODUCTS)[SHOCK].alias(SHOCK)).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS), *sums
    )


def _residual(model: int, variables: Sequence[str]) -> Column:
    total = None
    for i, name in enumerate(variables):
        deviation = F.col(name) - F.col(mean_column(i, is_weighted=False))
        part = deviation * F.col(residual_column(model, i))
        total = part if total is None else total + part
    assert total is not None
    return total


def sum_shares(
    rows: DataFrame,
    parameters: DataFrame,
    *,
    on: Sequence[str],
    by: Sequence[str],
    kind: str,
    places: int,
) -> DataFrame:
    """One row per sample and pair of products: the sum of the product of their shares."""
    joined = rows.join(F.broadcast(parameters.select(*on)), on=list(on), how="inner")
    shares = joined.select(*by, F.col(exposure_column(kind)).alias(PRODUCTS))
    one = shares.withColumn("one", F.explode(PRODUCTS)).withColumn("other", F.explode(PRODUCTS))
    product = F.col("one")[SHARE] * F.col("other")[SHARE]
    keys = [F.col("one")[SHOCK].alias(SHOCK), F.col("other")[SHOCK].alias(OTHER)]
    return one.groupBy(*by, *keys).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
        F.sum(F.floor(product * 2.0**places + 0.5).cast("bigint")).alias(SHARE),
    )
