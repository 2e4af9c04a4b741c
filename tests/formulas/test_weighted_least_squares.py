"""Weighted least squares with HC3 errors: by hand, by brute force, and as statsmodels has them."""

import importlib.util
import math

import numpy as np
import pytest

from tradegains.formulas.linear_algebra import SingularError
from tradegains.formulas.weighted_least_squares import weighted_fit


def draw():
    chance = np.random.default_rng(3)
    x = chance.normal(size=(40, 2))
    y = 0.5 + x @ [0.2, -0.3] + chance.normal(size=40) * (0.1 + np.abs(x[:, 0]))
    return x, y, chance.uniform(0.5, 4.0, 40)


def test_by_hand():
    # A mean of three values: (1 + 2 + 6) / 3; residuals -2, -1 and 3 over 1 - 1/3, squared and
    # summed, over nine: (9 + 2.25 + 20.25) / 9.
    fit = weighted_fit([[], [], []], [1.0, 2.0, 6.0], [1.0, 1.0, 1.0])
    assert fit.coefficients == pytest.approx((3.0,))
    assert fit.of_sum([1.0])[1] == pytest.approx(math.sqrt(31.5 / 9.0))


def test_by_brute_force():
    x, y, weights = draw()
    design = np.column_stack([np.ones(40), x]) * np.sqrt(weights)[:, None]
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ design.T @ (y * np.sqrt(weights))
    hat = np.diag(design @ bread @ design.T)
    scores = design * ((y * np.sqrt(weights) - design @ beta) / (1 - hat))[:, None]
    fit = weighted_fit(x.tolist(), y.tolist(), weights.tolist())
    assert fit.coefficients == pytest.approx(beta, rel=1e-9)
    wanted = bread @ scores.T @ scores @ bread
    assert np.array(fit.covariance) == pytest.approx(wanted, rel=1e-8)
    both = np.array([0.0, 2.0, 3.0])
    assert fit.of_sum(both.tolist())[1] == pytest.approx(math.sqrt(both @ wanted @ both))


def test_weights_of_another_unit_change_nothing():
    x, y, weights = (each.tolist() for each in draw())
    fit, scaled = (weighted_fit(x, y, [w * s for w in weights]) for s in (1.0, 1024.0))
    assert scaled.coefficients == pytest.approx(fit.coefficients, rel=1e-12)
    assert scaled.of_sum([0, 1, 0])[1] == pytest.approx(fit.of_sum([0, 1, 0])[1], rel=1e-9)


def test_a_row_that_explains_itself_leaves_no_error():
    fit = weighted_fit([[0.0], [0.0], [1.0]], [1.0, 2.0, 5.0], [1.0] * 3)
    assert fit.coefficients == pytest.approx((1.5, 3.5))
    assert fit.of_sum([0.0, 1.0])[1] is None
    with pytest.raises(SingularError):
        weighted_fit([[1.0, 2.0]] * 4, [1.0, 2.0, 5.0, 4.0], [1.0] * 4)


@pytest.mark.skipif(
    importlib.util.find_spec("statsmodels") is None,
    reason="statsmodels is not installed: brute force on the same data is tested instead",
)
def test_statsmodels_itself():
    import statsmodels.api

    x, y, weights = draw()
    design = statsmodels.api.add_constant(x)
    other = statsmodels.api.WLS(y, design, weights=weights).fit(cov_type="HC3")
    fit = weighted_fit(x.tolist(), y.tolist(), weights.tolist())
    assert fit.coefficients == pytest.approx(other.params, rel=1e-6)
    assert np.sqrt(np.diag(np.array(fit.covariance))) == pytest.approx(other.bse, rel=1e-6)
