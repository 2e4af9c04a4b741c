"""Which sets an establishment-year belongs to, packed into one whole number.

Two packings, both decided on the driver and both small enough for a BIGINT:

- the *history* of an establishment: one bit per mark, a mark being something true of it in one
  year (it was present, it sold at home, it fell under a restriction). The engine merges the
  marks of all years with a bitwise OR, the only thing matching needs to shuffle.
- the *membership* of a row: for each window that the row's year is an end of, is the
  establishment continuing under each rule and in each restricted set; is it an exporter; which
  study populations is it in. Every later table is a bit test on a small sum by membership.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

WORD_BITS = 62
"""Bits used of a BIGINT: the sign bit and one more stay free."""

BOTH_ENDS = "both_ends"
DOMESTIC_BOTH_ENDS = "domestic_both_ends"
EVERY_YEAR = "every_year"
PANEL = "panel"

Ends = tuple[int, int]


class TooManySetsError(ValueError):
    """The study asks for more sets than fit in one BIGINT."""


@dataclass(frozen=True)
class Mark:
    """Something true of an establishment in one year: `kind` is present, domestic or a set."""

    kind: str
    year: int


@dataclass(frozen=True)
class HistoryBits:
    """Positions of the marks: word and bit of each.

    Example:
        >>> bits = HistoryBits.of([Mark("present", 1988), Mark("present", 1996)])
        >>> bits.masks([Mark("present", 1996)])
        (2,)
    """

    positions: Mapping[Mark, int]

    @staticmethod
    def of(marks: Sequence[Mark]) -> "HistoryBits":
        """Number the marks in the order given."""
        return HistoryBits({mark: position for position, mark in enumerate(dict.fromkeys(marks))})

    @property
    def words(self) -> int:
        """How many BIGINT columns hold all marks."""
        return max(1, -(-len(self.positions) // WORD_BITS))

    def masks(self, marks: Sequence[Mark]) -> tuple[int, ...]:
        """One mask per word with the bits of these marks set."""
        masks = [0] * self.words
        for mark in marks:
            word, bit = divmod(self.positions[mark], WORD_BITS)
            masks[word] |= 1 << bit
        return tuple(masks)


class MembershipMask(NamedTuple):
    """Bits that a membership must all have, and bits of which it must have none."""

    required: int
    forbidden: int

    @property
    def bits(self) -> int:
        """Every bit that is looked at."""
        return self.required | self.forbidden

    def fits(self, membership: Any) -> Any:
        """Is a row with this membership meant? One answer per element of an array."""
        has_all = membership & self.required == self.required
        return has_all & (membership & self.forbidden == 0)


@dataclass(frozen=True)
class MembershipBits:
    """Positions of the sets a row can belong to.

    A set is named by a tuple: ("continuing", window, rule), ("restricted", window, restriction),
    ("present", "next_year" | "previous_year"), ("exporter",) or ("population", name).

    Example:
        >>> bits = MembershipBits.of([("exporter",), ("continuing", "post", "both_ends")])
        >>> bits.holds(2, ("continuing", "post", "both_ends")), bits.holds(2, ("exporter",))
        (True, False)
    """

    positions: Mapping[tuple[str, ...], int]

    @staticmethod
    def of(sets: Sequence[tuple[str, ...]]) -> "MembershipBits":
        """Number the sets in the order given.

        Raises:
            TooManySetsError: more than 62 sets.
        """
        if len(sets) > WORD_BITS:
            raise TooManySetsError(
                f"{len(sets)} sets of establishments, at most {WORD_BITS}: fewer windows, "
                "continuing rules, restrictions or populations"
            )
        return MembershipBits({name: position for position, name in enumerate(sets)})

    def bit(self, name: tuple[str, ...]) -> int:
        """The set's bit as a mask."""
        return 1 << self.positions[name]

    def holds(self, membership: Any, name: tuple[str, ...]) -> Any:
        """Is a row with this membership in the set? One answer per element of an array."""
        return membership & self.bit(name) != 0

    def mask(
        self, inside: Sequence[tuple[str, ...]], outside: Sequence[tuple[str, ...]] = ()
    ) -> MembershipMask:
        """What tells the rows that are in all the sets `inside` and in none `outside`.

        Example:
            >>> bits = MembershipBits.of([("exporter",), ("population", "large")])
            >>> [bits.mask([("exporter",)], [("population", "large")]).fits(m) for m in range(4)]
            [False, True, False, False]
        """
        return MembershipMask(sum(map(self.bit, inside)), sum(map(self.bit, outside)))


def continuing_marks(
    rule: str, ends: Ends, years: Sequence[int], panel: Sequence[int] = ()
) -> list[Mark]:
    """Marks an establishment must all have to be continuing in a window under a rule.

    Args:
        rule: both_ends, domestic_both_ends, every_year or panel.
        ends: first and last year of the window.
        years: census years; `every_year` asks for each of them inside the window.
        panel: years that `panel` asks for besides the window's ends, inside it or not: one set of
            establishments for several windows.

    Example:
        >>> [mark.year for mark in continuing_marks("every_year", (1988, 1990), range(1980, 1997))]
        [1988, 1989, 1990]

    Source: HLOY section 3.2; `domestic_both_ends` is Feenstra's (1994) logic.
    """
    start, end = ends
    present = [Mark("present", start), Mark("present", end)]
    if rule == DOMESTIC_BOTH_ENDS:
        return [*present, Mark("domestic", start), Mark("domestic", end)]
    if rule == EVERY_YEAR:
        return [Mark("present", year) for year in years if start <= year <= end]
    if rule == PANEL:
        return [*present, *(Mark("present", year) for year in panel if year not in ends)]
    return present


def status_in_window(year: int, ends: Ends, *, at_both_ends: bool) -> str:
    """Status of an establishment seen in `year`, one of the window's ends.

    Args:
        year: of the row.
        ends: first and last year of the window.
        at_both_ends: whether the establishment has a row in both.

    Example:
        >>> status_in_window(1996, (1988, 1996), at_both_ends=False)
        'entrant'

    Source: HLOY, figure 1, note; docs/method.md#2-matching.
    """
    if at_both_ends:
        return "continuing"
    return "exiter" if year == ends[0] else "entrant"


@dataclass(frozen=True)
class SetCondition:
    """When a row is in a set: its year is one of `years`, its establishment's history holds every
    bit of `history_masks` and none of `absent_masks`, and its own column `column` is true. An
    empty part asks nothing.
    """

    name: tuple[str, ...]
    years: tuple[int, ...] = ()
    history_masks: tuple[int, ...] = ()
    column: str = ""
    absent_masks: tuple[int, ...] = ()


@dataclass(frozen=True)
class LaterValues:
    """What a row also tells of its establishment in a later year.

    `years` maps a row's year to the later year, such as a window's start to its end; `columns`
    are columns of the later row. They are null where the establishment has no valid row then.
    """

    name: str
    years: Mapping[int, int]
    columns: tuple[str, ...]
