"""Laws of replicates on drawn censuses, and censuses of which nothing can be told."""

from dataclasses import replace

import numpy as np
import pytest

from interval_coverage import GROUPS, INDUSTRIES, STUDY, TAILS, cells_of, imports_of, intervals
from tradegains.results.demography import demography_rows, demography_rows_with_errors
from tradegains.results.growth import productivity_growth_rows
from tradegains.results.growth_replicates import growth_rows_with_errors
from tradegains.results.replicates import GroupedCells, UnitGroups
from tradegains.tables import working as w

TAIL = TAILS[0]
STATISTICS = ("hloy", "acr", "hloy_minus_acr", "aggregate")


def units(seed: int = 1, count: int = 600) -> dict[str, np.ndarray]:
    """Sales of units at both ends, their industry, whether they stay, and their group."""
    chance = np.random.default_rng(seed)
    kind = chance.choice(3, size=count, p=(0.6, 0.2, 0.2))
    return {
        "first": np.where(kind == 1, 0.0, TAIL.draw(chance, count)),
        "last": np.where(kind == 2, 0.0, TAIL.draw(chance, count)),
        "industry": chance.integers(INDUSTRIES, size=count),
        "stays": kind == 0,
        "group": chance.integers(GROUPS, size=count),
    }


def census(made: dict[str, np.ndarray]) -> GroupedCells:
    """Cells of the groups that have a unit, as a run counts them."""
    sales = {2002: made["first"], 2004: made["last"]}
    drawn = cells_of(sales, made["industry"], made["stays"], made["group"])
    there = [group for group, units in enumerate(drawn.units) if units]
    groups = UnitGroups(GROUPS, tuple(there), tuple(drawn.units[group] for group in there))
    cells = drawn.cells.where(np.isin(drawn.cells[w.REPLICATE_GROUP], there))
    return GroupedCells.of(cells, groups)


def errors(made: dict[str, np.ndarray]) -> list[float]:
    found = intervals(census(made), TAIL)
    return [found[name][1].standard_error for name in STATISTICS]


def test_groups_that_are_renumbered_change_no_bit():
    made = units()
    numbers = np.random.default_rng(2).permutation(GROUPS)
    assert errors({**made, "group": numbers[made["group"]]}) == errors(made)


def test_copies_in_the_same_groups_leave_the_error_and_in_groups_of_their_own_lessen_it(
    monkeypatch,
):
    made, copies = units(), 4
    copied = {name: np.tile(values, copies) for name, values in made.items()}
    before = errors(made)
    table = {key: copies * value for key, value in imports_of(TAIL).items()}
    monkeypatch.setattr("interval_coverage.imports_of", lambda tail: table)
    assert errors(copied) == pytest.approx(before, rel=1e-9)
    own = np.random.default_rng(3).integers(GROUPS, size=len(copied["group"]))
    ratios = np.array(errors({**copied, "group": own})) / before
    assert ratios == pytest.approx([1 / np.sqrt(copies)] * 4, rel=0.35)


def test_establishments_split_in_two_of_one_unit_change_nothing():
    made = units()
    halves = {name: np.tile(values, 2) for name, values in made.items()}
    halves |= {name: halves[name] / 2 for name in ("first", "last")}
    assert errors(halves) == pytest.approx(errors(made), rel=1e-9)


def test_all_industries_together_are_the_one_that_there_is():
    made = units()
    found = intervals(census({**made, "industry": np.zeros(600, int)}), TAIL)
    # The imports of industries without establishments are still part of the economy's.
    assert found["aggregate"][1].standard_error > 0
    assert found["aggregate"][1].groups == GROUPS


def test_a_single_unit_is_told_of_and_has_no_interval():
    made = {name: values[:1] for name, values in units().items()}
    alone = {**made, "stays": np.ones(1, bool), "first": np.ones(1), "last": np.ones(1)}
    for value, interval in intervals(census(alone), TAIL).values():
        assert value is None or interval[:3] == (None, None, None)
        assert value is None or interval.note


def test_a_share_that_no_group_moves_has_no_error():
    made = units()
    made |= {"last": made["first"], "stays": np.ones(600, bool)}
    still = {**made, "first": made["first"] + 1, "last": made["first"] + 1}
    found = intervals(census(still), TAIL)
    # Everybody stays and sells as before: only imports move, and they are no sum over units.
    assert all(np.isfinite(found[name][1].standard_error) for name in STATISTICS)
    grouped = census(still)
    alone = dict.fromkeys(imports_of(TAIL), 0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("interval_coverage.imports_of", lambda tail: alone)
        found = intervals(grouped, TAIL)
    assert [found[name][1][:3] for name in STATISTICS] == [(0.0, 0.0, 0.0)] * 4


@pytest.mark.parametrize("group", [0, GROUPS - 1])
def test_all_in_one_group_is_told_and_no_0(group):
    made = units()
    found = intervals(census({**made, "group": np.full(600, group)}), TAIL)
    for name in STATISTICS:
        value, interval = found[name]
        assert np.isfinite(value)
        assert interval[:3] == (None, None, None)
        assert interval.note


def test_units_of_no_sales_and_groups_of_nobody_that_stays_are_no_fault():
    made = units()
    made["first"][:50] = made["last"][:50] = 0.0
    made["stays"] = made["stays"] & (made["group"] > 5)
    found = intervals(census(made), TAIL)
    assert all(found[name][1].standard_error > 0 for name in STATISTICS)
    assert {found[name][1].groups for name in STATISTICS} == {GROUPS}


# Who enters and exits, and growth per worker: ratios of sums.

NOMINAL = replace(STUDY, productivity=replace(STUDY.productivity, prices="none"))


def errors_of_ratios(made: dict[str, np.ndarray]) -> list[float]:
    """Of all rates of `demography`, and of all changes of `productivity_growth`."""
    grouped = census(made)
    rates = demography_rows_with_errors(
        NOMINAL,
        demography_rows(NOMINAL, grouped.cells),
        grouped,
        annual=None,
        stated=NOMINAL.uncertainty,
    )
    growth = productivity_growth_rows(NOMINAL, grouped.cells, [])
    rows = [*rates, *growth_rows_with_errors(NOMINAL, growth, grouped, [])]
    names = ("standard_error", "establishment_rate_standard_error", "sales_rate_standard_error")
    return [row[name] for row in rows for name in names if name in row]


def test_rates_and_growth_keep_the_laws_of_renumbered_groups_copies_and_halves():
    made = units()
    before = errors_of_ratios(made)
    assert len(before) > 100
    assert min(before) > 0
    numbers = np.random.default_rng(2).permutation(GROUPS)
    assert errors_of_ratios({**made, "group": numbers[made["group"]]}) == before
    twice = {name: np.tile(values, 2) for name, values in made.items()}
    assert errors_of_ratios(twice) == pytest.approx(before, rel=1e-9)
    halves = twice | {name: twice[name] / 2 for name in ("first", "last")}
    assert errors_of_ratios(halves) == pytest.approx(before, rel=1e-6)  # sums in hundredths


def test_rates_and_growth_that_no_group_moves_have_no_error():
    alike = {name: np.tile(values[:60], GROUPS) for name, values in units().items()}
    alike["group"] = np.repeat(np.arange(GROUPS), 60)
    assert set(errors_of_ratios(alike)) == {0.0}
