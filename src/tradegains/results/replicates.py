"""Replicates: aggregates without each group of units, as arrays with an axis of groups.

What a replicate is computed from are the whole-number sums by cell and group: the sum of all less
that of the group. The formulas are those of the aggregates, on arrays; not a number stands where
there is none. Logarithms are taken one by one: those of NumPy differ between processors.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tradegains.formulas.fixed_point import USUAL_DECIMALS, units_of_money
from tradegains.formulas.jackknife import (
    PARTS,
    ROUNDING,
    Interval,
    interval_of_squares,
    without_groups,
)
from tradegains.formulas.outcomes import joined_notes
from tradegains.results.market_cells import NONE, MarketCells, Whole, wide_enough
from tradegains.results.sums_by_group import SumsByGroup
from tradegains.study import Study, Uncertainty
from tradegains.tables import working as w
from tradegains.tables.columns import INTERVAL, REPLICATE_GROUPS
from tradegains.tables.published import TABLES
from tradegains.tables.table import STANDARD_ERROR, Table

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

    @property
    def count(self) -> int:
        """How many groups have a unit."""
        return len(self.units)

    def numbers(self, called: Whole) -> Whole:
        """The number of each group among those with a unit, from what it is called in sums."""
        return np.searchsorted(np.array(self.keys, np.int64), called)


@dataclass(frozen=True)
class GroupedCells:
    """Market cells by group of units.

    Attributes:
        cells: with a further key, the number of the group among those with a unit.
        units: in each group.
    """

    cells: MarketCells
    units: tuple[int, ...]
    decimals: int = USUAL_DECIMALS

    @staticmethod
    def of(
        cells: MarketCells, groups: UnitGroups, *, decimals: int = USUAL_DECIMALS
    ) -> "GroupedCells":
        """From cells with the groups as they are called in sums, of money to so many decimals."""
        cells = cells.where(cells[w.REPLICATE_GROUP] != NONE)
        numbers = groups.numbers(cells[w.REPLICATE_GROUP])
        columns = {**cells.columns, w.REPLICATE_GROUP: numbers}
        cells = MarketCells(columns, cells.memberships, cells.digits)
        return GroupedCells(cells, groups.units, decimals)

    @property
    def groups(self) -> int:
        """How many groups have a unit."""
        return len(self.units)

    def sums(
        self, keys: Sequence[Whole], amounts: Mapping[str, Whole], cells: MarketCells | None = None
    ) -> SumsByGroup:
        """Sums of amounts by keys and group; of some of the cells, where they are given."""
        cells = self.cells if cells is None else cells
        return SumsByGroup.of(keys, cells[w.REPLICATE_GROUP], amounts, count=self.groups)

    @cached_property
    def factors(self) -> Replicates:
        """n / (n - n_g) of each group, by which sums over the others are multiplied."""
        return np.array([math.nan if f is None else f for f in without_groups(self.units)])

    def money_without(self, total: int, of_groups: Whole) -> Replicates:
        """Money of all but each group, times its factor [money unit]; from sums in its units."""
        left = (total - of_groups).astype(float)
        return left / units_of_money(self.decimals) * self.factors


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
    (found,) = intervals_of([estimate], [replicates], stated)
    return found


def intervals_of(
    estimates: Sequence[float | None],
    replicates: Sequence[Replicates | None],
    stated: Uncertainty,
    *,
    rounding: float = ROUNDING,
) -> list[Interval]:
    """`jackknife_interval` of many numbers at once, to the last bit.

    Args:
        estimates: of all units; None where there is no number.
        replicates: of each number; None where it has none.
        stated: level, and how many replicates may have no number.
        rounding: what leaves a number as it is, in its own size where that is above 1.
    """
    told = told_of(estimates, replicates, stated, rounding=rounding)
    return [interval for interval, _ in told]


MovedMost = tuple[float, float]
"""Shares of the two groups that move a number the most in the squares of all: 0 where none does."""

_NOTHING = Interval(None, None, None, 0), (0.0, 0.0)


def told_of(
    estimates: Sequence[float | None],
    replicates: Sequence[Replicates | None],
    stated: Uncertainty,
    *,
    rounding: float = ROUNDING,
) -> list[tuple[Interval, MovedMost]]:
    """`intervals_of`, each with what its error rests on, which never leaves with it."""
    asked: dict[tuple[float, int], list[int]] = {}
    for at, (one, some) in enumerate(zip(estimates, replicates, strict=True)):
        if one is not None and some is not None:
            # What rows share, such as the total of several terms, is told once.
            asked.setdefault((one, id(some)), []).append(at)
    found: list[tuple[Interval, MovedMost]] = [_NOTHING] * len(estimates)
    if not asked:
        return found
    numbers = [estimate for estimate, _ in asked]
    everywhere = list(asked.values())
    arrays: list[Any] = [replicates[places[0]] for places in everywhere]
    for start in range(0, len(numbers), _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        found_here = _sums_of_squares(numbers[block], arrays[block], rounding)
        for estimate, summed, count, largest, places in zip(
            numbers[block], *found_here, everywhere[block], strict=True
        ):
            interval = interval_of_squares(
                estimate,
                summed,
                groups=count,
                undefined=len(arrays[start]) - count,
                level=stated.level,
                most_undefined=stated.most_undefined,
            )
            for at in places:
                found[at] = interval, largest
    return found


_AT_ONCE = 2_048
"""Numbers whose replicates, a hundred each, are looked at together: what a processor keeps near."""


def _sums_of_squares(
    estimates: Sequence[float], replicates: Sequence[Replicates], rounding: float
) -> tuple[list[float], list[int], list[MovedMost]]:
    """`jackknife.sum_of_squares` of each, how many replicates have a number, the largest shares."""
    values = np.array(estimates)[:, None]
    moved = np.array(replicates, float) - values
    defined = np.isfinite(moved)
    still = np.abs(moved) <= rounding * np.maximum(1.0, np.abs(values))
    squares = np.where(defined & ~still, moved, 0.0) ** 2
    largest = squares.max(axis=1, initial=0.0)
    scale = np.where(largest > 0.0, largest, 1.0)
    parts = np.rint(squares / scale[:, None] * PARTS).astype(np.int64).sum(axis=1)
    summed = parts / PARTS * largest
    rank = min(2, squares.shape[1])
    top = np.sort(np.partition(squares, -rank, axis=1)[:, -rank:], axis=1)[:, ::-1]
    shares = np.zeros((len(summed), 2))
    shares[:, :rank] = top / np.where(summed > 0.0, summed, 1.0)[:, None]
    most = [(first, second) for first, second in shares.tolist()]
    return summed.tolist(), defined.sum(axis=1).tolist(), most


RowWithReplicates = tuple[Mapping[str, Any], Mapping[str, Replicates], str]
"""A row, replicates of its uncertain numbers, and why the first of them has none."""


def rows_with_errors(
    table: str,
    rows: Iterable[RowWithReplicates],
    stated: Uncertainty,
    *,
    rounding: float = ROUNDING,
) -> list[dict[str, Any]]:
    """Rows with their error columns, and in their notes why an interval is missing.

    And under `working.MOVED_MOST` what the errors rest on, which is evidence and not published.

    Args:
        table: the rows are of, which declares what is uncertain in them.
        rows: as they are published without errors; with replicates of each of their uncertain
            numbers that has some, and why the first of these has none, where it has none.
        stated: level, and how many replicates may have no number.
        rounding: what leaves a number as it is, in its own size where that is above 1.
    """
    declared, told = TABLES[table], list(rows)
    found = {
        name: told_of(
            [row[name] for row, _, _ in told],
            [replicates.get(name) for _, replicates, _ in told],
            stated,
            rounding=rounding,
        )
        for name in declared.uncertain
    }
    return [
        {
            **row,
            **_error_columns(
                declared, row, {name: each[at][0] for name, each in found.items()}, missing
            ),
            w.MOVED_MOST: tuple(share for each in found.values() for share in each[at][1]),
        }
        for at, (row, _, missing) in enumerate(told)
    ]


def rows_with_errors_by_key(
    table: str,
    rows: Iterable[Mapping[str, Any]],
    replicates: Mapping[tuple[Any, ...], Mapping[str, Replicates]],
    stated: Uncertainty,
    *,
    key: Sequence[str],
    rounding: float = ROUNDING,
) -> list[dict[str, Any]]:
    """`rows_with_errors` of rows whose replicates are known by what these columns hold.

    Args:
        table: the rows are of.
        rows: as they are published without errors.
        replicates: of the uncertain numbers that have some, by key.
        stated: level, and how many replicates may have no number.
        key: names of columns.
        rounding: as `rows_with_errors` takes it.
    """
    told = ((row, replicates.get(tuple(row[name] for name in key), {}), "") for row in rows)
    return rows_with_errors(table, told, stated, rounding=rounding)


def _error_columns(
    declared: Table, row: Mapping[str, Any], found: Mapping[str, Interval], missing: str
) -> dict[str, Any]:
    main, *others = found
    first = found[main]
    errors: dict[str, Any] = dict(zip(INTERVAL, (first.low, first.high), strict=True))
    errors |= {STANDARD_ERROR: first.standard_error, REPLICATE_GROUPS: first.groups}
    errors |= {str(declared.error_of(name)): found[name].standard_error for name in others}
    if "note" in declared.names:
        notes = [first.note, "" if row[main] is None else missing]
        notes += [found[name].note for name in others]
        errors["note"] = joined_notes(row["note"] or "", *notes)
    return errors


def stated_of(study: Study) -> Uncertainty:
    """How a study states that errors are told.

    Raises:
        ValueError: it does not.
    """
    if study.uncertainty is None:
        raise ValueError("errors are told of studies with [uncertainty]")
    return study.uncertainty


Key = TypeVar("Key")


def differences_of(
    later: Mapping[Key, Replicates], earlier: Mapping[Key, Replicates]
) -> dict[Key, Replicates]:
    """Replicates of the differences of numbers that both have: the same groups at both ends."""
    return {name: each - earlier[name] for name, each in later.items() if name in earlier}
