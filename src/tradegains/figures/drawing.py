"""Figures of the report: matplotlib, the same bytes for the same tables.

Decision: every figure is drawn once and saved as SVG (text as outlines, so no font is needed to
read it) and PNG. Ids inside the SVG are salted and no date or version is written. Colours are
Okabe and Ito's blue and vermilion, the latter darker so that small labels can be read: every kind
of colour vision tells them apart; line style, marks and direct labels do so in grey.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, floor, log

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tradegains.figures.density import HistogramCells, bandwidth, near, quantile, smooth_density
from tradegains.figures.distributions import Comparison, PublishedDistribution
from tradegains.published.printing import count, percent, typeset

INK, MUTED, RULE, PAPER = "#1b1f24", "#5b6470", "#d5d9df", "#ffffff"
BLUE, VERMILION = "#0072b2", "#c04c00"
COLOURS, DASHES = (VERMILION, BLUE), ((0, (5, 1.5)), "solid")
WIDTH, HEIGHT, DOTS_PER_INCH = 6.6, 3.9, 300  # inches: the text width of a page
AXIS_TAIL = 0.002  # share of employment that may lie beyond either end of the axis
CURVE_POINTS = 400
PERCENT_TEXT = "100 × change of ln W [percent]"

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": PAPER,
    "figure.constrained_layout.use": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "tradegains",
}


@dataclass(frozen=True)
class Picture:
    """One figure as bytes, twice."""

    svg: bytes
    png: bytes


@dataclass(frozen=True)
class WelfareBar:
    """A window of the welfare figure: both terms of eq. 5, HLOY and ACR [log points]."""

    window: str
    label: str
    domestic_share_term: float
    continuing_share_term: float
    hloy: float
    acr: float | None


def draw_comparison(comparison: Comparison, *, synthetic: bool) -> Picture:
    """Histogram steps, smooth lines and weighted medians of two distributions."""
    with house_style():
        figure = Figure(figsize=(WIDTH, HEIGHT))
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
        mark_synthetic(axes, synthetic)
        if comparison.standardised_by:
            _mark_assumed(axes)
        return saved(figure)


def draw_welfare(bars: Sequence[WelfareBar], *, synthetic: bool) -> Picture:
    """The two terms of the HLOY statistic as bars, the statistic and ACR as marks."""
    with house_style():
        figure = Figure(figsize=(WIDTH, 1.1 + 0.7 * len(bars)))
        axes = figure.add_subplot()
        for row, bar in enumerate(bars):
            _draw_welfare_bar(axes, row, bar)
        axes.set_yticks(range(len(bars)), [typeset(bar.label) for bar in bars])
        axes.set_ylim(len(bars) - 0.4, -0.6)
        axes.set_xlabel(PERCENT_TEXT)
        _zero_line(axes)
        _name_terms(figure, acr=any(bar.acr is not None for bar in bars))
        mark_synthetic(axes, synthetic)
        return saved(figure)


def draw_industries(
    changes: Mapping[str, tuple[float, float]],
    labels: tuple[str, str],
    *,
    digits: int,
    synthetic: bool,
) -> Picture:
    """Welfare change of two windows by industry, ordered by the later one [log points]."""
    with house_style():
        figure = Figure(figsize=(WIDTH, 1.2 + 0.19 * len(changes)))
        axes = figure.add_subplot()
        names = sorted(changes, key=lambda name: changes[name][1])
        early, late = (100 * np.array([changes[name][k] for name in names]) for k in (0, 1))
        rows = np.arange(len(names))
        axes.hlines(rows, early, late, color=RULE, lw=1.4)
        axes.plot(early, rows, "o", color=VERMILION, mfc=PAPER, ms=5, label=typeset(labels[0]))
        axes.plot(late, rows, "o", color=BLUE, ms=5, label=typeset(labels[1]))
        axes.set_yticks(rows, names)
        axes.set_ylim(-0.8, len(names) - 0.2)
        axes.set_xlabel(f"HLOY, {PERCENT_TEXT}")
        axes.set_ylabel(f"{digits}-digit industry")
        axes.legend(loc="lower right", frameon=False, title="Window")
        _zero_line(axes)
        mark_synthetic(axes, synthetic)
        return saved(figure)


def axis_range(histograms: Sequence[HistogramCells]) -> tuple[float, float]:
    """Axis that leaves out at most AXIS_TAIL of either population at either end [log points].

    Ends on whole bins, so that no step is cut.
    """
    width = histograms[0].bin_width
    low = min(quantile(cells, AXIS_TAIL) for cells in histograms)
    high = max(quantile(cells, 1 - AXIS_TAIL) for cells in histograms)
    return width * floor(low / width), width * ceil(high / width)


def share_outside(cells: HistogramCells, low: float, high: float) -> float:
    """Share of employment that the axis leaves out [share]."""
    cumulated = np.concatenate([[0.0], np.cumsum(cells.share)])
    below, inside = np.interp([low, high], cells.edges, cumulated)
    return float(cumulated[-1] - (inside - below))


def percent_per_bin(cells: HistogramCells, grid: np.ndarray) -> np.ndarray:
    """The smooth line on the scale of the steps: percent of employment per bin."""
    return 100 * cells.bin_width * smooth_density(cells, grid, bandwidth(cells))


def _mark_medians(axes: Axes, series: Sequence[PublishedDistribution]) -> None:
    """A triangle on the axis at each employment-weighted median."""
    medians = [one.p50 for one in series if one.p50 is not None]
    # Hollow for the dashed line, so that the two are told apart without colour.
    for median, colour, filling in zip(medians, COLOURS, (PAPER, BLUE), strict=False):
        marks = {"mfc": filling, "mec": colour, "mew": 1.2, "ms": 7}
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
    axes: Axes,
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


def _name_axes(axes: Axes, comparison: Comparison) -> None:
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


def _draw_welfare_bar(axes: Axes, row: int, bar: WelfareBar) -> None:
    """One window: bars to either side of 0, a disc for HLOY, a diamond for ACR."""
    domestic, continuing = 100 * bar.domestic_share_term, 100 * bar.continuing_share_term
    same_side = domestic * continuing > 0
    axes.barh(row, domestic, height=0.34, color=BLUE, alpha=0.55)
    axes.barh(
        row,
        continuing,
        height=0.34,
        left=domestic if same_side else 0,
        color=VERMILION,
        alpha=0.55,
        hatch="////",
        edgecolor=PAPER,
        lw=0,
    )
    _mark_total(axes, bar.hloy, row, marker="o", text="HLOY", above=True)
    if bar.acr is not None:
        _mark_total(axes, bar.acr, row, marker="D", text="ACR", above=False)


def _mark_total(axes: Axes, value: float, row: int, *, marker: str, text: str, above: bool) -> None:
    """A mark at a statistic with its number above or below the bar."""
    fill = INK if above else PAPER
    axes.plot(100 * value, row, marker, color=INK, mfc=fill, ms=6 if above else 5, zorder=5)
    axes.annotate(
        typeset(f"{text} {percent(value)}"),
        (100 * value, row),
        xytext=(0, 16 if above else -16),
        textcoords="offset points",
        ha="center",
        va="center",
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.8},
    )


def _name_terms(figure: Figure, *, acr: bool) -> None:
    """A key above the axes: bars may lie on either side of 0, so no place inside is always free."""
    marks = {"lw": 0, "color": INK, "ms": 5}
    entries = [
        Patch(color=BLUE, alpha=0.55, label="imports: −Δ ln λ / (σ − 1)"),
        Patch(
            facecolor=VERMILION,
            alpha=0.55,
            hatch="////",
            edgecolor=PAPER,
            lw=0,
            label="exit and entry: −Δ ln (Xᶜ/X) / (σ − 1)",
        ),
        Line2D([], [], marker="o", label="HLOY, their sum", **marks),
        *([Line2D([], [], marker="D", mfc=PAPER, label="ACR", **marks)] if acr else []),
    ]
    figure.legend(
        handles=entries, loc="outside upper left", ncols=len(entries), frameon=False, fontsize=7.5
    )


def _zero_line(axes: Axes) -> None:
    """A line at no change, and light vertical guides."""
    axes.axvline(0, color=MUTED, lw=0.7, zorder=1)
    axes.grid(axis="x", color=RULE, lw=0.5)
    axes.set_axisbelow(True)


def mark_synthetic(axes: Axes, synthetic: bool) -> None:
    """Say inside the picture that the data are synthetic: pictures travel without captions."""
    if synthetic:
        axes.set_title("synthetic data", loc="right", fontsize=7.5, fontstyle="italic", color=MUTED)


def _mark_assumed(axes: Axes) -> None:
    """Say inside the picture that its scale is assumed."""
    axes.set_title("assumed scaling", loc="left", fontsize=7.5, fontstyle="italic", color=MUTED)


@contextmanager
def house_style() -> Iterator[None]:
    """Our style over matplotlib's defaults, whatever the user's own settings."""
    with matplotlib.style.context(["default", STYLE]):
        yield


def saved(figure: Figure) -> Picture:
    """The figure as SVG and PNG, without date or version."""
    svg, png = io.BytesIO(), io.BytesIO()
    # Laid out once, not for each format: half the time, and both pictures agree.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    unsigned = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(svg, format="svg", metadata=unsigned)
    figure.savefig(png, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return Picture(svg.getvalue(), png.getvalue())
