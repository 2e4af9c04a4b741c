"""Market cells as columns: whole-number sums by year, industry and membership, and sums of them.

A cell is a position in every column. Keys are whole numbers (an industry is its number, `NONE`
where there is none), so that a further key, such as a quartile, is one more column. Laws: sums are
exact, whatever their size; sums of sums are the sums of all; keys come as their first cells do.

Example:
    Industry 0111 has two cells with 2 and 1 establishments, 4 establishments are without a code.

    >>> columns = {name: np.zeros(3, int) for name in AMOUNTS}
    >>> columns |= {w.ESTABLISHMENTS: np.array([2, 4, 1]), w.INDUSTRY: np.array([111, NONE, 111])}
    >>> cells = MarketCells(columns, MembershipBits.of([]), digits=4)
    >>> by_level = cells.amounts_by_level(cells[w.INDUSTRY], 2)
    >>> [(level, code, each.establishments) for (level, code), each in by_level.items()]
    [('total', None, 7), ('industry2', '01', 3), ('industry4', '0111', 3)]
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradegains.errors import InputError, Problem
from tradegains.formulas.concordance import Shares
from tradegains.formulas.fixed_point import TWIN_TOLERANCE, sums_agree
from tradegains.formulas.membership import MembershipBits, MembershipMask
from tradegains.results.market import Amounts
from tradegains.results.sets import unknown_set
from tradegains.results.splitting import split_columns
from tradegains.tables import working as w

Whole = NDArray[Any]
"""Whole numbers of 64 bits; Python's own, without bound, where sums might need more."""

NONE = w.NONE
"""No industry or no quartile, among numbers that are never negative."""

ROWS_IN = "rows_in"
"""The industry of a cell's rows, also where a concordance splits its amounts among others."""

LEVELS = ("total", "industry2", "industry4")
AMOUNTS = (w.ESTABLISHMENTS, *w.AMOUNTS)
_SAFE = 2.0**62
_COLUMNS_OF = {
    "employment": (w.EMPLOYMENT,),
    "sales": (w.SALES, w.EXPORTS),
    "value_added": (w.VALUE_ADDED,),
}
_CHANGES = (w.jobs_gained(""), w.jobs_lost(""))


@dataclass(frozen=True)
class MarketCells:
    """Sums over the valid establishments of one year, industry, membership and further keys.

    Attributes:
        columns: keys and amounts, named as `sum_market_cells` names them, and `ROWS_IN`.
        memberships: which sets the bits of a cell's membership stand for.
        digits: of an industry code.
        rows_by_flags: rows behind each year and combination of flags, also quarantined ones.
        duplicated: rows that share their id and year.
    """

    columns: Mapping[str, Whole]
    memberships: MembershipBits
    digits: int
    rows_by_flags: Mapping[tuple[int, int], int] = field(default_factory=dict)
    duplicated: int = 0

    @staticmethod
    def of(
        columns: Mapping[str, Whole],
        memberships: MembershipBits,
        *,
        removing: int,
        digits: int,
        windows: Collection[str],
        splits: Mapping[str, Shares] | None = None,
    ) -> "MarketCells":
        """From the columns that `sum_market_cells` makes, nulls of keys as `NONE`.

        Args:
            columns: with the DOUBLE twin of each amount.
            memberships: positions of the sets in a membership.
            removing: bits of the rules whose rows are quarantined.
            digits: of an industry code.
            windows: windows with an industry column of their own.
            splits: weights of the new industries of each old one that is split.

        Raises:
            InputError: a sum does not fit a whole number of 64 bits.
        """
        _require_no_wrap(columns)
        counted = MarketCells(columns, memberships, digits)
        flags = counted.sums((w.YEAR, w.FLAGS), (w.ESTABLISHMENTS, w.DUPLICATED_ID))
        kept = counted.where(columns[w.FLAGS] & removing == 0)
        whole = {**kept.columns, ROWS_IN: kept[w.INDUSTRY]}
        return MarketCells(
            split_columns(whole, splits, digits=digits, windows=windows) if splits else whole,
            memberships,
            digits,
            {(year, flag): rows for (year, flag), (rows, _) in flags.items()},
            sum(duplicated for _, duplicated in flags.values()),
        )

    def __len__(self) -> int:
        """How many cells."""
        return len(self[w.ESTABLISHMENTS])

    def __getitem__(self, name: str) -> Whole:
        """A column."""
        return self.columns[name]

    def where(self, chosen: NDArray[Any]) -> "MarketCells":
        """The cells at which an array is true."""
        columns = {name: column[chosen] for name, column in self.columns.items()}
        return MarketCells(columns, self.memberships, self.digits)

    @cached_property
    def _by_year(self) -> dict[int, "MarketCells"]:
        years = self[w.YEAR]
        return {int(year): self.where(years == year) for year in np.unique(years)}

    def of_year(self, year: int) -> "MarketCells":
        """Cells of one year."""
        found = self._by_year.get(year)
        return self.where(np.zeros(len(self), bool)) if found is None else found

    def unknown(self, period: str, measures: Collection[str]) -> NDArray[Any]:
        """Which cells' establishments lack one of these measures at an end of a period."""
        found = np.zeros(len(self), bool)
        for name in (unknown_set(measure, period) for measure in measures):
            if name in self.memberships.positions:
                found |= self.inside(name)
        return found

    def known(self, period: str, together: Collection[str] = ()) -> "MarketCells":
        """The cells, without amounts that their establishments lack at an end of a period.

        Args:
            period: a window, or next_year or previous_year of consecutive years.
            together: measures of which all are left out where one is unknown.
        """
        columns = dict(self.columns)
        for measure, names in _COLUMNS_OF.items():
            others = together if measure in together else (measure,)
            is_unknown = self.unknown(period, others)
            if not is_unknown.any():
                continue
            for name in columns:
                if name in names or (measure == "employment" and name.startswith(_CHANGES)):
                    columns[name] = np.where(is_unknown, 0, columns[name])
        return MarketCells(columns, self.memberships, self.digits)

    def inside(self, name: tuple[str, ...]) -> NDArray[Any]:
        """Which cells are in a set."""
        is_inside: NDArray[Any] = self.memberships.holds(self[w.MEMBERSHIP], name)
        return is_inside

    def fitting(self, mask: MembershipMask) -> NDArray[Any]:
        """Which cells a mask means."""
        fits: NDArray[Any] = mask.fits(self[w.MEMBERSHIP])
        return fits

    def industry_in(self, window: str) -> Whole:
        """Industry the cells count in for this window."""
        return self.columns.get(w.window_industry(window), self[w.INDUSTRY])

    def code(self, industry: int, digits: int | None = None) -> str | None:
        """An industry as published; None for `NONE`."""
        number = None if industry == NONE else industry
        return w.industry_code(number, self.digits if digits is None else digits)

    @property
    def total(self) -> Amounts:
        """All cells together."""
        return self.amounts_by().get((), Amounts())

    @property
    def rows_by_year(self) -> dict[int, int]:
        """Rows behind each year, also quarantined ones."""
        found: dict[int, int] = {}
        for (year, _), rows in self.rows_by_flags.items():
            found[year] = found.get(year, 0) + rows
        return found

    @cached_property
    def largest_industry(self) -> Amounts:
        """The largest count, employment, ... of any industry in any year."""
        return largest_of(self.amounts_by(self[w.YEAR], self[ROWS_IN]).values())

    def sums(
        self, keys: Sequence[str | Whole], amounts: Sequence[str]
    ) -> dict[tuple[int, ...], tuple[int, ...]]:
        """Sums of columns by keys: names of columns, or further columns."""
        columns = [self[key] if isinstance(key, str) else key for key in keys]
        return _as_rows(*sum_by(columns, [self[name] for name in amounts]))

    def amounts_by(self, *keys: Whole) -> dict[tuple[int, ...], Amounts]:
        """Amounts by keys."""
        return {key: Amounts(*sums) for key, sums in self.sums(keys, AMOUNTS).items()}

    def amounts_by_code(self, industry: Whole) -> dict[str | None, Amounts]:
        """Amounts by industry code."""
        return {self.code(key): each for (key,), each in self.amounts_by(industry).items()}

    def sums_by_level(
        self,
        industry: Whole,
        group_digits: int,
        *others: Whole,
        amounts: Sequence[str] = AMOUNTS,
        levels: Collection[str] = LEVELS,
    ) -> dict[tuple[Any, ...], tuple[int, ...]]:
        """Sums by level, code and other keys; at the total alone where there is no industry.

        Args:
            industry: of each cell.
            group_digits: digits of a code at level industry2.
            others: further keys.
            amounts: columns to add up.
            levels: which of total, industry2 and industry4.
        """
        found: dict[tuple[Any, ...], tuple[int, ...]] = {}
        for each in self.by_level(industry, group_digits, *others, amounts=amounts, levels=levels):
            keys = zip(each.codes, *(key.tolist() for key in each.keys), strict=True)
            rows = zip(*(column.tolist() for column in each.sums.values()), strict=True)
            found |= {(each.level, *key): row for key, row in zip(keys, rows, strict=True)}
        return found

    def by_level(
        self,
        industry: Whole,
        group_digits: int,
        *others: Whole,
        amounts: Sequence[str] = AMOUNTS,
        levels: Collection[str] = LEVELS,
    ) -> Iterator["LevelSums"]:
        """The sums of `sums_by_level` as columns, level by level."""
        (codes, *rest), summed = sum_by([industry, *others], [self[name] for name in amounts])
        for level in LEVELS:
            if level not in levels:
                continue
            at, cut = cut_to_level(codes, level, digits=self.digits, group_digits=group_digits)
            (numbers, *keys), sums = sum_by(
                [cut[at], *(key[at] for key in rest)], [each[at] for each in summed]
            )
            digits = group_digits if level == "industry2" else self.digits
            named = [self.code(number, digits) for number in numbers.tolist()]
            yield LevelSums(level, named, numbers, keys, dict(zip(amounts, sums, strict=True)))

    def amounts_by_level(
        self, industry: Whole, group_digits: int, *others: Whole, levels: Collection[str] = LEVELS
    ) -> dict[tuple[Any, ...], Amounts]:
        """Amounts by level, code and other keys, as `sums_by_level` has them."""
        sums = self.sums_by_level(industry, group_digits, *others, levels=levels)
        return {key: Amounts(*each) for key, each in sums.items()}


@dataclass(frozen=True)
class LevelSums:
    """Sums of a level as columns, a position for each industry and value of the other keys.

    Attributes:
        level: total, industry2 or industry4.
        codes: of each position, as published.
        numbers: the codes as numbers.
        keys: the other keys.
        sums: by name of the amount.
    """

    level: str
    codes: list[str | None]
    numbers: Whole
    keys: list[Whole]
    sums: Mapping[str, Whole]

    def of_industry(self, amount: str) -> Whole:
        """Of each position, the sum of its industry over all values of the other keys.

        Example:
            >>> sums = {"jobs": np.array([2, 3, 4])}
            >>> LevelSums("total", [None] * 3, np.array([1, 2, 1]), [], sums).of_industry("jobs")
            array([6, 3, 6])
        """
        (numbers,), (totals,) = sum_by([self.numbers], [self.sums[amount]])
        order = np.argsort(numbers)
        found: Whole = totals[order[np.searchsorted(numbers[order], self.numbers)]]
        return found


def lacking_note(establishments: int) -> str:
    """How many establishments are in no sum of a row, because an amount of theirs is unknown.

    Example:
        >>> lacking_note(2), lacking_note(0)
        ('an amount is unknown at an end of 2 establishments, which are in no sum', '')
    """
    if not establishments:
        return ""
    named = f"{establishments:,} establishment{'s' * (establishments != 1)}"
    told = "which is in no sum" if establishments == 1 else "which are in no sum"
    return f"an amount is unknown at an end of {named}, {told}"


def unknown_note(measure: str, establishments: int) -> str:
    """How many establishments lack a measure, and so are in no sum of it.

    Example:
        >>> unknown_note("value_added", 1), unknown_note("sales", 0)
        ('value added is unknown at an end of 1 establishment, in no sum of it', '')
    """
    if not establishments:
        return ""
    named = f"{establishments:,} establishment{'s' * (establishments != 1)}"
    return f"{measure.replace('_', ' ')} is unknown at an end of {named}, in no sum of it"


def cut_to_level(
    codes: Whole, level: str, *, digits: int, group_digits: int
) -> tuple[NDArray[Any], Whole]:
    """Which industries count at a level, and what each is there: at the total, all are `NONE`.

    Example:
        >>> cut_to_level(np.array([111, NONE]), "industry2", digits=4, group_digits=2)
        (array([ True, False]), array([ 1, -1]))
    """
    if level == "total":
        return np.ones(len(codes), bool), np.full(len(codes), NONE)
    kept = group_digits if level == "industry2" else digits
    return codes != NONE, codes // 10 ** (digits - kept)


def largest_of(amounts: Iterable[Amounts]) -> Amounts:
    """The largest of each amount; none is below 0.

    Example:
        >>> largest_of([Amounts(1, 500), Amounts(2, 250)])[:2]
        (2, 500)
    """
    return Amounts(*map(max, zip(Amounts(), *amounts, strict=True)))


def sum_by(keys: Sequence[Whole], amounts: Sequence[Whole]) -> tuple[list[Whole], list[Whole]]:
    """Sums by keys, as columns: the keys in the order of their first cells, and the sums.

    Example:
        >>> sum_by([np.array([7, 3, 7])], [np.array([2**62, 1, 2**62])])
        ([array([7, 3])], [array([9223372036854775808, 1], dtype=object)])
    """
    size = len(amounts[0])
    if not size:
        return list(keys), list(amounts)
    order, starts = runs_by(keys, size)
    first = np.argsort(order[starts])
    return (
        [key[order[starts]][first] for key in keys],
        [np.add.reduceat(wide_enough(each)[order], starts)[first] for each in amounts],
    )


def runs_by(keys: Sequence[Whole], size: int) -> tuple[Whole, Whole]:
    """An order of at least one cell in which those with the same keys come together, as they came.

    With it, where in that order each run of them starts.

    Example:
        >>> [each.tolist() for each in runs_by([np.array([7, 3, 7])], 3)]
        [[1, 0, 2], [0, 1]]
    """
    numbers = numbered(keys, size)
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return order, starts


def numbered(keys: Sequence[Whole], size: int) -> Whole:
    """A number of at least 0 for each cell, which those with the same keys share."""
    numbers, count = np.zeros(size, np.int64), 1  # numbers are below the count
    for key in keys:
        lowest = int(key.min())
        places, width = key - lowest, int(key.max()) - lowest + 1
        if count * width > _SAFE:
            # Numbered anew, so that numbers stay below the square of the cells.
            values, places = np.unique(key, return_inverse=True)
            taken, numbers = np.unique(numbers, return_inverse=True)
            count, width = len(taken), len(values)
        numbers, count = numbers * width + places, count * width
    # Short numbers are sorted without comparing them, in a fifth of the time.
    return numbers.astype(np.uint16) if count <= 2**16 else numbers


def wide_enough(amounts: Whole) -> Whole:
    """Python's own whole numbers where some sum might not fit 64 bits."""
    is_safe = amounts.dtype != object and np.abs(amounts.astype(float)).sum() < _SAFE
    return amounts if is_safe else amounts.astype(object)


def _as_rows(keys: list[Whole], sums: list[Whole]) -> dict[tuple[int, ...], tuple[int, ...]]:
    rows = list(zip(*(each.tolist() for each in sums), strict=True))
    return dict(zip(zip(*(key.tolist() for key in keys), strict=True) if keys else [()] * len(rows),
                    rows, strict=True))  # fmt: skip


def _require_no_wrap(columns: Mapping[str, Whole]) -> None:
    for amount in [name for name in columns if w.twin(name) in columns]:
        sums, twins = columns[amount], columns[w.twin(amount)]
        # In doubles first, with room for their rounding; what is left in doubt exactly.
        with np.errstate(invalid="ignore"):
            is_clear = np.abs(sums.astype(float) - twins) < TWIN_TOLERANCE / 2
        for place in np.flatnonzero(~is_clear):
            if not sums_agree(_whole(sums[place]), float(twins[place])):
                raise SumTooLargeError(
                    Problem(
                        f"the sum of {amount} does not fit 64 bits",
                        f"year {columns[w.YEAR][place]}",
                        cure="state fewer money_decimals under [census], or money in a larger unit",
                    )
                )


class SumTooLargeError(InputError):
    """A sum over rows does not fit a whole number of 64 bits."""


def _whole(value: Any) -> int | None:
    """A sum; None where an engine says that it does not fit."""
    return None if value != value else int(value)
