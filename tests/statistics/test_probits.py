"""Probits by passes of sums equal brute force on all rows, and statsmodels."""

import importlib.util

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import norm

from tradegains.engines.start import Engine
from tradegains.formulas import normal
from tradegains.formulas.export_entry import mean_probability_due_to_cut
from tradegains.statistics.probits import NO_OUTCOME, SEPARATED, Sandwich, fit_probits
from tradegains.statistics.regressions import Largest, Variable, collect_products
from tradegains.transforms.normal_columns import add_distribution, add_hazard
from tradegains.transforms.probit_sums import (
    ALPHA,
    EFFECT_OF_CUT,
    ProbitPlaces,
    coefficient_column,
    sum_effect_of_cut,
)

# What follows from the sums is plain Python: on Spark it is enough that the sums of every pass are
# right, which the brute force on two samples and the order of the rows hold it to.
in_python = pytest.mark.only("embedded")

KEYS = ("sample", "effect")
NAMES = ("y", "a", "cut")


def draw(seed: int, rows: int = 400) -> pa.Table:
    chance = np.random.default_rng(seed)
    effect = chance.integers(1, 4, rows) * 10 + chance.integers(0, 3, rows)
    a, cut = chance.normal(3.0, 1.0, rows), chance.integers(0, 9, rows) / 2.0
    index = -1.2 + 0.3 * a + 0.25 * cut - 0.1 * (effect // 10)
    return pa.table(
        {
            "sample": chance.integers(0, 2, rows),
            "effect": effect,
            "y": (chance.normal(size=rows) < index).astype(float),
            "a": a,
            "cut": cut,
        }
    )


def replaced(table: pa.Table, **columns: np.ndarray) -> pa.Table:
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values))
    return table


def fitted(
    engine, table: pa.Table, *, by=("sample",), effect_of=lambda effect: effect // 10, sandwich=None
):
    rows = engine.spark.createDataFrame(table)
    bounds = [Variable("y", 1.0), Variable("a", 64.0), Variable("cut", 4.0)]
    cells = collect_products(
        rows, keys=KEYS, variables=bounds, weightings=(), largest_effect=Largest(len(table))
    )
    found = fit_probits(
        rows,
        cells,
        by=by,
        effect_of=effect_of,
        outcome="y",
        regressors=("a", "cut"),
        cut="cut",
        sandwich=sandwich,
    )
    return {each.key: each for each in found}


def brute(table: pa.Table, groups: np.ndarray):
    """Coefficients, errors, log-likelihood, effect of the cut and its error, all dummies."""
    y, a, cut = (table[name].to_numpy() for name in NAMES)
    dummies = (groups[:, None] == np.unique(groups)[None, :]).astype(float)
    x = np.column_stack([dummies, a, cut])
    sign, b = 2 * y - 1, np.zeros(x.shape[1])
    for _ in range(30):
        index = x @ b
        score = sign * norm.pdf(index) / norm.cdf(sign * index)
        information = x.T @ (x * (score * (score + index))[:, None])
        b = b + np.linalg.solve(information, x.T @ score)
    variance, index = np.linalg.inv(information), x @ b
    without = index - b[-1] * cut
    slope = (norm.pdf(index) - norm.pdf(without))[:, None] * x
    slope[:, -1] = norm.pdf(index) * cut
    gradient = slope.mean(axis=0)
    effect = (norm.cdf(index) - norm.cdf(without)).mean()
    errors = np.sqrt(np.diag(variance))
    return (b[-2:], errors[-2:], norm.logcdf(sign * index).sum(), effect,
            np.sqrt(gradient @ variance @ gradient))  # fmt: skip


def check(found, wanted):
    coefficients, errors, likelihood, effect, error = wanted
    assert found.problem == ""
    assert found.coefficients == pytest.approx(coefficients, rel=1e-8)
    assert found.errors == pytest.approx(errors, rel=1e-6)
    assert found.log_likelihood == pytest.approx(likelihood, rel=1e-10)
    assert found.effect_of_cut == pytest.approx(effect, rel=1e-8)
    assert found.effect_error == pytest.approx(error, rel=1e-6)


@pytest.fixture(scope="module")
def of_two_samples(engine):
    return fitted(engine, draw(1))


def test_probits_of_two_samples_equal_brute_force(of_two_samples):
    table, found = draw(1), of_two_samples
    for sample in (0, 1):
        part = table.filter(pa.array(table["sample"].to_numpy() == sample))
        check(found[(sample,)], brute(part, part["effect"].to_numpy() // 10))
        assert (found[(sample,)].rows, found[(sample,)].groups) == (len(part), 3)


def test_rows_in_any_order_give_the_same_bits(engine, of_two_samples):
    table = draw(1)
    shuffled = table.take(pa.array(np.random.default_rng(0).permutation(len(table))))
    assert fitted(engine, shuffled) == of_two_samples


@in_python
def test_groups_with_one_outcome_are_left_out_and_counted(engine):
    table = draw(3)
    effect = table["effect"].to_numpy()
    table = replaced(table, y=np.where(effect // 10 == 2, 1.0, table["y"].to_numpy()))
    found = fitted(engine, table, by=())[()]
    part = table.filter(pa.array(effect // 10 != 2))
    check(found, brute(part, part["effect"].to_numpy() // 10))
    assert (found.rows, found.groups, found.left_out) == (len(part), 2, len(table) - len(part))


@in_python
def test_without_effects_there_is_a_constant(engine):
    table = draw(4)
    found = fitted(engine, table, by=(), effect_of=lambda effect: 0)[()]
    check(found, brute(table, np.zeros(len(table))))


@in_python
def test_a_cut_that_the_effects_determine_is_dropped_by_name(engine):
    table = draw(5)
    table = replaced(table, cut=(table["effect"].to_numpy() // 10).astype(float))
    found = fitted(engine, table, by=())[()]
    assert found.regressors == ("a",)
    assert found.dropped == {"cut": "cut does not vary within the absorbed effects"}
    assert found.effect_of_cut is None


@in_python
def test_outcomes_that_cannot_be_estimated_say_why(engine):
    table = draw(6)
    never = replaced(table, y=np.zeros(len(table)))
    assert fitted(engine, never, by=())[()].problem == NO_OUTCOME
    told = replaced(table, y=(table["a"].to_numpy() > 3.0).astype(float))
    assert fitted(engine, told, by=())[()].problem == SEPARATED


# statsmodels 0.15.0 on draw(1), Probit on three dummies, a and cut, method newton, tol 1e-14.
STATSMODELS = {
    "coefficients": (0.24112799684843725, 0.24567337617905036),
    "errors": (0.06373951624907444, 0.05058792739558384),
    "log_likelihood": -254.8620560828116,
}


@in_python
def test_published_by_statsmodels(engine):
    found = fitted(engine, draw(1), by=())[()]
    assert found.coefficients == pytest.approx(STATSMODELS["coefficients"], rel=1e-8)
    assert found.errors == pytest.approx(STATSMODELS["errors"], rel=1e-6)
    assert found.log_likelihood == pytest.approx(STATSMODELS["log_likelihood"], rel=1e-10)


@pytest.mark.skipif(
    importlib.util.find_spec("statsmodels") is None,
    reason="statsmodels is not installed: its numbers on the same data are tested instead",
)
@in_python
def test_statsmodels_itself(engine):
    import statsmodels.api

    table = draw(7)
    clusters = table["effect"].to_numpy()
    groups = table["effect"].to_numpy() // 10
    x = np.column_stack(
        [groups[:, None] == np.unique(groups), table["a"].to_numpy(), table["cut"].to_numpy()]
    )
    model = statsmodels.api.Probit(table["y"].to_numpy(), x.astype(float))
    choices = (
        # Effects of groups lie within clusters of groups: all count as parameters all the same.
        (None, {}),
        (Sandwich(), {"cov_type": "HC0"}),
        (Sandwich("effect", 400), {"cov_type": "cluster", "cov_kwds": {"groups": clusters}}),
        (Sandwich("group", 400), {"cov_type": "cluster", "cov_kwds": {"groups": groups}}),
    )
    table = table.append_column("group", pa.array(groups))
    for sandwich, asked in choices:
        other = model.fit(disp=0, tol=1e-14, **asked)
        found = fitted(engine, table, by=(), sandwich=sandwich)[()]
        assert found.coefficients == pytest.approx(other.params[-2:], rel=1e-8)
        assert found.errors == pytest.approx(other.bse[-2:], rel=1e-6)


def test_columns_of_the_normal_distribution_equal_the_formulas(engine: Engine) -> None:
    values = [sign * step / 16 for step in range(640) for sign in (-1, 1)]
    values += [-1e6, -39.0, -5e-324, 0.0, 5e-324, 39.0, 1e6]
    rows = engine.spark.createDataFrame([(value,) for value in values], "z double")
    rows = add_distribution(rows, "z", cdf="cdf", density="density")
    rows = add_hazard(rows, "z", hazard="hazard", log_upper_tail="log_tail")
    for row in rows.toArrow().to_pylist():
        z = row["z"]
        assert row["cdf"] == pytest.approx(normal.normal_cdf(z), rel=1e-14, abs=1e-300)
        assert row["density"] == pytest.approx(normal.normal_density(z), rel=1e-14, abs=1e-300)
        assert row["hazard"] == pytest.approx(normal.normal_hazard(z), rel=1e-14, abs=1e-300)
        # An engine may take log1p as the logarithm of a rounded 1 + x.
        assert row["log_tail"] == pytest.approx(normal.log_upper_tail(z), rel=1e-14, abs=2**-52)


def test_the_probability_due_to_the_cut_is_that_of_the_formula(engine: Engine) -> None:
    chance = np.random.default_rng(11)
    a, cut = chance.normal(0.0, 2.0, 200), chance.integers(0, 30, 200) / 2.0
    rows = pa.table({"group": [0] * 100 + [1] * 100, "a": a, "cut": cut})
    effects, coefficients = (-0.5, 1.25), (0.4, 0.15)
    parameters = {
        "group": [0, 1],
        ALPHA: effects,
        **{coefficient_column(place): [each] * 2 for place, each in enumerate(coefficients)},
    }
    summed = sum_effect_of_cut(
        engine.spark.createDataFrame(rows),
        engine.spark.createDataFrame(pa.table(parameters)),
        on=("group",),
        regressors=("a", "cut"),
        cut=1,
        places=ProbitPlaces(40, (40, 40), 40, (30, 30), (30, 30, 30), 40),
    )
    found = {row["group"]: row for row in summed.toArrow().to_pylist()}
    for group, effect in enumerate(effects):
        part = slice(100 * group, 100 * (group + 1))
        indices = effect + coefficients[0] * a[part] + coefficients[1] * cut[part]
        expected = mean_probability_due_to_cut(
            zip(indices.tolist(), cut[part].tolist(), strict=True), coefficient=coefficients[1]
        )
        # Every row is rounded to 2**-40.
        assert found[group][EFFECT_OF_CUT] * 2.0**-40 / 100 == pytest.approx(expected, abs=2**-40)
