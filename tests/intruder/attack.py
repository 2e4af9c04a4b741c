"""Attacks on one release: everything that is concluded and should not be."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from random import Random

from intruder.censuses import Amounts, Request, totals
from intruder.conclusions import Combination, Conclusions
from intruder.unsafe import Need, Thresholds, need, need_before


@dataclass(frozen=True)
class Earlier:
    """A sum as it left before: its value, its contributors, and the largest of them."""

    value: int
    contributors: int
    largest: int


Gate = Callable[[Amounts, Mapping[str, frozenset[str]], Sequence[Mapping[str, Earlier]]], set[str]]
"""Census, sums, earlier releases -> the names of the sums that leave."""


@dataclass(frozen=True)
class Breach:
    """Something unsafe that is known too well.

    Attributes:
        shape: The shape of the request.
        role: Who knows it: "reader", "outsider", "contributor" or "earlier reader".
        what: The sum.
        low: The least that it can be.
        true: What it is.
        high: The most that it can be.
        distance: How far both ends should have been.
    """

    shape: str
    role: str
    what: str
    low: float
    true: float
    high: float
    distance: float


@dataclass(frozen=True)
class Target:
    """A sum that somebody would like to know, as a combination of unknowns.

    Attributes:
        former: Who had a part of the sum when it left before, which was safe: whoever of them
            has gone since could take itself away then, and learns nothing new.
    """

    what: str
    combination: Combination
    values: Mapping[str, int]
    former: frozenset[str] = frozenset()

    @property
    def true(self) -> int:
        return sum(self.values.values())


def attack(request: Request, gate: Gate, thresholds: Thresholds, random: Random) -> list[Breach]:
    """What an intruder learns from a request and, where there is one, from the release before.

    Every unsafe sum is tried exactly, and the withheld ones and some of the others by linear
    programs; contributors are the second largest of the sum and holders of a cell of their own.
    """
    sums = request.sums
    releases = _release(request, gate)
    unknowns = _unknowns(request)
    equations = [
        (unknowns.combination(sums[name], place), sum(totals(amounts, sums[name]).values()))
        for place, (amounts, names) in enumerate(releases)
        for name in names
    ]
    known = Conclusions(list(unknowns.holders), equations, whole=request.counts)
    breaches: list[Breach] = []
    tried: list[tuple[Target, Need]] = []
    for place, (amounts, names) in enumerate(releases):
        for target, wanted, named in _targets(amounts, sums, thresholds, unknowns, place):
            if named in names:
                breaches.append(_breach(request, "reader", target, (target.true,) * 2, wanted))
            else:
                former = _former(request, releases[place + 1 :], named)
                tried.append((replace(target, former=former), wanted))
    if request.before is not None:
        breaches += _changes(request, releases, unknowns, known, thresholds)
    return breaches + _conclude(request, known, unknowns, tried, thresholds, random)


def _former(
    request: Request, before: list[tuple[Amounts, set[str]]], named: str | None
) -> frozenset[str]:
    """Who had a part of a sum when it left before."""
    return frozenset(
        who
        for amounts, names in before
        if named is not None and named in names
        for who in totals(amounts, request.sums[named])
    )


# --- unknowns ---


@dataclass(frozen=True)
class Unknowns:
    """The unknown amounts: for each finest cell what stayed, what came and what went.

    Attributes:
        holders: For each unknown, what every contributor holds of it.
    """

    holders: Mapping[Hashable, Mapping[str, int]]

    def combination(self, cells: frozenset[str], release: int) -> Combination:
        """The sum over cells as it was in one of the releases (0 is the last)."""
        part = ("stays", "comes") if release == 0 else ("stays", "goes")
        return {(cell, which): 1 for cell in cells for which in part}


def _unknowns(request: Request) -> Unknowns:
    now = request.amounts
    before = now if request.before is None else request.before
    holders: dict[Hashable, dict[str, int]] = {}
    for cell in now:
        same = {who: v for who, v in now[cell].items() if before[cell].get(who) == v}
        holders[(cell, "stays")] = same
        holders[(cell, "comes")] = {w: v for w, v in now[cell].items() if w not in same}
        holders[(cell, "goes")] = {w: v for w, v in before[cell].items() if w not in same}
    return Unknowns({name: held for name, held in holders.items() if held})


def _release(request: Request, gate: Gate) -> list[tuple[Amounts, set[str]]]:
    """The census and the names that left, the last release first."""
    if request.before is None:
        return [(request.amounts, gate(request.amounts, request.sums, []))]
    first = gate(request.before, request.sums, [])
    kept = {
        name: Earlier(sum(held.values()), len(held), max(held.values(), default=0))
        for name in first
        for held in [totals(request.before, request.sums[name])]
    }
    last = gate(request.amounts, request.sums, [kept])
    return [(request.amounts, last), (request.before, first)]


# --- targets ---


def _targets(
    amounts: Amounts,
    sums: Mapping[str, frozenset[str]],
    thresholds: Thresholds,
    unknowns: Unknowns,
    release: int,
) -> Iterator[tuple[Target, Need, str | None]]:
    """Unsafe sums: those asked for, with their names, then differences and unions of two."""
    seen: set[frozenset[str]] = set()
    for what, cells, named in _sets(sums):
        filled = frozenset(cell for cell in cells if amounts[cell])
        if named is None and filled in seen:
            continue
        seen.add(filled)
        values = totals(amounts, filled)
        wanted = need(values.values(), thresholds)
        if wanted is not None:
            yield Target(what, unknowns.combination(filled, release), values), wanted, named


def _sets(sums: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, frozenset[str], str | None]]:
    for name, cells in sums.items():
        yield name, cells, name
    for (one, smaller), (other, larger) in combinations(
        sorted(sums.items(), key=lambda item: len(item[1])), 2
    ):
        if smaller < larger:
            yield f"{other} without {one}", larger - smaller, None
        elif not smaller & larger and any(smaller | larger <= cells for cells in sums.values()):
            yield f"{one} and {other}", smaller | larger, None


def _changes(
    request: Request,
    releases: list[tuple[Amounts, set[str]]],
    unknowns: Unknowns,
    known: Conclusions,
    thresholds: Thresholds,
) -> list[Breach]:
    """Few holders who came, went or were corrected between two releases."""
    before = request.before or {}
    targets = []
    for name, cells in request.sums.items():
        now, then = totals(request.amounts, cells), totals(before, cells)
        changed = {
            who: now.get(who, 0) - then.get(who, 0)
            for who in now.keys() | then.keys()
            if now.get(who, 0) != then.get(who, 0)
        }
        # Changes that cancel to the unit leave a sum that nobody can tell from the one before.
        if sum(changed.values()) and len(changed) < thresholds.least:
            signs = {"comes": 1, "goes": -1}
            combination = {(cell, which): sign for cell in cells for which, sign in signs.items()}
            targets.append(Target(f"change of {name}", combination, changed))
    found = known.determined([target.combination for target in targets]) if targets else []
    hidden = Need(0.0, hidden=True)
    return [
        _breach(request, "earlier reader", target, (target.true,) * 2, hidden)
        for target, exact in zip(targets, found, strict=True)
        if exact
    ]


# --- conclusions ---

SAMPLED = 12
"""Differences and unions of a request that are tried by linear programs, besides exactly."""


def _conclude(
    request: Request,
    known: Conclusions,
    unknowns: Unknowns,
    tried: list[tuple[Target, Need]],
    thresholds: Thresholds,
    random: Random,
) -> list[Breach]:
    breaches = []
    exact = known.determined([target.combination for target, _ in tried]) if tried else []
    for (target, wanted), found in zip(tried, exact, strict=True):
        if found:
            breaches.append(_breach(request, "outsider", target, (target.true,) * 2, wanted))
    rest = [pair for pair, found in zip(tried, exact, strict=True) if not found]
    for target, wanted in random.sample(rest, min(SAMPLED, len(rest))):
        ends = known.ends(target.combination, {}, frozenset())
        if _too_near(target, ends, wanted):
            breaches.append(_breach(request, "outsider", target, ends, wanted))
        for who in _contributors(target, unknowns, random):
            own = need_before(dict(target.values), who, thresholds, former=target.former)
            if own is None:
                continue
            held = {n: float(h[who]) for n, h in unknowns.holders.items() if who in h}
            # Who counts nobody beside itself does not know that there is nobody.
            alone = frozenset(
                name for name in held if len(unknowns.holders[name]) == 1 and not request.counts
            )
            ends = known.ends(target.combination, held, alone)
            if _too_near(target, ends, own):
                breaches.append(_breach(request, "contributor", target, ends, own))
    return breaches


def _contributors(target: Target, unknowns: Unknowns, random: Random) -> list[str]:
    """The second largest of the sum, and two who are alone in a cell somewhere."""
    ordered = sorted(target.values, key=lambda who: -target.values[who])
    alone = sorted({next(iter(held)) for held in unknowns.holders.values() if len(held) == 1})
    others = [who for who in alone if who not in ordered[:2]]
    return ordered[1:2] + random.sample(others, min(2, len(others)))


def _too_near(target: Target, ends: tuple[float, float], wanted: Need) -> bool:
    low, high = ends
    slack = 1e-6 * max(1.0, target.true)
    if wanted.hidden and high - low <= slack:
        return True
    below = min(wanted.distance, target.true)
    return high - target.true < wanted.distance - slack or target.true - low < below - slack


def _breach(
    request: Request, role: str, target: Target, ends: tuple[float, float], wanted: Need
) -> Breach:
    return Breach(request.shape, role, target.what, ends[0], target.true, ends[1], wanted.distance)
