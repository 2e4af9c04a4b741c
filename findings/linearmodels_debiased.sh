#!/usr/bin/env bash
# linearmodels==7.1: `debiased` means other factors in other classes. For the same regression and clusters,
# IV2SLS and AbsorbingLS have no small-sample factor unless debiased=True, then (n-1)/(n-k) * G/(G-1);
# PanelOLS has n/(n-k) by default and with debiased=True, and G/(G-1) only with group_debias=True. Expected:
# one meaning and one default. With four industries errors are 15 percent apart. And entity effects within
# clusters are not counted in k by default, with auto_df=False, count_effects=True they are: 26 percent apart
# on this panel of 60 firms. Who compares two tables made with this package compares conventions.
source "$(dirname "$0")/environment"
prepare linearmodels==7.1 statsmodels==0.15.0 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1
expected='by hand: G/(G-1) 1.1547, n/(n-k) 1.0062, (n-1)/(n-k) * G/(G-1) 1.1583
IV2SLS: 1.0000, debiased 1.1583
AbsorbingLS: 1.0000, debiased 1.1583
PanelOLS: 1.0062, debiased 1.0062, group_debias too 1.1583
effects of firms counted, over not: 1.2580, by hand 1.2580
default is not counted: True'
observe <<'PROGRAM'
import numpy as np
import pandas as pd
from linearmodels import AbsorbingLS, IV2SLS, PanelOLS

draws = np.random.default_rng(1)
data = pd.DataFrame({"firm": np.repeat(np.arange(60), 3), "year": np.tile(np.arange(3), 60)})
data["one"] = 1.0
data = data[draws.random(180) < 0.9].reset_index(drop=True)
n, firm = len(data), data.firm.to_numpy()
data["industry"] = firm % 4
data["x"] = draws.normal(size=n) + draws.normal(size=60)[firm]
data["y"] = data.x + draws.normal(size=60)[firm] + draws.normal(size=n)
panel = data.set_index(["firm", "year"])
columns = ["one", "x"]

x, y = data[columns].to_numpy(), data.y.to_numpy()
scores = x * (y - x @ np.linalg.lstsq(x, y, rcond=None)[0])[:, None]
sums = np.array([scores[data.industry == each].sum(0) for each in range(4)])
inverse = np.linalg.inv(x.T @ x)
bare = np.sqrt((inverse @ sums.T @ sums @ inverse)[1, 1])
print(f"by hand: G/(G-1) {np.sqrt(4 / 3):.4f}, n/(n-k) {np.sqrt(n / (n - 2)):.4f},", end=" ")
print(f"(n-1)/(n-k) * G/(G-1) {np.sqrt((n - 1) / (n - 2) * 4 / 3):.4f}")


def times(model, clusters, **more):
    found = model.fit(cov_type="clustered", clusters=clusters, **more)
    return f"{found.std_errors['x'] / bare:.4f}"


for name, model, clusters in (
    ("IV2SLS", IV2SLS(data.y, data[columns], None, None), data.industry),
    ("AbsorbingLS", AbsorbingLS(data.y, data[columns]), data.industry),
    ("PanelOLS", PanelOLS(panel.y, panel[columns]), panel[["industry"]]),
):
    print(f"{name}: {times(model, clusters)}, debiased {times(model, clusters, debiased=True)}", end="")
    both = {"debiased": True, "group_debias": True}
    print(f", group_debias too {times(model, clusters, **both)}" if name == "PanelOLS" else "")

effects = PanelOLS(panel.y, panel[["x"]], entity_effects=True)
asked = ({}, {"auto_df": False, "count_effects": False}, {"auto_df": False, "count_effects": True})
plain, left, counted = (
    effects.fit(cov_type="clustered", cluster_entity=True, **more).std_errors["x"] for more in asked
)
by_hand = np.sqrt((n - 1) / (n - 61))
print(f"effects of firms counted, over not: {counted / left:.4f}, by hand {by_hand:.4f}")
print("default is not counted:", np.isclose(plain, left))
PROGRAM
