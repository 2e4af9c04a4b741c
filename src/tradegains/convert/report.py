"""The report of a conversion, for the terminal and beside the census: counts, and no value.

Smallest and largest values are told only where the recipe asks for them: they may be those of one
establishment.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap

from tradegains.convert.tally import ColumnTally, Tally

RECORD = "_conversion"
"""Folder inside the census with recipe, report and labels; a run reads no folder named so."""
_MANY = "over 100,000"
_WIDTH, _GAP = 80, "  "


def write_record(tally: Tally, folder: Path) -> str:
    """Write what is kept beside a census; the text of the report is given too."""
    folder.mkdir()
    text = report_text(tally)
    (folder / "recipe.toml").write_text(tally.recipe.text, encoding="utf-8")
    (folder / "report.txt").write_text(f"{text}\n", encoding="utf-8")
    _write_csv(folder / "columns.csv", column_rows(tally))
    _write_csv(folder / "years.csv", year_rows(tally))
    labels = [(*key, file) for key, file in sorted(tally.labels.items())]
    _write_csv(folder / "labels.csv", [("column", "value", "label", "first_file"), *labels])
    return text


def _write_csv(path: Path, rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def report_text(tally: Tally) -> str:
    """What was read, written and changed."""
    rows_in = sum(rows for _, rows in tally.files.values())
    rows_out = sum(year.rows for year in tally.years.values())
    absent = sum(year.absent for year in tally.years.values())
    lines = [f"read {len(tally.files):,} file(s), {rows_in:,} rows"]
    lines += [f"  {name}: {told}; {rows:,} rows" for name, (told, rows) in tally.files.items()]
    written = [year for year, each in sorted(tally.years.items()) if each.rows]
    span = f"{written[0]}-{written[-1]}"
    gone = f"; {absent:,} left out as absent that year" if absent else ""
    lines += [f"wrote {rows_out:,} rows in {len(written)} year(s), {span}{gone}", ""]
    lines += [*_column_lines(tally), "", *_table(year_rows(tally))]
    if notes := list(_notes(tally)):
        lines += ["", *(f"note: {note}" for note in notes)]
    return "\n".join(lines)


def column_rows(tally: Tally) -> list[tuple[object, ...]]:
    """Of each column, a row: types, counts and, if asked, its ends."""
    ends = ("smallest", "largest") if tally.recipe.report.range else ()
    heads = (
        "column",
        "found",
        "written",
        "missing",
        "distinct",
        "changed",
        "what_changed",
        "label",
    )
    rows: list[tuple[object, ...]] = [(*heads, *ends)]
    for name, column in tally.columns.items():
        distinct = column.distinct_count
        changed = column.counts.changed
        what = "; ".join(f"{why} {count:,}" for why, count in changed.items())
        row = (
            name,
            " / ".join(column.found) or "the recipe",
            column.type or "folder",
            column.counts.missing,
            ("" if not column.type else _MANY if distinct is None else distinct),
            sum(changed.values()),
            what,
            column.label,
        )
        rows.append((*row, column.low, column.high) if ends else row)
    return rows


def _column_lines(tally: Tally) -> Iterator[str]:
    """Rows for the terminal, what changed on a line of its own; labels are in the file."""
    heads, *rows = column_rows(tally)
    changed = heads.index("what_changed")
    left_out = {changed, heads.index("label")}
    shown = [
        tuple(cell for at, cell in enumerate(row) if at not in left_out) for row in (heads, *rows)
    ]
    first, *others = _blocks(shown)
    yield from first
    for row, lines in zip(rows, others, strict=True):
        yield from lines
        if row[changed]:
            yield from wrap(
                f"changed: {row[changed]}", _WIDTH, initial_indent=_GAP, subsequent_indent="    "
            )


def year_rows(tally: Tally) -> list[tuple[object, ...]]:
    """Of each year, a row: rows, empty columns, and what the recipe names as ids and codes."""
    report = tally.recipe.report
    heads = ["year", "rows", "absent"]
    for name in report.ids:
        heads += [f"{name}:ids", f"{name}:repeated"]
    looked = tuple(dict.fromkeys((*report.ids, *report.codes)))
    heads += [*(f"{name}:lengths" for name in looked), "empty_columns"]
    rows: list[tuple[object, ...]] = [tuple(heads)]
    for year, each in sorted(tally.years.items()):
        row: list[object] = [year, each.rows, each.absent]
        for name in report.ids:
            row += each.ids.get(name, ("", ""))
        row += [_lengths(each.lengths.get(name, {})) for name in looked]
        rows.append((*row, " ".join(_empty_in(tally, year))))
    return rows


def _lengths(counted: dict[int, int]) -> str:
    """Lengths of codes with their numbers.

    Example:
        >>> _lengths({4: 1200, 3: 20})
        '3 (20) 4 (1200)'
    """
    return " ".join(f"{length} ({count})" for length, count in sorted(counted.items()))


def _empty_in(tally: Tally, year: int) -> list[str]:
    if not tally.years[year].rows:
        return []
    return [
        name
        for name, column in tally.columns.items()
        if column.type and not column.counts.by_year[year]
    ]


def _table(rows: list[tuple[object, ...]]) -> list[str]:
    """Rows side by side, in the width of a terminal: what does not fit goes on in lines below."""
    return [line for block in _blocks(rows) for line in block]


def _blocks(rows: list[tuple[object, ...]]) -> Iterator[list[str]]:
    """The lines of each row."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = _fitting_widths(texts)
    for row in texts:
        cells = [_cell_lines(text, width) for text, width in zip(row, widths, strict=True)]
        yield [
            _GAP.join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
            for line in zip_longest(*cells, fillvalue="")
        ]


def _fitting_widths(texts: list[list[str]]) -> list[int]:
    """Widths of columns: the widest are narrowed, though no further than their longest word."""
    columns = list(zip(*texts, strict=True))
    widths = [max(map(len, column)) for column in columns]
    least = [
        max(len(word) for text in column for word in (*_words(text), "")) for column in columns
    ]
    while sum(widths) + len(_GAP) * (len(widths) - 1) > _WIDTH:
        able = [place for place in range(len(widths)) if widths[place] > least[place]]
        if not able:
            break
        widths[max(able, key=lambda place: widths[place])] -= 1
    return widths


def _words(text: str) -> list[str]:
    """What a line may end with: words, and the name of a column before what is counted of it."""
    return re.findall(r"[^\s:]+:?|:", text)


def _cell_lines(text: str, width: int) -> list[str]:
    """A cell in lines of a width.

    Example:
        >>> _cell_lines("plant:lengths", 8), _cell_lines("double %10.0g", 20)
        (['plant:', 'lengths'], ['double %10.0g'])
    """
    if len(text) <= width:
        return [text]
    return wrap(re.sub(r":(?=\S)", ": ", text), width, break_on_hyphens=False)


def _notes(tally: Tally) -> Iterator[str]:
    """What a reader should look at before a study counts on it."""
    for name, column in tally.columns.items():
        if column.is_flag:
            yield f"{name} is 0 or 1 in every row: a yes or no, not an amount"
        elif column.distinct_count == 1 and column.found and column.counts.by_year.total() > 1:
            yield f"{name} has one value in every row: it tells no establishments apart"
        empty = [year for year in sorted(tally.years) if name in _empty_in(tally, year)]
        if empty:
            yield f"{name} is empty in {_years(empty)}: unknown there, not 0"
        yield from _length_notes(tally, name, column)
    values = {(name, value) for name, value, _ in tally.labels}
    for name in sorted({name for name, _ in values}):
        codes = [value for of, value, _ in tally.labels if of == name]
        if twice := len(codes) - len(set(codes)):
            yield f"{twice} values of {name} have several labels: see {RECORD}/labels.csv"


def _length_notes(tally: Tally, name: str, column: ColumnTally) -> Iterator[str]:
    by_year: dict[int, Mapping[int, int]] = {
        year: each.lengths.get(name, {}) for year, each in sorted(tally.years.items())
    }
    lengths = sorted({length for counted in by_year.values() for length in counted})
    if name in tally.recipe.report.codes and len(lengths) > 1:
        yield (
            f"codes of {name} have {', '.join(map(str, lengths))} digits or letters: one length "
            "is needed; digits fills in zeros that were lost, if that is what they are"
        )
    if name in tally.recipe.report.ids and column.type == "string":
        single = {min(counted) for counted in by_year.values() if len(counted) == 1}
        mixed = any(len(counted) > 1 for counted in by_year.values())
        if len(single) > 1 or (single and mixed):
            yield (
                f"ids of {name} have one length in some years and others in other years: ids that "
                "are padded in one year only match nothing"
            )


def _years(years: list[int]) -> str:
    """Years in words, runs of them as one.

    Example:
        >>> _years([1980, 1981, 1982, 1990])
        '1980-1982, 1990'
    """
    runs: list[list[int]] = []
    for year in years:
        if runs and runs[-1][-1] == year - 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
