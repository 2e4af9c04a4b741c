"""Woodruff's intervals by hand, by law, and how often they hold a median."""

import random
from fractions import Fraction

import pytest

from tradegains.formulas.jackknife import jackknife_interval
from tradegains.formulas.quantiles import quantile
from tradegains.formulas.woodruff import interval_of_gap, shares_around, spread_of_quantile

GROUPS, SIZE = 50, 400
AROUND = (Fraction(2, 5), Fraction(3, 5))


def median_interval(values: list[float], groups: list[int]) -> tuple[float, float]:
    """Of the median of values in groups."""
    at = quantile(values, Fraction(1, 2))
    left = [
        [value <= at for value, group in zip(values, groups, strict=True) if group != each]
        for each in range(GROUPS)
    ]
    below = sum(value <= at for value in values) / len(values)
    told = jackknife_interval(
        below, [sum(each) / len(each) for each in left], level=0.95, most_undefined=0.0
    )
    low, high = shares_around(Fraction(1, 2), told.high - below)
    return quantile(values, low), quantile(values, high)


def test_a_median_is_held_as_often_as_stated():
    held, draws = 0, 150
    for seed in range(draws):
        chance = random.Random(seed)
        values = [chance.lognormvariate(0.0, 1.0) for _ in range(SIZE)]
        low, high = median_interval(values, [chance.randrange(GROUPS) for _ in values])
        held += low <= 1.0 <= high
    # Three standard errors of a share of .95 around it.
    assert 0.95 - 0.053 < held / draws <= 1.0


def test_quantiles_move_against_the_share_below_them_and_the_ends_stand_where_they_are():
    found = spread_of_quantile(3.0, (2.5, 4.0), shares=AROUND, below=0.5, without=[0.5, 0.52, 0.48])
    assert (found.low, found.high, found.note) == (2.5, 4.0, "")
    assert found.without == pytest.approx((3.0, 2.85, 3.15))


def test_values_that_are_all_alike_do_not_move():
    found = spread_of_quantile(3.0, (3.0, 3.0), shares=AROUND, below=1.0, without=[1.0, 0.9])
    assert found.without == (3.0, 3.0)
    nobody = spread_of_quantile(
        3.0, (3.0, 3.0), shares=(Fraction(1, 2), Fraction(1, 2)), below=1.0, without=[1.0]
    )
    assert nobody.without == (3.0,)


def test_shares_stay_between_0_and_1():
    assert shares_around(Fraction(1, 100), 0.5) == (0, Fraction(51, 100))
    assert shares_around(Fraction(99, 100), 0.5) == (Fraction(49, 100), 1)


def test_a_share_that_no_group_moves_ends_where_it_is():
    """Not at the double beside a tenth, whose rank among ten would be the next one."""
    assert shares_around(Fraction(1, 10), 0.0) == (Fraction(1, 10), Fraction(1, 10))


def test_a_gap_of_symmetric_intervals_has_the_usual_one():
    # Errors 3 and 4 with a correlation of a quarter: 9 + 16 - 2 x 0.25 x 12 = 19.
    low, high = interval_of_gap((10.0, 7.0, 13.0), (2.0, -2.0, 6.0), 0.25)
    assert (low, high) == pytest.approx((8.0 - 19**0.5, 8.0 + 19**0.5))


def test_a_gap_is_told_from_the_far_end_of_each_quantile():
    """Its lower end from the upper quantile's lower end and the lower one's upper end."""
    low, high = interval_of_gap((10.0, 9.0, 14.0), (2.0, 2.0, 2.0), 0.0)
    assert (low, high) == (7.0, 12.0)
    low, high = interval_of_gap((10.0, 10.0, 10.0), (2.0, 1.0, 6.0), 0.0)
    assert (low, high) == (4.0, 9.0)


def test_two_quantiles_that_move_as_one_leave_their_gap_where_it_is():
    assert interval_of_gap((10.0, 8.0, 12.0), (2.0, 0.0, 4.0), 1.0) == (8.0, 8.0)
