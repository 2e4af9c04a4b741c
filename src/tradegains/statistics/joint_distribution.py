"""Classes of relative productivity cut at exact quantiles, by classes of size."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.errors import InputError, Problem
from tradegains.formulas.fixed_point import sums_agree
from tradegains.formulas.joint_distribution import JointCell
from tradegains.formulas.quantiles import interpolate, linear_position, weighted_target
from tradegains.statistics.arrays import ManyToMany
from tradegains.statistics.collecting import collect
from tradegains.statistics.handing import as_rows
from tradegains.statistics.ranks import ROW_LIMIT, BinnedRows, Position
from tradegains.tables import working as w
from tradegains.transforms.industry_ranking import relate_by_industry
from tradegains.transforms.joint_classes import (
    PRODUCTIVITY_CLASS,
    SIZE_CLASS,
    cut_column,
    sum_joint_classes,
)

REFINEMENT = 8
"""Binary digits of the first bins: 1/256 of a log point."""

Medians = Mapping[int, Mapping[int, float]]
Cuts = dict[int, tuple[float, ...]]


@dataclass(frozen=True)
class JointClasses:
    """`groups` of productivity, in which `weighted` counts jobs, and the `edges` of sizes."""

    groups: int
    weighted: bool
    edges: tuple[float, ...]


def describe_joint(
    matched: DataFrame, medians: Medians, classes: JointClasses, *, row_limit: int = ROW_LIMIT
) -> tuple[Cuts, list[JointCell]]:
    """Cuts between the groups of each year, and sums by year and class.

    Args:
        matched: matched rows.
        medians: by year and industry number [log points].
        classes: of productivity and of size.
        row_limit: rows that may be collected to end the search for quantiles.

    Returns:
        Cuts by year, none where a year has nothing to cut; cells that have an establishment.

    Raises:
        InputError: a sum does not fit a whole number of 64 bits.
    """
    rows = matched.filter(F.col(w.YEAR).isin(*medians))
    centres = as_rows(_median_table(medians), beside=rows)
    cuts = _cuts(relate_by_industry(rows, centres, mask=0), classes, row_limit)
    if not cuts:
        return {}, []
    bounds = as_rows(_cut_table(cuts, classes.groups), beside=rows)
    summed = collect(
        sum_joint_classes(rows, centres, bounds, groups=classes.groups, edges=classes.edges)
    )
    return cuts, [_cell(row) for row in summed.to_pylist()]


def _cuts(ranked: DataFrame, classes: JointClasses, row_limit: int) -> Cuts:
    binned = BinnedRows.of(ranked, keys=(w.YEAR,), on=(w.YEAR,), refinement=REFINEMENT)
    years = binned.strata.column(w.YEAR).tolist()
    totals = np.zeros(len(years), dtype=np.int64)
    counted = binned.column(w.EMPLOYMENT if classes.weighted else w.ESTABLISHMENTS)
    np.add.at(totals, binned.stratum, counted)
    wanted = [
        _position(year, total, Fraction(k, classes.groups), weighted=classes.weighted)
        for year, total in enumerate(totals.tolist())
        if total
        for k in range(1, classes.groups)
    ]
    each_alone = np.arange(len(years))
    values = binned.values_around(
        wanted, ManyToMany.of(each_alone, each_alone), row_limit=row_limit
    )
    cuts_of_year: dict[int, list[float]] = {}
    for each, ends in zip(wanted, values, strict=True):
        cuts_of_year.setdefault(years[each.group], []).append(interpolate(*ends, each.fraction))
    return {year: tuple(cuts) for year, cuts in cuts_of_year.items()}


def _position(group: int, total: int, p: Fraction, *, weighted: bool) -> Position:
    if weighted:
        return Position(group, weighted_target(total, p), weighted=True)
    lower, fraction = linear_position(total, p)
    return Position(group, lower + 1, fraction)


def _median_table(medians: Medians) -> pa.Table:
    rows = [
        (year, number, each)
        for year, of_year in medians.items()
        for number, each in of_year.items()
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    schema = pa.schema([(w.YEAR, pa.int32()), (w.INDUSTRY, pa.int64()), (w.CENTRE, pa.float64())])
    return pa.table([list(column) for column in columns], schema=schema)


def _cut_table(cuts: Cuts, groups: int) -> pa.Table:
    columns = {
        cut_column(position): pa.array([each[position] for each in cuts.values()], pa.float64())
        for position in range(groups - 1)
    }
    return pa.table({w.YEAR: pa.array(list(cuts), pa.int32()), **columns})


def _cell(row: Mapping[str, int]) -> JointCell:
    for amount in (w.EMPLOYMENT, w.SALES, w.VALUE_ADDED):
        if not sums_agree(row[amount], row[w.twin(amount)]):
            raise InputError(
                Problem(
                    f"the sum of {amount} does not fit 64 bits",
                    f"year {row[w.YEAR]}",
                    cure="state money in a larger unit (thousands or millions)",
                )
            )
    return JointCell(
        row[w.YEAR],
        row[PRODUCTIVITY_CLASS],
        row[SIZE_CLASS],
        row[w.ESTABLISHMENTS],
        row[w.EMPLOYMENT],
        row[w.SALES],
        row[w.VALUE_ADDED],
    )
