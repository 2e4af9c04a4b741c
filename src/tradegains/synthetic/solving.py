"""Small linear systems whose solution is the same to the last bit on every machine.

Decision: NumPy hands products and systems to a BLAS that picks its kernel by the processor, and
kernels differ in last digits; a census drawn from such numbers differed between machines. Here a
handful of unknowns is solved in fractions, exactly, and rounded once.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def dot(one: FloatArray, other: FloatArray) -> float:
    """Sum of products of two vectors of one length; the sum is correctly rounded.

    Example:
        >>> dot(np.array([1e16, 1.0, -1e16]), np.ones(3))
        1.0
    """
    return math.fsum((one * other).tolist())


def solution(matrix: FloatArray, values: FloatArray) -> FloatArray:
    """The x of matrix x = values, correctly rounded.

    Args:
        matrix: k by k, k small.
        values: length k.

    Raises:
        ArithmeticError: the matrix is singular.

    Example:
        >>> solution(np.array([[0.0, 2.0], [4.0, 0.0]]), np.array([6.0, 4.0])).tolist()
        [1.0, 3.0]
    """
    rows = [
        [*map(Fraction, row), Fraction(value)]
        for row, value in zip(matrix.tolist(), values.tolist(), strict=True)
    ]
    return np.array([float(value) for value in _eliminated(rows)])


def least_norm_solution(rows: FloatArray, values: FloatArray) -> FloatArray:
    """The shortest x with rows x = values, for independent rows, fewer than unknowns.

    Args:
        rows: k by n, k < n, k small.
        values: length k.

    Raises:
        ArithmeticError: a row is a combination of the others.

    Example:
        >>> least_norm_solution(np.array([[1.0, 1.0, 0.0]]), np.array([2.0])).tolist()
        [1.0, 1.0, 0.0]
    """
    exact = [[Fraction(each) for each in row] for row in rows.tolist()]
    products = [[_dot(one, other) for other in exact] for one in exact]
    system = [[*row, Fraction(value)] for row, value in zip(products, values.tolist(), strict=True)]
    multipliers = _eliminated(system)
    found = (_dot(multipliers, column) for column in zip(*exact, strict=True))
    return np.array([float(value) for value in found])


def _dot(one: Sequence[Fraction], other: Sequence[Fraction]) -> Fraction:
    return sum(map(Fraction.__mul__, one, other), start=Fraction(0))


def _eliminated(rows: list[list[Fraction]]) -> list[Fraction]:
    """Solution of a system whose rows end in their right sides, by Gauss and Jordan."""
    for place in range(len(rows)):
        pivot = next((row for row in rows[place:] if row[place]), None)
        if pivot is None:
            raise ArithmeticError("the system is singular")
        rows.remove(pivot)
        first = [value / pivot[place] for value in pivot]
        rows = [
            [value - row[place] * lead for value, lead in zip(row, first, strict=True)]
            for row in rows
        ]
        rows.insert(place, first)
    return [row[-1] for row in rows]
