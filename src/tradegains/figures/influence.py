"""Drawing of the answer without each industry."""

from collections.abc import Mapping

import numpy as np

from tradegains.figures.style import (
    BLUE,
    INK,
    MUTED,
    PERCENT_TEXT,
    RULE,
    SMALL,
    WIDTH,
    Picture,
    blank_figure,
    house_style,
    mark_standing,
    saved,
)
from tradegains.published.printing import percent, typeset


def draw_influence(
    without: Mapping[str, float],
    headline: float,
    interval: tuple[float, float] | None,
    *,
    digits: int,
    mark: str,
) -> Picture:
    """The answer without each industry, sorted, against the answer with all [log points]."""
    with house_style():
        figure = blank_figure(WIDTH, 1.2 + 0.19 * len(without))
        axes = figure.add_subplot()
        names = sorted(without, key=lambda name: (without[name], name))
        rows = np.arange(len(names))
        values = 100 * np.array([without[name] for name in names])
        if interval is not None:
            low, high = (100 * end for end in interval)
            axes.axvspan(low, high, color=BLUE, alpha=0.1, lw=0, zorder=0)
        axes.axvline(100 * headline, color=INK, lw=0.9, zorder=1)
        axes.hlines(rows, 100 * headline, values, color=RULE, lw=1.4, zorder=2)
        axes.plot(values, rows, "o", color=BLUE, ms=5, zorder=3)
        axes.annotate(
            typeset(f"all industries: {percent(headline)}"),
            (100 * headline, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -2),
            textcoords="offset points",
            va="top",
            fontsize=SMALL,
            color=MUTED,
        )
        axes.set_yticks(rows, names)
        axes.set_ylim(-0.8, len(names) + 0.6)
        axes.set_xlabel(f"HLOY without the industry, {PERCENT_TEXT}")
        axes.set_ylabel(f"{digits}-digit industry left out")
        mark_standing(axes, mark)
        return saved(figure)
