"""Drawings of HLOY's figures 1 to 5, in the house style of `figures`."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tradegains.figures.density import HistogramCells
from tradegains.figures.drawing import (
    BLUE,
    COLOURS,
    CURVE_POINTS,
    DASHES,
    HEIGHT,
    INK,
    MUTED,
    PAPER,
    PERCENT_TEXT,
    RULE,
    VERMILION,
    WIDTH,
    Picture,
    axis_range,
    house_style,
    mark_synthetic,
    saved,
)
from tradegains.figures.welfare_elasticity import WelfareElasticity
from tradegains.formulas.normal import normal_quantile
from tradegains.formulas.size_distribution import FittedNormal
from tradegains.published.printing import count, fixed, typeset

SMALL = 7.5
CURVE_INSIDE = 0.99  # of each fitted curve lies right of the axis's left end
PANELS = (WIDTH, 3.4)
HEADROOM = 1.3  # room above the curves of a size panel for its key
LEFT_OF_MARKS, RIGHT_OF_MARKS = 0.75, 1.06  # ends of figure 3's axis, over its outer marks
ALL_GAP = 0.09  # of the axis, from the largest value to the place where everything counts
DASHED = (0, (5, 1.5))
DOTTED = (0, (1, 1.5))


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


@dataclass(frozen=True)
class ElasticityCurve:
    """A formula's gain by its elasticity: points of a curve, published estimates, the study's own.

    `x` is sigma - 1 or epsilon, `y` the gain [percent]; `baseline` is one such pair.
    """

    label: str
    x: np.ndarray
    y: np.ndarray
    marks_x: np.ndarray
    marks_y: np.ndarray
    baseline: tuple[float, float] | None
    baseline_label: str


@dataclass(frozen=True)
class RankedCurve:
    """A window's numbers by the ranking variable, from large to small.

    `x` in the variable's unit, `y` in percent; `everything` is the number when nothing is left
    out, which lies beyond the largest x.
    """

    label: str
    x: np.ndarray
    y: np.ndarray
    everything: float | None = None


def draw_sizes(panels: Sequence[SizePanel], *, synthetic: bool) -> Picture:
    """Figure 1: exact histograms of log employment, the fitted normals, and their overlap."""
    with house_style():
        figure = Figure(figsize=PANELS)
        axes = np.atleast_1d(figure.subplots(1, len(panels), sharey=True))
        ends = size_range(panels)
        for one, panel in zip(axes, panels, strict=True):
            _draw_size_panel(one, panel, ends)
        axes[0].set_ylabel(f"Establishments per {_width(panels[0]):g} log points [percent]")
        mark_synthetic(axes[-1], synthetic)
        return saved(figure)


def draw_welfare_elasticity(
    economy: WelfareElasticity, observed: float | None, *, synthetic: bool
) -> Picture:
    """Figure 2: the elasticity of welfare, constant and not; the area to the observed change."""
    with house_style():
        figure = Figure(figsize=(WIDTH, HEIGHT))
        axes = figure.add_subplot()
        _draw_constant(axes, 1 / (economy.sigma - 1), f"1/(σ − 1), σ = {economy.sigma:g}", DOTTED)
        _draw_constant(
            axes, 1 / economy.trade_elasticity, f"1/ε, ε = {economy.trade_elasticity:g}", DASHED
        )
        axes.plot(economy.change, economy.elasticity, color=BLUE, lw=1.8)
        axes.annotate(
            "HLOY in a lognormal economy",
            (economy.change[-1], economy.elasticity[-1]),
            xytext=(-2, 5),
            textcoords="offset points",
            ha="right",
            color=BLUE,
        )
        _mark_observed(axes, economy, observed)
        axes.set_xlim(economy.change[0], economy.change[-1])
        axes.set_ylim(0, 1.12 / (economy.sigma - 1))
        axes.set_xlabel("ln λ less its value at the start, ln λ₀ [log points]")
        axes.set_ylabel("−d ln W / d ln λ")
        mark_synthetic(axes, synthetic)
        return saved(figure)


def draw_elasticities(
    hloy: ElasticityCurve, acr: ElasticityCurve, *, difference: bool, synthetic: bool
) -> Picture:
    """Figure 3: HLOY and ACR by the elasticity, with a mark for each published estimate."""
    with house_style():
        figure = Figure(figsize=(WIDTH, HEIGHT))
        axes = figure.add_subplot()
        for curve, colour, marker in ((hloy, VERMILION, "o"), (acr, BLUE, "x")):
            axes.plot(curve.x, curve.y, color=colour, lw=1.3, zorder=2)
            fill = {"mfc": PAPER} if marker == "o" else {}
            axes.plot(
                curve.marks_x,
                curve.marks_y,
                marker,
                color=colour,
                ms=5.5,
                mew=1.2,
                zorder=3,
                **fill,
            )
            _mark_baseline(axes, curve, colour, below=curve is hloy)
        _fit_elasticities(axes, (hloy, acr))
        axes.grid(color=RULE, lw=0.5)
        axes.set_axisbelow(True)
        axes.set_xlabel("Elasticity: σ − 1 for HLOY, ε for ACR")
        axes.set_ylabel(f"{'Difference of ' if difference else ''}{PERCENT_TEXT}")
        axes.legend(handles=_elasticity_key(hloy, acr), loc="upper right", frameon=False)
        mark_synthetic(axes, synthetic)
        return saved(figure)


def draw_ranked(
    curves: Sequence[RankedCurve],
    *,
    median: float | None,
    x_title: str,
    y_title: str,
    synthetic: bool,
) -> Picture:
    """Figures 4 and 5: numbers by a ranking of industries, from large to small values.

    The first curve is dashed, the last solid.
    """
    with house_style():
        figure = Figure(figsize=(WIDTH, HEIGHT))
        axes = figure.add_subplot()
        everything = _place_of_everything(curves)
        for curve, colour, dash in zip(curves, *_ranked_styles(len(curves)), strict=True):
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
            ncols=len(curves),
            frameon=False,
            handlelength=4.0,
        )
        mark_synthetic(axes, synthetic)
        return saved(figure)


def _draw_size_panel(axes: Axes, panel: SizePanel, ends: tuple[float, float]) -> None:
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
        Line2D([], [], color=c, linestyle=d, label=f"{one.label}, n = {count(one.establishments)}")
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


def _draw_constant(axes: Axes, height: float, text: str, dash: object) -> None:
    axes.axhline(height, color=INK, lw=1.0, linestyle=dash)
    axes.annotate(
        text,
        (0.01, height),
        xycoords=("axes fraction", "data"),
        xytext=(0, 4),
        textcoords="offset points",
    )


def _mark_observed(axes: Axes, economy: WelfareElasticity, observed: float | None) -> None:
    """A line at the start, and the area from there to the observed change."""
    axes.axvline(0, color=MUTED, lw=0.7)
    axes.annotate(
        "ln λ₀",
        (0, 0),
        xytext=(3, 4),
        textcoords="offset points",
        fontsize=SMALL,
        color=MUTED,
    )
    if not observed:
        return
    steps = np.linspace(min(observed, 0.0), max(observed, 0.0), CURVE_POINTS)
    heights = np.interp(steps, economy.change, economy.elasticity)
    axes.fill_between(steps, 0, heights, color=BLUE, alpha=0.15, lw=0)
    axes.annotate(
        typeset(f"welfare change of\nΔ ln λ = {fixed(observed, 4)}"),
        (0.5 * observed, 0.5 * float(heights.mean())),
        ha="center",
        va="center",
        fontsize=SMALL,
        color=BLUE,
    )


def _mark_baseline(axes: Axes, curve: ElasticityCurve, colour: str, *, below: bool) -> None:
    """The study's own elasticity, filled and named on the curve's outer side."""
    if curve.baseline is None:
        return
    axes.plot(*curve.baseline, "D", color=colour, mec=PAPER, mew=0.8, ms=7, zorder=4)
    axes.annotate(
        typeset(curve.baseline_label),
        curve.baseline,
        xytext=(-5, -15) if below else (5, 11),
        textcoords="offset points",
        ha="right" if below else "left",
        color=colour,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.8, "alpha": 0.85},
        zorder=5,
    )


def _fit_elasticities(axes: Axes, curves: Sequence[ElasticityCurve]) -> None:
    """Axes for the marks and what lies between them, with a gain of 0 on the vertical one."""
    own = [curve.baseline[0] for curve in curves if curve.baseline]
    marks = np.concatenate([*(curve.marks_x for curve in curves), own])
    places = marks if len(marks) else np.concatenate([curve.x for curve in curves])
    low, high = LEFT_OF_MARKS * places.min(), RIGHT_OF_MARKS * places.max()
    inside = [curve.y[(curve.x >= low) & (curve.x <= high)] for curve in curves]
    heights = np.concatenate([[0.0], *inside, *(curve.marks_y for curve in curves)])
    room = 0.06 * (heights.max() - heights.min() or 1.0)
    axes.set_xlim(low, high)
    axes.set_ylim(
        heights.min() - room if heights.min() < 0 else 0.0,
        heights.max() + room if heights.max() > 0 else 0.0,
    )


def _elasticity_key(hloy: ElasticityCurve, acr: ElasticityCurve) -> list[Line2D]:
    own = {"marker": "D", "mec": PAPER, "ms": 7, "lw": 0}
    return [
        Line2D([], [], color=VERMILION, marker="o", mfc=PAPER, ms=5.5, mew=1.2, lw=1.3,
               label=f"{hloy.label}; estimates of Table B1"),
        Line2D([], [], color=BLUE, marker="x", ms=5.5, mew=1.2, lw=1.3,
               label=f"{acr.label}; estimates of Table B2"),
        Line2D([], [], color=MUTED, label="elasticity of this study", **own),
    ]  # fmt: skip


def _ranked_styles(curves: int) -> tuple[list[str], list[object]]:
    """Dashed and vermilion first, solid and blue last, grey between."""
    middle = max(curves - 2, 0)
    colours = [VERMILION, *[MUTED] * middle, BLUE]
    dashes = [DASHED, *[DOTTED] * middle, "solid"]
    return colours[-curves:], dashes[-curves:]


def _place_of_everything(curves: Sequence[RankedCurve]) -> float | None:
    """Where the number without a restriction stands: left of the largest x."""
    if all(curve.everything is None for curve in curves):
        return None
    values = np.concatenate([curve.x for curve in curves])
    spread = float(values.max() - values.min()) or 1.0
    return float(values.max()) + ALL_GAP * spread


def _draw_ranked_curve(
    axes: Axes, curve: RankedCurve, everything: float | None, *, colour: str, dash: object
) -> None:
    x, y = curve.x, curve.y
    if everything is not None and curve.everything is not None:
        x, y = np.append(x, everything), np.append(y, curve.everything)
        axes.plot(everything, curve.everything, "s", color=colour, ms=4.5, zorder=4)
    order = np.argsort(-x)
    axes.plot(x[order], y[order], color=colour, linestyle=dash, lw=1.6, zorder=3)
    axes.plot(curve.x, curve.y, "o", color=colour, ms=3, zorder=3)


def _turn_axis(axes: Axes, curves: Sequence[RankedCurve], everything: float | None) -> None:
    """From large to small; the place where everything counts has a name for a number."""
    values = np.concatenate([curve.x for curve in curves])
    low, high = float(values.min()), float(values.max())
    room = 0.03 * (high - low or 1.0)
    axes.set_xlim((everything or high) + room, low - room)
    if everything is not None:
        ticks = [tick for tick in axes.get_xticks() if low - room <= tick <= high]
        axes.set_xticks([everything, *ticks], ["all", *(f"{tick:g}" for tick in ticks)])


def _zero_level(axes: Axes) -> None:
    axes.axhline(0, color=MUTED, lw=0.7, zorder=1)
    axes.grid(axis="y", color=RULE, lw=0.5)
    axes.set_axisbelow(True)


def _ranked_key(curves: Sequence[RankedCurve]) -> list[Line2D]:
    return [
        Line2D([], [], color=colour, linestyle=dash, marker="o", ms=3, label=typeset(curve.label))
        for curve, colour, dash in zip(curves, *_ranked_styles(len(curves)), strict=True)
    ]
