"""Laws of errors of decompositions on drawn panels; Olley-Pakes errors against the closed form."""

import math
from dataclasses import replace

import numpy as np
import pytest

from reference.studies import study_with
from tradegains.formulas.decompositions import METHODS
from tradegains.formulas.fixed_point import SplitBits
from tradegains.formulas.panel_cells import PanelCells
from tradegains.results.decomposition_replicates import decomposition_rows_with_errors
from tradegains.results.decompositions import decomposition_rows, panel_windows
from tradegains.results.panels import without_groups
from tradegains.results.replicates import UnitGroups
from tradegains.results.sets import study_sets
from tradegains.study import Decomposition, Uncertainty
from tradegains.tables import working as w

Units = dict[str, np.ndarray]

GROUPS, BITS = 20, SplitBits(coarse=20, fine=35)
LATER = {name: w.layer_column(name, 0) for name in (w.PHI, w.INDUSTRY, w.EMPLOYMENT)}
STUDY = study_with(
    decomposition=Decomposition(
        ("post",), ("employment",), (*METHODS, "olley_pakes"), ("total", "industry2")
    ),
    uncertainty=Uncertainty(GROUPS, 0.95, "establishment", "laws", 0.05),
)
WINDOWS = tuple(panel_windows(STUDY, study_sets(STUDY)))
BY_COUNTS = ("mp", "olley_pakes")
"""Methods in which an establishment counts beside its weight."""


def drawn(count: int = 300, seed: int = 1) -> Units:
    """Establishments with thousandths of jobs and log productivity at both ends."""
    chance = np.random.default_rng(seed)
    return {
        "jobs0": 2 * np.rint(500 * chance.lognormal(3.0, 1.0, count)).astype(np.int64),
        "jobs1": 2 * np.rint(500 * chance.lognormal(3.0, 1.0, count)).astype(np.int64),
        "phi0": chance.normal(10.0, 0.5, count),
        "phi1": chance.normal(10.2, 0.5, count),
        "industry": chance.choice([111, 112, 211, 311], count),
        "status": chance.choice(["stays", "enters", "leaves"], count, p=(0.6, 0.2, 0.2)),
        "group": chance.integers(GROUPS, size=count),
    }


def panel(units: Units) -> tuple[PanelCells, UnitGroups]:
    """Cells of one establishment each: rows of the first year, then of the last."""
    stays = units["status"] == "stays"
    first, last = stays | (units["status"] == "leaves"), stays | (units["status"] == "enters")
    count = int(first.sum() + last.sum())

    def rows(start: np.ndarray, end: np.ndarray) -> np.ndarray:
        return np.concatenate([start[first], end[last]])

    jobs, phi = rows(units["jobs0"], units["jobs1"]), rows(units["phi0"], units["phi1"])
    is_first = np.arange(count) < first.sum()
    told = rows(stays, np.zeros(len(stays), bool))
    later = {name: np.where(told, rows(units[name], units[name]), 0) for name in ("jobs1", "phi1")}
    columns = {
        w.YEAR: np.where(is_first, WINDOWS[0].start, WINDOWS[0].end),
        w.MEMBERSHIP: np.where(rows(stays, stays), WINDOWS[0].both_ends, 0),
        w.INDUSTRY: rows(units["industry"], units["industry"]),
        LATER[w.INDUSTRY]: np.where(told, rows(units["industry"], units["industry"]), w.NONE),
        w.measured_column(w.PHI): np.ones(count, bool),
        w.measured_column(LATER[w.PHI]): told,
        w.REPLICATE_GROUP: rows(units["group"], units["group"]),
        w.ESTABLISHMENTS: np.ones(count, np.int64),
        w.EMPLOYMENT: jobs,
        LATER[w.EMPLOYMENT]: later["jobs1"],
    }
    ones = np.ones(count, np.int64)
    for weight, amounts, of_phi, values in (
        (w.UNIT, ones, w.PHI, phi),
        (w.UNIT, ones, LATER[w.PHI], later["phi1"]),
        (w.EMPLOYMENT, jobs, w.PHI, phi),
        (w.EMPLOYMENT, jobs, LATER[w.PHI], later["phi1"]),
        (LATER[w.EMPLOYMENT], later["jobs1"], w.PHI, phi),
        (LATER[w.EMPLOYMENT], later["jobs1"], LATER[w.PHI], later["phi1"]),
    ):
        scaled = amounts * values * 2.0**BITS.coarse
        whole = np.floor(scaled)
        columns[w.panel_product(weight, of_phi, w.COARSE)] = whole.astype(np.int64)
        fine = np.floor((scaled - whole) * 2.0**BITS.fine + 0.5)
        columns[w.panel_product(weight, of_phi, w.FINE)] = fine.astype(np.int64)
    called, sizes = np.unique(units["group"], return_counts=True)
    groups = UnitGroups(GROUPS, tuple(called.tolist()), tuple(sizes.tolist()))
    return PanelCells(columns, WINDOWS, {w.UNIT: BITS, w.EMPLOYMENT: BITS}), groups


def told(units: Units, study=STUDY) -> dict[tuple, dict]:
    """Rows by method, level, industry, year and term."""
    panels, groups = panel(units)
    rows = decomposition_rows(study, without_groups(panels))
    key = ("method", "level", "industry", "year", "term")
    made = decomposition_rows_with_errors(study, rows, panels, groups)
    return {tuple(row[name] for name in key): row for row in made}


def errors(found: dict[tuple, dict], *, leaving_out: tuple[str, ...] = ()) -> dict[tuple, float]:
    return {
        key: row["standard_error"]
        for key, row in found.items()
        if key[0] not in leaving_out and row["standard_error"] is not None
    }


def test_groups_that_are_renumbered_change_no_bit():
    units = drawn()
    numbers = np.random.default_rng(2).permutation(GROUPS)
    found = told({**units, "group": numbers[units["group"]]})
    assert found == told(units)
    assert all(row["standard_error"] > 0 for row in found.values() if row["value"])


def test_what_is_split_in_two_of_one_unit_and_copied_in_its_group_has_the_same_errors():
    units = drawn()
    halves = {name: np.tile(values, 2) for name, values in units.items()}
    halves |= {name: halves[name] // 2 for name in ("jobs0", "jobs1")}
    split = errors(told(halves), leaving_out=BY_COUNTS)
    assert split == pytest.approx(errors(told(units), leaving_out=BY_COUNTS), rel=1e-9)
    copied = errors(told({name: np.tile(values, 3) for name, values in units.items()}))
    assert copied == pytest.approx(errors(told(units)), rel=1e-9, abs=1e-15)


def test_terms_that_no_group_moves_have_no_error():
    units = drawn()
    still = {**units, "phi1": units["phi0"], "jobs1": units["jobs0"]}
    still["status"] = np.full(len(units["group"]), "stays")
    found = told(still)
    assert {
        (row["value"], row["standard_error"], row["total_standard_error"])
        for (method, *_, term), row in found.items()
        if method == "fhk" and term == "within"
    } == {(0.0, 0.0, 0.0)}
    moved = [row["standard_error"] for key, row in found.items() if key[0] == "olley_pakes"]
    assert min(moved) > 0
    alike = told({**still, "phi0": np.full(300, 10.1), "phi1": np.full(300, 10.1 + 0.2)})
    assert set(errors(alike).values()) == {0.0}


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"group": np.zeros(300, int)}, "1 of 1 replicates have no number"),
        ({"group": np.array([0] * 150 + [1] * 150), "industry": np.repeat([111, 211], 150)},
         "1 of 2 replicates have no number"),
    ],
    ids=["one group", "an industry is one group"],
)  # fmt: skip
def test_an_industry_of_one_group_has_no_interval_and_the_reason(change, note):
    for (method, _, industry, _, term), row in told({**drawn(), **change}).items():
        if industry is not None:
            assert row["value"] is not None
            assert row["standard_error"] is row["ci_low"] is row["total_standard_error"] is None
            assert note in row["note"], (method, term)


def test_a_group_without_continuing_establishments_and_units_without_weight_are_no_fault():
    units = drawn()
    units["status"] = np.where(units["group"] == 0, "enters", units["status"])
    units["jobs0"][units["group"] == 1] = units["jobs1"][units["group"] == 1] = 0
    found = told(units)
    assert {row["replicate_groups"] for key, row in found.items() if key[1] == "total"} == {GROUPS}
    nobody = told({**units, "status": np.full(300, "enters")})
    assert {row["standard_error"] for key, row in nobody.items() if key[3] is None} == {None}


def test_each_replicate_is_the_decomposition_without_the_group():
    units, by_hand = drawn(80), {}
    for group in range(GROUPS):
        left = units["group"] != group
        for key, row in told({name: each[left] for name, each in units.items()}).items():
            by_hand.setdefault(key, []).append(row["value"])
    for key, row in told(units).items():
        values = [each for each in by_hand[key] if each is not None]
        if row["standard_error"] is not None:
            squares = math.fsum((each - row["value"]) ** 2 for each in values)
            expected = math.sqrt((len(values) - 1) / len(values) * squares)
            assert row["standard_error"] == pytest.approx(expected, rel=1e-9, abs=1e-12), key


def test_olley_pakes_errors_are_the_closed_form_where_each_unit_is_a_group():
    """Hyytinen, Ilmakunnas and Maliranta (2016): of moments, by the delta method."""
    count = 1000
    units = {**drawn(count, seed=3), "group": np.arange(count)}
    units["status"] = np.full(count, "stays")
    found = told(units, replace(STUDY, uncertainty=replace(STUDY.uncertainty, groups=count)))
    for year, end in ((WINDOWS[0].start, "0"), (WINDOWS[0].end, "1")):
        weight, phi = units[f"jobs{end}"] / 1000, units[f"phi{end}"]
        mean, level = phi.mean(), np.average(phi, weights=weight)
        parts = {"mean": phi - mean, "total": weight / weight.mean() * (phi - level)}
        parts["covariance"] = parts["total"] - parts["mean"]
        closed = {name: each.std(ddof=1) / math.sqrt(count) for name, each in parts.items()}
        for term in ("mean", "covariance"):
            row = found["olley_pakes", "total", None, year, term]
            assert row["standard_error"] == pytest.approx(closed[term], rel=1e-2)
            assert row["total_standard_error"] == pytest.approx(closed["total"], rel=1e-2)
