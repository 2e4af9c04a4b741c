"""When a sum tells too much of one contributor, and how far an estimate of it must stay away."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Thresholds:
    """The rules, as numbers.

    Attributes:
        least: Contributors that a sum must have, at least.
        largest: How many of the largest contributors dominate, 1 or 2.
        share: The share [percent] above which they do.
        at_limit: True where exactly that share is too much as well.
        margin: How near [percent] nobody may come to the largest contributor: the p of "p percent".
    """

    least: int
    largest: int
    share: float
    at_limit: bool
    margin: float


def for_counts(thresholds: Thresholds) -> Thresholds:
    """Of counts, only the number of contributors matters."""
    return replace(thresholds, largest=1, share=100.0, at_limit=False, margin=0.0)


@dataclass(frozen=True)
class Need:
    """What must hold for a sum that is withheld.

    Attributes:
        distance: How far from its true value each end of what is known must be; 0 asks for nothing.
        hidden: True where the value must not be known exactly.
    """

    distance: float
    hidden: bool


def need(values: Iterable[int], thresholds: Thresholds) -> Need | None:
    """What protects a sum of these amounts, or None where it may be known.

    That contributors have nothing may be known: the rules of the attack release zeros.

    >>> rules = Thresholds(3, 1, 75.0, False, 10.0)
    >>> need([80, 10, 10], rules)
    Need(distance=6.666666666666657, hidden=True)
    >>> need([40, 30, 30], rules) is None
    True
    >>> need([40, 30], rules).hidden
    True
    """
    ordered = sorted((value for value in values), reverse=True)
    total = sum(ordered)
    if total == 0:
        return None
    few = len(ordered) < thresholds.least
    dominating = sum(ordered[: thresholds.largest])
    limit = thresholds.share / 100 * total
    dominated = total > 0 and (
        dominating >= limit if thresholds.at_limit else dominating > limit * (1 + 1e-12)
    )
    distance = 100 / thresholds.share * dominating - total if dominated else 0.0
    margin = _margin(ordered, thresholds, total)
    if not few and not dominated and margin <= 0:
        return None
    return Need(max(distance, margin, 0.0), hidden=few or dominated)


def need_before(
    values: dict[str, int],
    knows: str,
    thresholds: Thresholds,
    *,
    former: frozenset[str] = frozenset(),
) -> Need | None:
    """The same before the eyes of a contributor, who takes away what it holds itself.

    A former contributor did so when the sum left with it among the contributors.
    """
    others = {who: value for who, value in values.items() if who != knows}
    total = sum(others.values())
    if total == 0:
        return None
    first = max(others.values())
    distance = thresholds.margin / 100 * first - (total - first)
    few = len(others) + (knows in values or knows in former) < thresholds.least
    if distance <= 0 and not few:
        return None
    return Need(max(distance, 0.0), hidden=few)


def _margin(ordered: list[int], thresholds: Thresholds, total: int) -> float:
    first = ordered[0]
    second = ordered[1] if len(ordered) > 1 else 0
    return thresholds.margin / 100 * first - (total - first - second)
