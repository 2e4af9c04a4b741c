"""Small symmetric linear systems in plain Python: a regression's handful of unknowns.

A regression's matrix is positive definite unless a regressor is a combination of those before it.
The elimination finds that regressor, so that an error can name it.
"""

import math
from collections.abc import Sequence

Matrix = Sequence[Sequence[float]]
Vector = Sequence[float]

SMALLEST_PIVOT = 1e-10
"""Share of a diagonal element that must remain once the earlier columns are accounted for."""


class SingularError(ValueError):
    """A column is a combination of the columns before it; `column` is its position."""

    def __init__(self, column: int) -> None:
        super().__init__(f"column {column} is a combination of the columns before it")
        self.column = column


def cholesky(matrix: Matrix, smallest: float = SMALLEST_PIVOT) -> list[list[float]]:
    """Lower triangle L with L L' = matrix.

    Args:
        matrix: symmetric, k by k; only its lower triangle is read.
        smallest: share of a diagonal element that is rounding.

    Returns:
        k rows of lengths 1 to k.

    Raises:
        SingularError: no more than `smallest` of a diagonal element remains.

    Example:
        >>> cholesky([[4.0, 2.0], [2.0, 10.0]])
        [[2.0], [1.0, 3.0]]
    """
    lower: list[list[float]] = []
    for i, row in enumerate(matrix):
        done: list[float] = []
        for j in range(i):
            known = math.fsum(a * b for a, b in zip(done, lower[j], strict=False))
            done.append((row[j] - known) / lower[j][j])
        pivot = row[i] - math.fsum(each * each for each in done)
        if not pivot > smallest * row[i]:
            raise SingularError(i)
        lower.append([*done, math.sqrt(pivot)])
    return lower


def solve(matrix: Matrix, vector: Vector) -> list[float]:
    """The x of matrix x = vector.

    Args:
        matrix: symmetric and positive definite, k by k.
        vector: length k.

    Raises:
        SingularError: the matrix is not positive definite.

    Example:
        >>> solve([[4.0, 2.0], [2.0, 10.0]], [8.0, 22.0])
        [1.0, 2.0]
    """
    return _solve_lower(cholesky(matrix), vector)


def _solve_lower(lower: Matrix, vector: Vector) -> list[float]:
    """Forward, then backward substitution."""
    size = len(lower)
    forward: list[float] = []
    for i in range(size):
        known = math.fsum(lower[i][j] * forward[j] for j in range(i))
        forward.append((vector[i] - known) / lower[i][i])
    found = [0.0] * size
    for i in reversed(range(size)):
        known = math.fsum(lower[j][i] * found[j] for j in range(i + 1, size))
        found[i] = (forward[i] - known) / lower[i][i]
    return found


def inverse(matrix: Matrix, smallest: float = SMALLEST_PIVOT) -> list[list[float]]:
    """Inverse of a symmetric positive definite matrix.

    Args:
        matrix: k by k.
        smallest: share of a diagonal element that is rounding.

    Raises:
        SingularError: the matrix is not positive definite.

    Example:
        >>> inverse([[4.0, 0.0], [0.0, 16.0]])
        [[0.25, 0.0], [0.0, 0.0625]]
    """
    lower, size = cholesky(matrix, smallest), len(matrix)
    unit = [[float(i == j) for i in range(size)] for j in range(size)]
    columns = [_solve_lower(lower, each) for each in unit]
    # The two halves differ in last digits only; an inverse is symmetric.
    return [[columns[max(i, j)][min(i, j)] for j in range(size)] for i in range(size)]


def quadratic(left: Vector, matrix: Matrix, right: Vector) -> float:
    """left' matrix right.

    Args:
        left: one number per row of the matrix.
        matrix: by row.
        right: one number per column.

    Example:
        >>> quadratic([1.0, 2.0], [[1.0, 0.0], [0.0, 3.0]], [1.0, 1.0])
        7.0
    """
    return math.fsum(
        a * value * b
        for a, row in zip(left, matrix, strict=True)
        for value, b in zip(row, right, strict=True)
    )


def sandwich(bread: Matrix, meat: Matrix) -> list[list[float]]:
    """bread meat bread', the variance of an estimator whose scores have this meat.

    Example:
        >>> sandwich([[2.0]], [[3.0]])
        [[12.0]]
    """
    return [[quadratic(left, meat, right) for right in bread] for left in bread]
