"""The style of all figures, and how one is saved: the same bytes for the same tables.

Decision: every figure is drawn once and saved as SVG (text as outlines, so no font is needed to
read it) and PNG. Ids inside the SVG are salted and no date or version is written. Colours are
Okabe and Ito's blue and vermilion, the latter darker so that small labels can be read: every kind
of colour vision tells them apart; line style, marks and direct labels do so in grey.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.typing import LineStyleType

INK, MUTED, RULE, PAPER = "#1b1f24", "#5b6470", "#d5d9df", "#ffffff"
BLUE, VERMILION = "#0072b2", "#c04c00"
DASHED: LineStyleType = (0, (5, 1.5))
DOTTED: LineStyleType = (0, (1, 1.5))
COLOURS = (VERMILION, BLUE)
DASHES: tuple[LineStyleType, LineStyleType] = (DASHED, "solid")
WIDTH, HEIGHT, DOTS_PER_INCH = 6.6, 3.9, 300  # inches: the text width of a page
SMALL = 7.5  # points
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


def mark_synthetic(axes: Axes, synthetic: bool) -> None:
    """Say inside the picture that the data are synthetic: pictures travel without captions."""
    if synthetic:
        axes.set_title("synthetic data", loc="right", fontsize=7.5, fontstyle="italic", color=MUTED)


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
