"""Every sum behind what somebody wants to release, and which of them may leave.

Sums of a year and an amount are one problem: cells of other years are other contributions. Jobs
gained and lost between two years are one as well, since their difference is the change of
employment. Sales at home and exports each leave on their own, and sales only where both do: what
protects each of two then protects their sum.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from tradegains.release.cells import COLUMNS, ESTABLISHMENTS, EvidenceCells, units_of
from tradegains.release.groups import Members, SetName, Summed
from tradegains.release.holdings import Holdings
from tradegains.release.judging import Backing
from tradegains.release.protection import COUNT, VALUE, Earlier, Kind, SumSystem, Suppression
from tradegains.release.rules import Rules
from tradegains.tables import working as w

GAINED, LOST = "jobs_gained_in_", "jobs_lost_in_"


@dataclass(frozen=True)
class Judged:
    """What became of a sum: its value in units of the evidence, what it rests on, and why it stays.

    `reason` is empty where it leaves.
    """

    value: float
    backing: Backing
    reason: str


@dataclass
class Judgement:
    """Every sum judged, targets that are no sums, and what nothing could protect."""

    sums: dict[Summed, Judged] = field(default_factory=dict)
    differences: dict[str, Backing] = field(default_factory=dict)
    unprotected: list[str] = field(default_factory=list)


def judge_sums(
    cells: EvidenceCells,
    wanted: Mapping[Summed, float],
    rules: Rules,
    *,
    earlier: Mapping[str, tuple[Earlier, ...]],
    told: Callable[[SetName], str],
) -> Judgement:
    """Which of the sums may leave; sums that the evidence does not know are left out.

    Args:
        cells: the evidence.
        wanted: sums behind what is to be released, each with what it is worth to readers.
        rules: what they are judged by.
        earlier: what left before, by `label`; those this evidence knows are among `wanted`.
        told: a set in words.
    """
    found = Judgement()
    problems: defaultdict[tuple[int, str], list[Summed]] = defaultdict(list)
    for group, amount in sorted(wanted):
        if cells.knows(group):
            problems[group.year, _together(amount)].append((group, amount))
    for (year, amount), sums in sorted(problems.items()):
        asked = _SumsTogether(year, amount, sums, [label(*each, told) for each in sums])
        protection = _protection(cells, asked, wanted, rules=rules, earlier=earlier)
        _note(asked, protection, found)
    return found


def _together(amount: str) -> str:
    """The problem that an amount belongs to."""
    return amount.replace(LOST, GAINED)


@dataclass(frozen=True)
class _SumsTogether:
    """Sums of one problem, and their words."""

    year: int
    amount: str
    sums: Sequence[Summed]
    names: Sequence[str]


def _protection(
    cells: EvidenceCells,
    asked: _SumsTogether,
    wanted: Mapping[Summed, float],
    *,
    rules: Rules,
    earlier: Mapping[str, tuple[Earlier, ...]],
) -> Suppression:
    places = {group: cells.cells_of(group) for group, _ in asked.sums}
    holdings, inside, identities = _holdings(cells, asked.year, asked.amount, asked.sums, places)
    problem = SumSystem.of(holdings, asked.names, inside, identities=identities)
    kind: Kind = COUNT if asked.amount == ESTABLISHMENTS else VALUE
    worth = np.array([float(wanted[each]) for each in asked.sums])
    return Suppression(problem, rules, kind, earlier, worth=worth)


def _note(asked: _SumsTogether, protection: Suppression, found: Judgement) -> None:
    decision = protection.decide()
    for number, (each, name) in enumerate(zip(asked.sums, asked.names, strict=True)):
        value = float(protection.values[number])
        found.sums[each] = Judged(value, decision.backings[name], decision.closed.get(name, ""))
    found.differences |= decision.differences
    found.unprotected += decision.unprotected


def _holdings(
    cells: EvidenceCells,
    year: int,
    amount: str,
    sums: Sequence[Summed],
    places: Mapping[Members, np.ndarray],
) -> tuple[Holdings, list[np.ndarray], list[dict[int, float]]]:
    """Holdings of a problem, the cells of each sum, and what is known to stay as it is."""
    of_year = cells.years[year]
    if not amount.startswith(GAINED):
        column = COLUMNS.get(amount, w.ESTABLISHMENTS)
        return of_year.holdings(column), [places[group] for group, _ in sums], []
    pair = amount.removeprefix(GAINED)
    both = beside(of_year.holdings(w.jobs_gained(pair)), of_year.holdings(w.jobs_lost(pair)))
    count = len(of_year)
    inside = [places[group] + (count if each.startswith(LOST) else 0) for group, each in sums]
    # Employment at both ends tells gains less losses, of whomever it is published for.
    known = [
        {**dict.fromkeys(cell.tolist(), 1.0), **dict.fromkeys((cell + count).tolist(), -1.0)}
        for cell in places.values()
    ]
    return both, inside, known


def beside(one: Holdings, other: Holdings) -> Holdings:
    """Two amounts of the same contributors as cells beside each other."""
    return Holdings(
        np.concatenate([one.values, other.values]),
        np.concatenate([one.sizes, other.sizes]),
        np.concatenate([one.alone, other.alone]),
        np.concatenate([one.first, other.first]),
        np.concatenate([one.second, other.second]),
        sparse.hstack([one.spread, other.spread]).tocsc(),
        sparse.hstack([one.present, other.present]).tocsc(),
    )


def label(group: Members, amount: str, told: Callable[[SetName], str] = " ".join) -> str:
    """A sum in words, the same in every release of the same study.

    Example:
        >>> label(Members(1988, (("continuing", "post", "both_ends"),), (), "", "industry2", "01"),
        ...       "exports")
        'exports 1988, industry2 01, in continuing post both_ends'
    """
    counted = f" as in {group.window}" if group.window else ""
    return ", ".join(
        [
            f"{amount} {group.year}",
            f"{group.level} {group.industry}".strip() + counted,
            *(f"in {told(name)}" for name in group.inside),
            *(f"not in {told(name)}" for name in group.outside),
        ]
    )


def published_value(amount: str, value: float) -> float:
    """A sum of the evidence in the unit of the published tables."""
    return value / units_of(amount)
