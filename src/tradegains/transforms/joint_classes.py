"""Matched rows into classes of relative productivity and of size."""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.fixed_point import LARGEST_AMOUNT
from tradegains.formulas.productivity import relative_productivity
from tradegains.tables import working as w
from tradegains.transforms.whole_sums import whole_sums

PRODUCTIVITY_CLASS, SIZE_CLASS = "productivity_class", "size_class"
REPORTED = "employment"


def cut_column(position: int) -> str:
    """Column of a cut between two classes of productivity.

    Example:
        >>> cut_column(0)
        'cut_0'
    """
    return f"cut_{position}"


def sum_joint_classes(
    matched: DataFrame, medians: DataFrame, cuts: DataFrame, *, groups: int, edges: Sequence[float]
) -> DataFrame:
    """One row per year and class of both kinds that has an establishment: count and sums.

    Reads year, industry, log_productivity, the reported employment and the amounts; `medians` has
    the centre of each year and industry, `cuts` one row per year with `groups` - 1 cuts. Classes
    count from 0: a value equal to a cut lies below it, a size equal to an edge above it.
    """
    measured = matched.filter(F.col(w.LOG_PRODUCTIVITY).isNotNull())
    related = measured.join(F.broadcast(medians), on=[w.YEAR, w.INDUSTRY], how="inner")
    classed = related.join(F.broadcast(cuts), on=[w.YEAR], how="inner")
    value = relative_productivity(F.col(w.LOG_PRODUCTIVITY), F.col(w.CENTRE))
    above = [value > F.col(cut_column(position)) for position in range(groups - 1)]
    size = F.col(REPORTED)
    is_amount = (size <= LARGEST_AMOUNT) & ~F.isnan(size)
    from_edge = [is_amount & (size >= float(edge)) for edge in edges]
    amounts = {amount: F.col(amount) for amount in (w.EMPLOYMENT, w.SALES, w.VALUE_ADDED)}
    return classed.groupBy(
        w.YEAR, _count(above).alias(PRODUCTIVITY_CLASS), _count(from_edge).alias(SIZE_CLASS)
    ).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
        *whole_sums(classed, amounts),
    )


def _count(tests: Sequence[Column]) -> Column:
    """How many of the tests hold; a null one does not."""
    ones = [F.when(test, 1).otherwise(0) for test in tests]
    return reduce(lambda left, right: left + right, ones)
