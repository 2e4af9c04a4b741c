"""Exports: what goes out comes back, with units and labels, the same bytes every time."""

import csv
import importlib.util
import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from made_run import EVERY_STUDY
from tradegains.errors import StudyError
from tradegains.published import export
from tradegains.published.export import SUFFIXES, export_table, export_tables
from tradegains.tables.published import TABLES

LATEX = r"""\begin{table}[htbp]
\centering
\caption{quality of cusfta, run 3f9c1a7be2d04856, synthetic data}\label{tab:quality}
\begin{tabular}{llr}
\toprule
rule & action & rows \\
\midrule
missing\_id & quarantine & 3 \\
nonpositive\_value\_added & keep & 211 \\
quarantined & - & 3 \\
read & - & 35,000 \\
valid & - & 34,997 \\
\bottomrule
\end{tabular}
\par\smallskip
{\footnotesize All rows: year 1978.\par}
\end{table}
"""


def exported(output, tmp_path, table, file_format, **choices):
    path = tmp_path / f"{table}{SUFFIXES[file_format]}"
    return export_table(output, table, path, file_format=file_format, **choices)


def test_csv_gives_back_every_number(output, tmp_path, tables):
    path = exported(output, tmp_path, "welfare", "csv")
    back = pd.read_csv(path, dtype={"industry": str, "run_id": str}, float_precision="round_trip")
    assert list(back.columns) == list(EVERY_STUDY["welfare"])
    expected = sorted(v for v in tables["welfare"]["welfare_change"].to_pylist() if v is not None)
    assert sorted(back["welfare_change"].dropna()) == expected
    assert back["industry"].isna().sum() == tables["welfare"]["industry"].null_count


def test_csv_has_its_units_beside_it(output, tmp_path):
    path = exported(output, tmp_path, "demography", "csv")
    with (path.parent / "demography_columns.csv").open(encoding="utf-8") as file:
        known = {row["column"]: row for row in csv.DictReader(file)}
    assert known["sales"]["unit"] == "thousand dollars"
    assert known["employment"]["meaning"].startswith("employment")
    assert "synthetic data" in known["sales"]["table"]


def test_parquet_has_units_as_metadata(output, tmp_path, tables):
    back = pq.read_table(exported(output, tmp_path, "moments", "parquet"))
    assert back.num_rows == tables["moments"].num_rows
    assert back.schema.field("p50").metadata[b"unit"] == b"log points"
    assert b"synthetic data" in back.schema.metadata[b"title"]


def test_stata_has_labels_and_missing_values(output, tmp_path, tables):
    path = exported(output, tmp_path, "welfare", "stata")
    with pd.io.stata.StataReader(path) as reader:
        labels, title, back = reader.variable_labels(), reader.data_label, reader.read()
    assert labels["welfare_change"].endswith("[log points]")
    assert labels["delta_ln_continuing_market_share"] == (
        "scaled change of ln lambda^c [log points]"
    )
    assert all(0 < len(label) <= 80 for label in labels.values())
    assert title == "welfare of cusfta, run 3f9c1a7be2d04856, synthetic data"
    assert back["welfare_change"].isna().sum() == tables["welfare"]["welfare_change"].null_count
    assert set(back["industry"]) >= {"", "10", "39"}
    assert len(back) == tables["welfare"].num_rows


def test_the_only_date_in_stata_is_that_of_publication(run, tables, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "read_table", lambda *_: (run, tables["quality"]))
    path = exported(tmp_path, tmp_path, "quality", "stata")
    with pd.io.stata.StataReader(path) as reader:
        assert reader.time_stamp == "23 Nov 2025 07:15"


@pytest.mark.parametrize("table", list(TABLES))
def test_stata_takes_every_table(output, tmp_path, table):
    published = {"runs", "quality", "demography", "industry_medians", "moments", "histograms",
                 "market_shares", "welfare"}  # fmt: skip
    if table not in published:
        pytest.skip("not among the tables made by hand")
    back = pd.read_stata(exported(output, tmp_path, table, "stata"))
    assert list(back.columns) == list(EVERY_STUDY[table])


def test_long_texts_and_nested_columns_survive_in_stata(output, tmp_path):
    back = pd.read_stata(exported(output, tmp_path, "runs", "stata"))
    assert "[study]" in back["study_toml"][0]
    assert {entry["name"] for entry in json.loads(back["tables"][0])} >= {"welfare", "moments"}


def test_latex_is_a_booktabs_table(output, tmp_path):
    path = exported(output, tmp_path, "quality", "latex", where={"year": "1978"})
    assert path.read_text(encoding="utf-8") == LATEX


def test_latex_has_units_true_minus_and_runs_over_pages(output, tmp_path):
    text = exported(output, tmp_path, "histograms", "latex").read_text(encoding="utf-8")
    assert text.startswith(r"\begin{longtable}")
    assert r"{\footnotesize [log points]}" in text
    assert "$-$1.0000" in text
    welfare = exported(output, tmp_path, "welfare", "latex").read_text(encoding="utf-8")
    assert r"\shortstack[r]{delta ln \\ continuing \\ share}" in welfare
    assert r"\endfirsthead" in text


def test_latex_says_why_a_number_is_absent(output, tmp_path):
    text = exported(
        output,
        tmp_path,
        "welfare",
        "latex",
        where={"industry": "12", "formula": "hloy"},
        columns=["window", "welfare_change"],
    ).read_text(encoding="utf-8")
    assert r"pre & -- & a \\" in text
    assert "Not shown" not in text
    assert "a: no continuing domestic sales in 1996." in text
    folded = exported(output, tmp_path, "welfare", "latex", where={"industry": "12"})
    notes = folded.read_text(encoding="utf-8")
    assert "All rows: level industry2" in notes
    assert "a: no continuing domestic sales in 1996." in notes


def test_latex_says_what_tells_look_alikes_apart(output, tmp_path):
    text = exported(
        output,
        tmp_path,
        "welfare",
        "latex",
        where={"level": "total", "formula": "hloy"},
        columns=["window", "continuing", "welfare_change"],
    ).read_text(encoding="utf-8")
    assert "Not shown, and not the same in all rows: imports." in text


@pytest.mark.parametrize("file_format", ["csv", "parquet", "stata", "latex"])
def test_the_same_run_gives_the_same_bytes(output, tmp_path, file_format):
    first = exported(output, tmp_path / "a", "welfare", file_format)
    second = exported(output, tmp_path / "b", "welfare", file_format)
    assert first.read_bytes() == second.read_bytes()


def test_xlsx_has_rows_and_meanings(output, tmp_path, tables):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(exported(output, tmp_path, "welfare", "xlsx"))
    assert book.sheetnames == ["welfare", "columns"]
    assert book["welfare"].max_row == tables["welfare"].num_rows + 1
    assert [cell.value for cell in book["columns"][1]] == ["column", "unit", "meaning", "table"]


def test_without_openpyxl_the_cure_is_told(output, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StudyError, match="xlsx needs the package openpyxl") as caught:
        exported(output, tmp_path, "welfare", "xlsx")
    assert "pip install openpyxl" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_refused(output, tmp_path):
    with pytest.raises(StudyError, match="no format 'sas'") as caught:
        export_table(output, "welfare", tmp_path / "w", file_format="sas")
    assert "csv, parquet, stata, latex, xlsx" in str(caught.value)


def test_all_tables_go_to_a_folder(output, tmp_path, tables):
    paths = list(export_tables(output, tmp_path / "files", file_format="parquet"))
    assert {path.name for path in paths} == {f"{name}.parquet" for name in tables}
    assert all(path.is_file() for path in paths)


def test_named_tables_go_to_a_folder(output, tmp_path):
    paths = export_tables(output, tmp_path, tables=["welfare"], file_format="stata")
    assert [path.name for path in paths] == ["welfare.dta"]


def test_a_table_that_is_not_published_is_refused(output, tmp_path):
    with pytest.raises(StudyError, match="no table 'regressions'"):
        exported(output, tmp_path, "regressions", "csv")
