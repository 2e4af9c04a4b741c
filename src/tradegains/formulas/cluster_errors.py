"""Errors of regressions where rows of a cluster go together: by leaving clusters out, and by t.

Decisions:
- The cluster jackknife CV3 is (G - 1) / G times the sum of (beta(g) - beta)^2, around the estimate
  itself and with no other factor, as in its source. It leaves out each cluster from the sums of
  products, effects and all, so that it is a regression without that cluster and no approximation.
- Tests and intervals take Student's t: with G - 1 degrees of freedom where errors are clustered,
  with n - K where they are robust. A maximum of likelihood without clusters takes the normal.

Source: MacKinnon, Nielsen and Webb (2023), "Cluster-robust inference: a guide to empirical
practice", Journal of Econometrics 232(2), 272-299.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tradegains.formulas.jackknife import jackknife_variance
from tradegains.formulas.least_squares import (
    BinaryPlaces,
    GroupSums,
    Within,
    group_products,
    sum_within,
)
from tradegains.formulas.student import student_tail, t_quantile


class Inference(NamedTuple):
    """Two-sided test that a number is 0, and an interval around it, in the number's unit."""

    p_value: float | None
    low: float | None
    high: float | None


def infer(
    value: float | None, error: float | None, degrees: int | None, *, level: float
) -> Inference:
    """Test and interval of an estimate.

    Args:
        value: the estimate; None where there is none.
        error: its standard error, likewise.
        degrees: of freedom of Student's t; None for the normal distribution.
        level: of the interval, in [0.5, 1).

    Returns:
        All None where the estimate or its error is missing; no p value where the error is 0.

    Example:
        >>> found = infer(1.0, 0.5, 21, level=0.95)
        >>> round(found.p_value, 4), round(found.low, 4), round(found.high, 4)
        (0.0586, -0.0398, 2.0398)
    """
    if value is None or error is None or (degrees is not None and degrees < 1):
        return Inference(None, None, None)
    reach = t_quantile(0.5 + level / 2.0, degrees) * error
    p_value = 2.0 * student_tail(abs(value) / error, degrees) if error else None
    return Inference(p_value, value - reach, value + reach)


def jackknife_errors(
    estimates: Sequence[float], replicates: Sequence[Sequence[float]]
) -> tuple[float, ...]:
    """Cluster jackknife CV3: standard error of each coefficient.

    Args:
        estimates: of all rows.
        replicates: the same without each cluster, two or more.

    Example:
        >>> jackknife_errors([3.0], [[4.0], [2.0]])
        (1.0,)

    Source: MacKinnon, Nielsen and Webb (2023).
    """
    return tuple(
        math.sqrt(jackknife_variance(value, [each[place] for each in replicates]))
        for place, value in enumerate(estimates)
    )


@dataclass(frozen=True)
class ClusterCells:
    """Sums of a sample by group of effects, and of each cluster's rows in them.

    Attributes:
        groups: sums of all rows, by group.
        parts: by cluster, the sums of its rows by group.
        places: of the sums.
        names: of the variables.
    """

    groups: Mapping[Any, GroupSums]
    parts: Mapping[Any, Mapping[Any, GroupSums]]
    places: BinaryPlaces
    names: Sequence[str]

    def clusters(self) -> list[Any]:
        """Clusters with a row in a group of two or more: a row that is alone tells nothing."""
        return [
            cluster
            for cluster, part in self.parts.items()
            if any(self.groups[group].rows > 1 for group in part)
        ]

    def without_each(self) -> Iterator[Within]:
        """Products within groups without one cluster after the other.

        Example:
            >>> rows = {"a": GroupSums(2, 2, (3,), (5,)), "b": GroupSums(1, 1, (3,), (9,))}
            >>> cells = ClusterCells({0: rows["a"] + rows["b"]}, {c: {0: s} for c, s in
            ...     rows.items()}, BinaryPlaces((0,), (0,)), ["x"])  # 1 and 2 of a, 3 of b
            >>> [each.product("x", "x") for each in cells.without_each()]
            [0.0, 0.5]
        """
        found = {group: group_products(sums, self.places) for group, sums in self.groups.items()}
        for cluster in self.clusters():
            rest = {group: self.groups[group] - part for group, part in self.parts[cluster].items()}
            groups = {group: sums for group, sums in {**self.groups, **rest}.items() if sums.weight}
            changed = {group: group_products(sums, self.places) for group, sums in rest.items()}
            products = [changed.get(group, found[group]) for group in groups]
            yield sum_within(list(groups.values()), products, self.places, self.names)
