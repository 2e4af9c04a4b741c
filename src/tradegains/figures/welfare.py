"""Drawings of welfare changes: their two terms by window, and two windows by industry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tradegains.figures.style import (
    BLUE,
    INK,
    MUTED,
    PAPER,
    PERCENT_TEXT,
    RULE,
    VERMILION,
    WIDTH,
    Picture,
    blank_figure,
    house_style,
    key_line,
    mark_standing,
    saved,
)
from tradegains.published.printing import csv_text, percent, typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WELFARE_COLUMNS = (
    "data",
    "window",
    "domestic_share_term_log_points",
    "continuing_share_term_log_points",
    "hloy_log_points",
    "acr_log_points",
)
INTERVAL_COLUMNS = (
    "hloy_ci_low_log_points",
    "hloy_ci_high_log_points",
    "acr_ci_low_log_points",
    "acr_ci_high_log_points",
)
NO_ENDS = ("", "")
WHISKERS_APART = 0.1
"""Of a row, from its middle: HLOY's whiskers lie above it and ACR's below."""


@dataclass(frozen=True)
class WelfareBar:
    """A window of the welfare figure: both terms of eq. 5, HLOY and ACR [log points].

    The ends of an interval, where the run tells one, are drawn as whiskers.
    """

    window: str
    label: str
    domestic_share_term: float
    continuing_share_term: float
    hloy: float
    acr: float | None
    hloy_interval: tuple[float, float] | None = None
    acr_interval: tuple[float, float] | None = None


def draw_welfare(bars: Sequence[WelfareBar], *, mark: str) -> Picture:
    """The two terms of the HLOY statistic as bars, the statistic and ACR as marks."""
    with house_style():
        figure = blank_figure(WIDTH, 1.1 + 0.7 * len(bars))
        axes = figure.add_subplot()
        for row, bar in enumerate(bars):
            _draw_welfare_bar(axes, row, bar)
        axes.set_yticks(range(len(bars)), [typeset(bar.label) for bar in bars])
        axes.set_ylim(len(bars) - 0.4, -0.6)
        axes.set_xlabel(PERCENT_TEXT)
        _zero_line(axes)
        _name_terms(figure, acr=any(bar.acr is not None for bar in bars))
        mark_standing(axes, mark)
        return saved(figure)


def draw_industries(
    changes: Mapping[str, tuple[float, float]],
    labels: tuple[str, str],
    *,
    digits: int,
    mark: str,
) -> Picture:
    """Welfare change of two windows by industry, ordered by the later one [log points]."""
    with house_style():
        figure = blank_figure(WIDTH, 1.2 + 0.19 * len(changes))
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
        mark_standing(axes, mark)
        return saved(figure)


def _draw_welfare_bar(axes: "Axes", row: int, bar: WelfareBar) -> None:
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
    _draw_whiskers(axes, bar.hloy_interval, row - WHISKERS_APART)
    _draw_whiskers(axes, bar.acr_interval, row + WHISKERS_APART)
    _mark_total(axes, bar.hloy, row, marker="o", text="HLOY", above=True)
    if bar.acr is not None:
        _mark_total(axes, bar.acr, row, marker="D", text="ACR", above=False)


def _draw_whiskers(axes: "Axes", interval: tuple[float, float] | None, row: float) -> None:
    """A line from end to end of an interval, with a cap at each."""
    if interval is None:
        return
    low, high = (100 * end for end in interval)
    axes.plot([low, high], [row, row], color=INK, lw=1.1, marker="|", ms=5, zorder=4)


def _mark_total(
    axes: "Axes", value: float, row: int, *, marker: str, text: str, above: bool
) -> None:
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


def _name_terms(figure: "Figure", *, acr: bool) -> None:
    """A key above the axes: bars may lie on either side of 0, so no place inside is always free."""
    from matplotlib.patches import Patch

    marks: dict[str, Any] = {"lw": 0, "color": INK, "ms": 5}
    entries = [
        Patch(color=BLUE, alpha=0.55, label="domestic share: −Δ ln λ / (σ − 1)"),
        Patch(
            facecolor=VERMILION,
            alpha=0.55,
            hatch="////",
            edgecolor=PAPER,
            lw=0,
            label="continuing share: −Δ ln (Xᶜ/X) / (σ − 1)",
        ),
        key_line(marker="o", label="HLOY, their sum", **marks),
        *([key_line(marker="D", mfc=PAPER, label="ACR", **marks)] if acr else []),
    ]
    # As wide apart as matplotlib sets them by itself, the last one would leave the figure.
    figure.legend(
        handles=entries,
        loc="outside upper left",
        ncols=len(entries),
        frameon=False,
        fontsize=7.5,
        columnspacing=1.2,
        handletextpad=0.5,
    )


def _zero_line(axes: "Axes") -> None:
    """A line at no change, and light vertical guides."""
    axes.axvline(0, color=MUTED, lw=0.7, zorder=1)
    axes.grid(axis="x", color=RULE, lw=0.5)
    axes.set_axisbelow(True)


def welfare_csv(bars: Iterable[WelfareBar], *, data: str) -> str:
    """Terms and statistics of the welfare figure, with intervals where there are some."""
    bars = list(bars)
    rows = [
        (
            data,
            bar.window,
            bar.domestic_share_term,
            bar.continuing_share_term,
            bar.hloy,
            "" if bar.acr is None else bar.acr,
        )
        for bar in bars
    ]
    if not any(bar.hloy_interval or bar.acr_interval for bar in bars):
        return csv_text(WELFARE_COLUMNS, rows)
    ends = [(*(bar.hloy_interval or NO_ENDS), *(bar.acr_interval or NO_ENDS)) for bar in bars]
    both = [(*row, *more) for row, more in zip(rows, ends, strict=True)]
    return csv_text((*WELFARE_COLUMNS, *INTERVAL_COLUMNS), both)
