"""Who continues, enters and exits: in every window and between consecutive years."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tradegains.formulas.membership import BOTH_ENDS, MembershipBits, status_in_window
from tradegains.formulas.outcomes import rate
from tradegains.results.market import (
    Amounts,
    MarketCell,
    MarketCells,
    levels_of,
    money,
    sums_by,
)
from tradegains.results.sets import (
    BRIDGED_NEXT_YEAR,
    BRIDGED_PREVIOUS_YEAR,
    NEXT_YEAR,
    PREVIOUS_YEAR,
    consecutive_years,
    continuing_set,
)
from tradegains.study import Study

EVERYONE = "every status"

Status = Callable[[int, MarketCell], str | None]


@dataclass(frozen=True)
class _ComparedYears:
    """A pair of years whose establishments are compared, and how each cell's status is told."""

    name: str
    kind: str
    ends: tuple[int, int]
    rule: str
    status: Status


def demography_rows(study: Study, cells: MarketCells) -> list[dict[str, Any]]:
    """One row per period, continuing rule, level, industry, status and year.

    An establishment present at both ends that fails a stricter continuing rule has no status
    under that rule: it neither entered nor exited.
    """
    rows = []
    for period in _periods(study, cells.memberships):
        for year in period.ends:
            rows += _rows_of_year(study, period, year, cells.of_year(year))
    return rows


def _periods(study: Study, bits: MembershipBits) -> Iterator[_ComparedYears]:
    for window in study.windows:
        ends = (window.start, window.end)
        for rule in study.matching.continuing:
            status = _status_in_window(window.name, ends, rule, bits)
            yield _ComparedYears(window.name, "window", ends, rule, status)
    for ends in consecutive_years(study):
        name = f"{ends[0]}-{ends[1]}"
        status = _status_in_pair(ends, bits, bridging=study.matching.reactivation_years > 0)
        yield _ComparedYears(name, "annual", ends, BOTH_ENDS, status)


def _status_in_window(
    window: str, ends: tuple[int, int], rule: str, bits: MembershipBits
) -> Status:
    both, ruled = (bits.bit(continuing_set(window, each)) for each in (BOTH_ENDS, rule))

    def status(year: int, cell: MarketCell) -> str | None:
        if cell.membership & both and not cell.membership & ruled:
            return None
        return status_in_window(year, ends, at_both_ends=bool(cell.membership & both))

    return status


def _status_in_pair(ends: tuple[int, int], bits: MembershipBits, *, bridging: bool) -> Status:
    """By presence in the other year; who is absent there only for a while has not left."""
    later = BRIDGED_NEXT_YEAR if bridging else NEXT_YEAR
    earlier = BRIDGED_PREVIOUS_YEAR if bridging else PREVIOUS_YEAR

    def status(year: int, cell: MarketCell) -> str | None:
        other = later if year == ends[0] else earlier
        return status_in_window(year, ends, at_both_ends=bits.holds(cell.membership, other))

    return status


def _rows_of_year(
    study: Study, period: _ComparedYears, year: int, cells: Iterable[MarketCell]
) -> list[dict[str, Any]]:
    by_industry = sums_by(
        ((cell.industry_in(period.name), period.status(year, cell)), cell.amounts) for cell in cells
    )
    sums = sums_by(
        ((level, code, each), amounts)
        for (industry, status), amounts in by_industry.items()
        for level, code in levels_of(industry, study.census.industry_group_digits).items()
        for each in (status, EVERYONE)
    )
    return [
        _row(study, period, year, key, amounts, sums[key[0], key[1], EVERYONE])
        for key, amounts in sums.items()
        if key[2] not in (None, EVERYONE)
    ]


def _row(
    study: Study,
    period: _ComparedYears,
    year: int,
    key: tuple[str, str | None, str | None],
    amounts: Amounts,
    whole: Amounts,
) -> dict[str, Any]:
    level, industry, status = key
    has = study.census.has
    return {
        "window": period.name,
        "kind": period.kind,
        "continuing": period.rule,
        "level": level,
        "industry": industry,
        "status": status,
        "year": year,
        "establishments": amounts.establishments,
        "employment": amounts.jobs,
        "sales": money(amounts.sales),
        "exports": money(amounts.exports) if has("exports") else None,
        "domestic_sales": amounts.domestic_sales,
        "value_added": money(amounts.value_added) if has("value_added") else None,
        "establishment_rate": rate(amounts.establishments, whole.establishments),
        "employment_rate": rate(amounts.employment, whole.employment),
        "sales_rate": rate(amounts.sales, whole.sales),
    }
