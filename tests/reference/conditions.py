"""What a condition of a study answers for one row, in plain Python: true, false or missing (None).

Written from docs/conditions.md, not from the columns that an engine is handed.
"""

import math
import operator
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from tradegains.conditions.expressions import Expression

Row = Mapping[str, Any]

DIGITS = 41
"""Bits that ln and exp keep."""


def answer(expression: Expression, row: Row) -> Any:
    """The value of an expression for a row; None where it is missing."""
    operation, value = expression.operation, expression.value
    if operation == "column":
        return stored(row[str(value)])
    if operation == "constant":
        return value
    parts = [answer(part, row) for part in expression.parts]
    if {part.kind for part in expression.parts} == {"whole", "number"}:
        parts = [None if part is None else float(part) for part in parts]
    if operation in OF_MISSING:
        return OF_MISSING[operation](parts)
    if None in parts:
        return parts[0] if operation == "nullif" else None
    further = value if isinstance(value, tuple) else () if value is None else (value,)
    return stored(OF_VALUES[operation](*parts, *further))


def divides_by_zero(expression: Expression, row: Row) -> bool:
    """Whether the answer is missing in a row where a divisor is 0."""
    divisors = [each.parts[1] for each in expression if each.operation == "/"]
    return answer(expression, row) is None and any(answer(each, row) == 0 for each in divisors)


def stored(value: Any) -> Any:
    """A value of a file as a condition sees it."""
    if isinstance(value, Decimal):
        value = float(value)
    return None if isinstance(value, float) and math.isnan(value) else value


def quotient(left: float, right: float) -> float | None:
    return None if right == 0 else float(left) / float(right)


def conjunction(parts: list[bool | None]) -> bool | None:
    return False if False in parts else None if None in parts else True


def disjunction(parts: list[bool | None]) -> bool | None:
    return True if True in parts else None if None in parts else False


def first_present(parts: list[Any]) -> Any:
    return next((part for part in parts if part is not None), None)


def to_twelve_digits(number: float) -> float:
    if math.isinf(number) or abs(number) > 1e304:
        return number
    mantissa, exponent = math.frexp(number)
    return math.ldexp(round(mantissa * 2**DIGITS), exponent - DIGITS)


def logarithm(number: float) -> float | None:
    return to_twelve_digits(math.log(number)) if number > 0 else None


def exponential(number: float) -> float:
    try:
        return to_twelve_digits(math.exp(number))
    except OverflowError:
        return math.inf


def rounded(number: float, places: int) -> float:
    """Half away from zero, of the double that the number times a power of ten is."""
    scaled = float(number) * 10.0**places
    if math.isinf(scaled):
        return float(number)
    with localcontext() as context:
        context.prec = 400
        whole = float(Decimal(scaled).quantize(Decimal(1), ROUND_HALF_UP))
    return number if abs(scaled) >= 2**52 else whole / 10.0**places


def stepped(step: Callable[[float], int]) -> Callable[[float], float]:
    return lambda number: float(number) if math.isinf(number) else float(step(number))


def is_like(text: str, pattern: str) -> bool:
    """Whether a text is like a pattern of % and _, character by character."""
    reached = {0}
    for sign in pattern:
        if sign == "%":
            reached = set(range(min(reached), len(text) + 1)) if reached else set()
        else:
            reached = {
                place + 1
                for place in reached
                if place < len(text) and sign in ("_", text[place])
            }  # fmt: skip
    return len(text) in reached


def substring(text: str, start: int, length: int | None = None) -> str:
    return text[start - 1 :] if length is None else text[start - 1 : start - 1 + length]


OF_MISSING: Mapping[str, Callable[[list[Any]], Any]] = {
    "and": conjunction,
    "or": disjunction,
    "is null": lambda parts: parts[0] is None,
    "coalesce": first_present,
}
OF_VALUES: Mapping[str, Callable[..., Any]] = {
    "+": lambda left, right: float(left) + float(right),
    "-": lambda left, right: float(left) - float(right),
    "*": lambda left, right: float(left) * float(right),
    "/": quotient,
    "in": lambda value, *constants: value in constants,
    "not": operator.not_,
    "=": operator.eq, "<>": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "like": is_like,
    "negative": lambda number: -float(number),
    "abs": lambda number: abs(float(number)),
    "floor": stepped(math.floor),
    "ceil": stepped(math.ceil),
    "round": rounded,
    "ln": logarithm,
    "exp": exponential,
    "nullif": lambda value, other: None if value == other else value,
    "lower": str.lower,
    "upper": str.upper,
    "trim": lambda text: text.strip(" "),
    "substr": substring,
    "year": lambda when: when.year,
}  # fmt: skip
