"""Three kinds of tariff in the small tables: what later code finds on every row."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from reference.studies import study_with
from tradegains.inputs.tariffs import home_cuts, told_cuts
from tradegains.study import Regressions, Study, Tariffs

REGRESSIONS = Regressions((), ("pre",), "none", (), "none", (), "none", (), "establishment")


def study_of(*names: str, kinds: tuple[str, ...] = ("home",), **tariffs: Any) -> Study:
    """A study with these inputs, exit on cuts of these kinds."""
    study = study_with(tariffs=Tariffs(**tariffs))
    inputs = replace(study.inputs, **dict.fromkeys(names, "given"))
    return replace(study, inputs=inputs, regressions=replace(REGRESSIONS, exit_cuts=kinds))


def test_rows_without_a_kind_are_home_cuts_of_industries() -> None:
    rows = [{"industry": "10", "cut": 2.0}]
    told, problems = told_cuts(study_of("tariff_cuts"), {"tariff_cuts": rows})
    assert problems == []
    assert told["tariff_cuts"] == [{"industry": "10", "kind": "home", "cut": 2.0}]


def test_products_have_the_kind_that_the_study_states() -> None:
    rows = [{"product": "1010", "cut": 2.0}]
    study = study_of("product_tariffs", kinds=("foreign",), product_kind="foreign")
    told, problems = told_cuts(study, {"product_tariffs": rows})
    assert problems == []
    assert told["product_tariffs"] == [{"product": "1010", "kind": "foreign", "cut": 2.0}]
    # No fallback across kinds: a study that wants home cuts of these is refused.
    (problem,) = told_cuts(study_of("product_tariffs", product_kind="foreign"),
                           {"product_tariffs": rows})[1]  # fmt: skip
    assert problem.what == 'a regression uses cuts of the kind "home", and there are none'


@pytest.mark.parametrize(
    ("measure", "change", "cut"),
    [
        ("points", "applied", 15.0),
        ("log_points", "applied", 13.8469674),
        ("points", "preference", 4.0),
        ("log_points", "preference", 3.7740328),  # 100 (ln 1.08 - ln 1.04)
    ],
)
def test_a_cut_follows_from_rates_as_the_study_says(measure: str, change: str, cut: float) -> None:
    rates = {"before": 16.0, "after": 1.0, "mfn": 8.0, "preferential": 4.0}
    study = study_of("tariff_cuts", measure=measure, change=change)
    told, problems = told_cuts(study, {"tariff_cuts": [{"industry": "10", **rates}]})
    assert problems == []
    assert told["tariff_cuts"][0]["cut"] == pytest.approx(cut, abs=1e-6)


@pytest.mark.parametrize(("sources", "cuts"), [("all", (3.0, 4.0)), ("partner", (1.0, 4.0))])
def test_cuts_of_inputs_are_means_of_home_cuts(
    sources: str, cuts: tuple[float, float], caplog: pytest.LogCaptureFixture
) -> None:
    # 1010 buys a quarter of 20 (cut 8) and half of 30 (cut 2), a quarter where no tariff is: 3.
    # From the partner come half of the first and nothing of the second: 0.25 x 0.5 x 8 = 1.
    tables = {
        "tariff_cuts": [
            {"industry": "20", "kind": "home", "cut": 8.0},
            {"industry": "30", "kind": "home", "cut": 2.0},
            {"industry": "30", "kind": "foreign", "cut": 99.0},
        ],
        "input_output": [
            {"industry": code, "input_industry": other, "share": share, "partner_share": partner}
            for code, other, share, partner in (
                ("1010", "2010", 0.25, 0.5),
                ("1010", "3010", 0.5, 0.0),
                ("1010", "7200", 0.25, 1.0),
                ("1020", "2010", 0.5, 1.0),
            )
        ],
    }
    study = study_of("tariff_cuts", "input_output", kinds=("input",), input_sources=sources)
    with caplog.at_level(logging.WARNING, "tradegains"):
        told, problems = told_cuts(study, tables)
    assert problems == []
    found = {row["industry"]: row["cut"] for row in told["tariff_cuts"] if row["kind"] == "input"}
    assert found == {"1010": cuts[0], "1020": cuts[1]}
    assert caplog.messages == [
        "input input_output: 1 of 4 rows buy where no home cut is known; it counts as 0"
    ]
    assert len(home_cuts(told["tariff_cuts"])) == 2


def test_inputs_of_which_none_has_a_cut_are_refused() -> None:
    """By another classification all cuts of inputs were 0, in silence but for a line."""

    def told(bought: str) -> list[tuple[str, int | None]]:
        row = {"industry": "1010", "input_industry": bought, "share": 0.25}
        tables = {"tariff_cuts": [{"industry": "20", "cut": 8.0}], "input_output": [row, row]}
        found = told_cuts(study_of(*tables, kinds=("input",)), tables)[1]
        return [(each.what[:27], each.count) for each in found]

    assert told("C20") == told("2") == [("no industry that inputs are", 2)]
    assert told("2010") == told("20") == []
