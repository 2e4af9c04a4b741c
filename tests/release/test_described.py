"""Statistics of populations: who is behind them, counted by hand, at the limit of each rule."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from made_evidence import (
    BITS,
    EXPORTER,
    LARGE,
    SETS,
    WIDTH,
    YEAR,
    Plant,
    all_of,
    evidence,
    membership,
)
from tradegains.release.bin_tables import BinTables
from tradegains.release.binning import BinTable, Merging, YearOfBins, bins_of_year
from tradegains.release.described import Described, MeansThatLeft
from tradegains.release.deviations import Deviations, deviation_backing
from tradegains.release.groups import WITH_PRODUCTIVITY, Choices, Members
from tradegains.release.judging import Backing, broken_rules
from tradegains.release.median_bases import MedianBases
from tradegains.release.populations import LeftPopulation, Populations, WeightedPopulation
from tradegains.release.profiles import example_rules
from tradegains.release.rules import Positions, Rounding, Rules
from tradegains.release.sampled import SampledTables
from tradegains.release.samples import Samples
from tradegains.tables import working as w
from tradegains.tables.disclosure import Statistic
from tradegains.tables.published import TABLES


@pytest.fixture(scope="module")
def rules() -> Rules:
    return example_rules("plain")


def fates(
    plants: Sequence[Plant],
    rules: Rules,
    *wanted: WeightedPopulation,
    earlier: Sequence[LeftPopulation] = (),
) -> dict[WeightedPopulation, str]:
    found = Populations(evidence(plants), rules, " ".join)
    found.decide(wanted, earlier)
    return {each: fate.reason for each, fate in found.fates.items()}


# --- populations ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "reason"), [(9, "contributors"), (10, ""), (11, "")])
def test_a_population_rests_on_so_many(rules: Rules, number: int, reason: str) -> None:
    everyone = WeightedPopulation(all_of())
    plants = [Plant(owner) for owner in range(number)]
    assert fates(plants, rules, everyone) == {everyone: reason}
    # A further establishment of the same enterprise is nobody more, one without productivity too.
    more = [*plants, Plant(0, (LARGE,)), Plant(99, value=None)]
    assert fates(more, rules, everyone) == {everyone: reason}


@pytest.mark.parametrize(("number", "reason"), [(0, ""), (9, "difference"), (10, ""), (11, "")])
def test_two_populations_differ_by_so_many(rules: Rules, number: int, reason: str) -> None:
    everyone, exporters = WeightedPopulation(all_of()), WeightedPopulation(all_of(EXPORTER))
    plants = [Plant(owner, (EXPORTER,)) for owner in range(30)]
    plants += [Plant(100 + owner) for owner in range(number)]
    assert fates(plants, rules, everyone, exporters) == {everyone: "", exporters: reason}
    assert fates(plants, rules, exporters, everyone) == {exporters: "", everyone: reason}


def test_three_populations_tell_of_their_intersections(rules: Rules) -> None:
    """Everybody, exporters and large ones are each many; 5 are both: large ones stay."""
    plants = [Plant(n) for n in range(40)] + [Plant(100 + n, (EXPORTER,)) for n in range(40)]
    plants += [Plant(200 + n, (LARGE,)) for n in range(40)]
    wanted = [WeightedPopulation(each) for each in (all_of(), all_of(EXPORTER), all_of(LARGE))]
    assert list(fates(plants, rules, *wanted).values()) == ["", "", ""]
    both = [Plant(300 + n, (EXPORTER, LARGE)) for n in range(5)]
    assert list(fates([*plants, *both], rules, *wanted).values()) == ["", "", "difference"]


def test_weights_are_judged_where_they_count(rules: Rules) -> None:
    plants = [Plant(n, jobs=10) for n in range(20)] + [Plant(99, jobs=2000)]
    once, weighted = WeightedPopulation(all_of()), WeightedPopulation(all_of(), "employment")
    assert fates(plants, rules, once, weighted) == {once: "", weighted: "dominance"}


def test_what_left_before_is_not_told_apart_by_what_leaves(rules: Rules) -> None:
    everyone, exporters = WeightedPopulation(all_of()), WeightedPopulation(all_of(EXPORTER))
    plants = [Plant(n, (EXPORTER,)) for n in range(30)] + [Plant(100 + n) for n in range(30)]
    first = Populations(evidence(plants), rules, " ".join)
    first.decide([everyone])
    left = [first.known(everyone)]
    assert fates(plants, rules, exporters, earlier=left) == {everyone: "", exporters: ""}
    more = [*plants, Plant(500)]
    assert fates(more, rules, exporters, everyone, earlier=left) == {
        everyone: "earlier", exporters: "earlier",
    }  # fmt: skip
    unknown = [replace(left[0], population=None)]
    assert fates(plants, rules, exporters, earlier=unknown) == {exporters: "earlier"}


# --- deviations -----------------------------------------------------------------------------------


def drawn(random: Random, number: int) -> list[Plant]:
    """Plants of enterprises with one or several, in two sets, with outliers and giants."""
    owners = max(number // random.choice((1, 1, 2)), 1)
    return [
        Plant(
            random.randrange(owners) if random.random() < 0.3 else 10_000 + n,
            tuple(each for each in SETS if random.random() < 0.4),
            random.choice((1, 5, 20, 20, 400)),
            random.choice((random.gauss(0, 1), random.gauss(0, 1), random.uniform(-6, 6))),
            random.choice((111, 112, 3256)),
        )
        for n in range(number)
    ]


CENTRES = {111: 0.25, 112: -0.5, 3256: 0.0}


def by_owner(plants: Sequence[Plant], amounts: Sequence[float]) -> list[float]:
    held: dict[int, float] = {}
    for plant, amount in zip(plants, amounts, strict=True):
        held[plant.owner] = held.get(plant.owner, 0.0) + amount
    return sorted([*held.values(), 0.0, 0.0], reverse=True)


@pytest.mark.parametrize("seed", range(40))
def test_deviations_rest_on_no_less_than_what_is_there(seed: int) -> None:
    random = Random(seed)
    plants, power = drawn(random, random.randrange(12, 60)), random.choice((2, 3, 4))
    weighted = random.random() < 0.5
    weights = [each.jobs if weighted else 1 for each in plants]
    values = [(each.value or 0.0) - CENTRES[each.industry] for each in plants]
    mean = float(np.average(values, weights=weights))
    powers = [abs(value - mean) ** power for value in values]
    mean_power = float(np.average(powers, weights=weights))
    cells = evidence(plants)
    inside = cells.cells_of(all_of())
    of = Deviations(CENTRES, mean, power, mean_power, w.EMPLOYMENT if weighted else "")
    found = deviation_backing(cells.years[YEAR], inside, of)
    assert found is not None
    held = by_owner(plants, [a * b for a, b in zip(weights, powers, strict=True)])
    assert found.contributors == len({each.owner for each in plants})
    assert found.total == pytest.approx(sum(held), rel=1e-9)
    assert found.first >= held[0] * (1 - 1e-9)
    assert found.first + found.second >= (held[0] + held[1]) * (1 - 1e-9)
    # Of plants in cells of their own nothing is guessed, but the last binary place.
    apart = [Plant(n, (), 1 + n % 3, n / 7, 1000 + n) for n in range(15)]
    centres = {each.industry: 0.0 for each in apart}
    cells = evidence(apart)
    of = Deviations(centres, 1.0, power, 1.0)
    exact = deviation_backing(cells.years[YEAR], cells.cells_of(all_of()), of)
    assert exact is not None
    assert exact.first == pytest.approx(1.0**power, rel=1e-4)


def test_an_industry_without_a_median_is_not_judged() -> None:
    cells = evidence([Plant(n) for n in range(20)])
    of = Deviations({}, 0.0, 2, 1.0)
    assert deviation_backing(cells.years[YEAR], cells.cells_of(all_of()), of) is None


# --- histograms -----------------------------------------------------------------------------------


def year_of_bins(plants: Sequence[Plant], rules: Rules, given: Merging | None = None) -> YearOfBins:
    cells = evidence(plants)
    held: dict[tuple[int, int], list[Plant]] = {}
    for plant in plants:
        held.setdefault((membership(plant), bin_of(plant)), []).append(plant)
    rows = [
        {
            w.BASE: 0,
            w.MEMBERSHIP: member,
            w.BIN: number,
            w.ESTABLISHMENTS: len(its),
            w.EMPLOYMENT: sum(each.jobs for each in its),
            w.largest_of(w.EMPLOYMENT): max(each.jobs for each in its),
            w.second_of(w.EMPLOYMENT): sorted([0, *(each.jobs for each in its)])[-2],
        }
        for (member, number), its in held.items()
    ]
    of_year = cells.years[YEAR]
    at = of_year.spread_cells
    spread = {
        w.MEMBERSHIP: of_year.keys[w.MEMBERSHIP][at],
        w.INDUSTRY: of_year.keys[w.INDUSTRY][at],
        w.CONTRIBUTOR: of_year.spread_contributors,
        **{
            name: of_year.spread[name]
            for name in (w.ESTABLISHMENTS, w.EMPLOYMENT, w.LOWEST, w.HIGHEST)
            if name in of_year.spread
        },
    }
    table = pa.Table.from_pylist(rows)
    return YearOfBins(
        bins_of_year(table, 0, spread, centres=CENTRES, width=WIDTH), BITS, rules, given=given
    )


def bin_of(plant: Plant) -> int:
    return int(((plant.value or 0.0) - CENTRES[plant.industry]) // WIDTH)


def is_of(plant: Plant, members: Members) -> bool:
    inside = set(members.inside) - {WITH_PRODUCTIVITY}
    return inside <= set(plant.sets) and not set(members.outside) & set(plant.sets)


POPULATIONS = (all_of(), all_of(EXPORTER), all_of(outside=(EXPORTER,)), all_of(LARGE))


@pytest.mark.parametrize("seed", range(25))
def test_no_combination_of_histograms_tells_of_a_few(seed: int, rules: Rules) -> None:
    """Every atom of the populations that leave is safe in every bin, counted plant by plant."""
    random = Random(seed)
    plants = drawn(random, random.choice((200, 600)))
    found = year_of_bins(plants, rules)
    taken = [each for each in POPULATIONS if found.take(each)]
    if not taken:
        return
    assert found.merging is not None
    atoms: dict[tuple[object, int], list[Plant]] = {}
    for plant in plants:
        sets = tuple(is_of(plant, each) for each in taken)
        if any(sets):
            block = int(found.merging.of(np.array([bin_of(plant)]))[0])
            atoms.setdefault((sets, block), []).append(plant)
    for its in atoms.values():
        held = by_owner(its, [each.jobs for each in its])
        backing = Backing(len({each.owner for each in its}), sum(held), held[0], held[1])
        assert broken_rules(backing, rules) == ()
    for members in taken:
        table = found.table(members)
        assert sum(table.establishments) == sum(is_of(each, members) for each in plants)
        assert sum(table.employment) == sum(e.jobs for e in plants if is_of(e, members))


def test_histograms_that_leave_are_of_many_draws(rules: Rules) -> None:
    """The test above is not one of nothing."""
    plants = [drawn(Random(seed), 600) for seed in range(8)]
    taken = [year_of_bins(each, rules).take(all_of()) for each in plants]
    assert sum(taken) >= 6


def plants_in_bins(sizes: Mapping[int, int]) -> list[Plant]:
    """So many plants alike in each bin."""
    return [
        Plant(1000 * place + n, (), 5, WIDTH * place + 0.1, 3256)
        for place, count in sizes.items()
        for n in range(count)
    ]


@pytest.mark.parametrize(("number", "leaves"), [(9, False), (10, True), (11, True)])
def test_a_bin_holds_so_many(rules: Rules, number: int, leaves: bool) -> None:
    """A bin of a few between those of many leaves as it is, or in a wider one."""
    sizes = dict.fromkeys(range(8), 200) | {1: number}
    plants = plants_in_bins(sizes)
    found = year_of_bins(plants, rules)
    assert found.take(all_of())
    assert found.merging is not None
    assert (found.merging.times == 1) is leaves


@pytest.mark.parametrize(("number", "times"), [(10, 1), (60, 2)])
def test_an_enterprise_may_have_most_of_a_bin(rules: Rules, number: int, times: int) -> None:
    """Its establishments are none of them large: together they have 6,000 of 7,000 jobs."""
    plants = [Plant(n, (), 5, WIDTH * (n % 8) + 0.1, 3256) for n in range(1600)]
    plants += [Plant(9999, (), 100, WIDTH + 0.1, 3256) for _ in range(number)]
    found = year_of_bins(plants, rules)
    assert found.take(all_of())
    assert found.merging is not None
    assert found.merging.times == times


def test_bins_that_left_before_are_those_that_leave(rules: Rules) -> None:
    plants = [Plant(n, (), 5, WIDTH * (n % 4) + 0.1, 3256) for n in range(400)]
    assert year_of_bins(plants, rules).take(all_of())
    again = year_of_bins(plants, rules, Merging(2, 0, 1))
    assert again.take(all_of())
    assert again.merging == Merging(2, 0, 1)
    assert not year_of_bins(plants[:15], rules, Merging(2, 0, 1)).take(all_of())


def test_quantiles_of_bins_are_not_told_in_the_open_ends() -> None:
    table = BinTable((-2, -1, 0, 1), (10, 40, 40, 10), (10, 10, 70, 10), ())
    told: Mapping[float, float | None] = {
        p: table.quantile(p, weighted=False) for p in (0.05, 0.1, 0.3, 0.5, 0.9, 0.95)
    }
    assert told == {0.05: None, 0.1: None, 0.3: -0.5, 0.5: 0.0, 0.9: 1.0, 0.95: None}
    assert table.quantile(0.55, weighted=True) == pytest.approx(0.5)


def test_quantiles_of_bins_are_those_of_the_numbers_that_leave() -> None:
    """23 of 76 within a bin tells that it holds 19, where 20 is what readers get."""
    table = BinTable((-2, -1, 0, 1), (21, 19, 18, 22), (1234, 1000, 1000, 1000), ())
    told = table.rounded(Rounding(5, 0))
    assert told is not None
    assert told.establishments == (20, 20, 20, 20)
    assert told.quantile(0.4, weighted=False) == pytest.approx(-0.4)
    assert table.rounded(Rounding(0, 2)) == replace(table, employment=(1200, 1000, 1000, 1000))
    small = replace(table, establishments=(21, 14, 18, 22))
    assert small.rounded(Rounding("significant", 0)) is None


@pytest.mark.parametrize(("number", "times"), [(14, 2), (15, 1), (16, 1)])
def test_a_bin_holds_so_many_that_its_count_leaves(rules: Rules, number: int, times: int) -> None:
    """Rounded by size a count below 15 stays: bins are so wide that none does."""
    by_size = replace(rules, rounding=Rounding("significant", 0))
    sizes = dict.fromkeys(range(8), 200) | {1: number}
    plants = plants_in_bins(sizes)
    found = year_of_bins(plants, by_size)
    assert found.take(all_of())
    assert found.merging is not None
    assert found.merging.times == times


@pytest.mark.parametrize(("number", "leaves"), [(99, True), (100, True), (101, False)])
def test_so_much_of_a_population_is_beyond_its_bins(
    rules: Rules, number: int, leaves: bool
) -> None:
    """Of 1,000 a tenth may lie in ends too thin for bins, which are wide there as anywhere."""
    plants = [Plant(n, (), 5, WIDTH * (40 + n % 3) + 0.1, 3256) for n in range(1000 - number)]
    # One in every fourth bin: no bin of three holds ten of them.
    plants += [Plant(5000 + n, (), 5, WIDTH * (60 + 4 * n) + 0.1, 3256) for n in range(number)]
    assert year_of_bins(plants, rules).take(all_of()) is leaves


# --- spreads and quantiles ------------------------------------------------------------------------


def judged(
    plants: Sequence[Plant], rules: Rules, column: str, **moments: float
) -> tuple[str, Statistic]:
    """What becomes of a statistic of everybody."""
    cells = evidence(plants)
    populations = Populations(cells, rules, " ".join)
    populations.decide([WeightedPopulation(all_of())])
    bases = MedianBases({}, "same_year", {str(YEAR): CENTRES}, {YEAR: str(YEAR)})
    choices = Choices({}, "own_year", False, {}, {"continuing": "both_ends"}, {})
    no_bins = BinTables(cells, None, {}, bases, rules, WIDTH)
    samples = Samples(cells, rules, " ".join)
    sampled = SampledTables(NO_RUN, choices, rules, samples)
    described = Described(cells, rules, populations, bases, no_bins, choices, sampled)
    row = {
        "year": YEAR, "window": None, "population": "all", "level": "total", "industry": None,
        "median_base": "same_year", "measure": "relative", "weighting": "unweighted",
        "mean": 0.0, **moments,
    }  # fmt: skip
    declared = TABLES["moments"].disclosure
    assert declared is not None
    number = declared.numbers[column]
    return described.judge("moments", row, column, number).reason, number


NO_RUN: Any = None


@pytest.mark.parametrize(("number", "reason"), [(10, "degrees_of_freedom"), (11, ""), (12, "")])
def test_a_spread_has_so_many_degrees_of_freedom(rules: Rules, number: int, reason: str) -> None:
    """Eleven contributors have ten beside the mean; ten are enough for any other statistic."""
    plants = [Plant(n, value=CENTRES[111] + (-0.5) ** (n % 2)) for n in range(number)]
    assert judged(plants, rules, "sd", sd=0.8)[0] == reason
    assert judged(plants, rules, "mean", sd=0.8)[0] == ""


@pytest.mark.parametrize(("number", "reason"), [(99, "position"), (100, ""), (101, "")])
@pytest.mark.parametrize("column", ["p10", "p90"])
def test_so_many_lie_beyond_a_quantile(rules: Rules, number: int, reason: str, column: str) -> None:
    """Ten of a hundred lie below the tenth percentile; by bins nothing is told without them."""
    tails = replace(rules, positions=Positions("tails", 10))
    plants = [Plant(n) for n in range(number)]
    assert judged(plants, tails, column)[0] == reason
    assert judged(plants, rules, column)[0] == "position"


@pytest.mark.parametrize(
    ("far", "reason"), [(0.5, ""), (1.0, ""), (8.0, "dominance_of_deviations")]
)
def test_a_mean_is_not_one_outlier_s(rules: Rules, far: float, reason: str) -> None:
    """Of 40 near the median and one far from it the mean times 41 is the one."""
    near = 0.4 if far < 2 else 0.04
    plants = [Plant(n, value=CENTRES[111] + near * (-1) ** n) for n in range(40)]
    plants.append(Plant(99, value=CENTRES[111] + far))
    values = np.array([(each.value or 0.0) - CENTRES[111] for each in plants])
    told, _ = judged(plants, rules, "mean", sd=float(values.std()), mean=float(values.mean()))
    assert told == reason


@pytest.mark.parametrize("seed", range(12))
def test_sizes_of_deviations_are_not_overstated(seed: int) -> None:
    """Σ w |x| is at least what it is taken for, and nobody has more of it than that."""
    random = Random(seed)
    plants = [
        replace_value(each, random.gauss(0, 1) + CENTRES[each.industry])
        for each in drawn(random, 60)
    ]
    held = by_owner(plants, [e.jobs * abs((e.value or 0) - CENTRES[e.industry]) for e in plants])
    jobs = np.array([each.jobs for each in plants], float)
    squares = np.array([((e.value or 0.0) - CENTRES[e.industry]) ** 2 for e in plants])
    power = float((jobs * squares).sum() / jobs.sum())
    cells = evidence(plants)
    inside = cells.cells_of(all_of())
    of = Deviations(CENTRES, 0.0, 1, power, w.EMPLOYMENT)
    found = deviation_backing(cells.years[YEAR], inside, of)
    assert found is not None
    assert found.total <= sum(held) * (1 + 1e-9)
    assert found.first >= held[0] * (1 - 1e-9)


def replace_value(plant: Plant, value: float) -> Plant:
    return plant._replace(value=value)


# --- means over industries ------------------------------------------------------------------------


def mean_of_industries(
    rules: Rules, industries: int, *, single: bool = False, means: MeansThatLeft | None = None
) -> tuple[str, MeansThatLeft]:
    """What becomes of a mean over so many industries, beside a single one or not."""
    cells = evidence([Plant(n, industry=111 + n % 12) for n in range(600)])
    populations = Populations(cells, rules, " ".join)
    one = replace(all_of(), level="industry4", industry="0111")
    wanted = [WeightedPopulation(all_of()), *([WeightedPopulation(one)] if single else [])]
    left = means or MeansThatLeft()
    populations.decide(wanted, years_of_means=left.counts)
    bases = MedianBases({}, "same_year", {str(YEAR): CENTRES}, {YEAR: str(YEAR)})
    choices = Choices({}, "own_year", False, {}, {}, {})
    no_bins = BinTables(cells, None, {}, bases, rules, WIDTH)
    sampled = SampledTables(NO_RUN, choices, rules, Samples(cells, rules, " ".join))
    described = Described(cells, rules, populations, bases, no_bins, choices, sampled, left)
    declared = TABLES["dispersion"].disclosure
    assert declared is not None
    row = {"year": YEAR, "level": "industries_mean", "industry": None, "n_min": 10,
           "weighting": "unweighted", "industries": industries}  # fmt: skip
    reason = described.judge("dispersion", row, "sd", declared.numbers["sd"]).reason
    of_one = {**row, "level": "industry4", "industry": "0111"}
    assert described.judge("dispersion", of_one, "sd", declared.numbers["sd"]).reason
    return reason, left


@pytest.mark.parametrize(("number", "reason"), [(9, "contributors"), (10, ""), (11, "")])
def test_a_mean_is_of_so_many_industries(rules: Rules, number: int, reason: str) -> None:
    assert mean_of_industries(rules, number)[0] == reason


def test_a_mean_does_not_leave_beside_single_industries(rules: Rules) -> None:
    """Nor after them; and after it nothing of one does: five of six would tell the sixth."""
    assert mean_of_industries(rules, 12, single=True)[0] == "difference"
    assert mean_of_industries(rules, 12, means=MeansThatLeft(frozenset({YEAR})))[0] == "difference"
    _, left = mean_of_industries(rules, 12)
    assert left.counts == {YEAR: {12}}
    assert mean_of_industries(rules, 12, single=True, means=left)[0] == ""


@pytest.mark.parametrize(("apart", "reason"), [(0, ""), (1, "difference"), (9, "difference"),
                                               (10, "")])  # fmt: skip
def test_means_differ_by_no_industry_or_by_so_many(rules: Rules, apart: int, reason: str) -> None:
    """Of another least number of establishments a mean leaves out another industry."""
    before = MeansThatLeft(counts={YEAR: {30}})
    assert mean_of_industries(rules, 30 - apart, means=before)[0] == reason
