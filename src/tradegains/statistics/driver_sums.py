"""The sums of `transforms.regression_sums` and `transforms.probit_sums`, of rows on the driver.

To the last bit what the engine gives: the same products in the same order, rounded to the same
whole numbers, so that it shows nowhere whether rows were few enough to be collected. So `exp` and
logarithms are those that the rows come with.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tradegains.formulas.export_entry import index_without_cut
from tradegains.formulas.least_squares import BinaryPlaces, pairs, weighted_products
from tradegains.formulas.normal import (
    CENTRAL_END,
    DENSITY_AT_ZERO,
    FAR_END,
    MIDDLE_END,
    central_offset,
    far_tail_factor,
    gaussian_exponents,
    middle_tail_factor,
)
from tradegains.formulas.probit import score_and_curvature
from tradegains.statistics.arrays import FloatArray, IntArray, NumberArray, sum_by
from tradegains.statistics.collected_rows import CollectedRows, GroupedRows, SumRows
from tradegains.statistics.elementary import Elementary, Function
from tradegains.tables import working as w
from tradegains.transforms.probit_sums import (
    ALPHA,
    CURVATURE,
    DENSITY_CHANGE,
    EFFECT_OF_CUT,
    LIKELIHOOD,
    SCORE,
    ProbitPlaces,
    base_column,
    coefficient_column,
    slope_column,
    square_sum,
    times,
)
from tradegains.transforms.regression_rows import WITH_CUTS, cut_column, own_column
from tradegains.transforms.regression_sums import (
    LARGEST_WEIGHT,
    WEIGHT,
    ScoreModel,
    first_sum,
    largest,
    mean_column,
    meat_sum,
    rescale_column,
    residual_column,
    scale_column,
    second_sum,
    weight_sum,
)

Parameters = Mapping[str, FloatArray]
BLOCK = 8192
"""Rows computed at once: twenty columns of them are a megabyte."""


def _whole(values: FloatArray, places: int) -> IntArray:
    rounded: IntArray = np.floor(values * 2.0**places + 0.5).astype(np.int64)
    return rounded


def sum_products(
    rows: CollectedRows,
    *,
    keys: Sequence[str],
    variables: Sequence[str],
    places: Mapping[bool, BinaryPlaces],
) -> SumRows:
    """As the transform of this name."""
    grouped = rows.by(keys)
    values = [grouped[name] for name in variables]
    sums: dict[str, NumberArray] = {}
    bounds: dict[str, NumberArray] = {largest(i): np.abs(each) for i, each in enumerate(values)}
    for is_weighted, digits in places.items():
        weight = grouped[WEIGHT] if is_weighted else 1.0
        first, second = weighted_products(weight, values)
        if is_weighted:
            whole = grouped.table[WEIGHT].to_numpy()
            sums[weight_sum(is_weighted=True)] = bounds[LARGEST_WEIGHT] = whole
        for i, each in enumerate(first):
            sums[first_sum(i, is_weighted=is_weighted)] = _whole(each, digits.sums[i])
        for i, each in enumerate(second):
            sums[second_sum(i, is_weighted=is_weighted)] = _whole(each, digits.products[i])
    return grouped.sums(sums, bounds)


def sum_meat(
    rows: CollectedRows,
    parameters: pa.Table,
    *,
    on: Sequence[str],
    by: Sequence[str],
    variables: Sequence[str],
    models: Sequence[ScoreModel],
    cluster: str | None,
) -> SumRows:
    """As the transform of this name; `by` are the first of the keys `on`."""
    met, given = rows.by(on).meeting(parameters)
    values = [met[name] for name in variables]
    samples = met.by_first(by)
    scaled: list[list[FloatArray]] = [
        _scores(met, given, values, (m, model)) for m, model in enumerate(models)
    ]
    if cluster is not None:
        samples, scaled = _by_cluster(samples, given, scaled, cluster)
    sums: dict[str, NumberArray] = {}
    for m, scores in enumerate(scaled):
        for position, (i, j) in enumerate(pairs(len(scores))):
            sums[meat_sum(m, position)] = _whole(scores[i] * scores[j], 0)
    return samples.sums(sums)


def _scores(
    rows: GroupedRows,
    given: Parameters,
    values: Sequence[FloatArray],
    numbered: tuple[int, ScoreModel],
) -> list[FloatArray]:
    """Weight times instrument times residual by instrument, in the scale of their sums."""
    m, model = numbered
    kind = model.is_weighted
    deviations = [each - given[mean_column(i, is_weighted=kind)] for i, each in enumerate(values)]
    residual = deviations[0] * given[residual_column(m, 0)]
    for i, each in enumerate(deviations[1:], start=1):
        residual = residual + each * given[residual_column(m, i)]
    residual = (rows[WEIGHT] if kind else 1.0) * residual
    return [
        residual * deviations[position] * given[scale_column(m, i)]
        for i, position in enumerate(model.instruments)
    ]


def _by_cluster(
    samples: GroupedRows,
    given: Parameters,
    scaled: Sequence[Sequence[FloatArray]],
    column: str,
) -> tuple[GroupedRows, list[list[FloatArray]]]:
    """Scores rounded and added within each cluster of a sample, in the scale of their products."""
    cluster = pc.dictionary_encode(samples.table[column]).combine_chunks()
    sample = np.repeat(np.arange(len(samples.keys)), samples.counts)
    key = sample * max(len(cluster.dictionary), 1) + cluster.indices.to_numpy()
    columns: dict[str, NumberArray] = {}
    for m, scores in enumerate(scaled):
        for i, each in enumerate(scores):
            columns[f"{m} {i}"] = np.floor(each + 0.5).astype(np.int64)
    found, sums = sum_by(key, columns)
    of_cluster = found // max(len(cluster.dictionary), 1)
    starts = np.searchsorted(of_cluster, np.arange(len(samples.keys)))
    # A scale is one for all rows of a sample.
    first = samples.starts
    rescaled = [
        [
            sums[f"{m} {i}"].astype(np.float64) * given[rescale_column(m, i)][first][of_cluster]
            for i in range(len(scores))
        ]
        for m, scores in enumerate(scaled)
    ]
    table = pa.table({column: found})
    return GroupedRows(samples.names, samples.keys, starts, table), rescaled


def count_cuts(
    rows: CollectedRows, *, by: Sequence[str], kinds: Sequence[str], places: int
) -> SumRows:
    """As the transform of this name."""
    grouped = rows.by(by)
    has_all = np.ones(len(grouped.table), bool)
    for kind in kinds:
        has_all &= pc.is_valid(grouped.table[cut_column(kind)]).to_numpy()
    sums: dict[str, NumberArray] = {w.SALES: grouped.table[w.SALES].to_numpy()}
    sums[WITH_CUTS] = has_all.astype(np.int64)
    for kind in kinds:
        known = grouped.table[cut_column(kind)].fill_null(0.0).to_numpy()
        own = grouped[own_column(kind)].astype(np.int64)
        sums[own_column(kind)] = np.where(has_all, own, 0)
        sums[cut_column(kind)] = np.where(has_all, _whole(known, places), 0)
    return grouped.sums(sums)


def weigh_cuts(rows: CollectedRows, *, kinds: Sequence[str], places: int) -> SumRows:
    """As the transform of this name."""
    grouped = rows.by(())
    sums: dict[str, NumberArray] = {w.SALES: grouped.table[w.SALES].to_numpy()}
    for kind in kinds:
        product = grouped[w.SALES] * grouped[cut_column(kind)]
        sums[cut_column(kind)] = _whole(product, places)
    return grouped.sums(sums)


def sum_newton(
    rows: CollectedRows,
    parameters: pa.Table,
    *,
    on: Sequence[str],
    outcome: str,
    regressors: Sequence[str],
    places: ProbitPlaces,
) -> SumRows:
    """As the transform of this name."""
    met, given = rows.by(on).meeting(parameters)
    columns = given | {name: met[name] for name in (outcome, *regressors)}
    newton = partial(_newton, rows.functions, outcome, regressors, places)
    return met.sums(_in_blocks(newton, columns))


def _newton(
    functions: Elementary,
    outcome: str,
    regressors: Sequence[str],
    places: ProbitPlaces,
    columns: Parameters,
) -> dict[str, NumberArray]:
    index = _index(columns, regressors)
    sign = 2.0 * columns[outcome] - 1.0
    hazard, tail = _hazard(functions, -sign * index)
    score, curvature = score_and_curvature(index, hazard, sign)
    x = [columns[name] for name in regressors]
    sums: dict[str, NumberArray] = {
        SCORE: _whole(score, places.score),
        CURVATURE: _whole(curvature, places.curvature),
        LIKELIHOOD: _whole(tail, places.log_likelihood),
    }
    for i, each in enumerate(x):
        sums[times(SCORE, i)] = _whole(score * each, places.score_x[i])
        sums[times(CURVATURE, i)] = _whole(curvature * each, places.curvature_x[i])
    for p, (i, j) in enumerate(pairs(len(x))):
        sums[times("xx", p)] = _whole(curvature * x[i] * x[j], places.curvature_xx[p])
    return sums


def sum_influences(
    rows: CollectedRows,
    parameters: pa.Table,
    *,
    on: Sequence[str],
    by: Sequence[str],
    outcome: str,
    regressors: Sequence[str],
    estimates: int,
    cluster: str | None,
) -> SumRows:
    """As the transform of this name; `by` are the first of the keys `on`."""
    met, given = rows.by(on).meeting(parameters)
    columns = given | {name: met[name] for name in (outcome, *regressors)}
    influences = partial(_influences, rows.functions, outcome, regressors, estimates)
    found = _in_blocks(influences, columns)
    samples = met.by_first(by)
    scaled = [[each.astype(np.float64, copy=False) for each in found.values()]]
    if cluster is not None:
        samples, scaled = _by_cluster(samples, given, scaled, cluster)
    squares: dict[str, NumberArray] = {
        square_sum(place): _whole(each * each, 0) for place, each in enumerate(scaled[0])
    }
    return samples.sums(squares)


def _influences(
    functions: Elementary,
    outcome: str,
    regressors: Sequence[str],
    estimates: int,
    columns: Parameters,
) -> dict[str, NumberArray]:
    """Each row's influence on each estimate, in the scale of their sums."""
    sign = 2.0 * columns[outcome] - 1.0
    hazard, _ = _hazard(functions, -sign * _index(columns, regressors))
    found: dict[str, NumberArray] = {}
    for place in range(estimates):
        influence = columns[base_column(place)]
        for position, name in enumerate(regressors):
            influence = influence + columns[name] * columns[slope_column(place, position)]
        found[square_sum(place)] = sign * hazard * influence * columns[scale_column(0, place)]
    return found


def sum_effect_of_cut(
    rows: CollectedRows,
    parameters: pa.Table,
    *,
    on: Sequence[str],
    regressors: Sequence[str],
    cut: int,
    places: ProbitPlaces,
) -> SumRows:
    """As the transform of this name."""
    met, given = rows.by(on).meeting(parameters)
    columns = given | {name: met[name] for name in regressors}
    effect = partial(_effect_of_cut, rows.functions, regressors, cut, places)
    return met.sums(_in_blocks(effect, columns))


def _effect_of_cut(
    functions: Elementary,
    regressors: Sequence[str],
    cut: int,
    places: ProbitPlaces,
    columns: Parameters,
) -> dict[str, NumberArray]:
    x = [columns[name] for name in regressors]
    index = _index(columns, regressors)
    without = index_without_cut(index, cut=x[cut], coefficient=columns[coefficient_column(cut)])
    cdf, density = _distribution(functions.exp, index)
    cdf_without, density_without = _distribution(functions.exp, without)
    change = density - density_without
    sums: dict[str, NumberArray] = {
        EFFECT_OF_CUT: _whole(cdf - cdf_without, places.curvature),
        DENSITY_CHANGE: _whole(change, places.curvature),
    }
    for i, each in enumerate(x):
        gradient = each * (density if i == cut else change)
        sums[times(DENSITY_CHANGE, i)] = _whole(gradient, places.curvature_x[i])
    return sums


def _in_blocks(
    compute: Callable[[Parameters], dict[str, NumberArray]], columns: Parameters
) -> dict[str, NumberArray]:
    """Columns computed row by row, so many rows at once that they stay in the processor's cache."""
    size = len(columns[ALPHA])
    parts = [
        compute({name: column[start : start + BLOCK] for name, column in columns.items()})
        for start in range(0, max(size, 1), BLOCK)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _index(columns: Parameters, regressors: Sequence[str]) -> FloatArray:
    index = columns[ALPHA]
    for position, name in enumerate(regressors):
        index = index + columns[name] * columns[coefficient_column(position)]
    return index


def _pieces(exp: Function, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Upper tail of the size of z over its kernel, and the kernel, as `normal_columns` has them."""
    size = np.abs(z)
    far = far_tail_factor(np.maximum(size, MIDDLE_END))
    head, rest = gaussian_exponents(np.minimum(size, FAR_END))
    factor = np.where(size <= MIDDLE_END, middle_tail_factor(size), far)
    return factor, exp(head) * exp(rest)


def _cdf(z: FloatArray, tail: FloatArray) -> FloatArray:
    outside = np.where(z < 0, tail, 1.0 - tail)
    return np.where(np.abs(z) <= CENTRAL_END, 0.5 + central_offset(z), outside)


def _distribution(exp: Function, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distribution function and density, as `normal_columns.add_distribution`."""
    factor, bell = _pieces(exp, z)
    return _cdf(z, factor * bell), DENSITY_AT_ZERO * bell


def _hazard(functions: Elementary, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Hazard and logarithm of the upper tail, as `normal_columns.add_hazard`."""
    factor, bell = _pieces(functions.exp, z)
    tail = factor * bell
    near = z <= CENTRAL_END
    far = ~near
    hazard, log_tail = np.empty_like(z), np.empty_like(z)
    hazard[near] = (DENSITY_AT_ZERO * bell[near]) / _cdf(-z[near], tail[near])
    hazard[far] = DENSITY_AT_ZERO / factor[far]
    log_tail[near] = functions.log1p(-_cdf(z[near], tail[near]))
    log_tail[far] = -0.5 * z[far] * z[far] + functions.log(factor[far])
    return hazard, log_tail
