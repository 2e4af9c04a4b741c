"""Attacks on what a release carries out: everything that its tables say, taken together.

An intruder reads the CSV files of one release or of several of the same census, later ones after a
correction, and makes of every number an equation over the establishments' amounts: totals, ratios,
and logarithms of ratios, which become totals and ratios where all but one of their parts are known.
What follows for an unsafe total is then found as in `attack`.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
import pytest
from scipy.optimize import linprog

from intruder import distributions
from intruder.distributions import POWERS, Distributions
from intruder.economies import FIRST, LAST, Economy
from intruder.readings import GAINED, LOST, Readings, Total, Unknown, expected
from intruder.squares import ErrorRead, Sum, Terms, nested_squares, told_of_one
from intruder.unsafe import Need, Thresholds, for_counts, need, need_before
from tradegains.tables.published import TABLES

SAMPLED = 40
"""Unsafe totals that are tried by linear programs, besides exactly."""

Versioned = tuple[Unknown, int]
"""An unknown amount and the release in which it first had its value."""


@dataclass(frozen=True)
class Breach:
    """An unsafe total that is known too well, and by whom."""

    role: str
    what: str
    low: float
    true: float
    high: float
    distance: float


@dataclass
class Reader:
    """Who has read some releases: equations over amounts, and sums of logarithms.

    Attributes:
        economies: The census behind each release, first to last.
        named: Every total that a number of the tables rests on, with a name.
    """

    economies: Sequence[Economy]
    totals: list[tuple[dict[Versioned, int], float]] = field(default_factory=list)
    ratios: list[tuple["Known", "Known"]] = field(default_factory=list)
    logs: list[tuple[tuple["Known", float], ...]] = field(default_factory=list)
    named: dict["Known", str] = field(default_factory=dict)
    numbers: int = 0
    withheld: int = 0
    has_growth: bool = False
    errors: list[ErrorRead] = field(default_factory=list)
    squares: dict[tuple[object, ...], dict[Terms, set[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.readings = [Readings(economy) for economy in self.economies]
        self.distributions = [Distributions(readings) for readings in self.readings]

    def read(self, release: int, folder: Path, published: Mapping[str, list[dict]]) -> None:
        """Read the tables of a release; what was published names the totals to be had."""
        for path in sorted((folder / "tables").glob("*.csv")):
            if path.stem not in published:
                continue
            with path.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            if path.stem == "histograms":  # their bins are not those that were published
                self.read_histograms(release, rows)
                continue
            self.has_growth |= path.stem == "productivity_growth"
            for row, before in zip(rows, published[path.stem], strict=True):
                self.read_row(release, path.stem, row, before)
                if path.stem == "moments":
                    self.read_powers(release, row)

    def read_histograms(self, release: int, rows: list[dict[str, str]]) -> None:
        """Read bins; the first and the last of each population are open."""
        groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
        for row in rows:
            groups.setdefault(tuple(row[name] for name in DESCRIBED), []).append(row)
        for bins in groups.values():
            ordered = sorted(bins, key=lambda row: float(row["bin_start"]))
            for place, row in enumerate(ordered):
                ends = {"first": "" if place else "1", "last": "1" if row is ordered[-1] else ""}
                row = row | ends
                found = self.distributions[release].of_row("histograms", row)
                before = {
                    name: float(row[name]) if row[name] else expected(self.readings[release], of)
                    for name, of in found.items()
                }
                self.read_row(release, "histograms", row, before)

    def read_powers(self, release: int, row: dict[str, str]) -> None:
        """Read the sums of powers that follow from a row of `moments`."""
        readings, described = self.readings[release], self.distributions[release]
        for column, of, value in described.powers(row):
            true = sum(self.amount((name, release)) for name, _ in of.terms)
            where = f"moments.{column} " + " ".join(row[name] for name in KEYS if row.get(name))
            assert value == pytest.approx(true, rel=1e-7, abs=1e-7), where
            terms = frozenset((self.version(release, name), count) for name, count in of.terms)
            self.named.setdefault(Known(terms, 0, true), where)
            self.totals.append((dict(terms), true))
        # What would have told something, had it left.
        who, year = described.population(row), int(row["year"])
        letter = "w" if row["weighting"] == "employment" else "x"
        of = readings.sum_of(who, year, f"{letter}1")
        terms = frozenset((self.version(release, name), count) for name, count in of.terms)
        true = sum(self.amount(name) for name, _ in terms)
        where = "moments " + " ".join(row[name] for name in KEYS if row.get(name))
        self.named.setdefault(Known(terms, 0, true), where)

    def read_row(self, release: int, table: str, row: dict[str, str], before: dict) -> None:
        """Read a row; `before` is what was published."""
        readings = self.readings[release]
        source = self.distributions[release] if table in distributions.TABLES else readings
        for column, reading in source.of_row(table, row).items():
            if before[column] is None:
                continue
            value = expected(readings, reading)
            where = f"{table}.{column} " + " ".join(row[name] for name in KEYS if row.get(name))
            assert value == pytest.approx(before[column], rel=1e-9, abs=1e-9), where
            known = tuple((self._known(release, readings, of), times) for of, times in reading.logs)
            for one, _ in known:
                self.named.setdefault(one, where)
            if column in row["withheld"].split():
                self.withheld += 1
                continue
            self.numbers += 1
            assert float(row[column]) == before[column], where
            self.read_error((table, column, reading.kind), row, where, known)
            if reading.kind == "total":
                self.totals.append((dict(known[0][0].terms), known[0][0].own))
            elif reading.kind == "ratio":
                self.ratios.append((known[0][0], known[1][0]))
            else:
                self.logs.append(known)

    def read_error(
        self,
        of: tuple[str, str, str],
        row: dict[str, str],
        where: str,
        known: tuple[tuple["Known", float], ...],
    ) -> None:
        """Read the error of a number that left, if it left as well: its table, column and kind."""
        table, column, kind = of
        error = TABLES[table].error_of(column)
        if not error or not row.get(error) or error in row["withheld"].split():
            return
        sums = tuple(Sum(one.value, self.held(one.terms), times) for one, times in known)
        ratio = float(row[column]) if kind == "ratio" else None
        groups = self.economies[0].groups
        self.errors.append(ErrorRead(where, float(row[error]), groups, ratio, sums))
        years = tuple(sorted({name[0][1] for one, _ in known for name, _ in one.terms}))
        for one, _ in known:
            plain = one.terms and all(count == 1 for _, count in one.terms)
            kinds = {(name[0][1], name[0][2]) for name, _ in one.terms}
            if plain and len(kinds) == 1:
                family = self.squares.setdefault((years, *kinds.pop()), {})
                family.setdefault(one.terms, set()).add(where)

    def held(self, terms: Iterable[tuple[Versioned, int]]) -> dict[str, float]:
        """What each contributor holds of some unknowns."""
        found: dict[str, float] = {}
        for name, count in terms:
            who = self.contributor(name)
            found[who] = found.get(who, 0.0) + count * self.amount(name)
        return found

    def _known(self, release: int, readings: Readings, of: Total) -> "Known":
        terms = frozenset((self.version(release, name), count) for name, count in of.terms)
        return Known(terms, of.public, readings.value(of))

    def links(self) -> list[frozenset[tuple[Versioned, int]]]:
        """Of each release, who is counted alike in two years: with 1 in one, -1 in the other."""
        return [
            frozenset(
                (self.version(release, (name, year, "one")), sign)
                for name in names
                for year, sign in ((one, 1), (other, -1))
            )
            for release, readings in enumerate(self.readings)
            for names, one, other in readings.in_two_years()
            if names
        ]

    def version(self, release: int, unknown: Unknown) -> Versioned:
        """The first release since which the establishment's row is as it is now."""
        while release and self._is_same(unknown, release - 1):
            release -= 1
        return unknown, release

    def _is_same(self, unknown: Unknown, release: int) -> bool:
        """Whether a release and the next have the same rows behind an unknown."""
        if unknown[2] in POWERS:
            one, other = (self.distributions[each] for each in (release, release + 1))
            return one.relative.get(unknown[:2]) == other.relative.get(unknown[:2])
        one, other = (self.economies[each].rows for each in (release, release + 1))
        years = range(FIRST, LAST + 1)
        return all(one.get((unknown[0], when)) == other.get((unknown[0], when)) for when in years)

    def amount(self, versioned: Versioned) -> float:
        unknown, release = versioned
        if unknown[2] in POWERS:
            return self.distributions[release].power(unknown)
        return self.readings[release].amount(unknown)

    def contributor(self, versioned: Versioned) -> str:
        (name, year, _), release = versioned
        return self.economies[release].contributor(name, year)


DESCRIBED = ("year", "window", "population", "level", "industry", "median_base", "measure")

KEYS = ("population", "weighting", "bin_start", "window", "continuing", "restriction", "level",
        "industry", "status", "year", "figure", "x",
        "curve", "state_at_start", "state_at_end", "formula")  # fmt: skip


@dataclass(frozen=True)
class Known:
    """A total with its true value."""

    terms: frozenset[tuple[Versioned, int]]
    public: int
    value: int

    @property
    def own(self) -> int:
        """Without what is public."""
        return self.value - self.public

    @property
    def measure(self) -> str:
        return next((name[0][2] for name, _ in self.terms), "")


def attack_folder(reader: Reader, thresholds: Thresholds, random: Random) -> list[Breach]:
    """What follows from what was read; counts, jobs and money are systems of their own."""
    breaches = []
    for about in (COUNTS, JOBS, *(() if reader.has_growth else (MONEY,))):
        breaches += System(reader, thresholds, about).attack(random)
    for power in POWERS:
        breaches += System(reader, thresholds, power).attack(random)
    return breaches + list(attack_errors(reader, thresholds))


def attack_errors(reader: Reader, thresholds: Thresholds) -> Iterator[Breach]:
    """Errors that are one unit's, and nested ones whose squares differ by one's."""
    for each in reader.errors:
        if told_of_one(each, thresholds):
            most = each.moves()[0]
            yield Breach("reader of errors", each.what, each.squares, most**2, each.squares, most)
    for (*_, measure), several in reader.squares.items():
        if len(set().union(*several.values())) < 2:
            continue  # one error is one equation: told_of_one
        alike = for_counts(thresholds) if measure == "one" else thresholds
        sums = {terms: min(numbers) for terms, numbers in several.items()}
        for what, held in nested_squares(sums, reader.held, alike):
            largest = max(held.values())
            yield Breach("reader of errors", what, largest, largest, largest, largest)


COUNTS, JOBS, MONEY = "counts", "jobs", "money"

WEIGHTS = {"x": "one", "w": "jobs"}


def subject(measure: str, *, has_growth: bool) -> str:
    """The system that an amount belongs to; sales per worker tie money to jobs."""
    if measure == "one":
        return COUNTS
    if measure in POWERS:
        return measure
    return MONEY if measure in ("home", "exports") and not has_growth else JOBS


class System:
    """The equations about one subject, over unknowns that no number tells apart."""

    def __init__(self, reader: Reader, thresholds: Thresholds, about: str) -> None:
        self.reader, self.about = reader, about
        self.counts = about == COUNTS
        self.described = about in POWERS
        alike = self.counts or about.startswith("x")
        self.thresholds = for_counts(thresholds) if alike else thresholds
        mine = [one for one in reader.named if one.terms and self._subject(one.measure) == about]
        self.forms = dict.fromkeys(mine)
        self.targets = list(self._targets(mine))
        seen = {name for one in mine for name, _ in one.terms}
        links = reader.links() if self.counts else []
        self.links = [both for both in links if {name for name, _ in both} <= seen]
        self.holders = self._atoms([*(one.terms for one in mine), *self.links])
        self.atom_of = {name: place for place, held in enumerate(self.holders) for name in held}
        self.equations: list[tuple[np.ndarray, float]] = []
        self.space = Space(len(self.holders))
        self._gather()

    def _subject(self, measure: str) -> str:
        return subject(measure, has_growth=self.reader.has_growth)

    def _atoms(self, forms: list[frozenset[tuple[Versioned, int]]]) -> list[list[Versioned]]:
        """Unknowns in the same totals; of jobs, those of establishments in the same totals.

        Jobs at two ends and what was gained and lost between them belong together.
        """
        seen: dict[Versioned, list[tuple[int, int]]] = {}
        for number, terms in enumerate(forms):
            for name, count in terms:
                seen.setdefault(name, []).append((number, count))
        if self.about == JOBS:
            return self._atoms_of_establishments(seen)
        atoms: dict[tuple, list[Versioned]] = {}
        for name, places in seen.items():
            atoms.setdefault(tuple(places), []).append(name)
        return list(atoms.values())

    def _same_in_two_years(self) -> Iterator[np.ndarray]:
        """Who is in a set of two years counts alike in both; who changed industry nobody knows."""
        for both in self.links:
            yield self.vector(dict(both))

    def _atoms_of_establishments(
        self, seen: Mapping[Versioned, list[tuple[int, int]]]
    ) -> list[list[Versioned]]:
        of_one: dict[str, list[tuple]] = {}
        for ((name, year, measure), release), places in sorted(seen.items()):
            of_one.setdefault(name, []).append((year, measure, release, tuple(places)))
        atoms: dict[tuple, list[Versioned]] = {}
        for name, whole in of_one.items():
            for year, measure, release, _ in whole:
                key = (tuple(whole), year, measure, release)
                atoms.setdefault(key, []).append(((name, year, measure), release))
        return list(atoms.values())

    def _changes(self) -> Iterator[np.ndarray]:
        """Jobs later are those before, and what was gained, less what was lost."""
        for names in self.holders:
            (name, year, measure), release = names[0]
            if not measure.startswith(GAINED):
                continue
            later = int(measure[-4:])
            ends = self._there(name, year, release), self._there(name, later, release)
            lost = ((name, year, f"{LOST} {later}"), release)
            if None in ends or lost not in self.atom_of:
                continue
            yield self.vector({ends[0]: 1, names[0]: 1, lost: -1, ends[1]: -1})

    def _there(self, name: str, year: int, release: int) -> Versioned | None:
        """Jobs of a year as they were in a release."""
        while release >= 0:
            if ((name, year, "jobs"), release) in self.atom_of:
                return (name, year, "jobs"), release
            release -= 1
        return None

    def _targets(self, mine: list[Known]) -> Iterator[tuple[str, dict[Versioned, int]]]:
        """Totals behind the numbers, and differences of nested ones."""
        plain = [one for one in mine if all(count == 1 for _, count in one.terms)]
        for one in mine:
            if all(abs(count) == 1 for _, count in one.terms):
                yield self.reader.named[one], dict(one.terms)
        by_kind: dict[tuple, list[Known]] = {}
        for one in plain:
            kinds = frozenset((name[0][1], name[0][2]) for name, _ in one.terms)
            by_kind.setdefault((kinds,), []).append(one)
        for ones in by_kind.values():
            for one, other in combinations(sorted(ones, key=lambda each: len(each.terms)), 2):
                if one.terms < other.terms:
                    what = f"{self.reader.named[other]} without {self.reader.named[one]}"
                    yield what, dict(other.terms - one.terms)

    # --- equations ---

    def vector(self, terms: Mapping[Versioned, int]) -> np.ndarray:
        row = np.zeros(len(self.holders))
        for name, count in terms.items():
            row[self.atom_of[name]] = count
        return row

    def form(self, one: Known) -> np.ndarray:
        found = self.forms[one]
        if found is None:
            found = self.forms[one] = self.vector(dict(one.terms))
        return found

    def _gather(self) -> None:
        for row in self._same_in_two_years() if self.counts else self._changes():
            self._know(row, 0.0)
        for terms, value in self.reader.totals:
            if terms and self._subject(next(iter(terms))[0][2]) == self.about:
                self._know(self.vector(terms), value)
        for one, other in self.reader.ratios:
            if self._is_mine(one, other):
                self._add_ratio(one, other)
        logs = [each for each in self.reader.logs if self._is_mine(*(one for one, _ in each))]
        while logs and self._from_logs(logs):
            pass

    def _is_mine(self, *ones: Known) -> bool:
        return {self._subject(one.measure) for one in ones if one.terms} == {self.about}

    def _ratio(self, one: Known, other: Known) -> tuple[np.ndarray, float]:
        """one / its value - other / its value = 0, moved so that what is public is a number."""
        row = np.zeros(len(self.holders))
        value = 0.0
        for each, sign in ((one, 1.0), (other, -1.0)):
            if each.terms:
                row = row + sign * self.form(each) / each.value
            value -= sign * each.public / each.value
        size = np.abs(row).max(initial=0.0)
        return (row / size, value / size) if size else (row, 0.0)

    def _add_ratio(self, one: Known, other: Known) -> bool:
        if not one.value:
            if one.terms:
                self._know(self.form(one), one.own)
            return False
        return self._know(*self._ratio(one, other))

    def _know(self, row: np.ndarray, value: float) -> bool:
        """A further equation; False where it tells nothing new."""
        is_new = self.space.add(row)
        if is_new:
            self.equations.append((row, value))
        return is_new

    def _from_logs(self, logs: list[tuple[tuple[Known, float], ...]]) -> bool:
        """Take the logarithms that are known now for what they are; True where that tells more."""
        totals = sorted({one for each in logs for one, _ in each}, key=lambda one: repr(sorted(
            map(repr, one.terms))) + str(one.public))  # fmt: skip
        place = {one: number for number, one in enumerate(totals)}
        matrix = [np.zeros(len(totals)) for _ in logs]
        for row, each in zip(matrix, logs, strict=True):
            for one, times in each:
                row[place[one]] += times
        rows = [row / np.abs(row).max() for row in matrix if np.abs(row).max() > 1e-12]
        known = self.determined([self.form(one) if one.terms else np.zeros(len(self.holders))
                                 for one in totals])  # fmt: skip
        unit = np.eye(len(totals))
        rows += [unit[number] for number, is_known in enumerate(known) if is_known]
        pairs = [(a, b) for a, b in combinations(range(len(totals)), 2)
                 if self._same_years(totals[a], totals[b])]  # fmt: skip
        found = self.determined([self._ratio(totals[a], totals[b])[0] for a, b in pairs])
        rows += [
            unit[a] - unit[b] for (a, b), is_known in zip(pairs, found, strict=True) if is_known
        ]
        new = False
        for number, follows in enumerate(_in_space(rows, list(unit))):
            if follows and not known[number]:
                new |= self._know(self.form(totals[number]), totals[number].own)
        follows = _in_space(rows, [unit[a] - unit[b] for a, b in pairs])
        for (a, b), is_known, follow in zip(pairs, found, follows, strict=True):
            if follow and not is_known:
                new |= self._add_ratio(totals[a], totals[b])
        return new

    @staticmethod
    def _same_years(one: Known, other: Known) -> bool:
        years = [{name[0][1] for name, _ in each.terms} for each in (one, other)]
        return not years[0] or not years[1] or bool(years[0] & years[1])

    def determined(self, wanted: list[np.ndarray]) -> np.ndarray:
        return self.space.has(wanted)

    # --- conclusions ---

    def attack(self, random: Random) -> list[Breach]:
        tried = []
        for what, terms in self.targets:
            held = self._held(terms)
            wanted = self._need(held) if held else None
            if wanted is not None:
                tried.append((what, terms, held, wanted))
        exact = self.determined([self.vector(terms) for _, terms, _, _ in tried])
        breaches, rest = [], []
        for each, found in zip(tried, exact, strict=True):
            what, _, held, wanted = each
            true = sum(held.values())
            if found:
                breaches.append(Breach("outsider", what, true, true, true, wanted.distance))
            else:
                rest.append(each)
        breaches += [] if self.counts else self._cells()
        if self.described:  # of either sign: only what follows exactly is concluded
            return breaches
        for what, terms, held, wanted in random.sample(rest, min(SAMPLED, len(rest))):
            breaches += self._conclude(what, terms, held, wanted, random)
        return breaches

    def _cells(self) -> Iterator[Breach]:
        """Unsafe unions of unknowns that no number tells apart, and that follow exactly."""
        found = self.determined(list(np.eye(len(self.holders))))
        for names, is_known in zip(self.holders, found, strict=True):
            held = self._held(dict.fromkeys(names, 1))
            wanted = self._need(held)
            if is_known and wanted is not None:
                true = sum(held.values())
                yield Breach("outsider, of a cell", str(names[0]), true, true, true, 0.0)

    def _need(self, held: dict[str, float]) -> Need | None:
        return need(held.values(), self.thresholds)

    def _held(self, terms: Mapping[Versioned, int]) -> dict[str, float]:
        held: dict[str, float] = {}
        for name, count in terms.items():
            who = self.reader.contributor(name)
            held[who] = held.get(who, 0) + count * self._weight(name)
        return held

    def _weight(self, name: Versioned) -> float:
        """What a contributor counts by: of a distribution, its weight and not its productivity."""
        if not self.described:
            return self.reader.amount(name)
        (who, year, measure), release = name
        return self.reader.readings[release].amount((who, year, WEIGHTS[measure[0]]))

    def _conclude(
        self, what: str, terms: Mapping[Versioned, int], held: dict[str, float], wanted: Need,
        random: Random,
    ) -> Iterator[Breach]:  # fmt: skip
        true = sum(held.values())
        goal = self.vector(terms)
        ends = self._ends(goal, {})
        if _too_near(true, ends, wanted):
            yield Breach("outsider", what, ends[0], true, ends[1], wanted.distance)
        ordered = sorted(held, key=lambda who: (-held[who], who))
        for who in ordered[1:2] + self._alone(random, ordered[:2]):
            own = need_before(held, who, self.thresholds)
            if own is None:
                continue
            ends = self._ends(goal, self._own(who))
            if _too_near(true, ends, own):
                yield Breach(f"contributor {who}", what, ends[0], true, ends[1], own.distance)

    def _alone(self, random: Random, without: list[str]) -> list[str]:
        alone = set()
        for names in self.holders:
            who = {self.reader.contributor(name) for name in names}
            if len(who) == 1:
                alone |= who
        left = sorted(alone - set(without))
        return random.sample(left, min(1, len(left)))

    def _own(self, who: str) -> dict[int, tuple[int, bool]]:
        """Atom -> what the contributor has of it, and whether nobody else has any."""
        found = {}
        for place, names in enumerate(self.holders):
            mine = [name for name in names if self.reader.contributor(name) == who]
            if mine:
                alone = len(mine) == len(names) and not self.counts
                found[place] = (sum(map(self.reader.amount, mine)), alone)
        return found

    def _ends(self, goal: np.ndarray, own: dict[int, tuple[int, bool]]) -> tuple[float, float]:
        bounds: list[tuple[float, float | None]] = [(0.0, None)] * len(self.holders)
        for place, (value, alone) in own.items():
            bounds[place] = (value, value if alone else None)
        low, high = self._least(goal, bounds), -self._least(-goal, bounds)
        return low, high

    def _least(self, goal: np.ndarray, bounds: list[tuple[float, float | None]]) -> float:
        known = {}
        if self.equations:
            known["A_eq"] = np.array([row for row, _ in self.equations])
            known["b_eq"] = np.array([value for _, value in self.equations])
        for presolve in (True, False):
            answer = linprog(goal, bounds=bounds, options={"presolve": presolve},
                             integrality=int(self.counts), **known)  # fmt: skip
            if answer.status == 0:
                return float(answer.fun)
            if answer.status in (3, 4):
                return -float("inf")
        raise ArithmeticError(f"no answer: {answer.message}")


class Space:
    """What follows from some vectors by adding and taking away."""

    def __init__(self, size: int) -> None:
        self.basis = np.zeros((0, size))

    def add(self, row: np.ndarray) -> bool:
        """A further vector; False where it follows from the others."""
        size = np.abs(row).max(initial=0.0)
        if not size:
            return False
        rest = row / size
        for _ in range(2):  # the second time takes away what rounding left
            rest = rest - self.basis.T @ (self.basis @ rest)
        length = np.linalg.norm(rest)
        if length < 1e-7 * np.linalg.norm(row / size):
            return False
        self.basis = np.vstack([self.basis, rest / length])
        return True

    def has(self, wanted: list[np.ndarray]) -> np.ndarray:
        """Which vectors follow."""
        if not wanted:
            return np.zeros(0, dtype=bool)
        targets = np.array(wanted)
        sizes = np.abs(targets).max(axis=1, initial=0.0)
        scaled = targets / np.where(sizes, sizes, 1.0)[:, None]
        return np.abs(scaled - scaled @ self.basis.T @ self.basis).max(axis=1, initial=0.0) < 1e-8


def _in_space(rows: list[np.ndarray], wanted: list[np.ndarray]) -> np.ndarray:
    """Which vectors are combinations of the rows."""
    space = Space(len(wanted[0]) if wanted else 0)
    for row in rows:
        space.add(row)
    return space.has(wanted)


def _too_near(true: float, ends: tuple[float, float], wanted: Need) -> bool:
    low, high = ends
    slack = 1e-6 * max(1.0, true)
    if wanted.hidden and high - low <= slack:
        return True
    below = min(wanted.distance, true)
    return high - true < wanted.distance - slack or true - low < below - slack
