"""Splitting whole amounts: they add up, and the largest remainders get what is left."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.concordance import split_whole


@pytest.mark.parametrize(
    ("amount", "shares", "parts"),
    [
        (1, {"a": 0.25, "b": 0.75}, {"a": 0, "b": 1}),
        (2, {"a": 0.375, "b": 0.125, "c": 0.5}, {"a": 1, "b": 0, "c": 1}),  # 0.75, 0.25, 1
        (1, {"b": 0.5, "a": 0.5}, {"a": 1, "b": 0}),  # equal: the smaller code
        (-1, {"a": 0.25, "b": 0.75}, {"a": 0, "b": -1}),  # remainders 0.75 and 0.25
    ],
)
def test_by_hand(amount, shares, parts):
    assert split_whole(amount, shares) == parts


@given(
    st.integers(-(10**12), 10**12),
    st.dictionaries(st.sampled_from("abcdef"), st.floats(1e-3, 1.0), min_size=1),
)
def test_parts_add_up_and_none_is_off_by_one(amount, shares):
    parts = split_whole(amount, shares)
    assert sum(parts.values()) == amount
    total = sum(map(Fraction, shares.values()))
    for code, part in parts.items():
        assert abs(part - amount * Fraction(shares[code]) / total) < 1
