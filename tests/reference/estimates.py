"""Linear models and probits with a dummy per effect: dense matrices of rows, nothing summed first.

Whether a number can be told at all is decided here on its own terms: what is left of a column once
the others are projected out, and whether any index tells the outcomes apart (a linear programme).
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.special import log_ndtr, ndtr

Vector = NDArray[np.float64]
Columns = Mapping[str, Vector]

ROUNDING = 1e-6
"""Share of a column's length left over where the others determine it: rounding, and far from it."""

CANCELLED = 1e-12
"""Share of summed sizes left where a sum of doubles is 0."""

FLAT = 1e-7
"""Smallest eigenvalue of a probit's information, its columns scaled to length one, below which the
likelihood is flat in some direction: it is 1e-3 or more in censuses drawn here, or below 1e-10."""

SAME = "does not vary within the absorbed effects"
COMBINED = "is a combination of the regressors before it"
UNMOVED = "does not move export_start"
NO_FREEDOM = "no degree of freedom is left"
NO_OUTCOME = "no group has both outcomes"
SEPARATED = "there is no maximum"


@dataclass(frozen=True)
class Linear:
    """Coefficient and standard error by term; `why` names the terms that have none."""

    estimates: dict[str, tuple[float, float | None]]
    why: dict[str, str]
    rows: int
    groups: int
    alone: int  # rows that are alone in their effect
    clusters: int | None
    r2: float | None
    problem: str = ""
    blur: float = 0.0  # what rounded sums of products may add to a number
    degrees: int | None = None  # of Student's t
    variance: str | None = None
    told: str = ""
    shocks: dict[str, int] = field(default_factory=dict)  # behind terms with errors of shares

    def t(self, term: str) -> float | None:
        """Coefficient over standard error."""
        value, error = self.estimates.get(term, (None, None))
        return None if value is None or not error else value / error


@dataclass(frozen=True)
class Probit:
    """As `Linear`; `due` is the mean probability due to a regressor, with its standard error."""

    estimates: dict[str, tuple[float, float | None]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    groups: int = 0
    alike: int = 0  # rows of effects with one outcome
    log_likelihood: float | None = None
    due: tuple[float, float | None] | None = None
    problem: str = ""
    clusters: int | None = None
    degrees: int | None = None
    variance: str | None = None
    told: str = ""


def dummies(labels: Sequence[Any]) -> Vector:
    """A column of 0 and 1 per label."""
    places = {label: place for place, label in enumerate(sorted(set(labels)))}
    found = np.zeros((len(labels), len(places)))
    for row, label in enumerate(labels):
        found[row, places[label]] = 1.0
    return found


def left_over(column: Vector, others: Vector) -> Vector:
    """What is left of a column (or of each) once the others are projected out."""
    if not others.shape[1]:
        return column
    scaled = others / np.linalg.norm(others, axis=0)
    return column - scaled @ np.linalg.lstsq(scaled, column, rcond=None)[0]


def told_apart(columns: Columns, effects: Vector) -> tuple[dict[str, Vector], dict[str, str]]:
    """What is left of the columns that effects and earlier columns do not determine; why not."""
    kept: dict[str, Vector] = {}
    why = {}
    for name, column in columns.items():
        within = left_over(column, effects)
        alone = left_over(within, together(kept, len(column)))
        if np.linalg.norm(within) <= ROUNDING * np.linalg.norm(column):
            why[name] = SAME
        elif np.linalg.norm(alone) <= ROUNDING * np.linalg.norm(within):
            why[name] = COMBINED
        else:
            kept[name] = within
    return kept, why


def together(columns: Columns, rows: int) -> Vector:
    """The columns side by side."""
    return np.column_stack(list(columns.values())) if columns else np.zeros((rows, 0))


def linear_model(
    columns: Columns,
    outcome: str,
    regressors: Sequence[str],
    effects: Sequence[Any],
    *,
    instrument: str | None = None,
    weights: Vector | None = None,
    clusters: Sequence[Any] | None = None,
    is_nested: bool = False,
    leaves_out: bool = False,
    shares: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> Linear:
    """Least squares, or two stages with one instrument for the first regressor.

    Args:
        columns: one value per row.
        outcome: what is explained.
        regressors: names.
        effects: label of each row; a row alone in its effect is left out.
        instrument: name.
        weights: by row; all alike if left out.
        clusters: label of each row; each row is its own if left out.
        is_nested: whether effects lie within clusters and count as one parameter.
        leaves_out: whether errors are those of the regressions without each cluster.
        shares: of each row, by name of a column that is their sum times something.
    """
    sizes = Counter(effects)
    used = [row for row, label in enumerate(effects) if sizes[label] > 1]
    root = np.sqrt(np.ones(len(effects)) if weights is None else weights)[used]
    seen = {name: column[used] * root for name, column in columns.items()}
    absorbed = dummies([effects[row] for row in used]) * root[:, None]
    labels = used if clusters is None else [clusters[row] for row in used]
    first = regressors[0] if instrument is None else instrument
    instruments, why = told_apart({name: seen[name] for name in (first, *regressors[1:])}, absorbed)
    y = left_over(seen[outcome], absorbed)
    counted = {"rows": len(used), "groups": absorbed.shape[1], "alone": len(effects) - len(used)}
    kept = [name for name in regressors if name not in why]
    x = {name: left_over(seen[name], absorbed) for name in kept}
    z = together(instruments, len(used))
    fitted = {name: each - left_over(each, z) for name, each in x.items()}
    problem = "" if instrument is None else not_instrumented(why, instrument, fitted, x)
    if problem or not kept:
        # Without its instrument a model tells nothing of its controls either.
        why = {} if instrument in why else why
        return Linear({}, why, **counted, clusters=None, r2=None, problem=problem)
    shown = together(fitted, len(used))
    beta = np.linalg.lstsq(shown, y, rcond=None)[0]
    residual = y - together(x, len(used)) @ beta
    bread = np.linalg.pinv(shown)
    scores = dummies(labels).T @ (bread.T * residual[:, None])
    # Where only rows that are fitted exactly tell, or scores cancel, what is left is rounding.
    sizes = np.abs(bread.T * y[:, None]).sum(axis=0)
    is_nothing = np.abs(scores).max(axis=0) <= CANCELLED * sizes
    scores[:, is_nothing] = 0.0
    parameters = len(kept) + (1 if is_nested else absorbed.shape[1])
    errors = cluster_errors(scores, len(used), parameters)
    is_exact = np.linalg.norm(residual) <= ROUNDING * np.linalg.norm(y)
    if errors[0] is not None and is_exact:
        errors = [0.0] * len(kept)
    varies = np.linalg.norm(y) > ROUNDING * np.linalg.norm(seen[outcome])
    explained = 1.0 - residual @ residual / (y @ y) if varies else None
    is_clustered, is_told = clusters is not None, errors[0] is not None
    found = Linear(
        dict(zip(kept, zip(map(float, beta), errors, strict=True), strict=True)),
        why,
        **counted,
        clusters=len(set(labels)) if is_clustered else None,
        r2=None if instrument or explained is None else float(explained),
        problem="" if is_told else NO_FREEDOM,
        blur=blur_of(shown, beta, len(used) if weights is None else float(root @ root)),
        degrees=(len(set(labels)) - 1 if is_clustered else len(used) - parameters)
        if is_told
        else None,
        variance=("cv1" if is_clustered else "hc1") if is_told else None,
    )
    if shares and is_told and not is_exact:
        left = {name: (each, x[term]) for (name, each), term in zip(instruments.items(), kept,
                                                                    strict=True)}  # fmt: skip
        rows = {name: [of_rows[row] for row in used] for name, of_rows in shares.items()}
        return of_shares(found, left, residual, rows)
    if not leaves_out or clusters is None or not is_told or is_exact:
        return found
    again = partial(linear_model, outcome=outcome, regressors=kept, instrument=instrument)
    return left_out(found, again, (columns, effects, weights), clusters, sorted(set(labels)))


def of_shares(
    found: Linear,
    columns: Mapping[str, tuple[Vector, Vector]],
    residual: Vector,
    shares: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Linear:
    """The model with errors of shares for the terms that are sums of them: whole matrices."""
    estimates, shocks, told = dict(found.estimates), {}, found.told
    for place, (name, (column, regressor)) in enumerate(columns.items()):
        if name not in shares:
            continue
        term = list(found.estimates)[place]
        others = [each for other, (each, _) in columns.items() if other != name]
        rest = left_over(column, np.column_stack(others)) if others else column
        weights = share_matrix(shares[name])
        shocks[term] = weights.shape[1]
        error = None
        if np.linalg.matrix_rank(weights, tol=1e-4) < weights.shape[1]:
            told = "no error: shares of products or industries are combinations of each other"
        else:
            parts = np.linalg.lstsq(weights, rest, rcond=None)[0]
            sums = weights.T @ residual
            most = np.linalg.norm(weights, axis=0) * np.linalg.norm(residual)
            sums[np.abs(sums) <= 1e-9 * most] = 0.0
            error = float(np.linalg.norm(parts * sums) / abs(rest @ regressor)) or None
            told = told if error else "no error: too few products or industries"
        estimates[term] = (estimates[term][0], error)
    return replace(found, estimates=estimates, shocks=shocks, told=told)


def share_matrix(rows: Sequence[Mapping[str, Any]]) -> Vector:
    """Shares by row and shock; shocks with the same proportions in all rows are one."""
    names = sorted({name for row in rows for name in row})
    matrix = np.array([[float(row.get(name, 0.0)) for name in names] for row in rows])
    merged: list[Vector] = []
    for column in matrix.T:
        for place, other in enumerate(merged):
            alike = (column @ other) ** 2 >= (1 - 1e-9) * (column @ column) * (other @ other)
            if alike:
                merged[place] = other + column
                break
        else:
            merged.append(column)
    return np.column_stack(merged)


def left_out(
    found: Linear, again: Callable[..., Linear], rows: Any, clusters: Sequence[Any], names: Any
) -> Linear:
    """The model with errors of the cluster jackknife: every cluster's rows are deleted once."""
    columns, effects, weights = rows
    replicates, blur = [], found.blur
    for name in names:
        kept = [row for row, label in enumerate(clusters) if label != name]
        one = again(
            {each: column[kept] for each, column in columns.items()},
            effects=[effects[row] for row in kept],
            weights=None if weights is None else weights[kept],
        )
        if one.estimates.keys() == found.estimates.keys():
            replicates.append([value for value, _ in one.estimates.values()])
            blur = max(blur, one.blur)
    lost = len(names) - len(replicates)
    if lost:
        told = f"CV1: without {lost} of {len(names)} clusters the regressors cannot be told apart"
        return replace(found, told=told)
    moved = np.array(replicates) - [value for value, _ in found.estimates.values()]
    errors = np.sqrt((len(names) - 1) / len(names) * (moved**2).sum(axis=0))
    pairs = zip(found.estimates.items(), errors, strict=True)
    estimates = {term: (value, float(error)) for (term, (value, _)), error in pairs}
    return replace(found, estimates=estimates, variance="cv3", blur=blur)


def blur_of(design: Vector, beta: Vector, weight: float) -> float:
    """How far rounding each row's products can move the coefficients of a nearly collinear design.

    A product of two logs that count as up to 2**12 is rounded to 2**-61 of 2**24 times the weight
    of the largest industry, here at least a hundred rows; what it moves grows with the inverse of
    the smallest eigenvalue.
    """
    smallest = float(np.linalg.svd(design, compute_uv=False)[-1]) ** 2
    rounding = len(design) * max(weight, 128.0) * 2.0**-37
    return rounding * design.shape[1] * (1.0 + float(np.max(np.abs(beta)))) / smallest


def not_instrumented(why: Mapping[str, str], instrument: str, fitted: Columns, x: Columns) -> str:
    """Why the instrument tells nothing of the first regressor, if so."""
    if instrument in why:
        return why[instrument]
    name, *controls = x
    moved = left_over(fitted[name], together({each: fitted[each] for each in controls},
                                             len(fitted[name])))  # fmt: skip
    return UNMOVED if np.linalg.norm(moved) <= ROUNDING * np.linalg.norm(x[name]) else ""


def cluster_errors(scores: Vector, rows: int, parameters: int) -> list[float | None]:
    """Root of the summed squares of each coefficient's scores, corrected for small samples."""
    groups = len(scores)
    if rows <= parameters or groups < 2:
        return [None] * scores.shape[1]
    correction = (rows - 1) / (rows - parameters) * groups / (groups - 1)
    return [math.sqrt(correction * (each @ each)) for each in scores.T]


def probit(
    columns: Columns,
    outcome: str,
    regressors: Sequence[str],
    effects: Sequence[Any],
    *,
    cut: str | None = None,
    errors: str = "information",
    clusters: Sequence[Any] | None = None,
) -> Probit:
    """The probit with a dummy per effect; effects whose outcomes are all alike are left out.

    Where errors are not of the information they are those of the sandwich, by row or by cluster.
    """
    y = columns[outcome]
    seen = {label: {y[row] for row, other in enumerate(effects) if other == label}
            for label in set(effects)}  # fmt: skip
    used = [row for row, label in enumerate(effects) if len(seen[label]) == 2]
    if not used:
        why = dict.fromkeys(regressors, SAME)
        return Probit(why=why, alike=len(effects), problem=NO_OUTCOME)
    absorbed = dummies([effects[row] for row in used])
    inside = {name: columns[name][used] for name in regressors}
    within, why = told_apart(inside, absorbed)
    counted = {"rows": len(used), "groups": absorbed.shape[1], "alike": len(effects) - len(used)}
    sign = 2.0 * y[used] - 1.0
    apart = np.column_stack([absorbed, together(within, len(used))])
    if is_separated(apart, sign) or is_flat(apart, sign):
        return Probit(why=why, **counted, problem=SEPARATED)
    kept = list(within)
    x = np.column_stack([absorbed, *(inside[name] for name in kept)])
    beta = maximum(x, sign)
    variance, counts = np.linalg.inv(information(x, sign, beta)), (None, None, "information")
    if errors != "information":
        labels = None if clusters is None else [clusters[row] for row in used]
        variance, counts = sandwich(x, sign, beta, variance, labels)
    start = absorbed.shape[1]
    due = due_to(x, beta, variance, start + kept.index(cut)) if cut in kept else None
    is_told = counts[2] is not None
    found = {
        name: (
            float(beta[start + place]),
            math.sqrt(variance[start + place, start + place]) if is_told else None,
        )
        for place, name in enumerate(kept)
    }
    return Probit(
        found,
        why,
        **counted,
        log_likelihood=likelihood(x, sign, beta),
        due=due if due is None or is_told else (due[0], None),
        clusters=counts[0],
        degrees=counts[1],
        variance=counts[2],
        told="" if is_told else NO_FREEDOM,
    )


def sandwich(x: Vector, sign: Vector, beta: Vector, bread: Vector, labels: Any) -> Any:
    """Variance from the scores of rows or clusters; clusters, degrees of freedom and its name."""
    scores = x * slopes(x, sign, beta)[0][:, None]
    if labels is None:
        return bread @ scores.T @ scores @ bread, (None, None, "hc0")
    scores = dummies(labels).T @ scores
    (groups, size), rows = scores.shape, len(x)
    if rows <= size or groups < 2:
        return bread, (groups, None, None)
    factor = (rows - 1) / (rows - size) * groups / (groups - 1)
    return factor * bread @ scores.T @ scores @ bread, (groups, groups - 1, "cv1")


def is_separated(x: Vector, sign: Vector) -> bool:
    """Whether some index is of the right sign, or zero, in every row, and not always zero.

    Source: Albert and Anderson (1984), Biometrika 71.
    """
    signed = x / np.linalg.norm(x, axis=0) * sign[:, None]
    rows, size = signed.shape
    goal = np.concatenate([np.zeros(size), -np.ones(rows)])
    bounds = [(None, None)] * size + [(0.0, 1.0)] * rows
    # How much of each row's index counts, at most one, cannot exceed that index.
    found = linprog(goal, A_ub=np.hstack([-signed, np.eye(rows)]), b_ub=np.zeros(rows),
                    bounds=bounds)  # fmt: skip
    assert found.success, found.message
    return bool(-found.fun > 0.5)


def is_flat(x: Vector, sign: Vector) -> bool:
    """Whether some index hardly changes the likelihood at its maximum: all but separated."""
    scaled = x / np.linalg.norm(x, axis=0)
    curved = information(scaled, sign, maximum(scaled, sign))
    return bool(np.linalg.eigvalsh(curved)[0] < FLAT)


def likelihood(x: Vector, sign: Vector, beta: Vector) -> float:
    """Log of the probability of what was seen."""
    return math.fsum(log_ndtr(sign * (x @ beta)))


def slopes(x: Vector, sign: Vector, beta: Vector) -> tuple[Vector, Vector]:
    """First and (minus) second derivative of each row's log probability by its index."""
    index = x @ beta
    density = np.exp(-0.5 * index**2 - 0.5 * math.log(2 * math.pi) - log_ndtr(sign * index))
    score = sign * density
    return score, score * (score + index)


def information(x: Vector, sign: Vector, beta: Vector) -> Vector:
    """Minus the second derivatives of the log-likelihood."""
    return x.T @ (x * slopes(x, sign, beta)[1][:, None])


def maximum(x: Vector, sign: Vector) -> Vector:
    """Newton's steps from zero, halved while they lose likelihood."""
    beta = np.zeros(x.shape[1])
    for _ in range(100):
        step = np.linalg.solve(information(x, sign, beta), x.T @ slopes(x, sign, beta)[0])
        before, share = likelihood(x, sign, beta), 1.0
        while likelihood(x, sign, beta + share * step) < before and share > 1e-9:
            share /= 2
        beta = beta + share * step
        if np.max(np.abs(x @ step)) < 1e-12:
            break
    return beta


def due_to(x: Vector, beta: Vector, variance: Vector, place: int) -> tuple[float, float]:
    """Mean of Phi(index) - Phi(index without one regressor), and its error by the delta method."""
    without = x.copy()
    without[:, place] = 0.0
    densities = [np.exp(-0.5 * (each @ beta) ** 2) / math.sqrt(2 * math.pi)
                 for each in (x, without)]  # fmt: skip
    gradient = (densities[0] @ x - densities[1] @ without) / len(x)
    mean = float(np.mean(ndtr(x @ beta) - ndtr(without @ beta)))
    return mean, math.sqrt(gradient @ variance @ gradient)
