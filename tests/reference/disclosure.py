"""Evidence for disclosure control: shares of the largest contributors and two sensitivity rules.

All rules read a cell through its total and its largest contributions, which must be at least 0
(take absolute values of anything that can be negative). A contributor is the enterprise where the
census names it, else the establishment: the caller adds up before it ranks. The rules without a
guard, `p_percent_sensitivity` and `dominance_sensitivity`, take floats or Columns.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


def top_share(total: float, largest: float) -> float | None:
    """Share of a cell's total that its largest contributors hold.

    Args:
        total: the cell's total [any unit], at least 0.
        largest: sum of the largest contributions [same unit].

    Returns:
        A share in [0, 1]; None where the total is 0.

    Example:
        >>> top_share(609.0, 303.0 + 203.0)
        0.8308702791461412
    """
    return largest / total if total > 0 else None


def p_ratio(total: float, first: float, second: float) -> float | None:
    """What the third and later contributors hold, over what the first holds.

    The second contributor, who knows its own value, can estimate the first's to within this
    proportion: the smaller, the more is disclosed.

    Args:
        total: the cell's total [any unit], at least 0.
        first: largest contribution [same unit].
        second: second largest contribution, 0 where there is none [same unit].

    Returns:
        A number >= 0; None where the largest contribution is 0.

    Example:
        >>> round(p_ratio(609.0, 303.0, 203.0), 6)
        0.339934

    Source: Hundepool et al. (2012), Statistical Disclosure Control, chapter 4.
    """
    return (total - first - second) / first if first > 0 else None


def p_percent_sensitivity(total: Any, first: Any, second: Any, *, p: float) -> Any:
    """Sensitivity of a cell under the p% rule; the cell may not be published where it is > 0.

    Args:
        total: the cell's total [any unit; float or Column].
        first: largest contribution [same unit].
        second: second largest contribution, 0 where there is none [same unit].
        p: the protection wanted, as a share: 0.15 for the 15% rule.

    Returns:
        p x first - (total - first - second) [same unit].

    Example:
        >>> round(p_percent_sensitivity(609.0, 303.0, 203.0, p=0.15), 2)
        -57.55

    Source: Statistics Canada, G-Confid, example ug01.
    """
    return p * first - (total - first - second)


def dominance_sensitivity(total: Any, largest: Any, *, k: float) -> Any:
    """Sensitivity of a cell under the (n, k) rule; the cell may not be published where it is > 0.

    Args:
        total: the cell's total [any unit; float or Column].
        largest: sum of the n largest contributions [same unit].
        k: the share the n largest may hold [percent], above 0 and at most 100.

    Returns:
        (100/k - 1) x largest - (total - largest) [same unit].

    Example:
        >>> round(dominance_sensitivity(609.0, 303.0 + 203.0, k=85.0), 6)
        -13.705882

    Source: as `p_percent_sensitivity`.
    """
    return (100.0 / k - 1.0) * largest - (total - largest)


@dataclass(frozen=True)
class Evidence:
    """What a published cell rests on; top1_share <= top2_share <= 1.

    contributors are counted with those that contribute 0; the shares and the p-ratio are None
    where nothing is contributed.
    """

    contributors: int
    total: float
    first: float
    second: float
    top1_share: float | None
    top2_share: float | None
    p_ratio: float | None


def evidence(contributions: Iterable[float]) -> Evidence:
    """Evidence for one cell from all its contributions.

    Args:
        contributions: one value per contributor, at least 0 [any unit].

    Returns:
        The cell's evidence.

    Raises:
        ValueError: a contribution is negative or not a number.

    Example:
        >>> evidence([103.0, 203.0, 303.0]).p_ratio
        0.33993399339933994

    Source: Hundepool et al. (2012), Statistical Disclosure Control, chapter 4.
    """
    ranked = sorted(contributions, reverse=True)
    if not all(value >= 0.0 for value in ranked):
        raise ValueError("contributions to a cell must be numbers of at least 0")
    total = math.fsum(ranked)
    first, second = (*ranked[:2], 0.0, 0.0)[:2]
    return Evidence(
        contributors=len(ranked),
        total=total,
        first=first,
        second=second,
        top1_share=top_share(total, first),
        top2_share=top_share(total, first + second),
        p_ratio=p_ratio(total, first, second),
    )
