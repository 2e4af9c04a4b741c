"""The regressions of a study, where it asks for any."""

from tradegains.families.measured import Matched, Measured, Measuring

REGRESSION_TABLES = ("regressions", "export_entry")


def regression_tables(run: Measuring, matched: Matched) -> Measured:
    """Rows of `regressions` and `export_entry`, where the study has the section."""
    if run.study.regressions is None:
        reason = "the study has no [regressions]"
        return Measured(absent={f"table {name}": reason for name in REGRESSION_TABLES})
    from tradegains.families.regression_families import estimate_families

    with run.progress.step("estimate regressions") as step:
        found = estimate_families(run, matched)
        step.rows = sum(map(len, found.tables.values()))
    return found
