"""What is left out of the headline, by hand; the warning of a unit that is too large."""

import math

import pytest

from reference.studies import study_with
from tradegains.formulas.tail_index import tail_count, tail_index
from tradegains.results.influence import TAIL_WARNING, WARNING, UnitSales, influence_rows
from tradegains.results.market import Amounts
from tradegains.results.welfare import Choice, MarketAtEnd
from tradegains.study import Window

STUDY = study_with(
    windows=(Window("post", 2002, 2004),),
    matching={"continuing": ("both_ends",)},
    trade={"imports": ("table",)},
    welfare={"windows": ("post",), "difference": None},
    restrictions=(),
)


def end(year: int, sold: int, kept: int, imports: float) -> MarketAtEnd:
    return MarketAtEnd(year, Amounts(9, sales=100 * sold), Amounts(5, sales=100 * kept), imports)


MARKETS = {
    ("post", Choice("total", None, "both_ends", "all", "table")): (
        end(2002, 100, 60, 10.0),
        end(2004, 120, 50, 40.0),
    ),
    ("post", Choice("industry2", "01", "both_ends", "all", "table")): (
        end(2002, 100, 60, 10.0),
        end(2004, 120, 50, 40.0),
    ),
}


def found(*units: UnitSales, of: int = 100) -> dict:
    rows = influence_rows(STUDY, MARKETS, {"post": units}, of)
    return {(row["left_out"], row["largest"], row["formula"]): row for row in rows}


def test_without_the_largest_the_rest_is_measured():
    rows = found(UnitSales((1000, 1200), (0, 0)), UnitSales((5000, 3800), (0, 0)))
    # kept 50 of 90 + 10, then 38 of 108 + 40; sigma = 3.
    expected = -(math.log(38 / 148) - math.log(50 / 100)) / 2
    row = rows["largest", 1, "hloy"]
    assert row["welfare_change"] == pytest.approx(expected, abs=1e-15)
    whole = -(math.log(50 / 160) - math.log(60 / 110)) / 2
    assert row["move"] == pytest.approx(expected - whole, abs=1e-15)
    # Both together are the whole set: nothing continues.
    assert rows["largest", 5, "hloy"]["welfare_change"] is None
    assert "continuing domestic sales" in rows["largest", 5, "hloy"]["note"]


@pytest.mark.parametrize(
    ("sales", "warned"), [((301, 0), True), ((0, 251), True), ((300, 250), False)]
)
def test_a_unit_with_over_5_percent_at_an_end_is_told(sales, warned):
    rows = found(UnitSales(sales, (0, 0)))
    assert (WARNING in rows["largest", 1, "hloy"]["note"]) is warned
    assert WARNING not in rows["largest", 5, "hloy"]["note"]


def pareto(alpha: float, count: int) -> list[int]:
    """The largest of many sizes, each at its middle chance."""
    return [round(1e9 * ((place + 0.5) / 100_000) ** (-1 / alpha)) for place in range(count)]


@pytest.mark.parametrize("alpha", [1.1, 1.5, 3.0])
def test_hills_index_is_that_of_the_tail_whatever_the_unit(alpha):
    sizes = pareto(alpha, 201)
    assert tail_index(sizes) == pytest.approx(alpha, rel=0.02)
    assert tail_index([3 * size for size in sizes]) == pytest.approx(tail_index(sizes), rel=1e-12)


@pytest.mark.parametrize(
    ("alpha", "count", "below"),
    [(1.1, 201, "1.25"), (1.5, 201, "1.75"), (1.9, 201, "2"), (3.0, 201, None), (1.1, 20, None)],
)
def test_a_heavy_tail_is_told_where_there_are_enough_of_the_largest(alpha, count, below):
    units = [UnitSales((size, 0), (0, 0)) for size in pareto(alpha, count)]
    note = found(*units, of=20 * count)["largest", 1, "hloy"]["note"]
    assert ("heavy tail" in note) is (below is not None)
    assert below is None or TAIL_WARNING.format(below) in note


def test_sales_abroad_are_in_no_tail_and_few_units_tell_of_none():
    units = [UnitSales((size, size), (size, 0)) for size in pareto(1.1, 201)]
    assert units[0].domestic_sales == units[0].sales[0]
    assert (tail_count(5_000), tail_count(380), tail_count(10**6)) == (200, 0, 200)


def test_the_only_industry_leaves_nothing():
    row = found()["industry2", None, "acr"]
    assert row["welfare_change"] is None
    assert row["note"]
