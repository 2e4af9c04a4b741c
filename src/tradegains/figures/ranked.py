"""Drawing of gains by a ranking of industries (HLOY, figures 4 and 5).

Both are functions of a threshold, and between two values that industries have nobody changes
sides: so they are steps. A number stands from its value down to the next smaller one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING

import numpy as np

from tradegains.figures.style import (
    BLUE,
    DASHED,
    DOTTED,
    HEIGHT,
    INK,
    MUTED,
    RULE,
    SMALL,
    VERMILION,
    WIDTH,
    Picture,
    blank_figure,
    house_style,
    key_line,
    mark_standing,
    saved,
)
from tradegains.published.printing import typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.typing import LineStyleType

KEY_COLUMNS = 4  # windows side by side in the key
BROKEN: tuple[tuple[str, "LineStyleType"], ...] = (
    (VERMILION, DASHED),
    (MUTED, DOTTED),
    (INK, (0, (7, 1.5, 1, 1.5))),
    (MUTED, (0, (3, 1))),
)
ALL_GAP = 0.09  # of the axis, from the largest value to the place where everything counts


@dataclass(frozen=True)
class RankedCurve:
    """A window's numbers by the ranking variable.

    `x` in the variable's unit, `y` in percent; the step of the smallest x ends at `end`.
    `everything` is the number when nothing is left out, which lies beyond the largest x. `band` are
    the ends of the interval at each x, and `everything_interval` there, where the run tells them.
    """

    label: str
    x: np.ndarray
    y: np.ndarray
    end: float
    everything: float | None = None
    band: tuple[np.ndarray, np.ndarray] | None = None
    everything_interval: tuple[float, float] | None = None


def draw_ranked(
    curves: Sequence[RankedCurve],
    *,
    median: float | None,
    x_title: str,
    y_title: str,
    mark: str,
) -> Picture:
    """Figures 4 and 5: numbers by a ranking of industries, from large to small values.

    The last curve is solid, the others are broken: see `line_styles`.
    """
    with house_style():
        figure = blank_figure(WIDTH, HEIGHT)
        axes = figure.add_subplot()
        everything = _place_of_everything(curves)
        for curve, colour, dash in zip(curves, *line_styles(len(curves)), strict=True):
            _draw_ranked_curve(axes, curve, everything, colour=colour, dash=dash)
        _zero_level(axes)
        _turn_axis(axes, curves, everything)
        if median is not None:
            axes.axvline(median, color=MUTED, lw=0.9, linestyle=DOTTED, zorder=1)
            axes.annotate(
                f"median {median:g}",
                (median, 1),
                xycoords=("data", "axes fraction"),
                xytext=(3, -2),
                textcoords="offset points",
                va="top",
                fontsize=SMALL,
                color=MUTED,
            )
        axes.set_xlabel(x_title)
        axes.set_ylabel(y_title)
        figure.legend(
            handles=_ranked_key(curves),
            loc="outside upper left",
            ncols=min(len(curves), KEY_COLUMNS),
            frameon=False,
            handlelength=4.0,
        )
        mark_standing(axes, mark)
        return saved(figure)


def line_styles(curves: int) -> tuple[list[str], list["LineStyleType"]]:
    """Colours and dashes: solid and blue last, dashed and vermilion first, grey or black between.

    Example:
        >>> line_styles(1)
        (['#0072b2'], ['solid'])
    """
    broken = list(islice(cycle(BROKEN), curves - 1))
    return [*(colour for colour, _ in broken), BLUE], [*(dash for _, dash in broken), "solid"]


def _place_of_everything(curves: Sequence[RankedCurve]) -> float | None:
    """Where the number without a restriction stands: left of the largest x."""
    if all(curve.everything is None for curve in curves):
        return None
    values = np.concatenate([curve.x for curve in curves])
    spread = float(values.max() - values.min()) or 1.0
    return float(values.max()) + ALL_GAP * spread


def _draw_ranked_curve(
    axes: "Axes", curve: RankedCurve, everything: float | None, *, colour: str, dash: object
) -> None:
    x, y = curve.x, curve.y
    if everything is not None and curve.everything is not None:
        x, y = np.append(x, everything), np.append(y, curve.everything)
        axes.plot(everything, curve.everything, "s", color=colour, ms=4.5, zorder=4)
        if curve.everything_interval is not None:
            ends = curve.everything_interval
            axes.plot([everything, everything], ends, color=colour, marker="_", lw=1.1, zorder=3)
    if curve.band is not None:
        _draw_band(axes, curve, colour)
    order = np.argsort(-x)
    x, y = np.append(x[order], curve.end), np.append(y[order], y[order][-1])
    axes.plot(x, y, drawstyle="steps-post", color=colour, linestyle=dash, lw=1.6, zorder=3)
    axes.plot(curve.x, curve.y, "o", color=colour, ms=3, zorder=3)


def _draw_band(axes: "Axes", curve: RankedCurve, colour: str) -> None:
    """The interval along the steps, without the place where everything counts."""
    order = np.argsort(-curve.x)
    x = np.append(curve.x[order], curve.end)
    low, high = (np.append(end[order], end[order][-1]) for end in curve.band or ())
    axes.fill_between(x, low, high, step="post", color=colour, alpha=0.13, lw=0, zorder=1)


def _turn_axis(axes: "Axes", curves: Sequence[RankedCurve], everything: float | None) -> None:
    """From large to small; the place where everything counts has a name for a number."""
    values = np.concatenate([np.append(curve.x, curve.end) for curve in curves])
    low, high = float(values.min()), float(values.max())
    room = 0.03 * (high - low or 1.0)
    axes.set_xlim((everything or high) + room, low - room)
    if everything is not None:
        ticks = [tick for tick in axes.get_xticks() if low - room <= tick <= high]
        axes.set_xticks([everything, *ticks], ["all", *(f"{tick:g}" for tick in ticks)])


def _zero_level(axes: "Axes") -> None:
    axes.axhline(0, color=MUTED, lw=0.7, zorder=1)
    axes.grid(axis="y", color=RULE, lw=0.5)
    axes.set_axisbelow(True)


def _ranked_key(curves: Sequence[RankedCurve]) -> list["Line2D"]:
    return [
        key_line(color=colour, linestyle=dash, marker="o", ms=3, label=typeset(curve.label))
        for curve, colour, dash in zip(curves, *line_styles(len(curves)), strict=True)
    ]
