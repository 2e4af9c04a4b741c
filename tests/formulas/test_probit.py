"""Newton's steps against the likelihood itself, and against numbers of statsmodels."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import norm

from tradegains.formulas.least_squares import CollinearError, pairs
from tradegains.formulas.normal import log_upper_tail, normal_hazard
from tradegains.formulas.probit import (
    ENOUGH,
    ScoreSums,
    coefficient_errors,
    delta_error,
    influence_of,
    newton_step,
    score_and_curvature,
)

NAMES = ("a", "b")


def log_probability(index: float, sign: int) -> float:
    return log_upper_tail(-sign * index)


def sum_scores(rows: Sequence[tuple[int, float, Sequence[float]]]) -> ScoreSums:
    """The sums of a group from its rows: of each the outcome, its index and its regressors."""
    scored = [
        (*score_and_curvature(index, normal_hazard(-sign * index), sign), x)
        for outcome, index, x in rows
        for sign in (2 * outcome - 1,)
    ]
    size = len(rows[0][2]) if rows else 0
    return ScoreSums(
        math.fsum(score for score, _, _ in scored),
        tuple(math.fsum(score * x[j] for score, _, x in scored) for j in range(size)),
        math.fsum(curvature for _, curvature, _ in scored),
        tuple(math.fsum(curvature * x[j] for _, curvature, x in scored) for j in range(size)),
        tuple(math.fsum(c * x[i] * x[j] for _, c, x in scored) for i, j in pairs(size)),
        math.fsum(log_probability(index, 2 * outcome - 1) for outcome, index, _ in rows),
    )


def draw(seed: int, rows: int = 300, groups: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    group = np.arange(rows) % groups
    x = chance.normal(size=(rows, 2))
    index = 0.3 * group - 0.5 + x @ np.array([0.8, -0.4])
    return group, x, (chance.normal(size=rows) < index).astype(int)


def fit(group: np.ndarray, x: np.ndarray, y: np.ndarray):
    """Effects, coefficients and the sums at the maximum."""
    effects, coefficients = np.zeros(group.max() + 1), np.zeros(x.shape[1])
    for _ in range(50):
        index = effects[group] + x @ coefficients
        groups = [
            sum_scores([(int(y[i]), float(index[i]), x[i].tolist())
                        for i in np.flatnonzero(group == g)])
            for g in range(len(effects))
        ]  # fmt: skip
        step = newton_step(groups, NAMES[: x.shape[1]])
        effects, coefficients = effects + step.effects, coefficients + step.coefficients
        if step.decrement < ENOUGH:
            return effects, coefficients, groups
    raise AssertionError("no maximum")


def information(group: np.ndarray, x: np.ndarray, y: np.ndarray, index: np.ndarray) -> np.ndarray:
    design = np.column_stack([(group[:, None] == np.arange(group.max() + 1)).astype(float), x])
    sign = 2 * y - 1
    score = sign * norm.pdf(index) / norm.cdf(sign * index)
    return design.T @ (design * (score * (score + index))[:, None])


def test_the_maximum_is_one():
    group, x, y = draw(1)
    effects, coefficients, groups = fit(group, x, y)
    index = effects[group] + x @ coefficients
    sign = 2 * y - 1
    score = sign * norm.pdf(index) / norm.cdf(sign * index)
    assert np.abs(x.T @ score).max() < 1e-9
    assert [abs(score[group == g].sum()) < 1e-9 for g in range(4)] == [True] * 4
    likelihood = math.fsum(each.log_likelihood for each in groups)
    assert likelihood == pytest.approx(norm.logcdf(sign * index).sum(), rel=1e-12)


def test_errors_are_those_of_the_whole_information():
    group, x, y = draw(2)
    effects, coefficients, groups = fit(group, x, y)
    variance = np.linalg.inv(information(group, x, y, effects[group] + x @ coefficients))
    assert coefficient_errors(groups, NAMES) == pytest.approx(
        np.sqrt(np.diag(variance)[4:]), rel=1e-8
    )
    gradient = np.array([0.1, -0.2, 0.3, 0.0, 1.0, 2.0])
    wanted = math.sqrt(gradient @ variance @ gradient)
    parts = gradient[:4].tolist(), gradient[4:].tolist()
    found = delta_error(influence_of(groups, *parts, NAMES), *parts)
    assert found == pytest.approx(wanted, rel=1e-8)


def test_published_by_statsmodels():
    # statsmodels 0.15.0, Probit(y, [four dummies, a, b]).fit(method="newton", tol=1e-12).
    _, coefficients, groups = fit(*draw(1))
    assert coefficients == pytest.approx(STATSMODELS["coefficients"], rel=1e-8)
    assert coefficient_errors(groups, NAMES) == pytest.approx(STATSMODELS["errors"], rel=1e-6)
    likelihood = math.fsum(each.log_likelihood for each in groups)
    assert likelihood == pytest.approx(STATSMODELS["log_likelihood"], rel=1e-10)


STATSMODELS = {
    "coefficients": (0.7561634435202745, -0.28871160262276985),
    "errors": (0.10313642377103283, 0.08892416678439324),
    "log_likelihood": -163.10346206870383,
}


@pytest.mark.parametrize("index", [-30.0, -6.0, -0.5, 0.0, 0.6, 5.0, 12.0])
@pytest.mark.parametrize("sign", [-1, 1])
def test_score_is_the_slope_and_curvature_its_fall(index, sign):
    def score_at(z: float) -> float:
        return score_and_curvature(z, normal_hazard(-sign * z), sign)[0]

    score, curvature = score_and_curvature(index, normal_hazard(-sign * index), sign)
    step = 1e-4
    slope = (log_probability(index + step, sign) - log_probability(index - step, sign)) / (2 * step)
    assert score == pytest.approx(slope, rel=1e-6, abs=1e-7)
    assert curvature == pytest.approx(
        -(score_at(index + step) - score_at(index - step)) / (2 * step), rel=1e-4, abs=1e-7
    )
    assert 0.0 <= curvature <= 1.0


def test_one_group_without_regressors_is_the_share():
    # 3 of 10: the constant's index is the quantile at 0.3.
    group, y = np.zeros(10, dtype=int), np.array([1] * 3 + [0] * 7)
    effects, _, _ = fit(group, np.zeros((10, 0)), y)
    assert effects[0] == pytest.approx(norm.ppf(0.3), abs=1e-12)


def test_a_regressor_that_the_groups_determine_is_named():
    group, x, y = draw(3)
    x[:, 1] = group * 0.37
    with pytest.raises(CollinearError, match="b does not vary"):
        fit(group, x, y)
    x[:, 1] = x[:, 0] * 2.0
    with pytest.raises(CollinearError, match="b is a combination"):
        fit(group, x, y)


def test_a_group_without_rows_has_no_sums():
    assert sum_scores([]) == ScoreSums(0.0, (), 0.0, (), (), 0.0)
