"""Probit by Newton steps, from sums that an engine can make in one pass each.

With index i = effect of the group + x'b and q = 1 for an outcome of one, -1 else, a row has the
score q h(-q i), h the hazard of the normal, and the curvature score * (score + i), between 0 and
1. The log-likelihood is concave, so Newton's steps from zero arrive, or go to infinity where the
outcome is told perfectly (separation).

The groups' effects make the matrix of second derivatives large but almost empty: a diagonal, one
block beside it. It is solved by that block, never written out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tradegains.formulas.least_squares import NO_VARIATION, CollinearError, pairs
from tradegains.formulas.linear_algebra import SingularError, solve

ENOUGH = 1e-12
"""A Newton decrement (about twice the log-likelihood still to gain) at which to stop."""


@dataclass(frozen=True)
class ScoreSums:
    """Sums over the rows of one group at the current index.

    Attributes:
        score: of the score.
        score_x: of score * x, one per regressor.
        curvature: of the curvature.
        curvature_x: of curvature * x, one per regressor.
        curvature_xx: of curvature * x * x', one per pair in the order of `least_squares.pairs`.
        log_likelihood: of the rows.
    """

    score: float
    score_x: tuple[float, ...]
    curvature: float
    curvature_x: tuple[float, ...]
    curvature_xx: tuple[float, ...]
    log_likelihood: float


@dataclass(frozen=True)
class NewtonStep:
    """A Newton step.

    Attributes:
        effects: change of each group's effect.
        coefficients: change of each coefficient.
        decrement: score times step: twice the gain that the quadratic promises.
    """

    effects: tuple[float, ...]
    coefficients: tuple[float, ...]
    decrement: float


def score_and_curvature(index: Any, hazard: Any, sign: Any) -> tuple[Any, Any]:
    """Score and curvature of a row; serves floats and Columns.

    Args:
        index: of the row.
        hazard: the normal hazard at -sign * index.
        sign: 1 where the outcome is one, else -1.

    Example:
        >>> from tradegains.formulas.normal import normal_hazard
        >>> score, curvature = score_and_curvature(0.0, normal_hazard(0.0), 1)
        >>> round(score, 6), round(curvature, 6)  # sqrt(2/pi) and 2/pi
        (0.797885, 0.63662)
    """
    score = sign * hazard
    return score, score * (score + index)


def newton_step(groups: Sequence[ScoreSums], regressors: Sequence[str]) -> NewtonStep:
    """The step that the sums of all groups ask for.

    Args:
        groups: sums by group, each with an effect of its own; one group is a constant.
        regressors: their names.

    Raises:
        CollinearError: naming the first regressor that the groups or the regressors before it
            determine.

    Example:
        >>> half = ScoreSums(0.5, (), 0.25, (), (), -1.0)
        >>> newton_step([half], []).effects
        (2.0,)
    """
    scores = [each.score for each in groups]
    summed = [math.fsum(each.score_x[j] for each in groups) for j in range(len(regressors))]
    effects, coefficients = solve_information(groups, scores, summed, regressors)
    decrement = math.fsum(
        [
            *(a * b for a, b in zip(scores, effects, strict=True)),
            *(a * b for a, b in zip(summed, coefficients, strict=True)),
        ]
    )
    return NewtonStep(tuple(effects), tuple(coefficients), decrement)


def solve_information(
    groups: Sequence[ScoreSums],
    effects: Sequence[float],
    coefficients: Sequence[float],
    regressors: Sequence[str],
) -> tuple[list[float], list[float]]:
    """The vector v with information * v = (effects, coefficients).

    Args:
        groups: the information by group.
        effects: right-hand side, one per group.
        coefficients: right-hand side, one per regressor.
        regressors: their names.

    Raises:
        CollinearError: as `newton_step`.

    Example:
        >>> groups = [ScoreSums(0.0, (0.0,), 4.0, (2.0,), (5.0,), 0.0)]
        >>> solve_information(groups, [6.0], [7.0], ["x"])  # 4 v + 2 w = 6 and 2 v + 5 w = 7
        ([1.0], [1.0])
    """
    size = len(regressors)
    reduced = reduced_information(groups, regressors)
    right = [
        coefficients[j]
        - math.fsum(
            each.curvature_x[j] * effect / each.curvature
            for each, effect in zip(groups, effects, strict=True)
        )
        for j in range(size)
    ]
    found = _solve(reduced, right, regressors)
    return [
        (effect - math.fsum(a * b for a, b in zip(each.curvature_x, found, strict=True)))
        / each.curvature
        for each, effect in zip(groups, effects, strict=True)
    ], found


def reduced_information(
    groups: Sequence[ScoreSums], regressors: Sequence[str]
) -> list[list[float]]:
    """Information of the coefficients once the groups' effects are accounted for.

    Its inverse is their variance.

    Raises:
        CollinearError: naming a regressor that does not vary within groups.

    Example:
        >>> reduced_information([ScoreSums(0.0, (0.0,), 4.0, (2.0,), (5.0,), 0.0)], ["x"])
        [[4.0]]
    """
    size = len(regressors)
    matrix = [[0.0] * size for _ in range(size)]
    for position, (i, j) in enumerate(pairs(size)):
        matrix[i][j] = matrix[j][i] = math.fsum(
            each.curvature_xx[position] - each.curvature_x[i] * each.curvature_x[j] / each.curvature
            for each in groups
        )
        whole = math.fsum(each.curvature_xx[position] for each in groups)
        if i == j and not matrix[i][i] > NO_VARIATION * whole:
            raise CollinearError(regressors[i], "does not vary within the absorbed effects")
    return matrix


def _solve(
    matrix: Sequence[Sequence[float]], right: Sequence[float], regressors: Sequence[str]
) -> list[float]:
    try:
        return solve(matrix, right)
    except SingularError as error:
        name = regressors[error.column]
        raise CollinearError(name, "is a combination of the regressors before it") from (error)


def coefficient_errors(groups: Sequence[ScoreSums], regressors: Sequence[str]) -> tuple[float, ...]:
    """Standard errors of the coefficients, from the inverse of the information.

    Raises:
        CollinearError: as `newton_step`.

    Example:
        >>> coefficient_errors([ScoreSums(0.0, (0.0,), 1.0, (0.0,), (4.0,), 0.0)], ["x"])
        (0.5,)
    """
    reduced = reduced_information(groups, regressors)
    size = range(len(regressors))
    return tuple(
        math.sqrt(_solve(reduced, [float(i == j) for i in size], regressors)[j]) for j in size
    )


@dataclass(frozen=True)
class Influence:
    """What an estimate moves by per unit of a row's score.

    Attributes:
        bases: by group, whatever the row's regressors.
        slopes: per unit of each regressor.
    """

    bases: tuple[float, ...]
    slopes: tuple[float, ...]


def influence_of(
    groups: Sequence[ScoreSums],
    effects: Sequence[float],
    coefficients: Sequence[float],
    regressors: Sequence[str],
) -> Influence:
    """The influence on a function of the estimates with this gradient.

    The sandwich's variance of the function is the sum of squares, over clusters, of the sums of
    score times influence.

    Args:
        groups: the information by group.
        effects: gradient by each group's effect.
        coefficients: gradient by each coefficient.
        regressors: their names.

    Raises:
        CollinearError: as `newton_step`.

    Example:
        >>> groups = [ScoreSums(0.0, (0.0,), 4.0, (2.0,), (5.0,), 0.0)]
        >>> influence_of(groups, [0.0], [1.0], ["x"])  # (x - 2/4) over what is left of x, 4
        Influence(bases=(-0.125,), slopes=(0.25,))

    Source: Huber (1967); White (1982), Econometrica 50.
    """
    bases, slopes = solve_information(groups, effects, coefficients, regressors)
    return Influence(tuple(bases), tuple(slopes))


def delta_error(
    influence: Influence, effects: Sequence[float], coefficients: Sequence[float]
) -> float:
    """Standard error of a function of the estimates, by the information.

    Args:
        influence: on the function, of `influence_of` with the same gradient.
        effects: gradient by each group's effect.
        coefficients: gradient by each coefficient.

    Example:
        >>> influence = influence_of([ScoreSums(0.0, (), 4.0, (), (), 0.0)], [1.0], [], [])
        >>> delta_error(influence, [1.0], [])
        0.5
    """
    gradient, moved = (*effects, *coefficients), (*influence.bases, *influence.slopes)
    return math.sqrt(math.fsum(a * b for a, b in zip(gradient, moved, strict=True)))
