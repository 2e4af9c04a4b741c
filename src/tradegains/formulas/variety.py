"""The widget example: why two identical countries gain by trading varieties of one product.

A worker makes a unit; every variety also takes a fixed number of workers, however much of it is
made. A country alone must choose between much of few varieties and little of many. With trade
each variety is made in one country for all, and nobody has to choose.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Consumption:
    """What one country consumes: so many varieties, so many units of each [widgets]."""

    varieties: int
    units_each: float

    @property
    def units(self) -> float:
        """Units of all varieties together [widgets]."""
        return self.varieties * self.units_each


def autarky_choices(
    workers: float, *, overhead: float, workers_per_unit: float = 1.0
) -> tuple[Consumption, ...]:
    """All that a country can consume alone, from one variety up to as many as leave a unit over.

    Args:
        workers: the country's workers [jobs].
        overhead: workers that a variety takes whatever its output [jobs], above 0.
        workers_per_unit: workers for one unit of any variety [jobs per widget], above 0.

    Returns:
        One choice per feasible number of varieties, fewest first; empty where even one variety
        takes all workers.

    Raises:
        ValueError: overhead or workers per unit is not above 0.

    Example:
        >>> for choice in autarky_choices(12, overhead=4):
        ...     print(choice)
        Consumption(varieties=1, units_each=8.0)
        Consumption(varieties=2, units_each=2.0)

    Source: MT, "Gains from Love of Variety", choices A and B.
    """
    if not (overhead > 0 and workers_per_unit > 0):
        raise ValueError("a variety and a unit must each take some work")
    choices = []
    varieties = 1
    while workers > varieties * overhead:
        units = (workers - varieties * overhead) / workers_per_unit
        choices.append(Consumption(varieties, units / varieties))
        varieties += 1
    return tuple(choices)


def trade_choice(production: Consumption, *, countries: int = 2) -> Consumption:
    """What each of several identical countries consumes when all share their varieties equally.

    Args:
        production: what each country makes; every country makes varieties of its own.
        countries: how many trade, at least 1.

    Returns:
        Consumption per country: as many units as it makes, of all countries' varieties.

    Example:
        >>> trade_choice(Consumption(varieties=1, units_each=8.0))
        Consumption(varieties=2, units_each=4.0)

    Source: MT, "Gains from Love of Variety".
    """
    return Consumption(production.varieties * countries, production.units_each / countries)


def is_preferred(consumption: Consumption, other: Consumption) -> bool:
    """Is it at least as good in varieties and in units, and better in one of them?

    Example:
        >>> is_preferred(Consumption(2, 4.0), Consumption(1, 8.0))
        True

    Source: MT, "Gains from Love of Variety".
    """
    no_worse = consumption.varieties >= other.varieties and consumption.units >= other.units
    better = consumption.varieties > other.varieties or consumption.units > other.units
    return no_worse and better
