"""The match: matched rows, written once for every later pass, and their sums by market cell."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.families.context import MatchedCensus, RunContext
from tradegains.families.first_years import FirstYears
from tradegains.families.preparing import measure_rows
from tradegains.families.work_folders import MATCHED, WITHOUT_DUPLICATES
from tradegains.results.market_cells import (
    NONE,
    MarketCells,
    Whole,
    put_in_order,
    without_key,
)
from tradegains.results.replicates import GroupedCells, UnitGroups
from tradegains.results.sets import (
    CONSECUTIVE,
    annual_sets,
    consecutive_years,
    employment_changes,
    industry_years,
)
from tradegains.statistics.collecting import collect, collect_in_order
from tradegains.study import Study
from tradegains.tables import working as w
from tradegains.tables.flags import FLAG_BITS
from tradegains.transforms.bits import has_bits
from tradegains.transforms.cells import sum_annual_rows, sum_market_cells
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
    """What market cells have: further keys, and the sums that are wanted of them."""

    keys: tuple[str, ...] = ()
    amounts: tuple[str, ...] = w.AMOUNTS
    changes: tuple[str, ...] = ()

    @staticmethod
    def every(study: Study) -> "CellColumns":
        """All sums, and no further key."""
        return CellColumns(changes=tuple(employment_changes(study)))

    @staticmethod
    def of_flows(study: Study, *keys: str) -> "CellColumns":
        """What job flows between the ends of windows are made of: half as many sums."""
        changes = (name for name in employment_changes(study) if name != CONSECUTIVE)
        return CellColumns(keys, (w.EMPLOYMENT,), tuple(changes))


def sum_grouped_cells(
    context: RunContext, matched: DataFrame, groups: UnitGroups | None, wanted: CellColumns
) -> tuple[MarketCells, GroupedCells | None]:
    """Market cells, and the same by group of units where there are any, from one pass."""
    if groups is None:
        return _market_cells(context, _collect_cells(context, matched, wanted)), None
    by_group = add_groups(matched, groups.groups, years=_uncertain_years(context))
    columns = _collect_grouped_cells(context, by_group, groups, wanted)
    grouped = _market_cells(context, columns)
    cells = _market_cells(context, without_key(columns, w.REPLICATE_GROUP))
    return cells, GroupedCells.of(grouped, groups, decimals=context.study.census.decimals)


def sum_annual_cells(
    context: RunContext, matched: DataFrame, groups: UnitGroups
) -> GroupedCells | None:
    """Cells of every year by group of units and by who is there in the years beside it alone.

    None where the study compares no consecutive years. In the pass of all cells groups would stand
    beside every set of every window; here beside four, and what is unknown of those years.
    """
    if not consecutive_years(context.study):
        return None
    asked = context.sets.memberships
    bits = [asked.bit(name) for name in annual_sets() if name in asked.positions]
    marks = {f"in_{place}": bit for place, bit in enumerate(bits)}
    rows = add_groups(matched, groups.groups).filter(F.col(w.REPLICATE_GROUP).isNotNull())
    rows = rows.withColumns(
        {name: F.when(has_bits(w.MEMBERSHIP, bit), 1).otherwise(0) for name, bit in marks.items()}
    )
    group = KeySpan(w.REPLICATE_GROUP, 0, max(groups.keys, default=0))
    packed = PackedKeys.of(
        [*_spans(context, (w.INDUSTRY,)), *(KeySpan(name, 0, 1) for name in marks), group]
    )
    parts = (w.parts_column(w.INDUSTRY),) if context.splits else ()
    changes = tuple({CONSECUTIVE} & employment_changes(context.study).keys())
    summed = collect(sum_annual_rows(rows, packed=packed, keys=parts, changes=changes))
    columns = packed.unpack(_as_arrays(summed))
    nothing = 0 * columns[w.ESTABLISHMENTS]
    columns[w.MEMBERSHIP] = sum((columns.pop(name) * bit for name, bit in marks.items()), nothing)
    columns |= dict.fromkeys((w.FLAGS, w.DUPLICATED_ID), nothing)
    return GroupedCells.of(
        _market_cells(context, columns, windows=()), groups, decimals=context.study.census.decimals
    )


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


def _collect_grouped_cells(
    context: RunContext, matched: DataFrame, groups: UnitGroups, wanted: CellColumns
) -> dict[str, Whole]:
    """The same by group of units, in the order of the other keys."""
    codes = (w.INDUSTRY, *map(w.window_industry, industry_years(context.study)))
    parts = tuple(map(w.parts_column, codes)) if context.splits else ()
    group = KeySpan(w.REPLICATE_GROUP, 0, max(groups.keys, default=0))
    every = [KeySpan(w.FLAGS, 0, 2 * max(FLAG_BITS.values()) - 1), group, *_spans(context, codes)]
    packed = PackedKeys.of(every)
    industries = [*codes, *wanted.keys, *parts, w.REPLICATE_GROUP]
    summed = collect(
        sum_market_cells(
            matched,
            industries=industries,
            amounts=wanted.amounts,
            changes=wanted.changes,
            packed=packed,
        )
    )
    columns = packed.unpack(_as_arrays(summed))
    return put_in_order(columns, [w.YEAR, w.FLAGS, w.MEMBERSHIP, *industries])


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
