"""What released moments, histograms and growth say of the establishments behind them.

As `readings`, from the published definitions alone. A mean with its number of establishments is a
sum of relative productivity, a standard deviation beside it one of squares, and so on; a bin is a
set of establishments like any other. The first and the last bin of a histogram are open.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from intruder.economies import POPULATIONS, Row
from intruder.readings import Reading, Readings, Total, Unknown, ratio, total, window_of

BIN_WIDTH = 0.1
"""Of the studies of `economies`; the bins of a release are whole multiples of it."""

PREDICATES: dict[str, Callable[[Row], bool]] = {
    "all": lambda row: True,
    "exporters": lambda row: row.exports > 0,
    "nonexporters": lambda row: row.exports == 0,
    "large": lambda row: row.jobs >= 25,
    "larger": lambda row: row.jobs >= 28,
    "sells_home": lambda row: row.home > row.exports,
}
assert PREDICATES.keys() > POPULATIONS.keys()

TABLES = ("moments", "histograms", "productivity_growth")

COLUMNS = ("mean", "sd", "skewness", "kurtosis")

POWERS = tuple(f"{letter}{power}" for letter in "xw" for power in range(1, 5))
"""Amounts: powers of relative productivity, of each establishment once ("x") or of each job."""


@dataclass(frozen=True)
class Distributions:
    """The readings of an economy's distributions, by row and column."""

    readings: Readings

    @cached_property
    def relative(self) -> dict[tuple[str, int], float]:
        """Log productivity less the median of the industry and year; where there is output."""
        rows = self.readings.economy.rows
        logs = {key: math.log(row.sales / row.jobs) for key, row in rows.items() if row.sales > 0}
        industries: dict[tuple[str, int], list[float]] = {}
        for key, value in logs.items():
            industries.setdefault((rows[key].industry, key[1]), []).append(value)
        middle = {place: median(values) for place, values in industries.items()}
        return {key: value - middle[rows[key].industry, key[1]] for key, value in logs.items()}

    def of_row(self, table: str, row: Mapping[str, str]) -> dict[str, Reading]:
        """Column -> what its number is, for the columns that an intruder can read."""
        return {
            "moments": self.moments,
            "histograms": self.histograms,
            "productivity_growth": self.growth,
        }[table](row)

    def power(self, unknown: Unknown) -> float:
        """A power of relative productivity, times jobs where it is weighted."""
        name, year, measure = unknown
        weight = self.readings.economy.rows[name, year].jobs if measure[0] == "w" else 1
        return weight * self.relative[name, year] ** int(measure[1])

    def population(self, row: Mapping[str, str]) -> set[str]:
        """Who is described: those with productivity."""
        readings, year = self.readings, int(row["year"])
        there = {name for name in readings.there(year) if (name, year) in self.relative}
        if not row["window"]:
            there = readings.within(there, year, row["level"], row["industry"])
            holds = PREDICATES[row["population"]]
            return {name for name in there if holds(readings.economy.rows[name, year])}
        ends = window_of(row["window"])
        both = readings.continuing(ends, readings.economy.continuing[0])
        once = readings.there(year) - readings.there(ends[0] if year == ends[1] else ends[1])
        return there & (both if row["population"] == "continuing" else once)

    def moments(self, row: Mapping[str, str]) -> dict[str, Reading]:
        who, year = self.population(row), int(row["year"])
        return {
            "establishments": total(self.readings.sum_of(who, year, "one")),
            "employment": total(self.readings.sum_of(who, year, "jobs")),
        }

    def powers(self, row: Mapping[str, str]) -> Iterator[tuple[str, Total, float]]:
        """Column, sum and value of the sums of powers that a released row of `moments` gives."""
        weights = "employment" if row["weighting"] == "employment" else "establishments"
        weight = float(row[weights] or "nan")
        letter = "w" if row["weighting"] == "employment" else "x"
        who, year = self.population(row), int(row["year"])
        for place, column in enumerate(COLUMNS, 1):
            if not row[column] or math.isnan(weight) or not weight:
                return
            mean, sd, skewness, kurtosis = (float(row[name] or "nan") for name in COLUMNS)
            powers = (
                mean,
                sd**2 + mean**2,
                skewness * sd**3 + 3 * mean * sd**2 + mean**3,
                kurtosis * sd**4 + 4 * mean * skewness * sd**3 + 6 * mean**2 * sd**2 + mean**4,
            )
            of = self.readings.sum_of(who, year, f"{letter}{place}")
            yield column, of, powers[place - 1] * weight

    def histograms(self, row: Mapping[str, str]) -> dict[str, Reading]:
        """Of a released row, in which `first` and `last` say whether the bin is open."""
        everyone, year = self.population(row), int(row["year"])
        low = -math.inf if row["first"] else float(row["bin_start"])
        high = math.inf if row["last"] else float(row["bin_end"])
        who = {name for name in everyone if low <= self._middle(name, year) < high}
        jobs = (self.readings.sum_of(names, year, "jobs") for names in (who, everyone))
        return {
            "establishments": total(self.readings.sum_of(who, year, "one")),
            "employment": total(self.readings.sum_of(who, year, "jobs")),
            "share": ratio(*jobs),
        }

    def _middle(self, name: str, year: int) -> float:
        """The middle of the published bin that an establishment is in."""
        return (math.floor(self.relative[name, year] / BIN_WIDTH) + 0.5) * BIN_WIDTH

    def growth(self, row: Mapping[str, str]) -> dict[str, Reading]:
        """Sales over jobs of who continues, at both ends and their change."""
        if "-" in row["window"] or row["measure"] != "sales_per_worker":
            return {}
        readings, ends = self.readings, window_of(row["window"])
        stay = readings.continuing(ends, row["continuing"])
        parts = []
        for year in ends:
            who = readings.within(stay, year, row["level"], row["industry"])
            parts.append((readings.sum_of(who, year, "sales"), readings.sum_of(who, year, "jobs")))
        (sold, jobs), (sold_later, jobs_later) = parts
        who = readings.within(stay, ends[1], row["level"], row["industry"])
        change = ((sold_later, 1.0), (jobs_later, -1.0), (sold, -1.0), (jobs, 1.0))
        return {
            "start": ratio(sold, jobs),
            "end": ratio(sold_later, jobs_later),
            "delta_ln": Reading("logs", change),
            "establishments": total(readings.sum_of(who, ends[1], "one")),
        }
