"""Within estimates against numpy with every effect as a dummy, and against pyfixest's numbers."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.least_squares import (
    BinaryPlaces,
    CollinearError,
    GroupSums,
    cluster_correction,
    group_means,
    least_squares,
    pairs,
    standard_errors,
    two_stage_least_squares,
    weighted_products,
    within_product,
    within_products,
)
from tradegains.formulas.linear_algebra import SingularError, inverse, solve

BITS = 30
NAMES = ("y", "x", "z", "c")


def draw(seed: int, *, rows: int = 60, groups: int = 7) -> dict[str, np.ndarray]:
    """Correlated variables with group effects, weights in whole units."""
    chance = np.random.default_rng(seed)
    group = chance.integers(0, groups, rows)
    z, c, u = chance.normal(size=(3, rows))
    x = 0.7 * z + 0.4 * u + 0.3 * c + group
    y = 1.5 * x - 0.5 * c + u + 3.0 * group
    weight = chance.integers(1, 50, rows)
    return {"group": group, "y": y, "x": x, "z": z, "c": c, "weight": weight}


def summed(data: dict[str, np.ndarray], weight: np.ndarray) -> tuple[list[GroupSums], BinaryPlaces]:
    """The sums an engine would make."""
    found = []
    for number in np.unique(data["group"]):
        inside = data["group"] == number
        first, second = weighted_products(
            weight[inside].astype(float), [data[name][inside] for name in NAMES]
        )
        whole = [[int(np.floor(v * 2.0**BITS + 0.5).sum()) for v in each]
                 for each in (first, second)]  # fmt: skip
        found.append(GroupSums(int(inside.sum()), int(weight[inside].sum()), *map(tuple, whole)))
    return found, BinaryPlaces((BITS,) * 4, (BITS,) * len(pairs(4)))


def with_dummies(data: dict[str, np.ndarray], names: list[str]) -> np.ndarray:
    dummies = (data["group"][:, None] == np.unique(data["group"])[None, :]).astype(float)
    return np.column_stack([*(data[name] for name in names), dummies])


@pytest.mark.parametrize("is_weighted", [False, True])
def test_least_squares_are_those_with_dummies(is_weighted):
    data = draw(1)
    weight = data["weight"] if is_weighted else np.ones(60, dtype=int)
    within = within_products(*summed(data, weight), NAMES)
    fit = least_squares(within, "y", ["x", "c"])
    root = np.sqrt(weight)[:, None]
    design = with_dummies(data, ["x", "c"])
    wanted, residual, *_ = np.linalg.lstsq(design * root, data["y"] * root[:, 0], rcond=None)
    assert fit.coefficients == pytest.approx(wanted[:2], rel=1e-8)
    assert fit.residual == pytest.approx(residual[0], rel=1e-7)
    assert (within.rows, within.groups, within.singletons) == (59, 6, 1)


def test_two_stages_are_those_with_dummies():
    data = draw(2)
    within = within_products(*summed(data, np.ones(60, dtype=int)), NAMES)
    fit = two_stage_least_squares(within, "y", endogenous="x", instrument="z", controls=["c"])
    design, instruments = with_dummies(data, ["x", "c"]), with_dummies(data, ["z", "c"])
    wanted = np.linalg.solve(instruments.T @ design, instruments.T @ data["y"])
    assert fit.coefficients == pytest.approx(wanted[:2], rel=1e-7)


def deviations(data: dict[str, np.ndarray], names: list[str]) -> np.ndarray:
    means = np.array([[data[n][data["group"] == g].mean() for n in names] for g in data["group"]])
    return np.column_stack([data[name] for name in names]) - means


@pytest.mark.parametrize("clustered", [False, True])
def test_errors_are_those_of_the_whole_sandwich(clustered):
    # With every dummy written out: V = (W'Z)^-1 W' diag(u^2) W (Z'W)^-1 and so by cluster.
    data = draw(3, groups=3)
    cluster = np.arange(60) // 4 if clustered else np.arange(60)
    within = within_products(*summed(data, np.ones(60, dtype=int)), NAMES)
    fit = two_stage_least_squares(within, "y", endogenous="x", instrument="z", controls=["c"])
    design, instruments = with_dummies(data, ["x", "c"]), with_dummies(data, ["z", "c"])
    both = np.linalg.inv(instruments.T @ design)
    residual = data["y"] - design @ (both @ instruments.T @ data["y"])
    by_cluster = (cluster[:, None] == np.unique(cluster)[None, :]).astype(float)
    scores = by_cluster.T @ (instruments * residual[:, None])
    clusters = len(np.unique(cluster))
    factor = 59 / (60 - 5) * clusters / (clusters - 1)
    wanted = np.sqrt(np.diag(both @ scores.T @ scores @ both.T)[:2] * factor)
    own = by_cluster.T @ (deviations(data, ["z", "c"]) * residual[:, None])
    errors = standard_errors(fit, (own.T @ own).tolist(), cluster_correction(60, 5, clusters))
    assert errors == pytest.approx(wanted, rel=1e-6)


def test_published_by_pyfixest():
    # pyfixest 0.60.0, feols("y ~ x + c | group", vcov="hetero"), data of draw(1): it, too, leaves
    # out the one group of one row.
    data = draw(1)
    within = within_products(*summed(data, np.ones(60, dtype=int)), NAMES)
    fit = least_squares(within, "y", ["x", "c"])
    assert fit.coefficients == pytest.approx(PYFIXEST["coefficients"], rel=1e-8)
    own = deviations(data, ["y", "x", "c"])
    scores = own[:, 1:] * (own[:, 0] - own[:, 1:] @ np.array(fit.coefficients))[:, None]
    errors = standard_errors(fit, (scores.T @ scores).tolist(), cluster_correction(59, 8, 59))
    assert errors == pytest.approx(PYFIXEST["errors"], rel=1e-6)


PYFIXEST = {
    "coefficients": (2.3143427481278627, -0.7139247718030424),
    "errors": (0.17212925251801647, 0.14482668845532223),
}


def test_a_group_of_one_row_is_left_out_and_counted():
    # x = 0, 1 with y = 0, 2 in one group; the lone row (9, 1) would not change the slope of 2.
    groups = [GroupSums(2, 2, (1, 2), (1, 2, 4)), GroupSums(1, 1, (9, 1), (81, 9, 1))]
    within = within_products(groups, BinaryPlaces((0, 0), (0, 0, 0)), ["x", "y"])
    assert (within.rows, within.groups, within.singletons) == (2, 1, 1)
    assert least_squares(within, "y", ["x"]).coefficients == pytest.approx((2.0,), rel=1e-15)


def test_groups_add_up():
    both = GroupSums(1, 2, (3,), (4,)) + GroupSums(10, 20, (30,), (40,))
    assert both == GroupSums(11, 22, (33,), (44,))


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2),
       st.integers(-(10**9), 10**9))  # fmt: skip
def test_a_constant_added_to_a_variable_changes_nothing(rows, constant):
    def of(shift: int) -> float:
        xs, ys = [x + shift for x, _ in rows], [y for _, y in rows]
        joint = sum(x * y for x, y in zip(xs, ys, strict=True))
        return within_product(len(rows), (sum(xs), sum(ys)), joint, (0, 0, 0))

    assert of(0) == of(constant)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_places_of_the_sums_change_nothing(first, other, second):
    # x = 0, 1, 2 and y = 1, 2, 3 in any binary places: sum of deviations' products 2.
    sums = (3 << first, 6 << other)
    assert within_product(3, sums, 8 << second, (first, other, second)) == 2.0


def test_means_of_a_group():
    assert group_means(GroupSums(2, 4, (6, -8), (0, 0, 0)), BinaryPlaces((1, 3), (0, 0, 0))) == (
        0.75,
        -0.25,
    )


def test_regressors_that_cannot_be_told_apart_are_named():
    data = draw(4)
    data["z"] = data["group"] * 1.0
    within = within_products(*summed(data, np.ones(60, dtype=int)), NAMES)
    with pytest.raises(CollinearError, match="z does not vary within"):
        least_squares(within, "y", ["x", "z"])
    data["z"] = 2.0 * data["x"] - data["c"]
    within = within_products(*summed(data, np.ones(60, dtype=int)), NAMES)
    with pytest.raises(CollinearError, match="z is a combination") as caught:
        least_squares(within, "y", ["x", "c", "z"])
    assert caught.value.regressor == "z"


def test_an_instrument_without_a_first_stage_is_named():
    # z = -1, 0, 1 and x = 1, -2, 1 are orthogonal.
    sums = [GroupSums(3, 3, (0, 0, 6), (2, 0, 2, 6, 0, 14))]
    within = within_products(sums, BinaryPlaces((0,) * 3, (0,) * 6), ["z", "x", "y"])
    with pytest.raises(CollinearError, match="z does not move x"):
        two_stage_least_squares(within, "y", endogenous="x", instrument="z")


def test_no_errors_without_degrees_of_freedom():
    assert cluster_correction(3, 3, 3) is None
    assert cluster_correction(3, 3, 3) is None
    assert cluster_correction(9, 3, 1) is None
    assert cluster_correction(8, 2, 8) == pytest.approx(8 / (8 - 2), rel=1e-15)  # HC1


def test_linear_algebra_against_numpy():
    chance = random.Random(5)
    root = np.array([[chance.gauss(0, 1) for _ in range(6)] for _ in range(6)])
    matrix = root @ root.T + np.eye(6)
    right = np.arange(6.0)
    assert solve(matrix.tolist(), right.tolist()) == pytest.approx(np.linalg.solve(matrix, right))
    assert np.allclose(inverse(matrix.tolist()), np.linalg.inv(matrix), rtol=1e-10)
    with pytest.raises(SingularError) as caught:
        solve([[1.0, 2.0], [2.0, 4.0]], [1.0, 1.0])
    assert caught.value.column == 1
    with pytest.raises(SingularError):
        solve([[math.nan]], [1.0])


def rounded(values: list[tuple[float, ...]], places: int) -> tuple[list[GroupSums], BinaryPlaces]:
    """Sums of one group whose products were rounded, and how much that may add."""
    first, second = zip(*(weighted_products(1.0, row) for row in values), strict=True)
    whole = [[sum(math.floor(v * 2.0**places + 0.5) for v in column)
              for column in zip(*each, strict=True)] for each in (first, second)]  # fmt: skip
    size = len(values[0])
    rounding = (2.0 ** (2 - places),) * size
    digits = BinaryPlaces((places,) * size, (places,) * len(pairs(size)), rounding)
    return [GroupSums(len(values), len(values), *map(tuple, whole))], digits


def test_what_rounding_leaves_of_a_regressor_is_none():
    # Two rows have one difference: c is x but for its scale, whatever the rounding says.
    within = within_products(*rounded([(1.0, 0.1, 0.07), (2.0, 0.4, 0.31)], 16), ["y", "x", "c"])
    with pytest.raises(CollinearError, match="c is a combination"):
        least_squares(within, "y", ["x", "c"])
    # A constant whose square is rounded up does not vary.
    within = within_products(*rounded([(1.0, 0.011)] * 3, 16), ["y", "x"])
    assert within.product("x", "x") != 0.0
    with pytest.raises(CollinearError, match="x does not vary"):
        least_squares(within, "y", ["x"])


def test_a_fit_without_residuals_has_no_errors_to_tell():
    within = within_products(*rounded([(0.1, 0.1), (0.4, 0.4), (0.7, 0.7)], 16), ["y", "x"])
    fit = least_squares(within, "y", ["x"])
    assert fit.is_exact
    assert standard_errors(fit, [[1e-9]], 1.0) == (0.0,)


def test_an_instrument_that_rounding_alone_moves_is_refused():
    # z is 1, -1, 0 times a third and x is 1, 1, -2: their product is 0.
    rows = [(0.0, 1.0, 1 / 3), (1.0, 1.0, -1 / 3), (5.0, -2.0, 0.0)]
    within = within_products(*rounded(rows, 16), ["y", "x", "z"])
    with pytest.raises(CollinearError, match="z does not move x"):
        two_stage_least_squares(within, "y", endogenous="x", instrument="z")


def test_an_instrument_that_moves_the_other_way_is_one_as_well():
    # z 2 1 0, x 1 0 2, y 1 2 3: cov(z, y) / cov(z, x) = -2 / -1.
    sums = [GroupSums(3, 3, (3, 3, 6), (5, 2, 4, 5, 7, 14))]
    within = within_products(sums, BinaryPlaces((0,) * 3, (0,) * 6), ["z", "x", "y"])
    fit = two_stage_least_squares(within, "y", endogenous="x", instrument="z")
    assert fit.coefficients == (2.0,)
    assert (fit.regressors, fit.instruments) == (("x",), ("z",))


def test_two_clusters_are_enough():
    assert cluster_correction(9, 1, 2) == 2.0  # 8 / 8 * 2 / 1
    assert cluster_correction(9, 1, 1) is None
    assert cluster_correction(1, 1, 2) is None
