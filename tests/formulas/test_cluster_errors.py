"""Errors by leaving clusters out, by hand; and t as the finite sum has it, with any degrees."""

import math

import pytest
from scipy.stats import norm
from scipy.stats import t as student

from tradegains.formulas.cluster_errors import ClusterCells, infer, jackknife_errors
from tradegains.formulas.least_squares import BinaryPlaces, GroupSums
from tradegains.formulas.normal import log_upper_tail, normal_hazard
from tradegains.formulas.student import MANY_DEGREES, student_tail, t_quantile

PLACES = BinaryPlaces((0, 0), (0, 0, 0))


def sums_of(*rows: tuple[int, int]) -> GroupSums:
    """Plain sums of rows of two variables."""
    one, other = zip(*rows, strict=True)
    products = (
        sum(a * a for a in one),
        sum(a * b for a, b in rows),
        sum(b * b for b in other),
    )
    return GroupSums(len(rows), len(rows), (sum(one), sum(other)), products)


def test_leaving_a_cluster_out_is_summing_the_others():
    # Effect 1 has rows of both clusters; without "a" its one row tells nothing.
    a, b = {1: sums_of((1, 2), (4, 0))}, {1: sums_of((2, 2)), 2: sums_of((5, 1), (7, 4))}
    cells = ClusterCells({1: a[1] + b[1], 2: b[2]}, {"a": a, "b": b}, PLACES, ["x", "y"])
    without_a, without_b = cells.without_each()
    assert without_a.products == ((2.0, 3.0), (3.0, 4.5))  # of 5, 7 and 1, 4
    assert (without_a.rows, without_a.groups, without_a.singletons) == (2, 1, 1)
    assert without_b.products == ((4.5, -3.0), (-3.0, 2.0))  # of 1, 4 and 2, 0
    assert without_b.raw == (17.0, 4.0)


def test_a_cluster_of_rows_that_are_alone_is_none():
    alone, both = {1: sums_of((3, 3))}, {2: sums_of((1, 1), (2, 5))}
    cells = ClusterCells({1: alone[1], 2: both[2]}, {"a": alone, "b": both}, PLACES, ["x", "y"])
    assert cells.clusters() == ["b"]


def test_the_jackknife_by_hand():
    # 2/3 of 1 + 1 + 4 around the estimate itself, not around the mean of the replicates.
    assert jackknife_errors([5.0], [[4.0], [6.0], [7.0]]) == (math.sqrt(4.0),)


@pytest.mark.parametrize("degrees", [1, 3, MANY_DEGREES, MANY_DEGREES + 1, 10**5, None])
def test_student_with_few_and_many_degrees(degrees):
    law = norm() if degrees is None else student(degrees)
    for t in (0.0, 0.3, 1.96, 4.0, 12.0):
        assert student_tail(t, degrees) == pytest.approx(law.sf(t), abs=1e-10)
    for probability in (0.75, 0.975, 0.9995):
        assert t_quantile(probability, degrees) == pytest.approx(law.ppf(probability), rel=1e-8)


def test_nothing_is_inferred_without_an_error_or_a_degree_of_freedom():
    nothing = (None, None, None)
    for value, error, degrees in ((None, 1.0, 5), (1.0, None, 5), (1.0, 1.0, 0)):
        assert infer(value, error, degrees, level=0.9) == nothing
    assert infer(1.0, 0.0, 5, level=0.9) == (None, 1.0, 1.0)


def test_a_squared_score_is_at_most_twice_what_the_row_loses():
    # What the binary places of squared influences rest on (`statistics.probits`).
    for step in range(-400, 400):
        z = step / 10
        assert normal_hazard(z) ** 2 <= -2.0 * log_upper_tail(z)
