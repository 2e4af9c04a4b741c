"""Histograms as they may leave: wider bins, the ends collapsed, the same for all of a year.

Decisions:
- All populations of a year that leave have the same bins, so wide that every atom of them (see
  `populations`) is safe in every bin, by its contributors and by employment. Then so is every
  difference, in every bin and in any of them together.
- What lies beyond the bins that are safe is brought into the first and the last, which are open
  then: drawn as wide as the others, they tell no smallest and no largest value. A table of which
  more than `MOST_COLLAPSED` would be there gets wider bins, and stays beyond `WIDEST` times.
- A population without which the others could leave is left out; they are asked in their order.
- Where an enterprise has several establishments in a year, evidence has its lowest and highest
  productivity by cell: it counts as a contributor only in a bin that holds both, and as the largest
  one wherever it may be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from tradegains.formulas.fixed_point import EMPLOYMENT_UNITS
from tradegains.formulas.membership import MembershipBits
from tradegains.release.groups import Members
from tradegains.release.holdings import Numbers, largest_two
from tradegains.release.judging import Backing
from tradegains.release.populations import unsafe
from tradegains.release.rounding import FEWEST_BY_SIZE, rounded_count, rounded_value
from tradegains.release.rules import SIGNIFICANT, WITHHOLD, Rounding, Rules
from tradegains.tables import working as w

WIDEST = 3
"""By how much bins are widened at most."""
MOST_COLLAPSED = 0.1
"""Share of a population's establishments that may lie beyond the bins, at both ends together."""

_NEAR = 1e-9


@dataclass(frozen=True)
class Merging:
    """Bins that leave: so many of the published ones in each, from the first to the last."""

    times: int
    first: int
    last: int

    def of(self, bins: Numbers) -> Numbers:
        """The bin that leaves of each published one.

        Example:
            >>> Merging(2, -1, 1).of(np.array([-9, -2, -1, 0, 1, 2, 7])).tolist()
            [-1, -1, -1, 0, 0, 1, 1]
        """
        return np.clip(np.floor_divide(bins, self.times), self.first, self.last)


@dataclass(frozen=True)
class BinsOfYear:
    """Evidence of the histograms of a year under one median base.

    Attributes:
        cells: by membership and bin: rows, employment, and the two largest of employment.
        spread: establishments of enterprises with several, by cell: membership, contributor, rows,
            employment, and the bins that hold the lowest and the highest.
    """

    cells: Mapping[str, Numbers]
    spread: Mapping[str, Numbers]

    def counts(self, bits: MembershipBits, members: Members) -> tuple[Numbers, Numbers]:
        """Establishments by published bin: numbers of bins, and of establishments."""
        inside = _fits(bits, members, self.cells[w.MEMBERSHIP])
        bins, places = np.unique(self.cells[w.BIN][inside], return_inverse=True)
        return bins, np.bincount(places, self.cells[w.ESTABLISHMENTS][inside], len(bins))


@dataclass(frozen=True)
class BinTable:
    """A population's histogram as it leaves.

    Attributes:
        bins: numbers, ascending; bin n starts at n times the width.
        establishments: in each.
        employment: in each [thousandths of a job].
        backings: what the employment of each rests on.
    """

    bins: tuple[int, ...]
    establishments: tuple[int, ...]
    employment: tuple[int, ...]
    backings: tuple[Backing, ...]

    def quantile(self, p: float, *, weighted: bool) -> float | None:
        """The quantile that the table itself tells [widths]; None in its open ends.

        Example:
            >>> table = BinTable((0, 1, 2), (10, 20, 10), (1, 1, 1), ())
            >>> table.quantile(0.5, weighted=False), table.quantile(0.1, weighted=False)
            (1.5, None)
        """
        held = np.array(self.employment if weighted else self.establishments, float)
        before = np.concatenate([[0.0], np.cumsum(held)])
        wanted = p * before[-1]
        place = int(np.searchsorted(before[1:], wanted))
        if not 0 < place < len(held) - 1:
            return None
        return self.bins[place] + float((wanted - before[place]) / held[place])

    def rounded(self, rounding: Rounding) -> "BinTable | None":
        """The table of the numbers that readers get; None where a count is too small for one.

        A quantile of exact counts would give them back beside rounded ones: where in its bin it
        lies is a ratio of two.

        Example:
            >>> table = BinTable((0, 1, 2), (11, 19, 12), (1234, 1, 1), ())
            >>> table.rounded(Rounding(5, 2)).establishments
            (10, 20, 10)
        """
        counts = [rounded_count(each, rounding.counts) for each in self.establishments]
        told = tuple(each for each in counts if each is not None)
        amounts = tuple(int(rounded_value(each, rounding.values)) for each in self.employment)
        if len(told) < len(counts):
            return None
        return replace(self, establishments=told, employment=amounts)


class YearOfBins:
    """Which histograms of a year leave, and how."""

    def __init__(
        self, evidence: BinsOfYear, bits: MembershipBits, rules: Rules, *, given: Merging | None
    ) -> None:
        """No population is taken yet; `given` are the bins that left before."""
        self.evidence, self.bits, self.rules, self.given = evidence, bits, rules, given
        self.taken: list[Members] = []
        self.merging: Merging | None = given

    def take(self, members: Members) -> bool:
        """Take a population if there are bins for it beside those taken."""
        asked = [*self.taken, members]
        merging = self._merging(asked)
        if merging is None:
            return False
        self.taken, self.merging = asked, merging
        return True

    def table(self, members: Members) -> BinTable:
        """The histogram of a population that was taken."""
        assert self.merging is not None
        atoms = _BinnedAtoms(self.evidence, self.bits, [members])
        blocks, backings = atoms.backings(self.merging)
        cells = self.evidence.cells
        inside = _fits(self.bits, members, cells[w.MEMBERSHIP])
        places = np.searchsorted(blocks[:, 1], self.merging.of(cells[w.BIN][inside]))
        rows, employment = (
            tuple(np.bincount(places, cells[name][inside], len(blocks)).astype(int).tolist())
            for name in (w.ESTABLISHMENTS, w.EMPLOYMENT)
        )
        return BinTable(tuple(blocks[:, 1].tolist()), rows, employment, tuple(backings))

    def _merging(self, asked: Sequence[Members]) -> Merging | None:
        """The narrowest bins in which all of these are safe."""
        atoms = _BinnedAtoms(self.evidence, self.bits, asked)
        if not atoms.count:
            return None
        if self.given is not None:
            return self.given if not self._unsafe_bins(atoms, self.given) else None
        for times in range(1, WIDEST + 1):
            merging = self._collapsed(atoms, times)
            if merging is not None and atoms.beyond(merging) <= MOST_COLLAPSED:
                return merging
        return None

    def _collapsed(self, atoms: "_BinnedAtoms", times: int) -> Merging | None:
        """The longest run of safe bins around the middle, with what is beyond in its ends."""
        everything = Merging(times, *atoms.ends(times))
        bad = self._unsafe_bins(atoms, everything)
        middle = atoms.middle(times)
        first = max((each + 1 for each in bad if each < middle), default=everything.first)
        last = min((each - 1 for each in bad if each > middle), default=everything.last)
        while middle not in bad and first + 1 < last:
            merging = Merging(times, first, last)
            bad = self._unsafe_bins(atoms, merging)
            if not bad:
                return merging
            first, last = first + (first in bad), last - (last in bad)
        return None

    def _unsafe_bins(self, atoms: "_BinnedAtoms", merging: Merging) -> set[int]:
        """Bins in which an atom breaks a rule, or a population has nobody where that is told."""
        blocks, backings = atoms.backings(merging)
        found = {
            int(block)
            for (_, block), backing in zip(blocks, backings, strict=True)
            if unsafe(backing, self.rules)
        }
        if self.rules.groups.zeros == WITHHOLD:
            found |= atoms.empty(merging)
        if self.rules.rounding.counts == SIGNIFICANT:
            found |= atoms.scarce(merging, FEWEST_BY_SIZE)
        return found


class _BinnedAtoms:
    """Rows of the evidence by which of some populations they are in; those in none are left out."""

    def __init__(
        self, evidence: BinsOfYear, bits: MembershipBits, populations: Sequence[Members]
    ) -> None:
        self.populations, self.bits = populations, bits
        self.cells, self.labels = self._labelled(evidence.cells)
        self.spread, self.spread_labels = self._labelled(evidence.spread)

    def _labelled(self, rows: Mapping[str, Numbers]) -> tuple[dict[str, Numbers], Numbers]:
        labels = np.zeros(len(rows[w.MEMBERSHIP]), int)
        for number, members in enumerate(self.populations):
            inside = _fits(self.bits, members, rows[w.MEMBERSHIP])
            labels += inside.astype(int) << number
        chosen = labels > 0
        return {name: column[chosen] for name, column in rows.items()}, labels[chosen]

    @property
    def count(self) -> int:
        """Establishments of all of them together."""
        return int(self.cells[w.ESTABLISHMENTS].sum())

    def ends(self, times: int) -> tuple[int, int]:
        """The first and the last of the wider bins."""
        blocks = np.floor_divide(self.cells[w.BIN], times)
        return int(blocks.min()), int(blocks.max())

    def middle(self, times: int) -> int:
        """The wider bin that holds the median of all of them together."""
        order = np.argsort(self.cells[w.BIN], kind="stable")
        held = np.cumsum(self.cells[w.ESTABLISHMENTS][order])
        place = int(np.searchsorted(held, held[-1] / 2))
        return int(self.cells[w.BIN][order][place] // times)

    def beyond(self, merging: Merging) -> float:
        """The largest share of a population's establishments that lies beyond the bins."""
        blocks = np.floor_divide(self.cells[w.BIN], merging.times)
        is_beyond = (blocks < merging.first) | (blocks > merging.last)
        shares = []
        for number in range(len(self.populations)):
            held = self.cells[w.ESTABLISHMENTS] * (self.labels >> number & 1)
            shares.append(float(held[is_beyond].sum() / max(held.sum(), 1)))
        return max(shares)

    def empty(self, merging: Merging) -> set[int]:
        """Bins in which one of the populations has nobody."""
        blocks = merging.of(self.cells[w.BIN])
        wanted = set(range(merging.first, merging.last + 1))
        return set().union(
            *(
                wanted - set(blocks[(self.labels >> number & 1) > 0].tolist())
                for number in range(len(self.populations))
            )
        )

    def scarce(self, merging: Merging, least: int) -> set[int]:
        """Bins in which one of the populations has fewer, whose count would not leave."""
        blocks = merging.of(self.cells[w.BIN]) - merging.first
        found = set[int]()
        for number in range(len(self.populations)):
            counts = np.bincount(blocks, self.cells[w.ESTABLISHMENTS] * (self.labels >> number & 1))
            found |= set((np.flatnonzero((counts > 0) & (counts < least)) + merging.first).tolist())
        return found

    def backings(self, merging: Merging) -> tuple[Numbers, list[Backing]]:
        """Atoms by bin, as pairs (label, bin), and what the employment of each rests on."""
        pairs = np.column_stack([self.labels, merging.of(self.cells[w.BIN])])
        found, place = np.unique(pairs, axis=0, return_inverse=True)
        place, count = place.ravel(), len(found)
        rows = np.bincount(place, self.cells[w.ESTABLISHMENTS], count)
        total = np.bincount(place, self.cells[w.EMPLOYMENT], count)
        first, second = largest_two(
            self.cells[w.largest_of(w.EMPLOYMENT)],
            self.cells[w.second_of(w.EMPLOYMENT)],
            place,
            count,
        )
        spread = self._spread(merging, found)
        values = np.concatenate([first, second, spread.held])
        places = np.concatenate([np.arange(count), np.arange(count), spread.at])
        first, second = largest_two(values, np.zeros(len(values)), places, count)
        certain = np.bincount(spread.certain, minlength=count)
        alone = np.maximum(rows - np.bincount(spread.row_at, spread.rows, count), 0)
        contributors = np.maximum(alone + certain, 1)  # somebody is in every atom
        return found, [
            Backing(int(number), float(of_all), float(x1), float(x2))
            for number, of_all, x1, x2 in zip(contributors, total, first, second, strict=True)
        ]

    def _spread(self, merging: Merging, found: Numbers) -> "_Spread":
        """Establishments of enterprises with several, in every bin that they may be in."""
        low, high = (merging.of(self.spread[name]) for name in (w.LOWEST, w.HIGHEST))
        counts = high - low + 1
        row = np.repeat(np.arange(len(low)), counts)
        starts = np.repeat(np.cumsum(counts) - counts, counts)
        block = low[row] + np.arange(counts.sum()) - starts
        place = {(int(label), int(each)): n for n, (label, each) in enumerate(found)}
        pairs = zip(self.spread_labels[row].tolist(), block.tolist(), strict=True)
        at = np.array([place.get(pair, -1) for pair in pairs], int)
        row, at = row[at >= 0], at[at >= 0]
        who = self.spread[w.CONTRIBUTOR][row]
        both, holder = np.unique(np.column_stack([at, who]), axis=0, return_inverse=True)
        held = np.bincount(holder.ravel(), self.spread[w.EMPLOYMENT][row], len(both))
        is_certain = (low == high)[row]
        certain = np.unique(np.column_stack([at, who])[is_certain], axis=0)
        return _Spread(
            held, both[:, 0], certain[:, 0], at, self.spread[w.ESTABLISHMENTS][row].astype(float)
        )


@dataclass(frozen=True)
class _Spread:
    """What enterprises with several establishments may hold, by place of an atom in a bin.

    Attributes:
        held: employment of one of them.
        at: where.
        certain: place of one that is there for certain.
        row_at: place of some establishments that may be there.
        rows: how many.
    """

    held: Numbers
    at: Numbers
    certain: Numbers
    row_at: Numbers
    rows: Numbers


def _fits(bits: MembershipBits, members: Members, membership: Numbers) -> Numbers:
    """Which memberships are of a population, whose sets of the evidence itself are left out."""
    inside = tuple(each for each in members.inside if each in bits.positions)
    found: Numbers = bits.mask(inside, members.outside).fits(membership)
    return found


def bins_of_year(
    bins: pa.Table,
    base: int,
    spread: Mapping[str, Numbers],
    *,
    centres: Mapping[int, float],
    width: float,
) -> BinsOfYear:
    """The evidence of one median base.

    Args:
        bins: evidence of all bases.
        base: number of the base.
        spread: rows of the year by enterprise with several establishments, with productivity.
        centres: median of each industry under the base [log points].
        width: of a published bin [log points].
    """
    chosen = bins.filter(pa.compute.equal(bins[w.BASE], base))
    cells = {name: chosen[name].to_numpy() for name in chosen.column_names if name != w.BASE}
    is_described = np.isin(spread[w.INDUSTRY], list(centres))
    held = {name: column[is_described] for name, column in spread.items()}
    centre = np.array([centres[int(code)] for code in held[w.INDUSTRY]], float)
    unit = 2.0**-w.LOG_PRODUCTIVITY_BITS
    low = (held[w.LOWEST] * unit - centre) / width
    high = ((held[w.HIGHEST] + 1) * unit - centre) / width
    return BinsOfYear(
        cells,
        held
        | {
            w.LOWEST: np.floor(low - _NEAR).astype(int),
            w.HIGHEST: np.floor(high + _NEAR).astype(int),
        },
    )


def merged_rows(
    key: Mapping[str, Any], table: BinTable, merging: Merging, width: float
) -> list[dict[str, Any]]:
    """Rows of `histograms` as they leave: one per bin in which somebody is."""
    wide = width * merging.times
    everyone = sum(table.employment)
    return [
        {
            **key,
            "bin_width": wide,
            "bin_start": number * wide,
            "bin_end": (number + 1) * wide,
            "establishments": rows,
            "employment": employment / EMPLOYMENT_UNITS,
            "share": employment / everyone if everyone else None,
        }
        for number, rows, employment in zip(
            table.bins, table.establishments, table.employment, strict=True
        )
    ]
