"""The quality of a census: rows read, valid and quarantined, and what stops the run."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from tradegains.errors import InputError, Problem
from tradegains.families.context import ComputedTables, MatchedCensus, RunContext, TableRows
from tradegains.families.meeting import tell_industries
from tradegains.families.work_folders import QUARANTINED, STOPPING
from tradegains.inputs.unpriced import RowSums, Unpriced
from tradegains.results.market_cells import MarketCells
from tradegains.results.quality import (
    bits_of_unknown,
    quality_rows,
    stopping_problems,
    stopping_rules,
)
from tradegains.results.sets import EXPORTER, population_set, restricted_set
from tradegains.tables import working as w
from tradegains.tables.flags import FLAG_BITS, RARE_RULES
from tradegains.transforms.bits import bigint

log = logging.getLogger("tradegains")
MISSING, INFINITE = "missing_exports", float("inf")


def quality_tables(
    context: RunContext, matched: MatchedCensus, rows_by_year: Mapping[int, int] | None
) -> ComputedTables:
    """Rows of `quality`; the quarantined rows are kept in the work folder.

    Raises:
        InputError: rows break a rule whose action is stop, have no price where the study does not
            leave them out, or are not those the footers count.
    """
    applied = context.rules
    for rule in RARE_RULES:
        if any(flags & FLAG_BITS[rule] for _, flags in matched.cells.rows_by_flags):
            applied = {**applied, rule: "keep"}
    quality = quality_rows(matched.cells, applied, years=context.study.years)
    _require_every_row(quality, rows_by_year or {})
    if rules := stopping_rules(quality):
        raise InputError(stopping_problems(quality, _keep_stopping(context, matched, rules)))
    _judge_unpriced(context, matched)
    tell_industries(context, matched.cells)
    _tell_unknown(context, matched.cells)
    _tell_missing_exports(context, matched)
    _tell_divisions_by_zero(context, quality)
    _tell_years_without_exporters(context, matched)
    _tell_conditions_of_nobody(context, matched.cells)
    _keep_quarantined(context, matched, quality)
    return ComputedTables({"quality": quality}, money_decimals=context.study.census.money_decimals)


def _keep_stopping(context: RunContext, matched: MatchedCensus, rules: Iterable[str]) -> str:
    """Keep ids and years of the rows that stop the run, a column for each rule; tell where."""
    if not context.kept_in:
        return ""
    breaks = {rule: F.col(w.FLAGS).bitwiseAND(bigint(FLAG_BITS[rule])) != 0 for rule in rules}
    with context.progress.step("keep keys of rows that stop the run"):
        rows = matched.flagged.filter(reduce(lambda one, other: one | other, breaks.values()))
        columns = [breaks[rule].alias(rule) for rule in breaks]
        context.keep(rows.select(w.ESTABLISHMENT_ID, w.YEAR, *columns), STOPPING)
    return f"{context.kept_in}/{STOPPING}"


@dataclass(frozen=True)
class CountedRows:
    """Rows by the rules that they break: in words, and what would stop a run."""

    text: str
    problems: tuple[Problem, ...]


def counted_rows(quality: TableRows, rules: Mapping[str, str]) -> CountedRows:
    """What rows of `quality` come to under a study's actions."""
    judged = [{**row, "action": rules.get(row["rule"], row["action"])} for row in quality]
    return CountedRows(counts_text(judged), tuple(stopping_problems(judged)))


def counts_text(quality: TableRows) -> str:
    """Rows read and valid, and those that break each rule that any row breaks, by year.

    Example:
        >>> print(counts_text([
        ...     {"year": 1990, "rule": "read", "action": None, "rows": 3},
        ...     {"year": 1990, "rule": "valid", "action": None, "rows": 2},
        ...     {"year": 1990, "rule": "invalid_sales", "action": "quarantine", "rows": 1},
        ...     {"year": 1990, "rule": "duplicate", "action": "stop", "rows": 0},
        ... ]))
        rows: 3 read, 2 valid
          invalid_sales (quarantine): 1 in 1990
    """
    read, valid = (
        _added([row for row in quality if row["rule"] == what]) for what in ("read", "valid")
    )
    lines = [f"rows: {read:,} read, {valid:,} valid"]
    broken = [row for row in quality if row["action"] is not None and row["rows"]]
    for rule, action in dict.fromkeys((row["rule"], row["action"]) for row in broken):
        years = [f"{row['rows']:,} in {row['year']}" for row in broken if row["rule"] == rule]
        lines.append(f"  {rule} ({action}): {', '.join(years)}")
    return "\n".join(lines)


def _added(rows: TableRows) -> int:
    return sum(row["rows"] for row in rows)


def _tell_divisions_by_zero(context: RunContext, quality: TableRows) -> None:
    """Say in how many rows a condition does not hold because it divides by zero."""
    if rows := sum(row["rows"] for row in quality if row["rule"] == "division_by_zero"):
        with context.progress.step(f"divided by zero: {', '.join(context.dividing)}") as step:
            step.rows = rows


def _judge_unpriced(context: RunContext, matched: MatchedCensus) -> None:
    """Refuse rows without a price, or tell what leaving them out of productivity loses."""
    cells = matched.cells
    lost = cells.where(cells[w.FLAGS] & FLAG_BITS["missing_price"] != 0)
    found = Unpriced(_row_sums(lost), _row_sums(cells))
    if context.study.productivity.prices == "none" or not found.lost.rows:
        return
    if context.study.productivity.unpriced is None:
        raise InputError(found.problem)
    log.warning("input prices: %s", found.told)


def _tell_unknown(context: RunContext, cells: MarketCells) -> None:
    """Say of which amounts rows that stay have none, and what these rows are of all."""
    everyone = _row_sums(cells)
    for measure, bits in bits_of_unknown(context.study).items():
        lacking = cells.where(cells[w.FLAGS] & bits != 0)
        if len(lacking):
            told = "%s is unknown in %s rows (%s); their establishments are in no sum of it at "
            told += "either end of a window"
            rows = _row_sums(lacking)
            log.warning(told, measure, f"{rows.rows:,}", Unpriced(rows, everyone).shares)


def _tell_missing_exports(context: RunContext, matched: MatchedCensus) -> None:
    """Say what rows without exports are of all, and what becomes of them."""
    flag = FLAG_BITS[MISSING]
    counted = matched.cells.rows_by_flags.items()
    action = context.rules.get(MISSING)
    if action is None or not sum(rows for (_, flags), rows in counted if flags & flag):
        return
    lacks = F.col(w.FLAGS).bitwiseAND(bigint(flag)) != 0
    sums = _amounts_of(F.lit(True), "whole") + _amounts_of(lacks, "lost")
    with context.progress.step("add up rows without exports"):
        (row,) = matched.flagged.agg(*sums).toArrow().to_pylist()
    lost, whole = (
        RowSums(*(row[f"{part}_{place}"] or 0.0 for place in range(3)))
        for part in ("lost", "whole")
    )
    fate = "are quarantined" if action == "quarantine" else "count as 0"
    told = "exports are missing in %s rows and %s: %s"
    log.warning(told, f"{lost.rows:,.0f}", fate, Unpriced(lost, whole).shares)


def _amounts_of(test: Column, name: str) -> list[Column]:
    """Rows, employment and sales where a test holds, of amounts that are numbers at least 0."""
    amounts = (F.lit(1.0), F.col("employment"), F.col("sales"))
    return [
        F.sum(F.when(test & (each >= 0.0) & (each < INFINITE), each)).alias(f"{name}_{place}")
        for place, each in enumerate(amounts)
    ]


def _row_sums(cells: MarketCells) -> RowSums:
    total = cells.total
    return RowSums(total.establishments, total.employment, total.sales)


def _tell_years_without_exporters(context: RunContext, matched: MatchedCensus) -> None:
    """Name the years in which nobody exports: no premium, no entry, and balanced trade has no M."""
    if not context.study.census.has("exports"):
        return
    cells = matched.cells
    exporting = cells.where(cells.inside(EXPORTER))
    having = set(exporting[w.YEAR].tolist())
    if years := sorted(set(cells[w.YEAR].tolist()) - having):
        named = ", ".join(map(str, years))
        parts = zip(*(_row_sums(cells.of_year(year)) for year in years), strict=True)
        shares = Unpriced(RowSums(*map(sum, parts)), _row_sums(cells)).shares
        log.warning("no establishment of the census exports in %s: %s", named, shares)


def _tell_conditions_of_nobody(context: RunContext, cells: MarketCells) -> None:
    """Name the conditions that hold nowhere: a text may be padded, or written another way."""
    told = "%s: its condition holds for no row of the census; are texts written as in the files?"
    for population in context.study.populations:
        if not cells.inside(population_set(population.name)).any():
            log.warning(told, f"population {population.name}")
    for each in context.study.restrictions:
        names = [restricted_set(window.name, each.name) for window in context.study.windows]
        if not any(cells.inside(name).any() for name in names):
            log.warning(told, f"restriction {each.name}")


def _require_every_row(quality: TableRows, rows_by_year: Mapping[int, int]) -> None:
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


def _keep_quarantined(context: RunContext, matched: MatchedCensus, quality: TableRows) -> None:
    quarantined = sum(row["rows"] for row in quality if row["rule"] == "quarantined")
    if quarantined and context.kept_in:  # a check keeps none
        with context.progress.step("keep quarantined rows") as step:
            context.keep(matched.flagged.filter(~F.col(w.VALID)).drop(w.VALID), QUARANTINED)
            step.rows = quarantined
        log.warning("quarantined rows are in %s/%s (Parquet)", context.kept_in, QUARANTINED)
