"""The published tables, a module for each subject, in the order in which they are listed.

Every table is long and tidy, and every row carries the `run_id` of the run that published it.
A further table is declared in the module of its subject and named in the `TABLES` at its end.
"""

from itertools import chain

from pyspark.sql.types import StructType

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


def schema_of(name: str) -> StructType:
    """Schema of a published table.

    Example:
        >>> schema_of("quality").fieldNames()
        ['run_id', 'year', 'rule', 'action', 'rows']
    """
    return TABLES[name].schema
