"""The match: matched rows, written once for every later pass, and their sums by market cell."""

from collections.abc import Callable, Collection, Sequence
from functools import reduce

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.families.context import MatchedCensus, RunContext
from tradegains.families.first_years import FirstYears
from tradegains.families.preparing import measure_rows
from tradegains.families.work_folders import MATCHED, WITHOUT_DUPLICATES
from tradegains.results.market_cells import NONE, MarketCells, Whole, without_key
from tradegains.results.replicates import GroupedCells, UnitGroups
from tradegains.results.sets import (
    ANNUAL_SETS,
    CONSECUTIVE,
    consecutive_years,
    employment_changes,
    industry_years,
)
from tradegains.statistics.collecting import collect, collect_in_order
from tradegains.tables import working as w
from tradegains.transforms.bits import bigint
from tradegains.transforms.cells import sum_market_cells
from tradegains.transforms.flagging import find_duplicates, flag_duplicates
from tradegains.transforms.matching import keep_part, match_establishments
from tradegains.transforms.replicate_units import add_groups, count_units


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
        folders = tuple(f"{name}/{part}" for part in range(context.parts))
        parts = (
            context.keep(_match_part(context, keep_part(flagged, part, context.parts)), folder)
            for part, folder in enumerate(folders)
        )
        rows = reduce(DataFrame.union, parts)
        groups = find_groups(context, rows)
        cells, grouped = sum_grouped_cells(context, rows, groups)
        annual = groups and sum_annual_cells(context, rows, groups)
        step.rows = sum(cells.rows_by_flags.values())
    return MatchedCensus(
        flagged,
        rows,
        cells,
        FirstYears(context.study, rows, context.row_limit),
        grouped=grouped,
        groups=groups,
        annual=annual or None,
        folders=folders,
    )


def _match_part(context: RunContext, flagged: DataFrame) -> DataFrame:
    return match_establishments(
        measure_rows(
            context.study, flagged, largest_money=context.largest_money, unknown=context.unknown
        ),
        history=context.sets.history,
        memberships=context.sets.memberships,
        conditions=context.sets.conditions,
        window_industries=industry_years(context.study),
        later=context.sets.later,
        carried=(*context.sets.carried, *_carried_unit(context)),
        code_digits=context.study.census.industry_digits if context.splits else None,
        merge_by=context.merge_by,
        merges_unit=_merges_unit(context),
    )


def _merges_unit(context: RunContext) -> bool:
    """Whether rows of an establishment may be of several units, of which the first is taken."""
    stated = context.study.uncertainty
    return stated is not None and stated.unit != "establishment"


def _carried_unit(context: RunContext) -> tuple[str, ...]:
    is_own = context.study.uncertainty is not None and not _merges_unit(context)
    return (w.REPLICATE_UNIT,) if is_own else ()


def find_groups(context: RunContext, matched: DataFrame) -> UnitGroups | None:
    """Groups of units and how many are in each; None where the study states no `[uncertainty]`."""
    stated = context.study.uncertainty
    if stated is None:
        return None
    found = _count_units(matched, stated.groups)
    if sum(found.units) > stated.groups:
        return found
    return _count_units(matched, None)  # so few that each is a group


def _count_units(matched: DataFrame, groups: int | None) -> UnitGroups:
    counted = collect_in_order(count_units(matched, groups)).to_pydict()
    return UnitGroups(groups, tuple(counted[w.REPLICATE_GROUP]), tuple(counted[w.UNIT]))


def sum_grouped_cells(
    context: RunContext, matched: DataFrame, groups: UnitGroups | None, *keys: str
) -> tuple[MarketCells, GroupedCells | None]:
    """Market cells, and the same by group of units where there are any, from one pass."""
    if groups is None:
        return sum_cells(context, matched, *keys), None
    by_group = add_groups(matched, groups.groups, years=_uncertain_years(context))
    columns = _collect_cells(context, by_group, *keys, w.REPLICATE_GROUP)
    grouped = _market_cells(context, columns)
    cells = _market_cells(context, without_key(columns, w.REPLICATE_GROUP))
    return cells, GroupedCells.of(grouped, groups, decimals=context.study.census.decimals)


def sum_annual_cells(
    context: RunContext, matched: DataFrame, groups: UnitGroups
) -> GroupedCells | None:
    """Cells of every year by group of units and by who is there in the years beside it alone.

    None where the study compares no consecutive years. In the pass of all cells groups would stand
    beside every set of every window; here beside four.
    """
    if not consecutive_years(context.study):
        return None
    asked = context.sets.memberships
    mask = sum(asked.bit(name) for name in ANNUAL_SETS if name in asked.positions)
    rows = add_groups(matched, groups.groups).filter(F.col(w.REPLICATE_GROUP).isNotNull())
    rows = rows.withColumn(w.MEMBERSHIP, F.col(w.MEMBERSHIP).bitwiseAND(bigint(mask)))
    rows = rows.withColumn(w.FLAGS, bigint(0))
    changes = tuple({CONSECUTIVE} & employment_changes(context.study).keys())
    columns = _collect_cells(
        context,
        rows,
        w.REPLICATE_GROUP,
        windows=(),
        changes=changes,
        amounts=(w.EMPLOYMENT, w.SALES),
        gather=collect,
    )
    return GroupedCells.of(
        _market_cells(context, columns, windows=()), groups, decimals=context.study.census.decimals
    )


def _uncertain_years(context: RunContext) -> tuple[int, ...]:
    """Ends of the windows whose results have errors: others need no sums by group."""
    windows = context.study.windows
    return tuple(sorted({year for window in windows for year in (window.start, window.end)}))


def sum_cells(context: RunContext, matched: DataFrame, *keys: str) -> MarketCells:
    """Market cells, by further keys if any; those of split industries in parts."""
    return _market_cells(context, _collect_cells(context, matched, *keys))


def _collect_cells(
    context: RunContext,
    matched: DataFrame,
    *keys: str,
    windows: Collection[str] | None = None,
    changes: Collection[str] | None = None,
    amounts: Sequence[str] = w.AMOUNTS,
    gather: Callable[[DataFrame], pa.Table] = collect_in_order,
) -> dict[str, Whole]:
    """Columns of cells; by the industries of all windows, with all changes, if not told which."""
    windows = industry_years(context.study) if windows is None else windows
    changes = employment_changes(context.study) if changes is None else changes
    codes = (w.INDUSTRY, *map(w.window_industry, windows))
    parts = map(w.parts_column, codes) if context.splits else ()
    # A group comes last: cells are in order of the other keys with groups as without.
    ordered = sorted((*codes, *keys, *parts), key=w.REPLICATE_GROUP.__eq__)
    summed = gather(
        sum_market_cells(matched, industries=ordered, changes=tuple(changes), amounts=amounts)
    )
    return {
        # A sum that does not fit is null on Spark and must not pass for a number.
        name: (column if w.twin(name) in summed.column_names else column.fill_null(NONE)).to_numpy()
        for name, column in zip(summed.column_names, summed.columns, strict=True)
    }


def _market_cells(
    context: RunContext, columns: dict[str, Whole], windows: Collection[str] | None = None
) -> MarketCells:
    return MarketCells.of(
        columns,
        context.sets.memberships,
        removing=context.removing,
        digits=context.study.census.industry_digits,
        windows=tuple(industry_years(context.study) if windows is None else windows),
        splits=context.splits,
    )
