"""A pass over regression rows: at the engine where they are many, else on the driver."""

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.statistics import driver_exposures, driver_sums
from tradegains.statistics.collected_rows import CollectedRows, SumRows
from tradegains.statistics.collecting import collect_in_order
from tradegains.statistics.handing import as_rows
from tradegains.transforms.exposures import sum_exposures, sum_shares
from tradegains.transforms.probit_sums import sum_effect_of_cut, sum_influences, sum_newton
from tradegains.transforms.regression_rows import count_cuts, weigh_cuts
from tradegains.transforms.regression_sums import sum_meat, sum_products

RegressionRows = DataFrame | CollectedRows
"""Rows of one or several regressions."""

Transform = Callable[..., DataFrame]

_ON_THE_DRIVER: Mapping[Transform, Callable[..., SumRows]] = {
    count_cuts: driver_sums.count_cuts,
    weigh_cuts: driver_sums.weigh_cuts,
    sum_exposures: driver_exposures.sum_exposures,
    sum_shares: driver_exposures.sum_shares,
    sum_products: driver_sums.sum_products,
    sum_meat: driver_sums.sum_meat,
    sum_newton: driver_sums.sum_newton,
    sum_effect_of_cut: driver_sums.sum_effect_of_cut,
    sum_influences: driver_sums.sum_influences,
}


def having(rows: RegressionRows, name: str) -> RegressionRows:
    """The rows in which a column is not null."""
    if isinstance(rows, CollectedRows):
        return rows.having(name)
    return rows.filter(F.col(name).isNotNull())


def collect_sums(
    transform: Transform, rows: RegressionRows, *parameters: pa.Table, **choices: Any
) -> SumRows:
    """What a transform of regression rows sums, made where the rows are.

    Args:
        transform: one that the driver has a twin of, in `driver_sums`.
        rows: what it reads.
        parameters: one row per keys, where it takes them.
        choices: the transform's.

    Raises:
        StoppedError: the task that asks was given up.
    """
    if isinstance(rows, CollectedRows):
        return _ON_THE_DRIVER[transform](rows, *parameters, **choices)
    handed = [as_rows(each, beside=rows) for each in parameters]
    sums: SumRows = collect_in_order(transform(rows, *handed, **choices)).to_pylist()
    return sums
