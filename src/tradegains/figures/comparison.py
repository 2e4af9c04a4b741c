"""Two distributions of one figure: what is compared, its drawing, and the data behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np

from tradegains.figures.density import HistogramCells, bandwidth, near
from tradegains.figures.histograms import axis_range, percent_per_bin
from tradegains.figures.style import (
    BLUE,
    COLOURS,
    CURVE_POINTS,
    DASHES,
    HEIGHT,
    MUTED,
    PAPER,
    WIDTH,
    Picture,
    blank_figure,
    house_style,
    mark_standing,
    saved,
)
from tradegains.formulas.productivity import RELATIVE, STANDARDISED
from tradegains.published.printing import count, csv_text, typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VARIANT = "_standardised"

HISTOGRAM_COLUMNS = (
    "data",
    "series",
    "year",
    "window",
    "population",
    "median_base",
    "measure",
    "bin_start_log_points",
    "bin_end_log_points",
    "establishments",
    "share_of_employment",
)
LINE_COLUMNS = (
    "data",
    "series",
    "measure",
    "relative_productivity_log_points",
    "percent_of_employment_per_bin",
    "bandwidth_log_points",
)


@dataclass(frozen=True)
class Member:
    """Which distribution is wanted: `label` is what the figure calls it."""

    label: str
    year: int
    window: str | None
    population: str


@dataclass(frozen=True)
class PublishedDistribution:
    """One published distribution: its histogram and its employment-weighted quantiles.

    `p10`, `p50`, `p90` are exact [log points]; None where `moments` does not have them. `kappa`
    is the scale of a standardised one [log points], `left_out` says whom it leaves out.
    """

    member: Member
    cells: HistogramCells
    establishments: int
    employment: float
    p10: float | None
    p50: float | None
    p90: float | None
    prices: str
    kappa: float | None = None
    left_out: str = ""


@dataclass(frozen=True)
class Comparison:
    """Two distributions of one figure, and the choices behind them.

    `measure` and `base` say in words what is measured and against which median.
    """

    key: str
    title: str
    median_base: str
    measure: str
    base: str
    series: tuple[PublishedDistribution, PublishedDistribution]
    standardised_by: str | None = None

    @property
    def panel(self) -> str:
        """Key of the figure that this one is a variant of, or its own."""
        return self.key.removesuffix(VARIANT)


def draw_comparison(comparison: Comparison, *, mark: str) -> Picture:
    """Histogram steps, smooth lines and weighted medians of two distributions."""
    with house_style():
        figure = blank_figure(WIDTH, HEIGHT)
        axes = figure.add_subplot()
        low, high = axis_range([one.cells for one in comparison.series])
        grid = np.linspace(low, high, CURVE_POINTS)
        curves = [percent_per_bin(one.cells, grid) for one in comparison.series]
        for one, curve, colour, dash in zip(
            comparison.series, curves, COLOURS, DASHES, strict=True
        ):
            shown = near(one.cells, low, high)
            axes.stairs(100 * shown.share, shown.edges, color=colour, alpha=0.4, lw=0.7)
            axes.plot(grid, curve, color=colour, linestyle=dash, lw=1.8)
        axes.set_xlim(low, high)
        axes.set_ylim(0, 1.12 * max(100 * one.cells.share.max() for one in comparison.series))
        _mark_medians(axes, comparison.series)
        _label_curves(axes, comparison.series, grid, curves)
        _name_axes(axes, comparison)
        mark_standing(axes, mark)
        if comparison.standardised_by:
            _mark_assumed(axes)
        return saved(figure)


def _mark_medians(axes: "Axes", series: Sequence[PublishedDistribution]) -> None:
    """A triangle on the axis at each employment-weighted median."""
    medians = [one.p50 for one in series if one.p50 is not None]
    # Hollow for the dashed line, so that the two are told apart without colour.
    for median, colour, filling in zip(medians, COLOURS, (PAPER, BLUE), strict=False):
        marks: dict[str, Any] = {"mfc": filling, "mec": colour, "mew": 1.2, "ms": 7}
        axes.plot(median, 0, "^", **marks, clip_on=False, zorder=5)
    if medians:
        axes.annotate(
            "weighted medians",
            (max(medians), 0),
            xytext=(8, 6),
            textcoords="offset points",
            fontsize=7.5,
            color=MUTED,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
        )


def _label_curves(
    axes: "Axes",
    series: Sequence[PublishedDistribution],
    grid: np.ndarray,
    curves: Sequence[np.ndarray],
) -> None:
    """Name each line where it stands clearest of the other, on its outer side."""
    clear = [int(np.argmax(curves[k] - curves[1 - k])) for k in (0, 1)]
    left_first = clear[0] <= clear[1]
    for k, one in enumerate(series):
        on_left = (k == 0) == left_first
        axes.annotate(
            f"{typeset(one.member.label)}\nn = {count(one.establishments)}",
            (grid[clear[k]], curves[k][clear[k]]),
            xytext=(-26 if on_left else 26, 20),
            textcoords="offset points",
            ha="right" if on_left else "left",
            va="center",
            color=COLOURS[k],
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1, "alpha": 0.8},
            arrowprops={"arrowstyle": "-", "color": COLOURS[k], "lw": 0.6, "shrinkB": 2},
        )


def _name_axes(axes: "Axes", comparison: Comparison) -> None:
    """Axis titles with units; a second scale in multiples of the industry's median."""
    width = comparison.series[0].cells.bin_width
    relative = f"ln {comparison.measure} − industry's median of {comparison.base}"
    if comparison.standardised_by:
        axes.set_xlabel(f"κ ({relative}) / industry's spread [log points]")
    else:
        axes.set_xlabel(f"{relative} [log points]")
    axes.set_ylabel(f"Share of employment per {width:g} log points [percent]")
    multiples = axes.secondary_xaxis("top")
    factors = [2.0**power for power in range(-8, 9)]
    low, high = axes.get_xlim()
    shown = [factor for factor in factors if low <= log(factor) <= high]
    multiples.set_xticks([log(factor) for factor in shown], [_multiple(f) for f in shown])
    at = ", in an industry of spread κ" if comparison.standardised_by else ""
    multiples.set_xlabel(f"times the industry's median{at}", fontsize=7.5, color=MUTED)
    multiples.tick_params(labelsize=7.5, labelcolor=MUTED)


def _multiple(factor: float) -> str:
    """A power of two as a reader says it: 0.25 as 1/4×."""
    return f"{factor:g}×" if factor >= 1 else f"1/{1 / factor:g}×"


def _mark_assumed(axes: "Axes") -> None:
    """Say inside the picture that its scale is assumed."""
    axes.set_title("assumed scaling", loc="left", fontsize=7.5, fontstyle="italic", color=MUTED)


def histogram_csv(comparison: Comparison, *, data: str) -> str:
    """Cells of both histograms, empty bins too; shares of a series sum to 1."""
    rows = []
    for one in comparison.series:
        member, cells = one.member, one.cells
        about = (data, member.label, member.year, member.window or "", member.population)
        for k, share in enumerate(cells.share):
            edges = (_edge(cells.edges[k]), _edge(cells.edges[k + 1]))
            numbers = (*edges, int(cells.establishments[k]), float(share))
            rows.append((*about, comparison.median_base, measure_label(comparison), *numbers))
    return csv_text(HISTOGRAM_COLUMNS, rows)


def line_csv(comparison: Comparison, *, data: str) -> str:
    """Points of both smooth lines, as drawn."""
    low, high = axis_range([one.cells for one in comparison.series])
    grid = np.linspace(low, high, CURVE_POINTS)
    rows = [
        (*about, f"{x:.6f}", f"{y:.6f}", width)
        for one in comparison.series
        for about in [(data, one.member.label, measure_label(comparison))]
        for width in [f"{bandwidth(one.cells):.6f}"]
        for x, y in zip(grid, percent_per_bin(one.cells, grid), strict=True)
    ]
    return csv_text(LINE_COLUMNS, rows)


def measure_label(comparison: Comparison) -> str:
    """What the column `measure` says."""
    return f"{STANDARDISED} (assumed scaling)" if comparison.standardised_by else RELATIVE


def _edge(value: float) -> str:
    """An edge without the tail of a binary fraction: 0.3, not 0.30000000000000004."""
    return f"{round(float(value), 9):g}"
