"""A table of the page: printed cells, and a footnote for every number that is absent."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from tradegains.published.letters import Letters
from tradegains.published.printing import percent
from tradegains.report.welfare_rows import NumberOrReason

DASH = "–"
LONG = 30
"""Rows above which a table of the page stands in a box that scrolls; print shows it whole."""


@dataclass(frozen=True)
class Cell:
    """A printed cell; `mark` is the letter of the footnote that says why a number is absent.

    `error` is the standard error under a number, in brackets.
    """

    text: str
    numeric: bool = True
    mark: str = ""
    error: str = ""


@dataclass(frozen=True)
class PageTable:
    """Rows of printed cells under a header.

    `groups` are (title, columns spanned) above the header; the first `stub` cells name a row;
    `notes` pairs footnote letters with reasons; row `strong` stands out;
    `data` pairs file names with the CSV that holds every row behind the table.
    """

    kind: ClassVar[str] = "table"
    title: str
    unit: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    groups: tuple[tuple[str, int], ...] = ()
    stub: int = 1
    notes: tuple[tuple[str, str], ...] = ()
    remark: str = ""
    strong: int | None = None
    data: tuple[tuple[str, str], ...] = ()

    @property
    def is_long(self) -> bool:
        """Whether the table is too long to be read between its neighbours."""
        return len(self.rows) > LONG


class Footnotes(Letters):
    """Letters of reasons as cells of a table of the page take them."""

    def cell(self, text: str | None, reason: str = "") -> Cell:
        """The text, or a dash marked with the letter of its reason."""
        if text is not None:
            return Cell(text)
        return Cell(DASH, mark=self.letter(reason))

    def percent(self, number: NumberOrReason) -> Cell:
        """A change in log points as percent with its standard error, or a marked dash."""
        if number.value is None:
            return self.cell(None, number.note)
        return Cell(percent(number.value), error=bracketed(number.error))


def bracketed(error: float | None) -> str:
    """A standard error in percent and in brackets; empty without one.

    Example:
        >>> bracketed(0.0041)
        '(0.41)'
    """
    return "" if error is None else f"({percent(error)})"


def names(texts: Iterable[str]) -> list[Cell]:
    """Cells that name a row.

    Example:
        >>> names(["pre"])
        [Cell(text='pre', numeric=False, mark='', error='')]
    """
    return [Cell(text, numeric=False) for text in texts]


def plain(text: str | None) -> Cell:
    """A number, or a dash where there is none by construction and no reason is needed."""
    return Cell(DASH if text is None else text)


def rate_cell(share: float | None, error: float | None = None) -> Cell:
    """A share in percent to a tenth, with its standard error in brackets.

    Example:
        >>> rate_cell(0.2512, 0.0071)
        Cell(text='25.1', numeric=True, mark='', error='(0.7)')
    """
    if share is None:
        return plain(None)
    return Cell(percent(share, 1), error="" if error is None else f"({percent(error, 1)})")
