"""The intruder finds what is left open, and nothing where the gate of the package decides."""

from random import Random

import pytest

from intruder.__main__ import attack_once
from intruder.attack import attack
from intruder.censuses import Request
from intruder.unsafe import Thresholds

RULES = Thresholds(least=3, largest=1, share=75.0, at_limit=False, margin=10.0)

# Two industries; the second rests on one establishment.
TWO = Request(
    "two",
    {"a": {"e1": 40, "e2": 30, "e3": 30}, "b": {"e4": 50}},
    {"a": frozenset("a"), "b": frozenset("b"), "all": frozenset("ab")},
)


def leaving(*names):
    return lambda amounts, sums, earlier: set(names)


def found(request, gate):
    return {(each.role, each.what) for each in attack(request, gate, RULES, Random(1))}


def test_an_unsafe_sum_that_leaves_is_read():
    assert ("reader", "b") in found(TWO, leaving("b"))


def test_an_unsafe_sum_follows_from_the_rest():
    assert ("outsider", "b") in found(TWO, leaving("a", "all"))


def test_a_sum_in_a_wide_interval_is_hidden():
    assert found(TWO, leaving("a")) == set()
    # Between 0 and 150, which is nothing new; but a contributor of `a` that knows its 40 does not.
    assert found(TWO, leaving("all")) == set()


def test_who_is_alone_takes_itself_away():
    """All less what e2 holds itself leaves e1."""
    two = Request(
        "alone",
        {"a": {"e1": 100}, "b": {"e2": 50}},
        {"a": frozenset("a"), "b": frozenset("b"), "all": frozenset("ab")},
    )
    few = Thresholds(least=1, largest=1, share=75.0, at_limit=False, margin=10.0)
    breaches = attack(two, leaving("all"), few, Random(1))
    assert ("contributor", "a") in {(each.role, each.what) for each in breaches}


def test_who_came_between_two_releases_is_read():
    after = {"a": {**TWO.amounts["a"], "e5": 25}, "b": {}}
    before = {"a": TWO.amounts["a"], "b": {}}
    request = Request("again", after, {"a": frozenset("a")}, before=before)
    assert found(request, leaving("a")) == {("earlier reader", "change of a")}
    assert found(request, lambda amounts, sums, earlier: set() if earlier else {"a"}) == set()


def test_who_has_gone_since_knows_no_more_than_before():
    before = {"a": TWO.amounts["a"]}
    after = {"a": {who: value for who, value in before["a"].items() if who != "e3"}}
    request = Request("gone", after, {"a": frozenset("a")}, before=before)
    assert found(request, lambda amounts, sums, earlier: set() if earlier else {"a"}) == set()
    assert found(request, leaving("a")) >= {("earlier reader", "change of a")}


@pytest.mark.parametrize("seed", range(1, 81))
def test_nothing_unsafe_follows_from_what_the_package_lets_out(seed):
    _, breaches, _, _ = attack_once(seed)
    assert breaches == []
