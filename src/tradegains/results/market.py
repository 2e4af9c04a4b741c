"""Market cells: whole-number sums by year, industry and membership, and sums of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from tradegains.errors import InputError, Problem
from tradegains.formulas.concordance import Shares
from tradegains.formulas.fixed_point import (
    EMPLOYMENT_UNITS,
    MONEY_UNITS,
    from_fixed_point,
    sums_agree,
)
from tradegains.formulas.membership import MembershipBits
from tradegains.results.splitting import split_cell
from tradegains.tables import working as w


class Amounts(NamedTuple):
    """Sums over establishments: employment in thousandths of a job, money in hundredths."""

    establishments: int = 0
    employment: int = 0
    sales: int = 0
    exports: int = 0
    value_added: int = 0

    @property
    def jobs(self) -> float:
        """Employment [jobs]."""
        return from_fixed_point(self.employment, EMPLOYMENT_UNITS)

    @property
    def domestic_sales(self) -> float:
        """Sales minus exports [money unit]."""
        return money(self.sales - self.exports)


def add_up(summands: Iterable[Amounts]) -> Amounts:
    """All of them together.

    Example:
        >>> add_up([Amounts(1, 500), Amounts(2, 250)]).employment
        750
    """
    return Amounts(*map(sum, zip(Amounts(), *summands, strict=True)))


Key = TypeVar("Key")
Summand = TypeVar("Summand", bound=NamedTuple)


def sums_by(keyed: Iterable[tuple[Key, Summand]]) -> dict[Key, Summand]:
    """Sums of named tuples of numbers by key, in the order in which the keys first come.

    Example:
        >>> sums_by([("01", Amounts(1, 500)), ("01", Amounts(2, 250))])["01"].employment
        750
    """
    summands: defaultdict[Key, list[Summand]] = defaultdict(list)
    for key, each in keyed:
        summands[key].append(each)
    # Column by column, in C: sums one by one took twice as long.
    return {key: each[0]._make(map(sum, zip(*each, strict=True))) for key, each in summands.items()}


def money(hundredths: int) -> float:
    """Hundredths of the money unit as the nearest double [money unit].

    Example:
        >>> money(1250)
        12.5
    """
    return from_fixed_point(hundredths, MONEY_UNITS)


@dataclass(frozen=True)
class MarketCell:
    """Valid establishments of one year, industry and membership.

    The industry is None where the study keeps rows without a valid one: they count in totals only.
    `window_industry` holds the industry they count in where a study moves them for a window,
    `changes` the jobs gained and lost by the later year of a pair of years [thousandths].
    `rows_in` is the industry of the rows where a concordance splits the amounts of another.
    """

    year: int
    industry: str | None
    membership: int
    window_industry: Mapping[str, str | None]
    amounts: Amounts
    changes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    rows_in: str | None = None

    def industry_in(self, window: str) -> str | None:
        """Industry the cell counts in for this window."""
        return self.window_industry.get(window, self.industry)


def levels_of(industry: str | None, group_digits: int) -> dict[str, str | None]:
    """Code at each level that an industry counts at; at the total alone without an industry.

    Example:
        >>> levels_of("0111", 2)
        {'total': None, 'industry2': '01', 'industry4': '0111'}
    """
    if industry is None:
        return {"total": None}
    return {"total": None, "industry2": industry[:group_digits], "industry4": industry}


@dataclass(frozen=True)
class MarketCells:
    """All market cells of a run, by year, with the rows behind each combination of flags.

    `memberships` tells which sets the bits of a cell's membership stand for.
    """

    by_year: Mapping[int, tuple[MarketCell, ...]]
    rows_by_flags: Mapping[tuple[int, int], int]
    duplicated: int
    memberships: MembershipBits

    @staticmethod
    def of(
        rows: Iterable[dict[str, Any]],
        memberships: MembershipBits,
        *,
        removing: int,
        digits: int,
        windows: Iterable[str],
        changes: Iterable[str] = (),
        splits: Mapping[str, Shares] | None = None,
    ) -> "MarketCells":
        """From collected cells.

        Args:
            rows: as `sum_market_cells` makes them.
            memberships: positions of the sets in a membership.
            removing: bits of the rules whose rows are quarantined.
            digits: of an industry code.
            windows: windows with an industry column of their own.
            changes: names of the pairs of years with changes of employment.
            splits: weights of the new industries of each old one that is split.

        Raises:
            InputError: a sum does not fit a whole number of 64 bits.
        """
        by_year: dict[int, list[MarketCell]] = defaultdict(list)
        rows_by_flags: dict[tuple[int, int], int] = defaultdict(int)
        duplicated = 0
        windows, changes = tuple(windows), tuple(changes)
        summed = (
            *w.AMOUNTS,
            *(of(name) for of in (w.jobs_gained, w.jobs_lost) for name in changes),
        )
        for whole in rows:
            _require_no_wrap(whole, summed)
            parts = split_cell(whole, splits, digits=digits, windows=windows) if splits else [whole]
            year, flags = whole[w.YEAR], whole[w.FLAGS]
            rows_by_flags[year, flags] += whole[w.ESTABLISHMENTS]
            duplicated += whole[w.DUPLICATED_ID]
            if not flags & removing:
                rows_in = w.industry_code(whole[w.INDUSTRY], digits) if len(parts) > 1 else None
                by_year[year] += (
                    _cell(row, digits, windows, changes, rows_in=rows_in) for row in parts
                )
        ordered = {year: tuple(cells) for year, cells in sorted(by_year.items())}
        return MarketCells(ordered, dict(rows_by_flags), duplicated, memberships)

    def of_year(self, year: int) -> tuple[MarketCell, ...]:
        """Cells of one year."""
        return self.by_year.get(year, ())

    @cached_property
    def largest_industry(self) -> Amounts:
        """The largest count, employment, ... of any industry in any year."""
        sums = sums_by(
            ((cell.year, cell.rows_in or cell.industry), cell.amounts)
            for cell in chain.from_iterable(self.by_year.values())
        )
        return Amounts(*map(max, zip(Amounts(), *sums.values(), strict=True)))


def _cell(
    row: Mapping[str, Any],
    digits: int,
    windows: tuple[str, ...],
    changes: tuple[str, ...],
    *,
    rows_in: str | None,
) -> MarketCell:
    return MarketCell(
        row[w.YEAR],
        w.industry_code(row[w.INDUSTRY], digits),
        row[w.MEMBERSHIP],
        {window: w.industry_code(row[w.window_industry(window)], digits) for window in windows},
        Amounts(row[w.ESTABLISHMENTS], *(row[amount] for amount in w.AMOUNTS)),
        {name: (row[w.jobs_gained(name)], row[w.jobs_lost(name)]) for name in changes},
        rows_in,
    )


def _require_no_wrap(row: Mapping[str, Any], summed: Iterable[str]) -> None:
    for amount in summed:
        if not sums_agree(row[amount], row[w.twin(amount)]):
            raise InputError(
                Problem(
                    f"the sum of {amount} does not fit 64 bits",
                    f"year {row[w.YEAR]}",
                    cure="state money in a larger unit (thousands or millions)",
                )
            )
