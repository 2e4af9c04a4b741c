"""Amounts of a market in whole units, and sums of a few of them by any key."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from tradegains.formulas.fixed_point import EMPLOYMENT_UNITS, from_fixed_point


class Amounts(NamedTuple):
    """Sums over establishments: employment in thousandths of a job, money in the run's units."""

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
    def domestic_sales(self) -> int:
        """Sales minus exports, in the run's units of money."""
        return self.sales - self.exports


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


def levels_of(industry: str | None, group_digits: int) -> dict[str, str | None]:
    """Code at each level that an industry counts at; at the total alone without an industry.

    Example:
        >>> levels_of("0111", 2)
        {'total': None, 'industry2': '01', 'industry4': '0111'}
    """
    if industry is None:
        return {"total": None}
    return {"total": None, "industry2": industry[:group_digits], "industry4": industry}
