"""Every choice of the study, as the run resolved it."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import PageTable, names
from tradegains.report.section import Section, section_of


def section(run: PublishedRun) -> Section:
    """The resolved study."""
    return section_of("choices", "Choices", "Choices", choices(run))


def choices(run: PublishedRun) -> PageTable:
    """The resolved study, one choice a row."""
    lines = list(_choice_lines(run.study))
    sections = [section for section, _, _ in lines]
    heads = [new if new != old else "" for old, new in pairwise(["", *sections])]
    rows = tuple(
        tuple(names((head, key, value))) for head, (_, key, value) in zip(heads, lines, strict=True)
    )
    return PageTable(
        title="Every choice of the study",
        unit="as resolved by the run",
        header=("section", "choice", "value"),
        rows=rows,
        stub=2,
    )


def _choice_lines(values: Mapping[str, Any], section: str = "") -> Iterator[tuple[str, str, str]]:
    """(section, key, value) of every choice; sections in the study's order."""
    for key, value in values.items():
        path = f"{section}.{key}" if section else key
        if isinstance(value, Mapping):
            yield from _choice_lines(value, path)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for entry in value:
                others = {k: v for k, v in entry.items() if k != "name"}
                yield from _choice_lines(others, f"{path}: {entry.get('name', '')}")
        else:
            yield (section, key, _choice(value))


def _choice(value: Any) -> str:
    """A value as a reader writes it: lists with commas, yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_choice, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
