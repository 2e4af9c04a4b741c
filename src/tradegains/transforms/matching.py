"""Flagged rows into matched rows: the one shuffle over all rows of a study, if it needs one.

Each establishment's history (a few bits per year, `formulas.membership`) is merged by id and put
beside its rows; every window, continuing rule, status and restriction is then a bit test on a row,
so one pass serves them all and the id goes no further.

A worked example: the marks are present in 1988, present in 1996 and domestic in 1996, which are
bits 1, 2 and 4; the window is 1988-1996, and bit 1 of a membership is "continuing in it"::

    id   year   its own marks   history of the id   membership
    A    1988   1               1 | 2 | 4 = 7       7 has 1 and 2: 1, continuing
    A    1996   2 | 4 = 6       7                   1
    B    1988   1               1                   1 lacks 2: 0, and in 1988: an exiter
    C    1996   2 | 4 = 6       6                   6 lacks 1: 0, and in 1996: an entrant

The bitwise OR over an id's rows is all that crosses the network, whatever the study asks.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Literal

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tradegains.formulas.membership import (
    WORD_BITS,
    HistoryBits,
    LaterValues,
    MembershipBits,
    SetCondition,
)
from tradegains.tables import working as w
from tradegains.tables.flags import FLAG_BITS
from tradegains.transforms.bits import bigint, bit_if, has_bits, merge_bits
from tradegains.transforms.replicate_units import first_unit, without_year

HAS_DUPLICATES = "has_duplicates"
ROWS_OF_ID = "rows_of_id"
FIRST_UNIT = "first_unit"

MergeBy = Literal["hash", "sort", "bucket"]
"""How an engine brings the rows of an id together. A hash of all establishments must fit the
memory; a sort need not, and reads the census once where the hash reads it twice. Where files are
bucketed by id the rows to be sorted are in one part already."""


def match_establishments(
    rows: DataFrame,
    *,
    history: HistoryBits,
    memberships: MembershipBits,
    conditions: Sequence[SetCondition],
    window_industries: Mapping[str, int],
    later: Sequence[LaterValues] = (),
    carried: Sequence[str] = (),
    code_digits: int | None = None,
    merge_by: MergeBy = "hash",
    merges_unit: bool = False,
) -> DataFrame:
    """One row per flagged row, with its membership and industry as a number.

    Reads establishment_id, year, valid, the columns that marks, conditions and `later` name, and
    the amounts. `window_industries` maps a window to the year whose industry counts in it;
    `carried` names further columns to keep, such as establishment_id, which else goes no further.
    `code_digits` is stated where a concordance splits industries: each industry column then has
    beside it the one that is split (`tables.working.parts_column`). `merges_unit` gives every row
    of an establishment the replicate unit of its first.
    """
    # The code becomes a number before the shuffle: it is shorter than the text.
    by_id = rows.withColumn(w.INDUSTRY, _industry_number())
    counted, parts = w.INDUSTRY, w.parts_column(w.INDUSTRY)
    if code_digits:
        counted = parts
        has_code = F.col(w.INDUSTRY).isNotNull()
        number = F.when(has_code, F.coalesce(F.col(parts), F.col(w.INDUSTRY)))
        by_id = by_id.withColumn(parts, number)
    if merge_by != "bucket":
        # Here, for the window would send the rows only after it has added what it merges.
        by_id = by_id.repartition(w.ESTABLISHMENT_ID)
    merged = merged_values(
        history=history, window_industries=window_industries, later=later, counted=counted
    )
    if merges_unit:
        merged[FIRST_UNIT] = first_unit()
    with_history = add_by_hash if merge_by == "hash" else add_by_sort
    # Told as one bit: else a join would hash and hold both counts.
    has_duplicates = F.col(ROWS_OF_ID) > _years_present(history)
    return with_history(by_id, merged, has_duplicates).select(
        w.YEAR,
        w.FLAGS,
        w.INDUSTRY,
        *([parts] if code_digits else []),
        *(
            column
            for window in window_industries
            for column in _industry_in_window(window, counted, code_digits)
        ),
        *w.AMOUNTS,
        w.LOG_PRODUCTIVITY,
        _membership(memberships, conditions).alias(w.MEMBERSHIP),
        F.when(F.col(w.VALID) & F.col(HAS_DUPLICATES), F.lit(1)).alias(w.DUPLICATED_ID),
        *(column for each in later for column in _later_values(each)),
        *carried,
        *([_unit_of_establishment()] if merges_unit else []),
    )


def _unit_of_establishment() -> Column:
    return F.when(F.col(w.VALID), without_year(F.col(FIRST_UNIT))).alias(w.REPLICATE_UNIT)


def keep_part(rows: DataFrame, part: int, parts: int) -> DataFrame:
    """One row per row of one part of all establishments, chosen by a hash of the id.

    An establishment's rows are in one part, so parts can be matched one after the other where the
    histories of all would not fit the memory.
    """
    if parts == 1:
        return rows
    return rows.filter(F.pmod(F.xxhash64(w.ESTABLISHMENT_ID), bigint(parts)) == bigint(part))


def add_by_hash(rows: DataFrame, merged: Mapping[str, Column], has_duplicates: Column) -> DataFrame:
    """Rows with what is merged of their establishment, from a hash of all establishments."""
    # Those without a valid row have nothing to merge: they need no place in the hash.
    by_id = rows.filter(F.col(w.VALID)).groupBy(w.ESTABLISHMENT_ID)
    histories = by_id.agg(*(column.alias(name) for name, column in merged.items()))
    histories = histories.withColumn(HAS_DUPLICATES, has_duplicates).drop(ROWS_OF_ID)
    # A right join, because the engine then hashes the histories, a third of the rows and three
    # columns: held the other way round the match took 1.6 times the time and twice the memory.
    return histories.join(rows, on=w.ESTABLISHMENT_ID, how="right")


def add_by_sort(rows: DataFrame, merged: Mapping[str, Column], has_duplicates: Column) -> DataFrame:
    """Rows with what is merged of their establishment, from its rows beside each other."""
    of_id = Window.partitionBy(w.ESTABLISHMENT_ID)
    beside = rows.select("*", *(column.over(of_id).alias(name) for name, column in merged.items()))
    return beside.withColumn(HAS_DUPLICATES, has_duplicates)


def merged_values(
    *,
    history: HistoryBits,
    window_industries: Mapping[str, int],
    later: Sequence[LaterValues] = (),
    counted: str = w.INDUSTRY,
) -> dict[str, Column]:
    """What an establishment's rows are merged to, by name; a quarantined row adds nothing.

    The history words, industries and values of stated years, and the number of valid rows. Reads
    year, valid, a boolean column per kind of mark, and the industry as a number from `counted`.
    """
    values = dict.fromkeys(
        (column, year) for each in later for year in each.years.values() for column in each.columns
    )
    return {
        **{
            f"{w.HISTORY}_{word}": F.bit_or(_marks_in_word(history, word))
            for word in range(history.words)
        },
        **{
            _raw_industry(window): _value_in_year(counted, year)
            for window, year in window_industries.items()
        },
        **{f"{column}_in_{year}": _value_in_year(column, year) for column, year in values},
        ROWS_OF_ID: F.count(F.when(F.col(w.VALID), F.lit(1))),
    }


def _marks_in_word(history: HistoryBits, word: int) -> Column:
    """This row's bits: for each kind of mark whose condition holds, the bit of its year."""
    by_kind: dict[str, dict[int, int]] = {}
    for mark, position in history.positions.items():
        if position // WORD_BITS == word:
            by_kind.setdefault(mark.kind, {})[mark.year] = 1 << (position % WORD_BITS)
    return merge_bits([_bit_of_year(kind, bits) for kind, bits in by_kind.items()])


def _bit_of_year(kind: str, bits: Mapping[int, int]) -> Column:
    bit = _by_year({year: bigint(bit) for year, bit in bits.items()})
    is_marked = F.col(w.VALID) if kind == "present" else F.col(w.VALID) & F.col(kind)
    return F.when(is_marked, F.coalesce(bit, bigint(0))).otherwise(bigint(0))


def _by_year(values: Mapping[int, Column]) -> Column:
    """The value of the row's year; null in other years."""
    (first, *others) = ((F.col(w.YEAR) == year, value) for year, value in values.items())
    cases = F.when(*first)
    for case in others:
        cases = cases.when(*case)
    return cases


def _value_in_year(column: str, year: int) -> Column:
    """Of the one valid row of that year; where there are two, both are found to be duplicates."""
    is_in_year = F.col(w.VALID) & (F.col(w.YEAR) == year)
    return F.max(F.when(is_in_year, F.col(column)))


def _later_values(later: LaterValues) -> Iterator[Column]:
    for column in later.columns:
        value = _by_year(
            {year: F.col(f"{column}_in_{after}") for year, after in later.years.items()}
        )
        yield F.when(F.col(w.VALID), value).alias(w.later_column(column, later.name))


def _years_present(history: HistoryBits) -> Column:
    present = history.masks([mark for mark in history.positions if mark.kind == "present"])
    counts = [
        F.bit_count(F.col(f"{w.HISTORY}_{word}").bitwiseAND(bigint(mask)))
        for word, mask in enumerate(present)
        if mask
    ]
    return reduce(lambda left, right: left + right, counts)


def _membership(memberships: MembershipBits, conditions: Sequence[SetCondition]) -> Column:
    """The row's sets as one whole number; a quarantined row is in none."""
    bits = [bit_if(_holds(condition), memberships.bit(condition.name)) for condition in conditions]
    return F.when(F.col(w.VALID), merge_bits(bits)).otherwise(bigint(0))


def _holds(condition: SetCondition) -> Column:
    masks = enumerate(condition.history_masks)
    tests = [has_bits(f"{w.HISTORY}_{word}", mask) for word, mask in masks if mask]
    for word, mask in enumerate(condition.absent_masks):
        if mask:
            tests.append(F.col(f"{w.HISTORY}_{word}").bitwiseAND(bigint(mask)) == 0)
    if condition.years:
        tests.append(F.col(w.YEAR).isin(*condition.years))
    if condition.column:
        tests.append(F.col(condition.column))
    return reduce(lambda left, right: left & right, tests)


def _industry_in_window(window: str, counted: str, code_digits: int | None) -> Iterator[Column]:
    number = F.coalesce(F.col(_raw_industry(window)), F.col(counted))
    name = w.window_industry(window)
    if code_digits is None:
        yield number.alias(name)
        return
    yield F.pmod(number, bigint(10**code_digits)).alias(name)
    yield number.alias(w.parts_column(name))


def _industry_number() -> Column:
    """A valid code is all digits: as a number it groups and joins faster than as text."""
    is_code = ~has_bits(w.FLAGS, FLAG_BITS["invalid_industry"])
    return F.when(F.col(w.VALID) & is_code, F.col(w.INDUSTRY).try_cast("bigint"))


def _raw_industry(window: str) -> str:
    return f"stated_{w.window_industry(window)}"
