import math
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.outcomes import Outcome
from tradegains.formulas.sato_vartia import (
    NO_EXPENDITURE,
    UNKNOWN,
    IndustryAggregate,
    IndustryChange,
    aggregate_industries,
    logarithmic_mean,
    sato_vartia_weights,
)
from tradegains.formulas.welfare import hloy_welfare_change

amounts = st.one_of(st.sampled_from([1.0, 2.0, 0.25]), st.floats(1e-6, 1e9))
expenditures = st.lists(
    st.tuples(st.one_of(st.just(0.0), amounts), st.one_of(st.just(0.0), amounts)),
    min_size=1,
    max_size=6,
)

# Balk's example: prices and quantities of six goods in five periods.
PRICES = {
    1: (1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    2: (1.2, 3.0, 1.3, 0.7, 1.4, 0.8),
    3: (1.0, 1.0, 1.5, 0.5, 1.7, 0.6),
    4: (0.8, 0.5, 1.6, 0.3, 1.9, 0.4),
    5: (1.0, 1.0, 1.6, 0.1, 2.0, 0.2),
}
QUANTITIES = {
    1: (1.0, 1.0, 2.0, 1.0, 4.5, 0.5),
    2: (0.8, 0.9, 1.9, 1.3, 4.7, 0.6),
    3: (1.0, 1.1, 1.8, 3.0, 5.0, 0.8),
    4: (1.2, 1.2, 1.9, 6.0, 5.6, 1.3),
    5: (0.9, 1.2, 2.0, 12.0, 6.5, 2.5),
}

# Four products over twelve periods, made with sigma = 2: prices, quantities.
CES_PRICES = {
    1: (2.0, 1.0, 1.0, 0.5),
    2: (1.75, 0.5, 0.95, 0.55),
    5: (1.45, 1.12, 0.4, 0.7),
    8: (1.3, 0.6, 0.72, 0.65),
    12: (1.1, 1.3, 0.65, 0.8),
}
CES_QUANTITIES = {
    1: (0.38461538461538464, 1.5384615384615385, 1.5384615384615385, 12.307692307692308),
    2: (0.5846625601850607, 7.162116362266993, 1.9839657513204965, 11.838208863251227),
    5: (1.028057399871493, 1.7231271390543794, 13.509316770186336, 8.822410951958425),
    8: (1.45748987854251, 6.842105263157896, 4.7514619883040945, 11.65991902834008),
    12: (2.4576035585209897, 1.7595859797694662, 7.038343919077865, 9.292813455657493),
}


def spending(prices, quantities):
    return {i: p * q for i, (p, q) in enumerate(zip(prices, quantities, strict=True))}


def ln_price_index(weights, start, end):
    return math.fsum(weight * math.log(end[i] / start[i]) for i, weight in weights.items())


@pytest.mark.parametrize(
    ("period", "printed"), [(2, 1.4018), (3, 1.2897), (4, 1.2335), (5, 1.2540)]
)
def test_price_index_of_balks_example(period, printed):
    weights = sato_vartia_weights(
        spending(PRICES[1], QUANTITIES[1]), spending(PRICES[period], QUANTITIES[period])
    )
    index = math.exp(ln_price_index(weights, PRICES[1], PRICES[period]))
    assert index == pytest.approx(printed, abs=5e-5)  # printed with four decimals


@pytest.mark.parametrize("period", [2, 5, 8, 12])
def test_price_index_is_exact_for_the_demand_that_made_the_data(period):
    # Demand with sigma = 2 has weights b_i with spending share b_i / p_i / sum(b / p).
    first = spending(CES_PRICES[1], CES_QUANTITIES[1])
    taste = {i: first[i] * CES_PRICES[1][i] for i in first}
    unit_cost = {
        t: 1.0 / math.fsum(taste[i] / CES_PRICES[t][i] for i in taste) for t in (1, period)
    }
    weights = sato_vartia_weights(first, spending(CES_PRICES[period], CES_QUANTITIES[period]))
    index = ln_price_index(weights, CES_PRICES[1], CES_PRICES[period])
    assert index == pytest.approx(math.log(unit_cost[period] / unit_cost[1]), abs=1e-14)


@pytest.mark.parametrize("period", [2, 5, 8, 12])
@pytest.mark.parametrize("continuing", [(0, 1), (1, 2, 3), (3,)])
def test_feenstras_ratio_makes_up_for_the_products_left_out(period, continuing):
    # The law behind HLOY eq. 1: d ln P = d ln P of the continuing products
    # + d ln lambda^c / (sigma - 1), whatever the continuing set.
    ends = {t: spending(CES_PRICES[t], CES_QUANTITIES[t]) for t in (1, period)}
    all_weights = sato_vartia_weights(ends[1], ends[period])
    whole = ln_price_index(all_weights, CES_PRICES[1], CES_PRICES[period])
    some = {t: {i: ends[t][i] for i in continuing} for t in ends}
    weights = sato_vartia_weights(some[1], some[period])
    share = {t: sum(some[t].values()) / sum(ends[t].values()) for t in ends}
    gain = hloy_welfare_change(math.log(share[period] / share[1]), 2.0)
    inside = ln_price_index(weights, CES_PRICES[1], CES_PRICES[period])
    assert inside - gain == pytest.approx(whole, abs=1e-14)


def test_logarithmic_mean_by_hand():
    assert logarithmic_mean(1.0, math.e) == pytest.approx(math.e - 1.0, rel=1e-15)
    assert logarithmic_mean(0.2, 0.2) == 0.2
    assert logarithmic_mean(0.0, 0.7) == 0.0
    assert logarithmic_mean(0.7, 0.0) == 0.0
    assert logarithmic_mean(0.0, 0.0) == 0.0


@given(amounts, st.floats(-16.0, 0.5).map(lambda digits: 10.0**digits), st.booleans())
def test_logarithmic_mean_keeps_its_digits_where_the_two_are_close(a, distance, down):
    # 1e-16 to 3 covers equal doubles, and both sides of the guard at 1e-6.
    b = a * math.exp(-distance if down else distance)
    found = logarithmic_mean(a, b)
    if a == b:
        assert found == a
        return
    with localcontext() as context:
        context.prec = 60
        low, high = Decimal(a), Decimal(b)
        exact = (high - low) / (high / low).ln()
    assert float(abs(Decimal(found) - exact) / exact) < 2e-15


@given(amounts, amounts, st.floats(1e-3, 1e3))
def test_logarithmic_mean_laws(a, b, scale):
    mean = logarithmic_mean(a, b)
    assert mean == logarithmic_mean(b, a)
    assert logarithmic_mean(scale * a, scale * b) == pytest.approx(scale * mean, rel=1e-13)
    assert math.sqrt(a) * math.sqrt(b) <= mean * (1 + 1e-14)
    assert mean <= (a + b) / 2.0 * (1 + 1e-14)


def test_logarithmic_mean_of_extremes():
    assert logarithmic_mean(1e-300, 1e300) == pytest.approx(1e300 / (600 * math.log(10)), rel=1e-14)


@pytest.mark.parametrize("bad", [-1.0, math.inf, math.nan])
def test_logarithmic_mean_refuses(bad):
    with pytest.raises(ValueError, match="at least 0"):
        logarithmic_mean(1.0, bad)
    with pytest.raises(ValueError, match="at least 0"):
        logarithmic_mean(bad, 1.0)


@given(expenditures, st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_weights_laws(pairs, start_unit, end_unit):
    start = {str(i): pair[0] for i, pair in enumerate(pairs)}
    end = {str(i): pair[1] for i, pair in enumerate(pairs)}
    weights = sato_vartia_weights(start, end)
    if not any(a and b for a, b in pairs):
        assert weights is None
        return
    assert math.fsum(weights.values()) == pytest.approx(1.0, abs=1e-15)
    for code, weight in weights.items():
        assert (weight > 0.0) == (start[code] > 0.0 and end[code] > 0.0)
    # Only shares matter: each year has its own money.
    rescaled = sato_vartia_weights(
        {code: value * start_unit for code, value in start.items()},
        {code: value * end_unit for code, value in end.items()},
    )
    assert rescaled == pytest.approx(weights, rel=1e-9, abs=1e-12)
    assert sato_vartia_weights(end, start) == pytest.approx(weights, rel=1e-14)


def test_weights_by_hand():
    # Shares 0.5 and 0.5, then 0.8 and 0.2: means 0.3/ln 1.6 = 0.638295 and 0.3/ln 2.5 = 0.327407.
    weights = sato_vartia_weights({"10": 1.0, "11": 1.0}, {"10": 8.0, "11": 2.0})
    first, second = 0.3 / math.log(1.6), 0.3 / math.log(2.5)
    assert weights["10"] == pytest.approx(first / (first + second), rel=1e-14)
    assert weights["11"] == pytest.approx(second / (first + second), rel=1e-14)


def test_weights_refuse():
    with pytest.raises(ValueError, match="same industries"):
        sato_vartia_weights({"10": 1.0}, {"11": 1.0})
    # Two negatives would make positive shares.
    with pytest.raises(ValueError, match="at least 0"):
        sato_vartia_weights({"10": -1.0, "11": -1.0}, {"10": 1.0, "11": 1.0})


def rows(*changes):
    return [IndustryChange(str(10 + i), 50.0, 30.0, change) for i, change in enumerate(changes)]


def test_aggregate_by_hand():
    total = aggregate_industries(rows(0.02, 0.06))
    assert total.outcome.value == pytest.approx(0.04, abs=1e-17)
    assert total.outcome.note == ""
    assert (total.covered_weight, dict(total.left_out)) == (1.0, {})


def test_the_order_of_industries_moves_no_bit():
    industries = rows(0.1, 0.2, 0.3, -0.4, 0.05, 0.07)
    turned = [industries[i:] + industries[:i] for i in range(len(industries))]
    assert len({aggregate_industries(order).outcome.value for order in turned}) == 1


def test_an_industry_without_a_number_keeps_its_weight():
    missing = IndustryChange("12", 50.0, 30.0, None, "no continuing sales at the start")
    total = aggregate_industries([*rows(0.03, 0.06), missing])
    # A third each: (0.03 + 0.06) / 3, and not / 2.
    assert total.outcome.value == pytest.approx(0.03, abs=1e-16)
    assert total.covered_weight == pytest.approx(2 / 3, abs=1e-15)
    assert total.weights["12"] == pytest.approx(1 / 3, abs=1e-15)
    assert total.left_out == {"12": "no continuing sales at the start"}
    assert "12 (no continuing sales at the start)" in total.outcome.note
    assert "partial sum" in total.outcome.note


@pytest.mark.parametrize(("start", "end"), [(0.0, 30.0), (50.0, 0.0), (0.0, 0.0)])
def test_an_industry_without_expenditure_is_named_and_has_no_weight(start, end):
    absent = IndustryChange("12", start, end, 9.9)
    total = aggregate_industries([*rows(0.02, 0.06), absent])
    assert total.weights["12"] == 0.0
    assert total.outcome.value == pytest.approx(0.04, abs=1e-16)
    assert total.covered_weight == pytest.approx(1.0, abs=1e-15)
    assert total.left_out == {"12": NO_EXPENDITURE}
    assert f"12 ({NO_EXPENDITURE})" in total.outcome.note


def test_aggregate_of_nothing():
    without_number = aggregate_industries(rows(None, None))
    assert without_number.outcome.value is None
    assert without_number.covered_weight == 0.0
    assert "10 (no welfare change); 11 (no welfare change)" in without_number.outcome.note
    without_weight = aggregate_industries([IndustryChange("10", 0.0, 1.0, 0.1)])
    assert without_weight.outcome == (None, "no industry has expenditure at both ends")
    assert without_weight.left_out == {"10": NO_EXPENDITURE}
    assert aggregate_industries([]).outcome.value is None


def test_aggregate_refuses_an_industry_twice():
    with pytest.raises(ValueError, match="comes twice"):
        aggregate_industries([*rows(0.1), *rows(0.2)])


@given(
    st.lists(st.tuples(amounts, amounts, st.floats(-0.5, 0.5)), min_size=1, max_size=6),
    st.randoms(),
)
def test_aggregate_lies_inside_and_does_not_depend_on_the_order(values, random):
    industries = [IndustryChange(str(i), *value) for i, value in enumerate(values)]
    total = aggregate_industries(industries)
    changes = [row.welfare_change for row in industries]
    assert min(changes) - 1e-15 <= total.outcome.value <= max(changes) + 1e-15
    random.shuffle(industries)
    assert aggregate_industries(industries).outcome == total.outcome


@given(
    st.lists(
        st.tuples(amounts, amounts, st.one_of(st.none(), st.floats(-0.5, 0.5))),
        min_size=1,
        max_size=6,
    )
)
def test_the_covered_sum_never_borrows_weight(values):
    industries = [IndustryChange(str(i), *value) for i, value in enumerate(values)]
    total = aggregate_industries(industries)
    filled = [
        IndustryChange(row.industry, row.expenditure_start, row.expenditure_end, 0.0)
        if row.welfare_change is None
        else row
        for row in industries
    ]
    if total.outcome.value is not None:
        assert total.outcome.value == aggregate_industries(filled).outcome.value
    kept = [total.weights[row.industry] for row in industries if row.welfare_change is not None]
    assert total.covered_weight == pytest.approx(math.fsum(kept), abs=1e-15)


def test_what_an_aggregate_without_weights_still_tells():
    rows = [IndustryChange("10", None, 30.0, 0.02), IndustryChange("11", 50.0, None, 0.02)]
    found = aggregate_industries([*rows, IndustryChange("12", 1.0, 1.0, 0.02)])
    note = "no weights: the expenditure of these industries is not known: 10, 11"
    assert found == IndustryAggregate(Outcome(None, note), {}, 0.0, {"10": UNKNOWN, "11": UNKNOWN})
    found = aggregate_industries([IndustryChange("10", 0.0, 30.0, 0.02)])
    reason = "no industry has expenditure at both ends"
    assert found == IndustryAggregate(Outcome(None, reason), {}, 0.0, {"10": NO_EXPENDITURE})
