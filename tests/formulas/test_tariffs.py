"""Cuts of tariffs, by hand and by law."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.tariffs import InputCut, input_cut, rate_cut

RATES = st.floats(min_value=0.0, max_value=300.0)


def test_points_and_log_points_differ_as_the_rates_do():
    # From 16 to 1 percent: 15 points, and 100 (ln 1.16 - ln 1.01) = 13.8470.
    assert rate_cut(16.0, 1.0, in_logs=False) == 15.0
    assert rate_cut(16.0, 1.0, in_logs=True) == pytest.approx(13.8469674, abs=1e-6)
    assert 15.0 / rate_cut(16.0, 1.0, in_logs=True) == pytest.approx(1.083, abs=5e-4)


@given(RATES, RATES, RATES, st.booleans())
def test_cuts_of_two_steps_add_up(first, second, third, in_logs):
    steps = rate_cut(first, second, in_logs=in_logs) + rate_cut(second, third, in_logs=in_logs)
    assert steps == pytest.approx(rate_cut(first, third, in_logs=in_logs), abs=1e-9)
    # A rate that falls is a cut above 0 in either measure.
    assert rate_cut(first + 1.0, first, in_logs=in_logs) > 0.0


def test_inputs_have_the_mean_cut_of_what_is_bought():
    # 0.25 x 8 + 0.5 x 2; services (72) have no tariff, and their share weighs 0.
    bought = [("2610", 0.25), ("3210", 0.5), ("7200", 0.25)]
    assert input_cut(bought, {"26": 8.0, "32": 2.0}) == InputCut(3.0, without_cut=1)
    assert input_cut([], {"26": 8.0}) == InputCut(0.0, without_cut=0)
    assert input_cut(bought, {}) == InputCut(0.0, without_cut=3)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6), st.floats(-50.0, 50.0))
def test_equal_cuts_of_all_inputs_are_that_cut(shares, cut):
    total = math.fsum(shares) or 1.0
    bought = [(f"{place:02d}", share / total) for place, share in enumerate(shares)]
    found = input_cut(bought, {code: cut for code, _ in bought})
    assert found.cut == pytest.approx(cut if any(shares) else 0.0)
