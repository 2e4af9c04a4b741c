"""From a condition's text to the operations it stands for: names looked up, kinds agreed."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from tradegains.conditions.expressions import CALLED, NUMERIC, Expression, Kind
from tradegains.conditions.foreign import EXAMPLE, ConditionError, refusal_of
from tradegains.conditions.grammar import parse
from tradegains.study.fields import nearest

Node = Any
"""A tree of the grammar's rules, or a token: lark's types tell neither from the other."""

MOST_LEVELS = 30
"""Levels of functions within functions; PySpark cannot send some ten more to an engine."""
MOST_PARTS = 5_000
"""Functions, columns and constants of a condition as an engine is handed it."""

_Pair = tuple[Expression, Expression]

_LARGEST_WHOLE, _SMALLEST_WHOLE = 2**63 - 1, -(2**63)
_MOST_PLACES = 9
_LONGEST_TEXT = 1_000_000
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_KINDS: dict[str, Kind] = {
    "tinyint": "whole",
    "smallint": "whole",
    "int": "whole",
    "bigint": "whole",
    "float": "number",
    "double": "number",
    "string": "text",
    "boolean": "truth",
    "date": "date",
    "timestamp": "time",
    "timestamp_ntz": "time",
}


def read_condition(text: str, types: Mapping[str, str]) -> Expression:
    """The meaning of a condition.

    Args:
        text: the condition.
        types: Spark type of every column that it may use, by name.

    Raises:
        ConditionError: what is wrong with it, and the cure.

    Example:
        >>> found = read_condition("sales > 0 and industry = '0111'", {"sales": "double",
        ...     "industry": "string"})
        >>> found.operation, [part.operation for part in found.parts]
        ('and', ['>', '='])
    """
    tree = parse(text)
    _require_shallow(tree)
    found = _Reading(text, types).read(tree)
    if found.kind != "truth":
        raise ConditionError(f"the condition is {CALLED[found.kind]}, neither true nor false")
    _require_within(found.levels, MOST_LEVELS, "levels of operations within operations")
    _require_within(found.size, MOST_PARTS, "parts")
    return found


def _require_shallow(tree: Node) -> None:
    """Refuse a deep tree before anything walks down it; the levels are counted from below."""
    depths: dict[int, int] = {}
    for each in tree.iter_subtrees():
        below = (depths.get(id(child), 0) for child in each.children)
        depths[id(each)] = 1 + max(below, default=0)
    _require_within(depths[id(tree)], 2 * MOST_LEVELS, "levels of operations within operations")


def _require_within(found: int, most: int, what: str) -> None:
    if found > most:
        cure = "divide it into several, or put what it says into a column under extra_columns"
        raise ConditionError(f"the condition has {found:,} {what}, more than {most:,}", cure)


class _Reading:
    """One condition: a method for each rule of the grammar, which gives the rule's meaning."""

    def __init__(self, text: str, types: Mapping[str, str]) -> None:
        self._text, self._types = text, types
        self._names = {name.lower(): name for name in types}

    def read(self, tree: Node) -> Expression:
        """The meaning of a part of the tree."""
        method: Callable[[Node], Expression] = getattr(self, f"_{tree.data.rstrip('_')}")
        return method(tree)

    def _written(self, tree: Node) -> str:
        """A part as it stands in the condition, shortened."""
        written = self._text[tree.meta.start_pos : tree.meta.end_pos]
        return written if len(written) <= 60 else f"{written[:57]}..."

    # --- columns and constants

    def _column(self, tree: Node) -> Expression:
        (token,) = tree.children
        name = token[1:-1].replace("``", "`") if token.type == "QUOTED" else str(token)
        known = name if name in self._types else self._names.get(name.lower())
        if known is None:
            raise self._unknown_column(name)
        type_ = self._types[known]
        if type_.startswith("decimal"):
            return Expression("column", "number", value=known, is_decimal=True)
        if type_ not in _KINDS:
            cure = "give it another type in the files, or leave it out of the condition"
            raise ConditionError(f"{known} is {type_}, which no condition can use", cure)
        return Expression("column", _KINDS[type_], value=known)

    def _unknown_column(self, name: str) -> ConditionError:
        if found := refusal_of(name):
            return found
        guess = nearest(name, self._types)
        cure = f"did you mean {guess}? " if guess else ""
        cure += f"columns are {', '.join(self._types)}; list others under extra_columns"
        return ConditionError(f"no column is called {name}", cure)

    def _number(self, tree: Node) -> Expression:
        return self._signed_number(str(tree.children[0]))

    def _signed_number(self, written: str) -> Expression:
        if written.lstrip("-").isdigit():
            whole = int(written)
            if _SMALLEST_WHOLE <= whole <= _LARGEST_WHOLE:
                return Expression("constant", "whole", value=whole)
            what = f"{written} is beyond the whole numbers of 64 bits"
            raise ConditionError(what, f"write {written}.0: the nearest double is taken")
        if math.isinf(number := float(written)):
            raise ConditionError(f"{written} is beyond all doubles", "write a smaller one")
        return Expression("constant", "number", value=number)

    def _quoted(self, tree: Node) -> Expression:
        return Expression("constant", "text", value=_unquoted(tree.children[0]))

    def _true(self, tree: Node) -> Expression:
        return Expression("constant", "truth", value=True)

    def _false(self, tree: Node) -> Expression:
        return Expression("constant", "truth", value=False)

    def _dated(self, tree: Node) -> Expression:
        name, written = tree.children
        if name.lower() != "date":
            raise refusal_of(name) or ConditionError(f"a text cannot follow {name}")
        return _date_of(_unquoted(written))

    # --- and, or, not, and the tests of values

    def _truths(self, operation: str, tree: Node) -> Expression:
        parts = tuple(self._truth_of(child, operation) for child in tree.children)
        return Expression(operation, "truth", parts)

    def _truth_of(self, tree: Node, operation: str) -> Expression:
        found = self.read(tree)
        if found.kind == "truth":
            return found
        what = f"{self._written(tree)} beside `{operation}` is {CALLED[found.kind]}"
        raise ConditionError(f"{what}, neither true nor false", "compare it: employment >= 200")

    def _or(self, tree: Node) -> Expression:
        return self._truths("or", tree)

    def _and(self, tree: Node) -> Expression:
        return self._truths("and", tree)

    def _not(self, tree: Node) -> Expression:
        return self._truths("not", tree)

    def _compare(self, tree: Node) -> Expression:
        left, sign, right = tree.children
        operation = {"!=": "<>", "==": "="}.get(sign, str(sign))
        parts = self._comparable(left, right)
        if parts[0].kind == "truth" and operation not in ("=", "<>"):
            what = f"{self._written(tree)} asks which of true and false is larger"
            raise ConditionError(what, "write a, not a, a = b or a <> b")
        return Expression(operation, "truth", parts)

    def _between(self, tree: Node) -> Expression:
        value, lowest, highest = tree.children
        above, below = self._comparable(value, lowest), self._comparable(value, highest)
        if above[0].kind == "truth":
            what = f"{self._written(tree)} asks which of true and false is larger"
            raise ConditionError(what, "write a, not a, a = b or a <> b")
        ends = Expression(">=", "truth", above), Expression("<=", "truth", below)
        return Expression("and", "truth", ends)

    def _in(self, tree: Node) -> Expression:
        value, *others = tree.children
        pairs = self._comparable_with_each(value, others)
        for other, (_, found) in zip(others, pairs, strict=True):
            if found.operation != "constant":
                what = f"{self._written(other)} in a list is no constant"
                raise ConditionError(what, "write x = a or x = b")
        return Expression("in", "truth", (pairs[0][0], *(found for _, found in pairs)))

    def _is_null(self, tree: Node) -> Expression:
        return Expression("is null", "truth", (self.read(tree.children[0]),))

    def _like(self, tree: Node) -> Expression:
        value, pattern = self.read(tree.children[0]), _unquoted(tree.children[1])
        if value.kind != "text":
            raise self._mismatch(tree.children[0], value, "text")
        if "\\" in pattern:
            what = "the pattern of like has a backslash, which is no escape sign here"
            raise ConditionError(what, "compare a part of the text: substr(name, 1, 1) = '%'")
        return Expression("like", "truth", (value,), pattern)

    def _is_not_null(self, tree: Node) -> Expression:
        return _negated(self._is_null(tree))

    def _not_in(self, tree: Node) -> Expression:
        return _negated(self._in(tree))

    def _not_between(self, tree: Node) -> Expression:
        return _negated(self._between(tree))

    def _not_like(self, tree: Node) -> Expression:
        return _negated(self._like(tree))

    def _comparable(self, left: Node, right: Node) -> "_Pair":
        return self._agreed((left, right), (self.read(left), self.read(right)))

    def _comparable_with_each(self, tree: Node, others: Sequence[Node]) -> "list[_Pair]":
        value = self.read(tree)
        return [self._agreed((tree, other), (value, self.read(other))) for other in others]

    def _agreed(self, trees: Sequence[Node], values: "_Pair") -> "_Pair":
        """Two values of kinds that can be compared; text beside a date becomes a date."""
        left, right = values
        if left.kind == "date" and right.kind == "text" and right.operation == "constant":
            right = _date_of(right.value)
        if right.kind == "date" and left.kind == "text" and left.operation == "constant":
            left = _date_of(left.value)
        is_same = left.kind == right.kind or {left.kind, right.kind} <= set(NUMERIC)
        if not is_same or left.kind == "time":
            raise self._cannot_compare(trees, (left, right))
        return left, right

    def _cannot_compare(self, trees: Sequence[Node], values: "_Pair") -> ConditionError:
        (one, other), (left, right) = map(self._written, trees), values
        what = f"{one} is {CALLED[left.kind]} and {other} {CALLED[right.kind]}"
        if left.kind == right.kind:
            return ConditionError(f"{one} and {other} are times", "compare year(x), or store dates")
        return ConditionError(what, _cure_of_comparison((one, other), values))

    # --- arithmetic and functions

    def _arithmetic(self, tree: Node) -> Expression:
        left, sign, right = tree.children
        parts = (self._number_of(left, sign), self._number_of(right, sign))
        return Expression(str(sign), "number", parts)

    def _negative(self, tree: Node) -> Expression:
        value = tree.children[1]
        if value.data == "number":
            return self._signed_number(f"-{value.children[0]}")
        return Expression("negative", "number", (self._number_of(value, "-"),))

    def _number_of(self, tree: Node, beside: str) -> Expression:
        found = self.read(tree)
        if found.kind not in NUMERIC:
            raise self._mismatch(tree, found, "a number", beside)
        return found

    def _mismatch(
        self, tree: Node, found: Expression, wanted: str, beside: str = ""
    ) -> ConditionError:
        place = f" beside `{beside}`" if beside else ""
        what = f"{self._written(tree)}{place} is {CALLED[found.kind]}, not {wanted}"
        return ConditionError(what, "use a column of that kind, or correct its type in the files")

    def _call(self, tree: Node) -> Expression:
        token, *given = tree.children
        name, trees = token.lower(), [each for each in given if each is not None]
        if name not in FUNCTIONS:
            raise self._unknown_function(token)
        least, most, _ = FUNCTIONS[name]
        if not least <= len(trees) <= most:
            raise ConditionError(f"{name} has {len(trees)} arguments", f"write {WRITTEN[name]}")
        return FUNCTIONS[name][2](self, name, trees)

    def _unknown_function(self, token: str) -> ConditionError:
        if found := refusal_of(token):
            return found
        guess = nearest(token, FUNCTIONS)
        cure = f"did you mean {guess}? " if guess else ""
        return ConditionError(
            f"a condition has no function {token}", f"{cure}functions are {', '.join(FUNCTIONS)}"
        )

    def _numeric_call(self, name: str, trees: Sequence[Node]) -> Expression:
        return Expression(name, "number", (self._number_of(trees[0], name),))

    def _round_call(self, name: str, trees: Sequence[Node]) -> Expression:
        places = self._constant(trees[1], name, (0, _MOST_PLACES)) if len(trees) > 1 else 0
        return Expression(name, "number", (self._number_of(trees[0], name),), places)

    def _text_call(self, name: str, trees: Sequence[Node]) -> Expression:
        value = self.read(trees[0])
        if value.kind != "text":
            raise self._mismatch(trees[0], value, "text", name)
        bounds = ((1, _LONGEST_TEXT), (0, _LONGEST_TEXT))
        numbers = [
            self._constant(tree, name, bound)
            for tree, bound in zip(trees[1:], bounds, strict=False)
        ]
        return Expression(name, "text", (value,), tuple(numbers) or None)

    def _constant(self, tree: Node, name: str, bounds: tuple[int, int]) -> int:
        found = self.read(tree)
        value = found.value
        if found.operation != "constant" or not isinstance(value, int) or found.kind != "whole":
            what = f"{self._written(tree)} in {name} is no whole number that is written out"
            raise ConditionError(what, f"write {WRITTEN[name]}")
        if not bounds[0] <= value <= bounds[1]:
            what = f"{value} in {name} is not from {bounds[0]:,} to {bounds[1]:,}"
            raise ConditionError(what, f"write {WRITTEN[name]}")
        return value

    def _year_call(self, name: str, trees: Sequence[Node]) -> Expression:
        value = self.read(trees[0])
        if value.kind not in ("date", "time"):
            raise self._mismatch(trees[0], value, "a date", name)
        return Expression(name, "whole", (value,))

    def _choice_call(self, name: str, trees: Sequence[Node]) -> Expression:
        first, *others = trees
        pairs = self._comparable_with_each(first, others)
        parts = (pairs[0][0], *(other for _, other in pairs))
        kinds = {part.kind for part in parts}
        return Expression(name, kinds.pop() if len(kinds) == 1 else "number", parts)


_Reader = Callable[[_Reading, str, Sequence[Node]], Expression]

FUNCTIONS: Mapping[str, tuple[int, int, _Reader]] = {
    "abs": (1, 1, _Reading._numeric_call),
    "ln": (1, 1, _Reading._numeric_call),
    "exp": (1, 1, _Reading._numeric_call),
    "floor": (1, 1, _Reading._numeric_call),
    "ceil": (1, 1, _Reading._numeric_call),
    "round": (1, 2, _Reading._round_call),
    "coalesce": (2, 20, _Reading._choice_call),
    "nullif": (2, 2, _Reading._choice_call),
    "lower": (1, 1, _Reading._text_call),
    "upper": (1, 1, _Reading._text_call),
    "trim": (1, 1, _Reading._text_call),
    "substr": (2, 3, _Reading._text_call),
    "year": (1, 1, _Reading._year_call),
}
"""Fewest and most arguments of each function, and what reads them."""

WRITTEN = {
    **{name: f"{name}(x)" for name in FUNCTIONS},
    "round": "round(x) or round(x, 2)",
    "coalesce": "coalesce(x, 0)",
    "nullif": "nullif(x, 0)",
    "substr": "substr(name, 1, 2)",
    "year": "year(born)",
}
"""How each is written."""


def _negated(test: Expression) -> Expression:
    return Expression("not", "truth", (test,))


def _unquoted(token: str) -> str:
    return token[1:-1].replace("''", "'")


def _date_of(written: object) -> Expression:
    try:
        found = date.fromisoformat(str(written)) if _DATE.fullmatch(str(written)) else None
    except ValueError:
        found = None
    if found is None:
        raise ConditionError(f"'{written}' is no date", "write '2014-01-31', or compare year(born)")
    return Expression("constant", "date", value=found)


def _cure_of_comparison(written: Sequence[str], values: Sequence[Expression]) -> str:
    """What to write in place of a comparison of two kinds."""
    by_kind = dict(zip((value.kind for value in values), written, strict=True))
    constants = [
        text
        for text, value in zip(written, values, strict=True)
        if value.operation == "constant" and value.kind != "date"
    ]
    if "date" in by_kind or "time" in by_kind:
        return "compare dates with '2014-01-31', years as in year(born) = 2014"
    if "truth" in by_kind and "true" in by_kind["truth"].lower():
        return "write x = 1 where the column holds numbers, x = 'yes' where it holds text"
    if "truth" in by_kind:
        return f"write {by_kind['truth']} or not {by_kind['truth']}"
    number = next(by_kind[kind] for kind in NUMERIC if kind in by_kind)
    if number in constants:
        text = by_kind["text"]
        return f"write {text} = '{number}', with the zeros that stand in front in the column"
    return f"write {number} = {by_kind['text'].strip(chr(39))}" if constants else EXAMPLE
