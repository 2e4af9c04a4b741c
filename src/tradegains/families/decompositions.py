"""Decompositions of productivity growth into reallocation, entry, exit and growth within."""

from tradegains.families.context import ComputedTables, MatchedCensus, RunContext
from tradegains.transforms.replicate_units import add_groups


def decomposition_tables(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of `decompositions`."""
    study = context.study
    from tradegains.results.decomposition_replicates import decomposition_rows_with_errors
    from tradegains.results.decompositions import (
        decomposition_rows,
        panel_industries,
        panel_totals,
        panel_windows,
    )
    from tradegains.results.panels import without_groups
    from tradegains.statistics.panels import collect_panels

    groups = matched.groups
    with context.progress.step("decompose productivity") as step:
        panels = collect_panels(
            add_groups(matched.rows, groups.groups) if groups else matched.rows,
            panel_windows(study, context.sets),
            years=study.productivity.years,
            industries=panel_industries(study),
            totals=panel_totals(study, matched.cells),
            by_group=groups is not None,
        )
        rows = decomposition_rows(study, without_groups(panels) if groups else panels)
        if groups:
            rows = decomposition_rows_with_errors(study, rows, panels, groups)
        step.rows = len(rows)
    return ComputedTables({"decompositions": rows})
