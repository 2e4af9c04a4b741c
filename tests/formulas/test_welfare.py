import math
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tradegains.formulas.market_shares import (
    MarketSales,
    MarketShareChanges,
    continuing_market_share,
    market_share_changes,
)
from tradegains.formulas.welfare import (
    WelfareChange,
    acr,
    acr_welfare_change,
    difference,
    extended,
    extended_welfare_change,
    hloy,
    hloy_terms,
    hloy_welfare_change,
    implied_average_elasticity,
    rescaled_welfare_change,
)

laws = settings(max_examples=40, deadline=None)
SIGMA, EPSILON = 3.72, 4.71
# Table 1's inputs are printed to 0.01 percent; a result from them is off by at most as much.
PRINTED = 0.01

amounts = st.floats(1e-3, 1e9, allow_nan=False)
changes_of_logs = st.floats(-2, 2, allow_nan=False)
sigmas = st.floats(1.1, 20, allow_nan=False)


def in_percent(*numbers: float | None) -> tuple[float | None, ...]:
    return tuple(None if number is None else 100 * number for number in numbers)


def changes(continuing: float, domestic: float) -> MarketShareChanges:
    """Table 1 column, from percent."""
    return MarketShareChanges(
        continuing / 100, domestic / 100, (continuing + domestic) / 100, scale=1.0
    )


PRE, POST = changes(2.97, 0.69), changes(12.03, -25.91)


# HLOY Table 1: columns 1978-1988, 1988-1996, difference; rows Delta ln lambda^c, HLOY, ACR.
@pytest.mark.parametrize(
    ("delta_continuing", "delta_domestic", "welfare_hloy", "welfare_acr"),
    [(3.66, 0.69, -1.35, -0.15), (-13.88, -25.91, 5.10, 5.50), (-17.55, -26.61, 6.45, 5.65)],
)
def test_table_1_from_its_printed_changes(
    delta_continuing: float, delta_domestic: float, welfare_hloy: float, welfare_acr: float
) -> None:
    assert hloy_welfare_change(delta_continuing, SIGMA) == pytest.approx(welfare_hloy, abs=PRINTED)
    assert acr_welfare_change(delta_domestic, EPSILON) == pytest.approx(welfare_acr, abs=PRINTED)


def test_table_1_to_three_decimals() -> None:
    assert [round(hloy_welfare_change(x, SIGMA), 3) for x in (3.66, -13.88, -17.55)] == [
        -1.346,
        5.103,
        6.452,
    ]
    assert [round(acr_welfare_change(x, EPSILON), 3) for x in (0.69, -25.91, -26.61)] == [
        -0.146,
        5.501,
        5.650,
    ]


def test_table_1_continuing_market_share_is_the_sum_of_its_rows() -> None:
    for column, printed in ((PRE, 3.66), (POST, -13.88)):
        assert column.delta_ln_continuing_market_share == pytest.approx(printed / 100, abs=1e-12)


def test_table_1_difference_column() -> None:
    gain = difference(hloy(POST, SIGMA), hloy(PRE, SIGMA))
    assert in_percent(
        gain.changes.delta_ln_continuing_share,
        gain.changes.delta_ln_domestic_share,
        gain.changes.delta_ln_continuing_market_share,
        gain.welfare_change,
    ) == pytest.approx((9.06, -26.61, -17.55, 6.45), abs=0.0101)
    rival = difference(acr(POST, EPSILON), acr(PRE, EPSILON))
    assert in_percent(rival.welfare_change) == pytest.approx((5.65,), abs=PRINTED)


def test_table_1_margins() -> None:
    # 25.91 / 2.72 = 9.5257 and -12.03 / 2.72 = -4.4228 add up to 13.88 / 2.72 = 5.1029.
    row = hloy(POST, SIGMA)
    assert in_percent(
        row.domestic_share_term, row.continuing_share_term, row.welfare_change
    ) == pytest.approx((9.5257, -4.4228, 5.1029), abs=1e-4)


def test_table_c1_with_exports_for_imports() -> None:
    with_exports = changes(12.03, -23.86)
    assert in_percent(acr(with_exports, EPSILON).welfare_change) == pytest.approx(
        (5.066,), abs=5e-4
    )
    found = in_percent(hloy(with_exports, SIGMA).welfare_change)
    assert found == pytest.approx((4.349,), abs=5e-4)
    assert found == pytest.approx((4.35,), abs=PRINTED)


def test_implied_average_elasticity_after_the_agreement() -> None:
    implied = implied_average_elasticity(-0.2591, -0.1388, SIGMA).value
    assert implied == pytest.approx(5.0775, abs=5e-5)
    assert acr_welfare_change(-0.2591, implied) == pytest.approx(
        hloy_welfare_change(-0.1388, SIGMA), rel=1e-14
    )


def test_extension_to_non_traded_goods_and_intermediates() -> None:
    # 0.32 / 0.5 = 0.64
    assert extended_welfare_change(5.103, 0.32, 0.5) == pytest.approx(3.266, abs=5e-4)
    row = extended(hloy(POST, SIGMA), expenditure_share=0.32, value_added_share=0.5)
    assert row.formula == "hloy_extended"
    assert in_percent(row.welfare_change) == pytest.approx((3.266,), abs=5e-4)
    assert row.domestic_share_term is not None
    assert row.continuing_share_term is not None
    assert row.domestic_share_term + row.continuing_share_term == pytest.approx(
        row.welfare_change, rel=1e-12
    )


# HLOY Table A1, in percent: industry, post, pre, difference.
TABLE_A1 = """
10 -5.13 -4.53 -0.60    11 -11.51 -2.41 -9.10   12 -1.16 -11.84 10.68   15 6.85 0.64 6.20
16 3.40 2.80 0.59       17 -12.40 -5.71 -6.69   18 5.09 -3.32 8.41      19 2.90 -0.67 3.57
24 -10.89 -1.70 -9.20   25 -0.70 0.26 -0.96     26 -2.15 1.12 -3.27     27 6.63 0.57 6.06
28 -3.00 5.12 -8.12     29 2.80 3.13 -0.33      30 6.55 -2.32 8.87      31 8.15 -6.33 14.48
32 23.27 -1.96 25.24    33 21.49 -0.51 22.00    35 2.20 -0.28 2.48      36 -3.79 -4.21 0.41
37 2.13 0.54 1.59       39 4.79 -0.63 5.43      0 6.66 -1.42 8.08
"""


def test_table_a1_differences_are_post_minus_pre() -> None:
    numbers = [float(word) for word in TABLE_A1.split()]
    rows = list(zip(*[iter(numbers)] * 4, strict=True))
    assert len(rows) == 23
    for industry, post, pre, printed in rows:
        no_change = MarketShareChanges(None, None, None, scale=1.0)
        gain = difference(
            WelfareChange("hloy", SIGMA, no_change, None, None, post),
            WelfareChange("hloy", SIGMA, no_change, None, None, pre),
        )
        assert gain.welfare_change == pytest.approx(printed, abs=0.0101), industry


@pytest.mark.parametrize(
    ("elasticity", "expected_hloy", "expected_acr"),
    # The curves of figure 3: 17.55 / (sigma - 1) and 26.61 / epsilon.
    [(2.5, 7.02, 10.644), (5.1, 3.4412, 5.2176)],
)
def test_figure_3_curves(elasticity: float, expected_hloy: float, expected_acr: float) -> None:
    assert hloy_welfare_change(-17.55, elasticity + 1) == pytest.approx(expected_hloy, abs=5e-5)
    assert acr_welfare_change(-26.61, elasticity) == pytest.approx(expected_acr, abs=5e-5)


@pytest.mark.parametrize("elasticity", [1.5, 2.72, 5.1])
def test_a_rescaled_change_is_that_of_the_other_elasticity(elasticity: float) -> None:
    moved = rescaled_welfare_change(hloy_welfare_change(-0.1388, SIGMA), SIGMA - 1, elasticity)
    assert moved == pytest.approx(hloy_welfare_change(-0.1388, elasticity + 1), rel=1e-14)
    acr_moved = rescaled_welfare_change(acr_welfare_change(-0.2591, EPSILON), EPSILON, elasticity)
    assert acr_moved == pytest.approx(acr_welfare_change(-0.2591, elasticity), rel=1e-14)


# Two windows worked by hand. Start: X 80, M 20, X^c 40; end: X 60, M 40, X^c 45.
# lambda 0.8 -> 0.6, X^c/X 0.5 -> 0.75, lambda^c 0.40 -> 0.45.
START, END = MarketSales(40.0, 80.0, 20.0), MarketSales(45.0, 60.0, 40.0)


@laws
@given(amounts, amounts, amounts, amounts, st.floats(0.01, 1), st.floats(0.01, 1), sigmas)
def test_the_two_margins_add_up_to_the_statistic(
    x0: float, x1: float, m0: float, m1: float, share0: float, share1: float, sigma: float
) -> None:
    start, end = MarketSales(share0 * x0, x0, m0), MarketSales(share1 * x1, x1, m1)
    row = hloy(market_share_changes(start, end), sigma)
    assert row.welfare_change is not None
    assert row.domestic_share_term is not None
    assert row.continuing_share_term is not None
    terms = row.domestic_share_term + row.continuing_share_term
    assert row.welfare_change == pytest.approx(terms, rel=1e-12, abs=1e-12)
    # Eq. 1 straight from lambda^c.
    lambda0 = continuing_market_share(share0 * x0, x0, m0)
    lambda1 = continuing_market_share(share1 * x1, x1, m1)
    direct = hloy_welfare_change(math.log(lambda1 / lambda0), sigma)
    assert row.welfare_change == pytest.approx(direct, rel=1e-9, abs=1e-12 / (sigma - 1))


@laws
@given(changes_of_logs, sigmas)
def test_without_selection_hloy_is_acr_at_sigma_minus_1(domestic: float, sigma: float) -> None:
    # The Armington case below eq. 5: no change of X^c/X and epsilon = sigma - 1.
    terms = hloy_terms(domestic, 0.0, sigma)
    assert sum(terms) == acr_welfare_change(domestic, sigma - 1)


@laws
@given(changes_of_logs, changes_of_logs, sigmas)
def test_the_implied_elasticity_makes_the_formulas_equal(
    domestic: float, continuing: float, sigma: float
) -> None:
    assume(abs(domestic) > 1e-6 and abs(continuing) > 1e-6)
    implied = implied_average_elasticity(domestic, continuing, sigma)
    assert implied.value is not None
    assert acr_welfare_change(domestic, implied.value) == pytest.approx(
        hloy_welfare_change(continuing, sigma), rel=1e-12
    )
    assert ("sign" in implied.note) == (domestic * continuing < 0)


@pytest.mark.parametrize(
    ("domestic", "continuing", "word"),
    [(-0.2, 0.0, "continuing market share"), (0.0, -0.2, "domestic share")],
)
def test_no_implied_elasticity_without_a_change(
    domestic: float, continuing: float, word: str
) -> None:
    implied = implied_average_elasticity(domestic, continuing, SIGMA)
    assert implied.value is None
    assert word in implied.note


def test_without_imports_only_the_continuing_share_comes() -> None:
    found = market_share_changes(MarketSales(40.0, 80.0), MarketSales(45.0, 60.0))
    assert found.delta_ln_continuing_share == pytest.approx(math.log(1.5), rel=1e-14)
    assert found.delta_ln_domestic_share is None
    assert found.delta_ln_continuing_market_share is None
    assert found.note == "imports are not known"
    row = hloy(found, SIGMA)
    assert row.welfare_change is None
    assert row.domestic_share_term is None
    assert row.continuing_share_term == pytest.approx(-math.log(1.5) / 2.72, rel=1e-12)
    assert acr(found, EPSILON).welfare_change is None
    assert row.note == "imports are not known"


def test_without_continuing_sales_only_acr_comes() -> None:
    found = market_share_changes(MarketSales(40.0, 80.0, 20.0), MarketSales(0.0, 60.0, 40.0))
    assert found.note == "continuing domestic sales at the end is not positive"
    assert hloy(found, SIGMA).welfare_change is None
    assert acr(found, EPSILON).welfare_change == pytest.approx(-math.log(0.75) / 4.71, rel=1e-14)


def test_a_difference_with_a_missing_side_is_missing_and_says_why() -> None:
    missing = market_share_changes(MarketSales(40.0, 80.0), MarketSales(45.0, 60.0))
    gain = difference(hloy(POST, SIGMA), hloy(missing, SIGMA))
    assert gain.welfare_change is None
    assert gain.note == gain.changes.note == "imports are not known"
    assert gain.changes.delta_ln_continuing_share is not None


def test_a_restricted_set_adds_the_gain_of_the_others() -> None:
    # Restricted continuing sales fall to 20 of 45 at the end, 30 of 40 at the start:
    # extra gain = [ln(0.40/0.45) ... ] = (ln 1.125 - ln(0.20/0.30)) / 2.72.
    everyone = hloy(market_share_changes(START, END), SIGMA)
    some = hloy(
        market_share_changes(MarketSales(30.0, 80.0, 20.0), MarketSales(20.0, 60.0, 40.0)), SIGMA
    )
    extra = difference(some, everyone).welfare_change
    assert extra == pytest.approx((math.log(1.125) - math.log(2 / 3)) / 2.72, rel=1e-12)


@pytest.mark.parametrize("sigma", [1.0, 0.5, float("nan")])
def test_sigma_must_be_above_1(sigma: float) -> None:
    with pytest.raises(ValueError, match="sigma"):
        hloy(POST, sigma)


@pytest.mark.parametrize("elasticity", [0.0, -1.0, float("nan")])
def test_the_trade_elasticity_must_be_positive(elasticity: float) -> None:
    with pytest.raises(ValueError, match="elasticity"):
        acr(POST, elasticity)


@pytest.mark.parametrize(("mu", "eta"), [(0.0, 0.5), (0.3, 0.0), (1.1, 0.5), (0.3, 1.1)])
def test_extension_shares_lie_in_0_to_1(mu: float, eta: float) -> None:
    with pytest.raises(ValueError, match="shares"):
        extended(hloy(POST, SIGMA), expenditure_share=mu, value_added_share=eta)


def test_a_difference_needs_one_formula_and_one_elasticity() -> None:
    with pytest.raises(ValueError, match="one formula"):
        difference(hloy(POST, SIGMA), hloy(PRE, 4.0))
    with pytest.raises(ValueError, match="one formula"):
        difference(hloy(POST, SIGMA), acr(PRE, SIGMA))


def test_a_difference_keeps_what_both_share_and_says_what_either_says() -> None:
    early = replace(hloy(PRE, SIGMA), note="no imports in 1978")
    late = replace(hloy(POST, SIGMA), note="no imports in 1996")
    found = difference(late, early)
    assert (found.formula, found.elasticity, found.distribution) == ("hloy", SIGMA, None)
    assert found.note == "no imports in 1996; no imports in 1978"
    assert found.continuing_share_term == pytest.approx(-(0.1203 - 0.0297) / (SIGMA - 1))
    assert found.domestic_share_term == pytest.approx(-(-0.2591 - 0.0069) / (SIGMA - 1))


def test_a_note_of_the_shares_goes_with_every_formula() -> None:
    noted = replace(POST, note="imports are those of 1995")
    for change in (hloy(noted, SIGMA), acr(noted, EPSILON)):
        assert change.note == "imports are those of 1995"


def test_shares_of_the_wider_formula_may_be_1() -> None:
    change = hloy(POST, SIGMA)
    wider = extended(change, expenditure_share=1.0, value_added_share=1.0)
    assert wider.welfare_change == change.welfare_change


def test_what_rounding_leaves_of_0_implies_no_elasticity() -> None:
    for continuing, domestic, reason in (
        (9e-13, 0.1, "the continuing market share did not change"),
        (0.1, -9e-13, "the domestic share did not change"),
    ):
        shares = MarketShareChanges(continuing - domestic, domestic, continuing, scale=1.0)
        assert hloy(shares, SIGMA).implied_trade_elasticity == (None, reason)
    shares = MarketShareChanges(0.0, 2e-12, 2e-12, scale=1.0)
    assert hloy(shares, SIGMA).implied_trade_elasticity.value == pytest.approx(SIGMA - 1)
    told = implied_average_elasticity(0.1, -0.2, SIGMA)
    assert told == (pytest.approx(-(SIGMA - 1) / 2), "HLOY and ACR differ in sign")
