"""Rows that are totals of the others: refused by name, or left out where they are their sum."""

import logging
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reference.studies import study_with
from tradegains.inputs.reading import judge_inputs
from tradegains.inputs.small import SmallInputs, code_problems, tell_gaps, without_totals
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


def test_a_partner_that_is_the_sum_of_all_others_is_refused() -> None:
    amounts = {"276": 1.0, "842": 2.0, "EXT_EU": 3.0}
    flows = [
        flow(partner, product=product, exports=value, imports=2 * value)
        for product in ("0101", "0102", "0103")
        for partner, value in amounts.items()
    ]
    (problem,) = code_problems(STUDY, SmallInputs(product_trade=flows))
    assert "the partner EXT_EU are the sum of all others'" in problem.what
    flows[-1]["imports"] += 1.0
    assert code_problems(STUDY, SmallInputs(product_trade=flows)) == []


@pytest.mark.parametrize(
    ("flows", "said"),
    [
        ([flow("deu"), flow("DEU", product="0102")], "partners differ in case or zeros"),
        ([flow("076"), flow("76", product="0102")], "partners differ in case or zeros"),
        ([flow("1"), flow("1", product="0000")], "the product 0000 stands beside single products"),
        ([flow("1"), flow("1", product="01.2")], "product codes have dots"),
    ],
)
def test_flows_written_in_two_ways_are_refused(flows: list[dict[str, Any]], said: str) -> None:
    problems = code_problems(STUDY, SmallInputs(product_trade=flows))
    assert [each.what for each in problems if said in each.what], problems


@pytest.mark.parametrize("code", ["C10", "1.0", "10X", "D1"])
@pytest.mark.parametrize("name", ["imports", "prices", "elasticities", "control_totals"])
def test_codes_of_side_inputs_are_digits(name: str, code: str) -> None:
    rows = [{"industry": each, "year": 2000} for each in ("10", code)]
    (problem,) = code_problems(STUDY, SmallInputs(**{name: rows}))
    assert (problem.where, problem.count) == (f"input {name}", 1)
    assert "not digits alone" in problem.what
    rows[1]["industry"] = "TOT"
    (problem,) = code_problems(STUDY, SmallInputs(**{name: rows}))
    assert problem.what == "the industry TOT is a total, and no industry"


def test_zeros_that_are_no_sum_and_no_industry_are_refused(tmp_path) -> None:
    path = tmp_path / "imports.csv"
    lines = [f"{row['industry']},{row['year']},{row['value']}" for row in imports(1.0)]
    path.write_text("\n".join(["industry,year,value", *lines]))
    for code, count in (("1011", 1), ("0011", 0)):
        for year in STUDY.years:
            rows = {"id": ["a"], "ind": [code], "emp": [1.0], "sales": [1.0]}
            place = tmp_path / f"census/year={year}"
            place.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.table(rows), place / "0.parquet")
        columns = {"establishment_id": "id", "year": "year", "industry": "ind"}
        columns |= {"employment": "emp", "sales": "sales"}
        study = replace(
            STUDY,
            inputs=replace(STUDY.inputs, census=str(tmp_path / "census"), imports=str(path)),
            census=replace(STUDY.census, columns=columns),
            intra_industry_trade=None,
        )
        problems = [each for error in judge_inputs(study).errors for each in error.problems]
        assert len([each for each in problems if "the industry 00 is none" in each.what]) == count


@pytest.mark.parametrize("name", ["imports", "control_totals"])
def test_an_industry_that_is_the_sum_of_all_others_is_a_total(name: str) -> None:
    """Under any code; two years of three others are no chance, one year or two others may be."""

    def told(total: float, *, years: int = 2, others: int = 3) -> list[int | None]:
        amounts = {**dict(zip(("11", "22", "33"), (3.25, 8.5, 1.0), strict=True)), "99": total}
        codes = [*("11", "22", "33")[:others], "99"]
        rows = [
            {"industry": code, "year": 2000 + year, "sales": amounts[code] * (1 + year)}
            for year in range(years)
            for code in codes
        ]
        found = code_problems(STUDY, SmallInputs(**{name: rows}))
        return [each.count for each in found if "the industry 99 is the sum of all" in each.what]

    assert told(12.75) == [1]
    assert told(12.76) == told(12.75, years=1) == told(11.75, others=2) == []


def test_industries_without_a_row_of_a_year_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """Their imports count as 0: of an invented table, that alone moved HLOY by three points."""
    rows = [{"industry": code, "year": year} for code in ("10", "20") for year in STUDY.years]
    for given, count in ((rows, 0), (rows[1:], 1), ([*rows, {"industry": "30", "year": 1}], 0)):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "tradegains"):
            tell_gaps(STUDY, SmallInputs(imports=given))
        assert [each[:38] for each in caplog.messages] == [
            "input imports: 1 of 2 industries have "
        ][:count]
