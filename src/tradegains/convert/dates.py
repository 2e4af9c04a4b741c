"""Dates of Stata, SAS and SPSS, which store counts and tell by a display format what they count.

pyreadstat makes a date of some formats of a date and leaves the same day under others (SPSS MOYR,
SAS YEAR) as the count, so all are read as counts and become dates here.
"""

import re
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

_DAYS_1582, _DAYS_1960 = -141428, -3653  # from 1970-01-01 back to SPSS's first day, and to 1960
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # of the years 1 to 9999
_DAY_SECONDS = 86_400
_NAME = re.compile(r"[A-Za-z0-9]*?[A-Za-z](?=[\d.]*$)|%-?t[a-zA-Z]|%-?d")

_SPSS_DATES = {"DATE", "ADATE", "EDATE", "JDATE", "SDATE", "MOYR", "QYR", "WKYR"}
_SAS_DATES = re.compile(
    r"DATE|[DMY]{6}[BCDNPS]?|YYMM[CDNPS]?|MMYY[CDNPS]?|YYQR?[CDNPSZ]?|MONYY|YYMON|YEAR|YYWEEK[UVW]"
    r"|(IS|E|B)8601DA|WORDDATX?E?|WEEKDAT[EX]|JULIAN|JULDAY|MONNAME|MONTH|QTRR?|DAY|WEEKDAY|DOWNAME"
    r"|WEEK[UVW]|NLDATE\w*"
)
_SAS_TIMES = re.compile(r"DATETIME|DATEAMPM|MDYAMPM|DT\w+|(IS|E|B)8601D[TN]|NLDATM\w*")
_MONTHS = {"months": 1, "quarters": 3, "halves": 6}


@dataclass(frozen=True)
class Count:
    """What a format counts, and from which day on.

    `first` is the day 0 counted from 1970-01-01 [days]; `unit` is in seconds, but for "months" and
    "weeks", of which Stata has 52 a year.
    """

    unit: float | Literal["months", "quarters", "halves", "weeks"]
    first: int
    is_time: bool = False

    @property
    def limits(self) -> tuple[float, float]:
        """Counts between which a day is of the years 1 to 9999, or 1000 to 9999 for months."""
        if isinstance(self.unit, str):
            a_year = 52.0 if self.unit == "weeks" else 12.0 / _MONTHS[self.unit]
            return (1000 - 1960) * a_year, (9999 - 1960) * a_year
        day = _DAY_SECONDS / self.unit
        return (_FIRST_DAY - self.first) * day, (_LAST_DAY - self.first) * day


_STATA = {
    "%td": Count(_DAY_SECONDS, _DAYS_1960),
    "%d": Count(_DAY_SECONDS, _DAYS_1960),
    "%tc": Count(0.001, _DAYS_1960, is_time=True),
    "%tm": Count("months", _DAYS_1960),
    "%tq": Count("quarters", _DAYS_1960),
    "%th": Count("halves", _DAYS_1960),
    "%tw": Count("weeks", _DAYS_1960),
}


def count_of(program: str, shown: str) -> Count | None:
    """What a display format counts; None where it is not a date, or not one that is known.

    Years under %ty are years; %tC, which counts leap seconds, and calendars of one's own (%tb) are
    not known, nor are times of a day.

    Example:
        >>> count_of("stata", "%tdD_m_Y").unit, count_of("sas", "YEAR4.").unit
        (86400, 86400)
        >>> count_of("spss", "MOYR8"), count_of("stata", "%9.0g")
        (Count(unit=1, first=-141428, is_time=False), None)
    """
    found = _NAME.match(shown)
    name = found[0] if found else ""
    if program == "stata":
        return _STATA.get(name.replace("-", ""))
    name = name.upper()
    if program == "spss":
        is_time = name in ("DATETIME", "YMDHMS")
        return Count(1, _DAYS_1582, is_time) if is_time or name in _SPSS_DATES else None
    if program == "sas" and _SAS_TIMES.fullmatch(name):
        return Count(1, _DAYS_1960, is_time=True)
    if program == "sas" and _SAS_DATES.fullmatch(name):
        return Count(_DAY_SECONDS, _DAYS_1960)
    return None


def dates_of(counts: pa.Array, count: Count) -> pa.Array:
    """Days of counts, the first one of a month, quarter, half year or week."""
    if count.unit in _MONTHS:
        return _of_months(pc.multiply(pc.floor(counts), float(_MONTHS[str(count.unit)])))
    if count.unit == "weeks":
        year = pc.floor(pc.divide(counts, 52.0))
        week = pc.subtract(pc.floor(counts), pc.multiply(year, 52.0))
        january = _of_months(pc.multiply(year, 12.0)).cast(pa.int32())
        return pc.add(january, pc.multiply(week, 7.0).cast(pa.int32())).cast(pa.date32())
    days = pc.floor(pc.divide(pc.multiply(counts, float(count.unit)), float(_DAY_SECONDS)))
    return pc.add(days, float(count.first)).cast(pa.int32()).cast(pa.date32())


def times_of(counts: pa.Array, count: Count) -> pa.Array:
    """Times of counts of seconds or milliseconds, to the microsecond."""
    assert not isinstance(count.unit, str)
    micros = pc.round(pc.multiply(counts, count.unit * 1e6))
    first = float(count.first) * _DAY_SECONDS * 1e6
    return pc.add(micros, first).cast(pa.int64()).cast(pa.timestamp("us"))


def _of_months(months: pa.Array) -> pa.Array:
    """First days of months counted from January 1960 [months]."""
    year = pc.add(pc.floor(pc.divide(months, 12.0)), 1960.0)
    month = pc.add(pc.subtract(months, pc.multiply(pc.subtract(year, 1960.0), 12.0)), 1.0)
    parts = [pc.cast(each, pa.int32()).cast(pa.string()) for each in (year, month)]
    texts = pc.binary_join_element_wise(*parts, "1", "-")
    return pc.strptime(texts, format="%Y-%m-%d", unit="s").cast(pa.date32())
