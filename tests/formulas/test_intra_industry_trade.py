import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.intra_industry_trade import (
    WORLD,
    ProductTrade,
    TwoWayFlow,
    cut_to_digits,
    grubel_lloyd,
    one_way_share,
    trade_cells,
)
from tradegains.results.intra_industry_trade import intra_industry_trade_rows
from tradegains.study import IntraIndustryTrade

flows = st.one_of(st.sampled_from([0.0, 1.0, 10.0]), st.floats(0.01, 1e9))
pairs = st.tuples(flows, flows)
rows = st.lists(
    st.builds(
        ProductTrade,
        country=st.sampled_from(["CA", "US"]),
        partner=st.sampled_from(["MX", "FR", "DE"]),
        year=st.sampled_from([1988, 1996]),
        product=st.sampled_from(["0111", "0112", "0121", "7810", "7811"]),
        exports=flows,
        imports=flows,
    ),
    min_size=1,
    max_size=12,
)


def by_digits(digits):
    return lambda product: cut_to_digits(product, digits)


def series(table, digits=4, by_partner=True):
    """Index, share of one-way trade and cells by country (or the world) and year."""
    matched = "by_partner" if by_partner else "together"
    choices = IntraIndustryTrade(levels=(digits,), matched=(matched,))
    flows = [row._asdict() | {"reporter": row.country} for row in table]
    return {
        (row["reporter"], row["year"]): (row["grubel_lloyd"], row["one_way_share"], row["flows"])
        for row in intra_industry_trade_rows(choices, flows)
        if row["partner"] == WORLD
    }


def index(exports, imports):
    return grubel_lloyd([(exports, imports)])


def test_index_by_hand():
    # 1 - |30 - 10| / 40
    assert index(30.0, 10.0) == 0.5
    assert index(10.0, 30.0) == 0.5
    assert index(7.0, 7.0) == 1.0
    assert index(7.0, 0.0) == 0.0
    assert index(0.0, 0.0) is None


def test_one_way_flows_keep_their_weight():
    # (40 + 60 - 20 - 60) / 100: without the second product it would be 0.5.
    assert grubel_lloyd([(30.0, 10.0), (60.0, 0.0)]) == 0.2
    assert one_way_share([(30.0, 10.0), (60.0, 0.0)]) == 0.6
    # A product without trade has no say.
    assert grubel_lloyd([(30.0, 10.0), (0.0, 0.0)]) == 0.5
    assert grubel_lloyd([(0.0, 0.0)]) is None
    assert grubel_lloyd([]) is None
    assert one_way_share([]) is None


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_a_flow_must_be_a_number_of_at_least_zero(bad):
    for pair in ((1.0, bad), (bad, 1.0)):
        with pytest.raises(ValueError, match="finite and at least 0"):
            grubel_lloyd([pair])


@given(flows, flows)
def test_index_is_one_minus_net_over_gross(exports, imports):
    found = index(exports, imports)
    if found is None:
        assert exports == imports == 0.0
        return
    assert 0.0 <= found <= 1.0
    net = abs(exports - imports) / (exports + imports)
    assert found == pytest.approx(1.0 - net, abs=1e-15)
    assert found == index(imports, exports)


@given(st.lists(pairs, min_size=1, max_size=8))
def test_aggregate_is_the_trade_weighted_mean(cells):
    found = grubel_lloyd(cells)
    trade = math.fsum(x + m for x, m in cells)
    if trade == 0.0:
        assert found is None
        return
    mean = math.fsum((index(x, m) or 0.0) * (x + m) for x, m in cells) / trade
    assert found == pytest.approx(mean, abs=1e-14)
    assert found <= 1.0 - one_way_share(cells) + 1e-15


def test_cutting_codes_keeps_leading_zeros():
    assert cut_to_digits("0111", 2) == "01"
    assert cut_to_digits("0111", 4) == "0111"
    for digits in (0, 5):
        with pytest.raises(ValueError, match=f"0111 has fewer than {digits} digits"):
            cut_to_digits("0111", digits)


TABLE = [
    ProductTrade("CA", "US", 1988, "7811", 30.0, 10.0),
    ProductTrade("CA", "US", 1988, "7812", 0.0, 20.0),
    ProductTrade("CA", "FR", 1988, "7811", 0.0, 20.0),
    ProductTrade("US", "CA", 1988, "7811", 10.0, 30.0),
    ProductTrade("CA", "US", 1996, "7811", 10.0, 10.0),
]


def test_series_by_hand():
    # Canada 1988, partner by partner: 2 x 10 of 80. US: 2 x 10 of 40. World: 40 of 120.
    assert series(TABLE) == {
        ("CA", 1988): (0.25, 0.5, 3),
        ("CA", 1996): (1.0, 0.0, 1),
        ("US", 1988): (0.5, 0.0, 1),
        (WORLD, 1988): (40.0 / 120.0, 40.0 / 120.0, 4),
        (WORLD, 1996): (1.0, 0.0, 1),
    }
    # All partners together, Canada exports 30 of 7811 and imports 30: 60 of 80.
    assert series(TABLE, by_partner=False)["CA", 1988][::2] == (0.75, 2)
    # At three digits, with the United States: 30 against 30, and 20 from France.
    assert series(TABLE, digits=3)["CA", 1988][:2] == (0.75, 0.25)


def test_a_country_without_trade_has_no_index():
    found = series([ProductTrade("CA", "US", 1988, "7811", 0.0, 0.0)])
    assert found == {("CA", 1988): (None, None, 0)}


def test_cells_add_up_rows_of_the_same_product():
    twice = trade_cells(TABLE[:1] * 2, group_of=by_digits(4), by_partner=True)
    assert twice == {("CA", 1988, "7811", "US"): TwoWayFlow(60.0, 20.0)}


@given(rows)
def test_the_index_rises_with_the_level_of_aggregation(table):
    levels = [series(table, digits) for digits in (4, 3, 1)]
    levels.append(series(table, 1, by_partner=False))
    for finer, coarser in pairwise(levels):
        assert finer.keys() == coarser.keys()
        for key, (fine, *_) in finer.items():
            if fine is not None:
                assert fine <= coarser[key][0] + 1e-14


@given(rows, st.randoms())
def test_series_do_not_depend_on_the_order_of_rows(table, random):
    found = series(table, 2)
    random.shuffle(table)
    assert series(table, 2) == found


@given(rows)
def test_the_world_is_between_its_countries(table):
    found = series(table)
    for (country, year), (world, *_) in found.items():
        indices = [
            each
            for (other, at), (each, *_) in found.items()
            if at == year and other != WORLD and each is not None
        ]
        if country == WORLD and indices:
            assert min(indices) - 1e-14 <= world <= max(indices) + 1e-14


@given(rows, st.sampled_from([2, 4]), st.booleans())
def test_rows_are_of_the_cells_of_the_formula(table, digits, by_partner):
    """Flows are added up in columns: cells of one, two and more flows, those of several years."""
    cells = trade_cells(table, group_of=by_digits(digits), by_partner=by_partner)
    wanted = {}
    for country, year in {(row.country, row.year) for row in table}:
        own = [flow for key, flow in cells.items() if key[:2] == (country, year)]
        traded = [flow for flow in own if max(flow) > 0.0]
        wanted[country, year] = (grubel_lloyd(traded), one_way_share(traded), len(traded))
    found = series(table, digits, by_partner)
    assert {key: value for key, value in found.items() if key[0] != WORLD} == wanted
