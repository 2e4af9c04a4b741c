"""The model of MT's figures 2 to 4 for stated numbers: equilibria as text and as data.

Decisions:
- Nothing here has a default: every number of the market is stated on the command line.
- Trade costs keep the order in which they are stated; figure 4 compares the first with the last.
- In the integrated case the two countries are one market of twice the size, so its sellers are
  those of both countries together.
"""

import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tradegains.errors import Problem, StudyError
from tradegains.formulas.melitz_ottaviano import (
    CutoffError,
    Equilibrium,
    Market,
    closed_equilibrium,
    entry_volume,
    innovation_cutoff,
    innovation_output,
    integrated_equilibrium,
    producer_outcome,
    trade_equilibrium,
)
from tradegains.published.columns import PrintedColumn, side_by_side
from tradegains.published.printing import csv_text, fixed

TITLE = (
    "Model of Melitz and Trefler (2012), figures 2 to 4: unit costs uniform on [0, c_max], two "
    "equal countries, trade cost t per unit"
)
COUNTRIES = 2
WIDTH = 80
DIGITS = 8  # of the largest number of a printed column
CURVE_STEPS = 200
MONEY_PER_UNIT = "money per unit"
PERCENT = "percent"

CASE_COLUMNS = (
    "case",
    "market_size",
    "trade_cost",
    "cutoff",
    "export_cutoff",
    "innovation_cutoff",
    "sellers",
    "mean_price",
)
CURVE_COLUMNS = (
    "case",
    "cost",
    "domestic_quantity",
    "export_quantity",
    "domestic_profit",
    "export_profit",
    "net_profit",
)


@dataclass(frozen=True)
class Innovation:
    """An innovation: its cost f_I [money] and the fall of unit cost it gives [money per unit]."""

    cost: float
    gain: float

    @property
    def needed_output(self) -> float:
        """f_I over the fall of unit cost: innovation pays above this output [units]."""
        return innovation_output(self.cost, self.gain)


@dataclass(frozen=True)
class Case:
    """An equilibrium, the market it is of, and the cost below which producers innovate."""

    label: str
    market: Market
    equilibrium: Equilibrium
    innovation_cutoff: float | None


@dataclass(frozen=True)
class Model:
    """What was stated, and the equilibria: autarky, one for each trade cost, integrated."""

    market: Market
    innovation: Innovation | None
    autarky: Case
    trade: tuple[Case, ...]
    integrated: Case

    @property
    def cases(self) -> tuple[Case, ...]:
        """All equilibria, from the most closed kind to the most open."""
        return (self.autarky, *self.trade, self.integrated)


def stated_model(
    *,
    size: float,
    slope: float,
    entry_cost: float,
    largest_cost: float,
    trade_costs: Sequence[float] = (),
    innovation: tuple[float, float] | None = None,
) -> Model:
    """The equilibria of a market in autarky, at each trade cost, and integrated with its twin.

    Args:
        size: S, output of the industry in each country [units], above 0.
        slope: b, how fast sales fall with the own price [per unit of price], above 0.
        entry_cost: f [money], above 0.
        largest_cost: c_max [money per unit], above 0.
        trade_costs: t, each at least 0 [money per unit]; one stated twice counts once.
        innovation: its cost [money] and the fall of unit cost it gives [money per unit], both
            above 0; None without one.

    Raises:
        StudyError: the market is so costly to enter that every cost would survive.

    Example:
        >>> model = stated_model(
        ...     size=1000.0, slope=0.01, entry_cost=50.0, largest_cost=20.0, trade_costs=[4.0])
        >>> [(case.label, round(case.equilibrium.cutoff, 6)) for case in model.cases]
        [('autarky', 10.626586), ('t = 4', 9.960602), ('integrated', 8.434327)]

    Source: MT figures 2 to 4; docs/melitz_trefler.md#the-model.
    """
    market = Market(size, slope, entry_cost, largest_cost)
    merged = replace(market, size=COUNTRIES * market.size)
    weighed = innovation and Innovation(*innovation)
    try:
        autarky = closed_equilibrium(market)
        trade = [trade_equilibrium(market, trade_cost=cost) for cost in dict.fromkeys(trade_costs)]
        integrated = integrated_equilibrium(market, countries=COUNTRIES)
    except CutoffError as error:
        raise StudyError(_no_cutoff(market)) from error
    return Model(
        market=market,
        innovation=weighed,
        autarky=_case("autarky", market, autarky, weighed),
        trade=tuple(_case(f"t = {one.trade_cost:.6g}", market, one, weighed) for one in trade),
        integrated=_case("integrated", merged, integrated, weighed),
    )


def _case(
    label: str, market: Market, equilibrium: Equilibrium, innovation: Innovation | None
) -> Case:
    if innovation is None:
        return Case(label, market, equilibrium, None)
    cutoff = innovation_cutoff(
        equilibrium,
        market=market,
        innovation_cost=innovation.cost,
        cost_reduction=innovation.gain,
    )
    return Case(label, market, equilibrium, cutoff)


def _no_cutoff(market: Market) -> Problem:
    """The cutoff in autarky, the highest of all cases, lies above the largest cost.

    c*^3 = 12 f c_max / (S b) is at most c_max^3 when f is at most S b c_max^2 / 12.
    """
    volume = entry_volume(market)
    most = market.size * market.slope * market.highest_cost**2 / 12.0
    return Problem(
        f"the cost cutoff in autarky would be {math.cbrt(volume):.6g}, above the largest cost "
        f"{market.highest_cost:.6g}: every producer would survive, and the formulas do not hold",
        "--largest-cost",
        cure=f"lower --entry-cost to {most:.6g} or less, or raise --market-size, --slope or "
        "--largest-cost",
    )


# --- as text --------------------------------------------------------------------------------------


def model_text(model: Model) -> str:
    """The equilibria for a terminal of 80 columns."""
    return "\n".join(
        [
            *_wrapped([TITLE, *_stated_lines(model)]),
            "",
            *side_by_side(_equilibrium_columns(model)),
            "",
            "Of all who pay the entry cost:",
            "",
            *side_by_side(_share_columns(model)),
            "",
            *_wrapped(_explanations(model)),
        ]
    )


def _wrapped(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from textwrap.wrap(line, WIDTH, subsequent_indent="  ")


def _stated_lines(model: Model) -> Iterator[str]:
    market = model.market
    yield (
        f"market size S = {market.size:.6g}, slope b = {market.slope:.6g}, "
        f"entry cost f = {market.entry_cost:.6g}, largest cost c_max = {market.highest_cost:.6g}"
    )
    if model.innovation is not None:
        yield (
            f"innovation: cost f_I = {model.innovation.cost:.6g}, "
            f"lowers the unit cost by {model.innovation.gain:.6g}"
        )


def _equilibrium_columns(model: Model) -> list[PrintedColumn]:
    """Cutoffs, sellers and mean price by case."""
    found = [case.equilibrium for case in model.cases]
    columns = [
        _labels(model),
        _column("cutoff", MONEY_PER_UNIT, [one.cutoff for one in found]),
        _column("exports_below", MONEY_PER_UNIT, [one.export_cutoff for one in found]),
        _column("sellers", "", [one.sellers for one in found]),
        _column("mean_price", MONEY_PER_UNIT, [one.mean_price for one in found]),
    ]
    if model.innovation is not None:
        cutoffs = [case.innovation_cutoff for case in model.cases]
        columns.append(_column("innovates_below", MONEY_PER_UNIT, cutoffs))
    return columns


def _share_columns(model: Model) -> list[PrintedColumn]:
    """Shares of entrants by what becomes of them: costs are uniform, so a cutoff over c_max."""
    found = [case.equilibrium for case in model.cases]
    columns = [
        _labels(model),
        _shares("survive", model, [one.cutoff for one in found]),
        _shares("export", model, [one.export_cutoff for one in found]),
    ]
    if model.innovation is not None:
        cutoffs = [case.innovation_cutoff or 0.0 for case in model.cases]
        columns.append(_shares("innovate", model, cutoffs))
    return columns


def _labels(model: Model) -> PrintedColumn:
    return PrintedColumn("case", "", tuple(case.label for case in model.cases))


def _shares(name: str, model: Model, cutoffs: Sequence[float | None]) -> PrintedColumn:
    cells = (
        "-" if one is None else fixed(100 * one / model.market.highest_cost, 2) for one in cutoffs
    )
    return PrintedColumn(name, PERCENT, tuple(cells), numeric=True)


def _column(name: str, unit: str, values: Sequence[float | None]) -> PrintedColumn:
    """Numbers under each other with as many decimals as the largest has room for."""
    largest = max((abs(value) for value in values if value), default=1.0)
    decimals = max(0, DIGITS - 1 - math.floor(math.log10(largest)))
    cells = ("-" if value is None else fixed(value, decimals) for value in values)
    return PrintedColumn(name, unit, tuple(cells), numeric=True)


def _explanations(model: Model) -> Iterator[str]:
    """What the columns mean, and what did not happen."""
    yield "cutoff: c* = 1/(b n) + mean price; producers of a higher cost shut down"
    yield "sellers: n in one market, importers included; integrated: both countries are one market"
    closed = [case.label for case in model.trade if case.equilibrium.export_cutoff is None]
    if closed:
        yield f"nobody exports at {', '.join(closed)}: the trade cost is not below the cutoff"
    if model.innovation is not None:
        needed = model.innovation.needed_output
        yield f"innovation pays for an output above {needed:.6g} units (cost over gain)"
        none = [case.label for case in model.cases if case.innovation_cutoff is None]
        if none:
            yield f"nobody makes so much in: {', '.join(none)}"


# --- as data --------------------------------------------------------------------------------------


def cases_csv(model: Model) -> str:
    """One row per equilibrium; empty where nobody exports or innovates."""
    rows = []
    for case in model.cases:
        found = case.equilibrium
        numbers = (found.cutoff, found.export_cutoff, case.innovation_cutoff, found.sellers)
        values = (case.market.size, found.trade_cost, *numbers, found.mean_price)
        rows.append((case.label, *("" if value is None else value for value in values)))
    return csv_text(CASE_COLUMNS, rows)


def curves_csv(model: Model) -> str:
    """One row per equilibrium and unit cost, from 0 to the largest: quantities and profits."""
    rows = []
    for case in model.cases:
        for step in range(CURVE_STEPS + 1):
            cost = model.market.highest_cost * step / CURVE_STEPS
            made = producer_outcome(cost, case.equilibrium, market=case.market)
            quantities = (made.domestic_quantity, made.export_quantity)
            profits = (made.domestic_profit, made.export_profit, made.net_profit)
            rows.append((case.label, cost, *quantities, *profits))
    return csv_text(CURVE_COLUMNS, rows)
