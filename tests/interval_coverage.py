"""How often do intervals hold the number of the economy that a census was drawn from?

    PYTHONPATH=src:tests python -m interval_coverage --draws 1000

Censuses are drawn as sums by cell and group, as a pass over rows would have made them, and go
through the code of a run: markets, welfare changes, replicates, intervals. The numbers of
continuing establishments, entrants and exiters are drawn, too: fixed ones would make errors too
large. Imports are given: as a multiple of the expected sales of an industry, or (`--imports
realised`) of what it sold in the first year of the census; with `--imports moving` replicates know
of that, too, as those of a run do where imports are its exports. What is to be held is the number
of expected sums.

The weighted median and the term of a decomposition are of productivity that rises with size and
that moves growth, by the formulas alone: neither has imports in it.
"""

import argparse
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from statistics import NormalDist

import numpy as np

from reference.studies import study_with
from tradegains.formulas.decompositions import (
    ContinuingSums,
    PanelSums,
    TurnoverSums,
    terms_without_check,
)
from tradegains.formulas.quantiles import weighted_target
from tradegains.formulas.woodruff import shares_around, spread_of_quantile
from tradegains.results.market_cells import ROWS_IN, MarketCells
from tradegains.results.replicates import GroupedCells, interval_of, intervals_of
from tradegains.results.sets import continuing_set, study_sets
from tradegains.results.welfare import measure_markets, welfare_rows
from tradegains.results.welfare_replicates import (
    known_changes,
    replicate_changes,
    replicate_markets,
)
from tradegains.study import Uncertainty, Window
from tradegains.tables import working as w

INDUSTRIES, GROUPS = 5, 100
UNITS = int(os.environ.get("TRADEGAINS_UNITS", "4000"))
CONTINUING, ENTRANT = 0.6, 0.2
SHARES = (CONTINUING, ENTRANT, 1 - CONTINUING - ENTRANT)
MIDDLE = Fraction(1, 2)
GROWTH_SD, EXPORTED = 0.5, 0.1
GROWTH = np.array([0.1, 0.0, -0.1, 0.2, 0.05])
"""Expected growth of continuing establishments by industry [log points]."""
IMPORTS = {2002: 0.25, 2004: 0.6}
"""Imports over domestic sales of the first year, expected or realised."""
EXPECTED, REALISED, MOVING = "expected", "realised", "moving"
MONEY = 1e6
TERM = "continuing_share_term"
"""What HLOY say more than the domestic share does: no imports are in it."""
STATISTICS = ("hloy", "acr", "hloy_minus_acr", "aggregate", TERM)
MEDIAN, BETWEEN = "weighted_median", "fhk_between"
BY_SIZE, NOISE_SD, PULL, LAG = 0.2, 0.5, 0.3, -0.1
"""Log productivity by log size; its noise; growth by that noise; of entrants and exiters."""

STUDY = replace(
    study_with(
        windows=(Window("post", 2002, 2004),),
        matching={"continuing": ("both_ends",), "annual": False},
        trade={"imports": ("table",)},
        welfare={"windows": ("post",), "difference": None, "expenditure_share": None,
                 "value_added_share": None},
        restrictions=(),
        uncertainty=Uncertainty(GROUPS, 0.95, "establishment", "coverage", 0.05),
    ),
)  # fmt: skip
SETS = study_sets(STUDY)
INSIDE = SETS.memberships.bit(continuing_set("post", "both_ends"))


@dataclass(frozen=True)
class Tail:
    """How sizes are distributed: draws, and their mean."""

    name: str
    draw: Callable[[np.random.Generator, int], np.ndarray]
    mean: float
    mean_log: float  # of size, weighted by size
    log_at: Callable[[float], float]  # quantile of it


def pareto(alpha: float) -> Tail:
    # Weighted by size, the logarithm is exponential with one degree less.
    return Tail(
        f"Pareto {alpha:g}",
        lambda chance, n: 1 + chance.pareto(alpha, n),
        alpha / (alpha - 1),
        1 / (alpha - 1),
        lambda share: -math.log(1 - share) / (alpha - 1),
    )


TAILS = (
    Tail(
        "lognormal, sd 1",
        lambda chance, n: chance.lognormal(0.0, 1.0, n),
        math.exp(0.5),
        1.0,
        lambda share: 1.0 + NormalDist().inv_cdf(share),
    ),
    *map(pareto, (3.0, 2.0, 1.5, 1.1)),
)


def drawn(tail: Tail, chance: np.random.Generator) -> GroupedCells:
    """A census as cells by group."""
    n = chance.poisson(UNITS)
    industry, group = chance.integers(INDUSTRIES, size=n), chance.integers(GROUPS, size=n)
    kind = chance.choice(3, size=n, p=SHARES)
    first = tail.draw(chance, n)
    grown = np.exp(GROWTH[industry] + chance.normal(-(GROWTH_SD**2) / 2, GROWTH_SD, n))
    last = np.where(kind == 0, first * grown, tail.draw(chance, n))
    return cells_of(
        {2002: np.where(kind == 1, 0.0, first), 2004: np.where(kind == 2, 0.0, last)},
        industry,
        kind == 0,
        group,
    )


def cells_of(
    sales: dict[int, np.ndarray], industry: np.ndarray, stays: np.ndarray, group: np.ndarray
) -> GroupedCells:
    """Sums by year, industry, set and group; establishments without sales are not there."""
    shape = (INDUSTRIES, 2, GROUPS)
    places = [each.ravel() for each in np.indices(shape)]
    parts = []
    for year, amounts in sales.items():
        summed, counted = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        where = (industry, stays.astype(int), group)
        np.add.at(summed, where, np.rint(100 * MONEY * amounts).astype(np.int64))
        np.add.at(counted, where, (amounts > 0).astype(np.int64))
        code = 101 + 100 * places[0]
        parts.append(
            {
                w.YEAR: np.full(summed.size, year),
                w.MEMBERSHIP: INSIDE * places[1],
                w.INDUSTRY: code,
                ROWS_IN: code,
                w.REPLICATE_GROUP: places[2],
                w.ESTABLISHMENTS: counted.ravel(),
                w.EMPLOYMENT: counted.ravel(),
                w.SALES: summed.ravel(),
                w.EXPORTS: np.rint(EXPORTED * summed.ravel()).astype(np.int64),
                w.VALUE_ADDED: summed.ravel(),
            }
        )
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    units = np.bincount(group, minlength=GROUPS)
    return GroupedCells(MarketCells(columns, SETS.memberships, 4), tuple(units.tolist()))


def imports_of(tail: Tail) -> dict[tuple[str, int], float]:
    """Imports by industry and year [money unit]."""
    sold = UNITS / INDUSTRIES * (1 - ENTRANT) * tail.mean * (1 - EXPORTED) * MONEY
    return {
        (f"{1 + number:02d}", year): share * sold * (1 + number / 4)
        for number in range(INDUSTRIES)
        for year, share in IMPORTS.items()
    }


def realised_imports(grouped: GroupedCells, tail: Tail) -> dict[tuple[str, int], float]:
    """Imports in the same proportion to what industries sold in the first year of a census."""
    first, table = grouped.cells.of_year(min(IMPORTS)), imports_of(tail)
    sold = first.amounts_by_code(first[w.INDUSTRY] // 100)
    expected_sales = UNITS / INDUSTRIES * (1 - ENTRANT) * tail.mean * MONEY
    found = {number: each.sales / 100 / expected_sales for number, each in enumerate(sold.values())}
    return {(code, year): value * found[int(code) - 1] for (code, year), value in table.items()}


def expected(tail: Tail) -> dict[str, float]:
    """The four numbers of expected sums, through the same code."""
    counts = UNITS / INDUSTRIES * tail.mean
    kinds = {0: CONTINUING, 1: ENTRANT, 2: 1 - CONTINUING - ENTRANT}
    industry = np.repeat(np.arange(INDUSTRIES), 3)
    kind = np.tile(np.arange(3), INDUSTRIES)
    share = np.array([kinds[each] for each in kind.tolist()])
    first = np.where(kind == 1, 0.0, counts * share)
    last = np.where(
        kind == 2, 0.0, counts * share * np.where(kind == 0, np.exp(GROWTH[industry]), 1)
    )
    grouped = cells_of({2002: first, 2004: last}, industry, kind == 0, np.zeros(15, int))
    rows = welfare_rows(STUDY, measure_markets(STUDY, grouped.cells, imports_of(tail)), {})
    return estimates(rows)


def estimates(rows: list[dict]) -> dict[str, float]:
    found = {(row["level"], row["formula"]): row["welfare_change"] for row in rows}
    hloy, acr = found["total", "hloy"], found["total", "acr"]
    return {
        "hloy": hloy,
        "acr": acr,
        "hloy_minus_acr": hloy - acr,
        "aggregate": found["industries_aggregated", "hloy"],
        TERM: next(
            row[TERM] for row in rows if (row["level"], row["formula"]) == ("total", "hloy")
        ),
    }


def intervals(grouped: GroupedCells, tail: Tail, imports: str = EXPECTED) -> dict[str, tuple]:
    """Estimate, and its interval, of each statistic."""
    table = imports_of(tail) if imports == EXPECTED else realised_imports(grouped, tail)
    markets = measure_markets(STUDY, grouped.cells, table)
    rows = welfare_rows(STUDY, markets, {})
    without = replicate_markets(STUDY, markets, grouped)
    if imports == MOVING:
        without = with_moving_imports(without, markets)
    changes = replicate_changes(STUDY, without, {}, known_changes(rows))
    by_name = {
        ("aggregate" if choice.level == "industries_aggregated" else formula): found
        for (_, choice, formula), found in changes.items()
        if choice.industry is None
    }
    without_groups = {name: by_name[name]["welfare_change"] for name in STATISTICS if name != TERM}
    without_groups[TERM] = by_name["hloy"][TERM]
    return {
        name: (value, interval_of(value, without_groups[name], STUDY.uncertainty))
        for name, value in estimates(rows).items()
    }


def with_moving_imports(without: dict, markets: dict) -> dict:
    """Replicates whose imports are as much of first-year sales as those of the census are."""
    moved, together = {}, {}
    for (window, choice), (start, end) in without.items():
        if choice.level == "industry2":
            first = markets[window, choice][0].everyone
            part = start.everyone / ((first.sales - first.exports) / 100)
            imports = [part * each.imports for each in (start, end)]
            moved[choice.industry] = imports
            together[window, choice] = imports
    whole = [sum(each[at] for each in moved.values()) for at in (0, 1)]
    return {
        key: tuple(
            replace(each, imports=imports)
            for each, imports in zip(ends, together.get(key, whole), strict=True)
        )
        for key, ends in without.items()
    }


def unit_intervals(tail: Tail, chance: np.random.Generator) -> dict[str, tuple]:
    """The weighted median of productivity, and a term of a decomposition, with their intervals."""
    n = chance.poisson(UNITS)
    group, kind = chance.integers(GROUPS, size=n), chance.choice(3, size=n, p=SHARES)
    size, noise = tail.draw(chance, n), chance.normal(0.0, NOISE_SD, n)
    phi = BY_SIZE * np.log(size) + noise + np.where(kind == 0, 0.0, LAG)
    pulled = GROWTH[0] + PULL * noise - (PULL * NOISE_SD) ** 2 / 2
    grown = size * np.exp(pulled + chance.normal(-(GROWTH_SD**2) / 2, GROWTH_SD, n))
    later = phi + chance.normal(0.0, NOISE_SD, n)
    is_first = kind != 1
    return {
        MEDIAN: median_interval(phi[is_first], size[is_first], group[is_first]),
        BETWEEN: between_interval((size, grown), (phi, later), kind, group),
    }


def median_interval(phi: np.ndarray, size: np.ndarray, group: np.ndarray) -> tuple:
    """Woodruff's, as `statistics.replicated` has it."""
    order = np.argsort(phi)
    values, weights, group = phi[order], np.rint(1000 * size[order]).astype(np.int64), group[order]
    reached, total = np.cumsum(weights), int(weights.sum())

    def at(share: Fraction) -> int:
        return int(np.searchsorted(reached, weighted_target(total, share)))

    place = at(MIDDLE)
    of_groups = [np.bincount(group[: end + 1], weights[: end + 1], GROUPS)
                 for end in (place, len(values) - 1)]  # fmt: skip
    below, whole = (each.sum() - each for each in of_groups)
    share = int(reached[place]) / total
    (told,) = intervals_of([share], [below / whole], STUDY.uncertainty)
    shares = shares_around(MIDDLE, told.high - share)
    ends = tuple(float(values[at(each)]) for each in shares)
    spread = spread_of_quantile(
        float(values[place]), ends, shares=shares, below=share, without=(below / whole).tolist()
    )
    error = interval_of(float(values[place]), np.array(spread.without), STUDY.uncertainty)
    return float(values[place]), error._replace(low=spread.low, high=spread.high)


def between_interval(sizes: tuple, phis: tuple, kind: np.ndarray, group: np.ndarray) -> tuple:
    """FHK's term between establishments, from sums without each group."""

    def left(amounts: np.ndarray, of: int) -> np.ndarray:
        sums = np.bincount(group, np.where(kind == of, amounts, 0.0), GROUPS)
        return np.append(sums.sum(), sums.sum() - sums)

    (s0, s1), (p0, p1) = sizes, phis
    every = (s0, s1, s0 * p0, s1 * p1, s0 * p1, s1 * p0, p0, p1)
    sums = PanelSums(
        ContinuingSums(1, *(left(each, 0) for each in every)),
        TurnoverSums(1, left(s0, 1), left(s0 * p0, 1)),
        TurnoverSums(1, left(s0, 2), left(s0 * p0, 2)),
    )
    found = terms_without_check(sums, "fhk")["between"]
    return float(found[0]), interval_of(float(found[0]), found[1:], STUDY.uncertainty)


def unit_truths(tail: Tail) -> dict[str, float]:
    """The economy's own: the median by bisection, the term of expected sums."""
    places = [tail.log_at((k + 0.5) / 4000) for k in range(4000)]
    noise = NormalDist(0.0, NOISE_SD)
    mixed = ((CONTINUING, 0.0), (1 - CONTINUING - ENTRANT, LAG))
    low, high = -5.0, 50.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        below = sum(p * noise.cdf(middle - BY_SIZE * x - lag) for x in places for p, lag in mixed)
        low, high = (middle, high) if below < 2000 * (1 - ENTRANT) else (low, middle)
    growth, level = math.exp(GROWTH[0]), BY_SIZE * tail.mean_log
    pulled = level + PULL * NOISE_SD**2
    means = (1.0, growth, level, growth * pulled, level, growth * pulled, 0.0, 0.0)
    parts = [(TurnoverSums(1, share, share * (level + LAG))) for share in SHARES[1:]]
    sums = PanelSums(ContinuingSums(1, *(CONTINUING * each for each in means)), *parts)
    return {MEDIAN: low, BETWEEN: terms_without_check(sums, "fhk")["between"]}


def own_medians(draws: int, seed: int) -> dict[str, dict[str, float]]:
    """The same of productivity relative to industry medians that are drawn with the units.

    Intervals take medians as given. 35,000 units in 250 industries, sizes lognormal; of all by
    employment and unweighted, and by employment of one in twenty.
    """
    chance, many, industries = np.random.default_rng(seed), 35_000, 250
    told: dict[str, list[tuple]] = {}
    for _ in range(draws):
        industry, group = chance.integers(industries, size=many), chance.integers(GROUPS, size=many)
        size = TAILS[0].draw(chance, many)
        phi = BY_SIZE * np.log(size) + chance.normal(0.0, NOISE_SD, many)
        medians = [np.median(phi[industry == each]) for each in range(industries)]
        relative, some = phi - np.array(medians)[industry], chance.random(many) < 0.05
        for name, chosen, weights in (
            ("all, by employment", np.ones(many, bool), size),
            ("all, unweighted", np.ones(many, bool), np.ones(many)),
            ("a twentieth, by employment", some, size),
        ):
            values = (relative[chosen], weights[chosen], group[chosen])
            mean = (values[0] * values[1]).sum() / values[1].sum()
            parts = [np.bincount(values[2], each, GROUPS)
                     for each in (values[0] * values[1], values[1])]  # fmt: skip
            left = [each.sum() - each for each in parts]
            of_mean = interval_of(float(mean), left[0] / left[1], STUDY.uncertainty)
            told.setdefault(f"median, {name}", []).append(median_interval(*values))
            told.setdefault(f"mean, {name}", []).append((float(mean), of_mean))
    return {name: _held(found) for name, found in told.items()}


def _held(found: list[tuple]) -> dict[str, float]:
    """Of the mean of what is found over draws, which is the economy's but for chance."""
    values = np.array([value for value, _ in found])
    held = [each.low <= values.mean() <= each.high for _, each in found]
    error = np.median([each.standard_error for _, each in found])
    return {"held": np.mean(held), "ratio": error / max(values.std(ddof=1), 1e-12)}


def coverage(
    tail: Tail, draws: int, seed: int, imports: str = EXPECTED
) -> dict[str, dict[str, float]]:
    """Share of intervals that hold the number, and the mean error over the spread of estimates."""
    truth, chance = expected(tail), np.random.default_rng(seed)
    found = [intervals(drawn(tail, chance), tail, imports) for _ in range(draws)]
    of_units = [unit_intervals(tail, chance) for _ in range(draws)]
    found = [{**each, **more} for each, more in zip(found, of_units, strict=True)]
    truth |= unit_truths(tail)
    told = {}
    for name in (*STATISTICS, MEDIAN, BETWEEN):
        values = [each[name] for each in found]
        held = [interval.low <= truth[name] <= interval.high for _, interval in values]
        spread = np.std([value for value, _ in values], ddof=1)
        errors = [interval.standard_error for _, interval in values]
        told[name] = {"held": np.mean(held), "ratio": np.median(errors) / spread}
    return told


def main() -> None:
    """Print a table of coverage by statistic and tail."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--imports", choices=(EXPECTED, REALISED, MOVING), default=EXPECTED)
    parser.add_argument("--tails", default=",".join(str(at) for at in range(len(TAILS))))
    parser.add_argument("--own-medians", action="store_true")
    options = parser.parse_args()
    if options.own_medians:
        for name, each in own_medians(options.draws, options.seed).items():
            print(f"{name}: {each['held']:.3f} ({each['ratio']:.2f})")
        return
    print(f"{options.draws} censuses of about {UNITS} units, {GROUPS} groups, seed {options.seed},")
    print(f"imports by sales of the first year: {options.imports}")
    names = (*STATISTICS, MEDIAN, BETWEEN)
    print(f"| sizes | {' | '.join(names)} |\n|{'---|' * (1 + len(names))}")
    for tail in (TAILS[int(at)] for at in options.tails.split(",")):
        told = coverage(tail, options.draws, options.seed, options.imports)
        cells = (f"{told[name]['held']:.3f} ({told[name]['ratio']:.2f})" for name in names)
        print(f"| {tail.name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
