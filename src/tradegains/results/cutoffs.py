"""The Melitz-Redding formulas beside the others: rows that assume a productivity cutoff."""

from collections.abc import Mapping

from tradegains.formulas.cutoff_on_data import (
    LogSalesPercentiles,
    MelitzReddingChanges,
    melitz_redding_on_log_sales,
)
from tradegains.formulas.distribution import SizeDistribution, SizeGroup
from tradegains.formulas.market_shares import MarketShareChanges
from tradegains.formulas.welfare import WelfareChange
from tradegains.results.sizes import FIT_SHARES, sales_group, share_of
from tradegains.study import MelitzRedding, Study, Window

LOCAL, GLOBAL = "melitz_redding_local", "melitz_redding_global"


def cutoff_changes(
    study: Study,
    window: Window,
    changes: MarketShareChanges,
    sizes: Mapping[SizeGroup, SizeDistribution],
) -> list[WelfareChange]:
    """Two changes per distribution, local and global; none where the study asks for none.

    Args:
        study: whose sigma and assumptions are taken.
        window: whose first year's log domestic sales are fitted.
        changes: of the whole economy over the window, scaled.
        sizes: percentiles of log domestic sales; without them (sampling weights) there is no row.
    """
    choices = study.welfare.melitz_redding
    if choices is None or sales_group(choices, window.start) not in sizes:
        return []
    found = sizes[sales_group(choices, window.start)]
    rows = []
    for distribution in choices.distributions:
        applied = _applied(study, changes, distribution, found)
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


def _applied(
    study: Study, changes: MarketShareChanges, distribution: str, found: SizeDistribution
) -> MelitzReddingChanges:
    choices = study.welfare.melitz_redding
    if choices is None or not found.establishments:
        reason = "no establishment sells at home in the first year"
        return MelitzReddingChanges(None, None, None, reason)
    return melitz_redding_on_log_sales(
        changes.delta_ln_domestic_share,
        _percentiles(choices, found),
        distribution=distribution,
        sigma=study.welfare.sigma,
        delta_ln_entry=choices.entry_change,
    )


def _percentiles(choices: MelitzRedding, found: SizeDistribution) -> LogSalesPercentiles:
    upper = choices.upper_percentile
    q20, q50, q80 = (found.quantiles[share] for share in FIT_SHARES)
    return LogSalesPercentiles(
        q20,
        q50,
        q80,
        cutoff=found.quantiles[share_of(choices.cutoff_percentile)],
        cutoff_at=choices.cutoff_percentile,
        upper=None if upper is None else found.quantiles[share_of(upper)],
        upper_at=upper,
    )
