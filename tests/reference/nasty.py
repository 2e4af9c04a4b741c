"""Small nasty censuses: many cases side by side, each in an industry group of its own.

A case is a seed and a few quirks; its rows follow from them, so a failure is told in one line.
"""

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

YEARS = (2000, 2001, 2002, 2003, 2004)

QUIRKS = (
    "ties",
    "one_establishment_industries",
    "broken_numbers",
    "broken_codes",
    "broken_ids",
    "duplicates",
    "gaps",
    "giants",
    "all_exporters",
    "no_exporters",
    "seldom_exporters",
    "no_productivity",
    "fractions",
    "movers",
    "nobody_at_the_start",
    "nobody_continues",
)

EMPLOYMENT = (0.0, 1.0, 1.0, 2.0, 3.0, 10.0, 49.9, 50.0, 75.0, 200.0)
GIANT_EMPLOYMENT = (1e4, 2.5e4)
FRACTIONAL_EMPLOYMENT = (0.0004, 0.0005, 0.0015, 1 / 3, 0.9995, 12.3456)
FRACTIONS = (0.0, 0.004, 0.005, 0.015, 0.125, 1 / 3, 0.995)
BROKEN_NUMBERS = (None, math.nan, math.inf, -math.inf, -3.0, 1e300)
BROKEN_CODES = (None, "", "12", "10A1", "12345", "٣٤٥٦")
BROKEN_IDS = (None, "", "  ")

Raw = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One small census: `number` is its industry group, from 1 to 90."""

    number: int
    quirks: frozenset[str]
    establishments: int
    seed: int

    @property
    def group(self) -> str:
        return f"{self.number:02d}"

    def rows(self) -> list[Raw]:
        """Its rows, in no particular order."""
        chance = random.Random(self.seed)
        rows = []
        for number in range(self.establishments):
            home = f"{self.group}{number if self._alone else chance.randint(1, 2):02d}"
            for year in self._years(chance, number):
                rows.append(self._row(chance, f"{self.group}-{number}", year, home))
        if "duplicates" in self.quirks and rows:
            rows += [dict(chance.choice(rows)) for _ in range(3)]
        for row in rows:
            self._break(chance, row)
        chance.shuffle(rows)
        return rows

    @property
    def _alone(self) -> bool:
        return "one_establishment_industries" in self.quirks

    def _years(self, chance: random.Random, number: int) -> Iterable[int]:
        years = list(YEARS)
        if "nobody_at_the_start" in self.quirks:
            years = years[1:]
        if "nobody_continues" in self.quirks:
            years = [years[number % len(years)]]
        if "gaps" in self.quirks:
            return [year for year in years if chance.random() < 0.6]
        first, last = sorted(chance.choices(range(len(years) + 1), k=2))
        return years if chance.random() < 0.4 else years[first:last]

    def _row(self, chance: random.Random, identifier: str, year: int, home: str) -> Raw:
        sales = float(chance.randint(0, 3 if "ties" in self.quirks else 5000))
        value_added = float(chance.choice((0, 1, 1, 2, 4) if "ties" in self.quirks else (-7, 0, 1)))
        if "ties" not in self.quirks and chance.random() < 0.8:
            value_added = chance.randint(1, 400000) / 100
        if "no_productivity" in self.quirks:
            value_added = -1.0
        moves = "movers" in self.quirks and chance.random() < 0.4
        return {
            "establishment_id": identifier,
            "year": year,
            "industry": chance.choice((f"{self.group}09", "9901")) if moves else home,
            "employment": chance.choice(EMPLOYMENT[:4] if "ties" in self.quirks else EMPLOYMENT),
            "sales": sales,
            "exports": self._exports(chance, sales),
            "value_added": value_added,
            "sampling_weight": chance.choice((1.0, 1.0, 2.5, 1 / 3)),
            "hours": float(chance.randint(0, 3000)),
            "region": chance.choice(("north", "south", None)),
            "adopted": chance.choice((0, 0, 1, 1, 2, None)),
        }

    def _exports(self, chance: random.Random, sales: float) -> float | None:
        if "no_exporters" in self.quirks:
            return chance.choice((0.0, None))
        if "all_exporters" in self.quirks:
            return sales if chance.random() < 0.5 else math.ceil(sales / 2)
        if "seldom_exporters" in self.quirks and chance.random() < 0.85:
            return chance.choice((0.0, None))
        return chance.choice((None, 0.0, sales / 2, sales, sales + 1.0))

    def _break(self, chance: random.Random, row: Raw) -> None:
        """Spoil some of the row's values, as the case's quirks say."""
        if "giants" in self.quirks and chance.random() < 0.2:
            sales = chance.choice((4e12, 4e12, 5e13))  # at a weight of 2.5 the last is too much
            row |= {"employment": chance.choice(GIANT_EMPLOYMENT), "sales": sales, "exports": 1e9}
        if "fractions" in self.quirks:
            row["employment"] = chance.choice(FRACTIONAL_EMPLOYMENT)
            row["sales"] += chance.choice(FRACTIONS)
            row["exports"] = max(0.0, row["sales"] - chance.choice(FRACTIONS))
        if "broken_numbers" in self.quirks and chance.random() < 0.4:
            name = chance.choice(("employment", "sales", "exports", "value_added", "hours"))
            row[name] = chance.choice(BROKEN_NUMBERS)
        if "broken_codes" in self.quirks and chance.random() < 0.3:
            row["industry"] = chance.choice((*BROKEN_CODES, f" {row['industry']} "))
        if "broken_ids" in self.quirks and chance.random() < 0.3:
            row["establishment_id"] = chance.choice(BROKEN_IDS)


def anchor() -> list[Raw]:
    """One ordinary establishment in every year: a census must have all its years."""
    return [
        {
            "establishment_id": "anchor",
            "year": year,
            "industry": "0001",
            "employment": 10.0,
            "sales": 100.0,
            "exports": 20.0,
            "value_added": 30.0,
            "sampling_weight": 1.0,
            "hours": 1000.0,
            "region": "north",
            "adopted": 0,
        }
        for year in YEARS
    ]


def census_of(cases: Iterable[Case]) -> list[Raw]:
    """All cases in one census."""
    return with_enterprises([*anchor(), *(row for case in cases for row in case.rows())])


def with_enterprises(rows: list[Raw]) -> list[Raw]:
    """Rows of which three neighbours share an enterprise, some are sold, and some have none."""
    for row in rows:
        case, _, number = str(row["establishment_id"] or "").partition("-")
        sold = row["year"] > 2002 and number == "3"
        known = number and number != "5"
        row["enterprise_id"] = f"{case}{int(number) // 3 + sold}" if known else None
    return rows


def that_split(row: Raw) -> Raw:
    """The row with amounts whose quarters of quarters are whole units.

    A quarter of a quarter is needed where a row is in one industry that is split and its
    establishment is counted in another: whole jobs are 2**3 * 125 thousandths, coins 2**2 * 25
    hundredths.
    """
    amounts = ("employment", "sales", "exports", "value_added")
    even = {name: 4.0 * math.ceil(row[name]) for name in amounts if _is_small(row[name])}
    return row | even | {"sampling_weight": float(math.ceil(row["sampling_weight"]))}


def _is_small(value: float | None) -> bool:
    """Larger ones are even as they are, or no amounts at all."""
    return value is not None and abs(value) < min(GIANT_EMPLOYMENT)


def in_unit(row: Raw, factor: float) -> Raw:
    """The row with its money multiplied."""
    money = ("sales", "exports", "value_added")
    return row | {name: row[name] * factor for name in money if row[name] is not None}
