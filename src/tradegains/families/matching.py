"""The match: matched rows, written once for every later pass, and their sums by market cell."""

from functools import reduce

from pyspark.sql import DataFrame

from tradegains.families.context import MatchedCensus, Rows, RunContext
from tradegains.families.preparing import measure_rows
from tradegains.families.work_folders import MATCHED, WITHOUT_DUPLICATES
from tradegains.results.market import MarketCells
from tradegains.results.sets import employment_changes, industry_years
from tradegains.statistics.collecting import collect_in_order
from tradegains.tables import working as w
from tradegains.transforms.cells import sum_market_cells
from tradegains.transforms.flagging import find_duplicates, flag_duplicates
from tradegains.transforms.matching import keep_part, match_establishments


def match_census(context: RunContext, flagged: DataFrame) -> MatchedCensus:
    """Matched rows and their sums; once more, with duplicates flagged, where there are any."""
    matched = match_once(context, flagged, MATCHED)
    if not matched.cells.duplicated:
        return matched
    with context.progress.step("find duplicates"):
        duplicates = context.keep(find_duplicates(flagged), "duplicates")
    flagged = flag_duplicates(flagged, duplicates, rules=context.rules)
    return match_once(context, flagged, WITHOUT_DUPLICATES)


def match_once(context: RunContext, flagged: DataFrame, name: str) -> MatchedCensus:
    """Matched rows, kept under a name in the work folder, and their sums."""
    with context.progress.step("match establishments") as step:
        parts = (
            context.keep(
                _match_part(context, keep_part(flagged, part, context.parts)), f"{name}/{part}"
            )
            for part in range(context.parts)
        )
        rows = reduce(DataFrame.union, parts)
        cells = market_cells(context, sum_cells(context, rows))
        step.rows = sum(cells.rows_by_flags.values())
    return MatchedCensus(flagged, rows, cells)


def _match_part(context: RunContext, flagged: DataFrame) -> DataFrame:
    return match_establishments(
        measure_rows(context.study, flagged),
        history=context.sets.history,
        memberships=context.sets.memberships,
        conditions=context.sets.conditions,
        window_industries=industry_years(context.study),
        later=context.sets.later,
        carried=context.sets.carried,
        code_digits=context.study.census.industry_digits if context.splits else None,
        merge_by=context.merge_by,
    )


def sum_cells(context: RunContext, matched: DataFrame, *keys: str) -> Rows:
    """Market cells as rows, by further keys if any."""
    codes = (w.INDUSTRY, *map(w.window_industry, industry_years(context.study)))
    parts = map(w.parts_column, codes) if context.splits else ()
    industries = [*codes, *keys, *parts]
    changes = employment_changes(context.study)
    summed = collect_in_order(sum_market_cells(matched, industries=industries, changes=changes))
    rows: Rows = summed.to_pylist()
    return rows


def market_cells(context: RunContext, rows: Rows) -> MarketCells:
    """Market cells from their rows, those of split industries in parts."""
    return MarketCells.of(
        rows,
        context.sets.memberships,
        removing=context.removing,
        digits=context.study.census.industry_digits,
        windows=industry_years(context.study),
        changes=employment_changes(context.study),
        splits=context.splits,
    )
