"""Evidence for disclosure control: what the market cells rest on, for `release` to read.

Decision: a run always makes it. Who releases asks for it months later, when the census may have
been corrected; a few passes over the matched rows then cost less than a second run.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from tradegains.families.context import (
    ComputedTables,
    MatchedCensus,
    RunContext,
    RunEvidence,
    TableRows,
)
from tradegains.families.work_folders import (
    EVIDENCE_CELLS,
    EVIDENCE_SECOND,
    EVIDENCE_SPREAD,
    SPREAD,
)
from tradegains.results.sets import employment_changes, industry_years
from tradegains.statistics.contributions import FewRows, Folders, Keeping, collect_contributions
from tradegains.tables import working as w
from tradegains.tables.published import TABLES
from tradegains.tables.row_columns import RowColumns

ROWS_AT_ONCE = 1 << 21
"""Matched rows of which the driver holds so many at once, a quarter of a gigabyte: all of them, or
those of a year where they are kept apart by year. To rank seven million took 4 CPU seconds, and the
engine's passes 10. Files with rows of all years would be read as often as there are years."""

CELLS, SPREAD_CONTRIBUTORS = "cells", "spread"


def collect_evidence(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """What every market cell rests on, beside no table.

    None where a concordance splits industries: an establishment is then in parts of several cells.
    """
    if context.splits:
        return ComputedTables()
    keys = (
        w.YEAR,
        w.MEMBERSHIP,
        w.INDUSTRY,
        *map(w.window_industry, industry_years(context.study)),
    )
    few = FewRows.of(
        matched.folders,
        matched.cells.rows_by_year,
        at_once=ROWS_AT_ONCE,
        by_year=context.keeps_by_year,
    )
    with context.progress.step("collect evidence") as step:
        found = collect_contributions(
            matched.rows,
            keys=keys,
            first_years=employment_changes(context.study),
            removing=context.removing,
            keeping=Keeping(context.keep, context.read_kept),
            folders=Folders(SPREAD, EVIDENCE_SPREAD, EVIDENCE_CELLS, EVIDENCE_SECOND),
            few=few,
        )
        step.rows = found.cells.num_rows + found.spread.num_rows
    positions = context.sets.memberships.positions
    facts: dict[str, object] = {
        "keys": [*keys, w.KNOWN],
        "amounts": list(found.amounts),
        "money_decimals": context.study.census.decimals,
        "sets": [list(name) for name in sorted(positions, key=positions.__getitem__)],
    }
    if context.study.welfare.curves is not None:
        from tradegains.results.curves import industry_rankings

        rankings = industry_rankings(context.study, context.small.by_name())
        facts["rankings"] = {name: dict(values) for name, values in rankings.items()}
    tables = {CELLS: found.cells, SPREAD_CONTRIBUTORS: found.spread}
    return ComputedTables(evidence=RunEvidence(tables, facts))


OF_ERRORS = "errors_of_"
"""What the tables of what errors rest on are called, before the published table's name."""


def errors_apart(found: ComputedTables) -> ComputedTables:
    """The tables as they are published, and what their errors rest on among the evidence."""
    tables, evidence = dict(found.tables), dict(found.evidence.tables)
    for name, rows in found.tables.items():
        shares, tables[name] = _without(rows, w.MOVED_MOST)
        if shares is not None:
            evidence[OF_ERRORS + name] = _by_key(name, tables[name], shares)
    kept = RunEvidence(evidence, found.evidence.facts)
    return ComputedTables(tables, found.absent, kept, found.money_decimals)


def _without(rows: TableRows, name: str) -> tuple[list[Any] | None, TableRows]:
    """A column of some rows, and the rows without it; None where no row has it."""
    if isinstance(rows, RowColumns):
        columns = dict(rows.columns)
        return columns.pop(name, None), RowColumns(columns)
    if not any(name in row for row in rows):
        return None, rows
    return [row.pop(name, None) for row in rows], rows


def _by_key(table: str, rows: TableRows, shares: Sequence[Any]) -> pa.Table:
    """A row for each row that has an error: its key, and two shares of each uncertain number."""
    declared = TABLES[table]
    told = [(row, each) for row, each in zip(rows, shares, strict=True) if each and any(each)]
    names = [f"{kind}_{name}" for name in declared.uncertain for kind in ("first", "second")]
    columns = {key: pa.array([row.get(key) for row, _ in told]) for key in declared.key}
    columns |= {
        name: pa.array([each[place] for _, each in told], pa.float64())
        for place, name in enumerate(names)
    }
    return pa.table(columns)
