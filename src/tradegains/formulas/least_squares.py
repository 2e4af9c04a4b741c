"""Least squares from sums of products, with one group of effects absorbed.

Decisions:
- The engine gives, per group of the absorbed effect, sums of weight, of weight times each variable
  and of weight times each product of two, as whole numbers in stated binary places. What is left
  within groups follows in exact whole-number arithmetic, so nothing cancels, however far the means
  are from zero.
- Each row's products were rounded to whole numbers, so what is left of a variable that the others
  determine is not zero but that rounding. `BinaryPlaces.rounding` bounds it, and what is within it
  is nothing: no variation, no independent regressor, no residual.
- A group of one row explains its row exactly and says nothing: it is left out of the rows and the
  groups, and counted (Correia 2015). Without absorbed effects there is one group: the constant.
- The parameters K are the coefficients and the groups; groups nested in the clusters count as one,
  the constant.
  Robust errors are HC1, n / (n - K); clustered errors (n - 1) / (n - K) times G / (G - 1).

prepare: `weighted_products`. reduce: plain sums. present: `within_products`, `least_squares`,
`two_stage_least_squares`, then `standard_errors` with the meat of a second pass over residuals.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tradegains.formulas.linear_algebra import (
    SMALLEST_PIVOT,
    SingularError,
    inverse,
    quadratic,
    sandwich,
)

NO_VARIATION = 1e-9
"""Share of a variable's sum of squares below which what is left within groups is rounding."""

MOST_PLACES = 90
"""Beyond them the scale itself would leave the range in which doubles are exact powers."""


class CollinearError(ValueError):
    """A regressor that the others or the absorbed effects determine; `regressor` is its name."""

    def __init__(self, regressor: str, reason: str) -> None:
        super().__init__(f"{regressor} {reason}")
        self.regressor = regressor


@dataclass(frozen=True)
class BinaryPlaces:
    """Binary places of the sums: of each variable, and of each pair in the order of `pairs`.

    `rounding` bounds what rounding adds per row to the square of each variable's deviation; empty
    where rows are whole numbers in these places.
    """

    sums: tuple[int, ...]
    products: tuple[int, ...]
    rounding: tuple[float, ...] = ()


@dataclass(frozen=True)
class GroupSums:
    """Sums over the rows of one group, in whole units.

    Attributes:
        rows: number of rows.
        weight: sum of the weights [units].
        sums: of weight * v, one per variable.
        products: sums of weight * v * v', one per pair in the order of `pairs`.
    """

    rows: int
    weight: int
    sums: tuple[int, ...]
    products: tuple[int, ...]

    def __add__(self, other: "GroupSums") -> "GroupSums":
        """Both groups as one."""
        return GroupSums(
            self.rows + other.rows,
            self.weight + other.weight,
            tuple(a + b for a, b in zip(self.sums, other.sums, strict=True)),
            tuple(a + b for a, b in zip(self.products, other.products, strict=True)),
        )

    def __sub__(self, other: "GroupSums") -> "GroupSums":
        """The group without rows that are in it."""
        return GroupSums(
            self.rows - other.rows,
            self.weight - other.weight,
            tuple(a - b for a, b in zip(self.sums, other.sums, strict=True)),
            tuple(a - b for a, b in zip(self.products, other.products, strict=True)),
        )


@dataclass(frozen=True)
class Within:
    """Products of the variables' deviations from their group means, summed over all groups.

    Attributes:
        names: of the variables.
        rows: rows in groups of two or more.
        groups: such groups.
        singletons: groups of one row, left out.
        products: k by k, weighted sums.
        raw: sums of weight * v**2 about zero, one per variable.
        rounding: bound of the rounding in each variable's product with itself.
    """

    names: tuple[str, ...]
    rows: int
    groups: int
    singletons: int
    products: tuple[tuple[float, ...], ...]
    raw: tuple[float, ...]
    rounding: tuple[float, ...]

    def product(self, name: str, other: str) -> float:
        """Of two variables by name."""
        return self.products[self.names.index(name)][self.names.index(other)]

    def matrix(self, rows: Sequence[str], columns: Sequence[str]) -> list[list[float]]:
        """Products of the variables in `rows` with those in `columns`."""
        return [[self.product(row, column) for column in columns] for row in rows]

    def varies(self, name: str) -> bool:
        """Whether a variable differs within groups by more than rounding."""
        place = self.names.index(name)
        return self.product(name, name) > max(NO_VARIATION * self.raw[place], self.rounding[place])

    def smallest_share(self, names: Sequence[str]) -> float:
        """Share of a variable that is left by rounding where the others determine it."""
        shares = [
            self.rounding[self.names.index(name)] / self.product(name, name) for name in names
        ]
        return max(SMALLEST_PIVOT, len(names) * max(shares))


@dataclass(frozen=True)
class Fit:
    """A linear model's estimates.

    Attributes:
        regressors: names, in the order of the coefficients.
        instruments: names of what the scores are taken with; the regressors for least squares.
        coefficients: one per regressor.
        estimator: k by m; the variance is estimator * meat * estimator'.
        residual: weighted sum of squared residuals.
        total: weighted sum of the outcome's squared deviations from its group means.
        is_exact: whether the residuals are rounding: nothing is left to explain.
        has_variation: whether the outcome differs within groups.
    """

    regressors: tuple[str, ...]
    instruments: tuple[str, ...]
    coefficients: tuple[float, ...]
    estimator: tuple[tuple[float, ...], ...]
    residual: float
    total: float
    is_exact: bool = False
    has_variation: bool = True

    @property
    def r2(self) -> float | None:
        """Share of the variation within groups explained; None where there is none."""
        return 1.0 - self.residual / self.total if self.has_variation and self.total > 0 else None


def pairs(variables: int) -> list[tuple[int, int]]:
    """Positions of every product of two of so many variables, each once.

    Example:
        >>> pairs(2)
        [(0, 0), (0, 1), (1, 1)]
    """
    return [(i, j) for i in range(variables) for j in range(i, variables)]


def weighted_products(weight: Any, values: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """weight * v and weight * v * v' for every pair, in one order; serves floats and Columns.

    Example:
        >>> weighted_products(2.0, [3.0, 5.0])
        ([6.0, 10.0], [18.0, 30.0, 50.0])
    """
    first = [weight * value for value in values]
    return first, [first[i] * values[j] for i, j in pairs(len(values))]


def within_product(
    weight: int, sums: tuple[int, int], product: int, places: tuple[int, int, int]
) -> float:
    """Sum of weight * (x - mean x) * (y - mean y), to the nearest double.

    Args:
        weight: sum of the weights, > 0 [units].
        sums: of weight * x and of weight * y, in whole units of 2**-places.
        product: sum of weight * x * y, likewise.
        places: binary places of the three.

    Example:
        >>> within_product(3, (6, 6), 14, (0, 0, 0))  # 1, 2, 3: squares 14, less 36 / 3
        2.0
    """
    joint, separate, above, below = _shifts(*places)
    whole = (weight * product << joint) - (sums[0] * sums[1] << separate)
    return (whole << above) / (weight << below)


@cache
def _shifts(first: int, other: int, second: int) -> tuple[int, int, int, int]:
    """By how many places the parts of `within_product` are moved, so that all are whole.

    Those of weight * product and of the product of sums, to be subtracted; then of both together
    and of the weight, to be divided.
    """
    shift = first + other - second
    left = first + other + max(-shift, 0)
    return max(shift, 0), max(-shift, 0), max(-left, 0), max(left, 0)


def within_products(
    groups: Iterable[GroupSums], places: BinaryPlaces, names: Sequence[str]
) -> Within:
    """The within transformation of all groups, from their sums.

    Args:
        groups: sums by group; groups without weight are left out.
        places: of the sums.
        names: of the variables, in their order.

    Example:
        >>> sums = [GroupSums(2, 2, (3,), (5,)), GroupSums(1, 1, (7,), (49,))]
        >>> found = within_products(sums, BinaryPlaces((0,), (0,)), ["x"])
        >>> found.product("x", "x"), found.rows, found.groups, found.singletons
        (0.5, 2, 1, 1)
    """
    found = [group for group in groups if group.rows and group.weight]
    return sum_within(found, [group_products(group, places) for group in found], places, names)


def sum_within(
    groups: Sequence[GroupSums],
    products: Iterable[tuple[float, ...]],
    places: BinaryPlaces,
    names: Sequence[str],
) -> Within:
    """The within transformation from the products within each group.

    Args:
        groups: sums by group, each with weight.
        products: of `group_products`, in the same order.
        places: of the sums.
        names: of the variables, in their order.

    Example:
        >>> group, places = GroupSums(3, 3, (6,), (14,)), BinaryPlaces((0,), (0,))  # 1, 2, 3
        >>> sum_within([group], [group_products(group, places)], places, ["x"]).raw
        (14.0,)
    """
    used = [group for group in groups if group.rows > 1]
    summed = [math.fsum(column) for column in zip(*products, strict=True)]
    matrix = [[0.0] * len(names) for _ in names]
    raw = [0.0] * len(names)
    for position, (i, j) in enumerate(pairs(len(names))):
        matrix[i][j] = matrix[j][i] = summed[position] if summed else 0.0
        if i == j:
            total = sum(each.products[position] for each in used)
            raw[i] = math.ldexp(total, -places.products[position])
    rows = sum(each.rows for each in used)
    return Within(
        tuple(names),
        rows,
        len(used),
        len(groups) - len(used),
        tuple(tuple(row) for row in matrix),
        tuple(raw),
        tuple(rows * each for each in places.rounding) or (0.0,) * len(names),
    )


def group_products(group: GroupSums, places: BinaryPlaces) -> tuple[float, ...]:
    """Products of the deviations within one group, by pair; 0 of a row that is alone.

    Example:
        >>> group_products(GroupSums(3, 3, (6,), (14,)), BinaryPlaces((0,), (0,)))  # 1, 2, 3
        (2.0,)
    """
    plan = _plan(places)
    if group.rows < 2:
        return (0.0,) * len(plan)
    weight, sums, products = group.weight, group.sums, group.products
    return tuple(
        [within_product(weight, (sums[i], sums[j]), products[p], each) for p, i, j, each in plan]
    )


@cache
def _plan(places: BinaryPlaces) -> list[tuple[int, int, int, tuple[int, int, int]]]:
    """Of every pair of variables its position, the two and their binary places."""
    digits = places.sums
    return [
        (position, i, j, (digits[i], digits[j], places.products[position]))
        for position, (i, j) in enumerate(pairs(len(digits)))
    ]


def group_means(group: GroupSums, places: BinaryPlaces) -> tuple[float, ...]:
    """Weighted mean of each variable in a group.

    Example:
        >>> group_means(GroupSums(2, 2, (12,), (0,)), BinaryPlaces((2,), (0,)))  # 12/4 over 2
        (1.5,)
    """
    return tuple(
        math.ldexp(each / group.weight, -digits)
        for each, digits in zip(group.sums, places.sums, strict=True)
    )


def least_squares(within: Within, outcome: str, regressors: Sequence[str]) -> Fit:
    """Coefficients of the regressors, the effects absorbed.

    Args:
        within: products of deviations from group means.
        outcome: name of the variable to explain.
        regressors: names of what explains it.

    Raises:
        CollinearError: naming the first regressor that does not vary within groups, or is a
            combination of the regressors before it.

    Example:
        >>> sums = [GroupSums(3, 3, (3, 6), (5, 8, 14))]  # x = 0, 1, 2 and y = 1, 2, 3
        >>> within = within_products(sums, BinaryPlaces((0, 0), (0, 0, 0)), ["x", "y"])
        >>> round(least_squares(within, "y", ["x"]).coefficients[0], 12)
        1.0

    Source: Frisch and Waugh (1933).
    """
    bread = _inverse(within, regressors, regressors)
    moments = [within.product(each, outcome) for each in regressors]
    return _fit(within, outcome, regressors, regressors, (_times(bread, moments), bread))


def two_stage_least_squares(
    within: Within, outcome: str, *, endogenous: str, instrument: str, controls: Sequence[str] = ()
) -> Fit:
    """Coefficients of the endogenous regressor and the controls, by one excluded instrument.

    Args:
        within: products of deviations from group means.
        outcome: name of the variable to explain.
        endogenous: name of the regressor that the instrument stands for.
        instrument: name of what moves it and nothing else.
        controls: names of regressors that are instruments of themselves.

    Raises:
        CollinearError: naming what does not vary, or the instrument where it does not move the
            endogenous regressor at all.

    Example:
        >>> sums = [GroupSums(3, 3, (3, 3, 6), (5, 4, 8, 5, 7, 14))]  # z 0 1 2, x 1 0 2, y 1 2 3
        >>> within = within_products(sums, BinaryPlaces((0,) * 3, (0,) * 6), ["z", "x", "y"])
        >>> two_stage_least_squares(within, "y", endogenous="x", instrument="z").coefficients
        (2.0,)

    Source: Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, chapter 5.
    """
    regressors, instruments = (endogenous, *controls), (instrument, *controls)
    crossed = _inverse(within, instruments, instruments)
    first_stages = [
        _times(crossed, [within.product(each, regressor) for each in instruments])
        for regressor in regressors
    ]
    # What the instrument adds to the controls in explaining the endogenous regressor.
    moved = first_stages[0][0] ** 2 / crossed[0][0]
    least = within.smallest_share(instruments) * within.product(endogenous, endogenous)
    if not moved > least:
        raise CollinearError(instrument, f"does not move {endogenous}")
    shared = within.matrix(instruments, regressors)
    fitted = [
        [
            math.fsum(stage[m] * shared[m][other] for m in range(len(instruments)))
            for other in range(len(regressors))
        ]
        for stage in first_stages
    ]
    try:
        bread = inverse(fitted)
    except SingularError as error:
        raise CollinearError(instrument, f"does not move {endogenous}") from error
    estimator = [
        [
            math.fsum(a * stage[m] for a, stage in zip(row, first_stages, strict=True))
            for m in range(len(instruments))
        ]
        for row in bread
    ]
    moments = [within.product(each, outcome) for each in instruments]
    found = (_times(estimator, moments), estimator)
    return _fit(within, outcome, regressors, instruments, found)


def _times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    return [math.fsum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def _inverse(within: Within, rows: Sequence[str], columns: Sequence[str]) -> list[list[float]]:
    for name in rows:
        if not within.varies(name):
            raise CollinearError(name, "does not vary within the absorbed effects")
    try:
        return inverse(within.matrix(rows, columns), within.smallest_share(rows))
    except SingularError as error:
        name = rows[error.column]
        reason = "is a combination of the regressors before it"
        raise CollinearError(name, reason) from error


def _fit(
    within: Within,
    outcome: str,
    regressors: Sequence[str],
    instruments: Sequence[str],
    found: tuple[Sequence[float], Sequence[Sequence[float]]],
) -> Fit:
    coefficients, estimator = found
    combined = (1.0, *(-each for each in coefficients))
    names = (outcome, *regressors)
    residual = quadratic(combined, within.matrix(names, names), combined)
    total = within.product(outcome, outcome)
    rounding = len(names) * math.fsum(
        each * each * within.rounding[within.names.index(name)]
        for name, each in zip(names, combined, strict=True)
    )
    return Fit(
        tuple(regressors),
        tuple(instruments),
        tuple(coefficients),
        tuple(tuple(row) for row in estimator),
        max(residual, 0.0),
        total,
        residual <= max(SMALLEST_PIVOT * total, rounding),
        within.varies(outcome),
    )


def cluster_correction(rows: int, parameters: int, clusters: int) -> float | None:
    """(n - 1) / (n - K) times G / (G - 1); None where either has no degree of freedom left.

    Args:
        rows: n, those in groups of two or more.
        parameters: K, coefficients and absorbed effects.
        clusters: G.

    With one row per cluster it is HC1's n / (n - K), the correction of robust errors.

    Example:
        >>> cluster_correction(9, 1, 5)  # 8 / 8 * 5 / 4
        1.25
    """
    if rows <= parameters or clusters < 2:
        return None
    return (rows - 1) / (rows - parameters) * clusters / (clusters - 1)


def standard_errors(
    fit: Fit, meat: Sequence[Sequence[float]], correction: float | None
) -> tuple[float | None, ...]:
    """Standard error of each coefficient.

    Args:
        fit: the estimates.
        meat: m by m sums of products of the scores, by row (robust) or summed by cluster first.
        correction: of `cluster_correction`; None gives no errors.

    Returns:
        0 where nothing is left to explain, and not the rounding of scores.

    Example:
        >>> fit = Fit(("x",), ("x",), (1.0,), ((0.5,),), 1.0, 2.0)
        >>> standard_errors(fit, [[4.0]], 1.0)
        (1.0,)
    """
    if correction is None:
        return (None,) * len(fit.regressors)
    if fit.is_exact:
        return (0.0,) * len(fit.regressors)
    variance = sandwich(fit.estimator, meat)
    return tuple(
        math.sqrt(max(variance[i][i], 0.0) * correction) for i in range(len(fit.regressors))
    )


def premium_percent(coefficient: float | None) -> float | None:
    """What a 0/1 regressor adds to a level whose logarithm is the outcome [percent].

    Args:
        coefficient: of the regressor [log points]; None where there is none.

    Returns:
        100 (e^coefficient - 1), above -100; None without a coefficient.

    Example:
        >>> round(premium_percent(0.3365), 1)
        40.0

    Source: MT, "Evidence on Within-Firm Productivity Growth and Trade": exporters 40 percent above.
    """
    return None if coefficient is None else 100.0 * math.expm1(coefficient)


def binary_places(bound: float) -> int:
    """Most binary places at which a sum whose size stays below the bound fits a BIGINT.

    One bit is left free, for the rounding of each row.

    Args:
        bound: of the sum's absolute size, >= 0.

    Returns:
        From -MOST_PLACES to MOST_PLACES; below 0 the sum is in larger units.

    Example:
        >>> binary_places(1.0), binary_places(2.0**70), binary_places(0.0)
        (61, -9, 90)
    """
    if bound <= 0:
        return MOST_PLACES
    return max(-MOST_PLACES, min(MOST_PLACES, 61 - math.ceil(math.log2(bound))))
