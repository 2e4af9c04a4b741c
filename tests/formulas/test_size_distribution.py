import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.normal import normal_cdf, normal_quantile
from tradegains.formulas.size_distribution import FittedNormal, fit_normal, overlap_area

means = st.floats(-5.0, 10.0)
sds = st.floats(0.05, 5.0)


def simpson(function, low, high, steps=1500):
    width = (high - low) / steps
    inner = math.fsum((4 if i % 2 else 2) * function(low + i * width) for i in range(1, steps))
    return (function(low) + inner + function(high)) * width / 3.0


def test_fit_by_hand():
    # mean (2 + 3 + 7) / 3 = 4; sd (7 - 2) / (2 x 0.8416212) = 2.970458
    fit = fit_normal(2.0, 3.0, 7.0)
    assert fit.mean == 4.0
    assert fit.sd == pytest.approx(5.0 / (2.0 * 0.8416212), rel=1e-7)


@given(means, sds)
def test_fit_returns_the_normal_whose_percentiles_it_is_given(mean, sd):
    fit = fit_normal(*(mean + sd * normal_quantile(p) for p in (0.2, 0.5, 0.8)))
    assert fit.mean == pytest.approx(mean, abs=1e-13)
    assert fit.sd == pytest.approx(sd, abs=1e-13)


def test_fit_refuses_percentiles_out_of_order():
    with pytest.raises(ValueError, match="in order"):
        fit_normal(2.0, 1.0, 3.0)
    with pytest.raises(ValueError, match="in order"):
        fit_normal(math.nan, 1.0, 3.0)


def test_fit_of_one_size_has_no_spread_and_no_overlap():
    point = fit_normal(2.0, 2.0, 2.0)
    assert point == FittedNormal(2.0, 0.0)
    assert overlap_area(point, FittedNormal(2.0, 1.0)) is None
    assert overlap_area(FittedNormal(2.0, 1.0), point) is None


@pytest.mark.parametrize(("mean", "sd"), [(0.0, -1.0), (math.inf, 1.0), (0.0, math.nan)])
def test_fitted_normal_refuses_what_is_no_normal(mean, sd):
    with pytest.raises(ValueError, match="finite mean"):
        FittedNormal(mean, sd)


@given(means, sds)
def test_density_is_a_density(mean, sd):
    fit = FittedNormal(mean, sd)
    assert simpson(fit.density, mean - 12 * sd, mean + 12 * sd) == pytest.approx(1.0, abs=1e-12)
    middle = simpson(lambda x: x * fit.density(x), mean - 12 * sd, mean + 12 * sd)
    assert middle == pytest.approx(mean, abs=1e-11)


def test_overlap_by_hand():
    # Equal spread: the curves cross halfway, so the area is 2 Phi(-distance / (2 sd)).
    area = overlap_area(FittedNormal(1.0, 2.0), FittedNormal(5.0, 2.0))
    assert area == pytest.approx(2.0 * normal_cdf(-1.0), abs=1e-15)
    # Equal means, sd 1 and 2: they cross where x^2 (1 - 1/4) / 2 = ln 2, x = 1.359555.
    crossing = math.sqrt(8.0 * math.log(2.0) / 3.0)
    inside = normal_cdf(crossing / 2.0) - normal_cdf(-crossing / 2.0)
    by_hand = 2.0 * normal_cdf(-crossing) + inside
    area = overlap_area(FittedNormal(0.0, 1.0), FittedNormal(0.0, 2.0))
    assert area == pytest.approx(by_hand, abs=1e-15)


@given(means, sds, means, sds)
def test_overlap_is_the_area_under_the_lower_curve(mean, sd, other_mean, other_sd):
    first, second = FittedNormal(mean, sd), FittedNormal(other_mean, other_sd)
    narrow, wide = sorted((first, second), key=lambda fit: fit.sd)
    # The lower curve is integrated over the narrower one's support, in units of its sd; what the
    # wider one has beyond is not under the lower curve. Simpson at the kinks: step squared.
    low, high = narrow.mean - 9 * narrow.sd, narrow.mean + 9 * narrow.sd
    area = simpson(lambda x: min(narrow.density(x), wide.density(x)), low, high)
    assert overlap_area(first, second) == pytest.approx(area, abs=1e-5)


@given(means, sds, means, sds)
def test_overlap_is_symmetric_and_a_share(mean, sd, other_mean, other_sd):
    first, second = FittedNormal(mean, sd), FittedNormal(other_mean, other_sd)
    area = overlap_area(first, second)
    assert area == overlap_area(second, first)
    assert 0.0 <= area <= 1.0 + 1e-15


@given(means, sds, means, sds, st.floats(-3.0, 3.0), st.floats(0.1, 10.0))
def test_overlap_does_not_depend_on_the_unit(mean, sd, other_mean, other_sd, shift, scale):
    area = overlap_area(FittedNormal(mean, sd), FittedNormal(other_mean, other_sd))
    moved = overlap_area(
        FittedNormal(scale * mean + shift, scale * sd),
        FittedNormal(scale * other_mean + shift, scale * other_sd),
    )
    # Means up to 53 over sds from 0.005: their rounding moves a curve by 1e-12 of its sd.
    assert moved == pytest.approx(area, abs=1e-11)


@given(means, sds, st.floats(0.0, 3.0), st.sampled_from([1e-4, 1e-8, 1e-12, 1e-15, 0.0]))
def test_overlap_does_not_break_where_the_spreads_are_nearly_equal(mean, sd, distance, excess):
    other = FittedNormal(mean + distance * sd, sd * (1.0 + excess))
    area = overlap_area(FittedNormal(mean, sd), other)
    # A relative change of one sd moves the area by less than itself.
    assert area == pytest.approx(2.0 * normal_cdf(-distance / 2.0), abs=excess + 1e-12)


def test_overlap_of_a_curve_with_itself_is_one():
    assert overlap_area(FittedNormal(3.0, 0.7), FittedNormal(3.0, 0.7)) == 1.0
