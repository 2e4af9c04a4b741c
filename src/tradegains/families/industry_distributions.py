"""Distributions of single industries, and their dispersion in the layout of the US statistics."""

from collections.abc import Mapping

from pyspark.sql import DataFrame

from tradegains.families.measured import Measured, Measuring
from tradegains.formulas.distribution import Distribution
from tradegains.results.distributions import Medians, medians_of_pool
from tradegains.results.industry_distributions import (
    Group,
    dispersion_rows,
    industry_levels,
    industry_populations,
)
from tradegains.statistics.moments import PowerCells


def describe_wanted_industries(
    run: Measuring, described: DataFrame, powers: PowerCells, medians: Medians
) -> Mapping[Group, Distribution]:
    """Distribution of every industry at the levels that the study asks for; none at others."""
    levels = industry_levels(run.study)
    if not levels:
        return {}
    from tradegains.statistics.industry_distributions import IndustryAsking, describe_industries

    years = run.study.productivity.years
    asking = IndustryAsking(
        {year: medians_of_pool(medians, str(year)) for year in years},
        [(each.inside, each.outside) for each in industry_populations(run.study)],
        levels,
        run.sets.memberships,
    )
    with run.progress.step("describe industries") as step:
        found = describe_industries(described, asking, powers, row_limit=run.row_limit)
        step.rows = len(found)
    return found


def dispersion_tables(run: Measuring, by_industry: Mapping[Group, Distribution]) -> Measured:
    """Rows of `dispersion`, where the study has the section."""
    if run.study.dispersion is None:
        return Measured(absent={"table dispersion": "the study has no section [dispersion]"})
    return Measured({"dispersion": dispersion_rows(run.study, by_industry)})
