"""The match: matched rows, written once for every later pass, and their sums by market cell."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.families.context import MatchedCensus, RunContext
from tradegains.families.first_years import FirstYears
from tradegains.families.preparing import measure_rows
from tradegains.families.work_folders import MATCHED, WITHOUT_DUPLICATES
from tradegains.formulas.membership import BOTH_ENDS
from tradegains.results.market_cells import NONE, MarketCells, Whole
from tradegains.results.regressions import QUARTILES
from tradegains.results.replicates import GroupedCells, UnitGroups
from tradegains.results.sets import (
    CONSECUTIVE,
    SetName,
    annual_sets,
    consecutive_years,
    employment_changes,
    industry_years,
    window_sets,
)
from tradegains.statistics.collecting import collect, collect_in_order
from tradegains.study import Study
from tradegains.tables import working as w
from tradegains.transforms.bits import BitRange
from tradegains.transforms.cells import (
    first_of_group,
    sum_market_cells,
    sum_rows_by_group,
)
from tradegains.transforms.flagging import find_duplicates, flag_duplicates
from tradegains.transforms.matching import keep_part, match_establishments
from tradegains.transforms.packed_keys import KeySpan, PackedKeys
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
            _kept(context, _match_part(context, keep_part(flagged, part, context.parts)), folder)
            for part, folder in enumerate(folders)
        )
        rows = reduce(DataFrame.union, parts)
        groups = find_groups(context, rows)
        cells, grouped = sum_grouped_cells(context, rows, groups, CellColumns.every(context.study))
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


def _kept(context: RunContext, matched: DataFrame, folder: str) -> DataFrame:
    return context.keep(matched, folder, by_year=context.keeps_by_year)


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


@dataclass(frozen=True)
class CellColumns:
    """What market cells have: further keys, and the sums that are wanted of them.

    Attributes:
        keys: further keys.
        amounts: columns to add up.
        changes: pairs of years between which changes of employment are added up.
        sets: that cells by group of units are told apart by.
        coarse: whether these tell industry groups apart and no industries.
    """

    keys: tuple[str, ...] = ()
    amounts: tuple[str, ...] = w.AMOUNTS
    changes: tuple[str, ...] = ()
    sets: tuple[SetName, ...] = ()
    coarse: bool = False

    @staticmethod
    def every(study: Study) -> "CellColumns":
        """All sums, and no further key."""
        return CellColumns(changes=tuple(employment_changes(study)), sets=tuple(window_sets(study)))

    @staticmethod
    def of_flows(study: Study, *keys: str) -> "CellColumns":
        """What job flows between the ends of windows are made of: half as many sums."""
        changes = tuple(name for name in employment_changes(study) if name != CONSECUTIVE)
        sets = tuple(window_sets(study, (BOTH_ENDS,), restrictions=False))
        return CellColumns(keys, (w.EMPLOYMENT,), changes, sets, coarse=True)


def sum_grouped_cells(
    context: RunContext, matched: DataFrame, groups: UnitGroups | None, wanted: CellColumns
) -> tuple[MarketCells, GroupedCells | None]:
    """Market cells, and those of the ends of windows by group of units where there are any.

    Two passes: by group there are a hundred times as many cells, and what has errors needs few of
    the sets, years and sums that cells have.
    """
    cells = _market_cells(context, _collect_cells(context, matched, wanted))
    if groups is None:
        return cells, None
    changes = tuple(name for name in wanted.changes if name != CONSECUTIVE)
    rows = matched.filter(F.col(w.YEAR).isin(*_uncertain_years(context)))
    windows = tuple(industry_years(context.study))
    between = replace(wanted, changes=changes)
    return cells, _cells_by_group(context, rows, groups, between, windows=windows)


def sum_annual_cells(
    context: RunContext, matched: DataFrame, groups: UnitGroups
) -> GroupedCells | None:
    """Cells of every year by group of units and by who is there in the years beside it alone.

    None where the study compares no consecutive years.
    """
    study = context.study
    if not consecutive_years(study):
        return None
    wanted = CellColumns(
        amounts=(w.EMPLOYMENT, w.SALES),
        changes=tuple({CONSECUTIVE} & employment_changes(study).keys()),
        sets=annual_sets(),
    )
    return _cells_by_group(context, matched, groups, wanted, windows=())


def _cells_by_group(
    context: RunContext,
    matched: DataFrame,
    groups: UnitGroups,
    wanted: CellColumns,
    *,
    windows: Collection[str],
) -> GroupedCells:
    """Cells by group of units, of valid rows and of the years that these are of."""
    asked, census = context.sets.memberships, context.study.census
    sets = BitRange.of(sum(asked.bit(name) for name in wanted.sets if name in asked.positions))
    codes = (w.INDUSTRY, *map(w.window_industry, windows))
    parts = tuple(map(w.parts_column, codes)) if context.splits else ()
    rows = add_groups(matched, groups.groups).filter(F.col(w.REPLICATE_GROUP).isNotNull())
    if wanted.coarse and not parts:
        step = 10 ** (census.industry_digits - census.industry_group_digits)
        rows = rows.withColumns({code: first_of_group(code, step) for code in codes})
    packed = PackedKeys.of(
        [
            *_spans(context, codes),
            KeySpan(w.REPLICATE_GROUP, 0, max(groups.keys, default=0)),
            *(KeySpan(key, 0, max(QUARTILES)) for key in wanted.keys),
            KeySpan(w.MEMBERSHIP, 0, sets.highest),
        ]
    )
    summed = collect(
        sum_rows_by_group(
            rows.withColumn(w.MEMBERSHIP, sets.column(w.MEMBERSHIP)),
            packed=packed,
            keys=parts,
            amounts=wanted.amounts,
            changes=wanted.changes,
        )
    )
    columns = packed.unpack(_as_arrays(summed))
    columns[w.MEMBERSHIP] = sets.restored(columns[w.MEMBERSHIP])
    nothing = 0 * columns[w.ESTABLISHMENTS]
    columns |= dict.fromkeys((w.FLAGS, w.DUPLICATED_ID), nothing)
    cells = _market_cells(context, columns, windows=windows)
    return GroupedCells.of(cells, groups, decimals=census.decimals)


def _spans(context: RunContext, codes: Iterable[str]) -> Iterator[KeySpan]:
    """What numbers rows have as their year and in columns of industries."""
    years, largest = context.study.years, 10**context.study.census.industry_digits - 1
    yield KeySpan(w.YEAR, min(years), max(years))
    yield from (KeySpan(code, 0, largest) for code in codes)


def _uncertain_years(context: RunContext) -> tuple[int, ...]:
    """Ends of the windows whose results have errors: others need no sums by group."""
    windows = context.study.windows
    return tuple(sorted({year for window in windows for year in (window.start, window.end)}))


def _collect_cells(
    context: RunContext, matched: DataFrame, wanted: CellColumns
) -> dict[str, Whole]:
    """Columns of cells, by the industries of all windows and further keys."""
    codes = (w.INDUSTRY, *map(w.window_industry, industry_years(context.study)))
    parts = map(w.parts_column, codes) if context.splits else ()
    summed = collect_in_order(
        sum_market_cells(
            matched,
            industries=[*codes, *wanted.keys, *parts],
            amounts=wanted.amounts,
            changes=wanted.changes,
        )
    )
    return _as_arrays(summed)


def _as_arrays(summed: pa.Table) -> dict[str, Whole]:
    """Columns as arrays, nulls of keys as `NONE`."""
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
