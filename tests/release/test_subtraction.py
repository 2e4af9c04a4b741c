"""Subtraction: what closed sums can be inferred to be, by hand and by the test's own programs."""

import random
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.optimize import linprog

from tradegains.release.holdings import Holding
from tradegains.release.judging import protection_level
from tradegains.release.profiles import example_rules
from tradegains.release.protection import Decision, Earlier, Kind, Sum, protect
from tradegains.release.rules import Rules


@pytest.fixture(scope="module")
def rules() -> Rules:
    return example_rules("plain")


def many(cell: str, number: int = 30, value: int = 10) -> list[Holding]:
    return [Holding(cell, f"{cell} {n}", value) for n in range(number)]


def sums(*names: str) -> list[Sum]:
    """Sums named by their cells, a letter each."""
    return [Sum(name, frozenset(name)) for name in names]


def test_what_breaks_no_rule_leaves(rules: Rules) -> None:
    found = protect([*many("a"), *many("b")], sums("a", "b", "ab"), rules)
    assert found.open == {"a", "b", "ab"}
    assert found.closed == {}


def test_one_industry_alone_is_not_hidden_by_hiding_it(rules: Rules) -> None:
    held = [*many("a", 3), *many("b"), *many("c", value=50)]
    found = protect(held, sums("a", "b", "c", "abc"), rules)
    assert found.closed == {"a": "contributors", "b": "complement"}


def test_two_of_one_contributor_each_do_not_protect_each_other(rules: Rules) -> None:
    # The owner of a knows a; what is left of a + b is b. So a third industry must stay.
    held = [Holding("a", "x", 300), Holding("b", "y", 300), *many("c"), *many("d", value=50)]
    found = protect(held, sums("a", "b", "c", "d", "abcd"), rules)
    assert set(found.closed) == {"a", "b", "c"}


def test_two_of_the_same_enterprise_do_not_protect_each_other(rules: Rules) -> None:
    # Both belong to x, so a + b, which is known, is x's.
    held = [Holding("a", "x", 300), Holding("b", "x", 200), *many("c"), *many("d", value=50)]
    found = protect(held, sums("a", "b", "c", "d", "abcd"), rules)
    assert set(found.closed) == {"a", "b", "c"}
    assert any(each.contributors == 1 and each.first == 500 for each in found.differences.values())


def test_nested_sets_that_differ_by_few_do_not_both_leave(rules: Rules) -> None:
    held = [*many("a"), *many("b", 2), *many("c")]
    found = protect(held, sums("a", "ab", "abc"), rules)
    assert len(found.closed) == 1
    assert "abc without ab" not in found.differences
    assert found.differences["ab without a"].contributors == 2


@pytest.mark.parametrize(("few", "closed"), [(9, 1), (10, 0), (11, 0)])
def test_by_how_many_nested_sets_must_differ(rules: Rules, few: int, closed: int) -> None:
    found = protect([*many("a"), *many("b", few)], sums("a", "ab"), rules)
    assert len(found.closed) == closed


def test_what_open_sums_leave_of_one_is_looked_at(rules: Rules) -> None:
    # c was never asked for, yet it is abc - a - b.
    held = [*many("a"), *many("b"), Holding("c", "x", 99)]
    found = protect(held, sums("a", "b", "abc"), rules)
    assert found.closed


def test_an_identity_tells_what_sums_do_not(rules: Rules) -> None:
    held = [*many("a", 3), *many("b")]
    assert set(protect(held, sums("a", "b"), rules).closed) == {"a"}
    known = [{"a": 1.0, "b": -1.0}]
    assert set(protect(held, sums("a", "b"), rules, identities=known).closed) == {"a", "b"}


def test_counts_stay_where_they_could_be_told(rules: Rules) -> None:
    held = [*many("a", 3), *many("b", 40), *many("c", 50)]
    found = protect(held, sums("a", "b", "c", "abc"), rules, kind="count")
    assert found.closed == {"a": "contributors", "b": "complement"}


def test_two_counts_of_one_are_told_by_their_sum(rules: Rules) -> None:
    # Nobody hides that somebody is there: two that make two are one and one.
    held = [*many("a", 1), *many("b", 1), *many("c", 40)]
    ones = [Holding(cell, who, 1) for cell, who, _ in held]
    found = protect(ones, sums("a", "b", "c", "abc"), rules, kind="count")
    assert set(found.closed) == {"a", "b", "c"}


# --- earlier releases -----------------------------------------------------------------------------


def test_the_same_number_again_leaves_again(rules: Rules) -> None:
    before = {"a": Earlier(30.0, 3, 10.0)}
    found = protect([*many("a", 3), *many("b")], sums("a", "b", "ab"), rules, earlier=before)
    assert "a" in found.open


@pytest.mark.parametrize(("before", "stays"), [(29, True), (30, False), (20, True), (31, True)])
def test_a_number_beside_its_earlier_one(rules: Rules, before: int, stays: bool) -> None:
    earlier = {"a": Earlier(float(before * 10), before, 10.0)}
    found = protect(many("a"), sums("a"), rules, earlier=earlier)
    assert bool(found.closed) is stays
    assert found.closed.get("a", "earlier") == "earlier"


def test_a_correction_that_keeps_the_count_stays(rules: Rules) -> None:
    found = protect(many("a"), sums("a"), rules, earlier={"a": Earlier(295.0, 30, 10.0)})
    assert found.closed == {"a": "earlier"}


def test_the_difference_to_an_earlier_number_cannot_be_computed_either(rules: Rules) -> None:
    # a stays beside its earlier number, so it must not be ab - b.
    earlier = {"a": Earlier(290.0, 29, 10.0)}
    found = protect([*many("a"), *many("b")], sums("a", "b", "ab"), rules, earlier=earlier)
    assert set(found.closed) == {"a", "b", "ab"}


def test_what_has_not_changed_leaves_again_beside_what_has(rules: Rules) -> None:
    earlier = {"a": Earlier(290.0, 29, 10.0), "b": Earlier(300.0, 30, 10.0)}
    found = protect(
        [*many("a"), *many("b"), *many("c")], sums("a", "b", "c"), rules, earlier=earlier
    )
    assert found.open == {"b"}


def test_two_that_stay_within_one_that_leaves_are_looked_at_together(rules: Rules) -> None:
    # Four and five are nine, and their sum is what abc leaves of c.
    held = [*many("a", 4), *many("b", 5), *many("c"), *many("d", value=50)]
    found = protect(held, sums("a", "b", "c", "abc", "d", "abcd"), rules)
    assert any(each.contributors == 9 for each in found.differences.values())
    assert not {"c", "abc"} <= found.open


# --- against programs of the test's own -----------------------------------------------------------


def random_table(draw: random.Random) -> tuple[list[Holding], list[Sum]]:
    rows, columns = draw.randint(2, 4), draw.randint(2, 4)
    held = []
    for row in range(rows):
        for column in range(columns):
            for number in range(draw.choice([0, 1, 2, 3, 12, 25])):
                alone = draw.random() < 0.8
                who = f"{row} {column} {number}" if alone else f"enterprise {draw.randint(0, 6)}"
                value = int(draw.lognormvariate(4, 1.5)) + 1
                held.append(Holding(f"{row}/{column}", who, value))
    there = {each.cell for each in held}
    grid = [[f"{row}/{column}" for column in range(columns)] for row in range(rows)]
    wanted = [Sum(cell, frozenset([cell])) for line in grid for cell in line]
    wanted += [Sum(f"row {n}", frozenset(line)) for n, line in enumerate(grid)]
    wanted += [
        Sum(f"column {n}", frozenset(line)) for n, line in enumerate(zip(*grid, strict=True))
    ]
    wanted.append(Sum("all", frozenset(cell for line in grid for cell in line)))
    return held, [each for each in wanted if each.cells & there]


def inferred(
    held: Sequence[Holding], wanted: Sequence[Sum], found: Decision, target: Sum, knows: str
) -> tuple[float, float]:
    """Ends of what a contributor (nobody: an outsider) can infer of a sum."""
    amounts: defaultdict[str, float] = defaultdict(float)
    own: defaultdict[str, float] = defaultdict(float)
    for cell, who, value in held:
        amounts[cell] += value
        own[cell] += value * (who == knows)
    cells = sorted(amounts)
    known = [each for each in wanted if each.name in found.open]
    matrix = np.array([[cell in each.cells for cell in cells] for each in known], float)
    right = matrix @ [amounts[cell] for cell in cells] if known else None
    goal = np.array([cell in target.cells for cell in cells], float)
    ends = []
    for sign in (1, -1):
        done = linprog(
            sign * goal,
            A_eq=matrix if known else None,
            b_eq=right,
            bounds=[(own[cell], None) for cell in cells],
        )
        ends.append(sign * done.fun if done.status == 0 else -sign * np.inf)
    return ends[0], ends[1]


@pytest.mark.parametrize("seed", range(5))
def test_no_unsafe_sum_of_a_table_is_told_closer_than_its_level(rules: Rules, seed: int) -> None:
    held, wanted = random_table(random.Random(seed))
    found = protect(held, wanted, rules)
    assert found.unprotected == ()
    for target in wanted:
        if found.closed.get(target.name) not in ("contributors", "dominance", "prior_posterior"):
            continue
        backing = found.backings[target.name]
        level = protection_level(backing, rules)
        low, high = inferred(held, wanted, found, target, "nobody")
        assert high >= backing.total + level * (1 - 1e-6)
        assert low <= max(backing.total - level, 0.0) + level * 1e-6
        largest = sorted(held, key=lambda each: (-each.value, each.contributor))
        for who in sorted({each.contributor for each in largest[:12]}):
            own = sum(v for cell, name, v in held if name == who and cell in target.cells)
            others = [sum(v for cell, n, v in held if n == name and cell in target.cells)
                      for name in {each.contributor for each in held} - {who}]  # fmt: skip
            _, high = inferred(held, wanted, found, target, who)
            needed = own + (1 + rules.prior_posterior.percent / 100) * max(others, default=0)
            assert high >= needed * (1 - 1e-6), f"{who} sees {target.name}"


def test_the_order_of_what_is_asked_for_does_not_matter(rules: Rules) -> None:
    held, wanted = random_table(random.Random(3))
    found = protect(held, wanted, rules)
    again = protect(held[::-1], wanted, rules)
    assert found.closed == again.closed


def test_a_cell_that_follows_from_sets_that_overlap_is_hidden() -> None:
    # Nobody's set is nested in another's, but ax less ab and with b is x, of one alone.
    held = [Holding(cell, f"{cell}{n}", 10) for cell in "ab" for n in range(30)]
    sums = [Sum(name, frozenset(name)) for name in ("ax", "ab", "b")]
    decision = protect([*held, Holding("x", "x", 10)], sums, example_rules("plain"))
    assert len(decision.closed) == 1
    assert set(decision.closed.values()) == {"complement"}
    assert any(name.startswith("a part of ax") for name in decision.differences)


def test_a_cell_of_no_sum_is_hidden_beside_what_years_have_in_common() -> None:
    """One without productivity: who continues is known by the other year, the others by a sum."""
    held = [Holding("with", f"with{n}", 1) for n in range(30)]
    sums = [Sum("measured", frozenset({"with"}))]
    continuing = {"with": 1.0, "without": 1.0}
    decision = protect(
        [*held, Holding("without", "one", 1)],
        sums,
        example_rules("plain"),
        kind="count",
        identities=[continuing],
    )
    assert dict(decision.closed) == {"measured": "complement"}
    assert not decision.unprotected
    (name,) = decision.differences
    assert name.startswith("a part of what years have in common")


@pytest.mark.parametrize(("kind", "number"), [("count", 9), ("value", 9)])
def test_what_two_crossing_parts_leave_is_hidden(kind: Kind, number: int) -> None:
    """All less each of two rules for who continues, and with who keeps both: who keeps neither.

    These are in three finest cells, which further sums tell apart that stay.
    """
    sizes = {"both": 30, "one": 30, "other": 30, "x": 3, "y": 3, "z": number - 6}
    held = [Holding(cell, f"{cell}{n}", 1) for cell, count in sizes.items() for n in range(count)]
    sums = [
        Sum("all", frozenset(sizes)),
        Sum("first", frozenset({"both", "one"})),
        Sum("second", frozenset({"both", "other"})),
        Sum("common", frozenset({"both"})),
        Sum("x", frozenset({"x"})),
        Sum("y", frozenset({"y"})),
    ]
    decision = protect(held, sums, example_rules("plain"), kind=kind)
    assert len(decision.closed) == 3
    assert {"x", "y"} < decision.closed.keys()
    assert "all without first and second" in decision.differences
    more = [*held, Holding("z", "further", 1)]
    again = protect(more, sums, example_rules("plain"), kind=kind)
    assert "all without first and second" not in again.differences


def test_two_finest_cells_that_sums_tell_together_are_hidden() -> None:
    """x and y are three alike each: a less b is x with y, whatever tells them apart stays."""
    held = [Holding(cell, f"{cell}{n}", 1) for cell in "ab" for n in range(30)]
    held += [Holding(cell, f"{cell}{n}", 1) for cell in "xy" for n in range(3)]
    sums = [Sum("axy", frozenset("axy")), Sum("ab", frozenset("ab")), Sum("b", frozenset("b"))]
    sums += [Sum("x", frozenset("x"))]
    decision = protect(held, sums, example_rules("plain"), kind="count")
    assert "x" in decision.closed
    assert len(decision.closed) == 2
    assert any(name.endswith("with another part") for name in decision.differences)
