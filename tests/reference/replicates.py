"""Standard errors by leaving out each group of units and computing the whole study again.

Nothing is summed by group here: the rows of a group are taken out of the list, and the tables that
are left are made as those of all rows are. What a sum over units would be rescaled by, n / (n -
n_g), the imports beside it are divided by, so that every share is the same.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import chain
from typing import Any

from reference.rows import Row
from tradegains.tables.published import TABLES

Tables = dict[str, list[dict[str, Any]]]
STILL = {"decompositions": 1e-12}
"""What leaves a number as it is, in its own size; of other tables 1e-14."""
PRIMES = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)
WORD = 2**64


def xxh64(data: bytes, seed: int = 42) -> int:
    """XXH64 as its specification has it, as a signed number."""
    p1, p2, p3, p4, p5 = PRIMES

    def turned(x: int, by: int) -> int:
        return (x << by | x >> (64 - by)) % WORD

    def mixed(lane: int, word: int) -> int:
        return turned((lane + word * p2) % WORD, 31) * p1 % WORD

    words = [int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data) // 8 * 8, 8)]
    if len(data) >= 32:
        lanes = [(seed + p1 + p2) % WORD, (seed + p2) % WORD, seed, (seed - p1) % WORD]
        whole = len(words) // 4 * 4
        for place, word in enumerate(words[:whole]):
            lanes[place % 4] = mixed(lanes[place % 4], word)
        found = sum(turned(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True)) % WORD
        for lane in lanes:
            found = ((found ^ mixed(0, lane)) * p1 + p4) % WORD
        words = words[whole:]
    else:
        found = (seed + p5) % WORD
    found = (found + len(data)) % WORD
    for word in words:
        found = (turned(found ^ mixed(0, word), 27) * p1 + p4) % WORD
    rest = data[len(data) // 8 * 8 :]
    if len(rest) >= 4:
        word = int.from_bytes(rest[:4], "little")
        found = (turned(found ^ word * p1 % WORD, 23) * p2 + p3) % WORD
        rest = rest[4:]
    for byte in rest:
        found = turned(found ^ byte * p5 % WORD, 11) * p1 % WORD
    found = (found ^ found >> 33) * p2 % WORD
    found = (found ^ found >> 29) * p3 % WORD
    found ^= found >> 32
    return found - WORD if found >= WORD // 2 else found


def units_of(rows: Iterable[Row], study: Any) -> dict[str, int]:
    """Number of the unit of each establishment: that of its first row."""
    stated = study.uncertainty
    digits = {"industry2": study.census.industry_group_digits}.get(stated.unit)
    column = "enterprise_id" if stated.unit == "enterprise" else "industry"
    first: dict[str, tuple[int, int]] = {}
    for row in rows:
        own = row.columns.get(column) if stated.unit != "establishment" else None
        own = None if own is None else str(own)[:digits]
        kind, text = ("establishment", row.establishment_id) if own is None else (stated.unit, own)
        number = xxh64(f"{stated.salt}/{kind}/{text}".encode()) % 2**48
        here = (row.year, number)
        first[row.establishment_id] = min(first.get(row.establishment_id, here), here)
    return {id_: number for id_, (_, number) in first.items()}


def groups_of(units: Mapping[str, int], groups: int) -> list[tuple[set[str], int]]:
    """Establishments of each group that has a unit, and how many units it has."""
    distinct = set(units.values())
    is_few = len(distinct) <= groups
    found: dict[int, tuple[set[str], set[int]]] = {}
    for id_, unit in units.items():
        members = found.setdefault(unit if is_few else unit % groups, (set(), set()))
        members[0].add(id_)
        members[1].add(unit)
    return [(ids, len(numbers)) for ids, numbers in found.values()]


def add_errors(
    tables: Tables,
    rows: list[Row],
    study: Any,
    small: Any,
    *,
    again: Callable[[list[Row], Any], Tables],
) -> Tables:
    """The tables with their error columns; `again` makes them of fewer rows and other imports."""
    stated = study.uncertainty
    groups = groups_of(units_of(rows, study), stated.groups)
    units = sum(count for _, count in groups)
    replicates = []
    for ids, count in groups:
        left = [row for row in rows if row.establishment_id not in ids]
        if not left:
            replicates.append({})
            continue
        factor = units / (units - count)
        imports = [{**row, "value": row["value"] / factor} for row in small.imports or ()]
        scaled = replace(small, imports=imports if small.imports is not None else None)
        replicates.append(indexed(again(left, scaled)))
    for replicate in replicates:
        leave_out_partial_sums(indexed(tables), replicate, study)
        add_empty_terms(indexed(tables), replicate)
        add_empty_bins(indexed(tables), replicate)
    return {
        name: [with_errors(name, row, replicates, stated) for row in found]
        for name, found in tables.items()
    }


def indexed(tables: Tables) -> dict[tuple, dict[str, Any]]:
    """Rows by table and key."""
    return {
        (name, *(row[column] for column in TABLES[name].key)): row
        for name, row in chain.from_iterable(
            ((name, row) for row in rows) for name, rows in tables.items()
        )
    }


def leave_out_partial_sums(full: dict[tuple, dict], replicate: dict[tuple, dict], study) -> None:
    """No number for all industries together where one that has a number of all rows has none.

    Nor for the difference of two windows then.
    """
    place = {column: at + 1 for at, column in enumerate(TABLES["welfare"].key)}
    for key, row in full.items():
        if key[0] != "welfare" or row["level"] != "industry2" or row["formula"] != "hloy":
            continue
        if row["welfare_change"] is None or row["imports"] == "none":
            continue
        if replicate.get(key, {}).get("welfare_change") is None:
            together = list(key)
            together[place["level"]], together[place["industry"]] = "industries_aggregated", None
            replicate.pop(tuple(together), None)
            together[place["window"]] = "-".join(study.welfare.difference or ())
            replicate.pop(tuple(together), None)


def add_empty_terms(full: dict[tuple, dict], replicate: dict[tuple, dict]) -> None:
    """0 for a term over industries that none of those left has, where there are others."""
    totals = {
        key[:-1]: row["total"] for key, row in replicate.items() if key[0] == "decompositions"
    }
    for key, row in full.items():
        is_sum = key[0] == "decompositions" and row["level"].endswith("_aggregated")
        if is_sum and key not in replicate and totals.get(key[:-1]) is not None:
            replicate[key] = {"value": 0.0, "total": totals[key[:-1]]}


def add_empty_bins(full: dict[tuple, dict], replicate: dict[tuple, dict]) -> None:
    """0 of the entrants that are left for a bin that nobody left is in."""
    for key in full.keys() - replicate.keys():
        everyone = replicate.get((*key[:-2], "all", None)) if key[0] == "entry_rates" else None
        if everyone is not None:
            share = 0.0 if everyone["entrants"] else None
            replicate[key] = {
                "entry_rate": None, "share_of_entrants": share, "employment_rate": None
            }  # fmt: skip


def with_errors(name: str, row: dict[str, Any], replicates: list, stated: Any) -> dict[str, Any]:
    """A row with the standard errors of its uncertain numbers, from the same rows of replicates."""
    table = TABLES[name]
    key = (name, *(row[column] for column in table.key))
    found = dict(row)
    for column in table.uncertain:
        own = key
        if row.get("distribution") and column.startswith("delta_ln"):
            own = (*key[:-2], "hloy", None)  # the shares are those of every formula
        values = [replicate.get(own, {}).get(column) for replicate in replicates]
        rounding = STILL.get(name, 1e-14)
        error, groups = jackknife(row[column], values, stated.most_undefined, rounding)
        found[table.error_of(column)] = error
        if column == table.uncertain[0]:
            reach = None if error is None else error * quantile(stated.level, groups - 1)
            found["ci_low"] = None if error is None else row[column] - reach
            found["ci_high"] = None if error is None else row[column] + reach
            found["replicate_groups"] = groups
    return found


def jackknife(
    estimate: float | None,
    replicates: list[float | None],
    most_undefined: float,
    rounding: float = 1e-14,
) -> tuple[float | None, int]:
    """Standard error around the estimate, and how many replicates have a number."""
    defined = [value for value in replicates if value is not None]
    groups = len(defined)
    too_many = len(replicates) - groups > most_undefined * len(replicates)
    if estimate is None:
        return None, 0
    if too_many or groups < 2:
        return None, groups
    moves = [value - estimate for value in defined]
    still = rounding * max(1.0, abs(estimate))
    squares = math.fsum(move**2 for move in moves if abs(move) > still)
    return math.sqrt((groups - 1) / groups * squares), groups


def within(t: float, degrees: int, steps: int = 20_000) -> float:
    """Probability between -t and t, by Simpson's rule over the density of Student's t."""
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2))
    scale /= math.sqrt(degrees * math.pi)
    h = t / steps
    inside = (
        (1 + (i * h) ** 2 / degrees) ** (-(degrees + 1) / 2) * (4 if i % 2 else 2)
        for i in range(1, steps)
    )
    ends = 1 + (1 + t * t / degrees) ** (-(degrees + 1) / 2)
    return 2 * h / 3 * scale * (ends + math.fsum(inside))


def p_value(t: float, degrees: int) -> float:
    """Of a value at least as far from 0 as t."""
    return 1 - within(abs(t), degrees)


@cache
def quantile(level: float, degrees: int) -> float:
    """Of Student's t, by Newton's steps on Simpson's rule over the density."""
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2))
    scale /= math.sqrt(degrees * math.pi)

    def density(t: float) -> float:
        return scale * (1 + t * t / degrees) ** (-(degrees + 1) / 2)

    t = 2.0
    for _ in range(60):
        step = (within(t, degrees) - level) / (2 * density(t))
        t -= max(-1.0, min(1.0, step))
        if abs(step) < 1e-14:
            break
    return t
