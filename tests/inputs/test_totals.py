"""Rows that are totals of the others: refused by name, or left out where they are their sum."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from reference.studies import study_with
from tradegains.inputs.reading import judge_inputs
from tradegains.inputs.small import SmallInputs, code_problems, without_totals
from tradegains.study import IntraIndustryTrade

STUDY = replace(
    study_with(),
    intra_industry_trade=IntraIndustryTrade(levels=(4,), matched=("by_partner",)),
)


def flow(partner: str, **more: Any) -> dict[str, Any]:
    flow = {"product": "0101", "year": 2000, "partner": partner, "exports": 1.0, "imports": 2.0}
    return flow | more


@pytest.mark.parametrize("name", ["World", "0", "000", "W00", "WLD", "Total", "TOT"])
def test_a_total_beside_its_parts_is_refused(name: str) -> None:
    (problem,) = code_problems(STUDY, SmallInputs(product_trade=[flow("276"), flow(name)]))
    assert problem.what == (
        f"the partner {name} stands beside single partners: flows would count twice"
    )
    assert problem.count == 1
    reporters = [flow("276", reporter=each) for each in (name, "152")]
    (problem,) = code_problems(STUDY, SmallInputs(product_trade=reporters))
    assert problem.what.startswith(f"the reporter {name} stands beside single reporters")


@pytest.mark.parametrize("name", ["World", "0", "276"])
def test_a_partner_that_stands_alone_is_none(name: str) -> None:
    assert code_problems(STUDY, SmallInputs(product_trade=[flow(name)])) == []


def imports(total: float, code: str = "00") -> list[dict[str, Any]]:
    values = {"10": 50_000.0, "20": 40_000.0, "31": 100.0, code: total}
    return [
        {"industry": industry, "year": year, "value": value}
        for year in (2000, 2001)
        for industry, value in values.items()
    ]


@pytest.mark.parametrize("code", ["00", "TOT", "Total", "0"])
def test_a_row_that_is_the_sum_of_the_others_is_left_out(code: str) -> None:
    parts, totals = without_totals(imports(90_100.0, code))
    assert totals == (code,)
    assert parts == [row for row in imports(90_100.0, code) if row["industry"] != code]


def test_what_is_no_sum_in_every_year_or_has_another_code_stays() -> None:
    for rows in (imports(90_000.0), imports(90_100.0, "32")):
        assert without_totals(rows) == (rows, ())
    rows = imports(90_100.0)
    rows[-1]["value"] += 1.0
    assert without_totals(rows) == (rows, ())


def test_control_totals_are_sums_in_every_measure() -> None:
    rows = [
        {"industry": code, "year": 2000, "sales": sales, "employment": jobs}
        for code, sales, jobs in (("10", 5.0, 2.0), ("20", 6.0, 3.0), ("00", 11.0, 5.0))
    ]
    assert without_totals(rows)[1] == ("00",)
    rows[-1]["employment"] = 6.0
    assert without_totals(rows) == (rows, ())


def test_what_is_left_out_is_told(tmp_path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "imports.csv"
    lines = [f"{row['industry']},{row['year']},{row['value']}" for row in imports(90_100.0)]
    path.write_text("\n".join(["industry,year,value", *lines]))
    study = replace(STUDY, inputs=replace(STUDY.inputs, imports=str(path)))
    with caplog.at_level(logging.WARNING, "tradegains"):
        small = judge_inputs(study).small
    assert {row["industry"] for row in small.imports} == {"10", "20", "31"}
    said = "input imports: industry 00 is the sum of the others, and is left out"
    assert caplog.messages == [said]
