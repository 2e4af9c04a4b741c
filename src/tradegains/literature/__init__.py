"""Published numbers with their citations: for comparison, never as an input to a result.

The numbers are printed percentages (100 × Δln for welfare), copied digit by digit into the CSV
files beside this module. A publication is named by a slug, the `publication` key of a study.

Source: Hsieh, Li, Ossa and Yang (2023), Tables 1, A1, B1, B2 and C1; Melitz and Trefler (2012),
Tables 1 and 2 and the text.
"""

import csv
from collections.abc import Callable
from dataclasses import Field, dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Protocol, TypeVar

HLOY = "hsieh-li-ossa-yang-2023"
MELITZ_TREFLER = "melitz-trefler-2012"


class _Record(Protocol):
    """What every dataclass has."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Row = TypeVar("Row", bound=_Record)
_READERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    float: float,
    float | None: lambda cell: float(cell) if cell else None,
}


@dataclass(frozen=True)
class Paper:
    """A paper: its slug, full citation and DOI (empty when it has none)."""

    publication: str
    citation: str
    doi: str


@dataclass(frozen=True)
class WindowsRow:
    """A quantity before and after the agreement [percent]; the elasticity it was printed with.

    Identity: difference = post - pre up to the rounding of the three printed numbers.
    """

    quantity: str
    label: str
    elasticity: float | None
    pre: float
    post: float
    difference: float
    where: str


@dataclass(frozen=True)
class IndustryRow:
    """Welfare change of one industry, or of an aggregate when `industry` is empty [percent]."""

    level: str
    industry: str
    pre: float
    post: float
    difference: float
    where: str


@dataclass(frozen=True)
class ElasticityRow:
    """One study's estimate of an elasticity."""

    study: str
    data: str
    method: str
    estimate: float


@dataclass(frozen=True)
class ImportSourcesRow:
    """A post-agreement quantity, with imports from a table and from the census [percent]."""

    quantity: str
    elasticity: float | None
    imports_table: float
    exports: float
    where: str


@dataclass(frozen=True)
class AdoptionRow:
    """Adoption rates of new exporters and nonexporters, and the estimated effect [percent]."""

    outcome: str
    new_exporters: float
    nonexporters: float
    difference: float
    late: float
    where: str


@dataclass(frozen=True)
class ContributionRow:
    """A component of productivity growth [percent]; the last row is the total."""

    name: str
    component: str
    contribution: float
    where: str


@dataclass(frozen=True)
class QuotedNumber:
    """A number that a paper gives in its text."""

    publication: str
    name: str
    value: float
    unit: str
    where: str


def publication(slug: str) -> Paper:
    """The paper with this slug.

    Raises:
        KeyError: no such publication; the message lists those there are.

    Example:
        >>> publication("melitz-trefler-2012").doi
        '10.1257/jep.26.2.91'
    """
    known = {paper.publication: paper for paper in publications()}
    if slug not in known:
        raise KeyError(f"no publication {slug!r}; known: {', '.join(known)}")
    return known[slug]


@cache
def publications() -> tuple[Paper, ...]:
    """Every paper of this room."""
    return _rows("publications", Paper)


@cache
def table_1() -> tuple[WindowsRow, ...]:
    """Table 1 of HLOY: five rows; `quantity` names the column of `welfare` or the formula.

    Example:
        >>> [(row.quantity, row.post) for row in table_1()][3]
        ('welfare_hloy', 5.1)
    """
    return _rows("hloy_table_1", WindowsRow)


@cache
def table_a1() -> tuple[IndustryRow, ...]:
    """Table A1 of HLOY: 22 industries, then `industries_aggregated` and `total`.

    Example:
        >>> len(table_a1()), table_a1()[16].industry, table_a1()[16].post
        (24, '32', 23.27)
    """
    return _rows("hloy_table_a1", IndustryRow)


@cache
def table_b1() -> tuple[ElasticityRow, ...]:
    """Table B1 of HLOY: nine estimates of sigma. They average 3.686, not the 3.72 used."""
    return _rows("hloy_table_b1", ElasticityRow)


@cache
def table_b2() -> tuple[ElasticityRow, ...]:
    """Table B2 of HLOY: ten estimates of the trade elasticity. They average 4.705."""
    return _rows("hloy_table_b2", ElasticityRow)


@cache
def table_c1() -> tuple[ImportSourcesRow, ...]:
    """Table C1 of HLOY: 1988-1996 under both sources of imports."""
    return _rows("hloy_table_c1", ImportSourcesRow)


@cache
def adoption_rates() -> tuple[AdoptionRow, ...]:
    """Table 1 of Melitz and Trefler, after Lileeva and Trefler (2010)."""
    return _rows("melitz_trefler_table_1", AdoptionRow)


@cache
def productivity_contributions() -> tuple[ContributionRow, ...]:
    """Table 2 of Melitz and Trefler: five components and their total."""
    return _rows("melitz_trefler_table_2", ContributionRow)


def quoted(slug: str, name: str) -> QuotedNumber:
    """A number from the text of a paper.

    Raises:
        KeyError: the paper quotes no number of this name.

    Example:
        >>> quoted("melitz-trefler-2012", "exporter_premium").value
        40.0
    """
    for number in quoted_numbers():
        if (number.publication, number.name) == (slug, name):
            return number
    raise KeyError(f"{slug} quotes no number {name!r}")


@cache
def quoted_numbers() -> tuple[QuotedNumber, ...]:
    """Every number quoted from the text of a paper."""
    return _rows("quoted", QuotedNumber)


def _rows(name: str, kind: type[Row]) -> tuple[Row, ...]:
    """Rows of a CSV file of this package, which may sit inside a zip."""
    text = (files(__package__) / f"{name}.csv").read_text(encoding="utf-8")
    readers = {field.name: _READERS[field.type] for field in fields(kind)}
    return tuple(
        kind(**{column: readers[column](cell) for column, cell in row.items()})
        for row in csv.DictReader(text.splitlines())
    )
