"""The linear program of a problem: asked several things in turn, by hand."""

import numpy as np
import pytest
from scipy import sparse

from tradegains.release.programs import Known, Program, Witnesses

NOTHING = np.zeros(0, int)


def program(*sums: str, whole: bool = False) -> Program:
    """Sums named by their cells, a letter each from a on."""
    cells = sorted(set("".join(sums)))
    matrix = sparse.csr_matrix(np.array([[cell in each for cell in cells] for each in sums], float))
    return Program(matrix, sparse.csr_matrix((0, len(cells))), whole=whole)


def known(values: list[float], closed: list[int], at_least: list[float] | None = None) -> Known:
    least = None if at_least is None else np.array(at_least)
    return Known(-np.array(values), np.array(closed, int), NOTHING, least)


def test_what_one_cell_gains_another_loses() -> None:
    made = program("a", "ab")
    found = made.witness(known([5.0, 9.0], [0]), np.array([0]), 3.0)
    assert found == pytest.approx([3.0, -3.0], rel=1e-5)


def test_no_cell_falls_below_nothing() -> None:
    made = program("a", "ab")
    assert made.witness(known([5.0, 2.0], [0]), np.array([0]), 3.0) is None
    # The program is the same; what was asked before does not linger.
    assert made.witness(known([5.0, 4.0], [0]), np.array([0]), 3.0) is not None
    assert made.witness(known([5.0, 4.0], []), np.array([0]), 3.0) is None


def test_the_cheapest_sums_are_closed() -> None:
    made = program("a", "b", "c", "abc")
    costs = np.array([1.0, 7.0, 2.0, 9.0])
    found, closing = made.closing_witness(known([5.0] * 3, [0]), np.array([0]), 3.0, costs)
    assert closing == [2]
    assert found == pytest.approx([3.0, 0.0, -3.0], rel=1e-5)


def test_a_count_moves_by_whole_numbers() -> None:
    """With ab, bc and acd open d moves by twice what b does: one more of d is half a b."""
    made = program("ab", "bc", "acd", "d", "a", "b", "c", whole=True)
    told = known([9.0] * 4, [3, 4, 5, 6], [-8.0] * 4)
    found = made.witness(told, np.array([3]), 1.0)
    assert found is not None
    assert found.tolist() == [-1.0, 1.0, -1.0, 2.0]


def test_a_count_is_exchanged_where_no_multiple_fits() -> None:
    """Of a, b and c there is one each: what d moves by, half a b, cannot be doubled."""
    made = program("ab", "bc", "acd", "d", "a", "b", "c", whole=True)
    told = known([1.0, 1.0, 1.0, 9.0], [3, 4, 5, 6], [0.0, 0.0, 0.0, 0.0])
    assert made.witness(told, np.array([3]), 1.0) is None
    costs = np.array([5.0, 5.0, 2.0, 1.0, 1.0, 1.0, 1.0])
    found, closing = made.closing_witness(told, np.array([3]), 1.0, costs)
    assert closing == [2]
    assert found is not None
    assert found.tolist() == [0.0, 0.0, 0.0, 1.0]


def test_a_count_has_its_witness_again_either_way() -> None:
    made = program("a", "b", "ab", whole=True)
    pool = Witnesses[str](2, made.matrix.__matmul__)
    pool.add("a", np.array([1.0, -1.0]))
    one_each = known([3.0, 3.0], [0, 1], [-2.0, -2.0])
    assert pool.reused(one_each, np.array([1]), 1.0) == pytest.approx([-1.0, 1.0])
    # Somebody is in a: its last one cannot go.
    last = known([1.0, 3.0], [0, 1], [0.0, -2.0])
    assert pool.reused(last, np.array([1]), 1.0) is None
    assert "a" not in pool.without({"a"})
    assert "a" in pool
