import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.melitz_ottaviano import (
    CutoffError,
    Market,
    closed_equilibrium,
    cost_of_profit,
    innovation_cutoff,
    integrated_equilibrium,
    operating_profit,
    price,
    producer_outcome,
    quantity,
    residual_demand,
    trade_equilibrium,
)

MARKET = Market(size=1000.0, slope=0.01, entry_cost=50.0, highest_cost=20.0)
PRINTED = 5e-7  # what the numbers below are rounded to
AUTARKY = 10.626585691826110
# Entry costs here keep the cutoff, at most (12 x 100 x 40 / (100 x 0.01))^(1/3) = 36.3, below 40.
markets = st.builds(
    Market,
    size=st.floats(100.0, 1e5),
    slope=st.floats(0.01, 1.0),
    entry_cost=st.floats(1.0, 100.0),
    highest_cost=st.just(40.0),
)
shares = st.floats(0.0, 1.0)


def markup(cost, cutoff):
    return price(cost, cutoff) - cost


def innovates(output, *, innovation_cost, cost_reduction):
    """MT: q > f_I / delta c_I."""
    return output * cost_reduction > innovation_cost


def simpson(function, low, high, steps=200):
    width = (high - low) / steps
    inner = math.fsum((4 if i % 2 else 2) * function(low + i * width) for i in range(1, steps))
    return (function(low) + inner + function(high)) * width / 3.0


def test_closed_equilibrium_of_the_method():
    closed = closed_equilibrium(MARKET)
    assert closed.cutoff == pytest.approx(10.626586, abs=PRINTED)
    assert closed.sellers == pytest.approx(37.641441, abs=PRINTED)
    assert closed.mean_price == pytest.approx(7.969939, abs=PRINTED)
    assert (closed.export_cutoff, closed.trade_cost) == (None, None)
    # By hand: 12 x 50 x 20 / (1000 x 0.01) = 1200, whose cube root is the cutoff.
    assert closed.cutoff**3 == pytest.approx(1200.0, rel=1e-15)


@pytest.mark.parametrize(
    ("trade_cost", "cutoff", "export_cutoff"),
    [
        (0.0, 8.434327, 8.434327),
        (1.0, 8.904686, 7.904686),
        (4.0, 9.960602, 5.960602),
        (8.0, 10.575893, 2.575893),
    ],
)
def test_trade_equilibria_of_the_method(trade_cost, cutoff, export_cutoff):
    trade = trade_equilibrium(MARKET, trade_cost=trade_cost)
    assert trade.cutoff == pytest.approx(cutoff, abs=PRINTED)
    assert trade.export_cutoff == pytest.approx(export_cutoff, abs=PRINTED)
    assert trade.trade_cost == trade_cost


@pytest.mark.parametrize("trade_cost", [10.626586, 11.0, math.inf])
def test_a_trade_cost_at_the_cutoff_or_above_is_autarky(trade_cost):
    trade = trade_equilibrium(MARKET, trade_cost=trade_cost)
    closed = closed_equilibrium(MARKET)
    assert trade.export_cutoff is None
    assert (trade.cutoff, trade.sellers, trade.mean_price) == (
        closed.cutoff,
        closed.sellers,
        closed.mean_price,
    )


def test_integration_is_a_market_of_twice_the_size():
    integrated = integrated_equilibrium(MARKET)
    assert integrated.cutoff == pytest.approx(8.434327, abs=PRINTED)
    assert integrated.cutoff / closed_equilibrium(MARKET).cutoff == pytest.approx(
        2.0 ** (-1.0 / 3.0), rel=1e-15
    )
    free = trade_equilibrium(MARKET, trade_cost=0.0)
    assert free.cutoff == pytest.approx(integrated.cutoff, rel=1e-15)
    assert free.sellers == pytest.approx(integrated.sellers, rel=1e-14)
    assert free.mean_price == pytest.approx(integrated.mean_price, rel=1e-15)
    eight = integrated_equilibrium(MARKET, countries=8)
    assert eight.cutoff == pytest.approx(AUTARKY / 2.0, rel=1e-14)


def test_a_cutoff_above_the_highest_cost_is_an_error_that_says_so():
    dear = Market(size=1000.0, slope=0.01, entry_cost=400.0, highest_cost=20.0)
    # 12 x 400 x 20 / 10 = 9600, cube root 21.25, above 20.
    with pytest.raises(CutoffError, match=r"21\.2532 is above the highest cost 20"):
        closed_equilibrium(dear)
    with pytest.raises(CutoffError):
        trade_equilibrium(dear, trade_cost=19.9)
    # A larger market can bring the cutoff down below it.
    assert integrated_equilibrium(dear).cutoff < 20.0
    edge = Market(size=1000.0, slope=0.01, entry_cost=20.0**2 * 10.0 / 12.0, highest_cost=20.0)
    assert closed_equilibrium(edge).cutoff == pytest.approx(20.0, rel=1e-15)


@pytest.mark.parametrize("field", ["size", "slope", "entry_cost", "highest_cost"])
@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_a_market_must_be_positive(field, bad):
    numbers = {"size": 1.0, "slope": 1.0, "entry_cost": 1.0, "highest_cost": 1.0, field: bad}
    with pytest.raises(ValueError, match="must be positive"):
        Market(**numbers)


@pytest.mark.parametrize("bad", [-1.0, math.nan])
def test_a_trade_cost_must_not_be_negative(bad):
    with pytest.raises(ValueError, match="at least 0"):
        trade_equilibrium(MARKET, trade_cost=bad)


@given(markets, shares)
def test_expected_profit_equals_the_entry_cost(market, share):
    # Free entry, with the profits of figure 4A integrated over all costs that can be drawn.
    trade_cost = share * 1.2 * closed_equilibrium(market).cutoff
    equilibrium = trade_equilibrium(market, trade_cost=trade_cost)
    expected = simpson(
        lambda c: operating_profit(c, equilibrium.cutoff, market=market), 0.0, equilibrium.cutoff
    )
    if equilibrium.export_cutoff is not None:
        expected += simpson(
            lambda c: operating_profit(c + trade_cost, equilibrium.cutoff, market=market),
            0.0,
            equilibrium.export_cutoff,
        )
    # Simpson is exact for a quadratic.
    assert expected / market.highest_cost == pytest.approx(market.entry_cost, rel=1e-11)


@given(markets, shares)
def test_sellers_and_mean_price_agree_with_the_cutoff_and_with_demand(market, share):
    trade_cost = share * 0.999 * closed_equilibrium(market).cutoff
    trade = trade_equilibrium(market, trade_cost=trade_cost)
    # c* = 1/(b n) + p_mean
    assert trade.cutoff == pytest.approx(
        1.0 / (market.slope * trade.sellers) + trade.mean_price, rel=1e-13
    )
    # The mean over domestic sellers, costs 0 to c*, and importers, delivered costs t to c*.
    home = simpson(lambda c: price(c, trade.cutoff), 0.0, trade.cutoff)
    abroad = simpson(lambda c: price(c, trade.cutoff), trade_cost, trade.cutoff)
    mean = (home + abroad) / (trade.cutoff + trade.export_cutoff)
    assert trade.mean_price == pytest.approx(mean, rel=1e-11)
    # MT footnote 1: Q = S [1/n - b (p - p_mean)], here at half the cutoff.
    p = 0.5 * trade.cutoff
    footnote = market.size * (1.0 / trade.sellers - market.slope * (p - trade.mean_price))
    assert residual_demand(p, trade.cutoff, market=market) == pytest.approx(footnote, rel=1e-10)


def test_without_trade_prices_average_three_quarters_of_the_cutoff():
    closed = closed_equilibrium(MARKET)
    assert closed.mean_price == 0.75 * closed.cutoff
    assert closed.sellers == pytest.approx(4.0 / (0.01 * closed.cutoff), rel=1e-15)


@given(markets, shares, shares)
def test_liberalisation_lowers_the_cutoff_and_raises_the_export_cutoff(market, first, second):
    autarky = closed_equilibrium(market).cutoff
    low, high = sorted((first * autarky, second * autarky))
    freer, dearer = (trade_equilibrium(market, trade_cost=t) for t in (low, high))
    assert freer.cutoff <= dearer.cutoff * (1 + 1e-14)
    if dearer.export_cutoff is not None:
        assert freer.export_cutoff >= dearer.export_cutoff - 1e-12


@pytest.mark.parametrize("trade_cost", [1e-300, 1e-12, 1e-9, 1e-8, 1e-5])
def test_a_tiny_trade_cost_is_nearly_free_trade(trade_cost):
    # To first order half of the trade cost goes into each cutoff. The closed form takes sinh of
    # about 20, which multiplies rounding by as much.
    trade = trade_equilibrium(MARKET, trade_cost=trade_cost)
    free = trade_equilibrium(MARKET, trade_cost=0.0)
    assert trade.cutoff - free.cutoff == pytest.approx(trade_cost / 2.0, abs=trade_cost**2 + 1e-13)


@given(markets, shares, shares)
def test_the_price_maximises_profit(market, cost_share, price_share):
    cutoff = closed_equilibrium(market).cutoff
    cost = cost_share * cutoff
    best = operating_profit(cost, cutoff, market=market)
    p = cost + price_share * (cutoff - cost)
    other = (p - cost) * residual_demand(p, cutoff, market=market)
    assert other <= best * (1 + 1e-9) + 1e-9
    chosen = price(cost, cutoff)
    assert markup(cost, cutoff) == pytest.approx(chosen - cost, abs=1e-12)
    assert quantity(cost, cutoff, market=market) == pytest.approx(
        residual_demand(chosen, cutoff, market=market), rel=1e-9, abs=1e-9
    )
    assert best == pytest.approx(
        markup(cost, cutoff) * quantity(cost, cutoff, market=market), rel=1e-12
    )


def test_curves_by_hand():
    # c* = 10, c = 2, S b = 10: price 6, markup 4, quantity 40, profit 160.
    assert (price(2.0, 10.0), markup(2.0, 10.0)) == (6.0, 4.0)
    assert quantity(2.0, 10.0, market=MARKET) == 40.0
    assert residual_demand(6.0, 10.0, market=MARKET) == 40.0
    assert operating_profit(2.0, 10.0, market=MARKET) == 160.0


def test_a_lower_cost_means_a_lower_price_a_higher_markup_and_more_profit():
    # MT, summary of figure 2A.
    assert price(1.0, 10.0) < price(2.0, 10.0)
    assert markup(1.0, 10.0) > markup(2.0, 10.0)
    assert quantity(1.0, 10.0, market=MARKET) > quantity(2.0, 10.0, market=MARKET)
    assert operating_profit(1.0, 10.0, market=MARKET) > operating_profit(2.0, 10.0, market=MARKET)


def test_producers_of_figure_four():
    trade = trade_equilibrium(MARKET, trade_cost=4.0)  # cutoffs 9.960602 and 5.960602
    both = producer_outcome(2.0, trade, market=MARKET)
    assert both.export_price == pytest.approx((trade.cutoff + 6.0) / 2.0, rel=1e-15)
    assert both.export_quantity == pytest.approx(5.0 * (trade.export_cutoff - 2.0), rel=1e-14)
    assert both.domestic_quantity == pytest.approx(5.0 * (trade.cutoff - 2.0), rel=1e-14)
    assert both.export_profit == pytest.approx(2.5 * (trade.export_cutoff - 2.0) ** 2, rel=1e-14)
    assert both.net_profit == pytest.approx(both.domestic_profit + both.export_profit - 50.0)
    home = producer_outcome(6.0, trade, market=MARKET)
    assert (home.export_price, home.export_quantity, home.export_profit) == (None, 0.0, 0.0)
    assert home.domestic_quantity > 0.0
    exits = producer_outcome(10.0, trade, market=MARKET)
    assert (exits.domestic_price, exits.domestic_quantity, exits.net_profit) == (None, 0.0, -50.0)
    closed = producer_outcome(2.0, closed_equilibrium(MARKET), market=MARKET)
    assert (closed.export_price, closed.export_quantity) == (None, 0.0)


def test_winners_and_losers_of_figure_three():
    closed, integrated = closed_equilibrium(MARKET), integrated_equilibrium(MARKET)
    merged = Market(2000.0, 0.01, 50.0, 20.0)
    gains = [
        producer_outcome(cost, integrated, market=merged).net_profit
        - producer_outcome(cost, closed, market=MARKET).net_profit
        for cost in (0.0, 1.0, 5.0, 8.0, 10.0)
    ]
    assert [gain > 0.0 for gain in gains] == [True, True, False, False, False]


def test_innovation_threshold():
    # q > f_I / delta c_I = 40, strictly.
    assert not innovates(40.0, innovation_cost=80.0, cost_reduction=2.0)
    assert innovates(math.nextafter(40.0, 41.0), innovation_cost=80.0, cost_reduction=2.0)


@given(markets, shares, st.floats(0.1, 1e4), st.floats(0.1, 5.0))
def test_innovation_cutoff_separates_those_who_innovate(market, share, cost, reduction):
    trade_cost = share * 1.2 * closed_equilibrium(market).cutoff
    equilibrium = trade_equilibrium(market, trade_cost=trade_cost)
    cutoff = innovation_cutoff(
        equilibrium, market=market, innovation_cost=cost, cost_reduction=reduction
    )

    def does(unit_cost):
        outcome = producer_outcome(unit_cost, equilibrium, market=market)
        output = outcome.domestic_quantity + outcome.export_quantity
        return innovates(output, innovation_cost=cost, cost_reduction=reduction)

    if cutoff is None:
        assert not does(1e-9 * equilibrium.cutoff)
    else:
        assert cutoff < equilibrium.cutoff
        assert does(cutoff - 1e-9 * equilibrium.cutoff)
        assert not does(cutoff + 1e-9 * equilibrium.cutoff)


def test_innovation_cutoff_by_hand():
    trade = trade_equilibrium(MARKET, trade_cost=4.0)
    # 40 units: exporters need S b (2 (c* - c) - 4)/2 = 40, so c = c* - 6.
    found = innovation_cutoff(trade, market=MARKET, innovation_cost=40.0, cost_reduction=1.0)
    assert found == pytest.approx(trade.cutoff - 6.0, rel=1e-14)
    # 10 units: a producer for the home market alone makes them, S b (c* - c)/2 = 10, c = c* - 2.
    found = innovation_cutoff(trade, market=MARKET, innovation_cost=10.0, cost_reduction=1.0)
    assert found == pytest.approx(trade.cutoff - 2.0, rel=1e-14)
    # 100 units: even cost 0 makes only 5 (2 c* - 4) = 79.6.
    assert (
        innovation_cutoff(trade, market=MARKET, innovation_cost=100.0, cost_reduction=1.0) is None
    )
    for numbers in ((0.0, 1.0), (1.0, 0.0)):
        with pytest.raises(ValueError, match="above 0"):
            innovation_cutoff(
                trade, market=MARKET, innovation_cost=numbers[0], cost_reduction=numbers[1]
            )


def test_liberalisation_tips_some_into_innovation():
    # MT: lower trade costs raise exporters' output, and for some tip the balance.
    cutoffs = [
        innovation_cutoff(
            trade_equilibrium(MARKET, trade_cost=t),
            market=MARKET,
            innovation_cost=40.0,
            cost_reduction=1.0,
        )
        for t in (20.0, 4.0, 1.0, 0.0)
    ]
    assert cutoffs == sorted(cutoffs)
    assert cutoffs[0] < cutoffs[-1]


@given(markets, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_cost_of_a_profit_has_that_profit(market, cutoff_share, cost_share):
    cutoff = max(cutoff_share * market.highest_cost, 1e-3)
    profit = operating_profit(cost_share * cutoff, cutoff, market=market)
    cost = cost_of_profit(profit, cutoff, market=market)
    assert cost == pytest.approx(cost_share * cutoff, rel=1e-12, abs=1e-12 * cutoff)
