"""Linear models by sums alone: one pass for the coefficients, one for their standard errors.

The first pass sums products of all variables by effect; every model of every sample follows from
them on the driver. The second meets each row with its effect's means and its models' coefficients
and sums the products of the scores, within clusters first where errors are clustered. The driver
holds effects and samples, never rows.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from tradegains.formulas.cluster_errors import ClusterCells, jackknife_errors
from tradegains.formulas.least_squares import (
    BinaryPlaces,
    CollinearError,
    Fit,
    GroupSums,
    Within,
    binary_places,
    cluster_correction,
    group_means,
    least_squares,
    pairs,
    standard_errors,
    two_stage_least_squares,
    within_products,
)
from tradegains.statistics.collected_rows import SumRows
from tradegains.statistics.collecting import collect
from tradegains.statistics.regression_passes import RegressionRows, collect_sums
from tradegains.tables import working as w
from tradegains.transforms.regression_rows import largest_logs
from tradegains.transforms.regression_sums import (
    CLUSTER,
    LARGEST_WEIGHT,
    ScoreModel,
    first_sum,
    largest,
    mean_column,
    meat_sum,
    rescale_column,
    residual_column,
    scale_column,
    second_sum,
    sum_meat,
    sum_products,
    weight_sum,
)

Key = tuple[Any, ...]
_SLACK = 1.01


@dataclass(frozen=True)
class Variable:
    """A column of regression rows and a bound of its absolute size."""

    name: str
    bound: float


@dataclass(frozen=True)
class LinearModel:
    """A model: the outcome on regressors, of which the first is endogenous if instrumented."""

    name: str
    outcome: str
    regressors: tuple[str, ...]
    instrument: str | None = None
    is_weighted: bool = False

    @property
    def instruments(self) -> tuple[str, ...]:
        """What scores are taken with."""
        first = self.instrument or self.regressors[0]
        return (first, *self.regressors[1:])

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable the model reads."""
        return tuple(dict.fromkeys((self.outcome, *self.regressors, *self.instruments)))


@dataclass(frozen=True)
class Largest:
    """Bounds of what any sample's effect can hold: rows, and weight [units]."""

    rows: int
    weight: int = 0


@dataclass(frozen=True)
class ProductCells:
    """Sums by sample and effect, plain and weighted, and how large the values are."""

    keys: tuple[str, ...]
    variables: tuple[str, ...]
    places: Mapping[bool, BinaryPlaces]
    groups: Mapping[bool, Mapping[Key, GroupSums]]
    largest: tuple[float, ...]
    largest_weight: float

    def rows(self, sample: Key, by: Sequence[str]) -> int:
        """Rows of a sample."""
        return sum(self.groups[False][key].rows for key in self.by_sample(by).get(sample, ()))

    @property
    def rows_of_all(self) -> int:
        """Rows of all samples."""
        return sum(group.rows for group in self.groups[False].values())

    def by_sample(self, by: Sequence[str]) -> dict[Key, list[Key]]:
        """Keys of the cells of every sample, samples in ascending order.

        A sample is the part of a key that the names `by` tell.

        Raises:
            ValueError: these are not the first of the cells' keys. Errors are matched to samples by
                them, and other keys in front would leave every error null without a word.
        """
        if tuple(by) != self.keys[: len(by)]:
            raise ValueError(f"samples by {', '.join(by)} of cells by {', '.join(self.keys)}")
        found: dict[Key, list[Key]] = defaultdict(list)
        for key in self.groups[False]:
            found[key[: len(by)]].append(key)
        return {sample: found[sample] for sample in sorted(found)}


@dataclass(frozen=True)
class Estimate:
    """A model on a sample: its fit and errors, or the problem that left it without.

    `dropped` names regressors that could not be told apart, each with the reason; `errors` are in
    the order of the fit's regressors; `clusters` is None where errors are robust. `degrees` are
    those of Student's t, `variance` names the estimator (hc1, cv1 or cv3), `told` says why it is
    not the one that was asked for. `shocks` names terms with errors of shares, with the number of
    products or industries behind each.
    """

    key: Key
    model: LinearModel
    within: Within
    fit: Fit | None
    errors: tuple[float | None, ...] = ()
    clusters: int | None = None
    problem: str = ""
    dropped: Mapping[str, str] = field(default_factory=dict)
    degrees: int | None = None
    variance: str | None = None
    told: str = ""
    shocks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Clustering:
    """What errors are clustered by.

    Attributes:
        most_rows: bound of a cluster's rows.
        is_nested: whether every group of effects lies within one cluster.
        column: of the rows that tells clusters.
        of_cell: the cluster of all rows of a cell's key, for errors by the jackknife CV3; None for
            CV1.
    """

    most_rows: int
    is_nested: bool = False
    column: str = CLUSTER
    of_cell: Callable[[Key], Any] | None = None


def largest_log(matched: DataFrame) -> float:
    """Bound of every log of a row, productivity or employment [log points].

    Measured, because each binary digit of a bound is one that the sums of squares lose.
    """
    (logs,) = collect(largest_logs(matched)).to_pylist()
    return max((log for log in logs.values() if log is not None), default=0.0)


def collect_products(
    rows: RegressionRows,
    *,
    keys: Sequence[str],
    variables: Sequence[Variable],
    weightings: Sequence[bool],
    largest_effect: Largest,
) -> ProductCells:
    """Sums of products by the given keys, the last of which is the effect.

    Args:
        rows: regression rows.
        keys: sample columns, then the effect.
        variables: with their bounds.
        weightings: False for plain sums, True for weighted ones; plain ones are always made.
        largest_effect: bounds of the rows and the weight behind one key.
    """
    kinds = dict.fromkeys((False, *weightings))
    sizes = {False: float(largest_effect.rows), True: float(largest_effect.weight)}
    places = {kind: _places(sizes[kind], variables) for kind in kinds}
    names = tuple(variable.name for variable in variables)
    cells = collect_sums(sum_products, rows, keys=keys, variables=names, places=places)
    groups = {kind: _groups(cells, keys, len(names), is_weighted=kind) for kind in kinds}
    largest_values = [
        max((cell[largest(i)] for cell in cells), default=0.0) for i in range(len(names))
    ]
    weight = max((cell[LARGEST_WEIGHT] for cell in cells), default=1) if True in kinds else 1
    return ProductCells(tuple(keys), names, places, groups, tuple(largest_values), float(weight))


def _places(size: float, variables: Sequence[Variable]) -> BinaryPlaces:
    bounds = [variable.bound for variable in variables]
    squares = [binary_places(size * bound * bound) for bound in bounds]
    return BinaryPlaces(
        tuple(binary_places(size * bound) for bound in bounds),
        tuple(binary_places(size * bounds[i] * bounds[j]) for i, j in pairs(len(bounds))),
        # Half a unit of the square, and of the variable half a unit times twice its mean.
        tuple(2.0 ** (2 - places) for places in squares),
    )


def _key(cell: Mapping[str, Any], keys: Sequence[str]) -> Key:
    return tuple(cell[key] for key in keys)


def _groups(
    cells: SumRows, keys: Sequence[str], size: int, *, is_weighted: bool
) -> dict[Key, GroupSums]:
    """Sums of so many variables, by key."""
    weight = weight_sum(is_weighted=True) if is_weighted else w.ESTABLISHMENTS
    first = [first_sum(i, is_weighted=is_weighted) for i in range(size)]
    second = [second_sum(i, is_weighted=is_weighted) for i in range(len(pairs(size)))]
    return {
        _key(cell, keys): GroupSums(
            cell[w.ESTABLISHMENTS],
            cell[weight],
            tuple([cell[name] for name in first]),
            tuple([cell[name] for name in second]),
        )
        for cell in cells
    }


def estimate(
    rows: RegressionRows,
    cells: ProductCells,
    models: Sequence[LinearModel],
    *,
    by: Sequence[str],
    effect_of: Callable[[int], int],
    clustering: Clustering | None = None,
) -> list[Estimate]:
    """Every model on every sample.

    Args:
        rows: the regression rows behind the cells, with the column of clusters, if any.
        cells: of `collect_products`.
        models: at least one.
        by: keys that tell samples apart, the first of the cells' keys.
        effect_of: group of effects that an effect belongs to, such as its two-digit industry.
        clustering: what errors are clustered by; None for robust errors.

    Returns:
        By sample, then model; a model that cannot be estimated says why.
    """
    # Cells are by 4-digit industry, the finest effect; a group of effects is a sum of them, so that
    # one pass over the rows serves models with effects of any width.
    samples = [
        Sample.of(cells, sample, keys, effect_of) for sample, keys in cells.by_sample(by).items()
    ]
    fitted = [sample.fit(model) for sample in samples for model in models]
    meats = _collect_meats(rows, cells, samples, fitted, models, by=by, clustering=clustering)
    found = [
        _with_errors(each, meats.get((each.key, models.index(each.model))), clustering)
        for each in fitted
    ]
    if clustering is None or clustering.of_cell is None:
        return found
    return [
        again
        for sample in samples
        for again in _jackknifed(
            sample, [each for each in found if each.key == sample.key], clustering.of_cell
        )
    ]


@dataclass(frozen=True)
class Sample:
    """Groups of effects of one sample, plain and weighted, and the cells behind each group."""

    key: Key
    names: tuple[str, ...]
    places: Mapping[bool, BinaryPlaces]
    groups: Mapping[bool, Mapping[int, GroupSums]]
    members: Mapping[int, list[Key]]
    cells: Mapping[bool, Mapping[Key, GroupSums]]
    _withins: dict[bool, Within] = field(default_factory=dict, init=False, compare=False)

    @staticmethod
    def of(
        cells: ProductCells, sample: Key, chosen: Sequence[Key], effect_of: Callable[[int], int]
    ) -> "Sample":
        """The groups of one sample, from the chosen cells."""
        groups: dict[bool, dict[int, GroupSums]] = {kind: {} for kind in cells.groups}
        members: dict[int, list[Key]] = defaultdict(list)
        for key in chosen:
            members[effect_of(key[-1])].append(key)
        for kind, sums in cells.groups.items():
            for group, keys in members.items():
                total = sums[keys[0]]
                for key in keys[1:]:
                    total = total + sums[key]
                groups[kind][group] = total
        return Sample(sample, cells.variables, cells.places, groups, members, cells.groups)

    def by_cluster(self, kind: bool, of_cell: Callable[[Key], Any]) -> ClusterCells:
        """The sums of each cluster's rows by group, beside those of all."""
        parts: dict[Any, dict[int, GroupSums]] = defaultdict(dict)
        for group, keys in self.members.items():
            for key in keys:
                part, sums = parts[of_cell(key)], self.cells[kind][key]
                part[group] = part[group] + sums if group in part else sums
        return ClusterCells(self.groups[kind], parts, self.places[kind], self.names)

    def _within(self, kind: bool) -> Within:
        """Products within the groups, once for all models."""
        if kind not in self._withins:
            groups = self.groups[kind].values()
            self._withins[kind] = within_products(groups, self.places[kind], self.names)
        return self._withins[kind]

    def fit(self, model: LinearModel) -> Estimate:
        """The model's coefficients, or why there are none."""
        within = self._within(model.is_weighted)
        kept, dropped = model, dict[str, str]()
        while True:
            try:
                return Estimate(self.key, model, within, _fit(within, kept), dropped=dropped)
            except CollinearError as error:
                others = tuple(name for name in kept.regressors if name != error.regressor)
                # Left out, not refused: with one regressor less the model may well stand. Without
                # its instrument, or what that stands for, it would be another model.
                needed = (model.instrument, kept.regressors[0]) if model.instrument else ()
                if error.regressor in needed:
                    problem = str(error)
                    return Estimate(self.key, model, within, None, problem=problem, dropped=dropped)
                dropped = {**dropped, error.regressor: str(error)}
                if not others:
                    return Estimate(self.key, model, within, None, dropped=dropped)
                kept = replace(kept, regressors=others)


def _fit(within: Within, model: LinearModel) -> Fit:
    if model.instrument is None:
        return least_squares(within, model.outcome, model.regressors)
    return two_stage_least_squares(
        within,
        model.outcome,
        endogenous=model.regressors[0],
        instrument=model.instrument,
        controls=model.regressors[1:],
    )


_Meats = dict[tuple[Key, int], tuple[int, list[list[float]]]]


def _collect_meats(
    rows: RegressionRows,
    cells: ProductCells,
    samples: Sequence[Sample],
    fitted: Sequence[Estimate],
    models: Sequence[LinearModel],
    *,
    by: Sequence[str],
    clustering: Clustering | None,
) -> _Meats:
    """Products of scores by sample and model, with the number of clusters (or rows)."""
    scales = {
        (each.key, models.index(each.model)): _scales(cells, each, clustering)
        for each in fitted
        if each.fit is not None
    }
    if not scales:
        return {}
    table = _parameters(cells, samples, fitted, models, scales)
    position = {name: i for i, name in enumerate(cells.variables)}
    plans = [
        ScoreModel(model.is_weighted, tuple(position[name] for name in model.instruments))
        for model in models
    ]
    summed = collect_sums(
        sum_meat,
        rows,
        table,
        on=cells.keys,
        by=by,
        variables=cells.variables,
        models=plans,
        cluster=clustering and clustering.column,
    )
    meats: _Meats = {}
    for row in summed:
        sample = _key(row, by)
        for m, model in enumerate(models):
            if (sample, m) in scales:
                meats[sample, m] = _meat(row, m, len(model.instruments), scales[sample, m])
    return meats


@dataclass(frozen=True)
class _ScorePlaces:
    """Binary places of each instrument's scores: within a cluster, and in the products."""

    cluster: tuple[int, ...]
    product: tuple[int, ...]


def _scales(cells: ProductCells, estimate: Estimate, clustering: Clustering | None) -> _ScorePlaces:
    """Places that no sum can overflow.

    A weighted squared residual is at most their sum R, so a score w z u is at most
    sqrt(w R) z in size, a cluster of T rows sums to at most T of them, and the squares of the
    cluster sums add to at most T w z^2 R.
    """
    assert estimate.fit is not None
    # Within a group a value lies at most twice its bound from the mean, give or take its rounding.
    deviation = {
        name: 2.0 * _SLACK * value
        for name, value in zip(cells.variables, cells.largest, strict=True)
    }
    weight = cells.largest_weight if estimate.model.is_weighted else 1.0
    spread = weight * (_SLACK * estimate.fit.residual + 1e-9 * estimate.fit.total)
    together = clustering.most_rows if clustering else 1
    sizes = [math.sqrt(spread) * deviation[name] for name in estimate.model.instruments]
    product = tuple(binary_places(together * size * size) // 2 for size in sizes)
    cluster = tuple(binary_places(together * size) for size in sizes)
    return _ScorePlaces(cluster if clustering else product, product)


def _parameters(
    cells: ProductCells,
    samples: Sequence[Sample],
    fitted: Sequence[Estimate],
    models: Sequence[LinearModel],
    scales: Mapping[tuple[Key, int], _ScorePlaces],
) -> pa.Table:
    """One row per key of the cells whose group has two rows or more."""
    by_sample = {sample.key: sample for sample in samples}
    shared: dict[Key, dict[str, float]] = {}
    for each in fitted:
        m = models.index(each.model)
        columns = shared.setdefault(each.key, {})
        columns |= _model_columns(cells, each, m, scales.get((each.key, m)))
    return mean_parameters(cells, list(by_sample.values()), shared)


def mean_parameters(
    cells: ProductCells, samples: Sequence[Sample], shared: Mapping[Key, Mapping[str, float]]
) -> pa.Table:
    """One row per key of the cells whose group has two rows or more: means, and what is shared.

    Args:
        cells: of `collect_products`.
        samples: from them.
        shared: further parameters, by sample.
    """
    rows = []
    for sample in samples:
        for group, keys in sample.members.items():
            # A group of one row explains that row exactly: its scores are 0.
            if sample.groups[False][group].rows > 1:
                means = _means(sample, group)
                rows += [
                    {**dict(zip(cells.keys, key, strict=True)), **means, **shared[sample.key]}
                    for key in keys
                ]
    return pa.Table.from_pylist(rows)


def _means(sample: Sample, group: int) -> dict[str, float]:
    return {
        mean_column(i, is_weighted=kind): mean
        for kind, groups in sample.groups.items()
        for i, mean in enumerate(group_means(groups[group], sample.places[kind]))
    }


def _model_columns(
    cells: ProductCells, estimate: Estimate, m: int, scales: _ScorePlaces | None
) -> dict[str, float]:
    """Residual and scales of a model; of one without a fit all 0, so that it adds nothing."""
    counts = dict.fromkeys(cells.variables, 0.0)
    if estimate.fit is not None:
        counts[estimate.model.outcome] = 1.0
        for name, value in zip(estimate.fit.regressors, estimate.fit.coefficients, strict=True):
            counts[name] = -value
    columns = {residual_column(m, i): counts[name] for i, name in enumerate(cells.variables)}
    for i in range(len(estimate.model.instruments)):
        inner, outer = (scales.cluster[i], scales.product[i]) if scales else (0, 0)
        # Clustered: rounded at `cluster` places first, then brought to `product` places.
        columns[scale_column(m, i)] = 2.0**inner
        columns[rescale_column(m, i)] = 2.0 ** (outer - inner)
    return columns


def _meat(
    row: Mapping[str, Any], m: int, size: int, scales: _ScorePlaces
) -> tuple[int, list[list[float]]]:
    matrix = [[0.0] * size for _ in range(size)]
    for position, (i, j) in enumerate(pairs(size)):
        value = math.ldexp(row[meat_sum(m, position)], -scales.product[i] - scales.product[j])
        matrix[i][j] = matrix[j][i] = value
    return row[w.ESTABLISHMENTS], matrix


def _with_errors(
    estimate: Estimate,
    meat: tuple[int, list[list[float]]] | None,
    clustering: Clustering | None,
) -> Estimate:
    if estimate.fit is None or meat is None:
        return estimate
    within, (clusters, matrix) = estimate.within, meat
    # Effects inside a cluster cost no degree of freedom: they move with the cluster as a whole.
    effects = 1 if clustering and clustering.is_nested else within.groups
    parameters = len(estimate.fit.regressors) + effects
    correction = cluster_correction(within.rows, parameters, clusters)
    asked = estimate.model.instruments
    kept = [asked.index(name) for name in estimate.fit.instruments]
    meat_kept = [[matrix[i][j] for j in kept] for i in kept]
    degrees = clusters - 1 if clustering else within.rows - parameters
    return replace(
        estimate,
        errors=standard_errors(estimate.fit, meat_kept, correction),
        clusters=clusters if clustering else None,
        problem="" if correction else "no degree of freedom is left for standard errors",
        degrees=degrees if correction else None,
        variance=("cv1" if clustering else "hc1") if correction else None,
    )


def _jackknifed(
    sample: Sample, found: Sequence[Estimate], of_cell: Callable[[Key], Any]
) -> list[Estimate]:
    """The same with errors by leaving out each cluster, where a regression is left without any."""
    again = []
    withins: dict[bool, list[Within]] = {}
    for each in found:
        if each.fit is None or each.variance is None or each.fit.is_exact:
            again.append(each)
            continue
        kind = each.model.is_weighted
        if kind not in withins:
            withins[kind] = list(sample.by_cluster(kind, of_cell).without_each())
        again.append(_without_clusters(each, each.fit, withins[kind]))
    return again


def _without_clusters(estimate: Estimate, fit: Fit, withins: Sequence[Within]) -> Estimate:
    model = replace(estimate.model, regressors=fit.regressors)
    replicates = []
    for within in withins:
        try:
            replicates.append(_fit(within, model).coefficients)
        except CollinearError:
            continue
    lost = len(withins) - len(replicates)
    if lost:
        # One replicate less would be another estimator; the analytic one has no such gap.
        told = f"CV1: without {lost} of {len(withins)} clusters the regressors cannot be told apart"
        return replace(estimate, told=told)
    errors = jackknife_errors(fit.coefficients, replicates)
    return replace(estimate, errors=errors, variance="cv3")
