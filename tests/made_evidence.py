"""Evidence of a year, made of plants one by one: what a run would keep of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from tradegains.formulas.membership import MembershipBits
from tradegains.release.cells import EvidenceCells
from tradegains.release.groups import WITH_PRODUCTIVITY, Members
from tradegains.store.evidence import Evidence
from tradegains.tables import working as w

YEAR, EXPORTER, LARGE = 1988, ("exporter",), ("large",)
SETS = (EXPORTER, LARGE)
WIDTH = 0.5
BITS = MembershipBits.of(list(SETS))


class Plant(NamedTuple):
    """An establishment: whose, of which sets, its jobs and log productivity."""

    owner: int
    sets: tuple[tuple[str, ...], ...] = ()
    jobs: int = 1
    value: float | None = 0.0
    industry: int = 111


def evidence(plants: Sequence[Plant]) -> EvidenceCells:
    """What a run keeps of a year."""
    held: dict[int, int] = {}
    for plant in plants:
        held[plant.owner] = held.get(plant.owner, 0) + 1
    alone = [each for each in plants if held[each.owner] == 1]
    several = [each for each in plants if held[each.owner] > 1]
    cells = [
        key | counted(its) | largest(its) for key, its in by_cell(alone, with_owner=False).items_()
    ]
    spread = [key | counted(its) for key, its in by_cell(several, with_owner=True).items_()]
    facts = {"keys": KEYS, "amounts": AMOUNTS, "sets": [list(each) for each in SETS]}
    tables = {"cells": pa.Table.from_pylist(cells or [blank()]), "spread": pa.table({})}
    if spread:
        tables["spread"] = pa.Table.from_pylist(spread)
    return EvidenceCells(Evidence(tables, facts), digits=4, group_digits=2)


KEYS = [w.YEAR, w.MEMBERSHIP, w.INDUSTRY, w.KNOWN]
AMOUNTS = [w.EMPLOYMENT, w.DOMESTIC_SALES, w.EXPORTS, w.VALUE_ADDED]


class Cells(dict[tuple[int, ...], list[Plant]]):
    """Plants by cell."""

    def items_(self) -> list[tuple[dict[str, int], list[Plant]]]:
        names = (*KEYS, w.CONTRIBUTOR)
        return [(dict(zip(names, key, strict=False)), its) for key, its in sorted(self.items())]


def by_cell(plants: Sequence[Plant], *, with_owner: bool) -> Cells:
    found = Cells()
    for plant in plants:
        known = 2 if plant.value is not None else 1
        key = (YEAR, membership(plant), plant.industry, known)
        found.setdefault((*key, plant.owner) if with_owner else key, []).append(plant)
    return found


def membership(plant: Plant) -> int:
    return sum(BITS.bit(each) for each in plant.sets)


def whole(plant: Plant) -> int:
    return int(np.floor((plant.value or 0.0) * 2**20))


def counted(plants: Sequence[Plant]) -> dict[str, int]:
    values, jobs = [whole(each) for each in plants], sum(each.jobs for each in plants)
    amounts = dict.fromkeys(AMOUNTS, 0) | {w.EMPLOYMENT: jobs}
    return {w.ESTABLISHMENTS: len(plants), w.LOWEST: min(values), w.HIGHEST: max(values)} | amounts


def largest(plants: Sequence[Plant]) -> dict[str, int]:
    jobs = [*sorted((each.jobs for each in plants), reverse=True), 0]
    found = {}
    for name in AMOUNTS:
        first, second = jobs[:2] if name == w.EMPLOYMENT else (0, 0)
        found |= {w.size_of(name): sum(jobs) if name == w.EMPLOYMENT else 0}
        found |= {w.largest_of(name): first, w.second_of(name): second}
    return found


def blank() -> dict[str, int]:
    return dict.fromkeys(KEYS, 0) | counted([Plant(0, jobs=0)]) | largest([Plant(0, jobs=0)])


def all_of(*inside: tuple[str, ...], outside: tuple[tuple[str, ...], ...] = ()) -> Members:
    return Members(YEAR, (WITH_PRODUCTIVITY, *inside), outside)
