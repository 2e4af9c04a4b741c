"""Choices dealt out in turn, so that few examples show every value of every option.

Drawn at random, a value of one option in five would be missed by five examples in one run of three.
Each option has a list of values; so many examples in a row as it is long show each of them once, in
an order of their own, so that two options do not always move together.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Value = TypeVar("Value")


class Dealer:
    """What one example is dealt; `dealt` keeps it by option, `chance` serves all else."""

    def __init__(self, label: str, example: int) -> None:
        self.example = example
        self.chance = random.Random(f"{label} {example}")
        self.dealt: dict[str, Any] = {}
        self.options: dict[str, Sequence[Any]] = {}

    def deal(
        self,
        option: str,
        values: Sequence[Value],
        is_allowed: Callable[[Value], bool] = lambda value: True,
    ) -> Value:
        """The example's value; where it is not allowed, the next that is."""
        block, place = divmod(self.example, len(values))
        order = list(values)
        random.Random(f"{option} {block}").shuffle(order)
        value = next(value for value in order[place:] + order[:place] if is_allowed(value))
        self.dealt[option], self.options[option] = value, values
        return value


def missed(dealers: Sequence[Dealer]) -> list[str]:
    """Options with a value that none of the examples has."""
    options = {name: values for dealer in dealers for name, values in dealer.options.items()}
    return [
        f"{name}: {value!r}"
        for name, values in options.items()
        for value in values
        if value not in [dealer.dealt.get(name) for dealer in dealers]
    ]


def some_of(*options: Value) -> list[tuple[Value, ...]]:
    """All of the options, and one, two and all but one of them, each beginning with another."""
    sizes = (len(options), 1, min(2, len(options)), max(1, len(options) - 1))
    turned = [options[start % len(options) :] + options[: start % len(options)]
              for start in range(4)]  # fmt: skip
    return list(dict.fromkeys(each[:size] for each, size in zip(turned, sizes, strict=True)))
