"""The published tables, a module for each subject, in the order in which they are listed.

Every table is long and tidy, and every row carries the `run_id` of the run that published it.
A further table is declared in the module of its subject and named in the `TABLES` at its end.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import chain

from pyspark.sql.types import StructType

from tradegains.errors import Problem, StudyError
from tradegains.tables.published import (
    census,
    demography,
    growth,
    productivity,
    regressions,
    runs,
    sizes,
    trade,
    welfare,
)
from tradegains.tables.table import by_name

TABLES = by_name(
    chain.from_iterable(
        subject.TABLES
        for subject in (
            runs,
            census,
            demography,
            productivity,
            growth,
            welfare,
            sizes,
            trade,
            regressions,
        )
    )
)


MEASURED = tuple(name for name, table in TABLES.items() if table.family)
"""The tables that a run can be asked for: all but the record of the runs themselves."""


def chosen_tables(names: Iterable[str]) -> tuple[str, ...]:
    """The tables of these names, each once.

    Raises:
        StudyError: a name is none that a run makes; with the nearest that is.

    Example:
        >>> chosen_tables(["welfare", "moments", "welfare"])
        ('welfare', 'moments')
    """
    chosen = tuple(dict.fromkeys(names))
    problems = []
    for name in chosen:
        if name not in MEASURED:
            near = get_close_matches(str(name).lower(), MEASURED, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            cure = f"{meant}tables: {', '.join(MEASURED)}"
            problems.append(Problem(f"no run makes a table {name!r}", cure=cure))
    if not chosen:
        problems.append(Problem("no table is named", cure=f"tables: {', '.join(MEASURED)}"))
    if problems:
        raise StudyError(problems)
    return chosen


def tables_of(*families: str) -> tuple[str, ...]:
    """Names of the tables that these families make.

    Example:
        >>> tables_of("sizes", "trade")
        ('size_fits', 'size_histograms', 'intra_industry_trade')
    """
    return tuple(name for name, table in TABLES.items() if table.family in families)


def schema_of(name: str) -> StructType:
    """Schema of a published table.

    Example:
        >>> schema_of("quality").fieldNames()
        ['run_id', 'year', 'rule', 'action', 'rows']
    """
    return TABLES[name].schema
