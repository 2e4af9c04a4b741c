"""Probits of many samples at once: every Newton step is one pass of exact sums over the rows.

Each sample has effects of its own by group; a group whose outcomes are all alike says nothing and
its rows are left out, as their effect would be infinite. Samples that have arrived take no further
part. A last pass gives the probability that a tariff cut adds, and its standard error.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from tradegains.formulas.least_squares import (
    CollinearError,
    GroupSums,
    binary_places,
    cluster_correction,
    least_squares,
    pairs,
    within_products,
)
from tradegains.formulas.probit import (
    ENOUGH,
    Influence,
    ScoreSums,
    coefficient_errors,
    delta_error,
    influence_of,
    newton_step,
)
from tradegains.statistics.regression_passes import RegressionRows, collect_sums
from tradegains.statistics.regressions import Key, ProductCells
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
    sum_effect_of_cut,
    sum_influences,
    sum_newton,
    times,
)
from tradegains.transforms.regression_sums import rescale_column, scale_column

MOST_PASSES = 20
SEPARATED = "the regressors tell the outcome perfectly, or nearly: there is no maximum"
NO_OUTCOME = "no group has both outcomes"


@dataclass(frozen=True)
class Probit:
    """A probit on a sample.

    Attributes:
        key: of the sample.
        regressors: those kept, in the order of coefficients and errors.
        dropped: regressors that could not be told apart, each with the reason.
        rows: in groups with both outcomes.
        groups: such groups.
        left_out: rows in groups with one outcome only.
        log_likelihood: at the maximum.
        effect_of_cut: mean probability due to the cut, where one was asked for.
        effect_error: its standard error, by the delta method.
        problem: why there is no estimate.
        clusters: how many, where errors are clustered.
        degrees: of Student's t; None where the normal distribution holds.
        variance: the estimator: information, hc0 or cv1.
        told: why there are no errors.
    """

    key: Key
    regressors: tuple[str, ...] = ()
    dropped: Mapping[str, str] = field(default_factory=dict)
    coefficients: tuple[float, ...] = ()
    errors: tuple[float | None, ...] = ()
    rows: int = 0
    groups: int = 0
    left_out: int = 0
    log_likelihood: float | None = None
    effect_of_cut: float | None = None
    effect_error: float | None = None
    problem: str = ""
    clusters: int | None = None
    degrees: int | None = None
    variance: str | None = None
    told: str = ""


@dataclass(frozen=True)
class Sandwich:
    """Errors that hold where the probit does not: robust, or clustered by a column of the rows.

    Attributes:
        cluster: the column; None for robust errors.
        most_rows: bound of a cluster's rows.
    """

    cluster: str | None = None
    most_rows: int = 1


@dataclass
class _State:
    """A sample on its way: effects by group and coefficients, and the sums where it stands."""

    key: Key
    members: dict[int, list[Key]]
    regressors: tuple[str, ...]
    dropped: dict[str, str]
    rows: int
    left_out: int
    alpha: dict[int, float]
    beta: list[float]
    sums: dict[int, ScoreSums] = field(default_factory=dict)
    before: tuple[dict[int, float], list[float]] | None = None
    likelihood: float = -math.inf
    problem: str = ""
    has_arrived: bool = False

    @property
    def is_moving(self) -> bool:
        return not self.has_arrived and not self.problem


@dataclass(frozen=True)
class _ProbitRows:
    """The rows of all samples and what each pass needs to know of them."""

    rows: RegressionRows
    cells: ProductCells
    outcome: str
    regressors: tuple[str, ...]

    def largest(self, name: str) -> float:
        return self.cells.largest[self.cells.variables.index(name)]


def fit_probits(
    rows: RegressionRows,
    cells: ProductCells,
    *,
    by: Sequence[str],
    effect_of: Callable[[int], int],
    outcome: str,
    regressors: Sequence[str],
    cut: str | None = None,
    sandwich: Sandwich | None = None,
) -> list[Probit]:
    """The probit of the outcome on the regressors in every sample.

    Args:
        rows: the regression rows behind the cells.
        cells: of `statistics.regressions.collect_products`, with outcome and regressors.
        by: keys that tell samples apart, the first of the cells' keys.
        effect_of: group of effects that an effect belongs to.
        outcome: a variable that is 0.0 or 1.0.
        regressors: variables, in the order of the results.
        cut: the regressor whose effect on the probability is wanted.
        sandwich: errors other than those of the information matrix.
    """
    plan = _ProbitRows(rows, cells, outcome, tuple(regressors))
    states = [_begin(plan, sample, keys, effect_of) for sample, keys in cells.by_sample(by).items()]
    for _ in range(MOST_PASSES):
        moving = [state for state in states if state.is_moving]
        if not moving:
            break
        _advance(plan, moving, by)
    for state in states:
        if state.is_moving:
            state.problem = SEPARATED
    effects = _effects_of_cut(plan, states, cut, by) if cut else {}
    found = [_probit(state, effects.get(state.key)) for state in states]
    if sandwich is None:
        return found
    squares = _squares(plan, states, effects, (by, sandwich))
    return [_with_sandwich(plan, each, squares.get(each.key), sandwich) for each in found]


def _begin(
    plan: _ProbitRows, sample: Key, chosen: Sequence[Key], effect_of: Callable[[int], int]
) -> _State:
    cells = plan.cells
    members: dict[int, list[Key]] = defaultdict(list)
    totals: dict[int, GroupSums] = {}
    for key in chosen:
        group, sums = effect_of(key[-1]), cells.groups[False][key]
        members[group].append(key)
        totals[group] = totals[group] + sums if group in totals else sums
    position = cells.variables.index(plan.outcome)
    one = 2 ** cells.places[False].sums[position]
    # Where all or none have the outcome, the group's effect runs off to infinity and fits them
    # exactly: such a group says nothing of the coefficients.
    mixed = {
        group: each for group, each in totals.items() if 0 < each.sums[position] < each.rows * one
    }
    rows = sum(each.rows for each in mixed.values())
    left_out = sum(each.rows for each in totals.values()) - rows
    regressors, dropped = _told_apart(plan, list(mixed.values()))
    state = _State(
        sample,
        {group: members[group] for group in sorted(mixed)},
        regressors,
        dropped,
        rows,
        left_out,
        dict.fromkeys(sorted(mixed), 0.0),
        [0.0] * len(regressors),
    )
    state.problem = "" if mixed else NO_OUTCOME
    return state


def _told_apart(
    plan: _ProbitRows, groups: Sequence[GroupSums]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Regressors that differ within groups and from each other, and why the others do not."""
    within = within_products(groups, plan.cells.places[False], plan.cells.variables)
    kept, dropped = plan.regressors, dict[str, str]()
    while kept:
        try:
            least_squares(within, plan.outcome, kept)
            break
        except CollinearError as error:
            dropped[error.regressor] = str(error)
            kept = tuple(name for name in kept if name != error.regressor)
    return kept, dropped


def _advance(plan: _ProbitRows, moving: Sequence[_State], by: Sequence[str]) -> None:
    """One pass over the rows: a step for every sample that still moves."""
    summed = collect_sums(
        sum_newton,
        plan.rows,
        _parameters(plan, moving),
        on=plan.cells.keys,
        outcome=plan.outcome,
        regressors=plan.regressors,
        places=(places := _places(plan, moving)),
    )
    by_key = {tuple(row[key] for key in plan.cells.keys): row for row in summed}
    for state in moving:
        state.sums = {
            group: _score_sums([by_key[key] for key in keys], places, plan, state.regressors)
            for group, keys in state.members.items()
        }
        _step(state)


def _step(state: _State) -> None:
    """Newton's step; half of the last one where that one lost likelihood."""
    likelihood = math.fsum(each.log_likelihood for each in state.sums.values())
    # The likelihood is concave: a step that loses some of it went too far, never the wrong way.
    lost = 1e-9 * abs(likelihood) + 1e-9
    if state.before is not None and not likelihood > state.likelihood - lost:
        alpha, beta = state.before
        state.alpha = {g: 0.5 * (alpha[g] + value) for g, value in state.alpha.items()}
        state.beta = [0.5 * (a + b) for a, b in zip(beta, state.beta, strict=True)]
        return
    groups = list(state.sums.values())
    try:
        if not all(each.curvature > 0 for each in groups):
            raise CollinearError("the effect of a group", SEPARATED)
        step = newton_step(groups, state.regressors)
    except CollinearError:
        state.problem = SEPARATED
        return
    state.before, state.likelihood = (state.alpha, state.beta), likelihood
    # Judged by the gain still promised, not by the size of the step, which has no unit.
    state.has_arrived = step.decrement < ENOUGH
    state.alpha = {
        group: value + change
        for (group, value), change in zip(state.alpha.items(), step.effects, strict=True)
    }
    state.beta = [a + b for a, b in zip(state.beta, step.coefficients, strict=True)]


def _parameters(plan: _ProbitRows, states: Sequence[_State]) -> pa.Table:
    """One row per key of the samples: the effect of its group and the coefficients."""
    rows = []
    for state in states:
        by_name = dict(zip(state.regressors, state.beta, strict=True))
        shared = {
            coefficient_column(i): by_name.get(name, 0.0) for i, name in enumerate(plan.regressors)
        }
        rows += [
            {**dict(zip(plan.cells.keys, key, strict=True)), ALPHA: state.alpha[group], **shared}
            for group, keys in state.members.items()
            for key in keys
        ]
    return pa.Table.from_pylist(rows)


def _places(plan: _ProbitRows, states: Sequence[_State]) -> ProbitPlaces:
    """Places for the widest index that the states allow: a hazard is at most its size plus one."""
    index = max(
        max(map(abs, state.alpha.values()), default=0.0)
        + sum(
            abs(b) * plan.largest(name)
            for name, b in zip(state.regressors, state.beta, strict=True)
        )
        for state in states
    )
    rows = float(max(1, *(state.rows for state in states)))
    x = [max(plan.largest(name), 1e-30) for name in plan.regressors]
    return ProbitPlaces(
        binary_places(rows * (index + 2)),
        tuple(binary_places(rows * (index + 2) * each) for each in x),
        binary_places(rows * 2),
        tuple(binary_places(rows * 2 * each) for each in x),
        tuple(binary_places(rows * 2 * x[i] * x[j]) for i, j in pairs(len(x))),
        binary_places(rows * (index * index / 2 + index + 10)),
    )


def _score_sums(
    rows: Sequence[Mapping[str, Any]],
    places: ProbitPlaces,
    plan: _ProbitRows,
    kept: Sequence[str],
) -> ScoreSums:
    """A group's sums over its keys, of the kept regressors."""
    chosen = [plan.regressors.index(name) for name in kept]
    order = {pair: p for p, pair in enumerate(pairs(len(plan.regressors)))}
    products = [order[chosen[i], chosen[j]] for i, j in pairs(len(chosen))]

    def total(name: str, digits: int) -> float:
        return math.ldexp(sum(row[name] for row in rows), -digits)

    return ScoreSums(
        total(SCORE, places.score),
        tuple(total(times(SCORE, i), places.score_x[i]) for i in chosen),
        total(CURVATURE, places.curvature),
        tuple(total(times(CURVATURE, i), places.curvature_x[i]) for i in chosen),
        tuple(total(times("xx", p), places.curvature_xx[p]) for p in products),
        total(LIKELIHOOD, places.log_likelihood),
    )


def _effects_of_cut(
    plan: _ProbitRows, states: Sequence[_State], cut: str, by: Sequence[str]
) -> dict[Key, "_Effect"]:
    """The mean probability due to the cut by sample that has a coefficient for it."""
    done = [state for state in states if state.has_arrived and cut in state.regressors]
    if not done:
        return {}
    places = _places(plan, done)
    summed = collect_sums(
        sum_effect_of_cut,
        plan.rows,
        _parameters(plan, done),
        on=plan.cells.keys,
        regressors=plan.regressors,
        cut=plan.regressors.index(cut),
        places=places,
    )
    by_key = {tuple(row[key] for key in plan.cells.keys): row for row in summed}
    return {state.key: _effect_of_cut(plan, state, by_key, places) for state in done}


@dataclass(frozen=True)
class _Effect:
    """Mean probability due to the cut, its error, and how it answers to a row's score."""

    value: float
    error: float
    influence: Influence


def _effect_of_cut(
    plan: _ProbitRows, state: _State, by_key: Mapping[Key, Mapping[str, Any]], places: ProbitPlaces
) -> _Effect:
    def mean(keys: Sequence[Key], name: str, digits: int) -> float:
        return math.ldexp(sum(by_key[key][name] for key in keys), -digits) / state.rows

    every = [key for keys in state.members.values() for key in keys]
    chosen = [plan.regressors.index(name) for name in state.regressors]
    effects = [mean(keys, DENSITY_CHANGE, places.curvature) for keys in state.members.values()]
    coefficients = [mean(every, times(DENSITY_CHANGE, i), places.curvature_x[i]) for i in chosen]
    groups = [state.sums[group] for group in state.members]
    influence = influence_of(groups, effects, coefficients, state.regressors)
    value = mean(every, EFFECT_OF_CUT, places.curvature)
    return _Effect(value, delta_error(influence, effects, coefficients), influence)


def _squares(
    plan: _ProbitRows,
    states: Sequence[_State],
    effects: Mapping[Key, _Effect],
    choices: tuple[Sequence[str], Sandwich],
) -> dict[Key, tuple[int, list[float]]]:
    """Clusters (or rows) and summed squares of influences on each regressor, then on the effect.

    By sample; a regressor that is not estimated has 0.
    """
    by, sandwich = choices
    done = [state for state in states if state.has_arrived]
    if not done:
        return {}
    estimates = len(plan.regressors) + 1
    influences = {state.key: _influences(plan, state, effects.get(state.key)) for state in done}
    scales = {state.key: _scales(plan, state, influences[state.key], sandwich) for state in done}
    table = _parameters(plan, done)
    lines = [
        _influence_columns(influences[state.key], at, scales[state.key])
        for state in done
        for at, keys in enumerate(state.members.values())
        for _ in keys
    ]
    for name in lines[0] if lines else ():
        table = table.append_column(name, pa.array([line[name] for line in lines], pa.float64()))
    summed = collect_sums(
        sum_influences,
        plan.rows,
        table,
        on=plan.cells.keys,
        by=by,
        outcome=plan.outcome,
        regressors=plan.regressors,
        estimates=estimates,
        cluster=sandwich.cluster,
    )
    found = {}
    for row in summed:
        key = tuple(row[name] for name in by)
        if key in scales:
            squares = [
                math.ldexp(row[square_sum(place)], -2 * outer)
                for place, (_, outer) in enumerate(scales[key])
            ]
            found[key] = (row[w.ESTABLISHMENTS], squares)
    return found


def _influences(plan: _ProbitRows, state: _State, effect: _Effect | None) -> list[Influence]:
    """Influences on the coefficient of every regressor, in their order, and on the effect."""
    groups, kept = [state.sums[group] for group in state.members], state.regressors
    nothing = Influence((0.0,) * len(groups), (0.0,) * len(plan.regressors))
    found = []
    for name in plan.regressors:
        gradient = [float(name == other) for other in kept]
        of_kept = influence_of(groups, [0.0] * len(groups), gradient, kept)
        found.append(_of_all(plan, kept, of_kept) if name in kept else nothing)
    if effect is None:
        return [*found, nothing]
    return [*found, _of_all(plan, kept, effect.influence)]


def _of_all(plan: _ProbitRows, kept: Sequence[str], influence: Influence) -> Influence:
    """With a slope for every regressor, 0 for those that are not kept."""
    slopes = dict(zip(kept, influence.slopes, strict=True))
    return Influence(influence.bases, tuple(slopes.get(name, 0.0) for name in plan.regressors))


def _scales(
    plan: _ProbitRows, state: _State, influences: Sequence[Influence], sandwich: Sandwich
) -> list[tuple[int, int]]:
    """Binary places of each influence within a cluster, and in the squares: none can overflow.

    A squared score is at most twice what the row loses of the log-likelihood, so all of them add
    to at most D = -2 log-likelihood. With influences of at most L per score, those of a cluster of
    T rows add to at most T sqrt(D) L, and the squares of all clusters to at most T D L^2.
    """
    deviance = -2.02 * state.likelihood + 1e-6
    found = []
    for each in influences:
        slopes = zip(each.slopes, plan.regressors, strict=True)
        size = math.sqrt(deviance) * (
            max(map(abs, each.bases), default=0.0)
            + math.fsum(abs(slope) * plan.largest(name) for slope, name in slopes)
        )
        outer = binary_places(sandwich.most_rows * size * size) // 2
        inner = binary_places(sandwich.most_rows * size) if sandwich.cluster else outer
        found.append((inner, outer))
    return found


def _influence_columns(
    influences: Sequence[Influence], group: int, scales: Sequence[tuple[int, int]]
) -> dict[str, float]:
    columns = {}
    for place, (influence, (inner, outer)) in enumerate(zip(influences, scales, strict=True)):
        columns[base_column(place)] = influence.bases[group]
        for position, slope in enumerate(influence.slopes):
            columns[slope_column(place, position)] = slope
        columns[scale_column(0, place)] = 2.0**inner
        columns[rescale_column(0, place)] = 2.0 ** (outer - inner)
    return columns


def _with_sandwich(
    plan: _ProbitRows,
    probit: Probit,
    found: tuple[int, list[float]] | None,
    sandwich: Sandwich,
) -> Probit:
    """The probit with errors from squared influences; all effects count as parameters."""
    if found is None or probit.problem:
        return probit
    clusters, squares = found
    is_clustered = sandwich.cluster is not None
    parameters = len(probit.regressors) + probit.groups
    correction = cluster_correction(probit.rows, parameters, clusters) if is_clustered else 1.0
    if correction is None:
        nothing = (None,) * len(probit.regressors)
        return replace(
            probit,
            errors=nothing,
            effect_error=None,
            clusters=clusters,
            variance=None,
            told="no degree of freedom is left for standard errors",
        )
    kept = [plan.regressors.index(name) for name in probit.regressors]
    errors = [math.sqrt(correction * each) for each in squares]
    return replace(
        probit,
        errors=tuple(errors[place] for place in kept),
        effect_error=None if probit.effect_of_cut is None else errors[-1],
        clusters=clusters if is_clustered else None,
        degrees=clusters - 1 if is_clustered else None,
        variance="cv1" if is_clustered else "hc0",
    )


def _probit(state: _State, effect: _Effect | None) -> Probit:
    common: dict[str, Any] = {
        "key": state.key,
        "dropped": state.dropped,
        "rows": state.rows,
        "groups": len(state.members),
        "left_out": state.left_out,
    }
    if not state.has_arrived:
        return Probit(**common, problem=state.problem)
    return Probit(
        **common,
        regressors=state.regressors,
        coefficients=tuple(state.beta),
        errors=coefficient_errors(list(state.sums.values()), state.regressors),
        log_likelihood=state.likelihood,
        effect_of_cut=effect.value if effect else None,
        effect_error=effect.error if effect else None,
        variance="information",
    )
