"""Decompositions of productivity growth into reallocation, entry, exit and growth within."""

from tradegains.families.context import ComputedTables, MatchedCensus, RunContext


def decomposition_tables(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of `decompositions`."""
    study = context.study
    from tradegains.results.decompositions import (
        decomposition_rows,
        panel_industries,
        panel_totals,
        panel_windows,
    )
    from tradegains.statistics.panels import collect_panels

    with context.progress.step("decompose productivity") as step:
        panels = collect_panels(
            matched.rows,
            panel_windows(study, context.sets),
            years=study.productivity.years,
            industries=panel_industries(study),
            totals=panel_totals(study, matched.cells),
        )
        rows = decomposition_rows(study, panels)
        step.rows = len(rows)
    return ComputedTables({"decompositions": rows})
