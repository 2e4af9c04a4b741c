"""The files of a release: CSV first, and every other format from the CSV that was written.

Decision: the CSV is the release. It is read back, other formats are written from what was read, and
those that a program can read again are compared with it cell by cell before anything is let out.
"""

import importlib.util
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from tradegains.errors import DisclosureError, Problem
from tradegains.published.export import WRITERS, Extract
from tradegains.published.published_run import PublishedRun
from tradegains.release.released import NOTE, WITHHELD
from tradegains.store.arrow_tables import arrow_schema
from tradegains.tables.columns import TEXT
from tradegains.tables.published import TABLES
from tradegains.tables.table import Column

WORKSHEET = 1e-15
"""Relative: what a worksheet may lose of a number."""

_WITHHELD = Column(WITHHELD, TEXT, "", "columns of this row that are withheld, not null")


@dataclass(frozen=True)
class ReleasedExtract(Extract):
    """Rows of a released table on their way to a file."""

    @property
    def columns(self) -> list[Column]:
        """Those of the published table, and `withheld`."""
        names = [name for name in self.rows.column_names if name != WITHHELD]
        plain = Extract(self.name, self.rows.select(names), self.run, fold=False)
        return [*plain.columns, _WITHHELD]


def write_tables(folder: Path, run: PublishedRun, tables: dict[str, pa.Table]) -> None:
    """Write released tables under `tables/`, and in other formats under `formats/`.

    Raises:
        DisclosureError: a file does not hold what the CSV holds.
    """
    for place in (folder / "tables", folder / "formats"):
        place.mkdir(parents=True)
    for name, rows in tables.items():
        path = folder / "tables" / f"{name}.csv"
        WRITERS["csv"](ReleasedExtract(name, rows, run, fold=False), path)
        released = read_csv(path, rows.schema)
        _require_same(rows, released, path)
        for file_format, write in _formats().items():
            other = folder / "formats" / f"{name}.{file_format}"
            write(ReleasedExtract(name, released, run, fold=False), other)
            if file_format in _READERS:
                _require_same(released, _READERS[file_format](other, released.schema), other)


def read_csv(path: Path, schema: pa.Schema) -> pa.Table:
    """A released CSV as a table; empty texts are null in every column but `withheld`."""
    options = pyarrow.csv.ConvertOptions(
        column_types=schema,
        strings_can_be_null=True,
        null_values=[""],
        quoted_strings_can_be_null=True,
    )
    found = pyarrow.csv.read_csv(path, convert_options=options)
    return found.cast(schema)


def _write_parquet(extract: Extract, path: Path) -> None:
    """Parquet without statistics: the smallest and largest of a column are in the cells alone."""
    pyarrow.parquet.write_table(extract.rows, path, write_statistics=False)


def _write_latex(extract: Extract, path: Path) -> None:
    """A LaTeX table whose notes say what is withheld."""
    rows = told_in_notes(extract.rows)
    WRITERS["latex"](Extract(extract.name, rows, extract.run, fold=False), path)


def told_in_notes(rows: pa.Table) -> pa.Table:
    """Released rows under the published columns: their notes say what is withheld."""
    if NOTE not in rows.column_names:
        return rows.drop_columns([WITHHELD])
    notes = [
        "; ".join(filter(None, (note, names and f"withheld: {names.replace(' ', ', ')}")))
        for note, names in zip(rows[NOTE].to_pylist(), rows[WITHHELD].to_pylist(), strict=True)
    ]
    place = rows.column_names.index(NOTE)
    told = rows.set_column(place, rows.schema.field(NOTE), pa.array(notes, pa.string()))
    return told.drop_columns([WITHHELD])


_FORMATS: dict[str, Callable[[Extract, Path], None]] = {
    "parquet": _write_parquet,
    "dta": WRITERS["stata"],
    "xlsx": WRITERS["xlsx"],
    "tex": _write_latex,
}


def _formats() -> dict[str, Callable[[Extract, Path], None]]:
    """The formats that this installation can write."""
    has_xlsx = importlib.util.find_spec("openpyxl") is not None
    return {name: write for name, write in _FORMATS.items() if name != "xlsx" or has_xlsx}


def _read_parquet(path: Path, schema: pa.Schema) -> pa.Table:
    return pyarrow.parquet.read_table(path).cast(schema)


def _read_stata(path: Path, schema: pa.Schema) -> pa.Table:
    import pandas as pd

    frame = pd.read_stata(path, convert_categoricals=False)
    columns = []
    for position, field in enumerate(schema):
        values = frame.iloc[:, position].tolist()
        values = [None if value == "" or value != value else value for value in values]
        if pa.types.is_integer(field.type):
            values = [None if value is None else int(value) for value in values]
        columns.append(pa.array(values, field.type))
    return pa.table(columns, schema=schema)


def _read_xlsx(path: Path, schema: pa.Schema) -> pa.Table:
    from openpyxl import load_workbook

    sheet = load_workbook(path, read_only=True).worksheets[0]
    lines = sheet.iter_rows(min_row=2, max_col=len(schema), values_only=True)
    padded = [(*line, *[None] * (len(schema) - len(line))) for line in lines]
    columns = list(zip(*padded, strict=True)) if padded else [()] * len(schema)
    arrays = []
    for field, values in zip(schema, columns, strict=True):
        is_number = pa.types.is_floating(field.type)
        typed = [float(v) if is_number and v is not None else v for v in values]
        arrays.append(pa.array(typed, field.type))
    return pa.table(arrays, schema=schema)


_READERS = {"parquet": _read_parquet, "dta": _read_stata, "xlsx": _read_xlsx}


def _require_same(meant: pa.Table, found: pa.Table, path: Path) -> None:
    """Refuse a file whose cells are not those that were meant; an empty text is null.

    A worksheet holds 16 digits of a number, where 17 tell doubles apart.
    """
    tolerance = WORKSHEET if path.suffix == ".xlsx" else 0.0
    differing = [
        name
        for name in meant.column_names
        if not all(map(partial(_is_same, tolerance), *map(_plain, (meant[name], found[name]))))
    ]
    if differing:
        raise DisclosureError(
            Problem(
                f"what was written differs in {', '.join(differing)}",
                path.name,
                cure="report it with the name of the format: nothing was released",
            )
        )


def _plain(column: pa.ChunkedArray) -> list[Any]:
    return [None if value == "" else value for value in column.to_pylist()]


def _is_same(tolerance: float, meant: Any, found: Any) -> bool:
    if isinstance(meant, float) and isinstance(found, float):
        return math.isclose(meant, found, rel_tol=tolerance)
    return bool(meant == found)


def released_run(run: PublishedRun, tables: dict[str, pa.Table]) -> PublishedRun:
    """The run as it leaves: released tables alone, and of its record no path and no input."""
    shown = {
        name: told_in_notes(tables[name]) if name in tables else arrow_schema(name).empty_table()
        for name in TABLES
        if name != "runs"
    }
    kept = {name: run.record[name] for name in OF_RUNS}
    listed = [entry for entry in run.record["tables"] or () if entry["name"] in tables]
    record = {
        **kept,
        "released": True,
        "study_toml": public_study(run.record["study_toml"]),
        "inputs": "[]",
        "input_digest": "",
        "absent": public_absences(run.record["absent"]),
        "tables": [{"name": entry["name"], "rows": entry["rows"]} for entry in listed],
    }
    return replace(run, record=record, tables=shown)


def public_absences(text: str | None) -> str:
    """What a run does not have as it leaves: inputs and tables, which are choices of the study.

    Why a result or a term is absent may say how few there are.

    Example:
        >>> public_absences('[{"kind": "input", "name": "a"}, {"kind": "result", "name": "b"}]')
        '[{"kind": "input", "name": "a"}]'
    """
    said = json.loads(text or "[]")
    kept = said if isinstance(said, list) else []
    return json.dumps([each for each in kept if each["kind"] in ("input", "table")])


def public_study(text: str) -> str:
    """A resolved study without its paths and words: inputs, accounting, titles and sources.

    Example:
        >>> print(public_study('[study]\\nname = "a"\\ntitle = "b"\\n\\n[inputs]\\ncensus = "c"'))
        [study]
        name = "a"
        <BLANKLINE>
    """
    stays = ("[inputs]", "[[accounting]]")
    kept = [block for block in text.split("\n\n") if not block.startswith(stays)]
    lines = "\n\n".join(kept).split("\n")
    said = [line for line in lines if line.partition(" = ")[0] not in ("title", "source")]
    return "\n".join(said).rstrip("\n") + "\n"


OF_RUNS = ("run_id", "study", "published_at", "code_version", "engine")
"""What of `runs` leaves: no path, no digest of what is confidential, no text of the study."""
