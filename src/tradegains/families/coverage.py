"""Coverage: the census's totals beside the control totals of another source."""

from tradegains.families.context import ComputedTables, MatchedCensus, RunContext


def coverage_tables(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of `coverage`."""
    from tradegains.results.coverage import coverage_rows

    controls = context.small.control_totals
    return ComputedTables({"coverage": coverage_rows(context.study, matched.cells, controls)})
