"""Who a decomposition's terms come from, and their share of growth, as published rows.

Decisions:
- Exporters are those of the window's first year, for who continues or exits, and those of its last
  year among entrants. Who starts to export within the window stays with the others.
- A share of growth is the term over the growth of the same row: with growth near 0 it is large and
  says little, and with growth below 0 a share above 0 is a term that lowers productivity.
- Of the Olley-Pakes levels the changes of mean and covariance stand here, as Pavcnik reports them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tradegains.formulas.decompositions import OF_GROUPS, PanelSums, decompose_group
from tradegains.formulas.olley_pakes import olley_pakes
from tradegains.formulas.outcomes import joined_notes, rate
from tradegains.formulas.panel_cells import PanelCells, PanelWindow
from tradegains.results.panels import PanelReading, panels_by, year_sums
from tradegains.results.sets import decomposition_weights
from tradegains.study import Study
from tradegains.tables import working as w
from tradegains.tables.row_columns import RowColumns

GROUPS = ("nonexporters", "exporters")
"""By the value of the mark: 0 and 1."""
_MARK = "group"
_AGGREGATED = ("total", "industry2_aggregated", "industry4_aggregated")
_GROUP_OF_TERM = {"entry": "entrants", "exit": "exiters"}

Row = dict[str, Any]


def group_rows(study: Study, panels: PanelCells, rows: RowColumns, *, exporter: int) -> list[Row]:
    """Rows of `decomposition_groups`: all and by group, each term with its share of growth.

    Args:
        study: whose decompositions they are.
        panels: cells whose membership keeps the mark of exporters.
        rows: of the table `decompositions`.
        exporter: that mark's bit.
    """
    windows = {window.name for window in panels.windows}
    aggregated = list(rows.among("level", _AGGREGATED).among("window", windows))
    found = [_row(row, "all", row["term"], row["value"]) for row in aggregated]
    marked = _marked(panels, exporter)
    for share, weight in decomposition_weights(study).items():
        own_year = study.matching.industry_at == "own_year"
        reading = PanelReading(marked, weight, study.census, own_year)
        for window in panels.windows:
            named = {"window": window.name, "share": share, "level": "total"}
            of_all = [row for row in aggregated if named.items() <= row.items()]
            found += _by_group(panels_by(reading, window, _MARK), of_all)
            found += _changes_of_levels(study, reading, window, of_all)
    return found


def _marked(panels: PanelCells, exporter: int) -> PanelCells:
    """The cells with a column for who exports."""
    mark = (panels.columns[w.MEMBERSHIP] & exporter) != 0
    return replace(panels, columns={**panels.columns, _MARK: mark.astype(np.int64)})


def _row(like: Mapping[str, Any], group: str, term: str, value: float | None) -> Row:
    share = rate(value, like["total"])
    no_growth = "no share: there is no growth to be a share of"
    return {
        **{name: like[name] for name in ("window", "share", "method", "level", "total", "prices")},
        "group": group,
        "term": term,
        "value": value,
        "share_of_total": share,
        "establishments": like["establishments"],
        "note": joined_notes(
            like["note"] or "", no_growth if share is None and like["total"] == 0.0 else ""
        )
        or None,
    }


def _by_group(groups: Mapping[int, PanelSums], of_all: Sequence[Row]) -> Iterator[Row]:
    everyone = sum(groups.values(), PanelSums())
    if everyone.total0 <= 0.0 or everyone.total1 <= 0.0:
        return
    for method in OF_GROUPS:
        like = [row for row in of_all if row["method"] == method]
        for mark, name in enumerate(GROUPS):
            sums = groups.get(mark, PanelSums())
            parts = decompose_group(everyone, sums, method)
            for row in like:
                counts = getattr(sums, _GROUP_OF_TERM.get(row["term"], "continuing")).count
                yield _row(row | {"establishments": counts}, name, row["term"], parts[row["term"]])


def _changes_of_levels(
    study: Study, reading: PanelReading, window: PanelWindow, of_all: Sequence[Row]
) -> Iterator[Row]:
    """Changes of the plain mean and of the covariance between a window's years."""
    assert study.decomposition is not None
    if "olley_pakes" not in study.decomposition.methods:
        return
    ends = [
        each
        for year in (window.start, window.end)
        for each in year_sums(reading, year, "total").each()
    ]
    if len(ends) < 2 or any(each.weight <= 0 for each in ends):
        return
    levels = [olley_pakes(e.establishments, e.weight, e.weight_phi, e.phi) for e in ends]
    first, last = (each.weight_phi / each.weight for each in ends)
    prices = study.productivity.prices
    like = {
        "window": window.name,
        "share": _share_of(study, reading),
        "method": "olley_pakes",
        "level": "total",
        "total": last - first,
        "prices": "nominal" if prices == "none" else prices,
        "establishments": sum(each.establishments for each in ends),
        "note": "nominal: without a price index inflation is part of the growth"
        if prices == "none"
        else "",
    }
    for term in ("mean", "covariance"):
        change = getattr(levels[1], term) - getattr(levels[0], term)
        yield _row(like, "all", term, change)


def _share_of(study: Study, reading: PanelReading) -> str:
    return next(
        share for share, weight in decomposition_weights(study).items() if weight == reading.weight
    )
