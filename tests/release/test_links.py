"""Sums of different years that say something of one another."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pytest

from tradegains.release.cells import EvidenceCells
from tradegains.release.gate import row_sums
from tradegains.release.groups import Choices, Members, Summed
from tradegains.release.links import (
    EXPORTER,
    EXPORTER_NEXT_YEAR,
    NEXT_YEAR,
    PREVIOUS_YEAR,
    CommonEnds,
)
from tradegains.release.profiles import example_rules
from tradegains.release.subtraction import Judgement, judge_sums
from tradegains.store.evidence import Evidence
from tradegains.tables import working as w

SETS = (NEXT_YEAR, PREVIOUS_YEAR)
STAY, CAME = (NEXT_YEAR,), (PREVIOUS_YEAR,)
FIRST, LAST = 1988, 1989
AMOUNTS = (w.EMPLOYMENT, w.jobs_gained("next-year"), w.jobs_lost("next-year"))

Held = Mapping[tuple[int, int, int], list[tuple[int, int, int]]]
"""By year, industry and bits of `SETS`: jobs of each establishment, and what it gains and loses."""


def cells_of(held: Held) -> EvidenceCells:
    """Evidence of establishments that are enterprises of their own."""
    columns: dict[str, list[int]] = {
        w.YEAR: [year for year, _, _ in held],
        w.INDUSTRY: [industry for _, industry, _ in held],
        w.MEMBERSHIP: [bits for _, _, bits in held],
        w.ESTABLISHMENTS: list(map(len, held.values())),
    }
    for number, name in enumerate(AMOUNTS):
        values = [[*sorted((one[number] for one in each), reverse=True), 0, 0]
                  for each in held.values()]  # fmt: skip
        columns[name] = columns[w.size_of(name)] = list(map(sum, values))
        columns[w.largest_of(name)] = [each[0] for each in values]
        columns[w.second_of(name)] = [each[1] for each in values]
    facts = {"keys": [w.YEAR, w.INDUSTRY, w.MEMBERSHIP], "amounts": AMOUNTS, "sets": SETS}
    evidence = Evidence({"cells": pa.table(columns), "spread": pa.table({})}, facts)
    return EvidenceCells(evidence, digits=4, group_digits=2)


def judged(cells: EvidenceCells, *wanted: Summed) -> Judgement:
    weights = dict.fromkeys(wanted, 1.0)
    return judge_sums(cells, weights, example_rules("plain"), earlier={}, told=" ".join)


def leaving(made: Judgement) -> set[Summed]:
    return {each for each, one in made.sums.items() if not one.reason}


def counted(*groups: Members) -> list[Summed]:
    return [(group, "establishments") for group in groups]


def groups(code: str, level: str) -> tuple[Members, ...]:
    at = {"level": level, "industry": code}
    return (
        Members(FIRST, **at), Members(FIRST, STAY, **at), Members(FIRST, (), STAY, **at),
        Members(LAST, **at), Members(LAST, CAME, **at), Members(LAST, (), CAME, **at),
    )  # fmt: skip


def establishments(number: int) -> list[tuple[int, int, int]]:
    return [(10, 1, 1)] * number


def test_who_continues_is_not_told_by_the_other_year() -> None:
    # Three exit, 30 enter: all of the first year less who continues in the second are the three.
    cells = cells_of(
        {
            (FIRST, 101, 1): establishments(60), (FIRST, 101, 0): establishments(3),
            (LAST, 101, 2): establishments(60), (LAST, 101, 0): establishments(30),
        }
    )  # fmt: skip
    whole, stay, gone, later, came, new = counted(*groups("", "total"))
    left = leaving(judged(cells, whole, stay, gone, later, came, new))
    assert gone not in left
    assert not {whole, came} <= left
    assert not {whole, later, new} <= left
    assert left


def test_years_with_an_unsafe_count_in_common_are_decided_together() -> None:
    # Four continue. What hides them in one year must hide them in the other.
    cells = cells_of(
        {
            (FIRST, 101, 1): establishments(4), (FIRST, 101, 0): establishments(40),
            (LAST, 101, 2): establishments(4), (LAST, 101, 0): establishments(30),
        }
    )  # fmt: skip
    made = judged(cells, *counted(*groups("", "total")))
    whole, stay, gone, later, came, new = counted(*groups("", "total"))
    left = leaving(made)
    assert made.unprotected == []
    assert left.isdisjoint((stay, came))
    assert not {whole, gone} <= left
    assert not {later, new} <= left


def test_ends_of_pairs_and_windows() -> None:
    post = ("continuing", "post", "both_ends")
    ends = CommonEnds.of([(Members(1988, (post,)), "x"), (Members(1996, (), (post,)), "x"),
                    (Members(1992, (), STAY), "x")])  # fmt: skip
    assert ends.windows == {"post": (1988, 1996)}
    assert ends.pairs == (1992,)
    small = ("restricted", "post", "small")
    assert ends.other_end(Members(1996, (post, small))) == Members(1988, (post, small))
    assert ends.other_end(Members(1996, (), (post,))) is None
    assert ends.other_end(Members(1992, (post,))) is None
    exporting = Members(1993, (PREVIOUS_YEAR, EXPORTER))
    assert (Members(1992, (NEXT_YEAR, EXPORTER_NEXT_YEAR)), exporting) in ends.same_counts([])
    # By each year's own codes an industry has other establishments at the other end.
    by_code = Members(1988, (post,), level="industry2", industry="01")
    assert len(ends.same_counts([(by_code, "x")])) == len(ends.same_counts([]))
    of_window = Members(1988, (post,), (), "post", "industry2", "01")
    assert len(ends.same_counts([(of_window, "x")])) == len(ends.same_counts([])) + 1


# --- jobs ---------------------------------------------------------------------------------------

FLOWS = [(Members(FIRST, STAY), f"jobs_{way}_in_next-year") for way in ("gained", "lost")]
START, END = (Members(FIRST, STAY), "employment"), (Members(LAST, CAME), "employment")


def test_jobs_of_one_end_are_not_told_by_the_other() -> None:
    # Twenty lose nearly all, one keeps 500: its jobs are most of all at the end, not at the start.
    shrinking, one = (100, 0, 99), (500, 0, 0)
    growing = [(10, 3, 0)] * 40
    cells = cells_of(
        {
            (FIRST, 101, 1): [*[shrinking] * 20, one, *growing],
            (LAST, 101, 2): [(1, 0, 0)] * 20 + [(500, 0, 0)] + [(13, 0, 0)] * 2,
        }
    )
    made = judged(cells, *FLOWS, START)
    assert made.sums[END].reason == "dominance"
    assert not {START, *FLOWS} <= leaving(made)


@pytest.mark.parametrize("moved", [0, 1])
def test_gains_and_losses_leave_beside_the_same_establishments_alone(moved: int) -> None:
    # At the end one counts elsewhere: gains less losses would tell its jobs.
    cells = cells_of(
        {
            (FIRST, 101, 1): [(20, 5, 0), (20, 0, 5)] * 30,
            (LAST, 101, 2): [(25, 0, 0), (15, 0, 0)] * (30 - moved),
            **({(LAST, 201, 2): [(25, 0, 0), (15, 0, 0)]} if moved else {}),
        }
    )
    at = {"level": "industry2", "industry": "01"}
    flows = [(Members(FIRST, STAY, **at), amount) for _, amount in FLOWS]
    start = (Members(FIRST, STAY, **at), "employment")
    left = leaving(judged(cells, *flows, start))
    assert start in left
    assert (set(flows) <= left) == (not moved)


def test_a_gain_that_both_ends_bound_has_the_later_end_stay() -> None:
    # Nobody loses: who knows both ends knows what the two gain.
    cells = cells_of(
        {
            (FIRST, 101, 1): [(20, 50, 0)] * 2 + [(20, 0, 0)] * 40,
            (LAST, 101, 2): [(70, 0, 0)] * 2 + [(20, 0, 0)] * 40,
        }
    )
    made = judged(cells, *FLOWS, START)
    assert made.unprotected == []
    left = leaving(made)
    assert not {START, END} <= left
    assert np.isfinite(made.sums[END].value)


# --- amounts that somebody lacks ----------------------------------------------------------------


def test_sums_of_an_amount_that_somebody_lacks_are_not_known() -> None:
    row = {"window": "post", "level": "total", "industry": None, "continuing": "both_ends",
           "restriction": "all", "imports": "table", "ids": "raw", "year": 1988,
           "domestic_sales": 5.0, "establishments": 2}  # fmt: skip
    choices = Choices({"post": (1988, 1996)}, "own_year", False, {}, {}, {})
    known = EvidenceCells(_evidence(()), digits=4, group_digits=2)
    lacking = EvidenceCells(_evidence((("unknown", "sales", "post"),)), digits=4, group_digits=2)
    found = row_sums("market_shares", row, choices, known)
    assert found["domestic_sales"] == ((Members(1988), "domestic_sales"),)
    assert row_sums("market_shares", row, choices, lacking) == found | {"domestic_sales": None}


def _evidence(sets: tuple[tuple[str, ...], ...]) -> Evidence:
    cells = pa.table({w.YEAR: [1988], w.INDUSTRY: [101], w.MEMBERSHIP: [0], w.ESTABLISHMENTS: [2]})
    facts = {"keys": [w.YEAR, w.INDUSTRY, w.MEMBERSHIP], "amounts": [], "sets": sets}
    return Evidence({"cells": cells, "spread": pa.table({})}, facts)
