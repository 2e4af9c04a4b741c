"""What a price table leaves out: told in rows, jobs and sales, and refused unless accepted."""

import logging
from dataclasses import replace

import pyarrow as pa
import pytest

from reference.files import CENSUS_SCHEMA
from reference.run import publish_study, with_inputs
from reference.studies import study_with
from reference.welfare import Small
from tradegains.errors import InputError
from tradegains.inputs.reading import judge_inputs
from tradegains.study import Window

PLAIN = study_with(
    windows=(Window("post", 2002, 2004),),
    welfare={"windows": ("post",), "difference": None},
    matching={"annual": False, "continuing": ("both_ends",)},
    productivity={"prices": "industry", "years": (2004,), "median_base": ("same_year",)},
    report={"figure_years": (2004,), "figure_windows": ("post",)},
    restrictions=(),
)
ACCEPTED = replace(PLAIN, productivity=replace(PLAIN.productivity, unpriced="leave_out"))
REFUSED = replace(PLAIN, productivity=replace(PLAIN.productivity, unpriced=None))
PRICES = [{"industry": "10", "year": year, "index": 1.0} for year in (2002, 2004)]
# Four rows: two of 2011 have no price, with 30 of 40 jobs and 10 of 200 in sales.
TOLD = "50.00 percent of the rows, 75.00 of employment, 5.00 of sales"


def row(number, year, industry, jobs, sales, exports=0.0):
    return {
        "establishment_id": f"{number}", "year": year, "industry": industry,
        "employment": jobs, "sales": sales, "exports": exports, "value_added": sales,
    }  # fmt: skip


ROWS = [
    row(1, 2002, "1011", 5.0, 95.0),
    row(1, 2004, "1011", 5.0, 95.0),
    row(2, 2002, "2011", 10.0, 4.0),
    row(2, 2004, "2011", 20.0, 6.0),
]


def test_a_check_refuses_rows_without_a_price_and_says_what_they_are(tmp_path):
    study = with_inputs(REFUSED, ROWS, tmp_path, small=Small(prices=PRICES))
    [error] = judge_inputs(study).errors
    [problem] = error.problems
    assert problem.what == f"2 rows have no price and so no productivity: {TOLD}"
    assert 'unpriced = "leave_out"' in problem.cure


def test_what_the_study_accepts_is_told_where_it_is_asked_for(tmp_path):
    study = with_inputs(ACCEPTED, ROWS, tmp_path, small=Small(prices=PRICES))
    assert (judge_inputs(study).errors, judge_inputs(study).told) == ((), ())
    [told] = judge_inputs(study, tell=True).told
    assert told.endswith(TOLD)


@pytest.mark.parametrize("code", ["0111", 111])
def test_nothing_is_told_where_every_row_has_a_price(tmp_path, code):
    rows = [row(1, 2002, code, 1.0, 2.0), row(1, 2004, code, 1.0, 2.0)]
    prices = [{"industry": "01", "year": year, "index": 1.0} for year in (2002, 2004)]
    place = CENSUS_SCHEMA.get_field_index("industry")
    kind = pa.string() if isinstance(code, str) else pa.int64()
    schema = CENSUS_SCHEMA.set(place, pa.field("industry", kind))
    study = with_inputs(REFUSED, rows, tmp_path, small=Small(prices=prices), schema=schema)
    judged = judge_inputs(study, tell=True)
    assert (judged.errors, judged.told) == ((), ())


@pytest.mark.engine
def test_a_run_tells_what_it_leaves_out_and_years_that_say_nothing(engine, tmp_path, caplog):
    study = with_inputs(ACCEPTED, ROWS, tmp_path, small=Small(prices=PRICES))
    with caplog.at_level(logging.WARNING, logger="tradegains"):
        publish_study(engine, study, tmp_path / "out")
    assert f"input prices: 2 rows have no price and so no productivity: {TOLD}" in caplog.text
    none = "100.00 percent of the rows, 100.00 of employment, 100.00 of sales"
    assert f"no establishment of the census exports in 2002, 2004: {none}" in caplog.text
    assert "imports = exports are 0 in 2002, 2004: the domestic share lambda is 1" in caplog.text


@pytest.mark.engine
@pytest.mark.parametrize("action", ["stop", "quarantine", "keep"])
def test_missing_exports_are_unknown_and_the_study_says_what_becomes_of_them(
    engine, tmp_path, action, caplog
):
    rows = [*ROWS, row(3, 2002, "1011", 1.0, 50.0, None), row(3, 2004, "1011", 1.0, 50.0, 10.0)]
    rules = {**ACCEPTED.census.rules, "missing_exports": action}
    study = replace(ACCEPTED, census=replace(ACCEPTED.census, rules=rules))
    study = with_inputs(study, rows, tmp_path, small=Small(prices=PRICES))
    if action == "stop":
        with pytest.raises(InputError, match="break the rule missing_exports") as refused:
            publish_study(engine, study, tmp_path / "out")
        assert '"keep", which counts a missing amount as 0' in str(refused.value)
        return
    with caplog.at_level(logging.WARNING, logger="tradegains"):
        found = publish_study(engine, study, tmp_path / "out")
    fate = {"quarantine": "are quarantined", "keep": "count as 0"}[action]
    jobs, sales = (sum(each[name] for each in rows) for name in ("employment", "sales"))
    shares = f"{100 / len(rows):.2f} percent of the rows, {100 / jobs:.2f} of employment"
    lost = f"{shares}, {5000 / sales:.2f} of sales"
    assert f"exports are missing in 1 rows and {fate}: {lost}" in caplog.text
    counted = {r["year"]: r["rows"] for r in found["quality"] if r["rule"] == "missing_exports"}
    assert counted == {2002: 1, 2004: 0}
    [start] = [r for r in found["market_shares"] if r["year"] == 2002 and r["level"] == "total"]
    assert start["domestic_sales"] == {"quarantine": 99.0, "keep": 149.0}[action]
