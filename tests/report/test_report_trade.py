"""Figure 1 of Melitz and Trefler: lines by level, words and table that agree with the rows."""

import csv
import io
from dataclasses import replace

from tradegains.report.page import page_html
from tradegains.report.section import Missing
from tradegains.report.sections.trade import intra_industry_exhibit, section


def test_words_give_first_and_last_year(exhibits):
    text = exhibits["figure_mt_1"].text
    # 0.30 + 0.015 x 15 = 0.525 and 0.45 + 0.015 x 15 = 0.675
    assert text == (
        "At 5 digits 30.0 percent of trade was two-way in 1981, 52.5 percent in 1996. "
        "At 2 digits 45.0 percent of trade was two-way in 1981, 67.5 percent in 1996."
    )


def test_table_spreads_its_years_and_says_why_one_is_empty(exhibits):
    table = exhibits["figure_mt_1"].table
    years = [row[0].text for row in table.rows]
    assert (years[0], years[-1], len(years)) == ("1981", "1996", 12)
    assert table.header == ("year", "index", "one-way", "index", "one-way")
    assert [cell.text for cell in table.rows[0][1:]] == ["30.0", "10.0", "45.0", "10.0"]
    assert table.notes in ((), (("a", "no trade either way"),))
    assert ("1990" in years) == bool(table.notes)


def test_caption_says_how_flows_were_matched(exhibits):
    caption = exhibits["figure_mt_1"].caption
    for words in (
        "Synthetic data.",
        "index of Canada with all partners",
        "(matched = by_partner)",
        "1,200 at 5 digits, 150 of them one-way",
    ):
        assert words in caption


def test_data_have_every_year_and_both_ways_of_matching(exhibits):
    rows = list(csv.DictReader(io.StringIO(exhibits["figure_mt_1"].data[""])))
    assert len(rows) == 3 * 16
    assert {row["matched"] for row in rows} == {"by_partner", "together"}
    assert {row["grubel_lloyd"] for row in rows if row["year"] == "1990"} == {""}


def test_a_run_without_product_flows_says_so(run_with, tables):
    run = run_with(intra_industry_trade=tables["intra_industry_trade"].slice(0, 0))
    missing = intra_industry_exhibit(run)
    assert isinstance(missing, Missing)
    assert missing.reason


def test_the_page_has_a_section_only_with_the_figure(run):
    shown = [section(run), replace(section(run), blocks=())]
    assert ['id="trade"' in page_html(run, [one]) for one in shown] == [True, False]
