"""What standard errors tell: squares of what each unit moves a number by.

An error with its number of groups gives a sum of squares. Where one unit has nearly all of it, the
root is what that unit moves the number by; and of two errors of nested sums the squares differ by
those of whom the sums differ by.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from intruder.unsafe import Thresholds

Held = Mapping[str, float]
"""What each contributor holds."""


@dataclass(frozen=True)
class Sum:
    """A total behind a number: its value with what is public, who holds what, who is counted."""

    value: float
    held: Held
    times: float


@dataclass(frozen=True)
class ErrorRead:
    """An error that left, by how many groups, and the totals behind its number.

    `ratio` is the number itself where it is a ratio; None where it is a sum of logarithms.
    """

    what: str
    error: float
    groups: int
    ratio: float | None
    sums: tuple[Sum, ...]

    @property
    def squares(self) -> float:
        """The sum of squares that it tells."""
        return self.error**2 * self.groups / (self.groups - 1)

    def moves(self) -> list[float]:
        """What the number is moved by without each contributor, the most first."""
        everybody = {who for one in self.sums for who in one.held}
        count = len(everybody)
        found = []
        for who in everybody:
            change = 0.0
            for one in self.sums:
                own = sum(one.held.values())
                # Beside what is public a total is n / (n - 1) times the others'.
                factor = count / max(count - 1, 1) if one.value != own else 1.0
                left = (own - one.held.get(who, 0.0)) * factor + one.value - own
                change += one.times * math.log(left / one.value) if left > 0 else math.inf
            found.append(math.expm1(change) * self.ratio if self.ratio is not None else change)
        return sorted(map(abs, found), reverse=True)


def too_much(sizes: Sequence[float], thresholds: Thresholds) -> bool:
    """Whether one or two have too much of a sum of squares.

    >>> rules = Thresholds(3, 1, 75.0, False, 10.0)
    >>> too_much([10.0, 5.0, 5.0, 5.0], rules), too_much([10.0, 5.0, 3.0], rules)
    (False, True)
    """
    squares = sorted((each**2 for each in sizes), reverse=True)
    whole, first = sum(squares), squares[0] if squares else 0.0
    most = sum(squares[: thresholds.largest]) > thresholds.share / 100 * whole * (1 + 1e-9)
    margin = (1 + thresholds.margin / 100) ** 2 - 1
    return most or sum(squares[2:]) < margin * first * (1 - 1e-9)


def told_of_one(read: ErrorRead, thresholds: Thresholds) -> bool:
    """Whether an error is one unit's: it has too much, and the root comes near to it."""
    moves = read.moves()
    if not moves or not too_much(moves, thresholds):
        return False
    second = moves[1] if len(moves) > 1 else 0.0
    nearest = min(
        abs(math.sqrt(max(read.squares - known, 0.0)) - moves[0]) for known in (0.0, second**2)
    )
    return nearest < thresholds.margin / 100 * moves[0]


Terms = frozenset
Amount = Callable[[object], float]


def nested_squares(
    sums: Mapping[Terms, str], held: Callable[[Terms], Held], thresholds: Thresholds
) -> Iterator[tuple[str, Held]]:
    """Sums, and differences of nested ones, of whose squares one or two have too much."""
    by_size = sorted(sums, key=len)
    looked_at: Iterable[tuple[str, Terms]] = [
        *((sums[one], one) for one in by_size),
        *(
            (f"{sums[other]} without {sums[one]}", other - one)
            for one, other in combinations(by_size, 2)
            if one < other
        ),
    ]
    for what, terms in looked_at:
        of_each = held(terms)
        if any(of_each.values()) and too_much(list(of_each.values()), thresholds):
            yield what, of_each
