"""Products: which establishment makes which, the tariff cut of each, and trade in them.

Every four-digit industry has six products, named by its code and a digit. The cuts of an industry's
products average its own cut, the home and the foreign one; an establishment's own cut is the plain
mean over its products. Some establishments are left out of the survey of products, by chance: they
have own cuts all the same, which nobody knows.
"""

import zlib

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.synthetic.draws import Draws
from tradegains.synthetic.economy import INDUSTRIES
from tradegains.synthetic.truths import Truths

PRODUCTS = 6  # of a four-digit industry
# Cut of a product over its industry's: on average one. Neighbours differ, so that the mean over an
# establishment's products does too.
_MULTIPLES = {"home": (1.1, 0.1, 1.5, 0.9, 0.5, 1.9), "foreign": (1.5, 0.4, 0.8, 1.2, 0.3, 1.8)}
_SHARES_BY_NUMBER = (0.41, 0.35, 0.24)  # of establishments with one product, two and three
_UNKNOWN = 0.15  # share of establishments whose products nobody knows
PARTNERS = ("ROW", "USA")
_ONE_WAY = 1 / PRODUCTS  # of every industry's trade: a product with exports only
# Of the other products, over their mean; a product that is imported more has the other sign. The
# signs do not cancel: an industry's index is `Truths.grubel_lloyd_of_industries`.
_IMBALANCES = (0.5, 1.5, -1.0, 0.5, 1.5)


def product_shift(code: str) -> int:
    """Where a four-digit industry begins in the cycle of multiples."""
    return zlib.crc32(f"products {code}".encode()) % PRODUCTS


def product_tariffs() -> pa.Table:
    """One row per kind and product: `cut` [percentage points]."""
    rows = [
        (kind, f"{code}{number + 1}", industry.cut(kind) * _multiple(kind, number, code))
        for kind in _MULTIPLES
        for industry in INDUSTRIES
        for code in industry.four_digit_codes
        for number in range(PRODUCTS)
    ]
    kinds, products, cuts = zip(*rows, strict=True)
    return pa.table({"kind": kinds, "product": products, "cut": [round(cut, 6) for cut in cuts]})


def _multiple(kind: str, number: int, code: str) -> float:
    return _MULTIPLES[kind][(number + product_shift(code)) % PRODUCTS]


def _mean_multiple(kind: str, number: int, place: int) -> float:
    """Mean over so many products, from a place on."""
    return sum(_MULTIPLES[kind][(place + step) % PRODUCTS] for step in range(number)) / number


def drawn_products(draws: Draws, serial: Column) -> tuple[Column, ...]:
    """How many products an establishment has, the place of the first, whether they are known."""
    drawn, number = draws.uniform("products", serial), F.lit(1)
    for least, bound in enumerate(np.cumsum(_SHARES_BY_NUMBER)[:-1].tolist(), start=2):
        number = F.when(drawn > bound, least).otherwise(number)
    place = F.floor(draws.uniform("first product", serial) * PRODUCTS)
    known = draws.uniform("known products", serial) > _UNKNOWN
    named = {"products": number.cast("int"), "first_product": place.cast("int"), "known": known}
    return tuple(column.alias(name) for name, column in named.items())


def own_cut(kind: str) -> Column:
    """An establishment's own cut of a kind [percentage points], of its lot's and its products."""
    means = [
        _mean_multiple(kind, number, place)
        for number in range(1, len(_SHARES_BY_NUMBER) + 1)
        for place in range(PRODUCTS)
    ]
    place = F.pmod(F.col("first_product") + F.col("product_shift"), F.lit(PRODUCTS))
    listed = F.array(*(F.lit(mean) for mean in means))
    at = (F.col("products") - 1) * PRODUCTS + place + 1
    return F.col(f"lot_{kind}_cut") * F.element_at(listed, at)


def plant_products(establishments: DataFrame, draws: Draws, year: int) -> DataFrame:
    """One row per establishment and product: year, `value` [thousand dollars], a whole number.

    Reads `serial, establishment_id, products, first_product, known, home_industry`.
    """
    steps = F.sequence(F.lit(0), F.col("products") - 1)
    rows = establishments.where(F.col("known")).select("*", F.explode(steps).alias("step"))
    digit = F.pmod(F.col("first_product") + F.col("step"), F.lit(PRODUCTS)) + 1
    value = F.floor(draws.uniform("product value", F.col("serial"), F.col("step")) * 999.0) + 1
    return rows.select(
        "establishment_id",
        F.concat("home_industry", digit.cast("string")).alias("product"),
        F.lit(year).alias("year"),
        value.cast("double").alias("value"),
    )


def product_trade(years: tuple[int, ...], trade: np.ndarray, truths: Truths) -> pa.Table:
    """One row per product, year and partner: exports and imports [money unit], hundredths.

    The index of a partner is that of `truths`, at the level of products and of industries, whatever
    the sizes of industries: every industry's products have equal trade, one of them goes one way
    only, and the imbalances of the others average what the index needs. Every other two-digit
    industry exports more, the rest imports more. At their level the index is higher, for
    imbalances of opposite sign net out.

    Args:
        years: the years.
        trade: exports plus imports of a product, all partners, by year and two-digit industry
            [money unit], shape (years, industries).
        truths: the indices.
    """
    codes = [(place, code) for place, one in enumerate(INDUSTRIES) for code in one.four_digit_codes]
    products = [f"{code}{number + 1}" for _, code in codes for number in range(PRODUCTS)]
    places = np.repeat([place for place, _ in codes], PRODUCTS)
    tables = []
    for row, year in enumerate(years):
        for partner in PARTNERS:
            imbalances = _imbalances(codes, _index_of(partner, year, truths))
            tables.append(
                _trade_of(year, partner, products, total=trade[row][places], imbalance=imbalances)
            )
    return pa.concat_tables(tables).combine_chunks()


def _index_of(partner: str, year: int, truths: Truths) -> float:
    is_united_states = partner == "USA"
    return truths.grubel_lloyd_of(year) if is_united_states else truths.grubel_lloyd_elsewhere


def _trade_of(
    year: int, partner: str, products: list[str], *, total: np.ndarray, imbalance: np.ndarray
) -> pa.Table:
    flows = total * (0.7 if partner == "USA" else 0.3)
    return pa.table(
        {
            "product": products,
            "year": pa.array(np.full(len(products), year), pa.int32()),
            "partner": [partner] * len(products),
            "exports": np.rint(flows * (1.0 + imbalance) * 50.0) / 100.0,
            "imports": np.rint(flows * (1.0 - imbalance) * 50.0) / 100.0,
        }
    )


def _imbalances(codes: list[tuple[int, str]], index: float) -> np.ndarray:
    """(X - M)/(X + M) of the products of four-digit industries, given with their two-digit ones."""
    signs = [(-1.0) ** place for place, _ in codes]
    return np.outer(signs, _of_industry(index)).ravel()


def _of_industry(index: float) -> np.ndarray:
    """Imbalances of an industry's six products, whose absolute values average 1 - index."""
    mean = (1.0 - index - _ONE_WAY) / (1.0 - _ONE_WAY)
    return np.concatenate([[1.0], mean * np.array(_IMBALANCES)])
