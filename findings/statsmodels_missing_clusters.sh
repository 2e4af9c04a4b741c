#!/usr/bin/env bash
# statsmodels==0.15.0: rows whose cluster is missing (NaN in `groups`) are taken as one cluster of their own,
# in silence. Expected: refused or dropped, as the missing of other variables with missing="drop". Twelve
# establishments of which no enterprise is known become one enterprise. And with cov_type="cluster" p values
# and intervals are of the normal unless use_t=True, although df_resid_inference is G-1, and plain OLS takes
# t: with the four industries below .115 stands for .213.
source "$(dirname "$0")/environment"
prepare statsmodels==0.15.0 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1
expected='12 of 120 without a cluster: 120 rows, 12 other clusters and 1 more
the same as numbered 99: True, as dropped: False, as each its own: False
the same with missing="drop": True
4 clusters: df_resid_inference 3, p 0.1150: normal 0.1150, t(3) 0.2131
use_t of plain OLS True, of cov_type="cluster" False'
observe <<'PROGRAM'
import numpy as np
import statsmodels.api as sm
from scipy import stats

draws = np.random.default_rng(1)
n = 120
industry = draws.integers(0, 4, n)
x = sm.add_constant(draws.normal(size=n) + industry)
y = x @ [1, 0.3] + draws.normal(size=4)[industry] + draws.normal(size=n)


def fit(groups, kept=slice(None), **more):
    model = sm.OLS(y[kept], x[kept], **more)
    return model.fit(cov_type="cluster", cov_kwds={"groups": groups[kept]})


firm = draws.integers(0, 12, n).astype(float)
firm[draws.permutation(n)[:12]] = np.nan
gone = np.isnan(firm)
found, known = fit(firm), len(np.unique(firm[~gone]))
clusters = int(found.df_resid_inference) + 1
print(f"{gone.sum()} of {n} without a cluster: {found.nobs:.0f} rows, {known} other clusters", end=" ")
print(f"and {clusters - known} more")
numbered, alone = fit(np.where(gone, 99, firm)), fit(np.where(gone, 1000 + np.arange(n), firm))
same = [np.isclose(found.bse[1], each.bse[1], rtol=1e-9) for each in (numbered, fit(firm, ~gone), alone)]
print(f"the same as numbered 99: {same[0]}, as dropped: {same[1]}, as each its own: {same[2]}")
dropping = fit(firm, missing="drop")
print('the same with missing="drop":', np.isclose(found.bse[1], dropping.bse[1], rtol=1e-9))

four = fit(industry)
z = abs(four.tvalues[1])
print(f"4 clusters: df_resid_inference {four.df_resid_inference:.0f}, p {four.pvalues[1]:.4f}:", end=" ")
print(f"normal {2 * stats.norm.sf(z):.4f}, t(3) {2 * stats.t.sf(z, 3):.4f}")
print(f'use_t of plain OLS {sm.OLS(y, x).fit().use_t}, of cov_type="cluster" {four.use_t}')
PROGRAM
