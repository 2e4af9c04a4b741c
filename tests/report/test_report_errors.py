"""Standard errors in brackets, intervals in words, bands and whiskers; nothing without them."""

from dataclasses import replace

import pyarrow as pa
import pytest

from made_run import undrawn_page
from tradegains.report.answer import answer
from tradegains.report.errors import errors_in_words
from tradegains.report.page import figures_of, page_sections
from tradegains.report.table_1 import table_1_text


@pytest.fixture(scope="module")
def text(uncertain_run):
    return table_1_text(uncertain_run)


def test_errors_stand_in_brackets_under_the_recovered_numbers(text):
    lines = text.splitlines()
    below = lines[next(n for n, line in enumerate(lines) if line.startswith("HLOY σ")) + 1]
    above = lines[next(n for n, line in enumerate(lines) if line.startswith("HLOY σ"))]
    assert below.split() == ["(0.40)"] * 3
    # Ends of the brackets are below ends of the recovered numbers.
    assert above[: below.index(")") + 1].split()[-1] == "-1.35"
    assert any(line.startswith("HLOY − ACR") for line in lines)
    assert "100 groups of enterprises" in " ".join(lines)
    assert "about 7 percent" in " ".join(lines)


def test_the_answer_has_its_interval_and_compares_the_formulas(uncertain_run):
    said = answer(uncertain_run)
    assert "HLOY σ = 3.72, 95 percent interval 4.30 to 5.90)" in said
    assert (
        "HLOY and ACR cannot be told apart: difference -0.40, "
        "95 percent interval -1.20 to 0.40." in said
    )


def test_formulas_differ_where_the_interval_leaves_out_0(uncertain_run):
    rows = uncertain_run.tables["welfare"].to_pylist()
    wide = [row for row in rows if row["formula"] == "hloy_minus_acr"]
    assert len(wide) > 0
    for row in wide:
        row["ci_high"] = -0.001
    welfare = pa.Table.from_pylist(rows, schema=uncertain_run.tables["welfare"].schema)
    run = replace(uncertain_run, tables={**uncertain_run.tables, "welfare": welfare})
    assert "HLOY and ACR differ: difference -0.40" in answer(run)


def test_the_page_shows_brackets_and_says_what_they_are(uncertain_run, run):
    page = undrawn_page(uncertain_run)
    assert page.count('<span class="error">(0.40)</span>') > 30
    assert "each left out in turn" in page
    plain = undrawn_page(run)
    assert 'class="error"' not in plain
    assert "In brackets" not in plain
    assert errors_in_words(run) == ""
    assert "interval" not in answer(run)


DRAWN = {"figure_welfare": "Whiskers", "figure_hloy_3": "Bands", "figure_hloy_4": "Bands",
         "figure_hloy_5": "Bands"}  # fmt: skip


def test_whiskers_and_bands_are_drawn_told_and_in_the_data(uncertain_run, run):
    made, plain = (
        {one.key: one for one in figures_of(page_sections(each))} for each in (uncertain_run, run)
    )
    for key, word in DRAWN.items():
        assert f"{word}: 95 percent intervals" in made[key].caption
        assert f"{word}: " not in plain[key].caption
        (data,) = made[key].data.values()
        (without,) = plain[key].data.values()
        assert "ci_low" in data.splitlines()[0]
        assert "ci_low" not in without.splitlines()[0]
        # A band is an area more, whiskers are lines more.
        paths = [each[key].draw().svg.count(b"<path") for each in (made, plain)]
        assert paths[0] > paths[1]
