"""Data behind a figure as CSV: units in the column names, the same bytes for the same tables."""

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from tradegains.figures.density import bandwidth
from tradegains.figures.distributions import Comparison
from tradegains.figures.drawing import CURVE_POINTS, WelfareBar, axis_range, percent_per_bin
from tradegains.formulas.productivity import RELATIVE, STANDARDISED

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
WELFARE_COLUMNS = (
    "data",
    "window",
    "domestic_share_term_log_points",
    "continuing_share_term_log_points",
    "hloy_log_points",
    "acr_log_points",
)


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
        (*about, f"{x:.6f}", f"{y:.6f}", f"{bandwidth(one.cells):.6f}")
        for one in comparison.series
        for about in [(data, one.member.label, measure_label(comparison))]
        for x, y in zip(grid, percent_per_bin(one.cells, grid), strict=True)
    ]
    return csv_text(LINE_COLUMNS, rows)


def measure_label(comparison: Comparison) -> str:
    """What the column `measure` says."""
    return f"{STANDARDISED} (assumed scaling)" if comparison.standardised_by else RELATIVE


def welfare_csv(bars: Iterable[WelfareBar], *, data: str) -> str:
    """Terms and statistics of the welfare figure."""
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
    return csv_text(WELFARE_COLUMNS, rows)


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows under a header, lines ending in a newline.

    Example:
        >>> csv_text(["a", "b"], [(1, "x, y")])
        'a,b\\n1,"x, y"\\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _edge(value: float) -> str:
    """An edge without the tail of a binary fraction: 0.3, not 0.30000000000000004."""
    return f"{round(float(value), 9):g}"
