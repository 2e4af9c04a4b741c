"""Smooth lines are the histogram blurred: the same area, nothing added."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.figures.density import (
    HistogramCells,
    bandwidth,
    filled_cells,
    normal_cdf_of,
    quantile,
    smooth_density,
)
from tradegains.formulas.normal import normal_cdf

ROUNDING = 1e-9  # sums of a few thousand terms of size 1e-3


def cells(shares, width=0.1, start=0.0, n=100):
    edges = start + width * np.arange(len(shares) + 1)
    return HistogramCells(edges, np.array(shares), np.full(len(shares), n))


def row(start, share):
    return {"bin_start": start, "bin_width": 0.1, "share": share, "establishments": 1}


def test_bins_without_establishments_are_drawn_as_empty():
    filled = filled_cells([row(0.3, 0.5), row(-0.2, 0.5)])
    assert filled.share.tolist() == [0.5, 0, 0, 0, 0, 0.5]
    assert filled.edges == pytest.approx([-0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4])


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30).filter(lambda shares: sum(shares) > 0.01),
    st.floats(0.01, 2),
)
def test_the_line_has_the_area_of_the_histogram(shares, width):
    histogram = cells(np.array(shares) / sum(shares))
    reach = 10 * width
    grid = np.linspace(-reach, histogram.edges[-1] + reach, 2_001)
    area = np.trapezoid(smooth_density(histogram, grid, width), grid)
    assert area == pytest.approx(1, abs=1e-6)  # the error of the trapezoids


def test_the_line_follows_the_steps_when_nothing_is_blurred():
    histogram = cells([0.25, 0.75])
    inside = smooth_density(histogram, np.array([0.05, 0.15]), 1e-9)
    assert inside == pytest.approx([2.5, 7.5], abs=ROUNDING)


def test_one_bin_is_blurred_as_by_hand():
    # From the middle Φ(1/2) - Φ(-1/2) of the mass is within the bin, from its edge Φ(1) - Φ(0).
    density = smooth_density(cells([1.0], width=1.0), np.array([0.5, 1.0]), 1.0)
    assert density == pytest.approx([0.3829249225480262, 0.3413447460685429], abs=ROUNDING)


def test_bandwidth_is_silvermans_by_hand():
    # Two bins of equal share, centres -5 and 5: sd 5, quartiles -5 and 5, gap 10, 10/1.34 > 5.
    wide = HistogramCells(np.array([-10.0, 0.0, 10.0]), np.array([0.5, 0.5]), np.array([1, 1]))
    assert 0.9 * 5 * 2**-0.2 < 10
    assert bandwidth(wide) == 10  # never under one bin
    fine = cells([0.01] * 100, width=0.01, n=1)
    sd = math.sqrt(np.var(fine.centres))
    expected = 0.9 * min(sd, 0.5 / 1.34) * 100**-0.2
    assert bandwidth(fine) == pytest.approx(expected, abs=ROUNDING)


def test_a_quantile_lies_inside_its_bin():
    assert quantile(cells([0.5, 0.5], width=1.0), 0.75) == pytest.approx(1.5)


def test_the_normal_distribution_is_that_of_the_formula():
    z = np.array([*np.linspace(-40.0, 40.0, 1001), 1e6, -1e6, 5e-324])
    expected = [normal_cdf(each) for each in z]
    # numpy's exp may differ in its last bit.
    assert normal_cdf_of(z) == pytest.approx(expected, rel=1e-15, abs=1e-300)
