"""The quality of a census: rows read, valid and quarantined, and what stops the run."""

from collections.abc import Mapping

from pyspark.sql import functions as F

from tradegains.errors import InputError, Problem
from tradegains.families.context import ComputedTables, MatchedCensus, Rows, RunContext
from tradegains.results.quality import quality_rows, refuse_stopping_rows
from tradegains.tables import working as w


def quality_tables(
    context: RunContext, matched: MatchedCensus, rows_by_year: Mapping[int, int] | None
) -> ComputedTables:
    """Rows of `quality`; the quarantined rows are kept in the work folder.

    Raises:
        InputError: rows break a rule whose action is stop, or are not those the footers count.
    """
    quality = quality_rows(matched.cells, context.rules, years=context.study.years)
    _require_every_row(quality, rows_by_year or {})
    refuse_stopping_rows(quality)
    _tell_divisions_by_zero(context, quality)
    _keep_quarantined(context, matched, quality)
    return ComputedTables({"quality": quality})


def _tell_divisions_by_zero(context: RunContext, quality: Rows) -> None:
    """Say in how many rows a condition does not hold because it divides by zero."""
    if rows := sum(row["rows"] for row in quality if row["rule"] == "division_by_zero"):
        with context.progress.step(f"divided by zero: {', '.join(context.dividing)}") as step:
            step.rows = rows


def _require_every_row(quality: Rows, rows_by_year: Mapping[int, int]) -> None:
    read = {row["year"]: row["rows"] for row in quality if row["rule"] == "read"}
    short = [year for year, rows in rows_by_year.items() if rows != read.get(year, 0)]
    if short:
        years = ", ".join(str(year) for year in short)
        raise InputError(
            Problem(
                "the rows read are not the rows the files' footers count",
                f"the census, year {years}",
                len(short),
                "check that the files are whole and were not replaced during the run",
            )
        )


def _keep_quarantined(context: RunContext, matched: MatchedCensus, quality: Rows) -> None:
    quarantined = sum(row["rows"] for row in quality if row["rule"] == "quarantined")
    if quarantined:
        with context.progress.step("keep quarantined rows") as step:
            context.keep(matched.flagged.filter(~F.col(w.VALID)).drop(w.VALID), "quarantined")
            step.rows = quarantined
