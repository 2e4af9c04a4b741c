#!/usr/bin/env bash
# statsmodels==0.15.0: cov_type "HC1", "HC2" and "HC3" of Probit and Logit are HC0 to the last digit, without
# a warning (its issue 7798 is open). And freq_weights of a Probit are ignored, with a warning of "unknown
# kwargs": the numbers of the rows without weights come back. Expected: the errors asked for or a refusal;
# a TypeError for a keyword that does not exist. Who fits an export decision of weighted survey rows publishes
# unweighted estimates, with errors under a name that they do not have. (GLM takes the weights.)
source "$(dirname "$0")/environment"
prepare statsmodels==0.15.0 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1
expected='OLS: HC1 is HC0 False, HC2 is HC0 False, HC3 is HC0 False
Probit: HC1 is HC0 True, HC2 is HC0 True, HC3 is HC0 True
Logit: HC1 is HC0 True, HC2 is HC0 True, HC3 is HC0 True
warnings of the three together: 0
Probit(freq_weights=): ValueWarning unknown kwargs
slope without weights 0.533, with freq_weights 0.533, every row repeated 0.664, GLM 0.664'
observe <<'PROGRAM'
import warnings

import numpy as np
import statsmodels.api as sm

draws = np.random.default_rng(1)
n = 40
x = sm.add_constant(draws.normal(size=(n, 2)))
y = 1.0 * (x @ [0.2, 0.5, -0.3] + draws.normal(size=n) > 0)
warnings.simplefilter("always")
with warnings.catch_warnings(record=True) as seen:
    for model, quiet in ((sm.OLS, {}), (sm.Probit, {"disp": 0}), (sm.Logit, {"disp": 0})):
        kinds = ("HC0", "HC1", "HC2", "HC3")
        errors = {kind: model(y, x).fit(cov_type=kind, **quiet).bse for kind in kinds}
        same = (f"{kind} is HC0 {np.array_equal(errors[kind], errors['HC0'])}" for kind in kinds[1:])
        print(f"{model.__name__}: {', '.join(same)}")
print("warnings of the three together:", len(seen))

weights = draws.integers(1, 9, n)
with warnings.catch_warnings(record=True) as seen:
    weighted = sm.Probit(y, x, freq_weights=weights).fit(disp=0)
print("Probit(freq_weights=):", *(f"{each.category.__name__} {str(each.message)[:14]}" for each in seen))
rows = np.repeat(np.arange(n), weights)
repeated, plain = sm.Probit(y[rows], x[rows]).fit(disp=0), sm.Probit(y, x).fit(disp=0)
binomial = sm.families.Binomial(sm.families.links.Probit())
glm = sm.GLM(y, x, family=binomial, freq_weights=weights).fit()
words = ("without weights", "with freq_weights", "every row repeated", "GLM")
slopes = (each.params[1] for each in (plain, weighted, repeated, glm))
print("slope", ", ".join(f"{word} {slope:.3f}" for word, slope in zip(words, slopes)))
PROGRAM
