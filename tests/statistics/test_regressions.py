"""Linear models by sums equal brute force with every effect as a dummy, and pyfixest."""

import importlib.util
import math

import numpy as np
import pyarrow as pa
import pytest

from tradegains.formulas.cluster_errors import infer
from tradegains.statistics.regressions import (
    Clustering,
    Largest,
    LinearModel,
    ProductCells,
    Variable,
    collect_products,
    estimate,
)

NAMES = ("y", "d", "s", "z")
MODELS = (
    LinearModel("plain", "y", ("d",)),
    LinearModel("sized", "y", ("d", "s")),
    LinearModel("weighted", "y", ("d", "s"), is_weighted=True),
    LinearModel("instrumented", "y", ("d", "s"), instrument="z"),
)
KEYS = ("sample", "effect")


def draw(seed: int, establishments: int = 80, years: int = 3) -> pa.Table:
    """Establishments seen in some years: a shock of their own, an effect of industry and year."""
    chance = np.random.default_rng(seed)
    rows = []
    for number in range(establishments):
        industry, own = int(chance.integers(1, 5)), chance.normal()
        for year in range(years):
            if chance.random() < 0.2:
                continue
            size, z, noise = chance.normal(3.0, 1.2), chance.normal(), chance.normal()
            exporter = float(0.5 * size + z + own > 2.0)
            rows.append(
                {
                    "sample": number % 2,
                    "effect": 1000 * year + industry,
                    "industry": industry,
                    "y": 4.0 + 0.3 * exporter + 0.1 * size + own + noise + industry + year,
                    "d": exporter,
                    "s": size,
                    "z": z,
                    "regression_weight": int(1000 * math.exp(size)),
                    "cluster": f"id-{number}",
                }
            )
    return pa.Table.from_pylist(rows)


def fitted(engine, table: pa.Table, *, by=(), clustering=None, **choices):
    rows = engine.spark.createDataFrame(table).filter(choices.get("where", "true"))
    bounds = [Variable(name, 2047.0) for name in NAMES]
    cells = collect_products(
        rows,
        keys=choices.get("keys", KEYS),
        variables=bounds,
        weightings=(False, True),
        largest_effect=Largest(len(table), sum(table["regression_weight"].to_pylist())),
    )
    found = estimate(
        rows,
        cells,
        MODELS,
        by=by,
        effect_of=choices.get("effect_of", lambda effect: effect),
        clustering=clustering,
    )
    return {(each.key, each.model.name): each for each in found}


def brute(table: pa.Table, model: LinearModel, *, effects: np.ndarray, cluster: np.ndarray,
          is_nested: bool = False):  # fmt: skip
    """Coefficients and standard errors with a dummy per effect, singletons dropped."""
    columns = {name: table[name].to_numpy() for name in (*NAMES, "regression_weight")}
    counts = {effect: int((effects == effect).sum()) for effect in np.unique(effects)}
    kept = np.array([counts[effect] > 1 for effect in effects])
    columns = {name: column[kept] for name, column in columns.items()}
    effects, cluster = effects[kept], cluster[kept]
    dummies = (effects[:, None] == np.unique(effects)[None, :]).astype(float)
    weight = columns["regression_weight"] if model.is_weighted else np.ones(len(effects))
    x = np.column_stack([*(columns[name] for name in model.regressors), dummies])
    z = np.column_stack([*(columns[name] for name in model.instruments), dummies])
    inverse = np.linalg.inv(z.T @ (x * weight[:, None]))
    beta = inverse @ (z.T @ (weight * columns[model.outcome]))
    residual = columns[model.outcome] - x @ beta
    by_cluster = (cluster[:, None] == np.unique(cluster)[None, :]).astype(float)
    scores = by_cluster.T @ (z * (weight * residual)[:, None])
    size, clusters, n = len(model.regressors), by_cluster.shape[1], len(effects)
    parameters = size + (1 if is_nested else dummies.shape[1])
    factor = (n - 1) / (n - parameters) * clusters / (clusters - 1)
    variance = inverse @ scores.T @ scores @ inverse.T * factor
    return beta[:size], np.sqrt(np.diag(variance)[:size]), n, dummies.shape[1]


def check(found, wanted):
    beta, errors, rows, groups = wanted
    assert found.problem == ""
    assert found.fit.coefficients == pytest.approx(beta, rel=1e-8)
    assert found.errors == pytest.approx(errors, rel=1e-6)
    assert (found.within.rows, found.within.groups) == (rows, groups)


@pytest.mark.parametrize("is_clustered", [False, True])
def test_models_equal_brute_force(engine, is_clustered):
    table = draw(1)
    found = fitted(engine, table, clustering=Clustering(3) if is_clustered else None)
    effects = table["effect"].to_numpy()
    own = np.array(table["cluster"].to_pylist()) if is_clustered else np.arange(len(table))
    for model in MODELS:
        check(found[(), model.name], brute(table, model, effects=effects, cluster=own))


def test_samples_and_groups_of_effects(engine):
    # Two samples; effects of industries, whatever the year; clustered by industry, which nests
    # the effects: together they count as one parameter, the constant.
    table = draw(2)
    table = table.set_column(
        table.schema.get_field_index("cluster"), "cluster", table["industry"].cast(pa.string())
    )
    found = fitted(
        engine,
        table,
        by=("sample",),
        effect_of=lambda effect: effect % 1000,
        clustering=Clustering(len(table), is_nested=True),
    )
    sample, industry = table["sample"].to_numpy(), table["industry"].to_numpy()
    for number in (0, 1):
        part = table.filter(pa.array(sample == number))
        own = industry[sample == number]
        for model in MODELS:
            wanted = brute(part, model, effects=own, cluster=own, is_nested=True)
            check(found[(number,), model.name], wanted)
            assert found[(number,), model.name].clusters == 4


def test_samples_by_other_keys_than_the_first_are_refused():
    cells = ProductCells(("cluster", "sample", "effect"), NAMES, {}, {False: {}}, (), 1.0)
    with pytest.raises(ValueError, match="samples by sample of cells by cluster, sample, effect"):
        cells.by_sample(("sample",))
    assert cells.by_sample(("cluster", "sample")) == {}


def test_rows_in_any_order_give_the_same_bits(engine):
    table = draw(3)
    shuffled = table.take(pa.array(np.random.default_rng(0).permutation(len(table))))
    one, other = (fitted(engine, each, clustering=Clustering(3)) for each in (table, shuffled))
    for key, found in one.items():
        assert found.fit == other[key].fit
        assert found.errors == other[key].errors


def test_a_constant_added_to_a_variable_changes_nothing(engine):
    table = draw(4)
    at = table.schema.get_field_index("y")
    moved = table.set_column(at, "y", pa.array(table["y"].to_numpy() + 512.0))
    one, other = (fitted(engine, each) for each in (table, moved))
    for key, found in one.items():
        assert found.fit.coefficients == pytest.approx(other[key].fit.coefficients, rel=1e-8)
        assert found.errors == pytest.approx(other[key].errors, rel=1e-6)


def test_a_model_that_cannot_be_estimated_says_why_and_leaves_the_others(engine):
    table = draw(5)
    at = table.schema.get_field_index("z")
    flat = table.set_column(at, "z", pa.array(table["effect"].to_numpy() * 0.37))
    found = fitted(engine, flat)
    assert found[(), "instrumented"].fit is None
    assert found[(), "instrumented"].problem == "z does not vary within the absorbed effects"
    effects, own = table["effect"].to_numpy(), np.arange(len(table))
    check(found[(), "sized"], brute(table, MODELS[1], effects=effects, cluster=own))


def test_without_rows_there_is_no_estimate(engine):
    assert fitted(engine, draw(6), by=("sample",), where="false") == {}


def test_effects_nested_in_clusters_count_as_one(engine):
    # pyfixest 0.60.0 on draw(1), feols("y ~ d + s | industry"), CRV1 by industry.
    table = draw(1)
    at = table.schema.get_field_index("cluster")
    table = table.set_column(at, "cluster", table["industry"].cast(pa.string()))
    found = fitted(
        engine,
        table,
        effect_of=lambda effect: effect % 1000,
        clustering=Clustering(len(table), is_nested=True),
    )[(), "sized"]
    assert found.fit.coefficients == pytest.approx((1.2794621305452716, 0.004396310190746575))
    assert found.errors == pytest.approx((0.2336172834694482, 0.12089591099162347), rel=1e-6)


# pyfixest 0.60.0 on draw(1), feols("y ~ d + s | effect"), weights the column regression_weight,
# or "y ~ s | effect | d ~ z"; vcov CRV1 by cluster: coefficients and standard errors of d and s.
PYFIXEST = {
    "sized": (
        (1.2779509688146171, -0.03732459198213409),
        (0.22736102275511308, 0.07727446989545995),
    ),
    "weighted": (
        (1.5169924624949347, 0.018543296016697384),
        (0.30395972447637115, 0.10542762491635149),
    ),
    "instrumented": (
        (0.6576994842095476, 0.023982015616191732),
        (0.4061131282438569, 0.09081709809057065),
    ),
}


# The same sums of the same rows as in the brute force above.
@pytest.mark.only("embedded")
@pytest.mark.parametrize("name", list(PYFIXEST))
def test_published_by_pyfixest(engine, name):
    found = fitted(engine, draw(1), clustering=Clustering(3))[(), name]
    coefficients, errors = PYFIXEST[name]
    assert found.fit.coefficients == pytest.approx(coefficients, rel=1e-8)
    assert found.errors == pytest.approx(errors, rel=1e-6)


def with_clusters(table: pa.Table, cluster: str) -> pa.Table:
    at = table.schema.get_field_index("cluster")
    return table.set_column(at, "cluster", table[cluster].cast(pa.string()))


def left_out(table: pa.Table, model: LinearModel, effects: np.ndarray, cluster: np.ndarray):
    """Coefficients of all rows, and the root of (G - 1) / G times what deleting each moves."""
    found, replicates = brute(table, model, effects=effects, cluster=cluster), []
    names = np.unique(cluster)
    for name in names:
        kept = cluster != name
        part = table.filter(pa.array(kept))
        # Clusters say nothing of coefficients; each row is one of its own.
        beta = brute(part, model, effects=effects[kept], cluster=np.arange(kept.sum()))[0]
        replicates.append(beta)
    moved = np.array(replicates) - found[0]
    factor = (len(names) - 1) / len(names)
    return found[0], np.sqrt(factor * (moved**2).sum(axis=0)), *found[2:]


# What follows from the sums is plain Python.
@pytest.mark.only("embedded")
def test_the_jackknife_equals_deleting_each_cluster(engine):
    table = draw(8)
    industry, effects = (table[name].to_numpy() for name in ("industry", "effect"))
    firm = np.array([int(each[3:]) // 8 for each in table["cluster"].to_pylist()])
    table = table.append_column("firm", pa.array(firm))
    # Industries hold whole effects; firms cut across them: without one the means change as well.
    for column, cluster, keys, of_cell in (
        ("industry", industry, KEYS, lambda key: key[-1] % 1000),
        ("firm", firm, ("sample", "cluster", "effect"), lambda key: key[1]),
    ):
        asked = Clustering(len(table), of_cell=of_cell)
        found = fitted(engine, with_clusters(table, column), clustering=asked, keys=keys)
        for model in MODELS:
            each = found[(), model.name]
            check(each, left_out(table, model, effects, cluster))
            assert (each.variance, each.clusters) == ("cv3", len(np.unique(cluster)))
            assert each.degrees == each.clusters - 1


@pytest.mark.only("embedded")
def test_without_a_cluster_that_alone_tells_a_regressor_the_error_is_analytic(engine):
    table = draw(8)
    size = np.where(table["industry"].to_numpy() == 1, table["s"].to_numpy(), 3.0)
    at = table.schema.get_field_index("s")
    table = with_clusters(table.set_column(at, "s", pa.array(size)), "industry")
    asked = [
        Clustering(len(table), is_nested=True, of_cell=of_cell)
        for of_cell in (lambda key: key[-1] % 1000, None)
    ]
    found, analytic = (fitted(engine, table, clustering=each)[(), "sized"] for each in asked)
    told = "CV1: without 1 of 4 clusters the regressors cannot be told apart"
    assert (found.variance, found.told) == ("cv1", told)
    assert found.errors == analytic.errors


@pytest.mark.only("embedded")
def test_one_cluster_has_no_error(engine):
    table = draw(9)
    at = table.schema.get_field_index("cluster")
    table = table.set_column(at, "cluster", pa.array(["one"] * len(table)))
    for of_cell in (None, lambda key: 1):
        found = fitted(engine, table, clustering=Clustering(len(table), of_cell=of_cell))
        for each in found.values():
            assert set(each.errors) == {None}
            assert (each.clusters, each.degrees, each.variance) == (1, None, None)
            assert each.problem == "no degree of freedom is left for standard errors"


@pytest.mark.skipif(
    importlib.util.find_spec("pyfixest") is None,
    reason="pyfixest is not installed: its numbers on the same data are tested instead",
)
@pytest.mark.only("embedded")
def test_pyfixest_itself(engine):
    import pyfixest

    table = draw(7)
    data = table.to_pandas()

    def same(found, fixed, vcov, *, factor=1.0, weights=None):
        other = pyfixest.feols(f"y ~ d + s{fixed}", data, vcov=vcov, weights=weights)
        assert found.fit.coefficients == pytest.approx(other.coef()[["d", "s"]], rel=1e-8)
        assert found.errors == pytest.approx(other.se()[["d", "s"]] * factor, rel=1e-6)
        return other

    found = fitted(engine, table, clustering=Clustering(3))
    same(found[(), "sized"], " | effect", {"CRV1": "cluster"})
    same(found[(), "weighted"], " | effect", {"CRV1": "cluster"}, weights="regression_weight")
    same(fitted(engine, table)[(), "sized"], " | effect", "hetero")
    # Effects of industry and year lie within the industry: they count as one parameter.
    by_industry = with_clusters(table, "industry")
    groups, rows = len(np.unique(table["industry"])), len(table)
    nested = {"is_nested": True}
    found = fitted(engine, by_industry, clustering=Clustering(rows, **nested))[(), "sized"]
    other = same(found, " | effect", {"CRV1": "industry"})
    interval = infer(found.fit.coefficients[0], found.errors[0], found.degrees, level=0.95)
    assert interval.p_value == pytest.approx(other.pvalue()["d"], rel=1e-6)
    assert (interval.low, interval.high) == pytest.approx(other.confint().loc["d"], rel=1e-6)
    # It multiplies its jackknife by the correction of CV1; MacKinnon, Nielsen and Webb do not.
    found = fitted(
        engine,
        by_industry,
        clustering=Clustering(rows, **nested, of_cell=lambda key: key[-1] % 1000),
    )[(), "sized"]
    used, parameters = found.within.rows, 2 + 1
    theirs = (used - 1) / (used - parameters) * groups / (groups - 1)
    ours = (groups - 1) / groups
    same(found, " | effect", {"CRV3": "industry"}, factor=math.sqrt(ours / theirs))


@pytest.mark.skipif(
    importlib.util.find_spec("statsmodels") is None,
    reason="statsmodels is not installed: the rule that is followed, pyfixest's, is tested",
)
@pytest.mark.only("embedded")
def test_statsmodels_counts_effects_within_clusters_one_by_one(engine):
    import statsmodels.api

    table = draw(7)
    effects, industry = (table[name].to_numpy() for name in ("effect", "industry"))
    dummies = (effects[:, None] == np.unique(effects)[None, :]).astype(float)
    x = np.column_stack([table["d"], table["s"], dummies])
    asked = {"cov_type": "cluster", "cov_kwds": {"groups": industry}}
    other = statsmodels.api.OLS(table["y"].to_numpy(), x).fit(**asked)
    clustering = Clustering(len(table), is_nested=True)
    found = fitted(engine, with_clusters(table, "industry"), clustering=clustering)[(), "sized"]
    rows, all_of_them = len(table), 2 + dummies.shape[1]
    factor = math.sqrt((rows - all_of_them) / (rows - 3))
    assert factor < 0.98  # in small samples with many effects it is 0.9
    assert found.fit.coefficients == pytest.approx(other.params[:2], rel=1e-8)
    assert found.errors == pytest.approx(other.bse[:2] * factor, rel=1e-6)
