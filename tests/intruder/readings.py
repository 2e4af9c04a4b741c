"""What each released number says of the establishments behind it, by the published definitions.

Nothing here comes from the code that protects: docs/tables.md and docs/method.md say what a column
is. Every reading is held to the number that was read; a wrong one ends the attack.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from intruder.economies import FIRST, LAST, RESTRICTIONS, WINDOWS, Economy

Unknown = tuple[str, int, str]
"""An amount that nobody knows: establishment, year, and "one", "jobs", "home" or "exports"."""

GAINED, LOST = "gained by", "lost by"
"""Jobs of an establishment from a year to a later one: amounts of their own, with the year."""

CONDITIONS: dict[str, Callable[..., bool]] = {
    "nonexporting": lambda row: row.exports == 0,
    "small": lambda row: row.jobs < 30,
    "tiny": lambda row: row.jobs < 12,
}
assert CONDITIONS.keys() == RESTRICTIONS.keys()


@dataclass(frozen=True)
class Total:
    """A sum of unknown amounts, and of what is public.

    Attributes:
        terms: Unknown amounts and how often each is in it.
        public: What is added that everybody knows.
    """

    terms: frozenset[tuple[Unknown, int]]
    public: int = 0

    def __add__(self, other: "Total") -> "Total":
        return self.plus(other, 1)

    def __sub__(self, other: "Total") -> "Total":
        return self.plus(other, -1)

    def plus(self, other: "Total", times: int) -> "Total":
        terms = dict(self.terms)
        for name, count in other.terms:
            terms[name] = terms.get(name, 0) + times * count
        kept = frozenset((name, count) for name, count in terms.items() if count)
        return Total(kept, self.public + times * other.public)


Logs = tuple[tuple[Total, float], ...]
"""Σ times · ln total."""


@dataclass(frozen=True)
class Reading:
    """What a number is: a total, a ratio of two, or a sum of logarithms.

    Attributes:
        kind: "total", "ratio" or "logs".
        logs: The total with 1; numerator and denominator with 1 and -1; or the logarithms.
    """

    kind: str
    logs: Logs


def total(of: Total) -> Reading:
    return Reading("total", ((of, 1.0),))


def ratio(one: Total, other: Total) -> Reading:
    return Reading("ratio", ((one, 1.0), (other, -1.0)))


def logs(*parts: tuple[Total, float]) -> Reading:
    return Reading("logs", parts)


@dataclass(frozen=True)
class Some:
    """Groups of industries; by the code of the year `first`, 0: of the year that is looked at."""

    codes: tuple[str, ...]
    first: int = 0


Groups = Some | None
"""Some groups of industries, or all."""


@dataclass(frozen=True)
class Readings:
    """The readings of an economy's tables, by row and column."""

    economy: Economy

    # --- who is in a set ---

    @cached_property
    def names(self) -> dict[int, set[str]]:
        found: dict[int, set[str]] = {}
        for name, year in self.economy.rows:
            found.setdefault(year, set()).add(name)
        return found

    def there(self, year: int) -> set[str]:
        return self.names.get(year, set())

    def continuing(self, ends: tuple[int, int], rule: str) -> set[str]:
        start, end = ends
        both = self.there(start) & self.there(end)
        if rule == "domestic_both_ends":
            rows = self.economy.rows
            return {n for n in both if rows[n, start].home > 0 and rows[n, end].home > 0}
        if rule == "every_year":
            return both.intersection(*(self.there(year) for year in range(start, end + 1)))
        return both

    def restricted(self, ends: tuple[int, int], rule: str, restriction: str) -> set[str]:
        stay = self.continuing(ends, rule)
        if restriction == "all":
            return stay
        return {n for n in stay if CONDITIONS[restriction](self.economy.rows[n, ends[0]])}

    def within(self, names: set[str], year: int, level: str, industry: str) -> set[str]:
        """Those of an industry, by the code of the year."""
        if level == "total":
            return names
        rows = self.economy.rows
        return {name for name in names if rows[name, year].industry.startswith(industry)}

    def in_two_years(self) -> Iterator[tuple[set[str], int, int]]:
        """Sets of the whole economy that are the same establishments in two years."""
        economy = self.economy
        pairs = [(year, year + 1) for year in range(FIRST, LAST)] if economy.annual else []
        for ends in (*WINDOWS.values(), *pairs):
            rules = economy.continuing if ends in WINDOWS.values() else ()
            for rule in dict.fromkeys(("both_ends", *rules)):
                for restriction in ("all", *economy.restrictions):
                    yield (self.restricted(ends, rule, restriction), *ends)
            stay = self.continuing(ends, "both_ends")
            yield ({name for name in stay if self.state(name, ends[1]) == "exporter"}, *ends)

    # --- totals ---

    def sum_of(self, names: set[str], year: int, measure: str) -> Total:
        parts = {"sales": ("home", "exports")}.get(measure, (measure,))
        return Total(frozenset(((name, year, part), 1) for name in names for part in parts))

    def value(self, of: Total) -> int:
        return of.public + sum(count * self.amount(name) for name, count in of.terms)

    def amount(self, unknown: Unknown) -> int:
        name, year, measure = unknown
        if measure == "one":
            return 1
        row = self.economy.rows[name, year]
        if measure.startswith((GAINED, LOST)):
            change = self.economy.rows[name, int(measure[-4:])].jobs - row.jobs
            return max(change if measure.startswith(GAINED) else -change, 0)
        return {"jobs": row.jobs, "home": row.home, "exports": row.exports}[measure]

    # --- tables ---

    def of_row(self, table: str, row: Mapping[str, str]) -> dict[str, Reading]:
        """Column -> what its number is, for the columns that an intruder can read."""
        return {
            "demography": self.demography,
            "transitions": self.transitions,
            "job_flows": self.job_flows,
            "market_shares": self.market_shares,
            "welfare": self.welfare,
            "welfare_curves": self.curves,
            "welfare_comparisons": self.comparisons,
        }[table](row)

    def demography(self, row: Mapping[str, str]) -> dict[str, Reading]:
        ends, year = window_of(row["window"]), int(row["year"])
        stay = self.continuing(ends, row["continuing"])
        once = {"exiter": self.there(ends[0]) - self.there(ends[1]),
                "entrant": self.there(ends[1]) - self.there(ends[0])}  # fmt: skip
        place = (year, row["level"], row["industry"])
        who = self.within(once.get(row["status"], stay), *place)
        everyone = self.within(self.there(year), *place)
        columns = {"establishments": "one", "employment": "jobs", "sales": "sales",
                   "exports": "exports", "domestic_sales": "home"}  # fmt: skip
        found = {name: total(self.sum_of(who, year, part)) for name, part in columns.items()}
        for name, part in (("establishment", "one"), ("employment", "jobs"), ("sales", "sales")):
            parts = (self.sum_of(names, year, part) for names in (who, everyone))
            found[f"{name}_rate"] = ratio(*parts)
        return found

    def transitions(self, row: Mapping[str, str]) -> dict[str, Reading]:
        ends = window_of(row["window"])
        seen = {
            name
            for name in self.there(ends[0]) | self.there(ends[1])
            if row["level"] == "total" or self.first_code(name, ends).startswith(row["industry"])
        }
        begin = {name for name in seen if self.state(name, ends[0]) == row["state_at_start"]}
        who = {name for name in begin if self.state(name, ends[1]) == row["state_at_end"]}
        year = ends[row["state_at_start"] == "absent"]
        return {
            "establishments": total(self.sum_of(who, year, "one")),
            "employment": total(self.sum_of(who, year, "jobs")),
            "establishment_share": ratio(*(self.sum_of(n, year, "one") for n in (who, begin))),
            "employment_share": ratio(*(self.sum_of(n, year, "jobs") for n in (who, begin))),
        }

    def state(self, name: str, year: int) -> str:
        if name not in self.there(year):
            return "absent"
        return "exporter" if self.economy.rows[name, year].exports else "nonexporter"

    def first_code(self, name: str, ends: tuple[int, int]) -> str:
        year = ends[0] if name in self.there(ends[0]) else ends[1]
        return self.economy.rows[name, year].industry

    def job_flows(self, row: Mapping[str, str]) -> dict[str, Reading]:
        start, end = ends = window_of(row["window"])
        seen = {
            name
            for name in self.there(start) | self.there(end)
            if row["level"] == "total" or self.first_code(name, ends).startswith(row["industry"])
        }
        both = seen & self.there(start) & self.there(end)
        first, last = (self.sum_of(seen & self.there(year), year, "jobs") for year in (start, end))
        created = self.sum_of(seen - self.there(start), end, "jobs")
        gained, lost = (self.sum_of(both, start, f"{way} {end}") for way in (GAINED, LOST))
        gone = self.sum_of(seen - self.there(end), start, "jobs")
        everyone = self.sum_of(seen & self.there(start), start, "one") + self.sum_of(
            seen - self.there(start), end, "one"
        )
        return {
            "establishments": total(everyone),
            "employment_start": total(first),
            "employment_end": total(last),
            "entrant_creation": total(created),
            "expander_creation": total(gained),
            "exiter_destruction": total(gone),
            "contractor_destruction": total(lost),
            "creation_rate": ratio(created.plus(created, 1) + gained.plus(gained, 1), first + last),
            "destruction_rate": ratio(gone.plus(gone, 1) + lost.plus(lost, 1), first + last),
            "destruction_share": ratio(gone + lost, first),
        }

    # --- markets ---

    def imported(self, year: int, source: str, groups: "Groups") -> Total:
        """Imports of a market: public, or the census's own exports."""
        if source == "exports":
            return self.sum_of(self._of_groups(self.there(year), year, groups), year, "exports")
        return Total(frozenset(), sum(
            value for (industry, when), value in self.economy.imports.items()
            if when == year and (groups is None or industry[:2] in groups.codes)
        ))  # fmt: skip

    def market(
        self, stay: set[str], year: int, source: str, groups: "Groups"
    ) -> tuple[Total, Total, Total]:
        """X^c, X and Y of a market."""
        kept, everyone = (
            self.sum_of(self._of_groups(names, year, groups), year, "home")
            for names in (stay & self.there(year), self.there(year))
        )
        return kept, everyone, everyone + self.imported(year, source, groups)

    def _of_groups(self, names: set[str], year: int, groups: "Groups") -> set[str]:
        """Those of some groups of industries, by the code of the year or of a window's first."""
        if groups is None:
            return names
        at = groups.first or year
        return {
            name
            for name in names
            if self.economy.rows.get((name, at), self.economy.rows[name, year]).industry[:2]
            in groups.codes
        }

    def market_shares(self, row: Mapping[str, str]) -> dict[str, Reading]:
        ends, year = WINDOWS[row["window"]], int(row["year"])
        groups = None if row["level"] == "total" else Some((row["industry"],))
        stay = self.restricted(ends, row["continuing"], row["restriction"])
        kept, everyone, spent = self.market(stay, year, row["imports"], groups)
        in_market = self._of_groups(self.there(year), year, groups)
        return {
            "establishments": total(self.sum_of(in_market, year, "one")),
            "continuing_establishments": total(self.sum_of(stay & in_market, year, "one")),
            "domestic_sales": total(everyone),
            "continuing_domestic_sales": total(kept),
            "imports_value": total(spent - everyone),
            "expenditure": total(spent),
            "continuing_share": ratio(kept, everyone),
            "domestic_share": ratio(everyone, spent),
            "continuing_market_share": ratio(kept, spent),
        }

    def change(
        self, window: str, source: str, groups: "Groups",
        stay_of: Callable[[tuple[int, int]], set[str]], share: str,
    ) -> Logs:  # fmt: skip
        """Δ ln of a share of a market, "kept", "domestic" or "both"; of two windows, less."""
        later, _, earlier = window.partition("-")
        parts: list[tuple[Total, float]] = []
        for name, sign in ((later, 1.0), (earlier, -1.0)):
            if not name:
                continue
            for year, side in zip(WINDOWS[name], (-1.0, 1.0), strict=True):
                here = groups and replace(groups, first=groups.first and WINDOWS[name][0])
                market = self.market(stay_of(WINDOWS[name]), year, source, here)
                pair = {"kept": (0, 1), "domestic": (1, 2), "both": (0, 2)}[share]
                parts += [(market[pair[0]], sign * side), (market[pair[1]], -sign * side)]
        return tuple(parts)

    def welfare(self, row: Mapping[str, str]) -> dict[str, Reading]:
        if row["level"] == "industries_aggregated":
            return {}
        groups = None if row["level"] == "total" else Some((row["industry"],))

        def stay_of(ends: tuple[int, int]) -> set[str]:
            return self.restricted(ends, row["continuing"], row["restriction"])

        changes = {share: Reading("logs", self.change(row["window"], row["imports"], groups,
                                                      stay_of, share))
                   for share in ("kept", "domestic", "both")}  # fmt: skip
        sigma, epsilon = 3.72, 4.71
        found = {
            "delta_ln_continuing_share": changes["kept"],
            "delta_ln_domestic_share": changes["domestic"],
            "delta_ln_continuing_market_share": changes["both"],
            "domestic_share_term": _times(changes["domestic"], -1 / (sigma - 1)),
            "continuing_share_term": _times(changes["kept"], -1 / (sigma - 1)),
        }
        if row["formula"] == "hloy":
            found["welfare_change"] = _times(changes["both"], -1 / (sigma - 1))
        if row["formula"] == "acr":
            found["welfare_change"] = _times(changes["domestic"], -1 / epsilon)
        if "-" not in row["window"]:
            ends = WINDOWS[row["window"]]
            stay = self._of_groups(stay_of(ends), ends[1], groups)
            found["establishments"] = total(self.sum_of(stay, ends[1], "one"))
        return found

    def curves(self, row: Mapping[str, str]) -> dict[str, Reading]:
        elasticity = float(row["elasticity"])
        rule = row["continuing"]
        every = sorted({industry[:2] for industry in self.economy.industries})
        if row["figure"] == "3":
            share = "both" if row["curve"] == "hloy" else "domestic"
            change = self.change(row["window"], row["imports"], None,
                                 lambda ends: self.continuing(ends, rule), share)  # fmt: skip
            over = elasticity - 1 if row["curve"] == "hloy" else elasticity
            return {"welfare_change": _times(Reading("logs", change), -1 / over)}
        x = float(row["x"] or "inf")
        below = Some(tuple(group for place, group in enumerate(every) if place < x), first=1)
        above = Some(tuple(group for group in every if group not in below.codes), first=1)
        found = {}
        if row["figure"] == "4":
            found["welfare_change"] = _times(
                Reading("logs", self._restricted_change(row, below)), -1 / (elasticity - 1)
            )
            chosen = below
        else:
            for column, groups in (("liberalised_change", above), ("rest_change", below)):
                change = self.change(row["window"], row["imports"], groups,
                                     lambda ends: self.continuing(ends, rule), "both")  # fmt: skip
                found[column] = _times(Reading("logs", change), -1 / (elasticity - 1))
            one, other = found["liberalised_change"].logs, found["rest_change"].logs
            found["welfare_change"] = Reading("logs", one + _times(Reading("logs", other), -1).logs)
            chosen = above
        if "-" not in row["window"]:
            ends = WINDOWS[row["window"]]
            chosen = replace(chosen, first=ends[0])
            stay = self._of_groups(self.continuing(ends, rule), ends[1], chosen)
            found["establishments"] = total(self.sum_of(stay, ends[1], "one"))
        return found

    def _restricted_change(self, row: Mapping[str, str], groups: "Some") -> Logs:
        """Figure 4: the market of all, the continuing set of some industries."""
        later, _, earlier = row["window"].partition("-")
        parts: list[tuple[Total, float]] = []
        for name, sign in ((later, 1.0), (earlier, -1.0)):
            if not name:
                continue
            for year, side in zip(WINDOWS[name], (-1.0, 1.0), strict=True):
                here = replace(groups, first=WINDOWS[name][0])
                stay = self._of_groups(
                    self.continuing(WINDOWS[name], row["continuing"]), year, here
                )
                kept, _, spent = self.market(stay, year, row["imports"], None)
                parts += [(kept, sign * side), (spent, -sign * side)]
        return tuple(parts)

    def comparisons(self, row: Mapping[str, str]) -> dict[str, Reading]:
        if row["quantity"] == "acr_over_autarky":
            _, everyone, spent = self.market(set(), int(row["year"]), row["imports"], None)
            return {"welfare_change": _times(logs((everyone, 1), (spent, -1)), -1 / 4.71)}
        if row["quantity"] == "trade_balance":
            year = int(row["year"])
            sold = self.sum_of(self.there(year), year, "exports")
            return {"ratio": ratio(sold, self.imported(year, row["imports"], None))}
        return {}


def window_of(name: str) -> tuple[int, int]:
    """The years of a window, or of START-END."""
    if name in WINDOWS:
        return WINDOWS[name]
    start, _, end = name.partition("-")
    return int(start), int(end)


def _times(reading: Reading, factor: float) -> Reading:
    return Reading("logs", tuple((of, times * factor) for of, times in reading.logs))


def expected(readings: Readings, reading: Reading) -> float | None:
    """The number that a reading gives, None where it has none."""
    values = [(readings.value(of), times) for of, times in reading.logs]
    if reading.kind == "total":
        return float(values[0][0])
    if reading.kind == "ratio":
        (above, _), (below, _) = values
        return above / below if below else None
    if any(value <= 0 for value, _ in values):
        return None
    return math.fsum(times * math.log(value) for value, times in values)
