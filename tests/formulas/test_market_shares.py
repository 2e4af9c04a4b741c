import math
from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradegains.formulas.market_shares import (
    MarketSales,
    continuing_market_share,
    continuing_share,
    domestic_share,
    expenditure,
    market_share_changes,
)
from tradegains.formulas.outcomes import window_scale

laws = settings(max_examples=40, deadline=None)
amounts = st.floats(1e-3, 1e9, allow_nan=False)

# Two windows worked by hand. Start: X 80, M 20, X^c 40; end: X 60, M 40, X^c 45.
# lambda 0.8 -> 0.6, X^c/X 0.5 -> 0.75, lambda^c 0.40 -> 0.45.
START, END = MarketSales(40.0, 80.0, 20.0), MarketSales(45.0, 60.0, 40.0)


def test_shares_by_hand() -> None:
    assert expenditure(80.0, 20.0) == 100.0
    assert domestic_share(80.0, 20.0) == 0.8
    assert continuing_share(40.0, 80.0) == 0.5
    assert continuing_market_share(40.0, 80.0, 20.0) == 0.4


def test_changes_by_hand() -> None:
    found = market_share_changes(START, END)
    assert found.note == ""
    assert astuple(found)[:3] == pytest.approx(
        (math.log(1.5), math.log(0.75), math.log(1.125)), rel=1e-14
    )


def test_every_change_is_scaled_to_the_common_length() -> None:
    found = market_share_changes(START, END, scale=window_scale(1978, 1988, 8))
    assert found.scale == 0.8
    assert astuple(found)[:3] == pytest.approx(
        (0.8 * math.log(1.5), 0.8 * math.log(0.75), 0.8 * math.log(1.125)), rel=1e-14
    )


@laws
@given(amounts, amounts, amounts, amounts, st.floats(0.01, 1), st.sampled_from([0.001, 1000.0]))
def test_the_money_unit_changes_nothing(
    x0: float, x1: float, m0: float, m1: float, share: float, unit: float
) -> None:
    start, end = MarketSales(share * x0, x0, m0), MarketSales(share * x1, x1, m1)
    other = [
        MarketSales(unit * row.continuing_domestic_sales, unit * row.domestic_sales, unit * imports)
        for row, imports in ((start, m0), (end, m1))
    ]
    assert astuple(market_share_changes(*other))[:3] == pytest.approx(
        astuple(market_share_changes(start, end))[:3], rel=1e-9, abs=1e-12
    )


def test_no_imports_at_all_is_a_market_share_of_one() -> None:
    found = market_share_changes(MarketSales(40.0, 80.0, 0.0), MarketSales(40.0, 80.0, 0.0))
    assert found.delta_ln_domestic_share == 0.0
    negative = market_share_changes(MarketSales(40.0, 80.0, -1.0), END)
    assert negative.delta_ln_domestic_share is None
    assert negative.note == "imports are negative"


def test_notes_name_what_is_missing() -> None:
    without = market_share_changes(MarketSales(0.0, 0.0, 20.0), MarketSales(0.0, 60.0, -1.0))
    assert without.note == (
        "domestic sales at the start is not positive; "
        "continuing domestic sales at the start is not positive; "
        "continuing domestic sales at the end is not positive; imports are negative"
    )
    unknown = market_share_changes(START, MarketSales(45.0, 60.0, None))
    assert unknown.note == "imports are not known"
    large = market_share_changes(START, MarketSales(1.0, 1e-300, 1e300))
    assert large.note == "the domestic share at the end is not positive"
