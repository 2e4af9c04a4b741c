"""What answers in a second loads nothing that takes one; the model reads no published table."""

import json
import subprocess
import sys

import pytest

from tradegains.published.export import SUFFIXES, export_table

HEAVY = ("matplotlib", "pandas", "jinja2", "openpyxl")
STORE = ("tradegains.store", "tradegains.tables", "deltalake", "pyarrow", "pandas", "jinja2")


def loaded(script, wanted, *arguments):
    """Which of the modules a script has loaded at its end, in a process of its own."""
    listed = f"print(json.dumps([name for name in {wanted!r} if name in sys.modules]))"
    code = f"import json, sys\n{script}\n{listed}"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("file_format", "needed"),
    [("csv", []), ("parquet", []), ("latex", []), ("stata", ["pandas"]), ("xlsx", ["openpyxl"])],
)
def test_an_export_loads_what_its_format_needs(output, tmp_path, file_format, needed):
    if file_format == "xlsx":
        pytest.importorskip("openpyxl")
    script = (
        "from pathlib import Path\n"
        "from tradegains.published.export import export_table\n"
        "out, path, name = sys.argv[1:]\n"
        "export_table(Path(out), 'quality', Path(path), file_format=name)"
    )
    path = tmp_path / f"quality{SUFFIXES[file_format]}"
    assert loaded(script, HEAVY, output, path, file_format) == needed
    assert path.stat().st_size > 0


def test_the_model_reads_no_published_table(tmp_path):
    script = (
        "from tradegains.model.market import model_text, stated_model\n"
        "from tradegains.model.market_figures import model_files\n"
        "one = stated_model(size=1e3, slope=0.01, entry_cost=50.0, largest_cost=20.0)\n"
        "assert model_text(one) and model_files(one)"
    )
    assert loaded(script, STORE) == []


def test_no_zero_goes_out_with_a_sign(run_with, tables, tmp_path, monkeypatch):
    rows = [row | {"welfare_change": -0.0} for row in tables["welfare"].slice(0, 2).to_pylist()]
    table = tables["welfare"].from_pylist(rows, schema=tables["welfare"].schema)
    read = (run_with(welfare=table), table)
    monkeypatch.setattr("tradegains.published.export.read_table", lambda *_: read)
    columns = ["window", "welfare_change"]
    path = export_table(tmp_path, "welfare", tmp_path / "w.csv", file_format="csv", columns=columns)
    assert "-0" not in path.read_text()
