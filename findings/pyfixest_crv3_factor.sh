#!/usr/bin/env bash
# pyfixest==0.60.0: the CRV3 (jackknife) standard error is multiplied by the small-sample factor of CV1 too,
# (n-1)/(n-k) * G/(G-1). Expected: (G-1)/G times the sum of squares by which the coefficient moves when a
# cluster is left out (MacKinnon, Nielsen and Webb). With few clusters, as
# industries are, errors come out a third too large; ssc(k_adj=False, G_adj=False) leaves out (G-1)/G as well.
source "$(dirname "$0")/environment"
prepare pyfixest==0.60.0 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1
expected='4 clusters: by leaving each out 0.7236, pyfixest 0.9697, ratio 1.34
  (n-1)/(n-k) * G/(G-1) times the sum: True; without corrections the sum itself: True
39 clusters: by leaving each out 0.1490, pyfixest 0.1537, ratio 1.03
  (n-1)/(n-k) * G/(G-1) times the sum: True; without corrections the sum itself: True'
observe <<'PROGRAM'
import numpy as np
import pandas as pd
import pyfixest

draws = np.random.default_rng(1)
n = 200
data = pd.DataFrame({"s": draws.normal(size=n), "industry": draws.integers(0, 4, n)})
data["firm"] = draws.integers(0, 40, n)
data["d"] = 1.0 * (draws.random(n) < 0.2 + 0.15 * data.industry)
data["y"] = data.d + data.s + draws.normal(size=4)[data.industry] * data.d + draws.normal(size=n)
x, y = np.column_stack([np.ones(n), data.d, data.s]), data.y.to_numpy()


def slope(kept):
    return np.linalg.lstsq(x[kept], y[kept], rcond=None)[0][1]


def error(name, **more):
    return pyfixest.feols("y ~ d + s", data, vcov={"CRV3": name}, **more).se()["d"]


for name in ("industry", "firm"):
    ids = data[name].to_numpy()
    moves = [slope(ids != each) - slope(ids >= 0) for each in np.unique(ids)]
    total, g = np.square(moves).sum(), len(moves)
    by_hand, found = np.sqrt((g - 1) / g * total), error(name)
    print(f"{g} clusters: by leaving each out {by_hand:.4f}, pyfixest {found:.4f},", end=" ")
    print(f"ratio {found / by_hand:.2f}")
    factor = (n - 1) / (n - 3) * g / (g - 1)
    bare = error(name, ssc=pyfixest.ssc(k_adj=False, G_adj=False))
    print("  (n-1)/(n-k) * G/(G-1) times the sum:", np.isclose(found**2, factor * total), end="; ")
    print("without corrections the sum itself:", np.isclose(bare**2, total))
PROGRAM
