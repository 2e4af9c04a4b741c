"""HLOY's figure 1 from a run's tables: size distributions overlap.

Source: Hsieh, Li, Ossa and Yang (2023), figure 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from tradegains.figures.density import filled_cells
from tradegains.figures.histograms import share_outside
from tradegains.figures.sizes import (
    SizePanel,
    SizeRow,
    SizeSeries,
    draw_sizes,
    size_range,
)
from tradegains.formulas.normal import normal_quantile
from tradegains.formulas.size_distribution import FittedNormal
from tradegains.published.printing import count, csv_text, fixed, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.captions import data_label, data_words
from tradegains.report.page_table import Cell, PageTable, names
from tradegains.report.section import Exhibit, Missing, Section, section_of
from tradegains.tables.published import TABLES

KEY = "figure_hloy_1"
OVERLAP_ERROR = TABLES["size_fits"].errors["overlap"]
LABELS = {
    "exporters": "Exporters",
    "nonexporters": "Non-exporters",
    "exiters": "Exiting",
    "continuing": "Continuing",
}
PAIRS = (("nonexporters", "exporters"), ("exiters", "continuing"))


def section(run: PublishedRun) -> Section:
    """Figure 1."""
    return section_of("sizes", "Size", "Size", size_exhibit(run))


def size_exhibit(run: PublishedRun) -> Exhibit | Missing:
    """Figure 1: log employment of exporters and others, of exiting and continuing."""
    title = "Size distributions (HLOY, figure 1)"
    rows = [_size_row(each, run) for each in (run, run.beside) if each is not None]
    if not rows[0].panels:
        return Missing(KEY, title, run.reason_for("size_fits"))
    rows = [row for row in rows if row.panels]
    panels = [panel for row in rows for panel in row.panels]
    return Exhibit(
        key=KEY,
        title=title,
        draw=partial(draw_sizes, rows),
        text=" ".join(_overlap_in_words(panel) for panel in panels),
        caption=_size_caption(run, panels),
        data={"": _size_histogram_csv(run, panels), "_fits": _size_fits_csv(run, panels)},
        table=_size_table(panels),
    )


def _size_row(run: PublishedRun, shown: PublishedRun) -> SizeRow:
    """The panels of a run; named by its study where another stands beside it."""
    panels = [panel for pair in PAIRS if (panel := _size_panel(run, pair))]
    if shown.beside is not None:
        name = run.record["study"]
        panels = [replace(panel, title=f"{name}: {panel.title}") for panel in panels]
    return SizeRow(tuple(panels), run.mark)


def _size_panel(run: PublishedRun, pair: tuple[str, str]) -> SizePanel | None:
    """Both populations of a panel in the same year; None where one of them is not published."""
    fits = [run.rows("size_fits", population=name) for name in pair]
    keys = [{(row["year"], row["window"]): row for row in rows} for rows in fits]
    shared = sorted(set(keys[0]) & set(keys[1]), key=lambda key: (key[0], key[1] or ""))
    window = run.headline_window
    preferred = [key for key in shared if key[1] in (None, window)] or shared
    for year, name in reversed(preferred):
        rows = [found[year, name] for found in keys]
        series = [_size_series(run, row) for row in rows]
        if series[0] is not None and series[1] is not None:
            title = f"{series[0].label} and {series[1].label.lower()}, {year}"
            told = rows[0]["overlap"], rows[0].get(OVERLAP_ERROR)
            return SizePanel(title, (series[0], series[1]), *told)
    return None


def _size_series(run: PublishedRun, row: Mapping[str, Any]) -> SizeSeries | None:
    """A population's fit and histogram; None where either has no spread or no rows."""
    key = {name: row[name] for name in ("year", "window", "population")}
    cells = run.rows("size_histograms", **key)
    if not cells or row["mean"] is None or not row["sd"]:
        return None
    fit = FittedNormal(row["mean"], row["sd"])
    label, left_out = LABELS[row["population"]], row["without_size"] or 0
    return SizeSeries(label, filled_cells(cells), fit, row["establishments"], left_out)


def _overlap_in_words(panel: SizePanel) -> str:
    """How far apart the two curves are, and how much they share: strict sorting shares nothing."""
    first, second = panel.series
    shift = second.fit.mean - first.fit.mean
    text = f"{panel.title}: the means are {fixed(abs(shift), 2)} log points apart"
    if panel.overlap is None:
        return f"{text}."
    error = panel.overlap_error
    told = "" if error is None else f" (standard error {percent(error, 1)})"
    return f"{text}, yet {percent(panel.overlap, 1)} percent{told} of the area is shared."


def _size_caption(run: PublishedRun, panels: Sequence[SizePanel]) -> str:
    """Years, populations, the fit, n and what the axis leaves out."""
    parts, ends = [], size_range(panels)
    for panel in panels:
        outside = " and ".join(percent(share_outside(one.cells, *ends)) for one in panel.series)
        who = "; ".join(
            f"{one.label}: n = {count(one.establishments)}, {count(one.without_size)} left out"
            for one in panel.series
        )
        parts.append(f"{panel.title}: {who}; beyond the axis {outside} percent")
    width = panels[0].series[0].cells.bin_width
    return (
        f"{data_words(run)}Log employment of establishments with employment above 0, "
        f"{_weights_in_words(run)}. "
        f"Steps: exact histograms, bins of {width:g} log points. Lines: normal densities through "
        f"{_fit_in_words(run)}. Shaded: area under the lower of the two lines (overlap). "
        f"Exiting and continuing by the rule {run.headline_choices['continuing']}, in the "
        f"window's first year. {'. '.join(parts)}.{_beside_in_words(run)}"
    )


def _weights_in_words(run: PublishedRun) -> str:
    """What percentiles and histograms count."""
    is_weighted = run.section("size_fits").get("weighting") == "employment"
    return "weighted by employment" if is_weighted else "unweighted"


def _fit_in_words(run: PublishedRun) -> str:
    """The percentiles behind a line, and how it follows from them."""
    low, _, high = run.section("size_fits").get("percentiles") or (0.2, 0.5, 0.8)
    low, high = (f"{100 * share:g}" for share in (low, high))
    score = normal_quantile(float(high) / 100)
    return (
        f"the {low}th, 50th and {high}th percentiles: mean, the mean of the three; standard "
        f"deviation, (q{high} − q{low})/(2 × {score:.4f})"
    )


def _beside_in_words(run: PublishedRun) -> str:
    """The other run whose figure 1 stands beside, or why it does not."""
    if run.beside is None:
        return ""
    other = f"{run.beside.record['study']}, run {run.beside.run_id}"
    if not _size_row(run.beside, run).panels:
        return f" Nothing of {other}: {run.beside.reason_for('size_fits')}."
    data = "synthetic data" if run.beside.synthetic else "its own data"
    return f" Second row: {other} ({data}), by the choices of that study."


def _size_table(panels: Sequence[SizePanel]) -> PageTable:
    """The fits behind the lines."""
    rows = [
        (
            *names([panel.title, one.label]),
            Cell(fixed(one.fit.mean, 3)),
            Cell(fixed(one.fit.sd, 3)),
            Cell("–" if panel.overlap is None else fixed(100 * panel.overlap, 1)),
            Cell(count(one.establishments)),
        )
        for panel in panels
        for one in panel.series
    ]
    return PageTable(
        title="Fitted normals of log employment",
        unit="log jobs; overlap in percent of the area; n in establishments",
        header=("", "", "mean", "sd", "overlap", "n"),
        rows=tuple(rows),
        stub=2,
    )


def _size_histogram_csv(run: PublishedRun, panels: Sequence[SizePanel]) -> str:
    """Cells of the exact histograms."""
    rows = [
        (data_label(run), panel.title, one.label, f"{low:.9g}", f"{high:.9g}", int(n), float(share))
        for panel in panels
        for one in panel.series
        for low, high, n, share in zip(
            one.cells.edges[:-1],
            one.cells.edges[1:],
            one.cells.establishments,
            one.cells.share,
            strict=True,
        )
    ]
    columns = ("data", "panel", "series", "bin_start_log_jobs", "bin_end_log_jobs",
               "establishments", "share_of_establishments")  # fmt: skip
    return csv_text(columns, rows)


def _size_fits_csv(run: PublishedRun, panels: Sequence[SizePanel]) -> str:
    """Mean and standard deviation of the lines, and the overlap."""
    rows = [
        (data_label(run), panel.title, one.label, one.fit.mean, one.fit.sd,
         "" if panel.overlap is None else panel.overlap, one.establishments)
        for panel in panels
        for one in panel.series
    ]  # fmt: skip
    columns = ("data", "panel", "series", "mean_log_jobs", "sd_log_points", "overlap_share",
               "establishments")  # fmt: skip
    return csv_text(columns, rows)
