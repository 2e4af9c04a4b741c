"""Texts that a spreadsheet would compute stay texts, and Stata takes long ones in any script."""

import csv
import random

import pandas as pd
import pyarrow as pa
import pytest
from openpyxl import load_workbook

from tradegains.errors import StudyError
from tradegains.published import export
from tradegains.published.export import SUFFIXES, export_table

COMPUTED = ["=1+1", "+1", "-1+1", "@SUM(1)", "\t=1+1", '=HYPERLINK("x")']


@pytest.fixture
def exported(run, tables, tmp_path, monkeypatch):
    """Return a function that exports the table `quality` with rules of these names."""

    def make(texts, file_format):
        rows = tables["quality"].slice(0, len(texts))
        rows = rows.set_column(rows.column_names.index("rule"), "rule", pa.array(texts))
        monkeypatch.setattr(export, "read_table", lambda *_: (run, rows))
        path = tmp_path / f"quality{SUFFIXES[file_format]}"
        return export_table(tmp_path, "quality", path, file_format=file_format)

    return make


def test_formulas_are_quoted_in_csv(exported):
    path = exported([*COMPUTED, "Peru", "2-digit"], "csv")
    with path.open(encoding="utf-8", newline="") as file:
        found = [row["rule"] for row in csv.DictReader(file)]
    assert found == [*(f"'{text}" for text in COMPUTED), "Peru", "2-digit"]


def test_negative_numbers_stay_numbers_in_csv(exported, tables, run, monkeypatch, tmp_path):
    rows = tables["welfare"]
    lowest = min(value for value in rows["welfare_change"].to_pylist() if value is not None)
    assert lowest < 0
    monkeypatch.setattr(export, "read_table", lambda *_: (run, rows))
    path = export_table(tmp_path, "welfare", tmp_path / "w.csv", file_format="csv")
    assert pd.read_csv(path, float_precision="round_trip")["welfare_change"].min() == lowest


def test_formulas_are_texts_in_a_workbook(exported):
    sheet = load_workbook(exported(COMPUTED, "xlsx"))["quality"]
    column = next(cell.column for cell in sheet[1] if cell.value == "rule")
    cells = [row[column - 1] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == COMPUTED
    assert {cell.data_type for cell in cells} == {"s"}


def test_a_workbook_gives_back_every_number_and_text(run, tables, tmp_path, monkeypatch):
    draw = random.Random(7)
    numbers = [0.1 + 0.2, 1e15 + 0.5, *(draw.random() * 10.0**n for n in range(-12, 16)), None]
    texts = [
        "0012",
        "1e5",
        "'quoted",
        "漢" * 1000,
        "line\nbreak",
        *map(str, range(len(numbers) - 5)),
    ]
    rows = pa.table({"note": texts, "welfare_change": numbers})
    monkeypatch.setattr(export, "read_table", lambda *_: (run, rows))
    path = export_table(tmp_path, "welfare", tmp_path / "w.xlsx", file_format="xlsx")
    found = list(load_workbook(path)["welfare"].iter_rows(min_row=2, values_only=True))
    assert found == list(zip(texts, numbers, strict=True))


def test_what_a_cell_cannot_hold_is_escaped_or_refused(exported):
    sheet = load_workbook(exported(["a\x07b"], "xlsx"))["quality"]
    assert "a_x0007_b" in [cell.value for cell in sheet[2]]  # as Excel itself writes it
    with pytest.raises(StudyError, match="texts of rule are longer than the 32,767 characters"):
        exported(["x" * 32_768], "xlsx")


def test_a_unit_that_looks_like_a_formula_is_a_text_beside_the_table(
    run, tables, tmp_path, monkeypatch
):
    study = run.record["study_toml"].replace("thousand dollars", "=1+1")
    assert study != run.record["study_toml"]
    changed = type(run)({**run.record, "study_toml": study}, run.tables)
    monkeypatch.setattr(export, "read_table", lambda *_: (changed, tables["demography"]))
    for file_format in ("csv", "xlsx"):
        path = tmp_path / f"demography{SUFFIXES[file_format]}"
        export_table(tmp_path, "demography", path, file_format=file_format)
    with (tmp_path / "demography_columns.csv").open(encoding="utf-8") as file:
        units = {row["column"]: row["unit"] for row in csv.DictReader(file)}
    assert units["sales"] == "'=1+1"
    sheet = load_workbook(tmp_path / "demography.xlsx")["columns"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


UNIT = (
    "thousand pesos of December 2003, deflated by the output price index of the two-digit CIIU "
    "rev. 3 industry"
)


@pytest.mark.parametrize("unit", [UNIT, "x" * 78, "千" * 90, "thousand euros of 2015"])
def test_a_unit_longer_than_a_label_of_stata_is_cut(run, tables, tmp_path, monkeypatch, unit):
    study = run.record["study_toml"].replace("thousand dollars", unit)
    changed = type(run)({**run.record, "study_toml": study}, run.tables)
    monkeypatch.setattr(export, "read_table", lambda *_: (changed, tables["demography"]))
    path = export_table(tmp_path, "demography", tmp_path / "d.dta", file_format="stata")
    with pd.io.stata.StataReader(path) as reader:
        labels, back = reader.variable_labels(), reader.read()
    assert len(back) == tables["demography"].num_rows
    assert all(0 < len(label) <= 80 for label in labels.values())
    meaning, _, shown = labels["sales"].removesuffix("]").partition(" [")
    assert meaning.startswith("sales")
    kept = shown.removesuffix("...")
    assert unit.startswith(kept)
    assert (kept == unit) == (len(unit) < 50)
    assert kept == unit or " " not in unit or unit[len(kept)] == " "


@pytest.mark.parametrize("letter", ["a", "é", "ж", "統", "𝛌"])
@pytest.mark.parametrize("length", [600, 1100, 2000, 2045, 2046, 4000])
def test_stata_takes_long_texts_in_any_script(exported, letter, length):
    texts = [letter * length, "short"]
    back = pd.read_stata(exported(texts, "stata"))
    assert list(back["rule"]) == texts
