"""The report of a conversion, for the terminal and beside the census: counts, and no value.

Smallest and largest values are told only where the recipe asks for them: they may be those of one
establishment.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tradegains.convert.tally import ColumnTally, Tally

RECORD = "_conversion"
"""Folder inside the census with recipe, report and labels; a run reads no folder named so."""
_MANY = "over 100,000"


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
    lines += [*_table(_shown(column_rows(tally))), "", *_table(year_rows(tally))]
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
            column.type or "year of the folder",
            column.counts.missing,
            ("" if not column.type else _MANY if distinct is None else distinct),
            sum(changed.values()),
            what,
            column.label,
        )
        rows.append((*row, column.low, column.high) if ends else row)
    return rows


def _shown(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Rows for the terminal: labels are in the file."""
    place = rows[0].index("label")
    return [(*row[:place], *row[place + 1 :]) for row in rows]


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
    """Rows side by side."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    pairs = [zip(row, widths, strict=True) for row in texts]
    return ["  ".join(text.ljust(width) for text, width in row).rstrip() for row in pairs]


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
