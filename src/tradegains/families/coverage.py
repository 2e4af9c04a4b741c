"""Coverage: the census's totals beside the control totals of another source."""

from tradegains.families.context import ComputedTables, MatchedCensus, RunContext

COVERAGE_TABLES = ("coverage",)


def coverage_tables(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of `coverage`, where the study has control totals."""
    if not context.small.control_totals:
        return ComputedTables(absent={"table coverage": "it needs the input control_totals"})
    from tradegains.results.coverage import coverage_rows

    return ComputedTables(
        {"coverage": coverage_rows(context.study, matched.cells, context.small.control_totals)}
    )
