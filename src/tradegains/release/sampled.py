"""Statistics of samples in published tables: regressions, tariff effects, entry, decompositions.

For each row of such a table: which samples (`samples`) its numbers are of, and what else keeps a
regression in: degrees of freedom, the explained share, rows per absorbed effect, and, where all
regressors are 0 or 1, how many are either.

Decision: all samples are judged before any row is, those of the whole first: where two differ by a
few, the coarser one leaves.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tradegains.published.published_run import PublishedRun
from tradegains.release.cells import COLUMNS, ESTABLISHMENTS, EvidenceCells
from tradegains.release.groups import ALL_INDUSTRIES, Choices, Members, Row, who_is_behind
from tradegains.release.judging import Backing, broken_rules
from tradegains.release.protection import DIFFERENCE
from tradegains.release.rules import Rules
from tradegains.release.samples import NO_EVIDENCE, CountedSample, Samples
from tradegains.tables import working as w
from tradegains.tables.published import TABLES

DEGREES, EXPLAINED, FEW_PER_EFFECT = "degrees_of_freedom", "explained", "few_per_effect"
CROSSTAB = "crosstab"

CUT_COUNTS = ("own_cuts", "industry_cuts", "without_cut")
SAMPLED_TABLES = (
    "regressions",
    "export_entry",
    "tariff_effects",
    "decompositions",
    "decomposition_groups",
)
"""Tables whose numbers are of samples."""


@dataclass(frozen=True)
class SampledRow:
    """Whom the numbers of a row are of.

    Attributes:
        samples: those behind all of its numbers; none: nothing is known of them.
        own: by column, the samples of a number of its own, instead.
        reason: why its numbers stay, whatever the samples are.
    """

    samples: tuple[CountedSample, ...] = ()
    own: Mapping[str, tuple[CountedSample, ...]] = field(default_factory=dict)
    reason: str = ""

    def behind(self, column: str) -> tuple[CountedSample, ...]:
        """The samples behind a number."""
        return self.own.get(column, self.samples)


@dataclass
class SampledTables:
    """The samples of the tables that are asked for, judged.

    Attributes:
        run: the published run.
        choices: what of the study says whom rows are of.
        rules: what they are judged by.
        samples: the judge of samples.
    """

    run: PublishedRun
    choices: Choices
    rules: Rules
    samples: Samples
    rows: dict[tuple[object, ...], SampledRow] = field(default_factory=dict)

    def decide(self, names: Iterable[str]) -> None:
        """Judge every sample of these tables, the coarser ones first."""
        for name in SAMPLED_TABLES:
            if name not in names:
                continue
            rows = sorted(self.run.tables[name].to_pylist(), key=_coarse_first)
            for row, found in zip(rows, _READERS[name](self, rows), strict=True):
                self.rows[_key(name, row)] = found
                if not found.reason:
                    for each in (
                        *found.samples,
                        *(one for own in found.own.values() for one in own),
                    ):
                        self.samples.judge(each)

    def judge(self, table: str, row: Row, column: str) -> tuple[str, Backing | None]:
        """Why a number stays, and what it rests on."""
        found = self.rows.get(_key(table, row))
        behind = found.behind(column) if found else ()
        if found is None or found.reason or not behind:
            return (found.reason if found and found.reason else NO_EVIDENCE), None
        verdicts = [self.samples.judge(each) for each in behind]
        for reason, backing in verdicts:
            if reason:
                return reason, backing
        return "", min((backing for _, backing in verdicts), key=lambda each: each.contributors)

    @property
    def cells(self) -> EvidenceCells:
        """The evidence."""
        return self.samples.cells


def _key(table: str, row: Row) -> tuple[object, ...]:
    return table, *(row[name] for name in TABLES[table].key)


def _coarse_first(row: Row) -> tuple[bool, bool, bool]:
    return (
        row.get("sample", "all") != "all",
        row.get("quartile") is not None,
        (row.get("level", "total") != "total" or row.get("group", "all") != "all"),
    )


# --- regressions ----------------------------------------------------------------------------------


def _regressions(tables: SampledTables, rows: Sequence[Row]) -> Iterator[SampledRow]:
    terms = Counter(_regression(row) for row in rows)
    for row in rows:
        among, part = _among(tables, "regressions", row), _part(row["sample"])
        weights = ("employment",) if row["weighting"] == "employment" else ()
        count = row["observations"] + _singles(row)
        sample = CountedSample(among, count, weights, part=part)
        own: dict[str, tuple[CountedSample, ...]] = {
            column: (CountedSample(among, row[column], part=(*part, column)),)
            for column in CUT_COUNTS
            if row[column] is not None
        }
        # Effects of one row are left out with it: their number tells how many these are.
        own["observations"] = (CountedSample(among, row["observations"], part=part),)
        own["groups"] = own["observations"]
        if row["clusters"] is not None and row["errors"] in ("establishment", "enterprise"):
            own["clusters"] = ()
        yield SampledRow((sample,), own, _why_not(tables, row, terms[_regression(row)], among))


def _regression(row: Row) -> tuple[object, ...]:
    """What rows of the same regression have in common."""
    names = ("window", "years", "model", "outcome", "sample", "weighting")
    return tuple(row[name] for name in names)


def _part(sample: str) -> tuple[str, ...]:
    return () if sample == "all" else (sample,)


def _among(tables: SampledTables, name: str, row: Row) -> tuple[Members, ...]:
    """Whom a row of a table is among."""
    return who_is_behind(name, tables.choices, row)["among"].groups


_ALONE = re.compile(r"(\d+) in an effect of their own")


def _singles(row: Row) -> int:
    """Rows alone in their effect, which a regression leaves out, and which say nothing in it.

    Estimates are those of the sample with them: only the number of rows differs.
    """
    found = _ALONE.search(row["note"] or "")
    return int(found[1]) if found else 0


def _by_industry(cells: EvidenceCells, group: Members) -> Any:
    """How many establishments of a group each industry of its year has."""
    inside, year = cells.cells_of(group), cells.years[group.year]
    places = np.unique(year.keys[w.INDUSTRY][inside], return_inverse=True)[1]
    return np.bincount(places, year.holdings(w.ESTABLISHMENTS).values[inside])


def _why_not(tables: SampledTables, row: Row, terms: int, among: Sequence[Members]) -> str:
    """What keeps a regression in beside its sample."""
    rules = tables.rules
    if row["observations"] - row["groups"] - terms < rules.models.degrees_of_freedom:
        return DEGREES
    if row["r2"] is not None and 100 * row["r2"] >= rules.models.explained_percent:
        return EXPLAINED
    if row["groups"] > 1 and row["observations"] < row["groups"] * rules.contributors.least:
        return FEW_PER_EFFECT
    if row["model"] == "exporter_premium":
        weight = "employment" if row["weighting"] == "employment" else ESTABLISHMENTS
        sides = premium_backings(tables.cells, among, COLUMNS.get(weight, w.ESTABLISHMENTS))
        is_safe = all(each.contributors and not broken_rules(each, rules) for each in sides)
        return "" if is_safe else CROSSTAB
    return CROSSTAB if row["model"] == "raw_difference" else ""


def premium_backings(cells: EvidenceCells, among: Sequence[Members], column: str) -> list[Backing]:
    """What a premium within industries rests on: exporters, and others, of industries with both.

    Of each the leverage, w · (x − mean x of the industry)²: who is the only exporter of an industry
    of many has nearly all of it, whatever the number of exporters. Years are judged one by one.
    """
    found = []
    for each in among:
        if not cells.knows(each) or ("exporter",) not in cells.sets.positions:
            return [Backing(0, 0.0, 0.0, 0.0)]
        year, holdings = cells.years[each.year], cells.years[each.year].holdings(column)
        sides = [
            cells.cells_of(Members(each.year, (*each.inside, ("exporter",)))),
            cells.cells_of(Members(each.year, each.inside, (("exporter",),))),
        ]
        codes, places = np.unique(year.keys[w.INDUSTRY], return_inverse=True)
        held = [np.bincount(places[s], holdings.values[s], len(codes)) for s in sides]
        both = (held[0] > 0) & (held[1] > 0)
        total = np.maximum(held[0] + held[1], 1)
        for side, other in ((0, 1), (1, 0)):
            inside = sides[side][both[places[sides[side]]]]
            reach = np.zeros(len(holdings))
            reach[inside] = ((held[other] / total) ** 2)[places[inside]]
            found.append(holdings.scaled(reach).backing(inside))
    return found


# --- tariff effects -------------------------------------------------------------------------------


def _tariff_effects(tables: SampledTables, rows: Sequence[Row]) -> Iterator[SampledRow]:
    regressors = 3 + 2 * len({row["kind"] for row in rows})
    regressors += len(set(tables.run.tables["regressions"]["term"].to_pylist()))
    numbers: list[int] = []
    for row in rows:
        if row["unit"] == "industry":
            yield _of_industries(tables, row, regressors, numbers)
            continue
        among, part = _among(tables, "tariff_effects", row), _part_of_effect(row["result"])
        sample = CountedSample(among, row["observations"], part=part)
        own: dict[str, tuple[CountedSample, ...]] = {
            column: (CountedSample(among, row[column], part=(*part, column)),)
            for column in CUT_COUNTS
            if row[column] is not None
        }
        if row["clusters"] is not None and row["errors"] in ("establishment", "enterprise"):
            own["clusters"] = ()
        known = [each for each in among if tables.cells.knows(each)]
        effects = sum(len(_by_industry(tables.cells, each)) for each in known)
        free = row["observations"] - effects - regressors
        few = free < tables.rules.models.degrees_of_freedom
        yield SampledRow((sample,), own, DEGREES if few else "")


def _of_industries(
    tables: SampledTables, row: Row, regressors: int, numbers: list[int]
) -> SampledRow:
    """A regression over industries: its rows are these, and everybody is behind them."""
    count, rules = row["observations"], tables.rules
    if count - regressors < rules.models.degrees_of_freedom:
        return SampledRow(reason=DEGREES)
    if any(0 < abs(count - other) < rules.differences.least for other in numbers):
        return SampledRow(reason=DIFFERENCE)
    numbers.append(count)
    ends = _among(tables, "tariff_effects", row)
    owned = [CountedSample((each,), int(tables.samples.owned((each,)).sum()), ("employment",))
             for each in ends if tables.cells.knows(each)]  # fmt: skip
    return SampledRow(tuple(owned) if len(owned) == len(ends) else ())


def _part_of_effect(result: str) -> tuple[str, ...]:
    is_part = result.startswith("exit_") and result != "exit_pooled"
    return (result.removeprefix("exit_"),) if is_part else ()


# --- export entry ---------------------------------------------------------------------------------


def _export_entry(tables: SampledTables, rows: Sequence[Row]) -> Iterator[SampledRow]:
    """Counts of quartiles add up to those of all: of a window they leave together or not at all."""
    counts: defaultdict[str, dict[str, list[CountedSample]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in rows:
        among = _among(tables, "export_entry", row)
        part = () if row["quartile"] is None else (f"quartile_{row['quartile']}",)
        who, starts = row["establishments"], row["starters"]
        whole = CountedSample(among, who, part=part)
        counts[row["window"]]["all"].append(whole)
        of_starters = (
            CountedSample(among, starts, part=(*part, "starters")),
            CountedSample(among, who - starts, part=(*part, "others")),
        )
        counts[row["window"]]["starters"] += [whole, *of_starters]
    for row in rows:
        among = _among(tables, "export_entry", row)
        part = () if row["quartile"] is None else (f"quartile_{row['quartile']}",)
        own = {"establishments": tuple(counts[row["window"]]["all"])}
        own |= dict.fromkeys(("starters", "starter_rate"), tuple(counts[row["window"]]["starters"]))
        own |= {
            column: (CountedSample(among, row[column], part=(*part, column)),)
            for column in CUT_COUNTS
            if row[column] is not None
        }
        own |= dict.fromkeys(("output_share", "starter_output_share"), ())
        probit = row["probit_establishments"]
        few = probit is not None and probit - 2 < tables.rules.models.degrees_of_freedom
        of_probit = () if probit is None or few else (CountedSample(among, probit, part=part),)
        yield SampledRow(of_probit, own)


# --- decompositions -------------------------------------------------------------------------------

_OF_ALL = ("between_industries", "undecomposed")
_ENTRY, _EXIT = ("entry", "industry_entry"), ("exit", "industry_exit")


def _decompositions(tables: SampledTables, rows: Sequence[Row]) -> Iterator[SampledRow]:
    """Those of all industries together; of single ones and of their rests too little is known."""
    together: defaultdict[tuple[object, ...], dict[CountedSample, None]] = defaultdict(dict)
    for row in rows:
        for each in _behind_term(tables, row):
            together[_decomposition(row)][each] = None
    for row in rows:
        if row["level"] not in ALL_INDUSTRIES:
            yield SampledRow()
            continue
        both = _among(tables, "decompositions", row)[:2]
        own = {
            column: (CountedSample(both, row[column], part=(column,)),)
            for column in ("left_out", "moved")
            if row.get(column) is not None
        }
        yield SampledRow(tuple(together[_decomposition(row)]), own)


def _decomposition(row: Row) -> tuple[object, ...]:
    """What terms of the same decomposition have in common."""
    names = ("window", "year", "share", "method", "level", "industry", "group")
    return tuple(row.get(name) for name in names)


def _behind_term(tables: SampledTables, row: Row) -> Iterator[CountedSample]:
    """The samples of which a term's `establishments` says how many they are."""
    count, term = row["establishments"], row["term"]
    weights = ("employment",) if row["share"] == "employment" else ("domestic_sales", "exports")
    if row["level"] not in ALL_INDUSTRIES or term in _OF_ALL:
        return
    among = _among(tables, "decompositions", row)
    ends, stay = among[:2], among[2:]
    if row["method"] == "olley_pakes":
        yield CountedSample(ends, count, weights)
        return
    start, end = ends
    if term in (*_ENTRY, *_EXIT):
        at = end if term in _ENTRY else start
        stays = ("continuing", row["window"], "both_ends")
        gone = Members(at.year, at.inside, (*at.outside, stays))
        inner = gone if term in ("entry", "exit") else None
        part = ("entrants" if term in _ENTRY else "exiters",)
        yield CountedSample((at,), count, weights, inner, part)
        return
    yield CountedSample(stay[:1], count, weights)
    if row.get("group", "all") == "all":
        yield CountedSample(stay[1:], count, weights)


_Reader = Callable[[SampledTables, Sequence[Row]], Iterator[SampledRow]]
_READERS: Mapping[str, _Reader] = {
    "regressions": _regressions,
    "export_entry": _export_entry,
    "tariff_effects": _tariff_effects,
    "decompositions": _decompositions,
    "decomposition_groups": _decompositions,
}
