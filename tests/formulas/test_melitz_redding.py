import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.melitz_redding import (
    Lognormal,
    Pareto,
    TruncatedPareto,
    lognormal_of_log_sales,
    melitz_redding_global,
    melitz_redding_local,
    solve_melitz_redding_global,
)
from tradegains.formulas.size_distribution import FittedNormal
from tradegains.formulas.welfare import acr_welfare_change

deltas = st.floats(-0.6, 0.6)
SIGMA, THETA = 3.72, 4.71
ORDER = SIGMA - 1.0
# Bisection ends at adjacent doubles of a change below 1; the tail moment is good to about 1e-15.
SOLVED = 1e-13

DISTRIBUTIONS = [
    Pareto(THETA, 1.0),
    Pareto(3.0, 0.5),
    TruncatedPareto(4.25, 1.0, 2.85),
    TruncatedPareto(2.0, 0.5, 40.0),  # a shape below sigma - 1
    TruncatedPareto(ORDER, 1.0, 5.0),  # a shape of exactly sigma - 1
    Lognormal(0.0, 0.5),
    Lognormal(2.0, 1.2),
]


def simpson(function, low, high, steps=20_000):
    width = (high - low) / steps
    inner = math.fsum((4 if i % 2 else 2) * function(low + i * width) for i in range(1, steps))
    return (function(low) + inner + function(high)) * width / 3.0


def density_of_log(distribution, x):
    """Density of ln phi at x, written from the textbook definition of each distribution."""
    if isinstance(distribution, Lognormal):
        z = (x - distribution.location) / distribution.scale
        return math.exp(-z * z / 2.0) / (distribution.scale * math.sqrt(2.0 * math.pi))
    shape, lower = distribution.shape, distribution.lower
    density = shape * lower**shape * math.exp(-shape * x)
    if isinstance(distribution, TruncatedPareto):
        density /= 1.0 - (lower / distribution.upper) ** shape
    return density


def top_of_log(distribution, order):
    """Log productivity above which at most 1e-17 of the tail moment lies."""
    if isinstance(distribution, TruncatedPareto):
        return math.log(distribution.upper)
    if isinstance(distribution, Pareto):
        return math.log(distribution.lower) + 45.0 / (distribution.shape - order)
    return distribution.location + order * distribution.scale**2 + 10.0 * distribution.scale


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("above", [0.0, 0.1, 0.8])
def test_tail_moment_is_the_integral(distribution, above):
    start = getattr(distribution, "lower", 1.0)
    ln_cutoff = math.log(start) + above
    integral = simpson(
        lambda x: math.exp(ORDER * x) * density_of_log(distribution, x),
        ln_cutoff,
        top_of_log(distribution, ORDER),
    )
    closed_form = math.exp(distribution.ln_tail_moment(ln_cutoff, order=ORDER))
    assert closed_form == pytest.approx(integral, rel=1e-7)  # Simpson's error on the long tail


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_distribution_has_mass_one(distribution):
    # The tail moment of order 0 is the mass above the cutoff: all of it from the lower end.
    lower = getattr(distribution, "lower", 1e-9)
    assert distribution.ln_tail_moment(math.log(lower), order=0.0) == pytest.approx(0.0, abs=1e-15)
    assert distribution.ln_tail_moment(-100.0, order=0.0) == pytest.approx(0.0, abs=1e-15)


@given(st.sampled_from(DISTRIBUTIONS), st.floats(0.01, 0.9))
def test_hazard_is_minus_the_slope_of_the_log_tail_moment(distribution, above):
    ln_cutoff = math.log(getattr(distribution, "lower", 1.0)) + above
    step = 1e-5
    low, high = (
        distribution.ln_tail_moment(ln_cutoff + shift, order=ORDER) for shift in (-step, step)
    )
    slope = (low - high) / (2.0 * step)
    assert distribution.hazard(ln_cutoff, order=ORDER) == pytest.approx(slope, rel=1e-7, abs=1e-9)


def test_hazards_by_hand():
    # Pareto: theta - (sigma - 1) = 4.71 - 2.72, and not the printed theta - sigma - 1 = -0.01.
    assert Pareto(4.71, 1.0).hazard(0.7, order=2.72) == pytest.approx(1.99, abs=1e-15)
    # Truncated, theta 4, k 2, from a = 1 to h = 2: 2 x 1 / (1 - 1/4).
    assert TruncatedPareto(4.0, 1.0, 2.0).hazard(0.0, order=2.0) == pytest.approx(8.0 / 3.0)
    # Lognormal at z = 0: n(0) / (s / 2).
    assert Lognormal(0.1, 0.5).hazard(0.1 + 3.0 * 0.25, order=3.0) == pytest.approx(
        math.sqrt(2.0 / math.pi) / 0.5, rel=1e-14
    )


def test_tail_moments_by_hand():
    # Pareto, theta 4, k 2, b = 1, a = 2: 4 x 2^-2 / 2 = 0.5.
    assert Pareto(4.0, 1.0).ln_tail_moment(math.log(2.0), order=2.0) == pytest.approx(
        math.log(0.5), abs=1e-15
    )
    # Truncated, b = a = 1, h = 2: 4 x (1 - 1/4) / (2 x (1 - 1/16)) = 1.6.
    assert TruncatedPareto(4.0, 1.0, 2.0).ln_tail_moment(0.0, order=2.0) == pytest.approx(
        math.log(1.6), abs=1e-15
    )
    # Truncated with theta = k = 2, b = a = 1, h = 2: 2 x ln 2 / (1 - 1/4).
    assert TruncatedPareto(2.0, 1.0, 2.0).ln_tail_moment(0.0, order=2.0) == pytest.approx(
        math.log(8.0 / 3.0 * math.log(2.0)), abs=1e-15
    )
    # Lognormal at z = 0: half of exp(k m + k^2 s^2 / 2).
    assert Lognormal(0.1, 0.5).ln_tail_moment(0.1 + 3.0 * 0.25, order=3.0) == pytest.approx(
        3.0 * 0.1 + 9.0 * 0.25 / 2.0 - math.log(2.0), abs=1e-15
    )


def test_below_the_lower_end_nothing_is_cut_off():
    for distribution in (Pareto(THETA, 2.0), TruncatedPareto(THETA, 2.0, 9.0)):
        at_end = distribution.ln_tail_moment(math.log(2.0), order=ORDER)
        assert distribution.ln_tail_moment(0.0, order=ORDER) == at_end
        assert distribution.hazard(0.0, order=ORDER) == 0.0
        assert distribution.hazard(math.log(2.0), order=ORDER) > 0.0


def test_above_the_upper_end_nothing_is_left():
    truncated = TruncatedPareto(4.0, 1.0, 2.0)
    assert truncated.ln_tail_moment(math.log(2.0), order=2.0) == -math.inf
    assert truncated.hazard(math.log(2.0), order=2.0) == math.inf
    with pytest.raises(ValueError, match="nothing above the cutoff"):
        solve_melitz_redding_global(-0.1, truncated, ln_cutoff=1.0, sigma=3.0, delta_ln_entry=0.0)


@pytest.mark.parametrize("excess", [1e-3, 1e-8, 1e-13, 0.0, -1e-8])
def test_truncated_pareto_does_not_break_where_the_shape_is_nearly_sigma_minus_one(excess):
    near = TruncatedPareto(ORDER + excess, 1.0, 5.0)
    # (1 - exp(-x L)) / x = L - x L^2/2 + x^2 L^3/6 - ..., cut off at x^3 / 24, 4e-11 at most.
    length = math.log(5.0) - 0.5
    series = length - excess * length**2 / 2.0 + excess**2 * length**3 / 6.0
    assert near.hazard(0.5, order=ORDER) == pytest.approx(1.0 / series, rel=1e-10)
    shape = near.shape
    tail_moment = math.exp(-0.5 * (shape - ORDER)) * shape * series / (1.0 - 5.0**-shape)
    assert near.ln_tail_moment(0.5, order=ORDER) == pytest.approx(math.log(tail_moment), abs=1e-10)


def test_truncated_pareto_tends_to_the_pareto():
    whole, cut = Pareto(THETA, 1.0), TruncatedPareto(THETA, 1.0, 1e12)
    assert cut.hazard(0.5, order=ORDER) == pytest.approx(whole.hazard(0.5, order=ORDER), rel=1e-14)
    assert cut.ln_tail_moment(0.5, order=ORDER) == pytest.approx(
        whole.ln_tail_moment(0.5, order=ORDER), abs=1e-14
    )


@given(st.floats(-3.0, 3.0), st.floats(0.01, 2.0))
def test_only_the_pareto_has_a_constant_hazard(ln_cutoff, step):
    for distribution, least in (
        (Lognormal(0.0, 0.7), 0.0),
        (TruncatedPareto(4.0, 0.01, 99.0), 0.0),
    ):
        rise = distribution.hazard(ln_cutoff + step, order=2.0) - distribution.hazard(
            ln_cutoff, order=2.0
        )
        assert rise > least
    pareto = Pareto(4.0, 0.01)
    assert pareto.hazard(ln_cutoff, order=2.0) == pareto.hazard(ln_cutoff + step, order=2.0)


@pytest.mark.parametrize(
    ("delta", "printed"), [(-25.91, 5.50), (0.69, -0.15), (-23.86, 5.07), (-26.61, 5.65)]
)
def test_acr_is_the_pareto_case_without_entry(delta, printed):
    # HLOY tables 1 and C1 [percent], printed with two decimals; eq. 2 and eq. 3 both give eq. 4.
    pareto = Pareto(THETA, 1.0)
    local = melitz_redding_local(
        delta, sigma=SIGMA, hazard=pareto.hazard(0.0, order=ORDER), delta_ln_entry=0.0
    )
    solved = 100 * solve_melitz_redding_global(
        delta / 100, pareto, ln_cutoff=1.0, sigma=SIGMA, delta_ln_entry=0.0
    )
    assert local == pytest.approx(printed, abs=0.01)
    assert solved == pytest.approx(printed, abs=0.01)
    assert local == pytest.approx(acr_welfare_change(delta, THETA), rel=1e-14)


@given(deltas, st.floats(-0.3, 0.3), st.floats(1.5, 8.0), st.floats(0.1, 5.0))
def test_under_a_pareto_global_is_local(delta, entry, sigma, excess):
    shape = sigma - 1.0 + excess
    pareto = Pareto(shape, 1.0)
    solved = solve_melitz_redding_global(
        delta, pareto, ln_cutoff=3.0, sigma=sigma, delta_ln_entry=entry
    )
    local = melitz_redding_local(delta, sigma=sigma, hazard=excess, delta_ln_entry=entry)
    assert solved == pytest.approx(local, abs=SOLVED)
    assert solved == pytest.approx((entry - delta) / shape, abs=SOLVED)


@given(st.sampled_from(DISTRIBUTIONS), deltas, st.floats(-0.3, 0.3), st.floats(0.0, 0.9))
def test_solution_satisfies_equation_two_with_its_own_tail_moment(
    distribution, delta, entry, above
):
    ln_cutoff = math.log(getattr(distribution, "lower", 1.0)) + above
    change = solve_melitz_redding_global(
        delta, distribution, ln_cutoff=ln_cutoff, sigma=SIGMA, delta_ln_entry=entry
    )
    moments = [
        distribution.ln_tail_moment(cutoff, order=ORDER)
        for cutoff in (ln_cutoff, ln_cutoff + change)
    ]
    back = melitz_redding_global(
        delta,
        sigma=SIGMA,
        delta_ln_entry=entry,
        delta_ln_tail_moment=moments[1] - moments[0],
    )
    # Near the upper end of a truncated Pareto the hazard multiplies the rounding of the change.
    assert back == pytest.approx(change, abs=1e-10)
    assert change * (entry - delta) >= 0.0
    assert abs(change) <= abs(entry - delta) / ORDER


@given(st.sampled_from(DISTRIBUTIONS), st.floats(0.05, 0.8), st.sampled_from([-1.0, 1.0]))
def test_local_is_the_limit_of_global(distribution, above, sign):
    ln_cutoff = math.log(getattr(distribution, "lower", 1.0)) + above
    small = sign * 1e-5
    solved = solve_melitz_redding_global(
        small, distribution, ln_cutoff=ln_cutoff, sigma=SIGMA, delta_ln_entry=0.0
    )
    local = melitz_redding_local(
        small,
        sigma=SIGMA,
        hazard=distribution.hazard(ln_cutoff, order=ORDER),
        delta_ln_entry=0.0,
    )
    # Second order: the curvature of ln T over (k + hazard)^3, below 10 here, times small^2.
    assert solved == pytest.approx(local, abs=10.0 * small * small)


def test_entry_counts_like_a_fall_of_the_domestic_share():
    # (0.1 + 0.2) / (2 + 1) and (0.1 - 0.05 + 0.2) / 2
    assert melitz_redding_local(-0.2, sigma=3.0, hazard=1.0, delta_ln_entry=0.1) == pytest.approx(
        0.1, abs=1e-16
    )
    assert melitz_redding_global(
        -0.2, sigma=3.0, delta_ln_entry=0.1, delta_ln_tail_moment=-0.05
    ) == pytest.approx(0.125, abs=1e-16)


def test_refusals():
    with pytest.raises(ValueError, match="sigma must be above 1"):
        lognormal_of_log_sales(FittedNormal(1.0, 1.0), sigma=1.0)
    with pytest.raises(ValueError, match="sales are infinite"):
        Pareto(2.0, 1.0).hazard(0.0, order=2.0)
    with pytest.raises(ValueError, match="sales are infinite"):
        Pareto(2.0, 1.0).ln_tail_moment(0.0, order=2.5)
    with pytest.raises(ValueError, match="shape must be a positive"):
        Pareto(0.0, 1.0)
    for lower in (0.0, -1.0):
        with pytest.raises(ValueError, match="lower must be a positive"):
            Pareto(2.0, lower)
        with pytest.raises(ValueError, match="lower must be a positive"):
            TruncatedPareto(2.0, lower, 1.0)
    with pytest.raises(ValueError, match="sigma must be above 1"):
        lognormal_of_log_sales(FittedNormal(1.0, 1.0), sigma=math.inf)
    with pytest.raises(ValueError, match="below the upper end"):
        TruncatedPareto(2.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="scale must be a positive"):
        Lognormal(0.0, 0.0)
    with pytest.raises(ValueError, match="location must be"):
        Lognormal(math.nan, 1.0)
