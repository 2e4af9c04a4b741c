"""The small tables that lie beside the synthetic census, all but the plant-product links."""

import math

import numpy as np
import pyarrow as pa

from tradegains.synthetic.economy import INDUSTRIES, log_price
from tradegains.synthetic.inputs import input_rows
from tradegains.synthetic.plan import interpolated
from tradegains.synthetic.planting import Planted
from tradegains.synthetic.products import PRODUCTS, product_tariffs, product_trade
from tradegains.synthetic.solving import FloatArray
from tradegains.synthetic.truths import Truths

PRICE_DIGITS = 6
"""Decimals of an index: beyond them processors' exponentials differ."""


def small_tables(years: tuple[int, ...], result: Planted, truths: Truths) -> dict[str, pa.Table]:
    """The tables by the name of their input; industries and products are codes as text."""
    codes = [industry.code for industry in INDUSTRIES]
    index = [round(100.0 * math.exp(log_price(year)), PRICE_DIGITS) for year in years]
    return {
        "imports": _imports(years, result),
        "tariff_cuts": _tariff_cuts(),
        "input_output": _input_output(),
        "prices": pa.table({"year": pa.array(years, pa.int32()), "index": index}),
        "prices_by_industry": _prices_by_industry(years, result),
        "elasticities": pa.table({"industry": codes, "sigma": [one.sigma for one in INDUSTRIES]}),
        "product_tariffs": product_tariffs(),
        "product_trade": product_trade(years, _trade_per_product(years, result), truths),
    }


def _tariff_cuts() -> pa.Table:
    """One row per kind and industry: cut [percentage points]."""
    rows = [(kind, one.code, one.cut(kind)) for kind in ("home", "foreign") for one in INDUSTRIES]
    kinds, codes, cuts = zip(*rows, strict=True)
    return pa.table({"kind": kinds, "industry": codes, "cut": cuts})


def _input_output() -> pa.Table:
    """What each industry buys of which, and from the partner."""
    names = ("industry", "input_industry", "share", "partner_share")
    return pa.table(dict(zip(names, zip(*input_rows(), strict=True), strict=True)))


def control_totals(sums: pa.Table, truths: Truths) -> pa.Table:
    """One row per industry and year: establishments, employment [jobs], sales [money unit].

    Those of the census, `files.write_rows`'s sums; in the undercovered industry more, rounded to
    a thousandth of a job, a hundredth of the money unit and a whole establishment.
    """
    covered = np.where(
        sums["industry_group"].to_numpy().astype(str) == truths.undercovered_industry,
        1.0 - truths.undercoverage,
        1.0,
    )
    whole = {
        name: np.rint(sums[name].to_numpy() / covered)
        for name in ("establishments", "employment", "sales")
    }
    return pa.table(
        {
            "industry": sums["industry_group"],
            "year": sums["year"],
            "establishments": whole["establishments"].astype(np.int64),
            "employment": whole["employment"] / 1000.0,
            "sales": whole["sales"] / 100.0,
        }
    )


def _trade_per_product(years: tuple[int, ...], result: Planted) -> FloatArray:
    """Exports plus imports of each of an industry's products: twice the imports, by equal parts."""
    products = np.array([PRODUCTS * industry.codes for industry in INDUSTRIES])
    imports = _imports(years, result)["value"].to_numpy().reshape(len(years), -1)
    found: FloatArray = 2.0 * imports / products
    return found


def _imports(years: tuple[int, ...], result: Planted) -> pa.Table:
    """One row per industry and year, rounded to hundredths; geometric between known years."""
    logs = {year: np.log(market.imports) for year, market in result.markets.items()}
    return _by_industry("value", {year: np.rint(np.exp(_at(logs, year))) / 100.0 for year in years})


def _prices_by_industry(years: tuple[int, ...], result: Planted) -> pa.Table:
    """One row per industry and year: the economy's index times the industry's relative price."""
    logs = {year: _at(result.relative_prices, year) + log_price(year) for year in years}
    return _by_industry("index", {year: _price(log) for year, log in logs.items()})


def _price(logs: FloatArray) -> FloatArray:
    return np.round(100.0 * np.exp(logs), PRICE_DIGITS)


def _at(known: dict[int, FloatArray], year: int) -> FloatArray:
    """Each industry's number at a year, interpolated between the known years."""
    return np.array(
        [
            interpolated({at: float(values[place]) for at, values in known.items()}, year)
            for place in range(len(INDUSTRIES))
        ]
    )


def _by_industry(name: str, values: dict[int, FloatArray]) -> pa.Table:
    codes = [industry.code for industry in INDUSTRIES]
    return pa.table(
        {
            "industry": codes * len(values),
            "year": pa.array(np.repeat(list(values), len(codes)), pa.int32()),
            name: np.concatenate(list(values.values())),
        }
    )
