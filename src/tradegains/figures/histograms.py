"""Where the axis of a histogram ends, and what it leaves out."""

from collections.abc import Sequence
from math import ceil, floor

import numpy as np

from tradegains.figures.density import HistogramCells, bandwidth, quantile, smooth_density

AXIS_TAIL = 0.002  # share of employment that may lie beyond either end of the axis


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
