"""Replicates: aggregates without each group of units, as arrays with an axis of groups.

What a replicate is computed from are the whole-number sums by cell and group: the sum of all less
that of the group. The formulas are those of the aggregates, on arrays; not a number stands where
there is none. Logarithms are taken one by one: those of NumPy differ between processors.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tradegains.formulas.fixed_point import MONEY_UNITS
from tradegains.formulas.jackknife import Interval, jackknife_interval, without_groups
from tradegains.formulas.outcomes import joined_notes
from tradegains.results.market_cells import NONE, MarketCells, Whole, wide_enough
from tradegains.study import Uncertainty
from tradegains.tables import working as w
from tradegains.tables.columns import INTERVAL, REPLICATE_GROUPS
from tradegains.tables.published import TABLES
from tradegains.tables.table import STANDARD_ERROR

Replicates = NDArray[Any]
"""A number for each group that is left out, or some in rows of as many."""


@dataclass(frozen=True)
class UnitGroups:
    """How units fall into groups: those of a hash, or (None) each unit into its own.

    `keys` is what the groups are called in sums, ascending; `units` how many are in each.
    """

    groups: int | None
    keys: tuple[int, ...]
    units: tuple[int, ...]


@dataclass(frozen=True)
class GroupedCells:
    """Market cells by group of units.

    Attributes:
        cells: with a further key, the number of the group among those with a unit.
        units: in each group.
    """

    cells: MarketCells
    units: tuple[int, ...]

    @staticmethod
    def of(cells: MarketCells, groups: UnitGroups) -> "GroupedCells":
        """From cells with the groups as they are called in sums."""
        cells = cells.where(cells[w.REPLICATE_GROUP] != NONE)
        numbers = np.searchsorted(np.array(groups.keys, np.int64), cells[w.REPLICATE_GROUP])
        columns = {**cells.columns, w.REPLICATE_GROUP: numbers}
        return GroupedCells(MarketCells(columns, cells.memberships, cells.digits), groups.units)

    @property
    def groups(self) -> int:
        """How many groups have a unit."""
        return len(self.units)

    @cached_property
    def factors(self) -> Replicates:
        """n / (n - n_g) of each group, by which sums over the others are multiplied."""
        return np.array([math.nan if f is None else f for f in without_groups(self.units)])

    def money_without(self, total: int, of_groups: Whole) -> Replicates:
        """Money of all but each group, times its factor [money unit]; from hundredths."""
        left = (total - of_groups).astype(float)
        return left / MONEY_UNITS * self.factors


def sums_by_place(places: Whole, groups: Whole, amounts: Whole, *, shape: tuple[int, int]) -> Whole:
    """Whole-number sums by place and group.

    Example:
        >>> places, groups = np.array([0, 1, 1]), np.array([1, 0, 0])
        >>> sums_by_place(places, groups, np.array([5, 2, 3]), shape=(2, 2)).tolist()
        [[0, 5], [5, 0]]
    """
    wide = wide_enough(amounts)
    summed = np.zeros(shape, wide.dtype)
    np.add.at(summed, (places, groups), wide)
    return summed


def sums_by_code(cells: MarketCells, codes: Whole, amounts: Whole, groups: int) -> dict[int, Whole]:
    """Whole-number sums by code and group, for each code that some cell has; `NONE` is one too.

    Args:
        cells: by group.
        codes: a number of each cell.
        amounts: of each cell.
        groups: how many there are.
    """
    found, places = np.unique(codes, return_inverse=True)
    shape = (len(found), groups)
    summed = sums_by_place(places, cells[w.REPLICATE_GROUP], amounts, shape=shape)
    return dict(zip(found.tolist(), summed, strict=True))


def left_by_code(
    cells: MarketCells, codes: Whole, amounts: Whole, groups: int
) -> dict[int, Replicates]:
    """Sums without each group by code: whole numbers are subtracted before they become doubles."""
    sums = sums_by_code(cells, codes, amounts, groups)
    return {code: np.asarray(each.sum() - each, float) for code, each in sums.items()}


def logarithms(values: Replicates) -> Replicates:
    """Natural logarithms; not a number where there is none.

    Example:
        >>> logarithms(np.array([1.0, 0.0, -2.0])).tolist()
        [0.0, nan, nan]
    """
    found = [math.log(x) if 0.0 < x < math.inf else math.nan for x in values.ravel().tolist()]
    return np.array(found).reshape(values.shape)


def quotient(part: Any, whole: Any) -> Replicates:
    """Part over whole; not a number unless the whole is above 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(whole) > 0, np.divide(part, whole), math.nan)


def interval_of(
    estimate: float | None, replicates: Replicates | None, stated: Uncertainty
) -> Interval:
    """Standard error and interval of a number; nothing where it has no replicates."""
    if replicates is None:
        return Interval(None, None, None, 0)
    return jackknife_interval(
        estimate,
        replicates.tolist(),
        level=stated.level,
        most_undefined=stated.most_undefined,
    )


def with_errors(
    table: str,
    row: Mapping[str, Any],
    replicates: Mapping[str, Replicates],
    stated: Uncertainty,
    *,
    missing: str = "",
) -> dict[str, Any]:
    """A row with its error columns, and in its note why an interval is missing.

    Args:
        table: the row is of, which declares what is uncertain in it.
        row: as it is published without errors.
        replicates: of each of its uncertain numbers that has some.
        stated: level, and how many replicates may have no number.
        missing: why the row's first uncertain number has no replicates, where it has none.
    """
    declared = TABLES[table]
    main, *others = declared.uncertain
    found = interval_of(row[main], replicates.get(main), stated)
    errors: dict[str, Any] = dict(zip(INTERVAL, (found.low, found.high), strict=True))
    errors |= {STANDARD_ERROR: found.standard_error, REPLICATE_GROUPS: found.groups}
    notes = [found.note, "" if row[main] is None else missing]
    for name in others:
        other = interval_of(row[name], replicates.get(name), stated)
        errors[str(declared.error_of(name))] = other.standard_error
        notes.append(other.note)
    if "note" in declared.names:
        errors["note"] = joined_notes(row["note"] or "", *notes)
    return {**row, **errors}


Key = TypeVar("Key")


def differences_of(
    later: Mapping[Key, Replicates], earlier: Mapping[Key, Replicates]
) -> dict[Key, Replicates]:
    """Replicates of the differences of numbers that both have: the same groups at both ends."""
    return {name: each - earlier[name] for name, each in later.items() if name in earlier}
