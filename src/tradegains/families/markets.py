"""Market sums: who enters and exits, market shares, welfare, and how productivity grew.

All of it follows from the market cells, with no further pass over rows. Ids that successor links
repair are matched and summed once more.
"""

import logging
from dataclasses import replace

from tradegains.families.context import ComputedTables, MatchedCensus, RunContext, TableRows
from tradegains.families.curves import curve_tables
from tradegains.families.matching import match_once
from tradegains.families.meeting import judge_links
from tradegains.families.preparing import LINK, repair_ids
from tradegains.families.work_folders import WITH_REPAIRED_IDS
from tradegains.formulas.successors import SuccessorLink, resolve_successors
from tradegains.results.cutoffs import entry_changes
from tradegains.results.demography import demography_rows, demography_rows_with_errors
from tradegains.results.growth import productivity_growth_rows
from tradegains.results.growth_replicates import growth_rows_with_errors
from tradegains.results.market_cells import MarketCells
from tradegains.results.transitions import transition_rows
from tradegains.results.welfare import (
    NO_SOURCE,
    market_share_rows,
    measure_markets,
    welfare_absences,
    welfare_rows,
)
from tradegains.results.welfare_comparisons import comparison_rows
from tradegains.results.welfare_replicates import (
    ReplicatedChanges,
    known_changes,
    replicate_changes,
    replicate_markets,
    share_rows_with_errors,
    welfare_rows_with_errors,
)
from tradegains.tables.absence import Absence
from tradegains.tables.row_columns import together, with_shared

log = logging.getLogger("tradegains")


def market_tables(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of the market tables; of some by raw ids and, below, by ids repaired by successors."""
    study, cells = context.study, matched.cells
    with context.progress.step("sum markets"):
        raw, changes = _tables_by_ids(context, matched)
        growth = productivity_growth_rows(study, cells, context.small.prices)
        if matched.grouped is not None:
            growth = growth_rows_with_errors(study, growth, matched.grouped, context.small.prices)
        tables = {"transitions": transition_rows(study, cells), "productivity_growth": growth}
    welfare = raw["welfare"]
    _tell_closed_years(raw["market_shares"])
    found = ComputedTables(tables, tuple(welfare_absences(study, welfare)))
    found |= curve_tables(context, matched, welfare, changes)
    found |= _comparisons(context, cells, welfare)
    every = {"raw": raw}
    if context.small.successors:
        every["repaired"] = _tables_by_repaired_ids(context, matched)
    by_ids = {
        name: together([with_shared(tables[name], ids=ids) for ids, tables in every.items()])
        for name in raw
    }
    return found | ComputedTables(by_ids)


def _comparisons(context: RunContext, cells: MarketCells, welfare: TableRows) -> ComputedTables:
    """Rows of `welfare_comparisons`, where the study has the section and a source of imports."""
    if not context.makes("welfare_comparisons"):
        return ComputedTables()
    if not context.study.trade.imports:
        return ComputedTables(absent=(Absence("table", "welfare_comparisons", None, NO_SOURCE),))
    rows = comparison_rows(context.study, cells, context.imports, welfare)
    return ComputedTables({"welfare_comparisons": rows})


def _tell_closed_years(market_shares: TableRows) -> None:
    """Name the years without imports, by source: lambda is 1 there."""
    closed: dict[str, set[int]] = {}
    for row in market_shares:
        if row["level"] == "total" and row["domestic_share"] == 1.0:
            closed.setdefault(row["imports"], set()).add(row["year"])
    for source, years in closed.items():
        named = ", ".join(map(str, sorted(years)))
        log.warning("imports = %s are 0 in %s: the domestic share lambda is 1", source, named)


def _tables_by_ids(
    context: RunContext, matched: MatchedCensus
) -> tuple[dict[str, TableRows], ReplicatedChanges]:
    """Tables that are published for raw ids and for repaired ones, and replicates of the gains."""
    study, cells = context.study, matched.cells
    sigma = {row["industry"]: row["sigma"] for row in context.small.elasticities}
    markets = measure_markets(study, cells, context.imports)
    shares, welfare = (
        market_share_rows(markets),
        welfare_rows(study, markets, sigma, matched.sizes, entry=entry_changes(study, cells)),
    )
    changes: ReplicatedChanges = {}
    if matched.grouped is not None:
        without = replicate_markets(study, markets, matched.grouped)
        changes = replicate_changes(study, without, sigma, known_changes(welfare))
        shares = share_rows_with_errors(study, shares, without)
        welfare = welfare_rows_with_errors(study, welfare, changes)
    demography: TableRows = demography_rows(study, cells)
    if matched.grouped is not None and study.uncertainty is not None:
        demography = demography_rows_with_errors(
            study, demography, matched.grouped, annual=matched.annual, stated=study.uncertainty
        )
    tables: dict[str, TableRows] = {
        "demography": demography,
        "market_shares": shares,
        "welfare": welfare,
    }
    return tables, changes


def _tables_by_repaired_ids(context: RunContext, matched: MatchedCensus) -> dict[str, TableRows]:
    """The same tables once more, each id now the last of its chain of successors.

    Duplicates were found among the raw ids: establishments that merge share an id from then on.
    """
    last_ids = resolve_successors(SuccessorLink(**link) for link in context.small.successors)
    plain = replace(context.sets, later=(), carried=(LINK,))
    again = replace(context, study=replace(context.study, job_flows=None), sets=plain)
    if context.merge_by == "bucket":  # of the raw ids
        again = replace(again, merge_by="sort")
    repaired = match_once(again, repair_ids(matched.flagged, last_ids), WITH_REPAIRED_IDS)
    with context.progress.step("sum markets"):
        judge_links(context, repaired.rows.select(LINK).dropna().distinct().count())
        return _tables_by_ids(again, replace(repaired, described=matched.described))[0]
