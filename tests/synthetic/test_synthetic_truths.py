"""The truths of Melitz and Trefler come back from the project's own study of a planted census.

Two censuses, one run of the shipped study each: the demonstration's, by its own seed, covers every
truth within two standard errors; another one, planted with other truths, covers those and is far
from the first one's. `planted_run.pairs` lists them.
"""

import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from drawn_census import SEED
from planted_run import (
    ADOPTION,
    GROWTH,
    QUARTILES,
    Planted,
    over_industries,
    pairs,
    run_planted,
)

from tradegains.synthetic.truths import TRUTHS, ExitSlopes, Truths

# Both engines draw the same census (test_synthetic_files) and estimate the same; Spark takes long.
pytestmark = pytest.mark.only("embedded")

ERRORS = 2.0  # standard errors within which an estimate covers its truth
FAR = 3.0  # standard errors: of forty estimates at once none is further from its truth by chance
# Amounts are rounded to hundredths and jobs to thousandths: small establishments miss by 1e-3.
ROUNDED = 5e-5
# What two rounds of solving leave of an effect over industries [log points].
SOLVED = 5e-4
# Of the exit component with 35,000 establishments; measured over twenty seeds of 20,000: 0.0039.
EXIT_ERROR = 0.003
PAGE = Path(__file__).parents[2] / "docs" / "melitz_trefler.md"
YEARS = (1978, 1988, 1996)
OTHER = Truths(
    exporter_premium=math.log(1.2),
    size_slope=-0.05,
    exit_pre=ExitSlopes(-0.10, -0.05, 0.15, 0.05, 0.05),
    exit_post=ExitSlopes(-0.02, 0.02, 0.05, -0.015, 0.020),
    starter_rate_bottom=0.5,
    starter_rate_top=0.25,
    effect_of_exporting=0.6,
    selection_of_starters=0.3,
    effect_on_adoption=0.4,
    selection_of_adopters=0.1,
    export_composition=0.03,
    growth_of_exporters=0.03,
    growth_by_inputs=0.12,
    selection_between_industries=-0.02,
    productivity_by_cuts=0.1,
    grubel_lloyd=0.7,
    grubel_lloyd_growth=-0.01,
    grubel_lloyd_elsewhere=0.5,
    undercovered_industry="10",
    undercoverage=0.3,
)


@pytest.fixture(scope="session")
def planted(engine, tmp_path_factory) -> Planted:
    return run_planted(engine, tmp_path_factory.mktemp("truths"), TRUTHS, seed=SEED)


@pytest.fixture(scope="session")
def other(engine, tmp_path_factory) -> Planted:
    folder = tmp_path_factory.mktemp("other_truths")
    return run_planted(engine, folder, OTHER, seed=SEED, establishments=12_000)


@pytest.mark.parametrize("name", list(pairs()))
def test_estimate_covers_its_truth(planted, name):
    estimate, truth = pairs()[name]
    assert abs(estimate(planted).misses(truth(TRUTHS))) < ERRORS


@pytest.mark.parametrize("name", [name for name in pairs() if name not in over_industries()])
def test_estimate_moves_with_its_truth(other, name):
    estimate, truth = pairs()[name]
    assert abs(estimate(other).misses(truth(OTHER))) < FAR
    assert abs(estimate(other).misses(truth(TRUTHS))) > FAR


def test_effects_over_industries_are_those_stated(planted, other):
    for census in (planted, other):
        for name, (estimate, truth) in over_industries().items():
            wanted = truth(census.truths)
            assert estimate(census).value == pytest.approx(wanted, abs=SOLVED), name


def documented() -> dict[str, list[str]]:
    """Rows of the table that the page shows: estimate, standard error and truth, by name."""
    page = PAGE.read_text(encoding="utf-8")
    table = page.partition("<!-- truths of the demo -->\n")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return {name: numbers for name, *numbers in rows[2:]}


def shown(planted: Planted) -> dict[str, list[str]]:
    """The same rows from the run."""
    rows = {}
    for name, (estimate, truth) in pairs().items():
        found = estimate(planted)
        rows[name] = [f"{each:.3f}" for each in (found.value, found.error, truth(TRUTHS))]
    rows["exit component"] = [
        f"{planted.exit_component():.3f}",
        f"{EXIT_ERROR:.3f}",
        f"{planted.expected_exit_component():.3f}",
    ]
    return rows


def test_documented_estimates_are_those_of_the_demo(planted):
    assert documented() == shown(planted)


def test_premium_and_export_composition_are_exact(planted, other):
    for census in (planted, other):
        for weighting in ("unweighted", "employment"):
            found = census.coefficient("exporter_premium", "exporter", weighting=weighting)
            assert found.value == pytest.approx(census.truths.exporter_premium, abs=ROUNDED)
        assert census.export_composition().value == pytest.approx(
            census.truths.export_composition, abs=ROUNDED
        )


def test_exporters_are_as_much_larger_as_stated(planted):
    beside_size = planted.coefficient("exporter_premium_with_size", "exporter")
    assert 0.2 < beside_size.value < TRUTHS.exporter_premium


def test_everybody_whose_products_are_known_is_in_a_quartile_probit(planted):
    rows = [planted.row("export_entry", quartile=quartile) for quartile in (*QUARTILES, None)]
    counts = [row["establishments"] for row in rows]
    assert sum(counts[:4]) == counts[4] > 10_000
    assert max(counts[:4]) < 1.1 * min(counts[:4])
    known = [row["establishments"] - row["without_cut"] for row in rows]
    assert [row["probit_establishments"] for row in rows] == known
    assert [row["own_cuts"] for row in rows] == known
    # Who is left out is drawn, whatever becomes of the establishment: 15 percent.
    assert all(0.83 < part / whole < 0.87 for part, whole in zip(known, counts, strict=True))


def test_the_home_cut_does_nothing_within_establishments(planted):
    within = planted.slope_on_cut("double_difference", "home")
    assert abs(within.value) < ERRORS * within.error
    foreign = planted.slope_on_cut("double_difference", "foreign")
    assert foreign.value > 0  # who starts to export because of it is more productive


def test_effects_add_up_to_the_accounting(planted):
    named = {row["accounting"]: row for row in planted.tables["tariff_effects"]}
    components = ("selection", "export_composition", "new_exporters", "existing_exporters")
    for name in (*components, "intermediate_inputs"):
        row = named[name]
        assert row["contribution"] == pytest.approx(row["effect"] * row["output_share"])
        assert row["contribution_standard_error"] > 0, name
    entry = planted.row("export_entry", quartile=None)
    assert named["new_exporters"]["output_share"] == entry["starter_output_share"]


def test_cuts_of_two_countries_differ_and_go_together(planted):
    products = pq.read_table(planted.drawn.paths.plant_products).to_pandas()
    tariffs = pq.read_table(planted.drawn.paths.product_tariffs).to_pandas()
    made = products[products["year"] == 1988].merge(tariffs, on="product")
    cuts = made.pivot_table(index="establishment_id", columns="kind", values="cut")
    assert 0.7 < cuts["home"].corr(cuts["foreign"]) < 0.9
    # The one raises exit, the other lowers it: whoever takes one for the other finds neither.
    slopes = planted.truths.exit_post
    assert slopes.home_cut > 0 > slopes.foreign_cut


@pytest.mark.parametrize("outcome", [GROWTH, ADOPTION])
def test_the_cut_is_a_strong_instrument_and_least_squares_are_not_the_effect(
    planted, other, outcome
):
    for census, rises in ((planted, True), (other, False)):
        first = [
            census.coefficient(
                "first_stage", "foreign_cut", outcome=outcome, sample=f"quartile_{q}"
            )
            for q in (1, 4)
        ]
        gap = (first[1].value - first[0].value) / math.hypot(first[0].error, first[1].error)
        assert (gap > FAR) if rises else (gap < -FAR)
        two_stage = census.row(
            "regressions", model="two_stage", outcome=outcome, sample="all", term="export_start"
        )
        assert two_stage["first_stage_f"] > 100
    raw = planted.coefficient("raw_difference", "export_start", outcome=outcome)
    assert raw.misses(_effect_on(outcome)) > FAR


def _effect_on(outcome: str) -> float:
    return TRUTHS.effect_of_exporting if outcome == GROWTH else TRUTHS.effect_on_adoption


def test_exit_component(planted, other):
    expected = planted.expected_exit_component()
    assert planted.exit_component() == pytest.approx(expected, abs=ERRORS * EXIT_ERROR)
    assert 0.03 < expected < 0.06
    error = EXIT_ERROR * math.sqrt(35 / 12)
    assert other.exit_component() == pytest.approx(other.expected_exit_component(), abs=FAR * error)
    assert other.exit_component() < expected - FAR * error


@pytest.mark.parametrize("census", ["planted", "other"])
def test_trade_by_product_has_the_stated_indices(census, request):
    found = request.getfixturevalue(census)
    for year in YEARS:
        for digits, index in (
            (5, found.truths.grubel_lloyd_of(year)),
            (2, found.truths.grubel_lloyd_of_industries(year)),
        ):
            assert found.grubel_lloyd("USA", year, digits) == pytest.approx(index, abs=1e-6)
        elsewhere = found.truths.grubel_lloyd_elsewhere
        assert found.grubel_lloyd("ROW", year, 5) == pytest.approx(elsewhere, abs=1e-6)


@pytest.mark.parametrize("digits", [5, 2])
def test_trade_becomes_more_two_way_with_the_world(planted, digits):
    indices = [planted.grubel_lloyd("world", year, digits) for year in range(1978, 1997)]
    assert np.diff(indices).min() > 0.001


def test_some_have_no_known_product(planted):
    rows = planted.drawn.year(1988)
    products = pq.read_table(planted.drawn.paths.plant_products)
    assert np.unique(products["year"]).tolist() == [1978, 1988]
    of_year = products.filter(pc.equal(products["year"], 1988))
    known = np.unique(of_year["establishment_id"])
    assert np.isin(rows["establishment_id"], known).mean() == pytest.approx(0.85, abs=0.01)
    assert np.isin(known, rows["establishment_id"]).all()


def test_control_totals_are_the_census_but_for_one_industry(planted):
    totals = pq.read_table(planted.drawn.paths.control_totals).to_pylist()
    assert len(totals) == 22 * 19
    for year in YEARS:
        rows = planted.drawn.year(year)
        groups = np.array([code[:2] for code in rows["industry"]])
        for total in (one for one in totals if one["year"] == year):
            chosen = groups == total["industry"]
            missed = 0.08 if total["industry"] == "24" else 0.0
            for name in ("employment", "sales"):
                found = rows[name][chosen].sum() / total[name]
                assert found == pytest.approx(1 - missed, abs=1e-6)
            assert chosen.sum() == pytest.approx(total["establishments"] * (1 - missed), abs=0.5)


def test_truths_are_written_beside_the_census(planted):
    written = json.loads(planted.drawn.paths.truths.read_text())
    assert written == written | json.loads(json.dumps(asdict(TRUTHS)))
    assert written["raw_growth_difference"] == pytest.approx(0.29)
    assert written["exporter_premium_percent"] == pytest.approx(40.0)
