"""Productivity by size: a selection of a few quantiles, then one light pass."""

from pyspark.sql import DataFrame

from tradegains.families.measured import Measured, Measuring
from tradegains.results.distributions import Medians, medians_of_pool


def joint_tables(run: Measuring, described: DataFrame, medians: Medians) -> Measured:
    """Rows of `joint_distribution`, where the study has the section."""
    chosen, years = run.study.joint_distribution, run.study.productivity.years
    if chosen is None:
        reason = "the study has no section [joint_distribution]"
        return Measured(absent={"table joint_distribution": reason})
    from tradegains.results.joint_distribution import joint_rows
    from tradegains.statistics.joint_distribution import JointClasses, describe_joint

    classes = JointClasses(
        chosen.productivity_groups, chosen.weighting == "employment", chosen.size_edges
    )
    of_year = {year: medians_of_pool(medians, str(year)) for year in years}
    with run.progress.step("join productivity and size") as step:
        cuts, cells = describe_joint(described, of_year, classes, row_limit=run.row_limit)
        rows = joint_rows(run.study, cuts, cells)
        step.rows = len(rows)
    return Measured({"joint_distribution": rows})
