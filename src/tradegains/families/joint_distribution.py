"""Productivity by size: a selection of a few quantiles, then one light pass."""

from pyspark.sql import DataFrame

from tradegains.families.context import ComputedTables, RunContext
from tradegains.results.distributions import Medians, medians_of_pool


def joint_tables(context: RunContext, described: DataFrame, medians: Medians) -> ComputedTables:
    """Rows of `joint_distribution`, where the study has the section."""
    chosen, years = context.study.joint_distribution, context.study.productivity.years
    if chosen is None:
        return ComputedTables()
    from tradegains.results.joint_distribution import joint_rows
    from tradegains.statistics.joint_distribution import JointClasses, describe_joint

    classes = JointClasses(
        chosen.productivity_groups, chosen.weighting == "employment", chosen.size_edges
    )
    of_year = {year: medians_of_pool(medians, str(year)) for year in years}
    with context.progress.step("join productivity and size") as step:
        cuts, cells = describe_joint(described, of_year, classes, row_limit=context.row_limit)
        rows = joint_rows(context.study, cuts, cells)
        step.rows = len(rows)
    return ComputedTables({"joint_distribution": rows})
