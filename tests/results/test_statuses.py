"""Status, transitions and entry from presence alone, as the market cells tell them: no engine."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_cells import MadeCell, market_cells
from reference.studies import study_with
from tradegains.formulas.membership import Mark, SetCondition
from tradegains.results.demography import demography_rows
from tradegains.results.market import Amounts
from tradegains.results.market_cells import MarketCells
from tradegains.results.sets import StudySets, study_sets
from tradegains.results.transitions import transition_rows
from tradegains.study import Study, Window

laws = settings(max_examples=40, deadline=None)
CENSUS = range(1988, 1997)
RULES = ("both_ends", "domestic_both_ends", "every_year")
year_sets = st.frozensets(st.sampled_from(list(CENSUS)))


@dataclass(frozen=True)
class Presence:
    """Years with a valid row, those with domestic sales, those with exports."""

    years: frozenset[int]
    domestic: frozenset[int]
    exporting: frozenset[int] = frozenset()


@st.composite
def presences(draw: st.DrawFn) -> Presence:
    years = draw(year_sets)
    return Presence(years, years & draw(year_sets), years & draw(year_sets))


def presence(*years: int, domestic: tuple[int, ...] | None = None) -> Presence:
    return Presence(frozenset(years), frozenset(years if domestic is None else domestic))


def study(start: int = 1988, end: int = 1996, *, reactivation_years: int = 0) -> Study:
    """One window, every rule, all consecutive years."""
    return study_with(
        windows=(Window("whole", 1988, 1996), Window("asked", start, end)),
        matching={
            "continuing": RULES,
            "annual": True,
            "reactivation_years": reactivation_years,
            "industry_at": "own_year",
        },
        productivity={"years": (1988, 1996)},
        restrictions=(),
        populations=(),
    )


def membership(sets: StudySets, establishment: Presence, year: int) -> int:
    """The sets of a row of the establishment, by the conditions that the engines are given."""
    true_in = {
        "present": establishment.years,
        "domestic": establishment.domestic,
        "exporter": establishment.exporting,
    }
    marks = [mark for mark in sets.history.positions if mark.year in true_in.get(mark.kind, ())]
    own = {column for column in true_in if year in true_in[column]}
    history = sets.history.masks(marks)
    held = (each for each in sets.conditions if holds(each, history, year, own))
    return sum({sets.memberships.bit(each.name) for each in held})


def holds(condition: SetCondition, history: tuple[int, ...], year: int, own: set[str]) -> bool:
    """Whether a row of `year` is in a set; `own` are its columns that are true."""
    asked = zip(history, condition.history_masks, strict=False)
    forbidden = zip(history, condition.absent_masks, strict=False)
    return (
        (not condition.years or year in condition.years)
        and all(word & mask == mask for word, mask in asked)
        and not any(word & mask for word, mask in forbidden)
        and (not condition.column or condition.column in own)
    )


def cells_of(made: Study, establishments: Iterable[Presence]) -> MarketCells:
    """A market cell for every row; each has a job."""
    sets = study_sets(made)
    cells = [
        MadeCell(year, "1101", membership(sets, each, year), Amounts(1, 1000))
        for each in establishments
        for year in sorted(each.years)
    ]
    return market_cells(cells, sets.memberships)


def demography(made: Study, establishments: Iterable[Presence]) -> list[dict]:
    cells = cells_of(made, establishments)
    rows = demography_rows(made, cells)
    return [row for row in rows if row["level"] == "total"]


def status(
    establishment: Presence, rule: str = "both_ends", *, start: int = 1988, end: int = 1996
) -> str | None:
    """Status of one establishment in the window; None without one."""
    rows = demography(study(start, end), [establishment])
    found = {
        row["status"] for row in rows if row["window"] == "asked" and row["continuing"] == rule
    }
    assert len(found) <= 1
    return next(iter(found), None)


EVERY_YEAR = presence(*CENSUS)
GAP = presence(1988, 1990, 1996)
ABROAD_AT_THE_END = presence(*CENSUS, domestic=tuple(range(1988, 1996)))


@pytest.mark.parametrize(
    ("establishment", "both_ends", "domestic_both_ends", "every_year"),
    [
        (EVERY_YEAR, "continuing", "continuing", "continuing"),
        # Present at both ends and neither continuing, entrant nor exiter under a stricter rule.
        (GAP, "continuing", "continuing", None),
        (ABROAD_AT_THE_END, "continuing", None, "continuing"),
        (presence(1988, 1995), "exiter", "exiter", "exiter"),
        (presence(1989, 1996), "entrant", "entrant", "entrant"),
        (presence(1989, 1995), None, None, None),
        (presence(), None, None, None),
        # Presence alone decides: no domestic sales at all, and still an exiter.
        (presence(1988, domestic=()), "exiter", "exiter", "exiter"),
    ],
)
def test_status_under_the_three_rules(
    establishment: Presence,
    both_ends: str | None,
    domestic_both_ends: str | None,
    every_year: str | None,
) -> None:
    found = [status(establishment, rule) for rule in RULES]
    assert found == [both_ends, domestic_both_ends, every_year]


def test_every_year_means_every_year_between_and_no_other() -> None:
    assert status(EVERY_YEAR, "every_year", start=1990, end=1992) == "continuing"
    assert status(GAP, "every_year", start=1988, end=1990) is None
    assert status(GAP, "both_ends", start=1988, end=1990) == "continuing"


def ids_by_status(panel: list[Presence], rule: str) -> dict[str | None, set[int]]:
    groups: dict[str | None, set[int]] = {}
    for number, establishment in enumerate(panel):
        groups.setdefault(status(establishment, rule), set()).add(number)
    return groups


@settings(max_examples=10, deadline=None)
@given(st.lists(presences(), max_size=8))
def test_statuses_split_the_establishments_of_either_end(panel: list[Presence]) -> None:
    at_start = {number for number, each in enumerate(panel) if 1988 in each.years}
    at_end = {number for number, each in enumerate(panel) if 1996 in each.years}
    for rule in RULES:
        groups = ids_by_status(panel, rule)
        assert groups.get("exiter", set()) == at_start - at_end
        assert groups.get("entrant", set()) == at_end - at_start
        assert groups.get("continuing", set()) <= at_start & at_end
    assert ids_by_status(panel, "both_ends").get("continuing", set()) == at_start & at_end


@laws
@given(presences())
def test_a_stricter_rule_never_adds_a_continuing_establishment(value: Presence) -> None:
    loose, *strict = (status(value, rule) for rule in RULES)
    if "continuing" in strict:
        assert loose == "continuing"


@settings(max_examples=10, deadline=None)
@given(st.lists(presences(), max_size=8))
def test_rates_of_a_status_are_of_everyone_at_that_end(panel: list[Presence]) -> None:
    rows = [row for row in demography(study(), panel) if row["window"] == "whole"]
    for year in (1988, 1996):
        everyone = sum(year in each.years for each in panel)
        for row in (each for each in rows if each["year"] == year):
            assert row["establishment_rate"] == row["establishments"] / everyone
            assert row["employment_rate"] == row["establishments"] / everyone
        of_rule = [row for row in rows if (row["year"], row["continuing"]) == (year, "both_ends")]
        assert sum(row["establishments"] for row in of_rule) == everyone


# --- consecutive years ----------------------------------------------------------------------------


def annual(years: Iterable[int], *, reactivation_years: int = 0) -> dict[tuple[int, int], str]:
    """Status in each pair of consecutive years in which the establishment has a row."""
    rows = demography(study(reactivation_years=reactivation_years), [presence(*years)])
    found: dict[tuple[int, int], set[str]] = {}
    for row in rows:
        if row["kind"] == "annual":
            pair = tuple(int(year) for year in row["window"].split("-"))
            found.setdefault(pair, set()).add(row["status"])
    assert all(len(statuses) == 1 for statuses in found.values())
    return {pair: next(iter(statuses)) for pair, statuses in found.items()}


def test_annual_statuses_without_and_with_reactivation() -> None:
    # In 1989, away 1990 and 1991, back 1992, gone from 1993.
    assert annual({1989, 1992}) == {
        (1988, 1989): "entrant",
        (1989, 1990): "exiter",
        (1991, 1992): "entrant",
        (1992, 1993): "exiter",
    }
    # While it is away it has no row to be counted by.
    assert annual({1989, 1992}, reactivation_years=2) == {
        (1988, 1989): "entrant",
        (1989, 1990): "continuing",
        (1991, 1992): "continuing",
        (1992, 1993): "exiter",
    }


@pytest.mark.parametrize(
    ("years", "reactivation_years", "bridged"),
    [
        ({1988, 1990}, 0, False),
        ({1988, 1990}, 1, True),
        ({1988, 1991}, 2, True),
        # Three years away is one more than two.
        ({1988, 1992}, 2, False),
    ],
)
def test_absences_are_bridged_up_to_the_limit(
    years: set[int], reactivation_years: int, bridged: bool
) -> None:
    found = annual(years, reactivation_years=reactivation_years)
    first, last = min(years), max(years)
    assert found[first, first + 1] == ("continuing" if bridged else "exiter")
    assert found[last - 1, last] == ("continuing" if bridged else "entrant")
    assert found[last, last + 1] == "exiter"


def test_nobody_has_no_status() -> None:
    assert annual(set(), reactivation_years=2) == {}


@laws
@given(year_sets, st.integers(0, 3))
def test_entries_minus_exits_is_the_change_of_presence(years: frozenset[int], limit: int) -> None:
    found = list(annual(years, reactivation_years=limit).values())
    net = found.count("entrant") - found.count("exiter")
    assert net == (CENSUS[-1] in years) - (CENSUS[0] in years)


@laws
@given(year_sets, st.integers(0, 3))
def test_bridging_changes_the_ends_of_short_absences_only(
    years: frozenset[int], limit: int
) -> None:
    plain, bridged = annual(years), annual(years, reactivation_years=limit)
    assert plain.keys() == bridged.keys()
    short = {
        pair
        for before, after in pairwise(sorted(years))
        if 0 < after - before - 1 <= limit
        for pair in ((before, before + 1), (after - 1, after))
    }
    assert {pair for pair in plain if plain[pair] != bridged[pair]} == short
    assert {bridged[pair] for pair in short} <= {"continuing"}


# --- transitions ----------------------------------------------------------------------------------


def transitions(panel: list[Presence], made: Study) -> list[dict]:
    rows = transition_rows(made, cells_of(made, panel))
    return [row for row in rows if row["level"] == "total"]


def state(establishment: Presence, year: int) -> str:
    if year not in establishment.years:
        return "absent"
    return "exporter" if year in establishment.exporting else "nonexporter"


@laws
@given(st.lists(presences(), max_size=8))
def test_transitions_add_up_to_both_years(panel: list[Presence]) -> None:
    made = study()
    for row in transitions(panel, made):
        assert row["employment"] == row["establishments"], "each has a job"
    windows = {each.name: (each.start, each.end) for each in made.windows}
    for name, (start, end) in windows.items():
        found = [row for row in transitions(panel, made) if row["window"] == name]
        there = [each for each in panel if {start, end} & each.years]
        assert {
            (row["state_at_start"], row["state_at_end"]): row["establishments"] for row in found
        } == Counter((state(each, start), state(each, end)) for each in there)


@laws
@given(st.lists(presences(), max_size=8), st.integers(0, 2))
def test_transition_shares_of_a_state_add_up_to_one(panel: list[Presence], limit: int) -> None:
    totals: Counter[tuple[str, str]] = Counter()
    for row in transitions(panel, study(reactivation_years=limit)):
        totals[row["window"], row["state_at_start"]] += row["establishment_share"]
    assert list(totals.values()) == pytest.approx([1.0] * len(totals), rel=1e-14)


def test_transitions_by_hand() -> None:
    def exporting(*years: int, abroad: tuple[int, ...]) -> Presence:
        return Presence(frozenset(years), frozenset(years), frozenset(abroad))

    panel = [
        exporting(1988, 1996, abroad=(1996,)),
        exporting(1988, 1996, abroad=()),
        exporting(1988, abroad=(1988,)),
        exporting(1996, abroad=()),
    ]
    found = {
        (row["state_at_start"], row["state_at_end"]): row["establishment_share"]
        for row in transitions(panel, study())
        if row["window"] == "whole"
    }
    assert found == {
        ("nonexporter", "exporter"): 0.5,
        ("nonexporter", "nonexporter"): 0.5,
        ("exporter", "absent"): 1.0,
        ("absent", "nonexporter"): 1.0,
    }


def test_marks_of_the_conditions_are_those_drawn_here() -> None:
    kinds = {mark.kind for mark in study_sets(study()).history.positions}
    assert kinds == {"present", "domestic", "exporter"}
    assert Mark("present", 1988) in study_sets(study()).history.positions
