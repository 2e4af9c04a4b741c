import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradegains.formulas.matching import (
    ContinuingRule,
    Presence,
    Status,
    SuccessorError,
    SuccessorLink,
    annual_statuses,
    bridge_absences,
    resolve_successors,
    window_status,
    window_statuses,
)

laws = settings(max_examples=40, deadline=None)
CENSUS = range(1988, 1997)
year_sets = st.frozensets(st.sampled_from(list(CENSUS)))


@st.composite
def presences(draw: st.DrawFn) -> Presence:
    years = draw(year_sets)
    return Presence(years, years & draw(year_sets))


def presence(*years: int, domestic: tuple[int, ...] | None = None) -> Presence:
    return Presence(frozenset(years), frozenset(years if domestic is None else domestic))


EVERY_YEAR = presence(*CENSUS)
GAP = presence(1988, 1990, 1996)
ABROAD_AT_THE_END = presence(*CENSUS, domestic=tuple(range(1988, 1996)))


@pytest.mark.parametrize(
    ("establishment", "both_ends", "domestic_both_ends", "every_year"),
    [
        (EVERY_YEAR, "continuing", "continuing", "continuing"),
        (GAP, "continuing", "continuing", "present_at_both_ends_not_continuing"),
        (
            ABROAD_AT_THE_END,
            "continuing",
            "present_at_both_ends_not_continuing",
            "continuing",
        ),
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
    found = [window_status(establishment, 1988, 1996, rule) for rule in ContinuingRule]
    assert found == [both_ends, domestic_both_ends, every_year]


def test_every_year_means_every_year_between_and_no_other() -> None:
    assert window_status(EVERY_YEAR, 1990, 1992, ContinuingRule.EVERY_YEAR) is Status.CONTINUING
    assert window_status(GAP, 1988, 1990, ContinuingRule.EVERY_YEAR) is (
        Status.PRESENT_NOT_CONTINUING
    )


def test_the_headline_rule_is_the_papers() -> None:
    assert window_status(GAP, 1988, 1996) is Status.CONTINUING


def test_a_rule_may_be_given_by_its_name() -> None:
    rule = ContinuingRule("every_year")
    assert window_status(GAP, 1988, 1996, rule) is Status.PRESENT_NOT_CONTINUING
    with pytest.raises(ValueError, match="sometimes"):
        window_status(GAP, 1988, 1996, "sometimes")  # type: ignore[arg-type]


@pytest.mark.parametrize("end", [1988, 1980])
def test_a_window_must_end_after_it_starts(end: int) -> None:
    with pytest.raises(ValueError, match="ends after"):
        window_status(EVERY_YEAR, 1988, end)


@laws
@given(st.dictionaries(st.integers(0, 30), presences()))
def test_statuses_split_the_establishments_of_either_end(panel: dict[int, Presence]) -> None:
    at_start = {key for key, value in panel.items() if 1988 in value.years}
    at_end = {key for key, value in panel.items() if 1996 in value.years}
    for rule in ContinuingRule:
        statuses = window_statuses(panel, 1988, 1996, rule)
        groups = {s: {key for key, value in statuses.items() if value is s} for s in Status}
        both = groups[Status.CONTINUING] | groups[Status.PRESENT_NOT_CONTINUING]
        assert set(statuses) == at_start | at_end
        assert groups[Status.EXITER] == at_start - at_end
        assert groups[Status.ENTRANT] == at_end - at_start
        assert both == at_start & at_end


@laws
@given(presences())
def test_a_stricter_rule_never_adds_a_continuing_establishment(value: Presence) -> None:
    loose, *strict = (window_status(value, 1988, 1996, rule) for rule in ContinuingRule)
    for status in strict:
        if status is Status.CONTINUING:
            assert loose is Status.CONTINUING


@pytest.mark.parametrize(
    ("years", "reactivation_years", "expected"),
    [
        ({1988, 1990}, 0, {1988, 1990}),
        ({1988, 1990}, 1, {1988, 1989, 1990}),
        # Three years away is one more than two.
        ({1988, 1991}, 2, {1988, 1989, 1990, 1991}),
        ({1988, 1992}, 2, {1988, 1992}),
        (set(), 2, set()),
    ],
)
def test_absences_are_bridged_up_to_the_limit(
    years: set[int], reactivation_years: int, expected: set[int]
) -> None:
    assert bridge_absences(years, reactivation_years) == expected


def test_a_negative_reactivation_window_is_an_error() -> None:
    with pytest.raises(ValueError, match="0 years"):
        bridge_absences({1988}, -1)


@laws
@given(year_sets, st.integers(0, 9))
def test_bridging_only_fills_inside_and_twice_changes_nothing(
    years: frozenset[int], limit: int
) -> None:
    bridged = bridge_absences(years, limit)
    assert bridged >= years
    assert not years or (min(bridged), max(bridged)) == (min(years), max(years))
    assert bridge_absences(bridged, limit) == bridged


def test_annual_statuses_without_and_with_reactivation() -> None:
    # In 1988, away 1989 and 1990, back 1991, gone from 1992.
    years, census = {1988, 1991}, range(1987, 1994)
    assert annual_statuses(years, census) == {
        (1987, 1988): "entrant",
        (1988, 1989): "exiter",
        (1990, 1991): "entrant",
        (1991, 1992): "exiter",
    }
    assert annual_statuses(years, census, reactivation_years=2) == {
        (1987, 1988): "entrant",
        (1988, 1989): "continuing",
        (1989, 1990): "continuing",
        (1990, 1991): "continuing",
        (1991, 1992): "exiter",
    }


@laws
@given(year_sets, st.integers(0, 3))
def test_entries_minus_exits_is_the_change_of_presence(years: frozenset[int], limit: int) -> None:
    found = list(annual_statuses(years, CENSUS, reactivation_years=limit).values())
    net = found.count(Status.ENTRANT) - found.count(Status.EXITER)
    assert net == (CENSUS[-1] in years) - (CENSUS[0] in years)
    assert Status.PRESENT_NOT_CONTINUING not in found


def link(old: str, new: str, year: int = 1990) -> SuccessorLink[str]:
    return SuccessorLink(old, new, year)


def test_chains_and_mergers_resolve_to_the_last_id() -> None:
    links = [link("b", "c"), link("a", "b", 1985), link("x", "c"), link("a", "b", 1985)]
    assert resolve_successors(links) == {"a": "c", "b": "c", "x": "c"}


def test_no_links_resolve_to_nothing() -> None:
    assert resolve_successors([]) == {}


@pytest.mark.parametrize(
    ("links", "ids"),
    [
        ([link("a", "a")], ("a", "a")),
        ([link("a", "b"), link("b", "a")], ("a", "b", "a")),
        # The tail that leads into the cycle is not part of it.
        ([link("t", "a"), link("a", "b"), link("b", "a")], ("a", "b", "a")),
    ],
)
def test_a_cycle_is_an_error_that_names_its_ids(
    links: list[SuccessorLink[str]], ids: tuple[str, ...]
) -> None:
    with pytest.raises(SuccessorError, match=" -> ".join(ids)) as error:
        resolve_successors(links)
    assert error.value.ids == ids
    assert "cycle" in str(error.value)


def test_two_successors_of_one_id_are_an_error() -> None:
    with pytest.raises(SuccessorError, match="two successors") as error:
        resolve_successors([link("a", "b"), link("a", "c", 1992)])
    assert error.value.ids == ("a", "b", "c")


@laws
@given(st.lists(st.integers(1, 40), unique=True, max_size=20), st.randoms(use_true_random=False))
def test_resolving_is_final_whatever_the_order_of_the_links(
    ids: list[int], draw: random.Random
) -> None:
    # Each id links to a larger one or to none, so there is no cycle.
    links = [SuccessorLink(i, draw.choice([j for j in (*ids, 99) if j > i]), 1990) for i in ids]
    resolved = resolve_successors(links)
    assert resolve_successors(draw.sample(links, len(links))) == resolved
    assert set(resolved) == set(ids)
    assert not set(resolved.values()) & set(ids)
