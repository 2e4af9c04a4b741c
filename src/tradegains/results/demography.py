"""Who continues, enters and exits: in every window and between consecutive years."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import sub
from typing import Any

import numpy as np

from tradegains.formulas.fixed_point import EMPLOYMENT_UNITS, from_fixed_point, money
from tradegains.formulas.membership import BOTH_ENDS, status_in_window
from tradegains.formulas.outcomes import joined_notes, rate
from tradegains.results.market import Amounts
from tradegains.results.market_cells import (
    LEVELS,
    LevelSums,
    MarketCells,
    Whole,
    cut_to_level,
    unknown_note,
)
from tradegains.results.replicates import (
    GroupedCells,
    Replicates,
    quotient,
    rows_with_errors_by_key,
)
from tradegains.results.sets import (
    BRIDGED_NEXT_YEAR,
    BRIDGED_PREVIOUS_YEAR,
    MEASURES,
    NEXT_YEAR,
    PREVIOUS_YEAR,
    SetName,
    consecutive_years,
    continuing_set,
)
from tradegains.study import Study, Uncertainty
from tradegains.tables import working as w
from tradegains.tables.row_columns import Block, RowColumns


@dataclass(frozen=True)
class _ComparedYears:
    """A pair of years whose establishments are compared, and how each cell's status is told.

    Attributes:
        name: of the window, or START-END.
        kind: window or annual.
        ends: first and last year.
        rule: continuing rule.
        in_both: by year, the rows whose establishment is there at the other end.
        ruled: those of them that the rule takes.
    """

    name: str
    kind: str
    ends: tuple[int, int]
    rule: str
    in_both: Mapping[int, SetName]
    ruled: Mapping[int, SetName]


def demography_rows(study: Study, cells: MarketCells) -> RowColumns:
    """One row per period, continuing rule, level, industry, status and year.

    An establishment present at both ends that fails a stricter continuing rule has no status
    under that rule: it neither entered nor exited.
    """
    return RowColumns.of(
        block
        for period in _periods(study)
        for year in period.ends
        for block in _blocks(study, period, year, cells.of_year(year))
    )


def _periods(study: Study) -> Iterator[_ComparedYears]:
    for window in study.windows:
        ends = (window.start, window.end)
        both = dict.fromkeys(ends, continuing_set(window.name, BOTH_ENDS))
        for rule in study.matching.continuing:
            ruled = dict.fromkeys(ends, continuing_set(window.name, rule))
            yield _ComparedYears(window.name, "window", ends, rule, both, ruled)
    # Who is absent in the other year only for a while has not left.
    bridging = study.matching.reactivation_years > 0
    later = BRIDGED_NEXT_YEAR if bridging else NEXT_YEAR
    earlier = BRIDGED_PREVIOUS_YEAR if bridging else PREVIOUS_YEAR
    for start, end in consecutive_years(study):
        both = {start: later, end: earlier}
        yield _ComparedYears(f"{start}-{end}", "annual", (start, end), BOTH_ENDS, both, both)


def _period_at(period: _ComparedYears, year: int) -> str:
    """What a period is called in sets of what is unknown at its ends."""
    if period.kind == "window":
        return period.name
    return "next_year" if year == period.ends[0] else "previous_year"


def _blocks(study: Study, period: _ComparedYears, year: int, cells: MarketCells) -> Iterator[Block]:
    """Rows of the establishments of a year at one end of a period, a block for each level."""
    digits, known = study.census.industry_group_digits, cells.known(_period_at(period, year))
    in_both, ruled = (known.inside(sets[year]) for sets in (period.in_both, period.ruled))
    has_status = (status_in_window(year, period.ends, at_both_ends=each) for each in (False, True))
    statuses = tuple(has_status)
    industry = known.industry_in(period.name)
    lacking = {}
    for measure in MEASURES:
        lost = known.unknown(_period_at(period, year), (measure,))
        if lost.any():
            keys = (industry[lost], digits, in_both[lost], ruled[lost])
            lacking[measure] = known.where(lost).amounts_by_level(*keys)
    for sums in known.by_level(industry, digits, in_both, ruled):
        is_in_both, is_ruled = sums.keys
        kept = np.flatnonzero(is_ruled | ~is_in_both)
        yield (
            len(kept),
            {
                "window": period.name,
                "kind": period.kind,
                "continuing": period.rule,
                "level": sums.level,
                "industry": [sums.codes[place] for place in kept.tolist()],
                "status": [statuses[each] for each in is_in_both[kept].tolist()],
                "year": year,
                **_amounts(study, sums, kept),
                "note": [_note(sums, place, lacking) for place in kept.tolist()],
            },
        )


def _note(
    sums: LevelSums, place: int, lacking: Mapping[str, Mapping[tuple[Any, ...], Amounts]]
) -> str:
    """How many establishments of a row lack which measure."""
    if not lacking:
        return ""
    key = (sums.level, sums.codes[place], *(each[place] for each in sums.keys))
    return joined_notes(
        *(
            unknown_note(measure, found.get(key, Amounts()).establishments)
            for measure, found in lacking.items()
        )
    )


def demography_rows_with_errors(
    study: Study,
    rows: Collection[Mapping[str, Any]],
    grouped: GroupedCells,
    *,
    annual: GroupedCells | None,
    stated: Uncertainty,
) -> list[dict[str, Any]]:
    """Rows of `demography` with the errors of their rates.

    Args:
        study: whose windows and rules the rows are of.
        rows: as `demography_rows` gives them.
        grouped: the market cells by group.
        annual: those of every year by group, where consecutive years are compared.
        stated: how errors are told.
    """
    rates: dict[tuple[Any, ...], dict[str, Replicates]] = {}
    for period in _periods(study):
        cells = annual if period.kind == "annual" else grouped
        if cells is not None:
            for year in period.ends:
                rates |= _rates_without(study, period, year, cells)
    return rows_with_errors_by_key("demography", rows, rates, stated, key=_KEY)


_KEY = ("window", "kind", "continuing", "level", "industry", "status", "year")
_RATES = {"employment_rate": w.EMPLOYMENT, "establishment_rate": w.ESTABLISHMENTS,
          "sales_rate": w.SALES}  # fmt: skip


def _rates_without(
    study: Study, period: _ComparedYears, year: int, grouped: GroupedCells
) -> dict[tuple[Any, ...], dict[str, Replicates]]:
    """Rates of each status at one end of a period without each group: ratios need no factor."""
    cells = grouped.cells.of_year(year).known(_period_at(period, year))
    in_both, ruled = (cells.inside(sets[year]) for sets in (period.in_both, period.ruled))
    amounts = {name: cells[amount] for name, amount in _RATES.items()}
    # Who is in both years and meets no rule has no status, and is one of all.
    statuses = np.where(in_both, np.where(ruled, 1, 2), 0)
    finest = grouped.sums((cells.industry_in(period.name), statuses), amounts, cells)
    found = {}
    for level in LEVELS:
        at, codes = cut_to_level(
            finest.keys[0],
            level,
            digits=cells.digits,
            group_digits=study.census.industry_group_digits,
        )
        of_level, codes = finest.where(at), codes[at]
        everyone = of_level.added_up([codes])
        parts = of_level.added_up([codes, of_level.keys[1]])
        whole = np.searchsorted(everyone.keys[0], parts.keys[0])
        left = {name: quotient(parts.without(name), everyone.without(name)[whole])
                for name in _RATES}  # fmt: skip
        digits = study.census.industry_group_digits if level == "industry2" else cells.digits
        for place, (number, in_status) in enumerate(zip(*parts.keys, strict=True)):
            if in_status < 2:
                status = status_in_window(year, period.ends, at_both_ends=bool(in_status))
                code = cells.code(int(number), digits)
                key = (period.name, period.kind, period.rule, level, code, status, year)
                found[key] = {name: each[place] for name, each in left.items()}
    return found


def _amounts(study: Study, sums: LevelSums, kept: Whole) -> dict[str, Any]:
    """Amounts of some positions in whole units, and their share of all of their industry."""
    has, decimals = study.census.has, study.census.decimals
    own = {name: column[kept].tolist() for name, column in sums.sums.items()}

    def in_money(units: Sequence[int]) -> list[float]:
        return [money(each, decimals) for each in units]

    def share_of_all(name: str) -> list[float | None]:
        return list(map(rate, own[name], sums.of_industry(name)[kept].tolist()))

    return {
        "establishments": own[w.ESTABLISHMENTS],
        "employment": [from_fixed_point(each, EMPLOYMENT_UNITS) for each in own[w.EMPLOYMENT]],
        "sales": in_money(own[w.SALES]),
        "exports": in_money(own[w.EXPORTS]) if has("exports") else None,
        "domestic_sales": in_money(list(map(sub, own[w.SALES], own[w.EXPORTS]))),
        "value_added": in_money(own[w.VALUE_ADDED]) if has("value_added") else None,
        "establishment_rate": share_of_all(w.ESTABLISHMENTS),
        "employment_rate": share_of_all(w.EMPLOYMENT),
        "sales_rate": share_of_all(w.SALES),
    }
