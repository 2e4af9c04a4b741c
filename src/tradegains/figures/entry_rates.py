"""Melitz and Trefler's figure 5B as rates: entrants over all establishments, by productivity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tradegains.figures.density import FloatArray, HistogramCells
from tradegains.figures.histograms import axis_range
from tradegains.figures.style import (
    COLOURS,
    DASHES,
    HEIGHT,
    RULE,
    SMALL,
    WIDTH,
    Picture,
    blank_figure,
    house_style,
    key_line,
    mark_standing,
    saved,
)
from tradegains.published.printing import csv_text, typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = (
    "data",
    "window",
    "median_base",
    "median_year",
    "bin_start_log_points",
    "bin_end_log_points",
    "entrants",
    "establishments",
    "entry_rate",
)


@dataclass(frozen=True)
class EntryRates:
    """Entrants and all establishments of one window by bin, empty bins too.

    `edges` has one entry more than the counts [log points].
    """

    label: str
    edges: FloatArray
    entrants: FloatArray
    establishments: FloatArray

    @property
    def rates(self) -> FloatArray:
        """Entrants over establishments [percent]; nothing where there is no establishment."""
        return 100 * np.divide(
            self.entrants,
            self.establishments,
            out=np.full_like(self.entrants, np.nan),
            where=self.establishments > 0,
        )

    @property
    def cells(self) -> HistogramCells:
        """All establishments as a histogram of counts."""
        total = self.establishments.sum()
        counts = self.establishments.astype(np.int64)
        return HistogramCells(self.edges, self.establishments / total, counts)


@dataclass(frozen=True)
class RatePanel:
    """The rates of two windows under one median base."""

    title: str
    series: Sequence[EntryRates]


def draw_entry_rates(panels: Sequence[RatePanel], *, mark: str) -> Picture:
    """Steps of entry rates, a panel for each median base.

    The axis leaves out the thinnest bins at either end, where a rate is of a few establishments.
    """
    with house_style():
        figure = blank_figure(WIDTH, HEIGHT)
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for each, panel in zip(axes, panels, strict=True):
            _draw_panel(each, panel)
        axes[0].set_ylabel("Entrants over all establishments [percent]")
        labels = [one.label for one in panels[0].series]
        figure.legend(
            handles=[
                key_line(color=colour, linestyle=dash, label=typeset(label))
                for label, colour, dash in zip(labels, COLOURS, DASHES, strict=False)
            ],
            loc="outside upper left",
            ncols=2,
            frameon=False,
            handlelength=3.0,
        )
        mark_standing(axes[-1], mark)
        return saved(figure)


def _draw_panel(axes: "Axes", panel: RatePanel) -> None:
    low, high = axis_range([one.cells for one in panel.series])
    for one, colour, dash in zip(panel.series, COLOURS, DASHES, strict=False):
        axes.stairs(one.rates, one.edges, color=colour, linestyle=dash, lw=1.4, baseline=None)
    axes.set_xlim(low, high)
    axes.set_ylim(0, 100)  # rates of two countries are then told from the same height
    axes.axvline(0, color=RULE, lw=0.8, zorder=1)
    axes.set_xlabel(f"less the industry's median\nof {panel.title} [log points]", fontsize=SMALL)


def entry_rates_csv(rows: Sequence[dict[str, object]], *, data: str) -> str:
    """The bins behind the figure."""
    names = ("window", "median_base", "median_year", "bin_start", "bin_end", "entrants",
             "establishments", "entry_rate")  # fmt: skip
    return csv_text(COLUMNS, [(data, *(row[name] for name in names)) for row in rows])
