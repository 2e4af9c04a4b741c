"""The evidence of a run as cells: what any group of establishments rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from tradegains.formulas.fixed_point import EMPLOYMENT_UNITS, USUAL_DECIMALS, units_of_money
from tradegains.formulas.membership import MembershipBits
from tradegains.release.groups import EVERY, RANKED, WITH_EMPLOYMENT, WITH_PRODUCTIVITY, Members
from tradegains.release.holdings import Holdings
from tradegains.store.evidence import Evidence
from tradegains.tables import working as w

Numbers = NDArray[Any]

_OF_ERRORS = "errors_of_"
ESTABLISHMENTS = "establishments"
COLUMNS = {
    "employment": w.EMPLOYMENT,
    "domestic_sales": w.DOMESTIC_SALES,
    "exports": w.EXPORTS,
    "value_added": w.VALUE_ADDED,
}
"""Amounts by the names that tables declare them by, and their columns in the evidence."""

_OF_MEASURE = {
    "employment": ("employment", "jobs_gained", "jobs_lost"),
    "sales": ("domestic_sales", "exports"),
    "value_added": ("value_added",),
}
"""Amounts of which nobody knows an establishment's part where a measure of it is unknown."""


KNOWN: Mapping[tuple[str, ...], int] = {WITH_PRODUCTIVITY: 2, WITH_EMPLOYMENT: 1}
"""Sets that a cell's key `working.KNOWN` tells, and from which of its values on it is in them."""


def units_of(amount: str, decimals: int) -> float:
    """How many units of the evidence are one of the published tables; of money, by its decimals."""
    if amount == ESTABLISHMENTS:
        return 1.0
    is_money = COLUMNS.get(amount, "").endswith("in_units")
    return units_of_money(decimals) if is_money else float(EMPLOYMENT_UNITS)


def _present_name(column: str) -> str:
    """A column of the evidence, which earlier versions always counted in hundredths."""
    return column.replace("_hundredths", "_in_units")


@dataclass(frozen=True)
class YearCells:
    """Cells of a year: their keys, and the evidence of each amount."""

    keys: Mapping[str, Numbers]
    alone: Mapping[str, Numbers]
    spread_cells: Numbers
    spread_contributors: Numbers
    spread: Mapping[str, Numbers]

    @property
    def has_extremes(self) -> bool:
        """Whether the evidence says how low and how high productivity is in a cell."""
        return w.LOWEST in self.alone and w.LOWEST in self.spread

    def __len__(self) -> int:
        """How many cells."""
        return len(self.keys[w.MEMBERSHIP])

    def holdings(self, column: str) -> Holdings:
        """Who holds what of an amount, by its column; of establishments, how many."""
        count = len(self)
        shape = (int(self.spread_contributors.max(initial=-1)) + 1, count)
        places = (self.spread_contributors, self.spread_cells)
        held = self.spread[column]
        present = sparse.csc_matrix((np.ones(len(held)), places), shape=shape)
        spread = sparse.csc_matrix((np.abs(held).astype(float), places), shape=shape)
        number = self.alone[w.ESTABLISHMENTS]
        values = self.alone[column] + np.bincount(self.spread_cells, held, count)
        if column == w.ESTABLISHMENTS:
            ones = (number > 0).astype(float)
            size, first, second = values, ones, (number > 1).astype(float)
        else:
            size = self.alone[w.size_of(column)] + np.bincount(
                self.spread_cells, np.abs(held), count
            )
            first = self.alone[w.largest_of(column)].astype(float)
            second = self.alone[w.second_of(column)].astype(float)
        return Holdings(
            values.astype(float), size.astype(float), number.astype(float), first, second,
            spread, present,
        )  # fmt: skip


class EvidenceCells:
    """All cells of a run, by year."""

    def __init__(self, evidence: Evidence, *, digits: int, group_digits: int) -> None:
        """Read the tables of the evidence."""
        self.keys: Sequence[str] = evidence.facts["keys"]
        self.amounts: Sequence[str] = [_present_name(each) for each in evidence.facts["amounts"]]
        self.sets = MembershipBits.of([tuple(name) for name in evidence.facts["sets"]])
        self.rankings: Mapping[str, Mapping[str, float]] = evidence.facts.get("rankings", {})
        self.bins: pa.Table | None = evidence.tables.get("bins")
        self.base_of = {
            (int(year), str(pool)): number
            for number, (year, pool, standardised) in enumerate(evidence.facts.get("bases", ()))
            if not standardised
        }
        self.errors = {
            name.removeprefix(_OF_ERRORS): table
            for name, table in evidence.tables.items()
            if name.startswith(_OF_ERRORS)
        }
        self.digits, self.group_digits = digits, group_digits
        self.decimals = int(evidence.facts.get("money_decimals", USUAL_DECIMALS))
        self._tables = {
            name: table.rename_columns([_present_name(each) for each in table.column_names])
            for name, table in evidence.tables.items()
            if not name.startswith(_OF_ERRORS)
        }
        self._every: dict[tuple[int, str, str], list[str]] = {}

    @cached_property
    def years(self) -> dict[int, YearCells]:
        """Cells by year."""
        cells, spread = self._tables["cells"], self._tables["spread"]
        if w.YEAR not in spread.column_names:
            extremes = [name for name in (w.LOWEST, w.HIGHEST) if name in cells.column_names]
            columns = [*self.keys, w.ESTABLISHMENTS, *extremes, *self.amounts]
            spread = cells.slice(0, 0).select(columns)
            spread = spread.append_column(w.CONTRIBUTOR, pa.array([], pa.int64()))
        of_cells, of_spread = _columns(cells), _columns(spread)
        return {
            int(year): self._of_year(
                _where(of_cells, of_cells[w.YEAR] == year),
                _where(of_spread, of_spread[w.YEAR] == year),
            )
            for year in np.unique(np.concatenate([of_cells[w.YEAR], of_spread[w.YEAR]]))
        }

    def _of_year(self, alone: dict[str, Numbers], spread: dict[str, Numbers]) -> YearCells:
        both = np.column_stack([np.concatenate([alone[key], spread[key]]) for key in self.keys])
        unique, places = np.unique(both, axis=0, return_inverse=True)
        places = places.ravel()
        here = places[: len(alone[w.YEAR])]
        columns = [name for name in alone if name not in self.keys]
        filled = {name: np.zeros(len(unique), alone[name].dtype) for name in columns}
        for name in columns:
            filled[name][here] = alone[name]
        who = np.unique(spread[w.CONTRIBUTOR], return_inverse=True)[1]
        return YearCells(
            {key: unique[:, number] for number, key in enumerate(self.keys)},
            filled,
            places[len(here) :],
            who.ravel(),
            {name: each for name, each in spread.items() if name not in self.keys},
        )

    def knows(self, group: Members) -> bool:
        """Whether the evidence has the year, the sets and the industries of a group."""
        sets = {*group.inside, *group.outside}
        if not KNOWN.keys().isdisjoint(group.outside):
            return False
        if w.KNOWN in self.keys:
            sets -= KNOWN.keys()
        is_placed = group.level == "total" or self._industry_of(group) in self.keys
        return group.year in self.years and sets <= self.sets.positions.keys() and is_placed

    @cached_property
    def lacking(self) -> frozenset[str]:
        """Amounts that somebody lacks: who takes part in which sum the evidence does not say."""
        measures = {name[1] for name in self.sets.positions if name[0] == "unknown"}
        return frozenset(amount for measure in measures for amount in _OF_MEASURE[measure])

    def cells_of(self, group: Members) -> Numbers:
        """Places of a group's cells among those of its year."""
        cells = self.years[group.year]
        inside, outside = (
            tuple(each for each in sets if each not in KNOWN)
            for sets in (group.inside, group.outside)
        )
        fits = self.sets.mask(inside, outside).fits(cells.keys[w.MEMBERSHIP])
        for name in set(group.inside) - set(inside):
            fits &= cells.keys[w.KNOWN] >= KNOWN[name]
        if group.level == RANKED:
            fits &= np.isin(self._codes(group), [int(code) for code in group.industry.split()])
        elif group.level != "total":
            codes = self._codes(group)
            fits &= (codes == int(group.industry)) & (codes >= 0)
        return np.flatnonzero(fits)

    def _industry_of(self, group: Members) -> str:
        """The column that says which industry a cell is of for a group."""
        return w.window_industry(group.window) if group.window else w.INDUSTRY

    def _codes(self, group: Members) -> Numbers:
        """Industry of each cell at the level of a group."""
        cells = self.years[group.year]
        codes = cells.keys[self._industry_of(group)]
        if group.level == "industry4":
            return codes
        kept = self.group_digits
        if group.level == RANKED:
            kept = min(map(len, group.industry.split()), default=self.digits)
        return np.where(codes < 0, codes, codes // 10 ** (self.digits - kept))

    def each(self, group: Members) -> list[Members]:
        """A group of every industry as one group for each; else the group itself."""
        if group.industry != EVERY:
            return [group]
        at = group.year, group.window, group.level
        if at not in self._every:
            digits = self.digits if group.level == "industry4" else self.group_digits
            codes = np.unique(self._codes(group)).tolist()
            self._every[at] = [f"{code:0{digits}d}" for code in codes if code >= 0]
        return [replace(group, industry=code) for code in self._every[at]]


def _columns(table: pa.Table) -> dict[str, Numbers]:
    return {name: table[name].to_numpy() for name in table.column_names}


def _where(columns: Mapping[str, Numbers], chosen: Numbers) -> dict[str, Numbers]:
    return {name: column[chosen] for name, column in columns.items()}
