"""Establishment demography: totals by status, rates, job flows, transitions.

Decisions:
- Each status is measured at the ends of the window where its establishments exist. A rate divides
  by all establishments of that same year: entrants by the end year, exiters by the start year.
- Missing values add nothing; a total over missing values only is None, as a SQL sum is NULL.
- Job flows follow presence: an entrant is absent, not merely without jobs, at the start. Flows are
  in whole employment units, so creation minus destruction is exactly the change of employment.
- Davis-Haltiwanger rates divide by the average of the two years' employment and lie in [0, 2].
- In a transition table entry and exit are states: the row `entry` and the column `exit`.

Source: Davis, Haltiwanger and Schuh (1996), "Job Creation and Destruction", technical appendix;
Melitz and Trefler (2012), conclusion, after Trefler (2004): 12 percent of workers in
low-productivity firms lost their jobs.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import reduce
from typing import TypeVar

ENTRY = "entry"
EXIT = "exit"

State = TypeVar("State", bound=Hashable)


def _sum(left: int | None, right: int | None) -> int | None:
    if left is None or right is None:
        return right if left is None else left
    return left + right


@dataclass(frozen=True)
class Totals:
    """Totals of a group of establishments in one year.

    Attributes:
        establishments: count.
        employment: [employment units].
        sales: [money units].
        exports: [money units]; None without an exports column.
        value_added: [money units]; None where no establishment has any.
    """

    establishments: int = 0
    employment: int = 0
    sales: int = 0
    exports: int | None = None
    value_added: int | None = None

    def __add__(self, other: "Totals") -> "Totals":
        """Totals of both groups; `Totals()` changes nothing."""
        return Totals(
            self.establishments + other.establishments,
            self.employment + other.employment,
            self.sales + other.sales,
            _sum(self.exports, other.exports),
            _sum(self.value_added, other.value_added),
        )

    @property
    def domestic_sales(self) -> int:
        """Sales minus exports [money units]."""
        return self.sales - (self.exports or 0)


def add_up(totals: Iterable[Totals]) -> Totals:
    """Totals of all groups together.

    Example:
        >>> add_up([Totals(1, 10, 50), Totals(1, 5, 20, 8)]).domestic_sales
        62
    """
    return reduce(Totals.__add__, totals, Totals())


def rate(part: float | None, whole: float | None) -> float | None:
    """Part over whole; None where either is missing or the whole is 0.

    Example:
        >>> rate(1, 4), rate(1, 0)
        (0.25, None)
    """
    return None if part is None or not whole else part / whole


@dataclass(frozen=True)
class Rates:
    """Shares of a status in all establishments of its year, level and industry."""

    establishments: float | None
    employment: float | None
    sales: float | None


def status_rates(status: Totals, everyone: Totals) -> Rates:
    """Entry rate, exit rate or continuing share, by count, employment and sales.

    Args:
        status: establishments of the status, in one year.
        everyone: all establishments of that year.

    Example:
        >>> status_rates(Totals(1, 10, 20), Totals(4, 100, 80))
        Rates(establishments=0.25, employment=0.1, sales=0.25)
    """
    return Rates(
        rate(status.establishments, everyone.establishments),
        rate(status.employment, everyone.employment),
        rate(status.sales, everyone.sales),
    )


@dataclass(frozen=True)
class GrossJobFlows:
    """Gross job flows of a group of establishments between two years.

    creation - destruction = employment_end - employment_start, exactly.

    Attributes:
        entrant_creation: jobs of entrants at the end.
        expander_creation: gains of establishments present at both ends.
        exiter_destruction: jobs of exiters at the start.
        contractor_destruction: losses of establishments present at both ends.
        employment_start: jobs at the start.
        employment_end: jobs at the end.
            All in [employment units], >= 0.
    """

    entrant_creation: int = 0
    expander_creation: int = 0
    exiter_destruction: int = 0
    contractor_destruction: int = 0
    employment_start: int = 0
    employment_end: int = 0

    def __add__(self, other: "GrossJobFlows") -> "GrossJobFlows":
        """Flows of both groups; `GrossJobFlows()` changes nothing."""
        return GrossJobFlows(
            self.entrant_creation + other.entrant_creation,
            self.expander_creation + other.expander_creation,
            self.exiter_destruction + other.exiter_destruction,
            self.contractor_destruction + other.contractor_destruction,
            self.employment_start + other.employment_start,
            self.employment_end + other.employment_end,
        )

    @property
    def creation(self) -> int:
        """Jobs created [employment units]."""
        return self.entrant_creation + self.expander_creation

    @property
    def destruction(self) -> int:
        """Jobs destroyed [employment units]."""
        return self.exiter_destruction + self.contractor_destruction

    @property
    def average_employment(self) -> float:
        """Average of the two years' employment [employment units]."""
        return (self.employment_start + self.employment_end) / 2

    @property
    def creation_rate(self) -> float | None:
        """Creation over average employment, in [0, 2]; None without employment."""
        return rate(self.creation, self.average_employment)

    @property
    def destruction_rate(self) -> float | None:
        """Destruction over average employment, in [0, 2]; None without employment."""
        return rate(self.destruction, self.average_employment)

    @property
    def destruction_share(self) -> float | None:
        """Destruction over start-year employment, in [0, 1]; None without any.

        For below-median establishments, the figure comparable with the 12 percent of workers in
        low-productivity firms who lost their jobs (Melitz and Trefler 2012, conclusion).
        """
        return rate(self.destruction, self.employment_start)


def flows_of_establishment(start: int | None, end: int | None) -> GrossJobFlows:
    """Job flows of one establishment.

    Args:
        start: employment at the start [employment units]; None where absent.
        end: employment at the end [employment units]; None where absent.

    Raises:
        ValueError: absent at both ends.

    Example:
        >>> flows_of_establishment(10, 7).contractor_destruction
        3
    """
    if start is None and end is None:
        raise ValueError("an establishment absent at both ends has no flows")
    if start is None:
        return GrossJobFlows(entrant_creation=end or 0, employment_end=end or 0)
    if end is None:
        return GrossJobFlows(exiter_destruction=start, employment_start=start)
    return GrossJobFlows(
        expander_creation=max(0, end - start),
        contractor_destruction=max(0, start - end),
        employment_start=start,
        employment_end=end,
    )


def job_flows(establishments: Iterable[tuple[int | None, int | None]]) -> GrossJobFlows:
    """Job flows of a group, from each establishment's employment at the start and at the end.

    Example:
        >>> flows = job_flows([(10, 7), (None, 5), (4, None), (6, 8)])
        >>> flows.creation, flows.destruction, flows.creation_rate
        (7, 7, 0.35)
    """
    flows = (flows_of_establishment(*pair) for pair in establishments)
    return reduce(GrossJobFlows.__add__, flows, GrossJobFlows())


def transition_table(
    pairs: Iterable[tuple[State | None, State | None]],
) -> Counter[tuple[State | str, State | str]]:
    """Establishments by state at the start and state at the end, entry and exit included.

    Args:
        pairs: states of each establishment; None where it is absent.

    Returns:
        Count by (from, to). The rows of a state add up to its establishments at the start, its
        columns to those at the end.

    Raises:
        ValueError: an establishment absent at both ends, or a state named `entry` or `exit`.

    Example:
        >>> sorted(transition_table([("low", "high"), ("low", None), (None, "low")]).items())
        [(('entry', 'low'), 1), (('low', 'exit'), 1), (('low', 'high'), 1)]
    """
    table: Counter[tuple[State | str, State | str]] = Counter()
    for start, end in pairs:
        if start is None and end is None:
            raise ValueError("an establishment absent at both ends makes no transition")
        if not {start, end}.isdisjoint((ENTRY, EXIT)):
            raise ValueError("no state may be named entry or exit")
        table[ENTRY if start is None else start, EXIT if end is None else end] += 1
    return table


def transition_shares(
    table: Counter[tuple[State | str, State | str]],
) -> dict[tuple[State | str, State | str], float]:
    """Share of each transition among those from the same state.

    Example:
        >>> transition_shares(transition_table([("low", "high"), ("low", None)]))
        {('low', 'high'): 0.5, ('low', 'exit'): 0.5}
    """
    totals: Counter[State | str] = Counter()
    for (start, _), count in table.items():
        totals[start] += count
    return {key: count / totals[key[0]] for key, count in table.items()}
