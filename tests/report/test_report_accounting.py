"""The sum of the effects: Table 2 of Melitz and Trefler from its parts, and numbers of a run."""

import pyarrow as pa
import pytest

from made_run import undrawn_page
from tradegains.published.reading import read_run
from tradegains.report.sections.accounting import accounting, published_number
from tradegains.store.arrow_tables import arrow_schema

NEW_EXPORTERS = "effect = 15.3\nshare = 0.23"


def texts(table):
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def test_published_table_from_its_parts(run):
    table = accounting(run)
    assert table.header[3:5] == ("contribution", "published")
    assert texts(table) == {
        "Export composition": ["4.1", "1.00", "4.1", "4.1", "Lileeva and Trefler (2010)"],
        "Selection": ["4.3", "1.00", "4.3", "4.3", "Trefler (2004)"],
        "Reallocation, together": ["", "", "8.4", "8.4", "sum of 2 components"],
        # 15.3 x 0.23 = 3.519
        "New exporters": ["15.3", "0.23", "3.5", "3.5", "Lileeva and Trefler (2010)"],
        "Existing exporters": ["1.4", "1.00", "1.4", "1.4", "Lileeva and Trefler (2010)"],
        "Access to intermediate inputs": [
            "0.5", "1.00", "0.5", "0.5", "Lileeva and Trefler (2010)",
        ],
        # 3.519 + 1.4 + 0.5 = 5.419
        "Within establishments, together": ["", "", "5.4", "5.4", "sum of 3 components"],
        # 8.4 + 5.419 = 13.819
        "Total": ["", "", "13.8", "13.8", "sum of 5 components"],
    }  # fmt: skip
    assert "Journal of Economic Perspectives" in table.remark
    assert table.rows[table.strong][0].text == "Total"


def test_numbers_of_the_run_in_place_of_stated_ones(run_with):
    effect = (
        "productivity_growth.delta_ln where window=post, level=total, industry=, "
        "measure=sales_per_worker"
    )
    share = "market_shares.continuing_share where window=post"
    run = run_with(
        study={NEW_EXPORTERS: f'effect_from = "{effect}"\nshare_from = "{share}"'},
    )
    shares = [row["continuing_share"] for row in run.rows("market_shares", window="post")]
    row = texts(accounting(run))["New exporters"]
    # 0.15398 log points are 15.4 percent.
    assert row[0] == "15.4"
    if len(shares) == 1:
        assert row[1] == f"{shares[0]:.2f}"
    assert row[-1] == f"Lileeva and Trefler (2010); effect: {effect}; share: {share}"


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("nosuch.delta_ln", "there is no nosuch.delta_ln in the published tables"),
        ("welfare.gain", "there is no welfare.gain in the published tables"),
        ("welfare.welfare_change where town=x", "there is no welfare.town in the"),
        ("welfare.welfare_change where window=never", "0 rows of this run, not one"),
        ("welfare.welfare_change where window=post", "rows of this run, not one"),
        ("transitions.establishment_share", "0 rows of this run, not one"),
        (
            "welfare.elasticity where window=post",
            "welfare.elasticity is in no unit, not in percent",
        ),
    ],
)
def test_names_that_select_no_number_say_why_and_empty_the_sums(run_with, reference, reason):
    run = run_with(study={NEW_EXPORTERS: f'effect_from = "{reference}"\nshare = 0.23'})
    table = accounting(run)
    shown = texts(table)
    assert shown["New exporters"][0] == shown["New exporters"][2] == "–"
    assert shown["Total"][2] == "–"
    assert shown["Reallocation, together"][2] == "8.4"
    told = [text for _, text in table.notes]
    assert any(reason in text for text in told)
    assert "no number for New exporters" in told


def test_a_share_must_be_one(run_with, tables):
    sums = "market_shares.domestic_share where window=post"
    outside = tables["market_shares"].slice(0, 1).to_pylist()[0]
    outside |= {"window": "post", "domestic_share": 1.5}
    run = run_with(
        study={NEW_EXPORTERS: f'effect = 15.3\nshare_from = "{sums}"'},
        market_shares=pa.Table.from_pylist([outside], schema=tables["market_shares"].schema),
    )
    assert accounting(run).notes[0][1] == f"{sums} is not between 0 and 1"


def test_a_coefficient_counts_as_log_points(run_with):
    estimate = "regressions.coefficient where model=two_stage, term=export_start"
    rows = [{"model": "two_stage", "term": "export_start", "coefficient": 0.142},
            {"model": "first_stage", "term": "tariff_cut", "coefficient": 0.06}]  # fmt: skip
    run = run_with(
        study={NEW_EXPORTERS: f'effect_from = "{estimate}"\nshare = 0.23'},
        regressions=pa.Table.from_pylist(rows, schema=arrow_schema("regressions")),
    )
    # 100 x 0.142 = 14.2; x 0.23 = 3.266
    assert texts(accounting(run))["New exporters"][:3] == ["14.2", "0.23", "3.3"]


def test_without_published_rows_there_is_no_column_for_them(run_with):
    names = ("export_composition", "selection", "new_exporters", "existing_exporters",
             "intermediate_inputs")  # fmt: skip
    run = run_with(study={f'published = "{name}"\n': "" for name in names})
    table = accounting(run)
    assert "published" not in table.header
    assert all(len(row) == len(table.header) for row in table.rows)
    assert texts(table)["Total"] == ["", "", "13.8", "sum of 5 components"]


def test_a_part_of_the_published_table_has_no_published_total(run_with):
    run = run_with(study={'published = "selection"\n': ""})
    shown = texts(accounting(run))
    assert shown["Selection"][3] == "–"
    assert shown["Reallocation, together"][3] == "–"
    assert shown["Total"][3] == "–"


def test_the_page_shows_it_only_with_components(run, run_with):
    assert 'id="accounting"' in undrawn_page(run)
    start = run.record["study_toml"].index("[[accounting]]")
    end = run.record["study_toml"].index("[report]")
    without = run_with(study={run.record["study_toml"][start:end]: ""})
    assert accounting(without) is None
    assert 'id="accounting"' not in undrawn_page(without)


def test_the_report_reads_the_tables_that_components_name(output):
    share = "market_shares.continuing_share where year=1996"
    run = read_run(output)
    assert published_number(run, share, {"share": 1.0}).value == pytest.approx(1.7 / 2.1)
