"""Who starts to export: starter rates, and the probability that a tariff cut adds.

A probit gives an index; the cut's part of the index is its coefficient times the
establishment's own cut. What the cut did to one establishment is the probability with it minus
the probability without it, and the published figure is the mean over establishments: not the
probability at the mean index, which is larger.
"""

import math
from collections.abc import Iterable
from typing import Any

from tradegains.formulas.normal import normal_cdf


def starter_rate(starters: int, establishments: int) -> float | None:
    """Share of the establishments that never exported before which start to.

    Args:
        starters: those that start [establishments].
        establishments: all of them [establishments].

    Returns:
        A share in [0, 1]; None where there are no establishments.

    Raises:
        ValueError: not 0 <= starters <= establishments.

    Example:
        >>> starter_rate(2000, 5000)
        0.4

    Source: MT, "Trade Costs and the Export Decision".
    """
    if not 0 <= starters <= establishments:
        raise ValueError("starters must be between 0 and the number of establishments")
    return starters / establishments if establishments else None


def index_without_cut(index: Any, *, cut: Any, coefficient: Any) -> Any:
    """The probit's index of an establishment had its tariff not been cut; floats or Columns.

    Args:
        index: of the establishment, its own cut included.
        cut: the establishment's tariff cut [percentage points].
        coefficient: the probit's coefficient on the cut [per percentage point].

    Example:
        >>> index_without_cut(0.75, cut=5.0, coefficient=0.1)
        0.25

    Source: as `probability_due_to_cut`.
    """
    return index - coefficient * cut


def probability_due_to_cut(index: float, *, cut: float, coefficient: float) -> float:
    """Probability of starting to export with the tariff cut minus that without it.

    Args:
        index: the probit's index of the establishment, its own cut included.
        cut: the establishment's tariff cut [percentage points].
        coefficient: the probit's coefficient on the cut [per percentage point].

    Returns:
        A difference of probabilities in (-1, 1), with the sign of coefficient x cut.

    Example:
        >>> round(probability_due_to_cut(0.0, cut=5.0, coefficient=0.1), 6)  # Phi(0) - Phi(-.5)
        0.191462

    Source: MT, "Trade Costs and the Export Decision"; docs/melitz_trefler.md#export-entry.
    """
    without = index_without_cut(index, cut=cut, coefficient=coefficient)
    return normal_cdf(index) - normal_cdf(without)


def mean_probability_due_to_cut(
    establishments: Iterable[tuple[float, float]], *, coefficient: float
) -> float | None:
    """Mean over establishments of the probability due to the cut.

    Args:
        establishments: index and tariff cut of each [-, percentage points].
        coefficient: the probit's coefficient on the cut [per percentage point].

    Returns:
        A mean of differences of probabilities; None where there are no establishments.

    Example:
        >>> round(mean_probability_due_to_cut([(0.0, 5.0), (1.0, 0.0)], coefficient=0.1), 6)
        0.095731

    Source: as `probability_due_to_cut`.
    """
    effects = [
        probability_due_to_cut(index, cut=cut, coefficient=coefficient)
        for index, cut in establishments
    ]
    return math.fsum(effects) / len(effects) if effects else None


def top_to_bottom_ratio(top: float | None, bottom: float | None) -> float | None:
    """How many times more likely the top quartile is than the bottom quartile.

    Args:
        top: probability or rate of the top quartile.
        bottom: that of the bottom quartile.

    Returns:
        Their ratio; None where either is missing or the bottom is 0.

    Example:
        >>> round(top_to_bottom_ratio(0.6, 0.2), 6)
        3.0

    Source: MT, "Trade Costs and the Export Decision" ("three times more likely").
    """
    if top is None or bottom is None or bottom == 0.0:
        return None
    return top / bottom
