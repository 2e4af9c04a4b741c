#!/usr/bin/env bash
# wildboottest==0.3.2 (statsmodels 0.15.0): the test of a weighted regression is that of the unweighted
# one. It takes y, X and groups from the model given, and no weights: a WLS model is accepted and gives
# the statistic of OLS. Expected: the weighted statistic, or a refusal. Rows whose group is missing stay in
# the estimate and drop out of its error: neither the statistic without those rows nor the one with them.
source "$(dirname "$0")/environment"
prepare wildboottest==0.3.2 statsmodels==0.15.0 numpy==2.4.6 pandas==2.3.3 numba==0.68.1
expected='t of OLS -0.242, of WLS -0.298; wildboottest of the WLS model -0.242
forty groups missing: t without these rows -0.36473, with them as one group -0.265; wildboottest -0.36523'
observe <<'PROGRAM'
import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from wildboottest.wildboottest import wildboottest

draws = np.random.default_rng(0)
industry = draws.integers(0, 20, 400)
cut = draws.normal(size=400) + draws.normal(size=20)[industry]
growth = 1 + 0.1 * cut + draws.normal(size=20)[industry] + draws.normal(size=400)
rows = pd.DataFrame({"growth": growth, "cut": cut, "industry": industry.astype(float)})
weights = draws.uniform(0.1, 5, 400)


def t(model, groups):
    return model.fit(cov_type="cluster", cov_kwds={"groups": groups}).tvalues["cut"]


def wild(model, groups):
    done = wildboottest(model, cluster=groups, param="cut", B=99, seed=1, show=False)
    return done["statistic"].iloc[0]


plain, weighted = smf.ols("growth ~ cut", rows), smf.wls("growth ~ cut", rows, weights=weights)
print(
    f"t of OLS {t(plain, rows.industry):.3f}, of WLS {t(weighted, rows.industry):.3f}; "
    f"wildboottest of the WLS model {wild(weighted, rows.industry):.3f}"
)
rows.loc[:39, "industry"] = np.nan
known, gathered = rows.dropna(), rows.industry.fillna(99)
print(
    f"forty groups missing: t without these rows "
    f"{t(smf.ols('growth ~ cut', known), known.industry):.5f}, with them as one group "
    f"{t(smf.ols('growth ~ cut', rows), gathered):.3f}; "
    f"wildboottest {wild(smf.ols('growth ~ cut', rows), rows.industry):.5f}"
)
PROGRAM
