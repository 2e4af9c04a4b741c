import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.bisection import bisect


@given(st.floats(-1e6, 1e6), st.floats(0.0, 1e3), st.floats(0.0, 1e3))
def test_it_ends_at_neighbouring_doubles_around_the_point(point, below, above):
    low, high = bisect(lambda x: x > point, point - below, point + above)
    assert low <= point
    assert high > point or high == point + above
    assert high <= math.nextafter(low, math.inf)


def test_around_zero_it_reaches_the_smallest_double():
    assert bisect(lambda x: x > 0.0, -1.0, 1.0) == (0.0, 5e-324)


def test_halvings_stop_it():
    asked = []

    def is_above(x):
        asked.append(x)
        return x > 0.3

    assert bisect(is_above, 0.0, 1.0, halvings=3) == (0.25, 0.375)
    assert asked == [0.5, 0.25, 0.375]
    assert bisect(is_above, 0.0, 1.0, halvings=0) == (0.0, 1.0)


@pytest.mark.parametrize("end", [math.inf, math.nan])
def test_an_end_that_is_no_number_does_not_run_for_ever(end):
    low, _ = bisect(lambda x: x > 1.0, 0.0, end)
    assert low == 0.0
