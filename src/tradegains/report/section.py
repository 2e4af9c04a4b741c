"""What a section of the report is made of, and what is said of an exhibit that is not there.

A section is a module of `sections` with a function `section(run)`, and an entry of `page.SECTIONS`.
The page shows its blocks in their order and lists what is missing with its reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from tradegains.figures.style import Picture
from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import PageTable

NOTE, WARNING = "note", "warning"


@dataclass(frozen=True)
class Paragraph:
    """A text; `tone` is NOTE for small print, WARNING for what must not be overlooked."""

    kind: ClassVar[str] = "paragraph"
    text: str
    tone: str = ""


@dataclass(frozen=True)
class Facts:
    """Terms with what is said of each.

    `compact` sets both on one line; what is said of the terms in `codes` is set as code.
    """

    kind: ClassVar[str] = "facts"
    entries: tuple[tuple[str, str], ...]
    compact: bool = False
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exhibit:
    """A figure: `text` says what it shows, `caption` how it was made; `data` is CSV by suffix.

    Its picture is drawn when it is first asked for.
    """

    kind: ClassVar[str] = "figure"
    key: str
    title: str
    draw: Callable[[], Picture]
    text: str
    caption: str
    data: Mapping[str, str]
    table: PageTable | None = None

    @cached_property
    def picture(self) -> Picture:
        """The figure as bytes."""
        return self.draw()


@dataclass(frozen=True)
class Missing:
    """An exhibit that a run cannot have, and why."""

    key: str
    title: str
    reason: str


Block = Paragraph | Facts | PageTable | Exhibit


@dataclass(frozen=True)
class Section:
    """A part of the page: `key` is its address, `word` its name in the navigation."""

    key: str
    title: str
    word: str
    blocks: tuple[Block, ...]
    missing: tuple[Missing, ...] = field(default=())

    @property
    def figures(self) -> tuple[Exhibit, ...]:
        """The figures among the blocks."""
        return tuple(block for block in self.blocks if isinstance(block, Exhibit))


def section_of(key: str, title: str, word: str, *parts: Block | Missing | None) -> Section:
    """A section of what there is; without any block the page leaves it out, but not its reasons.

    Example:
        >>> missing = Missing("coverage", "Coverage", "none")
        >>> found = section_of("data", "Data", "Data", None, missing)
        >>> found.blocks, found.missing
        ((), (Missing(key='coverage', title='Coverage', reason='none'),))
    """
    blocks = tuple(one for one in parts if one is not None and not isinstance(one, Missing))
    return Section(key, title, word, blocks, tuple(x for x in parts if isinstance(x, Missing)))


def or_missing(
    found: tuple[PageTable, ...], run: PublishedRun, table: str, title: str
) -> tuple[PageTable | Missing, ...]:
    """The tables of a page made from a published table, or why there is none.

    Nothing where the run itself tells of the published table's absence.
    """
    if found or run.tells_absence(table):
        return found
    return (Missing(table, title, run.reason_for(table)),)
