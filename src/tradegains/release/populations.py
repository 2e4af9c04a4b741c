"""Whether statistics of whole populations may leave: means, spreads, quantiles, coefficients.

Such a number is no sum, so no program tells what follows from several of them. A simple rule that
is stronger takes its place. Populations that leave cut everybody into *atoms*: establishments that
are in the same ones of them. Whatever follows from statistics of these populations, by whatever
addition and subtraction, is of a union of atoms; so every atom that is in one of them at all must
rest on enough contributors, and may not be dominated. Both rules of size hold for a union of sets
for which they hold, whoever has establishments in several.

Decisions:
- Populations are taken in their order, each if all atoms are safe with it. The first of two that
  differ by a few leaves, the second stays.
- Those of the whole economy cut each other, and so do those of an industry. What follows from an
  industry beside the others of its group is for `protection` to see: no statistic of a population
  leaves where its weight, or its employment, does not.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from tradegains.release.cells import COLUMNS, EvidenceCells
from tradegains.release.groups import Members, SetName
from tradegains.release.holdings import Holdings, Numbers
from tradegains.release.judging import CONTRIBUTORS, Backing, broken_rules
from tradegains.release.protection import DIFFERENCE, EARLIER
from tradegains.release.rules import Rules
from tradegains.release.subtraction import label
from tradegains.tables import working as w


class WeightedPopulation(NamedTuple):
    """Establishments as a whole, each counted once or by an amount."""

    members: Members
    weight: str = ""


@dataclass(frozen=True)
class Fate:
    """What became of a population: why its statistics stay (empty: they leave), and its backing."""

    reason: str
    backing: Backing


@dataclass(frozen=True)
class LeftPopulation:
    """A population of which statistics left before: in words, and what tells whether it changed.

    `population` is what it is in this study; None where this study has none by these words.
    """

    words: str
    digest: tuple[str, ...]
    population: WeightedPopulation | None = field(default=None, compare=False)


class Atoms:
    """Cells of a year by which of the populations taken so far they are in."""

    def __init__(self, holdings: Holdings, rules: Rules) -> None:
        """No population is taken yet."""
        self.holdings, self.rules = holdings, rules
        self.labels: Numbers = np.zeros(len(holdings), int)

    def take(self, cells: Numbers) -> str:
        """Take a population of these cells if every atom is safe with it; else why not."""
        if reason := unsafe(self.holdings.backing(cells), self.rules):
            return reason
        split = self._split(cells)
        is_inside = np.isin(np.arange(len(split)), cells)
        divided = np.intersect1d(self.labels[is_inside], self.labels[~is_inside])
        is_new = np.isin(self.labels, divided) & (self.labels > 0)
        is_new |= is_inside & (self.labels == 0)  # atoms that stay whole were judged
        if any(unsafe(each, self.rules) for each in self.atoms(split, is_new)):
            return DIFFERENCE
        self._cut(split)
        return ""

    def take_known(self, cells: Numbers) -> str:
        """The same of a population that left before: by whatever rules, it cuts what leaves now."""
        if reason := self.take(cells):
            self._cut(self._split(cells))
        return reason

    def _split(self, cells: Numbers) -> Numbers:
        split = self.labels * 2
        split[cells] += 1
        return split

    def _cut(self, split: Numbers) -> None:
        self.labels = np.unique(np.append(0, split), return_inverse=True)[1].ravel()[1:]

    def atoms(self, labels: Numbers, touched: Numbers) -> Iterator[Backing]:
        """What every atom rests on that has one of the cells that are touched."""
        for atom in np.unique(labels[touched]):
            yield self.holdings.backing(np.flatnonzero(labels == atom))


def unsafe(backing: Backing, rules: Rules) -> str:
    """The first rule that an atom breaks; empty where it breaks none, or nobody is in it.

    Example:
        >>> from tradegains.release.profiles import example_rules
        >>> unsafe(Backing(9, 9.0, 1.0, 1.0), example_rules("plain"))
        'contributors'
    """
    if 0 < backing.contributors < rules.differences.least:
        return CONTRIBUTORS
    return next(iter(broken_rules(backing, rules)), "")


@dataclass
class Populations:
    """Which populations' statistics may leave.

    Attributes:
        cells: the evidence.
        rules: what they are judged by.
        told: a set in words.
        choices: what else the numbers depend on: another choice is another number.
        fates: what became of each.
    """

    cells: EvidenceCells
    rules: Rules
    told: Callable[[SetName], str]
    choices: str = ""
    fates: dict[WeightedPopulation, Fate] = field(default_factory=dict)

    def decide(
        self,
        wanted: Iterable[WeightedPopulation],
        earlier: Sequence[LeftPopulation] = (),
        years_of_means: Collection[int] = (),
    ) -> None:
        """Decide on all of them; those that left before come first.

        Of `years_of_means` a mean over single industries has left, and nothing of one of them does.

        Nothing new of a year leaves where one of these has changed, or is not known any more: who
        kept its numbers would set the new ones beside them.
        """
        again = {each.population: each for each in earlier if each.population}
        families: defaultdict[tuple[object, ...], list[WeightedPopulation]] = defaultdict(list)
        for each in dict.fromkeys((*again, *wanted)):
            if self.cells.knows(each.members):
                families[self.family(each)].append(each)
        stays = {of_year(each.words) for each in earlier if not self.is_same(each)}
        for several in families.values():
            atoms = self.atoms(several[0])
            for each in several:
                inside = self.cells.cells_of(each.members)
                is_new = each not in again or not self.is_same(again[each])
                is_beside = of_year(self.words(each)) in stays
                of = each.members
                is_beside |= of.level == "industry4" and of.year in years_of_means
                if is_new:
                    reason = EARLIER if is_beside else atoms.take(inside)
                else:
                    reason = atoms.take_known(inside)
                self.fates[each] = Fate(reason, atoms.holdings.backing(inside))

    def is_same(self, known: LeftPopulation) -> bool:
        """Whether what left before is as it was."""
        population = known.population
        return population is not None and self.known(population) == known

    def atoms(self, population: WeightedPopulation) -> Atoms:
        """Where those that cut this one are taken."""
        return Atoms(self.holdings(population), self.rules)

    def family(self, population: WeightedPopulation) -> tuple[object, ...]:
        """Populations of a year, weight and industry: those that cut each other into atoms."""
        of = population.members
        return of.year, population.weight, of.level, of.industry, of.window

    def holdings(self, population: WeightedPopulation) -> Holdings:
        """Who holds what of the weight in the population's year."""
        column = COLUMNS.get(population.weight, w.ESTABLISHMENTS)
        return self.cells.years[population.members.year].holdings(column)

    def words(self, population: WeightedPopulation) -> str:
        """A population in words, the same in every release of the output."""
        return label(population.members, population.weight or "establishments", self.told)

    def known(self, population: WeightedPopulation) -> LeftPopulation:
        """What a later release is told of a population that leaves."""
        members = population.members
        inside = self.cells.cells_of(members)
        of_year = self.cells.years[members.year]
        sums = [
            str(int(of_year.holdings(column).values[inside].sum()))
            for column in (w.ESTABLISHMENTS, *COLUMNS.values())
        ]
        return LeftPopulation(self.words(population), (self.choices, *sums), population)

    def backing(self, population: WeightedPopulation) -> Backing:
        """What a population rests on."""
        return self.holdings(population).backing(self.cells.cells_of(population.members))

    def reason(self, population: WeightedPopulation) -> str | None:
        """Why statistics of a population stay; empty where they leave; None where it is unknown."""
        fate = self.fates.get(population)
        return None if fate is None else fate.reason

    @property
    def leaving(self) -> list[WeightedPopulation]:
        """Those whose statistics leave, in order."""
        return [each for each, fate in self.fates.items() if not fate.reason]


def said_of_population(population: WeightedPopulation, of: Populations) -> dict[str, Any]:
    """What the ledger keeps of a population of which something leaves."""
    known = of.known(population)
    return {
        "words": known.words,
        "digest": list(known.digest),
        "group": vars(population.members),
        "weight": population.weight,
    }


def left_population(said: Mapping[str, Any], of: Populations) -> LeftPopulation:
    """A population from what the ledger keeps, in words of this study."""
    population = WeightedPopulation(Members.of(said["group"]), said["weight"])
    words = label(population.members, said["weight"] or "establishments", of.told)
    is_here = of.cells.knows(population.members) and words == said["words"]
    return LeftPopulation(said["words"], tuple(said["digest"]), population if is_here else None)


def of_year(words: str) -> str:
    """The amount and year that the words for a population begin with."""
    return words.partition(",")[0]
