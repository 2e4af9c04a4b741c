"""Rows behind a table of the page as CSV, under the names of the published columns."""

from collections.abc import Iterable, Mapping
from typing import Any

from tradegains.published.printing import csv_text
from tradegains.published.published_run import PublishedRun


def rows_csv(
    run: PublishedRun, name: str, rows: Iterable[Mapping[str, Any]], *, suffix: str = ""
) -> tuple[str, str]:
    """File name and text: every column but the run's id, and whether the data are synthetic."""
    columns = [column for column in run.columns(name) if column != "run_id"]
    label = "synthetic" if run.synthetic else "census"
    lines = [(label, *("" if row[key] is None else row[key] for key in columns)) for row in rows]
    return f"table_{name}{suffix}.csv", csv_text(("data", *columns), lines)
