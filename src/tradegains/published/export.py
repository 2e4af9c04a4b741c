"""Published tables as files for Stata, R, LaTeX and spreadsheets, without an engine.

Decision: every file says what its columns mean and in which unit, by the means its format has:
Stata variable labels, Parquet metadata, a second sheet, units under the names in LaTeX, and for
CSV a second file. Text columns hold no label of the data; the title, label or metadata says when
they are synthetic. The same run gives the same bytes, but for xlsx, whose container dates itself.
"""

import csv
import importlib.util
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from tradegains.errors import Problem, StudyError
from tradegains.published.arranged import MONEY, arranged
from tradegains.published.latex import latex_table
from tradegains.published.published_run import PublishedRun
from tradegains.published.reading import read_run, read_table
from tradegains.published.rows import filtered, selected, unshown_keys
from tradegains.tables.published import TABLES
from tradegains.tables.table import Column

STATA_NAME, STATA_LABEL = 32, 80  # limits of Stata, in characters
STATA_MEANING = 24  # of a label at least, where the unit is long
_CUT = "..."
STATA_TEXT = 2045  # longest text of a fixed length, in bytes
STATA_RESERVED = {"end"}  # of the names of published columns
STATA_LONG = 2_147_483_620  # largest whole number of Stata's type long
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # with which a spreadsheet begins a formula
SHEET_TEXT = 32_767  # characters of a cell
SHEET_ROWS = 1_048_576  # rows of a worksheet, header included
SUFFIXES = {"csv": ".csv", "parquet": ".parquet", "stata": ".dta", "latex": ".tex", "xlsx": ".xlsx"}


@dataclass(frozen=True)
class Extract:
    """Rows of a published table on their way to a file.

    `fold` is whether a format for readers may say shared values once, as when nobody chose columns.
    `unshown` names columns that were not chosen and by which rows differ that look alike.
    """

    name: str
    rows: pa.Table
    run: PublishedRun
    fold: bool
    unshown: Sequence[str] = ()

    @property
    def title(self) -> str:
        """What the file holds: table, study, run, and who may see it."""
        text = f"{self.name} of {self.run.record['study']}, run {self.run.run_id}"
        return ", ".join([text, *self.run.standing])

    @property
    def columns(self) -> list[Column]:
        """The columns with their units and meanings, money in the study's own unit."""
        found = [TABLES[self.name].column(name) for name in self.rows.column_names]
        return [replace(c, unit=c.unit.replace(MONEY, self.run.money_unit)) for c in found]


def export_table(
    output: Path | str,
    table: str,
    path: Path,
    *,
    file_format: str,
    run_id: str | None = None,
    where: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
) -> Path:
    """Write a published table to a file.

    Args:
        output: folder of the run, the one that holds `tables/`.
        table: name of a published table.
        path: file to write; its folder is made.
        file_format: csv, parquet, stata, latex or xlsx.
        run_id: a run, or the first characters of one; the latest when not given.
        where: values by column; an empty text stands for null.
        columns: columns in this order; all when not given.

    Returns:
        The path.

    Raises:
        StudyError: no such run, table, column or format, or a package that the format needs is
            not installed.
    """
    write = _writer(file_format)
    run, rows = read_table(output, table, run_id)
    found = filtered(rows, table, where or {})
    unshown = unshown_keys(found, table, columns) if columns else []
    found = selected(found, table, columns) if columns else found
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(Extract(table, _flat(found), run, fold=not columns, unshown=unshown), path)
    return path


def export_tables(
    output: Path | str,
    folder: Path,
    *,
    tables: Sequence[str] | None = None,
    file_format: str,
    run_id: str | None = None,
    where: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
) -> Iterator[Path]:
    """Write published tables to files of a folder, named by table; all of them when none is named.

    Args:
        output: folder of the run, the one that holds `tables/`.
        folder: where the files are written, as they are asked for; it is made.
        tables: names of published tables.
        file_format: as of `export_table`; as are the others.
        run_id: as of `export_table`.
        where: as of `export_table`.
        columns: as of `export_table`.

    Yields:
        The path of each file that is written.

    Raises:
        StudyError: no such run, table, column or format, a package is missing, or the folder is
            none that files can be written to, or holds what runs have written.
    """
    _writer(file_format)
    _require_folder(folder, output)
    run = read_run(output, run_id)
    for name in tables or [entry["name"] for entry in run.record["tables"]]:
        yield export_table(
            output,
            name,
            folder / f"{name}{SUFFIXES[file_format]}",
            file_format=file_format,
            run_id=run.run_id,
            where=where,
            columns=columns,
        )


def _require_folder(folder: Path, output: Path | str) -> None:
    """Refuse a folder that is a file, that nobody may write to, or that belongs to the runs."""
    cure = "choose another folder with --to"
    kept: list[Path] = []
    if "://" not in str(output):
        kept = [Path(output, "tables").resolve(), *map(Path.resolve, Path(output).glob("work*"))]
    if any(folder.resolve().is_relative_to(path) for path in kept):
        what = "files would lie among the tables and rows that runs keep there"
        raise StudyError(Problem(what, str(folder), cure=cure))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass  # a folder may be there and refuse new files
    except OSError as error:
        what = f"no files can be written there ({error.strerror})"
        raise StudyError(Problem(what, str(folder), cure=cure)) from error


def _writer(file_format: str) -> Callable[[Extract, Path], None]:
    """The function that writes a format."""
    if file_format not in WRITERS:
        cure = f"choose among {', '.join(WRITERS)}"
        raise StudyError(Problem(f"no format {file_format!r}", cure=cure))
    if file_format == "xlsx" and importlib.util.find_spec("openpyxl") is None:
        cure = "pip install openpyxl, or export csv, which every spreadsheet reads"
        raise StudyError(Problem("xlsx needs the package openpyxl, not installed", cure=cure))
    return WRITERS[file_format]


def _flat(rows: pa.Table) -> pa.Table:
    """Nested columns as JSON text, which every format can hold, and no zero that is negative."""
    for position, field in enumerate(rows.schema):
        if pa.types.is_floating(field.type):
            rows = rows.set_column(position, field, pc.add(rows[field.name], 0.0))
        if pa.types.is_nested(field.type):
            texts = [None if v is None else json.dumps(v) for v in rows[field.name].to_pylist()]
            rows = rows.set_column(position, field.name, pa.array(texts, pa.string()))
    return rows


def _write_csv(extract: Extract, path: Path) -> None:
    """CSV with a header, nulls empty, and what the columns mean in a file beside it."""
    pyarrow.csv.write_csv(_without_formulas(extract.rows), path)
    lines = [tuple(map(_plain, line)) for line in _codebook(extract)]
    with path.with_name(f"{path.stem}_columns.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def _without_formulas(rows: pa.Table) -> pa.Table:
    """The rows with an apostrophe before each text that a spreadsheet would compute."""
    for position, field in enumerate(rows.schema):
        if pa.types.is_string(field.type):
            # By Arrow itself: an array made of Python texts would load pandas.
            signs = rf"\A([{re.escape(''.join(FORMULA_SIGNS))}])"
            texts = pc.replace_substring_regex(rows[field.name], signs, r"'\1")
            rows = rows.set_column(position, field, texts)
    return rows


def _plain(text: str) -> str:
    """A text that a spreadsheet shows and does not compute.

    Example:
        >>> _plain("=1+1"), _plain("Peru")
        ("'=1+1", 'Peru')
    """
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _write_parquet(extract: Extract, path: Path) -> None:
    """Parquet with unit and meaning as metadata of each column, the title as that of the file."""
    fields = [
        field.with_metadata({"unit": column.unit, "comment": column.meaning})
        for field, column in zip(extract.rows.schema, extract.columns, strict=True)
    ]
    schema = pa.schema(fields, metadata={"title": extract.title})
    pyarrow.parquet.write_table(extract.rows.cast(schema), path)


def _write_latex(extract: Extract, path: Path) -> None:
    """A booktabs table to include in a document."""
    table = arranged(
        extract.rows, extract.name, money_unit=extract.run.money_unit, fold=extract.fold
    )
    text = latex_table(
        table,
        title=extract.title,
        label=f"tab:{extract.name}",
        errors=TABLES[extract.name].errors,
        unshown=extract.unshown,
    )
    path.write_text(text, encoding="utf-8")


def _write_stata(extract: Extract, path: Path) -> None:
    """Stata 14 or later (format 118) with variable labels; a null is missing or an empty text."""
    names = _stata_names(extract.rows.column_names)
    frame = extract.rows.rename_columns(names).to_pandas()
    for name, field in zip(names, extract.rows.schema, strict=True):
        frame[name] = _stata_values(frame[name], field.type)
    frame.to_stata(
        path,
        write_index=False,
        version=118,
        time_stamp=_published_at(extract.run),
        data_label=_cut_at_a_word(extract.title, STATA_LABEL),
        variable_labels=dict(zip(names, map(_stata_label, extract.columns), strict=True)),
        # pandas itself counts characters, and fails where these are fewer than the bytes.
        convert_strl=[name for name in names if _is_long(frame[name])],
    )


def _is_long(values: Any) -> bool:
    """Whether a column has a text longer than Stata's fixed ones."""
    if values.dtype.kind in "iuf":
        return False
    return any(len(text.encode()) > STATA_TEXT for text in values)


def _write_xlsx(extract: Extract, path: Path) -> None:
    """A workbook: the rows, and a second sheet with what the columns mean."""
    from openpyxl import Workbook

    if extract.rows.num_rows >= SHEET_ROWS:
        cure = "choose rows with a condition, or export csv or parquet"
        raise StudyError(Problem("too many rows for a worksheet", extract.name, cure=cure))
    if long := [name for name in extract.rows.column_names if _is_cut(extract.rows[name])]:
        cure = "export csv or parquet, or choose columns without it"
        what = f"texts of {', '.join(long)} are longer than the {SHEET_TEXT:,} characters of a cell"
        raise StudyError(Problem(what, extract.name, cure=cure))
    book = Workbook(write_only=True)
    book.properties.title = extract.title
    book.properties.created = book.properties.modified = _published_at(extract.run)
    header = tuple(extract.rows.column_names)
    rows = zip(*(column.to_pylist() for column in extract.rows.columns), strict=True)
    for title, lines in ((extract.name, [header, *rows]), ("columns", _codebook(extract))):
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for line in lines:
            sheet.append([_cell(sheet, value) for value in line])
    book.save(path)


def _is_cut(values: pa.ChunkedArray) -> bool:
    """Whether a column has a text longer than a cell, which openpyxl would cut in silence."""
    if not pa.types.is_string(values.type):
        return False
    return (pc.max(pc.utf8_length(values)).as_py() or 0) > SHEET_TEXT


def _cell(sheet: Any, value: Any) -> Any:
    """A value for a worksheet: a number with all its digits, and no text that is computed.

    openpyxl writes floats with 16 digits, where two in nine need 17.
    """
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.utils.escape import escape

    if isinstance(value, float):
        cell, kind = WriteOnlyCell(sheet, repr(value)), "n"
    elif isinstance(value, str):
        text = ILLEGAL_CHARACTERS_RE.sub(lambda found: escape(found[0]), value)
        cell, kind = WriteOnlyCell(sheet, text), "s"
    else:
        return value
    cell.data_type = kind
    return cell


def _codebook(extract: Extract) -> list[tuple[str, ...]]:
    """Header, then column, unit, meaning and the title of the table, one line a column."""
    lines = [
        (column.name, column.unit, column.meaning, extract.title) for column in extract.columns
    ]
    return [("column", "unit", "meaning", "table"), *lines]


def _stata_names(columns: Sequence[str]) -> list[str]:
    """Column names cut to Stata's length, and kept apart by a number where the cut joins them.

    A name that Stata keeps for itself gets an underscore in front.

    Example:
        >>> _stata_names(["a" * 40, "a" * 41])
        ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2']
        >>> _stata_names(["start", "end"])
        ['start', '_end']
    """
    names: list[str] = []
    for given in columns:
        column = f"_{given}" if given in STATA_RESERVED else given
        name, copy = column[:STATA_NAME], 1
        while name in names:
            copy += 1
            name = column[: STATA_NAME - len(str(copy))] + str(copy)
        names.append(name)
    return names


def _stata_values(values: Any, type_: pa.DataType) -> Any:
    """A column in a type of Stata: whole numbers exactly, or as doubles with missing values."""
    if pa.types.is_integer(type_):
        small = values.notna().all() and values.abs().max() <= STATA_LONG
        return values.astype("int32" if small else "float64")
    return values if pa.types.is_floating(type_) else values.fillna("").astype(str)


def _stata_label(column: Column) -> str:
    """Meaning and unit within Stata's length; the unit is cut only where it leaves no meaning."""
    if not column.unit:
        return _cut_at_a_word(column.meaning, STATA_LABEL)
    longest = STATA_LABEL - len(" []") - min(len(column.meaning), STATA_MEANING)
    unit = f" [{_cut_at_a_word(column.unit, longest)}]"
    return _cut_at_a_word(column.meaning, STATA_LABEL - len(unit)) + unit


def _cut_at_a_word(text: str, longest: int) -> str:
    """A text of at most so many characters; where it is cut, three dots say so.

    Example:
        >>> _cut_at_a_word("thousand pesos of 2003", 20), _cut_at_a_word("thousandpesos", 8)
        ('thousand pesos...', 'thous...')
    """
    if len(text) <= longest:
        return text
    kept = text[: longest - len(_CUT) + 1]
    whole_words = kept.rpartition(" ")[0]
    return (whole_words or kept[:-1]).rstrip() + _CUT


def _published_at(run: PublishedRun) -> datetime:
    """When the run was published: the only date that an export carries."""
    return datetime.fromisoformat(run.record["published_at"]).replace(tzinfo=None)


WRITERS: dict[str, Callable[[Extract, Path], None]] = {
    "csv": _write_csv,
    "parquet": _write_parquet,
    "stata": _write_stata,
    "latex": _write_latex,
    "xlsx": _write_xlsx,
}
