"""What a coefficient's row says of its error, and what is told of few clusters."""

import logging
from types import SimpleNamespace

import pytest

from tradegains.families.regression_errors import warn_of_few
from tradegains.formulas.least_squares import Fit
from tradegains.report.sections.regressions import _behind
from tradegains.results.regressions import ErrorBasis, Labels, Linear, linear_rows, probit_rows
from tradegains.study import RegressionErrors

STATED = RegressionErrors("robust", "product", "robust", "information", "cv3", 0.9, 10)
FIT = Fit(("cut", "size"), ("cut", "size"), (2.0, 1.0), ((1.0, 0.0), (0.0, 1.0)), 1.0, 2.0)


def rows_of(stated: RegressionErrors | None, errors: str, **basis):
    labels = Labels("post", "2000-2004", "exit_linear", "exit", "all", "none", errors,
                    stated=stated)  # fmt: skip
    linear = Linear(("cut", "size"), FIT, (1.0, 0.5), 50, 1, 0, dropped={}, problem="", **basis)
    return linear_rows(labels, linear)


def test_without_stated_errors_a_row_is_as_it_was():
    plain = rows_of(None, "industry2", clusters=3, degrees=2, variance="cv1")[0]
    assert not {"variance", "degrees_of_freedom", "p_value", "ci_low", "ci_high"} & plain.keys()
    assert (plain["clusters"], plain["note"]) == (3, None)


def test_intervals_by_t_and_few_clusters():
    row = rows_of(STATED, "industry2", clusters=3, degrees=2, variance="cv3")[0]
    # Student's t with 2 degrees: 2.919986 at 95 percent; of t = 2 the tails hold .1835.
    assert row["ci_low"] == pytest.approx(2.0 - 2.919986, abs=1e-5)
    assert row["ci_high"] == pytest.approx(2.0 + 2.919986, abs=1e-5)
    assert row["p_value"] == pytest.approx(0.183503, abs=1e-5)
    assert (row["variance"], row["degrees_of_freedom"]) == ("cv3", 2)
    few = "3 clusters, fewer than 10: with so few errors tend to be too small"
    assert row["note"] == few
    at_the_bound = rows_of(STATED, "industry2", clusters=10, degrees=9, variance="cv3")[0]
    assert at_the_bound["note"] is None


def test_terms_that_are_no_sums_of_shares_have_robust_errors():
    cut, size = rows_of(
        STATED, "shift_share", clusters=None, degrees=48, variance="hc1", shocks={"cut": 40}
    )
    assert [cut[name] for name in ("errors", "variance", "clusters")] == ["shift_share", "akm", 40]
    assert cut["degrees_of_freedom"] is None  # the normal
    assert cut["ci_high"] == pytest.approx(2.0 + 1.644854, abs=1e-5)
    assert [size[name] for name in ("errors", "variance", "clusters")] == ["robust", "hc1", None]
    assert size["degrees_of_freedom"] == 48


def test_one_cluster_says_so():
    labels = Labels("post", "", "exit_probit", "exit", "all", "none", "industry2", stated=STATED)
    (row,) = probit_rows(
        labels,
        ["cut"],
        {"cut": (2.0, None)},
        observations=50,
        groups=1,
        log_likelihood=-9.0,
        notes={"": "no degree of freedom is left for standard errors"},
        basis=ErrorBasis(1, None, None),
    )
    assert (row["clusters"], row["p_value"], row["ci_low"]) == (1, None, None)
    assert row["note"].endswith("one cluster: nothing tells how far clusters differ")


def test_a_run_tells_of_few_clusters_once(caplog):
    rows = [{"clusters": each} for each in (None, 9, 4, 10)]
    with caplog.at_level(logging.WARNING, "tradegains"):
        for stated in (STATED, None):
            warn_of_few(SimpleNamespace(choices=SimpleNamespace(errors=stated)), rows)
    told = "errors of 2 of 4 coefficients rest on fewer than 10 clusters (the fewest: 4)"
    assert [record.getMessage() for record in caplog.records] == [f"regressions: {told}"]


def test_the_page_says_which_error_stands_beside():
    rows = rows_of(STATED, "industry2", clusters=22, degrees=21, variance="cv3")
    assert _behind(rows) == (
        "Exit linear: no absorbed effects, standard errors clustered by 2-digit industry, "
        "jackknife CV3. Clusters: 22 at least; intervals and p values by t."
    )
    plain = rows_of(None, "robust", clusters=None, degrees=48, variance="hc1")
    assert _behind(plain) == "Exit linear: no absorbed effects, robust standard errors (HC1)."
    probit = [{**plain[0], "model": "exit_probit"}]
    assert _behind(probit) == "Exit probit: no absorbed effects, robust standard errors (HC0)."
