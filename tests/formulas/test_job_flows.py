from hypothesis import given, settings
from hypothesis import strategies as st

from tradegains.formulas.job_flows import GrossJobFlows

laws = settings(max_examples=40, deadline=None)
employment = st.one_of(st.none(), st.integers(0, 5), st.just(10**12))
establishments = st.lists(
    st.tuples(employment, employment).filter(lambda pair: pair != (None,) * 2)
)


def flows_of_establishment(start: int | None, end: int | None) -> GrossJobFlows:
    """By presence: None is absent."""
    if start is None:
        return GrossJobFlows.of_entrants(end)
    if end is None:
        return GrossJobFlows.of_exiters(start)
    return GrossJobFlows.of_continuing(start, gained=max(0, end - start), lost=max(0, start - end))


def job_flows(pairs: list[tuple[int | None, int | None]]) -> GrossJobFlows:
    return sum((flows_of_establishment(*pair) for pair in pairs), GrossJobFlows())


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
