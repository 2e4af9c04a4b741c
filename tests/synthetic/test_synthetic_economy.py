"""The assumed economy has the shape that the planting and the paper's tables need."""

import pytest

from tradegains import literature
from tradegains.synthetic.economy import INDUSTRIES, PRICES, expenditure, log_price
from tradegains.synthetic.establishments import LOTS
from tradegains.synthetic.plan import INDUSTRY_FACTORS, Factors, interpolated, lot_table, year_table

YEARS = tuple(range(1978, 1997))


def test_industries_are_those_of_table_a1():
    published = [row.industry for row in literature.table_a1() if row.industry]
    assert [industry.code for industry in INDUSTRIES] == published


def test_about_230_four_digit_codes_nest_in_their_industry():
    codes = [code for industry in INDUSTRIES for code in industry.four_digit_codes]
    assert len(codes) == len(set(codes)) == 230
    assert all(len(code) == 4 for code in codes)
    assert {code[:2] for code in codes} == {industry.code for industry in INDUSTRIES}


def test_every_code_has_a_lot_and_lots_add_up():
    lots = lot_table(Factors()).to_pydict()
    assert lots["lot"] == list(range(LOTS))
    assert len(set(lots["industry"])) == 230
    pairs = zip(lots["industry"], lots["industry_group"], strict=True)
    assert all(code.startswith(group) for code, group in pairs)


def test_factors_are_zero_until_planted_and_interpolated_between_years():
    lots = lot_table(Factors()).to_pydict()
    assert all(set(lots[f"{name}_factor"]) == {0.0} for name in INDUSTRY_FACTORS)
    factors = Factors(years={"exports": {1978: 1.0, 1988: 0.0, 1996: 4.0}})
    years = year_table(YEARS, factors).to_pydict()
    exports = dict(zip(years["year"], years["exports_factor"], strict=True))
    assert (exports[1983], exports[1988], exports[1995]) == (0.5, 0.0, 3.5)
    weights = zip(years["start_weight"], years["end_weight"], strict=True)
    assert all(start * end == 0.0 for start, end in weights)


def test_interpolation_is_constant_outside():
    known = {1978: 1.0, 1988: 3.0}
    assert [interpolated(known, year) for year in (1970, 1983, 1999)] == [1.0, 2.0, 3.0]


def test_prices_and_expenditure_are_of_the_base_year():
    assert PRICES[1988] == 100.0
    assert log_price(1988) == 0.0
    assert expenditure(1988, 2) == pytest.approx(2 * expenditure(1988, 1))
