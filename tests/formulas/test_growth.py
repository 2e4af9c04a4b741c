import math

import pytest

from tradegains.formulas.growth import deflate, output_per_worker, output_per_worker_growth
from tradegains.formulas.outcomes import Outcome


def growth(outputs, jobs, *, prices=(1.0, 1.0), scale=1.0):
    """Of one industry, from its output, jobs and prices at the two ends."""
    ends = zip(outputs, prices, jobs, strict=True)
    levels = (Outcome(output_per_worker([(sold, price)], count)) for sold, price, count in ends)
    return output_per_worker_growth(*levels, scale=scale)


# 120 over 10 jobs grows to 180 over 12 at prices 1 and 1.25: 12 -> 15 nominal, 12 real.
def test_ratio_growth_by_hand():
    sums = (120.0, 180.0), (10.0, 12.0)
    assert growth(*sums).value == pytest.approx(math.log(1.25), rel=1e-14)
    assert growth(*sums, prices=(1.0, 1.25)).value == pytest.approx(0.0, abs=1e-15)
    assert growth(*sums, scale=0.8).value == pytest.approx(0.8 * math.log(1.25), rel=1e-14)


def test_growth_from_nothing_has_a_reason():
    found = growth((0.0, 1.0), (1.0, 1.0))
    assert found == (None, "output per worker at the start is not positive")
    missing = Outcome(None, "no employment in 1988")
    assert output_per_worker_growth(missing, Outcome(1.0)) == missing
    assert output_per_worker_growth(missing, missing) == missing


def test_each_industry_is_deflated_in_its_own_prices():
    # 100 at prices 2 and 60 at prices 1 over 10 jobs: 110 real, 11 each. The total over one index,
    # even the right mean of the two, would weigh the industries by what they were worth before.
    assert output_per_worker([(100.0, 2.0), (60.0, 1.0)], 10.0) == 11.0


def test_splitting_an_industry_changes_nothing():
    whole = output_per_worker([(100.0, 2.0), (60.0, 1.0)], 10.0)
    split = output_per_worker([(40.0, 2.0), (60.0, 2.0), (60.0, 1.0)], 10.0)
    assert split == pytest.approx(whole, rel=1e-15)


def test_deflated_output_grows_by_its_price_less():
    nominal, real = (math.log(each / 5.0) for each in (110.0, deflate(110.0, 1.1)))
    assert real == pytest.approx(nominal - math.log(1.1), rel=1e-14)
