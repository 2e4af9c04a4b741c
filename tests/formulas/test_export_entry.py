import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.export_entry import (
    mean_probability_due_to_cut,
    probability_due_to_cut,
    starter_rate,
    top_to_bottom_ratio,
)

indices = st.floats(-6.0, 6.0)
cuts = st.floats(0.0, 20.0)


def test_published_rates():
    # MT: of over 5,000 plants 40 percent started; 20 percent in the bottom quartile and nearly 60
    # in the top because of the cuts, "three times more likely".
    assert starter_rate(2000, 5000) == 0.4
    assert top_to_bottom_ratio(0.60, 0.20) == pytest.approx(3.0, abs=1e-15)


def test_starter_rate_without_establishments_and_out_of_range():
    assert starter_rate(0, 0) is None
    assert starter_rate(0, 3) == 0.0
    for starters in (-1, 4):
        with pytest.raises(ValueError, match="between 0"):
            starter_rate(starters, 3)


def test_ratio_without_a_bottom():
    assert top_to_bottom_ratio(0.6, 0.0) is None
    assert top_to_bottom_ratio(None, 0.2) is None
    assert top_to_bottom_ratio(0.6, None) is None


def test_probability_by_hand():
    # Phi(1) - Phi(0) with index 1, of which the cut gives 10 x 0.1 = 1.
    difference = probability_due_to_cut(1.0, cut=10.0, coefficient=0.1)
    assert difference == pytest.approx(0.841344746068543 - 0.5, abs=1e-15)
    assert probability_due_to_cut(1.0, cut=0.0, coefficient=0.1) == 0.0
    assert probability_due_to_cut(1.0, cut=10.0, coefficient=-0.1) < 0.0


def test_mean_by_hand():
    # (Phi(1) - Phi(0) + Phi(2) - Phi(1)) / 2 = (Phi(2) - 1/2) / 2
    mean = mean_probability_due_to_cut([(1.0, 10.0), (2.0, 10.0)], coefficient=0.1)
    assert mean == pytest.approx((0.977249868051821 - 0.5) / 2.0, abs=1e-15)
    assert mean_probability_due_to_cut([], coefficient=0.1) is None


@given(indices, cuts, st.floats(0.0, 0.5))
def test_probability_is_a_difference_of_probabilities(index, cut, coefficient):
    difference = probability_due_to_cut(index, cut=cut, coefficient=coefficient)
    exact = 0.5 * (
        math.erfc(-index / math.sqrt(2.0))
        - math.erfc(-(index - coefficient * cut) / math.sqrt(2.0))
    )
    assert difference == pytest.approx(exact, abs=4e-16)
    assert -1e-16 <= difference < 1.0


@given(indices, st.floats(0.1, 10.0), st.floats(0.1, 10.0))
def test_two_cuts_one_after_the_other_add_up(index, first, second):
    whole = probability_due_to_cut(index, cut=first + second, coefficient=0.1)
    last = probability_due_to_cut(index, cut=second, coefficient=0.1)
    before = probability_due_to_cut(index - 0.1 * second, cut=first, coefficient=0.1)
    assert whole == pytest.approx(last + before, abs=1e-15)


@given(st.lists(st.tuples(indices, cuts), min_size=1, max_size=8), st.randoms())
def test_mean_lies_inside_and_does_not_depend_on_the_order(rows, random):
    effects = [probability_due_to_cut(index, cut=cut, coefficient=0.1) for index, cut in rows]
    mean = mean_probability_due_to_cut(rows, coefficient=0.1)
    assert min(effects) - 1e-16 <= mean <= max(effects) + 1e-16
    shuffled = rows[:]
    random.shuffle(shuffled)
    assert mean_probability_due_to_cut(shuffled, coefficient=0.1) == mean
