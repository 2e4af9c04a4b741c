"""Groups of units as passes over rows take them, where a study tells how uncertain numbers are."""

from functools import partial

from pyspark.sql import DataFrame

from tradegains.families.context import MatchedCensus, RunContext
from tradegains.results.replicates import intervals_of, stated_of
from tradegains.statistics.replicated import DrawnGroups
from tradegains.transforms.replicate_units import add_groups


def with_drawn_groups(
    context: RunContext, matched: MatchedCensus, rows: DataFrame
) -> tuple[DataFrame, DrawnGroups | None]:
    """Matched rows with their group, and the groups; the rows as they are where there are none."""
    units = matched.groups
    if units is None:
        return rows, None
    intervals = partial(intervals_of, stated=stated_of(context.study))
    return add_groups(rows, units.groups), DrawnGroups(units.keys, intervals)
