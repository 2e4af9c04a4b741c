"""LaTeX has standard errors in brackets under the numbers they are of, as economists print them."""

from made_run import uncertain_tables
from tradegains.published.arranged import arranged
from tradegains.published.latex import latex_table
from tradegains.tables.published import TABLES

ERRORS = TABLES["welfare"].errors
COLUMNS = ["window", "formula", "welfare_change", "standard_error", "domestic_share_term",
           "domestic_share_term_standard_error", "note"]  # fmt: skip


def test_errors_stand_in_brackets_under_their_numbers(tables):
    rows = uncertain_tables(tables)["welfare"].slice(0, 2).select(COLUMNS)
    text = latex_table(arranged(rows, "welfare", fold=False), title="t", label="l", errors=ERRORS)
    lines = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert lines[-4:] == [
        r"pre & hloy & $-$0.0135 & $-$0.0025 \\",
        r" &  & (0.0040) & (0.0040) \\",
        r"pre & acr & $-$0.0015 & -- \\",
        r" &  & (0.0040) &  \\",
    ]
    assert "standard" not in text


def test_without_errors_nothing_stands_below(tables):
    rows = tables["welfare"].slice(0, 2).select(["window", "formula", "welfare_change", "note"])
    shown = arranged(rows, "welfare", fold=False)
    plain = latex_table(shown, title="t", label="l")
    assert latex_table(shown, title="t", label="l", errors=ERRORS) == plain
    assert "(" not in plain
