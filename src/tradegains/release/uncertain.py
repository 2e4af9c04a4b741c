"""Standard errors and intervals in a release: whose squares they are made of.

The error of the jackknife is the root of a sum of squares, of how far a number moves without each
group of units. Where one unit has most of them, the error is that unit. So an error leaves with its
number, and where two rules hold as well:

- Of its own squares the largest two keep (n,k) and p percent. The evidence has those of groups, as
  a run found them. Who is in the largest may move the number by more than its group does, by what
  the others of the group move it the other way: for that twice what a group of the rest moves it,
  as the root of its mean square, is added.
- From errors of nested sums follow squares of what they differ by. So the sums behind all errors of
  a year and an amount, at whatever level, cut everybody into atoms (`populations`), and of each the
  squares keep the rules. Of most cells the evidence has the two largest and the sum: the others'
  squares are at least what they would be if all were alike.

p percent is of the unit and not of its square: nobody may come nearer to it than that. The ends of
an interval of a quantile are values of single establishments: they stay.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from tradegains.published.published_run import PublishedRun
from tradegains.release.cells import COLUMNS, ESTABLISHMENTS, EvidenceCells
from tradegains.release.described import POSITION_RULE
from tradegains.release.gate import GatedCell, GatedTable, SumsByColumn, error_columns
from tradegains.release.groups import Choices, Row, Summed
from tradegains.release.holdings import Holdings, Numbers, entries
from tradegains.release.judging import DOMINANCE, PRIOR_POSTERIOR, Backing, broken_rules
from tradegains.release.populations import LeftPopulation, Populations, WeightedPopulation
from tradegains.release.rules import Rules
from tradegains.release.samples import GROUP, NO_EVIDENCE
from tradegains.release.subtraction import GAINED, LOST
from tradegains.tables import working as w
from tradegains.tables.columns import INTERVAL, REPLICATE_GROUPS
from tradegains.tables.published import TABLES
from tradegains.tables.table import Table

SQUARES, SIZES = "dominance_of_squares", (DOMINANCE, PRIOR_POSTERIOR)
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
    """Squares of what contributors hold: of all the least there is, of the largest the most.

    Of a contributor with several cells its squares in parts of them are taken as many times as it
    has cells: so much its square in all of these together can be, whatever union they make.
    """

    @cached_property
    def least(self) -> Numbers:
        """Of each cell, the least that the squares of who has no other add up to."""
        alone = self.sizes - np.asarray(self.spread.sum(axis=0)).ravel()
        rest = np.maximum(alone - self.first - self.second, 0.0)
        others = np.maximum(self.alone - 2, 1)
        found: Numbers = self.first**2 + self.second**2 + rest**2 / others
        return found

    @cached_property
    def cells_of_each(self) -> Numbers:
        """How many cells each spread contributor is in."""
        found: Numbers = np.asarray(self.present.sum(axis=1)).ravel()
        return found

    def backing(self, cells: Numbers) -> Backing:
        """What the squares of some cells rest on."""
        total, largest = float(self.least[cells].sum()), [self.first[cells] ** 2]
        largest.append(self.second[cells] ** 2)
        if self.present.nnz:
            who, held, _ = entries(self.spread, cells)
            squares = np.bincount(who, held, self.spread.shape[0]) ** 2
            total += float(squares.sum())
            largest.append(squares * self.cells_of_each)
        top = np.sort(np.concatenate([[0.0, 0.0], *largest]))
        count = super().backing(cells).contributors
        return Backing(count, total, float(top[-1]), float(top[-2]))


class SquaredPopulations(Populations):
    """Populations of whose sums errors leave; all of a year and an amount cut each other."""

    def family(self, population: WeightedPopulation) -> tuple[object, ...]:
        """Populations that cut each other."""
        return population.members.year, population.weight

    def holdings(self, population: WeightedPopulation) -> Holdings:
        """Squares of an amount in a year."""
        held = self.cells.years[population.members.year].holdings(_column(population.weight))
        return SquaredHoldings(**vars(held))


def _column(amount: str) -> str:
    for start, column in ((GAINED, w.jobs_gained), (LOST, w.jobs_lost)):
        if amount.startswith(start):
            return column(amount.removeprefix(start))
    return COLUMNS.get(amount, w.ESTABLISHMENTS)


@dataclass
class Errors:
    """Judges errors and intervals.

    Attributes:
        rules: for squares.
        shares: by table and key of a row, of each number the shares of the two largest groups.
        groups: of units, by the study.
        populations: of whose sums errors are asked for.
    """

    rules: Rules
    shares: Mapping[str, Mapping[Key, Shares]]
    groups: int
    populations: SquaredPopulations

    @staticmethod
    def of(run: PublishedRun, cells: EvidenceCells, choices: Choices, rules: Rules) -> "Errors":
        """From the evidence of a run."""
        stated = run.section("uncertainty")
        drawn = " ".join(str(stated.get(name)) for name in ("unit", "groups", "salt"))
        squared = rules_of_squares(rules)
        # Where industries were drawn, an error is made of their squares, of which nothing is known.
        is_of_units = stated.get("unit") in ("establishment", "enterprise")
        known = cells.errors if is_of_units else {}
        return Errors(
            squared,
            {name: _shares_by_key(name, rows) for name, rows in known.items()},
            int(stated.get("groups") or 1),
            SquaredPopulations(cells, squared, choices.told, drawn),
        )

    def gate(
        self,
        tables: Mapping[str, GatedTable],
        behind: Mapping[str, Sequence[SumsByColumn]],
        choices: Choices,
        earlier: Sequence[LeftPopulation],
    ) -> dict[str, GatedTable]:
        """The tables with their errors judged: those of the headline first, of all before parts."""
        asked = {name: self._of_table(table, behind[name]) for name, table in tables.items()}
        self.populations.decide(_in_order(tables, asked, choices), earlier)
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
                number: self._ask(cells[number], shares.get(number), sums.get(number))
                if row.get(str(declared.error_of(number)))
                else AskedError(cells[number].reason or GROUP)  # no group moves it
                for number in declared.uncertain
                if number in cells
            }
            for row, cells, sums in zip(table.before.to_pylist(), table.cells, behind, strict=True)
            for shares in (known.get(_key(declared, row), {}),)
        ]

    def _ask(
        self,
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
        return AskedError("", backing, tuple(WeightedPopulation(*each) for each in weights))

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
                errors[REPLICATE_GROUPS] = GatedCell(GROUP)  # it tells how many units there are
            of_quantiles = (
                each for each in cells if each.endswith(INTERVAL) and each not in columns
            )
            yield {**cells, **errors, **dict.fromkeys(of_quantiles, GatedCell(POSITION_RULE))}

    def _verdict(self, asked: "AskedError") -> GatedCell:
        for each in asked.populations:
            fate = self.populations.fates.get(each)
            if fate is None:
                return GatedCell(NO_EVIDENCE)
            if fate.reason:
                return GatedCell(SQUARES if fate.reason in SIZES else fate.reason, fate.backing)
        return GatedCell(asked.reason, asked.backing)


@dataclass(frozen=True)
class AskedError:
    """Why an error stays, its number and its own squares seen, and of whose sums it is else."""

    reason: str
    backing: Backing | None = None
    populations: tuple[WeightedPopulation, ...] = ()


def _in_order(
    tables: Mapping[str, GatedTable],
    asked: Mapping[str, Sequence[Mapping[str, AskedError]]],
    choices: Choices,
) -> Iterator[WeightedPopulation]:
    """Of whose sums errors are asked for: the headline's first, then those of all industries."""
    every = [
        ((not choices.is_headline(row), row.get("level", "total") != "total"), each)
        for name, of_table in asked.items()
        for row, of_row in zip(tables[name].before.to_pylist(), of_table, strict=True)
        for each in of_row.values()
        if each.populations
    ]
    for _, each in sorted(every, key=lambda one: one[0]):
        yield from each.populations


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
