"""The histograms of a run as they may leave, and the quantiles that they tell."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tradegains.release.binning import BinsOfYear, BinTable, Merging, YearOfBins, bins_of_year
from tradegains.release.cells import KNOWN, EvidenceCells
from tradegains.release.groups import WITH_PRODUCTIVITY, Members, Row
from tradegains.release.median_bases import MedianBases
from tradegains.release.rules import Rules
from tradegains.tables import working as w


@dataclass(frozen=True)
class EarlierBins:
    """Bins of a year that left before: under which medians, which, and of whom with what in them.

    `populations` has the digest of each; `is_known` is False where one of them is not known to
    this study.
    """

    year: int
    pool: str
    width: float
    merging: Merging
    populations: Mapping[Members, str]
    is_known: bool = True


@dataclass
class BinTables:
    """Which histograms leave.

    Attributes:
        cells: the evidence of the run.
        bins: evidence of the histograms; None where the run has none.
        base_of: number of each base in it, by year and pool.
        bases: medians that productivity is relative to.
        rules: what they are judged by.
        width: of a published bin [log points].
        years: by year, its bins.
        changed: years of which nothing new leaves, for what left before has changed.
    """

    cells: EvidenceCells
    bins: pa.Table | None
    base_of: Mapping[tuple[int, str], int]
    bases: MedianBases
    rules: Rules
    width: float
    years: dict[int, YearOfBins] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)

    def decide(
        self, wanted: Sequence[tuple[Members, Sequence[Row]]], earlier: Sequence[EarlierBins] = ()
    ) -> None:
        """Decide which populations' histograms leave; those that left before come first.

        Args:
            wanted: populations under the chosen medians, each with its published rows.
            earlier: what left before.
        """
        before = {each.year: each for each in earlier}
        for year in sorted({members.year for members, _ in wanted} | set(before)):
            evidence = self._evidence(year)
            if evidence is None:
                continue
            left = before.get(year)
            given = left.merging if left else None
            self.years[year] = YearOfBins(evidence, self.cells.sets, self.rules, given=given)
            if left and not self._left_again(year, left):
                self.changed.add(year)
                del self.years[year]
        for members, rows in wanted:
            of_year = self.years.get(members.year)
            is_known = of_year is not None and self._is_of_the_run(of_year, members, rows)
            if of_year is not None and is_known and members not in of_year.taken:
                of_year.take(members)

    def _left_again(self, year: int, left: EarlierBins) -> bool:
        """Take what left before, if all of it is as it was."""
        is_same = left.is_known and left.width == self.width
        if not is_same or left.pool != self.bases.chosen.get(year):
            return False
        of_year = self.years[year]
        if not all(of_year.take(members) for members in left.populations):
            return False
        return all(self.digest(each) == told for each, told in left.populations.items())

    def _evidence(self, year: int) -> BinsOfYear | None:
        pool = self.bases.chosen.get(year, "")
        base = self.base_of.get((year, pool))
        of_year = self.cells.years.get(year)
        if self.bins is None or base is None or of_year is None or not of_year.has_extremes:
            return None
        cells = of_year.spread_cells
        is_known = of_year.keys[w.KNOWN][cells] >= KNOWN[WITH_PRODUCTIVITY]
        names = (w.ESTABLISHMENTS, w.EMPLOYMENT, w.LOWEST, w.HIGHEST)
        spread = {
            w.MEMBERSHIP: of_year.keys[w.MEMBERSHIP][cells][is_known],
            w.INDUSTRY: of_year.keys[w.INDUSTRY][cells][is_known],
            w.CONTRIBUTOR: of_year.spread_contributors[is_known],
            **{name: of_year.spread[name][is_known] for name in names},
        }
        centres = self.bases.medians[pool]
        return bins_of_year(self.bins, base, spread, centres=centres, width=self.width)

    def _is_of_the_run(self, of_year: YearOfBins, members: Members, rows: Sequence[Row]) -> bool:
        """Whether the evidence has what was published, bin by bin."""
        if not self.cells.knows(members) or not rows:
            return False
        bins, counts = of_year.evidence.counts(of_year.bits, members)
        published = {round(row["bin_start"] / self.width): row["establishments"] for row in rows}
        return published == dict(zip(bins.tolist(), counts.astype(int).tolist(), strict=True))

    def has(self, members: Members) -> bool:
        """Whether a population's histogram leaves."""
        of_year = self.years.get(members.year)
        return of_year is not None and members in of_year.taken

    def table(self, members: Members) -> BinTable | None:
        """A population's histogram as it leaves; None where it stays."""
        return self.years[members.year].table(members) if self.has(members) else None

    def merging(self, year: int) -> Merging | None:
        """The bins of a year that leave, if any histogram of it does."""
        of_year = self.years.get(year)
        return of_year.merging if of_year and of_year.taken else None

    def quantile(self, members: Members, p: float, *, weighted: bool) -> float | None:
        """A quantile by the bins that leave [log points]; None where they do not tell it."""
        whole, merging = self.table(members), self.merging(members.year)
        table = whole and whole.rounded(self.rules.rounding)
        if table is None or merging is None:
            return None
        found = table.quantile(p, weighted=weighted)
        return None if found is None else found * self.width * merging.times

    def digest(self, members: Members) -> str:
        """SHA-256 of a histogram that leaves."""
        table = self.table(members)
        said = table and (table.bins, table.establishments, table.employment)
        return hashlib.sha256(repr(said).encode()).hexdigest()

    def said(self, words: Callable[[Members], str]) -> list[dict[str, Any]]:
        """What the ledger keeps of the bins that leave."""
        return [
            {
                "year": year,
                "pool": self.bases.chosen[year],
                "width": self.width,
                "merging": [merging.times, merging.first, merging.last],
                "populations": [
                    {"words": words(each), "group": vars(each), "digest": self.digest(each)}
                    for each in of_year.taken
                ],
            }
            for year, of_year in sorted(self.years.items())
            if (merging := self.merging(year))
        ]
