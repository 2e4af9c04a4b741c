"""Errors of moments, percentiles and gaps by hand, without an engine."""

from dataclasses import replace

import numpy as np
import pytest

from reference.studies import study_with
from tradegains.formulas.distribution import Distribution, Replicated
from tradegains.formulas.moments import Moments
from tradegains.formulas.woodruff import QuantileSpread
from tradegains.results.distribution_errors import (
    dispersion_rows_with_errors,
    moment_rows_with_errors,
)
from tradegains.results.industry_distributions import dispersion_rows
from tradegains.study import Dispersion, Uncertainty

STUDY = replace(
    study_with(uncertainty=Uncertainty(2, 0.95, "establishment", "salt", 0.0)),
    dispersion=Dispersion(n_min=2),
)
PERCENTILES = {"p01": 0.0, "p10": 1.0, "p25": 2.0, "p50": 3.0, "p75": 4.0, "p90": 6.0, "p99": 9.0}


def spread(value: float, *moves: float) -> QuantileSpread:
    return QuantileSpread(value - 1.0, value + 1.0, [value + each for each in moves])


def industry(sd: float, *moves: float, establishments: int = 5) -> Distribution:
    """An industry whose upper percentiles move so without each of two groups, and its sd too."""
    spreads = {name: spread(value, *((0.0, 0.0) if value < 3 else moves))
               for name, value in PERCENTILES.items()}  # fmt: skip
    told = Moments(establishments, 5.0, 0.0, sd, 0.0, 3.0)
    found = Replicated({"sd": np.array([sd + each for each in moves])}, spreads)
    return Distribution(
        establishments, 5_000, told, told, PERCENTILES, PERCENTILES, (), 0.1, 0.1, (found, found)
    )


def rows_of(*industries: Distribution) -> list[dict]:
    found = {(2000, "industry4", 100 + number, 0): each for number, each in enumerate(industries)}
    return dispersion_rows_with_errors(STUDY, dispersion_rows(STUDY, found), found)


def test_a_gap_moves_with_its_percentiles_and_so_do_its_ends():
    row = rows_of(industry(1.0, 0.3, -0.4))[0]
    # (2 - 1) / 2 of 0.09 + 0.16 is 0.125; the lower percentile stands still.
    assert row["d9010_standard_error"] == pytest.approx(0.125**0.5)
    assert row["standard_error"] == pytest.approx(0.125**0.5)
    # Both ends are 1 away, and a percentile that stands still goes with no other.
    assert (row["d9010_ci_low"], row["d9010_ci_high"]) == pytest.approx((5 - 2**0.5, 5 + 2**0.5))


def test_percentiles_that_move_as_one_leave_their_gap():
    row = rows_of(industry(1.0, 0.3, -0.4))[0]
    assert row["d9990_standard_error"] == 0.0
    assert (row["d9990_ci_low"], row["d9990_ci_high"]) == (3.0, 3.0)


def test_the_mean_is_of_the_industries_that_are_in_it_of_all_units():
    small = industry(9.0, 5.0, 5.0, establishments=1)
    rows = rows_of(industry(1.0, 0.2, -0.2), industry(3.0, 0.4, 0.0), small)
    mean = next(row for row in rows if row["level"] == "industries_mean")
    assert (mean["sd"], mean["industries"]) == (2.0, 2)
    # (0.2 + 0.4) / 2 and (-0.2 + 0) / 2: half of 0.09 + 0.01.
    assert mean["standard_error"] == pytest.approx(0.05**0.5)
    assert mean["d9010_ci_high"] - mean["d9010"] == pytest.approx(12.7062047 * 0.05**0.5)


def test_what_has_no_interval_says_why_and_is_no_0():
    unknown = QuantileSpread(None, None, (), "no interval: 1 of 2 replicates have no number")
    one = industry(1.0, 0.3, -0.4)
    found = Replicated(one.without[0].statistics, dict.fromkeys(PERCENTILES, unknown))
    row = rows_of(replace(one, without=(found, found)))[0]
    assert row["d9010_standard_error"] is row["d9010_ci_low"] is None
    assert row["standard_error"] > 0
    assert row["note"].count("no interval: 1 of 2 replicates have no number") == 1


def test_nobody_in_a_population_has_no_error_and_no_reason():
    row = {"mean": None, "sd": None, "skewness": None, "kurtosis": None, "note": "nobody"}
    (told,) = moment_rows_with_errors(STUDY, [row], [Replicated()])
    assert told["standard_error"] is told["p50_ci_low"] is None
    assert (told["replicate_groups"], told["note"]) == (0, "nobody")
