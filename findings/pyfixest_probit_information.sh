#!/usr/bin/env bash
# pyfixest==0.60.0: standard errors of a probit (feglm, vcov="iid") come from the expected information, and
# are multiplied by (n-1)/(n-k), a correction of linear models. Expected: the inverse of minus the Hessian, as
# statsmodels.Probit gives. Coefficients agree, errors differ by up to 3 percent here, so an
# entry or export equation does not reproduce in the other program. (A logit's two informations are the same.)
source "$(dirname "$0")/environment"
prepare pyfixest==0.60.0 statsmodels==0.15.0 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1
expected='the same coefficients: True
errors, pyfixest:    0.1398 0.1376 0.1502
errors, statsmodels: 0.1397 0.1380 0.1549
statsmodels is the observed information: True
pyfixest is it: False
pyfixest is the expected information: False, times (n-1)/(n-k): True'
observe <<'PROGRAM'
import numpy as np
import pandas as pd
import pyfixest
import statsmodels.api as sm
from scipy.stats import norm

draws = np.random.default_rng(1)
n = 150
data = pd.DataFrame({"s": draws.normal(size=n), "z": draws.normal(size=n) ** 2})
data["y"] = 1.0 * (0.3 * data.s - 0.4 * data.z + draws.normal(size=n) > 0)
x = np.column_stack([np.ones(n), data.s, data.z])
fixest = pyfixest.feglm("y ~ s + z", data, family="probit", vcov="iid")
probit = sm.Probit(data.y, x).fit(disp=0)
slopes = probit.params.to_numpy()
print("the same coefficients:", np.allclose(fixest.coef(), slopes, atol=1e-4))
print("errors, pyfixest:   ", *(f"{each:.4f}" for each in fixest.se()))
print("errors, statsmodels:", *(f"{each:.4f}" for each in probit.bse))


def errors(weights):
    return np.sqrt(np.diag(np.linalg.inv(x.T @ (weights[:, None] * x))))


index, sign = x @ slopes, 2 * data.y.to_numpy() - 1
ratio = sign * norm.pdf(index) / norm.cdf(sign * index)
observed = errors(ratio * (ratio + index))
expected = errors(norm.pdf(index) ** 2 / (norm.cdf(index) * norm.sf(index)))
print("statsmodels is the observed information:", np.allclose(probit.bse, observed, rtol=1e-4))
print("pyfixest is it:", np.allclose(fixest.se(), observed, rtol=1e-4))
corrected = np.allclose(fixest.se(), expected * np.sqrt((n - 1) / (n - 3)), rtol=1e-4)
plain = np.allclose(fixest.se(), expected, rtol=1e-4)
print(f"pyfixest is the expected information: {plain}, times (n-1)/(n-k): {corrected}")
PROGRAM
