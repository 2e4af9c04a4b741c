"""Tables and runs in a terminal: units, width, shared values said once, reasons kept."""

import subprocess
import sys

import pytest

from tradegains.errors import StudyError
from tradegains.published.show import show_runs, show_table

TOTALS = """\
welfare, run 3f9c1a7be2d04856, study cusfta, level = total, imports = table,
continuing = both_ends, distribution = null, synthetic data
every row: restriction all, ids raw, establishments 20,114

                                  delta_ln_     delta_ln_
                                continuing_     domestic_      welfare_
                                      share         share        change
window    formula  elasticity  [log points]  [log points]  [log points]
--------  -------  ----------  ------------  ------------  ------------
post      acr            4.71        0.1203       -0.2591        0.0550
post      hloy           3.72        0.1203       -0.2591        0.0510
post-pre  acr            4.71        0.0906       -0.2660        0.0565
post-pre  hloy           3.72        0.0906       -0.2660        0.0645
pre       acr            4.71        0.0297        0.0069       -0.0015
pre       hloy           3.72        0.0297        0.0069       -0.0135

6 rows.
"""

NOTES = """\
window    formula  note
--------  -------  ----
post      acr      a
post      hloy     a
post-pre  acr      a
post-pre  hloy     a
pre       acr      a
pre       hloy     a

6 rows.
a: no continuing domestic sales in 1996
"""

ONE_ROW = """\
market_shares, run 3f9c1a7be2d04856, study cusfta, year = 1996, synthetic data
window                     post
level                      total
continuing                 both_ends
restriction                all
imports                    table
ids                        raw
establishments             35,000
continuing_establishments  20,114 [establishments]
domestic_sales             210,000,000 [thousand dollars]
continuing_domestic_sales  170,000,000 [thousand dollars]
imports_value              90,000,000 [thousand dollars]
expenditure                300,000,000 [thousand dollars]
continuing_share           0.8095 [share]
domestic_share             0.7000 [share]
continuing_market_share    0.5667 [share]
no value: industry"""


def test_rows_with_units_and_what_they_share(output):
    where = {"level": "total", "imports": "table", "continuing": "both_ends", "distribution": ""}
    text = show_table(output, "welfare", where=where)
    assert text.startswith(TOTALS)
    assert "no value: industry" in text


def test_a_null_number_shows_its_note(output):
    assert NOTES in show_table(output, "welfare", where={"industry": "12"})
    chosen = show_table(
        output, "welfare", where={"industry": "12"}, columns=["window", "welfare_change"]
    )
    assert "a: no continuing domestic sales in 1996" in chosen


def test_a_single_row_is_shown_in_full(output):
    assert show_table(output, "market_shares", where={"year": "1996"}).startswith(ONE_ROW)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(
    "table", ["runs", "quality", "demography", "moments", "histograms", "welfare", "market_shares"]
)
def test_no_line_is_wider_than_the_terminal(output, table, width):
    text = show_table(output, table, width=width)
    assert max(map(len, text.splitlines())) <= width


def test_columns_that_do_not_fit_are_named(output):
    text = " ".join(show_table(output, "moments").split())
    assert "no room (name columns to see them):" in text
    assert text.endswith("p95, p99")


def test_a_table_without_room_for_any_number_says_how_to_see_one(output):
    narrow = " ".join(show_table(output, "moments", width=60).split())
    assert "fix a part of it by --where COLUMN=VALUE to see numbers" in narrow
    assert "to see numbers" not in show_table(output, "moments", width=100)
    assert "to see numbers" not in show_table(output, "quality", width=60)


def test_a_limit_is_told(output):
    assert "3 of 20 rows." in show_table(output, "quality", limit=3)
    assert "20 rows." in show_table(output, "quality", limit=None)


def test_columns_come_in_the_order_asked_for(output):
    text = show_table(output, "quality", columns=["rows", "year"], limit=2)
    header = next(line for line in text.splitlines() if "rows" in line and "year" in line)
    assert header.split() == ["rows", "year"]
    assert "every row" not in text


def test_an_empty_condition_selects_null(output):
    nulls = show_table(output, "moments", where={"window": ""})
    assert "window = null" in nulls
    assert "4 rows." in nulls
    none = show_table(output, "quality", where={"rule": "nothing"})
    assert "\nNo row.\nrule: " in none
    assert "read" in none.split("rule: ")[1]


def test_a_misspelt_column_is_named_with_the_nearest(output):
    with pytest.raises(StudyError) as caught:
        show_table(output, "quality", where={"yaer": "1988"}, columns=["rwos"])
    assert "no column 'yaer' in table quality" in str(caught.value)
    assert "did you mean year?" in str(caught.value)


def test_text_where_a_number_belongs_is_refused(output):
    with pytest.raises(StudyError, match="'early' is no number in year"):
        show_table(output, "quality", where={"year": "early"})


def test_a_run_may_be_named_by_its_first_characters(output):
    assert "run 3f9c1a7be2d04856" in show_table(output, "quality", run_id="3f9c")
    with pytest.raises(StudyError, match="run abc is not published") as caught:
        show_table(output, "quality", run_id="abc")
    assert "choose among 3f9c1a7be2d04856" in str(caught.value)


def test_runs_are_listed(output, tables):
    header, rule, row = show_runs(output).splitlines()[-3:]
    assert header.split() == ["run", "[UTC]", "study", "data", "engine", "tables"]
    assert row.split()[0] == "3f9c1a7be2d04856"
    assert row.split()[-4:] == ["cusfta", "synthetic", "embedded", str(len(tables))]
    assert set(rule) == {"-", " "}


def test_a_folder_without_runs_is_refused_with_a_cure(tmp_path):
    for show in (show_runs, lambda folder: show_table(folder, "welfare")):
        with pytest.raises(StudyError, match="no run is published") as caught:
            show(tmp_path)
        assert "cure: run the study first" in str(caught.value)


def test_rows_that_look_alike_are_told_apart(output):
    text = show_table(output, "welfare", where={"level": "total"}, columns=["window", "formula"])
    last = text[text.index("rows that look alike differ by") :]
    assert {"continuing", "imports"} <= set(last.replace(",", "").split())
    year = {"year": "1978"}
    assert "look alike" not in show_table(output, "quality", where=year, columns=["rule", "rows"])


def test_showing_loads_neither_matplotlib_nor_pandas_nor_an_engine(output):
    heavy = ("matplotlib", "pandas", "jinja2", "grpc", "pysail")
    script = (
        "import sys, pathlib\n"
        "from tradegains.published.show import show_table\n"
        "show_table(pathlib.Path(sys.argv[1]), 'welfare')\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(output)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
