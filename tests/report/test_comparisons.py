"""Which distributions are compared, under which median, and what is said when one is absent."""

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tradegains.figures.comparison import Comparison
from tradegains.figures.density import HistogramCells
from tradegains.figures.histograms import percent_per_bin
from tradegains.published.published_run import matching
from tradegains.report.comparisons import (
    comparisons,
    prices_in_words,
    shift_in_words,
    sizes_in_words,
)
from tradegains.report.section import Missing
from tradegains.report.sections.productivity import distribution_exhibits


def by_key(run):
    return {one.key: one for one in comparisons(run)}


def without(table, population):
    return table.filter(pc.not_equal(table["population"], population))


def test_years_are_compared_against_the_median_of_the_first_year(run):
    figure = by_key(run)["figure_5a"]
    assert [one.member.year for one in figure.series] == [1988, 1996]
    assert (figure.median_base, figure.base) == ("base_year", "1988")


def test_entrants_are_those_of_the_windows_that_the_study_names(run):
    figure = by_key(run)["figure_5b"]
    assert [one.member.window for one in figure.series] == ["entry_before", "post"]
    assert [one.member.year for one in figure.series] == [1988, 1996]
    assert (figure.median_base, figure.base) == ("same_year", "the same year")


def test_exiters_and_continuing_are_measured_before_the_exit(run):
    figure = by_key(run)["figure_exit"]
    assert {one.member.year for one in figure.series} == {1988}
    assert [one.member.population for one in figure.series] == ["exiters", "continuing"]


@pytest.mark.parametrize(
    ("windows", "year"),
    [
        ("[]", 1988),
        ('["post"]', 1988),
        ('["entry_before"]', 1980),
        ('["pre", "entry_before"]', 1980),
    ],
)
def test_exit_is_shown_of_a_window_that_the_study_compares(run_with, tables, windows, year):
    changed = {}
    for name in ("histograms", "moments"):
        rows = [row | {"window": "entry_before", "year": 1980} for row in tables[name].to_pylist()
                if row["population"] in ("exiters", "continuing")]  # fmt: skip
        changed[name] = pa.concat_tables(
            [tables[name], pa.Table.from_pylist(rows, schema=tables[name].schema)]
        )
    study = {'figure_windows = ["entry_before", "post"]': f"figure_windows = {windows}"}
    figure = by_key(run_with(study=study, **changed))["figure_exit"]
    assert {one.member.year for one in figure.series} == {year}


def test_employment_too_little_to_have_shares_is_told(run_with, tables):
    rows = [row | {"share": None, "employment": 0.0} for row in tables["histograms"].to_pylist()]
    table = pa.Table.from_pylist(rows, schema=tables["histograms"].schema)
    found = comparisons(run_with(histograms=table))
    assert all(isinstance(one, Missing) for one in found)
    assert found[0].reason == (
        "employment adds up to 0: no shares of it for all in 1988 and all in 1996"
    )


def test_quantiles_are_the_published_weighted_ones(run):
    exporters = by_key(run)["figure_5c"].series[1]
    (published,) = run.rows("moments", population="exporters", weighting="employment")
    assert (exporters.p10, exporters.p50) == (published["p10"], published["p50"])
    assert exporters.establishments == 3200


def test_another_median_serves_where_the_best_is_not_published(run_with, tables):
    pooled = {
        name: tables[name].set_column(
            tables[name].column_names.index("median_base"),
            "median_base",
            pc.replace_substring(tables[name]["median_base"], "base_year", "pooled"),
        )
        for name in ("histograms", "moments")
    }
    figure = by_key(run_with(**pooled))["figure_5a"]
    assert (figure.median_base, figure.base) == ("pooled", "1988 and 1996 together")


def test_a_census_without_exports_has_no_exporter_figure(run_with, tables):
    run = run_with(histograms=without(tables["histograms"], "exporters"))
    figure = by_key(run)["figure_5c"]
    assert isinstance(figure, Missing)
    assert (
        figure.reason == "no histogram is published for nonexporters in 1996 and exporters in 1996"
    )


def test_a_study_without_figure_windows_has_no_entrants_figure(run_with):
    named = 'figure_windows = ["entry_before", "post"]'
    figure = by_key(run_with(study={named: "figure_windows = []"}))["figure_5b"]
    assert isinstance(figure, Missing)
    assert "figure_windows" in figure.reason


@pytest.mark.parametrize(("key", "measure"), [("figure_5a", "nominal "), ("figure_5c", "")])
def test_only_comparisons_of_years_are_called_nominal(run_with, tables, key, measure):
    moments = tables["moments"]
    position = moments.column_names.index("prices")
    nominal = pc.replace_substring(moments["prices"], "industry", "nominal")
    run = run_with(moments=moments.set_column(position, "prices", nominal))
    figure = by_key(run)[key]
    assert figure.measure == f"{measure}value added per job"
    doubt = " (unless the money unit has constant prices)" if measure else ""
    assert prices_in_words(figure) == f"not deflated{doubt}"


def test_the_text_says_levels_gap_and_factor(run_with, tables):
    moments = tables["moments"].to_pylist()
    for entry in moments:
        if entry["window"] == "post" and entry["population"] == "all":
            late = entry["year"] == 1996
            entry |= {"p10": -1.0, "p50": 0.3 if late else 0.1, "p90": 1.2 if late else 1.25}
    changed = tables["moments"].from_pylist(moments, schema=tables["moments"].schema)
    figure = by_key(run_with(moments=changed))["figure_5a"]
    assert shift_in_words(figure) == (
        "Employment-weighted median: 0.100 log points (1988), 0.300 (1996): +0.200, "
        "a factor of 1.22. 10th percentile: 0.000; 90th percentile: -0.050 log points."
    )


def test_the_text_does_not_invent_quantiles(run_with, tables):
    run = run_with(moments=matching(tables["moments"], population="nobody"))
    figure = by_key(run)["figure_5a"]
    assert isinstance(figure, Comparison)
    assert shift_in_words(figure) == "The weighted quantiles behind this figure are not published."
    assert "n = 9,000 establishments" in sizes_in_words(figure)


ASKED = {"[productivity]": '[productivity]\nstandardised_by = "unweighted_sd"'}
NOTE = (
    "12 establishments of 9 industries without a spread to divide by in 1988 are left out of "
    "this year"
)
RAISED = ("bin_start", "bin_end", "p10", "p50", "p90")


def standardised_too(tables):
    """The tables, and below their rows the same distributions one log point higher."""
    found = {}
    for name in ("histograms", "moments"):
        rows = tables[name].to_pylist()
        again = [row | {"measure": "standardised"} for row in rows]
        for row in again:
            raised = {name: row[name] + 1 for name in RAISED if name in row}
            noted = {"kappa": 0.625, "note": f"standardised by an assumed formula; {NOTE}"}
            row |= raised | (noted if name == "moments" else {})
        plain = [row | {"measure": "relative"} for row in rows]
        found[name] = pa.Table.from_pylist([*again, *plain], schema=tables[name].schema)
    return found


def test_each_figure_is_followed_by_its_standardised_variant(run_with, tables):
    run = run_with(study=ASKED, **standardised_too(tables))
    keys = [one.key for one in comparisons(run)]
    assert keys[:2] == ["figure_5a", "figure_5a_standardised"]
    assert len(keys) == 8
    first, variant = comparisons(run)[:2]
    assert variant.title == f"{first.title}, standardised (assumed scaling)"
    assert variant.series[0].p50 == first.series[0].p50 + 1
    assert variant.series[0].cells.edges[0] == pytest.approx(first.series[0].cells.edges[0] + 1)


def test_a_study_that_does_not_ask_has_no_standardised_figure(run_with, tables):
    run = run_with(**standardised_too(tables))
    assert [one.key for one in comparisons(run)] == [
        "figure_5a",
        "figure_5b",
        "figure_5c",
        "figure_exit",
    ]


def test_a_standardised_figure_says_so_everywhere(run_with, tables):
    drawn = distribution_exhibits(run_with(study=ASKED, **standardised_too(tables)))
    plain, variant = drawn[:2]
    shift = plain.text.split("(1996): ")[1]
    assert variant.text.startswith("On an assumed scale. Employment-weighted median: 1.")
    assert variant.text.endswith(f"(1996): {shift}")
    assert "Assumed scaling: times κ" in variant.caption
    assert "the unweighted standard deviation of the establishments" in variant.caption
    assert "κ = 0.625 log points" in variant.caption
    assert f"1996: {NOTE}." in variant.caption
    assert "figure 5A" in variant.caption
    assert "Assumed" not in plain.caption
    for one, label in ((plain, "relative"), (variant, "standardised (assumed scaling)")):
        for text in one.data.values():
            assert {line["measure"] for line in csv.DictReader(io.StringIO(text))} == {label}


def test_a_variant_without_rows_says_what_lacks(run_with):
    figure = by_key(run_with(study=ASKED))["figure_5a_standardised"]
    assert isinstance(figure, Missing)
    assert figure.reason == "no histogram is published for all in 1988 and all in 1996"


def test_a_figure_that_cannot_be_drawn_is_named_once(run_with, tables):
    changed = standardised_too(tables)
    changed["histograms"] = without(changed["histograms"], "exporters")
    keys = [one.key for one in comparisons(run_with(study=ASKED, **changed))]
    assert "figure_5c" in keys
    assert "figure_5c_standardised" not in keys


def test_bins_far_beyond_the_axis_cost_nothing_and_change_nothing():
    share = np.array([0.25, 0.5, 0.25])
    cells = HistogramCells(np.arange(4) * 0.1, share, np.array([1, 2, 1]))
    far = 3_000_000
    spread = HistogramCells(
        np.arange(far + 4) * 0.1, np.pad(share, (0, far)), np.pad([1, 2, 1], (0, far))
    )
    grid = np.linspace(0, 0.3, 50)
    assert percent_per_bin(spread, grid) == pytest.approx(percent_per_bin(cells, grid), abs=1e-12)


def test_the_study_chooses_the_median_base_of_each_figure(run_with):
    figures = "figure_windows ="
    run = run_with({figures: f'years_base = "pooled"\ngroups_base = "base_year"\n{figures}'})
    found = by_key(run)
    # One that is not published is missing, and no other stands in its place.
    assert isinstance(found["figure_5a"], Missing)
    bases = {one.median_base for one in found.values() if isinstance(one, Comparison)}
    assert bases <= {"base_year"}
    same = by_key(run_with({figures: f'groups_base = "same_year"\n{figures}'}))
    assert same["figure_5c"].median_base == "same_year"
