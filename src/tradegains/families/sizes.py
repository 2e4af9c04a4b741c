"""Log sizes of establishments: described once, for their fits and for welfare with a cutoff."""

from tradegains.families.context import ComputedTables, MatchedCensus, RunContext
from tradegains.families.drawn_groups import with_drawn_groups
from tradegains.results.size_errors import size_rows_with_errors
from tradegains.results.sizes import (
    Sizes,
    size_absences,
    size_fit_rows,
    size_groups,
    size_histogram_rows,
)


def describe_wanted_sizes(context: RunContext, matched: MatchedCensus) -> Sizes:
    """Log sizes of every group that one of the wanted tables compares or fits."""
    groups = size_groups(context.study, context.wanted)
    if not groups:
        return {}
    from tradegains.statistics.sizes import describe_sizes

    fits = context.study.size_fits
    rows, drawn = with_drawn_groups(context, matched, matched.rows)
    with context.progress.step("describe sizes") as step:
        found = describe_sizes(
            rows,
            groups,
            bits=context.sets.memberships,
            removing=context.removing,
            bin_width=fits.bin_width if fits else 1.0,
            decimals=context.study.census.decimals,
            row_limit=context.row_limit,
            drawn=drawn,
        )
        step.rows = len(found)
    return dict(zip(groups, found, strict=True))


def size_tables(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of `size_fits` and `size_histograms`, where rows of the census have a size."""
    study = context.study
    absent = size_absences(study)
    if any(absence.kind == "table" for absence in absent):
        return ComputedTables(absent=absent)
    fits = size_fit_rows(study, matched.sizes, matched.cells)
    if study.uncertainty is not None:
        fits = size_rows_with_errors(study, fits, matched.sizes)
    tables = {
        "size_fits": fits,
        "size_histograms": size_histogram_rows(study, matched.sizes),
    }
    return ComputedTables(tables, absent)
