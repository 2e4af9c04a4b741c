"""The truths of Melitz and Trefler come back by estimators that share nothing with the generator.

The census of the demonstration is one draw with a fixed seed; estimates are within two standard
errors of their truths, and a census drawn with other truths gives others.
"""

import json
import math
from dataclasses import asdict

import numpy as np
import pyarrow.parquet as pq
import pytest
from drawn_census import read_drawn
from estimators import least_squares, normal_share, probit, two_stages, within
from panels import Panels

from tradegains.synthetic import write_synthetic_census
from tradegains.synthetic.truths import TRUTHS, ExitSlopes, Truths

# Both engines draw the same census (test_synthetic_files); Spark takes ten times as long.
pytestmark = pytest.mark.only("embedded")

SEED = 1988
ERRORS = 2.0  # standard errors
# Amounts are rounded to hundredths and jobs to thousandths: small establishments miss by 1e-3.
ROUNDED = 5e-5
YEARS = (1978, 1988, 1996)
EXITS = ("relative_productivity", "log_employment", "exporter", "tariff_cut")
OTHER = Truths(
    exporter_premium=math.log(1.2),
    size_slope=-0.05,
    exit_post=ExitSlopes(-0.02, 0.02, 0.05, 0.02),
    starter_rate_bottom=0.4,
    starter_rate_top=0.3,
    effect_of_exporting=0.6,
    effect_on_adoption=0.4,
    grubel_lloyd=0.7,
    grubel_lloyd_growth=-0.01,
    undercovered_industry="10",
    undercoverage=0.3,
)


@pytest.fixture(scope="module")
def panels(spark, tmp_path_factory) -> Panels:
    folder = tmp_path_factory.mktemp("truths")
    return Panels(read_drawn(write_synthetic_census(spark, folder, seed=SEED)))


@pytest.fixture(scope="module")
def other(spark, tmp_path_factory) -> Panels:
    folder = tmp_path_factory.mktemp("others")
    return Panels(
        read_drawn(write_synthetic_census(spark, folder, establishments=12_000, truths=OTHER))
    )


def premium(rows, *, beside_size=False):
    regressors = [rows["exporter"], rows["jobs"]] if beside_size else [rows["exporter"]]
    groups = np.char.add(rows["industry"], rows["year"].astype(str))
    return least_squares(rows["productivity"], regressors, groups)


def exit_fit(rows):
    regressors = [rows["productivity"], rows["jobs"], rows["exporter"], rows["own_cut"]]
    return least_squares(rows["exits"], regressors, rows["industry"])


def exit_probit(rows):
    names = ("productivity", "jobs", "exporter")
    deviations = [within(rows[name], rows["industry"]) for name in names]
    return probit(rows["exits"], [*deviations, rows["own_cut"]])


def due_to_cut(rows, quartile):
    """Mean probability of starting due to the cut, and how precisely it is known."""
    chosen = rows["quartile"] == quartile
    cut, starts = rows["own_cut"][chosen], rows["starts"][chosen]
    slope, level = probit(starts, [cut]).coefficients
    rate = (normal_share(level + slope * cut) - normal_share(np.array([level]))).mean()
    return rate, starts.std() / math.sqrt(len(starts))


def growth_fits(rows, outcome):
    """Raw difference of starters, and two-stage least squares with the own cut."""
    one = np.zeros(len(rows["starts"]))
    raw = least_squares(rows[outcome], [rows["starts"]], one)
    return raw, two_stages(rows[outcome], [rows["starts"]], [rows["own_cut"]], one)


@pytest.mark.parametrize("year", YEARS)
def test_exporter_premium_is_exact(panels, year):
    assert premium(panels.year(year)).coefficients[0] == pytest.approx(math.log(1.4), abs=ROUNDED)


def test_exporter_premium_is_exact_over_pooled_years(panels):
    years = [panels.year(year) for year in YEARS]
    pooled = {name: np.concatenate([rows[name] for rows in years]) for name in years[0]}
    assert premium(pooled).coefficients[0] == pytest.approx(TRUTHS.exporter_premium, abs=ROUNDED)


@pytest.mark.parametrize("year", YEARS)
def test_size_slope_is_exact_beside_exporting(panels, year):
    fit = premium(panels.year(year), beside_size=True)
    assert fit.coefficients[1] == pytest.approx(TRUTHS.size_slope, abs=ROUNDED)
    assert 0.2 < fit.coefficients[0] < TRUTHS.exporter_premium


def test_exit_after_the_agreement_is_a_linear_probability(panels):
    fit = exit_fit(panels.window(1988, 1996))
    for place, name in enumerate(EXITS):
        assert abs(fit.misses(getattr(TRUTHS.exit_post, name), place)) < ERRORS, name


def test_exit_before_the_agreement_is_a_probit(panels):
    fit = exit_probit(panels.window(1978, 1988))
    for place, name in enumerate(EXITS):
        assert abs(fit.misses(getattr(TRUTHS.exit_pre, name), place)) < ERRORS, name


@pytest.mark.parametrize("quartile", range(4))
def test_starter_rates_due_to_the_cut(panels, quartile):
    rate, error = due_to_cut(panels.entry, quartile)
    # Beside sampling, the stated rates are of the assumed mix of industries: 0.005.
    assert rate == pytest.approx(TRUTHS.starter_rates_due_to_cut[quartile], abs=2 * error + 0.005)


def test_some_have_no_known_product(panels):
    rows = panels.window(1988, 1996)
    known = np.unique(pq.read_table(panels.drawn.paths.plant_products)["establishment_id"])
    assert np.isin(rows["establishment_id"], known).mean() == pytest.approx(0.85, abs=0.01)
    assert np.isin(known, panels.drawn.year(1988)["establishment_id"]).all()


@pytest.mark.parametrize("outcome", ["growth", "adopts"])
def test_effect_of_starting_to_export(panels, outcome):
    raw, instrumented = growth_fits(panels.entry, outcome)
    effect, selection = {
        "growth": (TRUTHS.effect_of_exporting, TRUTHS.selection_of_starters),
        "adopts": (TRUTHS.effect_on_adoption, TRUTHS.selection_of_adopters),
    }[outcome]
    assert abs(instrumented.misses(effect)) < ERRORS
    assert raw.coefficients[0] == pytest.approx(effect + selection, abs=2 * raw.errors[0] + 0.01)
    assert raw.misses(effect) > ERRORS


def test_other_truths_give_other_estimates(other):
    for beside_size, truth in ((False, OTHER.exporter_premium), (True, OTHER.size_slope)):
        found = premium(other.year(1988), beside_size=beside_size).coefficients[-1]
        assert found == pytest.approx(truth, abs=ROUNDED)
    fit = exit_fit(other.window(1988, 1996))
    for place, name in enumerate(EXITS):
        assert abs(fit.misses(getattr(OTHER.exit_post, name), place)) < 3.0, name
        assert abs(fit.misses(getattr(TRUTHS.exit_post, name), place)) > 3.0, name
    rates = [due_to_cut(other.entry, quartile)[0] for quartile in range(4)]
    assert rates[0] > rates[3]
    for outcome, effect in (("growth", 0.6), ("adopts", 0.4)):
        _, instrumented = growth_fits(other.entry, outcome)
        assert abs(instrumented.misses(effect)) < 3.0
        assert instrumented.coefficients[0] > effect - 0.15


@pytest.mark.parametrize("census", ["panels", "other"])
def test_trade_by_product_has_the_stated_indices(census, request):
    truths = {"panels": TRUTHS, "other": OTHER}[census]
    paths = request.getfixturevalue(census).drawn.paths
    trade = pq.read_table(paths.product_trade)
    flows = {name: trade[name].to_numpy() for name in ("year", "exports", "imports")}
    united_states = trade["partner"].to_numpy() == "USA"
    for year in (1978, 1988, 1996):
        for partner, index in (
            (united_states, truths.grubel_lloyd_of(year)),
            (~united_states, truths.grubel_lloyd_elsewhere),
        ):
            chosen = partner & (flows["year"] == year)
            exports, imports = flows["exports"][chosen], flows["imports"][chosen]
            gap = np.abs(exports - imports).sum() / (exports + imports).sum()
            assert 1 - gap == pytest.approx(index, abs=1e-6)
            assert (imports == 0).mean() == pytest.approx(1 / 6)


def test_control_totals_are_the_census_but_for_one_industry(panels):
    totals = pq.read_table(panels.drawn.paths.control_totals).to_pylist()
    assert len(totals) == 22 * 19
    for year in YEARS:
        rows = panels.drawn.year(year)
        groups = np.array([code[:2] for code in rows["industry"]])
        for total in (one for one in totals if one["year"] == year):
            chosen = groups == total["industry"]
            missed = 0.08 if total["industry"] == "24" else 0.0
            for name in ("employment", "sales"):
                found = rows[name][chosen].sum() / total[name]
                assert found == pytest.approx(1 - missed, abs=1e-6)
            assert chosen.sum() == pytest.approx(total["establishments"] * (1 - missed), abs=0.5)


def test_truths_are_written_beside_the_census(panels):
    written = json.loads(panels.drawn.paths.truths.read_text())
    assert written == written | json.loads(json.dumps(asdict(TRUTHS)))
    assert written["raw_growth_difference"] == pytest.approx(0.29)
    assert written["exporter_premium_percent"] == pytest.approx(40.0)
