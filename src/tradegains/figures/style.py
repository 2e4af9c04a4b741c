"""The style of all figures, and how one is saved: the same bytes for the same tables.

Decision: every figure is drawn once and saved as SVG (text as outlines, so no font is needed to
read it) and PNG. Ids inside the SVG are salted and no date or version is written. Colours are
Okabe and Ito's blue and vermilion, the latter darker so that small labels can be read: every kind
of colour vision tells them apart; line style, marks and direct labels do so in grey.

Matplotlib, a fifth of a second, is imported where something is drawn: a page is made of figures
that other processes draw, and their data are asked for without any drawing.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.typing import LineStyleType

INK, MUTED, RULE, PAPER = "#1b1f24", "#5b6470", "#d5d9df", "#ffffff"
BLUE, VERMILION = "#0072b2", "#c04c00"
DASHED: "LineStyleType" = (0, (5, 1.5))
DOTTED: "LineStyleType" = (0, (1, 1.5))
COLOURS = (VERMILION, BLUE)
DASHES: tuple["LineStyleType", "LineStyleType"] = (DASHED, "solid")
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


def mark_standing(axes: "Axes", mark: str) -> None:
    """Say inside the picture that it is of a draft, or that the data are synthetic.

    Pictures travel without captions. A mark of neither is empty.
    """
    if mark:
        axes.set_title(mark, loc="right", fontsize=7.5, fontstyle="italic", color=MUTED)


def load_matplotlib() -> None:
    """Import what every drawing needs, before processes are forked from this one."""
    with house_style():
        figure = blank_figure(1, 1)
        figure.add_subplot()
        saved(figure)


@contextmanager
def house_style() -> Iterator[None]:
    """Our style over matplotlib's defaults, whatever the user's own settings."""
    import matplotlib.style

    with matplotlib.style.context(["default", STYLE]):
        yield


def blank_figure(width: float, height: float) -> "Figure":
    """A figure without axes; its size is in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))


def key_line(**properties: Any) -> "Line2D":
    """A line for the key of a figure, which is drawn nowhere else."""
    from matplotlib.lines import Line2D

    return Line2D([], [], **properties)


def saved(figure: "Figure") -> Picture:
    """The figure as SVG and PNG, without date or version."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    from tradegains.figures.png import png_file

    svg = io.BytesIO()
    # Laid out once, not for each format, and drawn twice: `savefig` would draw five times.
    if engine := figure.get_layout_engine():
        engine.execute(figure)
    figure.set_layout_engine("none")
    unsigned = {"Date": None, "Creator": None, "Format": None, "Type": None}
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(svg, metadata=unsigned)
    figure.set_dpi(DOTS_PER_INCH)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Picture(svg.getvalue(), png_file(np.asarray(canvas.buffer_rgba()), DOTS_PER_INCH))
