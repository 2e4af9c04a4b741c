"""Who continues, enters and exits: status of an establishment in a window.

Decisions:
- Entrant and exiter follow from presence at the window's ends alone, under every rule.
- Continuing is presence at both ends and, by rule, domestic sales at both ends or presence in
  every calendar year between. An establishment present at both ends that fails the stricter rule
  neither entered nor exited: it gets a status of its own. So the statuses split the
  establishments of either end without remainder, and only the continuing set depends on the rule.
- An establishment absent at both ends has no status.
- Reactivation: an id absent for at most k calendar years between two years of presence counts as
  present in between, with no rows and so no employment there. An exit within the last k years of
  the census may still turn out to be such an absence.
- Successor links repair ids before matching. The year of a link is kept for the record and does
  not limit it: every row of the old id moves. Two ids may end in one (a merger, whose rows of one
  year the caller adds up); one id may not lead to two.

Source: Hsieh, Li, Ossa and Yang (2023), sections 2.1 and 3.1, figure 1 note (an exiter is present
at the start and absent at the end); Eurostat-OECD Manual on Business Demography Statistics (2007),
for reactivation within two years.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Generic, TypeVar

Identifier = TypeVar("Identifier", bound=Hashable)


class Status(StrEnum):
    """What became of an establishment between the two ends of a window."""

    CONTINUING = "continuing"
    ENTRANT = "entrant"
    EXITER = "exiter"
    PRESENT_NOT_CONTINUING = "present_at_both_ends_not_continuing"


class ContinuingRule(StrEnum):
    """What an establishment present at both ends must also fulfil to be continuing."""

    BOTH_ENDS = "both_ends"
    """Nothing more: the rule of the paper."""

    DOMESTIC_BOTH_ENDS = "domestic_both_ends"
    """Positive domestic sales at both ends: a variety sold at home at both, as in Feenstra."""

    EVERY_YEAR = "every_year"
    """Presence in every calendar year between."""


@dataclass(frozen=True)
class Presence:
    """Years in which an establishment has a valid row.

    Attributes:
        years: years of presence.
        domestic_years: those of them with positive domestic sales.
    """

    years: frozenset[int]
    domestic_years: frozenset[int] = frozenset()


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


def _fulfils(presence: Presence, start: int, end: int, rule: ContinuingRule) -> bool:
    if rule is ContinuingRule.BOTH_ENDS:
        return True
    if rule is ContinuingRule.DOMESTIC_BOTH_ENDS:
        return {start, end} <= presence.domestic_years
    return presence.years.issuperset(range(start, end + 1))


def window_status(
    presence: Presence, start: int, end: int, rule: ContinuingRule = ContinuingRule.BOTH_ENDS
) -> Status | None:
    """Status of an establishment in the window (start, end).

    Args:
        presence: years of presence, and of domestic sales.
        start: first year of the window.
        end: last year, after start.
        rule: what continuing asks for; entrants and exiters do not depend on it.

    Returns:
        The status; None where the establishment is absent at both ends.

    Raises:
        ValueError: the window does not end after it starts.

    Example:
        >>> print(window_status(Presence(frozenset({1988, 1996})), 1988, 1996))
        continuing
        >>> print(window_status(Presence(frozenset({1988, 1990})), 1988, 1996))
        exiter
    """
    if end <= start:
        raise ValueError("a window ends after it starts")
    at_start, at_end = start in presence.years, end in presence.years
    if at_start and at_end:
        fulfilled = _fulfils(presence, start, end, ContinuingRule(rule))
        return Status.CONTINUING if fulfilled else Status.PRESENT_NOT_CONTINUING
    if at_start:
        return Status.EXITER
    return Status.ENTRANT if at_end else None


def window_statuses(
    presences: Mapping[Identifier, Presence],
    start: int,
    end: int,
    rule: ContinuingRule = ContinuingRule.BOTH_ENDS,
) -> dict[Identifier, Status]:
    """Status by id of every establishment present at either end of the window.

    Example:
        >>> presences = {7: Presence(frozenset({1988})), 8: Presence(frozenset({1990}))}
        >>> {key: str(status) for key, status in window_statuses(presences, 1988, 1996).items()}
        {7: 'exiter'}
    """
    statuses = {key: window_status(value, start, end, rule) for key, value in presences.items()}
    return {key: status for key, status in statuses.items() if status is not None}


def bridge_absences(years: Collection[int], reactivation_years: int) -> frozenset[int]:
    """Years of presence with every inner absence of at most `reactivation_years` filled in.

    Args:
        years: years of presence.
        reactivation_years: k >= 0 [calendar years]; 2 is Eurostat-OECD practice.

    Example:
        >>> sorted(bridge_absences({1985, 1988, 1992}, 2))
        [1985, 1986, 1987, 1988, 1992]
    """
    if reactivation_years < 0:
        raise ValueError("a reactivation window has 0 years or more")
    bridged = set(years)
    for before, after in pairwise(sorted(bridged)):
        if after - before - 1 <= reactivation_years:
            bridged.update(range(before + 1, after))
    return frozenset(bridged)


def annual_statuses(
    years: Collection[int], census_years: Collection[int], *, reactivation_years: int = 0
) -> dict[tuple[int, int], Status]:
    """Status in each pair of consecutive census years in which the establishment has one.

    Args:
        years: years of presence.
        census_years: years the census covers.
        reactivation_years: absences of at most so many calendar years are no exit and entry.

    Returns:
        Status by pair of years, ascending; never `PRESENT_NOT_CONTINUING`.

    Example:
        >>> {pair: str(s) for pair, s in annual_statuses({1988, 1990}, range(1988, 1992)).items()}
        {(1988, 1989): 'exiter', (1989, 1990): 'entrant', (1990, 1991): 'exiter'}
    """
    presence = Presence(bridge_absences(years, reactivation_years))
    statuses = {
        (start, end): window_status(presence, start, end)
        for start, end in pairwise(sorted(set(census_years)))
    }
    return {pair: status for pair, status in statuses.items() if status is not None}


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
