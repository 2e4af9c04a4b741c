"""Drawings of elasticities: constant or not, and how they move the gain (HLOY, figures 2 and 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tradegains.figures.style import (
    BLUE,
    CURVE_POINTS,
    DASHED,
    DOTTED,
    HEIGHT,
    INK,
    MUTED,
    PAPER,
    PERCENT_TEXT,
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
from tradegains.formulas.welfare_elasticity import WelfareElasticity
from tradegains.published.printing import fixed, typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

LEFT_OF_MARKS, RIGHT_OF_MARKS = 0.75, 1.06  # ends of figure 3's axis, over its outer marks


@dataclass(frozen=True)
class ElasticityCurve:
    """A formula's gain by its elasticity: points of a curve, published estimates, the study's own.

    `x` is sigma - 1 or epsilon, `y` the gain [percent]; `baseline` is one such pair; `band` are the
    ends of the interval at each x, where the run tells one.
    """

    label: str
    x: np.ndarray
    y: np.ndarray
    marks_x: np.ndarray
    marks_y: np.ndarray
    baseline: tuple[float, float] | None
    baseline_label: str
    band: tuple[np.ndarray, np.ndarray] | None = None


def draw_welfare_elasticity(
    economy: WelfareElasticity, observed: float | None, *, mark: str
) -> Picture:
    """Figure 2: the elasticity of welfare, constant and not; the area to the observed change."""
    with house_style():
        figure = blank_figure(WIDTH, HEIGHT)
        axes = figure.add_subplot()
        _draw_constant(axes, 1 / (economy.sigma - 1), f"1/(σ − 1), σ = {economy.sigma:g}", DOTTED)
        _draw_constant(
            axes, 1 / economy.trade_elasticity, f"1/ε, ε = {economy.trade_elasticity:g}", DASHED
        )
        axes.plot(economy.change, economy.elasticity, color=BLUE, lw=1.8)
        axes.annotate(
            "Melitz-Redding in a lognormal economy",
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
        mark_standing(axes, mark)
        return saved(figure)


def draw_elasticities(
    hloy: ElasticityCurve, acr: ElasticityCurve, *, difference: bool, mark: str
) -> Picture:
    """Figure 3: HLOY and ACR by the elasticity, with a mark for each published estimate."""
    with house_style():
        figure = blank_figure(WIDTH, HEIGHT)
        axes = figure.add_subplot()
        for curve, colour, marker in ((hloy, VERMILION, "o"), (acr, BLUE, "x")):
            axes.plot(curve.x, curve.y, color=colour, lw=1.3, zorder=2)
            if curve.band is not None:
                axes.fill_between(curve.x, *curve.band, color=colour, alpha=0.12, lw=0, zorder=1)
            fill: dict[str, Any] = {"mfc": PAPER} if marker == "o" else {}
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
        mark_standing(axes, mark)
        return saved(figure)


def _draw_constant(axes: "Axes", height: float, text: str, dash: object) -> None:
    axes.axhline(height, color=INK, lw=1.0, linestyle=dash)
    axes.annotate(
        text,
        (0.01, height),
        xycoords=("axes fraction", "data"),
        xytext=(0, 4),
        textcoords="offset points",
    )


def _mark_observed(axes: "Axes", economy: WelfareElasticity, observed: float | None) -> None:
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


def _mark_baseline(axes: "Axes", curve: ElasticityCurve, colour: str, *, below: bool) -> None:
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


def _fit_elasticities(axes: "Axes", curves: Sequence[ElasticityCurve]) -> None:
    """Axes for the marks and what lies between them, with a gain of 0 on the vertical one."""
    own = [curve.baseline[0] for curve in curves if curve.baseline]
    marks = np.concatenate([*(curve.marks_x for curve in curves), own])
    places = marks if len(marks) else np.concatenate([curve.x for curve in curves])
    low, high = LEFT_OF_MARKS * places.min(), RIGHT_OF_MARKS * places.max()
    inside = [
        line[(curve.x >= low) & (curve.x <= high)]
        for curve in curves
        for line in (curve.y, *(curve.band or ()))
    ]
    heights = np.concatenate([[0.0], *inside, *(curve.marks_y for curve in curves)])
    room = 0.06 * (heights.max() - heights.min() or 1.0)
    axes.set_xlim(low, high)
    axes.set_ylim(
        heights.min() - room if heights.min() < 0 else 0.0,
        heights.max() + room if heights.max() > 0 else 0.0,
    )


def _elasticity_key(hloy: ElasticityCurve, acr: ElasticityCurve) -> list["Line2D"]:
    mark: dict[str, Any] = {"marker": "D", "mec": PAPER, "ms": 7, "lw": 0}
    return [
        key_line(color=VERMILION, marker="o", mfc=PAPER, ms=5.5, mew=1.2, lw=1.3,
                 label=f"{hloy.label}; estimates of Table B1"),
        key_line(color=BLUE, marker="x", ms=5.5, mew=1.2, lw=1.3,
                 label=f"{acr.label}; estimates of Table B2"),
        key_line(color=MUTED, label="elasticity of this study", **mark),
    ]  # fmt: skip
