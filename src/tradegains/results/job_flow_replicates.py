"""Replicates of job flow rates, for `results.job_flows`'s rows: ratios of sums need no factor.

Decision: quartiles of productivity are those of all units, whoever is left out; that their cuts
were estimated, too, is not in the error.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from tradegains.formulas.job_flows import GrossJobFlows
from tradegains.results.job_flows import (
    BRIDGED,
    CONTINUING,
    EVERYONE,
    LEVELS_OF_GROUPS,
    LOWER_HALF,
    changes_of,
    outcomes,
    quartile_group,
)
from tradegains.results.market_cells import LEVELS, NONE, MarketCells, Whole, cut_to_level
from tradegains.results.periods import Period, consecutive, windows
from tradegains.results.replicates import (
    GroupedCells,
    Replicates,
    quotient,
    rows_with_errors_by_key,
    stated_of,
)
from tradegains.results.sums_by_group import SumsByGroup
from tradegains.study import Study
from tradegains.tables import working as w

Row = Mapping[str, Any]
_Key = tuple[Any, ...]
_KEY = ("window", "level", "industry", "productivity_group")
_FLOWS = tuple(field.name for field in fields(GrossJobFlows))
_ALL = 0
"""In the place of a quartile, where there are none."""


def job_flow_rows_with_errors(
    study: Study,
    rows: Iterable[Row],
    grouped: GroupedCells,
    *,
    annual: GroupedCells | None,
    by_quartile: GroupedCells | None,
) -> list[dict[str, Any]]:
    """Rows of `job_flows` with the errors of their rates.

    Args:
        study: whose periods the rows are of.
        rows: as `job_flow_rows` gives them.
        grouped: market cells with the changes of employment, by group of units.
        annual: those of every year, where consecutive years are compared.
        by_quartile: those of the windows' first years by quartile of productivity, if any.
    """
    found: dict[_Key, dict[str, Replicates]] = {}
    for period in windows(study):
        found |= _rates(study, _flows(period, grouped), period, LEVELS)
        if by_quartile is not None:
            found |= _rates(study, _start(period, by_quartile), period, LEVELS_OF_GROUPS)
    if annual is not None:
        for period in consecutive(study):
            found |= _rates(study, _flows(period, annual), period, LEVELS)
    return rows_with_errors_by_key("job_flows", rows, found, stated_of(study), key=_KEY)


def _flows(period: Period, grouped: GroupedCells) -> SumsByGroup:
    """Flows of all by industry and, which is `_ALL`, quartile."""
    first, last = (
        grouped.cells.of_year(year).known(name)
        for year, name in zip(period.ends, (period.starting, period.ending), strict=True)
    )
    parts = [_of_start(period, first), _of_end(period, last)]
    codes = np.concatenate([cells.industry_in(period.name) for cells in (first, last)])
    numbers = np.concatenate([cells[w.REPLICATE_GROUP] for cells in (first, last)])
    amounts = {
        name: np.concatenate([np.broadcast_to(getattr(flows, name), len(cells))
                              for flows, cells in zip(parts, (first, last), strict=True)])
        for name in _FLOWS
    }  # fmt: skip
    there = np.concatenate([np.ones(len(first), bool), ~_continues(period, last)])
    return SumsByGroup.of(
        [codes[there], np.full(there.sum(), _ALL)],
        numbers[there],
        {name: each[there] for name, each in amounts.items()},
        count=grouped.groups,
    )


def _start(period: Period, grouped: GroupedCells) -> SumsByGroup:
    """Flows of the establishments of the first year by industry and quartile."""
    first = grouped.cells.of_year(period.ends[0]).known(period.starting)
    flows = _of_start(period, first)
    amounts = {name: np.broadcast_to(getattr(flows, name), len(first)) for name in _FLOWS}
    return grouped.sums((first.industry_in(period.name), first[w.QUARTILE]), amounts, first)


def _of_start(period: Period, cells: MarketCells) -> Any:
    """Flows of each cell of the first year, as arrays in the place of numbers."""
    outcome = outcomes(cells, period.also_at_end, period.bridged and period.bridged[0])
    stayed, is_back = outcome == CONTINUING, outcome == BRIDGED
    jobs: Any = cells[w.EMPLOYMENT]
    gained, lost = (np.where(stayed, cells[name], 0) for name in changes_of(period))
    away: Any = np.where(is_back, jobs, 0)
    of_exiters: Any = np.where(stayed | is_back, 0, jobs)
    staying: Any = np.where(stayed, jobs, 0)
    return (
        GrossJobFlows.of_continuing(staying, gained=gained, lost=lost)  # type: ignore[arg-type]
        + GrossJobFlows.of_continuing(away, gained=0, lost=away)
        + GrossJobFlows.of_exiters(of_exiters)
    )


def _of_end(period: Period, cells: MarketCells) -> Any:
    """Likewise of the last year, of those that were not there in the first."""
    outcome = outcomes(cells, period.also_at_start, period.bridged and period.bridged[1])
    jobs: Any = np.where(outcome == CONTINUING, 0, cells[w.EMPLOYMENT])
    back: Any = np.where(outcome == BRIDGED, jobs, 0)
    return GrossJobFlows.of_continuing(0, gained=back, lost=0) + GrossJobFlows.of_entrants(
        jobs - back
    )


def _continues(period: Period, cells: MarketCells) -> Whole:
    sets = (period.also_at_start, period.bridged and period.bridged[1])
    is_there: Whole = outcomes(cells, *sets) == CONTINUING
    return is_there


def _rates(
    study: Study, flows: SumsByGroup, period: Period, levels: Iterable[str]
) -> dict[_Key, dict[str, Replicates]]:
    """Rates without each group by window, level, industry and productivity group."""
    census = study.census
    found: dict[_Key, dict[str, Replicates]] = {}
    for level in levels:
        at, codes = cut_to_level(
            flows.keys[0],
            level,
            digits=census.industry_digits,
            group_digits=census.industry_group_digits,
        )
        digits = census.industry_group_digits if level == "industry2" else census.industry_digits
        of_level = flows.where(at)
        for group, chosen in _groups(of_level.keys[1]):
            sums = of_level.where(chosen).added_up([codes[at][chosen]])
            rates = _of_sums(sums)
            for place, number in enumerate(sums.keys[0].tolist()):
                code = w.industry_code(None if number == NONE else number, digits)
                key = (period.name, level, code, group)
                found[key] = {name: each[place] for name, each in rates.items()}
    return found


def _groups(quartiles: Whole) -> Iterator[tuple[str, Whole]]:
    """Productivity groups and the places of each; all together where there are no quartiles."""
    if (quartiles == _ALL).all():
        yield EVERYONE, quartiles == _ALL
        return
    for quartile in np.unique(quartiles).tolist():
        yield quartile_group(None if quartile == NONE else quartile), quartiles == quartile
    yield LOWER_HALF, (quartiles == 1) | (quartiles == 2)


def _of_sums(sums: SumsByGroup) -> dict[str, Replicates]:
    left: dict[str, Any] = {name: sums.without(name) for name in _FLOWS}
    flows = GrossJobFlows(**left)
    return {
        "creation_rate": quotient(flows.creation, flows.average_employment),
        "destruction_rate": quotient(flows.destruction, flows.average_employment),
        "destruction_share": quotient(flows.destruction, flows.employment_start),
    }
