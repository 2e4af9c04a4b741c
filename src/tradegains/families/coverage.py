"""Coverage: the census's totals beside the control totals of another source."""

from tradegains.families.measured import Matched, Measured, Measuring

COVERAGE_TABLES = ("coverage",)


def coverage_tables(run: Measuring, matched: Matched) -> Measured:
    """Rows of `coverage`, where the study has control totals."""
    if not run.small.control_totals:
        return Measured(absent={"table coverage": "it needs the input control_totals"})
    from tradegains.results.coverage import coverage_rows

    return Measured({"coverage": coverage_rows(run.study, matched.cells, run.small.control_totals)})
