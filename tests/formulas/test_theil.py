import math
import random
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tradegains.formulas.fixed_point import BIGINT_LIMIT, moment_scale_bits
from tradegains.formulas.moments import bin_position
from tradegains.formulas.theil import LEVEL_UNIT, exponential, theil_index, weighted_levels

laws = settings(max_examples=60, deadline=None)
WIDTH = 2.0
# A ratio less a logarithm, each told to some 1e-15 of values up to 40.
CLOSE = 1e-13

values = st.one_of(st.sampled_from([-2.0, 0.0, 0.004, 1.25]), st.floats(-8, 8))
weights = st.one_of(st.integers(1, 3), st.integers(1, 50_000), st.just(10**9))
rows = st.lists(st.tuples(values, weights), min_size=1, max_size=12)
Rows = list[tuple[float, int]]


def from_sums(pairs: Rows) -> float | None:
    """The index from sums about the middles of bins."""
    levels, logs = [], []
    for value, weight in pairs:
        index = math.floor(value / WIDTH)
        position = bin_position(value, WIDTH, index)
        level = exponential(position * WIDTH)
        whole, stepped = weighted_levels(weight, position, level, 1 / LEVEL_UNIT)
        centre = (index + 0.5) * WIDTH
        levels.append(math.exp(centre) * whole)
        logs.append(math.exp(centre) * (WIDTH * stepped + centre * whole))
    return theil_index(sum(weight for _, weight in pairs), math.fsum(levels), math.fsum(logs))


def defined(pairs: Rows) -> float:
    """The index by its definition."""
    total = sum(weight for _, weight in pairs)
    mean = math.fsum(weight * math.exp(value) for value, weight in pairs) / total
    shares = [(weight, math.exp(value) / mean) for value, weight in pairs]
    return math.fsum(weight * share * math.log(share) for weight, share in shares) / total


# x = 1 and 3, alike: mean 2, (1/2 ln 1/2 + 3/2 ln 3/2) / 2. With weights 3 and 1 the mean is 3/2,
# (3 * 2/3 ln 2/3 + 2 ln 2) / 4.
@pytest.mark.parametrize("way", [from_sums, defined])
@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        ((1, 1), (0.5 * math.log(0.5) + 1.5 * math.log(1.5)) / 2),
        ((3, 1), (2 * math.log(2 / 3) + 2 * math.log(2)) / 4),
    ],
)
def test_by_hand(way, pair: tuple[int, int], expected: float) -> None:
    found = way([(0.0, pair[0]), (math.log(3.0), pair[1])])
    assert found == pytest.approx(expected, rel=1e-14)


def test_weighted_by_labour_it_compares_shares_of_output_with_shares_of_labour() -> None:
    # Value added 30 and 10 with 10 jobs each: 3/4 ln(3/4 : 1/2) + 1/4 ln(1/4 : 1/2).
    found = from_sums([(math.log(30 / 10), 10), (math.log(10 / 10), 10)])
    assert found == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5), rel=1e-13)


@laws
@given(rows)
def test_sums_give_what_the_definition_gives(pairs: Rows) -> None:
    assert from_sums(pairs) == pytest.approx(defined(pairs), abs=CLOSE)


@laws
@given(rows)
def test_it_lies_between_nothing_and_one_establishment_with_everything(pairs: Rows) -> None:
    total, least = sum(weight for _, weight in pairs), min(weight for _, weight in pairs)
    assert 0 <= from_sums(pairs) <= math.log(total / least) + CLOSE


@laws
@given(values, st.lists(weights, min_size=1, max_size=9))
def test_equal_productivity_has_no_dispersion(value: float, of_rows: list[int]) -> None:
    assert from_sums([(value, weight) for weight in of_rows]) == pytest.approx(0, abs=CLOSE)


@laws
@given(rows, st.integers(1, 5))
def test_splitting_an_establishment_changes_nothing(pairs: Rows, parts: int) -> None:
    (value, weight), *others = pairs
    whole = from_sums([(value, weight * parts), *others])
    assert from_sums([*[(value, weight)] * parts, *others]) == pytest.approx(whole, abs=CLOSE)


@laws
@given(rows, st.floats(-20, 20))
def test_the_unit_of_money_changes_nothing(pairs: Rows, price: float) -> None:
    moved = from_sums([(value + price, weight) for value, weight in pairs])
    # A logarithm that is moved by 20 has lost 4e-15 of itself, times 16 between the outermost.
    assert moved == pytest.approx(from_sums(pairs), abs=CLOSE)


@laws
@given(rows, rows)
def test_it_is_the_mean_inside_groups_and_what_is_between_them(first: Rows, second: Rows) -> None:
    groups = [
        (sum(w for _, w in pairs), math.fsum(w * math.exp(x) for x, w in pairs), pairs)
        for pairs in (first, second)
    ]
    weight, level = sum(each[0] for each in groups), math.fsum(each[1] for each in groups)
    inside = sum(total / level * from_sums(pairs) for _, total, pairs in groups)
    between = sum(
        total / level * math.log(total / level / (weighing / weight))
        for weighing, total, _ in groups
    )
    assert from_sums([*first, *second]) == pytest.approx(inside + between, abs=CLOSE)


def test_the_polynomial_is_the_exponential() -> None:
    steps = [-1.0, 1.0, *(random.Random(7).uniform(-1, 1) for _ in range(2000))]
    for step in steps:
        exact = Decimal(step).exp()
        assert abs(Decimal(exponential(step)) - exact) < exact * Decimal("5e-16")


@laws
@given(st.lists(st.tuples(st.floats(-0.5, 0.5), st.integers(0, 2**55)), max_size=100))
@example([(0.5, 2**62 - 1)])
def test_sums_of_levels_fit_a_bigint(pairs: Rows) -> None:
    scale = 2.0 ** moment_scale_bits(sum(w for _, w in pairs))
    for levels in zip(
        *(weighted_levels(w, v, exponential(v * WIDTH), scale) for v, w in pairs), strict=True
    ):
        assert abs(sum(round(level) for level in levels)) < BIGINT_LIMIT / 4


def test_without_a_level_there_is_none() -> None:
    assert theil_index(1.0, 0.0, 0.0) is None
