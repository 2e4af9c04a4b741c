"""Groups of establishments behind the numbers of published rows.

A row says by its key whom it is of: a window, an industry, a status. For each `who` that its table
declares (`tables.disclosure`) a function here says which establishments of which year these are, in
terms of the sets of the matched census. A row of which that cannot be said gets no `who`, and its
numbers stay.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tradegains.published.published_run import PublishedRun
from tradegains.tables.disclosure import Statistic

SetName = tuple[str, ...]
Row = Mapping[str, Any]

EVERY = "*"
"""Each industry of a level, one by one."""

WITH_PRODUCTIVITY, WITH_EMPLOYMENT = ("with_productivity",), ("with_employment",)
"""Sets of the evidence itself: who has log productivity, and who has employment above 0."""

RANKED = "ranked"
"""Level of some industries together, which a ranking put there."""


@dataclass(frozen=True, order=True)
class Members:
    """Establishments of a year: in all of some sets, in none of others, of an industry.

    `window` is that whose industry counts, empty for the industry of the year itself; `industry`
    is empty at level total, and several codes with a space between them at level ranked.
    """

    year: int
    inside: tuple[SetName, ...] = ()
    outside: tuple[SetName, ...] = ()
    window: str = ""
    level: str = "total"
    industry: str = ""

    @staticmethod
    def of(said: Row) -> "Members":
        """From what the ledger keeps, `vars` of one."""
        return Members(
            said["year"],
            tuple(map(tuple, said["inside"])),
            tuple(map(tuple, said["outside"])),
            said["window"],
            said["level"],
            said["industry"],
        )


@dataclass(frozen=True)
class Who:
    """Groups that one `who` of a row stands for.

    Attributes:
        groups: all of them.
        pair: the pair of years whose job flows are meant.
        exports_are_imports: whether imports are the census's own exports.
    """

    groups: tuple[Members, ...]
    pair: str = ""
    exports_are_imports: bool = False


Behind = Callable[["Choices", Row], Mapping[str, Who]]
Summed = tuple[Members, str]
"""A sum: of whom, and of what."""


@dataclass(frozen=True)
class Choices:
    """What of a study says whom its rows are of."""

    windows: Mapping[str, tuple[int, int]]
    industry_at: str
    bridges: bool
    difference: Mapping[str, tuple[str, ...]]
    headline: Mapping[str, str]
    conditions: Mapping[SetName, str]
    rankings: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    panel_years: tuple[int, ...] = ()
    reactivation_years: int = 0
    before: str = ""

    @staticmethod
    def of(
        run: PublishedRun, rankings: Mapping[str, Mapping[str, float]] | None = None
    ) -> "Choices":
        """The choices of a published run.

        Args:
            run: the run.
            rankings: value of each variable that industries are ranked by, by industry.
        """
        matching = run.section("matching")
        both = run.difference
        return Choices(
            {name: (window.start, window.end) for name, window in run.windows.items()},
            str(matching.get("industry_at", "own_year")),
            bool(matching.get("reactivation_years", 0)),
            {both.name: (both.later, both.earlier)} if both else {},
            run.headline_choices,
            {
                ("restricted", window, each["name"]): _condition(each)
                for each in run.study.get("restrictions", ())
                for window in run.windows
            },
            rankings or {},
            tuple(run.section("tariffs").get("leave_out", ())),
            tuple(matching.get("panel_years", ())),
            int(matching.get("reactivation_years", 0)),
            str(run.section("tariff_effects").get("before") or ""),
        )

    def is_headline(self, row: Row) -> bool:
        """Whether a row is of the first of each list of the study."""
        return all(row.get(name, first) == first for name, first in self.headline.items())

    def told(self, name: SetName) -> str:
        """A set in words that do not depend on what a study calls its windows and conditions.

        Example:
            >>> choices = Choices({"post": (1988, 1996)}, "own_year", False, {}, {}, {})
            >>> choices.told(("continuing", "post", "both_ends"))
            'continuing 1988-1996 both_ends'
        """
        kind, *rest = name
        if rest and rest[0] in self.windows:
            rest[0] = "-".join(map(str, self.windows[rest[0]]))
        if name in self.conditions:
            rest[-1] = f"where {self.conditions[name]}"
        if kind == "continuing" and rest[-1] == "panel":
            rest.append(" ".join(map(str, self.panel_years)))
        if kind == "bridged":
            rest.append(f"within {self.reactivation_years} years")
        return " ".join((kind, *rest))

    def counting(self, window: str) -> str:
        """The window whose industries count; empty where each year's own do."""
        is_stated = self.industry_at != "own_year" and window in self.windows
        return window if is_stated else ""

    def parts(self, window: str) -> tuple[str, ...]:
        """The windows that a window, or a difference of two, is made of."""
        return self.difference.get(window, (window,))


def _condition(restriction: Row) -> str:
    """A restriction in words: its condition, and when it must hold but at the start."""
    at = restriction.get("at", "start")
    return str(restriction["where"]) + ("" if at == "start" else f" at {at}")


def sums_behind(number: Statistic, who: Mapping[str, Who]) -> tuple[Summed, ...] | None:
    """The sums that a number of a row is a function of; None where one of them is not known."""
    found: dict[Summed, None] = {}
    for each in number.sums:
        name, _, amount = each.partition(".")
        if name not in who:
            return None
        meant = who[name]
        if amount == "imports":
            if not meant.exports_are_imports:
                continue
            amount = "exports"
        if amount in ("jobs_gained", "jobs_lost"):
            amount = f"{amount}_in_{meant.pair}"
        found |= {(group, amount): None for group in meant.groups}
    return tuple(found)


def _market_shares(choices: Choices, row: Row) -> Mapping[str, Who]:
    window, year = row["window"], row["year"]
    from_exports = row["imports"] == "exports"
    at = {
        "window": choices.counting(window),
        "level": row["level"],
        "industry": row["industry"] or "",
    }
    inside = _continuing(window, row["continuing"], row["restriction"])
    return {
        "everyone": Who((Members(year, **at),), exports_are_imports=from_exports),
        "continuing": Who((Members(year, inside, **at),)),
    }


def _continuing(window: str, rule: str, restriction: str) -> tuple[SetName, ...]:
    restricted = () if restriction == "all" else (("restricted", window, restriction),)
    return (("continuing", window, rule), *restricted)


def _welfare(choices: Choices, row: Row) -> Mapping[str, Who]:
    """Both ends of each window; those assumed to follow a distribution rest on its quantiles."""
    if row["formula"].startswith("melitz_redding"):
        return {}
    from_exports = row["imports"] == "exports"
    is_aggregated = row["level"] == "industries_aggregated"
    level = "industry2" if is_aggregated else row["level"]
    industry = EVERY if is_aggregated else row["industry"] or ""
    everyone, continuing, every_industry = [], [], []
    windows = choices.parts(row["window"])
    for window in windows:
        inside = _continuing(window, row["continuing"], row["restriction"])
        for year in choices.windows[window]:
            at = choices.counting(window)
            everyone.append(Members(year, window=at, level=level, industry=industry))
            continuing.append(Members(year, inside, window=at, level=level, industry=industry))
            every_industry.append(Members(year, window=at, level="industry2", industry=EVERY))
    at_end = () if len(windows) > 1 else (continuing[-1],)
    return {
        "everyone": Who(tuple(everyone), exports_are_imports=from_exports),
        "continuing": Who(tuple(continuing)),
        "continuing_at_end": Who(at_end),
        "every_industry": Who(tuple(every_industry), exports_are_imports=from_exports),
    }


def _productivity_growth(choices: Choices, row: Row) -> Mapping[str, Who]:
    """Who continues, at both ends of each window.

    Deflated industry by industry a sum has other weights than any that leaves: nobody is known.
    """
    if row["prices"] == "industry":
        return {}
    continuing = []
    windows = choices.parts(row["window"])
    for window in windows:
        inside = (("continuing", window, row["continuing"]),)
        at = {"window": choices.counting(window), "level": row["level"]}
        industry = row["industry"] or ""
        for year in choices.windows[window]:
            continuing.append(Members(year, inside, industry=industry, **at))
    at_end = () if len(windows) > 1 else (continuing[-1],)
    return {"continuing": Who(tuple(continuing)), "continuing_at_end": Who(at_end)}


def _welfare_comparisons(choices: Choices, row: Row) -> Mapping[str, Who]:
    """The whole economy in a year, or at both ends of each window, under the headline's rule."""
    if row["year"] is not None:
        everyone = Members(row["year"])
        return {"everyone": Who((everyone,), exports_are_imports=row["imports"] == "exports")}
    whole = {
        "level": "total",
        "industry": None,
        "restriction": "all",
        "continuing": choices.headline["continuing"],
        "formula": "hloy",
    }
    return _welfare(choices, {**row, **whole})


def _welfare_curves(choices: Choices, row: Row) -> Mapping[str, Who]:
    """Figure 3 is of the whole economy; 4 and 5 of the industries that a ranking puts together."""
    whole = dict(_welfare_comparisons(choices, {**row, "year": None}))
    if row["figure"] == "3":
        return whole
    if row["figure"] == "4" and row["x"] is None:
        return whole
    ranking = choices.rankings.get(row["variable"])
    if ranking is None:
        return {}
    codes = sorted(ranking)
    if row["figure"] == "4":
        below = [code for code in codes if ranking[code] < row["x"]]
        some = _ranked(choices, row, below)
        return whole | {name: some[name] for name in ("continuing", "continuing_at_end")}
    compared = [code for code in codes if not code.startswith(choices.leave_out)]
    above = [code for code in compared if ranking[code] >= row["x"]]
    rest = _ranked(choices, row, [code for code in compared if code not in set(above)])
    return _ranked(choices, row, above) | {
        "rest": rest["everyone"],
        "rest_continuing": rest["continuing"],
    }


def _ranked(choices: Choices, row: Row, codes: Sequence[str]) -> dict[str, Who]:
    """Some industries at both ends of each window, sorted by the industry of its first year."""
    everyone, continuing = [], []
    windows = choices.parts(row["window"])
    for window in windows:
        ends = choices.windows[window]
        first = window if choices.industry_at == "start" else str(ends[0])
        at: dict[str, Any] = {"window": first, "level": RANKED, "industry": " ".join(codes)}
        inside = _continuing(window, row["continuing"], "all")
        everyone += [Members(year, **at) for year in ends]
        continuing += [Members(year, inside, **at) for year in ends]
    at_end = () if len(windows) > 1 else (continuing[-1],)
    return {
        "everyone": Who(tuple(everyone), exports_are_imports=row["imports"] == "exports"),
        "continuing": Who(tuple(continuing)),
        "continuing_at_end": Who(at_end),
    }


@dataclass(frozen=True)
class _ComparedEnds:
    """A window or a pair of consecutive years: the sets that tell what a row does in it."""

    ends: tuple[int, int]
    at_end: SetName
    at_start: SetName
    exporter_at_end: SetName
    bridged: tuple[SetName, SetName] | None
    pair: str
    window: str


def _period(choices: Choices, row: Row) -> _ComparedEnds:
    name = row["window"]
    if row["kind"] == "window":
        both = ("continuing", name, "both_ends")
        later = ("exporter_at_end", name)
        ends = choices.windows[name]
        return _ComparedEnds(ends, both, both, later, None, name, choices.counting(name))
    start, _, end = name.partition("-")
    bridged = (("bridged", "next_year"), ("bridged", "previous_year"))
    return _ComparedEnds(
        (int(start), int(end)),
        ("present", "next_year"),
        ("present", "previous_year"),
        ("exporter", "next_year"),
        bridged if choices.bridges else None,
        "next-year",
        "",
    )


def _demography(choices: Choices, row: Row) -> Mapping[str, Who]:
    period, year = _period(choices, row), row["year"]
    is_first = year == period.ends[0]
    in_both = period.at_end if is_first else period.at_start
    if period.bridged:
        in_both = period.bridged[0 if is_first else 1]
    ruled = in_both if row["kind"] == "annual" else ("continuing", row["window"], row["continuing"])
    at = {"window": period.window, "level": row["level"], "industry": row["industry"] or ""}
    if row["status"] == "continuing":
        status = Members(year, tuple(dict.fromkeys((in_both, ruled))), **at)
    else:
        status = Members(year, (), (in_both,), **at)
    return {"status": Who((status,)), "everyone": Who((Members(year, **at),))}


_EXPORTER = ("exporter",)


def _transitions(choices: Choices, row: Row) -> Mapping[str, Who]:
    period = _period(choices, row)
    at = {"window": period.window, "level": row["level"], "industry": row["industry"] or ""}
    start, end = row["state_at_start"], row["state_at_end"]
    if start in ("absent", "dormant"):
        away = _away(start, period.at_start, period.bridged and period.bridged[1])
        inside, outside = away
        whole = Members(period.ends[1], inside, outside, **at)
        mine, others = _exporting(end, _EXPORTER)
        state = Members(period.ends[1], (*inside, *mine), (*outside, *others), **at)
        return {"state": Who((state,)), "start": Who((whole,))}
    inside, outside = _exporting(start, _EXPORTER)
    whole = Members(period.ends[0], inside, outside, **at)
    if end in ("absent", "dormant"):
        more, less = _away(end, period.at_end, period.bridged and period.bridged[0])
    else:
        mine, less = _exporting(end, period.exporter_at_end)
        more = (period.at_end, *mine)
    state = Members(period.ends[0], (*inside, *more), (*outside, *less), **at)
    return {"state": Who((state,)), "start": Who((whole,))}


def _exporting(state: str, exporter: SetName) -> tuple[tuple[SetName, ...], tuple[SetName, ...]]:
    """Sets that a state puts a row inside and outside of."""
    return {"exporter": ((exporter,), ()), "nonexporter": ((), (exporter,))}.get(state, ((), ()))


def _away(
    state: str, there: SetName, bridged: SetName | None
) -> tuple[tuple[SetName, ...], tuple[SetName, ...]]:
    if state == "dormant" and bridged:
        return (bridged,), (there,)
    return (), (there, *((bridged,) if bridged else ()))


def _job_flows(choices: Choices, row: Row) -> Mapping[str, Who]:
    """Flows of all; of whom a productivity group is, only the run knew."""
    period = _period(choices, row)
    if row["productivity_group"] != "all" or period.bridged:
        return {}
    at = {"window": period.window, "level": row["level"], "industry": row["industry"] or ""}
    first, last = period.ends
    return {
        "start": Who((Members(first, **at),)),
        "exiters": Who((Members(first, (), (period.at_end,), **at),)),
        "continuing": Who((Members(first, (period.at_end,), **at),), period.pair),
        "entrants": Who((Members(last, (), (period.at_start,), **at),)),
    }


def _distribution(choices: Choices, row: Row) -> Mapping[str, Who]:
    """Who has log productivity, in the industry of the year itself."""
    at = {"level": row["level"], "industry": row["industry"] or ""}
    inside, outside = _population(choices, row["population"], row["window"] or "", row["year"])
    return {"population": Who((Members(row["year"], (WITH_PRODUCTIVITY, *inside), outside, **at),))}


def _population(
    choices: Choices, name: str, window: str, year: int
) -> tuple[tuple[SetName, ...], tuple[SetName, ...]]:
    """Sets that a population is inside and outside of."""
    stays = ("continuing", window, "both_ends")
    known: dict[str, tuple[tuple[SetName, ...], tuple[SetName, ...]]] = {
        "all": ((), ()),
        "exporters": ((_EXPORTER,), ()),
        "nonexporters": ((), (_EXPORTER,)),
        "continuing": ((("continuing", window, choices.headline["continuing"]),), ()),
        "exiters": ((), (stays,)),
        "entrants": ((), (stays,)),
    }
    return known.get(name, ((("population", name),), ()))


def measured(year: int, *inside: SetName, outside: tuple[SetName, ...] = ()) -> Members:
    """Who has productivity in a year, of some sets."""
    return Members(year, (WITH_PRODUCTIVITY, *inside), outside)


def may_start_to_export(window: str, start: int) -> Members:
    """Who has never exported until a window's first year and is there in its last."""
    return measured(start, ("never_exported", window), ("continuing", window, "both_ends"))


_PREMIA = ("exporter_premium", "exporter_premium_with_size")
_EXITS = ("exit_linear", "exit_probit")


def _regressions(choices: Choices, row: Row) -> Mapping[str, Who]:
    """Whom the rows of a regression are among."""
    if row["model"] in _PREMIA:
        years = tuple(measured(int(year)) for year in row["years"].split(", "))
        return {"among": Who(years)}
    start = choices.windows[row["window"]][0]
    is_exit = row["model"] in _EXITS
    return {"among": Who((measured(start) if is_exit else _entrants(choices, row),))}


def _entrants(choices: Choices, row: Row) -> Members:
    return may_start_to_export(row["window"], choices.windows[row["window"]][0])


def _export_entry(choices: Choices, row: Row) -> Mapping[str, Who]:
    return {"among": Who((_entrants(choices, row),))}


def _tariff_effects(choices: Choices, row: Row) -> Mapping[str, Who]:
    """Whom the rows of a regression are among; over industries everybody, at both ends.

    `reached` are those whose output an effect reaches: all, or who exports already.
    """
    window, result = row["window"], row["result"]
    start, end = choices.windows[window]
    everyone = Who((Members(start),))
    if row["unit"] == "industry":
        return {"among": Who((Members(start), Members(end))), "everyone": everyone}
    among: tuple[Members, ...] = (measured(start, ("continuing", window, "both_ends")),)
    if result == "exit_pooled":
        first = choices.windows[choices.before][0]
        among = (measured(first), measured(start))
    elif result.startswith("exit"):
        among = (measured(start),)
    elif result in ("new_exporters", "export_composition"):
        among = (_entrants(choices, row),)
    found = {"among": Who(among), "everyone": everyone}
    if result == "existing_exporters":
        found["reached"] = Who((Members(start, (_EXPORTER,)),))
    elif row["output_share"] == 1:
        found["reached"] = everyone
    return found


def _decompositions(choices: Choices, row: Row) -> Mapping[str, Who]:
    """Who has productivity at the ends of a window, or in a year, of a group; of all industries.

    Of a window these are all of either year, and those of them who continue.
    """
    if row["level"] not in ALL_INDUSTRIES:
        return {}
    years = choices.windows[row["window"]] if row.get("year") is None else (row["year"],)
    group = row.get("group", "all")
    inside = (_EXPORTER,) if group == "exporters" else ()
    outside = (_EXPORTER,) if group == "nonexporters" else ()
    stay = (("continuing", row["window"], "both_ends"),) if row.get("year") is None else ()
    groups = [measured(year, *inside, outside=outside) for year in years]
    if stay:
        groups += [measured(year, *stay, *inside, outside=outside) for year in years]
    return {"among": Who(tuple(groups))}


ALL_INDUSTRIES = ("total", "industry2_aggregated", "industry4_aggregated")
"""Levels of decompositions that are of all industries together."""


def _dispersion(choices: Choices, row: Row) -> Mapping[str, Who]:
    """Who has log productivity, of all industries together: single ones stay beside their mean."""
    is_mean = row["level"] == "industries_mean"
    return {"population": Who((measured(row["year"]),))} if is_mean else {}


BEHIND: Mapping[str, Behind] = {
    "market_shares": _market_shares,
    "welfare": _welfare,
    "demography": _demography,
    "transitions": _transitions,
    "job_flows": _job_flows,
    "welfare_comparisons": _welfare_comparisons,
    "welfare_curves": _welfare_curves,
    "productivity_growth": _productivity_growth,
    "moments": _distribution,
    "histograms": _distribution,
    "dispersion": _dispersion,
    "regressions": _regressions,
    "export_entry": _export_entry,
    "tariff_effects": _tariff_effects,
    "decompositions": _decompositions,
    "decomposition_groups": _decompositions,
}
"""By table, who is behind the numbers of a row."""


def who_is_behind(table: str, choices: Choices, row: Row) -> Mapping[str, Who]:
    """Whom the numbers of a row are of; nobody known for ids that successors repaired."""
    if table not in BEHIND or row.get("ids", "raw") != "raw":
        return {}
    return BEHIND[table](choices, row)
