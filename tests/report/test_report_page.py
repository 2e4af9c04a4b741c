"""The page: complete, self-contained, escaped, accessible, and the same bytes every time."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from made_run import undrawn_page
from tradegains.report import page as page_module
from tradegains.report.markup import typeset
from tradegains.report.page import page_html, page_sections, write_report

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """Tags that were opened and never closed, ids, attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.words = [], Counter(), [], []
        self.attributes = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


def undrawn(run):
    """The page of a run without its figures."""
    return Page(undrawn_page(run))


@pytest.fixture(scope="module")
def html(run, sections):
    return page_html(run, sections)


@pytest.fixture
def drawn_once(monkeypatch, sections):
    monkeypatch.setattr(page_module, "page_sections", lambda run, begin: sections)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_every_tag_is_closed(page):
    assert page.open == []


def test_the_page_needs_nothing_else(page, html):
    for tag, name, value in page.attributes:
        if name in ("src", "href", "xlink:href", "action", "srcset"):
            assert value.startswith(("#", "data:")), (tag, name, value)
    assert page.tags["script"] == page.tags["link"] == page.tags["iframe"] == 0
    assert "@import" not in html
    assert re.findall(r"url\((?!#)", html) == []
    addresses = set(re.findall(r"https?://[^\s\"'<]+", html))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_the_page_forbids_itself_to_load_anything(html):
    assert "default-src 'none'" in html


def test_names_are_escaped(html):
    assert "of 1988 &lt;synthetic &amp; small&gt;" in html
    assert "&lt;b&gt;&amp;&lt;/b&gt; no product tariffs" in html
    assert "<b>" not in html


def test_the_answer_comes_first(page):
    start = page.text[page.text.index("What does the market") :][:700]
    assert "change of welfare over 1988–1996?" in start
    assert "welfare rose by 5.10 percent over 1988–1996 (HLOY σ = 3.72), whatever" in start
    assert "Over 1978–1988, scaled to 8 years, it says −1.35 percent" in start
    assert "+0.0510 log points; ACR +5.50 percent" in start
    assert page.text.index("What does the market") < page.text.index("Table 1")


def test_ids_are_unique(page):
    assert [name for name, times in Counter(page.ids).items() if times > 1] == []


def test_what_is_referred_to_exists(page, html):
    referred = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', html)
    assert {a or b for a, b in referred} <= set(page.ids)


def test_figures_have_a_name_for_those_who_cannot_see_them(page, exhibits):
    drawn = [value for tag, name, value in page.attributes if (tag, name) == ("svg", "aria-label")]
    assert len(drawn) == page.tags["svg"] == page.tags["figure"] == len(exhibits)
    assert all(len(name) > 60 for name in drawn)


def test_tables_have_captions_with_units_and_row_headers(page, html):
    assert page.tags["caption"] == page.tags["table"]
    assert len(re.findall(r'<span class="unit">\[.+?\]</span>', html)) == page.tags["table"]
    assert page.tags["table"] == html.count("<thead>")


def test_figures_follow_the_pages_colours(html):
    assert "var(--blue)" in html
    assert not re.findall(r"(?:fill|stroke): #[0-9a-f]{6}", html)


def test_synthetic_data_are_announced(run_with, page):
    assert page.text.startswith("Canada")  # the title of the document
    assert page.text.count("Synthetic data.") >= 8
    real = undrawn(run_with(study={"synthetic = true": "synthetic = false"}))
    assert "Synthetic data." not in real.text


def test_absent_numbers_carry_the_letter_of_their_reason(html):
    assert '<td class="number">–<sup>a</sup></td>' in html
    assert "<sup>a</sup> No continuing domestic sales in 1996" in html


def test_industries_stand_on_their_shares_elasticity_weight_and_n(page):
    table = page.text[page.text.index("Table A1:") :]
    row = re.search(r" 10 (\S+ ){9}(\S+) (\S+) (\S+) (\S+) (\S+) 11 ", table)
    assert row.groups()[1:] == ("14.09", "−31.81", "3.72", "0.045", "279")
    assert "aggregate −1.42 −1.42 0.000 6.66 6.66 0.000 8.08 8.08 0.000 – – – – –" in table


def test_absent_results_are_listed_with_reasons(page, run_with):
    assert "export_entry the study has no plant_products input" in page.text
    no_windows = {'figure_windows = ["entry_before", "post"]': "figure_windows = []"}
    assert "fewer than two figure_windows" in undrawn(run_with(study=no_windows)).text
    record = {"absent": '{"welfare_change": "no source of imports"}'}
    assert "welfare_change no source of imports" in undrawn(run_with(record=record)).text


def test_sensitivity_begins_with_the_headline_and_says_the_spread(page):
    assert "lies between 3.94 and 5.25 percent" in page.text
    table = page.text[page.text.index("Every combination of choices") :]
    assert table.index("all table both_ends") < table.index("all table domestic_both_ends")
    assert "all table every_year −1.55 4.70 6.25 −0.40" in table


def test_rows_read_are_accounted_for(page, run_with, tables):
    assert "In every year, rows read = valid + quarantined." in page.text
    rows = [row | {"rows": row["rows"] + (row["rule"] == "read")} for row in
            tables["quality"].to_pylist()]  # fmt: skip
    wrong = tables["quality"].from_pylist(rows, schema=tables["quality"].schema)
    warned = undrawn(run_with(quality=wrong)).text
    assert "Rows read differ from valid plus quarantined rows in 1978, 1980, 1988, 1996." in warned


def test_choices_and_run_are_stated(page):
    for words in (
        "both_ends, domestic_both_ends, every_year",
        "windows: pre start 1978",
        "3f9c1a7be2d04856",
        "0.1.0+9d2f11c0aa12",
        "embedded (pysail 0.7.2",
    ):
        assert words in page.text


def test_the_same_run_gives_the_same_page(run, html):
    assert page_html(run, page_sections(run)) == html


def test_typeset_numbers_and_years():
    assert typeset("1978-1988: -1.35 for X^c/X, run-2 <b>") == (
        '<span class="years">1978–1988</span>: −1.35 for X<sup>c</sup>/X, run-2 &lt;b&gt;'
    )


def test_an_empty_run_still_has_a_page(run_with, tables):
    run = run_with(**{name: table.slice(0, 0) for name, table in tables.items()})
    page = undrawn(run)
    assert "no rows published" in page.text
    assert "No distribution is published." in page.text
    assert page.tags["figure"] == 0


def test_a_second_report_replaces_only_its_own_figures(output, drawn_once):
    folder = output / "report" / "figures"
    write_report(output)
    (folder / "figure_old.png").touch()
    (folder / "mine.txt").touch()
    before = (output / "report" / "report.html").read_bytes()
    write_report(output)
    assert not (folder / "figure_old.png").exists()
    assert (folder / "mine.txt").exists()
    assert (output / "report" / "report.html").read_bytes() == before


def test_only_long_tables_stand_in_a_box_that_scrolls(run):
    page = undrawn(run)
    boxes = {value for tag, name, value in page.attributes if (tag, name) == ("div", "class")}
    assert {"table", "table long", "notes"} <= boxes
    choices = re.search(r"(\d+) rows: the box scrolls, print shows all", page.text)
    assert int(choices[1]) > 30
    printed = page.text.split("@media print")[1]
    assert ".table.long, .picture { overflow: visible; max-height: none; }" in printed


def test_a_table_counts_the_establishments_of_its_own_windows(run):
    table = undrawn(run).text.split("Table C1: ")[1].split("Published: ")[0]
    assert "Continuing establishments: 1988–1996 n = 20,114." in table
    assert "1978" not in table


def test_the_banner_does_not_stand_over_the_literature(page):
    assert "a generated census, but for those quoted from publications" in page.text


def test_numbers_of_the_headline_have_their_establishments_beside_them(run):
    text = undrawn(run).text
    assert re.search(r"Continuing establishments: 1978–1988 n = [\d,]+, 1988–1996 n = [\d,]+", text)
    assert re.search(r"all, both_ends: 1978–1988 n = [\d,]+", text)
