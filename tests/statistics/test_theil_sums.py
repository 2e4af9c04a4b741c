"""Sums of levels on the engines are those of the formula, to the last unit, and give the index."""

import math
import random
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest

from tradegains.formulas.fixed_point import moment_scale_bits
from tradegains.formulas.membership import MembershipBits
from tradegains.formulas.moments import bin_position
from tradegains.formulas.theil import exponential, weighted_levels
from tradegains.statistics.moments import (
    centre_cells,
    collect_power_cells,
    population_moments,
    population_theils,
)
from tradegains.tables import working as w
from tradegains.transforms.productivity import MOMENT_BIN, level_sum, sum_powers

WEIGHTED_BITS, PLAIN_BITS = 31, 52
NOBODY = MembershipBits.of([]).mask((), ())
# Of places that hold a thousandth of a job to 2**-20, in eighths.
CLOSE = 1e-9

SCHEMA = pa.schema(
    [
        (w.YEAR, pa.int32()),
        (w.INDUSTRY, pa.int64()),
        (w.MEMBERSHIP, pa.int64()),
        (w.EMPLOYMENT, pa.int64()),
        (w.LOG_PRODUCTIVITY, pa.float64()),
    ]
)


def drawn_rows() -> list[dict[str, float | int | None]]:
    """Fifty industries of one to forty establishments, one without jobs, one all alike."""
    draw = random.Random(11)
    rows = []
    for industry in range(100, 150):
        for _ in range(draw.randint(1, 40)):
            value = draw.choice((draw.gauss(4, 1), draw.gauss(4, 6), 2.0, -2.0, -1e-17))
            jobs = draw.choice((1, 500, 1000, draw.randint(1, 10**7)))
            rows.append((industry, jobs, 3.3 if industry == 100 else value))
    rows += [(150, 0, value) for value in (1.0, 2.0)] + [(150, 5000, None)]
    names = (w.INDUSTRY, w.EMPLOYMENT, w.LOG_PRODUCTIVITY)
    return [{w.YEAR: 2000, w.MEMBERSHIP: 0} | dict(zip(names, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def matched(spark):
    return spark.createDataFrame(pa.Table.from_pylist(drawn_rows(), schema=SCHEMA))


def sums_of_the_formula() -> dict[tuple[int, int], dict[str, int]]:
    found: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in drawn_rows():
        value = row[w.LOG_PRODUCTIVITY]
        if value is None:
            continue
        number = math.floor(value / MOMENT_BIN)
        position = bin_position(value, MOMENT_BIN, number)
        level = exponential(position * MOMENT_BIN)
        for weighted, weight, bits in (
            (True, float(row[w.EMPLOYMENT]), WEIGHTED_BITS),
            (False, 1.0, PLAIN_BITS),
        ):
            products = weighted_levels(weight, position, level, 2.0**bits)
            for moment, product in enumerate(products):
                name = level_sum(moment, weighted=weighted)
                found[row[w.INDUSTRY], number][name] += math.floor(product + 0.5)
    return found


def test_levels_are_summed_to_the_same_units_on_any_engine(matched):
    summed = sum_powers(
        matched, weighted_bits=WEIGHTED_BITS, plain_bits=PLAIN_BITS, levels=True
    ).toArrow()
    expected = sums_of_the_formula()
    names = [level_sum(moment, weighted=each) for each in (True, False) for moment in (0, 1)]
    found = {
        (row[w.INDUSTRY], row[w.BIN]): {name: row[name] for name in names}
        for row in summed.to_pylist()
    }
    assert len(found) > 150
    assert found == expected


def defined(pairs: list[tuple[float, int]]) -> float | None:
    total = sum(weight for _, weight in pairs)
    if not total:
        return None
    mean = math.fsum(weight * math.exp(value) for value, weight in pairs) / total
    shares = ((weight, math.exp(value) / mean) for value, weight in pairs)
    return math.fsum(weight * share * math.log(share) for weight, share in shares) / total


def test_the_index_of_each_industry_is_that_of_the_definition(matched):
    rows = [row for row in drawn_rows() if row[w.LOG_PRODUCTIVITY] is not None]
    by_industry = defaultdict(list)
    for row in rows:
        by_industry[row[w.INDUSTRY]].append((row[w.LOG_PRODUCTIVITY], row[w.EMPLOYMENT]))
    largest = max(sum(jobs for _, jobs in pairs) for pairs in by_industry.values())
    assert moment_scale_bits(largest) > 28
    powers = collect_power_cells(matched, employment=largest, establishments=40, levels=True)
    # Any median will do: it moves the level of all rows alike.
    cells = centre_cells(powers, 2000, dict.fromkeys(by_industry, 4.25))
    for industry, pairs in by_industry.items():
        inside = cells.where(np.flatnonzero(cells.industry == industry))
        found = population_theils(inside, NOBODY, population_moments(inside, NOBODY))
        weighted, plain = defined(pairs), defined([(value, 1) for value, _ in pairs])
        assert found.plain == pytest.approx(plain, abs=1e-12)
        assert found.weighted == (None if weighted is None else pytest.approx(weighted, abs=CLOSE))
    # Without employment, and all alike.
    assert (found.weighted, found.plain) == (None, pytest.approx(0.110, abs=1e-3))
    alike = cells.where(np.flatnonzero(cells.industry == 100))
    assert population_theils(alike, NOBODY, population_moments(alike, NOBODY)) == (0.0, 0.0)
