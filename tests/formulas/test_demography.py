from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradegains.formulas.demography import (
    GrossJobFlows,
    Rates,
    Totals,
    add_up,
    flows_of_establishment,
    job_flows,
    rate,
    status_rates,
    transition_shares,
    transition_table,
)

laws = settings(max_examples=40, deadline=None)
employment = st.one_of(st.none(), st.integers(0, 5), st.just(10**12))
establishments = st.lists(
    st.tuples(employment, employment).filter(lambda pair: pair != (None,) * 2)
)
states = st.one_of(st.none(), st.sampled_from(["low", "high"]))
paths = st.lists(st.tuples(states, states).filter(lambda pair: pair != (None, None)))
totals = st.builds(
    Totals,
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 9),
    st.one_of(st.none(), st.integers(0, 9)),
    st.one_of(st.none(), st.integers(-9, 9)),
)


@laws
@given(totals, totals, totals)
def test_totals_add_up_in_any_order(a: Totals, b: Totals, c: Totals) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c) == add_up([c, a, b])
    assert a + Totals() == a


def test_missing_values_add_nothing_and_only_missing_is_none() -> None:
    both = Totals(1, 10, 50, None, 7) + Totals(1, 5, 20, None, None)
    assert (both.exports, both.value_added) == (None, 7)
    assert both.domestic_sales == 70
    assert Totals(1, 5, 20, 8).domestic_sales == 12


# End year: 3 entrants of 12 establishments, 20 of 400 jobs, 50 of 1000 sales.
def test_entry_rates_by_hand() -> None:
    entrants, everyone = Totals(3, 20, 50), Totals(12, 400, 1000)
    assert status_rates(entrants, everyone) == Rates(0.25, 0.05, 0.05)


def test_a_rate_of_nothing_is_none() -> None:
    assert status_rates(Totals(), Totals()) == Rates(None, None, None)
    assert rate(None, 4) is None
    assert rate(0, 4) == 0


# 10 -> 7 loses 3, 6 -> 8 gains 2, an entrant brings 5, an exiter takes 4, 3 -> 3 does nothing.
# Start 10 + 6 + 4 + 3 = 23, end 7 + 8 + 5 + 3 = 23, average 23.
def test_job_flows_by_hand() -> None:
    flows = job_flows([(10, 7), (6, 8), (None, 5), (4, None), (3, 3)])
    assert flows == GrossJobFlows(5, 2, 4, 3, 23, 23)
    assert (flows.creation, flows.destruction, flows.average_employment) == (7, 7, 23)
    assert flows.creation_rate == 7 / 23
    assert flows.destruction_share == 7 / 23


def test_rates_divide_by_the_average_and_shares_by_the_start() -> None:
    # 10 -> 4: 6 lost, average 7.
    flows = job_flows([(10, 4)])
    assert flows.destruction_rate == 6 / 7
    assert flows.destruction_share == 0.6


def test_entry_alone_and_exit_alone_have_the_rate_2() -> None:
    assert job_flows([(None, 8)]).creation_rate == 2
    assert job_flows([(8, None)]).destruction_rate == 2
    assert job_flows([(8, None)]).destruction_share == 1


def test_presence_and_not_jobs_makes_an_entrant() -> None:
    assert flows_of_establishment(0, 5).expander_creation == 5
    assert flows_of_establishment(None, 5).entrant_creation == 5


def test_no_employment_has_no_rate() -> None:
    flows = job_flows([])
    assert (flows.creation_rate, flows.destruction_rate, flows.destruction_share) == (None,) * 3


def test_an_establishment_absent_at_both_ends_is_an_error() -> None:
    with pytest.raises(ValueError, match="absent at both ends"):
        job_flows([(None, None)])
    with pytest.raises(ValueError, match="absent at both ends"):
        transition_table([(None, None)])


@laws
@given(establishments)
def test_creation_minus_destruction_is_the_change_of_employment(
    pairs: list[tuple[int | None, int | None]],
) -> None:
    flows = job_flows(pairs)
    assert flows.creation - flows.destruction == flows.employment_end - flows.employment_start
    assert flows.employment_end == sum(end or 0 for _, end in pairs)
    for share, most in (
        (flows.creation_rate, 2),
        (flows.destruction_rate, 2),
        (flows.destruction_share, 1),
    ):
        assert share is None or 0 <= share <= most


@laws
@given(establishments, establishments)
def test_flows_of_two_groups_add_up(
    left: list[tuple[int | None, int | None]], right: list[tuple[int | None, int | None]]
) -> None:
    assert job_flows(left) + job_flows(right) == job_flows(left + right)


@laws
@given(paths)
def test_transitions_add_up_to_both_years(pairs: list[tuple[str | None, str | None]]) -> None:
    table = transition_table(pairs)
    rows, columns = Counter[str](), Counter[str]()
    for (start, end), count in table.items():
        rows[start] += count
        columns[end] += count
    assert rows == Counter("entry" if start is None else start for start, _ in pairs)
    assert columns == Counter("exit" if end is None else end for _, end in pairs)


@laws
@given(paths)
def test_transition_shares_of_a_state_add_up_to_one(
    pairs: list[tuple[str | None, str | None]],
) -> None:
    shares = transition_shares(transition_table(pairs))
    for state in {start for start, _ in shares}:
        total = sum(share for (start, _), share in shares.items() if start == state)
        assert total == pytest.approx(1.0, rel=1e-14)


def test_transitions_by_hand() -> None:
    table = transition_table([("low", "high"), ("low", "low"), ("high", None), (None, "low")])
    assert table == {
        ("low", "high"): 1,
        ("low", "low"): 1,
        ("high", "exit"): 1,
        ("entry", "low"): 1,
    }
    assert transition_shares(table)["low", "high"] == 0.5


def test_a_state_may_not_be_named_entry_or_exit() -> None:
    with pytest.raises(ValueError, match="named"):
        transition_table([("exit", "low")])
