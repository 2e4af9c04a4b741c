"""Drawing of how much of trade is two-way (MT, figure 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, cast

from tradegains.figures.style import (
    BLUE,
    HEIGHT,
    INK,
    MUTED,
    VERMILION,
    WIDTH,
    Picture,
    blank_figure,
    house_style,
    mark_standing,
    saved,
)

if TYPE_CHECKING:
    from matplotlib.ticker import MaxNLocator

STYLES = ((BLUE, "solid"), (VERMILION, (0, (5, 1.5))), (INK, (0, (1, 1.2))), (MUTED, "dashdot"))


@dataclass(frozen=True)
class TradeLine:
    """The index of one level of product codes by year; None in a year without trade [percent]."""

    label: str
    years: tuple[int, ...]
    index: tuple[float | None, ...]

    @property
    def measured(self) -> list[tuple[int, float]]:
        """Year and index of the years with trade."""
        pairs = zip(self.years, self.index, strict=True)
        return [(year, value) for year, value in pairs if value is not None]


def draw_intra_industry(lines: Sequence[TradeLine], *, mark: str) -> Picture:
    """The index by year, broken where there is no trade, named at its end."""
    with house_style():
        figure = blank_figure(WIDTH, HEIGHT)
        axes = figure.add_subplot()
        top = max((value for one in lines for _, value in one.measured), default=0.0)
        for number, one in enumerate(lines):
            colour, dash = STYLES[number % len(STYLES)]
            values = [nan if value is None else value for value in one.index]
            axes.plot(one.years, values, color=colour, linestyle=dash, lw=1.8, marker=".", ms=5)
            if one.measured:
                axes.annotate(
                    one.label,
                    one.measured[-1],
                    xytext=(5, 0),
                    textcoords="offset points",
                    va="center",
                    color=colour,
                )
        axes.set_ylim(0, min(100.0, 1.15 * top) or 1.0)
        cast("MaxNLocator", axes.xaxis.get_major_locator()).set_params(integer=True)
        axes.set_ylabel("Two-way trade in all trade [percent]")
        mark_standing(axes, mark)
        return saved(figure)
