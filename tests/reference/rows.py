"""Rows of a census as the study sees them: flags, actions, fixed point.

A row may carry several flags. `duplicate` is judged last, among rows that have an id and that no
other rule has quarantined, and falls on every copy. A kept row stays: its invalid numbers count as
0 in sums and in telling exporters, and an invalid industry as no industry. Exports are compared
with sales only where both are valid numbers.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from tradegains.errors import InputError, Problem
from tradegains.study import Census as StatedCensus

LARGEST_AMOUNT = 90_071_992_547_409.0
"""The largest amount a double holds to the hundredth, 2**53 / 100; a larger number is none."""
MONEY = ("sales", "exports", "value_added")
RARE = {"missing_value_added", "money_rounded", "employment_rounded"}
"""Flags that cost nothing, and that `quality` counts where there are some."""


@dataclass(frozen=True)
class CountedCensus(StatedCensus):
    """A census whose decimals were found; what is too large for hundredths is so for finer ones."""

    limited_to: int = 2


def largest_of(name: str, study: Any) -> float:
    """The largest number that is an amount: of money, to as many decimals as the study states."""
    if name not in MONEY:
        return LARGEST_AMOUNT
    census = study.census
    decimals = census.limited_to if isinstance(census, CountedCensus) else census.money_decimals
    units = 2**53 / Fraction(10) ** decimals
    return float(units) if decimals > 2 else float(math.floor(units))


Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Split:
    """An old industry that a concordance splits: the part of each new one in what is added up.

    An establishment stays one and counts in the main industry, the one with the largest part.
    `place` is that of the old code among all that are split.
    """

    place: int
    shares: Mapping[str, Fraction]

    @property
    def main(self) -> str:
        return min(self.shares, key=lambda code: (-self.shares[code], code))


@dataclass(frozen=True, eq=False)
class Row:
    """A valid row: one establishment in one year, or a part of what it adds to sums."""

    establishment_id: str | None
    year: int
    industry: str | None
    weight: int  # thousandths of a job
    sales: int  # units of 10**-decimals of the money unit, as the two below
    exports: int
    value_added: int
    exporter: bool
    productivity: float | None  # ln(numerator / denominator), before any deflator
    columns: dict[str, Any]  # what a predicate may read
    split: Split | None = None  # of its industry, which is then the main one
    share: Fraction = Fraction(1)  # of the establishment's amounts
    count: int = 1  # 0 in a part that does not hold the establishment
    decimals: int = 2  # of its money
    unknown: frozenset[str] = frozenset()  # measures that it lacks
    reported: "Row | None" = None  # with amounts that its establishment lacks in another year

    @property
    def domestic_sales(self) -> int:
        return self.sales - self.exports

    @property
    def is_domestic(self) -> bool:
        """Whether it sells at home, by its own amounts."""
        return (self.reported or self).domestic_sales > 0

    @property
    def counted(self) -> "str | Split | None":
        """The industry that its amounts count in."""
        return self.split or self.industry


def parts_of(row: Row, counted: str | Split | None) -> Iterator[tuple[str | None, Row]]:
    """Code and part of a row in each industry that it counts in.

    Where the parts are of the row's own industry, each is a row of its new industry.
    """
    if not isinstance(counted, Split):
        yield counted, row
        return
    for code, share in counted.shares.items():
        own = {"industry": code, "split": None} if counted == row.split else {}
        yield (
            code,
            replace(
                row,
                weight=even_part(row.weight, share),
                sales=even_part(row.sales, share),
                exports=even_part(row.exports, share),
                value_added=even_part(row.value_added, share),
                share=row.share * share,
                count=row.count if code == counted.main else 0,
                **own,
            ),
        )


def even_part(amount: int, share: Fraction) -> int:
    """A part that is whole: how an engine rounds others depends on what it adds up first."""
    part = amount * share
    if part.denominator != 1:
        raise ValueError(f"{share} of {amount} is not whole: draw amounts that can be split")
    return int(part)


def worth(rows: Iterable[Row], amount: str) -> float:
    """The sum of an amount of money over rows, in the money unit."""
    units = [(getattr(row, amount), row.decimals) for row in rows]
    return in_money(sum(each for each, _ in units), units[0][1]) if units else 0.0


def in_money(units: int, decimals: int) -> float:
    """A number of units of 10**-decimals."""
    return float(units / Fraction(10) ** decimals)


def establishments(rows: Iterable[Row]) -> int:
    """How many rows, parts without their establishment left out."""
    return sum(row.count for row in rows)


@dataclass(frozen=True)
class Census:
    """The rows a study measures, and the counts of those it flagged."""

    rows: list[Row]
    quality: list[dict[str, Any]]


def identifier(value: object) -> str | None:
    """The id as text without the blanks around it; None when it is null or blank."""
    return None if value is None else str(value).strip(" ") or None


def as_text(industry: object, digits: int) -> str | None:
    """The industry as text: whole numbers padded with zeros, blanks around a text cut."""
    if industry is None:
        return None
    return str(industry).zfill(digits) if isinstance(industry, int) else str(industry).strip(" ")


def industry_code(industry: object, digits: int) -> str | None:
    """The industry as text of exactly `digits` digits, else None."""
    text = as_text(industry, digits)
    return text if re.fullmatch(f"[0-9]{{{digits}}}", text or "") else None


def is_number(value: float | None, largest: float = LARGEST_AMOUNT) -> bool:
    """Whether the value is a number of a size that can be counted to its unit."""
    return value is not None and abs(value) <= largest


def is_amount(value: float | None, largest: float = LARGEST_AMOUNT) -> bool:
    """Whether the value is such a number, 0 or more."""
    return is_number(value, largest) and value >= 0


def is_rounded(amount: float, decimals: int) -> bool:
    """Whether rounding to decimals moves the amount by more than a billionth of it."""
    units = amount * float(f"1e{decimals}")
    return abs(Fraction(units) - fixed(abs(units), 1.0) * (1 if units > 0 else -1)) > Fraction(
        abs(units) * 1e-9
    )


def fixed(value: float, scale: float) -> int:
    """The whole number nearest to the double `value * scale`, halves away from 0."""
    product = Fraction(value * scale)
    nearest = math.floor(abs(product) + Fraction(1, 2))
    return nearest if product >= 0 else -nearest


def flags_of(raw: Raw, study: Any) -> set[str]:
    """Every flag of a row but `duplicate`, which needs the other rows."""
    employment, sales = raw.get("employment"), raw.get("sales")
    exports = 0.0 if raw.get("exports") is None else raw["exports"]
    times = weight_of(raw, study)
    value_added = raw.get("value_added")
    most = largest_of("sales", study)
    flags = set()
    if identifier(raw.get("establishment_id")) is None:
        flags.add("missing_id")
    if industry_code(raw.get("industry"), study.census.industry_digits) is None:
        flags.add("invalid_industry")
    if not is_amount(employment) or not is_number(employment * times):
        flags.add("invalid_employment")
    if not is_amount(sales, most) or not is_number(sales * times, most):
        flags.add("invalid_sales")
    if raw.get("exports") is None and study.census.has("exports"):
        flags.add("missing_exports")
    if not is_amount(exports, most) or not is_number(exports * times, most):
        flags.add("invalid_exports")
    if is_amount(sales, most) and is_amount(exports, most) and exports > sales:
        flags.add("exports_above_sales")
    if value_added is not None and not (
        is_number(value_added, most) and is_number(value_added * times, most)
    ):
        flags.add("invalid_value_added")
    if log_ratio(raw, study) is None:
        flags.add("nonpositive_value_added")
    flags &= study.census.rules.keys()
    if study.census.has("value_added") and value_added is None:
        flags.add("missing_value_added")
    return flags


def weight_of(raw: Raw, study: Any) -> float:
    """How many establishments the row stands for."""
    return raw["sampling_weight"] if study.census.has("sampling_weight") else 1.0


def is_quarantined(flags: set[str], study: Any) -> bool:
    """Whether the study takes a row with these flags out."""
    return any(actions(study)[flag] != "keep" for flag in flags - RARE)


def flag_rows(raws: list[Raw], study: Any) -> list[set[str]]:
    """The flags of every row, duplicates among them."""
    flags = [flags_of(raw, study) for raw in raws]

    def key(position: int) -> tuple[str, int] | None:
        found = identifier(raws[position].get("establishment_id"))
        if found is None or is_quarantined(flags[position], study):
            return None
        return found, raws[position]["year"]

    keys = [key(position) for position in range(len(raws))]
    copies = Counter(found for found in keys if found is not None)
    for position, found in enumerate(keys):
        if found is not None and copies[found] > 1:
            flags[position].add("duplicate")
    return flags


def actions(study: Any) -> dict[str, str]:
    """Action of each rule that applies; a missing price only takes a row out of productivity."""
    found = dict(study.census.rules)
    if study.productivity.prices != "none":
        found["missing_price"] = "keep"
    if study.inputs.concordance is not None:
        found["no_counterpart"] = "keep"
    return found


def under_new_codes(
    raws: Iterable[Raw], study: Any, concordance: list[Mapping[str, Any]]
) -> list[Raw]:
    """Rows under the new codes; without a counterpart a code is lost, and the row is marked."""
    splits_of_all = splits_of(concordance)
    found = []
    for raw in raws:
        held = {
            row["old"]: row["new"]
            for row in concordance
            if row.get("from_year", 0) <= raw["year"] <= row.get("to_year", 9999)
        }
        splits = {old: split for old, split in splits_of_all.items() if old in held}
        new = {row["new"]: row["new"] for row in concordance} | held
        new |= {old: split.main for old, split in splits.items()}
        code = as_text(raw.get("industry"), study.census.industry_digits)
        lost = code is not None and code not in new
        known = {"industry": new.get(code), "split": splits.get(code)}
        found.append({**raw, **known, "no_counterpart": lost})
    return found


def splits_of(concordance: list[Mapping[str, Any]]) -> dict[str, Split]:
    """Old codes with several new ones."""
    shares: dict[str, dict[str, Fraction]] = {}
    for row in concordance:
        shares.setdefault(row["old"], {})[row["new"]] = Fraction(row.get("weight", 1.0))
    several = sorted(old for old, of_old in shares.items() if len(of_old) > 1)
    return {old: Split(place, shares[old]) for place, old in enumerate(several, start=1)}


def read_rows(raws: Iterable[Raw], study: Any, priced: Callable[[Raw], bool]) -> Census:
    """Flag the study's rows, count them by year and keep the valid ones.

    `priced` tells whether the study has a price for a row.
    """
    read = [raw for raw in raws if raw["year"] in study.years]
    flags = flag_rows(read, study)
    for raw, found in zip(read, flags, strict=True):
        if raw.get("no_counterpart"):
            found.add("no_counterpart")
    for raw, found in zip(read, flags, strict=True):
        if "missing_price" in actions(study) and not priced(raw):
            found.add("missing_price")
    broken = Counter(flag for found in flags for flag in found)
    stopping = {rule: n for rule, n in broken.items() if actions(study).get(rule) == "stop"}
    if stopping:
        raise InputError(Problem(rule, "census", count) for rule, count in stopping.items())
    valid = [
        raw for raw, found in zip(read, flags, strict=True) if not is_quarantined(found, study)
    ]
    for raw, found in zip(read, flags, strict=True):
        if is_quarantined(found, study):
            continue
        if loses_digits(raw, study):
            found.add("money_rounded")
        if is_rounded(usable(raw, "employment", study) * weight_of(raw, study), 3):
            found.add("employment_rounded")
    return Census([row_of(raw, study) for raw in valid], count_quality(read, flags, study))


def count_quality(read: list[Raw], flags: list[set[str]], study: Any) -> list[dict[str, Any]]:
    """One row per year and rule, and three totals per year."""
    counted, acting = [], actions(study)
    for rule in RARE:
        if any(rule in found for found in flags):
            acting[rule] = "keep"
    for year in study.years:
        found = [flag for raw, flag in zip(read, flags, strict=True) if raw["year"] == year]
        quarantined = sum(is_quarantined(flag, study) for flag in found)
        totals = {
            "read": len(found),
            "valid": len(found) - quarantined,
            "quarantined": quarantined,
        }
        counted += [
            {"year": year, "rule": rule, "action": None, "rows": count}
            for rule, count in totals.items()
        ]
        counted += [
            {
                "year": year,
                "rule": rule,
                "action": action,
                "rows": sum(rule in flag for flag in found),
            }
            for rule, action in acting.items()
        ]
    return counted


def row_of(raw: Raw, study: Any) -> Row:
    """The row in fixed point, invalid numbers as 0."""
    times = weight_of(raw, study)
    decimals = study.census.money_decimals
    employment, sales, exports, value_added = (
        usable(raw, name, study) for name in ("employment", *MONEY)
    )
    per_unit = float(f"1e{decimals}")
    columns = predicate_columns(raw, study)
    return Row(
        establishment_id=columns["establishment_id"],
        year=raw["year"],
        industry=columns["industry"],
        weight=fixed(employment * times, 1000.0),
        sales=fixed(sales * times, per_unit),
        exports=fixed(exports * times, per_unit),
        value_added=fixed(value_added * times, per_unit),
        exporter=exports > 0,
        productivity=log_ratio(raw, study),
        columns=columns,
        split=raw.get("split"),
        decimals=decimals,
        unknown=frozenset(lacking(raw, study)),
    )


def usable(raw: Raw, name: str, study: Any) -> float:
    """The amount, 0 where it is none: alone or times the row's weight."""
    value, most = raw.get(name), largest_of(name, study)
    is_fine = is_number(value, most) if name == "value_added" else is_amount(value, most)
    return value if is_fine and is_number(value * weight_of(raw, study), most) else 0.0


COLUMNS_OF = {
    "employment": ("weight",),
    "sales": ("sales", "exports"),
    "value_added": ("value_added",),
}


def lacking(raw: Raw, study: Any) -> Iterator[str]:
    """Measures of which the row has no number, alone or times its weight."""
    times = weight_of(raw, study)
    is_weight = times is not None and is_amount(times)
    for name in filter(study.census.has, COLUMNS_OF):
        value, most = raw.get(name), largest_of(name, study)
        is_fine = is_number(value, most) if name == "value_added" else is_amount(value, most)
        if not (is_weight and is_fine and is_number(value * times, most)):
            yield name


def without_unknown(
    rows: Iterable[Row], ends: Iterable[int], together: Iterable[str] = ()
) -> list[Row]:
    """The rows, those of the ends without amounts that their establishment lacks at one of them."""
    rows, ends = list(rows), set(ends)
    lost = {
        measure: {
            row.establishment_id
            for row in rows
            if row.year in ends
            and row.unknown & ({*together} if measure in together else {measure})
        }
        for measure in COLUMNS_OF
    }
    found = []
    for row in rows:
        gone = [
            name
            for measure, ids in lost.items()
            if row.year in ends and row.establishment_id in ids
            for name in COLUMNS_OF[measure]
        ]
        found.append(replace(row, **dict.fromkeys(gone, 0), reported=row) if gone else row)
    return found


def unknown_note(
    cell: Iterable[Row], rows: Iterable[Row], ends: Iterable[int], measures: Iterable[str]
) -> str | None:
    """How many rows of a cell are of establishments that lack a measure at one of the ends."""
    rows, cell, told = list(rows), list(cell), []
    for measure in measures:
        lost = {row.establishment_id for row in rows if row.year in ends and measure in row.unknown}
        if count := sum(row.count for row in cell if row.establishment_id in lost):
            told.append(
                f"{measure.replace('_', ' ')} is unknown at an end of {count} establishment"
            )
    return "; ".join(told) or None


def loses_digits(raw: Raw, study: Any) -> bool:
    """Whether rounding moves some money of a valid row by more than a billionth of it."""
    times, decimals = weight_of(raw, study), study.census.money_decimals
    return any(is_rounded(usable(raw, name, study) * times, decimals) for name in MONEY)


def predicate_columns(raw: Raw, study: Any) -> dict[str, Any]:
    """What a predicate may read: the census's columns and those derived from them."""
    industry = industry_code(raw.get("industry"), study.census.industry_digits)
    exports = 0.0 if raw.get("exports") is None else raw["exports"]
    given = {name: value for name, value in raw.items() if name != "split"}
    return {
        **given,
        "establishment_id": identifier(raw.get("establishment_id")),
        "industry": industry,
        "industry_group": industry and industry[: study.census.industry_group_digits],
        "domestic_sales": None if raw.get("sales") is None else raw["sales"] - exports,
        "exporter": exports > 0,
    }


def log_ratio(raw: Raw, study: Any) -> float | None:
    """Log of numerator over denominator; None unless both are numbers above 0."""
    numerator = raw.get(study.productivity.numerator)
    denominator = raw.get(study.productivity.denominator)
    names = (study.productivity.numerator, study.productivity.denominator)
    most = [largest_of(name, study) for name in names]
    if not (is_number(numerator, most[0]) and is_number(denominator, most[1])):
        return None
    if numerator <= 0 or denominator <= 0:
        return None
    return math.log(numerator / denominator)
