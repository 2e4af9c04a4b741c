"""Successor links: which id an establishment has at the end of its chain of ids.

Decision: links repair ids before matching. The year of a link is kept for the record and does not
limit it: every row of the old id moves. Two ids may end in one (a merger, whose rows of one year
the caller adds up); one id may not lead to two.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Identifier = TypeVar("Identifier", bound=Hashable)


@dataclass(frozen=True)
class SuccessorLink(Generic[Identifier]):
    """One id was replaced by another.

    Attributes:
        old: id that ends.
        new: id that goes on.
        year: year of the replacement.
    """

    old: Identifier
    new: Identifier
    year: int


class SuccessorError(ValueError):
    """Successor links that lead nowhere: `ids` are those concerned, in the order found."""

    def __init__(self, what: str, ids: Sequence[object]) -> None:
        self.ids = tuple(ids)
        super().__init__(f"{what}: {' -> '.join(map(str, ids))}")


def _successors(links: Iterable[SuccessorLink[Identifier]]) -> dict[Identifier, Identifier]:
    successors: dict[Identifier, Identifier] = {}
    for link in links:
        if successors.setdefault(link.old, link.new) != link.new:
            raise SuccessorError(
                "an id has two successors", (link.old, successors[link.old], link.new)
            )
    return successors


def _last_id(first: Identifier, successors: Mapping[Identifier, Identifier]) -> Identifier:
    last, chain = first, {first: 0}
    while last in successors:
        last = successors[last]
        if last in chain:
            cycle = list(chain)[chain[last] :]
            raise SuccessorError("successor links form a cycle", [*cycle, last])
        chain[last] = len(chain)
    return last


def resolve_successors(
    links: Iterable[SuccessorLink[Identifier]],
) -> dict[Identifier, Identifier]:
    """Last id of the chain that each replaced id starts.

    Args:
        links: in any order; the same link may come twice.

    Returns:
        Last id by old id; ids that were never replaced are not in it.

    Raises:
        SuccessorError: the links form a cycle, or one id has two successors; it names the ids.

    Example:
        >>> resolve_successors([SuccessorLink("a", "b", 1985), SuccessorLink("b", "c", 1990)])
        {'a': 'c', 'b': 'c'}
    """
    successors = _successors(links)
    return {old: _last_id(old, successors) for old in successors}
