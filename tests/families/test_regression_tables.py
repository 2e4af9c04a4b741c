"""Regressions of a whole run against plain numpy on the same rows, effects as dummies."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import norm

from reference.files import CENSUS_SCHEMA
from reference.run import publish_study, with_inputs
from reference.studies import study_with
from tradegains.errors import InputError
from tradegains.store.row_tables import read_plant_products, row_table_problems
from tradegains.study import Regressions, Study, Window
from tradegains.transforms.plant_cuts import mean_plant_cuts
from tradegains.transforms.regression_rows import plant_cut_column

YEARS = (2000, 2002, 2004)
INDUSTRIES = ("1011", "1012", "2011")
CUTS = {"1011": 1.0, "1012": 4.0, "2011": 2.0}
PRODUCTS = {"a": 0.5, "b": 3.0, "c": 6.0}
SCHEMA = CENSUS_SCHEMA.append(pa.field("adopted", pa.int32()))
CHOICES = Regressions(
    premium_years=(2000, 2002),
    exit_windows=("post",),
    exit_effects="industry2",
    entry_windows=("post",),
    entry_effects="none",
    entry_controls=("log_employment",),
    growth_effects="industry4",
    growth_controls=("relative_productivity",),
    growth_clusters="establishment",
    plant_cuts="simple",
    adoptions=("adopted",),
)


def draw(seed: int, establishments: int = 260) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Rows of a census, and products of establishments."""
    chance = np.random.default_rng(seed)
    rows, products = [], []
    for number in range(establishments):
        name, industry = f"id-{number}", INDUSTRIES[number % 3]
        made = [each for each in PRODUCTS if chance.random() < 0.4] if number % 5 else []
        products += [{"establishment_id": name, "product": each} for each in made]
        products += [{"establishment_id": name, "product": "unknown"}]
        cut = np.mean([PRODUCTS[each] for each in made]) if made else CUTS[industry]
        own, exporting = chance.normal(), number % 4 == 0
        for year in YEARS:
            if chance.random() < 0.12:
                continue
            starts = year == 2004 and chance.normal() + 0.4 * own < -1.2 + 0.5 * cut
            sells = bool(exporting or starts)
            employment = float(np.exp(chance.normal(3.0, 1.0)))
            level = 3.0 + 0.3 * sells + 0.6 * own + 0.3 * chance.normal() + 0.1 * starts
            sales = 5.0 * employment * math.exp(level)
            rows.append(
                {
                    "establishment_id": name,
                    "year": year,
                    "industry": industry,
                    "employment": employment,
                    "sales": sales,
                    "exports": 0.2 * sales if sells else 0.0,
                    "value_added": employment * math.exp(level),
                    "adopted": int(chance.random() < 0.2 + 0.3 * starts),
                    "cut": cut,
                    "own": bool(made),
                }
            )
    return rows, products


def study_of(**changes: Any) -> Study:
    return study_with(
        windows=(Window("post", 2002, 2004),),
        matching={"annual": False, "continuing": ("both_ends",)},
        productivity={"years": (2000, 2002, 2004)},
        welfare={"windows": ("post",), "difference": None},
        census={"extra_columns": ("adopted",)},
        report={"figure_windows": ("post",)},
        restrictions=(),
        regressions=replace(CHOICES, **changes),
    )


def published(engine, study: Study, rows, products, folder: Path) -> dict[str, list]:
    study = with_inputs(study, rows, folder, schema=SCHEMA)
    tables = {
        "tariff_cuts": [{"industry": code, "cut": cut} for code, cut in CUTS.items()],
        "product_tariffs": [{"product": name, "cut": cut} for name, cut in PRODUCTS.items()],
        "plant_products": products,
    }
    paths = {}
    for name, table in tables.items():
        if table:
            paths[name] = str(folder / f"{name}.parquet")
            pq.write_table(pa.Table.from_pylist(table), paths[name])
    if not products:
        paths.pop("product_tariffs")
    study = replace(study, inputs=replace(study.inputs, **paths))
    return publish_study(engine, study, folder / "output")


def term(tables, model: str, name: str, **named: Any) -> dict[str, Any]:
    wanted = {"sample": "all", "weighting": "unweighted", **named}
    (row,) = (
        row
        for row in tables["regressions"]
        if row["model"] == model
        and row["term"] == name
        and all(row[key] == value for key, value in wanted.items())
    )
    return row


def brute(y, columns, effects, *, cluster=None, weight=None, instruments=None):
    """Coefficients and errors with a dummy per effect."""
    dummies = (effects[:, None] == np.unique(effects)[None, :]).astype(float)
    weight = np.ones(len(y)) if weight is None else weight
    x = np.column_stack([*columns, dummies])
    z = np.column_stack([*(instruments or columns), dummies])
    inverse = np.linalg.inv(z.T @ (x * weight[:, None]))
    beta = inverse @ (z.T @ (weight * y))
    scores = z * (weight * (y - x @ beta))[:, None]
    n, k, groups = len(y), x.shape[1], len(y)
    if cluster is not None:
        groups = len(np.unique(cluster))
        scores = (cluster[:, None] == np.unique(cluster)[None, :]).astype(float).T @ scores
    factor = (n - 1) / (n - k) * groups / (groups - 1)
    return beta, np.sqrt(np.diag(inverse @ scores.T @ scores @ inverse.T) * factor)


def probit(y, x):
    """Coefficients, errors and information."""
    sign, b = 2 * y - 1, np.zeros(x.shape[1])
    for _ in range(30):
        index = x @ b
        score = sign * norm.pdf(index) / norm.cdf(sign * index)
        information = x.T @ (x * (score * (score + index))[:, None])
        b = b + np.linalg.solve(information, x.T @ score)
    return b, np.sqrt(np.diag(np.linalg.inv(information)))


def column(rows, name: str) -> np.ndarray:
    return np.array([row[name] for row in rows])


def phi(rows) -> np.ndarray:
    return np.log(column(rows, "value_added") / column(rows, "employment"))


def close(row: dict[str, Any], coefficient: float, error: float) -> None:
    assert row["coefficient"] == pytest.approx(coefficient, rel=1e-8)
    assert row["standard_error"] == pytest.approx(error, rel=1e-6)
    assert row["t"] == pytest.approx(coefficient / error, rel=1e-6)


@pytest.fixture(scope="module")
def drawn():
    return draw(1)


@pytest.fixture(scope="module")
def tables(engine, drawn, tmp_path_factory):
    return published(engine, study_of(), *drawn, tmp_path_factory.mktemp("regressions"))


def test_exporter_premium(tables, drawn):
    rows = [row for row in drawn[0] if row["year"] in (2000, 2002)]
    effects = np.array([f"{row['year']} {row['industry']}" for row in rows])
    exporter = (column(rows, "exports") > 0).astype(float)
    size, ids = np.log(column(rows, "employment")), column(rows, "establishment_id")
    weights = {"unweighted": None, "employment": np.rint(column(rows, "employment") * 1000)}
    for weighting, weight in weights.items():
        for model, columns in (
            ("exporter_premium", [exporter]),
            ("exporter_premium_with_size", [exporter, size]),
        ):
            beta, errors = brute(phi(rows), columns, effects, cluster=ids, weight=weight)
            row = term(tables, model, "exporter", weighting=weighting)
            close(row, beta[0], errors[0])
            assert row["premium_percent"] == pytest.approx(100 * math.expm1(beta[0]))
            assert (row["observations"], row["groups"]) == (len(rows), 6)
            assert row["clusters"] == len(set(ids))


def first_year(drawn) -> tuple[list[dict[str, Any]], np.ndarray, dict[str, dict]]:
    """Rows of 2002, their relative productivity, and rows of 2004 by id."""
    rows = [row for row in drawn[0] if row["year"] == 2002]
    later = {row["establishment_id"]: row for row in drawn[0] if row["year"] == 2004}
    level, industry = phi(rows), column(rows, "industry")
    medians = {code: np.median(level[industry == code]) for code in INDUSTRIES}
    return rows, level - np.array([medians[code] for code in industry]), later


def test_exit(tables, drawn):
    rows, relative, later = first_year(drawn)
    exits = np.array([float(row["establishment_id"] not in later) for row in rows])
    columns = {
        "relative_productivity": relative,
        "log_employment": np.log(column(rows, "employment")),
        "exporter": (column(rows, "exports") > 0).astype(float),
        "home_cut": column(rows, "cut"),
    }
    industry = column(rows, "industry")
    linear = brute(exits, list(columns.values()), industry)
    groups = np.array([code[:2] for code in industry])
    dummies = (groups[:, None] == np.unique(groups)[None, :]).astype(float)
    other = probit(exits, np.column_stack([*columns.values(), dummies]))
    for place, name in enumerate(columns):
        close(term(tables, "exit_linear", name), linear[0][place], linear[1][place])
        close(term(tables, "exit_probit", name), other[0][place], other[1][place])
    own = sum(row["own"] for row in rows)
    row = term(tables, "exit_linear", "exporter")
    counts = {"own_cuts": own, "industry_cuts": len(rows) - own, "without_cut": 0}
    assert {name: row[name] for name in counts} == counts


def never_exporters(drawn):
    """Who never exported until 2002 and is there in 2004, with quartiles by industry."""
    rows, relative, later = first_year(drawn)
    exported = {
        row["establishment_id"] for row in drawn[0] if row["year"] <= 2002 and row["exports"] > 0
    }
    kept = [
        row["establishment_id"] not in exported and row["establishment_id"] in later for row in rows
    ]
    found = [row for row, is_kept in zip(rows, kept, strict=True) if is_kept]
    level, industry = phi(found), column(found, "industry")
    quartile = np.ones(len(found), dtype=int)
    for code in INDUSTRIES:
        inside = industry == code
        for cut in np.quantile(level[inside], (0.25, 0.5, 0.75)):
            quartile[inside] += level[inside] > cut
    ends = [later[row["establishment_id"]] for row in found]
    return found, relative[np.array(kept)], ends, quartile


def test_export_entry(tables, drawn):
    rows, _, ends, quartile = never_exporters(drawn)
    starts = (column(ends, "exports") > 0).astype(float)
    for name in (None, 1, 2, 3, 4):
        inside = np.ones(len(rows), bool) if name is None else quartile == name
        (found,) = (row for row in tables["export_entry"] if row["quartile"] == name)
        own = int(column(rows, "own")[inside].sum())
        assert found["establishments"] == inside.sum()
        assert found["starters"] == starts[inside].sum()
        assert found["starter_rate"] == pytest.approx(starts[inside].mean())
        assert (found["own_cuts"], found["industry_cuts"]) == (own, inside.sum() - own)
        cut, size = column(rows, "cut")[inside], np.log(column(rows, "employment"))[inside]
        assert found["mean_tariff_cut"] == pytest.approx(cut.mean())
        x = np.column_stack([cut, size, np.ones(len(cut))])
        beta, errors = probit(starts[inside], x)
        assert found["cut_coefficient"] == pytest.approx(beta[0], rel=1e-7)
        assert found["cut_standard_error"] == pytest.approx(errors[0], rel=1e-6)
        due = norm.cdf(x @ beta) - norm.cdf(x @ beta - beta[0] * cut)
        assert found["probability_due_to_cut"] == pytest.approx(due.mean(), rel=1e-7)
    by_quartile = {row["quartile"]: row["probability_due_to_cut"] for row in tables["export_entry"]}
    top = next(row for row in tables["export_entry"] if row["quartile"] == 4)
    assert top["ratio_to_bottom"] == pytest.approx(by_quartile[4] / by_quartile[1])


@pytest.mark.parametrize("outcome", ["log_productivity_growth", "adopted"])
@pytest.mark.parametrize("sample", ["all", "quartile_1", "quartile_4"])
def test_effect_of_starting_to_export(tables, drawn, outcome, sample):
    rows, relative, ends, quartile = never_exporters(drawn)
    inside = np.ones(len(rows), bool) if sample == "all" else quartile == int(sample[-1])
    y = {"log_productivity_growth": phi(ends) - phi(rows), "adopted": column(ends, "adopted")}
    y = y[outcome][inside].astype(float)
    starts = (column(ends, "exports") > 0).astype(float)[inside]
    cut, control = column(rows, "cut")[inside], relative[inside]
    industry, one = column(rows, "industry")[inside], np.zeros(inside.sum())
    named = {"outcome": outcome, "sample": sample}
    raw = brute(y, [starts], one)
    close(term(tables, "raw_difference", "export_start", **named), raw[0][0], raw[1][0])
    plain = brute(y, [starts, control], industry)
    close(term(tables, "least_squares", "export_start", **named), plain[0][0], plain[1][0])
    first = brute(starts, [cut, control], industry)
    close(term(tables, "first_stage", "home_cut", **named), first[0][0], first[1][0])
    second = brute(y, [starts, control], industry, instruments=[cut, control])
    row = term(tables, "two_stage", "export_start", **named)
    assert row["coefficient"] == pytest.approx(second[0][0], rel=1e-6)
    assert row["standard_error"] == pytest.approx(second[1][0], rel=1e-6)
    assert row["first_stage_f"] == pytest.approx((first[0][0] / first[1][0]) ** 2, rel=1e-6)
    difference = y[starts == 1].mean() - y[starts == 0].mean()
    assert raw[0][0] == pytest.approx(difference)


# The sums are those of the tests above; what is new, the control, is joined as any column.
@pytest.mark.only("embedded")
@pytest.mark.parametrize("package", ["pyfixest", "statsmodels"])
def test_growth_before_the_reform_as_packages_hold_it_constant(trend, drawn, package):
    other = pytest.importorskip(package)
    compare = {"pyfixest": exit_and_growth_by, "statsmodels": entry_by}[package]
    compare(other, trend, drawn)


@pytest.fixture(scope="module")
def trend(engine, drawn, tmp_path_factory):
    control = ("earlier_growth",)
    study = study_of(
        trend_window="pre",
        exit_controls=control,
        entry_controls=control,
        growth_controls=(*control, "relative_productivity"),
    )
    study = replace(study, windows=(Window("pre", 2000, 2002), *study.windows))
    return published(engine, study, *drawn, tmp_path_factory.mktemp("trend"))


def with_trend(drawn, rows) -> np.ndarray:
    """Growth of productivity 2000-2002 of rows of 2002; not a number without a row of 2000."""
    first = {row["establishment_id"]: row for row in drawn[0] if row["year"] == 2000}
    earlier = [first.get(row["establishment_id"]) for row in rows]
    start = [math.nan if row is None else float(phi([row])[0]) for row in earlier]
    return phi(rows) - np.array(start)


def exit_and_growth_by(pyfixest, trend, drawn):
    rows, relative, later = first_year(drawn)
    frame = {
        "exits": np.array([float(row["establishment_id"] not in later) for row in rows]),
        "relative_productivity": relative,
        "log_employment": np.log(column(rows, "employment")),
        "exporter": (column(rows, "exports") > 0).astype(float),
        "home_cut": column(rows, "cut"),
        "earlier_growth": with_trend(drawn, rows),
        "industry": column(rows, "industry"),
    }
    of_exit = " + ".join(list(frame)[1:6])
    found = pyfixest.feols(f"exits ~ {of_exit} | industry", known(frame), vcov="hetero")
    for name in list(frame)[1:6]:
        close(term(trend, "exit_linear", name), found.coef()[name], found.se()[name])
    rows, relative, ends, _ = never_exporters(drawn)
    frame = {
        "growth": phi(ends) - phi(rows),
        "export_start": (column(ends, "exports") > 0).astype(float),
        "home_cut": column(rows, "cut"),
        "earlier_growth": with_trend(drawn, rows),
        "relative_productivity": relative,
        "industry": column(rows, "industry"),
    }
    controls = "growth ~ earlier_growth + relative_productivity"
    data, named = known(frame), {"outcome": "log_productivity_growth"}
    for model, formula in (
        ("least_squares", f"{controls} + export_start | industry"),
        ("two_stage", f"{controls} | industry | export_start ~ home_cut"),
    ):
        found = pyfixest.feols(formula, data, vcov="hetero")
        row = term(trend, model, "export_start", **named)
        close(row, found.coef()["export_start"], found.se()["export_start"])
        assert row["observations"] == len(data["growth"])


def entry_by(statsmodels, trend, drawn):
    from statsmodels.discrete.discrete_model import Probit

    rows, _, ends, _ = never_exporters(drawn)
    data = known(
        {
            "starts": (column(ends, "exports") > 0).astype(float),
            "cut": column(rows, "cut"),
            "earlier": with_trend(drawn, rows),
        }
    )
    x = np.column_stack([data["cut"], data["earlier"], np.ones(len(data))])
    found = Probit(data["starts"].to_numpy(), x).fit(disp=0)
    for place, name in enumerate(("home_cut", "earlier_growth")):
        row = term(trend, "entry_probit", name)
        assert row["coefficient"] == pytest.approx(found.params[place], rel=1e-6)
        assert row["standard_error"] == pytest.approx(found.bse[place], rel=1e-6)


def known(frame: dict[str, np.ndarray]):
    """The rows with a number in every column."""
    import pandas

    return pandas.DataFrame(frame).dropna()


# What is absent does not depend on the engine, and a run takes ten times as long on Spark.
@pytest.mark.only("embedded")
def test_without_products_an_industrys_cut_is_determined_by_its_effects(engine, drawn, tmp_path):
    found = published(engine, study_of(plant_cuts=None), drawn[0], [], tmp_path)
    row = term(found, "exit_linear", "home_cut")
    assert row["coefficient"] is None
    assert "home_cut does not vary within the absorbed effects" in row["note"]
    assert term(found, "exit_linear", "exporter")["coefficient"] is not None
    row = term(found, "two_stage", "export_start", outcome="adopted")
    assert row["coefficient"] is None
    assert "home_cut does not vary" in row["note"]
    assert {row["own_cuts"] for row in found["export_entry"]} == {0}


# What is absent does not depend on the engine, and a run takes ten times as long on Spark.
@pytest.mark.only("embedded")
def test_without_exports_only_what_needs_them_is_gone(engine, drawn, tmp_path):
    study = study_of()
    columns = {name: file for name, file in study.census.columns.items() if name != "exports"}
    census = replace(study.census, columns=columns)
    study = replace(study, census=census, trade=replace(study.trade, imports=()))
    found = published(engine, study, *drawn, tmp_path)
    assert "export_entry" not in found
    assert {row["model"] for row in found["regressions"]} == {"exit_linear", "exit_probit"}
    assert {row["term"] for row in found["regressions"]} == {
        "relative_productivity",
        "log_employment",
        "home_cut",
    }


def test_value_weights_and_products_named_twice(engine):
    # Known products of one: a (cut 0.5) worth 1 + 2, c (cut 6) worth 1: (3 x 0.5 + 6) / 4 = 1.875.
    # Two: only an unknown product; three: c worth nothing.
    rows = [
        ("one", "a", 1.0),
        ("one", "a", 2.0),
        ("one", "c", 1.0),
        ("one", "unknown", 50.0),
        ("two", "unknown", 1.0),
        ("three", "c", 0.0),
    ]
    names = ("establishment_id", "product", "value")
    products = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])
    tariffs = pa.Table.from_pylist(
        [{"product": key, "kind": "home", "cut": cut} for key, cut in PRODUCTS.items()]
    )
    for is_weighted, wanted in (
        (True, {"one": 1.875}),
        (False, {"one": 3.25, "three": 6.0}),
    ):
        cuts = mean_plant_cuts(
            engine.spark.createDataFrame(products),
            engine.spark.createDataFrame(tariffs),
            kinds=("home",),
            is_value_weighted=is_weighted,
            places=50,
        )
        found = cuts.toArrow().to_pylist()
        own = {row["establishment_id"]: row[plant_cut_column("home")] for row in found}
        assert own == wanted


def test_products_that_cannot_be_used_are_refused_with_their_number(engine, tmp_path):
    path = tmp_path / "products.csv"
    path.write_text("establishment_id,product,value\na,p,1\n,p,1\nb,,1\nc,q,-1\n", "utf-8")
    with pytest.raises(InputError, match="usable value") as caught:
        read_plant_products(engine.spark, str(path), needs_value=True)
    assert caught.value.problems[0].count == 3
    assert row_table_problems(str(path), needs_value=True) == []
    path.write_text("establishment_id,produkt\na,p\n", "utf-8")
    (problem,) = row_table_problems(str(path), needs_value=False)
    assert "did you mean 'produkt'" in problem.cure
