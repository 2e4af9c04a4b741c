"""The model behind MT's figures 2 to 4: producers that differ in cost, entry, markets that grow.

Demand for one producer is Q = S [1/n - b (p - p_mean)]; unit cost c is uniform on [0, c_max] and
known only after the entry cost f is paid. Everything follows from the cost cutoff c*, the cost at
which demand vanishes: c* = 1/(b n) + p_mean.

Decisions:
- Two symmetric countries with a per-unit trade cost t: S b [c*^3 + (c* - t)^3] / (12 c_max) = f is
  a cubic with one real root, written in closed form with u = c* - t/2: u^3 + (3 t^2/4) u = A/2,
  A = 12 f c_max / (S b), u = t sinh(asinh(2 A / t^3) / 3).
- With trade costs the sellers in a market are its own producers and the other country's exporters,
  whose delivered costs lie between t and c*, so the mean price is above 3/4 c*:
  p_mean = 3/4 c* + t (c* - t) / (4 (2 c* - t)), and n = 1 / (b (c* - p_mean)). Without trade, and
  with free trade, these are 3/4 c* and 4 / (b c*).
- A cutoff above c_max means that every cost survives: the formulas do not hold, an error says so.
"""

import math
from dataclasses import dataclass, replace
from typing import Any


class CutoffError(ValueError):
    """The cost cutoff lies above the highest cost that can be drawn."""


@dataclass(frozen=True)
class Market:
    """One country's market; all four numbers are above 0.

    Attributes:
        size: S, output of the whole industry [units].
        slope: b, how fast sales fall with the own price [per unit of price].
        entry_cost: f, sunk before the own cost is known [money].
        highest_cost: c_max, the highest unit cost that can be drawn [money per unit].
    """

    size: float
    slope: float
    entry_cost: float
    highest_cost: float

    def __post_init__(self) -> None:
        values = (self.size, self.slope, self.entry_cost, self.highest_cost)
        if not all(0.0 < value < math.inf for value in values):
            raise ValueError("size, slope, entry cost and highest cost must be positive")


@dataclass(frozen=True)
class Equilibrium:
    """Long-run equilibrium of one market; cutoff = 1/(b sellers) + mean_price.

    Attributes:
        cutoff: c*, the highest cost that survives [money per unit].
        export_cutoff: c* - t, the highest cost that exports; None where nobody exports.
        trade_cost: t [money per unit]; None in a closed market.
        sellers: n, producers selling in the market, importers included (not a whole number).
        mean_price: over these sellers [money per unit].
    """

    cutoff: float
    export_cutoff: float | None
    trade_cost: float | None
    sellers: float
    mean_price: float


def _checked_cutoff(cutoff: float, market: Market) -> float:
    if cutoff > market.highest_cost:
        raise CutoffError(
            f"the cost cutoff {cutoff:.6g} is above the highest cost {market.highest_cost:.6g}: "
            "every producer would survive; lower the entry cost or raise size, slope or the "
            "highest cost"
        )
    return cutoff


def entry_volume(market: Market) -> float:
    """12 f c_max / (S b), which the cubes of the cutoffs add up to [cubed money per unit].

    Example:
        >>> entry_volume(Market(1000.0, 0.01, 50.0, 20.0))
        1200.0

    Source: MT footnote 1, by free entry.
    """
    return 12.0 * market.entry_cost * market.highest_cost / (market.size * market.slope)


def closed_equilibrium(market: Market) -> Equilibrium:
    """Equilibrium without trade.

    Args:
        market: the country's market.

    Returns:
        The equilibrium; no export cutoff.

    Raises:
        CutoffError: the cutoff would be above the highest cost.

    Example:
        >>> autarky = closed_equilibrium(Market(1000.0, 0.01, 50.0, 20.0))
        >>> round(autarky.cutoff, 6), round(autarky.sellers, 6), round(autarky.mean_price, 6)
        (10.626586, 37.641441, 7.969939)

    Source: MT figure 2.
    """
    cutoff = _checked_cutoff(math.cbrt(entry_volume(market)), market)
    return Equilibrium(
        cutoff=cutoff,
        export_cutoff=None,
        trade_cost=None,
        sellers=4.0 / (market.slope * cutoff),
        mean_price=0.75 * cutoff,
    )


def integrated_equilibrium(market: Market, *, countries: int = 2) -> Equilibrium:
    """Equilibrium of several such markets merged into one.

    The cutoff falls by the cube root of the number of countries.

    Args:
        market: each country's market.
        countries: how many, at least 1.

    Raises:
        CutoffError: the cutoff would be above the highest cost.

    Example:
        >>> round(integrated_equilibrium(Market(1000.0, 0.01, 50.0, 20.0)).cutoff, 6)
        8.434327

    Source: MT figure 3.
    """
    return closed_equilibrium(replace(market, size=countries * market.size))


def _two_country_cutoff(volume: float, trade_cost: float) -> float:
    """The c with c^3 + (c - t)^3 = volume, for 0 <= t <= volume^(1/3)."""
    free_trade = math.cbrt(volume / 2.0)
    if trade_cost < 1e-9 * free_trade:
        # Here t^3 may underflow, and its square no longer moves the sum.
        return free_trade + 0.5 * trade_cost
    third = math.asinh(2.0 * volume / trade_cost**3) / 3.0
    return trade_cost * (math.sinh(third) + 0.5)


def trade_equilibrium(market: Market, *, trade_cost: float) -> Equilibrium:
    """Equilibrium of each of two such markets that trade at a cost per unit.

    A trade cost at or above the cutoff without trade leaves both closed.

    Args:
        market: each country's market.
        trade_cost: t, added to the unit cost of every unit exported [money per unit], >= 0.

    Returns:
        The equilibrium of either market.

    Raises:
        ValueError: the trade cost is negative or NaN.
        CutoffError: the cutoff would be above the highest cost.

    Example:
        >>> trade = trade_equilibrium(Market(1000.0, 0.01, 50.0, 20.0), trade_cost=4.0)
        >>> round(trade.cutoff, 6), round(trade.export_cutoff, 6)
        (9.960602, 5.960602)

    Source: MT figure 4.
    """
    if not trade_cost >= 0.0:
        raise ValueError("the trade cost must be at least 0")
    volume = entry_volume(market)
    if trade_cost >= math.cbrt(volume):
        return replace(closed_equilibrium(market), trade_cost=trade_cost)
    cutoff = _checked_cutoff(_two_country_cutoff(volume, trade_cost), market)
    export_cutoff = cutoff - trade_cost
    extra = trade_cost * export_cutoff / (4.0 * (cutoff + export_cutoff))
    mean_price = 0.75 * cutoff + extra
    return Equilibrium(
        cutoff=cutoff,
        export_cutoff=export_cutoff,
        trade_cost=trade_cost,
        sellers=1.0 / (market.slope * (cutoff - mean_price)),
        mean_price=mean_price,
    )


# The curves of figures 2 to 4. `cost` is the unit cost delivered to the market: c at home, c + t
# abroad. The first four serve floats and Columns at costs up to the cutoff.


def residual_demand(price: Any, cutoff: Any, *, market: Market) -> Any:
    """Quantity a producer sells at a price up to the cutoff: S b (c* - p) [units].

    Args:
        price: up to the cutoff [money per unit].
        cutoff: c* [money per unit].
        market: where it sells.

    Example:
        >>> residual_demand(6.0, 10.0, market=Market(1000.0, 0.01, 50.0, 20.0))
        40.0

    Source: MT footnote 1, with 1/(b n) + p_mean = c*.
    """
    return market.size * market.slope * (cutoff - price)


def price(cost: Any, cutoff: Any) -> Any:
    """Price at a unit cost up to the cutoff: (c* + c)/2 [money per unit].

    Example:
        >>> price(2.0, 10.0)
        6.0

    Source: MT footnote 1.
    """
    return 0.5 * (cutoff + cost)


def quantity(cost: Any, cutoff: Any, *, market: Market) -> Any:
    """Output at a unit cost up to the cutoff: S b (c* - c)/2 [units].

    Args:
        cost: of a unit delivered to the market, up to the cutoff [money per unit].
        cutoff: c* [money per unit].
        market: where it sells.

    Example:
        >>> quantity(2.0, 10.0, market=Market(1000.0, 0.01, 50.0, 20.0))
        40.0

    Source: MT footnote 1.
    """
    return 0.5 * market.size * market.slope * (cutoff - cost)


def operating_profit(cost: Any, cutoff: Any, *, market: Market) -> Any:
    """Profit before the entry cost at a unit cost up to the cutoff: S b (c* - c)^2/4 [money].

    Args:
        cost: of a unit delivered to the market, up to the cutoff [money per unit].
        cutoff: c* [money per unit].
        market: where it sells.

    Example:
        >>> operating_profit(2.0, 10.0, market=Market(1000.0, 0.01, 50.0, 20.0))
        160.0

    Source: MT footnote 1.
    """
    return 0.25 * market.size * market.slope * (cutoff - cost) * (cutoff - cost)


def cost_of_profit(profit: float, cutoff: float, *, market: Market) -> float:
    """Unit cost at which the operating profit has a value; below 0 where none is low enough.

    Args:
        profit: before the entry cost, >= 0 [money].
        cutoff: c*, of the market it is earned in [money per unit].
        market: that market.

    Returns:
        c* - 2 (profit / (S b))^(1/2) [money per unit].

    Example:
        >>> cost_of_profit(160.0, 10.0, market=Market(1000.0, 0.01, 50.0, 20.0))
        2.0

    Source: the inverse of `operating_profit`.
    """
    return cutoff - 2.0 * math.sqrt(profit / (market.size * market.slope))


@dataclass(frozen=True)
class ProducerOutcome:
    """One producer's outcome; zeros in a market it does not serve.

    net_profit = domestic_profit + export_profit - entry cost [money]; quantities in [units],
    prices in [money per unit], None in a market it does not serve.
    """

    cost: float
    domestic_price: float | None
    domestic_quantity: float
    domestic_profit: float
    export_price: float | None
    export_quantity: float
    export_profit: float
    net_profit: float


def _in_market(cost: float, cutoff: float, market: Market) -> tuple[float | None, float, float]:
    if cost > cutoff:
        return None, 0.0, 0.0
    return (
        float(price(cost, cutoff)),
        float(quantity(cost, cutoff, market=market)),
        float(operating_profit(cost, cutoff, market=market)),
    )


def producer_outcome(cost: float, equilibrium: Equilibrium, *, market: Market) -> ProducerOutcome:
    """What a producer of a given cost does at home and abroad.

    Args:
        cost: its unit cost, from 0 to the highest cost [money per unit].
        equilibrium: of the market; for an integrated one, of the merged market.
        market: the market the equilibrium is of.

    Returns:
        Its prices, quantities and profits in the two markets.

    Example:
        >>> market = Market(1000.0, 0.01, 50.0, 20.0)
        >>> trade = trade_equilibrium(market, trade_cost=4.0)
        >>> [producer_outcome(cost, trade, market=market).export_quantity > 0 for cost in (5, 7)]
        [True, False]

    Source: MT figures 2 to 4.
    """
    home = _in_market(cost, equilibrium.cutoff, market)
    abroad: tuple[float | None, float, float] = (None, 0.0, 0.0)
    if equilibrium.export_cutoff is not None and equilibrium.trade_cost is not None:
        abroad = _in_market(cost + equilibrium.trade_cost, equilibrium.cutoff, market)
    return ProducerOutcome(cost, *home, *abroad, net_profit=home[2] + abroad[2] - market.entry_cost)


def innovation_output(innovation_cost: float, cost_reduction: float) -> float:
    """Output in all markets above which a producer innovates: f_I / delta c_I [units].

    Args:
        innovation_cost: f_I, above 0 [money].
        cost_reduction: delta c_I, by which innovation lowers the unit cost, above 0
            [money per unit].

    Example:
        >>> innovation_output(40.0, 0.5)
        80.0

    Source: MT, "A Theory of Market Size and Firm Innovation".
    """
    return innovation_cost / cost_reduction


def innovation_cutoff(
    equilibrium: Equilibrium, *, market: Market, innovation_cost: float, cost_reduction: float
) -> float | None:
    """Unit cost below which producers innovate, given their output at home and abroad.

    They are those whose output in all markets exceeds `innovation_output`.

    Args:
        equilibrium: of the market.
        market: the market the equilibrium is of.
        innovation_cost: f_I, above 0 [money].
        cost_reduction: delta c_I, above 0 [money per unit].

    Returns:
        The cutoff, at most c* [money per unit]; None where even a producer of cost 0 does not
        make enough.

    Raises:
        ValueError: innovation cost or cost reduction is not above 0.

    Example:
        >>> market = Market(1000.0, 0.01, 50.0, 20.0)
        >>> for trade_cost in (20.0, 4.0, 0.0):
        ...     equilibrium = trade_equilibrium(market, trade_cost=trade_cost)
        ...     cutoff = innovation_cutoff(
        ...         equilibrium, market=market, innovation_cost=40.0, cost_reduction=1.0)
        ...     print(round(cutoff, 6))
        2.626586
        3.960602
        4.434327

    Source: MT, "A Theory of Market Size and Firm Innovation".
    """
    if not (innovation_cost > 0.0 and cost_reduction > 0.0):
        raise ValueError("innovation cost and cost reduction must be above 0")
    # Output is S b (c* - c)/2 at home and the same with c + t abroad: the needed fall from c*.
    output = innovation_output(innovation_cost, cost_reduction)
    needed = output / (market.size * market.slope)
    cutoff = equilibrium.cutoff - 2.0 * needed
    trade_cost = equilibrium.trade_cost
    if equilibrium.export_cutoff is not None and trade_cost is not None and 2 * needed > trade_cost:
        cutoff = equilibrium.cutoff - 0.5 * trade_cost - needed
    return cutoff if cutoff > 0.0 else None
