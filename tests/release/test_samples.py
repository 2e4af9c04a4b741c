"""Samples: what somebody rests on of whom only those they are among are known, at every limit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from made_evidence import EXPORTER, LARGE, YEAR, Plant, all_of, evidence
from tradegains.release.groups import Choices
from tradegains.release.profiles import example_rules
from tradegains.release.rules import Dominance, Rules
from tradegains.release.sampled import SampledTables, premium_backings
from tradegains.release.samples import CountedSample, Samples, fewest_contributors, largest_sum
from tradegains.tables import working as w


@pytest.fixture(scope="module")
def rules() -> Rules:
    return example_rules("plain")


def judge(plants: Sequence[Plant], rules: Rules, *samples: CountedSample) -> list[str]:
    """Why each stays, in the order in which they are asked about."""
    found = Samples(evidence(plants), rules, " ".join)
    return [found.judge(each)[0] for each in samples]


def some(count: int, *weights: str, **others: Any) -> CountedSample:
    return CountedSample((all_of(),), count, weights, **others)


SINGLE = [Plant(n) for n in range(40)]


# --- contributors, differences --------------------------------------------------------------------


@pytest.mark.parametrize(("count", "reason"), [(9, "contributors"), (10, ""), (11, "")])
def test_a_sample_rests_on_so_many(rules: Rules, count: int, reason: str) -> None:
    assert judge(SINGLE, rules, some(count)) == [reason]


@pytest.mark.parametrize(("count", "reason"), [(13, "contributors"), (14, ""), (15, "")])
def test_the_largest_enterprise_may_be_in_it(rules: Rules, count: int, reason: str) -> None:
    """Five establishments of one, and so many of others, are ten contributors from 14 on."""
    plants = [*SINGLE, *(Plant(99, (LARGE,) if n else ()) for n in range(5))]
    assert judge(plants, rules, some(count)) == [reason]


@pytest.mark.parametrize(("apart", "reason"), [(0, ""), (1, "difference"), (9, "difference"),
                                               (10, ""), (11, "")])  # fmt: skip
def test_nested_samples_differ_by_nobody_or_by_so_many(
    rules: Rules, apart: int, reason: str
) -> None:
    """From all whom they are among, and from each other."""
    assert judge(SINGLE, rules, some(40 - apart)) == [reason]
    assert judge(SINGLE, rules, some(25), some(25 - apart))[1] == reason
    assert judge(SINGLE, rules, some(15), some(15 + apart))[1] == reason
    left = {"establishments 1988, total, in with_productivity": [((), 25)]}
    known = Samples(evidence(SINGLE), rules, " ".join, left)
    assert known.judge(some(25 - apart))[0] == reason


def test_what_left_is_told_to_the_next_release(rules: Rules) -> None:
    found = Samples(evidence(SINGLE), rules, " ".join)
    found.judge(some(25))
    found.judge(some(24))
    (said,) = found.said()
    assert said["samples"] == [((), 25)]


def test_disjoint_parts_are_not_nested(rules: Rules) -> None:
    """Quartiles are alike in number; one of them and its own parts are nested."""
    first, second = some(20, part=("q1",)), some(19, part=("q2",))
    inner = some(12, part=("q1", "starters"))
    assert judge(SINGLE, rules, first, second, inner) == ["", "", "difference"]


def test_counts_that_cannot_be_are_other_evidence(rules: Rules) -> None:
    unknown = CountedSample((all_of(("no", "set")),), 20)
    assert judge(SINGLE, rules, some(41), unknown) == ["other evidence", "no evidence"]


def test_zeros_are_told_or_not(rules: Rules) -> None:
    hidden = replace(rules, groups=replace(rules.groups, zeros="withhold"))
    assert judge(SINGLE, rules, some(0)) == [""]
    assert judge(SINGLE, hidden, some(0)) == ["group"]


def test_two_years_may_be_of_the_same_enterprises(rules: Rules) -> None:
    """Twenty rows of two years are ten enterprises if each is in both."""
    both = (all_of(), all_of(EXPORTER))
    plants = [Plant(n, (EXPORTER,)) for n in range(40)]
    assert judge(plants, rules, CountedSample(both, 20), CountedSample(both, 18)) == [
        "",
        "contributors",
    ]


# --- size -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("jobs", "reason"), [(84, ""), (85, ""), (86, "dominance")])
def test_the_largest_two_have_so_much(rules: Rules, jobs: int, reason: str) -> None:
    """(2, 85) of a sample of all: with 15 jobs of 30 others, two may have 85."""
    no_margin = replace(rules, prior_posterior=replace(rules.prior_posterior, percent=1.0))
    others = [Plant(n, jobs=1) for n in range(15)]
    plants = [Plant(100, jobs=jobs - 42), Plant(101, jobs=42), *others]
    assert judge(plants, no_margin, some(17, "employment")) == [reason]
    assert judge(plants, no_margin, some(17)) == [""]


@pytest.mark.parametrize(("missing", "reason"), [(10, ""), (11, "dominance"), (12, "dominance")])
def test_those_left_out_may_be_the_largest_ones(rules: Rules, missing: int, reason: str) -> None:
    """40 of 10 jobs: without k of them 400 − 10 k are left, of which two have 20 at most."""
    at = replace(rules, dominance=Dominance(2, 100 * 20 / 300, "release"))
    plants = [Plant(n, jobs=10) for n in range(40)]
    assert judge(plants, at, some(40 - missing, "employment")) == [reason]


def test_who_is_in_it_for_certain_counts(rules: Rules) -> None:
    """Of 20 among 60 nobody knows which; where 10 exporters are in it, these hold what they do."""
    plants = [Plant(n, (EXPORTER,), 1000) for n in range(10)]
    plants += [Plant(100 + n, jobs=10) for n in range(50)]
    among, weights = (all_of(),), ("employment",)
    alone = CountedSample(among, 20, weights)
    inside = CountedSample(among, 20, weights, all_of(EXPORTER))
    assert judge(plants, rules, alone) == ["dominance"]
    assert judge(plants, rules, inside) == [""]
    # It differs by a few from those that are in it for certain.
    assert judge(plants, rules, replace(inside, count=19)) == ["difference"]


@pytest.mark.parametrize("seed", range(12))
def test_no_sample_rests_on_less(seed: int, rules: Rules) -> None:
    """Against samples that are drawn: contributors, total and largest are never overstated."""
    random = Random(seed)
    plants = [
        Plant(random.randrange(30), (EXPORTER,) if random.random() < 0.5 else (),
              int(random.paretovariate(1)), 0.0, random.choice((111, 112)))
        for _ in range(60)
    ]  # fmt: skip
    found = Samples(evidence(plants), rules, " ".join)
    for _ in range(20):
        chosen = random.sample(plants, random.randrange(1, 61))
        asked = some(len(chosen), "employment")
        by_owner: dict[int, int] = {}
        for each in chosen:
            by_owner[each.owner] = by_owner.get(each.owner, 0) + each.jobs
        once, weighed = found._backings(asked)
        assert once.contributors <= len(by_owner)
        assert weighed.total <= sum(by_owner.values())
        assert weighed.first >= max(by_owner.values())
        assert weighed.first + weighed.second >= sum(sorted(by_owner.values())[-2:])


def test_how_few_and_how_much_by_hand() -> None:
    assert [fewest_contributors(np.array([3.0, 2, 1]), n) for n in range(7)] == [
        0, 1, 1, 1, 2, 2, 3,
    ]  # fmt: skip
    assert largest_sum((np.array([5.0, 2.0]), np.array([1.0, 1.5])), 2) == 7.0
    assert largest_sum((np.array([5.0, 2.0]), np.array([1.0, 1.5])), 9) == 8.0


# --- regressions ----------------------------------------------------------------------------------

REGRESSION: Mapping[str, Any] = {
    "window": None, "years": str(YEAR), "model": "exporter_premium_with_size",
    "outcome": "log_productivity", "sample": "all", "weighting": "unweighted",
    "effects": "year_industry4", "errors": "robust", "term": "exporter", "observations": 200,
    "groups": 2, "clusters": None, "r2": 0.5, "note": None,
    "own_cuts": None, "industry_cuts": None, "without_cut": None,
}  # fmt: skip
MANY = [Plant(n, (EXPORTER,) if n % 2 else (), 5, 0.0, 111 + n % 3) for n in range(200)]


def reasons(
    rules: Rules, rows: Sequence[Mapping[str, Any]], *columns: str,
    plants: Sequence[Plant] = MANY, table: str = "regressions",
) -> list[str]:  # fmt: skip
    """What becomes of columns of the first row."""
    run: Any = SimpleNamespace(tables={table: pa.Table.from_pylist([dict(each) for each in rows])})
    choices = Choices({"w": (YEAR, YEAR)}, "own_year", False, {}, {}, {})
    found = SampledTables(run, choices, rules, Samples(evidence(plants), rules, " ".join))
    found.decide([table])
    return [found.judge(table, rows[0], column)[0] for column in columns]


def regression(**changed: Any) -> list[dict[str, Any]]:
    """A regression of two terms."""
    return [{**REGRESSION, **changed, "term": term} for term in ("exporter", "log_employment")]


@pytest.mark.parametrize(("groups", "reason"), [(189, "degrees_of_freedom"), (188, ""), (187, "")])
def test_a_regression_has_rows_to_spare(rules: Rules, groups: int, reason: str) -> None:
    """200 rows less effects and two regressors: ten at least."""
    few = replace(rules, contributors=replace(rules.contributors, least=1))
    assert reasons(few, regression(groups=groups), "coefficient") == [reason]


@pytest.mark.parametrize(
    ("r2", "reason"), [(0.899999, ""), (0.9, "explained"), (0.900001, "explained"), (None, "")]
)
def test_a_regression_leaves_something_unexplained(
    rules: Rules, r2: float | None, reason: str
) -> None:
    assert reasons(rules, regression(r2=r2), "coefficient", "standard_error") == [reason] * 2


@pytest.mark.parametrize(("groups", "reason"), [(19, ""), (20, ""), (21, "few_per_effect")])
def test_an_absorbed_effect_has_so_many_rows(rules: Rules, groups: int, reason: str) -> None:
    assert reasons(rules, regression(groups=groups), "coefficient") == [reason]


def test_rows_alone_in_an_effect_are_of_the_sample(rules: Rules) -> None:
    """Nothing is estimated from them; how many they are is a difference of a few."""
    told = regression(observations=196, note="4 in an effect of their own left out")
    assert reasons(rules, told, "coefficient", "observations", "groups") == [
        "", "difference", "difference",
    ]  # fmt: skip
    assert reasons(rules, regression(observations=196), "coefficient") == ["difference"]


def test_counts_of_cuts_are_samples_of_their_own(rules: Rules) -> None:
    told = regression(observations=150, own_cuts=141, industry_cuts=9, without_cut=50)
    columns = ("coefficient", "observations", "own_cuts", "industry_cuts", "without_cut")
    assert reasons(rules, told, *columns) == ["", "", "difference", "contributors", ""]


def test_clusters_of_enterprises_are_not_known(rules: Rules) -> None:
    told = regression(errors="enterprise", clusters=140)
    assert reasons(rules, told, "clusters", "t") == ["no evidence", ""]
    assert reasons(rules, regression(errors="industry4", clusters=3), "clusters") == [""]


def premium(exporters: int, others: int) -> list[Plant]:
    """Industry 111 has both, 112 exporters alone, who say nothing of a premium within it."""
    plants = [Plant(n, (EXPORTER,)) for n in range(exporters)]
    plants += [Plant(1000 + n) for n in range(others)]
    return plants + [Plant(2000 + n, (EXPORTER,), industry=112) for n in range(100)]


@pytest.mark.parametrize(("number", "reason"), [(9, "crosstab"), (10, ""), (11, "")])
def test_a_premium_is_of_so_many_exporters_and_others(
    rules: Rules, number: int, reason: str
) -> None:
    """In industries that have both: a table of two dummies, cell by cell."""
    for plants in (premium(number, 60), premium(60, number)):
        rows = [{**REGRESSION, "model": "exporter_premium", "observations": len(plants)}]
        assert reasons(rules, rows, "coefficient", plants=plants) == [reason]


def test_leverage_of_exporters_by_hand(rules: Rules) -> None:
    """3 exporters and 1 other: each exporter is 1/4 above its industry's mean, the other 3/4."""
    plants = [*(Plant(n, (EXPORTER,)) for n in range(3)), Plant(9)]
    exporters, others = premium_backings(evidence(plants), [all_of()], w.ESTABLISHMENTS)
    assert (exporters.contributors, exporters.total, exporters.first) == (3, 3 / 16, 1 / 16)
    assert (others.contributors, others.total, others.first) == (1, 9 / 16, 9 / 16)


# --- export entry ---------------------------------------------------------------------------------


def entries(starters: int) -> list[dict[str, Any]]:
    """All, and two quartiles of which the first has so many starters."""
    sizes = {None: (110, 30 + starters), 1: (50, starters), 2: (60, 30)}
    return [
        {"window": "w", "quartile": quartile, "establishments": who, "starters": starts,
         "own_cuts": who, "industry_cuts": 0, "without_cut": 0, "probit_establishments": who}
        for quartile, (who, starts) in sizes.items()
    ]  # fmt: skip


@pytest.mark.parametrize(("starters", "reason"), [(9, "contributors"), (10, ""), (11, "")])
def test_who_starts_leaves_for_all_quartiles_or_none(
    rules: Rules, starters: int, reason: str
) -> None:
    """Where too few start in one quartile all would tell them beside the others."""
    plants = [Plant(n) for n in range(200)]
    told = entry_reasons(rules, entries(starters), plants)
    assert told == ["", reason, reason, ""]


def entry_reasons(
    rules: Rules, rows: Sequence[Mapping[str, Any]], plants: Sequence[Plant]
) -> list[str]:
    """Of the row of all."""
    columns = ("establishments", "starters", "starter_rate", "cut_coefficient")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tradegains.release.groups.may_start_to_export", lambda *_: all_of())
        return reasons(rules, rows, *columns, plants=plants, table="export_entry")
