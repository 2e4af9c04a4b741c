"""The match: matched rows, written once for every later pass, and their sums by market cell."""

from functools import reduce

from pyspark.sql import DataFrame

from tradegains.families.measured import Matched, Measuring, Rows
from tradegains.families.preparing import measure_rows
from tradegains.families.work_folders import MATCHED, WITHOUT_DUPLICATES
from tradegains.results.market import MarketCells
from tradegains.results.sets import employment_changes, industry_years
from tradegains.statistics.collecting import collect_in_order
from tradegains.tables import working as w
from tradegains.transforms.cells import sum_market_cells
from tradegains.transforms.flagging import find_duplicates, flag_duplicates
from tradegains.transforms.matching import keep_part, match_establishments


def match_census(run: Measuring, flagged: DataFrame) -> Matched:
    """Matched rows and their sums; once more, with duplicates flagged, where there are any."""
    matched = match_once(run, flagged, MATCHED)
    if not matched.cells.duplicated:
        return matched
    with run.progress.step("find duplicates"):
        duplicates = run.keep(find_duplicates(flagged), "duplicates")
    flagged = flag_duplicates(flagged, duplicates, rules=run.rules)
    return match_once(run, flagged, WITHOUT_DUPLICATES)


def match_once(run: Measuring, flagged: DataFrame, name: str) -> Matched:
    """Matched rows, kept under a name in the work folder, and their sums."""
    with run.progress.step("match establishments") as step:
        parts = (
            run.keep(_match_part(run, keep_part(flagged, part, run.parts)), f"{name}/{part}")
            for part in range(run.parts)
        )
        rows = reduce(DataFrame.union, parts)
        cells = market_cells(run, sum_cells(run, rows))
        step.rows = sum(cells.rows_by_flags.values())
    return Matched(flagged, rows, cells)


def _match_part(run: Measuring, flagged: DataFrame) -> DataFrame:
    return match_establishments(
        measure_rows(run.study, flagged),
        history=run.sets.history,
        memberships=run.sets.memberships,
        conditions=run.sets.conditions,
        window_industries=industry_years(run.study),
        later=run.sets.later,
        carried=run.sets.carried,
        code_digits=run.study.census.industry_digits if run.splits else None,
        merge_by=run.merge_by,
    )


def sum_cells(run: Measuring, matched: DataFrame, *keys: str) -> Rows:
    """Market cells as rows, by further keys if any."""
    codes = (w.INDUSTRY, *map(w.window_industry, industry_years(run.study)))
    parts = map(w.parts_column, codes) if run.splits else ()
    industries = [*codes, *keys, *parts]
    changes = employment_changes(run.study)
    summed = collect_in_order(sum_market_cells(matched, industries=industries, changes=changes))
    rows: Rows = summed.to_pylist()
    return rows


def market_cells(run: Measuring, rows: Rows) -> MarketCells:
    """Market cells from their rows, those of split industries in parts."""
    return MarketCells.of(
        rows,
        removing=run.removing,
        digits=run.study.census.industry_digits,
        windows=industry_years(run.study),
        changes=employment_changes(run.study),
        splits=run.splits,
    )
