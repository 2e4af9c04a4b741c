#!/usr/bin/env bash
# pyfixest==0.60.0: weights_type="fweights" takes weights that are no frequencies (7.413 rows): the number of
# observations becomes their sum, and errors shrink with it. Expected: refused, as Stata refuses them. A
# survey's weights given as such make 100 establishments 951.761 observations, with errors a third of those
# of aweights; in another unit of the weights they are 3.6 times those. (Whole ones are right: last line.)
source "$(dirname "$0")/environment"
prepare pyfixest==0.60.0 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1
expected='aweights: 100.000 observations
fweights of weight: 951.761 observations, error over that of aweights 0.3212
fweights of hundreds: 9.518 observations, error over that of aweights 3.6105
whole: 239 of 239, error of repeated rows True'
observe <<'PROGRAM'
import contextlib
import io

import numpy as np
import pandas as pd
import pyfixest

draws = np.random.default_rng(1)
data = pd.DataFrame({"x": draws.normal(size=100)})
data["y"] = data.x + draws.normal(size=100)
data["weight"] = 0.5 + np.round(20 * draws.random(100), 3)
data["hundreds"] = data.weight / 100
data["whole"] = draws.integers(1, 5, 100)


def fit(weights, kind, rows=data):
    fitted = pyfixest.feols("y ~ x", rows, weights=weights, weights_type=kind, vcov="iid")
    with contextlib.redirect_stdout(io.StringIO()) as summary:
        fitted.summary()
    (count,) = (line for line in summary.getvalue().splitlines() if line.startswith("Observations:"))
    return fitted.se()["x"], float(count.split()[1])


analytic, count = fit("weight", "aweights")
print(f"aweights: {count:.3f} observations")
for weights in ("weight", "hundreds"):
    error, count = fit(weights, "fweights")
    print(f"fweights of {weights}: {count:.3f} observations,", end=" ")
    print(f"error over that of aweights {error / analytic:.4f}")
error, count = fit("whole", "fweights")
repeated = pyfixest.feols("y ~ x", data.loc[data.index.repeat(data.whole)], vcov="iid").se()["x"]
print(f"whole: {count:.0f} of {data.whole.sum()}, error of repeated rows {np.isclose(error, repeated)}")
PROGRAM
