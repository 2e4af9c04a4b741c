"""Decompositions of productivity growth into reallocation, entry, exit and growth within."""

from tradegains.families.measured import Matched, Measured, Measuring

DECOMPOSITION_TABLES = ("decompositions",)


def decomposition_tables(run: Measuring, matched: Matched) -> Measured:
    """Rows of `decompositions`, where the study has the section."""
    study = run.study
    if study.decomposition is None:
        return Measured(absent={"table decompositions": "the study has no [decomposition]"})
    from tradegains.results.decompositions import (
        decomposition_rows,
        panel_industries,
        panel_totals,
        panel_windows,
    )
    from tradegains.statistics.panels import collect_panels

    with run.progress.step("decompose productivity") as step:
        panels = collect_panels(
            matched.rows,
            panel_windows(study, run.sets),
            years=study.productivity.years,
            industries=panel_industries(study),
            totals=panel_totals(study, matched.cells),
        )
        rows = decomposition_rows(study, panels)
        step.rows = len(rows)
    return Measured({"decompositions": rows})
