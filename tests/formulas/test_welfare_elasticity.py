"""Figure 2 is held to equation 2, solved by other means: integrals and a root of scipy."""

import math
from itertools import pairwise

import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from tradegains.formulas.welfare_elasticity import LOG_SALES_SD, lognormal_economy

SIGMA, EPSILON = 3.72, 4.71
ORDER = SIGMA - 1.0
SEARCHED = 1e-12
INTEGRATED = 1e-9
"""What scipy's integrals leave of a tail moment's logarithm."""
TRAPEZOIDS = 1e-5
"""What 100 straight pieces miss of an area of about 0.1."""


def tail_moment(ln_cutoff, ln_scale=LOG_SALES_SD / ORDER):
    """Integral of phi^(sigma-1) dG above the cutoff, ln phi normal around 0."""

    def sales(ln_productivity):
        z = ln_productivity / ln_scale
        density = math.exp(-0.5 * z * z) / (ln_scale * math.sqrt(2.0 * math.pi))
        return math.exp(ORDER * ln_productivity) * density

    return quad(sales, ln_cutoff, 12.0 * ln_scale, epsabs=0.0, epsrel=1e-12)[0]


def cutoff_of_the_start():
    """Where the hazard of log size, -d ln T / d ln a, is epsilon - (sigma - 1)."""

    def excess(ln_cutoff, ln_scale=LOG_SALES_SD / ORDER):
        z = ln_cutoff / ln_scale
        density = math.exp(-0.5 * z * z) / (ln_scale * math.sqrt(2.0 * math.pi))
        hazard = math.exp(ORDER * ln_cutoff) * density / tail_moment(ln_cutoff)
        return hazard - (EPSILON - ORDER)

    return brentq(excess, -1.0, 1.0, xtol=1e-15)


def by_equation_2(change, start):
    """The x with (sigma - 1) x = -d ln lambda + ln T(a e^x) - ln T(a), no change of entry."""

    def surplus(gain):
        tail = math.log(tail_moment(start + gain) / tail_moment(start))
        return ORDER * gain + change - tail

    return brentq(surplus, -1.0, 1.0, xtol=1e-15)


@pytest.fixture(scope="module")
def economy():
    return lognormal_economy(SIGMA, EPSILON)


@pytest.mark.parametrize("change", [-0.6, -0.2591, -0.01, 0.01, 0.3, 0.6])
def test_a_welfare_change_is_that_of_equation_2(economy, change):
    expected = by_equation_2(change, cutoff_of_the_start())
    assert economy.welfare_change(change) == pytest.approx(expected, abs=INTEGRATED)


def test_the_curve_is_the_slope_of_equation_2(economy):
    start, step = cutoff_of_the_start(), 1e-4
    for place in (0, 20, 50, 80, 100):
        before, after = (by_equation_2(economy.change[place] + d, start) for d in (-step, step))
        slope = (after - before) / (2 * step)
        assert economy.elasticity[place] == pytest.approx(-slope, rel=1e-5)


def test_the_area_is_the_welfare_change(economy):
    points = list(zip(economy.change, economy.elasticity, strict=True))
    areas = [0.5 * (y0 + y1) * (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    assert math.fsum(areas[50:]) == pytest.approx(-economy.welfare_change(0.6), abs=TRAPEZOIDS)
    assert math.fsum(areas[:50]) == pytest.approx(economy.welfare_change(-0.6), abs=TRAPEZOIDS)
    assert economy.welfare_change(0.0) == 0.0


def test_the_lognormal_economy_meets_acr_at_the_start_and_nowhere_else(economy):
    assert economy.change[50] == 0.0
    assert economy.elasticity[50] == pytest.approx(1 / EPSILON, rel=SEARCHED)
    assert all(a < b for a, b in pairwise(economy.elasticity))
    assert economy.elasticity[-1] < 1 / ORDER
    assert economy.welfare_change(-0.2591) < 0.2591 / EPSILON


def test_the_cutoff_and_the_draws_under_it_are_those_of_the_hazard(economy):
    start = cutoff_of_the_start()
    assert economy.ln_cutoff == pytest.approx(start, abs=INTEGRATED)
    below = 0.5 * math.erfc(-start / (LOG_SALES_SD / ORDER) / math.sqrt(2.0))
    assert economy.draws_below == pytest.approx(below, abs=INTEGRATED)


def test_no_economy_with_a_cutoff_has_a_lower_elasticity_than_without():
    assert lognormal_economy(SIGMA, ORDER) is None
    assert lognormal_economy(SIGMA, ORDER + 1e-3) is not None


def test_the_elasticity_is_the_slope_of_the_gains(economy):
    step = 1e-5
    assert (economy.sigma, economy.trade_elasticity) == (SIGMA, EPSILON)
    for change, elasticity in zip(economy.change, economy.elasticity, strict=True):
        rise = economy.welfare_change(change - step) - economy.welfare_change(change + step)
        assert rise / (2.0 * step) == pytest.approx(elasticity, rel=1e-5)


def test_a_cutoff_far_away_is_found():
    # No extensive margin of a census is this wide: the search for the cutoff widens several times.
    economy = lognormal_economy(1.5, 200.0)
    assert economy.elasticity[len(economy.change) // 2] == pytest.approx(1.0 / 200.0, rel=1e-9)
