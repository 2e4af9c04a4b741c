"""Names in a study that only the tables can judge: further columns, and results it takes up."""

from collections.abc import Iterator

from tradegains.errors import Problem, StudyError
from tradegains.formulas.membership import BOTH_ENDS, WORD_BITS
from tradegains.study import Study
from tradegains.tables.reserved import is_reserved


def name_problems(study: Study) -> Iterator[Problem]:
    """Why names in a study cannot stand, if they cannot.

    A check lists these with everything else, a run stops at them.
    """
    yield from _extra_column_problems(study)
    yield from _set_problems(study)
    if any(each.effect_from or each.share_from for each in study.accounting):
        # Not loaded without need: the published tables have PySpark's types.
        from tradegains.inputs.references import reference_problems

        yield from reference_problems(study)


def _extra_column_problems(study: Study) -> Iterator[Problem]:
    outcomes = study.regressions.adoptions if study.regressions else ()
    for column in study.census.extra_columns:
        if is_reserved(column, is_outcome=column in outcomes):
            yield Problem(
                f'extra column "{column}" has the name of a column that a run makes',
                "[census] extra_columns",
                cure="give the column another name in the files, or leave it out of extra_columns",
            )


def _set_problems(study: Study) -> Iterator[Problem]:
    """More sets than a run can keep: it would say so after its place in the queue came."""
    # Each window has a set of each rule and restriction, and two of exporters; six are of years.
    # Only where these may be too many they are counted in earnest, which takes PySpark's types.
    of_a_window = len({*study.matching.continuing, BOTH_ENDS}) + len(study.restrictions) + 2
    if len(study.windows) * of_a_window + len(study.populations) + 6 <= WORD_BITS:
        return
    from tradegains.results.sets import study_sets

    try:
        study_sets(study)
    except StudyError as error:
        yield from error.problems
