"""What the demonstration prints: Table 1 in full, and a line for every other published table."""

import textwrap

from tradegains.published.published_run import PublishedRun
from tradegains.report.sections.continuing import growth
from tradegains.report.side_by_side import (
    SideBySide,
)
from tradegains.report.table_1 import table_1_text, table_a1, table_c1

WIDTH = 80


def compared_text(run: PublishedRun) -> str:
    """Table 1, then how far Tables A1 and C1 and the growth of section 3.3 are off."""
    others = {
        "Table A1": table_a1(run),
        "Table C1": table_c1(run),
        "Section 3.3": growth(run),
    }
    lines = [_line(name, table) for name, table in others.items() if table and table.compared]
    return "\n".join([table_1_text(run), *(["", *lines] if lines else [])])


def _line(name: str, table: SideBySide) -> str:
    """How many numbers a table recovers, and which is the farthest off."""
    gaps = [
        (abs(entry.difference), label, column)
        for label, entries in table.rows
        for column, entry in zip(table.columns, entries, strict=True)
        if entry.difference is not None
    ]
    published = sum(e.published is not None for _, entries in table.rows for e in entries)
    if not gaps:
        return textwrap.shorten(f"{name}: none of {published} numbers recovered", WIDTH)
    gap, label, column = max(gaps, key=lambda one: one[0])
    lacking = f", {published - len(gaps)} absent" if published > len(gaps) else ""
    text = (
        f"{name}: {len(gaps)} numbers{lacking}, at most {gap:.3f} off "
        f"({label}, {column.partition(' (')[0]})"
    )
    return "\n".join(textwrap.wrap(text, WIDTH, subsequent_indent="  "))
