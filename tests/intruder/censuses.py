"""Small drawn censuses and the sums that somebody wants to release from each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from random import Random

Amounts = dict[str, dict[str, int]]
"""Amounts of each contributor in each finest cell: cell, contributor, whole number of 0 or more."""


@dataclass(frozen=True)
class Request:
    """A census and the sums asked of it.

    Attributes:
        shape: What kind of sums they are, for the report of an attack.
        amounts: Who holds how much in each finest cell; cells without anybody are empty.
        sums: For each name of a sum, the finest cells that it adds up.
        before: An earlier state of the same census, released before, or None.
        counts: True where contributors are counted: every amount is 1.
    """

    shape: str
    amounts: Amounts
    sums: dict[str, frozenset[str]]
    before: Amounts | None = None
    counts: bool = False


def draw_request(random: Random) -> Request:
    """A request of one of the shapes in `SHAPES`, all equally often."""
    return random.choice(SHAPES)(random)


def hierarchy(random: Random) -> Request:
    """Industries within groups within all, by exporting: what tables of sums look like."""
    groups = {
        group: [f"{group}{digit}" for digit in range(random.randint(1, 4))]
        for group in "ABC"[: random.randint(2, 3)]
    }
    industries = [industry for members in groups.values() for industry in members]
    kinds = ("exporters", "others")
    cells = [f"{industry}/{kind}" for industry, kind in product(industries, kinds)]
    sets = {**{industry: [industry] for industry in industries}, "all": industries}
    sets |= {f"group {group}": members for group, members in groups.items()}
    sums = {}
    for name, members in sets.items():
        for label, chosen in {"all": kinds, **{kind: (kind,) for kind in kinds}}.items():
            sums[f"{name}, {label}"] = frozenset(f"{i}/{k}" for i in members for k in chosen)
    return Request("hierarchy", _fill(cells, random), sums)


def windows(random: Random) -> Request:
    """The first year of two windows that share it: continuing, exiting, and all, twice."""
    industries = "ABCD"[: random.randint(1, 4)]
    states = ("stays", "goes")
    cells = [f"{i}/{short}/{long}" for i, short, long in product(industries, states, states)]
    sums: dict[str, frozenset[str]] = {}
    for industry in (*industries, "all"):
        members = industries if industry == "all" else industry
        sums[f"{industry}"] = frozenset(c for c in cells if c[0] in members)
        for place, state in product((1, 2), states):
            sums[f"{industry}, {state} in window {place}"] = frozenset(
                cell for cell in cells if cell[0] in members and cell.split("/")[place] == state
            )
    return Request("windows", _fill(cells, random), sums)


def nested(random: Random) -> Request:
    """Industries in an order, and the sums of those from each cutoff on: figures 4 and 5."""
    industries = [f"{place}" for place in range(random.randint(3, 8))]
    cells = [f"{industry}/{kind}" for industry in industries for kind in ("continuing", "other")]
    sums = {}
    for cutoff in range(len(industries)):
        members = industries[cutoff:]
        sums[f"from {cutoff}"] = frozenset(c for c in cells if c.split("/")[0] in members)
        sums[f"continuing from {cutoff}"] = frozenset(f"{m}/continuing" for m in members)
    return Request("nested", _fill(cells, random), sums)


def successive(random: Random) -> Request:
    """A hierarchy released a second time after a few holders came, went or were corrected."""
    request = random.choice((hierarchy, windows))(random)
    after = {cell: dict(holders) for cell, holders in request.amounts.items()}
    for change in range(random.choice((0, 1, 1, 1, 2, 15))):
        cell = random.choice(list(after))
        held = [who for who in after[cell] if not who.startswith("new")]
        what = random.choice(("comes", "goes", "is corrected")) if held else "comes"
        if what == "comes":
            after[cell][f"new{change}"] = _amount(random)
        elif what == "goes":
            del after[cell][random.choice(held)]
        else:
            after[cell][random.choice(held)] = _amount(random)
    return Request("successive", after, request.sums, before=request.amounts)


def counts(random: Random) -> Request:
    """The numbers of contributors of any of the other shapes."""
    request = random.choice((hierarchy, windows, nested))(random)
    ones = {cell: dict.fromkeys(held, 1) for cell, held in request.amounts.items()}
    return replace(request, shape="counts", amounts=ones, counts=True)


SHAPES: tuple[Callable[[Random], Request], ...] = (hierarchy, windows, nested, successive, counts)


def totals(amounts: Mapping[str, Mapping[str, int]], cells: frozenset[str]) -> dict[str, int]:
    """What each contributor holds in the cells together."""
    held: dict[str, int] = {}
    for cell in cells:
        for who, value in amounts.get(cell, {}).items():
            held[who] = held.get(who, 0) + value
    return held


def _fill(cells: list[str], random: Random) -> Amounts:
    sizes = random.choice(((0, 1, 1, 2, 3), (0, 1, 2, 5, 12, 25), (3, 12, 20, 40)))
    known: list[str] = []
    amounts: Amounts = {}
    for cell in cells:
        holders: dict[str, int] = {}
        for _ in range(random.choice(sizes)):
            # An enterprise may hold establishments in several cells.
            repeated = bool(known) and random.random() < 0.15
            who = random.choice(known) if repeated else f"e{len(known)}"
            known.append(who)
            holders[who] = holders.get(who, 0) + _amount(random)
        amounts[cell] = holders
    return amounts


def _amount(random: Random) -> int:
    """Mostly small, now and then a giant, seldom nothing."""
    if random.random() < 0.03:
        return 0
    return min(1 + int(20 * random.paretovariate(1.1)), 50_000)
