"""Errors of slopes on cuts that are sums of shares, of many samples and models at once.

Two passes over the rows for each kind of tariff: sums of share times residual by product, and sums
of products of shares by pair of products. The driver holds products and pairs that somebody makes
together, never rows. What these are for: `formulas.shift_share`.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from tradegains.formulas.least_squares import CollinearError, binary_places, least_squares
from tradegains.formulas.shift_share import shift_share_error
from tradegains.statistics.arrays import FloatArray
from tradegains.statistics.regression_passes import RegressionRows, collect_sums
from tradegains.statistics.regressions import (
    Estimate,
    Key,
    ProductCells,
    Sample,
    mean_parameters,
)
from tradegains.transforms.exposures import (
    OTHER,
    SHARE,
    SHOCK,
    exposed_sum,
    sum_exposures,
    sum_shares,
)
from tradegains.transforms.regression_sums import residual_column, scale_column

MOST_SHOCKS = 3000
"""Products or industries; their shares are solved for as one dense matrix."""
TOLD_APART = 1e-9
"""Share of a product's squared shares that must be left once those of others are accounted for,
and of the largest possible sum of residuals below which one is rounding."""
TOO_FEW = "no error: too few products or industries: each one's residuals add up to 0"


@dataclass(frozen=True)
class _CutSlope:
    """A slope on a cut: which estimate's, and what is left of the cut and of the outcome."""

    estimate: int
    term: str
    kind: str
    left: Mapping[str, float]
    residual: Mapping[str, float]
    moved: float
    sizes: tuple[float, float]


def with_share_errors(
    rows: RegressionRows,
    cells: ProductCells,
    estimates: Sequence[Estimate],
    *,
    by: Sequence[str],
    effect_of: Callable[[int], int],
    kinds: Mapping[str, str],
) -> list[Estimate]:
    """The estimates with errors of shares for slopes on cuts; other terms keep robust errors.

    Args:
        rows: the regression rows behind the cells, with shares for each kind.
        cells: of `statistics.regressions.collect_products`, unweighted.
        estimates: of `estimate` with robust errors.
        by: keys that tell samples apart, the first of the cells' keys.
        effect_of: group of effects that an effect belongs to.
        kinds: of tariff, by the variable that is a cut.
    """
    found = list(estimates)
    samples = {
        sample: Sample.of(cells, sample, keys, effect_of)
        for sample, keys in cells.by_sample(by).items()
        if sample in {each.key for each in estimates}
    }
    slopes = [
        slope for place, each in enumerate(found) for slope in _slopes(cells, place, each, kinds)
    ]
    for kind in dict.fromkeys(kinds.values()):
        chosen = [slope for slope in slopes if slope.kind == kind]
        if chosen:
            of_kind = _OfKind(rows, cells, samples, kind)
            for slope, (error, shocks, told) in zip(
                chosen, of_kind.errors(found, chosen, by), strict=True
            ):
                found[slope.estimate] = _with_error(found[slope.estimate], slope, error, shocks)
                if told:
                    before = found[slope.estimate]
                    found[slope.estimate] = replace(before, told=told)
    return found


def _with_error(estimate: Estimate, slope: _CutSlope, error: float | None, shocks: int) -> Estimate:
    assert estimate.fit is not None
    place = estimate.fit.regressors.index(slope.term)
    errors = (*estimate.errors[:place], error, *estimate.errors[place + 1 :])
    return replace(estimate, errors=errors, shocks={**estimate.shocks, slope.term: shocks})


def _slopes(
    cells: ProductCells, place: int, estimate: Estimate, kinds: Mapping[str, str]
) -> list[_CutSlope]:
    """The slopes of an estimate that rest on a cut, as regressor or as instrument."""
    fit, within = estimate.fit, estimate.within
    if fit is None or fit.is_exact or not estimate.errors or estimate.errors[0] is None:
        return []
    found = []
    residual = {estimate.model.outcome: 1.0}
    residual |= {name: -b for name, b in zip(fit.regressors, fit.coefficients, strict=True)}
    for term, cut in zip(fit.regressors, fit.instruments, strict=True):
        if cut not in kinds:
            continue
        others = [name for name in fit.instruments if name != cut]
        left, rest = {cut: 1.0}, within.product(cut, cut)
        if others:
            try:
                of_cut = least_squares(within, cut, others)
            except CollinearError:
                continue
            left |= {name: -b for name, b in zip(others, of_cut.coefficients, strict=True)}
            rest = of_cut.residual
        moved = math.fsum(b * within.product(name, term) for name, b in left.items())
        sizes = (
            math.sqrt(1.01 * fit.residual + 1e-9 * fit.total),
            math.sqrt(1.01 * rest + 1e-9 * within.product(cut, cut)),
        )
        found.append(_CutSlope(place, term, kinds[cut], left, residual, moved, sizes))
    return found


@dataclass(frozen=True)
class _OfKind:
    """The passes for slopes on cuts of one kind."""

    rows: RegressionRows
    cells: ProductCells
    samples: Mapping[Key, Sample]
    kind: str

    def errors(
        self, estimates: Sequence[Estimate], slopes: Sequence[_CutSlope], by: Sequence[str]
    ) -> list[tuple[float | None, int, str]]:
        """Error of each slope, the number of its shocks, and why there is no error."""
        keys = [estimates[slope.estimate].key for slope in slopes]
        table, scales = self._parameters(keys, slopes)
        summed = collect_sums(
            sum_exposures,
            self.rows,
            table,
            on=self.cells.keys,
            by=by,
            variables=self.cells.variables,
            residuals=2 * self._most(keys),
            kind=self.kind,
        )
        rows = max(sum(g.rows for g in self.samples[key].groups[False].values()) for key in keys)
        places = binary_places(float(rows))
        pairs = collect_sums(
            sum_shares,
            self.rows,
            table,
            on=self.cells.keys,
            by=by,
            kind=self.kind,
            places=places,
        )
        sums: dict[Key, dict[str, Any]] = defaultdict(dict)
        for row in summed:
            sums[tuple(row[name] for name in by)][row[SHOCK]] = row
        shares: dict[Key, dict[tuple[str, str], float]] = defaultdict(dict)
        for row in pairs:
            of_sample = shares[tuple(row[name] for name in by)]
            of_sample[row[SHOCK], row[OTHER]] = math.ldexp(row[SHARE], -places)
        solved = {key: ShockShares.of(shares[key]) for key in dict.fromkeys(keys)}
        return [
            _error(slope, sums[key], solved[key], (place, scales[at]))
            for at, (slope, key, place) in enumerate(
                zip(slopes, keys, self._places(keys), strict=True)
            )
        ]

    def _places(self, keys: Sequence[Key]) -> list[int]:
        """The how-manieth slope of its sample each is."""
        counts: dict[Key, int] = defaultdict(int)
        found = []
        for key in keys:
            found.append(counts[key])
            counts[key] += 1
        return found

    def _most(self, keys: Sequence[Key]) -> int:
        return max(self._places(keys)) + 1

    def _parameters(
        self, keys: Sequence[Key], slopes: Sequence[_CutSlope]
    ) -> tuple[pa.Table, list[tuple[int, int]]]:
        """Means and residuals by key, and the binary places of each slope's two sums."""
        shared: dict[Key, dict[str, float]] = defaultdict(dict)
        scales = []
        blank = {
            residual_column(m, i): 0.0
            for m in range(2 * self._most(keys))
            for i in range(len(self.cells.variables))
        } | {scale_column(m, 0): 1.0 for m in range(2 * self._most(keys))}
        for slope, key, place in zip(slopes, keys, self._places(keys), strict=True):
            rows = sum(group.rows for group in self.samples[key].groups[False].values())
            # A row's share is at most one, its residual at most the root of all squares.
            digits = [binary_places(1.01 * rows * size) for size in slope.sizes]
            columns = shared[key]
            for half, values in enumerate((slope.residual, slope.left)):
                m = 2 * place + half
                columns |= {
                    residual_column(m, i): values.get(name, 0.0)
                    for i, name in enumerate(self.cells.variables)
                }
                columns[scale_column(m, 0)] = 2.0 ** digits[half]
            scales.append((digits[0], digits[1]))
        complete = {key: blank | columns for key, columns in shared.items()}
        samples = [self.samples[key] for key in complete]
        return mean_parameters(self.cells, samples, complete), scales


def _error(
    slope: _CutSlope,
    sums: Mapping[str, Mapping[str, Any]],
    shares: "ShockShares",
    at: tuple[int, tuple[int, int]],
) -> tuple[float | None, int, str]:
    place, digits = at
    if shares.problem:
        return None, len(shares.groups), shares.problem
    residuals, left = (
        [
            math.fsum(
                math.ldexp(sums[s][exposed_sum(2 * place + half)], -digits[half]) for s in group
            )
            for group in shares.groups
        ]
        for half in (0, 1)
    )
    # By Cauchy and Schwarz a sum is at most this; where none is more than rounding of it the
    # regression meets what every product asks for, and nothing tells how far it is off.
    most = [size * slope.sizes[0] for size in shares.sizes]
    told = [r if abs(r) > TOLD_APART * m else 0.0 for r, m in zip(residuals, most, strict=True)]
    error = shift_share_error(shares.solve(left), told, slope.moved)
    if not error:
        return None, len(shares.groups), TOO_FEW
    return error, len(shares.groups), ""


@dataclass(frozen=True)
class ShockShares:
    """Sums of products of shares, of groups of shocks that cannot be told apart.

    Attributes:
        groups: shocks of each.
        lower: Cholesky's triangle of their matrix.
        sizes: root of each group's sum of squared shares.
        problem: why there is no triangle.
    """

    groups: list[list[str]]
    lower: FloatArray
    sizes: list[float] = field(default_factory=list)
    problem: str = ""

    @staticmethod
    def of(pairs: Mapping[tuple[str, str], float]) -> "ShockShares":
        """From the sums of all pairs that somebody makes together."""
        groups = _together(pairs)
        if len(groups) > MOST_SHOCKS:
            problem = f"no error: {len(groups)} products or industries, more than {MOST_SHOCKS}"
            return ShockShares(groups, np.zeros((0, 0)), problem=problem)
        place = {shock: at for at, group in enumerate(groups) for shock in group}
        matrix = np.zeros((len(groups), len(groups)))
        for (one, other), value in sorted(pairs.items()):
            matrix[place[one], place[other]] += value
        lower = _triangle(matrix)
        if lower is None:
            problem = "no error: shares of products or industries are combinations of each other"
            return ShockShares(groups, np.zeros((0, 0)), problem=problem)
        return ShockShares(
            groups, lower, [math.sqrt(each) for each in np.diagonal(matrix).tolist()]
        )

    def solve(self, vector: Sequence[float]) -> list[float]:
        """What, times the shares, comes nearest to what these are the sums of products with."""
        right = np.array(vector)
        for k in range(len(right)):
            right[k] /= self.lower[k, k]
            right[k + 1 :] -= self.lower[k + 1 :, k] * right[k]
        for k in reversed(range(len(right))):
            right[k] /= self.lower[k, k]
            right[:k] -= self.lower[k, :k] * right[k]
        return [float(each) for each in right]


def _together(pairs: Mapping[tuple[str, str], float]) -> list[list[str]]:
    """Shocks, those together of which everybody has the same proportions."""
    first: dict[str, str] = {one: one for one, _ in sorted(pairs)}

    def root(shock: str) -> str:
        while first[shock] != shock:
            shock = first[shock]
        return shock

    for (one, other), value in sorted(pairs.items()):
        whole = pairs[one, one] * pairs[other, other]
        if one < other and value * value >= (1.0 - TOLD_APART) * whole:
            low, high = sorted((root(one), root(other)))
            first[high] = low
    groups: dict[str, list[str]] = defaultdict(list)
    for shock in first:
        groups[root(shock)].append(shock)
    return list(groups.values())


def _triangle(matrix: FloatArray) -> FloatArray | None:
    """Cholesky's triangle, one row's products at a time: the same on every processor.

    None where a row is a combination of those before it.
    """
    rest, size = matrix.copy(), len(matrix)
    diagonal = np.diagonal(matrix).copy()
    for k in range(size):
        if not rest[k, k] > TOLD_APART * diagonal[k]:
            return None
        rest[k:, k] /= math.sqrt(rest[k, k])
        column = rest[k + 1 :, k]
        met = np.flatnonzero(column) + k + 1
        rest[np.ix_(met, met)] -= rest[met, k][:, None] * rest[met, k][None, :]
    return np.tril(rest)
