"""Absences: kept as records, and read from runs of any version."""

import json

from tradegains.tables.absence import (
    Absence,
    absences_json,
    not_given,
    read_absences,
    without_section,
)


def test_records_are_read_as_they_were_kept() -> None:
    kept = (
        not_given("prices"),
        without_section("table", "welfare_curves", "welfare.curves"),
        Absence("result", "size_fits of exporters", None, "the census has no exports"),
        Absence("term", "tariff_cut", None, "no cuts: Ümläute und 'Zeichen'"),
    )
    assert read_absences(absences_json(kept)) == kept
    assert [set(each) for each in json.loads(absences_json(kept))] == [
        {"kind", "name", "section", "reason"}
    ] * 4


def test_a_run_of_an_earlier_version_is_read() -> None:
    older = {
        "input prices": "not given under [inputs]",
        "table coverage": "it needs the input control_totals",
        "regression export_entry": "the census has no exports",
        "size_fits of exporters": "the census has no exports",
        "melitz_redding": "the study has no [welfare.melitz_redding]",
    }
    found = read_absences(json.dumps(older))
    assert [(each.kind, each.name) for each in found] == [
        ("input", "prices"),
        ("table", "coverage"),
        ("regression", "export_entry"),
        ("result", "size_fits of exporters"),
        ("result", "melitz_redding"),
    ]
    assert {each.what: each.reason for each in found} == older


def test_a_run_of_a_later_version_is_read() -> None:
    record = {"kind": "table", "name": "x", "section": "x", "reason": "no [x]", "since": "0.2"}
    assert read_absences(json.dumps([record])) == (Absence("table", "x", "x", "no [x]"),)


def test_a_run_that_lacks_nothing_or_says_nothing_is_read() -> None:
    assert read_absences(None) == read_absences("{}") == read_absences("[]") == ()
