"""The economy the synthetic census is drawn from. Every number here is ASSUMED, none is measured.

Orders of magnitude follow Canadian manufacturing in 1988. Three columns carry a purpose:

- `sigma` lies in the range of Oberfield and Raval (2021), whose estimates Table A1 uses but does
  not print: it is what turns a planted welfare change into a planted market share.
- `tariff_cut`, the country's own, rises with the gain of the industry, so that figures 4 and 5 have
  the paper's shape.
- `domestic_share` leaves room for the planted changes: no share may pass 1.
"""

import math
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Industry:
    """A two-digit industry of the Canadian classification of 1980, as assumed.

    Shares are percentages of the 22 industries together; `domestic_share` is a share of the
    industry's expenditure in 1988, `tariff_cut` is in percentage points.
    """

    code: str
    codes: int
    establishments: float
    expenditure: float
    domestic_share: float
    sigma: float
    tariff_cut: float

    @property
    def foreign_cut(self) -> float:
        """The partner's cut on the industry's exports [percentage points].

        High where the own cut is, but not the same: partly the own one, partly of the code.

        Example:
            >>> round(industry_of("10").foreign_cut, 1)
            3.7
        """
        spread = zlib.crc32(f"foreign {self.code}".encode()) / 2**32
        return round(0.55 * self.tariff_cut + 0.3 + 3.2 * spread, 1)

    def cut(self, kind: str) -> float:
        """The cut of a kind: home or foreign [percentage points]."""
        return self.tariff_cut if kind == "home" else self.foreign_cut

    @property
    def four_digit_codes(self) -> tuple[str, ...]:
        """Its four-digit codes, most common first.

        Example:
            >>> industry_of("12").four_digit_codes
            ('1211', '1212')
        """
        return tuple(f"{self.code}{11 + number}" for number in range(self.codes))


INDUSTRIES = (
    # code, 4-digit codes, establishments %, expenditure %, domestic share, sigma, tariff cut
    Industry("10", 17, 9.5, 12.5, 0.80, 3.2, 3.0),
    Industry("11", 4, 1.5, 2.2, 0.72, 3.1, 4.1),
    Industry("12", 2, 1.2, 0.9, 0.72, 3.0, 4.8),
    Industry("15", 5, 1.4, 1.3, 0.66, 3.7, 8.4),
    Industry("16", 7, 3.2, 2.0, 0.74, 3.8, 7.3),
    Industry("17", 4, 1.4, 0.7, 0.60, 3.0, 4.4),
    Industry("18", 5, 1.4, 1.3, 0.64, 3.6, 9.7),
    Industry("19", 10, 2.6, 1.2, 0.68, 3.7, 8.9),
    Industry("24", 14, 6.3, 2.3, 0.66, 3.1, 5.2),
    Industry("25", 12, 8.3, 4.6, 0.78, 3.9, 3.4),
    Industry("26", 7, 4.8, 1.7, 0.74, 3.6, 6.0),
    Industry("27", 10, 2.2, 7.6, 0.78, 3.5, 1.3),
    Industry("28", 10, 12.6, 4.2, 0.80, 3.4, 0.8),
    Industry("29", 13, 1.8, 6.6, 0.75, 3.9, 2.4),
    Industry("30", 24, 14.0, 6.2, 0.76, 4.0, 6.8),
    Industry("31", 10, 4.9, 5.2, 0.58, 3.3, 6.4),
    Industry("32", 14, 4.0, 18.0, 0.62, 3.2, 5.6),
    Industry("33", 17, 4.2, 7.6, 0.62, 3.4, 8.0),
    Industry("35", 14, 4.5, 2.7, 0.80, 3.9, 3.8),
    Industry("36", 2, 1.2, 5.0, 0.78, 3.0, 1.9),
    Industry("37", 16, 3.6, 7.2, 0.72, 4.1, 6.3),
    Industry("39", 13, 5.4, 2.2, 0.64, 3.7, 7.7),
)

# Producer price index by year, 1988 = 100: fast inflation until 1982, slow from then on.
_INDEX = (
    *(51.2, 58.2, 65.9, 72.8, 77.5, 80.2, 83.6, 86.1, 87.0, 93.0),
    *(100.0, 102.4, 103.1, 102.2, 103.0, 106.5, 112.7, 121.4, 122.3),
)
PRICES = dict(zip(range(1978, 1997), _INDEX, strict=True))

START, MIDDLE, END = 1978, 1988, 1996  # window ends of the planted study
BASE_YEAR = MIDDLE
EXPENDITURE_PER_ESTABLISHMENT = 8_500.0  # thousand dollars of 1988
EXPENDITURE_GROWTH = 0.015  # log points a year, above prices
VALUE_ADDED_PER_JOB = 52.0  # thousand dollars of 1988
PRODUCTIVITY_GROWTH = 0.0175  # log points a year
MONEY_UNIT = "thousand Canadian dollars"


def industry_of(code: str) -> Industry:
    """The assumed two-digit industry with this code."""
    return next(industry for industry in INDUSTRIES if industry.code == code)


def log_price(year: int) -> float:
    """ln of the price index over its base year's; outside the table, its nearest end.

    Example:
        >>> log_price(1988), log_price(2030) == log_price(1996)
        (0.0, True)
    """
    year = min(max(year, min(PRICES)), max(PRICES))
    return math.log(PRICES[year] / PRICES[BASE_YEAR])


def expenditure(year: int, establishments: int) -> float:
    """Domestic expenditure on all manufactures [thousand dollars of the year]."""
    growth = EXPENDITURE_GROWTH * (year - BASE_YEAR) + log_price(year)
    return establishments * EXPENDITURE_PER_ESTABLISHMENT * math.exp(growth)
