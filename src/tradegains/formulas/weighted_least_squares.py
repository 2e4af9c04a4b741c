"""Least squares of a few hundred rows, weighted, with errors that hold in small samples."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from tradegains.formulas.linear_algebra import SingularError, inverse, quadratic, sandwich


@dataclass(frozen=True)
class WeightedFit:
    """Coefficients, the constant first, and their covariance by HC3 or by leaving out groups.

    `covariance` is None where a row explains itself, so that nothing tells how far it is off.
    """

    coefficients: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...] | None

    def of_sum(self, weights: Sequence[float]) -> tuple[float, float | None]:
        """A weighted sum of the coefficients, and its standard error.

        Example:
            >>> WeightedFit((1.0, 2.0), ((4.0, 0.0), (0.0, 9.0))).of_sum([0.0, 2.0])
            (4.0, 6.0)
        """
        value = math.fsum(a * b for a, b in zip(weights, self.coefficients, strict=True))
        if self.covariance is None:
            return value, None
        return value, math.sqrt(max(quadratic(weights, self.covariance, weights), 0.0))


def weighted_fit(
    rows: Sequence[Sequence[float]], outcome: Sequence[float], weights: Sequence[float]
) -> WeightedFit:
    """The outcome on a constant and the rows' regressors.

    Args:
        rows: k regressors of each row.
        outcome: one per row.
        weights: one per row, > 0.

    Raises:
        SingularError: a regressor is a combination of those before it.

    Example:
        >>> fit = weighted_fit([[0.0], [1.0], [2.0], [4.0]], [1.0, 2.0, 4.0, 5.0], [1.0] * 4)
        >>> [round(each, 6) for each in fit.coefficients]
        [1.2, 1.028571]

    Source: MacKinnon and White (1985), Journal of Econometrics 29: errors with e / (1 - h).
    """
    design = [(1.0, *row) for row in rows]
    places = range(len(design[0]))
    bread = inverse(
        [
            [_sum(w * x[i] * x[j] for w, x in zip(weights, design, strict=True)) for j in places]
            for i in places
        ]
    )
    moments = [
        _sum(w * x[i] * y for w, x, y in zip(weights, design, outcome, strict=True)) for i in places
    ]
    found = [math.fsum(a * b for a, b in zip(row, moments, strict=True)) for row in bread]
    scores = []
    for w, x, y in zip(weights, design, outcome, strict=True):
        left = 1.0 - w * quadratic(x, bread, x)
        if left < _ALONE:
            return WeightedFit(tuple(found), None)
        residual = y - math.fsum(a * b for a, b in zip(x, found, strict=True))
        scores.append([w * residual / left * each for each in x])
    meat = [[_sum(s[i] * s[j] for s in scores) for j in places] for i in places]
    return WeightedFit(tuple(found), tuple(map(tuple, sandwich(bread, meat))))


def leaving_out_groups(
    rows: Sequence[Sequence[float]],
    outcome: Sequence[float],
    weights: Sequence[float],
    groups: Sequence[Hashable],
) -> WeightedFit:
    """The same coefficients, with the covariance of the cluster jackknife (CV3).

    Rows of a group may go together: each replicate is the fit without one of them. There is no
    covariance with one group, or where the rest cannot tell a regressor.

    Args:
        rows: as of `weighted_fit`.
        outcome: likewise.
        weights: likewise.
        groups: one per row.

    Raises:
        SingularError: a regressor is a combination of those before it.

    Example:
        >>> rows, outcome = [[0.0], [1.0], [2.0], [4.0]], [1.0, 2.0, 4.0, 5.0]
        >>> fit = leaving_out_groups(rows, outcome, [1.0] * 4, ["a", "a", "b", "b"])
        >>> round(fit.of_sum([0.0, 1.0])[1], 4)
        0.3743

    Source: MacKinnon, Nielsen and Webb (2023).
    """
    found = weighted_fit(rows, outcome, weights).coefficients
    names = list(dict.fromkeys(groups))
    if len(names) < 2:
        return WeightedFit(found, None)
    moved = []
    for name in names:
        kept = [place for place, group in enumerate(groups) if group != name]
        if len(kept) < len(found):
            return WeightedFit(found, None)
        try:
            without = weighted_fit(
                [rows[place] for place in kept],
                [outcome[place] for place in kept],
                [weights[place] for place in kept],
            ).coefficients
        except SingularError:
            return WeightedFit(found, None)
        moved.append([a - b for a, b in zip(without, found, strict=True)])
    factor, places = (len(names) - 1) / len(names), range(len(found))
    covariance = [[factor * _sum(m[i] * m[j] for m in moved) for j in places] for i in places]
    return WeightedFit(found, tuple(map(tuple, covariance)))


_ALONE = 1e-9
"""Share of a row's own influence that is left, below which the row explains itself."""
_sum = math.fsum
