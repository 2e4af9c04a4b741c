"""Census rows into flagged rows with whole-number amounts: nothing is dropped here."""

from collections.abc import Mapping, Sequence
from functools import partial, reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.fixed_point import (
    EMPLOYMENT_UNITS,
    LARGEST_AMOUNT,
    LARGEST_ROUNDING,
    units_of_money,
)
from tradegains.tables import working as w
from tradegains.tables.flags import FLAG_BITS, UNMEASURED_RULES
from tradegains.transforms.bits import bigint, bit_if, merge_bits
from tradegains.transforms.lookups import COUNTERPART

NO_COUNTERPART = "no_counterpart"
DIVISION_BY_ZERO = "division_by_zero"

MONEY = ("sales", "exports", "value_added")
LARGEST_PLAUSIBLE = 9e27
"""Up to here money of any currency may be; what is beyond is a code for something missing."""

SURELY_MEASURABLE = 1e-100
"""Two amounts from here up have a ratio in the range of doubles."""


def standardise_industry(census: DataFrame, *, digits: int, group_digits: int) -> DataFrame:
    """One row per census row, its industry as text of `digits` digits and its group beside it.

    Reads industry: text is trimmed, a whole number is padded with zeros on the left.
    """
    code = F.trim(F.col(w.INDUSTRY).cast("string"))
    if dict(census.dtypes)[w.INDUSTRY] != "string":
        code = F.when(F.length(code) < digits, F.lpad(code, digits, "0")).otherwise(code)
    return census.withColumn(w.INDUSTRY, code).withColumn(
        w.INDUSTRY_GROUP, F.substring(F.col(w.INDUSTRY), 1, group_digits)
    )


def convert_industries(
    rows: DataFrame, counterparts: DataFrame, *, group_digits: int, on: Sequence[str] = ()
) -> DataFrame:
    """One row per row, under its industry's counterpart; a code without one becomes null.

    Reads industry and the columns `on`; `counterparts` has one row per known code and `on`, the
    code it is counted under, and where codes are split a number for each that is.
    `no_counterpart` tells the rows whose code has none.
    """
    joined = rows.join(F.broadcast(counterparts), on=[w.INDUSTRY, *on], how="left")
    group = F.substring(F.col(COUNTERPART), 1, group_digits)
    converted = joined.withColumns(
        {
            NO_COUNTERPART: F.col(w.INDUSTRY).isNotNull() & F.col(COUNTERPART).isNull(),
            w.INDUSTRY_GROUP: group,
        }
    )
    return converted.withColumn(w.INDUSTRY, F.col(COUNTERPART)).drop(COUNTERPART)


def add_derived_columns(census: DataFrame, *, largest_money: float = LARGEST_AMOUNT) -> DataFrame:
    """One row per census row, with domestic_sales and exporter for the study's predicates.

    Reads sales and, if there, exports; what is not exported, or not said, is sold at home.
    """
    if "exports" not in census.columns:
        return census.withColumn("domestic_sales", F.col("sales"))
    is_amount = F.coalesce(~_is_invalid("exports", {"exports": largest_money}), F.lit(False))
    exports = F.when(is_amount, F.col("exports")).otherwise(0.0)
    return census.withColumns({"domestic_sales": F.col("sales") - exports, "exporter": exports > 0})


def flag_rows(
    census: DataFrame,
    *,
    rules: Mapping[str, str],
    industry_digits: int,
    measure: Sequence[str],
    largest_money: float = LARGEST_AMOUNT,
) -> DataFrame:
    """One row per census row, with `flags` (a bit per broken rule) and `valid`.

    Reads the contract columns. A sampling weight that is missing, negative or not a number breaks
    `invalid_employment`: without it nobody is employed in the row. `measure` is numerator and
    denominator of productivity; money above `largest_money` is none. The rule `duplicate` needs
    the whole establishment and is set after matching, by `flag_duplicates`.
    """
    limits = dict.fromkeys(MONEY, largest_money)
    conditions = _rule_conditions(census, industry_digits, measure, limits)
    broken = merge_bits([bit_if(broken, FLAG_BITS[rule]) for rule, broken in conditions.items()])
    # Rule by rule only where the cheap test fails: on Sail this halves the time of flagging.
    is_clean = _is_surely_clean(census, industry_digits, measure, limits)
    flags = F.when(is_clean, bigint(0)).otherwise(broken)
    return census.withColumn(w.FLAGS, flags).withColumn(w.VALID, _is_valid(rules))


def flag_duplicates(
    rows: DataFrame, duplicates: DataFrame, *, rules: Mapping[str, str]
) -> DataFrame:
    """One row per flagged row, every copy of a repeated (establishment_id, year) flagged.

    Reads flags and valid of `rows`; `duplicates` has one row per repeated (id, year).
    """
    marked = F.broadcast(duplicates.withColumn("is_duplicate", F.lit(True)))
    bit = bit_if(F.col("is_duplicate") & F.col(w.VALID), FLAG_BITS["duplicate"])
    return (
        rows.join(marked, [w.ESTABLISHMENT_ID, w.YEAR], how="left")
        .withColumn(w.FLAGS, F.col(w.FLAGS) + bit)
        .withColumn(w.VALID, _is_valid(rules))
        .drop("is_duplicate")
    )


def find_duplicates(rows: DataFrame) -> DataFrame:
    """One row per (establishment_id, year) that stands more than once among valid rows.

    Reads establishment_id, year and valid.
    """
    return (
        rows.filter(F.col(w.VALID))
        .groupBy(w.ESTABLISHMENT_ID, w.YEAR)
        .agg(F.count(F.lit(1)).alias(w.ESTABLISHMENTS))
        .filter(F.col(w.ESTABLISHMENTS) > 1)
        .select(w.ESTABLISHMENT_ID, w.YEAR)
    )


def fix_amounts(rows: DataFrame, *, decimals: int, largest_money: float) -> DataFrame:
    """One row per flagged row, with amounts as whole numbers; 0 for an invalid number.

    Reads employment, sales and, if there, exports, value_added and sampling_weight [times]. Money
    counts to so many `decimals`, which are enough for `largest_money`. A row of whose money that
    loses more than LARGEST_ROUNDING gets the flag `money_rounded`; one whose employment does,
    `employment_rounded`.
    """
    usable = usable_amounts(rows, largest_money=largest_money)
    units = {name: units_of_money(decimals) for name in MONEY}
    units["employment"] = float(EMPLOYMENT_UNITS)
    sources = {
        w.EMPLOYMENT: "employment",
        w.SALES: "sales",
        w.EXPORTS: "exports",
        w.VALUE_ADDED: "value_added",
    }
    fixed = {
        amount: _round_half_away(usable[name], units[name], signed=name == "value_added")
        if name in usable
        else bigint(0)
        for amount, name in sources.items()
    }
    rounded = [_is_rounded(usable[name], units[name]) for name in MONEY if name in usable]
    is_rounded = reduce(lambda one, other: one | other, rounded)
    are_jobs_rounded = _is_rounded(usable["employment"], units["employment"])
    flags = F.col(w.FLAGS) + merge_bits(
        [
            bit_if(is_rounded, FLAG_BITS["money_rounded"]),
            bit_if(are_jobs_rounded, FLAG_BITS["employment_rounded"]),
        ]
    )
    return rows.withColumns({**fixed, w.FLAGS: flags})


def largest_amounts(flagged: DataFrame, *, largest_money: float) -> DataFrame:
    """One row: the largest money that counts, the largest that is refused for its size, and `rows`.

    Reads what `usable_amounts` reads. `counted` is of rows that stay in the study, whatever the
    sign; `refused` of all rows, null where none is above `largest_money` and no more than
    LARGEST_PLAUSIBLE; both are of amounts times their weights.
    """
    weight = F.col("sampling_weight") if "sampling_weight" in flagged.columns else F.lit(1.0)
    counted = usable_amounts(flagged, largest_money=largest_money)
    refused = {
        name: _in_range(F.abs(F.col(name) * weight), largest_money)
        for name in MONEY
        if name in flagged.columns
    }
    return flagged.agg(
        F.greatest(*map(F.max, map(F.abs, (counted[name] for name in refused))), F.lit(0.0)).alias(
            "counted"
        ),
        F.greatest(*map(F.max, refused.values()), F.lit(None).cast("double")).alias("refused"),
        F.count(F.lit(1)).alias("rows"),
    )


def _in_range(amount: Column, largest_money: float) -> Column:
    return F.when((amount > largest_money) & (amount <= LARGEST_PLAUSIBLE), amount)


def unknown_amounts(
    rows: DataFrame, measures: Sequence[str], *, largest_money: float
) -> dict[str, Column]:
    """By measure, whether a row's amount is missing or none: then nobody knows what it is.

    Reads the columns of the measures and, if there, sampling_weight.
    """
    weight = F.col("sampling_weight") if "sampling_weight" in rows.columns else None
    return {name: ~_is_usable(name, weight, largest_money) for name in measures}


def usable_amounts(rows: DataFrame, *, largest_money: float) -> dict[str, Column]:
    """Each amount that a census has, times its weight; 0 in rows that leave the study, or invalid.

    Reads valid, employment, sales and, if there, exports, value_added and sampling_weight.
    """
    weight = F.col("sampling_weight") if "sampling_weight" in rows.columns else None
    return {
        name: _usable(name, weight, LARGEST_AMOUNT if name == "employment" else largest_money)
        for name in ("employment", *MONEY)
        if name in rows.columns
    }


def add_log_productivity(
    rows: DataFrame, *, numerator: str, denominator: str, log_price: str | None
) -> DataFrame:
    """One row per flagged row, with log_productivity [log money unit per job], else null.

    Reads numerator, denominator and flags. Must equal formulas.productivity.log_labour_productivity
    minus the log price.
    """
    ratio = F.col(numerator) / F.col(denominator)
    measured = F.ln(ratio) if log_price is None else F.ln(ratio) - F.col(log_price)
    unusable = sum(FLAG_BITS[rule] for rule in UNMEASURED_RULES)
    is_usable = F.col(w.FLAGS).bitwiseAND(bigint(unusable)) == 0
    return rows.withColumn(w.LOG_PRODUCTIVITY, F.when(F.col(w.VALID) & is_usable, measured))


def _rule_conditions(
    census: DataFrame, industry_digits: int, measure: Sequence[str], limits: Mapping[str, float]
) -> dict[str, Column]:
    identifier = F.col(w.ESTABLISHMENT_ID)
    is_text = dict(census.dtypes)[w.ESTABLISHMENT_ID] == "string"
    is_blank = F.trim(identifier) == "" if is_text else F.lit(False)
    is_code = F.col(w.INDUSTRY).rlike(f"^[0-9]{{{industry_digits}}}$")
    is_weighted = "sampling_weight" in census.columns
    is_none = partial(_is_invalid, limits=limits)
    is_invalid = (
        partial(_is_uncountable, weight="sampling_weight", limits=limits)
        if is_weighted
        else is_none
    )
    conditions = {
        "missing_id": identifier.isNull() | is_blank,
        "invalid_industry": F.col(w.INDUSTRY).isNull() | ~is_code,
        "invalid_employment": _is_missing("employment") | is_invalid("employment"),
        "invalid_sales": _is_missing("sales") | is_invalid("sales"),
        "nonpositive_value_added": _is_unmeasurable(measure, limits),
    }
    if is_weighted:
        unweighable = _is_missing("sampling_weight") | is_none("sampling_weight")
        conditions["invalid_employment"] = conditions["invalid_employment"] | unweighable
    if "exports" in census.columns:
        conditions["invalid_exports"] = is_invalid("exports")
        conditions["missing_exports"] = _is_missing("exports")
        are_amounts = ~is_none("exports") & ~is_none("sales")
        conditions["exports_above_sales"] = are_amounts & (F.col("exports") > F.col("sales"))
    if "value_added" in census.columns:
        value = F.col("value_added")
        is_no_number = F.isnan(value) | (F.abs(value) > limits["value_added"])
        is_large = F.lit(False)
        if is_weighted:
            is_large = _is_too_large("value_added", "sampling_weight", limits)
        conditions["invalid_value_added"] = is_no_number | is_large
        conditions["missing_value_added"] = value.isNull()
    if "log_price" in census.columns:
        conditions["missing_price"] = F.col("log_price").isNull()
    if NO_COUNTERPART in census.columns:
        conditions[NO_COUNTERPART] = F.col(NO_COUNTERPART)
    if DIVISION_BY_ZERO in census.columns:
        conditions[DIVISION_BY_ZERO] = F.col(DIVISION_BY_ZERO)
    return conditions


def _is_surely_clean(
    census: DataFrame, industry_digits: int, measure: Sequence[str], limits: Mapping[str, float]
) -> Column:
    """True only of rows that break no rule; of a few of those it is false.

    A comparison is false for NaN, and null for null, so these rows are left to the rules.
    """
    identifier, code = F.col(w.ESTABLISHMENT_ID), F.col(w.INDUSTRY)
    is_text = dict(census.dtypes)[w.ESTABLISHMENT_ID] == "string"
    amounts = {"employment", "sales", "sampling_weight"} & {*census.columns}
    weight = F.col("sampling_weight")
    is_weighted = "sampling_weight" in census.columns
    weighted = {"employment", "sales", "value_added"} & {*census.columns} if is_weighted else set()
    tests = [
        F.trim(identifier) != "" if is_text else identifier.isNotNull(),
        # A number this large in so few characters is made of digits alone.
        F.length(code) == industry_digits,
        code.try_cast("bigint") >= bigint(10 ** (industry_digits - 1)),
        *(F.col(name).between(0.0, _limit(name, limits)) for name in sorted(amounts)),
        *(F.abs(F.col(name) * weight) <= _limit(name, limits) for name in sorted(weighted)),
        *(F.col(name).between(SURELY_MEASURABLE, _limit(name, limits)) for name in measure),
    ]
    if "exports" in census.columns:
        tests.append(F.col("exports").between(F.lit(0.0), F.col("sales")))
    if "value_added" in census.columns and "value_added" not in measure:
        largest = limits["value_added"]
        tests.append(F.col("value_added").between(-largest, largest))
    if "log_price" in census.columns:
        tests.append(F.col("log_price").isNotNull())
    if DIVISION_BY_ZERO in census.columns:
        tests.append(~F.col(DIVISION_BY_ZERO))
    return F.coalesce(reduce(lambda left, right: left & right, tests), F.lit(False))


def _is_missing(name: str) -> Column:
    return F.col(name).isNull()


def _limit(name: str, limits: Mapping[str, float]) -> float:
    """The largest number that is an amount of this column."""
    return limits.get(name, LARGEST_AMOUNT)


def _is_invalid(name: str, limits: Mapping[str, float]) -> Column:
    amount = F.col(name)
    return F.isnan(amount) | (amount < 0) | (amount > _limit(name, limits))


def _is_uncountable(name: str, *, weight: str, limits: Mapping[str, float]) -> Column:
    """Whether an amount is none, or is more times its weight than a sum can hold to the unit."""
    return _is_invalid(name, limits) | _is_too_large(name, weight, limits)


def _is_too_large(name: str, weight: str, limits: Mapping[str, float]) -> Column:
    """An invalid weight is employment's fault alone."""
    is_too_large = F.abs(F.col(name) * F.col(weight)) > _limit(name, limits)
    return ~_is_missing(weight) & ~_is_invalid(weight, limits) & is_too_large


def _is_unmeasurable(measure: Sequence[str], limits: Mapping[str, float]) -> Column:
    """Neither NaN, infinite nor so extreme that the ratio has no finite logarithm."""
    above, below = map(F.col, measure)
    most, most_below = (_limit(name, limits) for name in measure)
    in_range = (above <= most) & (below <= most_below)
    is_positive = (above > 0) & (below > 0) & in_range
    # Divided only where positive: Spark refuses to divide by 0.
    ratio = F.when(is_positive, above / below)
    return ~F.coalesce((ratio > 0) & (ratio < float("inf")), F.lit(False))


def _is_valid(rules: Mapping[str, str]) -> Column:
    removing = sum(FLAG_BITS[rule] for rule, action in rules.items() if action != "keep")
    return F.col(w.FLAGS).bitwiseAND(bigint(removing)) == 0


def _usable(source: str, weight: Column | None, largest: float) -> Column:
    """An amount times its weight; an unusable one counts 0."""
    amount = F.col(source) if weight is None else F.col(source) * weight
    is_usable = _is_usable(source, weight, largest)
    return F.when(F.col(w.VALID) & is_usable, amount).otherwise(0.0)


def _is_usable(source: str, weight: Column | None, largest: float) -> Column:
    amount = F.col(source) if weight is None else F.col(source) * weight
    is_usable = (F.abs(amount) <= largest) & ~F.isnan(amount)
    if weight is not None:
        is_usable = is_usable & (weight >= 0)
    if source != "value_added":
        is_usable = is_usable & (F.col(source) >= 0)
    return F.coalesce(is_usable, F.lit(False))


def _is_rounded(amount: Column, per_unit: float) -> Column:
    """Must equal formulas.fixed_point.loses_digits."""
    units = F.abs(amount) * per_unit
    return F.abs(units - F.floor(units + 0.5)) > units * LARGEST_ROUNDING


def _round_half_away(amount: Column, per_unit: float, *, signed: bool) -> Column:
    """Must equal formulas.fixed_point.to_fixed_point; a negative number only where `signed`.

    Half of the number of half units, rounded up: twice a double is exact. Spark's own `round`
    writes each number as decimal text and reads it again.
    """
    magnitude = F.abs(amount) if signed else amount
    half_units = F.floor(magnitude * (2 * per_unit)).cast("bigint")
    rounded = F.shiftright(half_units + bigint(1), 1)
    return rounded * F.signum(amount).cast("bigint") if signed else rounded
