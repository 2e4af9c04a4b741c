"""Conditions as columns of an engine: the same answer from both, to the last unit.

Within arithmetic a missing number may be null or NaN: both spread through it. Wherever else a
number is used, `_present` makes NaN null. What the engines do differently is not used: `round`
(one goes by decimal text), `log` and `isnan` of null, `cast` of decimals, which one of them rounds
twice.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from pyspark.sql import Column
from pyspark.sql import functions as F

from tradegains.conditions.expressions import COMPARISONS, Expression
from tradegains.transforms.bits import bigint

WHOLE_FROM = 2.0**52
"""Doubles from here on are whole; far below it a whole number of an engine ends."""

_CASES = ("lower", "upper")

SPLITTER = 2.0**12 + 1
"""Veltkamp's factor for doubles that keep 41 bits, 12 digits."""


def column_of(expression: Expression) -> Column:
    """True, false or null: the condition for one row."""
    return _TRANSLATED[expression.operation](expression)


def divides_by_zero(expression: Expression) -> Column | None:
    """Whether the condition is missing where it divides by zero; None: it never divides."""
    divisors = [each.parts[1] for each in expression if each.operation == "/"]
    if not divisors:
        return None
    zeros = [_number(divisor) == F.lit(0.0) for divisor in divisors]
    is_zero = _balanced(zeros, lambda left, right: left | right)
    return column_of(expression).isNull() & F.coalesce(is_zero, F.lit(False))


def _balanced(columns: Sequence[Column], join: Callable[[Column, Column], Column]) -> Column:
    """All columns joined, as a balanced tree: PySpark cannot send a long chain."""
    if len(columns) == 1:
        return columns[0]
    half = len(columns) // 2
    return join(_balanced(columns[:half], join), _balanced(columns[half:], join))


# --- values


def _column(expression: Expression) -> Column:
    name = str(expression.value).replace("`", "``")
    column = F.col(f"`{name}`")
    # By its digits: a double nearest to them is the same everywhere.
    return column.cast("string").cast("double") if expression.is_decimal else column


def _constant(expression: Expression) -> Column:
    value = expression.value
    if expression.kind == "whole":
        return bigint(value)  # type: ignore[arg-type]
    if expression.kind == "date":  # as text: PySpark hands Spark no year before 1000
        return F.lit(str(value)).cast("date")
    return F.lit(value)


def _number(expression: Expression) -> Column:
    """A number as a double; missing where it is null or NaN."""
    if expression.operation == "constant":
        return F.lit(float(expression.value))  # type: ignore[arg-type]
    column = column_of(expression)
    return column.cast("double") if expression.kind == "whole" else column


def _present(expression: Expression) -> Column:
    """Any value, null where it is missing."""
    column = column_of(expression)
    if expression.kind != "number" or expression.operation == "constant":
        return column
    return F.nanvl(column, F.lit(None).cast("double"))


def _alike(parts: Sequence[Expression]) -> list[Column]:
    """Values of one type: whole numbers among themselves, else doubles."""
    if {part.kind for part in parts} == {"whole", "number"}:
        return [_number(part) if part.kind == "whole" else _present(part) for part in parts]
    return [_present(part) for part in parts]


def _without_minus_zero(number: Column) -> Column:
    """Sail's `nullif` and lists take -0.0 for another number than 0.0; comparisons do not."""
    return number + F.lit(0.0)


# --- tests


def _compared(expression: Expression) -> Column:
    left, right = _alike(expression.parts)
    comparisons: Mapping[str, Callable[[], Column]] = {
        "=": lambda: left == right,
        "<>": lambda: left != right,
        "<": lambda: left < right,
        "<=": lambda: left <= right,
        ">": lambda: left > right,
        ">=": lambda: left >= right,
    }
    return comparisons[expression.operation]()


def _in(expression: Expression) -> Column:
    value, *constants = _alike(expression.parts)
    if any(part.kind == "number" for part in expression.parts):
        value = _without_minus_zero(value)
        constants = [F.lit(float(part.value) + 0.0) for part in expression.parts[1:]]  # type: ignore[arg-type]
    return value.isin(constants)


def _is_null(expression: Expression) -> Column:
    return _present(expression.parts[0]).isNull()


def _like(expression: Expression) -> Column:
    return column_of(expression.parts[0]).like(str(expression.value))


def _and(expression: Expression) -> Column:
    return _balanced([*map(column_of, expression.parts)], lambda left, right: left & right)


def _or(expression: Expression) -> Column:
    return _balanced([*map(column_of, expression.parts)], lambda left, right: left | right)


# --- arithmetic


def _arithmetic(expression: Expression) -> Column:
    left, right = map(_number, expression.parts)
    if expression.operation == "+":
        return left + right
    if expression.operation == "-":
        return left - right
    if expression.operation == "*":
        return left * right
    return left / F.nullif(_without_minus_zero(right), F.lit(0.0))


def _rounded_down(expression: Expression) -> Column:
    number = _present_number(expression)
    step = F.floor if expression.operation == "floor" else F.ceil
    return F.when(F.abs(number) < WHOLE_FROM, step(number).cast("double")).otherwise(number)


def _rounded(expression: Expression) -> Column:
    """Half away from zero: half of the number of half units, rounded up."""
    number = _present_number(expression)
    units = 10.0 ** int(expression.value)  # type: ignore[call-overload]
    scaled = number * units
    halves = F.floor(F.abs(scaled) * 2.0).cast("double")
    rounded = F.signum(number) * F.floor(halves * 0.5 + 0.5).cast("double") / units
    return F.when(F.abs(scaled) < WHOLE_FROM, rounded).otherwise(number)


def _logarithm(expression: Expression) -> Column:
    return _to_twelve_digits(F.ln(_present_number(expression)))


def _exponential(expression: Expression) -> Column:
    return _to_twelve_digits(F.exp(_present_number(expression)))


def _to_twelve_digits(number: Column) -> Column:
    """The number to 41 bits: the last ones depend on the machine's library.

    Beyond 1e304, where the product is infinite, the number as it is.
    """
    product = number * SPLITTER
    return F.nanvl(product - (product - number), number)


def _present_number(expression: Expression) -> Column:
    (part,) = expression.parts
    return _number(part) if part.kind == "whole" else _present(part)


# --- text, dates and choices


def _substring(expression: Expression) -> Column:
    start, *length = cast(tuple[int, ...], expression.value)
    text = column_of(expression.parts[0])
    return text.substr(start, length[0] if length else 2**30)


def _in_case(function: Callable[[Column], Column]) -> Callable[[Expression], Column]:
    """Text in small letters or capitals.

    Spark takes lower(upper(x)) for lower(x), which it is not of ß, ı and some others; so the
    inner one is joined to nothing.
    """

    def changed(expression: Expression) -> Column:
        (part,) = expression.parts
        text = column_of(part)
        return function(F.concat(text, F.lit("")) if part.operation in _CASES else text)

    return changed


def _of_part(function: Callable[[Column], Column]) -> Callable[[Expression], Column]:
    return lambda expression: function(column_of(expression.parts[0]))


def _coalesce(expression: Expression) -> Column:
    return F.coalesce(*_alike(expression.parts))


def _null_if(expression: Expression) -> Column:
    values = _alike(expression.parts)
    is_double = expression.kind == "number"
    return F.nullif(*map(_without_minus_zero, values) if is_double else values)


_TRANSLATED: Mapping[str, Callable[[Expression], Column]] = {
    "column": _column,
    "constant": _constant,
    "and": _and,
    "or": _or,
    "not": _of_part(lambda truth: ~truth),
    **dict.fromkeys(COMPARISONS, _compared),
    "in": _in,
    "is null": _is_null,
    "like": _like,
    **dict.fromkeys("+-*/", _arithmetic),
    "negative": lambda expression: -_number(expression.parts[0]),
    "abs": lambda expression: F.abs(_present_number(expression)),
    "floor": _rounded_down,
    "ceil": _rounded_down,
    "round": _rounded,
    "ln": _logarithm,
    "exp": _exponential,
    "coalesce": _coalesce,
    "nullif": _null_if,
    "lower": _in_case(F.lower),
    "upper": _in_case(F.upper),
    "trim": _of_part(F.trim),
    "substr": _substring,
    "year": lambda expression: F.year(column_of(expression.parts[0])).cast("bigint"),
}
