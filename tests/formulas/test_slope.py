"""Slopes over industries: by hand, by law, and against the textbook's HC3."""

import math

import numpy as np
import pytest

from tradegains.formulas.slope import least_squares_slope, slope_over_industries

POINTS = [(0.0, 0.1), (1.0, 1.2), (2.0, 1.9), (3.0, 3.2), (5.0, 4.1)]


def test_the_slope_is_numpys():
    x, y = zip(*POINTS, strict=True)
    assert least_squares_slope(POINTS) == pytest.approx(np.polyfit(x, y, 1)[0], rel=1e-12)


def test_the_error_is_hc3_but_for_the_jackknifes_factor():
    x, y = (np.array(column) for column in zip(*POINTS, strict=True))
    design = np.column_stack([np.ones_like(x), x])
    bread = np.linalg.inv(design.T @ design)
    residuals = y - design @ bread @ design.T @ y
    leverage = np.einsum("ij,jk,ik->i", design, bread, design)
    meat = (design * (residuals / (1 - leverage))[:, None]).T
    hc3 = bread @ meat @ meat.T @ bread
    found = slope_over_industries(POINTS, level=0.95)
    factor = (len(POINTS) - 1) / len(POINTS)
    assert found.interval.standard_error == pytest.approx(math.sqrt(factor * hc3[1, 1]), rel=1e-9)


def test_p_values_hold_the_interval():
    found = slope_over_industries(POINTS, level=0.95)
    assert (found.p_value < 0.05) == (found.interval.low > 0)
    assert found.t == found.value / found.interval.standard_error


@pytest.mark.parametrize(
    ("points", "note"),
    [
        (POINTS[:3], "no slope: 3 industries have both numbers, fewer than 4"),
        ([(1.0, y) for _, y in POINTS], "no slope: the variable does not vary between industries"),
        ([], "no slope: 0 industries have both numbers, fewer than 4"),
    ],
)
def test_no_slope_has_its_reason(points, note):
    found = slope_over_industries(points, level=0.95)
    assert (found.value, found.t, found.note) == (None, None, note)


def test_an_only_industry_with_another_value_leaves_no_interval():
    found = slope_over_industries([(0.0, 1.0), (0.0, 2.0), (0.0, 3.0), (1.0, 9.0)], level=0.95)
    assert found.value == 7.0
    assert found.interval.standard_error is None
    assert found.note == "no interval: 1 of 4 replicates have no number"
