"""From histogram cells to what a figure draws: a step outline and a smooth line.

Decision: the smooth line is the histogram itself, blurred: the density that is constant inside
each bin, convolved exactly with a normal density. Nothing but published cells is needed, the
area under the line equals the area under the steps, and no row is read. The bandwidth is
Silverman's rule on the cells and never under one bin, because a bin hides what is inside it.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradegains.formulas.normal import (
    CENTRAL_END,
    FAR_END,
    MIDDLE_END,
    central_offset,
    far_tail_factor,
    gaussian_exponents,
    middle_tail_factor,
)
from tradegains.formulas.smoothing import silverman_bandwidth

FloatArray = NDArray[np.float64]
REACH = 9.0  # standard deviations beyond which a normal density adds nothing to a double


@dataclass(frozen=True)
class HistogramCells:
    """Cells of one histogram, every bin between the first and the last present.

    `edges` has one entry more than `share` and `establishments` [log points]; `share` sums to 1.
    """

    edges: FloatArray
    share: FloatArray
    establishments: NDArray[np.int64]

    @property
    def bin_width(self) -> float:
        """Width of a bin [log points]."""
        return float(self.edges[1] - self.edges[0])

    @property
    def centres(self) -> FloatArray:
        """Middle of each bin [log points]."""
        middle: FloatArray = (self.edges[:-1] + self.edges[1:]) / 2
        return middle


def filled_cells(rows: list[dict[str, Any]]) -> HistogramCells:
    """Cells in order, with the empty bins that a published histogram leaves out.

    Example:
        >>> bins = [
        ...     {"bin_start": 0.0, "bin_width": 0.5, "share": 0.25, "establishments": 1},
        ...     {"bin_start": 1.0, "bin_width": 0.5, "share": 0.75, "establishments": 2},
        ... ]
        >>> filled_cells(bins).share
        array([0.25, 0.  , 0.75])
    """
    width = rows[0]["bin_width"]
    positions = [round(row["bin_start"] / width) for row in rows]
    first, bins = min(positions), max(positions) - min(positions) + 1
    share, establishments = np.zeros(bins), np.zeros(bins, dtype=np.int64)
    for position, row in zip(positions, rows, strict=True):
        share[position - first] += row["share"]
        establishments[position - first] += row["establishments"]
    return HistogramCells(width * (first + np.arange(bins + 1)), share, establishments)


def near(cells: HistogramCells, low: float, high: float) -> HistogramCells:
    """The cells that reach into [low, high]: a histogram may have far more empty ones beyond.

    Example:
        >>> share, establishments = np.array([0.5, 0, 0, 0.5]), np.array([1, 0, 0, 1])
        >>> cells = HistogramCells(np.arange(5.0), share, establishments)
        >>> near(cells, 0.5, 1.5).edges
        array([0., 1., 2.])
    """
    first = max(int(np.searchsorted(cells.edges, low, side="right")) - 1, 0)
    last = max(int(np.searchsorted(cells.edges, high, side="left")), first + 1)
    return HistogramCells(
        cells.edges[first : last + 1], cells.share[first:last], cells.establishments[first:last]
    )


def bandwidth(cells: HistogramCells) -> float:
    """Silverman's bandwidth from the cells, at least one bin [log points]."""
    mean = float(cells.share @ cells.centres)
    sd = sqrt(float(cells.share @ (cells.centres - mean) ** 2))
    lower, upper = (quantile(cells, p) for p in (0.25, 0.75))
    establishments = float(cells.establishments.sum())
    return max(silverman_bandwidth(sd, upper - lower, establishments), cells.bin_width)


def quantile(cells: HistogramCells, p: float) -> float:
    """Quantile of the histogram, linear inside a bin; for axes and bandwidth only [log points].

    Published quantiles come from `moments`, where they are exact.
    """
    cumulated = np.concatenate([[0.0], np.cumsum(cells.share)])
    return float(np.interp(p * cumulated[-1], cumulated, cells.edges))


def smooth_density(cells: HistogramCells, at: FloatArray, width: float) -> FloatArray:
    """Histogram density convolved with a normal density of sd `width` [share per log point].

    Example:
        >>> cells = HistogramCells(np.array([-1.0, 1.0]), np.array([1.0]), np.array([9]))
        >>> float(smooth_density(cells, np.array([0.0]), 1e-6)[0])
        0.5
    """
    cells = near(cells, at.min() - REACH * width, at.max() + REACH * width)
    below = normal_cdf_of((at[:, None] - cells.edges[None, :]) / width)
    found: FloatArray = (below[:, :-1] - below[:, 1:]) @ cells.share / cells.bin_width
    return found


def normal_cdf_of(z: FloatArray) -> FloatArray:
    """`formulas.normal.normal_cdf` of every element: calling it on each took ten times as long.

    Example:
        >>> normal_cdf_of(np.array([0.0, -39.0, 39.0]))
        array([0.5, 0. , 1. ])
    """
    size = np.minimum(np.abs(z), FAR_END)
    head, rest = gaussian_exponents(size)
    far = far_tail_factor(np.maximum(size, MIDDLE_END))
    factor = np.where(size <= MIDDLE_END, middle_tail_factor(size), far)
    tail = factor * np.exp(head) * np.exp(rest)
    central = 0.5 + central_offset(np.clip(z, -CENTRAL_END, CENTRAL_END))
    outside = np.where(z < 0, tail, 1.0 - tail)
    found: FloatArray = np.where(size <= CENTRAL_END, central, outside)
    return found
