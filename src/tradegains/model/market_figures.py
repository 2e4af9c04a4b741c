"""MT's figures 2, 3 and 4, and the innovation threshold, drawn from stated numbers.

Decision: the paper draws them by hand, without scales. Here every line is the formula at the
stated numbers, so a drawing may lack what the numbers do not have: at a trade cost that closes the
markets there is no export line, and figure 4B needs two trade costs.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.typing import LineStyleType

from tradegains.figures.style import (
    BLUE,
    CURVE_POINTS,
    INK,
    MUTED,
    PAPER,
    RULE,
    VERMILION,
    WIDTH,
    Picture,
    house_style,
    saved,
)
from tradegains.formulas.melitz_ottaviano import (
    Market,
    cost_of_profit,
    operating_profit,
    price,
    producer_outcome,
    quantity,
    residual_demand,
)
from tradegains.model.market import Case, Model, cases_csv, curves_csv

PANELS = (WIDTH, 3.3)  # inches
SHADE = 0.22
SMALL = 7.5  # points
PRICE_LABEL, QUANTITY_LABEL = "Price, unit cost [money per unit]", "Quantity [units]"
COST_LABEL, PROFIT_LABEL = "Unit cost c [money per unit]", "Profit of a producer [money]"
DASHED: LineStyleType = (0, (5, 1.5))
DOTTED: LineStyleType = (0, (1, 1.6))
TRADE_STYLES = ((INK, (0, (7, 1.5, 1, 1.5))), (MUTED, "solid"), (INK, DOTTED), (MUTED, DASHED))
SUB = "₀₁₂"
LABEL_ROOM = 0.16  # of the axis: named costs closer than this are named on two levels
LOW_COST, HIGH_COST = 0.3, 0.75  # of the cutoff: producers 1 and 2 of figure 2


def model_files(model: Model) -> dict[str, bytes]:
    """Every file of `tradegains model --output DIR` by its name."""
    files: dict[str, bytes] = {}
    for key, picture in _pictures(model):
        files |= {f"{key}.png": picture.png, f"{key}.svg": picture.svg}
    data = {"equilibria.csv": cases_csv(model), "curves.csv": curves_csv(model)}
    return files | {name: text.encode("utf-8") for name, text in data.items()}


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the figures and their data into a folder, made if needed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _pictures(model: Model) -> Iterator[tuple[str, Picture]]:
    yield "figure_2", draw_producers(model)
    yield "figure_3", draw_integration(model)
    if model.trade:
        yield "figure_4", draw_trade(model)
    if model.innovation is not None:
        yield "figure_innovation", draw_innovation(model)


# --- figure 2 -------------------------------------------------------------------------------------


def draw_producers(model: Model) -> Picture:
    """Figure 2: prices and quantities of two producers, and profit by cost in one market."""
    case = model.autarky
    cutoff, even = case.equilibrium.cutoff, break_even_cost(case)
    costs = (LOW_COST * cutoff, max(HIGH_COST * cutoff, 0.5 * (even + cutoff)))
    with house_style():
        figure = Figure(figsize=PANELS)
        left, right = figure.subplots(1, 2)
        _draw_two_producers(left, case, costs)
        _draw_profit_by_cost(right, case, even)
        _mark_costs(right, case, costs)
        _name_panel(left, "A  Two producers", QUANTITY_LABEL, PRICE_LABEL)
        _name_panel(right, "B  Profit by cost", COST_LABEL, PROFIT_LABEL)
        return saved(figure)


def break_even_cost(case: Case) -> float:
    """Unit cost at which a producer without exports just earns its entry cost [money per unit].

    S b (c* - c)^2 / 4 = f. Free entry puts it between c* (1 - 1/sqrt 3) and c*.
    """
    market = case.market
    return cost_of_profit(market.entry_cost, case.equilibrium.cutoff, market=market)


def _draw_two_producers(axes: Axes, case: Case, costs: Sequence[float]) -> None:
    """Demand, marginal revenue, and for each producer its cost, price, quantity and profit."""
    market, cutoff = case.market, case.equilibrium.cutoff
    widest = residual_demand(0.0, cutoff, market=market)
    axes.plot([0, widest], [cutoff, 0], color=INK, lw=1.6)
    axes.plot([0, widest / 2], [cutoff, 0], color=MUTED, lw=1.1, linestyle=DASHED)
    axes.annotate("demand", (0.6 * widest, 0.4 * cutoff), **_beside(6, 2))
    axes.annotate("marginal revenue", (0.47 * widest, 0.06 * cutoff), **_beside(6, -2))
    marks = [(cutoff, "c*")]
    for number, cost, colour in zip((1, 2), costs, (BLUE, VERMILION), strict=True):
        made = quantity(cost, cutoff, market=market)
        asked = price(cost, cutoff)
        axes.fill_between([0, made], cost, asked, color=colour, alpha=SHADE, lw=0)
        axes.plot([0, widest / 2], [cost, cost], color=colour, lw=1.2)
        axes.plot([0, made, made], [asked, asked, 0], color=colour, lw=0.9, linestyle=DOTTED)
        axes.plot(made, asked, "o", color=colour, ms=4.5)
        axes.annotate(f"q{SUB[number]}", (made, 0), **_beside(2, 3), color=colour)
        marks += [(cost, f"c{SUB[number]}"), (asked, f"p{SUB[number]}")]
    axes.set_yticks([value for value, _ in marks], [_named(*mark) for mark in marks])
    axes.set_xlim(0, 1.04 * widest)
    axes.set_ylim(0, 1.08 * cutoff)


def _draw_profit_by_cost(axes: Axes, case: Case, even: float) -> None:
    """Operating and net profit; expected net profit is zero, so the shaded areas are equal."""
    market, cutoff = case.market, case.equilibrium.cutoff
    costs = np.linspace(0, market.highest_cost, CURVE_POINTS)
    operating = profit_curve(costs, case)
    net = operating - market.entry_cost
    axes.fill_between(costs, 0, net, where=net >= 0, color=BLUE, alpha=SHADE, lw=0)
    axes.fill_between(costs, 0, net, where=net <= 0, color=VERMILION, alpha=SHADE, lw=0)
    produced = np.where(costs <= cutoff, operating, np.nan)
    axes.plot(costs, produced, color=INK, lw=1.6, label="operating profit")
    axes.plot(costs, net, color=INK, lw=1.2, linestyle=DASHED, label="less the entry cost f")
    _key(axes, title="Shaded areas are equal")
    _zero_axis(axes, market, [(max(even, 0.0), "breaks even"), (cutoff, "c*")])


def _mark_costs(axes: Axes, case: Case, costs: Sequence[float]) -> None:
    """Producers 1 and 2 on the operating profit curve."""
    for number, cost, colour in zip((1, 2), costs, (BLUE, VERMILION), strict=True):
        height = operating_profit(cost, case.equilibrium.cutoff, market=case.market)
        axes.plot(cost, height, "o", color=colour, ms=4.5)
        axes.annotate(str(number), (cost, height), **_beside(5, 3), color=colour)


# --- figure 3 -------------------------------------------------------------------------------------


def draw_integration(model: Model) -> Picture:
    """Figure 3: demand and operating profits in autarky and in the integrated market."""
    with house_style():
        figure = Figure(figsize=PANELS)
        left, right = figure.subplots(1, 2)
        _draw_demand_curves(left, model)
        _draw_winners_and_losers(right, model)
        _name_panel(left, "A  Demand for one producer", QUANTITY_LABEL, PRICE_LABEL)
        _name_panel(right, "B  Winners and losers", COST_LABEL, PROFIT_LABEL)
        figure.legend(
            handles=[
                Line2D([], [], color=VERMILION, linestyle=DASHED, label="autarky"),
                Line2D([], [], color=BLUE, label="integrated: one market of twice the size"),
            ],
            loc="outside upper left",
            ncols=2,
            frameon=False,
            fontsize=SMALL,
        )
        return saved(figure)


def _draw_demand_curves(axes: Axes, model: Model) -> None:
    widest = 0.0
    for case, colour, dash in _compared(model):
        cutoff = case.equilibrium.cutoff
        most = residual_demand(0.0, cutoff, market=case.market)
        axes.plot([0, most], [cutoff, 0], color=colour, lw=1.6, linestyle=dash)
        widest = max(widest, most)
    cutoffs = (model.autarky.equilibrium.cutoff, model.integrated.equilibrium.cutoff)
    names = ("c*", "c*′")
    axes.set_yticks(cutoffs, [_named(*mark) for mark in zip(cutoffs, names, strict=True)])
    axes.set_xlim(0, 1.04 * widest)
    axes.set_ylim(0, 1.08 * cutoffs[0])


def _draw_winners_and_losers(axes: Axes, model: Model) -> None:
    """Both profit curves; the areas between them are gains, losses and exits."""
    market = model.market
    costs = np.linspace(0, model.autarky.equilibrium.cutoff, CURVE_POINTS)
    before, after = (profit_curve(costs, case) for case, _, _ in _compared(model))
    axes.fill_between(costs, before, after, where=after >= before, color=BLUE, alpha=SHADE, lw=0)
    axes.fill_between(
        costs, before, after, where=after <= before, color=VERMILION, alpha=SHADE, lw=0
    )
    for curve, (_, colour, dash) in zip((before, after), _compared(model), strict=True):
        axes.plot(costs, curve, color=colour, lw=1.6, linestyle=dash)
    late, early = model.integrated.equilibrium.cutoff, model.autarky.equilibrium.cutoff
    _band(axes, (late, early), "exit", VERMILION)
    _zero_axis(axes, market, [(late, "c*′"), (early, "c*")], highest=1.15 * early)
    winner, loser = np.argmax(after - before), np.argmax(before - after)
    axes.annotate("winners", (costs[winner + 40], after[winner + 40]), **_beside(8, 2), color=BLUE)
    axes.annotate("losers", (costs[loser], before[loser]), **_beside(4, 6), color=VERMILION)
    top = float(after[0])
    axes.set_ylim(-0.11 * top, 1.06 * top)


def _compared(model: Model) -> tuple[tuple[Case, str, object], ...]:
    return ((model.autarky, VERMILION, DASHED), (model.integrated, BLUE, "solid"))


# --- figure 4 -------------------------------------------------------------------------------------


def draw_trade(model: Model) -> Picture:
    """Figure 4: profits at home and abroad, and what another trade cost does to them."""
    first, last = model.trade[0], model.trade[-1]
    compared = len(model.trade) > 1
    with house_style():
        figure = Figure(figsize=PANELS if compared else (WIDTH / 2, PANELS[1]))
        panels = figure.subplots(1, 2 if compared else 1, sharey=True, squeeze=False)[0]
        _draw_home_and_abroad(panels[0], first)
        title = f"A  Trade cost {first.label}"
        _name_panel(panels[0], title, COST_LABEL, "Operating profit [money]")
        if compared:
            _draw_liberalisation(panels[1], first, last)
            title = f"B  From {first.label} to {last.label}"
            _name_panel(panels[1], title, COST_LABEL, "")
        return saved(figure)


def _draw_home_and_abroad(axes: Axes, case: Case) -> None:
    """Profit on domestic sales and on exports; they lie a trade cost apart."""
    cutoff, exporting = case.equilibrium.cutoff, case.equilibrium.export_cutoff
    _draw_profit_curves(axes, case, dash="solid")
    marks = [(cutoff, "c*")]
    top = operating_profit(0.0, cutoff, market=case.market)
    if exporting is None or not case.equilibrium.trade_cost:
        text = "nobody exports" if exporting is None else "no trade cost: one line"
        axes.annotate(text, (0.97, 0.6), **_in_axes("right"))
    else:
        marks.insert(0, (exporting, "c* − t"))
        height = 0.5 * operating_profit(0.0, exporting, market=case.market)
        abroad = cost_of_profit(height, exporting, market=case.market)
        home = cost_of_profit(height, cutoff, market=case.market)
        axes.annotate(
            "", (home, height), (abroad, height), arrowprops={"arrowstyle": "<->", "lw": 0.8}
        )
        axes.annotate("t", (0.5 * (home + abroad), height), **_beside(0, 3, "center"))
        _mark_exporters(axes, case, (0.5 * exporting, 0.5 * (exporting + cutoff)))
    _key(axes)
    _zero_axis(axes, case.market, marks, highest=1.15 * cutoff)
    axes.set_ylim(-0.11 * top, 1.06 * top)


def _mark_exporters(axes: Axes, case: Case, costs: Sequence[float]) -> None:
    """Producer 1 sells in both markets, producer 2 at home only."""
    for number, cost in enumerate(costs, start=1):
        made = producer_outcome(cost, case.equilibrium, market=case.market)
        axes.plot(cost, made.domestic_profit, "o", color=BLUE, ms=4.5)
        axes.annotate(str(number), (cost, made.domestic_profit), **_beside(5, 3), color=BLUE)
        if made.export_profit > 0.0:
            axes.plot(cost, made.export_profit, "o", color=VERMILION, ms=4.5)
            place = (cost, made.export_profit)
            axes.annotate(str(number), place, **_beside(5, 3), color=VERMILION)


def _draw_liberalisation(axes: Axes, first: Case, last: Case) -> None:
    """Both curves at both trade costs; who starts or stops exporting, and who exits."""
    _draw_profit_curves(axes, first, dash="solid")
    _draw_profit_curves(axes, last, dash=DASHED)
    cutoffs = [case.equilibrium.cutoff for case in (first, last)]
    exporting = [case.equilibrium.export_cutoff or 0.0 for case in (first, last)]
    _band(axes, sorted(cutoffs), "exit" if cutoffs[1] <= cutoffs[0] else "survive", VERMILION)
    text = "start\nexporting" if exporting[1] >= exporting[0] else "stop\nexporting"
    _band(axes, sorted(exporting), text, BLUE, height=0.4)
    axes.axhline(0, color=MUTED, lw=0.7)
    axes.set_xlim(0, 1.15 * max(cutoffs))
    styles: tuple[tuple[Case, LineStyleType], ...] = ((first, "solid"), (last, DASHED))
    lines = [Line2D([], [], color=MUTED, linestyle=dash, label=one.label) for one, dash in styles]
    _key(axes, handles=lines)


def _draw_profit_curves(axes: Axes, case: Case, *, dash: object) -> None:
    """Operating profit on domestic sales and on exports by cost, each up to its cutoff."""
    found = case.equilibrium
    ends = ((found.cutoff, BLUE, "domestic sales"), (found.export_cutoff, VERMILION, "exports"))
    for end, colour, label in ends:
        if end is not None:
            costs = np.linspace(0, end, CURVE_POINTS)
            profits = operating_profit(costs, end, market=case.market)
            axes.plot(costs, profits, color=colour, lw=1.6, linestyle=dash, label=label)


# --- innovation -----------------------------------------------------------------------------------


def draw_innovation(model: Model) -> Picture:
    """Output by cost in every case, and the output above which innovation pays."""
    innovation = model.innovation
    assert innovation is not None
    with house_style():
        figure = Figure(figsize=(WIDTH, PANELS[1]))
        axes = figure.add_subplot()
        for case, (colour, dash) in zip(model.cases, _case_styles(model), strict=True):
            axes.plot(*output_curve(case), color=colour, linestyle=dash, lw=1.5, label=case.label)
            if case.innovation_cutoff is not None:
                axes.plot(
                    [case.innovation_cutoff], [innovation.needed_output], "o", color=colour, ms=5
                )
        axes.axhline(innovation.needed_output, color=MUTED, lw=0.9, linestyle=DOTTED)
        axes.annotate(
            f"innovation pays above {innovation.needed_output:.4g} units",
            (model.autarky.equilibrium.cutoff, innovation.needed_output),
            **_beside(0, 4, "right"),
        )
        axes.set_xlim(0, 1.15 * model.autarky.equilibrium.cutoff)
        axes.set_ylim(bottom=0)
        _key(axes, title="Left of the dot: innovate")
        _name_panel(axes, "", COST_LABEL, "Output in all markets [units]")
        return saved(figure)


def output_curve(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Unit costs up to the cutoff, and the output of a producer at each in all its markets."""
    costs = np.linspace(0, case.equilibrium.cutoff, CURVE_POINTS)
    made = [producer_outcome(cost, case.equilibrium, market=case.market) for cost in costs]
    return costs, np.array([one.domestic_quantity + one.export_quantity for one in made])


def _case_styles(model: Model) -> Iterator[tuple[str, object]]:
    """Autarky and integrated as in figure 3; trade costs between them in grey."""
    yield VERMILION, DASHED
    yield from islice(cycle(TRADE_STYLES), len(model.trade))
    yield BLUE, "solid"


# --- parts of the panels --------------------------------------------------------------------------


def profit_curve(costs: np.ndarray, case: Case) -> np.ndarray:
    """Operating profit at home by cost, 0 above the cutoff [money]."""
    cutoff = case.equilibrium.cutoff
    return np.where(costs < cutoff, operating_profit(costs, cutoff, market=case.market), 0.0)


def _zero_axis(
    axes: Axes,
    market: Market,
    marks: Sequence[tuple[float, str]],
    *,
    highest: float | None = None,
) -> None:
    """A line at profit 0, and named costs on the axis below."""
    axes.axhline(0, color=MUTED, lw=0.7)
    for value, _ in marks:
        axes.axvline(value, color=RULE, lw=0.8, zorder=0)
    highest = highest or market.highest_cost
    names, previous = [], -math.inf
    for value, name in marks:
        below = "\n\n" if value - previous < LABEL_ROOM * highest else ""
        names.append(below + _named(value, name, gap="\n"))
        previous = -math.inf if below else value
    axes.set_xticks([value for value, _ in marks], names)
    axes.set_xlim(0, highest)


def _key(axes: Axes, *, title: str | None = None, handles: Sequence[Line2D] | None = None) -> None:
    """What the lines are, in the upper right, where profits and outputs are low."""
    axes.legend(
        handles=handles,
        loc="upper right",
        title=title,
        title_fontsize=SMALL,
        fontsize=SMALL,
        facecolor=PAPER,
        edgecolor="none",
        framealpha=0.85,
        borderaxespad=0.2,
    )


def _band(
    axes: Axes, ends: Sequence[float], text: str, colour: str, *, height: float = 0.62
) -> None:
    """A stretch of the cost axis and what producers in it do."""
    axes.axvspan(*ends, color=colour, alpha=0.1, lw=0)
    axes.annotate(
        text,
        (0.5 * sum(ends), height),
        xycoords=("data", "axes fraction"),
        ha="center",
        va="center",
        fontsize=SMALL,
        color=colour,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.8, "alpha": 0.8},
    )


def _name_panel(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, loc="left", fontsize=8.5, fontweight="bold")
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def _named(value: float, name: str, *, gap: str = " = ") -> str:
    """A tick of a named value."""
    return f"{name}{gap}{value:.3g}"


def _beside(right: float, up: float, align: str = "left") -> dict[str, Any]:
    """Annotation text at an offset in points from its place."""
    return {
        "xytext": (right, up),
        "textcoords": "offset points",
        "ha": align,
        "fontsize": SMALL,
    }


def _in_axes(align: str) -> dict[str, Any]:
    return {"xycoords": "axes fraction", "ha": align, "va": "top", "fontsize": SMALL}
