"""Laws of errors of moments and percentiles: industries that differ by what a law says, one job."""

from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
import pytest

from tradegains.formulas.distribution import Distribution, IndustryScales
from tradegains.formulas.membership import MembershipBits
from tradegains.results.replicates import intervals_of
from tradegains.statistics.distributions import (
    BasePopulation,
    DistributionTask,
    MedianBase,
    describe_distributions,
)
from tradegains.statistics.held_rows import HeldRows
from tradegains.statistics.industry_distributions import IndustryTask, describe_industries
from tradegains.statistics.moments import collect_power_cells
from tradegains.statistics.replicated import DrawnGroups
from tradegains.study import Uncertainty
from tradegains.tables import working as w

GROUPS, YEAR = 20, 2000
STATED = Uncertainty(GROUPS, 0.95, "establishment", "laws", 0.0)
DRAWN = DrawnGroups(tuple(range(GROUPS)), partial(intervals_of, stated=STATED))
WEIGHTED, PLAIN = 0, 1
MOMENTS = ("mean", "sd", "skewness", "kurtosis", "theil")
BASE, RENUMBERED, SPLIT, COPIED, ALIKE, BALANCED, ALONE, TOGETHER, JOBLESS, EMPTY_GROUP = range(
    101, 111
)
SCHEMA = pa.schema(
    [
        (w.YEAR, pa.int32()),
        (w.INDUSTRY, pa.int64()),
        (w.MEMBERSHIP, pa.int64()),
        (w.EMPLOYMENT, pa.int64()),
        (w.LOG_PRODUCTIVITY, pa.float64()),
        (w.REPLICATE_GROUP, pa.int64()),
    ]
)

Units = dict[str, np.ndarray]


def industries() -> dict[int, Units]:
    chance = np.random.default_rng(5)
    phi = chance.normal(0.3, 0.7, 200)
    base = {
        "jobs": 2 * np.rint(500 * chance.lognormal(3.0, 1.0, 200)).astype(np.int64),
        "phi": phi,
        "group": chance.integers(GROUPS, size=200),
    }
    halves = copied(base, 2)
    return {
        BASE: base,
        RENUMBERED: {**base, "group": chance.permutation(GROUPS)[base["group"]]},
        SPLIT: {**halves, "jobs": halves["jobs"] // 2},
        COPIED: copied(base, 3),
        ALIKE: {**base, "phi": np.full(200, 0.25)},
        BALANCED: {
            "jobs": np.tile(base["jobs"][:5], GROUPS),
            "phi": np.tile(phi[:5], GROUPS),
            "group": np.repeat(np.arange(GROUPS), 5),
        },
        ALONE: {name: values[:1] for name, values in base.items()},
        TOGETHER: {**base, "group": np.zeros(200, np.int64)},
        JOBLESS: {**base, "jobs": np.zeros(200, np.int64)},
        EMPTY_GROUP: {name: values[base["group"] != 7] for name, values in base.items()},
    }


def copied(units: Units, times: int) -> Units:
    return {name: np.tile(values, times) for name, values in units.items()}


@pytest.fixture(scope="module")
def matched(spark):
    parts = [
        pa.table(
            {
                w.YEAR: np.full(len(units["phi"]), YEAR),
                w.INDUSTRY: np.full(len(units["phi"]), code),
                w.MEMBERSHIP: np.zeros(len(units["phi"]), np.int64),
                w.EMPLOYMENT: units["jobs"],
                w.LOG_PRODUCTIVITY: units["phi"],
                w.REPLICATE_GROUP: units["group"],
            }
        ).cast(SCHEMA)
        for code, units in industries().items()
    ]
    return spark.createDataFrame(pa.concat_tables(parts))


@pytest.fixture(scope="module")
def powers(matched):
    jobs = max(int(units["jobs"].sum()) for units in industries().values())
    return collect_power_cells(matched, employment=jobs, establishments=600, levels=True)


def industry_task() -> IndustryTask:
    return IndustryTask(
        {YEAR: dict.fromkeys(industries(), 0.0)},
        [((), ())],
        {"industry4": 1},
        MembershipBits.of([]),
        DRAWN,
    )


@pytest.fixture(scope="module")
def found(matched, powers):
    """What the engine's passes find, by industry."""
    described = describe_industries(matched, industry_task(), powers)
    return {group.industry: each for group, each in described.items()}


def same(one: Distribution, other: Distribution) -> None:
    """To the last bit, not a number being itself."""
    for left, right in zip(one.without, other.without, strict=True):
        assert left.quantiles.keys() == right.quantiles.keys()
        for name, spread in left.quantiles.items():
            np.testing.assert_equal(spread._asdict(), right.quantiles[name]._asdict())
        assert left.statistics.keys() == right.statistics.keys()
        for name, values in left.statistics.items():
            np.testing.assert_array_equal(values, right.statistics[name])


def test_rows_on_the_driver_give_what_the_engines_passes_do(found, matched, powers):
    held = partial(HeldRows.of, matched, DRAWN.called)
    described = describe_industries(matched, replace(industry_task(), held=held), powers)
    for group, each in described.items():
        same(each, found[group.industry])


@pytest.mark.parametrize("standardised", [False, True])
def test_so_they_do_of_populations_of_several_median_bases(matched, powers, standardised):
    codes = [code for code in industries() if code not in (ALIKE, ALONE)]
    scales = IndustryScales(0.5, dict.fromkeys(codes, 0.75)) if standardised else None
    bases = [MedianBase(YEAR, dict.fromkeys(industries(), 0.125)),
             MedianBase(YEAR, {code: code / 512 for code in industries()}, scales)]  # fmt: skip
    populations = [BasePopulation(1), BasePopulation(0), BasePopulation(1)]
    task = DistributionTask(matched, bases, populations, MembershipBits.of([]), 0.25, DRAWN)
    held = replace(task, held=partial(HeldRows.of, matched, DRAWN.called))
    pairs = zip(*(describe_distributions(each, powers).distributions for each in (task, held)),
                strict=True)  # fmt: skip
    for one, other in pairs:
        assert one.without[WEIGHTED].quantiles
        same(one, other)


def moments(found: dict, code: int, by: int) -> dict:
    """Interval of each moment that there is."""
    one = found[code]
    told = (one.weighted, one.plain)[by]
    values = {name: getattr(told, name) for name in MOMENTS[:4]} | {
        "theil": (one.weighted_theil, one.plain_theil)[by]
    }
    without = one.without[by].statistics
    names = [name for name in MOMENTS if values[name] is not None]
    intervals = intervals_of(
        [values[name] for name in names], [without[name] for name in names], STATED, rounding=1e-12
    )
    return dict(zip(names, intervals, strict=True))


def ends(found: dict, code: int, by: int) -> dict:
    spreads = found[code].without[by].quantiles
    return {name: (each.low, each.high) for name, each in spreads.items()}


def errors(found: dict, code: int, by: int) -> dict:
    return {name: each.standard_error for name, each in moments(found, code, by).items()}


@pytest.mark.parametrize("by", [WEIGHTED, PLAIN])
def test_groups_that_are_renumbered_change_no_bit(found, by):
    assert moments(found, RENUMBERED, by) == moments(found, BASE, by)
    assert ends(found, RENUMBERED, by) == ends(found, BASE, by)
    assert min(errors(found, BASE, by).values()) > 0
    assert all(low < high for low, high in ends(found, BASE, by).values())


def test_what_is_split_in_two_of_one_unit_changes_nothing(found):
    assert errors(found, SPLIT, WEIGHTED) == pytest.approx(errors(found, BASE, WEIGHTED), rel=1e-9)
    assert ends(found, SPLIT, WEIGHTED) == ends(found, BASE, WEIGHTED)


@pytest.mark.parametrize("by", [WEIGHTED, PLAIN])
def test_copies_in_the_same_groups_have_the_same_errors(found, by):
    assert errors(found, COPIED, by) == pytest.approx(errors(found, BASE, by), rel=1e-9)


@pytest.mark.parametrize("by", [WEIGHTED, PLAIN])
def test_what_no_group_moves_has_no_error(found, by):
    assert set(errors(found, BALANCED, by).values()) == {0.0}
    alike = errors(found, ALIKE, by)
    assert {alike[name] for name in ("mean", "sd", "theil")} == {0.0}
    assert set(ends(found, ALIKE, by).values()) == {(0.25, 0.25)}


@pytest.mark.parametrize("by", [WEIGHTED, PLAIN])
@pytest.mark.parametrize("code", [ALONE, TOGETHER])
def test_one_unit_and_all_in_one_group_have_no_interval_and_the_reason(found, code, by):
    for interval in moments(found, code, by).values():
        assert interval[:3] == (None, None, None)
        assert interval.note == "no interval: 1 of 20 replicates have no number"
    assert set(ends(found, code, by).values()) == {(None, None)}
    assert all(each.note for each in found[code].without[by].quantiles.values())


def test_establishments_without_jobs_have_errors_where_each_counts_one(found):
    assert found[JOBLESS].weighted is None
    assert not found[JOBLESS].without[WEIGHTED].statistics
    assert min(errors(found, JOBLESS, PLAIN).values()) > 0


def test_a_group_of_nobody_is_a_replicate_that_is_the_whole(found):
    for by in (WEIGHTED, PLAIN):
        assert {each.groups for each in moments(found, EMPTY_GROUP, by).values()} == {GROUPS}
        assert min(errors(found, EMPTY_GROUP, by).values()) > 0
