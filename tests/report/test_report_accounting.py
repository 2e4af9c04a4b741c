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


STATED = "stated, not estimated; "


def test_stated_numbers_are_called_that_and_stand_beside_no_published_ones(run):
    table = accounting(run)
    assert "published" not in table.header
    lileeva = STATED + "Lileeva and Trefler (2010)"
    assert texts(table) == {
        "Export composition": ["4.1", "1.00", "4.1", lileeva],
        "Selection": ["4.3", "1.00", "4.3", STATED + "Trefler (2004)"],
        "Reallocation, together": ["", "", "8.4", "sum of 2 components"],
        # 15.3 x 0.23 = 3.519
        "New exporters": ["15.3", "0.23", "3.5", lileeva],
        "Existing exporters": ["1.4", "1.00", "1.4", lileeva],
        "Access to intermediate inputs": ["0.5", "1.00", "0.5", lileeva],
        # 3.519 + 1.4 + 0.5 = 5.419
        "Within establishments, together": ["", "", "5.4", "sum of 3 components"],
        # 8.4 + 5.419 = 13.819
        "Total": ["", "", "13.8", "sum of 5 components"],
    }
    assert table.rows[table.strong][0].text == "Total"


def estimate(name: str, effect: float | None, share: float) -> dict[str, object]:
    numbers = {"effect": effect, "output_share": share, "contribution_standard_error": 0.7}
    row = {"window": "post", "result": "double_difference", "accounting": name, **numbers}
    return row | {"note": None if effect is not None else "no slope"}


def test_estimates_of_the_study_stand_beside_the_published_ones(run_with):
    parts = {name: f"effect = {effect}\nshare = {share}\n" for name, (effect, share) in {
        "export_composition": ("4.1", "1"), "selection": ("4.3", "1"),
        "new_exporters": ("15.3", "0.23"), "existing_exporters": ("1.4", "1"),
        "intermediate_inputs": ("0.5", "1"),
    }.items()}  # fmt: skip
    effects = dict(zip(parts, (4.4, 5.0, 16.5, 1.2, None), strict=True))
    rows = [estimate(n, e, 0.12 if n == "new_exporters" else 1.0) for n, e in effects.items()]
    found = pa.Table.from_pylist(rows, schema=arrow_schema("tariff_effects"))
    run = run_with(study=dict.fromkeys(parts.values(), ""), tariff_effects=found)
    shown, table = texts(accounting(run)), accounting(run)
    told = "; estimated: double difference (standard error of the contribution 0.7)"
    assert shown["Selection"] == ["5.0", "1.00", "5.0", "4.3", "Trefler (2004)" + told]
    # 16.5 x 0.12 = 1.98
    assert shown["New exporters"][:4] == ["16.5", "0.12", "2.0", "3.5"]
    assert shown["Reallocation, together"][2:4] == ["9.4", "8.4"]
    # Of .7 and .7: .99 where they are independent, and never above 1.4.
    told = "sum of 2 components (standard error 1.0 of independent estimates, at most 1.4)"
    assert shown["Reallocation, together"][4] == told
    assert shown["Access to intermediate inputs"][0] == shown["Total"][2] == "–"
    assert shown["Total"][3] == "13.8"
    assert "Journal of Economic Perspectives" in table.remark
    assert any("no slope" in text for _, text in table.notes)


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
