"""Skewness and kurtosis of groups whose spread comes near to rounding: right, or none."""

import math
from fractions import Fraction

import numpy as np
import pytest

from tradegains.formulas.fixed_point import moment_scale_bits
from tradegains.formulas.membership import MembershipMask
from tradegains.formulas.moments import (
    KURTOSIS_ERROR,
    TOO_TIGHT,
    bin_position,
    weighted_powers,
)
from tradegains.statistics.moments import PowerCells, population_moments
from tradegains.transforms.productivity import MOMENT_BIN

EVERYONE = MembershipMask(0, 0)


def cells_of(values, weight, of_industry):
    """One cell as an engine sums it: each row rounded to whole units."""
    bits = moment_scale_bits(of_industry)
    plain = moment_scale_bits(len(values))
    number = math.floor(values[0] / MOMENT_BIN)
    sums = {True: [0] * 4, False: [0] * 4}
    for value in values:
        position = bin_position(value, MOMENT_BIN, number)
        for weighted, one, places in ((True, float(weight), bits), (False, 1.0, plain)):
            powers = weighted_powers(one, position, 2.0**places)
            units = (math.floor(power + 0.5) for power in powers)
            sums[weighted] = [a + b for a, b in zip(sums[weighted], units, strict=True)]
    orders = np.arange(1, 5)

    def column(weighted, total, places):
        found = np.array(sums[weighted], dtype=float) * MOMENT_BIN**orders / 2.0**places
        return (np.array([float(total)]), *(np.array([each]) for each in found))

    one = np.array([0])
    return PowerCells(
        one, one, one, np.array([len(values)]),
        np.array([(number + 0.5) * MOMENT_BIN]), np.array([1.0]),
        column(True, weight * len(values), bits), column(False, len(values), plain), bits, plain,
    )  # fmt: skip


def exactly(values):
    rows = [Fraction(value) for value in values]
    mean = sum(rows) / len(rows)
    second, third, fourth = (sum((x - mean) ** k for x in rows) / len(rows) for k in (2, 3, 4))
    return float(third) / float(second) ** 1.5, float(fourth / second**2)


# Of two establishments the kurtosis is 1 whatever the spread; of three at 0, 0 and d it is 1.5 and
# the skewness 1 / sqrt 2. At 5e-5 rounding made 23 of the 1, at 5e-7 1.5e10.
@pytest.mark.parametrize("shape", [(0, 1), (0, 0, 1), (0, 0.2, 0.3, 1)])
@pytest.mark.parametrize("of_industry", [10_000, 2_000_000_000])
def test_a_kurtosis_is_right_or_there_is_none(shape, of_industry):
    told = []
    for spread in (1.0, 0.1, 0.03, 0.01, 3e-3, 1e-3, 1e-4, 5e-5, 5e-7, 1e-9):
        values = [4.3 + spread * place for place in shape]
        skewness, kurtosis = exactly(values)
        for found in population_moments(cells_of(values, 1_000, of_industry), EVERYONE):
            if found.kurtosis is None:
                assert found.skewness is None
                assert found.note == (TOO_TIGHT if found.sd else "")
                continue
            told.append(spread)
            assert found.kurtosis == pytest.approx(kurtosis, abs=KURTOSIS_ERROR)
            assert found.skewness == pytest.approx(skewness, abs=KURTOSIS_ERROR)
            assert found.note == ""
    assert max(told) == 1.0
    assert 1e-9 not in told
    assert 0.01 in told
