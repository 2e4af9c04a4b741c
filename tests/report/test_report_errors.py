"""Standard errors in brackets, intervals in words, bands and whiskers; nothing without them."""

import math
from dataclasses import replace

import pyarrow as pa
import pytest

from made_run import undrawn_page
from tradegains.figures.style import saved
from tradegains.figures.welfare import WelfareBar, draw_welfare
from tradegains.formulas.measurement_error import domestic_share_error
from tradegains.report.answer import answer
from tradegains.report.errors import brackets_in_words, errors_in_words, tail_in_words
from tradegains.report.influence import measurement_table, slopes_table
from tradegains.report.page import figures_of, page_sections
from tradegains.report.sections.sizes import size_exhibit
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
        "At these elasticities HLOY and ACR cannot be told apart: difference -0.40, "
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
    assert "At these elasticities HLOY and ACR differ: difference -0.40" in answer(run)


def test_the_page_shows_brackets_and_says_what_they_are(uncertain_run, run):
    page = undrawn_page(uncertain_run)
    assert page.count('<span class="error">(0.40)</span>') > 30
    assert "each left out in turn" in page
    plain = undrawn_page(run)
    assert 'class="error"' not in plain
    told = brackets_in_words(uncertain_run, [{"standard_error": 0.1}])
    assert told == " In brackets: standard errors, by leaving out groups of enterprises."
    assert brackets_in_words(uncertain_run, [{"standard_error": None}]) == ""
    assert brackets_in_words(run, [{"standard_error": 0.1}]) == ""
    assert "In brackets" not in plain
    assert errors_in_words(run) == ""
    assert "interval" not in answer(run)


def test_influence_names_industries_and_warns_of_a_unit_that_is_too_large(uncertain_run, run):
    page = undrawn_page(uncertain_run)
    assert "One unit has over 5 percent" in page
    assert "heavy tail, of an index below 1.75" in tail_in_words(uncertain_run, "post")
    assert (tail_in_words(uncertain_run, "pre"), tail_in_words(run)) == ("", "")
    assert page.count("heavy tail, of an index below 1.75") > 1  # beside the answer and Table 1
    assert "The answer without the largest" in page
    assert "The answer without the largest" not in undrawn_page(run)
    figures = {one.key: one for one in figures_of(page_sections(uncertain_run))}
    exhibit = figures["figure_influence"]
    assert "5.10 percent with all industries; from 4.10 without industry 10" in exhibit.text
    assert len(exhibit.data[""].splitlines()) == 23
    assert exhibit.draw().svg.startswith(b"<?xml")
    assert "figure_influence" not in {one.key for one in figures_of(page_sections(run))}


def test_bands_of_errors_in_the_data_by_hand(uncertain_run, run):
    table = measurement_table(uncertain_run)
    assert measurement_table(run) is None
    cells = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    shares = {
        (row["window"], row["year"]): row["domestic_share"]
        for row in uncertain_run.rows("market_shares", level="total", continuing="both_ends",
                                      restriction="all", imports="table")
    }  # fmt: skip
    imported = [1 - shares["post", year] for year in (1988, 1996)]
    error = math.hypot(0.05, 0.02) * math.hypot(*imported) / 4.71
    low, high = (5.501 + sign * 1.959964 * 100 * error for sign in (-1, 1))
    assert cells["ACR"][1] == f"{low:.2f} to {high:.2f}"
    assert len(cells["HLOY"]) == 3


def test_the_difference_of_windows_shares_the_year_between_them():
    both = domestic_share_error(
        {1978: 0.8, 1988: -1.8, 1996: 1.0}, dict.fromkeys((1978, 1988, 1996), 0.5),
        imports=0.04, domestic_sales=0.03,
    )  # fmt: skip
    assert both == pytest.approx(0.05 * 0.5 * math.sqrt(0.64 + 3.24 + 1.0))


def test_slopes_over_industries_with_brackets_or_their_reason(uncertain_run):
    table = slopes_table(uncertain_run)
    pre, post = table.rows
    assert [cell.text for cell in pre] == ["tariff_cut", "1978-1988 (×0.8)", "0.10", "1.00",
                                           "0.329", "22"]  # fmt: skip
    assert pre[2].error == "(0.10)"
    assert post[2].mark == "a"
    assert table.notes == (("a", "too few industries"),)


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


def test_the_overlap_of_curves_has_its_error(uncertain_run, run):
    said = "percent (standard error 0.4) of the area is shared"
    assert size_exhibit(uncertain_run).text.count(said) == 2
    assert "standard error" not in size_exhibit(run).text


def test_the_key_of_the_welfare_figure_lies_inside_it(monkeypatch):
    ends = []

    def saved_and_measured(figure):
        picture = saved(figure)
        (key,) = figure.legends
        ends.extend((key.get_texts()[-1].get_text(), key.get_window_extent().x1 / figure.bbox.x1))
        return picture

    monkeypatch.setattr("tradegains.figures.welfare.saved", saved_and_measured)
    draw_welfare([WelfareBar("post", "1988–1996", 0.095, -0.044, 0.051, 0.055)], mark="")
    assert ends[0] == "ACR"
    assert ends[1] < 1.0
