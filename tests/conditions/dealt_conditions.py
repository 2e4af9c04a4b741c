"""Conditions dealt by chance: each as the operations it stands for, and as a study would write it.

The text has no more parentheses than it needs, so that reading it tests which operation binds more.
"""

import random
from collections.abc import Callable
from datetime import date
from typing import Any

from tradegains.conditions.expressions import Expression, Kind

TYPES = {
    "x": "double", "y": "double", "i": "bigint", "j": "bigint", "year": "int",
    "fine": "decimal(38,10)", "wages": "decimal(18,2)", "hash": "decimal(20,0)",
    "s": "string", "plant `name": "string", "b": "boolean", "c": "boolean",
    "born": "date", "closed": "date", "seen": "timestamp",
}  # fmt: skip

NUMBERS = (0.0, 0.5, 1.0, 1.5, 2.5, 0.1, 0.3333333, 3.0, 20.0, 1e-300, 4.5e15, 9.1e15, 1e300)
WHOLES = (0, 1, 2, 3, 50, 2**53, 2**53 + 1, 2**63 - 1, -1, -(2**63))
TEXTS = ("", "a", "A", "a ", " a", "ab", "É", "é", "l'Oise", "ß", "%", "b\\c", "05", "5")
PATTERNS = ("%", "_", "a%", "%a", "_b", "%e%", "é", "", "a_", "%'%", "__%")
DATES = (date(1999, 12, 31), date(2000, 2, 29), date(2014, 1, 1), date(1, 1, 1))

#: How tightly each kind of text binds; a part that binds less is put in parentheses.
OR, AND, NOT, TEST, SUM, PRODUCT, SIGNED, ATOM = range(8)

Dealt = tuple[Expression, str, int]


class Dealing:
    """Conditions of one seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def condition(self) -> tuple[Expression, str]:
        expression, text, _ = self.truth(self.chance.randint(1, 4))
        return expression, text

    def pick(self, *options: Callable[[], Dealt]) -> Dealt:
        return self.chance.choice(options)()

    # --- truths

    def truth(self, depth: int) -> Dealt:
        if depth <= 1:
            return self.pick(*[self.comparison] * 6, self.listed, self.within, self.alike,
                             self.missing, self.truth_column)  # fmt: skip
        return self.pick(
            lambda: self.joined("or", OR, depth),
            lambda: self.joined("and", AND, depth),
            lambda: self.negated(self.truth(depth - 1), NOT, "not "),
            lambda: self.comparison(depth - 1),
            lambda: self.missing(depth - 1),
        )

    def joined(self, word: str, level: int, depth: int) -> Dealt:
        parts = [self.truth(depth - 1) for _ in range(self.chance.randint(2, 4))]
        texts = [within(part, level + 1) for part in parts]
        return expressed(word, "truth", parts), f" {word} ".join(texts), level

    def negated(self, part: Dealt, level: int, word: str) -> Dealt:
        return expressed("not", "truth", [part]), word + within(part, level), level

    def truth_column(self) -> Dealt:
        return column(self.chance.choice("bc"))

    def comparison(self, depth: int = 1) -> Dealt:
        sign = self.chance.choice(("=", "<>", "<", "<=", ">", ">="))
        kind = self.chance.choice(("number", "number", "whole", "whole", "text", "date", "truth"))
        if kind == "truth":
            sign = self.chance.choice(("=", "<>"))
            parts = [self.truth_column(), self.pick(self.truth_column, self.true_or_false)]
        else:
            parts = [self.value(kind, depth), self.value(kind, depth)]
        written = {"<>": self.chance.choice(("<>", "!=")), "=": self.chance.choice(("=", "=="))}
        if kind == "date" and parts[0][0].operation == parts[1][0].operation == "constant":
            parts[0] = column("born")
        return self.tested(sign, parts, f" {written.get(sign, sign)} ")

    def tested(self, operation: str, parts: list[Dealt], between: str) -> Dealt:
        text = between.join(within(part, SUM) for part in parts)
        return expressed(operation, "truth", parts), text, TEST

    def listed(self) -> Dealt:
        kind = self.chance.choice(("number", "whole", "text", "date"))
        value = column("closed") if kind == "date" else self.value(kind, 1)
        others = [self.constant(kind) for _ in range(self.chance.randint(1, 4))]
        if kind in ("number", "whole") and self.chance.random() < 0.3:
            others.append(self.constant("whole" if kind == "number" else "number"))
        expression = expressed("in", "truth", [value, *others])
        return self.perhaps_not(
            expression, within(value, SUM), f"in ({', '.join(other[1] for other in others)})"
        )

    def within(self) -> Dealt:
        kind = self.chance.choice(("number", "whole", "text", "date"))
        value = column("born") if kind == "date" else self.value(kind, 1)
        ends = [self.constant(kind), self.constant(kind)]
        tests = [Expression(sign, "truth", (value[0], end[0]))
                 for sign, end in zip((">=", "<="), ends, strict=True)]  # fmt: skip
        rest = f"between {ends[0][1]} and {ends[1][1]}"
        expression = Expression("and", "truth", tuple(tests))
        return self.perhaps_not(expression, within(value, SUM), rest)

    def alike(self) -> Dealt:
        value, pattern = self.text(2), self.chance.choice(PATTERNS)
        expression = Expression("like", "truth", (value[0],), pattern)
        return self.perhaps_not(expression, within(value, SUM), f"like {quoted(pattern)}")

    def missing(self, depth: int = 1) -> Dealt:
        kind = self.chance.choice(("number", "whole", "text", "date", "time"))
        value = column("seen") if kind == "time" else self.value(kind, depth)
        expression, text = expressed("is null", "truth", [value]), within(value, SUM)
        if self.chance.random() < 0.5:
            return Expression("not", "truth", (expression,)), f"{text} is not null", TEST
        return expression, f"{text} is null", TEST

    def perhaps_not(self, expression: Expression, value: str, rest: str) -> Dealt:
        if self.chance.random() < 0.3:
            return Expression("not", "truth", (expression,)), f"{value} not {rest}", TEST
        return expression, f"{value} {rest}", TEST

    # --- values

    def value(self, kind: str, depth: int) -> Dealt:
        makers: dict[str, Callable[[int], Dealt]] = {
            "number": self.number, "whole": self.whole, "text": self.text, "date": self.date
        }  # fmt: skip
        return makers[kind](depth)

    def constant(self, kind: str) -> Dealt:
        if kind == "number":
            number = self.chance.choice(NUMBERS)
            return constant("number", number, repr(number))
        if kind == "whole":
            whole = self.chance.choice(WHOLES)
            return constant("whole", whole, str(whole))
        if kind == "date":
            day = self.chance.choice(DATES)
            return constant("date", day, f"date '{day.isoformat()}'")
        text = self.chance.choice(TEXTS)
        return constant("text", text, quoted(text))

    def true_or_false(self) -> Dealt:
        value = self.chance.random() < 0.5
        return constant("truth", value, str(value).lower())

    def whole(self, depth: int) -> Dealt:
        if depth > 1 and self.chance.random() < 0.5:
            return self.pick(
                lambda: called("year", "whole", [column(self.chance.choice(("born", "seen")))]),
                lambda: self.choice("coalesce", "whole", depth),
                lambda: self.choice("nullif", "whole", depth),
            )
        if self.chance.random() < 0.5:
            return column(self.chance.choice(("i", "j", "year")))
        return self.constant("whole")

    def number(self, depth: int) -> Dealt:
        if depth > 1 and self.chance.random() < 0.8:
            return self.pick(
                *[lambda: self.computed("+-", SUM, depth)] * 2,
                *[lambda: self.computed("*/", PRODUCT, depth)] * 3,
                lambda: self.function(depth),
                lambda: self.choice(self.chance.choice(("coalesce", "nullif")), "number", depth),
                lambda: self.negative(depth),
            )
        if self.chance.random() < 0.6:
            return column(self.chance.choice(("x", "y", "x", "y", "fine", "wages", "hash")))
        return self.constant("number")

    def either(self, depth: int) -> Dealt:
        return self.number(depth) if self.chance.random() < 0.7 else self.whole(depth)

    def computed(self, signs: str, level: int, depth: int) -> Dealt:
        sign = self.chance.choice(signs)
        parts = [self.either(depth - 1), self.either(depth - 1)]
        text = f"{within(parts[0], level)} {sign} {within(parts[1], level + 1)}"
        return expressed(sign, "number", parts), text, level

    def negative(self, depth: int) -> Dealt:
        part = self.number(depth - 1)
        if part[0].operation == "constant":  # with its sign it would be one
            part = column("x")
        text = within(part, ATOM)
        return expressed("negative", "number", [part]), f"-{text}", SIGNED

    def function(self, depth: int) -> Dealt:
        name = self.chance.choice(("abs", "ln", "exp", "floor", "ceil", "round", "round"))
        part = self.either(depth - 1)
        if name != "round":
            return called(name, "number", [part])
        places = self.chance.randint(0, 3)
        written = f", {places}" if places else ""
        expression = Expression("round", "number", (part[0],), places)
        return expression, f"round({part[1]}{written})", ATOM

    def choice(self, name: str, kind: Kind, depth: int) -> Dealt:
        parts = [self.value(kind, depth - 1), self.value(kind, depth - 1)]
        return called(name, kind, parts)

    def text(self, depth: int) -> Dealt:
        if depth > 1 and self.chance.random() < 0.6:
            name = self.chance.choice(("lower", "upper", "trim", "substr", "coalesce", "nullif"))
            if name in ("coalesce", "nullif"):
                return self.choice(name, "text", depth)
            part = self.text(depth - 1)
            if name != "substr":
                return called(name, "text", [part])
            numbers = (self.chance.randint(1, 3), self.chance.randint(0, 3))
            numbers = numbers[: self.chance.randint(1, 2)]
            expression = Expression("substr", "text", (part[0],), numbers)
            return expression, f"substr({part[1]}, {', '.join(map(str, numbers))})", ATOM
        if self.chance.random() < 0.6:
            return column(self.chance.choice(("s", "plant `name")))
        return self.constant("text")

    def date(self, depth: int) -> Dealt:
        if self.chance.random() < 0.7:
            return column(self.chance.choice(("born", "closed")))
        return self.constant("date")


def column(name: str) -> Dealt:
    type_ = TYPES[name]
    kinds: dict[str, Kind] = {"double": "number", "bigint": "whole", "int": "whole",
                              "string": "text", "boolean": "truth", "timestamp": "time",
                              "date": "date"}  # fmt: skip
    is_decimal = type_.startswith("decimal")
    kind = "number" if is_decimal else kinds[type_]
    text = "`" + name.replace("`", "``") + "`" if " " in name else name
    return Expression("column", kind, value=name, is_decimal=is_decimal), text, ATOM


def constant(kind: Kind, value: Any, text: str) -> Dealt:
    return Expression("constant", kind, value=value), text, SIGNED if text[0] == "-" else ATOM


def expressed(operation: str, kind: Kind, parts: list[Dealt]) -> Expression:
    return Expression(operation, kind, tuple(part[0] for part in parts))


def called(name: str, kind: Kind, parts: list[Dealt]) -> Dealt:
    return expressed(name, kind, parts), f"{name}({', '.join(part[1] for part in parts)})", ATOM


def within(part: Dealt, level: int) -> str:
    """The part's text, in parentheses where it binds less than its place asks for."""
    return part[1] if part[2] >= level else f"({part[1]})"


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
