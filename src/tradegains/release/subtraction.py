"""Every sum behind what somebody wants to release, and which of them may leave.

Sums of a year and an amount are one problem: cells of other years are other contributions. Jobs
gained and lost between two years are one as well, since their difference is the change of
employment. Sales at home and exports each leave on their own, and sales only where both do: what
protects each of two then protects their sum.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from tradegains.formulas.fixed_point import USUAL_DECIMALS
from tradegains.release.cells import COLUMNS, ESTABLISHMENTS, EvidenceCells, units_of
from tradegains.release.groups import RANKED, Members, SetName, Summed
from tradegains.release.holdings import Holdings, Numbers
from tradegains.release.judging import Backing
from tradegains.release.protection import (
    COUNT,
    VALUE,
    Decision,
    Earlier,
    Kind,
    SumSystem,
    Suppression,
)
from tradegains.release.rules import Rules
from tradegains.tables import working as w

GroupKey = tuple[str, str]
"""A group of industries: the window whose industries count, and the group's code."""

FINE = "industry4"
MOST_TARGETS = 40
"""In one group of industries, beyond which all within it stays: each takes programs to protect."""

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
    """Every sum judged, targets that are no sums, and what nothing could protect.

    `decimals` are those that sums of money count to.
    """

    sums: dict[Summed, Judged] = field(default_factory=dict)
    differences: dict[str, Backing] = field(default_factory=dict)
    unprotected: list[str] = field(default_factory=list)
    decimals: int = USUAL_DECIMALS


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
    found = Judgement(decimals=cells.decimals)
    problems: defaultdict[tuple[int, str], list[Summed]] = defaultdict(list)
    for group, amount in sorted(wanted):
        if cells.knows(group):
            problems[group.year, _together(amount)].append((group, amount))
    for (year, amount), sums in sorted(problems.items()):
        together = SumsTogether(cells, year, amount, rules, sums=sums, wanted=wanted, told=told)
        together.judge(earlier, found)
    return found


def _together(amount: str) -> str:
    """The problem that an amount belongs to."""
    return amount.replace(LOST, GAINED)


class SumsTogether:
    """Sums of one year and amount: those of industry groups first, then within each group.

    Where every sum of a group of industries leaves, what is within it says nothing of others: each
    group is a problem of its own, in which the group's sums are known. Where one stays, all within
    that group stays, and so it does where a group has more targets than `MOST_TARGETS`. Sums that
    cross groups, of ranked industries or by the industry of several windows, leave none within.

    Two kinds of sums of industries are decided with those of groups: those that left in an earlier
    release, which everybody knows, and those of a group within which something cannot be protected
    beside the group's own sums, some of which must stay then.
    """

    def __init__(
        self,
        cells: EvidenceCells,
        year: int,
        amount: str,
        rules: Rules,
        *,
        sums: Sequence[Summed],
        wanted: Mapping[Summed, float],
        told: Callable[[SetName], str],
    ) -> None:
        """Find the cells of every sum."""
        self.cells, self.rules, self.wanted = cells, rules, wanted
        self.sums, self.names = list(sums), [label(*each, told) for each in sums]
        self.has_changed = False
        many_windows = len({group.window for group, _ in sums}) > 1
        self.is_crossed = many_windows or any(group.level == RANKED for group, _ in sums)
        self.kind: Kind = COUNT if amount == ESTABLISHMENTS else VALUE
        places = {group: cells.cells_of(group) for group, _ in sums}
        self.holdings, self.inside, self.known = _holdings(cells, year, amount, sums, places)

    def judge(self, earlier: Mapping[str, tuple[Earlier, ...]], found: Judgement) -> None:
        """Decide which leave; nothing new where one of them has left with another value."""
        self.has_changed = any(
            all(each.value != float(self.holdings.values[cells].sum()) for each in earlier[name])
            for name, cells in zip(self.names, self.inside, strict=True)
            if name in earlier
        )
        groups, joined = self._by_group(), set[GroupKey]()
        while True:
            made = Judgement()
            further = self._judge_levels(groups, joined, earlier, made)
            if not further:
                break
            joined |= further  # fewer are left apart each time: it ends
        found.sums |= made.sums
        found.differences |= made.differences
        found.unprotected += made.unprotected

    def _judge_levels(
        self,
        groups: Mapping[GroupKey, Sequence[int]],
        joined: Collection[GroupKey],
        earlier: Mapping[str, tuple[Earlier, ...]],
        found: Judgement,
    ) -> set[GroupKey]:
        """Decide on the sums of groups, with all within the joined ones; then within the others.

        Returns the groups within which something cannot be protected.
        """
        left = {n for n in range(len(self.sums)) if self._has_left(n, earlier)}
        apart = {n for key, numbers in groups.items() if key not in joined for n in numbers}
        coarse = [n for n in range(len(self.sums)) if n not in apart or n in left]
        above = self._suppression(coarse, np.arange(len(self.holdings)), earlier)
        self._note(coarse, above, above.decide(), found)
        if found.unprotected:
            return set()
        touched = above.moved_cells() if coarse else np.zeros(0, int)
        further = set()
        for key, numbers in groups.items():
            if key in joined:
                continue
            if not self._judge_within(numbers, touched, earlier, found):
                further.add(key)
        return further

    def _has_left(self, number: int, earlier: Mapping[str, tuple[Earlier, ...]]) -> bool:
        """Whether a sum has left before as it is now, and so leaves again."""
        before = earlier.get(self.names[number], ())
        value = float(self.holdings.values[self.inside[number]].sum())
        return any(each.value == value for each in before)

    def _by_group(self) -> dict[GroupKey, list[int]]:
        """Numbers of the sums within each group of industries."""
        groups: defaultdict[GroupKey, list[int]] = defaultdict(list)
        for number, (group, _) in enumerate(self.sums):
            if group.level == FINE:
                groups[group.window, group.industry[: self.cells.group_digits]].append(number)
        return groups

    def _judge_within(
        self,
        numbers: Sequence[int],
        touched: Numbers,
        earlier: Mapping[str, tuple[Earlier, ...]],
        found: Judgement,
    ) -> bool:
        """Decide on the sums within a group of industries; whether all of them can be protected."""
        here = np.unique(np.concatenate([self.inside[number] for number in numbers]))
        around = self._around(numbers)
        leave = [n for n in around if not found.sums[self.sums[n]].reason]
        within = self._suppression([*numbers, *leave], here, earlier, fixed=len(leave))
        stays = len(leave) < len(around)
        if stays or self.is_crossed or np.intersect1d(touched, here).size:
            decision = within.close_all_and_ask()
        else:
            decision = within.decide(MOST_TARGETS)
        if decision.unprotected:
            return False
        self._note(numbers, within, decision, found)
        return True

    def _around(self, numbers: Sequence[int]) -> list[int]:
        """Numbers of the sums of the group as a whole."""
        group = self.sums[numbers[0]][0]
        code = group.industry[: self.cells.group_digits]
        return [
            n
            for n, (each, _) in enumerate(self.sums)
            if each.level == "industry2" and each.industry == code and each.window == group.window
        ]

    def _suppression(
        self,
        numbers: Sequence[int],
        cells: Numbers,
        earlier: Mapping[str, tuple[Earlier, ...]],
        *,
        fixed: int = 0,
    ) -> Suppression:
        """The problem of some sums; the last `fixed` of them are known."""
        inside = [np.searchsorted(cells, np.intersect1d(self.inside[n], cells)) for n in numbers]
        place = {int(cell): number for number, cell in enumerate(cells)}
        known = [
            {place[cell]: weight for cell, weight in each.items() if cell in place}
            for each in self.known
        ]
        names = [self.names[number] for number in numbers]
        system = SumSystem.of(self.holdings.among(cells), names, inside, identities=known)
        worth = np.array([float(self.wanted[self.sums[number]]) for number in numbers])
        last = range(len(numbers) - fixed, len(numbers))
        made = Suppression(
            system, self.rules, self.kind, earlier, worth=worth, fixed=last, cells=cells
        )
        made.has_changed |= self.has_changed
        return made

    def _note(
        self, numbers: Sequence[int], made: Suppression, decision: Decision, found: Judgement
    ) -> None:
        for place, number in enumerate(numbers):
            name, value = self.names[number], float(made.values[place])
            reason = decision.closed.get(name, "")
            found.sums[self.sums[number]] = Judged(value, decision.backings[name], reason)
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


def published_value(amount: str, value: float, decimals: int) -> float:
    """A sum of the evidence in the unit of the published tables."""
    return value / units_of(amount, decimals)
