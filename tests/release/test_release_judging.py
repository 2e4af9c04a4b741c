"""Rules at their thresholds: one below, at it, one above."""

from dataclasses import replace

import pytest

from tradegains.release.judging import Backing, broken_rules, dominance_level, prior_posterior_level
from tradegains.release.profiles import example_rules
from tradegains.release.rules import Dominance, Rules


@pytest.fixture(scope="module")
def rules() -> Rules:
    return example_rules("plain")


@pytest.mark.parametrize(
    ("contributors", "broken"), [(9, ("contributors",)), (10, ()), (11, ()), (0, ())]
)
def test_contributors(rules: Rules, contributors: int, broken: tuple[str, ...]) -> None:
    assert broken_rules(Backing(contributors, 1000.0, 10.0, 10.0), rules) == broken


@pytest.mark.parametrize(
    ("two_largest", "at_limit", "is_broken"),
    [(849, "release", False), (850, "release", False), (851, "release", True),
     (849, "withhold", False), (850, "withhold", True), (851, "withhold", True)],
)  # fmt: skip
def test_dominance(rules: Rules, two_largest: int, at_limit: str, is_broken: bool) -> None:
    chosen = replace(rules, dominance=Dominance(2, 85.0, at_limit))
    backing = Backing(20, 1000.0, two_largest - 300, 300)
    assert ("dominance" in broken_rules(backing, chosen)) is is_broken


def test_dominance_of_one_does_not_look_at_the_second(rules: Rules) -> None:
    one = replace(rules, dominance=Dominance(1, 50.0, "release"))
    assert broken_rules(Backing(20, 1000.0, 500.0, 400.0), one) == ()
    assert broken_rules(Backing(20, 1000.0, 501.0, 300.0), one) == ("dominance",)


@pytest.mark.parametrize(("rest", "is_broken"), [(49, True), (50, False), (51, False)])
def test_prior_posterior(rules: Rules, rest: int, is_broken: bool) -> None:
    # 10 percent of the largest, 500, is 50; the two largest then hold more than 85 percent.
    broken = broken_rules(Backing(20, 500 + 400 + rest, 500.0, 400.0), rules)
    assert ("prior_posterior" in broken) is is_broken


def test_one_contributor_breaks_every_rule(rules: Rules) -> None:
    assert broken_rules(Backing(1, 7.0, 7.0, 0.0), rules) == (
        "contributors", "dominance", "prior_posterior",
    )  # fmt: skip


def test_a_total_of_nothing_is_not_dominated(rules: Rules) -> None:
    assert broken_rules(Backing(10, 0.0, 0.0, 0.0), rules) == ()
    at_limit = replace(rules, dominance=Dominance(2, 85.0, "withhold"))
    assert broken_rules(Backing(10, 0.0, 0.0, 0.0), at_limit) == ()


# Statistics Canada, G-Confid, example ug01: total, the two largest, and the published sensitivity.
@pytest.mark.parametrize(
    ("total", "first", "second", "sensitivity"),
    [(101, 101, 0, 15.15), (202, 101, 101, 15.15), (609, 303, 203, -57.55),
     (1013, 303, 203, -461.55), (912, 303, 203, -360.55)],
)  # fmt: skip
def test_prior_posterior_is_that_of_g_confid(
    total: int, first: int, second: int, sensitivity: float
) -> None:
    found = prior_posterior_level(Backing(5, total, first, second), 15)
    assert found == pytest.approx(sensitivity, abs=1e-9)


@pytest.mark.parametrize(
    ("largest", "percent", "total", "held", "sensitivity"),
    [(1, 70, 101, (101, 0), 43.285714), (1, 70, 202, (101, 101), -57.714286),
     (2, 85, 202, (101, 101), 35.647059), (2, 85, 609, (303, 203), -13.705882)],
)  # fmt: skip
def test_dominance_is_that_of_g_confid(
    rules: Rules,
    largest: int,
    percent: float,
    total: int,
    held: tuple[int, int],
    sensitivity: float,
) -> None:
    chosen = replace(rules, dominance=Dominance(largest, percent, "release"))
    found = dominance_level(Backing(5, total, *held), chosen)
    assert found == pytest.approx(sensitivity, abs=1e-6)
