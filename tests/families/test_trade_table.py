"""The table of intra-industry trade: by hand, laws, and product tables that would mislead."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.studies import BASE
from reference.trade import list_intra_industry_trade
from tradegains.errors import StudyError
from tradegains.inputs.small import SmallInputs, code_problems
from tradegains.results.intra_industry_trade import intra_industry_trade_rows
from tradegains.study import IntraIndustryTrade, read_study, resolved_toml

BOTH = IntraIndustryTrade(levels=(4, 2), matched=("by_partner", "together"), reporter="CA")


def flow(product: str, partner: str, exports: float, imports: float, **more: Any) -> dict[str, Any]:
    given = {"product": product, "year": 1988, "partner": partner}
    return {**given, "exports": exports, "imports": imports, **more}


FLOWS = [
    flow("0111", "US", 30.0, 10.0),
    flow("0112", "US", 0.0, 40.0),
    flow("0111", "EU", 0.0, 20.0),
    flow("2000", "EU", 0.0, 0.0),
]


def index_of(rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], float | None]:
    names = ("product_digits", "matched", "reporter", "partner")
    return {tuple(row[name] for name in names): row["grubel_lloyd"] for row in rows}


def test_two_partners_by_hand():
    rows = intra_industry_trade_rows(BOTH, FLOWS)
    assert index_of(rows) == {
        # 0111 with US: 2 x 10 two-way; 0112 with US and 0111 with EU are one-way. Trade is 100.
        (4, "by_partner", "CA", "EU"): 0.0,
        (4, "by_partner", "CA", "US"): 20 / 80,
        (4, "by_partner", "CA", "world"): 20 / 100,
        # 0111 with both: exports 30, imports 30, all 60 two-way; 0112: 40 one-way.
        (4, "together", "CA", "world"): 60 / 100,
        # Group 01 with US: exports 30, imports 50.
        (2, "by_partner", "CA", "EU"): 0.0,
        (2, "by_partner", "CA", "US"): 60 / 80,
        (2, "by_partner", "CA", "world"): 60 / 100,
        # Group 01: exports 30, imports 70.
        (2, "together", "CA", "world"): 60 / 100,
    }
    world = rows[2]
    assert (world["flows"], world["one_way_flows"]) == (3, 2), "2000 has no trade and is no flow"
    assert world["one_way_share"] == pytest.approx(60 / 100)
    assert (world["exports"], world["imports"]) == (30.0, 70.0)


def test_a_partner_without_trade_has_a_reason_instead_of_an_index():
    (eu, world) = intra_industry_trade_rows(
        replace(BOTH, levels=(4,), matched=("by_partner",)), [flow("2000", "EU", 0.0, 0.0)]
    )
    assert (eu["grubel_lloyd"], eu["one_way_share"], eu["flows"]) == (None, None, 0)
    assert eu["note"] == world["note"] == "no trade either way"


def test_world_pools_reporters_and_stands_last():
    flows = [
        flow("0111", "US", 10.0, 10.0, reporter="CA"),
        flow("0111", "CA", 30.0, 0.0, reporter="US"),
    ]
    choices = replace(BOTH, levels=(4,), matched=("by_partner",), reporter=None)
    rows = intra_industry_trade_rows(choices, flows)
    assert [(row["reporter"], row["partner"], row["grubel_lloyd"]) for row in rows] == [
        ("CA", "US", 1.0),
        ("CA", "world", 1.0),
        ("US", "CA", 0.0),
        ("US", "world", 0.0),
        ("world", "world", 20 / 50),
    ]


def test_total_trade_alone_is_one_row_not_two():
    choices = replace(BOTH, levels=(4,), matched=("by_partner",))
    (row,) = intra_industry_trade_rows(choices, [flow("0111", "World", 3.0, 1.0)])
    assert (row["partner"], row["grubel_lloyd"]) == ("world", 0.5)


amounts = st.sampled_from((0.0, 0.1, 0.2, 0.7, 1.0, 3e8))
flow_lists = st.dictionaries(
    st.tuples(st.sampled_from(("0111", "0112", "0122", "1112")), st.sampled_from(("US", "EU"))),
    st.tuples(amounts, amounts),
    min_size=1,
).map(lambda cells: [flow(*key, *value) for key, value in cells.items()])


@given(flows=flow_lists)
def test_agrees_with_exact_fractions(flows):
    study = replace(BASE, intra_industry_trade=BOTH)
    expected = list_intra_industry_trade(study, flows)
    found = index_of(intra_industry_trade_rows(BOTH, flows))
    assert found.keys() == index_of(expected).keys()
    for key, value in index_of(expected).items():
        assert found[key] == pytest.approx(value, abs=1e-12)


@given(flows=flow_lists, order=st.randoms())
def test_the_index_rises_as_digits_fall_and_depends_on_no_order(flows, order):
    rows = intra_industry_trade_rows(BOTH, flows)
    found = index_of(rows)
    shuffled = list(flows)
    order.shuffle(shuffled)
    assert intra_industry_trade_rows(BOTH, shuffled) == rows
    for (digits, matched, reporter, partner), value in found.items():
        if digits == 4 and value is not None:
            assert found[2, matched, reporter, partner] >= value - 1e-12
    together = found[4, "together", "CA", "world"]
    if together is not None:
        assert together >= found[4, "by_partner", "CA", "world"] - 1e-12


@given(flows=flow_lists)
def test_one_way_flows_bound_the_index(flows):
    for row in intra_industry_trade_rows(BOTH, flows):
        if row["grubel_lloyd"] is not None:
            assert 0.0 <= row["grubel_lloyd"] <= 1.0 - row["one_way_share"] + 1e-12
            trade = Fraction(row["exports"]) + Fraction(row["imports"])
            assert trade > 0
            assert row["one_way_flows"] <= row["flows"]


# --- product tables that would mislead ------------------------------------------------------------


def problems(flows: list[dict[str, Any]], **choices: Any) -> list[str]:
    study = replace(BASE, intra_industry_trade=replace(BOTH, **choices))
    small = SmallInputs(product_trade=flows)
    return [f"{each.what}; {each.cure}" for each in code_problems(study, small)]


def test_sound_flows_pass():
    assert problems(FLOWS) == []
    assert problems([flow("0111", "World", 1.0, 1.0)]) == []
    assert problems([]) == []


def test_codes_of_two_lengths_or_too_short_are_refused():
    (mixed,) = problems([flow("0111", "US", 1.0, 1.0), flow("112", "US", 1.0, 1.0)])
    assert mixed.startswith("product codes of 3 and 4 characters; give every code the same length")
    (short,) = problems([flow("111", "US", 1.0, 1.0)])
    assert "at least 4 digits, the finest of intra_industry_trade.levels" in short


def test_a_total_beside_its_parts_is_refused():
    (partner,) = problems([flow("0111", "US", 1.0, 1.0), flow("0111", "World", 1.0, 1.0)])
    assert partner.startswith("the partner World stands beside single partners")
    flows = [flow("0111", "US", 1.0, 1.0, reporter=name) for name in ("CA", "world")]
    (reporter,) = problems(flows, reporter=None)
    assert reporter.startswith("the reporter world stands beside single reporters")


def test_two_names_for_the_reporter_are_refused():
    (problem,) = problems([flow("0111", "US", 1.0, 1.0, reporter="CA")])
    assert problem.startswith("the study names a reporter, and so does the table")


def test_the_input_needs_its_section(tmp_path):
    text = resolved_toml(replace(BASE, intra_industry_trade=BOTH))
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    assert read_study(path).intra_industry_trade == BOTH
    without = text[: text.index("[intra_industry_trade]")]
    path.write_text(without, encoding="utf-8")
    assert read_study(path).intra_industry_trade is None
    with pytest.raises(StudyError, match=r"no section \[intra_industry_trade\]"):
        read_study(path, {"product_trade": "flows.csv"})
