"""The distributed statistics equal the plain ones, however few rows may be collected."""

from fractions import Fraction
from itertools import groupby

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tradegains.formulas.membership import MembershipBits
from tradegains.formulas.moments import moments_of
from tradegains.formulas.quantiles import PERCENTILES, median, quantile, weighted_quantile
from tradegains.statistics import ranks
from tradegains.statistics.distributions import (
    BasePopulation,
    DistributionTask,
    MedianBase,
    describe_distributions,
)
from tradegains.statistics.medians import industry_medians
from tradegains.statistics.moments import collect_power_cells

# Each example is several jobs: a failure is shown as drawn instead of shrunk for minutes.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)

YEARS, INDUSTRIES = (1988, 1996), (111, 3256)
EXPORTER, LARGE = ("exporter",), ("population", "large")
BITS = MembershipBits.of([EXPORTER, LARGE])
WIDTH = 0.1
# Largest error of a central moment: the fixed point keeps 36 binary places here, of sums that are
# divided by at least 500 thousandths of a job, and a fourth power is scaled by 2**4.
SUM_ERROR = 1e-11

# Heaps on a few values, values a bin's width apart, and values that differ in the last bits only.
VALUES = st.one_of(
    st.sampled_from([0.0, 1.0, 1.0 + 2**-52, 1.0 + 2**-40, 3.0, -2.5]),
    st.floats(-4, 4).map(lambda value: round(value, 2)),
    st.floats(-4, 4),
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "year": st.sampled_from(YEARS),
            "industry": st.sampled_from(INDUSTRIES),
            "membership": st.integers(0, 3),
            "employment_thousandths": st.sampled_from([0, 500, 1000, 2500, 40_000_000]),
            "log_productivity": VALUES,
        }
    ),
    min_size=1,
    max_size=60,
)
SCHEMA = pa.schema(
    [
        ("year", pa.int32()),
        ("industry", pa.int64()),
        ("membership", pa.int64()),
        ("employment_thousandths", pa.int64()),
        ("log_productivity", pa.float64()),
    ]
)


def matched_rows(spark, rows):
    return spark.createDataFrame(pa.Table.from_pylist(rows, schema=SCHEMA))


def values_by_industry(rows, years):
    chosen = sorted((r for r in rows if r["year"] in years), key=lambda r: r["industry"])
    grouped = groupby(chosen, key=lambda r: r["industry"])
    return {industry: [r["log_productivity"] for r in group] for industry, group in grouped}


@pytest.mark.parametrize("row_limit", [0, 1_000_000])
@settings(max_examples=5, phases=NO_SHRINKING)
@given(rows=ROWS)
def test_medians_are_the_plain_medians(spark, rows, row_limit):
    pools = {"1988": (1988,), "1996": (1996,), "both": YEARS}
    found = industry_medians(matched_rows(spark, rows), pools, row_limit=row_limit)
    expected = {
        (pool, industry): (len(values), median(values))
        for pool, years in pools.items()
        for industry, values in values_by_industry(rows, years).items()
    }
    assert {key: (m.establishments, m.median) for key, m in found.items()} == expected


@pytest.mark.parametrize("row_limit", [0, 1_000_000])
@settings(max_examples=5, phases=NO_SHRINKING)
@given(rows=ROWS)
def test_distributions_are_the_plain_distributions(spark, rows, row_limit):
    bases = [MedianBase(1988, {111: 0.5, 3256: -1.25}), MedianBase(1996, {111: 0.75})]
    populations = [
        BasePopulation(base, inside, outside)
        for base in (0, 1)
        for inside, outside in (((), ()), ((EXPORTER,), ()), ((LARGE,), (EXPORTER,)))
    ]
    matched = matched_rows(spark, rows)
    employment = sum(row["employment_thousandths"] for row in rows)
    powers = collect_power_cells(matched, employment=employment, establishments=len(rows))
    task = DistributionTask(matched, bases, populations, BITS, WIDTH)
    found = describe_distributions(task, powers, row_limit=row_limit).distributions
    for population, distribution in zip(populations, found, strict=True):
        members = [row for row in rows if belongs(row, population, bases)]
        assert_described(members, bases[population.base], distribution)


def belongs(row, population, bases):
    base = bases[population.base]
    sets = {name for name in (EXPORTER, LARGE) if BITS.holds(row["membership"], name)}
    in_base = row["year"] == base.year and row["industry"] in base.medians
    return in_base and sets >= set(population.inside) and not sets & set(population.outside)


def assert_described(members, base, found):
    values = [row["log_productivity"] - base.medians[row["industry"]] for row in members]
    weights = [row["employment_thousandths"] for row in members]
    assert (found.establishments, found.employment) == (len(values), sum(weights))
    assert sum(each.establishments for each in found.histogram) == len(values)
    assert {each.number for each in found.histogram} == {int(v / WIDTH // 1) for v in values}
    assert found.plain_quantiles == {
        name: quantile(values, p) for name, p in PERCENTILES.items() if values
    }
    assert found.weighted_quantiles == {
        name: weighted_quantile(values, weights, p)
        for name, p in PERCENTILES.items()
        if sum(weights)
    }
    assert_moments(found.plain, moments_of(values, [1] * len(values)))
    assert_moments(found.weighted, moments_of(values, weights))


def assert_moments(found, expected):
    assert (found is None) == (expected is None)
    if expected is None:
        return
    assert found.mean == pytest.approx(expected.mean, abs=1e-12)
    assert found.sd**2 == pytest.approx(expected.sd**2, abs=1e-12)
    if expected.sd > 1e-2:
        skewness_error, kurtosis_error = (SUM_ERROR / expected.sd**power for power in (3, 4))
        assert found.skewness == pytest.approx(expected.skewness, abs=skewness_error)
        assert found.kurtosis == pytest.approx(expected.kurtosis, abs=kurtosis_error)


def test_a_low_limit_refines_three_times_and_never_collects_more(spark, monkeypatch):
    values = [1.0 + number * 2.0**-30 for number in range(64)]
    heaped = [2.0] * 64
    rows = [
        {
            "year": 1988,
            "industry": 111,
            "membership": 0,
            "employment_thousandths": 1000,
            "log_productivity": value,
        }
        for value in values + heaped
    ]
    seen = []
    look_inside = ranks.BinnedRows._look_inside

    def recorded(*arguments, **choices):
        cells, refinement = look_inside(*arguments, **choices)
        seen.append((refinement, ranks.w.VALUE in cells.column_names, len(cells)))
        return cells, refinement

    monkeypatch.setattr(ranks.BinnedRows, "_look_inside", recorded)
    found = industry_medians(matched_rows(spark, rows), {"1988": (1988,)}, row_limit=1)
    assert found["1988", 111].median == (values[-1] + 2.0) / 2
    refined = [refinement for refinement, is_values, _ in seen if not is_values]
    assert refined[:3] == [12, 20, 28]
    assert not any(is_values and size > 1 for _, is_values, size in seen)


def test_ranks_of_the_example_in_the_method():
    assert weighted_quantile([1, 2, 3], [1, 1, 2], Fraction(1, 2)) == 2
