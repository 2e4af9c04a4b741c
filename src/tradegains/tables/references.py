"""A published number by name: `TABLE.COLUMN where COLUMN=VALUE, COLUMN=VALUE`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tradegains.tables.published import TABLES

FACTORS: Mapping[str, Mapping[str, float]] = {
    "effect": {
        "percent": 1.0,
        "log points": 100.0,
        "share": 100.0,
        "outcome per unit of the term": 100.0,
    },
    "share": {"share": 1.0, "percent": 0.01},
}
"""What a published number of a unit is multiplied by to become an effect [percent] or a share of
output. Coefficients explain log points or 0 and 1."""


@dataclass(frozen=True)
class Reference:
    """A column of a published table, and the values that select one of its rows.

    An empty value selects null.
    """

    table: str
    column: str
    where: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Table and column, as the study names them."""
        return f"{self.table}.{self.column}"

    @property
    def units(self) -> dict[str, str]:
        """Units of the table's columns; empty where there is no such table."""
        table = TABLES.get(self.table)
        return {column.name: column.unit for column in table.columns} if table else {}

    @property
    def unknown(self) -> str | None:
        """The first column that the table has not; None where it has them all."""
        return next((name for name in (self.column, *self.where) if name not in self.units), None)


def read_reference(text: str) -> Reference:
    """The reference that a text of the right form holds.

    Example:
        >>> read_reference("moments.p50 where year=1988, industry=")
        Reference(table='moments', column='p50', where={'year': '1988', 'industry': ''})
    """
    place, _, condition = text.partition(" where ")
    table, _, column = place.partition(".")
    parts = (part.partition("=") for part in condition.split(", ") if part)
    return Reference(table, column, {name: value for name, _, value in parts})
