"""Splitting whole amounts by weights: laws, and worked by hand."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.concordance import main_industry, parts_numbers, split_whole

SHARES = st.dictionaries(
    st.sampled_from(("0101", "0102", "2201", "2202", "3301")),
    st.floats(0.001, 1.0),
    min_size=1,
)
AMOUNTS = st.integers(-(2**62), 2**62)


@given(AMOUNTS, SHARES)
def test_parts_add_up_and_are_within_one_of_their_share(amount, shares):
    parts = split_whole(amount, shares)
    assert sum(parts.values()) == amount
    total = sum(map(Fraction, shares.values()))
    for code, share in shares.items():
        assert abs(parts[code] - amount * Fraction(share) / total) < 1


@given(AMOUNTS, SHARES)
def test_the_order_of_weights_changes_nothing(amount, shares):
    turned = dict(reversed(shares.items()))
    assert split_whole(amount, shares) == split_whole(amount, turned)
    assert main_industry(shares) == main_industry(turned)


def test_a_tie_of_remainders_goes_to_the_smaller_code():
    # 2.5 each: floors 2 and 2, one is left.
    assert split_whole(5, {"02": 0.5, "01": 0.5}) == {"01": 3, "02": 2}
    assert main_industry({"02": 0.5, "01": 0.5}) == "01"


def test_numbers_tell_split_industries_apart_that_share_a_main_one():
    shares = {"2201": 0.7, "2202": 0.3}
    numbers = parts_numbers({"0102": shares, "0101": shares}, digits=4)
    assert numbers == {"0101": 12201, "0102": 22201}
