"""Sums of industry groups and of what is within them, in one release and in two."""

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pytest
from scipy.optimize import linprog

from tradegains.release.cells import EvidenceCells
from tradegains.release.groups import Members, Summed
from tradegains.release.judging import protection_level
from tradegains.release.profiles import example_rules
from tradegains.release.protection import Earlier
from tradegains.release.rules import Rules
from tradegains.release.subtraction import Judgement, judge_sums, label
from tradegains.store.evidence import Evidence
from tradegains.tables import working as w

YEAR, AMOUNT, EXPORTER = 1988, "domestic_sales", ("exporter",)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return example_rules("plain")


def cells_of(held: Mapping[tuple[int, int], list[int]]) -> EvidenceCells:
    """Evidence of what establishments of an industry hold; 1: they export, 0: they do not."""
    ranked = [[*sorted(each, reverse=True), 0, 0] for each in held.values()]
    table = pa.table(
        {
            w.YEAR: [YEAR] * len(held),
            w.INDUSTRY: [industry for industry, _ in held],
            w.MEMBERSHIP: [exports for _, exports in held],
            w.ESTABLISHMENTS: [len(each) for each in held.values()],
            w.DOMESTIC_SALES: [sum(each) for each in held.values()],
            w.size_of(w.DOMESTIC_SALES): [sum(each) for each in held.values()],
            w.largest_of(w.DOMESTIC_SALES): [each[0] for each in ranked],
            w.second_of(w.DOMESTIC_SALES): [each[1] for each in ranked],
        }
    )
    facts = {
        "keys": [w.YEAR, w.INDUSTRY, w.MEMBERSHIP],
        "amounts": [w.DOMESTIC_SALES],
        "sets": [EXPORTER],
    }
    evidence = Evidence({"cells": table, "spread": pa.table({})}, facts)
    return EvidenceCells(evidence, digits=4, group_digits=2)


def of(industry: str, **sets: tuple[tuple[str, ...], ...]) -> Summed:
    """Sales of an industry, a group or, without a code, of all."""
    level = {0: "total", 2: "industry2", 4: "industry4"}[len(industry)]
    return Members(YEAR, level=level, industry=industry, **sets), AMOUNT


def release(
    cells: EvidenceCells, wanted: Iterable[Summed], rules: Rules, *before: Judgement
) -> Judgement:
    """A release after others."""
    earlier = {
        label(*each): (Earlier(judged.value, judged.backing.contributors, judged.backing.first),)
        for made in before
        for each, judged in made.sums.items()
        if not judged.reason
    }
    again = {each for made in before for each in made.sums}
    weights = dict.fromkeys([*wanted, *again], 1.0)
    return judge_sums(cells, weights, rules, earlier=earlier, told=" ".join)


def leaving(*made: Judgement) -> set[Summed]:
    """What left in any release."""
    return {each for one in made for each, judged in one.sums.items() if not judged.reason}


def inferred(
    cells: EvidenceCells, known: Iterable[Summed], target: Summed
) -> tuple[float, float, float]:
    """Ends of what a reader of all that left can infer of a sum, and what it is."""
    values = cells.years[YEAR].holdings(w.DOMESTIC_SALES).values

    def row(each: Summed) -> np.ndarray:
        return np.isin(np.arange(len(values)), cells.cells_of(each[0])).astype(float)

    matrix, goal = np.array([row(each) for each in sorted(known)]), row(target)
    low, high = (
        sign * linprog(sign * goal, A_eq=matrix, b_eq=matrix @ values).fun for sign in (1, -1)
    )
    return low, high, float(goal @ values)


def assert_hidden(cells: EvidenceCells, rules: Rules, target: Summed, *made: Judgement) -> None:
    """Neither end of what can be inferred is nearer than the level."""
    low, high, value = inferred(cells, leaving(*made), target)
    level = protection_level(made[-1].sums[target].backing, rules)
    assert high >= (value + level) * (1 - 1e-9)
    assert low <= max(value - level, 0) + 1e-6 * level


def test_what_left_of_industries_tells_their_group_in_a_later_release(rules: Rules) -> None:
    cells = cells_of(
        {(101, 0): [10] * 30, (102, 0): [10] * 30, (201, 0): [300] * 3, (301, 0): [50] * 40}
    )
    first = release(cells, [of("0101"), of("0102")], rules)
    assert leaving(first) == {of("0101"), of("0102")}
    # Group 01 is the cheapest to hide 02 behind, but who has the first release knows it.
    groups = [of("01"), of("02"), of("03"), of("")]
    second = release(cells, groups, rules, first)
    assert second.unprotected == []
    assert second.sums[of("02")].reason == "contributors"
    assert_hidden(cells, rules, of("02"), first, second)


def test_what_left_of_industries_bounds_a_set_of_their_group(rules: Rules) -> None:
    # Three exporters have all but 27 of what left of 0101 before: hiding the others hides nothing.
    cells = cells_of({(101, 1): [1000] * 3, (101, 0): [1] * 27, (102, 0): [100] * 100})
    first = release(cells, [of("0101"), of("0102"), of("01")], rules)
    assert len(leaving(first)) == 3
    sets = [of("01", inside=(EXPORTER,)), of("01", outside=(EXPORTER,))]
    second = release(cells, sets, rules, first)
    assert inferred(cells, leaving(first), sets[0])[1] == pytest.approx(3027)
    assert second.unprotected


def test_a_group_stays_where_an_industry_in_it_cannot_be_hidden_else(rules: Rules) -> None:
    # Nine in 0101 and, with 1 between them, two in 0102: who knows 01 knows 0101 to within 1.
    cells = cells_of({(101, 0): [1000] * 9, (102, 0): [1, 0], (201, 0): [700] * 30})
    made = release(cells, [of("0101"), of("01"), of("02"), of("")], rules)
    assert made.unprotected == []
    assert_hidden(cells, rules, of("0101"), made)


def test_an_industry_of_a_group_of_which_something_stays_is_hidden_too(rules: Rules) -> None:
    # The group's exporters stay and so all within it does; 01 alone tells 0101 to within 1.
    cells = cells_of(
        {(101, 1): [1000] * 3, (101, 0): [1000] * 6, (102, 0): [1, 0], (201, 0): [700] * 30}
    )
    sets = [of("01", inside=(EXPORTER,)), of("01", outside=(EXPORTER,))]
    made = release(cells, [of("0101"), of("01"), *sets, of("02"), of("")], rules)
    assert made.unprotected == []
    assert_hidden(cells, rules, of("0101"), made)


def test_a_set_of_all_does_not_tell_one_of_an_industry(rules: Rules) -> None:
    # Nobody asks for the exporters of a group; those of all less those of 0201 are those of 0101.
    cells = cells_of(
        {(101, 1): [100] * 3, (101, 0): [100] * 40, (201, 1): [100] * 40, (201, 0): [100] * 40}
    )
    exporting = {"inside": (EXPORTER,)}
    sums = [of("", **exporting), of("0101", **exporting), of("0201", **exporting)]
    made = release(cells, [*sums, of("01"), of("02"), of("0101"), of("0201"), of("")], rules)
    assert made.unprotected == []
    assert made.sums[sums[1]].reason == "contributors"
    assert_hidden(cells, rules, sums[1], made)
