"""From census rows to rows ready to be matched, as the study's choices say."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.conditions.columns import column_of, divides_by_zero
from tradegains.conditions.expressions import Expression
from tradegains.conditions.judging import read_conditions
from tradegains.formulas.concordance import counts_in, main_industry, parts_numbers
from tradegains.formulas.fixed_point import LARGEST_AMOUNT
from tradegains.inputs.small import Rows, SmallInputs
from tradegains.inputs.tariffs import HOME
from tradegains.statistics.handing import as_rows
from tradegains.study import Study
from tradegains.tables import working as w
from tradegains.transforms.flagging import (
    DIVISION_BY_ZERO,
    add_derived_columns,
    add_log_productivity,
    convert_industries,
    fix_amounts,
    flag_rows,
    standardise_industry,
    unknown_amounts,
)
from tradegains.transforms.lookups import CODE, COUNTERPART, look_up
from tradegains.transforms.replicate_units import number_units

LAST_ID, LINK = "last_id", "successor_link"
LOG_PRICE = "log_price"
UNIT_COLUMNS = {
    "establishment": w.ESTABLISHMENT_ID,
    "enterprise": "enterprise_id",
    "industry4": w.INDUSTRY,
    "industry2": w.INDUSTRY_GROUP,
}
"""Whose text names the unit of a row."""


def flag_census(
    study: Study, census: DataFrame, small: SmallInputs, *, largest_money: float = LARGEST_AMOUNT
) -> DataFrame:
    """One row per census row, flagged, with every column a rule or predicate reads.

    Money above `largest_money` is none.
    """
    digits = study.census.industry_digits
    productivity = study.productivity
    conditions = read_conditions(study, dict(census.dtypes))
    rows = standardise_industry(
        census, digits=digits, group_digits=study.census.industry_group_digits
    )
    if small.concordance:
        rows = _convert_industries(rows, study, small.concordance)
    rows = add_derived_columns(rows, largest_money=largest_money)
    if productivity.prices != "none":
        rows = _look_up_prices(rows, small.prices)
    if small.tariff_cuts and conditions.reads(w.industry_cut(HOME)):
        rows = _with_home_cut(rows, small.tariff_cuts)
    if conditions.dividing:
        rows = rows.withColumn(DIVISION_BY_ZERO, _any_divides(conditions.dividing))
    return flag_rows(
        rows,
        rules=study.census.rules,
        industry_digits=digits,
        measure=(productivity.numerator, productivity.denominator),
        largest_money=largest_money,
    )


def measure_rows(
    study: Study, flagged: DataFrame, *, largest_money: float, unknown: Sequence[str] = ()
) -> DataFrame:
    """One row per flagged row, with its whole-number amounts, productivity and predicates.

    `unknown` are the measures of which it is told whether a row lacks them.
    """
    rows = add_log_productivity(
        fix_amounts(flagged, decimals=study.census.decimals, largest_money=largest_money),
        numerator=study.productivity.numerator,
        denominator=study.productivity.denominator,
        log_price=None if study.productivity.prices == "none" else LOG_PRICE,
    )
    if study.census.has("enterprise_id"):
        # As a number: a text would make every matched row longer.
        rows = rows.withColumn(w.CONTRIBUTOR, F.xxhash64("enterprise_id"))
    predicates = {"domestic": F.col(w.SALES) > F.col(w.EXPORTS)}
    conditions = read_conditions(study, dict(flagged.dtypes))
    for position, condition in enumerate(conditions.populations.values()):
        predicates[w.population_column(position)] = column_of(condition)
    for name, condition in conditions.restrictions.items():
        predicates[w.restriction_column(name)] = column_of(condition)
    lacking = unknown_amounts(flagged, unknown, largest_money=largest_money)
    predicates |= {w.unknown_column(measure): test for measure, test in lacking.items()}
    measured = rows.withColumns({name: _if_valid(test) for name, test in predicates.items()})
    stated = study.uncertainty
    if stated is None:
        return measured
    column = UNIT_COLUMNS[stated.unit]
    return number_units(measured, column=column, unit=stated.unit, salt=stated.salt)


def _any_divides(conditions: Iterable[tuple[str, Expression]]) -> Column:
    """Whether any of these conditions, all of which divide, is missing for a division by zero."""
    tests = [test for _, each in conditions if (test := divides_by_zero(each)) is not None]
    return reduce(lambda left, right: left | right, tests)


def _if_valid(test: Column) -> Column:
    """A predicate that is null, as with a missing column value, does not hold."""
    return F.col(w.VALID) & F.coalesce(test.cast("boolean"), F.lit(False))


def _convert_industries(rows: DataFrame, study: Study, concordance: Rows) -> DataFrame:
    is_dated = bool({"from_year", "to_year"} & concordance[0].keys())
    splits = split_industries(concordance)
    numbers = parts_numbers(splits, digits=study.census.industry_digits)
    found = [
        (year, code, counterpart, numbers.get(code) if is_old else None)
        for year in (study.years if is_dated else (None,))
        for code, (counterpart, is_old) in _counterparts(concordance, splits, year).items()
    ]
    years, codes, counterparts, parts = zip(*found, strict=True)
    columns = {
        w.INDUSTRY: pa.array(codes, pa.string()),
        COUNTERPART: pa.array(counterparts, pa.string()),
    }
    if is_dated:
        columns[w.YEAR] = pa.array(years, pa.int32())
    if splits:
        columns[w.parts_column(w.INDUSTRY)] = pa.array(parts, pa.int64())
    return convert_industries(
        rows,
        as_rows(pa.table(columns), beside=rows),
        group_digits=study.census.industry_group_digits,
        on=(w.YEAR,) if is_dated else (),
    )


def _counterparts(
    concordance: Rows, splits: Mapping[str, Mapping[str, float]], year: int | None
) -> dict[str, tuple[str, bool]]:
    """Code that each known code counts under in a year, and whether it is there as an old one."""
    known = {row["new"]: (row["new"], False) for row in concordance}
    held = [row for row in concordance if year is None or counts_in(row, year)]
    known |= {row["old"]: (row["new"], True) for row in held}
    return known | {
        row["old"]: (main_industry(splits[row["old"]]), True)
        for row in held
        if row["old"] in splits
    }


def split_industries(concordance: Rows) -> dict[str, dict[str, float]]:
    """Weights of the new industries of each old one that has several."""
    found: dict[str, dict[str, float]] = {}
    for row in concordance:
        found.setdefault(row["old"], {})[row["new"]] = row.get("weight", 1.0)
    return {old: shares for old, shares in found.items() if len(shares) > 1}


def repair_ids(flagged: DataFrame, last_ids: Mapping[str, str]) -> DataFrame:
    """One row per flagged row, a replaced id now the last of its chain of successors.

    Reads establishment_id. Establishments that merge get one id, and keep their rows.
    `successor_link` is the number of the link that replaced an id, null where none did.
    """
    is_text = dict(flagged.dtypes)[w.ESTABLISHMENT_ID] == "string"
    kind = pa.string() if is_text else pa.int64()
    columns = {w.ESTABLISHMENT_ID: list(last_ids), LAST_ID: list(last_ids.values())}
    typed = {
        name: pa.array(ids if is_text else list(map(int, ids)), kind)
        for name, ids in columns.items()
    }
    typed[LINK] = pa.array(range(len(last_ids)), pa.int32())
    links = as_rows(pa.table(typed), beside=flagged)
    joined = flagged.join(F.broadcast(links), on=w.ESTABLISHMENT_ID, how="left")
    last_id = F.coalesce(F.col(LAST_ID), F.col(w.ESTABLISHMENT_ID))
    return joined.withColumn(w.ESTABLISHMENT_ID, last_id).drop(LAST_ID)


def _look_up_prices(rows: DataFrame, prices: Rows) -> DataFrame:
    digits = _code_length(prices)
    small = pa.table(
        {
            CODE: pa.array([row.get("industry") or "" for row in prices], pa.string()),
            w.YEAR: pa.array([row["year"] for row in prices], pa.int32()),
            LOG_PRICE: pa.array([math.log(row["index"]) for row in prices], pa.float64()),
        }
    )
    return look_up(rows, as_rows(small, beside=rows), digits=digits, on=(w.YEAR,))


def _with_home_cut(rows: DataFrame, cuts: Rows) -> DataFrame:
    """The rows with their industry's home cut, which conditions read; null where it has none."""
    found = [row for row in cuts if row.get("kind", HOME) == HOME]
    small = pa.table(
        {
            CODE: pa.array([row["industry"] for row in found], pa.string()),
            w.industry_cut(HOME): pa.array([row["cut"] for row in found], pa.float64()),
        }
    )
    return look_up(rows, as_rows(small, beside=rows), digits=_code_length(found))


def _code_length(rows: Rows) -> int:
    """Digits of a small table's industry codes; 0 when it has no industries."""
    return max((len(row.get("industry") or "") for row in rows), default=0)
