"""Numbers that Melitz and Trefler quote, beside those of a run that names them."""

import pyarrow as pa

from tradegains.report.melitz_trefler import quoted_numbers
from tradegains.store.arrow_tables import arrow_schema

NAMED = {'publication = "hsieh-li-ossa-yang-2023"': 'publication = "melitz-trefler-2012"'}


def table_of(name, rows):
    return pa.Table.from_pylist(rows, schema=arrow_schema(name))


def texts(table):
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def found_tables():
    effect = {"window": "post", "sample": "all", "term": "export_start"}
    growth = {"outcome": "log_productivity_growth", **effect}
    regressions = [
        {"model": "exporter_premium", "weighting": "unweighted", "term": "exporter",
         "premium_percent": 38.64},
        {**growth, "model": "two_stage", "coefficient": 0.1652, "standard_error": 0.0234},
        {**growth, "model": "raw_difference", "coefficient": None, "note": "one outcome"},
    ]  # fmt: skip
    entries = [
        {"window": "post", "quartile": None, "starter_rate": 0.412, "starter_output_share": 0.12},
        {"window": "post", "quartile": 4, "probability_due_to_cut": 0.583,
         "probability_standard_error": 0.0061},
    ]  # fmt: skip
    effects = [
        {"window": "post", "result": "double_difference", "kind": "home_and_foreign",
         "effect": 5.04, "standard_error": 6.0},
        {"window": "post", "accounting": "selection", "contribution": 4.96,
         "contribution_standard_error": 1.24},
        {"window": "post", "result": "employment_deepest", "kind": "home", "effect": -9.13,
         "standard_error": 2.04},
    ]  # fmt: skip
    return {
        "regressions": table_of("regressions", regressions),
        "export_entry": table_of("export_entry", entries),
        "tariff_effects": table_of("tariff_effects", effects),
    }


def test_every_number_stands_beside_its_own_and_none_is_left_out(run_with):
    table = quoted_numbers(run_with(study=NAMED, **found_tables()))
    shown = texts(table)
    assert shown["exporters over the others of their industry"] == ["40.0", "38.6", "–"]
    assert shown["never-exporters that start"] == ["40.0", "41.2", "–"]
    assert shown["because of the cuts, top quartile"] == ["60.0", "58.3", "0.6"]
    assert shown["effect of starting to export"] == ["15.3", "16.5", "2.3"]
    assert shown["output of starters"] == ["0.23", "0.12", "–"]
    assert shown["Selection: contraction and exit of nonexporters"] == ["4.3", "5.0", "1.2"]
    assert shown["both cuts over industries (footnote 8)"] == ["5.8", "5.0", "6.0"]
    # What is not there says so, and why.
    assert shown["exit raised by the home cut"] == ["16.0", "–", "–"]
    lost = "jobs lost, industries with the deepest home cuts"
    assert shown[lost] == ["12.0", "9.1", "2.0"]
    assert shown["growth of starters less that of others"] == ["29.0", "–", "–"]
    reasons = {text for _, text in table.notes}
    assert reasons == {"one outcome", "the run has no such row"}
    assert len(table.rows) == 15
    assert "Journal of Economic Perspectives" in table.remark


def test_a_study_of_another_paper_has_no_such_table(run_with):
    assert quoted_numbers(run_with(**found_tables())) is None
    empty = {name: table.slice(0, 0) for name, table in found_tables().items()}
    assert quoted_numbers(run_with(study=NAMED, **empty)) is None
