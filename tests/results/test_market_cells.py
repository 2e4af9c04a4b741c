"""Sums of market cells as columns, against sums one by one in Python's own whole numbers."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from made_cells import MadeCell, market_cells
from tradegains.errors import InputError
from tradegains.formulas.membership import MembershipBits
from tradegains.results.market import Amounts, add_up, levels_of
from tradegains.results.market_cells import NONE, MarketCells, sum_by
from tradegains.tables import working as w

BITS = MembershipBits.of([("exporter",)])
amounts = st.integers(-(2**63), 2**63 - 1)
codes = st.sampled_from(["0111", "0112", "0211", "1101", None])
cells = st.builds(
    MadeCell,
    st.sampled_from([1988, 1996]),
    codes,
    st.integers(0, 1),
    st.builds(Amounts, st.integers(0, 9), amounts, amounts, amounts, amounts),
)


def one_by_one(keyed):
    found = defaultdict(Amounts)
    for key, each in keyed:
        found[key] = add_up([found[key], each])
    return dict(found)


@given(st.lists(cells, max_size=30))
@example([MadeCell(1988, "0111", 0, Amounts(1, 2**63 - 1))] * 3)
@example([])
def test_sums_by_level_are_those_of_the_cells_one_by_one(made):
    columns = market_cells(made, BITS)
    found = columns.amounts_by_level(columns[w.INDUSTRY], 2, columns[w.MEMBERSHIP])
    assert found == one_by_one(
        ((level, code, cell.membership), cell.amounts)
        for cell in made
        for level, code in levels_of(cell.industry, 2).items()
    )


@given(st.lists(cells, max_size=30))
def test_keys_come_as_their_first_cells_do(made):
    columns = market_cells(made, BITS)
    keys = list(columns.amounts_by(columns[w.YEAR], columns[w.MEMBERSHIP]))
    assert keys == list(dict.fromkeys((cell.year, cell.membership) for cell in made))


@given(st.lists(st.tuples(st.integers(0, 3), amounts), min_size=1, max_size=20))
def test_sums_of_sums_are_the_sums_of_all(pairs):
    keys, values = map(np.array, zip(*pairs, strict=True))
    (_, coarse), sums = sum_by([keys, keys // 2], [values])
    (again,), together = sum_by([coarse], sums)
    (direct,), at_once = sum_by([keys // 2], [values])
    assert (again.tolist(), together[0].tolist()) == (direct.tolist(), at_once[0].tolist())


@given(st.lists(cells, max_size=20))
def test_years_and_sets_part_the_cells(made):
    columns = market_cells(made, BITS)
    inside = [
        columns.where(columns.inside(("exporter",)) == is_in).total for is_in in (True, False)
    ]
    years = [columns.of_year(year).total for year in (1988, 1990, 1996)]
    assert add_up(inside) == add_up(years) == columns.total


def collected(sales, twin):
    columns = {name: np.array([7]) for name in (w.ESTABLISHMENTS, *w.AMOUNTS)}
    keys = {w.YEAR: 1988, w.FLAGS: 0, w.MEMBERSHIP: 0, w.INDUSTRY: NONE, w.DUPLICATED_ID: 0}
    columns |= {name: np.array([value]) for name, value in keys.items()}
    columns |= {w.twin(name): np.array([7.0]) for name in w.AMOUNTS}
    return columns | {w.SALES: np.array([sales]), w.twin(w.SALES): np.array([twin])}


def of(columns):
    return MarketCells.of(columns, BITS, removing=0, digits=4, windows=())


@pytest.mark.parametrize(
    ("sales", "twin"),
    [(10**19 - 2**64, 1e19), (float("nan"), 1e19), (5, float("inf")), (0, 2.0**62 + 2**10)],
)
def test_a_sum_that_does_not_fit_is_refused_with_its_year(sales, twin):
    with pytest.raises(InputError, match="the sum of sales_in_units does not fit 64 bits"):
        of(collected(sales, twin))


@pytest.mark.parametrize(("sales", "twin"), [(2**63 - 1, 2.0**63), (0, 2.0**62), (-5, -5.0)])
def test_rounding_of_the_twin_is_no_overflow(sales, twin):
    assert of(collected(sales, twin)).total.sales == sales


def test_quarantined_cells_are_counted_by_their_flags_only():
    columns = {name: np.repeat(column, 2) for name, column in collected(7, 7.0).items()}
    columns[w.FLAGS] = np.array([0, 4])
    found = MarketCells.of(columns, BITS, removing=4, digits=4, windows=())
    assert (found.total.establishments, found.rows_by_flags) == (7, {(1988, 0): 7, (1988, 4): 7})
