"""Errors and intervals in a release: whose squares they are made of."""

import math
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import pytest

from tradegains.release.groups import Members
from tradegains.release.holdings import Holding, Holdings, holdings_of
from tradegains.release.judging import broken_rules
from tradegains.release.populations import Atoms, WeightedPopulation, said_of_population
from tradegains.release.profiles import example_rules
from tradegains.release.protection import DIFFERENCE, EARLIER
from tradegains.release.uncertain import (
    AskedNumber,
    SquaredAtoms,
    SquaredHoldings,
    SquaredPopulations,
    backing_of_error,
    rules_of_squares,
)
from tradegains.results.replicates import told_of
from tradegains.study import Uncertainty

PLAIN = example_rules("plain")
OF_SQUARES = rules_of_squares(PLAIN)
ONE = replace(OF_SQUARES, dominance=replace(PLAIN.dominance, largest=1, percent=100.0))
"""Where p percent alone binds."""
NOBODY_BESIDE = 10**40
"""Groups, of which the others of one move nothing."""


def squared(held: list[Holding], cells: str) -> SquaredHoldings:
    return SquaredHoldings(**vars(holdings_of(held, list(cells))))


# --- one error ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "broken"), [(1 / 1.21 - 1e-6, ()), (1 / 1.21 + 1e-6, ("prior_posterior",))]
)
def test_nobody_comes_nearer_to_a_unit_than_p_percent(
    first: float, broken: tuple[str, ...]
) -> None:
    found = backing_of_error((first, 0.0), NOBODY_BESIDE, 40)
    assert broken_rules(found, ONE) == broken
    # An error as large as that is p percent more than what the unit alone moves the number by.
    assert (1 / math.sqrt(found.first) >= 1.1) != bool(broken)


@pytest.mark.parametrize(("change", "broken"), [(-1e-6, False), (0.0, False), (1e-6, True)])
def test_two_units_have_at_most_k_percent_of_an_error(change: float, broken: bool) -> None:
    found = backing_of_error((0.25, 0.5 + change), NOBODY_BESIDE, 40)
    of_two = replace(OF_SQUARES, dominance=replace(PLAIN.dominance, largest=2, percent=75.0))
    assert (broken_rules(found, of_two) == ("dominance",)) == broken


def test_a_group_may_hide_who_is_in_it() -> None:
    """A unit of -9 and others of its group of 2 together move a number by 7."""
    rest = [2.0] * 19
    moves = np.array([-9.0 + 2.0, *rest])
    squares = moves**2 / (moves**2).sum()
    found = backing_of_error((float(squares[0]), float(squares[1])), 20, 40)
    assert found.first * (moves**2).sum() > 9**2


# --- what two groups have -------------------------------------------------------------------------


def test_the_two_groups_that_move_a_number_the_most() -> None:
    stated = Uncertainty(groups=20, level=0.95, unit="establishment", salt="", most_undefined=0.5)
    moves = np.array([0.1, -0.4, 0.2, 0.0, math.nan])
    (_, shares), (_, nothing), (_, still) = told_of(
        [3.0, None, 2.0], [3.0 + moves, None, np.full(5, 2.0)], stated
    )
    assert shares == pytest.approx((0.16 / 0.21, 0.04 / 0.21))
    assert nothing == still == (0.0, 0.0)


# --- squares of cells -----------------------------------------------------------------------------


def drawn(random: Random) -> tuple[list[Holding], dict[str, dict[str, float]]]:
    held, by_who = [], {}
    for cell in "abcd":
        for number in range(random.choice((1, 2, 3, 12))):
            who = random.choice(("x", "y", f"{cell}{number}", f"{cell}{number}"))
            amount = int(random.paretovariate(0.7) * 10)
            held.append(Holding(cell, who, amount))
            of_who = by_who.setdefault(who, {})
            of_who[cell] = of_who.get(cell, 0) + amount
    return held, by_who


@pytest.mark.parametrize("seed", range(40))
def test_no_square_is_taken_for_smaller_nor_all_for_larger(seed: int) -> None:
    held, by_who = drawn(Random(seed))
    holdings = squared(held, "abcd")
    for chosen in ("a", "ab", "bcd", "abcd"):
        squares = sorted(sum(v for c, v in each.items() if c in chosen) ** 2
                         for each in by_who.values())  # fmt: skip
        found = holdings.backing(np.array(["abcd".index(cell) for cell in chosen]))
        assert found.total <= sum(squares) * (1 + 1e-12)
        assert found.first >= squares[-1] * (1 - 1e-12)
        assert found.first + found.second >= sum(squares[-2:]) * (1 - 1e-12)


@pytest.mark.parametrize("seed", range(200))
def test_what_holds_for_parts_holds_for_all_of_them(seed: int) -> None:
    """Enterprises with establishments in several atoms, whatever each atom's numbers weigh."""
    random = Random(seed)
    held, by_who = drawn(random)
    rules = replace(
        OF_SQUARES,
        contributors=replace(PLAIN.contributors, least=1),
        differences=replace(PLAIN.differences, least=1),
    )
    atoms = SquaredAtoms(squared(held, "abcd"), rules)
    if any(atoms.take(np.array([place])) for place in range(4)):
        return
    weights = {cell: random.uniform(0, 2) for cell in "abcd"}
    squares = sorted(sum(weights[c] * v for c, v in each.items()) ** 2 for each in by_who.values())
    whole = sum(squares)
    assert sum(squares[-2:]) <= rules.dominance.percent / 100 * whole * (1 + 1e-9)
    rest = whole - sum(squares[-2:])
    assert rest >= rules.prior_posterior.percent / 100 * squares[-1] * (1 - 1e-9)


def test_errors_of_nested_sums_tell_of_what_they_differ_by() -> None:
    """Twelve of whom one is large are enough for their sum, and too few for its square."""
    many = [Holding("a", f"a{n}", 10) for n in range(40)]
    few = [Holding("b", f"b{n}", 10) for n in range(12)] + [Holding("b", "large", 90)]
    plain, of_squares = holdings_of([*many, *few], ["a", "b"]), squared([*many, *few], "ab")
    whole, part = np.array([0, 1]), np.array([0])
    sums, errors = Atoms(plain, PLAIN), SquaredAtoms(of_squares, OF_SQUARES)
    assert (sums.take(part), sums.take(whole)) == ("", "")
    assert (errors.take(part), errors.take(whole)) == ("", DIFFERENCE)
    assert SquaredAtoms(of_squares, OF_SQUARES).take(whole) == ""


def test_an_enterprise_in_two_atoms_has_four_times_its_square_in_both() -> None:
    """100 of an enterprise beside 25 of 10: safe alone (10,000 of 12,500), not in two of these."""
    held = [Holding(cell, f"{cell}{n}", 10) for cell in "ab" for n in range(25)]
    atoms = SquaredAtoms(squared([*held, *both("one")], "ab"), OF_SQUARES)
    assert (atoms.take(np.array([0])), atoms.take(np.array([1]))) == ("", DIFFERENCE)
    atoms = SquaredAtoms(squared([*held, *both("one")[:1]], "ab"), OF_SQUARES)
    assert (atoms.take(np.array([0])), atoms.take(np.array([1]))) == ("", "")


def both(who: str) -> list[Holding]:
    return [Holding("a", who, 100), Holding("b", who, 100)]


# --- one number alone -----------------------------------------------------------------------------


@dataclass(frozen=True)
class OneYear:
    """Evidence of a year whose cells are in the sets of their names."""

    held: Holdings

    years = property(lambda self: {1988: self})
    decimals = 2

    def holdings(self, column: str) -> Holdings:
        return self.held

    def knows(self, group: Members) -> bool:
        return True

    def cells_of(self, group: Members) -> np.ndarray:
        return np.array(["ab".index(name) for (name,) in group.inside] or [0, 1])


EVERYBODY = WeightedPopulation(Members(1988), "employment")
SOME = WeightedPopulation(Members(1988, (("a",),)), "employment")


def asked(change: int = 0) -> SquaredPopulations:
    many = [Holding("a", f"a{n}", 10) for n in range(40)]
    few = [Holding("b", f"b{n}", 10) for n in range(12)] + [Holding("b", "large", 90 + change)]
    held = holdings_of([*many, *few], ["a", "b"])
    return SquaredPopulations(OneYear(held), OF_SQUARES, " ".join)  # type: ignore[arg-type]


def test_where_parts_are_unsafe_one_number_leaves_and_no_other() -> None:
    first, second = (AskedNumber(name, (SOME, EVERYBODY)) for name in ("gain", "share"))
    whole = AskedNumber("whole", (EVERYBODY,))
    populations = asked()
    found = [populations.ask(each).reason for each in (first, second, whole, first)]
    assert found == ["", DIFFERENCE, DIFFERENCE, ""]
    assert [each.name for each in populations.alone.values()] == ["gain"]
    # Another order: who is alone comes first, and nothing is left of what stays.
    populations = asked()
    found = [populations.ask(each).reason for each in (whole, first, second)]
    assert found == ["", DIFFERENCE, DIFFERENCE]
    assert populations.leaving == [EVERYBODY]


def test_what_was_alone_leaves_again_while_it_is_as_it_was() -> None:
    gain, share = (AskedNumber(name, (SOME, EVERYBODY)) for name in ("gain", "share"))
    before = asked()
    before.ask(gain)
    said = {"populations": [], "alone": before.said_alone()}
    for change, told in ((0, ["", DIFFERENCE]), (1, [EARLIER, EARLIER])):
        later = asked(change)
        later.know([said])
        assert [later.ask(each).reason for each in (gain, share)] == told
    whole = AskedNumber("whole", (EVERYBODY,))
    before = asked()
    before.ask(whole)
    said = {"populations": [said_of_population(EVERYBODY, before)], "alone": []}
    for change, told in ((0, ["", DIFFERENCE]), (1, [EARLIER, EARLIER])):
        later = asked(change)
        later.know([said])
        assert [later.ask(each).reason for each in (whole, gain)] == told
