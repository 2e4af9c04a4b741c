"""Drawing of size distributions (HLOY, figure 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING

import numpy as np

from tradegains.figures.density import HistogramCells
from tradegains.figures.histograms import axis_range
from tradegains.figures.style import (
    COLOURS,
    CURVE_POINTS,
    DASHES,
    MUTED,
    SMALL,
    WIDTH,
    Picture,
    blank_figure,
    house_style,
    key_line,
    mark_standing,
    saved,
)
from tradegains.formulas.normal import normal_quantile
from tradegains.formulas.size_distribution import FittedNormal
from tradegains.published.printing import count, fixed, typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CURVE_INSIDE = 0.99  # of each fitted curve lies right of the axis's left end
PANELS = (WIDTH, 3.4)
HEADROOM = 1.3  # room above the curves of a size panel for its key


@dataclass(frozen=True)
class SizeSeries:
    """Log size of one population: the exact histogram and the normal fitted to it.

    `without_size` counts establishments that are left out for want of employment.
    """

    label: str
    cells: HistogramCells
    fit: FittedNormal
    establishments: int
    without_size: int


@dataclass(frozen=True)
class SizePanel:
    """Two populations of a year; `overlap` is the area under the lower of the two curves."""

    title: str
    series: tuple[SizeSeries, SizeSeries]
    overlap: float | None
    overlap_error: float | None = None


@dataclass(frozen=True)
class SizeRow:
    """The panels of one run, and what is said of it in its pictures."""

    panels: tuple[SizePanel, ...]
    mark: str


def draw_sizes(rows: Sequence[SizeRow]) -> Picture:
    """Exact histograms of log employment, the fitted normals, and their overlap: a row per run."""
    with house_style():
        width, height = PANELS
        figure = blank_figure(width, height * len(rows))
        columns = max(len(row.panels) for row in rows)
        grid = figure.subplots(len(rows), columns, sharey="row", squeeze=False)
        ends = size_range([panel for row in rows for panel in row.panels])
        for axes, row in zip(grid, rows, strict=True):
            for one in axes[len(row.panels) :]:
                one.set_visible(False)
            shown = axes[: len(row.panels)]
            for one, panel in zip(shown, row.panels, strict=True):
                _draw_size_panel(one, panel, ends)
            bins = f"{_width(row.panels[0]):g} log points"
            shown[0].set_ylabel(f"Establishments per {bins} [percent]")
            mark_standing(shown[-1], row.mark)
        return saved(figure)


def _draw_size_panel(axes: "Axes", panel: SizePanel, ends: tuple[float, float]) -> None:
    """Steps of both histograms, both curves, and the area they share."""
    grid = np.linspace(*ends, CURVE_POINTS)
    curves = [
        100 * one.cells.bin_width * np.array([one.fit.density(x) for x in grid])
        for one in panel.series
    ]
    for one, curve, colour, dash in zip(panel.series, curves, COLOURS, DASHES, strict=True):
        axes.stairs(100 * one.cells.share, one.cells.edges, color=colour, alpha=0.45, lw=0.8)
        axes.plot(grid, curve, color=colour, linestyle=dash, lw=1.6)
    axes.fill_between(grid, 0, np.minimum(*curves), color=MUTED, alpha=0.16, lw=0)
    highest = max(100 * one.cells.share.max() for one in panel.series)
    axes.set_ylim(0, max(axes.get_ylim()[1], HEADROOM * max(highest, *(c.max() for c in curves))))
    axes.set_xlim(*ends)
    axes.set_title(typeset(panel.title), loc="left", fontsize=8.5, fontweight="bold")
    axes.set_xlabel("ln employment [ln of jobs]")
    keys = [
        key_line(color=c, linestyle=d, label=f"{one.label}, n = {count(one.establishments)}")
        for one, c, d in zip(panel.series, COLOURS, DASHES, strict=True)
    ]
    title = None if panel.overlap is None else f"overlap {fixed(100 * panel.overlap, 1)} percent"
    axes.legend(handles=keys, loc="upper right", frameon=False, fontsize=SMALL, title=title,
                title_fontsize=SMALL, alignment="right")  # fmt: skip


def size_range(panels: Sequence[SizePanel]) -> tuple[float, float]:
    """One axis for the histograms and for all but an outer percent of the curves [log points]."""
    series = [one for panel in panels for one in panel.series]
    low, high = axis_range([one.cells for one in series])
    inside = normal_quantile(CURVE_INSIDE)
    ends = min(one.fit.mean - inside * one.fit.sd for one in series)
    width = _width(panels[0])
    return min(low, width * floor(ends / width)), high


def _width(panel: SizePanel) -> float:
    return panel.series[0].cells.bin_width
