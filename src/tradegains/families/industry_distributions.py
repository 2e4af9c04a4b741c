"""Distributions of single industries, and their dispersion in the layout of the US statistics."""

from collections.abc import Callable, Mapping

from pyspark.sql import DataFrame

from tradegains.families.context import ComputedTables, RunContext
from tradegains.formulas.distribution import Distribution
from tradegains.results.distributions import Medians, medians_of_pool
from tradegains.results.industry_distributions import (
    Group,
    dispersion_rows,
    industry_levels,
    industry_populations,
)
from tradegains.statistics.held_rows import HeldRows
from tradegains.statistics.moments import PowerCells
from tradegains.statistics.replicated import DrawnGroups


def describe_wanted_industries(
    context: RunContext,
    described: DataFrame,
    powers: PowerCells,
    medians: Medians,
    *,
    drawn: DrawnGroups | None = None,
    held: Callable[[], HeldRows] | None = None,
) -> Mapping[Group, Distribution]:
    """Distribution of every industry at the levels that the study asks for; none at others.

    With `drawn` groups, which the rows then have, also without each of them; from rows that are
    `held` on the driver where they are few enough.
    """
    levels = industry_levels(context.study)
    if not levels:
        return {}
    from tradegains.statistics.industry_distributions import IndustryTask, describe_industries

    years = context.study.productivity.years
    task = IndustryTask(
        {year: medians_of_pool(medians, str(year)) for year in years},
        [(each.inside, each.outside) for each in industry_populations(context.study)],
        levels,
        context.sets.memberships,
        drawn,
        held,
    )
    with context.progress.step("describe industries") as step:
        found = describe_industries(described, task, powers, row_limit=context.row_limit)
        step.rows = len(found)
    return dict[Group, Distribution](found.items())


def dispersion_tables(
    context: RunContext, by_industry: Mapping[Group, Distribution]
) -> ComputedTables:
    """Rows of `dispersion`, where the study has the section."""
    if not context.makes("dispersion"):
        return ComputedTables()
    rows = dispersion_rows(context.study, by_industry)
    if context.study.uncertainty is not None:
        from tradegains.results.distribution_errors import dispersion_rows_with_errors

        rows = dispersion_rows_with_errors(context.study, rows, by_industry)
    return ComputedTables({"dispersion": rows})
