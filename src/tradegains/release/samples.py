"""Samples: establishments of whom the evidence knows only whom they are among, and how many.

The rows of a regression are those with a tariff cut, in a quartile, with productivity at both ends;
a decomposition's are those with productivity in two years. The evidence has no cells of these. But
it has the cells of a larger group that they are among, and often of a smaller one that is among
them, and a published count. So what a sample rests on is judged by the worst that fits: the
enterprises with the most establishments first, and none of the largest amounts left.

Nested samples, and a sample and those it is among, differ by nobody or by enough: the numbers of
two that differ by a few would tell of these.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tradegains.release.cells import COLUMNS, EvidenceCells
from tradegains.release.groups import Members, SetName
from tradegains.release.holdings import Numbers, entries
from tradegains.release.judging import Backing
from tradegains.release.populations import unsafe
from tradegains.release.protection import DIFFERENCE
from tradegains.release.rules import WITHHOLD, Rules
from tradegains.release.subtraction import label
from tradegains.tables import working as w

NO_EVIDENCE, OTHER_EVIDENCE, GROUP = "no evidence", "other evidence", "group"
_OPEN = Backing(0, 0.0, 0.0, 0.0)

Taken = tuple[tuple[str, ...], int]
"""Part and number of a sample whose statistics leave."""


@dataclass(frozen=True)
class CountedSample:
    """Some establishments, of one year or of several together.

    Attributes:
        among: all whom they are among; years add up.
        count: how many they are.
        weights: amounts that they are weighted by; none where each counts once.
        inner: who is in it at least; nobody is known to be where it is None.
        part: which part of these, in words from coarse to fine; samples of parts of which neither
            is within the other are disjoint or cross.
    """

    among: tuple[Members, ...]
    count: int
    weights: tuple[str, ...] = ()
    inner: Members | None = None
    part: tuple[str, ...] = ()

    def may_nest(self, part: tuple[str, ...]) -> bool:
        """Whether a sample of another part may be in this one, or this one in it.

        Example:
            >>> CountedSample((), 12, part=("quartile_1",)).may_nest(("quartile_2",))
            False
        """
        shared = min(len(part), len(self.part))
        return part[:shared] == self.part[:shared]


@dataclass
class Samples:
    """Which samples' statistics may leave, in the order in which they are asked about.

    Attributes:
        cells: the evidence.
        rules: what they are judged by.
        told: a set in words.
        left: samples that left before, by the words for those they are among.
    """

    cells: EvidenceCells
    rules: Rules
    told: Callable[[SetName], str]
    left: Mapping[str, Sequence[Taken]] = field(default_factory=dict)
    fates: dict[CountedSample, tuple[str, Backing]] = field(default_factory=dict)
    taken: dict[tuple[Members, ...], set[Taken]] = field(default_factory=dict)
    _owned: dict[tuple[Members, ...], Numbers] = field(default_factory=dict)

    def judge(self, sample: CountedSample) -> tuple[str, Backing]:
        """Why statistics of a sample stay (empty: they leave), and what it rests on at least."""
        if sample not in self.fates:
            self.fates[sample] = self._judge(sample)
        return self.fates[sample]

    def _judge(self, sample: CountedSample) -> tuple[str, Backing]:
        if not all(self.cells.knows(each) for each in self._groups(sample)):
            return NO_EVIDENCE, _OPEN
        owned = self.owned(sample.among)
        if not 0 <= sample.count <= owned.sum():
            return OTHER_EVIDENCE, _OPEN
        backing = self.backing(sample)
        if not sample.count:
            is_told = self.rules.groups.zeros != WITHHOLD
            return ("" if is_told else GROUP), backing
        for each in self._backings(sample):
            if reason := unsafe(each, self.rules):
                return reason, each
        taken = self.taken.setdefault(sample.among, self._known(sample, int(owned.sum())))
        inner = {(sample.part, self._number(sample.inner))} if sample.inner else set()
        for part, other in sorted(taken | inner):
            apart = abs(other - sample.count) if sample.may_nest(part) else 0
            if 0 < apart < self.rules.differences.least:
                return DIFFERENCE, backing
        taken.add((sample.part, sample.count))
        return "", backing

    def _groups(self, sample: CountedSample) -> Iterable[Members]:
        return (*sample.among, *([sample.inner] if sample.inner else []))

    def _known(self, sample: CountedSample, whole: int) -> set[Taken]:
        """All whom it is among, and what left of these before."""
        return {((), whole), *self.left.get(self.words(sample.among), ())}

    def words(self, among: Sequence[Members]) -> str:
        """Whom samples are among, in words that are the same in every release."""
        return " and ".join(label(each, "establishments", self.told) for each in among)

    def said(self) -> list[dict[str, object]]:
        """What the ledger keeps: how many the samples were whose statistics left."""
        found: defaultdict[str, set[Taken]] = defaultdict(set)
        for sample, (reason, _) in self.fates.items():
            if not reason and sample.count:
                found[self.words(sample.among)].add((sample.part, sample.count))
        return [{"among": name, "samples": sorted(each)} for name, each in sorted(found.items())]

    # --- the worst that fits ----------------------------------------------------------------------

    def backing(self, sample: CountedSample) -> Backing:
        """What a sample rests on where each counts once, at least."""
        owned = self.owned(sample.among)
        contributors = fewest_contributors(owned, sample.count)
        if sample.inner is not None:
            inner = self.owned((sample.inner,))
            contributors = max(contributors, len(inner))
        first, second = (min(float(each), float(sample.count)) for each in [*owned[:2], 0, 0][:2])
        return Backing(contributors, float(sample.count), first, second)

    def _backings(self, sample: CountedSample) -> Iterable[Backing]:
        """Each counted once, and by every weight."""
        once = self.backing(sample)
        yield once
        for weight in sample.weights:
            for each in sample.among:
                total, first, second = self._weighed(sample, each, COLUMNS[weight])
                yield Backing(once.contributors, total, first, second)

    def _weighed(
        self, sample: CountedSample, among: Members, column: str
    ) -> tuple[float, float, float]:
        """The least total of a weight in a year, and its largest contributions at most."""
        year = self.cells.years[among.year]
        holdings, inside = year.holdings(column), self.cells.cells_of(among)
        whole = holdings.backing(inside)
        # Of which year those are who are missing nobody knows: all may be of this one.
        missing = int(self.owned(sample.among).sum()) - sample.count
        total = whole.total - largest_sum(self._parts(among, column), missing)
        if sample.inner is not None and sample.inner.year == among.year:
            total = max(total, holdings.backing(self.cells.cells_of(sample.inner)).total)
        return max(total, 0.0), whole.first, whole.second

    def _parts(self, among: Members, column: str) -> tuple[Numbers, Numbers]:
        """Sizes of contributions in descending order, and of how many establishments at most."""
        year, inside = self.cells.years[among.year], self.cells.cells_of(among)
        first, second = (year.alone[of(column)][inside] for of in (w.largest_of, w.second_of))
        rest = np.maximum(year.alone[w.size_of(column)][inside] - first - second, 0)
        times = np.divide(rest, second, out=np.zeros(len(rest)), where=second > 0)
        _, held, _ = entries(year.holdings(column).spread, inside)
        ones = [np.ones(len(each)) for each in (first, second)]
        values = np.concatenate([first, second, second, held]).astype(float)
        counts = np.concatenate([*ones, times, np.ones(len(held))])
        order = np.argsort(-values, kind="stable")
        return values[order], counts[order]

    def owned(self, among: tuple[Members, ...]) -> Numbers:
        """Establishments of each contributor, the most first.

        Of several years an enterprise may be the same in all: the one with the most establishments
        of a year goes with the one with the most of another.
        """
        if among not in self._owned:
            years = [self._owned_of_year(each) for each in among]
            together = np.zeros(max(map(len, years)))
            for each in years:
                together[: len(each)] += each
            self._owned[among] = together
        return self._owned[among]

    def _owned_of_year(self, among: Members) -> Numbers:
        holdings = self.cells.years[among.year].holdings(w.ESTABLISHMENTS)
        inside = self.cells.cells_of(among)
        who, held, _ = entries(holdings.spread, inside)
        several = np.bincount(np.unique(who, return_inverse=True)[1], held)
        alone = np.ones(int(holdings.alone[inside].sum()))
        found: Numbers = np.concatenate([np.sort(several)[::-1], alone])
        return found

    def _number(self, group: Members) -> int:
        return int(self.owned((group,)).sum())


def fewest_contributors(owned: Numbers, count: int) -> int:
    """How few contributors so many establishments can be of.

    Args:
        owned: establishments of each contributor, the most first.
        count: establishments, at most all of them.

    Example:
        >>> fewest_contributors(np.array([3.0, 2.0, 1.0, 1.0]), 6)
        3
    """
    return int(np.searchsorted(np.cumsum(owned), count)) + 1 if count > 0 else 0


def largest_sum(parts: tuple[Numbers, Numbers], count: int) -> float:
    """The most that so many establishments can hold together.

    Args:
        parts: sizes in descending order, and of how many establishments each is, in parts of one.
        count: establishments.

    Example:
        >>> largest_sum((np.array([9.0, 4.0, 1.0]), np.array([1.0, 2.5, 8.0])), 3)
        17.0
    """
    values, counts = parts
    before = np.cumsum(counts) - counts
    return float((values * np.clip(count - before, 0, counts)).sum())
