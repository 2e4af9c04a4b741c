import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.cutoff_on_data import LogSalesPercentiles, melitz_redding_on_log_sales
from tradegains.formulas.pareto_fit import fit_pareto, fit_truncated_pareto, hill_tail

deltas = st.floats(-0.6, 0.6)


def changes_of(delta, sales, *, distribution="lognormal", sigma, delta_ln_entry):
    return melitz_redding_on_log_sales(
        delta, sales, distribution=distribution, sigma=sigma, delta_ln_entry=delta_ln_entry
    )


SALES = LogSalesPercentiles(low=4.0, median=6.0, high=8.0, cutoff=2.0, cutoff_at=0.05)


def moved(sales, by):
    return LogSalesPercentiles(
        sales.low + by, sales.median + by, sales.high + by, sales.cutoff + by, sales.cutoff_at
    )


def test_on_data_by_hand():
    # Log sales ~ N(6, s), s = 2 / 0.8416212 = 2.376366. With sigma = 2, k is 1 and phi is sales:
    # z = (2 - 6)/s - s and the hazard is n(z) / (s (1 - Phi(z))).
    spread = 2.0 / 0.8416212335729143
    z = -4.0 / spread - spread
    density = math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)
    hazard = density / (spread * 0.5 * math.erfc(z / math.sqrt(2.0)))
    found = changes_of(-0.2, SALES, sigma=2.0, delta_ln_entry=0.1)
    assert found.hazard == pytest.approx(hazard, rel=1e-12)
    assert found.local_change == pytest.approx(0.3 / (1.0 + hazard), rel=1e-12)
    assert found.global_change == pytest.approx(found.local_change, rel=1e-3)
    assert found.global_change < found.local_change  # the hazard rises on the way up


@given(st.floats(1.1, 12.0), st.floats(-10.0, 10.0), deltas)
def test_on_data_neither_sigma_nor_the_money_unit_moves_the_hazard_of_sales(sigma, unit, delta):
    base = changes_of(delta, SALES, sigma=2.0, delta_ln_entry=0.0)
    other = changes_of(delta, moved(SALES, unit), sigma=sigma, delta_ln_entry=0.0)
    assert other.hazard / (sigma - 1.0) == pytest.approx(base.hazard, rel=1e-10)
    assert other.local_change * (sigma - 1.0) == pytest.approx(base.local_change, abs=1e-10)
    assert other.global_change * (sigma - 1.0) == pytest.approx(base.global_change, abs=1e-10)


def test_on_data_nulls_have_reasons_and_the_assumptions_are_stated():
    known = changes_of(-0.2, SALES, sigma=3.72, delta_ln_entry=0.25)
    for words in ("0.05 quantile", "lognormal", "delta ln entry 0.25"):
        assert words in known.note
    no_share = changes_of(None, SALES, sigma=3.72, delta_ln_entry=0.0)
    assert (no_share.hazard, no_share.local_change, no_share.global_change) == (
        known.hazard,
        None,
        None,
    )
    assert "domestic share is not known" in no_share.note
    flat = changes_of(
        -0.2, LogSalesPercentiles(1.0, 1.0, 1.0, 1.0, 0.05), sigma=3.72, delta_ln_entry=0.0
    )
    assert (flat.hazard, flat.local_change, flat.global_change) == (None, None, None)
    assert "no spread" in flat.note


def pareto_percentiles(
    tail, lower, upper=math.inf, cutoff_at=0.05, upper_at=None, shares=(0.2, 0.5, 0.8)
):
    """Percentiles of log size that is exponential from lower, cut off at upper."""
    kept = 1.0 - math.exp(-tail * (upper - lower))

    def at(share):
        return lower - math.log(1.0 - share * kept) / tail

    return LogSalesPercentiles(
        *map(at, shares),
        at(cutoff_at),
        cutoff_at,
        upper if upper_at else None,
        upper_at,
        shares=shares,
    )


def test_pareto_by_hand():
    # Percentiles of an exponential of rate 2 from 3: q = 3 - ln(1 - p) / 2.
    sales = pareto_percentiles(2.0, 3.0)
    assert sales.high - sales.low == pytest.approx(math.log(4.0) / 2.0, rel=1e-15)
    # k = 1.5 and theta = 2 k = 3: the hazard is theta - k = 1.5 and the gain -dln lambda / theta.
    found = changes_of(-0.3, sales, distribution="pareto", sigma=2.5, delta_ln_entry=0.0)
    assert found.hazard == pytest.approx(1.5, rel=1e-13)
    assert found.local_change == pytest.approx(0.1, rel=1e-13)
    assert found.global_change == pytest.approx(0.1, rel=1e-12)


@pytest.mark.parametrize("shares", [(0.2, 0.5, 0.8), (0.1, 0.5, 0.9), (0.25, 0.5, 0.75)])
def test_any_three_percentiles_of_a_curve_give_it_back(shares):
    # Percentiles of the curve itself: which of them are taken does not matter, but the note says.
    for name, sales in (
        ("pareto", pareto_percentiles(2.0, 3.0, shares=shares)),
        ("truncated_pareto", pareto_percentiles(2.0, 3.0, 7.0, upper_at=0.999, shares=shares)),
        ("lognormal", normal_percentiles(3.0, 1.2, shares)),
    ):
        found, usual = (
            changes_of(-0.3, each, distribution=name, sigma=2.5, delta_ln_entry=0.0)
            for each in (sales, usual_percentiles(name))
        )
        assert found.hazard == pytest.approx(usual.hazard, rel=1e-9)
        assert found.global_change == pytest.approx(usual.global_change, rel=1e-9)
        assert f"{shares[0]:g}, 0.5 and {shares[2]:g} quantiles" in found.note


def normal_percentiles(mean, sd, shares):
    normal = NormalDist(mean, sd)
    return LogSalesPercentiles(
        *map(normal.inv_cdf, shares), normal.inv_cdf(0.05), 0.05, shares=shares
    )


def usual_percentiles(name):
    if name == "lognormal":
        return normal_percentiles(3.0, 1.2, (0.2, 0.5, 0.8))
    is_cut = name == "truncated_pareto"
    return pareto_percentiles(
        2.0, 3.0, 7.0 if is_cut else math.inf, upper_at=0.999 if is_cut else None
    )


def test_a_pareto_of_infinite_sales_has_no_number():
    found = changes_of(
        -0.3, pareto_percentiles(1.0, 3.0), distribution="pareto", sigma=2.5, delta_ln_entry=0.0
    )
    assert (found.hazard, found.local_change, found.global_change) == (None, None, None)
    assert "infinite sales" in found.note


@pytest.mark.parametrize("tail", [0.5, 1.0, 2.5])
def test_truncated_pareto_is_what_numerical_integration_of_its_density_gives(tail):
    sales = pareto_percentiles(tail, 1.0, upper=4.0, upper_at=0.999)
    k, entry, delta = 2.0, 0.05, -0.4
    found = changes_of(
        delta, sales, distribution="truncated_pareto", sigma=1.0 + k, delta_ln_entry=entry
    )

    def moment(start, steps=20_000):
        """Integral of e^y e^(-tail y) over y from start to 4, by Simpson's rule."""
        width = (4.0 - start) / steps
        ends = [math.exp((1.0 - tail) * (start + i * width)) for i in range(steps + 1)]
        weights = [1, *((4, 2) * (steps // 2))[: steps - 1], 1]
        return sum(w * e for w, e in zip(weights, ends, strict=True)) * width / 3.0

    cutoff = sales.cutoff
    hazard = k * math.exp((1.0 - tail) * cutoff) / moment(cutoff)
    assert found.hazard == pytest.approx(hazard, rel=1e-7)
    assert found.local_change == pytest.approx((entry - delta) / (k + hazard), rel=1e-7)
    change = found.global_change
    tail_change = math.log(moment(cutoff + k * change) / moment(cutoff))
    assert k * change == pytest.approx(entry - delta + tail_change, rel=1e-9)


def test_fits_meet_the_stated_rule():
    q20, q50, q80, upper = 2.0, 3.0, 5.0, 9.0
    for fit in (fit_pareto(q20, q50, q80), fit_truncated_pareto(q20, q50, q80, upper=upper)):
        kept = 1.0 - math.exp(-fit.tail * (fit.upper - fit.lower))
        fitted = [fit.lower - math.log(1.0 - p * kept) / fit.tail for p in (0.2, 0.5, 0.8)]
        assert fitted[2] - fitted[0] == pytest.approx(q80 - q20, rel=1e-12)
        assert sum(fitted) / 3.0 == pytest.approx((q20 + q50 + q80) / 3.0, rel=1e-12)
    assert fit.upper == upper


def test_no_truncated_pareto_where_the_upper_end_is_too_near():
    # Uniform percentiles 2, 5, 8 of [0, 10]: the mean is 5/6 of the outer distance 6 below 10.
    assert fit_truncated_pareto(2.0, 5.0, 8.0, upper=10.0) is None
    assert fit_truncated_pareto(2.0, 5.0, 8.0, upper=10.1).tail > 0.0
    near = LogSalesPercentiles(2.0, 5.0, 8.0, 1.0, 0.05, upper=9.0, upper_at=0.99)
    found = changes_of(-0.3, near, distribution="truncated_pareto", sigma=3.0, delta_ln_entry=0.0)
    assert found.local_change is None
    assert "no truncated Pareto" in found.note


def test_a_far_upper_end_is_no_end():
    far, none = fit_truncated_pareto(2.0, 3.0, 5.0, upper=1e6), fit_pareto(2.0, 3.0, 5.0)
    assert (far.tail, far.lower) == pytest.approx((none.tail, none.lower), rel=1e-14)


def test_the_cutoff_is_never_below_the_fitted_lower_end():
    # Normal percentiles: the fitted Pareto begins above the data's 1 percent point.
    normal = [NormalDist(0.0, 0.3).inv_cdf(p) for p in (0.2, 0.5, 0.8, 0.01)]
    fit = fit_pareto(*normal[:3])
    assert normal[3] < fit.lower
    found = changes_of(
        -0.3,
        LogSalesPercentiles(*normal, cutoff_at=0.01),
        distribution="pareto",
        sigma=2.0,
        delta_ln_entry=0.0,
    )
    assert found.hazard == pytest.approx(fit.tail - 1.0, rel=1e-12)


def test_refusals():
    with pytest.raises(ValueError, match="sigma must be above 1"):
        changes_of(-0.1, SALES, sigma=0.5, delta_ln_entry=0.0)
    with pytest.raises(ValueError, match="not one of"):
        changes_of(-0.1, SALES, distribution="gamma", sigma=2.0, delta_ln_entry=0.0)
    with pytest.raises(ValueError, match="in order"):
        fit_pareto(3.0, 2.0, 5.0)
    assert fit_pareto(2.0, 2.0, 2.0) is None
    assert fit_truncated_pareto(2.0, 2.0, 2.0, upper=5.0) is None


@pytest.mark.parametrize("distribution", ["pareto", "truncated_pareto"])
@pytest.mark.parametrize("cutoff", [-3.0, 0.5])
def test_the_money_unit_moves_nothing_under_a_pareto(distribution, cutoff):
    sales = LogSalesPercentiles(0.1, 0.4, 0.9, cutoff, 0.05, upper=3.0, upper_at=0.999)
    by = 7.5
    other = LogSalesPercentiles(
        0.1 + by, 0.4 + by, 0.9 + by, cutoff + by, 0.05, upper=3.0 + by, upper_at=0.999
    )
    here, there = (
        melitz_redding_on_log_sales(
            -0.2, each, distribution=distribution, sigma=2.0, delta_ln_entry=0.0
        )
        for each in (sales, other)
    )
    assert here.hazard is not None
    assert there.hazard == pytest.approx(here.hazard, rel=1e-10)
    assert there.local_change == pytest.approx(here.local_change, rel=1e-10)
    assert there.global_change == pytest.approx(here.global_change, rel=1e-9)


def test_what_a_truncated_pareto_lacks_is_said():
    for upper, cutoff, reason in (
        (None, 0.0, "no upper end is stated; assumes one productivity cutoff, at the 0.05 qua"),
        (3.0, 3.5, "the cutoff is at the upper end; assumes one productivity cutoff, at the 0.05"),
    ):
        sales = LogSalesPercentiles(0.1, 0.4, 0.9, cutoff, 0.05, upper=upper, upper_at=0.999)
        found = melitz_redding_on_log_sales(
            -0.2, sales, distribution="truncated_pareto", sigma=2.0, delta_ln_entry=0.0
        )
        assert found.note.startswith(reason)
        assert (found.hazard, found.local_change, found.global_change) == (None, None, None)
    known = changes_of(-0.2, SALES, sigma=3.72, delta_ln_entry=0.0)
    assert known.note.endswith("through their 0.2, 0.5 and 0.8 quantiles; delta ln entry 0")


def test_the_tail_of_quantiles_of_a_pareto_has_its_index():
    # Sales above 1 with P(x > y) = y**-1.6, at the middles of 4,000 equal parts; Hill from the
    # upper tenth: the mean of their logs is 1 / 1.6 but for the grid.
    sales = [(1.0 - (i + 0.5) / 4000) ** (-1.0 / 1.6) for i in range(4000)]
    least = sales[3599]
    excess = math.fsum(math.log(each / least) for each in sales[3600:])
    index, error = hill_tail(400, excess)
    assert index == pytest.approx(1.6, rel=0.01)
    assert error == pytest.approx(index / 20.0)
    assert hill_tail(0, 0.0) is None


def test_a_pareto_from_the_tail_gives_acr_with_its_index():
    sales = LogSalesPercentiles(4.0, 6.0, 8.0, 2.0, 0.05, tail=(1.25, 0.05), tail_at=0.95)
    found = changes_of(-0.2, sales, distribution="pareto_tail", sigma=3.72, delta_ln_entry=0.0)
    assert found.hazard == pytest.approx(2.72 * 0.25)
    assert found.local_change == pytest.approx(0.2 / (2.72 * 1.25))
    assert found.global_change == pytest.approx(found.local_change, rel=1e-9)
    assert "above the 0.95 quantile (index 1.25, standard error 0.05" in found.note
    for tail, why in (((0.9, 0.1), "infinite sales"), (None, "nobody sells more")):
        sales = LogSalesPercentiles(4.0, 6.0, 8.0, 2.0, 0.05, tail=tail, tail_at=0.95)
        found = changes_of(-0.2, sales, distribution="pareto_tail", sigma=3.72, delta_ln_entry=0.0)
        assert found.global_change is None
        assert why in found.note
