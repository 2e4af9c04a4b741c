"""The list of a paper's results on a page of the documentation, held against a published run."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradegains.published.printing import typeset
from tradegains.published.published_run import PublishedRun
from tradegains.tables.references import read_reference

HEAD = "| result | where | needs, or why it is not there |"


@dataclass(frozen=True)
class Listed:
    """A result: references to published numbers, figures, tables of the page; and what it needs."""

    result: str
    references: tuple[str, ...]
    figures: tuple[str, ...]
    titles: tuple[str, ...]
    needs: str

    @property
    def is_there(self) -> bool:
        """Whether the page says where it is."""
        return bool(self.references or self.figures or self.titles)


def listed_results(page: Path) -> list[Listed]:
    """The rows of the page's list."""
    lines = page.read_text(encoding="utf-8").partition(HEAD)[2].splitlines()[2:]
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        result, where, needs = (cell.strip() for cell in line.strip("|").split("|"))
        code = re.findall(r"`([^`]+)`", where)
        found.append(
            Listed(
                result,
                tuple(each for each in code if not each.startswith("#")),
                tuple(each.removeprefix("#") for each in code if each.startswith("#")),
                tuple(re.findall(r"\*([^*]+)\*", where)),
                needs,
            )
        )
    return found


def problems_of(listed: Iterable[Listed], run: PublishedRun, html: str) -> Iterator[str]:
    """Results that are not where the list says, and such as say neither where nor why."""
    for each in listed:
        for reference in each.references:
            if not any(value is not None for value in numbers_of(run, reference)):
                yield f"{each.result}: no number at {reference}"
        for key in each.figures:
            if f'id="{key}"' not in html:
                yield f"{each.result}: no figure {key}"
        for title in each.titles:
            if typeset(title) not in html:
                yield f"{each.result}: no table called {title}"
        if not each.needs:
            yield f"{each.result}: what it needs, or why it is not there, is not said"


def numbers_of(run: PublishedRun, reference: str) -> list[Any]:
    """The values of a column in the rows that are named."""
    asked = read_reference(reference)
    assert not asked.unknown, reference
    rows = run.tables[asked.table].to_pylist() if asked.table in run.tables else []
    return [
        row[asked.column]
        for row in rows
        if all(str(row[name]) == value for name, value in asked.where.items())
    ]


def named_by(listed: Iterable[Listed], table: str, column: str) -> set[str]:
    """Values of a column that the list names in its references to a table."""
    asked = (read_reference(each) for one in listed for each in one.references)
    return {each.where[column] for each in asked if each.table == table and column in each.where}
