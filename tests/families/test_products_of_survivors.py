"""Products that are known of who stays, and an industry's cut that stands in for who leaves.

The placebo: cuts have nothing to do with exit. Every product's cut is a point above its industry's,
so that whose cut an establishment has makes a difference, and products are known of 85 percent of
those that stay, and of 10 percent of those that leave.
"""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reference.run import publish_study, with_inputs
from reference.studies import study_with
from reference.welfare import Small
from tradegains.engines.start import Engine
from tradegains.study import Regressions, Study, Tariffs, Window

INDUSTRIES = {"1011": 2.0, "1012": 4.0, "2011": 3.0, "2012": 5.0}
KNOWN = {True: 0.85, False: 0.10}
CHOICES = Regressions(
    premium_years=(),
    exit_windows=("only",),
    exit_effects="industry2",
    entry_windows=(),
    entry_effects="none",
    entry_controls=(),
    growth_effects="none",
    growth_controls=(),
    growth_clusters="establishment",
    plant_cuts="simple",
)
STUDY = study_with(
    windows=(Window("only", 2000, 2002),),
    matching={"continuing": ("both_ends",), "annual": False},
    productivity={"years": (2000, 2002)},
    welfare={"windows": ("only",), "difference": None},
    restrictions=(),
    report={"figure_years": (2000, 2002), "figure_windows": ("only",)},
    tariffs=Tariffs(product_kind=None),
)


def placebo() -> tuple[list[dict[str, Any]], Small]:
    """A census whose exits are drawn, and products that are drawn by who stays."""
    chance = np.random.default_rng(7)
    rows, products = [], []
    for number in range(1_200):
        industry = list(INDUSTRIES)[number % 4]
        stays, name = bool(chance.random() < 0.6), f"id {number}"
        for year in (2000, 2002) if stays else (2000,):
            amounts = {"employment": 5.0 + number % 90, "sales": 900.0, "exports": 0.0}
            value_added = float(np.exp(chance.normal(5.0, 0.5)))
            rows.append({"establishment_id": name, "year": year, "industry": industry,
                         **amounts, "value_added": value_added})  # fmt: skip
        if chance.random() < KNOWN[stays]:
            product = f"{industry}{chance.integers(3)}"
            products.append({"establishment_id": name, "product": product})
    tariffs = [
        {"kind": "home", "product": f"{code}{number}", "cut": cut + 1.0 + (number - 1) / 2}
        for code, cut in INDUSTRIES.items()
        for number in range(3)
    ]
    cuts = [{"industry": code, "cut": cut} for code, cut in INDUSTRIES.items()]
    return rows, Small(tariff_cuts=cuts, plant_products=products, product_tariffs=tariffs)


def slope(engine: Engine, study: Study, output: Path) -> dict[str, Any]:
    """The row of the cut in the linear probability of exit."""
    rows = publish_study(engine, study, output)["regressions"]
    return next(r for r in rows if (r["model"], r["term"]) == ("exit_linear", "home_cut"))


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What is said of cuts."""
    return [message for message in caplog.messages if "home cuts" in message]


# The same numbers on either engine: tests/whole/test_generative_melitz_trefler.py.
@pytest.mark.only("embedded")
def test_an_industrys_cut_for_who_leaves_makes_a_slope_of_nothing(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows, small = placebo()
    study = with_inputs(STUDY, rows, tmp_path, small=small)
    choices = replace(CHOICES, without_products="leave_out")
    left_out = slope(engine, replace(study, regressions=choices), tmp_path / "left_out")
    assert abs(left_out["coefficient"]) < 2.0 * left_out["standard_error"]
    known = len({row["establishment_id"] for row in small.plant_products or ()})
    assert (left_out["own_cuts"], left_out["industry_cuts"]) == (known, 0)
    assert left_out["without_cut"] == 1_200 - known
    assert "stands in" not in (left_out["note"] or "")
    assert told(caplog) == []
    with caplog.at_level(logging.WARNING, "tradegains"):
        stood_in = slope(engine, replace(study, regressions=CHOICES), tmp_path / "stood_in")
    # Nothing but whose cut it is has changed, and leaving "depends" on the cut.
    assert stood_in["coefficient"] < -0.1
    assert stood_in["t"] < -10
    assert (stood_in["own_cuts"], stood_in["without_cut"]) == (known, 0)
    assert stood_in["industry_cuts"] == 1_200 - known
    (message,) = told(caplog)
    assert message.removeprefix("window only: ") in stood_in["note"]
    staying = {row["establishment_id"] for row in rows if row["year"] == 2002}
    made = {row["establishment_id"] for row in small.plant_products or ()}
    leave, stay = len(made - staying), len(made & staying)
    assert f"own products for {leave} of {1_200 - len(staying)} that exit and {stay} of" in message
