r"""A published table as LaTeX: booktabs, units under the names, notes under the rows.

The document needs `\usepackage{booktabs}`, and `\usepackage{longtable}` for tables of many rows.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tradegains.published.arranged import Arranged
from tradegains.published.columns import PrintedColumn, broken

PAGE_ROWS = 40  # more rows than these run over pages
ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


def latex_table(
    table: Arranged,
    *,
    title: str,
    label: str,
    unshown: Sequence[str] = (),
    errors: Mapping[str, str] | None = None,
) -> str:
    """A float with a caption and a label, or a longtable where the rows do not fit on a page.

    `unshown` names columns left out by which rows differ that look alike. `errors` maps numbers to
    the columns of their standard errors, which stand in brackets under the numbers.
    """
    table, brackets = _bracketed(table, errors or {})
    rows = _rows(table, brackets)
    spec = "".join("r" if column.numeric else "l" for column in table.columns)
    head = [r"\toprule", *_header(table), r"\midrule"]
    caption = rf"\caption{{{escaped(title)}}}\label{{{label}}}"
    notes = [rf"{{\footnotesize {note}\par}}" for note in _notes(table, unshown)]
    if len(rows) > PAGE_ROWS:
        body = [*head, r"\endfirsthead", *head, r"\endhead", *rows, r"\bottomrule"]
        lines = [rf"\begin{{longtable}}{{{spec}}}", rf"{caption}\\", *body, r"\end{longtable}"]
        return "\n".join([*lines, *notes, ""])
    body = [rf"\begin{{tabular}}{{{spec}}}", *head, *rows, r"\bottomrule", r"\end{tabular}"]
    space = [r"\par\smallskip"] if notes else []
    lines = [r"\begin{table}[htbp]", r"\centering", caption, *body, *space, *notes, r"\end{table}"]
    return "\n".join([*lines, ""])


def _bracketed(
    table: Arranged, errors: Mapping[str, str]
) -> tuple[Arranged, dict[str, tuple[str, ...]]]:
    """The table without columns of standard errors, and their cells by the number they are of."""
    cells = {column.name: column.cells for column in table.columns}
    found = {name: cells[error] for name, error in errors.items() if {name, error} <= cells.keys()}
    moved = {errors[name] for name in found}
    left = tuple(column for column in table.columns if column.name not in moved)
    return replace(table, columns=left), found


def _rows(table: Arranged, brackets: Mapping[str, Sequence[str]]) -> list[str]:
    """A line for each row, and under it one of its standard errors where it has some."""
    rows = [_line(row) for row in zip(*map(_cells, table.columns), strict=True)]
    if not brackets:
        return rows
    found = []
    for place, row in enumerate(rows):
        below = [brackets.get(column.name, ("-",) * len(rows))[place] for column in table.columns]
        found.append(row)
        if any(error != "-" for error in below):
            found.append(_line("" if error == "-" else f"({error})" for error in below))
    return found


def escaped(text: str) -> str:
    r"""Text with LaTeX's own characters made plain.

    Example:
        >>> print(escaped("50% of R&D_1"))
        50\% of R\&D\_1
    """
    return "".join(ESCAPES.get(character, character) for character in text)


def _header(table: Arranged) -> list[str]:
    """Names of the columns, and their units where any has one."""
    names = _line(map(_stacked_name, table.columns))
    if not any(column.unit for column in table.columns):
        return [names]
    units = _line(
        rf"{{\footnotesize [{escaped(column.unit)}]}}" if column.unit else ""
        for column in table.columns
    )
    return [names, units]


def _stacked_name(column: PrintedColumn) -> str:
    """A column's name, over several lines where it is long."""
    lines = [escaped(line.strip("_").replace("_", " ")) for line in broken(column.name)]
    side = "r" if column.numeric else "l"
    stack = r" \\ ".join(lines)
    return rf"\shortstack[{side}]{{{stack}}}" if len(lines) > 1 else stack


def _cells(column: PrintedColumn) -> list[str]:
    """Cells of a column; numbers with a true minus, a dash for null."""
    if not column.numeric:
        return [escaped(text) for text in column.cells]
    return ["--" if text == "-" else re.sub("^-", "$-$", text) for text in column.cells]


def _notes(table: Arranged, unshown: Sequence[str]) -> list[str]:
    """What all rows share, what tells look-alikes apart, and the reasons behind the letters."""
    shared = [f"All rows: {escaped(', '.join(table.shared))}."] if table.shared else []
    apart = [f"Not shown, and not the same in all rows: {escaped(', '.join(unshown))}."]
    reasons = (f"{mark}: {escaped(reason)}." for mark, reason in table.notes.items())
    return [*shared, *(apart if unshown else []), *reasons]


def _line(cells: Iterable[str]) -> str:
    """One row of a tabular."""
    return " & ".join(cells) + r" \\"
