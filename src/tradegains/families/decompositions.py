"""Decompositions of productivity growth into reallocation, entry, exit and growth within."""

from tradegains.families.context import ComputedTables, MatchedCensus, RunContext, TableRows
from tradegains.results.sets import EXPORTER
from tradegains.results.sizes import NO_EXPORTS
from tradegains.tables.absence import Absence
from tradegains.transforms.replicate_units import add_groups

GROUPS = "decomposition_groups"


def decomposition_tables(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of `decompositions`, and by group where the study asks for groups."""
    study = context.study
    from tradegains.results.decomposition_groups import group_rows
    from tradegains.results.decomposition_replicates import decomposition_rows_with_errors
    from tradegains.results.decompositions import (
        decomposition_rows,
        panel_industries,
        panel_totals,
        panel_windows,
        unknown_flags,
    )
    from tradegains.results.panels import without_groups
    from tradegains.statistics.panels import collect_panels

    groups = matched.groups
    wants_groups = study.has_section("decomposition.groups")
    has_groups = wants_groups and study.census.has("exports")
    exporter = context.sets.memberships.bit(EXPORTER) if has_groups else 0
    absent = (Absence("table", GROUPS, None, NO_EXPORTS),) if wants_groups > has_groups else ()
    with context.progress.step("decompose productivity") as step:
        panels = collect_panels(
            add_groups(matched.rows, groups.groups) if groups else matched.rows,
            panel_windows(study, context.sets),
            years=study.productivity.years,
            industries=panel_industries(study),
            totals=panel_totals(study, matched.cells),
            by_group=groups is not None,
            marks=exporter,
            unknown=unknown_flags(study, context.unknown),
        )
        plain = without_groups(panels) if groups else panels
        rows = decomposition_rows(study, plain)
        tables: dict[str, TableRows] = {"decompositions": rows}
        if has_groups:
            tables[GROUPS] = group_rows(study, plain, rows, exporter=exporter)
        if groups:
            found = decomposition_rows_with_errors(study, rows, panels, groups)
            tables["decompositions"] = found
        step.rows = sum(map(len, tables.values()))
    return ComputedTables(tables, absent)
