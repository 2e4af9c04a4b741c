"""Errors of cuts as sums of shares, against matrices of all shares and against clusters."""

import math

import numpy as np
import pyarrow as pa
import pytest

from tradegains.statistics.collected_rows import CollectedRows
from tradegains.statistics.regressions import (
    Clustering,
    Largest,
    LinearModel,
    Variable,
    collect_products,
    estimate,
)
from tradegains.statistics.shift_share import ShockShares, with_share_errors

NAMES = ("y", "d", "s", "home_cut", "foreign_cut")
KINDS = {"home_cut": "home", "foreign_cut": "foreign"}
MODELS = (
    LinearModel("both", "y", ("s", "home_cut", "foreign_cut")),
    LinearModel("one", "y", ("home_cut",)),
    LinearModel("none", "y", ("s",)),
    LinearModel("instrumented", "y", ("d", "s", "home_cut"), instrument="foreign_cut"),
)
SHOCKS = 7
PAIRS = pa.list_(pa.struct([("shock", pa.string()), ("share", pa.float64())]))


def draw(seed: int, rows: int = 160, most: int = 3) -> tuple[pa.Table, dict[str, np.ndarray]]:
    """Rows with shares of up to so many products, and matrices of the same shares."""
    chance = np.random.default_rng(seed)
    shares = {kind: np.zeros((rows, SHOCKS)) for kind in ("home", "foreign")}
    for kind, matrix in shares.items():
        for row in range(rows):
            made = chance.choice(SHOCKS, size=int(chance.integers(1, most + 1)), replace=False)
            weights = chance.random(len(made)) + 0.1
            matrix[row, made] = weights / weights.sum()
        if kind == "foreign":
            matrix[:, 6] = 0.5 * matrix[:, 5]  # made together by everybody: they are one
    cuts = {kind: matrix @ chance.normal(3.0, 2.0, SHOCKS) for kind, matrix in shares.items()}
    common = shares["home"] @ chance.normal(0.0, 1.0, SHOCKS)
    size, effect = chance.normal(3.0, 1.0, rows), chance.integers(1, 5, rows)
    starts = (cuts["foreign"] + 3 * chance.normal(size=rows) > 3.0).astype(float)
    columns = {
        "sample": chance.integers(0, 2, rows),
        "effect": effect,
        "y": 2.0 + 0.2 * cuts["home"] + 0.5 * starts + common + 0.3 * size + effect,
        "d": starts,
        "s": size,
        "home_cut": cuts["home"],
        "foreign_cut": cuts["foreign"],
    }
    columns["y"] = columns["y"] + chance.normal(size=rows)
    lists = {
        f"{kind}_exposure": pa.array(
            [
                [{"shock": f"p{s}", "share": row[s]} for s in np.flatnonzero(row)]
                for row in matrix.tolist()
                for row in [np.array(row)]
            ],
            PAIRS,
        )
        for kind, matrix in shares.items()
    }
    return pa.table({**columns, **lists}), shares


def fitted(rows, table, *, by=(), effect_of=lambda effect: effect, models=MODELS):
    bounds = [Variable(name, 64.0) for name in NAMES]
    keys = ("sample", "effect")
    cells = collect_products(
        rows, keys=keys, variables=bounds, weightings=(), largest_effect=Largest(len(table))
    )
    found = estimate(rows, cells, models, by=by, effect_of=effect_of)
    choices = {"by": by, "effect_of": effect_of, "kinds": KINDS}
    found = with_share_errors(rows, cells, found, **choices)
    return {(each.key, each.model.name): each for each in found}


def brute(table: pa.Table, shares, model: LinearModel, effects: np.ndarray) -> dict[str, float]:
    """The error of each slope on a cut, every matrix written out."""
    columns = {name: table[name].to_numpy() for name in NAMES}
    dummies = (effects[:, None] == np.unique(effects)[None, :]).astype(float)
    x = np.column_stack([*(columns[name] for name in model.regressors), dummies])
    z = np.column_stack([*(columns[name] for name in model.instruments), dummies])
    residual = columns["y"] - x @ np.linalg.solve(z.T @ x, z.T @ columns["y"])
    found = {}
    for place, (term, cut) in enumerate(zip(model.regressors, model.instruments, strict=True)):
        if cut not in KINDS:
            continue
        others = np.delete(z, place, axis=1)
        left = z[:, place] - others @ np.linalg.lstsq(others, z[:, place], rcond=None)[0]
        w = shares[KINDS[cut]]
        if cut == "foreign_cut":
            w = np.column_stack([w[:, :5], w[:, 5] + w[:, 6]])
        parts = np.linalg.lstsq(w, left, rcond=None)[0]
        sums = w.T @ residual
        found[term] = math.sqrt(((parts * sums) ** 2).sum()) / abs(left @ columns[term])
    return found


def test_errors_equal_matrices_written_out(engine):
    table, shares = draw(1)
    sample, effects = table["sample"].to_numpy(), table["effect"].to_numpy()
    here, there = CollectedRows(table), engine.spark.createDataFrame(table)
    for by in ((), ("sample",)):
        found = fitted(there, table, by=by)
        assert fitted(here, table, by=by) == found
        for (key, _), each in found.items():
            chosen = sample == key[0] if key else np.ones(len(table), bool)
            part = {kind: matrix[chosen] for kind, matrix in shares.items()}
            wanted = brute(table.filter(pa.array(chosen)), part, each.model, effects[chosen])
            errors = dict(zip(each.fit.regressors, each.errors, strict=True))
            assert {term: errors[term] for term in wanted} == pytest.approx(wanted, rel=1e-6)
            assert each.shocks == dict.fromkeys(wanted, 7) | {
                term: 6 for term, cut in zip(each.model.regressors, each.model.instruments,
                                             strict=True) if cut == "foreign_cut"
            }  # fmt: skip


# What follows from the sums is plain Python.
@pytest.mark.only("embedded")
def test_one_product_each_is_clustering_by_product(engine):
    # Without controls what is left of a cut is the same for all who make a product.
    table, _ = draw(2, most=1)
    made = [pairs[0]["shock"] for pairs in table["home_exposure"].to_pylist()]
    table = table.append_column("cluster", pa.array(made))
    rows, model = CollectedRows(table), MODELS[1]
    found = fitted(rows, table, effect_of=lambda effect: 0, models=[model])[(), "one"]
    bounds = [Variable(name, 64.0) for name in NAMES]
    cells = collect_products(
        rows,
        keys=("sample", "effect"),
        variables=bounds,
        weightings=(),
        largest_effect=Largest(len(table)),
    )
    clustering = Clustering(len(table))
    (other,) = estimate(
        rows, cells, [model], by=(), effect_of=lambda effect: 0, clustering=clustering
    )
    groups, n = len(set(made)), len(table)
    factor = math.sqrt((n - 1) / (n - 2) * groups / (groups - 1))
    assert found.errors[0] * factor == pytest.approx(other.errors[0], rel=1e-8)
    assert found.shocks == {"home_cut": groups}


@pytest.mark.only("embedded")
def test_shares_that_are_combinations_have_no_error():
    # The third product is what is left of the other two by turns: 1 + 1 of two rows, 2 of a third.
    w = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 2.0]])
    product = w.T @ w
    pairs = {(f"{a}", f"{b}"): product[a, b] for a in range(3) for b in range(3)}
    found = ShockShares.of(pairs)
    assert found.problem.startswith("no error: shares of products or industries are combinations")
