"""Statistics of populations in a release: whom they are of, and what has left of them before."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tradegains.published.published_run import PublishedRun
from tradegains.release.bin_tables import BinTables, EarlierBins
from tradegains.release.binning import Merging
from tradegains.release.cells import EvidenceCells
from tradegains.release.described import (
    PRODUCTIVITY_TABLES,
    SINGLE,
    Described,
    MeansThatLeft,
    histograms_of,
    in_order,
    populations_behind,
)
from tradegains.release.groups import Choices, Members, who_is_behind
from tradegains.release.median_bases import MedianBases
from tradegains.release.populations import (
    LeftPopulation,
    Populations,
    WeightedPopulation,
    left_population,
    said_of_population,
)
from tradegains.release.rules import Rules
from tradegains.release.sampled import SampledTables
from tradegains.release.samples import Samples, Taken
from tradegains.release.subtraction import label
from tradegains.tables.published import TABLES

Ledger = Sequence[Mapping[str, Any]]


def describe(
    run: PublishedRun,
    cells: EvidenceCells,
    choices: Choices,
    rules: Rules,
    *,
    names: Sequence[str],
    ledger: Ledger,
) -> Described:
    """Decide which populations' statistics leave with these tables."""
    bases = MedianBases.of(run, choices.windows)
    width = float(run.section("productivity").get("bin_width") or 1.0)
    bins = BinTables(cells, cells.bins, cells.base_of, bases, rules, width)
    if not set(names).isdisjoint(PRODUCTIVITY_TABLES):
        published = run.tables["histograms"].to_pylist()
        earlier = _earlier_bins(ledger, cells, choices)
        bins.decide(histograms_of(published, bases, choices), earlier)
    populations = Populations(cells, rules, choices.told, _productivity(run))
    wanted = _wanted(run, choices, names, bases)
    means = _earlier_means(ledger)
    known = list(_earlier_populations(ledger, populations))
    populations.decide(wanted, known, means.counts)
    samples = Samples(cells, rules, choices.told, _earlier_samples(ledger))
    sampled = SampledTables(run, choices, rules, samples)
    sampled.decide(names)
    return Described(cells, rules, populations, bases, bins, choices, sampled, means)


def said_of(described: Described) -> dict[str, Any]:
    """What the ledger keeps of the statistics that leave."""
    populations = described.populations
    bins = described.bins.said(lambda each: populations.words(WeightedPopulation(each)))
    return {
        "populations": [said_of_population(each, populations) for each in populations.leaving],
        "bins": bins,
        "means": [[year, sorted(each)] for year, each in sorted(described.means.counts.items())],
        "samples": described.sampled.samples.said(),
    }


def _productivity(run: PublishedRun) -> str:
    """What else numbers of productivity depend on, in words."""
    chosen = run.section("productivity")
    names = ("numerator", "denominator", "prices", "median_base")
    said = [chosen.get(name) for name in names]
    return " ".join(each[0] if isinstance(each, list) else str(each) for each in said if each)


def _wanted(
    run: PublishedRun, choices: Choices, names: Sequence[str], bases: MedianBases
) -> Iterator[WeightedPopulation]:
    for name in names:
        declared = TABLES[name].disclosure
        assert declared is not None
        for row in sorted(run.tables[name].to_pylist(), key=in_order(choices)):
            if name in PRODUCTIVITY_TABLES and not bases.is_chosen(row):
                continue
            who = who_is_behind(name, choices, row)
            for column, number in declared.of_row(row).items():
                if row.get(column) is not None:
                    yield from populations_behind(number, who)


def _earlier_populations(ledger: Ledger, populations: Populations) -> Iterator[LeftPopulation]:
    for entry in ledger:
        for each in entry.get("populations", ()):
            yield left_population(each, populations)


def _earlier_means(ledger: Ledger) -> MeansThatLeft:
    """Means over industries that left before, and years of which single industries did."""
    singles = {
        each["group"]["year"]
        for entry in ledger
        for each in entry.get("populations", ())
        if each["group"]["level"] == SINGLE
    }
    counts: dict[int, set[int]] = {}
    for entry in ledger:
        for year, several in entry.get("means", ()):
            counts.setdefault(year, set()).update(several)
    return MeansThatLeft(frozenset(singles), counts)


def _earlier_samples(ledger: Ledger) -> dict[str, list[Taken]]:
    """Samples that left before, by the words for those they are among."""
    found: dict[str, list[Taken]] = {}
    for entry in ledger:
        for each in entry.get("samples", ()):
            told = [(tuple(part), int(count)) for part, count in each["samples"]]
            found.setdefault(each["among"], []).extend(told)
    return found


def _earlier_bins(ledger: Ledger, cells: EvidenceCells, choices: Choices) -> list[EarlierBins]:
    """Bins that left before; the last entry of a year has all of them."""
    found = {}
    for entry in ledger:
        for each in entry.get("bins", ()):
            told = {Members.of(one["group"]): one for one in each["populations"]}
            is_known = all(
                cells.knows(members)
                and label(members, "establishments", choices.told) == one["words"]
                for members, one in told.items()
            )
            found[each["year"]] = EarlierBins(
                each["year"],
                each["pool"],
                each["width"],
                Merging(*each["merging"]),
                {members: one["digest"] for members, one in told.items()},
                is_known,
            )
    return list(found.values())
