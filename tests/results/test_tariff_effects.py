"""The double difference over industries, on sums made so that its slopes are known."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t

from reference.studies import study_with
from tradegains.formulas.membership import MembershipBits
from tradegains.results.market_cells import AMOUNTS, ROWS_IN, MarketCells
from tradegains.results.tariff_effects import (
    ALL_INPUTS,
    BOTH,
    FOREIGN,
    HOME,
    export_composition,
    industry_less_plant,
    industry_rows,
    new_exporters,
    telling_inputs,
    with_tests,
)
from tradegains.study import RegressionErrors, TariffEffects, Window
from tradegains.tables import working as w

CUTS = {1011: (2.0, 1.0), 1012: (4.0, 6.0), 2011: (8.0, 3.0), 2012: (5.0, 5.0), 3011: (1.0, 4.0)}
PRE, POST = Window("pre", 1978, 1988), Window("post", 1988, 1996)
STUDY = replace(
    study_with(windows=(PRE, POST)),
    tariff_effects=TariffEffects("pre", "post", (HOME, FOREIGN), "employment", "industry4"),
)


def cells() -> MarketCells:
    """Ten years before in which industries grow by 0.1 to 0.5, and eight after them.

    Growth after is eight tenths of that before, plus 0.05, 0.01 by the home cut and -0.02 by the
    foreign one. Jobs stay at 10, and sales are 100, 200, ... in every year.
    """
    columns: dict[str, list[int]] = {name: [] for name in (*AMOUNTS, w.YEAR, w.INDUSTRY)}
    for place, (industry, (home, foreign)) in enumerate(CUTS.items(), start=1):
        before = place / 10
        after = 0.8 * before + 0.05 + 0.01 * home - 0.02 * foreign
        for year, log in ((1978, 0.0), (1988, before), (1996, before + after)):
            amounts = (3, 10_000, place * 10_000, 0, round(1e12 * math.exp(log)))
            for name, value in zip(
                (*AMOUNTS, w.YEAR, w.INDUSTRY), (*amounts, year, industry), strict=True
            ):
                columns[name].append(value)
    made = {name: np.array(values) for name, values in columns.items()}
    made |= {w.MEMBERSHIP: np.zeros(len(made[w.YEAR]), int), ROWS_IN: made[w.INDUSTRY]}
    return MarketCells(made, MembershipBits.of([]), digits=4)


def small() -> dict[str, list[dict[str, object]]]:
    rows = [
        {"industry": str(industry), "kind": kind, "cut": cut}
        for industry, cuts in CUTS.items()
        for kind, cut in zip((HOME, FOREIGN), cuts, strict=True)
    ]
    return {"tariff_cuts": rows, "prices": [], "industry_controls": []}


def test_growth_beyond_the_earlier_pace_is_explained_by_both_cuts():
    rows = {row["kind"]: row for row in industry_rows(STUDY, cells(), small())}
    assert rows[HOME]["slope"] == pytest.approx(0.01, abs=1e-9)
    assert rows[FOREIGN]["slope"] == pytest.approx(-0.02, abs=1e-9)
    # Sales 1 to 5: (1x2 + 2x4 + 3x8 + 4x5 + 5x1) / 15, and (1 + 12 + 9 + 20 + 20) / 15.
    assert rows[HOME]["mean_cut"] == pytest.approx(59 / 15)
    assert rows[FOREIGN]["mean_cut"] == pytest.approx(62 / 15)
    assert rows[HOME]["effect"] == pytest.approx(59 / 15)
    both = rows[HOME]["effect"] + rows[FOREIGN]["effect"]
    assert rows[BOTH]["effect"] == pytest.approx(both, abs=1e-6)
    assert (rows[HOME]["accounting"], rows[FOREIGN]["accounting"]) == ("selection", None)


def test_a_cut_per_year_has_a_slope_as_many_times_as_large_and_the_same_effect():
    per_year = replace(STUDY, tariffs=replace(STUDY.tariffs, per="year"))
    rows = {row["kind"]: row for row in industry_rows(per_year, cells(), small())}
    assert rows[HOME]["slope"] == pytest.approx(0.08, abs=1e-8)
    assert rows[HOME]["effect"] == pytest.approx(59 / 15)


def test_industries_without_a_cut_of_either_kind_are_counted_and_left_out():
    tables = small()
    tables["tariff_cuts"] = tables["tariff_cuts"][:-1]
    rows = industry_rows(STUDY, cells(), tables)
    assert {row["observations"] for row in rows} == {4}
    assert "1 industries without a cut" in rows[0]["note"]
    tables["tariff_cuts"] = tables["tariff_cuts"][:4]
    rows = industry_rows(STUDY, cells(), tables)
    assert {row["slope"] for row in rows} == {None}
    assert "too few industries" in rows[0]["note"]


def test_what_follows_from_other_results():
    found = [
        {"result": "double_difference", "unit": unit, "kind": HOME, "effect": effect,
         "standard_error": error, "errors": "hc3"}
        for unit, effect, error in (("industry", 5.0, 3.0), ("establishment", 1.0, 4.0))
    ]  # fmt: skip
    (less,) = industry_less_plant(POST, found)
    assert (less["effect"], less["standard_error"]) == (4.0, 5.0)
    stages = [{"window": "post", "model": "two_stage", "sample": "all", "term": "export_start",
               "outcome": "log_productivity_growth", "coefficient": 0.153, "standard_error": 0.02,
               "observations": 9, "errors": "robust"}]  # fmt: skip
    entries = [{"window": "post", "quartile": None, "starter_output_share": 0.23}]
    (row,) = new_exporters(POST, FOREIGN, stages, entries)
    assert row["contribution"] == pytest.approx(15.3 * 0.23)
    assert row["contribution_standard_error"] == pytest.approx(2.0 * 0.23)
    quartiles = [
        {"window": "post", "quartile": q, "probability_due_to_cut": due, "output_share": share,
         "probability_standard_error": 0.01, "cut": FOREIGN, "probit_establishments": 5}
        for q, due, share in ((1, 0.2, 0.1), (2, 0.3, 0.1), (3, 0.4, 0.1), (4, 0.6, 0.2))
    ]  # fmt: skip
    premium = [{"model": "exporter_premium", "weighting": "employment", "term": "exporter",
                "coefficient": 0.3, "standard_error": 0.0, "window": None}]  # fmt: skip
    premium.append({"window": "post", "model": "entry_probit", "errors": "enterprise",
                    "weighting": "unweighted", "term": "foreign_cut"})  # fmt: skip
    (row,) = export_composition(POST, premium, quartiles)
    # 0.02 + 0.03 + 0.04 + 0.12 of output moves, by a premium of 0.3 log points.
    assert row["effect"] == pytest.approx(100 * 0.21 * 0.3)
    assert row["standard_error"] == pytest.approx(100 * 0.3 * 0.01 * math.sqrt(0.07))
    assert row["errors"] == "enterprise"


def test_jobs_of_the_deepest_third_by_hand():
    """Jobs grow by 0.1 to 0.5 before; after by eight tenths of it and -0.03 by the home cut."""
    asked = replace(STUDY.tariff_effects, outcomes=("employment",), deepest=0.34)
    made = dict(cells().columns)
    before = made[w.INDUSTRY].copy().astype(float)
    for place, (industry, (home, _)) in enumerate(CUTS.items(), start=1):
        logs = {1978: 0.0, 1988: place / 10, 1996: 1.8 * place / 10 - 0.03 * home}
        for year, log in logs.items():
            before[(made[w.INDUSTRY] == industry) & (made[w.YEAR] == year)] = 1e9 * math.exp(log)
    jobs = MarketCells({**made, w.EMPLOYMENT: np.round(before).astype(int)},
                       MembershipBits.of([]), digits=4)  # fmt: skip
    rows = {
        (row["result"], row["kind"]): row
        for row in industry_rows(replace(STUDY, tariff_effects=asked), jobs, small())
    }
    assert rows["employment", HOME]["slope"] == pytest.approx(-0.03, abs=1e-7)
    # Weights are the jobs of 1988: e^.1 to e^.5 of the five industries.
    weights = [math.exp(place / 10) for place in range(1, 6)]
    mean = sum(a * b[0] for a, b in zip(weights, CUTS.values(), strict=True)) / sum(weights)
    assert rows["employment", HOME]["mean_cut"] == pytest.approx(mean)
    # .34 of five industries are two: those with cuts 8 and 5.
    deep = (weights[2] * 8 + weights[3] * 5) / (weights[2] + weights[3])
    row = rows["employment_deepest", HOME]
    assert (row["mean_cut"], row["effect"]) == pytest.approx((deep, -3 * deep), abs=1e-4)
    assert row["note"].startswith("in the 2 of 5 industries with the deepest home cuts")
    assert (row["contribution"], row["accounting"]) == (None, None)


def test_a_control_that_explains_growth_is_held_constant():
    """Demand that accelerates by the industry's place adds 0.7 times that to its growth."""
    names = ("demand",)
    asked = replace(STUDY.tariff_effects, industry_controls=names)
    columns = dict(cells().columns)
    added, controls = columns[w.VALUE_ADDED].astype(float), []
    for place, industry in zip((1.0, 0.0, 2.0, 5.0, -3.0), CUTS, strict=True):
        chosen = (columns[w.INDUSTRY] == industry) & (columns[w.YEAR] == 1996)
        added[chosen] *= math.exp(0.7 * place / 10)
        for year, value in ((1978, 4.0), (1988, 5.0), (1996, 5.8 + place / 10)):
            controls.append(
                {"industry": str(industry), "year": year, "variable": "demand", "value": value}
            )
    columns[w.VALUE_ADDED] = np.round(added).astype(int)
    grown = MarketCells(columns, MembershipBits.of([]), digits=4)
    without = {row["kind"]: row for row in industry_rows(STUDY, grown, small())}
    assert abs(without[HOME]["slope"] - 0.01) > 0.01
    given = small() | {"industry_controls": controls}
    rows = industry_rows(replace(STUDY, tariff_effects=asked), grown, given)
    held = {row["kind"]: row for row in rows}
    assert held[HOME]["slope"] == pytest.approx(0.01, abs=1e-8)
    assert held[FOREIGN]["slope"] == pytest.approx(-0.02, abs=1e-8)
    assert "controls: demand" in held[HOME]["note"]
    assert "no controls" not in held[HOME]["note"]


def test_tests_and_intervals_are_those_of_the_effect_where_errors_are_stated():
    stated = RegressionErrors("robust", "robust", "robust", "robust", "cv1", 0.9, 20)
    rows = list(industry_rows(STUDY, cells(), small()))
    assert {row["degrees_of_freedom"] for row in rows} == {2}  # five industries, three coefficients
    noisy = [{**row, "standard_error": 2.0, "clusters": 9} for row in rows]
    (row, *_) = with_tests(noisy, stated)
    law = t(2)
    assert row["p_value"] == pytest.approx(2 * law.sf(abs(row["effect"]) / 2.0), rel=1e-9)
    assert row["ci_high"] == pytest.approx(row["effect"] + 2.0 * law.ppf(0.95), rel=1e-9)
    assert "9 clusters, fewer than 20" in row["note"]
    plain = with_tests(rows, None)
    assert not {"p_value", "ci_low", "degrees_of_freedom"} & plain[0].keys()


def test_cuts_of_all_inputs_are_said_to_be_of_all():
    rows = [{"term": "input_cut", "note": "nominal"}, {"term": "home_cut", "note": None}]
    of_all = replace(STUDY, tariffs=replace(STUDY.tariffs, input_sources="all"))
    told = [row["note"] for row in telling_inputs(of_all, rows, "term")]
    assert told == [f"nominal; {ALL_INPUTS}", None]
    [alone] = telling_inputs(of_all, [{"kind": "input", "note": None}], "kind")
    assert alone["note"] == ALL_INPUTS
    partner = replace(STUDY, tariffs=replace(STUDY.tariffs, input_sources="partner"))
    assert telling_inputs(partner, rows, "term") == rows


def test_leaving_out_industries_equals_the_fit_without_each():
    # Two 4-digit industries of a 2-digit one go together: 10, 20 and 30 are left out in turn.
    asked = replace(STUDY.tariff_effects, industry_errors="cv3", kinds=(HOME,))
    rows = list(industry_rows(replace(STUDY, tariff_effects=asked), cells(), small()))
    (row,) = rows
    assert (row["errors"], row["clusters"], row["degrees_of_freedom"]) == ("cv3", 3, 2)
    home = np.array([cut for cut, _ in CUTS.values()])
    foreign = np.array([cut for _, cut in CUTS.values()])
    y, groups = 0.05 + 0.01 * home - 0.02 * foreign, np.array([10, 10, 20, 20, 30])

    def slope(kept):
        return np.polyfit(home[kept], y[kept], 1)[0]

    moved = [slope(groups != group) - slope(groups > 0) for group in (10, 20, 30)]
    error = math.sqrt(2 / 3 * sum(each * each for each in moved))
    assert row["slope_standard_error"] == pytest.approx(error, rel=1e-6)
