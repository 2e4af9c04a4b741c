"""The match: matched rows, written once for every later pass, and their sums by market cell."""

from functools import reduce

from pyspark.sql import DataFrame

from tradegains.families.context import MatchedCensus, RunContext
from tradegains.families.preparing import measure_rows
from tradegains.families.work_folders import MATCHED, WITHOUT_DUPLICATES
from tradegains.results.market_cells import NONE, MarketCells
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
        cells = sum_cells(context, rows)
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


def sum_cells(context: RunContext, matched: DataFrame, *keys: str) -> MarketCells:
    """Market cells, by further keys if any; those of split industries in parts."""
    windows = tuple(industry_years(context.study))
    codes = (w.INDUSTRY, *map(w.window_industry, windows))
    parts = map(w.parts_column, codes) if context.splits else ()
    changes = employment_changes(context.study)
    summed = collect_in_order(
        sum_market_cells(matched, industries=[*codes, *keys, *parts], changes=changes)
    )
    columns = {
        # A sum that does not fit is null on Spark and must not pass for a number.
        name: (column if w.twin(name) in summed.column_names else column.fill_null(NONE)).to_numpy()
        for name, column in zip(summed.column_names, summed.columns, strict=True)
    }
    return MarketCells.of(
        columns,
        context.sets.memberships,
        removing=context.removing,
        digits=context.study.census.industry_digits,
        windows=windows,
        splits=context.splits,
    )
