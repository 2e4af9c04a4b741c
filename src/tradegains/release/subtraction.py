"""Every sum behind what somebody wants to release, and which of them may leave.

Sums of a year and an amount are one problem: cells of other years are other contributions. Jobs
gained and lost between two years are one as well, since their difference is the change of
employment. Sales at home and exports each leave on their own, and sales only where both do: what
protects each of two then protects their sum.

What years have in common (`links`):
- Who continues is counted alike at both ends. That number is taken for known in either year, or,
  where it is unsafe itself, both years are one problem.
- Jobs at both ends are sums of their own. Where they leave at both and are of the same
  establishments, gains less losses are known; where not, the losses stay, so that nobody gets from
  the one end to the other. A gain or loss that cannot be hidden beside known ends has them stay.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from scipy import sparse

from tradegains.formulas.fixed_point import USUAL_DECIMALS
from tradegains.release.cells import (
    COLUMNS,
    ESTABLISHMENTS,
    EvidenceCells,
    YearCells,
    units_of,
)
from tradegains.release.groups import RANKED, Members, SetName, Summed
from tradegains.release.holdings import Holdings, Numbers
from tradegains.release.judging import Backing, protection_level
from tradegains.release.links import CommonEnds
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
EMPLOYMENT = "employment"

Link = tuple[Members, Members]
"""Groups of two years that are the same establishments."""


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
    ends = CommonEnds.of(wanted)
    known = {
        each: worth for each, worth in _with_ends(wanted, ends).items() if cells.knows(each[0])
    }
    return _Problems(cells, known, rules, ends=ends, earlier=earlier, told=told).judged()


def _with_ends(wanted: Mapping[Summed, float], ends: CommonEnds) -> dict[Summed, float]:
    """The sums, and beside gains and losses the jobs of the same establishments at both ends."""
    found = dict(wanted)
    for (group, amount), worth in wanted.items():
        if amount.startswith((GAINED, LOST)):
            for each in _jobs_at_ends(group, ends):
                found.setdefault(each, worth)
    return found


def _jobs_at_ends(group: Members, ends: CommonEnds) -> list[Summed]:
    """Employment of who continues, as the first year knows them and as the last does."""
    other = ends.other_end(group)
    return [(each, EMPLOYMENT) for each in (group, other) if each is not None]


YearsTogether = tuple[int, ...]
"""Years whose sums of an amount are one problem."""


class _Problems:
    """The sums by amount and by years, decided so that what one says another knows."""

    def __init__(
        self,
        cells: EvidenceCells,
        wanted: Mapping[Summed, float],
        rules: Rules,
        *,
        ends: CommonEnds,
        earlier: Mapping[str, tuple[Earlier, ...]],
        told: Callable[[SetName], str],
    ) -> None:
        self.cells, self.wanted, self.rules = cells, wanted, rules
        self.ends, self.earlier, self.told = ends, earlier, told
        self.sums: defaultdict[str, defaultdict[int, list[Summed]]]
        self.sums = defaultdict(lambda: defaultdict(list))
        for group, amount in sorted(wanted):
            self.sums[_together(amount)][group.year].append((group, amount))
        self.found: dict[tuple[str, YearsTogether], Judgement] = {}
        self.stay: dict[Summed, float] = {}

    def judged(self) -> Judgement:
        """All of them."""
        for amount in sorted(self.sums, key=lambda each: each.startswith(GAINED)):
            if amount == ESTABLISHMENTS:
                self._judge_counts()
            elif not amount.startswith(GAINED):
                for year in sorted(self.sums[amount]):
                    self._judge(amount, (year,))
        for amount in self.sums:
            if amount.startswith(GAINED):
                for year in sorted(self.sums[amount]):
                    self._judge_flows(amount, year)
        made = Judgement(decimals=self.cells.decimals)
        for _, each in sorted(self.found.items()):
            made.sums |= each.sums
            made.differences |= each.differences
            made.unprotected += each.unprotected
        return made

    def _judge(self, amount: str, part: YearsTogether, known: Sequence[Link] = ()) -> Judgement:
        sums = [each for year in part for each in self.sums[amount][year]]
        together = SumsTogether(
            self.cells, part, amount, self.rules,
            sums=sums, wanted=self.wanted, told=self.told, links=known, stay=self.stay,
        )  # fmt: skip
        found = self.found[amount, part] = Judgement()
        together.judge(self.earlier, found)
        return found

    # --- counts -----------------------------------------------------------------------------------

    def _judge_counts(self) -> None:
        """Year by year; years whose common counts are unsafe, or cannot be known, together."""
        links = self._links()
        parts: dict[int, YearsTogether] = {year: (year,) for year in self.sums[ESTABLISHMENTS]}
        for one, other in links:
            if not self._is_safe(one):
                _join(parts, one.year, other.year)
        done: dict[YearsTogether, bool] = {}
        while True:
            for part in sorted(set(parts.values()) - done.keys()):
                done[part] = self._judge_part(part, links)
            further = [
                (one.year, other.year)
                for one, other in links
                if parts[one.year] != parts[other.year]
                and not (done[parts[one.year]] and done[parts[other.year]])
            ]
            if not further:
                break
            for both in further:
                _join(parts, *both)
        for part in done.keys() - set(parts.values()):
            del self.found[ESTABLISHMENTS, part]

    def _judge_part(self, part: YearsTogether, links: Sequence[Link]) -> bool:
        """Decide on some years; whether everything in them can be protected."""
        return not self._judge(ESTABLISHMENTS, part, links).unprotected

    def _links(self) -> list[Link]:
        sums = [each for of_year in self.sums[ESTABLISHMENTS].values() for each in of_year]
        years = self.sums[ESTABLISHMENTS].keys()
        return [
            pair
            for pair in self.ends.same_counts(sums)
            if all(each.year in years and self.cells.knows(each) for each in pair)
        ]

    def _is_safe(self, group: Members) -> bool:
        """Whether a count may be known."""
        holdings = self.cells.years[group.year].holdings(w.ESTABLISHMENTS)
        backing = holdings.backing(self.cells.cells_of(group))
        least = max(self.rules.contributors.least, self.rules.differences.least)
        return not 0 < backing.contributors < least

    # --- gains and losses -------------------------------------------------------------------------

    def _judge_flows(self, amount: str, year: int) -> None:
        """Gains and losses, with the jobs at both ends that have to stay for them."""
        groups = list(dict.fromkeys(group for group, _ in self.sums[amount][year]))
        while True:
            known = [group for group in groups if self._is_told(group, amount)]
            for group in groups:
                if group not in known:
                    self.stay[group, amount.replace(GAINED, LOST)] = self._apart(group, amount)
            found = self._judge(amount, (year,), [(group, group) for group in known])
            if not found.unprotected or not known:
                return
            self._have_ends_stay(known, amount)

    def _have_ends_stay(self, groups: Sequence[Members], amount: str) -> None:
        """Close the jobs at the later end, beside which gains or losses cannot be hidden."""
        again = set()
        for group in groups:
            for end in _jobs_at_ends(group, self.ends)[1:]:
                self.stay[end] = self._apart(group, amount)
                again.add(end[0].year)
        for year in sorted(again):
            self._judge(EMPLOYMENT, (year,))

    def _is_told(self, group: Members, amount: str) -> bool:
        """Whether jobs at both ends leave, and are those of the same establishments."""
        both = _jobs_at_ends(group, self.ends)
        if len(both) < 2 or any(self._reason(each) for each in both):
            return False
        return self._moved(group, amount) == 0

    def _reason(self, each: Summed) -> str:
        found = self.found.get((each[1], (each[0].year,)))
        judged = found.sums.get(each) if found else None
        return judged.reason if judged else "unknown"

    def _moved(self, group: Members, amount: str) -> float:
        """Jobs at the end of those who are counted in the group at one end and not at the other."""
        both = _jobs_at_ends(group, self.ends)
        if len(both) < 2 or not self.cells.knows(both[1][0]):
            return 0.0
        start, end = (self._value(each, w.EMPLOYMENT) for each, _ in both)
        pair = amount.removeprefix(GAINED)
        gained, lost = (
            self._value(group, column) for column in (w.jobs_gained(pair), w.jobs_lost(pair))
        )
        return start + gained - lost - end

    def _apart(self, group: Members, amount: str) -> float:
        """How far jobs at the ends of a group must be from what the other end tells of them."""
        levels = [abs(self._moved(group, amount)), 1.0]
        for each, _ in _jobs_at_ends(group, self.ends):
            if self.cells.knows(each):
                holdings = self.cells.years[each.year].holdings(w.EMPLOYMENT)
                backing = holdings.backing(self.cells.cells_of(each))
                levels.append(protection_level(backing, self.rules))
        return max(levels)

    def _value(self, group: Members, column: str) -> float:
        holdings = self.cells.years[group.year].holdings(column)
        return float(holdings.values[self.cells.cells_of(group)].sum())


def _join(parts: dict[int, YearsTogether], one: int, other: int) -> None:
    """Make the years of two parts one part."""
    both = tuple(sorted({*parts[one], *parts[other]}))
    parts |= dict.fromkeys(both, both)


def _together(amount: str) -> str:
    """The problem that an amount belongs to."""
    return amount.replace(LOST, GAINED)


class SumsTogether:
    """Sums of an amount in some years: those of industry groups first, then within each group.

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
        years: YearsTogether,
        amount: str,
        rules: Rules,
        *,
        sums: Sequence[Summed],
        wanted: Mapping[Summed, float],
        told: Callable[[SetName], str],
        links: Sequence[Link] = (),
        stay: Mapping[Summed, float] = MappingProxyType({}),
    ) -> None:
        """Find the cells of every sum.

        Args:
            cells: the evidence.
            years: whose sums they are.
            amount: what is added up; gains stand for losses as well.
            rules: what they are judged by.
            sums: what somebody wants to release.
            wanted: what each is worth to readers.
            told: a set in words.
            links: groups whose counts are the same; of flows, those whose net flow is known.
            stay: sums that stay in any case, and how far both ends must be from them.
        """
        self.cells, self.rules, self.wanted = cells, rules, wanted
        self.sums, self.names = list(sums), [label(*each, told) for each in sums]
        self.has_changed = False
        many_windows = len({group.window for group, _ in sums}) > 1
        self.is_crossed = many_windows or any(group.level == RANKED for group, _ in sums)
        self.kind: Kind = COUNT if amount == ESTABLISHMENTS else VALUE
        self.stay = {n: stay[each] for n, each in enumerate(self.sums) if each in stay}
        self.holdings, self.inside, self.known = _holdings(cells, years, amount, sums, links)
        self._chosen: tuple[Numbers, Numbers] | None = None

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
        stays = len(leave) < len(around)
        leave += self._others_around(here, around, found)
        within = self._suppression([*numbers, *leave], here, earlier, fixed=len(leave))
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

    def _others_around(self, here: Numbers, around: Sequence[int], found: Judgement) -> list[int]:
        """Sums that leave and have a part of the group that no sum of the group as a whole is."""
        looked_at = {self._part(n, here).tobytes() for n in around}
        others = []
        for n, (group, _) in enumerate(self.sums):
            judged = found.sums.get(self.sums[n])
            if group.level == FINE or judged is None or judged.reason:
                continue
            part = self._part(n, here)
            if len(part) and part.tobytes() not in looked_at:
                looked_at.add(part.tobytes())
                others.append(n)
        return others

    def _part(self, number: int, here: Numbers) -> Numbers:
        """Cells of a sum among some."""
        inside = self.inside[number]
        found: Numbers = inside[self._among(here)[inside]]
        return found

    def _among(self, here: Numbers) -> Numbers:
        """Which of all cells some are."""
        if self._chosen is None or self._chosen[0] is not here:
            marks = np.zeros(len(self.holdings), bool)
            marks[here] = True
            self._chosen = here, marks
        return self._chosen[1]

    def _suppression(
        self,
        numbers: Sequence[int],
        cells: Numbers,
        earlier: Mapping[str, tuple[Earlier, ...]],
        *,
        fixed: int = 0,
    ) -> Suppression:
        """The problem of some sums; the last `fixed` of them are known."""
        inside = [np.searchsorted(cells, self._part(n, cells)) for n in numbers]
        place = {int(cell): number for number, cell in enumerate(cells)}
        known = [
            {place[cell]: weight for cell, weight in each.items() if cell in place}
            for each in self.known
        ]
        names = [self.names[number] for number in numbers]
        system = SumSystem.of(self.holdings.among(cells), names, inside, identities=known)
        worth = np.array([float(self.wanted[self.sums[number]]) for number in numbers])
        last = range(len(numbers) - fixed, len(numbers))
        stay = {place: self.stay[n] for place, n in enumerate(numbers) if n in self.stay}
        made = Suppression(
            system, self.rules, self.kind, earlier, worth=worth, fixed=last, cells=cells, stay=stay
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
    years: YearsTogether,
    amount: str,
    sums: Sequence[Summed],
    links: Sequence[Link],
) -> tuple[Holdings, list[Numbers], list[dict[int, float]]]:
    """Holdings of a problem, the cells of each sum, and what is known to stay as it is."""
    if amount.startswith(GAINED):
        return _flows(cells.years[years[0]], cells, amount, sums, links)
    column = COLUMNS.get(amount, w.ESTABLISHMENTS)
    parts = [cells.years[year] for year in years]
    offset = dict(zip(years, np.cumsum([0, *map(len, parts)]).tolist(), strict=False))
    inside = [cells.cells_of(group) + offset[group.year] for group, _ in sums]
    known = [
        {
            place: 1.0 if each.year == pair[0].year else -1.0
            for each in pair
            if each.year in offset
            for place in (cells.cells_of(each) + offset[each.year]).tolist()
        }
        for pair in (links if amount == ESTABLISHMENTS else ())
    ]
    known = [each for each in known if each]
    return side_by_side([each.holdings(column) for each in parts]), inside, known


def _flows(
    of_year: YearCells,
    cells: EvidenceCells,
    amount: str,
    sums: Sequence[Summed],
    links: Sequence[Link],
) -> tuple[Holdings, list[Numbers], list[dict[int, float]]]:
    """The same of gains and losses, as cells beside each other."""
    pair = amount.removeprefix(GAINED)
    both = beside(of_year.holdings(w.jobs_gained(pair)), of_year.holdings(w.jobs_lost(pair)))
    count = len(of_year)
    inside = [
        cells.cells_of(group) + (count if each.startswith(LOST) else 0) for group, each in sums
    ]
    places = [cells.cells_of(group) for group, _ in links]
    known = [
        {**dict.fromkeys(cell.tolist(), 1.0), **dict.fromkeys((cell + count).tolist(), -1.0)}
        for cell in places
    ]
    return both, inside, known


def side_by_side(parts: Sequence[Holdings]) -> Holdings:
    """Holdings of several years as cells beside each other; contributors of each are its own."""
    if len(parts) == 1:
        return parts[0]
    columns = {
        name: np.concatenate([getattr(each, name) for each in parts])
        for name in ("values", "sizes", "alone", "first", "second")
    }
    return Holdings(
        **columns,
        spread=sparse.block_diag([each.spread for each in parts], format="csc"),
        present=sparse.block_diag([each.present for each in parts], format="csc"),
    )


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
