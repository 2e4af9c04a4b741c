"""The two small tables that shape every draw: one row per year, one row per lot of establishments.

Beside the assumed levels they hold factors: logarithms added to the amounts of an industry,
continuity and year. They are zero unless something is planted, and interpolated between the
planted years.
"""

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from tradegains.synthetic.economy import (
    BASE_YEAR,
    END,
    EXPENDITURE_GROWTH,
    EXPENDITURE_PER_ESTABLISHMENT,
    INDUSTRIES,
    MIDDLE,
    PRODUCTIVITY_GROWTH,
    START,
    VALUE_ADDED_PER_JOB,
    Industry,
    log_price,
)
from tradegains.synthetic.establishments import LOTS
from tradegains.synthetic.inputs import input_cut_of
from tradegains.synthetic.premium import LIFTS
from tradegains.synthetic.products import product_shift
from tradegains.synthetic.states import EXPORT_LEVEL

# Chosen so that natural exports are near those of Table C1.
_INTENSITY_LEVEL = {START: 0.20, MIDDLE: 0.05, END: 0.50}
_SALES_OVER_DOMESTIC_SALES = 1.39
_MEAN_OF_SIZES = 2.55  # mean of the draws of establishments' sizes, of which the median is 1

_OUTER_FACTORS = ("start_continuing", "start_other", "end_continuing", "end_other")
INDUSTRY_FACTORS = ("middle", *_OUTER_FACTORS, "entrants")
YEAR_FACTORS = ("exports", "employment", "value_added", "exporter", *LIFTS)


@dataclass(frozen=True)
class Factors:
    """Logarithms of planted factors.

    `industries`: per name of INDUSTRY_FACTORS, one number per industry, on domestic sales; that of
    `entrants`, who are born after the middle year, on value added alone.
    `years`: per name of YEAR_FACTORS, a number for some years, on all establishments; those of
    LIFTS are on value added alone, that of an `exporter` is on all its amounts.
    """

    industries: Mapping[str, np.ndarray] = field(default_factory=dict)
    years: Mapping[str, Mapping[int, float]] = field(default_factory=dict)


def lot_table(factors: Factors) -> pa.Table:
    """One row per lot: its industry, its levels and its factors."""
    lots = [
        (place, industry, code)
        for place, industry in enumerate(INDUSTRIES)
        for code in _codes_of_lots(industry)
    ]
    columns = {
        "lot": pa.array(range(LOTS), pa.int32()),
        "industry": [code for _, _, code in lots],
        "industry_group": [industry.code for _, industry, _ in lots],
        "lot_sales": [_log_sales(industry) for _, industry, _ in lots],
        "lot_productivity": [_log_productivity(code) for _, _, code in lots],
    }
    places = [place for place, _, _ in lots]
    for name in INDUSTRY_FACTORS:
        columns[f"{name}_factor"] = _settled(factors.industries.get(name, _NOTHING))[places]
    return pa.table(columns)


def lot_codes() -> list[str]:
    """The four-digit industry of every lot."""
    return [code for one in INDUSTRIES for code in _codes_of_lots(one)]


def home_table() -> pa.Table:
    """One row per lot, as an establishment's home: its industry's cut and products."""
    lots = [(one, code) for one in INDUSTRIES for code in _codes_of_lots(one)]
    return pa.table(
        {
            "home_lot": pa.array(range(LOTS), pa.int32()),
            "home_industry": [code for _, code in lots],
            "lot_home_cut": [one.tariff_cut for one, _ in lots],
            "lot_foreign_cut": [one.foreign_cut for one, _ in lots],
            "lot_input_cut": [input_cut_of(one.code) for one, _ in lots],
            "product_shift": pa.array([product_shift(code) for _, code in lots], pa.int32()),
        }
    )


_NOTHING = np.zeros(len(INDUSTRIES))


def _codes_of_lots(industry: Industry) -> list[str]:
    """The four-digit code of each of an industry's lots: every code has one, the first ones more.

    Example:
        >>> from tradegains.synthetic.economy import industry_of
        >>> _codes_of_lots(industry_of("12")).count("1212")
        5
    """
    lots, codes = round(industry.establishments * LOTS / 100), industry.four_digit_codes
    weights = [1 / math.sqrt(1 + number) for number in range(len(codes))]
    spare = [int((lots - len(codes)) * weight / sum(weights)) for weight in weights]
    spare[0] += lots - len(codes) - sum(spare)
    return [code for code, more in zip(codes, spare, strict=True) for _ in range(1 + more)]


def _log_sales(industry: Industry) -> float:
    """Log sales of the median establishment in BASE_YEAR [log thousand dollars]."""
    domestic = industry.expenditure * industry.domestic_share / industry.establishments
    mean = EXPENDITURE_PER_ESTABLISHMENT * domestic * _SALES_OVER_DOMESTIC_SALES
    return math.log(mean / _MEAN_OF_SIZES)


def _log_productivity(code: str) -> float:
    """Log value added per job of a four-digit industry: fixed, spread by 0.8 around the mean."""
    spread = zlib.crc32(code.encode()) / 2**32 - 0.5
    return math.log(VALUE_ADDED_PER_JOB) + 0.8 * spread


def year_table(years: tuple[int, ...], factors: Factors) -> pa.Table:
    """One row per year: its levels, its weights of the outer years' factors and its factors."""
    columns = {
        "year": pa.array(years, pa.int32()),
        "sales_level": [_nominal(year, EXPENDITURE_GROWTH) for year in years],
        "productivity_level": [_nominal(year, PRODUCTIVITY_GROWTH) for year in years],
        "export_level": [interpolated(EXPORT_LEVEL, year) for year in years],
        "intensity_level": [interpolated(_INTENSITY_LEVEL, year) for year in years],
        "since_agreement": [interpolated({MIDDLE: 0.0, END: 1.0}, year) for year in years],
        "start_weight": [interpolated({START: 1.0, MIDDLE: 0.0}, year) for year in years],
        "end_weight": [interpolated({MIDDLE: 0.0, END: 1.0}, year) for year in years],
    }
    for name in YEAR_FACTORS:
        known = factors.years.get(name, {MIDDLE: 0.0})
        columns[f"{name}_factor"] = _settled([interpolated(known, year) for year in years])
    return pa.table(columns)


def _settled(factors: Sequence[float] | np.ndarray) -> np.ndarray:
    """Factors [log points] without the last digits, in which processors' logarithms differ."""
    return np.round(factors, 9)


def _nominal(year: int, growth: float) -> float:
    return log_price(year) + growth * (year - BASE_YEAR)


def interpolated(known: Mapping[int, float], year: int) -> float:
    """Linear between the known years, constant outside them.

    Example:
        >>> interpolated({1978: 1.0, 1988: 0.0}, 1983), interpolated({1978: 1.0, 1988: 0.0}, 1996)
        (0.5, 0.0)
    """
    return float(
        np.interp(year, sorted(known), [known[known_year] for known_year in sorted(known)])
    )
