"""What a condition of a study says, once it is understood: operations on columns and constants.

One meaning for both engines, held by `columns.py` and, in plain Python, by the tests' reference:

- Numbers are doubles. A whole-number column and a constant written without a point are compared
  with one another as they are, to the last unit of 64 bits; in arithmetic they are doubles too.
- What is not there, NaN, a quotient by zero and a logarithm of 0 or less are missing. What is
  computed from or compared with something missing is missing; a missing condition does not hold.
- Text is compared by its characters: case, accents and trailing blanks count.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["whole", "number", "text", "truth", "date", "time"]

#: How a message calls a value of each kind.
CALLED: dict[Kind, str] = {
    "whole": "a whole number",
    "number": "a number",
    "text": "text",
    "truth": "true or false",
    "date": "a date",
    "time": "a time",
}
NUMERIC = ("whole", "number")
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")

#: Levels of functions that an operation becomes on an engine, if other than two. A logarithm of a
#: logarithm of one takes Sail a minute to plan; counted as eleven levels, two of them go together.
_LEVELS = {
    **dict.fromkeys(("+", "-", "*", "negative"), 1),
    "/": 3,
    **dict.fromkeys(("floor", "ceil"), 4),
    "round": 13,
    **dict.fromkeys(("ln", "exp"), 11),
}
#: How often an engine meets the argument of a function in what this becomes.
_TIMES = {"floor": 3, "ceil": 3, "round": 4, "ln": 16, "exp": 16}


@dataclass(frozen=True)
class Expression:
    """An operation on its parts, or a column or constant, whose `value` is its name or itself.

    `is_decimal` marks a column that the files store as decimals; here it is a number.
    """

    operation: str
    kind: Kind
    parts: tuple["Expression", ...] = ()
    value: object = None
    is_decimal: bool = False

    def __iter__(self) -> Iterator["Expression"]:
        """Itself and every expression within it."""
        yield self
        for part in self.parts:
            yield from part

    @property
    def levels(self) -> int:
        """How deep the functions are nested that an engine is handed."""
        if self.operation in ("and", "or"):  # handed over as a balanced tree
            own = (len(self.parts) - 1).bit_length()
        else:
            own = _LEVELS.get(self.operation, 2)
        return own + max((part.levels for part in self.parts), default=0)

    @property
    def size(self) -> int:
        """How many functions, columns and constants an engine is handed, about."""
        times = _TIMES.get(self.operation, 1)
        return 3 + times * sum(part.size for part in self.parts)

    @property
    def divides(self) -> bool:
        """Whether it divides anywhere."""
        return any(part.operation == "/" for part in self)
