import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradegains.formulas.successors import SuccessorError, SuccessorLink, resolve_successors

laws = settings(max_examples=40, deadline=None)


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
