"""Figures 1 to 5, the sensitivity table and the growth of section 3.3: numbers, words, absences."""

import csv
import io
from dataclasses import replace

import pytest

from tradegains.report.compared import compared_text
from tradegains.report.elasticities import elasticities_exhibit, welfare_elasticity_exhibit
from tradegains.report.one_choice import one_choice_at_a_time
from tradegains.report.page import figures_of, page_sections
from tradegains.report.page_table import PageTable
from tradegains.report.ranked import ranked_exhibits
from tradegains.report.section import Missing
from tradegains.report.sections.continuing import growth
from tradegains.report.sections.formulas import cutoffs, reason
from tradegains.report.sections.sizes import size_exhibit

TRAPEZOIDS = 1e-6  # of the area, with a hundred steps of a curve that is nearly straight


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def words(table: PageTable):
    return [" ".join(cell.text for cell in row) for row in table.rows]


# --- figure 1 -------------------------------------------------------------------------------------


def test_sizes_state_years_counts_and_overlap(exhibits):
    exhibit = exhibits["figure_hloy_1"]
    assert "Non-exporters and exporters, 1996: the means are" in exhibit.text
    assert "yet 69.0 percent of the area is shared" in exhibit.text
    for stated in (
        "bins of 0.25 log points",
        "20th, 50th and 80th percentiles",
        "Exporters: n = 12,400, 3 left out",
        "Exiting and continuing by the rule both_ends",
    ):
        assert stated in exhibit.caption
    assert [row.split()[0] for row in words(exhibit.table)][:2] == ["Non-exporters"] * 2


def test_size_histograms_are_whole(exhibits):
    shares = {}
    for line in rows_of(exhibits["figure_hloy_1"].data[""]):
        key = line["panel"], line["series"]
        shares[key] = shares.get(key, 0.0) + float(line["share_of_establishments"])
    assert len(shares) == 4
    assert list(shares.values()) == pytest.approx([1.0] * 4, abs=1e-12)


def test_a_panel_needs_both_of_its_populations(run_with, tables):
    fits = tables["size_fits"].to_pylist()
    left = [row for row in fits if row["population"] != "exiters"]
    one = size_exhibit(run_with(size_fits=tables["size_fits"].from_pylist(
        left, schema=tables["size_fits"].schema)))  # fmt: skip
    assert "Exporters" in one.caption
    assert "n = 15,996" not in one.caption


# --- figure 2 -------------------------------------------------------------------------------------


def test_no_economy_with_a_cutoff_has_a_lower_elasticity_than_without(run_with):
    steep = run_with(study={"trade_elasticity = 4.71": "trade_elasticity = 2.5"})
    assert "not above sigma - 1" in welfare_elasticity_exhibit(steep).reason


def test_the_hypothetical_economy_is_stated(exhibits):
    exhibit = exhibits["figure_hloy_2"]
    assert "the lognormal economy gains +5.26 percent" in exhibit.text
    assert "1/ε says +5.50" in exhibit.text
    assert "log sales of all draws have 0.7" in exhibit.caption
    assert "An illustration" in exhibit.caption


# --- figure 3 -------------------------------------------------------------------------------------


def test_the_gain_by_elasticity_names_its_range_and_its_estimates(exhibits):
    exhibit = exhibits["figure_hloy_3"]
    # -0.1754 / 1.5 and / 5.1; -0.2660 / 2.25 and / 8.28
    assert "HLOY is 6.45 percent at σ = 3.72, from 3.44 to 11.69 over the 9" in exhibit.text
    assert "ACR is 5.65 percent at ε = 4.71, from 3.21 to 11.82 over the 10" in exhibit.text
    assert "1988-1996 less 1978-1988. HLOY, 17.54/(σ − 1) and ACR, 26.60/ε" in exhibit.caption
    assert "HLOY σ Buono and Lalanne (2012) 2.50 11.69" in words(exhibit.table)
    assert len(exhibit.table.rows) == 19


def test_figure_3_works_without_published_estimates(run_with, tables):
    curves = tables["welfare_curves"]
    kept = [row for row in curves.to_pylist() if row["point"] == "curve"]
    exhibit = elasticities_exhibit(
        run_with(welfare_curves=curves.from_pylist(kept, schema=curves.schema))
    )
    assert exhibit.table is None
    assert exhibit.text == "HLOY. ACR."


# --- figures 4 and 5 ------------------------------------------------------------------------------


def test_the_restricted_gain_ends_at_table_1(exhibits):
    exhibit = exhibits["figure_hloy_4"]
    assert "1988-1996: +5.10 percent with all continuing establishments" in exhibit.text
    # Below the median are 11 of 22 industries: 5.103 + 1.8 x 0.5 + 0.6 x 0.25 = 6.153.
    assert "+6.15 with those of industries below the median, a difference of +1.05" in exhibit.text
    # Over all cuts: from 0 with everybody to 1.8 x 21/22 + 0.6 x (21/22)^2.
    told = "Over all cuts the difference is from 0.00 to +2.26 over 1988-1996."
    assert exhibit.text.endswith(told)
    for stated in ("σ = 3.72", "(dashed)", "(solid)", "Continuing: both_ends; imports: table",
                   "900 to 19,800 establishments", "median over industries, 9.35"):  # fmt: skip
        assert stated in exhibit.caption
    assert "left out" not in exhibit.caption


def test_the_liberalised_gain_names_who_is_left_out(exhibits):
    exhibit = exhibits["figure_hloy_5"]
    assert "Industries left out: 32." in exhibit.caption
    # 5 + 6 x (1 - 0.5)^2 = 6.5
    assert exhibit.text.startswith("Split at the median, HLOY of liberalised less other industries")
    assert exhibit.text.endswith("+6.50 percent in 1988-1996.")
    lines = rows_of(exhibit.data[""])
    for line in lines:
        if line["welfare_change_log_points"]:
            parts = (
                float(line["liberalised_change_log_points"]),
                float(line["rest_change_log_points"]),
            )
            assert float(line["welfare_change_log_points"]) == pytest.approx(parts[0] - parts[1])


def test_another_ranking_gets_figures_of_its_own(run_with, tables):
    curves = tables["welfare_curves"]
    rows = curves.to_pylist()
    rows += [row | {"variable": "sigma"} for row in rows if row["figure"] in ("4", "5")]
    levels = 'levels = ["total", "industry2"]'
    ranking = '[welfare.curves]\nrank_by = ["tariff_cut", "sigma"]'
    study = {levels: f"{levels}\n{ranking}"}
    run = run_with(study=study, welfare_curves=curves.from_pylist(rows, schema=curves.schema))
    found = [*ranked_exhibits(run, "4"), *ranked_exhibits(run, "5")]
    keys = ["figure_hloy_4", "figure_hloy_4_sigma", "figure_hloy_5", "figure_hloy_5_sigma"]
    assert [one.key for one in found] == keys
    assert found[1].title.endswith("(HLOY, figure 4, by sigma)")


# --- sensitivity ----------------------------------------------------------------------------------


def test_each_choice_alone_and_the_headline_first(run):
    table = one_choice_at_a_time(run)
    lines = words(table)
    assert lines[0] == "headline HLOY, σ = 3.72 -1.35 5.10 6.45 0.00 0.00"
    assert table.strong == 0
    # -0.1388 / (2.5 - 1) = 9.253 and / (6.1 - 1) = 2.722; less 5.103
    assert "σ 2.5, least of Table B1 -2.44 9.25 11.69 4.15 5.24" in lines
    assert "σ 6.1, largest of Table B1 -0.72 2.72 3.44 -2.38 -3.01" in lines
    assert any(
        line.startswith("continuing rule every_year -1.55 4.70 6.25 -0.40") for line in lines
    )
    assert any(line.startswith("imports exports") for line in lines)
    assert "industries σ by industry, Sato-Vartia -1.42 6.66 8.08 1.56 1.63" in lines
    assert any(line.startswith("formula ACR, ε = 4.71 -0.15 5.50 5.65") for line in lines)
    assert sum(line.startswith("formula ACR") for line in lines) == 3
    assert not any("domestic_both_ends" in line and "exports" in line for line in lines)


def test_repaired_ids_are_a_choice_of_their_own(run_with, tables):
    rows = tables["welfare"].to_pylist()
    repaired = [row | {"ids": "repaired", "welfare_change": 0.0432} for row in rows
                if row["formula"] == "hloy" and row["window"] == "post"]  # fmt: skip
    both = tables["welfare"].from_pylist(rows + repaired, schema=tables["welfare"].schema)
    lines = words(one_choice_at_a_time(run_with(welfare=both)))
    assert lines[0] == "headline HLOY, σ = 3.72 -1.35 5.10 6.45 0.00 0.00"
    assert any(line.startswith("ids repaired by successors – 4.32 – -0.78") for line in lines)


def test_no_sensitivity_without_a_headline(run_with, tables):
    assert one_choice_at_a_time(run_with(welfare=tables["welfare"].slice(0, 0))) is None


# --- growth and the demonstration's lines ---------------------------------------------------------


def test_growth_stands_beside_the_published_numbers(run):
    table = growth(run)
    assert [label for label, _ in table.rows] == ["revenue per worker", "value added per worker"]
    published = [[entry.published for entry in entries] for _, entries in table.rows]
    assert published == [[12.0, 15.4, None], [14.7, 13.6, None]]
    assert table.largest_difference == pytest.approx(0.003)


def test_a_study_of_its_own_has_no_published_growth(run_with):
    own = growth(run_with(study={'publication = "hsieh-li-ossa-yang-2023"': ""}))
    assert not own.compared
    assert own.title.startswith("Growth per worker")


def test_the_demonstration_says_how_far_each_table_is_off(run):
    text = compared_text(run)
    assert text.startswith("Table 1: market shares")
    last = text.splitlines()[-3:]
    assert [line.split(":")[0] for line in last] == ["Table A1", "Table C1", "Section 3.3"]
    assert "Table A1: 69 numbers, 3 absent, at most" in last[0]
    assert last[2].endswith("4 numbers, at most 0.003 off (revenue per worker, 1978-1988)")
    assert max(map(len, text.splitlines())) <= 80


# --- formulas with a cutoff -----------------------------------------------------------------------


def test_formulas_with_a_cutoff_stand_beside_those_without(run):
    table = cutoffs(run)
    lines = words(table)
    assert lines[0] == "HLOY σ = 3.72 none -1.35 5.10 6.45 –"
    # 0.2591 / (2.72 + 0.05) = 9.354; 0.2591 / (2.72 + 1.2) = 6.610
    assert any(line.startswith("Melitz-Redding, local lognormal -0.25 9.35 ") for line in lines)
    assert any(
        line.startswith("Melitz-Redding, global truncated Pareto -0.18 6.61") for line in lines
    )
    assert any(line.startswith("Melitz-Redding, local Pareto") for line in lines)
    assert "infinite sales" in [reason for _, reason in table.notes]
    assert "Cutoff: the 0.05 quantile" in table.remark
    assert "Change of ln entry, M^e: 0." in table.remark
    # 2.72 x 25.91 / 13.88
    assert "at ε = 5.0775 (HLOY, footnote 7)" in table.remark


def test_each_distribution_has_its_line_in_the_sensitivity_table(run):
    lines = words(one_choice_at_a_time(run))
    assert any("Melitz-Redding, global, truncated Pareto" in line for line in lines)
    assert sum("Melitz-Redding" in line for line in lines) == 5


def test_without_the_section_the_comparison_is_absent_with_its_reason(run_with, tables):
    rows = [row for row in tables["welfare"].to_pylist() if row["distribution"] is None]
    plain = tables["welfare"].from_pylist(rows, schema=tables["welfare"].schema)
    assert cutoffs(run_with(welfare=plain)) is None
    assert reason(run_with(welfare=plain)) == "the table welfare of this run has " + (
        "no row of a Melitz-Redding formula"
    )
    unasked = run_with(study={"[welfare.melitz_redding]": "[other]"}, welfare=plain)
    assert reason(unasked) == "the study has no section [welfare.melitz_redding]"


# --- absences -------------------------------------------------------------------------------------


NEW = ("welfare_curves", "productivity_growth", "size_fits", "size_histograms")


def test_an_older_run_names_what_it_cannot_draw(run, tables):
    older = type(run)(
        {**run.record, "tables": [t for t in run.record["tables"] if t["name"] not in NEW]},
        {name: rows for name, rows in tables.items() if name not in NEW},
    )
    found = [size_exhibit(older), elasticities_exhibit(older), *ranked_exhibits(older, "4")]
    assert all(isinstance(one, Missing) for one in found)
    assert {one.reason for one in found} == {
        "the run published no table size_fits",
        "the run published no table welfare_curves",
    }
    assert growth(older) is None


def test_the_runs_own_reason_is_given(run_with, tables):
    record = {"absent": '{"table welfare_curves": "the study has no [welfare.curves]"}'}
    told = run_with(record=record, welfare_curves=tables["welfare_curves"].slice(0, 0))
    assert elasticities_exhibit(told).reason == "the study has no [welfare.curves]"


def test_an_empty_run_draws_nothing_but_the_illustration(run_with, tables):
    empty = run_with(**{name: table.slice(0, 0) for name, table in tables.items()})
    sections = page_sections(empty)
    missing = [one for section in sections for one in section.missing]
    assert [one.key for one in figures_of(sections)] == ["figure_hloy_2"]
    assert all(one.reason for one in missing)


# --- two runs in figure 1 -------------------------------------------------------------------------


def test_two_runs_share_figure_1(run, run_with):
    other = run_with({'name = "cusfta"': 'name = "northern"'}, record={"study": "northern"})
    both = replace(run, beside=other)
    exhibit = size_exhibit(both)
    series = {line["panel"] for line in rows_of(exhibit.data["_fits"])}
    assert series == {
        f"{name}: {pair}"
        for name in ("cusfta", "northern")
        for pair in ("Non-exporters and exporters, 1996", "Exiting and continuing, 1988")
    }
    assert f"Second row: northern, run {other.run_id} (synthetic data)" in exhibit.caption
    assert len(exhibit.table.rows) == 8
    assert b"northern: Exiting" in exhibit.picture.svg
    assert "Second row" not in size_exhibit(run).caption


def test_a_run_without_sizes_beside_is_named(run, run_with, tables):
    other = run_with(size_fits=tables["size_fits"].slice(0, 0))
    exhibit = size_exhibit(replace(run, beside=other))
    assert "Nothing of cusfta" in exhibit.caption
    assert len(exhibit.table.rows) == 4
