"""Rows of `welfare_curves` as the figures need them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tradegains.published.printing import csv_text
from tradegains.published.published_run import PublishedRun
from tradegains.report.captions import data_label
from tradegains.tables.columns import INTERVAL, REPLICATE_GROUPS
from tradegains.tables.table import STANDARD_ERROR

Row = Mapping[str, Any]


def curve_rows(run: PublishedRun, figure: str) -> Sequence[Row]:
    """Rows of a figure under the headline choices."""
    made = run.headline_choices
    return run.rows(
        "welfare_curves", figure=figure, continuing=made["continuing"], imports=made["imports"]
    )


def curve_csv(run: PublishedRun, rows: Iterable[Row]) -> str:
    """The rows behind a curve, as published."""
    columns: tuple[str, ...] = ("curve", "point", "label", "window", "variable", "x", "elasticity",
               "welfare_change", "liberalised_change", "rest_change", "industries",
               "establishments", "scale", "note")  # fmt: skip
    rows = list(rows)
    if any(row.get(STANDARD_ERROR) is not None for row in rows):
        columns = (*columns, STANDARD_ERROR, *INTERVAL, REPLICATE_GROUPS)
    heads = [f"{name}_log_points" if name.endswith("_change") else name for name in columns]
    lines = [
        (data_label(run), *("" if row.get(name) is None else row[name] for name in columns))
        for row in rows
    ]
    return csv_text(("data", *heads), lines)


def points_of(points: Sequence[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Points as two arrays, also when there is none."""
    array = np.array(points, dtype=float).reshape(-1, 2)
    return array[:, 0], array[:, 1]
