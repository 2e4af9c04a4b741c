"""The plan of export entry, by hand: slopes, and what the propensity to start adds."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from tradegains.synthetic.entry import EntryCells, plan_of_cells
from tradegains.synthetic.truths import Truths

NORMAL = NormalDist()
BINS = {"1011": (1, 2, 3)}
TRUTHS = Truths(
    starter_rate_without_cut=0.1,
    starter_rate_bottom=0.2,
    starter_rate_top=0.5,
    selection_of_starters=0.2,
    selection_of_adopters=0.05,
)


def test_slopes_give_the_rates_of_the_sample():
    # One cut per quartile: the slope is the quantile of the rate less that without a cut, over it.
    cuts = np.array([5.0, 4.0, 2.0, 8.0])
    cells = EntryCells(np.array([1, 2, 3, 4]), cuts, np.full(4, 10), np.zeros(4))
    plan = plan_of_cells(cells, BINS, TRUTHS)
    rates = (0.3, 0.4, 0.5, 0.6)
    by_hand = [
        (NORMAL.inv_cdf(rate) - NORMAL.inv_cdf(0.1)) / cut
        for rate, cut in zip(rates, cuts.tolist(), strict=True)
    ]
    assert plan.slopes == pytest.approx(by_hand, abs=1e-8)
    assert plan.bins == BINS


def test_selection_is_met_by_what_the_propensity_adds():
    # All start with probability 1/2 (the bounds of the truths are equal): starters' propensity is
    # below 0, its mean -sqrt(2/pi), that of the others sqrt(2/pi), and all starters are inclined.
    truths = Truths(
        starter_rate_without_cut=0.1,
        starter_rate_bottom=0.4,
        starter_rate_top=0.4,
        selection_of_starters=0.2,
        selection_of_adopters=0.05,
    )
    cells = EntryCells(np.array([1, 2, 3, 4]), np.full(4, 5.0), np.full(4, 10), np.arange(4.0))
    plan = plan_of_cells(cells, BINS, truths)
    assert plan.growth_by_propensity == pytest.approx(0.2 / (2 * math.sqrt(2 / math.pi)), abs=1e-6)
    assert plan.adoption_by_propensity == pytest.approx(0.05, abs=1e-6)


def test_growth_that_differs_anyway_counts_as_selection():
    # The same, but who starts is in quartiles 3 and 4, which grow by 0.1 more anyway: rates 0.1+0
    # and 0.1+0.8 cannot be linear in the quartile, so two quartiles have nobody.
    truths = Truths(
        starter_rate_without_cut=0.1,
        starter_rate_bottom=0.0,
        starter_rate_top=0.8,
        selection_of_starters=0.5,
    )
    growth = np.array([0.0, 0.1])
    cells = EntryCells(np.array([1, 4]), np.full(2, 5.0), np.full(2, 10), growth)
    plan = plan_of_cells(cells, BINS, truths)
    # Starters: 0.1 and 0.9 of 10 each, so their growth is 0.09; that of the others 0.01.
    density = 2 * NORMAL.pdf(NORMAL.inv_cdf(0.1)) / 2
    gap = density / (0.5 * 0.5)
    assert plan.growth_by_propensity == pytest.approx((0.5 - 0.08) / gap, abs=1e-5)
