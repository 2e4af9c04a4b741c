"""Subtraction: which sums must stay so that what leaves gives back none that may not.

Everything that leaves is a function of *sums* over *cells*. An attacker knows the sums that are
open, which cells are empty, that amounts are not negative and, as a contributor, its own. What it
can infer of a sum that is closed is an interval, whose ends are two linear programs. The sum is
protected where both ends are at least its protection level away (`judging.protection_level`).

Decisions:
- A *target* is what must be protected: a sum that breaks a rule, and every difference of nested
  sums, every rest of a sum beyond disjoint ones in it, and every two disjoint sums that stay within
  one that leaves, that break one.
- Where a sum has left before with another value, nothing new leaves beside it: who kept the earlier
  numbers would solve both together. What has not changed leaves again.
- A *witness* of a target is a change of the cells that moves it by its level, leaves every open sum
  as it is and takes no cell below what the attacker knows to be there. Where there is none, the
  cheapest further sums are closed that make room for one: one linear program as well. A witness
  stays one when more is closed, so each is looked for once.
- A contributor knows more than an outsider only where a witness would take away what it holds: only
  then is it asked for a witness of its own.
- At the end each further sum is opened again, the most valuable first, if witnesses can do without.
Nothing is drawn: the same sums and rules close the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
from scipy import linalg, sparse

from tradegains.release.holdings import Holding, Holdings, Numbers, entries, holdings_of
from tradegains.release.judging import (
    CONTRIBUTORS,
    Backing,
    broken_rules,
    protection_level,
)
from tradegains.release.programs import SLACK, Known, Program, Witnesses
from tradegains.release.rules import RELEASE, Rules

COMPLEMENT, DIFFERENCE, EARLIER = "complement", "difference", "earlier"
VALUE: Final = "value"
COUNT: Final = "count"
Kind = Literal["value", "count"]


@dataclass(frozen=True)
class Sum:
    """A number that somebody wants to release: the sum over these cells."""

    name: str
    cells: frozenset[str]


@dataclass(frozen=True)
class Earlier:
    """A number that has left before under the same name, and what it rested on."""

    value: float
    contributors: int
    largest: float


@dataclass(frozen=True)
class Decision:
    """What may leave and what not.

    Attributes:
        open: names of the sums that leave.
        closed: the others, each with its reason: a rule, complement, difference or earlier.
        backings: what each sum rests on.
        unprotected: targets that nothing which could still be closed protects.
        differences: targets that are no sums, in words, with what they rest on.
    """

    open: frozenset[str]
    closed: Mapping[str, str]
    backings: Mapping[str, Backing]
    unprotected: tuple[str, ...] = ()
    differences: Mapping[str, Backing] = field(default_factory=dict)


def protect(
    holdings: Iterable[Holding],
    sums: Sequence[Sum],
    rules: Rules,
    *,
    kind: Kind = "value",
    identities: Sequence[Mapping[str, float]] = (),
    earlier: Mapping[str, Earlier | Sequence[Earlier]] | None = None,
) -> Decision:
    """Which sums may leave.

    Args:
        holdings: what each contributor holds in each cell, whole numbers.
        sums: what somebody wants to release.
        rules: what it is judged by.
        kind: value, or count, where every holding is 1.
        identities: by cell, the coefficients of sums that are known to be 0.
        earlier: what left before, by the names of sums.

    Example:
        >>> from tradegains.release.profiles import example_rules
        >>> few = [Holding("a", f"a{i}", 5) for i in range(3)]
        >>> many = [Holding("b", f"b{i}", 5) for i in range(30)]
        >>> wanted = [Sum(name, frozenset(name)) for name in ("a", "b", "ab")]
        >>> dict(protect([*few, *many], wanted, example_rules("plain")).closed)
        {'a': 'contributors', 'b': 'complement'}
    """
    given = list(holdings)
    names = sorted({each.cell for each in given})
    place = {name: number for number, name in enumerate(names)}
    inside = [[place[cell] for cell in each.cells if cell in place] for each in sums]
    known_zero = [
        {place[cell]: weight for cell, weight in each.items() if cell in place}
        for each in identities
    ]
    problem = SumSystem.of(
        holdings_of(given, names),
        [each.name for each in sums],
        [np.array(sorted(each), int) for each in inside],
        identities=known_zero,
    )
    before = {
        name: (each,) if isinstance(each, Earlier) else tuple(each)
        for name, each in (earlier or {}).items()
    }
    return Suppression(problem, rules, kind, before).decide()


@dataclass(frozen=True)
class SumSystem:
    """Sums over cells that no sum and no identity tells apart.

    Attributes:
        holdings: of the cells.
        names: of the sums.
        matrix: 1 where a sum has a cell; a row a sum.
        identities: coefficients of what is known to be 0; a row each.
        group_of: the cell that each of the cells it was made of is in now.
    """

    holdings: Holdings
    names: tuple[str, ...]
    matrix: sparse.csr_matrix
    identities: sparse.csr_matrix
    group_of: Numbers

    @staticmethod
    def of(
        holdings: Holdings,
        names: Sequence[str],
        cells: Sequence[Numbers],
        *,
        identities: Sequence[Mapping[int, float]] = (),
    ) -> "SumSystem":
        """From the places of the cells of each sum; cells in the same sums become one."""
        rows = np.repeat(np.arange(len(cells)), [len(each) for each in cells])
        columns = np.concatenate([*cells, np.zeros(0, int)]).astype(int)
        shape = (len(cells), len(holdings))
        matrix = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
        known = sparse.lil_matrix((len(identities), len(holdings)))
        for number, weights in enumerate(identities):
            for cell, weight in weights.items():
                known[number, cell] = weight
        both = sparse.vstack([matrix, known.tocsr()]).tocsc()
        both.sort_indices()
        kinds: dict[bytes, int] = {}
        group_of = np.zeros(len(holdings), int)
        for cell in range(len(holdings)):
            part = slice(both.indptr[cell], both.indptr[cell + 1])
            kind = both.indices[part].tobytes() + both.data[part].tobytes()
            group_of[cell] = kinds.setdefault(kind, len(kinds))
        firsts = np.unique(group_of, return_index=True)[1]
        return SumSystem(
            holdings.merged(group_of, len(kinds)),
            tuple(names),
            matrix[:, firsts].tocsr(),
            known.tocsr()[:, firsts],
            group_of,
        )

    @cached_property
    def shared(self) -> sparse.csr_matrix:
        """How many cells each two sums have in common."""
        return (self.matrix @ self.matrix.T).tocsr()

    def cells(self, number: int) -> Numbers:
        """Places of the cells of a sum."""
        found: Numbers = self.matrix.indices[
            self.matrix.indptr[number] : self.matrix.indptr[number + 1]
        ]
        return found


@dataclass(frozen=True)
class Target:
    """What must be protected: cells whose sum breaks a rule, named for people."""

    name: str
    cells: tuple[int, ...]
    backing: Backing


class Suppression:
    """One decision in the making: what is closed so far, and the witnesses found."""

    def __init__(
        self,
        problem: SumSystem,
        rules: Rules,
        kind: Kind,
        earlier: Mapping[str, tuple[Earlier, ...]],
        *,
        worth: Numbers | None = None,
        fixed: Iterable[int] = (),
        cells: Numbers | None = None,
        stay: Mapping[int, float] = MappingProxyType({}),
    ) -> None:
        """Judge every sum on its own.

        Args:
            problem: the sums.
            rules: what they are judged by.
            kind: value or count.
            earlier: what left before, by the names of sums.
            worth: what each sum is to readers; all the same without.
            fixed: numbers of sums that are known, whatever is decided here.
            cells: the caller's places of the cells that the sums were made of.
            stay: numbers of sums that stay in any case, and how far both ends must be from them.
        """
        self.problem, self.rules, self.kind = problem, rules, kind
        self.worth = np.ones(len(problem.names)) if worth is None else worth
        self.backings = [
            problem.holdings.backing(problem.cells(number)) for number in range(len(problem.names))
        ]
        self.values = problem.matrix @ problem.holdings.values
        self.largest = problem.holdings.largest
        self.closed: dict[int, str] = {}
        self.has_changed = False
        self.fixed: set[int] = set(fixed)
        self.places = cells
        self.witnesses = Witnesses[tuple[Target, int, int]](
            len(problem.holdings), problem.matrix.__matmul__
        )
        self.unprotected: dict[str, None] = {}
        self.apart: defaultdict[int, set[int]] = defaultdict(set)
        self.targets: dict[tuple[int, ...], Target] = {}
        self.looked_at: dict[bytes, Backing | None] = {}
        self.pairs: dict[tuple[int, int], Target | None] = {}
        self.stay = dict(stay)
        self.levels: dict[tuple[int, ...], float] = {}
        for number in range(len(problem.names)):
            if number not in self.fixed:
                self._judge(number, earlier)
        self._have_stay()

    def _have_stay(self) -> None:
        """Close what stays in any case: what it would tell lies outside of these sums."""
        for number, level in self.stay.items():
            cells = tuple(self.problem.cells(number).tolist())
            if cells and number not in self.fixed:  # what has left cannot stay
                self.closed.setdefault(number, COMPLEMENT)
                self.levels[cells] = level
                self._add(Target(self.problem.names[number], cells, self.backings[number]))

    @cached_property
    def by_contributor(self) -> sparse.csr_matrix:
        """What spread contributors hold, a row each."""
        return self.problem.holdings.spread.tocsr()

    @cached_property
    def program(self) -> Program:
        """The linear program of the sums."""
        problem = self.problem
        return Program(problem.matrix, problem.identities, whole=self.kind == COUNT)

    def close_all(self) -> Decision:
        """Nothing leaves but what is known."""
        reason = EARLIER if self.has_changed else COMPLEMENT
        for number in range(len(self.problem.names)):
            if number not in self.fixed:
                self.closed.setdefault(number, reason)
        return self._decision()

    def close_all_and_ask(self) -> Decision:
        """The same, and whether what is known leaves each sum that breaks a rule room enough.

        Of counts it is not asked: programs in whole numbers take minutes for them.
        """
        decision = self.close_all()
        if self.has_changed or self.kind == COUNT:
            return decision
        self._protect_all()
        return self._decision()

    def decide(self, most: int | None = None) -> Decision:
        """Close what must be closed, and open again what need not be.

        Args:
            most: targets beyond which everything stays.
        """
        if self.has_changed:
            return self.close_all()
        self._close_differences()
        for target in self._single_cells():
            self._add(target)
        if most is not None and len(self.targets) > most:
            return self.close_all_and_ask()
        while True:
            self._protect_all()
            found = self._further_targets()
            if not found:
                break
            for target in found:
                self._add(target)
        self._open_again()
        return self._decision()

    def moved_cells(self) -> Numbers:
        """The caller's places of cells that a witness moves."""
        moved = np.zeros(len(self.problem.holdings), bool)
        for each in self.witnesses.found.values():
            moved |= np.abs(each) > 0
        assert self.places is not None
        found: Numbers = self.places[moved[self.problem.group_of]]
        return found

    def _decision(self) -> Decision:
        names = self.problem.names
        closed = {names[number]: reason for number, reason in sorted(self.closed.items())}
        sums = {tuple(self.problem.cells(n).tolist()) for n in range(len(names))}
        return Decision(
            frozenset(names) - closed.keys(),
            closed,
            dict(zip(names, self.backings, strict=True)),
            tuple(self.unprotected),
            {each.name: each.backing for each in self.targets.values() if each.cells not in sums},
        )

    def _judge(self, number: int, earlier: Mapping[str, tuple[Earlier, ...]]) -> None:
        name, backing = self.problem.names[number], self.backings[number]
        before = earlier.get(name, ())
        if any(each.value == self.values[number] for each in before):
            self.fixed.add(number)
            return
        broken = self._broken(backing)
        if before:
            self.has_changed = True
        if broken:
            self.closed[number] = broken[0]
            self._add(Target(name, tuple(self.problem.cells(number).tolist()), backing))

    def _broken(self, backing: Backing) -> tuple[str, ...]:
        """The rules a sum breaks; of counts only that of contributors."""
        broken = broken_rules(backing, self.rules)
        if self.kind == COUNT:
            return tuple(each for each in broken if each == CONTRIBUTORS)
        return () if self._is_nothing(backing) else broken

    def _is_nothing(self, backing: Backing) -> bool:
        """Whether a group has nothing at all, which the rules let out: it is one of zeros."""
        return not backing.total and self.rules.groups.zeros == RELEASE

    def _add(self, target: Target) -> None:
        self.targets.setdefault(target.cells, target)

    # --- what must be protected -------------------------------------------------------------------

    def _close_differences(self) -> None:
        """Find nested sums whose difference breaks a rule; of two that are open the lesser stays.

        Both open would tell it exactly, so one of them must be closed whatever the programs say.
        """
        costs = self._costs()
        found = sorted(
            self._differences(), key=lambda each: (costs[list(each[1:])].min(), each[1:])
        )
        for target, small, large in found:
            reason = COMPLEMENT if target.cells in self.targets else DIFFERENCE
            self._add(target)
            self.apart[small].add(large)
            self.apart[large].add(small)
            one, other = sorted((small, large), key=lambda each: (costs[each], each))
            if self.closed.keys().isdisjoint((small, large)):
                if one in self.fixed:
                    one = other
                if one not in self.fixed:
                    self.closed[one] = reason

    def _differences(self) -> Iterator[tuple[Target, int, int]]:
        """Differences of nested sums that break a rule, each with the two sums."""
        matrix, names = self.problem.matrix, self.problem.names
        sizes = np.diff(matrix.indptr)
        shared = self.problem.shared.tocoo()
        is_nested = (shared.data == sizes[shared.row]) & (sizes[shared.row] < sizes[shared.col])
        for small, large in zip(shared.row[is_nested], shared.col[is_nested], strict=True):
            inner = self.problem.cells(small)
            rest = np.setdiff1d(self.problem.cells(large), inner, assume_unique=True)
            target = self._target(f"{names[large]} without {names[small]}", rest)
            if target is not None:
                yield target, int(small), int(large)

    def _single_cells(self) -> Iterator[Target]:
        """Cells, and pairs, that break a rule and that sums, by adding and taking away, tell."""
        may_leave = [n for n in range(len(self.problem.names)) if self._may_leave(n)]
        rows = sparse.vstack([self.problem.matrix[may_leave], self.problem.identities]).toarray()
        unsafe = [
            target
            for cell in range(len(self.problem.holdings))
            if (target := self._target("", np.array([cell])))
        ]
        if not unsafe or not len(rows):
            return
        wanted = np.zeros((len(unsafe), rows.shape[1]))
        wanted[np.arange(len(unsafe)), [target.cells[0] for target in unsafe]] = 1
        rest = untold(rows, wanted)
        is_told = np.abs(rest).max(axis=1, initial=0.0) < NOTHING
        for place in np.flatnonzero(is_told).tolist():
            if unsafe[place].cells not in self.targets:
                name = self._name_of(unsafe[place].cells[0], may_leave)
                yield replace(unsafe[place], name=name)
        hidden = np.flatnonzero(~is_told)
        for one, other in opposite(rest[hidden]):
            cells = np.array([unsafe[hidden[place]].cells[0] for place in (one, other)])
            both = self._target("", cells)
            if both is not None and both.cells not in self.targets:
                name = f"{self._name_of(int(cells[0]), may_leave)}, with another part"
                yield replace(both, name=name)

    def _name_of(self, cell: int, may_leave: Sequence[int]) -> str:
        """A cell by the smallest sum that has it; what only years have in common has none."""
        within = [n for n in may_leave if cell in self.problem.cells(n)]
        if not within:
            return f"a part of what years have in common ({cell})"
        smallest = min(within, key=lambda n: (len(self.problem.cells(n)), n))
        return f"a part of {self.problem.names[smallest]}"

    def _may_leave(self, number: int) -> bool:
        return self.closed.get(number, COMPLEMENT) in (COMPLEMENT, DIFFERENCE)

    def _target(self, name: str, cells: Numbers) -> Target | None:
        """The rest of a sum, where it breaks a rule; the same cells are looked at once."""
        key = cells.tobytes()
        if key not in self.looked_at:
            self.looked_at[key] = self._unsafe(cells)
        backing = self.looked_at[key]
        return None if backing is None else Target(name, tuple(cells.tolist()), backing)

    def _unsafe(self, cells: Numbers) -> Backing | None:
        """What cells rest on, where their sum breaks a rule or is of too few to differ by."""
        if self._is_plainly_safe(cells):
            return None
        backing = self.problem.holdings.backing(cells)
        few = 0 < backing.contributors < self.rules.differences.least
        is_told = self.kind == VALUE and self._is_nothing(backing)
        is_target = (few and not is_told) or bool(self._broken(backing))
        return backing if is_target else None

    def _is_plainly_safe(self, cells: Numbers) -> bool:
        """Whether cells would break no rule even if the two largest of all were in them."""
        held = self.problem.holdings
        alone = int(held.alone[cells].sum())
        if alone < self.rules.differences.least:
            return False
        worst = Backing(alone, float(held.sizes[cells].sum()), *self.largest)
        return not self._broken(worst)

    def _rests(self, opened: int | None = None) -> Iterator[Target]:
        """What open sums leave of an open one, that breaks a rule: it is known exactly.

        With `opened` only of those that have it within: the others leave the rests they left.
        """
        sizes, shared = np.diff(self.problem.matrix.indptr), self.problem.shared
        is_open = np.ones(len(sizes), bool)
        is_open[list(self.closed)] = False
        larges = np.flatnonzero(is_open & (sizes > 0))
        if opened is not None:
            part = slice(shared.indptr[opened], shared.indptr[opened + 1])
            around = shared.indices[part][shared.data[part] == sizes[opened]]
            larges = np.intersect1d(larges, around)
        for large in larges.tolist():
            part = slice(shared.indptr[large], shared.indptr[large + 1])
            near, common = shared.indices[part], shared.data[part]
            within = near[(common == sizes[near]) & is_open[near] & (sizes[near] < sizes[large])]
            for order in (within[np.argsort(-sizes[within], kind="stable")], within[::-1]):
                rest = self._without_disjoint(large, order)
                if rest is not None:
                    name = f"{self.problem.names[large]} without what leaves of it"
                    target = self._target(name, rest)
                    if target is not None:
                        yield target

    def _crossings(self, opened: int | None = None) -> Iterator[Target]:
        """What is in an open sum and in neither of two that cross in it, where all four leave.

        A set less two of its parts, and with what these have in common: of two rules for who
        continues and a restriction it is who keeps the one rule alone and is not restricted.
        """
        for target, numbers in self._crossed:
            if opened in (None, *numbers) and self.closed.keys().isdisjoint(numbers):
                yield target

    @cached_property
    def _crossed(self) -> list[tuple[Target, tuple[int, ...]]]:
        """All of these that break a rule, each with the sums that tell it."""
        count, names = len(self.problem.names), self.problem.names
        cells = [frozenset(self.problem.cells(n).tolist()) for n in range(count)]
        number_of = {each: n for n, each in reversed(list(enumerate(cells))) if each}
        shared = self.problem.shared
        found: dict[tuple[Target, tuple[int, ...]], None] = {}
        for large in number_of.values():
            near = shared.indices[shared.indptr[large] : shared.indptr[large + 1]].tolist()
            inner = sorted(n for n in near if cells[n] < cells[large])
            for place, one in enumerate(inner):
                for other in inner[place + 1 :]:
                    both = number_of.get(cells[one] & cells[other])
                    if both is None or both in (one, other):
                        continue
                    rest = np.array(sorted(cells[large] - cells[one] - cells[other]), int)
                    name = f"{names[large]} without {names[one]} and {names[other]}"
                    target = self._target(name, rest) if len(rest) else None
                    if target is not None:
                        found[target, (large, one, other, both)] = None
        return list(found)

    def _further_targets(self) -> list[Target]:
        """Rests and unions that are told by what leaves, and are no targets yet."""
        told = (*self._rests(), *self._unions(), *self._crossings())
        found = {each.cells: each for each in told}
        return [each for cells, each in found.items() if cells not in self.targets]

    def _unions(self, opened: int | None = None) -> Iterator[Target]:
        """Two disjoint sums that stay within one that leaves, which together break a rule.

        With `opened` only within that: what others have within was looked at before.
        """
        names, shared = self.problem.names, self.problem.shared
        stays = np.array(sorted(self.closed), int)
        leaves = np.setdiff1d(np.arange(len(names)), stays)
        if opened is not None:
            part = slice(shared.indptr[opened], shared.indptr[opened + 1])
            sizes = np.diff(self.problem.matrix.indptr)
            near = shared.indices[part]
            stays = np.intersect1d(stays, near[shared.data[part] == sizes[near]])
            leaves = np.array([opened])
        if not len(stays) or not len(leaves):
            return
        sizes = np.diff(self.problem.matrix.indptr)
        common = shared[stays].toarray()
        within = common[:, leaves] == sizes[stays][:, None]
        together = (within.astype(float) @ within.T > 0) & (common[:, stays] == 0)
        together &= self._may_be_unsafe[np.ix_(stays, stays)]
        for one, other in np.argwhere(np.triu(together, 1)).tolist():
            pair = int(stays[one]), int(stays[other])
            if pair not in self.pairs:
                cells = np.sort(np.concatenate([*map(self.problem.cells, pair)]))
                self.pairs[pair] = self._target(f"{names[pair[0]]} with {names[pair[1]]}", cells)
            target = self.pairs[pair]
            if target is not None:
                yield target

    @cached_property
    def _may_be_unsafe(self) -> Numbers:
        """Which pairs of disjoint sums might break a rule.

        If the two largest of all were in both, and if the largest of the one were of those of the
        other: a pair that keeps the rules under either keeps them.
        """
        held, rules = self.problem.holdings, self.rules
        alone, size = (self.problem.matrix @ each for each in (held.alone, held.sizes))
        own = np.array([(one.contributors, one.first, one.second) for one in self.backings], float)
        contributors, firsts, seconds = own.reshape(-1, 3).T
        least = max(rules.contributors.least, rules.differences.least)
        few = (alone[:, None] + alone < least) & (
            np.maximum(contributors[:, None], contributors) < least
        )
        if self.kind == COUNT:
            return np.asarray(few)
        total = size[:, None] + size
        of_all = self._enough(*self.largest)
        of_both = self._enough(firsts[:, None] + firsts, seconds[:, None] + seconds)
        return np.asarray(few | (total <= np.minimum(of_all, of_both) * (1 + 1e-9)))

    def _enough(self, first: Any, second: Any) -> Any:
        """The total beside which these two largest contributions keep both rules of size."""
        rules = self.rules
        largest = first + second * (rules.dominance.largest == 2)
        beside = first + second + rules.prior_posterior.percent / 100 * first
        return np.maximum(100 / rules.dominance.percent * largest, beside)

    def _without_disjoint(self, large: int, order: Numbers) -> Numbers | None:
        """Cells of a sum that are in none of some disjoint sums in it; None where none is left."""
        left = set(self.problem.cells(large).tolist())
        for each in order:
            cells = set(self.problem.cells(each).tolist())
            if cells <= left:
                left -= cells
        return np.array(sorted(left), int) if left else None

    # --- protecting it ----------------------------------------------------------------------------

    def _level(self, target: Target, direction: int = 1) -> float:
        """How far an end must be; below, no further than to where it can be."""
        if self.kind == COUNT:
            return 1.0
        least = self.levels.get(target.cells, 1.0)
        level = max(protection_level(target.backing, self.rules), least)
        return level if direction > 0 else min(level, self._room(target))

    def _room(self, target: Target, own: float = 0.0) -> float:
        """How far a witness can take a target down, of which somebody holds some itself.

        As far as to the least that it can be, less what a witness goes further than it is asked to.
        """
        held, cells = self.problem.holdings, list(target.cells)
        return (float((held.values - held.lowest)[cells].sum()) - own) / (1 + SLACK)

    def _protect_all(self) -> None:
        order = sorted(self.targets.values(), key=lambda each: (-self._level(each), each.name))
        for target in order:
            for direction in self._directions():
                self._protect(target, direction)

    def _directions(self) -> tuple[int, ...]:
        """Up and down; a count that can be another is not known exactly, whichever way."""
        return (1,) if self.kind == COUNT else (1, -1)

    def _protect(self, target: Target, direction: int) -> None:
        """A witness against an outsider, then against those contributors that see through it."""
        moved = self._witness(target, direction, None)
        if moved is not None and self.kind == VALUE:
            for each in self._seeing_through(moved):
                self._witness(target, direction, each)

    def _witness(
        self, target: Target, direction: int, attacker: "tuple[int, Attacker] | None"
    ) -> Numbers | None:
        """A witness, closing what it takes; None where nothing helps."""
        key = (target, direction, -1 if attacker is None else attacker[0])
        if key in self.witnesses:
            return self.witnesses[key]
        level = self._level(target, direction)
        if attacker is not None:
            level = self._level_for(target, attacker[1], direction)
        if level <= 0:
            return None
        known = self._known(None if attacker is None else attacker[1])
        found = self._found(known, target, direction * level)
        if found is None:
            cells = np.array(target.cells, int)
            change = direction * level
            found, closing = self.program.closing_witness(known, cells, change, self._costs())
            if found is None:
                self._give_up(target, direction)
                return None
            for number in closing:
                self.closed[number] = COMPLEMENT
        self.witnesses.add(key, found)
        return found

    def _found(self, known: Known, target: Target, change: float) -> Numbers | None:
        """A witness: one that another target has already, or a new one."""
        cells = np.array(target.cells, int)
        found = self.witnesses.reused(known, cells, change)
        return self.program.witness(known, cells, change) if found is None else found

    def _give_up(self, target: Target, direction: int) -> None:
        """No amount is below nothing: the lower end of a small total is where it can be."""
        self.unprotected.setdefault(target.name, None)

    def _known(self, attacker: "Attacker | None") -> Known:
        """What an attacker knows, as constraints on changes of the cells."""
        problem = self.problem
        lowest = problem.holdings.lowest - problem.holdings.values
        if self.kind == COUNT:
            lowest = -problem.holdings.values
        if attacker is not None:
            lowest = lowest.copy()
            lowest[list(attacker.cells)] += attacker.amounts
        closed = np.array(sorted(self.closed), int)
        at_least = 1 - self.values[closed] if self.kind == COUNT else None
        return Known(lowest, closed, np.array(sorted(self.fixed), int), at_least)

    def _costs(self) -> Numbers:
        """What closing a sum costs: its value, and a little for being a number at all."""
        values = np.abs(self.values)
        return np.asarray(self.worth * (values + max(float(values.max(initial=0.0)) * 1e-4, 1.0)))

    # --- contributors -----------------------------------------------------------------------------

    def _seeing_through(self, moved: Numbers) -> "list[tuple[int, Attacker]]":
        """Contributors who hold more in some cells than a witness leaves there."""
        held, left = self.problem.holdings, self.problem.holdings.sizes + moved
        found: list[tuple[int, Attacker]] = []
        for cell in np.flatnonzero(moved < 0):
            for rank, largest in enumerate((held.first[cell], held.second[cell])):
                if largest > left[cell] + 1e-6 * max(largest, 1.0):
                    found.append(
                        (2 * int(cell) + rank, Attacker((int(cell),), np.array([largest])))
                    )
        if held.spread.shape[0]:
            who, amounts, cells = entries(held.spread, np.flatnonzero(moved < 0))
            for number in np.unique(who[amounts - np.maximum(left[cells], 0) > 1e-6]):
                part = slice(*self.by_contributor.indptr[number : number + 2])
                attacker = Attacker(
                    tuple(self.by_contributor.indices[part].tolist()),
                    self.by_contributor.data[part],
                )
                found.append((2 * len(held) + int(number), attacker))
        return found

    def _level_for(self, target: Target, attacker: "Attacker", direction: int) -> float:
        """How far an end must be for a contributor: its own part it knows.

        (1 + p/100) times the largest of the others, above what it holds itself, must be possible.
        """
        cells = set(target.cells)
        own = sum(
            amount
            for cell, amount in zip(attacker.cells, attacker.amounts, strict=True)
            if cell in cells
        )
        backing = target.backing
        if backing.contributors <= 1 and own:
            return 0.0
        victim = backing.second if own and own >= backing.first else backing.first
        percent = self.rules.prior_posterior.percent / 100
        level = float(max(own + (1 + percent) * victim - backing.total, percent * victim))
        return level if direction > 0 else min(level, self._room(target, own))

    # --- opening again ----------------------------------------------------------------------------

    def _open_again(self) -> None:
        further = [
            n
            for n, reason in self.closed.items()
            if reason in (COMPLEMENT, DIFFERENCE) and n not in self.stay
        ]
        costs = self._costs()
        for number in sorted(further, key=lambda each: (-costs[each], each)):
            self._try_opening(number)

    def _try_opening(self, number: int) -> None:
        if not self.apart[number] <= self.closed.keys():
            return  # beside a sum that leaves it would tell a difference that must not be told
        reason = self.closed.pop(number)
        before = self.witnesses
        tolerance = 1e-6 * max(1.0, float(np.abs(self.values).max(initial=0.0)) * 1e-6)
        moving = before.moving(self.problem.cells(number), tolerance)
        self.witnesses = before.without(set(moving))
        told = dict(self.unprotected)
        if not self._all_still_have_witnesses(moving) or self._leaves_a_rest(number):
            self.closed[number] = reason
            self.witnesses, self.unprotected = before, told

    def _all_still_have_witnesses(self, keys: Sequence[tuple[Target, int, int]]) -> bool:
        for target, direction, _ in keys:
            if (target, direction, -1) in self.witnesses:
                continue
            known = self._known(None)
            level = self._level(target, direction)
            if level <= 0:
                continue
            found = self._found(known, target, direction * level)
            if found is None:
                return False
            self.witnesses.add((target, direction, -1), found)
        return all(self._holds_against_contributors(*key[:2]) for key in keys)

    def _holds_against_contributors(self, target: Target, direction: int) -> bool:
        if self.kind == COUNT:
            return True
        if (target, direction, -1) not in self.witnesses:
            return True
        for number, attacker in self._seeing_through(self.witnesses[target, direction, -1]):
            level = self._level_for(target, attacker, direction)
            if level <= 0 or (target, direction, number) in self.witnesses:
                continue
            found = self._found(self._known(attacker), target, direction * level)
            if found is None:
                return False
            self.witnesses.add((target, direction, number), found)
        return True

    def _leaves_a_rest(self, opened: int) -> bool:
        """Whether there is a rest or union that is no target, which opening this sum has made."""
        further = chain(self._rests(opened), self._unions(opened), self._crossings(opened))
        return any(each.cells not in self.targets for each in further)


NOTHING = 1e-6
"""Below which a number of a combination of zeros and ones is 0."""


def untold(rows: Numbers, wanted: Numbers) -> Numbers:
    """What combinations of rows leave of vectors; nothing where a vector is one.

    Example:
        >>> rows = np.array([[1.0, 1, 0], [0, 1, 0]])
        >>> np.abs(untold(rows, np.array([[1.0, 0, 0], [0, 0, 1]]))).max(axis=1) < NOTHING
        array([ True, False])
    """
    # A tenth of the time of the singular values, which tell the rank as well.
    basis, sizes, _ = linalg.qr(rows.T, mode="economic", pivoting=True, check_finite=False)
    size = np.abs(np.diag(sizes))
    basis = basis[:, size > 1e-9 * size.max(initial=0.0)]
    rest: Numbers = wanted - wanted @ basis @ basis.T
    return rest


def opposite(vectors: Numbers) -> Iterator[tuple[int, int]]:
    """Pairs of vectors that add up to nothing.

    Example:
        >>> list(opposite(np.array([[0.5, -0.5], [0.2, 0.1], [-0.5, 0.5]])))
        [(0, 2)]
    """
    signs = np.sqrt(np.arange(2.0, vectors.shape[1] + 2))
    told = vectors @ signs
    order = np.argsort(told)
    far = NOTHING * signs.sum()
    starts = np.searchsorted(told[order], -told - far)
    ends = np.searchsorted(told[order], -told + far)
    for one, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        for other in sorted(order[start:end].tolist()):
            if one < other and np.abs(vectors[one] + vectors[other]).max(initial=0.0) < NOTHING:
                yield one, other


@dataclass(frozen=True)
class Attacker:
    """A contributor: its cells and what it holds in them."""

    cells: tuple[int, ...]
    amounts: Numbers
