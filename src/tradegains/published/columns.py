"""Printed columns side by side, for a terminal; the standard library alone."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

GAP = "  "
HEADER_WIDTH = 12


@dataclass(frozen=True)
class PrintedColumn:
    """A column as text; `unit` is empty where there is none or the name says it."""

    name: str
    unit: str
    cells: tuple[str, ...]
    numeric: bool = False


def broken(name: str, width: int = HEADER_WIDTH) -> list[str]:
    """A column's name over several lines, broken after underscores.

    Example:
        >>> broken("delta_ln_continuing_share")
        ['delta_ln_', 'continuing_', 'share']
    """
    lines = [""]
    for part in name.replace("_", "_ ").split():
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return lines


def side_by_side(columns: Sequence[PrintedColumn]) -> list[str]:
    """Lines of the columns joined: names, units, a rule, cells.

    Example:
        >>> side_by_side([PrintedColumn("rows", "", ("1", "20"), numeric=True)])
        ['rows', '----', '   1', '  20']
    """
    height = max((len(_header(column)) for column in columns), default=0)
    lines = zip(*(_column_lines(column, height) for column in columns), strict=True)
    return [GAP.join(line).rstrip() for line in lines]


def _header(column: PrintedColumn) -> list[str]:
    """Name and unit of a column over as many lines as they need."""
    unit = textwrap.wrap(f"[{column.unit}]", HEADER_WIDTH, break_long_words=False)
    return [*broken(column.name), *(unit if column.unit else ())]


def width_of(column: PrintedColumn) -> int:
    """Width of the widest line of a column."""
    return max(map(len, (*_header(column), *column.cells)))


def _column_lines(column: PrintedColumn, height: int) -> list[str]:
    """Header over `height` lines, a rule and the cells, all of one width."""
    header, width = _header(column), width_of(column)
    texts = [*[""] * (height - len(header)), *header, "-" * width, *column.cells]
    return [text.rjust(width) if column.numeric else text.ljust(width) for text in texts]
