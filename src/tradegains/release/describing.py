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
from tradegains.release.populations import LeftPopulation, Populations, WeightedPopulation
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
    known = list(earlier_populations(ledger, cells, choices))
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
        "populations": said_of_populations(populations),
        "bins": bins,
        "means": [[year, sorted(each)] for year, each in sorted(described.means.counts.items())],
        "samples": described.sampled.samples.said(),
    }


def said_of_populations(populations: Populations) -> list[dict[str, Any]]:
    """What the ledger keeps of populations of which something leaves."""
    return [
        {
            "words": known.words,
            "digest": list(known.digest),
            "group": vars(each.members),
            "weight": each.weight,
        }
        for each in populations.leaving
        for known in (populations.known(each),)
    ]


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


def earlier_populations(
    ledger: Ledger, cells: EvidenceCells, choices: Choices, kept: str = "populations"
) -> Iterator[LeftPopulation]:
    """Populations of which something left before, by what the ledger keeps under a name."""
    for entry in ledger:
        for each in entry.get(kept, ()):
            population = WeightedPopulation(Members.of(each["group"]), each["weight"])
            words = label(population.members, each["weight"] or "establishments", choices.told)
            is_here = cells.knows(population.members) and words == each["words"]
            yield LeftPopulation(
                each["words"], tuple(each["digest"]), population if is_here else None
            )


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
