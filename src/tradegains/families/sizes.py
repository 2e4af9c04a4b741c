"""Log sizes of establishments: described once, for their fits and for welfare with a cutoff."""

from tradegains.families.measured import Matched, Measured, Measuring
from tradegains.results.sizes import (
    SIZE_TABLES,
    Sizes,
    size_absences,
    size_fit_rows,
    size_groups,
    size_histogram_rows,
)


def describe_wanted_sizes(run: Measuring, matched: Matched) -> Sizes:
    """Log sizes of every group that one of the wanted tables compares or fits."""
    groups = size_groups(run.study, run.wanted)
    if not groups:
        return {}
    from tradegains.statistics.sizes import describe_sizes

    fits = run.study.size_fits
    with run.progress.step("describe sizes") as step:
        found = describe_sizes(
            matched.rows,
            groups,
            bits=run.sets.memberships,
            removing=run.removing,
            bin_width=fits.bin_width if fits else 1.0,
            row_limit=run.row_limit,
        )
        step.rows = len(found)
    return dict(zip(groups, found, strict=True))


def size_tables(run: Measuring, matched: Matched) -> Measured:
    """Rows of `size_fits` and `size_histograms`, where the study has the section."""
    absent = size_absences(run.study)
    if f"table {SIZE_TABLES[0]}" in absent:
        return Measured(absent=absent)
    tables = {
        "size_fits": size_fit_rows(run.study, matched.sizes, matched.cells, run.sets.memberships),
        "size_histograms": size_histogram_rows(run.study, matched.sizes),
    }
    return Measured(tables, absent)
