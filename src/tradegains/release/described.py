"""What may leave of statistics that are no sums: what is told of whole populations.

Such a number leaves where its populations do (`populations`) and where it keeps the rule of its
class: a spread by its degrees of freedom and the dominance of deviations, a quantile by how many
lie beyond it, a histogram by its bins.

Decision: of every year productivity leaves under one median base, the first of the study. Under
another the same establishments are moved by what is known of each industry, and two distributions
side by side would tell of industries.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from tradegains.formulas.outcomes import joined_notes
from tradegains.release.bin_tables import BinTables
from tradegains.release.binning import merged_rows
from tradegains.release.cells import COLUMNS, EvidenceCells
from tradegains.release.deviations import Deviations, deviation_backing
from tradegains.release.groups import Choices, Members, Row, Who, who_is_behind
from tradegains.release.judging import CONTRIBUTORS, Backing, broken_rules
from tradegains.release.median_bases import MedianBases
from tradegains.release.populations import Populations, WeightedPopulation
from tradegains.release.protection import DIFFERENCE
from tradegains.release.rules import BINS, TAILS, Rules
from tradegains.release.sampled import SampledTables
from tradegains.release.samples import NO_EVIDENCE
from tradegains.tables.disclosure import POSITION, SHAPE, Statistic
from tradegains.tables.published import TABLES

DEGREES, DEVIATIONS, POSITION_RULE = "degrees_of_freedom", "dominance_of_deviations", "position"
OTHER_BASE, BINS_RULE = "other_base", "bins"

TOLD_BY_BINS = "quantiles as the bins of the released histogram tell them"

PRODUCTIVITY_TABLES = ("moments", "histograms")
"""Tables whose numbers are of productivity relative to a median."""


class Verdict(NamedTuple):
    """Why a number stays (empty: it leaves), and what the one that decides rests on."""

    reason: str
    backing: Backing | None = None


INDUSTRIES_MEAN, SINGLE = "industries_mean", "industry4"


@dataclass(frozen=True)
class MeansThatLeft:
    """Means over single industries that leave or have left.

    Attributes:
        singles: years of which a statistic of a single industry has left.
        counts: by year, over how many industries means were.
    """

    singles: frozenset[int] = frozenset()
    counts: dict[int, set[int]] = field(default_factory=dict)


def is_single(population: WeightedPopulation) -> bool:
    """Whether it is of one of the industries that means are over."""
    return population.members.level == SINGLE


@dataclass
class Described:
    """Judges statistics of populations.

    Attributes:
        cells: the evidence.
        rules: what they are judged by.
        populations: those whose statistics are asked for, decided.
        bases: medians that productivity is relative to.
        bins: histograms, decided.
        choices: what of the study says whom rows are of.
    """

    cells: EvidenceCells
    rules: Rules
    populations: Populations
    bases: MedianBases
    bins: BinTables
    choices: Choices
    sampled: SampledTables
    means: MeansThatLeft = field(default_factory=lambda: MeansThatLeft())

    def judge(self, table: str, row: Row, column: str, number: Statistic) -> Verdict:
        """Whether a number of a row may leave, beside the sums it is declared to rest on."""
        who = who_is_behind(table, self.choices, row)
        if table in PRODUCTIVITY_TABLES and not self.bases.is_chosen(row):
            return Verdict(OTHER_BASE)
        weakest: Backing | None = None
        for each in populations_behind(number, who):
            fate = self.populations.fates.get(each)
            if fate is None:
                return Verdict(NO_EVIDENCE)
            if fate.reason:
                return Verdict(fate.reason, fate.backing)
            weakest = min(weakest or fate.backing, fate.backing, key=lambda one: one.contributors)
        if weakest is None:
            return Verdict(NO_EVIDENCE)
        if row.get("level") == INDUSTRIES_MEAN:
            return self._of_industries(row, only_population(number, who).members, weakest)
        if number.sampled:
            return Verdict(*self.sampled.judge(table, row, column))
        if table == "histograms":
            members = only_population(number, who).members
            return Verdict("" if self.bins.has(members) else BINS_RULE, weakest)
        if number.kind == SHAPE:
            return self._shape(row, number, who, weakest)
        if number.kind == POSITION:
            return self._position(number, who, weakest)
        if number.power == 1:
            return self._mean(row, number, who, weakest)
        return Verdict("", weakest)

    def _mean(
        self, row: Row, number: Statistic, who: Mapping[str, Who], backing: Backing
    ) -> Verdict:
        """A mean of what deviates from the median, of which an outlier may have nearly all."""
        mean, sd, centres = row["mean"], row["sd"], self.bases.centres(row)
        if sd is None or centres is None:
            return Verdict(NO_EVIDENCE, backing)
        members = only_population(number, who).members
        weight = COLUMNS.get(number.weight, "")
        of = Deviations(centres, 0.0, 1, sd**2 + mean**2, weight)
        inside = self.cells.cells_of(members)
        found = deviation_backing(self.cells.years[members.year], inside, of)
        if found is None:
            return Verdict(NO_EVIDENCE, backing)
        return Verdict(DEVIATIONS if broken_rules(found, self.rules) else "", found)

    def _of_industries(self, row: Row, everybody: Members, backing: Backing) -> Verdict:
        """A mean over industries: of enough, of none of which anything leaves or has left.

        From the mean and the numbers of all others would follow that of one. Two means differ by
        no industry or by enough.
        """
        least, year = self.rules.contributors.least, everybody.year
        if row["industries"] < least:
            return Verdict(CONTRIBUTORS, backing)
        singles = {each.members.year for each in self.populations.leaving if is_single(each)}
        if year in singles | self.means.singles:
            return Verdict(DIFFERENCE, backing)
        before = self.means.counts.setdefault(year, set())
        if any(0 < abs(row["industries"] - other) < least for other in before):
            return Verdict(DIFFERENCE, backing)
        before.add(row["industries"])
        return Verdict("", backing)

    def _shape(
        self, row: Row, number: Statistic, who: Mapping[str, Who], backing: Backing
    ) -> Verdict:
        if backing.contributors - 1 < self.rules.shapes.degrees_of_freedom:
            return Verdict(DEGREES, backing)
        mean_power = mean_of_powers(row, number.power)
        centres = self.bases.centres(row)
        if mean_power is None or centres is None or row.get("mean") is None:
            return Verdict(NO_EVIDENCE, backing)
        members = only_population(number, who).members
        of = Deviations(
            centres, row["mean"], number.power, mean_power, COLUMNS.get(number.weight, "")
        )
        inside = self.cells.cells_of(members)
        found = deviation_backing(self.cells.years[members.year], inside, of)
        if found is None:
            return Verdict(NO_EVIDENCE, backing)
        return Verdict(DEVIATIONS if broken_rules(found, self.rules) else "", found)

    def _position(self, number: Statistic, who: Mapping[str, Who], backing: Backing) -> Verdict:
        assert number.at is not None
        members = only_population(number, who).members
        if self.rules.positions.rule == TAILS:
            beyond = _beyond(backing.contributors, number.at)
            enough = beyond >= self.rules.positions.least
        else:
            enough = self.quantile(members, number) is not None
        return Verdict("" if enough else POSITION_RULE, backing)

    def quantile(self, members: Members, number: Statistic) -> float | None:
        """A quantile as the bins that leave tell it; None where they do not."""
        assert number.at is not None
        enough = self.rules.positions.least
        table = self.bins.table(members)
        if table is None or _beyond(sum(table.establishments), number.at) < enough:
            return None
        return self.bins.quantile(members, number.at, weighted=bool(number.weight))

    def restated(self, table: str, rows: pa.Table) -> pa.Table:
        """Rows as they may leave: histograms in wider bins, and quantiles as these tell them."""
        if table == "histograms":
            return pa.Table.from_pylist(self._merged(rows.to_pylist()), schema=rows.schema)
        if table == "moments" and self.rules.positions.rule == BINS:
            told = [self._by_bins(row) for row in rows.to_pylist()]
            return pa.Table.from_pylist(told, schema=rows.schema)
        return rows

    def _merged(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        found = []
        for members, own in histograms_of(rows, self.bases, self.choices):
            table, merging = self.bins.table(members), self.bins.merging(members.year)
            if table is not None and merging is not None:
                key = {name: own[0][name] for name in ("run_id", *TABLES["histograms"].key)}
                found += merged_rows(key, table, merging, self.bins.width)
        return found

    def _by_bins(self, row: dict[str, Any]) -> dict[str, Any]:
        declared = TABLES["moments"].disclosure
        assert declared is not None
        if not self.bases.is_chosen(row):
            return row
        who = who_is_behind("moments", self.choices, row)
        told: dict[str, Any] = {}
        for column, number in declared.of_row(row).items():
            if number.kind == POSITION and row[column] is not None:
                value = self.quantile(only_population(number, who).members, number)
                if value is not None:
                    told[column] = value
        note = joined_notes(row["note"] or "", TOLD_BY_BINS) if told else row["note"]
        return row | told | {"note": note}


def histograms_of(
    rows: Sequence[Row], bases: MedianBases, choices: Choices
) -> list[tuple[Members, list[Row]]]:
    """Populations under the chosen medians in their order, each with the rows of its histogram."""
    found: dict[Members, list[Row]] = {}
    for row in sorted(rows, key=in_order(choices)):
        if bases.is_chosen(row):
            who = who_is_behind("histograms", choices, row)
            if "population" in who:
                found.setdefault(who["population"].groups[0], []).append(row)
    return list(found.items())


_FIRST = ("all", "exporters", "nonexporters", "continuing")


def in_order(choices: Choices) -> Callable[[Row], tuple[int, int, str]]:
    """Who comes first where not all can leave: everybody, who exports, parts of windows, others.

    Example:
        >>> choices = Choices({"post": (1988, 1996)}, "own_year", False, {}, {}, {})
        >>> names = ("exiters", "continuing", "large", "all")
        >>> rows = [{"window": "post" if len(n) > 5 else None, "population": n} for n in names]
        >>> [row["population"] for row in sorted(rows, key=in_order(choices))]
        ['all', 'continuing', 'exiters', 'large']
    """
    windows = list(choices.windows)

    def place(row: Row) -> tuple[int, int, str]:
        name, window = row.get("population") or "", row.get("window")
        of_name = _FIRST.index(name) if name in _FIRST else len(_FIRST)
        of_window = windows.index(window) if window in windows else len(windows)
        of_all = 0 if name in _FIRST else 1 + len(windows)
        return 1 + of_window if window else of_all, of_name, name

    return place


def populations_behind(number: Statistic, who: Mapping[str, Who]) -> list[WeightedPopulation]:
    """Whom a number is a statistic of; nobody where one of them is not known."""
    if not all(name in who for name in number.populations):
        return []
    return [
        WeightedPopulation(group, number.weight)
        for name in number.populations
        for group in who[name].groups
    ]


def _beyond(number: int, at: float) -> float:
    """How many lie beyond a quantile, on the side that has fewer: 10 of 100 beyond 0.9."""
    return round(number * min(at, 1 - at), 9)


def only_population(number: Statistic, who: Mapping[str, Who]) -> WeightedPopulation:
    """The one population that a number is a statistic of."""
    (found,) = populations_behind(number, who)
    return found


def mean_of_powers(row: Row, power: int) -> float | None:
    """The mean of a power of deviations, from the moments of a row; of the third at least so much.

    Example:
        >>> mean_of_powers({"sd": 0.5, "kurtosis": 3.0}, 4)
        0.1875
    """
    sd, kurtosis = row.get("sd"), row.get("kurtosis")
    if sd is None or (power == 4 and kurtosis is None):
        return None
    assert isinstance(sd, float)
    return sd**power * (kurtosis if power == 4 and isinstance(kurtosis, float) else 1.0)
