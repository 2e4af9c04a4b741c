"""The delete-a-group jackknife by hand, by law, and where nothing can be told."""

import math
from statistics import stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.jackknife import (
    error_of_error,
    jackknife_interval,
    jackknife_variance,
    without_groups,
)
from tradegains.formulas.student import student_cdf, student_quantile
from tradegains.results.replicates import intervals_of
from tradegains.study import Uncertainty

NUMBERS = st.lists(st.integers(-1000, 1000).map(float), min_size=3, max_size=30)


def interval(estimate, replicates, most_undefined=0.0):
    return jackknife_interval(estimate, replicates, level=0.95, most_undefined=most_undefined)


@given(NUMBERS)
def test_the_error_of_a_mean_is_the_textbooks(values):
    mean = math.fsum(values) / len(values)
    replicates = [(math.fsum(values) - each) / (len(values) - 1) for each in values]
    error = interval(mean, replicates).standard_error
    assert error == pytest.approx(stdev(values) / math.sqrt(len(values)), rel=1e-9, abs=1e-9)


@given(NUMBERS, st.randoms())
def test_the_order_of_groups_changes_no_bit(values, chance):
    shuffled = values[:]
    chance.shuffle(shuffled)
    assert interval(0.5, values) == interval(0.5, shuffled)


@given(st.lists(NUMBERS.map(lambda found: found[:3]), min_size=1, max_size=5))
def test_many_intervals_at_once_are_those_of_one_after_the_other(rows):
    stated = Uncertainty(20, 0.95, "establishment", "salt", 0.0)
    estimates = [sum(row) / 7 for row in rows]
    found = intervals_of(estimates, [np.array(row) for row in rows], stated)
    assert found == [interval(*each) for each in zip(estimates, rows, strict=True)]


def test_what_no_group_moves_has_no_error():
    assert interval(0.3, [0.3, 0.1 + 0.2, 0.3]) == (0.0, 0.3, 0.3, 3, "")


def test_totals_of_unequal_groups_of_equal_units_do_not_move():
    units = [1, 3, 6]
    left = [(10 - n) * factor for n, factor in zip(units, without_groups(units), strict=True)]
    assert left == pytest.approx([10.0] * 3)


@pytest.mark.parametrize(
    ("estimate", "replicates", "most_undefined", "groups", "note"),
    [
        (None, [1.0, 2.0], 0.0, 0, ""),
        (1.0, [], 0.0, 0, "no interval: it takes two groups of units"),
        (1.0, [math.nan], 1.0, 0, "no interval: it takes two groups of units"),
        (1.0, [1.0], 0.0, 1, "no interval: it takes two groups of units"),
        (1.0, [1.0, 1.1, math.nan], 0.3, 2, "no interval: 1 of 3 replicates have no number"),
    ],
)
def test_nothing_is_told_without_groups_and_the_note_says_why(
    estimate, replicates, most_undefined, groups, note
):
    assert interval(estimate, replicates, most_undefined) == (None, None, None, groups, note)


def test_as_many_undefined_replicates_as_stated_are_left_out():
    found = interval(1.0, [1.2, 0.8, math.nan, 1.0], most_undefined=0.25)
    assert found.groups == 3
    assert found.standard_error == math.sqrt(jackknife_variance(1.0, [1.2, 0.8, 1.0]))
    reach = student_quantile(0.975, 2) * found.standard_error
    assert (found.low, found.high) == (1.0 - reach, 1.0 + reach)


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [(1, 12.706204736), (2, 4.302652730), (21, 2.079613845), (99, 1.984216952), (999, 1.962341461)],
)
def test_quantiles_are_those_of_published_tables(degrees, quantile):
    assert student_quantile(0.975, degrees) == pytest.approx(quantile, abs=1e-8)


@given(st.floats(-50, 50), st.integers(1, 60))
def test_the_distribution_is_symmetric_and_rises(t, degrees):
    below, above = student_cdf(-t, degrees), student_cdf(t, degrees)
    assert below + above == pytest.approx(1.0, abs=1e-12)
    assert student_cdf(t + 0.5, degrees) > above - 1e-15


def test_degrees_and_probabilities_out_of_range_are_refused():
    with pytest.raises(ValueError, match="degree"):
        student_cdf(1.0, 0)
    with pytest.raises(ValueError, match="probability"):
        student_quantile(0.4, 3)
    assert error_of_error(1) is None
