"""The model of MT's figures 2 to 4: printed numbers, drawings that follow them, clear refusals."""

import csv
import io
import math
from pathlib import Path

import pytest

from tradegains.command.arguments import build_parser
from tradegains.command.cli import main
from tradegains.errors import StudyError
from tradegains.formulas.melitz_ottaviano import trade_equilibrium
from tradegains.model.market import cases_csv, curves_csv, model_text, stated_model
from tradegains.model.market_figures import (
    break_even_cost,
    model_files,
    output_curve,
    profit_curve,
)

MARKET = {"size": 1000.0, "slope": 0.01, "entry_cost": 50.0, "largest_cost": 20.0}
OPTIONS = ["--market-size", "1000", "--slope", "0.01", "--entry-cost", "50", "--largest-cost", "20"]
PRINTED = 5e-7  # what the numbers below are rounded to


@pytest.fixture(scope="module")
def model():
    return stated_model(**MARKET, trade_costs=[4.0, 1.0], innovation=(40.0, 1.0))


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_equilibria_of_the_method(model):
    found = {row["case"]: row for row in rows_of(cases_csv(model))}
    expected = {
        "autarky": (10.626586, None, 2.626586),
        "t = 4": (9.960602, 5.960602, 3.960602),
        "t = 1": (8.904686, 7.904686, 4.404686),  # 8.904686 - 1/2 - 40/(1000 x 0.01)
        "integrated": (8.434327, None, 4.434327),
    }
    assert list(found) == list(expected)
    for case, numbers in expected.items():
        names = ("cutoff", "export_cutoff", "innovation_cutoff")
        for name, number in zip(names, numbers, strict=True):
            if number is None:
                assert found[case][name] == ""
            else:
                assert float(found[case][name]) == pytest.approx(number, abs=PRINTED)
    assert float(found["autarky"]["sellers"]) == pytest.approx(37.641441, abs=PRINTED)
    assert float(found["autarky"]["mean_price"]) == pytest.approx(7.969939, abs=PRINTED)
    # Doubling S scales c* by 2^(-1/3).
    fall = float(found["integrated"]["cutoff"]) / float(found["autarky"]["cutoff"])
    assert fall == pytest.approx(2 ** (-1 / 3), rel=1e-15)


def test_text_fits_a_terminal_and_has_the_numbers(model):
    text = model_text(model)
    assert max(len(line) for line in text.splitlines()) <= 80
    for number in ("10.626586", "37.641441", "9.960602", "5.9606020", "8.434327", "2.6265857"):
        assert number in text
    # Costs are uniform on [0, 20]: 10.626586 / 20 of all entrants survive without trade.
    assert "autarky         53.13          -      13.13" in text
    assert "above 40 units" in text


def test_large_numbers_fit_too():
    model = stated_model(
        size=1e9, slope=1e-7, entry_cost=1e8, largest_cost=2e5, trade_costs=[12345.678]
    )
    assert max(len(line) for line in model_text(model).splitlines()) <= 80


def test_trade_cost_that_closes_the_markets():
    model = stated_model(**MARKET, trade_costs=[10.626586, 20.0])
    assert "nobody exports at t = 10.6266, t = 20" in model_text(model)
    assert {case.equilibrium.cutoff for case in model.trade} == {model.autarky.equilibrium.cutoff}
    assert "figure_4.png" in model_files(model)


def test_free_trade_is_one_market():
    model = stated_model(**MARKET, trade_costs=[0.0, 0.0])
    assert len(model.trade) == 1
    free, integrated = model.trade[0].equilibrium, model.integrated.equilibrium
    assert free.cutoff == pytest.approx(integrated.cutoff, rel=1e-15)
    assert free.export_cutoff == free.cutoff
    assert "figure_4.png" in model_files(model)


def test_innovation_that_nobody_can_pay():
    model = stated_model(**MARKET, innovation=(1e6, 1.0))
    assert "nobody makes so much in: autarky, integrated" in model_text(model)
    files = model_files(model)
    assert "figure_innovation.png" in files
    assert "figure_4.png" not in files, "figure 4 needs a trade cost"


def test_cutoff_above_the_largest_cost_is_refused_with_the_bound():
    with pytest.raises(StudyError) as caught:
        stated_model(**MARKET | {"entry_cost": 400.0})
    (problem,) = caught.value.problems
    # c*^3 = 12 x 400 x 20 / 10 = 9600, c* = 21.2532; the bound is 10 x 20^2 / 12 = 333.333.
    assert "would be 21.2532, above the largest cost 20" in problem.what
    assert "lower --entry-cost to 333.333 or less" in problem.cure
    stated_model(**MARKET | {"entry_cost": 333.333})


# --- what the figures draw ------------------------------------------------------------------------


def test_shaded_areas_of_figure_2_are_equal(model):
    """Free entry: net profit integrates to zero over [0, c_max] (MT, figure 2, panel B)."""
    rows = [row for row in rows_of(curves_csv(model)) if row["case"] == "autarky"]
    net = [float(row["net_profit"]) for row in rows]
    step = float(rows[1]["cost"])
    area = step * (math.fsum(net) - 0.5 * (net[0] + net[-1]))
    size = step * math.fsum(abs(value) for value in net)
    # The rule of trapezoids is off by at most step^2/12 x the change of slope, S b c*/2.
    assert abs(area) < 1e-3 * size
    assert max(net) > 0 > min(net)


def test_break_even_cost_earns_the_entry_cost(model):
    even = break_even_cost(model.autarky)
    assert profit_curve(even, model.autarky) == pytest.approx(50.0, rel=1e-12)
    cutoff = model.autarky.equilibrium.cutoff
    assert cutoff * (1 - 1 / math.sqrt(3)) <= even < cutoff


def test_expected_net_profit_is_zero_with_trade_too(model):
    for case in ("t = 4", "t = 1", "integrated"):
        rows = [row for row in rows_of(curves_csv(model)) if row["case"] == case]
        net = [float(row["net_profit"]) for row in rows]
        mean = (math.fsum(net) - 0.5 * (net[0] + net[-1])) / (len(net) - 1)
        assert abs(mean) < 0.001 * 50.0


def test_winners_and_losers_of_figure_3(model):
    """Profits are equal where c = (sqrt 2 c*' - c*)/(sqrt 2 - 1) = 3.1420."""
    before, after = model.autarky, model.integrated
    equal = (math.sqrt(2) * 8.434327 - 10.626586) / (math.sqrt(2) - 1)
    assert profit_curve(equal, after) == pytest.approx(float(profit_curve(equal, before)), rel=1e-5)
    assert profit_curve(0.9 * equal, after) > profit_curve(0.9 * equal, before)
    assert profit_curve(1.1 * equal, after) < profit_curve(1.1 * equal, before)


def test_output_of_the_innovation_figure_has_a_kink_at_the_export_cutoff(model):
    costs, outputs = output_curve(model.trade[0])
    slopes = [
        (outputs[k + 1] - outputs[k]) / (costs[k + 1] - costs[k]) for k in range(len(costs) - 1)
    ]
    # S b / 2 = 5 units per unit of cost in each market served.
    assert slopes[0] == pytest.approx(-10.0)
    assert slopes[-1] == pytest.approx(-5.0)
    # At the threshold the output is f_I over the gain, 40.
    equilibrium = trade_equilibrium(model.market, trade_cost=4.0)
    assert 5 * (equilibrium.cutoff - 3.960602) + 5 * (
        equilibrium.export_cutoff - 3.960602
    ) == pytest.approx(40.0, abs=1e-4)


def test_pictures_are_the_same_bytes_each_time(model):
    first, again = model_files(model), model_files(model)
    assert first == again
    assert first["figure_2.png"].startswith(b"\x89PNG")
    assert b"dc:date" not in first["figure_2.svg"]


# --- the command ----------------------------------------------------------------------------------


def test_command_writes_figures_and_data(tmp_path: Path, capsys) -> None:
    folder = tmp_path / "new" / "figures"
    more = [
        "--trade-cost",
        "4",
        "1",
        "--innovation-cost",
        "40",
        "--innovation-gain",
        "1",
        "--output",
    ]
    assert main(["model", *OPTIONS, *more, str(folder)]) == 0
    told = capsys.readouterr().out
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *(f"figure_{k}.{end}" for k in ("2", "3", "4", "innovation") for end in ("png", "svg")),
        "equilibria.csv",
        "curves.csv",
    }
    assert all(str(folder / name) in told for name in names)
    assert "10.626586" in told


def test_dry_run_writes_nothing(tmp_path: Path, capsys) -> None:
    assert main(["model", *OPTIONS, "--output", str(tmp_path / "figures"), "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "would write:" in told
    assert f"{tmp_path / 'figures' / 'figure_3.svg'}" in told
    assert list(tmp_path.iterdir()) == []


def test_command_without_a_folder_prints_only(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["model", *OPTIONS]) == 0
    assert "8.434327" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_half_an_innovation_is_refused(capsys) -> None:
    assert main(["model", *OPTIONS, "--innovation-cost", "40"]) == 2
    assert "--innovation-gain is missing" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "much"])
def test_numbers_must_be_positive(value: str, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(["model", *OPTIONS[2:], "--market-size", value])
    assert ended.value.code == 2
    assert "argument --market-size: " in capsys.readouterr().err
