"""The Melitz-Redding formulas beside the others: rows that assume a productivity cutoff."""

from collections.abc import Mapping

from tradegains.formulas.cutoff_on_data import (
    LogSalesPercentiles,
    MelitzReddingChanges,
    melitz_redding_on_log_sales,
)
from tradegains.formulas.distribution import SizeDistribution, SizeGroup
from tradegains.formulas.market_shares import MarketShareChanges
from tradegains.formulas.outcomes import Outcome, delta_ln
from tradegains.formulas.pareto_fit import hill_tail
from tradegains.formulas.welfare import WelfareChange
from tradegains.results.market_cells import MarketCells
from tradegains.results.sets import PREVIOUS_YEAR
from tradegains.results.sizes import sales_group, sales_shares, share_of
from tradegains.study import MelitzRedding, Study, Window

LOCAL, GLOBAL = "melitz_redding_local", "melitz_redding_global"


def cutoff_changes(
    study: Study,
    window: Window,
    changes: MarketShareChanges,
    *,
    sizes: Mapping[SizeGroup, SizeDistribution],
    entry: Mapping[str, Outcome],
) -> list[WelfareChange]:
    """Two changes per distribution, local and global; none where the study asks for none.

    Args:
        study: whose sigma and assumptions are taken.
        window: whose first year's log domestic sales are fitted.
        changes: of the whole economy over the window, scaled.
        sizes: percentiles of log domestic sales; without them (sampling weights) there is no row.
        entry: scaled change of the log of the number of entrants by window, where the study counts
            them.
    """
    choices = study.welfare.melitz_redding
    if choices is None or sales_group(choices, window.start) not in sizes:
        return []
    found = sizes[sales_group(choices, window.start)]
    rows = []
    for distribution in choices.distributions:
        applied = _applied(study, changes, distribution, (found, _entry(choices, window, entry)))
        for formula, value in ((LOCAL, applied.local_change), (GLOBAL, applied.global_change)):
            rows.append(
                WelfareChange(
                    formula=formula,
                    elasticity=study.welfare.sigma,
                    changes=changes,
                    domestic_share_term=None,
                    continuing_share_term=None,
                    welfare_change=value,
                    note=applied.note,
                    distribution=distribution,
                    hazard=applied.hazard,
                )
            )
    return rows


def entry_changes(study: Study, cells: MarketCells) -> dict[str, Outcome]:
    """Scaled change of the log of the number of entrants by welfare window [log points].

    Between its first pair of consecutive years and its last; none where the study counts nobody.
    Source: HLOY, eq. 2 and 3: what M^e would be if whoever pays to draw were seen to enter.
    """
    choices = study.welfare.melitz_redding
    if choices is None or choices.entry_counts is None:
        return {}
    windows = map(study.window, study.welfare.windows)
    return {window.name: _change_of_entry(window, cells) for window in windows}


def _change_of_entry(window: Window, cells: MarketCells) -> Outcome:
    first, last = (_entrants(year, cells) for year in (window.start + 1, window.end))
    found = delta_ln(first, last, name="the number of entrants")
    return found if found.value is None else Outcome(found.value * window.scale)


def _entrants(year: int, cells: MarketCells) -> int:
    """Establishments of a year that were not there in the year before."""
    of_year = cells.of_year(year)
    return of_year.where(~of_year.inside(PREVIOUS_YEAR)).total.establishments


def _entry(choices: MelitzRedding, window: Window, counted: Mapping[str, Outcome]) -> Outcome:
    if choices.entry_change is not None:
        return Outcome(choices.entry_change)
    return counted.get(window.name, Outcome(None, "the number of entrants is not known"))


def _applied(
    study: Study,
    changes: MarketShareChanges,
    distribution: str,
    measured: tuple[SizeDistribution, Outcome],
) -> MelitzReddingChanges:
    choices, (found, entry) = study.welfare.melitz_redding, measured
    if entry.value is None:
        return MelitzReddingChanges(None, None, None, entry.note)
    if choices is None or not found.establishments:
        reason = "no establishment sells at home in the first year"
        return MelitzReddingChanges(None, None, None, reason)
    return melitz_redding_on_log_sales(
        changes.delta_ln_domestic_share,
        _percentiles(choices, found),
        distribution=distribution,
        sigma=study.welfare.sigma,
        delta_ln_entry=entry.value,
    )


def _percentiles(choices: MelitzRedding, found: SizeDistribution) -> LogSalesPercentiles:
    upper, (low, middle, high) = choices.upper_percentile, sales_shares(choices)
    return LogSalesPercentiles(
        found.quantiles[low],
        found.quantiles[middle],
        found.quantiles[high],
        cutoff=found.quantiles[share_of(choices.cutoff_percentile)],
        cutoff_at=choices.cutoff_percentile,
        upper=None if upper is None else found.quantiles[share_of(upper)],
        upper_at=upper,
        tail=hill_tail(found.tail.establishments, found.tail.log_excess) if found.tail else None,
        tail_at=choices.tail_percentile,
        shares=(float(low), float(middle), float(high)),
    )
