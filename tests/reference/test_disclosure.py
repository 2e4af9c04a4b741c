import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.disclosure import (
    dominance_sensitivity,
    evidence,
    p_percent_sensitivity,
    p_ratio,
    top_share,
)

cells = st.lists(
    st.one_of(st.sampled_from([0.0, 1.0, 101.0]), st.floats(0.01, 1e9)), min_size=1, max_size=8
)

# G-Confid's example ug01, Statistics Canada: six respondents, income by province and industry.
RESPONDENTS = [
    (101.0, "1", "1"),
    (101.0, "2", "1"),
    (202.0, "1", "2"),
    (103.0, "1", "3"),
    (203.0, "1", "3"),
    (303.0, "1", "3"),
]
# rule, respondents, total, sensitivity, S(ensitive) or not (V), province, industry; 0 is all.
EXPECTED = [
    ("pq .15", 1, 101, 15.15, "S", "1", "1"),
    ("pq .15", 1, 101, 15.15, "S", "2", "1"),
    ("pq .15", 1, 202, 30.30, "S", "1", "2"),
    ("pq .15", 3, 609, -57.55, "V", "1", "3"),
    ("pq .15", 6, 1013, -461.55, "V", "0", "0"),
    ("pq .15", 5, 912, -360.55, "V", "1", "0"),
    ("pq .15", 1, 101, 15.15, "S", "2", "0"),
    ("pq .15", 2, 202, 15.15, "S", "0", "1"),
    ("pq .15", 1, 202, 30.30, "S", "0", "2"),
    ("pq .15", 3, 609, -57.55, "V", "0", "3"),
    ("nk 1 70", 1, 101, 43.285714, "S", "1", "1"),
    ("nk 1 70", 2, 202, -57.714286, "V", "0", "1"),
    ("nk 1 70", 3, 609, -176.142857, "V", "1", "3"),
    ("nk 1 70", 6, 1013, -580.142857, "V", "0", "0"),
    ("nk 2 85", 1, 101, 17.823529, "S", "1", "1"),
    ("nk 2 85", 2, 202, 35.647059, "S", "0", "1"),
    ("nk 2 85", 3, 609, -13.705882, "V", "1", "3"),
    ("nk 2 85", 6, 1013, -417.705882, "V", "0", "0"),
]


def cell(province, industry):
    return [
        income
        for income, its_province, its_industry in RESPONDENTS
        if province in ("0", its_province) and industry in ("0", its_industry)
    ]


def sensitivity(rule, contributions):
    found = evidence(contributions)
    if rule == "pq .15":
        return p_percent_sensitivity(found.total, found.first, found.second, p=0.15)
    n, k = (int(part) for part in rule.split()[1:])
    largest = found.first + (found.second if n == 2 else 0.0)
    return dominance_sensitivity(found.total, largest, k=k)


@pytest.mark.parametrize(
    ("rule", "respondents", "total", "expected", "status", "province", "industry"), EXPECTED
)
def test_sensitivities_of_gconfid(rule, respondents, total, expected, status, province, industry):
    contributions = cell(province, industry)
    found = evidence(contributions)
    assert (found.contributors, found.total) == (respondents, total)
    value = sensitivity(rule, contributions)
    assert value == pytest.approx(expected, abs=5e-7)  # printed with six decimals
    assert ("S" if value > 0 else "V") == status


def test_evidence_by_hand():
    # 60 + 30 + 6 + 4 = 100: largest 60 %, two largest 90 %, the rest 10 over 60.
    found = evidence([6.0, 60.0, 4.0, 30.0])
    assert (found.contributors, found.total, found.first, found.second) == (4, 100.0, 60.0, 30.0)
    assert (found.top1_share, found.top2_share) == (0.6, 0.9)
    assert found.p_ratio == 10.0 / 60.0


def test_evidence_of_small_and_empty_cells():
    alone = evidence([5.0])
    assert (alone.top1_share, alone.top2_share, alone.p_ratio) == (1.0, 1.0, 0.0)
    for nothing in ([], [0.0, 0.0]):
        found = evidence(nothing)
        assert found.contributors == len(nothing)
        assert (found.top1_share, found.top2_share, found.p_ratio) == (None, None, None)


@pytest.mark.parametrize("bad", [-1.0, math.nan])
def test_evidence_refuses_what_cannot_contribute(bad):
    with pytest.raises(ValueError, match="at least 0"):
        evidence([1.0, bad])


@given(cells, st.sampled_from([0.05, 0.1, 0.15, 0.3]))
def test_the_p_percent_rule_is_a_bound_on_the_p_ratio(contributions, p):
    found = evidence(contributions)
    sensitive = p_percent_sensitivity(found.total, found.first, found.second, p=p) > 0
    if found.p_ratio is None:
        assert not sensitive
    elif abs(found.p_ratio - p) > 1e-12:  # at equality the two may round apart
        assert sensitive == (found.p_ratio < p)


@given(cells, st.sampled_from([60.0, 70.0, 85.0]))
def test_the_dominance_rule_is_a_bound_on_the_top_share(contributions, k):
    found = evidence(contributions)
    sensitive = dominance_sensitivity(found.total, found.first, k=k) > 0
    if found.top1_share is None:
        assert not sensitive
    elif abs(found.top1_share - k / 100.0) > 1e-12:
        assert sensitive == (found.top1_share > k / 100.0)


@given(cells)
def test_shares_are_ordered(contributions):
    found = evidence(contributions)
    if found.top1_share is not None:
        count = len(contributions)
        assert 1.0 / count - 1e-15 <= found.top1_share <= found.top2_share <= 1.0 + 1e-15
        # In [0, n - 2]; where two contribute, total - first - second may round off zero.
        assert -1e-15 <= found.p_ratio <= max(0, count - 2) + 1e-15


@given(cells, st.randoms())
def test_evidence_does_not_depend_on_the_order(contributions, random):
    shuffled = contributions[:]
    random.shuffle(shuffled)
    assert evidence(shuffled) == evidence(contributions)


def test_thresholds():
    # 10 % rule, first 100, second 50: the third contributor decides at 10.
    for third, value in ((9.0, 1.0), (10.0, 0.0), (11.0, -1.0)):
        assert p_percent_sensitivity(150.0 + third, 100.0, 50.0, p=0.1) == value
    # (1, 80) rule, first 80: the others decide at 20.
    for others, value in ((19.0, 1.0), (20.0, 0.0), (21.0, -1.0)):
        assert dominance_sensitivity(80.0 + others, 80.0, k=80.0) == value


def test_rules_are_closed_forms():
    # Exact in, exact out: no float() and no comparison stands in a Column's way.
    assert p_percent_sensitivity(
        Fraction(609), Fraction(303), Fraction(203), p=Fraction(3, 20)
    ) == (Fraction(-1151, 20))
    assert top_share(609, 303) == 303 / 609
    assert top_share(0.0, 0.0) is None
    assert p_ratio(0.0, 0.0, 0.0) is None
