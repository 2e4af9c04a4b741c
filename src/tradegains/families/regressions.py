"""The regressions of a study, where it asks for any."""

from tradegains.families.context import ComputedTables, MatchedCensus, RunContext


def regression_tables(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of `regressions` and `export_entry`."""
    from tradegains.families.regression_families import STEP, estimate_families

    with context.progress.step(STEP) as step:
        found = estimate_families(context, matched)
        step.rows = sum(map(len, found.tables.values()))
    return found
