"""Figures: the same bytes for the same tables, data that add up, honest axes."""

import ast
import csv
import io
from collections import defaultdict
from pathlib import Path

import matplotlib as mpl
import pytest

from tradegains import report
from tradegains.figures import (
    comparison,
    elasticities,
    influence,
    ranked,
    sizes,
    trade,
    welfare,
)
from tradegains.figures.comparison import draw_comparison
from tradegains.figures.histograms import axis_range, share_outside
from tradegains.figures.style import Picture
from tradegains.published.published_run import PublishedRun
from tradegains.report.comparisons import comparisons
from tradegains.report.page import figures_of, page_sections

SUM_OF_SHARES = 1e-12  # some hundred shares, each right to the last bit


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_every_figure_is_drawn(exhibits):
    assert set(exhibits) == {
        "figure_5a",
        "figure_5b",
        "figure_5c",
        "figure_exit",
        "figure_welfare",
        "figure_industries",
        "figure_hloy_1",
        "figure_mt_1",
        "figure_hloy_2",
        "figure_hloy_3",
        "figure_hloy_4",
        "figure_hloy_5",
    }


def test_data_of_each_distribution_sum_to_one(exhibits):
    for key in ("figure_5a", "figure_5b", "figure_5c", "figure_exit"):
        sums = defaultdict(float)
        for line in rows_of(exhibits[key].data[""]):
            sums[line["series"]] += float(line["share_of_employment"])
        assert len(sums) == 2
        assert list(sums.values()) == pytest.approx([1, 1], abs=SUM_OF_SHARES)


def test_data_say_that_they_are_synthetic(exhibits):
    for exhibit in exhibits.values():
        kind = "hypothetical" if exhibit.key == "figure_hloy_2" else "synthetic"
        for text in exhibit.data.values():
            assert {line["data"] for line in rows_of(text)} == {kind}


def test_edges_are_written_as_they_are_read(exhibits):
    edges = {line["bin_start_log_points"] for line in rows_of(exhibits["figure_5a"].data[""])}
    assert "0.3" in edges
    assert all(len(edge) <= 5 for edge in edges)


def test_the_line_is_written_as_drawn(exhibits):
    lines = rows_of(exhibits["figure_5c"].data["_line"])
    assert {line["series"] for line in lines} == {"Exporters", "Non-exporters"}
    assert max(float(line["percent_of_employment_per_bin"]) for line in lines) < 10


def test_the_axis_ends_on_bins_and_what_lies_beyond_is_counted(run):
    cells = [one.cells for one in comparisons(run)[0].series]
    low, high = axis_range(cells)
    assert low / 0.1 == pytest.approx(round(low / 0.1))
    for one in cells:
        beyond = (one.edges[:-1] < low - 0.01) | (one.edges[1:] > high + 0.01)
        assert share_outside(one, low, high) == pytest.approx(float(one.share[beyond].sum()))
        assert share_outside(one, low, high) < 0.005


def test_caption_states_what_a_referee_asks(exhibits):
    caption = exhibits["figure_5a"].caption
    for words in (
        "Synthetic data.",
        "value added per job",
        "deflated by industry prices",
        "4-digit industry in 1988 (median_base = base_year)",
        "Weighted by employment.",
        "bins of 0.1 log points",
        "standard deviation 0.100 log points (Silverman's rule",
        "1988: n = 9,000 establishments",
        "1996: n = 8,800 establishments",
        "percent of employment",
        "figure 5A",
    ):
        assert words in caption


def test_industries_without_a_number_are_named(exhibits):
    exhibit = exhibits["figure_industries"]
    assert "for want of a number in both windows: 12." in exhibit.caption
    assert {line["industry"] for line in rows_of(exhibit.data[""])}.isdisjoint({"12"})


def test_the_terms_of_the_welfare_figure_add_up(exhibits):
    lines = rows_of(exhibits["figure_welfare"].data[""])
    assert [line["window"] for line in lines] == ["pre", "post", "post-pre"]
    for line in lines:
        terms = float(line["domestic_share_term_log_points"]) + float(
            line["continuing_share_term_log_points"]
        )
        assert terms == pytest.approx(float(line["hloy_log_points"]), abs=1e-12)
    assert (
        "domestic share +9.53, continuing share -4.42, sum +5.10" in exhibits["figure_welfare"].text
    )


def test_pictures_carry_no_date_and_no_version(exhibits):
    picture = exhibits["figure_5a"].picture
    assert b"dc:date" not in picture.svg
    assert mpl.__version__.encode() not in picture.svg
    assert b"Software" not in picture.png
    assert b"tIME" not in picture.png


def test_the_users_own_matplotlib_settings_do_not_show(run, exhibits):
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.hashsalt": "other"}):
        again = draw_comparison(comparisons(run)[0], mark="synthetic data")
    assert again == exhibits["figure_5a"].picture


def marks_given():
    """What the report gives its drawings as `mark`, in its own words."""
    for path in Path(report.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node).startswith("partial(draw_"):
                yield from (ast.unparse(each.value) for each in node.keywords if each.arg == "mark")


def test_every_picture_of_a_draft_says_so(run, monkeypatch):
    marks = []
    for module in (comparison, elasticities, influence, ranked, sizes, trade, welfare):
        monkeypatch.setattr(module, "mark_standing", lambda axes, mark: marks[-1].append(mark))
        monkeypatch.setattr(module, "saved", lambda figure: Picture(b"", b""))
    monkeypatch.setattr(PublishedRun, "draft", True)
    for exhibit in figures_of(page_sections(run)):
        marks.append([])
        exhibit.draw()
    assert len(marks) == 12
    given = set(marks_given())  # to those that are not drawn here, too
    assert given == {"run.mark", "DRAFT if run.draft else ''"}
    told = {mark for of_one in marks for mark in of_one or ["none"]}
    assert told == {"draft, synthetic data", "draft"}  # the latter of a hypothetical economy


def test_synthetic_pictures_differ_from_real_ones(run, exhibits):
    real = draw_comparison(comparisons(run)[0], mark="")
    assert real.svg != exhibits["figure_5a"].picture.svg
