"""Standard errors and intervals in a release: whose squares they are made of.

The error of the jackknife is the root of a sum of squares, of how far a number moves without each
group of units. Where one unit has most of them, the error is that unit. So an error leaves with its
number, and where two rules hold as well:

- Of its own squares the largest two keep (n,k) and p percent. The evidence has those of groups, as
  a run found them. Who is in the largest may move the number by more than its group does, by what
  the others of the group move it the other way: for that twice what a group of the rest moves it,
  as the root of its mean square, is added.
- From errors of nested sums follow squares of what they differ by. So the sums behind errors of
  numbers of the same years, at whatever level, cut everybody into atoms (`populations`), and of
  each the squares keep the rules. Of most cells the evidence has the two largest and the sum: the
  others' squares are at least what they would be if all were alike.

Decision: where an atom does not keep them, the error of one number alone leaves of that year and
amount, the headline's gain first, if all behind it together keep them: an establishment that comes
may be larger than all others that do, and with one equation nobody finds it.

p percent is of the unit and not of its square: nobody may come nearer to it than that. The ends of
an interval of a quantile are values of single establishments: they stay.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import sparse

from tradegains.published.published_run import PublishedRun
from tradegains.release.cells import COLUMNS, ESTABLISHMENTS, EvidenceCells
from tradegains.release.described import POSITION_RULE
from tradegains.release.gate import GatedCell, GatedTable, SumsByColumn, error_columns
from tradegains.release.groups import Choices, Row, Summed
from tradegains.release.holdings import Holdings, Numbers, entries
from tradegains.release.judging import Backing, broken_rules
from tradegains.release.populations import (
    Atoms,
    Fate,
    LeftPopulation,
    Populations,
    WeightedPopulation,
    left_population,
    of_year,
    said_of_population,
    unsafe,
)
from tradegains.release.protection import DIFFERENCE, EARLIER
from tradegains.release.rules import Rules
from tradegains.release.samples import NO_EVIDENCE
from tradegains.release.subtraction import GAINED, LOST
from tradegains.tables import working as w
from tradegains.tables.columns import INTERVAL, REPLICATE_GROUPS
from tradegains.tables.published import TABLES
from tradegains.tables.table import Table

SQUARES, REPLICATES = "dominance_of_squares", "replicates"
FIRST, FORMULA = "welfare", "hloy"
MARGIN = 2.0
"""Times the root mean square of what a group of the others moves a number by."""

Key = tuple[object, ...]
Shares = Mapping[str, tuple[float, float]]


def rules_of_squares(rules: Rules) -> Rules:
    """The rules for squares: p percent of a unit is more of its square.

    Example:
        >>> from tradegains.release.profiles import example_rules
        >>> round(rules_of_squares(example_rules("plain")).prior_posterior.percent, 9)
        21.0
    """
    percent = rules.prior_posterior.percent
    of_square = 100 * ((1 + percent / 100) ** 2 - 1)
    return replace(rules, prior_posterior=replace(rules.prior_posterior, percent=of_square))


def backing_of_error(shares: tuple[float, float], groups: int, contributors: int) -> Backing:
    """What an error rests on at most: its squares together are 1.

    Args:
        shares: of the two groups that move the number the most.
        groups: that moved it or could have.
        contributors: behind the number.

    Example:
        >>> found = backing_of_error((0.25, 0.19), 75, 400)
        >>> round(found.first, 2), found.second
        (0.49, 0.19)
    """
    first, second = shares
    beside = MARGIN * math.sqrt(max(1 - first, 0.0) / groups)
    return Backing(contributors, 1.0, (math.sqrt(first) + beside) ** 2, second)


class SquaredHoldings(Holdings):
    """Squares of what contributors hold: of all the least there is, of the largest the most."""

    @cached_property
    def least(self) -> Numbers:
        """Of each cell, the least that the squares of who has no other add up to."""
        alone = self.sizes - np.asarray(self.spread.sum(axis=0)).ravel()
        rest = np.maximum(alone - self.first - self.second, 0.0)
        others = np.maximum(self.alone - 2, 1)
        found: Numbers = self.first**2 + self.second**2 + rest**2 / others
        return found

    def backing(self, cells: Numbers) -> Backing:
        """What the squares of some cells rest on."""
        return self.backing_of_part(cells, np.ones(self.spread.shape[0]))

    def backing_of_part(self, cells: Numbers, parts: Numbers) -> Backing:
        """The same of one of several parts, of which each spread contributor is in so many.

        Its square in this part is taken as many times: so much its square in all of them can be.
        """
        total, largest = float(self.least[cells].sum()), [self.first[cells] ** 2]
        largest.append(self.second[cells] ** 2)
        if self.present.nnz:
            who, held, _ = entries(self.spread, cells)
            squares = np.bincount(who, held, self.spread.shape[0]) ** 2
            total += float(squares.sum())
            largest.append(squares * parts)
        top = np.sort(np.concatenate([[0.0, 0.0], *largest]))
        count = super().backing(cells).contributors
        return Backing(count, total, float(top[-1]), float(top[-2]))


class SquaredAtoms(Atoms):
    """Atoms of squares: whose further cut puts somebody into more of them, all are seen again."""

    holdings: SquaredHoldings

    def atoms(self, labels: Numbers, touched: Numbers) -> Iterator[Backing]:
        """What every atom rests on that has a cell that is touched, or one of who is in more."""
        parts = self._parts(labels)
        who = np.flatnonzero(parts != self._parts(self.labels))
        again = np.asarray(self.holdings.present[who].sum(axis=0)).ravel() > 0
        for atom in np.unique(labels[(touched | again) & (labels > 0)]):
            yield self.holdings.backing_of_part(np.flatnonzero(labels == atom), parts)

    def _parts(self, labels: Numbers) -> Numbers:
        """In how many atoms each spread contributor is."""
        found, places = np.unique(labels, return_inverse=True)
        count = len(labels)
        shape = (count, len(found))
        onto = sparse.csc_matrix((np.ones(count), (np.arange(count), places.ravel())), shape=shape)
        inside = (self.holdings.present @ onto).tocsc()[:, found > 0]
        number: Numbers = np.asarray((inside > 0).sum(axis=1)).ravel()
        return number


Family = tuple[int, str]
"""A year and an amount."""


@dataclass(frozen=True)
class AskedNumber:
    """A number whose error is asked for: its name, the same in every release, and whose sums."""

    name: str
    populations: tuple[WeightedPopulation, ...]

    @property
    def years(self) -> tuple[int, ...]:
        """Of which its sums are."""
        return tuple(sorted({each.members.year for each in self.populations}))


@dataclass
class SquaredPopulations(Populations):
    """Populations of whose sums errors leave; all of a year and an amount cut each other.

    Attributes:
        alone: families of which the error of one number leaves and of no other.
    """

    alone: dict[Family, AskedNumber] = field(default_factory=dict)
    verdicts: dict[AskedNumber, Fate] = field(default_factory=dict)
    _atoms: dict[Family, SquaredAtoms] = field(default_factory=dict)
    _known: dict[tuple[WeightedPopulation, ...], Fate] = field(default_factory=dict)
    _stay: set[str] = field(default_factory=set)

    def know(self, earlier: Iterable[Mapping[str, Any]]) -> None:
        """Take what left before, as it was; of a year with something changed nothing new leaves."""
        for said in earlier:
            for each in said["populations"]:
                self._know_again(left_population(each, self))
            for number in said["alone"]:
                told = [left_population(each, self) for each in number["populations"]]
                self._stay |= {of_year(each.words) for each in told if not self.is_same(each)}
                known = tuple(each.population for each in told if each.population)
                if known:
                    self.alone[self.family(known[0])] = AskedNumber(number["number"], known)

    def _know_again(self, known: LeftPopulation) -> None:
        if not known.population or not self.is_same(known):
            self._stay.add(of_year(known.words))
            return
        inside = self.cells.cells_of(known.population.members)
        reason = self.atoms(known.population).take_known(inside)
        self.fates[known.population] = Fate(reason, self.backing(known.population))

    def ask(self, number: AskedNumber) -> Fate:
        """Whether the error of a number leaves: with all of its populations, or none is taken."""
        if number not in self.verdicts:
            known = self._known.get(number.populations)
            self.verdicts[number] = known or self._ask_all(number)
        return self.verdicts[number]

    def _ask_all(self, number: AskedNumber) -> Fate:
        """The same where no other number has been of these: what stays leaves no trace."""
        before = {name: each.labels for name, each in self._atoms.items()}
        alone = dict(self.alone)
        fate = self._ask(number)
        if fate.reason:
            self.alone = alone
            for name, each in self._atoms.items():
                each.labels = before.get(name, np.zeros(len(each.labels), int))
        for one in number.populations:
            if not fate.reason or one not in self.fates:
                self.fates[one] = Fate(fate.reason, self.backing(one))
        if all(self.family(one) not in self.alone for one in number.populations):
            self._known[number.populations] = fate
        return fate

    def _ask(self, number: AskedNumber) -> Fate:
        by_family: dict[Family, list[WeightedPopulation]] = {}
        for each in number.populations:
            by_family.setdefault(self.family(each), []).append(each)
        weakest = self.backing(number.populations[0])
        for family, several in by_family.items():
            if (
                not all(map(self._leaves, several))
                and of_year(self.words(several[0])) in self._stay
            ):
                return Fate(EARLIER, weakest)
            if reason := self._take(family, number, several):
                return Fate(reason, weakest)
        return Fate("", weakest)

    def _take(
        self, family: Family, number: AskedNumber, several: Sequence[WeightedPopulation]
    ) -> str:
        """Take the populations of a family, or all of them together for one number alone."""
        if family in self.alone:
            return "" if self.alone[family].name == number.name else DIFFERENCE
        atoms = self.atoms(several[0])
        before = atoms.labels
        places = [self.cells.cells_of(each.members) for each in several]
        new = [place for each, place in zip(several, places, strict=True) if not self._leaves(each)]
        reasons = (atoms.take(each) for each in new)
        reason = next((each for each in reasons if each), "")
        if reason:
            if before.any():
                return DIFFERENCE if reason == DIFFERENCE else SQUARES
            together = atoms.holdings.backing(np.unique(np.concatenate(places)))
            if unsafe(together, self.rules):
                return SQUARES
            self.alone[family] = AskedNumber(number.name, tuple(several))
        return ""

    def _leaves(self, population: WeightedPopulation) -> bool:
        """Whether it was taken before."""
        return population in self.fates and not self.fates[population].reason

    def said_alone(self) -> list[dict[str, Any]]:
        """What the ledger keeps of numbers whose error alone leaves."""
        return [
            {
                "number": each.name,
                "populations": [said_of_population(one, self) for one in each.populations],
            }
            for each in self.alone.values()
        ]

    @property
    def leaving(self) -> list[WeightedPopulation]:
        """Those that were taken one by one."""
        found = super().leaving
        return [each for each in found if self.family(each) not in self.alone]

    def family(self, population: WeightedPopulation) -> Family:
        """Populations that cut each other."""
        return population.members.year, population.weight

    def holdings(self, population: WeightedPopulation) -> SquaredHoldings:
        """Squares of an amount in a year."""
        held = self.cells.years[population.members.year].holdings(_column(population.weight))
        names = (each.name for each in fields(held))
        return SquaredHoldings(**{name: getattr(held, name) for name in names})

    def atoms(self, population: WeightedPopulation) -> SquaredAtoms:
        """Where those that cut this one are taken."""
        family = self.family(population)
        if family not in self._atoms:
            self._atoms[family] = SquaredAtoms(self.holdings(population), self.rules)
        return self._atoms[family]

    def backing(self, population: WeightedPopulation) -> Backing:
        """What the squares of a population rest on."""
        inside = self.cells.cells_of(population.members)
        return self.atoms(population).holdings.backing(inside)


def is_of_contributors(run: PublishedRun) -> bool:
    """Whether a run's groups are of those who are judged: else of their squares nothing is known.

    Where industries were drawn, an error is made of their squares; where establishments were and
    the census names enterprises, of those of plants: an enterprise of many plants is much smaller
    by these than by its own, and hides nobody who has one.
    """
    columns = run.section("census").get("columns") or {}
    drawn = "enterprise" if "enterprise_id" in columns else "establishment"
    return run.section("uncertainty").get("unit") in ("enterprise", drawn)


def _column(amount: str) -> str:
    for start, column in ((GAINED, w.jobs_gained), (LOST, w.jobs_lost)):
        if amount.startswith(start):
            return column(amount.removeprefix(start))
    return COLUMNS.get(amount, w.ESTABLISHMENTS)


Years = tuple[int, ...]


@dataclass
class Errors:
    """Judges errors and intervals.

    Attributes:
        rules: for squares.
        shares: by table and key of a row, of each number the shares of the two largest groups.
        groups: of units, by the study.
        none_yet: populations of numbers of some years, before any is asked for.
        earlier: what left before, by years.
        by_years: populations of whose sums errors are asked for, by the years of the number.
    """

    rules: Rules
    shares: Mapping[str, Mapping[Key, Shares]]
    groups: int
    none_yet: Callable[[], SquaredPopulations]
    earlier: Mapping[Years, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    by_years: dict[Years, SquaredPopulations] = field(default_factory=dict)

    @staticmethod
    def of(
        run: PublishedRun,
        cells: EvidenceCells,
        choices: Choices,
        rules: Rules,
        *,
        ledger: Sequence[Mapping[str, Any]] = (),
    ) -> "Errors":
        """From the evidence of a run."""
        stated = run.section("uncertainty")
        drawn = " ".join(str(stated.get(name)) for name in ("unit", "groups", "salt"))
        squared = rules_of_squares(rules)
        known = cells.errors if is_of_contributors(run) else {}
        earlier: dict[Years, list[Mapping[str, Any]]] = {}
        for entry in ledger:
            for each in entry.get("errors", ()):
                earlier.setdefault(tuple(each["years"]), []).append(each)
        return Errors(
            squared,
            {name: _shares_by_key(name, rows) for name, rows in known.items()},
            int(stated.get("groups") or 1),
            partial(SquaredPopulations, cells, squared, choices.told, drawn),
            earlier,
        )

    def ask(self, number: AskedNumber) -> Fate:
        """Whether the error of a number leaves beside those of other numbers of its years."""
        if number.years not in self.by_years:
            made = self.by_years[number.years] = self.none_yet()
            made.know(self.earlier.get(number.years, ()))
        return self.by_years[number.years].ask(number)

    def said(self) -> list[dict[str, Any]]:
        """What the ledger keeps: of whose sums errors left, by the years of their numbers."""
        return [
            {
                "years": list(years),
                "populations": [said_of_population(one, each) for one in each.leaving],
                "alone": each.said_alone(),
            }
            for years, each in sorted(self.by_years.items())
        ]

    def gate(
        self,
        tables: Mapping[str, GatedTable],
        behind: Mapping[str, Sequence[SumsByColumn]],
        choices: Choices,
    ) -> dict[str, GatedTable]:
        """The tables with their errors judged: those of the headline first, of all before parts."""
        asked = {name: self._of_table(table, behind[name]) for name, table in tables.items()}
        for each in _in_order(tables, asked, choices):
            self.ask(each)
        return {
            name: replace(table, cells=tuple(self._told(table, asked[name])))
            for name, table in tables.items()
        }

    def _of_table(
        self, table: GatedTable, behind: Sequence[SumsByColumn]
    ) -> list[dict[str, "AskedError"]]:
        """By row and number, what its error rests on."""
        declared = TABLES[table.name]
        known = self.shares.get(table.name, {})
        return [
            {
                number: self._ask(
                    " ".join(map(str, (table.name, number, *_key(declared, row)))),
                    cells[number],
                    shares.get(number),
                    sums.get(number),
                )
                if row.get(str(declared.error_of(number)))
                else AskedError(cells[number].reason or REPLICATES)  # no group moves it
                for number in declared.uncertain
                if number in cells
            }
            for row, cells, sums in zip(table.before.to_pylist(), table.cells, behind, strict=True)
            for shares in (known.get(_key(declared, row), {}),)
        ]

    def _ask(
        self,
        name: str,
        number: GatedCell,
        shares: tuple[float, float] | None,
        sums: tuple[Summed, ...] | None,
    ) -> "AskedError":
        if number.reason:
            return AskedError(number.reason, number.backing)
        if shares is None or sums is None or number.backing is None:
            return AskedError(NO_EVIDENCE)
        backing = backing_of_error(shares, self.groups, number.backing.contributors)
        if broken_rules(backing, self.rules):
            return AskedError(SQUARES, backing)
        weights = ((group, "" if of == ESTABLISHMENTS else of) for group, of in sums)
        populations = tuple(WeightedPopulation(*each) for each in weights)
        return AskedError("", backing, AskedNumber(name, populations))

    def _told(
        self, table: GatedTable, asked: Sequence[Mapping[str, "AskedError"]]
    ) -> Iterator[Mapping[str, GatedCell]]:
        """The cells of each row with those of errors."""
        columns = error_columns(TABLES[table.name])
        for row, cells, of_row in zip(table.before.to_pylist(), table.cells, asked, strict=True):
            told = {name: self._verdict(each) for name, each in of_row.items()}
            errors = {
                column: told[number]
                for column, number in columns.items()
                if column in cells and number in told
            }
            if REPLICATE_GROUPS in cells and row[REPLICATE_GROUPS] != self.groups:
                # It tells how many units there are, and so do the ends beside the error: Student's
                # t, which they are apart by, is of so many groups.
                for each in (name for name in (REPLICATE_GROUPS, *INTERVAL) if name in cells):
                    known = errors.get(each, GatedCell(""))
                    errors[each] = known if known.reason else GatedCell(REPLICATES, known.backing)
            of_quantiles = (
                each for each in cells if each.endswith(INTERVAL) and each not in columns
            )
            yield {**cells, **errors, **dict.fromkeys(of_quantiles, GatedCell(POSITION_RULE))}

    def _verdict(self, asked: "AskedError") -> GatedCell:
        if asked.number:
            fate = self.ask(asked.number)
            if fate.reason:
                return GatedCell(fate.reason, fate.backing)
        return GatedCell(asked.reason, asked.backing)


@dataclass(frozen=True)
class AskedError:
    """Why an error stays, its number and its own squares seen, and of whose sums it is else."""

    reason: str
    backing: Backing | None = None
    number: AskedNumber | None = None


def _in_order(
    tables: Mapping[str, GatedTable],
    asked: Mapping[str, Sequence[Mapping[str, AskedError]]],
    choices: Choices,
) -> list[AskedNumber]:
    """Numbers whose errors are asked for: the headline's first, then those of all industries.

    A gain comes before the shares that it is made of, and of a row its first number.
    """
    windows = list(choices.windows)

    def place(row: Row) -> tuple[bool, bool, bool, bool, int]:
        window = row.get("window") or ""
        is_part = row.get("level", "total") != "total"
        number = windows.index(window) if window in windows else len(windows)
        is_other = row.get("formula", FORMULA) != FORMULA
        return not choices.is_headline(row), is_part, is_other, window not in windows, number

    every = [
        ((*place(row), name != FIRST, order), each.number)
        for name, of_table in asked.items()
        for row, of_row in zip(tables[name].before.to_pylist(), of_table, strict=True)
        for order, each in enumerate(of_row.values())
        if each.number
    ]
    return [each for _, each in sorted(every, key=lambda one: one[0])]


def _shares_by_key(name: str, rows: pa.Table) -> dict[Key, Shares]:
    """Of one published table, from the evidence."""
    declared = TABLES[name]
    numbers = [each for each in declared.uncertain if f"first_{each}" in rows.column_names]
    return {
        _key(declared, row): {
            each: (row[f"first_{each}"], row[f"second_{each}"])
            for each in numbers
            if row[f"first_{each}"]
        }
        for row in rows.to_pylist()
    }


def _key(declared: Table, row: Row) -> Key:
    return tuple(row.get(name) for name in declared.key)
