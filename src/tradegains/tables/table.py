"""How a published table is declared: once, here, and everything else derives from it.

The declaration says what a reader and a writer must know beforehand: columns, the key that tells
rows apart, the family of measures that makes it, the section of the study it needs. Schemas, units
in files, the order of columns on a screen, what `run --tables` takes, why a table is absent and the
tables of the documentation all follow. Writing holds the rows to it (`store.judging`).

What is true of a table as a whole has its place in `Table`, beside the key: how its cells add up,
say, or which columns tell how uncertain others are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from pyspark.sql.types import DataType, StructField, StructType

from tradegains.tables.disclosure import Disclosure


@dataclass(frozen=True)
class Range:
    """Numbers that a column may hold; a bound that is left out does not bind.

    Example:
        >>> print(Range(at_least=0, at_most=1), Range(above=0))
        [0, 1] (0, ∞)
    """

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def __str__(self) -> str:
        low, high = "(−∞", "∞)"
        if self.at_least is not None:
            low = f"[{self.at_least:g}"
        elif self.above is not None:
            low = f"({self.above:g}"
        if self.at_most is not None:
            high = f"{self.at_most:g}]"
        elif self.below is not None:
            high = f"{self.below:g})"
        return f"{low}, {high}"


STANDARD_ERROR = "standard_error"

AT_LEAST_0 = Range(at_least=0)
ABOVE_0 = Range(above=0)
SHARE = Range(at_least=0, at_most=1)


@dataclass(frozen=True)
class Column:
    """A column of a published table.

    Attributes:
        name: as readers see it.
        type: of its values.
        unit: of its numbers; empty where there is none.
        meaning: in a line.
        nullable: whether a row may lack it; for a number, `note` then says why.
        range: what its numbers may be; None: any finite number.
        words: what its texts may be, where the list is closed; else empty.
        section: section of the study without which no row has it; it is then not written at all,
            so that a table is to the last byte what it was before there was such a column. A
            column of every study has None.
    """

    name: str
    type: DataType
    unit: str
    meaning: str
    nullable: bool = False
    range: Range | None = None
    words: tuple[str, ...] = ()
    section: str | None = None


@dataclass(frozen=True)
class Table:
    """A published table.

    Attributes:
        name: as readers see it.
        title: what it tells, in a few words.
        family: the module of `families` that makes it; empty for `runs`, which publishing makes.
        columns: `run_id` first.
        key: columns that tell the rows of a run apart; null is a value of its own there.
        section: section of the study without which the table is absent, with dots for sections in
            sections; None: every study has it.
        inputs: optional inputs without which it is absent.
        first: numbers that get room on a screen before the others.
        uncertain: numbers that have a standard error in studies with `[uncertainty]`; the first
            has an interval too (`tables.columns.errors_of`).
        brackets: further numbers and the columns of their standard errors, which every study has.
        disclosure: what its numbers rest on and how its rows add up; None: nothing of it is
            released.
    """

    name: str
    title: str
    family: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    section: str | None = None
    inputs: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    brackets: tuple[tuple[str, str], ...] = ()
    disclosure: Disclosure | None = None

    def __post_init__(self) -> None:
        errors = [error for name in self.uncertain if (error := self.error_of(name))]
        declared = self.disclosure or Disclosure({}, why="nothing is released")
        disclosed = (*declared.numbers, *(each.over for each in declared.adds))
        named = {*self.key, *self.first, *self.uncertain, *errors, *disclosed}
        unknown = {*named, *chain.from_iterable(self.brackets)} - set(self.names)
        if unknown:
            raise ValueError(f"{self.name} has no column {', '.join(sorted(unknown))}")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: no column has that name.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def error_of(self, name: str) -> str | None:
        """The column with the standard error of a number; None where it has none."""
        if name not in self.uncertain:
            return None
        return STANDARD_ERROR if name == self.uncertain[0] else f"{name}_{STANDARD_ERROR}"

    @cached_property
    def errors(self) -> dict[str, str]:
        """Numbers and the columns of their standard errors, which stand in brackets in print."""
        return {name: str(self.error_of(name)) for name in self.uncertain} | dict(self.brackets)

    @cached_property
    def sometimes(self) -> frozenset[str]:
        """Columns that only studies with some section have."""
        return frozenset(column.name for column in self.columns if column.section)

    @property
    def schema(self) -> StructType:
        """Names and types of the columns."""
        return StructType([StructField(column.name, column.type) for column in self.columns])


def by_name(tables: Iterable[Table]) -> dict[str, Table]:
    """Tables by their names, in order.

    Raises:
        ValueError: a name comes twice.
    """
    found: dict[str, Table] = {}
    for table in tables:
        if table.name in found:
            raise ValueError(f"the table {table.name} is declared twice")
        found[table.name] = table
    return found
