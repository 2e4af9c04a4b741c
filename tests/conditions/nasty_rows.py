"""Rows of every value that a condition could take otherwise on one engine than on the other."""

import math
import random
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from conditions.dealt_conditions import DATES, NUMBERS, TEXTS, WHOLES

VALUES: dict[str, tuple[Any, ...]] = {
    "number": (
        None, math.nan, -math.nan, -0.0, math.inf, -math.inf, 5e-324, -1e-300, -0.5, -1.5, -2.5,
        0.49999999999999994, 1 / 3, 2.675, 709.7, 744.0, -1e300, 1.7e308, *NUMBERS,
    ),
    "whole": (None, -2, -(2**53) - 1, 2**62 + 1, *WHOLES),
    "fine": (None, *map(Decimal, ("0", "-0.0000000001", "123456789.1234567895", "0.3333333333",
                                  "12345678901234567890.1234567891", "1"))),
    "wages": (None, *map(Decimal, ("0.00", "1.00", "2.00", "3.00", "-0.01", "9999999999999999.9"))),
    "hash": (None, *map(Decimal, (0, 1, 2**63, 2**64 - 1, 14237112467619739401))),
    "text": (None, "a\n", "a\tb", "ab%", "Àé ", "ΑΣ", "İ", "\u00a0a", "𝔞b", "null", "aß", "ı", "ﬁ",
             *TEXTS),
    "truth": (None, True, False),
    "date": (None, date(1969, 12, 31), date(1600, 1, 1), date(2013, 12, 31), *DATES),
    "time": (None, datetime(1999, 12, 31, 23, 59, 59, 999_999), datetime(2014, 1, 1)),
}  # fmt: skip
COLUMNS = {
    "x": ("number", pa.float64()), "y": ("number", pa.float64()),
    "i": ("whole", pa.int64()), "j": ("whole", pa.int64()), "year": ("year", pa.int32()),
    "fine": ("fine", pa.decimal128(38, 10)), "wages": ("wages", pa.decimal128(18, 2)),
    "hash": ("hash", pa.decimal128(20, 0)),
    "s": ("text", pa.string()), "plant `name": ("text", pa.string()),
    "b": ("truth", pa.bool_()), "c": ("truth", pa.bool_()),
    "born": ("date", pa.date32()), "closed": ("date", pa.date32()),
    "seen": ("time", pa.timestamp("us", "UTC")),
}  # fmt: skip
VALUES["year"] = (None, 0, 1, 2014)


def nasty_rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Rows in which every value of every column stands at least once."""
    chance = random.Random(seed)
    rows: list[dict[str, Any]] = [{"position": position} for position in range(count)]
    for name, (kind, _) in COLUMNS.items():
        values = VALUES[kind]
        assert len(values) <= count
        dealt = [*values, *(chance.choice(values) for _ in range(count - len(values)))]
        chance.shuffle(dealt)
        for row, value in zip(rows, dealt, strict=True):
            row[name] = value
    return rows


def as_table(rows: list[dict[str, Any]]) -> pa.Table:
    types = {"position": pa.int64(), **{name: type_ for name, (_, type_) in COLUMNS.items()}}
    return pa.Table.from_pylist(rows, schema=pa.schema(list(types.items())))
